//! The store in one file, for any number of processes and threads on one machine.
//!
//! A write-ahead log, flushed at every commit; one writer at a time, under a lock that keeps turns
//! fair; callers of one process share transactions. Readers never wait for writers.

mod anchor;
mod backup;
mod batch;
mod cache;
mod columns;
mod connection;
mod failure;
mod filesystem;
mod inspect;
mod ledger_file;
mod options;
mod pending;
mod reader;
mod schema;
mod sums;
mod writer;
mod writer_lock;

use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use crate::adjustment::{Adjusted, Adjustment};
use crate::budget::{Budget, Status, default_place};
use crate::clock::Clock;
use crate::engine;
use crate::error::Error;
use crate::hold::{Change, Changed, Held, Hold, HoldId, Job};
use crate::ledger::{Filter, Inspection, Ledger, Record};
use crate::new_hold::{LateCall, NewHold};
use crate::pause::Pause;
use crate::scope::Scope;
use crate::window::Window;

use anchor::Anchor;
use batch::Batch;
pub use options::SqliteOptions;
use reader::Readers;
use writer::Writer;

/// A ledger in a SQLite file, for any number of processes and threads on one machine.
///
/// Beside `ledger.db` are `ledger.db.lock` and `ledger.db.next`, which make writers take turns,
/// and, while it is in use, `ledger.db-wal` and `ledger.db-shm`. The `-wal` file contains the last
/// writes: move all of these files together, and never while the ledger is in use.
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
    /// None where it is opened for reading only.
    writer: Option<Writing>,
    readers: Readers,
    clock: Clock,
}

/// What writing needs.
struct Writing {
    /// The first field, so that it is released before any connection is closed.
    _anchor: Anchor,
    writer: Arc<Writer>,
}

impl SqliteLedger {
    /// Opens the ledger in a file. A missing file is created, for its owner only.
    ///
    /// # Errors
    /// As [`SqliteOptions::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        SqliteLedger::options().open(path)
    }

    /// Options for opening a ledger.
    #[must_use]
    pub fn options() -> SqliteOptions {
        SqliteOptions::default()
    }

    fn of(anchor: Anchor, writer: Writer, readers: Readers, clock: Clock) -> Self {
        let writer = Some(Writing { _anchor: anchor, writer: Arc::new(writer) });
        SqliteLedger { writer, readers, clock }
    }

    const fn of_readers(readers: Readers, clock: Clock) -> Self {
        SqliteLedger { writer: None, readers, clock }
    }

    /// Runs a step that writes.
    fn write<T, F>(&self, step: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Batch<'_>, Timestamp) -> Result<T, Error> + Send + 'static,
    {
        match &self.writer {
            Some(writing) => writing.writer.run(step),
            None => Err(self.readers.read_only_error()),
        }
    }

    /// Copies the ledger into a new file while any number of processes use it: one consistent
    /// state, with everything committed before. It blocks nobody, and the log grows while it runs.
    ///
    /// The copy is a complete ledger, for its owner only, and on the disk when this returns. Until
    /// it is complete its name is `PATH.part`, which a killed backup leaves behind. Before a copy
    /// replaces a lost ledger, lower its budgets by what was spent since.
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
    /// [`Error::BadInput`] if the file or an unfinished backup already exists.
    /// [`Error::Unavailable`] if the ledger can't be read or the copy can't be written; nothing is
    /// left of it then.
    pub fn backup(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.readers.read(|view| backup::backup(view, path.as_ref()))
    }

    /// Its path, with symbolic links resolved.
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
        if let Some(writing) = &self.writer {
            writing.writer.close();
        }
    }
}

impl Ledger for SqliteLedger {
    fn hold(&self, new: &NewHold) -> Result<Held, Error> {
        let new = new.clone();
        let result = self.write(move |rows, now| engine::hold(rows, &new, now));
        // If the suggestion fails, the refusal is returned without it.
        engine::with_nearest(result, |scope| self.readers.read(|view| view.nearest(scope)).ok().flatten())
    }

    fn change(&self, id: &HoldId, change: &Change, by: &str) -> Result<Changed, Error> {
        let (id, change, by) = (id.clone(), change.clone(), by.to_owned());
        self.write(move |rows, now| engine::change(rows, &id, &change, &by, now))
    }

    fn set_job(&self, id: &HoldId, job: &Job, by: &str) -> Result<Hold, Error> {
        let (id, job, by) = (id.clone(), job.clone(), by.to_owned());
        self.write(move |rows, now| engine::set_job(rows, &id, &job, &by, now))
    }

    fn find_job(&self, job: &Job) -> Result<Option<Hold>, Error> {
        self.readers.read(|view| view.find_job(job))
    }

    fn book_late(&self, late: &LateCall) -> Result<Changed, Error> {
        let late = late.clone();
        self.write(move |rows, now| engine::book_late(rows, &late, now))
    }

    fn adjust(&self, adjustment: &Adjustment) -> Result<Adjusted, Error> {
        let adjustment = adjustment.clone();
        self.write(move |rows, now| engine::adjust(rows, &adjustment, now))
    }

    fn pause(&self, scope: &Scope, reason: &str, by: &str) -> Result<Pause, Error> {
        let (scope, reason, by) = (scope.clone(), reason.to_owned(), by.to_owned());
        self.write(move |rows, now| engine::pause(rows, &scope, &reason, &by, now))
    }

    fn resume(&self, scope: &Scope, by: &str) -> Result<Option<Pause>, Error> {
        let (scope, by) = (scope.clone(), by.to_owned());
        self.write(move |rows, now| engine::resume(rows, &scope, &by, now))
    }

    fn set_budget(&self, budget: &Budget, by: &str) -> Result<Option<Budget>, Error> {
        let (budget, by) = (budget.clone(), by.to_owned());
        self.write(move |rows, now| engine::set_budget(rows, &budget, &by, now))
    }

    fn ensure_budget(&self, budget: &Budget, by: &str) -> Result<Budget, Error> {
        let (budget, by) = (budget.clone(), by.to_owned());
        self.write(move |rows, now| engine::ensure_budget(rows, &budget, &by, now))
    }

    fn remove_budget(&self, scope: &Scope, window: Window, by: &str) -> Result<Option<Budget>, Error> {
        let (place, by) = (scope.as_str().to_owned(), by.to_owned());
        self.write(move |rows, now| engine::remove_budget(rows, &place, window, &by, now))
    }

    fn remove_default(&self, scope: &Scope, window: Window, by: &str) -> Result<Option<Budget>, Error> {
        let (place, by) = (default_place(scope.as_str()), by.to_owned());
        self.write(move |rows, now| engine::remove_budget(rows, &place, window, &by, now))
    }

    fn find(&self, id: &HoldId) -> Result<Option<Hold>, Error> {
        self.readers.read(|view| view.find(id))
    }

    fn status(&self, scope: Option<&Scope>) -> Result<Vec<Status>, Error> {
        self.readers.read(|view| view.status(scope, self.clock.now()))
    }

    fn read(&self, what: &Filter, each: &mut dyn FnMut(Record) -> ControlFlow<()>) -> Result<(), Error> {
        self.readers.read(|view| view.read(what, self.clock.now(), each))
    }

    fn inspect(&self) -> Result<Inspection, Error> {
        self.readers.read(|view| inspect::inspect(view, self.clock.now()))
    }
}
