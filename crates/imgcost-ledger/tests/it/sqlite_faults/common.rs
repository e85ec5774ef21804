//! Short words for what all faults have in common.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use imgcost_ledger::{
    Budget, Cap, Error, Filter, HoldId, Ledger, NanoUsd, NewHold, Record, SqliteLedger, Window, audit,
};

pub(crate) const CENT: u64 = 10_000_000;

pub(crate) fn open(path: &Path) -> Result<SqliteLedger, Error> {
    SqliteLedger::options().wait(Duration::from_secs(20)).open(path)
}

/// A new ledger with a budget of so many cents.
pub(crate) fn begin(path: &Path, cents: u64) -> SqliteLedger {
    let ledger = open(path).unwrap();
    let cap = Cap::Usd(NanoUsd::new(cents * CENT).unwrap());
    ledger.set_budget(&Budget::new("team".parse().unwrap(), Window::Total, cap), "boss").unwrap();
    ledger
}

/// Holds one cent.
pub(crate) fn hold(ledger: &SqliteLedger) -> Result<HoldId, Error> {
    let new_hold = NewHold::new("team/a".parse().unwrap(), NanoUsd::new(CENT).unwrap(), "tester")
        .quote("q_1", "sha256:book")
        .details(format!("{{\"about\":\"{}\"}}", "a page full of it ".repeat(20)), "{}");
    ledger.hold(&new_hold).map(|held| held.hold.id)
}

pub(crate) fn hold_many(ledger: &SqliteLedger, many: usize) -> Vec<HoldId> {
    (0..many).map(|_| hold(ledger).unwrap()).collect()
}

pub(crate) fn held(ledger: &SqliteLedger) -> Result<Vec<HoldId>, Error> {
    let mut holds = Vec::new();
    ledger.read(&Filter::default().holds(), &mut |record| {
        if let Record::Hold(hold) = record {
            holds.push(hold.id);
        }
        ControlFlow::Continue(())
    })?;
    Ok(holds)
}

/// The fault is gone: exactly what was told is there, the books balance, and it goes on.
pub(crate) fn assert_whole(path: &Path, told: &[HoldId]) {
    let ledger = open(path).unwrap();
    assert_eq!(held(&ledger).unwrap(), told);
    assert_eq!(ledger.inspect().unwrap().problems, Vec::<String>::new());
    assert_eq!(audit(&ledger).unwrap().problems, Vec::<String>::new());
    hold(&ledger).unwrap();
}

/// The step fails with a code and a message that has a word in it.
#[track_caller]
pub(crate) fn assert_fails<T>(response: Result<T, Error>, code: &str, word: &str) {
    let Err(error) = response else { panic!("it answered, where {code} was expected") };
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(word), "no '{word}' in: {error}");
    assert!(error.is_failure(), "{error}");
}

const ROLE: &str = "IMGCOST_FAULT_ROLE";
const PATH: &str = "IMGCOST_FAULT_PATH";

/// What this process is to do, if it is not the test itself.
pub(crate) fn role() -> Option<(String, PathBuf)> {
    Some((std::env::var(ROLE).ok()?, std::env::var_os(PATH)?.into()))
}

/// This test again, in a role. `before` is a script that ends by becoming its arguments.
pub(crate) fn child(role: &str, path: &Path, before: Option<&str>) -> Command {
    let this = std::env::current_exe().unwrap();
    let mut command = match before {
        Some(script) => {
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(format!("{script} && exec \"$0\" \"$@\"")).arg(this);
            shell
        }
        None => Command::new(this),
    };
    command.args(["--exact", "sqlite_faults::child_process", "--nocapture", "--test-threads=1"]);
    command.env(ROLE, role).env(PATH, path);
    command
}

/// Runs it to its end, which must be a good one; gives back what it printed.
#[track_caller]
pub(crate) fn run(mut command: Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// The holds that a child printed, one a line.
pub(crate) fn told(said: &str) -> Vec<HoldId> {
    said.lines().filter_map(|line| line.strip_prefix("told ")?.parse().ok()).collect()
}
