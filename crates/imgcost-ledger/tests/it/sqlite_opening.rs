//! Which files are opened as ledgers, and the errors of those that are not.
#![cfg(feature = "sqlite")]

use std::fs;
use std::path::Path;

use crate::support::{edited, new_hold, scope, times, usd};
use imgcost_ledger::{Budget, Cap, Error, Ledger, SqliteLedger, Window};
use rusqlite::Connection;

/// A ledger with one hold, closed.
fn ledger_at(path: &Path) {
    let ledger = SqliteLedger::open(path).unwrap();
    ledger.set_budget(&Budget::new(scope("a"), Window::Total, Cap::Usd(usd("1"))), "boss").unwrap();
    ledger.hold(&new_hold("a", usd("0.5"))).unwrap();
}

fn refused(path: impl AsRef<Path>) -> Error {
    SqliteLedger::open(path).expect_err("it opened")
}

fn assert_unfit(error: &Error, words: &str) {
    assert!(matches!(error, Error::Unfit { .. }), "{error:?}");
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn names_that_are_no_files_are_refused() {
    for name in ["", ":memory:", "file:ledger.db", "file::memory:?cache=shared"] {
        assert_unfit(&refused(name), "MemoryLedger");
    }
    let folder = tempfile::tempdir().unwrap();
    assert_unfit(&refused(folder.path()), "not a file");
}

#[test]
fn a_missing_folder_or_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = refused(folder.path().join("no/ledger.db"));
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    assert!(error.to_string().contains("no folder"), "{error}");
    let error = SqliteLedger::options().create(false).open(folder.path().join("ledger.db")).unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn other_kinds_of_files_are_refused_and_left_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("text"), "not a database, but long enough to have a header".repeat(50)).unwrap();
    fs::write(at("short"), "x").unwrap();
    fs::write(at("empty"), "").unwrap();
    Connection::open(at("plain")).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let other = Connection::open(at("other")).unwrap();
    other.execute_batch("PRAGMA application_id = 12345; CREATE TABLE t (x)").unwrap();
    drop(other);
    for (name, words) in [
        ("text", "not a SQLite file"),
        ("short", "SQLite file"),
        ("empty", "it is empty"),
        ("plain", "another application's"),
        ("other", "another application's"),
    ] {
        let before = fs::read(at(name)).unwrap();
        assert_unfit(&refused(at(name)), words);
        assert_eq!(fs::read(at(name)).unwrap(), before, "{name}");
    }
}

#[test]
fn a_newer_version_is_refused_with_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    ledger_at(&path);
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 7").unwrap();
    let error = refused(&path);
    assert_unfit(&error, "its version is 7 and this program knows versions up to 2");
    assert!(error.to_string().contains("use the newer program"), "{error}");
}

#[test]
fn damaged_files_are_never_answered_from() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    ledger_at(&path);
    let whole = fs::read(&path).unwrap();
    let cut_off = whole[..whole.len() / 2].to_vec();
    let mut overwritten = whole.clone();
    overwritten[4096..].fill(0x5a);
    let mut header = whole.clone();
    header[..16].fill(0);
    for (name, bytes) in [("cut off", cut_off), ("overwritten", overwritten), ("header", header)] {
        fs::write(&path, &bytes).unwrap();
        // It may open, since what is damaged may not be looked at yet; then each step fails.
        let error = match SqliteLedger::open(&path) {
            Err(error) => error,
            Ok(ledger) => {
                let problems = ledger.inspect().map(|inspection| inspection.problems);
                assert!(!matches!(&problems, Ok(none) if none.is_empty()), "{name}: nothing found");
                ledger.hold(&new_hold("a", usd("0.1"))).expect_err(name)
            }
        };
        assert!(matches!(error, Error::Damaged { .. } | Error::Unfit { .. }), "{name}: {error:?}");
    }
    fs::write(&path, &whole).unwrap();
    assert!(SqliteLedger::open(&path).unwrap().hold(&new_hold("a", usd("0.5"))).is_ok());
}

#[test]
fn a_log_without_its_file_is_not_thrown_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    fs::write(folder.path().join("ledger.db-wal"), "the last writes").unwrap();
    assert_unfit(&refused(&path), "may hold its last writes");
    assert!(!path.exists());
}

#[test]
fn the_journal_and_the_holds_can_only_grow() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    ledger_at(&path);
    let connection = Connection::open(&path).unwrap();
    for sql in [
        "DELETE FROM journal",
        "UPDATE journal SET amount = 0",
        "INSERT OR REPLACE INTO journal (number, at, event, scope, who) VALUES (1, 0, 'held', 'a', 'x')",
        "DELETE FROM hold",
        "UPDATE counter SET held = -1",
        "UPDATE hold SET ceiling = 'free'",
    ] {
        assert!(connection.execute(sql, []).is_err(), "{sql}");
    }
}

#[test]
fn a_log_that_a_reader_has_let_grow_shrinks_again() {
    const LIMIT: u64 = 64 << 20;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    ledger_at(&path);
    let ledger = SqliteLedger::open(&path).unwrap();
    let size = || fs::metadata(folder.path().join("ledger.db-wal")).unwrap().len();
    let large = || {
        let request = "x".repeat(imgcost_ledger::MAX_DETAILS);
        edited(new_hold("a", usd("0")), |new| {
            new.terms = request.clone();
            new.request = request;
        })
    };
    // The state that it looks at keeps the log from starting over.
    let what = imgcost_ledger::Filter::default().budgets();
    ledger
        .read(&what, &mut |_| {
            while size() <= LIMIT {
                ledger.hold(&large()).unwrap();
            }
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    for _ in 0..3 {
        ledger.hold(&new_hold("a", usd("0"))).unwrap();
    }
    assert!(size() <= LIMIT, "{} bytes", size());
}

#[cfg(unix)]
#[test]
fn its_files_are_their_owners_only() {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = SqliteLedger::open(&path).unwrap();
    ledger.set_budget(&Budget::new(scope("a"), Window::Total, Cap::Unlimited), "boss").unwrap();
    let mut names = vec![];
    for file in fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o600, "{:?}", file.path());
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["ledger.db", "ledger.db-shm", "ledger.db-wal", "ledger.db.lock", "ledger.db.next"]);
}

#[cfg(unix)]
#[test]
fn a_link_leads_to_the_same_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("ledger.db"), folder.path().join("link.db"));
    std::os::unix::fs::symlink("ledger.db", &link).unwrap();
    // The file that a link names is made where the link leads.
    let by_link = SqliteLedger::open(&link).unwrap();
    let by_path = SqliteLedger::open(&path).unwrap();
    assert_eq!(by_link.path(), by_path.path());
    by_link.set_budget(&Budget::new(scope("a"), Window::Total, Cap::Unlimited), "boss").unwrap();
    assert_eq!(by_path.status(None).unwrap().len(), 1);
}

#[test]
fn many_open_a_new_file_at_once() {
    (0..times()).for_each(|_| many_open_a_new_file());
}

fn many_open_a_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    std::thread::scope(|threads| {
        for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            let path = &path;
            threads.spawn(move || {
                let ledger = SqliteLedger::open(path).unwrap();
                let budget = Budget::new(scope(name), Window::Total, Cap::Unlimited);
                ledger.set_budget(&budget, "boss").unwrap();
            });
        }
    });
    assert_eq!(SqliteLedger::open(&path).unwrap().status(None).unwrap().len(), 8);
}
