//! The program that keeps the ledger reads its files by other means: a backup, a checksum.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use imgcost_ledger::HoldId;

use super::common::{assert_whole, begin, hold, open};
use crate::support::times;

/// Opens a database, reads it and closes it again, so many times; prints how often it could.
const PYTHON: &str = r#"
import sqlite3, sys
path, rounds = sys.argv[1], int(sys.argv[2])
done = 0
for _ in range(rounds):
    try:
        connection = sqlite3.connect(path, timeout=0.5)
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.close()
        done += 1
    except sqlite3.Error as error:
        print(error, file=sys.stderr)
print(done)
"#;

/// Another program, with a SQLite of its own.
fn other_program(path: &Path, rounds: u32) -> std::io::Result<Child> {
    let mut command = Command::new("python3");
    command.args(["-c", PYTHON]).arg(path).arg(rounds.to_string());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

/// How many of its rounds it got through.
fn rounds_of(program: Child) -> u32 {
    let output = program.wait_with_output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().parse().unwrap_or(0)
}

fn files_of(path: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|ending| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    })
}

/// Whether there is another program here whose SQLite deletes the log of a plain database whose
/// file was read by the process that has it open: without one there is nothing to show.
fn one_deletes_logs() -> bool {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plain.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1)").unwrap();
    let [_, log, _] = files_of(&path);
    assert!(log.exists());
    drop(std::fs::read(&path).unwrap());
    match other_program(&path, 1) {
        Ok(program) => rounds_of(program) == 1 && !log.exists(),
        Err(_) => false,
    }
}

/// Two threads hold while a third reads files of the ledger and another program comes and goes.
fn holds_survive(files: impl Fn(&Path) -> Vec<PathBuf> + Sync, rounds: u32) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = begin(&path, 100_000_000);
    let program = other_program(&path, rounds).unwrap();
    let done = AtomicBool::new(false);
    let (mut told, came) = std::thread::scope(|threads| {
        let steady = || {
            let mut told: Vec<HoldId> = Vec::new();
            while !done.load(Ordering::SeqCst) {
                told.push(hold(&ledger).unwrap());
            }
            told
        };
        let holders = [threads.spawn(steady), threads.spawn(steady)];
        let reads = threads.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                for file in files(&path) {
                    // The log may not be there yet.
                    drop(std::fs::read(file));
                }
            }
        });
        let came = rounds_of(program);
        done.store(true, Ordering::SeqCst);
        reads.join().unwrap();
        (holders.map(|holder| holder.join().unwrap()).concat(), came)
    });
    assert!(came > 0 && !told.is_empty(), "{came} rounds, {} holds", told.len());
    drop(ledger);
    let ledger = open(&path).unwrap();
    let mut found = super::common::held(&ledger).unwrap();
    drop(ledger);
    told.sort();
    found.sort();
    assert_eq!(found.len(), told.len());
    assert_eq!(found, told);
}

#[test]
fn reading_the_file_inside_the_program_loses_no_hold_to_an_older_sqlite() {
    if !one_deletes_logs() {
        println!("skipped: no python3 with a SQLite that deletes the log of others");
        return;
    }
    holds_survive(|path| vec![path.to_owned()], 150 * times());
}

#[test]
fn reading_all_its_files_inside_the_program_loses_no_hold_to_an_older_sqlite() {
    if !one_deletes_logs() {
        println!("skipped: no python3 with a SQLite that deletes the log of others");
        return;
    }
    holds_survive(|path| files_of(path).to_vec(), 150 * times());
}

#[test]
fn a_ledger_stays_safe_when_another_of_its_program_is_closed() {
    if !one_deletes_logs() {
        println!("skipped: no python3 with a SQLite that deletes the log of others");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let (first, second) = (begin(&path, 100), open(&path).unwrap());
    let mut told = vec![hold(&first).unwrap()];
    drop(first);
    for file in files_of(&path) {
        drop(std::fs::read(file).unwrap());
    }
    assert_eq!(rounds_of(other_program(&path, 3).unwrap()), 3);
    told.push(hold(&second).unwrap());
    drop(second);
    assert_whole(&path, &told);
}

/// What was locked is free again when the ledger is closed: SQLite clears up behind itself.
#[test]
fn a_closed_ledger_leaves_no_log_and_no_lock_behind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut told = Vec::new();
    drop(begin(&path, 100));
    for _ in 0..3 {
        let (first, second) = (open(&path).unwrap(), open(&path).unwrap());
        told.push(hold(&first).unwrap());
        drop(first);
        told.push(hold(&second).unwrap());
        let [_, log, memory] = files_of(&path);
        assert!(log.exists() && memory.exists());
        drop(second);
        assert!(!log.exists() && !memory.exists());
    }
    // Whoever wants it for itself can have it, in this process or another.
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT").unwrap();
    drop(other);
    assert_whole(&path, &told);
}
