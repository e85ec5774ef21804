//! The calls of a log or a ledger, read one at a time as arguments and settings say.

mod ledger;

use std::collections::{BTreeMap, BTreeSet};

use imgcost_analysis::calls::{Call, Defaults, Log, Unused};
use imgcost_core::{Book, Error, Param, Value};

use super::kind::{Input, Kind};
use crate::args::{RequestArgs, UsageArgs};
use crate::failure::{Failure, bad_input, say};
use crate::fields;
use crate::request;
use crate::settings::Settings;

/// So many calls that can't be used are named in documents.
const NAMED_MAX: usize = 100;
/// So many are said on stderr.
const SAID_MAX: usize = 20;

/// Where calls are recorded.
pub(in crate::commands) enum Source<'p> {
    /// The settled holds of a ledger.
    Ledger(&'p std::path::Path),
    /// Logs: one that was looked at, and what comes after it.
    Logs(Input<'p>, &'p [std::path::PathBuf]),
}

/// Calls that can't be used: the first are named, all are counted.
#[derive(Debug, Default)]
pub(in crate::commands) struct Errors {
    /// The first of them.
    pub(in crate::commands) named: Vec<Unused>,
    /// All of them.
    pub(in crate::commands) count: u64,
}

/// What was read besides the calls.
#[derive(Debug, Default)]
pub(in crate::commands) struct Read {
    /// What could not be used.
    pub(in crate::commands) errors: Errors,
    /// Records of other days than were asked for.
    pub(in crate::commands) other_days: u64,
    /// Holds without usage, by their state.
    pub(in crate::commands) without_usage: BTreeMap<&'static str, u64>,
    /// Records of responses that are there twice, and count once.
    pub(in crate::commands) duplicates: u64,
    /// Keys of log lines that are not known, the first few.
    pub(in crate::commands) unknown_keys: BTreeSet<String>,
}

/// Takes a call, or one that can't be used.
type Take<'t> = dyn FnMut(Result<Call, Unused>, &mut Read) + 't;

impl Errors {
    /// Takes a call that can't be used.
    pub(in crate::commands) fn add(&mut self, unused: Unused) {
        self.count += 1;
        if self.named.len() < NAMED_MAX {
            self.named.push(unused);
        }
    }

    /// Says the first of them on stderr.
    pub(in crate::commands) fn say(&self) {
        for unused in self.named.iter().take(SAID_MAX) {
            say(&format!("imgcost: {}: {}", unused.record, unused.error));
        }
        let said = u64::try_from(self.named.len().min(SAID_MAX)).unwrap_or(0);
        if self.count > said {
            say(&format!("imgcost: and {} more that can't be used", self.count - said));
        }
    }
}

/// What holds for all calls, and the days whose calls count.
pub(in crate::commands) fn defaults<'b>(
    args: &RequestArgs,
    (since, until): (Option<&str>, Option<&str>),
    settings: &Settings,
    book: &'b Book,
) -> Result<Defaults<'b>, Error> {
    let day = |field: &str, text: Option<&str>| text.map(|text| fields::date(field, text)).transpose();
    let as_of = request::as_of(&args.book, settings)?;
    let mut base = request::defaults(settings, as_of)?;
    if let Some(text) = args.get(Param::Tier) {
        Param::Tier.set(&mut base, Value::text(text))?;
    }
    let mut defaults = Defaults::new(book, as_of);
    let given = |param: Param| args.get(param).or_else(|| settings.get(param)).map(str::to_owned);
    (defaults.provider, defaults.model) = (given(Param::Provider), given(Param::Model));
    defaults.tier = base.tier;
    defaults.since = day("since", since)?;
    defaults.until = day("until", until)?;
    if defaults.since.zip(defaults.until).is_some_and(|(since, until)| since > until) {
        return Err(bad_input("until", "until is before since"));
    }
    Ok(defaults)
}

/// Reads all calls, one at a time.
///
/// # Errors
/// The arguments, the log or the ledger can't be accepted. A call that can't be used, or that
/// `each` can't, is no error: it is in what is given back.
pub(in crate::commands::usage) fn read(
    args: &UsageArgs,
    settings: &Settings,
    book: &Book,
    source: Source<'_>,
    each: impl FnMut(&mut Call) -> Result<(), Error>,
) -> Result<Read, Failure> {
    let days = (args.since.as_deref(), args.until.as_deref());
    let mut defaults = defaults(&args.request, days, settings, book)?;
    defaults.as_returned = args.as_returned;
    read_with(&defaults, args.no_dedupe, source, each)
}

/// The same with what holds for all calls.
pub(in crate::commands) fn read_with(
    defaults: &Defaults<'_>,
    no_dedupe: bool,
    source: Source<'_>,
    mut each: impl FnMut(&mut Call) -> Result<(), Error>,
) -> Result<Read, Failure> {
    let mut read = Read::default();
    let mut take = |call: Result<Call, Unused>, read: &mut Read| {
        let mut call = match call {
            Ok(call) => call,
            Err(unused) => return read.errors.add(unused),
        };
        match defaults.select(&mut call) {
            Ok(true) => {
                if let Err(error) = each(&mut call) {
                    read.errors.add(Unused::new(call.place, error));
                }
            }
            Ok(false) => read.other_days += 1,
            Err(error) => read.errors.add(Unused::new(call.place, error)),
        }
    };
    match source {
        Source::Ledger(path) => ledger::read(path, defaults, &mut read, &mut take)?,
        Source::Logs(input, more) => {
            let mut name = input.name();
            let of_events = input.kind() == Kind::Events;
            let log = Log::new(&name, input.into_reader());
            let log = if no_dedupe { log.with_duplicates() } else { log };
            let mut log = if of_events { log.of_events() } else { log };
            let mut more_of = more.iter();
            loop {
                while let Some(mut call) = log.next(defaults)? {
                    // Of several logs, a record is named with its own.
                    if let [_, ..] = more {
                        let place = match &mut call {
                            Ok(call) => &mut call.place,
                            Err(unused) => &mut unused.record,
                        };
                        *place = format!("{name}: {place}");
                    }
                    take(call, &mut read);
                }
                let Some(path) = more_of.next() else { break };
                let input = Input::open(path)?;
                name = input.name();
                let of_events = input.kind() == Kind::Events;
                log = log.followed_by(&name, input.into_reader());
                log = if of_events { log.of_events() } else { log };
            }
            read.duplicates = log.duplicates();
            read.unknown_keys = log.into_unknown_keys();
        }
    }
    Ok(read)
}
