//! The one place where errors become messages and exit codes.

use std::io::{self, Write};
use std::process::ExitCode;

use imgcost_core::{Code, Error};
use serde::Serialize;

use crate::render::Format;

/// How the program ends. Ordered: of two, the greater counts, except that over the cap
/// outranks incomplete (see [`End::and`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// 0: done.
    Done,
    /// 2: an input or argument can't be accepted; what is wrong has been said.
    Refused,
    /// 3: over the cap.
    Over,
    /// 4: something has no price, or a row is in error.
    Incomplete,
}

impl End {
    /// The one of two ends that counts: over the cap before incomplete before done.
    pub(crate) fn and(self, other: End) -> End {
        let rank = |end| match end {
            End::Done => 0,
            End::Incomplete => 1,
            End::Over => 2,
            End::Refused => 3,
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
        })
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The request, an argument or an input can't be accepted: exit 2.
    Refused(Error),
    /// The output can't be written: exit 5, or 0 where its reader has gone.
    Output(io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Refused(error)
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

/// The error document of the contract.
#[derive(Serialize)]
struct Document<'e> {
    schema: &'static str,
    error: &'e Error,
}

/// Tells what went wrong and gives the exit code.
pub(crate) fn report(failure: &Failure, format: Format) -> ExitCode {
    match failure {
        Failure::Refused(error) => match refuse(error, format) {
            Ok(()) => End::Refused.code(),
            Err(output) => report_output(&output),
        },
        Failure::Output(error) => report_output(error),
    }
}

/// Writes the error document to stdout where JSON was asked for, else words to stderr.
fn refuse(error: &Error, format: Format) -> io::Result<()> {
    if !format.is_json() {
        say(&format!("imgcost: {error}"));
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
    say(&format!("imgcost: can't write the output: {error}"));
    ExitCode::from(5)
}

/// A line on stderr. There is nobody to tell if that fails.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
