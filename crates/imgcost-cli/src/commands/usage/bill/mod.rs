//! A log compared with what its provider counted and billed: an organization's usage and cost
//! pages.

mod export;
mod pages;
mod show;

use std::io;

use imgcost_analysis::reconcile::{Finding, Logged, Names, Outcome, Reconcile, Weight};
use imgcost_core::{Book, Error, Item, Quote, Ratio, Usd};

use self::export::{Export, Of};
use super::calls::{self, Call, Paid, Read, Source};
use super::log::percent;
use crate::args::UsageArgs;
use crate::failure::{End, Failure, bad_input};
use crate::render::{self, Format};
use crate::request;
use crate::settings::Settings;

/// Whose pages these are.
const PROVIDER: &str = "openai";

/// What was found.
struct Found {
    outcome: Outcome,
    read: Read,
    calls: u64,
    tolerance: Ratio,
    has_usage: bool,
    has_costs: bool,
}

/// Compares a log with pages.
pub(super) fn compare(
    args: &UsageArgs,
    settings: &Settings,
    format: Format,
    source: Source<'_>,
) -> Result<End, Failure> {
    let tolerance = percent("tolerance", args.tolerance.as_deref().unwrap_or("0"))?;
    let book = request::book(&args.request.book, settings)?;
    let mut sums = Reconcile::new(Names::of(&book, PROVIDER));
    let mut export = Export::new(args.project.as_deref(), args.api_key_id.as_deref());
    let (mut has_usage, mut has_costs) = (false, false);
    for path in &args.bill {
        match export.add(path, &mut sums)? {
            Of::Usage => has_usage = true,
            Of::Costs => has_costs = true,
        }
    }
    let (mut count, mut elsewhere) = (0_u64, 0_u64);
    let read = calls::read(args, settings, source, |call, errors| {
        let place = call.place.clone();
        match logged(&book, call) {
            Ok(Some(call)) => {
                count += 1;
                sums.logged(&call);
            }
            Ok(None) => elsewhere += 1,
            Err(error) => errors.add(place, error),
        }
        Ok(())
    })?;
    let mut outcome = sums.finish(tolerance);
    outcome.findings.extend(export.findings());
    if elsewhere > 0 {
        let message = format!("{elsewhere} calls of the log went to other providers than {PROVIDER}");
        outcome.findings.push(Finding { code: "other-provider", weight: Weight::Note, message });
    }
    for (state, holds) in &read.without_usage {
        let message = format!("{holds} holds of the ledger are {state}: what they were billed is not known");
        let weight = if *state == "released" { Weight::Note } else { Weight::Unmatched };
        outcome.findings.push(Finding { code: "holds-without-usage", weight, message });
    }
    let found = Found { outcome, read, calls: count, tolerance, has_usage, has_costs };
    let mut out = io::stdout().lock();
    render::write(
        &mut out,
        format,
        || show::page(&found),
        || show::sheet(&found),
        || show::document(&found),
    )?;
    found.read.errors.say();
    Ok(found.end())
}

impl Found {
    fn end(&self) -> End {
        let end = match self.outcome.weight() {
            Weight::Difference => End::Over,
            Weight::Unmatched => End::Incomplete,
            Weight::Note => End::Done,
        };
        let is_empty = self.outcome.rows.is_empty();
        let unused = self.read.errors.count > 0 || is_empty;
        end.and(if unused { End::Incomplete } else { End::Done })
    }
}

/// A call as the pages count it; none of another provider.
fn logged(book: &Book, mut call: Call) -> Result<Option<Logged>, Error> {
    call.complete(book)?;
    let quote = book.quote(&call.request)?;
    if quote.offer().provider.id != PROVIDER {
        return Ok(None);
    }
    let day = call.day.ok_or_else(|| bad_input("at", "the record has no day to match by"))?;
    let usage = &call.response.usage;
    let both = |all: Option<u64>, a: Option<u64>, b: Option<u64>| all.or_else(|| a?.checked_add(b?));
    let size = call.response.size.or(quote.size()).map_or_else(String::new, |size| size.to_string());
    Ok(Some(Logged {
        day,
        model: quote.offer().model.id.clone(),
        size,
        images: usage.images,
        input: both(usage.input, usage.text_input, usage.image_input),
        output: both(usage.output, usage.text_output, usage.image_output),
        usd: paid(&call, &quote),
    }))
}

/// What the images of a call cost, where that is known to the last digit. The calling model of
/// the Responses API has line items of its own, which other calls share.
fn paid(call: &Call, quote: &Quote<'_>) -> Option<Usd> {
    if let Paid::Amount(usd) = &call.paid {
        return Some(*usd);
    }
    let charge = calls::terms(call, quote).charge(&call.response)?;
    if !charge.settles {
        return None;
    }
    let mut lines = charge.lines.iter().filter(|line| line.item != Item::ResponsesModel);
    lines.try_fold(Usd::ZERO, |sum, line| sum.checked_add(line.amount?.expected?))
}
