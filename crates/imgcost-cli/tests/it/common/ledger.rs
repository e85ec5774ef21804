//! A ledger of its own for a test, driven through the program.

use std::path::PathBuf;
use std::process::Command;

use super::{Ran, finish, folder, program, words};

/// A call that costs at most $0.210795: gpt-image-2, high, 1024x1024, 9 prompt tokens.
pub(crate) const CALL: &str = "-m gpt-image-2 -q high -s 1024x1024 --prompt-tokens 9";
/// What it is held at.
pub(crate) const CEILING: &str = "0.210795";

/// A ledger in a folder of its own.
pub(crate) struct Books {
    pub(crate) folder: PathBuf,
    /// When its first run happens, where the test is about it.
    pub(crate) now: Option<&'static str>,
}

impl Books {
    /// No ledger yet.
    pub(crate) fn new(name: &str) -> Books {
        Books { folder: folder(&format!("budget-{name}")), now: None }
    }

    /// No ledger yet, and everything happens from this moment on.
    pub(crate) fn at(name: &str, now: &'static str) -> Books {
        Books { now: Some(now), ..Books::new(name) }
    }

    /// A ledger with one budget.
    pub(crate) fn with(name: &str, budget: &str) -> Books {
        let books = Books::new(name);
        let ran = books.run(&format!("set {budget}"));
        assert_eq!(ran.code, 0, "{ran:?}");
        books
    }

    /// The file.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join("ledger.db")
    }

    /// The program, with the ledger and the actor set.
    pub(crate) fn program(&self) -> Command {
        let mut command = program();
        command.env("IMGCOST_LEDGER", self.path()).env("IMGCOST_BY", "tester").arg("budget");
        if let Some(now) = self.now {
            command.env("IMGCOST_NOW", super::now(now));
        }
        command
    }

    /// Runs `budget` and a line of words.
    pub(crate) fn run(&self, line: &str) -> Ran {
        finish(self.program().args(words(line)), b"")
    }

    /// Runs `budget` and a line of words with something on stdin.
    pub(crate) fn run_with(&self, line: &str, stdin: &str) -> Ran {
        finish(self.program().args(words(line)), stdin.as_bytes())
    }

    /// Holds the call for a scope and gives the hold's name.
    pub(crate) fn hold(&self, scope: &str) -> String {
        self.hold_of(&format!("{scope} {CALL}"))
    }

    /// Makes the hold of a line and returns its id.
    pub(crate) fn hold_of(&self, line: &str) -> String {
        let ran = self.run(&format!("hold {line} -f json"));
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.json()["hold"].as_str().unwrap().to_owned()
    }

    /// The first budget of `show`.
    pub(crate) fn status(&self) -> serde_json::Value {
        self.run("show -f json").json()["budgets"][0].clone()
    }
}

/// Text with names of holds and times made the same.
pub(crate) fn masked(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut result, mut at) = (String::new(), 0);
    while at < bytes.len() {
        let rest = &text[at..];
        if let Some(length) = name_length(rest).or_else(|| time_length(rest)) {
            let mark = if rest.starts_with("h_") { "h_…" } else { "TIME" };
            result.push_str(mark);
            at += length;
        } else {
            let c = rest.chars().next().unwrap();
            result.push(c);
            at += c.len_utf8();
        }
    }
    result
}

fn name_length(text: &str) -> Option<usize> {
    let digits = text.strip_prefix("h_")?.get(..32)?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then_some(34)
}

/// `2026-11-21 14:00:00` or `2026-11-21T14:00:00.123456Z`.
fn time_length(text: &str) -> Option<usize> {
    let shape = text.get(..19)?;
    let same = shape.bytes().zip(b"0000-00-00T00:00:00").all(|(b, model)| match model {
        b'0' => b.is_ascii_digit(),
        b'T' => b == b'T' || b == b' ',
        other => b == *other,
    });
    let rest = same.then(|| &text[19..])?;
    let fraction = rest.len() - rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit()).len();
    let fraction = if rest.starts_with('.') { fraction } else { 0 };
    Some(19 + fraction + usize::from(rest[fraction..].starts_with('Z')))
}
