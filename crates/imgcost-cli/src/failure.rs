//! The one place where errors become messages and exit codes.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use imgcost_core::{Alternative, Code, Error};
use imgcost_ledger::{Block, Refusal};
use serde::{Serialize, Serializer};

use crate::plain;
use crate::report::Format;
use crate::terminal::{self, Style};

/// How the program ends. Which of two counts is for [`End::and`] to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// 0: done.
    Done,
    /// 2: an input or argument can't be accepted; what is wrong has been said.
    Refused,
    /// 3: over the cap or a budget, or billed beyond its ceiling.
    Over,
    /// 4: something has no price, a response has no usage, or a row is in error.
    Incomplete,
    /// 5: the ledger or the output failed; what is wrong has been said.
    Failed,
}

impl End {
    /// The one of two ends that counts: a failure before all, over the cap before incomplete
    /// before done.
    pub(crate) fn and(self, other: End) -> End {
        let rank = |end| match end {
            End::Done => 0,
            End::Incomplete => 1,
            End::Over => 2,
            End::Refused => 3,
            End::Failed => 4,
        };
        if rank(other) > rank(self) { other } else { self }
    }

    /// The exit code.
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(match self {
            End::Done => 0,
            End::Refused => 2,
            End::Over => 3,
            End::Incomplete => 4,
            End::Failed => 5,
        })
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The request, an argument or an input can't be accepted: exit 2.
    Refused(Error),
    /// Something has no price, in words: exit 4, or 3 where a limit was to hold.
    Unpriced(String, End),
    /// The ceiling is not proven, though that was required, in words: exit 3.
    Unproven(String),
    /// The ledger said no or could not answer: exit 3, 2 or 5, by [`end_of`].
    Ledger {
        /// What it said.
        error: imgcost_ledger::Error,
        /// What would fit into what is left, where the call has a quote.
        fits: Option<Vec<Alternative>>,
    },
    /// There is no ledger, in words: exit 5.
    NoLedger(String),
    /// The output can't be written: exit 5, or 0 where its reader has gone and nothing else is
    /// known of how the command ends.
    Output(io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Refused(error)
    }
}

impl From<imgcost_ledger::Error> for Failure {
    fn from(error: imgcost_ledger::Error) -> Self {
        Failure::Ledger { error, fits: None }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Output(error)
    }
}

impl From<serde_json::Error> for Failure {
    /// Documents always serialise; what can fail is writing them.
    fn from(error: serde_json::Error) -> Self {
        Failure::Output(error.into())
    }
}

/// An input that is not what it should be.
pub(crate) fn bad_input(field: &str, message: impl Into<String>) -> Error {
    Error::new(Code::BadInput, message).field(field)
}

/// How the program ends where the ledger did not do what it was asked.
pub(crate) fn end_of(error: &imgcost_ledger::Error) -> End {
    if error.refusal().is_some() {
        End::Over
    } else if error.is_failure() {
        End::Failed
    } else {
        End::Refused
    }
}

/// What would fit instead, in words to stand behind a refusal.
pub(crate) fn fits_words(fits: &[Alternative]) -> String {
    if fits.is_empty() {
        return "; fewer images or a lower quality would not fit".to_owned();
    }
    let fits: Vec<String> = fits.iter().map(ToString::to_string).collect();
    format!("; {} would fit", fits.join(", or "))
}

/// The error document of the contract.
#[derive(Serialize)]
struct Document<E> {
    schema: &'static str,
    error: E,
}

/// An error of the ledger, or one that has a code and words only.
#[derive(Serialize, Default)]
struct Plain<'e> {
    code: &'e str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ceiling: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budgets: Option<&'e [Block]>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "fits")]
    fits: Option<&'e [Alternative]>,
}

/// One way to make the call that would fit.
#[derive(Serialize)]
pub(crate) struct FitDocument {
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<String>,
    ceiling: String,
}

fn fits<S: Serializer>(fits: &Option<&[Alternative]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(fits.unwrap_or_default().iter().map(FitDocument::from))
}

impl From<&Alternative> for FitDocument {
    fn from(fit: &Alternative) -> FitDocument {
        let (n, size, quality, ceiling) = match fit {
            Alternative::Images { n, ceiling } => (Some(*n), None, None, ceiling),
            Alternative::Size { size, ceiling } => (None, Some(size.to_string()), None, ceiling),
            Alternative::Quality { quality, ceiling } => (None, None, Some(quality.to_string()), ceiling),
        };
        FitDocument { n, size, quality, ceiling: ceiling.to_string() }
    }
}

