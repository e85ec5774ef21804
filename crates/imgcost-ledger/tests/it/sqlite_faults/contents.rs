//! Files whose contents are not what they were, or never were a ledger.

use std::fs;
use std::path::Path;

use imgcost_ledger::{HoldId, Ledger, audit};

use super::common::{assert_fails, assert_whole, begin, held, hold, hold_many, open};

const PAGE: usize = 4096;

/// A ledger that was closed, with some dozens of pages.
fn closed(path: &Path) -> Vec<HoldId> {
    let ledger = begin(path, 10_000);
    let told = hold_many(&ledger, 80);
    for id in &told[..20] {
        ledger.settle(id, imgcost_ledger::NanoUsd::ZERO, Some("{}".to_owned()), "tester").unwrap();
    }
    told
}

/// Everything that tells a reader that something is wrong.
fn is_noticed(path: &Path) -> bool {
    let Ok(ledger) = open(path) else { return true };
    ledger.inspect().map_or(true, |inspection| !inspection.problems.is_empty())
        || audit(&ledger).map_or(true, |audit| audit.differences > 0)
}

#[test]
fn a_page_overwritten_is_noticed_and_never_adds_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let told = closed(&path);
    let whole = fs::read(&path).unwrap();
    let mut denied = 0;
    for page in 0..whole.len() / PAGE {
        let mut bytes = whole.clone();
        // A page begins with its kind and where its cells are; the first one with the file's.
        let at = page * PAGE + if page == 0 { 100 } else { 0 };
        bytes[at..at + 48].fill(0xa5);
        fs::write(&path, &bytes).unwrap();
        assert!(is_noticed(&path), "page {page}");
        let response = open(&path).and_then(|ledger| hold(&ledger));
        if let Err(error) = response {
            assert!(["ledger-damaged", "ledger-unfit"].contains(&error.code()), "page {page}: {error}");
            denied += 1;
        }
        for ending in ["-wal", "-shm"] {
            // Most were closed, and have none.
            let _ = fs::remove_file(format!("{}{ending}", path.display()));
        }
    }
    assert!(denied > 3, "{denied} of {} pages", whole.len() / PAGE);
    fs::write(&path, &whole).unwrap();
    assert_whole(&path, &told);
}

#[test]
fn counters_that_are_not_the_sums_of_their_holds_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let told = closed(&path);
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute("UPDATE counter SET held = 0, open = 0 WHERE scope = 'team'", []).unwrap();
    let ledger = open(&path).unwrap();
    assert!(audit(&ledger).unwrap().problems[0].contains("team"));
    // What would make a sum negative is not done.
    assert_fails(ledger.release(&told[30], "not sent", "tester"), "ledger-damaged", "less than its hold");
    assert_eq!(ledger.find(&told[30]).unwrap().unwrap().state, imgcost_ledger::State::Held);
}

#[test]
fn a_file_cut_off_takes_no_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let told = closed(&path);
    let whole = fs::read(&path).unwrap();
    for length in [1, 60, 99, 100, 512, PAGE, whole.len() / 2, whole.len() - PAGE] {
        fs::write(&path, &whole[..length]).unwrap();
        let response = open(&path).and_then(|ledger| hold(&ledger));
        let Err(error) = response else { panic!("{length} of {} bytes take holds", whole.len()) };
        assert!(["ledger-damaged", "ledger-unfit"].contains(&error.code()), "{length} bytes: {error}");
    }
    fs::write(&path, &whole).unwrap();
    assert_whole(&path, &told);
}

#[test]
fn an_empty_file_is_not_taken_for_a_new_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    fs::write(&path, "").unwrap();
    assert_fails(open(&path), "ledger-unfit", "empty");
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
}

