//! A log of calls: what they cost by what was reported of them and, where their requests are there,
//! quotes compared with that, in one pass and in memory that does not grow with the log.

mod show;

pub(in crate::commands) use show::SumOfCharges;

use std::borrow::Cow;

use imgcost_analysis::accuracy::{Accuracy, Breach, Group, Subject, Tolerance, compare};
use imgcost_analysis::calls::{Call, Charges, Paid};
use imgcost_core::{Book, Error, NoteKind, Quote, Ratio};

use super::calls::{self, Read, Source};
use crate::args::UsageArgs;
use crate::commands::by::By;
use crate::failure::{End, Failure, bad_input};
use crate::fields::{self, shown};
use crate::report::Output;
use crate::request;
use crate::settings::Settings;

/// The most groups that are kept apart.
const GROUPS_MAX: usize = 2000;
/// What calls are grouped by where nothing else is asked for.
const BY: &str = "model,quality,size";
/// The most names to group by.
const NAMES_MAX: usize = 6;

/// What was found.
struct Found {
    by: Vec<String>,
    charges: Charges,
    sums: Accuracy,
    read: Read,
    tolerance: Tolerance,
    from_ledger: bool,
    seen: Seen,
    /// What the last call has of the names to group by.
    keys: Vec<String>,
}

/// What was seen of the calls that were compared.
#[derive(Debug, Default)]
struct Seen {
    /// Calls that are priced by the book's own rates alone.
    self_priced: u64,
    /// Calls that another model answered than was asked for.
    other_model: u64,
    /// Calls without a prompt.
    without_prompt: u64,
}

/// Charges the calls, and compares their quotes with them.
pub(super) fn charge(
    args: &UsageArgs,
    settings: &Settings,
    output: &Output,
    source: Source<'_>,
) -> Result<End, Failure> {
    let by = By::list(args.by.as_deref().unwrap_or(BY), true)?;
    if by.len() > NAMES_MAX {
        return Err(bad_input("by", format!("by has more than {NAMES_MAX} names")).into());
    }
    let tolerance = Tolerance::new(
        args.tolerance.as_deref().map(|text| percent("tolerance", text)).transpose()?,
        args.max_outside_share.as_deref().map(|text| percent("max_outside_share", text)).transpose()?,
    );
    let book = request::book(&args.request.book, settings)?;
    let mut found = Found {
        by: by.iter().map(By::to_string).collect(),
        charges: Charges::new(GROUPS_MAX),
        sums: Accuracy::new(GROUPS_MAX),
        read: Read::default(),
        tolerance,
        from_ledger: args.ledger.is_some(),
        seen: Seen::default(),
        keys: Vec::new(),
    };
    found.read = calls::read(args, settings, &book, source, |call| found.add(&book, &by, call))?;
    output.write(&show::document(&found), || show::report(&found))?;
    found.read.errors.say();
    Ok(found.end())
}

impl Found {
    /// Adds a call to the sums.
    fn add(&mut self, book: &Book, by: &[By], call: &mut Call) -> Result<(), Error> {
        self.seen.other_model += u64::from(call.complete(book)?.is_some());
        let (call, quote) = (&*call, book.quote(&call.request)?);
        self.keys.resize_with(by.len(), String::new);
        for (key, by) in self.keys.iter_mut().zip(by) {
            key.clear();
            key.push_str(&value(by, call, &quote));
        }
        self.charges.add(&self.keys, call, &call.charge_by(&quote)?);
        if call.described {
            let comparison = compare(&quote, &call.response, &call.billed());
            self.sums.add(&self.keys, &call.place, &comparison);
            self.seen.self_priced += u64::from(matches!(call.paid, Paid::NotSaid));
            self.seen.without_prompt += u64::from(quote.note_kinds().contains(&NoteKind::PromptNotGiven));
        }
        Ok(())
    }

    /// The groups that break the tolerance.
    fn breaches(&self) -> impl Iterator<Item = (Group<'_>, Breach)> {
        self.sums.groups().filter_map(|group| Some((group, self.tolerance.broken_by(group.summary)?)))
    }

    /// How many findings could be compared.
    fn compared(&self) -> u64 {
        self.sums.groups().map(|group| group.summary.compared()).sum()
    }

    /// How many calls' money could be compared.
    fn money_compared(&self) -> u64 {
        let totals = self.sums.groups().filter(|group| group.subject == Subject::Total);
        totals.map(|group| group.summary.compared()).sum()
    }

    fn end(&self) -> End {
        let broken = if self.breaches().next().is_some() { End::Over } else { End::Done };
        let sum = self.charges.all().sum;
        // A log of responses alone is complete where all of them have a price.
        let incomplete = match self.sums.records() {
            0 => sum.rows == 0 || !sum.is_complete(),
            _ => self.money_compared() == 0,
        };
        let unused = self.read.errors.count > 0 || incomplete;
        broken.and(if unused { End::Incomplete } else { End::Done })
    }
}

/// What a call has of a name.
fn value<'c>(by: &By, call: &'c Call, quote: &'c Quote<'_>) -> Cow<'c, str> {
    let offer = quote.offer();
    match by {
        By::Model => offer.model.id.as_str().into(),
        By::Quality => quote.quality().map_or_else(String::new, |quality| shown(quality.as_str())).into(),
        By::Size => quote.chosen_size().to_string().into(),
        By::Provider => offer.provider.id.as_str().into(),
        By::Endpoint => call.request.endpoint.as_str().into(),
        By::Day | By::Month => {
            call.day.map_or_else(String::new, |day| by.day(&day.to_string()).to_owned()).into()
        }
        By::Scope => call.scope.as_deref().unwrap_or_default().into(),
        By::Tag(name) => call.tag(name).into(),
    }
}

/// A share: `1%`, `0.5%` or `0.5`, all in percent.
pub(super) fn percent(field: &str, text: &str) -> Result<Ratio, Error> {
    let number = text.strip_suffix('%').unwrap_or(text).trim();
    number.parse().map_err(|_| fields::illegal(field, text, "expected a percentage such as 1% or 0.5%"))
}
