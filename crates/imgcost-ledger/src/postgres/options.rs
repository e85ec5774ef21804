//! Options for connecting to a server, and time limits.

use std::time::Duration;

use crate::clock::Clock;
use crate::error::Error;

use super::PostgresLedger;
use super::schema;

/// Options for connecting to a server, and the time limits of steps. The defaults suit a service
/// that holds money before each call.
///
/// ```no_run
/// use imgcost_ledger::{Ledger, PostgresOptions};
/// use std::time::Duration;
/// let ledger = PostgresOptions::new()
///     .pool_size(16)
///     .statement_timeout(Duration::from_secs(5))
///     .connect("postgresql://imgcost@db.internal/billing?sslmode=verify-full")?;
/// println!("{:?}", ledger.inspect()?.facts);
/// # Ok::<(), imgcost_ledger::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    pub(super) schema: String,
    pub(super) pool_size: usize,
    pub(super) connect_timeout: Duration,
    pub(super) statement_timeout: Duration,
    pub(super) lock_timeout: Duration,
    pub(super) retry_for: Duration,
    pub(super) clock: Option<Clock>,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        PostgresOptions {
            schema: "imgcost".to_owned(),
            pool_size: 8,
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            lock_timeout: Duration::from_secs(8),
            retry_for: Duration::from_secs(3),
            clock: None,
        }
    }
}

impl PostgresOptions {
    /// The defaults: schema `imgcost`, 8 connections, 5 s to connect, 10 s for a statement, 8 s of
    /// these for a lock, 3 s of retries.
    #[must_use]
    pub fn new() -> Self {
        PostgresOptions::default()
    }

    /// The schema with the ledger's tables and functions: 1 to 63 of `a-z 0-9 _`, no digit first.
    #[must_use]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// The most connections, at least one. Steps beyond them wait for one to become free.
    #[must_use]
    pub fn pool_size(mut self, connections: usize) -> Self {
        self.pool_size = connections.max(1);
        self
    }

    /// The time limit for connecting, or for getting a free connection.
    #[must_use]
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// The time limit of one statement, at least a millisecond. The server cancels a longer one,
    /// and it is not done. Reading large parts of the ledger may take 60 times as long for the
    /// next rows, since a narrow filter may have to scan a large table.
    #[must_use]
    pub fn statement_timeout(mut self, time: Duration) -> Self {
        self.statement_timeout = time.max(Duration::from_millis(1));
        self
    }

    /// How long a step may wait for other steps on its path, at least a millisecond.
    #[must_use]
    pub fn lock_timeout(mut self, time: Duration) -> Self {
        self.lock_timeout = time.max(Duration::from_millis(1));
        self
    }

    /// How long a step is retried if the server is gone or requests it. Zero: never.
    #[must_use]
    pub fn retry_for(mut self, time: Duration) -> Self {
        self.retry_for = time;
        self
    }

    /// A clock other than the server's, for tests.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Connects to a server and updates the schema.
    ///
    /// The address is a URL: `postgres://user@host:port/database?sslmode=…`; see [`PostgresLedger`]
    /// for `sslmode`. The folder of a Unix socket is written as the host, with `%2F` for `/`. The
    /// `key=value` form of `libpq` is refused.
    ///
    /// # Errors
    /// [`Error::BadInput`] for an invalid address or schema name; [`Error::Unavailable`] if the
    /// server can't be reached or refuses the login; [`Error::Unfit`] if the server or its schema
    /// can't be used as a ledger.
    pub fn connect(self, address: &str) -> Result<PostgresLedger, Error> {
        PostgresLedger::open(address, self)
    }

    /// The statements that create the schema, for an administrator to run if the ledger's role may
    /// not. They end with the rights that such a role needs, as a comment.
    ///
    /// # Errors
    /// [`Error::BadInput`] for an invalid schema name.
    pub fn schema_sql(&self) -> Result<String, Error> {
        schema::check_name(&self.schema)?;
        Ok(schema::all(&self.schema))
    }
}
