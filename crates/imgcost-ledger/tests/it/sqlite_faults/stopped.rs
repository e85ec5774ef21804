//! A process that is stopped (`SIGSTOP`, `docker pause`, a debugger) while it has the writer lock, or
//! the turn after it.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use imgcost_ledger::SqliteLedger;

use super::common::{assert_fails, begin, child, held, hold, open};

const WAIT: Duration = Duration::from_millis(300);
/// No measure of speed: far below the 30 seconds that a step waits unless told otherwise.
const SLACK: Duration = Duration::from_secs(15);

/// Holds a cent after the other, until it is killed.
pub(crate) fn holds_without_end(path: &Path) {
    let ledger = SqliteLedger::options().wait(Duration::from_secs(3_600)).open(path).unwrap();
    loop {
        hold(&ledger).unwrap();
    }
}

/// A process that is killed when the test ends.
struct Writer(Child);

impl Writer {
    fn begin(path: &Path) -> Writer {
        Writer(child("holds-without-end", path, None).stdout(Stdio::null()).spawn().unwrap())
    }

    fn signal(&self, name: &str) {
        let done = Command::new("kill").args([name, &self.0.id().to_string()]).status().unwrap();
        assert!(done.success());
    }

    /// Whether it has a lock on a file, as the system's list of locks tells.
    fn has_locked(&self, path: &Path) -> bool {
        let inode = format!(":{}", std::fs::metadata(path).unwrap().ino());
        let locks = std::fs::read_to_string("/proc/locks").unwrap();
        locks.lines().any(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            // `1: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF`; those who wait have an arrow.
            matches!(words[..], [_, "FLOCK", _, "WRITE", process, file, ..]
                if process == self.0.id().to_string() && file.ends_with(&inode))
        })
    }

    /// Stops it at a moment at which it has a lock.
    fn stop_with(&self, path: &Path) {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            self.signal("-STOP");
            // The signal comes to all of its threads a moment later.
            std::thread::sleep(Duration::from_millis(5));
            if self.has_locked(path) {
                return;
            }
            self.signal("-CONT");
            assert!(Instant::now() < until, "it never had {}", path.display());
            std::thread::sleep(Duration::from_millis(3));
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    path.with_file_name(format!("ledger.db{ending}"))
}

/// Others deny at their limit, can read, and go on as soon as it does or is killed.
fn assert_others_wait_and_go_on(path: &Path, stopped: Writer) {
    let before = held(&open(path).unwrap()).unwrap();
    let impatient = SqliteLedger::options().wait(WAIT).open(path).unwrap();
    for _ in 0..2 {
        let begin = Instant::now();
        assert_fails(hold(&impatient), "ledger-unavailable", "locked");
        let took = begin.elapsed();
        assert!(took + Duration::from_millis(50) >= WAIT && took < WAIT + SLACK, "{took:?}");
    }
    // Reading does not wait for writers.
    assert!(held(&impatient).unwrap().len() >= before.len());
    // One that waits longer is admitted when the process goes on: a turn has an end.
    let patient = SqliteLedger::options().wait(Duration::from_secs(60)).open(path).unwrap();
    std::thread::scope(|threads| {
        let waits = threads.spawn(|| hold(&patient).unwrap());
        std::thread::sleep(Duration::from_millis(100));
        stopped.signal("-CONT");
        waits.join().unwrap();
    });
    // Killed while it is stopped, it frees its lock.
    stopped.stop_with(&beside(path, ".lock"));
    drop(stopped);
    hold(&patient).unwrap();
    drop((impatient, patient));
    let ledger = open(path).unwrap();
    assert_eq!(imgcost_ledger::audit(&ledger).unwrap().problems, Vec::<String>::new());
    assert!(held(&ledger).unwrap().len() > before.len());
}

#[test]
fn a_writer_that_is_stopped_holds_up_others_to_their_limit_and_no_longer_than_it_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    drop(begin(&path, 1_000_000_000));
    let writer = Writer::begin(&path);
    writer.stop_with(&beside(&path, ".lock"));
    assert_others_wait_and_go_on(&path, writer);
}

#[test]
fn a_process_that_is_stopped_while_it_has_the_next_turn_is_waited_for_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    drop(begin(&path, 1_000_000_000));
    let lock = File::options().write(true).open(beside(&path, ".lock")).unwrap();
    lock.lock().unwrap();
    let writer = Writer::begin(&path);
    writer.stop_with(&beside(&path, ".next"));
    lock.unlock().unwrap();
    assert_others_wait_and_go_on(&path, writer);
}
