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
mod afterwards;
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

use crate::adjustment::{Adjusted, Adjustment};
use crate::budget::{Budget, Status, default_place};
use crate::checks;
use crate::engine;
use crate::error::Error;
use crate::hold::{Change, Changed, Held, Hold, HoldId, Job};
use crate::ledger::{Filter, Inspection, Ledger, Record};
use crate::nearest::nearest;
use crate::new_hold::{LateCall, NewHold};
use crate::pause::Pause;
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

impl PostgresLedger {
    fn remove(&self, scope: &Scope, place: &str, window: Window, by: &str) -> Result<Option<Budget>, Error> {
        checks::check_text("by", by)?;
        let (scope, place, by) = (scope.as_str().to_owned(), place.to_owned(), by.to_owned());
        self.run(|server, sql| async move { server.remove_budget(&sql, (&scope, &place), window, &by).await })
    }

    /// The scope that was probably meant. It is looked up separately, after the step.
    fn nearest(&self, scope: &Scope) -> Result<Option<Scope>, Error> {
        nearest(scope, |range| {
            let (low, high) = (range.low.to_owned(), range.high.to_owned());
            let (is_from_end, most) = (range.is_from_end, range.most);
            self.run(|server, sql| async move { server.places(&sql, (&low, &high), is_from_end, most).await })
        })
    }
}

impl Ledger for PostgresLedger {
    fn hold(&self, new: &NewHold) -> Result<Held, Error> {
        checks::check_new(new)?;
        let request = new.clone();
        let result = self.run(|server, sql| async move { server.hold(&sql, &request).await });
        // The hold is decided, and a failed suggestion must not turn it into a failure.
        engine::with_nearest(result, |scope| self.nearest(scope).unwrap_or(None))
    }

    fn change(&self, id: &HoldId, change: &Change, by: &str) -> Result<Changed, Error> {
        checks::check_change(change, by)?;
        let (id, change, by) = (id.clone(), change.clone(), by.to_owned());
        self.run(|server, sql| async move { server.change(&sql, &id, &change, &by).await })
    }

    fn set_job(&self, id: &HoldId, job: &Job, by: &str) -> Result<Hold, Error> {
        checks::check_job(job, by)?;
        let (id, job, by) = (id.clone(), job.clone(), by.to_owned());
        self.run(|server, sql| async move { server.set_job(&sql, &id, &job, &by).await })
    }

    fn find_job(&self, job: &Job) -> Result<Option<Hold>, Error> {
        let job = job.clone();
        self.run(|server, sql| async move { server.find_job(&sql, &job).await })
    }

    fn book_late(&self, late: &LateCall) -> Result<Changed, Error> {
        checks::check_late(late)?;
        let late = late.clone();
        self.run(|server, sql| async move { server.book_late(&sql, &late).await })
    }

    fn adjust(&self, adjustment: &Adjustment) -> Result<Adjusted, Error> {
        checks::check_adjustment(adjustment)?;
        let adjustment = adjustment.clone();
        self.run(|server, sql| async move { server.adjust(&sql, &adjustment).await })
    }

    fn pause(&self, scope: &Scope, reason: &str, by: &str) -> Result<Pause, Error> {
        checks::check_text("reason", reason)?;
        checks::check_text("by", by)?;
        let none = || Error::Damaged { store: self.server.name.clone(), why: "a pause gave none".to_owned() };
        let (scope, reason, by) = (scope.clone(), reason.to_owned(), by.to_owned());
        let step =
            self.run(|server, sql| async move { server.pause(&sql, &scope, Some(&reason), &by).await });
        step?.ok_or_else(none)
    }

    fn resume(&self, scope: &Scope, by: &str) -> Result<Option<Pause>, Error> {
        checks::check_text("by", by)?;
        let (scope, by) = (scope.clone(), by.to_owned());
        self.run(|server, sql| async move { server.pause(&sql, &scope, None, &by).await })
    }

    fn set_budget(&self, budget: &Budget, by: &str) -> Result<Option<Budget>, Error> {
        checks::check_text("by", by)?;
        let (budget, by) = (budget.clone(), by.to_owned());
        self.run(|server, sql| async move { server.set_budget(&sql, &budget, false, &by).await })
    }

    fn ensure_budget(&self, budget: &Budget, by: &str) -> Result<Budget, Error> {
        checks::check_text("by", by)?;
        let (wanted, by) = (budget.clone(), by.to_owned());
        let step = self.run(|server, sql| async move { server.set_budget(&sql, &wanted, true, &by).await });
        Ok(step?.unwrap_or_else(|| budget.clone()))
    }

    fn remove_budget(&self, scope: &Scope, window: Window, by: &str) -> Result<Option<Budget>, Error> {
        self.remove(scope, scope.as_str(), window, by)
    }

    fn remove_default(&self, scope: &Scope, window: Window, by: &str) -> Result<Option<Budget>, Error> {
        self.remove(scope, &default_place(scope.as_str()), window, by)
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
