//! Files and folders that are gone, or are others than they were.

use std::fs;

use std::path::Path;
use std::process::Command;

use imgcost_ledger::{Clock, Ledger, SqliteLedger, Timestamp};

use super::common::{assert_fails, assert_whole, begin, child, held, hold, hold_many, open, run};

#[test]
fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert_fails(open(&folder.path().join("no/ledger.db")), "ledger-unavailable", "no folder");
    assert!(!folder.path().join("no").exists());
}

#[test]
fn a_folder_is_no_ledger() {
    let folder = tempfile::tempdir().unwrap();
    assert_fails(open(folder.path()), "ledger-unfit", "not a file");
}

#[test]
fn a_missing_file_is_not_made_where_it_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let response = SqliteLedger::options().create(false).open(&path);
    assert_fails(response, "ledger-unavailable", "no such file");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_file_moved_away_while_open_responses_nothing_until_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let (path, away) = (folder.path().join("ledger.db"), folder.path().join("away.db"));
    let ledger = begin(&path, 100);
    let mut told = hold_many(&ledger, 3);
    fs::rename(&path, &away).unwrap();
    assert_fails(hold(&ledger), "ledger-unavailable", "gone");
    assert_fails(ledger.status(None), "ledger-unavailable", "gone");
    assert_fails(ledger.release(&told[0], "not sent", "tester"), "ledger-unavailable", "gone");
    // Its log is still here, with writes that a new file would be without.
    assert_fails(open(&path), "ledger-unfit", "bring the file back");
    fs::rename(&away, &path).unwrap();
    told.push(hold(&ledger).unwrap());
    drop(ledger);
    assert_whole(&path, &told);
}

/// It is in the file, wherever that is now: to say that it was not done would be wrong.
#[test]
fn a_file_moved_away_in_the_middle_of_a_step_leaves_open_whether_it_was_done() {
    let folder = tempfile::tempdir().unwrap();
    let (path, away) = (folder.path().join("ledger.db"), folder.path().join("away.db"));
    let mut told = hold_many(&begin(&path, 100), 1);
    // The clock is asked inside the transaction.
    let (from, to) = (path.clone(), away.clone());
    let clock = Clock::of(move || {
        // Moved once, it is not there the next time.
        let _ = fs::rename(&from, &to);
        Timestamp::now()
    });
    let ledger = SqliteLedger::options().clock(clock).open(&path).unwrap();
    assert_fails(hold(&ledger), "ledger-unknown", "gone");
    fs::rename(&away, &path).unwrap();
    drop(ledger);
    let found = held(&open(&path).unwrap()).unwrap();
    assert_eq!(found.len(), 2);
    told.push(found[1].clone());
    assert_whole(&path, &told);
}

#[test]
fn a_file_replaced_while_open_gets_nothing_that_was_meant_for_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("ledger.db"), folder.path().join("other.db"));
    let of_other = hold_many(&begin(&other, 100), 1);
    let ledger = begin(&path, 100);
    let told = hold_many(&ledger, 3);
    for ending in ["", "-wal", "-shm"] {
        let name = |path: &std::path::Path| format!("{}{ending}", path.display());
        // The other one was closed, and has no files beside it.
        let _ = fs::rename(name(&path), format!("{}.kept{ending}", path.display()));
        let _ = fs::rename(name(&other), name(&path));
    }
    assert_fails(hold(&ledger), "ledger-unavailable", "replaced");
    assert_fails(ledger.inspect(), "ledger-unavailable", "replaced");
    assert_whole(&path, &of_other);
    drop(ledger);
    assert_whole(&folder.path().join("ledger.db.kept"), &told);
}

#[test]
fn a_deleted_file_takes_no_holds_and_is_not_recreated_while_its_log_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = begin(&path, 100);
    hold_many(&ledger, 3);
    fs::remove_file(&path).unwrap();
    assert_fails(hold(&ledger), "ledger-unavailable", "gone");
    assert_fails(open(&path), "ledger-unfit", "still there");
}

/// Without its log or shared memory, what this process writes is nowhere, or over what others
/// write.
#[test]
fn a_log_deleted_while_open_ends_all_holds_and_loses_none_of_those_told() {
    for deleted in [&["-wal"][..], &["-shm"], &["-wal", "-shm"]] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let ledger = begin(&path, 100);
        let told = hold_many(&ledger, 3);
        for ending in deleted {
            fs::remove_file(folder.path().join(format!("ledger.db{ending}"))).unwrap();
        }
        assert_fails(hold(&ledger), "ledger-unavailable", "was deleted");
        assert_fails(ledger.release(&told[0], "not sent", "tester"), "ledger-unavailable", "was deleted");
        assert_fails(ledger.status(None), "ledger-unavailable", "was deleted");
        // Closed, it moves what it still has of the log into the file.
        drop(ledger);
        assert_whole(&path, &told);
    }
}

/// Log and lock go by the file's name: two names would be two ledgers with one budget.
#[test]
fn a_file_with_two_names_takes_no_holds_under_either() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("ledger.db"), folder.path().join("other.db"));
    let ledger = begin(&path, 100);
    let told = hold_many(&ledger, 3);
    fs::hard_link(&path, &other).unwrap();
    assert_fails(open(&other), "ledger-unfit", "mount the folder, never the file alone");
    assert!(!folder.path().join("other.db.lock").exists(), "something was made beside it");
    assert_fails(open(&path), "ledger-unfit", "2 names");
    assert_fails(hold(&ledger), "ledger-unfit", "2 names");
    assert_fails(ledger.status(None), "ledger-unfit", "2 names");
    fs::remove_file(&other).unwrap();
    drop(ledger);
    assert_whole(&path, &told);
}

/// Where this file alone is mounted from another folder.
pub(crate) fn opens_a_mounted_file(path: &Path) {
    assert_fails(open(path), "ledger-unfit", "mount the folder, never the file alone");
    println!("\nrefused");
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_is_mounted_without_its_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mounted) = (folder.path().join("ledger.db"), folder.path().join("mounted/ledger.db"));
    let told = hold_many(&begin(&path, 100), 3);
    fs::create_dir(folder.path().join("mounted")).unwrap();
    fs::write(&mounted, "").unwrap();
    // Seen by this one process alone; users other than root need a system that lets them have
    // name spaces of their own.
    let unshare = |arguments: &[&str], then: &str| {
        let mut command = Command::new("unshare");
        command.args(arguments).args(["sh", "-c"]);
        command.arg(format!("mount --bind \"$0\" \"$1\" && {then}")).arg(&path).arg(&mounted);
        command
    };
    let can = [&["-m"][..], &["-rm"][..]]
        .into_iter()
        .find(|arguments| unshare(arguments, "true").output().is_ok_and(|output| output.status.success()));
    let Some(arguments) = can else {
        println!("skipped: nothing can be mounted here");
        return;
    };
    let mut command = unshare(arguments, "shift && exec \"$@\"");
    let inner = child("opens-a-mounted-file", &mounted, None);
    command.arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        command.env(name, value.unwrap());
    }
    assert!(run(command).contains("refused"));
    assert!(!folder.path().join("mounted/ledger.db.lock").exists(), "something was made beside it");
    assert_whole(&path, &told);
}
