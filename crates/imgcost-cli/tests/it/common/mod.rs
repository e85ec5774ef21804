//! Runs the real program in an environment without settings, and keeps snapshots.
//!
//! `IMGCOST_SNAPSHOTS=update cargo test -p imgcost` rewrites the snapshots.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub(crate) mod ledger;

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};

use jiff::{SignedDuration, Timestamp};

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Stdout as one JSON document.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Stdout as a JSON document on each line.
    pub(crate) fn lines(&self) -> Vec<serde_json::Value> {
        self.stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    }
}

/// When the tests run, unless `IMGCOST_NOW` is set: years after the last day that the price book
/// knows, so that a test that means another day has to give it.
const NOW: &str = "2031-08-17T09:26:53Z";

/// What every run of the program finds in its environment, however it is started: no settings,
/// the time at which the tests run, and the time zone that `scripts/test long` sets.
pub(crate) fn surroundings() -> Vec<(&'static str, OsString)> {
    let start = env::var("IMGCOST_NOW").unwrap_or_else(|_| NOW.to_owned());
    let mut all = vec![("IMGCOST_CONFIG", OsString::new()), ("IMGCOST_NOW", now(&start).into())];
    all.extend(env::var_os("TZ").map(|zone| ("TZ", zone)));
    all
}

/// The time of the next run of the program, where the first runs at `start`. Each run is a
/// microsecond after the one before: a hold that ends at a moment is past its time only after it.
pub(crate) fn now(start: &str) -> String {
    static RUNS: AtomicI64 = AtomicI64::new(0);
    let start: Timestamp = start.parse().expect("IMGCOST_NOW is no moment");
    (start + SignedDuration::from_micros(RUNS.fetch_add(1, Ordering::Relaxed))).to_string()
}

/// The program with nothing of the environment but [`surroundings`].
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imgcost"));
    command.env_clear().envs(surroundings()).env("IMGCOST_AS_OF", "2026-11-21");
    // As on a terminal of 80 columns; without it nothing is wrapped.
    command.env("COLUMNS", "80");
    // Never the ledger of the user who runs the tests.
    command.env("XDG_DATA_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-data"));
    command
}

/// Runs the program.
pub(crate) fn run<S: AsRef<OsStr>>(arguments: &[S]) -> Ran {
    finish(program().args(arguments), b"")
}

/// Runs the program with something on stdin.
pub(crate) fn run_with<S: AsRef<OsStr>>(arguments: &[S], stdin: &[u8]) -> Ran {
    finish(program().args(arguments), stdin)
}

/// Runs a prepared command.
pub(crate) fn finish(command: &mut Command, stdin: &[u8]) -> Ran {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let bytes = stdin.to_vec();
    // The program may end without reading all of it.
    let writer = std::thread::spawn(move || {
        let _ = input.write_all(&bytes);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Splits words; no quoting.
pub(crate) fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// Runs a line of words.
pub(crate) fn imgcost(line: &str) -> Ran {
    run(&words(line))
}

/// A folder of its own for a test, emptied each time that the test asks for it.
pub(crate) fn folder(name: &str) -> PathBuf {
    // Tests run side by side, each in a thread of its own.
    static OWNERS: Mutex<BTreeMap<String, ThreadId>> = Mutex::new(BTreeMap::new());
    let this = thread::current().id();
    let mut owners = OWNERS.lock().unwrap_or_else(PoisonError::into_inner);
    let owner = *owners.entry(name.to_owned()).or_insert(this);
    drop(owners);
    assert_eq!(owner, this, "two tests have a folder {name}");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// Writes a file and gives its path.
pub(crate) fn file(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Compares text with its snapshot, without what changes with every edit of the price book.
pub(crate) fn snapshot(name: &str, text: &str) {
    let text = stable(text);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    if std::env::var_os("IMGCOST_SNAPSHOTS").is_some_and(|value| value == "update") {
        fs::write(&path, &text).unwrap();
        return;
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    assert!(known == text, "{name} has changed:\n--- was\n{known}\n--- is\n{text}");
}

/// Ids, digests and line numbers of the price book, made the same for every book.
fn stable(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, mark)) =
        ["q_", "sha256:", ".toml:"].iter().filter_map(|mark| Some((rest.find(mark)?, *mark))).min()
    {
        let (before, after) = rest.split_at(at + mark.len());
        result.push_str(before);
        let value = after.len() - after.trim_start_matches(|c: char| c.is_ascii_hexdigit()).len();
        result.push_str(if value > 0 { "…" } else { "" });
        rest = &after[value..];
    }
    result + rest
}
