//! How a ledger file is opened.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::SqliteLedger;
use super::anchor::Anchor;
use super::connection;
use super::failure::Store;
use super::filesystem;
use super::gate::Gate;
use super::place::{self, Place};
use super::reader::Readers;
use super::schema;
use super::writer::Writer;
use crate::clock::Clock;
use crate::error::Error;

/// How long a step waits for others, unless said otherwise.
const WAIT: Duration = Duration::from_secs(30);

/// How a ledger file is opened; see [`SqliteLedger::options`].
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("ledger.db");
/// use imgcost_ledger::SqliteLedger;
/// // The file must be there: nothing is made by mistake.
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

    /// Whether the file is made if it is not there, which is the default.
    #[must_use]
    pub const fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// How long a step waits while others write, before it says that the ledger can't answer;
    /// 30 seconds by default.
    #[must_use]
    pub const fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Opens it on a network file system too, or on one that may be one. Only for those who
    /// know that its locks and shared memory work, for every process that opens the file: on
    /// most they don't, and then caps can be crossed and the file damaged.
    #[must_use]
    pub const fn any_file_system(mut self, any: bool) -> Self {
        self.any_file_system = any;
        self
    }

    /// Opens the ledger in a file; several processes and threads may do so at the same time.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the folder is missing or may not be written, or the file is
    /// not there and is not to be made. [`Error::Unfit`] if it is another kind of file, one of
    /// a newer version, or in a place where the promise can't be kept. [`Error::Damaged`] if it
    /// can't be read.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<SqliteLedger, Error> {
        let path = place::resolve(path.as_ref())?;
        let store = Store::at(&path);
        connection::check_library(&store)?;
        self.check_file_system(&path, &store)?;
        if !self.create && !path.exists() {
            return Err(store.unavailable("there is no such file".to_owned()));
        }
        if path.exists() {
            // Before anything is made beside it.
            place::check_alone(&path, &store)?;
        }
        let mut gate = Gate::of(&path, &store)?;
        self.prepare(&path, &mut gate, &store)?;
        let place = Place::of(path, store)?;
        let connection = connection::writer(&place, self.wait)?;
        let place = Arc::new(place);
        place.watch_beside()?;
        let anchor = Anchor::cast(&place, self.wait)?;
        let readers = Readers::new(Arc::clone(&place), self.wait);
        let writer = Writer::new(place, self.clock.clone(), self.wait, connection, gate);
        Ok(SqliteLedger::of(anchor, writer, readers, self.clock.clone()))
    }

    fn check_file_system(&self, path: &Path, store: &Store) -> Result<(), Error> {
        // The file itself too: it may be a mount of its own.
        match path.parent().and_then(filesystem::remote).or_else(|| filesystem::remote(path)) {
            Some(name) if !self.any_file_system => Err(store.unfit(format!(
                "it is on a network file system, {name}, where locks may not hold: put it on a local disk, or use PostgreSQL"
            ))),
            _ => Ok(()),
        }
    }

    /// Makes the file, or brings it to this version; one process at a time.
    fn prepare(&self, path: &Path, gate: &mut Gate, store: &Store) -> Result<(), Error> {
        let is_there = path.exists();
        if is_there && connection::version(path, self.wait, store)? == schema::VERSION {
            return Ok(());
        }
        let _passage = gate.pass_before(Instant::now() + self.wait, store)?;
        // Another process may have done so while this one waited.
        match path.exists() {
            false => connection::create(path, self.wait, store),
            true if connection::version(path, self.wait, store)? < schema::VERSION => {
                connection::migrate(path, self.wait, store)
            }
            true => Ok(()),
        }
    }
}
