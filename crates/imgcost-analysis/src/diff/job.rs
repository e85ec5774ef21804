//! A row as a diff keeps it: its terms as one short text, and what it costs.

use imgcost_core::{Availability, Error, InputImage, Quote, Request, Tier, Total};
use serde::Serialize;

/// What stands between two terms.
const BETWEEN: char = '\u{1f}';

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The line on which it stands.
    pub line: u64,
    /// Its id; empty: none.
    pub id: Box<str>,
    /// What it costs, or why that is not known.
    pub cost: Result<Total, Box<str>>,
    /// Whether its model can be called on its day; `Current` where it has no quote.
    pub availability: Availability,
    /// Whether it lacks a prompt that costs, so that its cost is that of its images only.
    pub no_prompt: bool,
    /// What it asks for, defaults filled in: `name=value`, one after the other.
    pub(super) terms: Box<str>,
}

/// A term that is another on the other side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
        line: u64,
        id: &str,
        request: &Request,
        quoted: Result<&Quote<'_>, &Error>,
        with_day: bool,
    ) -> Job {
        let cost = quoted.map_err(|error| error.to_string().into_boxed_str()).map(|quote| *quote.total());
        let no_prompt = quoted.is_ok_and(crate::lacks_prompt);
        let offer = quoted.ok().map(Quote::offer);
        let availability = offer.map_or(Availability::Current, |offer| offer.model.availability(offer.as_of));
        let terms = terms(request, quoted.ok(), with_day).into();
        Job { line, id: id.into(), cost, availability, no_prompt, terms }
    }

    /// What it asks for, as name and value, defaults filled in where it has a quote.
    pub fn terms(&self) -> impl Iterator<Item = (&str, &str)> {
        self.terms.split(BETWEEN).filter_map(|term| term.split_once('='))
    }

    fn term(&self, name: &str) -> Option<&str> {
        self.terms().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// What it is, in a few words: model, quality, size, and n where it is not 1.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut words: Vec<&str> =
            ["model", "quality", "size"].iter().filter_map(|name| self.term(name)).collect();
        let n = self.term("n").filter(|n| *n != "1").map(|n| format!("n={n}"));
        words.extend(n.as_deref());
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
    let flag = |yes: bool| yes.then(|| "true".to_owned());
    let offer = quote.map(|quote| quote.offer());
    add("provider", offer.map_or(request.provider.as_str(), |offer| &offer.provider.id));
    add("model", offer.map_or(request.model.as_str(), |offer| &offer.model.id));
    let quality = quote.map_or(request.quality.as_ref(), Quote::quality);
    let size = quote.map(Quote::chosen_size).or(request.size);
    let size_of = |image: &InputImage| match image {
        InputImage::Sized(size) => size.to_string(),
        InputImage::Unsized => "?".to_owned(),
    };
    let images: Vec<String> = request.images.iter().map(size_of).collect();
    let others = [
        ("as_of", with_day.then(|| request.as_of.to_string())),
        ("endpoint", Some(request.endpoint.to_string())),
        ("quality", quality.map(ToString::to_string)),
        ("size", size.map(|size| size.to_string())),
        ("n", Some(request.n.to_string())),
        ("prompt_tokens", request.prompt.map(|prompt| prompt.tokens.to_string())),
        ("images", (!images.is_empty()).then(|| images.join(";"))),
        ("mask", flag(request.mask)),
        ("input_fidelity", request.input_fidelity.map(|fidelity| fidelity.to_string())),
        ("stream", flag(request.stream)),
        ("partial_images", request.partial_images.map(|count| count.to_string())),
        ("background", request.background.clone()),
        ("output_format", request.output_format.clone()),
        ("output_compression", request.output_compression.map(|percent| percent.to_string())),
        ("batch_api", flag(request.tier == Tier::Batch)),
        ("group_ratio", request.group_ratio.map(|ratio| ratio.to_string())),
        ("responses_model", request.responses_model.clone()),
        ("max_tool_calls", request.max_tool_calls.map(|calls| calls.to_string())),
    ];
    for (name, value) in others {
        if let Some(value) = value {
            add(name, &value);
        }
    }
    text
}
