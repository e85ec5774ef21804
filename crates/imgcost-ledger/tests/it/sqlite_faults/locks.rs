//! Locks that others keep, and a lock file that is deleted.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use imgcost_ledger::{Ledger, SqliteLedger};

use super::common::{assert_fails, assert_whole, begin, child, held, hold, hold_many, open, told};

const WAIT: Duration = Duration::from_millis(300);
/// Not a measure of speed: far below the 30 seconds that it waits unless told otherwise.
const SLACK: Duration = Duration::from_secs(15);

/// It gives up at its limit, and not before.
#[track_caller]
fn assert_locked<T>(step: impl FnOnce() -> Result<T, imgcost_ledger::Error>) {
    let begin = Instant::now();
    assert_fails(step(), "ledger-unavailable", "locked");
    let took = begin.elapsed();
    // A wait may end within the last tick of its limit.
    assert!(took + Duration::from_millis(50) >= WAIT && took < WAIT + SLACK, "{took:?}");
}

fn impatient(path: &Path) -> SqliteLedger {
    SqliteLedger::options().wait(WAIT).open(path).unwrap()
}

#[test]
fn a_writer_lock_that_another_keeps_is_not_waited_for_beyond_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut told = hold_many(&begin(&path, 100), 2);
    let ledger = impatient(&path);
    let lock_file = File::options().write(true).open(folder.path().join("ledger.db.lock")).unwrap();
    lock_file.lock().unwrap();
    assert_locked(|| hold(&ledger));
    assert_locked(|| ledger.release(&told[0], "not sent", "tester"));
    // Reading does not wait for writers.
    assert_eq!(held(&ledger).unwrap(), told);
    lock_file.unlock().unwrap();
    told.push(hold(&ledger).unwrap());
    drop(ledger);
    assert_whole(&path, &told);
}

#[test]
fn a_file_that_another_program_keeps_locked_is_not_waited_for_beyond_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut told = hold_many(&begin(&path, 100), 2);
    let ledger = impatient(&path);
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_locked(|| hold(&ledger));
    assert_locked(|| ledger.presume(&told[0], "timeout", "tester"));
    assert_eq!(held(&ledger).unwrap(), told);
    other.execute_batch("ROLLBACK").unwrap();
    told.push(hold(&ledger).unwrap());
    drop((ledger, other));
    assert_whole(&path, &told);
}

#[test]
fn a_file_that_another_program_has_for_itself_can_neither_be_opened_nor_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let told = hold_many(&begin(&path, 100), 2);
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT").unwrap();
    let begin = Instant::now();
    let response = SqliteLedger::options().wait(WAIT).open(&path).and_then(|ledger| hold(&ledger));
    assert_fails(response, "ledger-unavailable", "locked");
    assert!(begin.elapsed() < WAIT + SLACK);
    drop(other);
    assert_whole(&path, &told);
}

#[test]
fn a_ledger_that_another_is_making_is_not_waited_for_beyond_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let lock_file = File::create(folder.path().join("ledger.db.lock")).unwrap();
    lock_file.lock().unwrap();
    assert_locked(|| SqliteLedger::options().wait(WAIT).open(&path));
    assert!(!path.exists());
    lock_file.unlock().unwrap();
    begin(&path, 100);
    assert_whole(&path, &[]);
}

#[test]
fn waiting_for_others_leaves_no_log_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = begin(&path, 100);
    let lock_file = File::options().write(true).open(folder.path().join("ledger.db.lock")).unwrap();
    for _ in 0..5 {
        lock_file.lock().unwrap();
        std::thread::scope(|threads| {
            let waits = threads.spawn(|| hold(&ledger).unwrap());
            std::thread::sleep(Duration::from_millis(20));
            lock_file.unlock().unwrap();
            waits.join().unwrap();
        });
    }
    drop(ledger);
    assert!(!folder.path().join("ledger.db-wal").exists());
}

#[test]
fn the_writer_lock_has_the_permissions_of_the_ledger() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (path, lock_file) = (folder.path().join("ledger.db"), folder.path().join("ledger.db.lock"));
    let rights = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    drop(begin(&path, 100));
    assert_eq!(rights(&lock_file), 0o600);
    for mode in [0o660, 0o600, 0o666] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        drop(open(&path).unwrap());
        assert_eq!(rights(&lock_file), mode);
        std::fs::remove_file(&lock_file).unwrap();
        drop(open(&path).unwrap());
        assert_eq!(rights(&lock_file), mode);
    }
}

/// One of several processes that want more than there is.
pub(crate) fn holds_a_hundred(path: &Path) {
    let ledger = open(path).unwrap();
    for _ in 0..100 {
        match hold(&ledger) {
            Ok(id) => println!("\ntold {id}"),
            Err(error) => assert_eq!(error.code(), "over-budget", "{error}"),
        }
    }
}

#[test]
fn deleting_the_writer_lock_while_processes_write_breaks_no_cap() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    drop(begin(&path, 150));
    let start = || child("holds-a-hundred", &path, None).stdout(Stdio::piped()).spawn().unwrap();
    let mut children: Vec<_> = (0..3).map(|_| start()).collect();
    let mut deleted = 0;
    while children.iter_mut().any(|child| child.try_wait().unwrap().is_none()) {
        // It may still be gone: then no process has asked since.
        deleted += u32::from(std::fs::remove_file(folder.path().join("ledger.db.lock")).is_ok());
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(deleted > 0);
    let mut all = Vec::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        all.extend(told(&String::from_utf8_lossy(&output.stdout)));
    }
    assert_eq!(all.len(), 150);
    let ledger = open(&path).unwrap();
    let mut found = held(&ledger).unwrap();
    all.sort();
    found.sort();
    assert_eq!(found, all);
    assert_eq!(imgcost_ledger::audit(&ledger).unwrap().problems, Vec::<String>::new());
    assert_eq!(hold(&ledger).unwrap_err().code(), "over-budget");
}
