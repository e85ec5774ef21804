//! The store in one file, for any number of processes and threads of one machine.
//!
//! A write-ahead log, flushed at every commit; one writer at a time behind a gate that keeps
//! the turns fair; callers of one process share transactions. Readers never wait for writers.

mod anchor;
mod backup;
mod batch;
mod columns;
mod connection;
mod failure;
mod filesystem;
mod gate;
mod inspect;
mod options;
mod place;
mod reader;
mod schema;
mod ticket;
mod writer;

use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use crate::budget::{Budget, Status};
use crate::clock::Clock;
use crate::engine;
use crate::error::Error;
use crate::hold::{Change, Changed, Held, Hold, HoldId, NewHold};
use crate::ledger::{Filter, Inspection, Ledger, Record};
use crate::scope::Scope;
use crate::window::Window;

use anchor::Anchor;
pub use options::SqliteOptions;
use reader::Readers;
use writer::Writer;

/// A ledger in a SQLite file, for any number of processes and threads of one machine.
///
/// Beside `ledger.db` stand `ledger.db.lock`, whose lock lets one writer after another
/// through, and, while it is in use, `ledger.db-wal` and `ledger.db-shm`. The `-wal` file holds
/// the last writes: move all of them together, and none while somebody writes.
///
/// Never open, copy or read these files by other means inside a program that has the ledger open:
/// closing them again drops SQLite's locks. [`SqliteLedger::backup`] copies a ledger in use.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("ledger.db");
/// use imgcost_ledger::{Budget, Cap, Ledger, NanoUsd, SqliteLedger, Window};
/// let ledger = SqliteLedger::open(path)?;
/// let cap = Cap::Usd(NanoUsd::new(5_000_000_000).unwrap());
/// ledger.set_budget(&Budget::new("team".parse().unwrap(), Window::Day, cap), "ops")?;
/// assert_eq!(ledger.status(None)?.len(), 1);
/// # Ok::<(), imgcost_ledger::Error>(())
/// ```
pub struct SqliteLedger {
    /// Lifted before any connection is closed, so it comes first.
    _anchor: Anchor,
    writer: Arc<Writer>,
    readers: Readers,
    clock: Clock,
}

impl SqliteLedger {
    /// Opens the ledger in a file and makes the file, for its owner only, if it is not there.
    ///
    /// # Errors
    /// As [`SqliteOptions::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        SqliteLedger::options().open(path)
    }

    /// Other ways to open it.
    #[must_use]
    pub fn options() -> SqliteOptions {
        SqliteOptions::default()
    }

    fn of(anchor: Anchor, writer: Writer, readers: Readers, clock: Clock) -> Self {
        SqliteLedger { _anchor: anchor, writer: Arc::new(writer), readers, clock }
    }

    /// Copies the ledger into a file that is not there yet, while any number of processes use it:
    /// one consistent state, with everything that was committed before. Nobody waits for it, and
    /// the log grows as long as it takes.
    ///
    /// The file is a ledger of its own, for its owner only, and on the disk when this returns. It
    /// has its name only once it is whole; until then it is `PATH.part`, which a killed backup
    /// leaves behind. What happens after it is not in it: before it replaces a ledger that was
    /// lost, lower its budgets by what was spent since.
    ///
    /// ```
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("ledger.db");
    /// use imgcost_ledger::SqliteLedger;
    /// let ledger = SqliteLedger::open(path)?;
    /// let copy = folder.path().join("ledger-2026-11-30.db");
    /// ledger.backup(&copy)?;
    /// assert!(ledger.backup(&copy).is_err(), "a backup overwrites nothing");
    /// # Ok::<(), imgcost_ledger::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::BadInput`] if there is a file of that name already, or an unfinished backup.
    /// [`Error::Unavailable`] if the ledger can't be read or the copy can't be written; nothing is
    /// left of it then.
    pub fn backup(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.readers.look(|view| backup::backup(view, path.as_ref()))
    }

    /// Where it is, without links.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.readers.path()
    }
}

impl fmt::Debug for SqliteLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteLedger").field("path", &self.path()).finish_non_exhaustive()
    }
}

impl Drop for SqliteLedger {
    fn drop(&mut self) {
        self.writer.close();
    }
}

impl Ledger for SqliteLedger {
    fn hold(&self, new: &NewHold) -> Result<Held, Error> {
        let new = new.clone();
        let response = self.writer.run(move |rows, now| engine::hold(rows, &new, now));
        // Without a suggestion the response is still the response.
        engine::with_nearest(response, |scope| self.readers.look(|view| view.nearest(scope)).ok().flatten())
    }

    fn change(&self, id: &HoldId, change: &Change, by: &str) -> Result<Changed, Error> {
        let (id, change, by) = (id.clone(), change.clone(), by.to_owned());
        self.writer.run(move |rows, now| engine::change(rows, &id, &change, &by, now))
    }

    fn set_budget(&self, budget: &Budget, by: &str) -> Result<Option<Budget>, Error> {
        let (budget, by) = (budget.clone(), by.to_owned());
        self.writer.run(move |rows, now| engine::set_budget(rows, &budget, &by, now))
    }

    fn remove_budget(&self, scope: &Scope, window: Window, by: &str) -> Result<Option<Budget>, Error> {
        let (scope, by) = (scope.clone(), by.to_owned());
        self.writer.run(move |rows, now| engine::remove_budget(rows, &scope, window, &by, now))
    }

    fn find(&self, id: &HoldId) -> Result<Option<Hold>, Error> {
        self.readers.look(|view| view.find(id))
    }

    fn status(&self, scope: Option<&Scope>) -> Result<Vec<Status>, Error> {
        self.readers.look(|view| view.status(scope, self.clock.now()))
    }

    fn read(&self, what: &Filter, each: &mut dyn FnMut(Record) -> ControlFlow<()>) -> Result<(), Error> {
        self.readers.look(|view| view.read(what, self.clock.now(), each))
    }

    fn inspect(&self) -> Result<Inspection, Error> {
        self.readers.look(|view| inspect::inspect(view, self.clock.now()))
    }
}