#[test]
fn a_text_is_no_ledger_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    for text in ["a short note\n".to_owned(), "a longer note\n".repeat(1_000)] {
        fs::write(&path, &text).unwrap();
        assert_fails(open(&path), "ledger-unfit", "not a SQLite file");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn another_applications_file_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    for (name, id) in [("plain.db", 0), ("other.db", 0x4711)] {
        let path = folder.path().join(name);
        let other = rusqlite::Connection::open(&path).unwrap();
        other.execute_batch(&format!("PRAGMA application_id = {id}; CREATE TABLE hold (a)")).unwrap();
        drop(other);
        let before = fs::read(&path).unwrap();
        assert_fails(open(&path), "ledger-unfit", "another application");
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[test]
fn a_ledger_of_a_newer_version_is_left_to_the_newer_program() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let told = hold_many(&begin(&path, 100), 2);
    let set = |version: i64| {
        let other = rusqlite::Connection::open(&path).unwrap();
        other.pragma_update(None, "user_version", version).unwrap();
    };
    let other = rusqlite::Connection::open(&path).unwrap();
    let version: i64 = other.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    drop(other);
    set(version + 1);
    assert_fails(open(&path), "ledger-unfit", "newer");
    set(version);
    assert_whole(&path, &told);
}

#[test]
fn a_ledger_that_a_newer_program_changes_while_it_is_open_responses_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = begin(&path, 100);
    let mut told = hold_many(&ledger, 2);
    assert_eq!(ledger.status(None).unwrap().len(), 1);
    let other = rusqlite::Connection::open(&path).unwrap();
    let version: i64 = other.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    other.pragma_update(None, "user_version", version + 1).unwrap();
    assert_fails(hold(&ledger), "ledger-unfit", "newer");
    assert_fails(ledger.release(&told[0], "not sent", "tester"), "ledger-unfit", "newer");
    assert_fails(ledger.status(None), "ledger-unfit", "newer");
    assert_fails(ledger.find(&told[0]), "ledger-unfit", "newer");
    other.pragma_update(None, "user_version", version).unwrap();
    drop(other);
    told.push(hold(&ledger).unwrap());
    drop(ledger);
    assert_whole(&path, &told);
}

#[test]
fn a_journal_without_its_entries_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    for (sql, word) in [
        ("DELETE FROM journal", "held: 60; by the entries of the journal: 0"),
        ("DELETE FROM journal WHERE event = 'settled'", "held: 60; by the entries of the journal: 80"),
        ("DELETE FROM journal WHERE number = 30", "held: 60; by the entries of the journal: 59"),
    ] {
        for ending in ["", "-wal", "-shm"] {
            // Nothing is there the first time, and beside a closed file never.
            let _ = fs::remove_file(format!("{}{ending}", path.display()));
        }
        closed(&path);
        let other = rusqlite::Connection::open(&path).unwrap();
        other.execute_batch(&format!("DROP TRIGGER journal_keeps_entries; {sql}")).unwrap();
        drop(other);
        let ledger = open(&path).unwrap();
        assert_eq!(
            ledger.inspect().unwrap().problems,
            ["the trigger journal_keeps_entries is gone, which protects what was written"]
        );
        let problems = audit(&ledger).unwrap().problems;
        assert!(problems[0].contains(word), "{problems:?}");
    }
}

/// SQLite's quick check passes it.
#[test]
fn an_index_without_its_rows_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    closed(&path);
    let other = rusqlite::Connection::open(&path).unwrap();
    other
        .execute_batch(
            "PRAGMA writable_schema = ON; \
             UPDATE sqlite_schema SET sql = replace(sql, '''held''', '''settled''') WHERE name = 'hold_open';",
        )
        .unwrap();
    drop(other);
    let problems = open(&path).unwrap().inspect().unwrap().problems;
    assert!(problems.iter().any(|problem| problem.contains("hold_open")), "{problems:?}");
}

/// A ledger as a killed process leaves it: with a log that is not in the file yet.
fn with_log(folder: &Path) -> (std::path::PathBuf, std::path::PathBuf, Vec<HoldId>) {
    let (path, copy) = (folder.join("ledger.db"), folder.join("copy.db"));
    let ledger = begin(&path, 10_000);
    let told = hold_many(&ledger, 30);
    let log = folder.join("copy.db-wal");
    fs::copy(&path, &copy).unwrap();
    fs::copy(folder.join("ledger.db-wal"), &log).unwrap();
    (copy, log, told)
}

#[test]
fn garbage_behind_the_log_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let (path, log, told) = with_log(folder.path());
    let mut bytes = fs::read(&log).unwrap();
    bytes.extend([0xa5; 3 * PAGE + 17]);
    fs::write(&log, &bytes).unwrap();
    assert_whole(&path, &told);
}

#[test]
fn a_log_without_a_sound_line_adds_nothing_to_a_closed_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let told = closed(&path);
    fs::write(folder.path().join("ledger.db-wal"), [0xa5; 5 * PAGE]).unwrap();
    fs::write(folder.path().join("ledger.db-shm"), [0xa5; 32_768]).unwrap();
    assert_whole(&path, &told);
}

/// SQLite takes a frame with a wrong check sum for the end of the log, as after a power
/// failure. What is behind it is gone, and what is left is one earlier state.
#[test]
fn a_log_with_a_hole_ends_before_it_and_the_books_balance() {
    let folder = tempfile::tempdir().unwrap();
    let (path, log, told) = with_log(folder.path());
    let mut bytes = fs::read(&log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0xa5);
    fs::write(&log, &bytes).unwrap();
    let found = held(&open(&path).unwrap()).unwrap();
    assert!(!found.is_empty() && found.len() < told.len());
    assert_whole(&path, &told[..found.len()]);
}
