//! The gate: a file beside the ledger whose lock lets one writer after another through.
//!
//! SQLite lets writers that find it busy sleep and try again, and some sleep for seconds while
//! others pass. Those who wait at the lock of a file are woken by the system instead. Whoever
//! has just passed would still be back before they are awake. So there is a second file, the
//! place of whoever is next, which is taken first and given up once the gate is passed; only
//! for a short while after that may a process go straight to the gate, since a commit of each
//! in turn would cost half the throughput. What is written stays safe without any of this:
//! `BEGIN IMMEDIATE` lets only one in.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::failure::Store;
use super::place::{self, Identity};
use crate::error::Error;

/// How long a process may go straight to the gate. With 16 that never pause, each waits for the
/// others about 0.3 s.
const TURN: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(super) struct Gate {
    next: Lock,
    gate: Lock,
    /// When this process was next.
    turn: Option<Instant>,
}

/// The lock, until it is dropped.
#[derive(Debug)]
pub(super) struct LockGuard<'g>(&'g Lock);

impl Drop for LockGuard<'_> {
    fn drop(&mut self) {
        self.0.unlock();
    }
}

impl Gate {
    /// The gate of a ledger file.
    pub(super) fn of(ledger: &Path, store: &Store) -> Result<Self, Error> {
        Ok(Gate {
            next: Lock::of(ledger, ".next", store)?,
            gate: Lock::of(ledger, ".lock", store)?,
            turn: None,
        })
    }

    /// The lock if it is free, and if nobody is next or this process still has its turn.
    pub(super) fn try_pass(&mut self, store: &Store) -> Result<Option<LockGuard<'_>>, Error> {
        let has_turn = self.turn.is_some_and(|turn| turn.elapsed() < TURN);
        if !has_turn {
            if !self.next.try_lock(store)? {
                return Ok(None);
            }
            self.turn = Some(Instant::now());
            self.next.unlock();
        }
        Ok(self.gate.try_lock(store)?.then_some(LockGuard(&self.gate)))
    }

    /// The lock, however long it takes.
    pub(super) fn pass(&mut self, store: &Store) -> Result<LockGuard<'_>, Error> {
        self.next.lock(store)?;
        let passed = self.gate.lock(store);
        self.turn = Some(Instant::now());
        self.next.unlock();
        passed.map(|()| LockGuard(&self.gate))
    }

    /// The lock before a moment; for what happens seldom, since it asks again and again.
    pub(super) fn pass_before(&mut self, deadline: Instant, store: &Store) -> Result<LockGuard<'_>, Error> {
        while !self.gate.try_lock(store)? {
            if Instant::now() >= deadline {
                return Err(store.locked());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(LockGuard(&self.gate))
    }
}

/// A file beside the ledger that is there to be locked.
#[derive(Debug)]
struct Lock {
    ledger: PathBuf,
    path: PathBuf,
    file: File,
    identity: Option<Identity>,
}

impl Lock {
    fn of(ledger: &Path, ending: &str, store: &Store) -> Result<Self, Error> {
        let path = place::beside(ledger, ending);
        let file = open(&path, ledger, store)?;
        let identity = Identity::of_file(&file).ok();
        Ok(Lock { ledger: ledger.to_owned(), path, file, identity })
    }

    fn lock(&mut self, store: &Store) -> Result<(), Error> {
        loop {
            // Looked at before, too: what nobody finds any more may be locked for ever.
            if self.stands() {
                again(|| self.file.lock()).map_err(|error| unlockable(&error, store))?;
                if self.stands() {
                    return Ok(());
                }
            }
            self.open_again(store)?;
        }
    }

    fn unlock(&self) {
        // Closing the file would free it too; there is nobody to tell.
        let _ = self.file.unlock();
    }

    fn try_lock(&mut self, store: &Store) -> Result<bool, Error> {
        let try_once = |file: &File| match file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        };
        loop {
            let is_locked = again(|| try_once(&self.file)).map_err(|error| unlockable(&error, store))?;
            if self.stands() {
                return Ok(is_locked);
            }
            self.open_again(store)?;
        }
    }

    /// Whether the file that is locked is still the one that others find: somebody may have
    /// deleted it, and a new one made.
    fn stands(&self) -> bool {
        self.identity.is_some() && Identity::of_path(&self.path).ok() == self.identity
    }

    fn open_again(&mut self, store: &Store) -> Result<(), Error> {
        self.file = open(&self.path, &self.ledger, store)?;
        self.identity = Identity::of_file(&self.file).ok();
        Ok(())
    }
}

fn open(path: &Path, ledger: &Path, store: &Store) -> Result<File, Error> {
    let opened = place::private().read(true).write(true).create(true).truncate(false).open(path);
    let file =
        opened.map_err(|error| store.system(&format!("can't open its gate {}", path.display()), &error))?;
    // Only its owner may, and the others can lock it as it is.
    let _ = share(&file, ledger);
    Ok(file)
}

/// Gives the gate to those whom the ledger file is open to, and to no others.
#[cfg(unix)]
fn share(gate: &File, ledger: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let wanted = 0o600 | (std::fs::metadata(ledger)?.permissions().mode() & 0o066);
    let mut rights = gate.metadata()?.permissions();
    if rights.mode() & 0o777 != wanted {
        rights.set_mode(wanted);
        gate.set_permissions(rights)?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn share(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}

/// A lock may be interrupted by a signal; that is no response.
fn again<T>(mut lock: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match lock() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

fn unlockable(error: &io::Error, store: &Store) -> Error {
    // ENOLCK has no kind of its own.
    if error.kind() == io::ErrorKind::Unsupported || error.raw_os_error() == Some(37) {
        return store.unfit(format!("files can't be locked where it is ({error}); put it on a local disk"));
    }
    store.system(&"can't lock its gate", error)
}
