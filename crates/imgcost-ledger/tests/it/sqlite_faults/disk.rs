//! A disk that is full, and one that may not be written.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use imgcost_ledger::{HoldId, Ledger, SqliteLedger, audit};

use super::common::{CENT, assert_fails, assert_whole, begin, child, held, hold, hold_many, open, run, told};

/// Holds until the disk takes no more, which the error must say; gives back all that is held.
fn hold_until_refused(ledger: &SqliteLedger, word: &str) -> Vec<HoldId> {
    let mut told = held(ledger).unwrap();
    loop {
        match hold(ledger) {
            Ok(id) => told.push(id),
            response => break assert_fails(response, "ledger-unavailable", word),
        }
        assert!(told.len() < 5_000, "the disk never gets full");
    }
    // Asked again, it answers the same; reading goes on, and finds what was told and no more.
    assert_fails(hold(ledger), "ledger-unavailable", word);
    assert_fails(ledger.release(&told[0], "not sent", "tester"), "ledger-unavailable", word);
    assert_eq!(held(ledger).unwrap(), told);
    assert_eq!(ledger.status(None).unwrap()[0].sums.held.nano(), told.len() as u64 * CENT);
    told
}

/// In a process that may not make files larger than so much.
pub(crate) fn fills_the_disk(path: &Path) {
    for id in hold_until_refused(&open(path).unwrap(), "writing it failed") {
        println!("\ntold {id}");
    }
}

#[test]
fn a_file_that_may_not_grow_admits_no_hold_and_loses_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = begin(&path, 100_000);
    let before = hold_many(&ledger, 3);
    drop(ledger);
    // The signal would end the process; without it, writing fails instead.
    let said = run(child("fills-the-disk", &path, Some("trap '' XFSZ && ulimit -f 2048")));
    let told = told(&said);
    assert!(told.starts_with(&before) && told.len() > 10, "{said}");
    assert_whole(&path, &told);
}

/// On a disk of a megabyte or so that nobody else uses.
pub(crate) fn fills_a_small_disk(path: &Path) {
    let ledger = begin(path, 100_000);
    let filler = path.with_file_name("filler");
    hold_many(&ledger, 3);
    // As large as the disk lets it be.
    let room = fs::write(&filler, vec![0; 64 << 20]).unwrap_err();
    assert_eq!(room.kind(), std::io::ErrorKind::StorageFull);
    let mut told = hold_until_refused(&ledger, "disk full");
    assert_fails(open(&path.with_file_name("other.db")), "ledger-unavailable", "make room");
    // With room again, the same ledger goes on without being opened again.
    fs::remove_file(&filler).unwrap();
    told.push(hold(&ledger).unwrap());
    assert_eq!(audit(&ledger).unwrap().problems, Vec::<String>::new());
    drop(ledger);
    assert_whole(path, &told);
    println!("\nfilled");
}

#[test]
fn a_full_disk_admits_no_hold_and_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    // A disk in memory, seen by this one process alone; users other than root need a system
    // that lets them have name spaces of their own.
    let unshare = |arguments: &[&str]| {
        let script = "mount -t tmpfs -o size=1m none \"$0\"";
        let mut command = Command::new("unshare");
        command.args(arguments).args(["sh", "-c"]);
        (command, script)
    };
    let can = [&["-m"][..], &["-rm"][..]].into_iter().find(|arguments| {
        let (mut command, script) = unshare(arguments);
        command.arg(script).arg(folder.path()).output().is_ok_and(|output| output.status.success())
    });
    let Some(arguments) = can else {
        println!("skipped: no small disk can be mounted here");
        return;
    };
    let path = folder.path().join("ledger.db");
    let (mut command, script) = unshare(arguments);
    command.arg(format!("{script} && exec \"$@\"")).arg(folder.path());
    let inner = child("fills-a-small-disk", &path, None);
    command.arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        command.env(name, value.unwrap());
    }
    assert!(run(command).contains("filled"));
}

/// As a user who may read all and write nothing.
pub(crate) fn may_not_write(path: &Path) {
    let response = open(path).and_then(|ledger| hold(&ledger));
    assert_fails(response, "ledger-unavailable", "must be allowed to read and write the file and its folder");
    println!("\ndenied");
}

