//! How a store is reached, and how long it may take.

use std::time::Duration;

use crate::clock::Clock;
use crate::error::Error;

use super::PostgresLedger;
use super::schema;

/// How to reach a store and how long its steps may take. The default suits a service that
/// holds money before each call.
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
    /// these for a lock, 3 s of trying again.
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

    /// How long it may take to be connected, or to get a connection that is free.
    #[must_use]
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// How long one statement may take, at least a millisecond. What takes longer is broken off
    /// by the server and was not done. Reading much of the ledger may take 60 times as long for
    /// the next rows: a narrow filter has to look through a large table.
    #[must_use]
    pub fn statement_timeout(mut self, time: Duration) -> Self {
        self.statement_timeout = time.max(Duration::from_millis(1));
        self
    }

    /// How long a step may wait for others on its path, at least a millisecond.
    #[must_use]
    pub fn lock_timeout(mut self, time: Duration) -> Self {
        self.lock_timeout = time.max(Duration::from_millis(1));
        self
    }

    /// For how long a step is tried again when the server is gone or asks for it. Zero: never.
    #[must_use]
    pub fn retry_for(mut self, time: Duration) -> Self {
        self.retry_for = time;
        self
    }

    /// Another clock than the server's, for tests.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Connects to a server, sets its session up and brings the schema up to date.
    ///
    /// The address is `postgresql://user@host:port/database?sslmode=…` or `key=value` pairs; see
    /// [`PostgresLedger`] for `sslmode`. A directory as host is a Unix socket's.
    ///
    /// # Errors
    /// [`Error::BadInput`] for an address or schema name that is none; [`Error::Unavailable`] if
    /// the server can't be reached or turns the login down; [`Error::Unfit`] if the server or its
    /// schema can't serve as a ledger.
    pub fn connect(self, address: &str) -> Result<PostgresLedger, Error> {
        PostgresLedger::open(address, self)
    }

    /// The statements that make the schema, for an administrator to run where the ledger's own
    /// role may not create one. They end in the rights that such a role needs, as a comment.
    ///
    /// # Errors
    /// [`Error::BadInput`] for a schema name that is none.
    pub fn schema_sql(&self) -> Result<String, Error> {
        schema::check_name(&self.schema)?;
        Ok(schema::all(&self.schema))
    }
}
