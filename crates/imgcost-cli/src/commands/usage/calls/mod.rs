//! Recorded calls, one at a time: requests with what their responses reported, of a log or a
//! ledger.

mod ledger;
mod line;
mod log;

use imgcost_analysis::accuracy::Billed;
use imgcost_core::{
    Book, Code, Date, Error, Note, Param, Quality, Quote, Request, Response, Size, Terms, Usd,
};

use super::kind::Input;
use crate::args::UsageArgs;
use crate::failure::{Failure, bad_input, say};
use crate::fields;
use crate::request;
use crate::served;
use crate::settings::{Key, Settings};

/// So many calls that can't be used are named in documents.
const NAMED_MAX: usize = 100;
/// So many are said on stderr.
const SAID_MAX: usize = 20;

/// Where calls are recorded.
pub(in crate::commands::usage) enum Source<'p> {
    /// The settled holds of a ledger.
    Ledger(&'p std::path::Path),
    /// A log.
    Log(Input<'p>),
}

/// A recorded call.
pub(in crate::commands::usage) struct Call {
    /// Its id, else its line in words.
    pub(in crate::commands::usage) place: String,
    /// The day on which it was made, by UTC.
    pub(in crate::commands::usage) day: Option<Date>,
    /// What was asked for.
    pub(in crate::commands::usage) request: Request,
    /// Whether the record says where the call went.
    pub(in crate::commands::usage) endpoint_known: bool,
    /// What was reported.
    pub(in crate::commands::usage) response: Response,
    /// What is known of its price besides the book.
    pub(in crate::commands::usage) paid: Paid,
    /// Names and values to group by.
    pub(in crate::commands::usage) tags: Vec<(String, String)>,
    /// Whose money it was, where a ledger says so.
    pub(in crate::commands::usage) scope: Option<String>,
}

/// What a record says of the call's price.
pub(in crate::commands::usage) enum Paid {
    /// Nothing: its usage counts, at the book's rates.
    NotSaid,
    /// The rates it was held at.
    Terms(Box<Terms>),
    /// What was billed.
    Amount(Usd),
}

/// A call that can't be used.
#[derive(Debug, serde::Serialize)]
pub(in crate::commands::usage) struct Unused {
    /// Which one.
    pub(in crate::commands::usage) record: String,
    /// Why.
    pub(in crate::commands::usage) error: Error,
}

/// Calls that can't be used: the first are named, all are counted.
#[derive(Debug, Default)]
pub(in crate::commands::usage) struct Errors {
    /// The first of them.
    pub(in crate::commands::usage) named: Vec<Unused>,
    /// All of them.
    pub(in crate::commands::usage) count: u64,
}

/// What was read besides the calls.
#[derive(Debug, Default)]
pub(in crate::commands::usage) struct Read {
    /// What could not be used.
    pub(in crate::commands::usage) errors: Errors,
    /// Records of other days than were asked for.
    pub(in crate::commands::usage) other_days: u64,
    /// Holds without usage, by their state.
    pub(in crate::commands::usage) without_usage: std::collections::BTreeMap<&'static str, u64>,
    /// Keys of log lines that are not known, the first few.
    pub(in crate::commands::usage) unknown_keys: std::collections::BTreeSet<String>,
}

/// Takes a call, or the name of one that can't be used with the reason.
type Take<'t> = dyn FnMut(Result<Call, (String, Error)>, &mut Read) -> Result<(), Failure> + 't;

/// What holds for all calls.
pub(in crate::commands::usage) struct Defaults {
    provider: String,
    model: Option<String>,
    as_of: Date,
    since: Option<Date>,
    until: Option<Date>,
    as_returned: bool,
}

impl Errors {
    /// Takes a call that can't be used.
    pub(in crate::commands::usage) fn add(&mut self, record: String, error: Error) {
        self.count += 1;
        if self.named.len() < NAMED_MAX {
            self.named.push(Unused { record, error });
        }
    }

    /// Says the first of them on stderr.
    pub(in crate::commands::usage) fn say(&self) {
        for unused in self.named.iter().take(SAID_MAX) {
            say(&format!("imgcost: {}: {}", unused.record, unused.error));
        }
        let said = u64::try_from(self.named.len().min(SAID_MAX)).unwrap_or(0);
        if self.count > said {
            say(&format!("imgcost: and {} more that can't be used", self.count - said));
        }
    }
}

impl Defaults {
    fn new(args: &UsageArgs, settings: &Settings) -> Result<Defaults, Error> {
        let day = |field: &str, text: &Option<String>| {
            text.as_deref().map(|text| fields::date(field, text)).transpose()
        };
        let as_of = request::as_of(&args.request.book, settings)?;
        let base = request::defaults(settings, as_of)?;
        let defaults = Defaults {
            provider: args.request.get(Param::Provider).map_or(base.provider, str::to_owned),
            model: args.request.get(Param::Model).or_else(|| settings.get(Key::Model)).map(str::to_owned),
            as_of,
            since: day("since", &args.since)?,
            until: day("until", &args.until)?,
            as_returned: args.as_returned,
        };
        if defaults.since.zip(defaults.until).is_some_and(|(since, until)| since > until) {
            return Err(bad_input("until", "until is before since"));
        }
        Ok(defaults)
    }

    /// A request of which nothing is known yet.
    fn base(&self, provider: Option<&str>, day: Option<Date>) -> Request {
        let provider = provider.unwrap_or(&self.provider);
        Request::new(provider, self.model.as_deref().unwrap_or_default(), day.unwrap_or(self.as_of))
    }

    /// Whether a call is of the days that were asked for.
    fn covers(&self, day: Option<Date>) -> Result<bool, Error> {
        if self.since.is_none() && self.until.is_none() {
            return Ok(true);
        }
        let day = day.ok_or_else(|| {
            let message = "the record has no day, and only some days were asked for";
            Error::new(Code::BadInput, message).field("at")
        })?;
        Ok(self.since.is_none_or(|since| since <= day) && self.until.is_none_or(|until| day <= until))
    }
}

/// Reads all calls, one at a time.
///
/// # Errors
/// The arguments, the log or the ledger can't be accepted, or `each` broke off. A call that
/// can't be used is no error: it is in what is given back.
pub(in crate::commands::usage) fn read(
    args: &UsageArgs,
    settings: &Settings,
    source: Source<'_>,
    mut each: impl FnMut(Call, &mut Errors) -> Result<(), Failure>,
) -> Result<Read, Failure> {
    let defaults = Defaults::new(args, settings)?;
    let mut read = Read::default();
    let mut take = |call: Result<Call, (String, Error)>, read: &mut Read| -> Result<(), Failure> {
        let used = call.and_then(|mut call| {
            let covered = defaults.covers(call.day).map_err(|error| (call.place.clone(), error))?;
            if defaults.as_returned {
                as_returned(&mut call);
            }
            Ok(covered.then_some(call))
        });
        match used {
            Ok(Some(call)) => each(call, &mut read.errors)?,
            Ok(None) => read.other_days += 1,
            Err((place, error)) => read.errors.add(place, error),
        }
        Ok(())
    };
    match source {
        Source::Ledger(path) => ledger::read(path, &defaults, &mut read, &mut take)?,
        Source::Log(mut input) => log::read(&mut input, &defaults, &mut read, &mut take)?,
    }
    Ok(read)
}

/// Takes the response's quality and size where the request leaves them to the API.
fn as_returned(call: &mut Call) {
    let (request, response) = (&mut call.request, &call.response);
    if request.quality.as_ref().is_none_or(|quality| *quality == Quality::Auto) {
        request.quality = response.quality.clone().or(request.quality.take());
    }
    if request.size.is_none_or(|size| size == Size::Auto) {
        request.size = response.size.map(Size::Exact).or(request.size);
    }
}

impl Call {
    /// Takes the model and tier that the response names, and fills in where the call went, if the
    /// record does not say. Tells of another model than was asked for.
    ///
    /// # Errors
    /// The tier or the model has no price.
    pub(in crate::commands::usage) fn complete(&mut self, book: &Book) -> Result<Option<Note>, Error> {
        let request = &mut self.request;
        let other = served::model(book, &self.response, request);
        if let Some(note) = served::tier(&self.response, request).filter(|note| note.code == served::UNPRICED)
        {
            return Err(bad_input("service_tier", note.message));
        }
        let offer = book.offer(&request.provider, &request.model, request.as_of)?;
        if !self.endpoint_known {
            request.endpoint = request::default_endpoint(&offer, !request.images.is_empty());
        }
        Ok(other)
    }

    /// What its quote is held against.
    pub(in crate::commands::usage) fn billed(&self) -> Billed<'_> {
        match &self.paid {
            Paid::NotSaid => Billed::AtQuotedRates,
            Paid::Terms(terms) => Billed::At(terms),
            Paid::Amount(usd) => Billed::Amount(*usd),
        }
    }

    /// The value of a name to group by.
    pub(in crate::commands::usage) fn tag(&self, name: &str) -> &str {
        self.tags.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// The terms to charge a call at: those that were kept, else those of its quote.
pub(in crate::commands::usage) fn terms(call: &Call, quote: &Quote<'_>) -> Terms {
    match &call.paid {
        Paid::Terms(terms) => (**terms).clone(),
        _ => quote.terms(),
    }
}