impl<'e> Plain<'e> {
    fn of(error: &'e imgcost_ledger::Error, fits: Option<&'e [Alternative]>) -> Plain<'e> {
        let mut plain = Plain { code: error.code(), message: error.to_string(), ..Plain::default() };
        match error.refusal() {
            Some(Refusal::NoBudget { scope, nearest }) => {
                plain.scope = Some(scope.as_str());
                plain.nearest = nearest.as_ref().map(imgcost_ledger::Scope::as_str);
                plain.message.push_str("; imgcost budget set SCOPE USD sets one");
            }
            Some(Refusal::Full { scope, ceiling, left, budgets }) => {
                plain.scope = Some(scope.as_str());
                plain.ceiling = Some(ceiling.to_string());
                plain.left = Some(left.to_string());
                plain.budgets = Some(budgets);
                plain.fits = fits;
                plain.message.push_str(&fits.map(fits_words).unwrap_or_default());
            }
            Some(Refusal::Paused { scope, pause }) => {
                plain.scope = Some(scope.as_str());
                plain.message.push_str(&format!("; imgcost budget resume {} ends it", pause.scope));
            }
            Some(Refusal::AssumedCeiling { scope, .. }) => plain.scope = Some(scope.as_str()),
            // A refusal of another kind has its code and message.
            Some(_) | None => {}
        }
        if let imgcost_ledger::Error::Damaged { .. } = error {
            plain.message.push_str(
                "; imgcost budget doctor tells more; restore a copy that imgcost budget backup has made",
            );
        }
        if let imgcost_ledger::Error::BadInput { field, .. } = error {
            plain.field = Some(field);
        }
        plain
    }
}

/// What to do about a refusal.
#[derive(Debug, Default)]
pub(crate) struct Advice {
    /// The command to type instead.
    pub(crate) command: Option<String>,
    /// The command whose help to read.
    pub(crate) help: Option<String>,
    /// The variable, or the file and line, that the value comes from.
    pub(crate) origin: Option<String>,
}

impl Advice {
    /// The lines below what went wrong.
    fn lines(&self) -> String {
        let mut lines = String::new();
        if let Some(command) = &self.command {
            lines.push_str(&format!("\n  try: {command}"));
        }
        if let Some(help) = &self.help {
            lines.push_str(&format!("\n  see: {help}"));
        }
        lines
    }
}

/// A refusal with what to do about it.
#[derive(Serialize)]
struct Advised<'e> {
    #[serde(flatten)]
    error: &'e Error,
    #[serde(rename = "try", skip_serializing_if = "Option::is_none")]
    command: Option<&'e str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'e str>,
}

/// Tells what went wrong and gives the exit code.
pub(crate) fn report(failure: &Failure, format: Format, advice: &Advice) -> ExitCode {
    let (told, end) = match failure {
        Failure::Refused(error) => {
            let from = advice.origin.as_ref().map(|origin| format!(" (from {origin})")).unwrap_or_default();
            let words = format!("{error}{from}{}", advice.lines());
            let advised =
                Advised { error, command: advice.command.as_deref(), from: advice.origin.as_deref() };
            (tell(&words, advised, format), End::Refused)
        }
        Failure::Unpriced(words, end) => (tell_plain("unpriced", words, format), *end),
        Failure::Unproven(words) => (tell_plain("assumed-ceiling", words, format), End::Over),
        Failure::NoLedger(words) => (tell_plain("no-ledger", words, format), End::Failed),
        Failure::Ledger { error, fits } => {
            let plain = Plain::of(error, fits.as_deref());
            (tell(&plain.message, &plain, format), end_of(error))
        }
        Failure::Output(error) => return report_output(error),
    };
    match told {
        Ok(()) => end.code(),
        // Nobody reads why, but the response was no.
        Err(output) if output.kind() == io::ErrorKind::BrokenPipe => end.code(),
        Err(output) => report_output(&output),
    }
}

/// A result that was written, or whose reader went away: that is a normal end, and how the
/// command ends is not for the reader to change.
pub(crate) fn unless_gone(written: Result<(), Failure>) -> Result<(), Failure> {
    match written {
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn tell_plain(code: &str, words: &str, format: Format) -> io::Result<()> {
    tell(words, Plain { code, message: words.to_owned(), ..Plain::default() }, format)
}

/// Writes the error document to stdout where JSON was asked for, else words to stderr.
fn tell(words: impl fmt::Display, error: impl Serialize, format: Format) -> io::Result<()> {
    if !format.is_json() {
        say_error(&words.to_string());
        return Ok(());
    }
    let document = Document { schema: "imgcost.error/1", error };
    let mut out = io::stdout().lock();
    match format {
        Format::Json => serde_json::to_writer_pretty(&mut out, &document)?,
        _ => serde_json::to_writer(&mut out, &document)?,
    }
    out.write_all(b"\n")?;
    out.flush()
}

fn report_output(error: &io::Error) -> ExitCode {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return ExitCode::SUCCESS;
    }
    say_error(&format!("can't write the output: {error}"));
    End::Failed.code()
}

/// An error on stderr.
fn say_error(words: &str) {
    let name = terminal::on_stderr(Style::Error, "imgcost:");
    let _ = writeln!(io::stderr().lock(), "{name} {}", plain::lines(words));
}

/// Something to know on stderr, unless notes are not wanted.
pub(crate) fn say_note(words: &str) {
    if !terminal::is_quiet() {
        let words = format!("note: {}", plain::lines(words));
        let _ = writeln!(io::stderr().lock(), "{}", terminal::on_stderr(Style::Note, &words));
    }
}

/// A line on stderr, without what would change a terminal: texts of others are in it. There is
/// nobody to tell if that fails.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", plain::lines(text));
}
