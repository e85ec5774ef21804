//! A ledger on a PostgreSQL server, for any number of machines.
//!
//! Each step is one statement, a call of a function in the server (`steps.sql`), so one round
//! trip and one transaction. What it relies on, for servers that only implement PostgreSQL's
//! protocol:
//!
//! - **Transactions at READ COMMITTED as in PostgreSQL**: each statement inside a function sees
//!   what was committed when that statement began, not when the step began. A step at another
//!   isolation level fails.
//! - **Row locks**: `SELECT … ORDER BY … FOR UPDATE` makes steps on one path wait for each other,
//!   in the order of their scopes' names, and lasts until the commit.
//! - **`INSERT … ON CONFLICT DO NOTHING`** with unique indexes, partial ones too, which waits for
//!   an uncommitted row of the same key.
//! - **Durable commits**: `synchronous_commit` can be set by a session and within a transaction,
//!   and a commit that has returned is on the disk (`fsync`, `full_page_writes`).
//! - **PL/pgSQL** functions with `OUT` parameters, composite results and settings of their own
//!   (`SET … = …`), and SQL functions; `plan_cache_mode` and the planner's `enable_*` settings.
//! - **Triggers** that refuse to change the journal or delete a hold; **identity columns**; BRIN and
//!   partial indexes.
//! - **Advisory transaction locks**, for migrations and so that a repeated step waits for the first
//!   attempt.
//! - `clock_timestamp()`, `date_trunc` with a time zone, `jsonb`, `timestamptz` in microseconds.
//! - **Cursors in a REPEATABLE READ READ ONLY transaction**, for reading from one snapshot.
//!
//! Poolers in front of the server must support prepared statements. `synchronous_commit` is also
//! set inside each step, for poolers that lose session settings.

mod address;
mod failure;
mod inspect;
mod options;
mod reading;
mod rows;
mod schema;
mod server;
mod steps;
mod tls;
mod worker;

use std::future::Future;
use std::ops::ControlFlow;
use std::sync::Arc;

pub use options::PostgresOptions;

use crate::budget::{Budget, Status};
use crate::checks;
use crate::error::Error;
use crate::hold::{Change, Changed, Held, Hold, HoldId, NewHold};
use crate::ledger::{Filter, Inspection, Ledger, Record};
use crate::scope::Scope;
use crate::window::Window;

use address::Address;
use server::Server;
use steps::Statements;
use worker::Worker;

/// A ledger in one schema of a PostgreSQL server (15 or later).
///
/// It has connections and threads of its own. Its methods may be called from any thread, even
/// inside another runtime, and block the calling thread. A caller that gives up interrupts no step.
///
/// The **address** is a URL: `postgres://user@host:port/database?sslmode=verify-full`.
///
/// **Encryption** follows `sslmode` in the address, as in `libpq`: `disable`; `prefer`, the
/// default, which uses what the server offers; `require`, which encrypts but accepts any
/// certificate unless `sslrootcert` names authorities; `verify-ca` and `verify-full`, which check
/// the authority, and `verify-full` the host too. `sslrootcert` is a file of authorities or
/// `system`, the default. Use `verify-full` unless the network is your own.
///
/// **If the connection is lost** during a step, the step is repeated: it finds what it has done
/// before and does it only once. Its reply is then marked `repeated` and has no alerts; the journal
/// has them. If the outcome is still unknown after [`PostgresOptions::retry_for`], the step fails
/// with [`Error::Unknown`].
#[derive(Debug)]
pub struct PostgresLedger {
    server: Arc<Server>,
    sql: Arc<Statements>,
    worker: Worker,
}

impl PostgresLedger {
    /// Connects with the default options.
    ///
    /// # Errors
    /// As [`PostgresOptions::connect`].
    pub fn connect(address: &str) -> Result<PostgresLedger, Error> {
        PostgresOptions::new().connect(address)
    }

    /// The statements that create the schema `imgcost`, for an administrator to run if the ledger's
    /// role may not. [`PostgresOptions::schema_sql`] does so for another name.
    #[must_use]
    pub fn schema_sql() -> String {
        schema::all("imgcost")
    }

    fn open(address: &str, options: PostgresOptions) -> Result<PostgresLedger, Error> {
        schema::check_name(&options.schema)?;
        let address = Address::parse(address)?;
        let store = address.name.clone();
        let sql = Arc::new(Statements::new(&options.schema));
        let worker = Worker::new().map_err(|error| Error::Unavailable {
            store: store.clone(),
            why: format!("no threads: {error}"),
        })?;
        let opened = worker.run(async move {
            let server = Arc::new(Server::new(address, options)?);
            server.prepare().await?;
            Ok::<_, Error>(server)
        });
        let gone = Error::Unavailable { store, why: "the task was aborted".to_owned() };
        Ok(PostgresLedger { server: opened.ok_or(gone)??, sql, worker })
    }

    /// Runs one step on the store's own threads.
    fn run<T, F>(&self, step: impl FnOnce(Arc<Server>, Arc<Statements>) -> F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let broken =
            || Error::Unknown { store: self.server.name.clone(), why: "the task was aborted".to_owned() };
        self.worker.run(step(self.server.clone(), self.sql.clone())).ok_or_else(broken)?
    }
}

impl Ledger for PostgresLedger {
    fn hold(&self, new: &NewHold) -> Result<Held, Error> {
        checks::check_new(new)?;
        let new = new.clone();
        self.run(|server, sql| async move { server.hold(&sql, &new).await })
    }

    fn change(&self, id: &HoldId, change: &Change, by: &str) -> Result<Changed, Error> {
        checks::check_change(change, by)?;
        let (id, change, by) = (id.clone(), change.clone(), by.to_owned());
        self.run(|server, sql| async move { server.change(&sql, &id, &change, &by).await })
    }

    fn set_budget(&self, budget: &Budget, by: &str) -> Result<Option<Budget>, Error> {
        checks::check_text("by", by)?;
        let (budget, by) = (budget.clone(), by.to_owned());
        self.run(|server, sql| async move { server.set_budget(&sql, &budget, &by).await })
    }

    fn remove_budget(&self, scope: &Scope, window: Window, by: &str) -> Result<Option<Budget>, Error> {
        checks::check_text("by", by)?;
        let (scope, by) = (scope.clone(), by.to_owned());
        self.run(|server, sql| async move { server.remove_budget(&sql, &scope, window, &by).await })
    }

    fn find(&self, id: &HoldId) -> Result<Option<Hold>, Error> {
        let id = id.clone();
        self.run(|server, sql| async move { server.find(&sql, &id).await })
    }

    fn status(&self, scope: Option<&Scope>) -> Result<Vec<Status>, Error> {
        let scope = scope.cloned();
        self.run(|server, sql| async move { server.status(&sql, scope.as_ref()).await })
    }

    fn read(&self, what: &Filter, each: &mut dyn FnMut(Record) -> ControlFlow<()>) -> Result<(), Error> {
        reading::read(&self.server, &self.worker, what, each)
    }

    fn inspect(&self) -> Result<Inspection, Error> {
        self.run(|server, _| async move { server.inspect().await })
    }
}
