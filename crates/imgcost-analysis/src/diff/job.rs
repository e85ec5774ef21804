//! A row as a diff keeps it: its terms as one short text, and what it costs.

use imgcost_core::{Availability, Date, Error, Param, Quote, Request, Total, Value};
use serde::{Serialize, Serializer};

use crate::Volume;

/// What separates two terms.
const BETWEEN: char = '\u{1f}';

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its line.
    pub line: u64,
    /// Its id; empty: none.
    pub id: Box<str>,
    /// How often its call is made.
    pub calls: Volume,
    /// What all of its calls cost, or why that is not known.
    pub cost: Result<Total, Box<str>>,
    /// Whether its model can be called on its day; `Current` where it has no quote.
    pub availability: Availability,
    /// Whether it lacks a prompt that costs, so that its cost is that of its images only.
    pub no_prompt: bool,
    /// What it asks for, defaults filled in: `name=value`, one after the other.
    pub(super) terms: Box<str>,
}

impl Serialize for Job {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Members<'j> {
            line: u64,
            #[serde(skip_serializing_if = "str::is_empty")]
            id: &'j str,
            #[serde(skip_serializing_if = "is_once")]
            calls: Volume,
            #[serde(skip_serializing_if = "Option::is_none")]
            cost: Option<&'j Total>,
            #[serde(skip_serializing_if = "Option::is_none")]
            error: Option<&'j str>,
            /// `current`, `ends` (within 30 days) or `retired` on the day of the row.
            availability: Availability,
            /// The day of the shutdown, where one is near or past.
            #[serde(skip_serializing_if = "Option::is_none")]
            shutdown: Option<Date>,
        }
        let Job { line, id, calls, cost, availability, .. } = self;
        let (cost, error, shutdown) = (cost.as_ref().ok(), self.error(), availability.day());
        Members { line: *line, id, calls: *calls, cost, error, availability: *availability, shutdown }
            .serialize(serializer)
    }
}

fn is_once(calls: &Volume) -> bool {
    *calls == Volume::ONCE
}

/// A term that is another on the other side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FieldChange {
    /// The request field.
    pub field: String,
    /// What it was; none: not given.
    pub before: Option<String>,
    /// What it is now; none: not given.
    pub after: Option<String>,
}

impl Job {
    /// A row with its quote, or with why there is none. Without its day, rows of two days are
    /// the same where all else is.
    #[must_use]
    pub fn new(
        (line, id, calls): (u64, &str, Volume),
        request: &Request,
        quoted: Result<&Quote<'_>, &Error>,
        with_day: bool,
    ) -> Job {
        let cost =
            quoted.map_err(|error| error.to_string().into_boxed_str()).map(|quote| calls.of(quote.total()));
        let no_prompt = quoted.is_ok_and(crate::lacks_prompt);
        let offer = quoted.ok().map(Quote::offer);
        let availability = offer.map_or(Availability::Current, |offer| offer.model.availability(offer.as_of));
        let terms = terms(request, quoted.ok(), with_day).into();
        Job { line, id: id.into(), calls, cost, availability, no_prompt, terms }
    }

    /// What it asks for, as name and value, defaults filled in where it has a quote.
    pub fn terms(&self) -> impl Iterator<Item = (&str, &str)> {
        self.terms.split(BETWEEN).filter_map(|term| term.split_once('='))
    }

    fn term(&self, name: &str) -> Option<&str> {
        self.terms().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Why it has no cost.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.cost.as_ref().err().map(AsRef::as_ref)
    }

    /// The row as people find it: its id, else its line.
    #[must_use]
    pub fn name(&self) -> String {
        if self.id.is_empty() { format!("line {}", self.line) } else { self.id.to_string() }
    }

    /// What it is, in a few words: model, quality, size, and n where it is not 1.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut words: Vec<&str> =
            ["model", "quality", "size"].iter().filter_map(|name| self.term(name)).collect();
        let n = self.term("n").filter(|n| *n != "1").map(|n| format!("n={n}"));
        words.extend(n.as_deref());
        let calls = (self.calls != Volume::ONCE).then(|| format!("x {} calls", self.calls));
        words.extend(calls.as_deref());
        words.join(" ")
    }

    /// The terms that are others on the other side, its id included.
    #[must_use]
    pub fn changes_to(&self, after: &Job) -> Vec<FieldChange> {
        let mut changes = Vec::new();
        let mut add = |field: &str, before: Option<&str>, after: Option<&str>| {
            if before != after {
                let owned = |text: Option<&str>| text.map(str::to_owned);
                changes.push(FieldChange {
                    field: field.to_owned(),
                    before: owned(before),
                    after: owned(after),
                });
            }
        };
        let given = |id: &'_ str| (!id.is_empty()).then(|| id.to_owned());
        add("id", given(&self.id).as_deref(), given(&after.id).as_deref());
        let count = |calls: Volume| (calls != Volume::ONCE).then(|| calls.to_string());
        add("calls", count(self.calls).as_deref(), count(after.calls).as_deref());
        for (name, value) in self.terms() {
            add(name, Some(value), after.term(name));
        }
        for (name, value) in after.terms().filter(|(name, _)| self.term(name).is_none()) {
            add(name, None, Some(value));
        }
        changes
    }
}

/// The terms in a fixed order, those at their defaults left out.
fn terms(request: &Request, quote: Option<&Quote<'_>>, with_day: bool) -> String {
    let mut text = String::with_capacity(96);
    let mut add = |name: &str, value: &str| {
        if !text.is_empty() {
            text.push(BETWEEN);
        }
        text.push_str(name);
        text.push('=');
        text.extend(value.chars().map(|c| if c == BETWEEN { '?' } else { c }));
    };
    for param in Param::ALL.iter().filter(|param| with_day || **param != Param::AsOf) {
        let value = match quote {
            Some(quote) => quote.param(*param),
            None => param.get(request),
        };
        match value {
            Some(Value::Text(value)) => add(param.as_str(), &value),
            Some(value) => add(param.as_str(), &value.to_string()),
            None => {}
        }
    }
    text
}
