//! A log compared with what its provider counted and billed: an organization's usage and cost
//! pages.

mod show;

use std::path::Path;

use imgcost_analysis::bill::{BillComparison, Export, Finding, Logged, Names, Outcome, PageKind, Weight};
use imgcost_core::Ratio;

use super::calls::{self, Read, Source};
use super::log::percent;
use crate::args::UsageArgs;
use crate::failure::{End, Failure};
use crate::report::Output;
use crate::settings::Settings;
use crate::{inputs, request};

/// Owner pages these are.
const PROVIDER: &str = crate::book::DEFAULT_PROVIDER;

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
    output: &Output,
    source: Source<'_>,
) -> Result<End, Failure> {
    let tolerance = percent("tolerance", args.tolerance.as_deref().unwrap_or("0"))?;
    let book = request::book(&args.request.book, settings)?;
    let mut sums = BillComparison::new(Names::of(&book, PROVIDER));
    let mut export = Export::new(args.project.as_deref(), args.api_key_id.as_deref());
    let (mut has_usage, mut has_costs) = (false, false);
    for path in &args.bill {
        let (of, path) = named(path);
        match export.add(&inputs::name(path), inputs::open("bill", path)?, of, &mut sums)? {
            PageKind::Usage => has_usage = true,
            PageKind::Costs => has_costs = true,
        }
    }
    let (mut count, mut elsewhere) = (0_u64, 0_u64);
    let read = calls::read(args, settings, &book, source, |call| {
        match Logged::of(&book, call, PROVIDER)? {
            Some(call) => {
                count += 1;
                sums.logged(&call);
            }
            None => elsewhere += 1,
        }
        Ok(())
    })?;
    let mut outcome = sums.finish(tolerance);
    outcome.findings.extend(export.findings());
    if elsewhere > 0 {
        let message = format!("{elsewhere} calls of the log went to other providers than {PROVIDER}");
        outcome.findings.push(Finding::new("other-provider", Weight::Note, message));
    }
    for (state, holds) in &read.without_usage {
        let message = format!("{holds} holds of the ledger are {state}: what they were billed is not known");
        let weight = if *state == "released" { Weight::Note } else { Weight::Unmatched };
        outcome.findings.push(Finding::new("holds-without-usage", weight, message));
    }
    let found = Found { outcome, read, calls: count, tolerance, has_usage, has_costs };
    output.write(&show::document(&found), || show::report(&found))?;
    found.read.errors.say();
    Ok(found.end())
}

/// A file, and the kind of its pages where it begins with `usage:` or `costs:`.
fn named(path: &Path) -> (Option<PageKind>, &Path) {
    let text = path.to_str().unwrap_or_default();
    let named = [(PageKind::Usage, "usage:"), (PageKind::Costs, "costs:")]
        .into_iter()
        .find_map(|(of, prefix)| Some((Some(of), Path::new(text.strip_prefix(prefix)?))));
    named.unwrap_or((None, path))
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
