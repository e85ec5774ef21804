//! `imgcost check`: files of jobs against a policy, for CI.

mod github;
mod report;
mod sarif;

use std::path::{Path, PathBuf};

use imgcost_analysis::Volume;
use imgcost_analysis::currency::Exchange;
use imgcost_analysis::jobs::JobRow;
use imgcost_analysis::policy::{Policy, Report, Subject, Verdict};
use imgcost_core::{Book, Code, Date, Error};

use crate::args::CheckArgs;
use crate::failure::{End, Failure, bad_input, say, say_note};
use crate::report::{Format, Output};
use crate::request;
use crate::settings::{PolicyPlace, Settings};
use crate::volume::Often;
use crate::{globs, inputs, jobs};

/// The most bytes that a policy may have.
const POLICY_MAX: u64 = 1 << 20;
/// What `--init` writes.
pub(super) const STARTER: &str = include_str!("policy.toml");

/// What was checked, and what came of it.
struct Checked<'c> {
    /// The files of jobs, each as it is named and with its path.
    files: Vec<(String, PathBuf)>,
    /// The policy's path, where there is one.
    policy_path: Option<&'c Path>,
    policy: &'c Policy,
    day: Date,
    often: Often,
    exchange: Option<Exchange>,
    report: Report,
}

impl Checked<'_> {
    /// The path of a file of jobs, where it is not standard input.
    fn path_of(&self, name: &str) -> Option<&Path> {
        let named = self.files.iter().find(|(known, _)| known == name);
        named.map(|(_, path)| path.as_path()).filter(|path| !inputs::is_stdin(path))
    }
}

/// Judges every row by the policy, or by the built-in rules.
pub(crate) fn check(args: &CheckArgs, settings: &Settings, output: &Output) -> Result<End, Failure> {
    let paths = globs::files(&args.files)?;
    one_stdin(args, &paths)?;
    let (policy, policy_path) = policy(args.policy.as_deref(), settings)?;
    let policy = if args.require_proven { policy.requiring_proven() } else { policy };
    let book = request::book(&args.request.book, settings)?;
    let day = request::as_of(&args.request.book, settings)?;
    let often = Often::read(&args.volume)?;
    let files: Vec<(String, PathBuf)> = paths.into_iter().map(|path| (inputs::name(&path), path)).collect();
    let report = rows(args, settings, &book, &policy, &files, (day, often))?;
    let checked = Checked {
        files,
        policy_path,
        policy: &policy,
        day,
        often,
        exchange: args.currency.exchange()?,
        report,
    };
    let end = match exit_code(checked.report.verdict) {
        0 => End::Done,
        2 => End::Refused,
        3 => End::Over,
        _ => End::Incomplete,
    };
    output.write_with(
        &report::document(&checked),
        || report::report(&checked),
        |format| match format {
            Format::Table => Some(report::lines(&checked)),
            Format::Github => Some(github::lines(&checked)),
            Format::Sarif => Some(sarif::document(&checked)),
            _ => None,
        },
    )?;
    if policy_path.is_none() {
        say_note(
            "built-in rules (illegal, unpriced, retired, auto); for your own: imgcost check --init -o policy.toml",
        );
    }
    // Findings alone do not tell how it ended.
    if matches!(output.format(), Format::Sarif | Format::Github) {
        say(&format!("imgcost: {}", report::verdict(&checked)));
    }
    Ok(end)
}

/// The exit code of a verdict, which SARIF tells too.
fn exit_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Passed => 0,
        Verdict::PromptMissing => 2,
        Verdict::Broken => 3,
        Verdict::Incomplete => 4,
    }
}

/// Standard input can be one thing only.
fn one_stdin(args: &CheckArgs, files: &[PathBuf]) -> Result<(), Error> {
    let request = &args.request;
    let others = [args.policy.as_deref(), request.request.as_deref(), request.prompt_file.as_deref()];
    let paths = files.iter().map(PathBuf::as_path).chain(others.into_iter().flatten());
    if paths.filter(|path| inputs::is_stdin(path)).count() > 1 {
        let message = "standard input can be the jobs, the policy or the request, only one of them";
        return Err(bad_input("file", message));
    }
    Ok(())
}

/// The policy of `--policy`, else of the settings, with its path, else the built-in rules; all that
/// is wrong with it is said at once.
fn policy<'p>(named: Option<&'p Path>, settings: &'p Settings) -> Result<(Policy, Option<&'p Path>), Error> {
    let (path, is_table) = match (named, settings.policy()) {
        (Some(path), _) => (path, false),
        (None, Some(PolicyPlace::File(path))) => (path.as_path(), false),
        (None, Some(PolicyPlace::Table(path))) => (path.as_path(), true),
        (None, None) => return Ok((Policy::built_in(), None)),
    };
    let (name, text) = (inputs::name(path), inputs::text("policy", path, POLICY_MAX)?);
    let read = if is_table { Policy::read_table(&name, &text) } else { Policy::read(&name, &text) };
    let policy = read.map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Error::new(Code::BadInput, lines.join("\n")).field("policy")
    })?;
    Ok((policy, Some(path)))
}

fn rows(
    args: &CheckArgs,
    settings: &Settings,
    book: &Book,
    policy: &Policy,
    files: &[(String, PathBuf)],
    (day, often): (Date, Often),
) -> Result<Report, Error> {
    let mut resolver = jobs::resolver(&args.request, often, settings, book)?;
    let mut row = JobRow::new(resolver.defaults());
    let mut evaluator = policy.evaluator(book, day);
    for (name, path) in files {
        evaluator.begin(name);
        let mut rows = jobs::open(path, &args.rows)?;
        while rows.next(resolver.defaults(), &mut row)? {
            let prepared = resolver.prepare(&mut row);
            let quoted = prepared.and_then(|offer| offer.quote(&row.request));
            let subject = Subject::new(row.line, &row.id, row.tags());
            let subject = subject.times(row.calls.unwrap_or(Volume::ONCE));
            evaluator.row(&subject, &row.request, quoted.as_ref());
        }
        resolver.check_shares(rows.met())?;
        jobs::tell(rows.met(), &args.request);
    }
    Ok(evaluator.finish())
}
