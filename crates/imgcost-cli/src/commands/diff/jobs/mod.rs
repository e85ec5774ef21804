//! Two files of jobs, or one at two prices.

mod show;
mod swaps;

use std::path::Path;

use imgcost_analysis::Volume;
use imgcost_analysis::diff::{self, Job, JobDiff, Matching};
use imgcost_analysis::jobs::JobRow;
use imgcost_core::{Code, Error, Note};

use super::limit::Limit;
use super::{Side, one_stdin};
use crate::args::DiffArgs;
use crate::failure::{End, Failure, say};
use crate::report::{Output, grouped};
use crate::settings::Settings;
use crate::volume::Often;
use crate::{inputs, jobs};

/// The most rows of a file: they are matched in memory.
const ROWS_MAX: usize = 200_000;

/// What was compared, and what came of it.
struct Compared<'c> {
    before: String,
    after: String,
    sides: (&'c Side, &'c Side),
    /// Whether both are one file.
    same_file: bool,
    diff: JobDiff,
    notes: Vec<Note>,
    often: Often,
    top: usize,
}

/// Reads both sides, compares them, and writes what is different.
pub(super) fn diff(
    args: &DiffArgs,
    settings: &Settings,
    output: &Output,
    (before_file, old): (&Path, &Side),
    (after_file, new): (&Path, &Side),
    (limit, top): (Option<Limit>, usize),
) -> Result<End, Failure> {
    one_stdin(before_file, after_file, args)?;
    // A row's own day does not count where the days are what is compared.
    let often = Often::read(&args.volume)?;
    let with_day = !(old.fixed || new.fixed);
    let before = rows(args, settings, before_file, old, (with_day, often))?;
    let after = rows(args, settings, after_file, new, (with_day, often))?;
    let same_file = args.files.len() == 1;
    let matching = if same_file { Matching::ByPlace } else { Matching::ByName };
    let diff = diff::jobs(before, after, matching);
    let compared = Compared {
        notes: swaps::notes(&diff, old, new),
        before: inputs::name(before_file),
        after: inputs::name(after_file),
        sides: (old, new),
        same_file,
        diff,
        often,
        top,
    };
    output.write(&show::document(&compared), || show::report(&compared))?;
    Ok(limit.map_or(End::Done, |limit| limit.hold(&compared.diff)))
}

fn rows(
    args: &DiffArgs,
    settings: &Settings,
    path: &Path,
    side: &Side,
    (with_day, often): (bool, Often),
) -> Result<Vec<Job>, Error> {
    let mut resolver = jobs::resolver(&args.request, often, settings, &side.book)?;
    let mut file = jobs::open(path, &args.rows)?;
    let mut row = JobRow::new(resolver.defaults());
    let mut found = Vec::new();
    while file.next(resolver.defaults(), &mut row)? {
        if found.len() >= ROWS_MAX {
            let message = format!(
                "{} has more than {} rows, which are matched in memory",
                inputs::name(path),
                grouped(ROWS_MAX)
            );
            return Err(Error::new(Code::TooLarge, message).field("files"));
        }
        if !with_day {
            row.request.as_of = side.day;
        }
        let prepared = resolver.prepare(&mut row);
        let quoted = prepared.and_then(|offer| offer.quote(&row.request));
        let named = (row.line, row.id.as_str(), row.calls.unwrap_or(Volume::ONCE));
        found.push(Job::new(named, &row.request, quoted.as_ref(), with_day));
    }
    resolver.check_shares(file.met())?;
    jobs::tell(file.met(), &args.request);
    // No error, as it is none elsewhere; but a step before that failed looks like this, too.
    if found.is_empty() {
        say(&format!("imgcost: {} has no rows", inputs::name(path)));
    }
    Ok(found)
}