/// As a user who may read all and write nothing: looking works, and writing says why not.
pub(crate) fn may_only_read(path: &Path) {
    let ledger = SqliteLedger::options().open_to_read(path).unwrap();
    let found = held(&ledger).unwrap();
    assert_eq!(ledger.status(None).unwrap()[0].sums.held.nano(), found.len() as u64 * CENT);
    assert_eq!(ledger.inspect().unwrap().problems, Vec::<String>::new());
    assert_eq!(audit(&ledger).unwrap().problems, Vec::<String>::new());
    assert_fails(hold(&ledger), "ledger-unavailable", "open for reading only");
    for id in found {
        println!("\ntold {id}");
    }
    println!("\ndenied");
}

#[test]
fn who_may_read_sees_a_ledger_at_rest_and_one_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a ledger?#%.db");
    let ledger = begin(&path, 100);
    hold_many(&ledger, 3);
    let set = |rights: u32| {
        for file in fs::read_dir(folder.path()).unwrap() {
            fs::set_permissions(file.unwrap().path(), Permissions::from_mode(rights)).unwrap();
        }
    };
    set(0o644);
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    // With a log beside it, which others write to.
    run_as_nobody(&path, "may-only-read");
    hold_many(&ledger, 1);
    set(0o644);
    run_as_nobody(&path, "may-only-read");
    drop(ledger);
    // Without one, as on a disk that is mounted for reading.
    assert!(!folder.path().join("a ledger?#%.db-wal").exists());
    run_as_nobody(&path, "may-only-read");
    let names = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(names, 3, "the ledger and its locks; looking leaves nothing behind");
    // With the right to write it is a ledger that writes.
    let mine = SqliteLedger::options().open_to_read(&path).unwrap();
    hold(&mine).unwrap();
    assert_eq!(audit(&mine).unwrap().problems, Vec::<String>::new());
    let missing = SqliteLedger::options().open_to_read(folder.path().join("none.db"));
    assert_fails(missing, "ledger-unavailable", "no such file");
}

/// Root may write everything: the test then goes on as nobody.
fn run_as_nobody(path: &Path, role: &str) {
    let folder = path.parent().unwrap();
    let is_open = |folder: &Path| fs::metadata(folder).unwrap().permissions().mode() & 1 == 1;
    if is_root() && !folder.ancestors().skip(1).all(is_open) {
        println!("skipped: only root can reach {}", folder.display());
        return;
    }
    let inner = child(role, path, None);
    // Somewhere that nobody can reach it.
    let reachable = tempfile::tempdir().unwrap();
    fs::set_permissions(reachable.path(), Permissions::from_mode(0o755)).unwrap();
    let program = reachable.path().join("test");
    // By another process: a child that is forked meanwhile would hold a file that is open for
    // writing here, and what somebody may write can't be run.
    let copied = Command::new("cp").arg(inner.get_program()).arg(&program).status().unwrap();
    assert!(copied.success());
    let mut command = Command::new(&program);
    command.args(inner.get_args()).current_dir(folder);
    for (name, value) in inner.get_envs() {
        command.env(name, value.unwrap());
    }
    if is_root() {
        command.uid(65_534).gid(65_534);
    }
    assert!(run(command).contains("denied"));
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // A file that a process makes is its user's.
    tempfile::tempfile().unwrap().metadata().unwrap().uid() == 0
}

#[test]
fn who_may_not_write_file_or_folder_is_told_so_and_holds_nothing() {
    // The rights of the folder, and of the ledger with the files beside it.
    for (what, folder_rights, file_rights) in [
        ("all read-only", 0o555, 0o444),
        ("file read-only", 0o777, 0o444),
        ("folder read-only", 0o555, 0o666),
        ("file hidden", 0o777, 0o000),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let told = hold_many(&begin(&path, 100), 3);
        for file in fs::read_dir(folder.path()).unwrap() {
            fs::set_permissions(file.unwrap().path(), Permissions::from_mode(file_rights)).unwrap();
        }
        fs::set_permissions(folder.path(), Permissions::from_mode(folder_rights)).unwrap();
        println!("{what}");
        run_as_nobody(&path, "may-not-write");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
        for file in fs::read_dir(folder.path()).unwrap() {
            fs::set_permissions(file.unwrap().path(), Permissions::from_mode(0o600)).unwrap();
        }
        assert_whole(&path, &told);
    }
}

#[test]
fn no_ledger_is_made_in_a_folder_that_may_not_be_written() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o555)).unwrap();
    run_as_nobody(&folder.path().join("ledger.db"), "may-not-write");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
