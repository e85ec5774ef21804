//! Options for opening a ledger file.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::SqliteLedger;
use super::anchor::Anchor;
use super::connection;
use super::failure::StoreName;
use super::filesystem;
use super::ledger_file::{self, LedgerFile};
use super::reader::Readers;
use super::schema;
use super::writer::Writer;
use super::writer_lock::WriterLock;
use crate::clock::Clock;
use crate::error::Error;

/// How long a step waits for other writers by default.
const WAIT: Duration = Duration::from_secs(30);

/// Options for opening a ledger file; see [`SqliteLedger::options`].
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("ledger.db");
/// use imgcost_ledger::SqliteLedger;
/// // The file must exist: none is created by mistake.
/// assert!(SqliteLedger::options().create(false).open(&path).is_err());
/// let ledger = SqliteLedger::options().wait(std::time::Duration::from_secs(5)).open(&path)?;
/// # Ok::<(), imgcost_ledger::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    clock: Clock,
    create: bool,
    wait: Duration,
    any_file_system: bool,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        SqliteOptions { clock: Clock::system(), create: true, wait: WAIT, any_file_system: false }
    }
}

impl SqliteOptions {
    /// Another clock than the machine's, for tests.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Whether to create a missing file, which is the default.
    #[must_use]
    pub const fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// How long a step waits while others write before it fails; 30 seconds by default.
    #[must_use]
    pub const fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Opens it on a network file system too, or on one that may be one. Use this only if its
    /// locks and shared memory work for every process that opens the file. On most they don't,
    /// and then caps can be exceeded and the file damaged.
    #[must_use]
    pub const fn any_file_system(mut self, any: bool) -> Self {
        self.any_file_system = any;
        self
    }

    /// Opens the ledger in a file; several processes and threads may do so at the same time.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the folder is missing or not writable, or if the file is missing
    /// and not to be created. [`Error::Unfit`] if it is another kind of file, has a newer version,
    /// or is where a ledger is not safe. [`Error::Damaged`] if it can't be read.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<SqliteLedger, Error> {
        let path = ledger_file::resolve(path.as_ref())?;
        let store = StoreName::at(&path);
        connection::check_library(&store)?;
        self.check_file_system(&path, &store)?;
        if !self.create && !path.exists() {
            return Err(store.unavailable("there is no such file".to_owned()));
        }
        if path.exists() {
            // Before anything is created beside it.
            ledger_file::check_alone(&path, &store)?;
        }
        let mut writer_lock = WriterLock::open(&path, &store)?;
        self.prepare(&path, &mut writer_lock, &store)?;
        let file = LedgerFile::of(path, store)?;
        let connection = connection::writer(&file, self.wait)?;
        let file = Arc::new(file);
        file.watch_beside()?;
        let anchor = Anchor::cast(&file, self.wait)?;
        let readers = Readers::new(Arc::clone(&file), self.wait);
        let writer = Writer::new(file, self.clock.clone(), self.wait, connection, writer_lock);
        Ok(SqliteLedger::of(anchor, writer, readers, self.clock.clone()))
    }

    /// Opens the ledger in a file that this user may read but not write, so that every step that
    /// writes fails; a file that it may write is opened as by [`SqliteOptions::open`], and
    /// none is ever created. For monitoring, and for a file on a read-only disk.
    ///
    /// While others use the ledger, the files beside it must be readable too.
    ///
    /// # Errors
    /// As [`SqliteOptions::open`]. [`Error::Unfit`] if the file has an earlier version: a program
    /// that may write must open it once.
    pub fn open_to_read(&self, path: impl AsRef<Path>) -> Result<SqliteLedger, Error> {
        let path = ledger_file::resolve(path.as_ref())?;
        match self.clone().create(false).open(&path) {
            Err(Error::Unavailable { .. }) if path.exists() && !ledger_file::may_write(&path) => {
                let store = StoreName::at(&path);
                let file = Arc::new(LedgerFile::of(path, store)?);
                let readers = Readers::read_only(file, self.wait);
                // Fails now if it can't be read.
                readers.read(|_| Ok(()))?;
                Ok(SqliteLedger::of_readers(readers, self.clock.clone()))
            }
            opened => opened,
        }
    }

    fn check_file_system(&self, path: &Path, store: &StoreName) -> Result<(), Error> {
        // The file itself too: it may be mounted separately.
        match path.parent().and_then(filesystem::remote).or_else(|| filesystem::remote(path)) {
            Some(name) if !self.any_file_system => Err(store.unfit(format!(
                "it is on a network file system, {name}, where locks are unreliable: put it on a local disk, or use PostgreSQL"
            ))),
            _ => Ok(()),
        }
    }

    /// Creates or migrates the file; one process at a time.
    fn prepare(&self, path: &Path, lock: &mut WriterLock, store: &StoreName) -> Result<(), Error> {
        let is_there = path.exists();
        if is_there && connection::version(path, self.wait, store)? == schema::VERSION {
            return Ok(());
        }
        let _guard = lock.lock_before(Instant::now() + self.wait, store)?;
        // Another process may have done it while this one waited.
        match path.exists() {
            false => connection::create(path, self.wait, store),
            // All at once or not at all. Programs of the version before find another version in their
            // next transaction, and refuse it.
            true if connection::version(path, self.wait, store)? < schema::VERSION => {
                connection::migrate(path, self.wait, store)
            }
            true => Ok(()),
        }
    }
}
