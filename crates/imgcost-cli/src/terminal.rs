//! What a terminal is shown that a pipe is not: colour. And whether notes and long lists are wanted.

use std::cell::Cell;
use std::env;
use std::io::{self, IsTerminal};
use std::sync::OnceLock;

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// What is wrong.
    Error,
    /// What to know before anything else.
    Warning,
    /// A heading.
    Heading,
    /// A sum.
    Total,
    /// What may be passed over.
    Note,
}

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Style::Error => "\u{1b}[1;31m",
            Style::Warning => "\u{1b}[1;33m",
            Style::Heading | Style::Total => "\u{1b}[1m",
            Style::Note => "\u{1b}[2m",
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Shown {
    stdout: bool,
    stderr: bool,
    quiet: bool,
    verbose: bool,
}

static SHOWN: OnceLock<Shown> = OnceLock::new();

fn shown() -> Shown {
    SHOWN.get().copied().unwrap_or_default()
}

/// Decides once, by `--color`, NO_COLOR, CLICOLOR_FORCE and where the output goes.
pub(crate) fn start(color: Option<&str>, quiet: bool, verbose: bool) {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    let always = match color {
        Some("always") => Some(true),
        Some("never") => Some(false),
        _ if env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) => Some(false),
        _ if is_set("CLICOLOR_FORCE") => Some(true),
        _ if env::var_os("TERM").is_some_and(|term| term == "dumb") => Some(false),
        _ => None,
    };
    let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
    SHOWN.get_or_init(|| Shown {
        stdout: always.unwrap_or(out),
        stderr: always.unwrap_or(err),
        quiet,
        verbose,
    });
}

thread_local! {
    static SILENT: Cell<bool> = const { Cell::new(false) };
}

/// Tries something without a note of it on stderr.
pub(crate) fn silenced<T>(work: impl FnOnce() -> T) -> T {
    SILENT.set(true);
    let done = work();
    SILENT.set(false);
    done
}

/// Whether notes are left out.
pub(crate) fn is_quiet() -> bool {
    shown().quiet || SILENT.get()
}

/// Whether long lists are written out.
pub(crate) fn is_verbose() -> bool {
    shown().verbose
}

/// A text for stdout in its style.
pub(crate) fn on_stdout(style: Style, text: &str) -> String {
    painted(shown().stdout, style, text)
}

/// A text for stderr in its style.
pub(crate) fn on_stderr(style: Style, text: &str) -> String {
    painted(shown().stderr, style, text)
}

/// Each line is painted by itself, so that a pager may cut between them.
fn painted(coloured: bool, style: Style, text: &str) -> String {
    if !coloured || text.is_empty() {
        return text.to_owned();
    }
    let line =
        |line: &str| if line.is_empty() { String::new() } else { format!("{}{line}\u{1b}[0m", style.code()) };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}
