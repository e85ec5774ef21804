//! Copies of a ledger that is in use.
#![cfg(all(feature = "sqlite", unix))]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use imgcost_ledger::{Filter, HoldId, Ledger, Record, SqliteLedger};

use crate::sqlite_faults::common::{assert_whole, begin, held, hold, hold_many, open};
use crate::support::times;

fn everything(ledger: &SqliteLedger) -> Vec<Record> {
    let mut records = Vec::new();
    let each = &mut |record| {
        records.push(record);
        std::ops::ControlFlow::Continue(())
    };
    ledger.read(&Filter::all(), each).unwrap();
    records
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_backup_is_a_ledger_with_all_that_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("ledger.db"), folder.path().join("copies/copy.db"));
    fs::create_dir(folder.path().join("copies")).unwrap();
    let ledger = begin(&path, 1000);
    let told = hold_many(&ledger, 20);
    ledger.release(&told[0], "not sent", "tester").unwrap();
    ledger.backup(&copy).unwrap();
    // One file, for its owner only.
    assert_eq!(names(copy.parent().unwrap()), ["copy.db"]);
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let before = everything(&ledger);
    // What comes after it is not in it, and the ledger goes on.
    hold(&ledger).unwrap();
    assert_eq!(everything(&open(&copy).unwrap()), before);
    assert_whole(&copy, &told);
    assert_eq!(held(&ledger).unwrap().len(), 21);
}

#[test]
fn a_backup_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = begin(&path, 100);
    let told = hold_many(&ledger, 2);
    let other = folder.path().join("other.txt");
    fs::write(&other, "mine").unwrap();
    std::os::unix::fs::symlink(&other, folder.path().join("link.db")).unwrap();
    for (name, left) in
        [("log.db", "log.db-wal"), ("journal.db", "journal.db-journal"), ("half.db", "half.db.part")]
    {
        fs::write(folder.path().join(left), "mine").unwrap();
        let error = ledger.backup(folder.path().join(name)).unwrap_err();
        assert_eq!(error.code(), "bad-input");
        assert!(error.to_string().contains(left), "{error}");
        assert_eq!(fs::read_to_string(folder.path().join(left)).unwrap(), "mine");
    }
    let before = names(folder.path());
    for name in ["ledger.db", "other.txt", "link.db"] {
        let error = ledger.backup(folder.path().join(name)).unwrap_err();
        assert_eq!(error.code(), "bad-input");
        assert!(error.to_string().contains("name a new file"), "{error}");
    }
    assert_eq!(names(folder.path()), before);
    assert_eq!(fs::read_to_string(&other).unwrap(), "mine");
    drop(ledger);
    assert_whole(&path, &told);
}

#[test]
fn a_backup_that_fails_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = begin(&path, 100);
    hold(&ledger).unwrap();
    let before = names(folder.path());
    let error = ledger.backup(folder.path().join("no/copy.db")).unwrap_err();
    assert!(error.to_string().contains("no folder"), "{error}");
    assert_eq!(ledger.backup(folder.path()).unwrap_err().code(), "ledger-unfit");
    assert_eq!(names(folder.path()), before);
    // A ledger that is gone is not copied as an empty one.
    fs::rename(&path, folder.path().join("away.db")).unwrap();
    assert_eq!(ledger.backup(folder.path().join("copy.db")).unwrap_err().code(), "ledger-unavailable");
    assert!(!folder.path().join("copy.db").exists());
}

/// Each copy is one state: its sums are those of its holds, and nothing that was told before the
/// copy began is missing.
#[test]
fn backups_while_others_hold_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = begin(&path, 100_000_000);
    let stop = AtomicBool::new(false);
    let copy = |number: u32| folder.path().join(format!("copy-{number}.db"));
    let told: Vec<_> = std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                while !stop.load(Ordering::SeqCst) {
                    hold(&ledger).unwrap();
                }
            });
        }
        let told = (0..8 * times()).map(|number| (hold(&ledger), ledger.backup(copy(number)))).collect();
        stop.store(true, Ordering::SeqCst);
        told
    });
    let mut before: Vec<HoldId> = Vec::new();
    for (number, (told, copied)) in (0..).zip(told) {
        before.push(told.unwrap());
        copied.unwrap();
        let copy = open(&copy(number)).unwrap();
        let found = held(&copy).unwrap();
        assert!(before.iter().all(|id| found.contains(id)));
        assert_eq!(copy.inspect().unwrap().problems, Vec::<String>::new());
        assert_eq!(imgcost_ledger::audit(&copy).unwrap().problems, Vec::<String>::new());
    }
}
