//! `imgcost check`: a file of jobs against a policy, for CI.

mod github;
mod report;
mod sarif;

use std::path::Path;

use imgcost_analysis::currency::Exchange;
use imgcost_analysis::jobs::JobRow;
use imgcost_analysis::policy::{Policy, Report, Subject, Verdict};
use imgcost_core::{Book, Code, Date, Error};

use crate::args::CheckArgs;
use crate::failure::{End, Failure, bad_input, say, say_note};
use crate::report::{Format, Output};
use crate::request;
use crate::settings::Settings;
use crate::{inputs, jobs};

/// The most bytes that a policy may have.
const POLICY_MAX: u64 = 1 << 20;
/// What `--init` writes.
pub(super) const STARTER: &str = include_str!("policy.toml");

/// What was checked, and what came of it.
struct Checked<'c> {
    /// The jobs, as they are named.
    file: String,
    /// Their path, where they are not standard input.
    path: Option<&'c Path>,
    /// The policy's path, where there is one.
    policy_path: Option<&'c Path>,
    policy: &'c Policy,
    day: Date,
    exchange: Option<Exchange>,
    report: Report,
}

/// Judges every row by the policy, or by the built-in rules.
pub(crate) fn check(args: &CheckArgs, settings: &Settings, output: &Output) -> Result<End, Failure> {
    let file = args.file.as_deref().ok_or_else(|| bad_input("file", "file is missing"))?;
    let policy_path = args.policy.as_deref();
    one_stdin(args, file)?;
    let policy = match policy_path {
        Some(path) => policy(&inputs::name(path), &inputs::text("policy", path, POLICY_MAX)?)?,
        None => Policy::built_in(),
    };
    let policy = if args.require_proven { policy.requiring_proven() } else { policy };
    let book = request::book(&args.request.book, settings)?;
    let day = request::as_of(&args.request.book, settings)?;
    let report = rows(args, settings, &book, &policy, file, day)?;
    let checked = Checked {
        file: inputs::name(file),
        path: (!inputs::is_stdin(file)).then_some(file),
        policy_path,
        policy: &policy,
        day,
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
fn one_stdin(args: &CheckArgs, file: &Path) -> Result<(), Error> {
    let request = &args.request;
    let paths =
        [Some(file), args.policy.as_deref(), request.request.as_deref(), request.prompt_file.as_deref()];
    if paths.into_iter().flatten().filter(|path| inputs::is_stdin(path)).count() > 1 {
        let message = "standard input can be the jobs, the policy or the request, only one of them";
        return Err(bad_input("file", message));
    }
    Ok(())
}

/// Reads the policy; all that is wrong with it is said at once.
fn policy(name: &str, text: &str) -> Result<Policy, Error> {
    Policy::read(name, text).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Error::new(Code::BadInput, lines.join("\n")).field("policy")
    })
}

fn rows(
    args: &CheckArgs,
    settings: &Settings,
    book: &Book,
    policy: &Policy,
    file: &Path,
    day: Date,
) -> Result<Report, Error> {
    let mut resolver = jobs::resolver(&args.request, settings, book)?;
    let mut rows = jobs::open(file, &args.rows)?;
    let mut row = JobRow::new(resolver.defaults());
    let mut evaluator = policy.evaluator(book, day);
    while rows.next(resolver.defaults(), &mut row)? {
        let prepared = resolver.prepare(&mut row);
        let quoted = prepared.and_then(|offer| offer.quote(&row.request));
        let subject = Subject::new(row.line, &row.id, row.tags());
        evaluator.row(&subject, &row.request, quoted.as_ref());
    }
    Ok(evaluator.finish())
}
