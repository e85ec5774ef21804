//! The lock that lets one writer after another write to the ledger.
//!
//! SQLite makes writers that find it busy sleep and try again, and some sleep for seconds while
//! others get in. Writers that wait for a file lock are woken by the system instead, so a file
//! beside the ledger (`.lock`) is locked for each transaction. A process that has just unlocked
//! it would still be back before those waiting are awake. So a second file (`.next`) reserves
//! the next turn: it is locked first, and unlocked once the writer lock is taken. For a short
//! time after that a process may take the writer lock directly, since changing turns after
//! every commit would halve the throughput. All this is only for fairness: `BEGIN IMMEDIATE`
//! keeps two writers apart without it.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::failure::StoreName;
use super::ledger_file::{self, Identity};
use crate::error::Error;

/// How long a process may take the lock without reserving a turn. With 16 processes that never
/// pause, each waits for the others about 0.3 s.
const TURN: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(super) struct WriterLock {
    next: LockFile,
    lock: LockFile,
    /// When this process last began a turn.
    turn: Option<Instant>,
}

/// The writer lock, held until this is dropped.
#[derive(Debug)]
pub(super) struct LockGuard<'l>(&'l LockFile);

impl Drop for LockGuard<'_> {
    fn drop(&mut self) {
        self.0.unlock();
    }
}

impl WriterLock {
    /// The lock of a ledger file.
    pub(super) fn open(ledger: &Path, store: &StoreName) -> Result<Self, Error> {
        Ok(WriterLock {
            next: LockFile::open(ledger, ".next", store)?,
            lock: LockFile::open(ledger, ".lock", store)?,
            turn: None,
        })
    }

    /// Takes the lock if it is free and no other process has reserved the next turn, or if this
    /// process is still within its own.
    pub(super) fn try_lock(&mut self, store: &StoreName) -> Result<Option<LockGuard<'_>>, Error> {
        let has_turn = self.turn.is_some_and(|turn| turn.elapsed() < TURN);
        if !has_turn {
            if !self.next.try_lock(store)? {
                return Ok(None);
            }
            self.turn = Some(Instant::now());
            self.next.unlock();
        }
        Ok(self.lock.try_lock(store)?.then_some(LockGuard(&self.lock)))
    }

    /// Takes the lock, however long that takes.
    pub(super) fn lock(&mut self, store: &StoreName) -> Result<LockGuard<'_>, Error> {
        self.next.lock(store)?;
        let locked = self.lock.lock(store);
        self.turn = Some(Instant::now());
        self.next.unlock();
        locked.map(|()| LockGuard(&self.lock))
    }

    /// Takes the lock before a deadline. It polls, so it is for rare occasions only.
    pub(super) fn lock_before(
        &mut self,
        deadline: Instant,
        store: &StoreName,
    ) -> Result<LockGuard<'_>, Error> {
        while !self.lock.try_lock(store)? {
            if Instant::now() >= deadline {
                return Err(store.locked());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(LockGuard(&self.lock))
    }
}

/// A file beside the ledger that exists only to be locked.
#[derive(Debug)]
struct LockFile {
    ledger: PathBuf,
    path: PathBuf,
    file: File,
    identity: Option<Identity>,
}

impl LockFile {
    fn open(ledger: &Path, ending: &str, store: &StoreName) -> Result<Self, Error> {
        let path = ledger_file::beside(ledger, ending);
        let file = open_file(&path, ledger, store)?;
        let identity = Identity::of_file(&file).ok();
        Ok(LockFile { ledger: ledger.to_owned(), path, file, identity })
    }

    fn lock(&mut self, store: &StoreName) -> Result<(), Error> {
        loop {
            // Checked before locking too: a file that was deleted may stay locked forever.
            if self.is_current() {
                uninterrupted(|| self.file.lock()).map_err(|error| unlockable(&error, store))?;
                if self.is_current() {
                    return Ok(());
                }
            }
            self.reopen(store)?;
        }
    }

    fn unlock(&self) {
        // Closing the file would unlock it too, and nobody could handle the error.
        let _ = self.file.unlock();
    }

    fn try_lock(&mut self, store: &StoreName) -> Result<bool, Error> {
        let try_once = |file: &File| match file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        };
        loop {
            let is_locked =
                uninterrupted(|| try_once(&self.file)).map_err(|error| unlockable(&error, store))?;
            if self.is_current() {
                return Ok(is_locked);
            }
            self.reopen(store)?;
        }
    }

    /// Whether the open file is still the one at its path: it may have been deleted and created
    /// again.
    fn is_current(&self) -> bool {
        self.identity.is_some() && Identity::of_path(&self.path).ok() == self.identity
    }

    fn reopen(&mut self, store: &StoreName) -> Result<(), Error> {
        self.file = open_file(&self.path, &self.ledger, store)?;
        self.identity = Identity::of_file(&self.file).ok();
        Ok(())
    }
}

fn open_file(path: &Path, ledger: &Path, store: &StoreName) -> Result<File, Error> {
    let opened = ledger_file::private().read(true).write(true).create(true).truncate(false).open(path);
    let file = opened
        .map_err(|error| store.system(&format!("can't open its lock file {}", path.display()), &error))?;
    // Only the owner may do this, and others can lock the file as it is.
    let _ = share(&file, ledger);
    Ok(file)
}

/// Gives the lock file the access rights of the ledger file.
#[cfg(unix)]
fn share(lock: &File, ledger: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let wanted = 0o600 | (std::fs::metadata(ledger)?.permissions().mode() & 0o066);
    let mut rights = lock.metadata()?.permissions();
    if rights.mode() & 0o777 != wanted {
        rights.set_mode(wanted);
        lock.set_permissions(rights)?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn share(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Repeats a call that a signal interrupted.
fn uninterrupted<T>(mut lock: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match lock() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

fn unlockable(error: &io::Error, store: &StoreName) -> Error {
    // ENOLCK has no kind of its own.
    if error.kind() == io::ErrorKind::Unsupported || error.raw_os_error() == Some(37) {
        return store.unfit(format!("files can't be locked there ({error}); put it on a local disk"));
    }
    store.system(&"can't lock its lock file", error)
}
