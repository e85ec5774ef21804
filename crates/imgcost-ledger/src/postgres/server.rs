//! A server and the connections to it: sessions with the required settings, and steps that are
//! retried until their outcome is known.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use deadpool_postgres::{
    Client, Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime,
};
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::error::Error;

use super::address::Address;
use super::failure::{self, Failure};
use super::options::PostgresOptions;
use super::{schema, tls};

/// One value that is sent with a statement.
pub(super) type Value = Box<dyn ToSql + Sync + Send>;

/// The oldest supported version, as the server numbers it.
const OLDEST: i32 = 150_000;
/// How much longer than the server we wait for a reply; after that the network has lost it.
const GRACE: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Every session's settings, whatever the role or the database set: a commit returns once it is on
/// the disk, and each statement in a step sees what was committed when it began.
const SESSION: &str = "SELECT
    set_config('synchronous_commit', CASE current_setting('synchronous_commit')
        WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false),
    set_config('default_transaction_isolation', 'read committed', false),
    set_config('idle_in_transaction_session_timeout', '10min', false),
    set_config('statement_timeout', $1, false),
    set_config('lock_timeout', $2, false)";

/// A pool of connections to one schema of one server.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) name: String,
    pub(super) options: PostgresOptions,
    pool: Pool,
}

impl Server {
    /// Does not connect yet; must be called inside a runtime.
    pub(super) fn new(address: Address, options: PostgresOptions) -> Result<Server, Error> {
        let tls = tls::connector(&address)?;
        let Address { mut config, name, .. } = address;
        config.connect_timeout(options.connect_timeout);
        // Unacknowledged data reveals a dead network as soon as a missing reply does.
        config.tcp_user_timeout(options.statement_timeout.saturating_add(GRACE));
        if config.get_application_name().is_none() {
            config.application_name("imgcost");
        }
        let milliseconds = |time: Duration| time.as_millis().min(2_000_000_000).to_string();
        let limits = (milliseconds(options.statement_timeout), milliseconds(options.lock_timeout));
        let settings = Hook::async_fn(move |client: &mut deadpool_postgres::ClientWrapper, _| {
            let (statement, lock) = limits.clone();
            Box::pin(async move {
                client.query_one(SESSION, &[&statement, &lock]).await.map_err(HookError::Backend)?;
                Ok(())
            })
        });
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_config(config, tls, recycling))
            .max_size(options.pool_size)
            .wait_timeout(Some(options.connect_timeout))
            .create_timeout(Some(options.connect_timeout))
            .runtime(Runtime::Tokio1)
            .post_create(settings)
            .build()
            .map_err(|error| Error::Unavailable { store: name.clone(), why: error.to_string() })?;
        Ok(Server { name, options, pool })
    }

    /// Connects, and updates the schema.
    pub(super) async fn prepare(&self) -> Result<(), Error> {
        let opened = async {
            let client = self.connection().await?;
            // Several statements, one of which may wait for another program's migration.
            let checked = timeout(self.limit().saturating_mul(2), self.check(&client)).await;
            let done = checked.unwrap_or_else(|_| Err(self.no_reply()));
            if done.is_err() {
                // It may be inside a transaction.
                drop(Object::take(client));
            }
            done
        };
        opened.await.map_err(|failure| failure.of_reading(&self.name))
    }

    async fn check(&self, client: &Client) -> Result<(), Failure> {
        let failed = |error| failure::of_connecting(&self.name, &error);
        let version = "SELECT current_setting('server_version_num')::integer, version()";
        let row = client.query_one(version, &[]).await.map_err(failed)?;
        let number: i32 = row.try_get(0).map_err(failed)?;
        if number < OLDEST {
            let words: String = row.try_get(1).map_err(failed)?;
            let why = format!("it is {words}; PostgreSQL 15 or later is needed");
            return Err(Failure::Final(Error::Unfit { store: self.name.clone(), why }));
        }
        schema::update(client, &self.name, &self.options.schema).await
    }

    pub(super) async fn connection(&self) -> Result<Client, Failure> {
        // The pool has limits of its own, but none for setting up a new session.
        let limit = self.options.connect_timeout.saturating_add(GRACE);
        match timeout(limit, self.pool.get()).await {
            Ok(got) => got.map_err(|error| failure::of_pool(&self.name, error)),
            Err(_) => {
                let why = "it took too long to connect".to_owned();
                Err(Failure::Again(Error::Unavailable { store: self.name.clone(), why }))
            }
        }
    }

    /// How long we wait for the reply to one statement.
    pub(super) fn limit(&self) -> Duration {
        self.options.statement_timeout.saturating_add(GRACE)
    }

    /// A statement that writes nothing had no reply in time. Its connection is unusable.
    pub(super) fn no_reply(&self) -> Failure {
        Failure::Again(Error::Unavailable { store: self.name.clone(), why: "no reply in time".to_owned() })
    }

    /// A statement that writes nothing, and its rows.
    pub(super) async fn ask(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Error> {
        self.until_known(sql, values).await.map_err(|(failure, _)| failure.of_reading(&self.name))
    }

    /// Runs a step that writes, and returns the one row of its reply. It is repeated if its reply is
    /// lost: every step finds what it has done before and does it only once.
    pub(super) async fn step(&self, sql: &str, values: &[Value]) -> Result<Row, Error> {
        let store = || self.name.clone();
        match self.until_known(sql, values).await {
            Ok(rows) => rows
                .into_iter()
                .next()
                .ok_or_else(|| Error::Damaged { store: store(), why: "a step gave no reply".to_owned() }),
            Err((Failure::Lost(why), _)) | Err((_, Some(why))) => Err(Error::Unknown { store: store(), why }),
            Err((Failure::Final(error) | Failure::Again(error), None)) => Err(error),
        }
    }

    /// Retries until there is a reply or the time is up. The last failure comes with the reason why
    /// the reply of an earlier attempt was lost, if one was.
    async fn until_known(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, (Failure, Option<String>)> {
        let mut end = None;
        let mut pause = FIRST_PAUSE;
        let mut lost = None;
        loop {
            let failure = match self.attempt(sql, values).await {
                Ok(rows) => return Ok(rows),
                Err(failure) => failure,
            };
            // The time starts at the first failure, since an attempt itself may take longer.
            let end = *end.get_or_insert_with(|| Instant::now() + self.options.retry_for);
            let wait = jittered(pause);
            if matches!(failure, Failure::Final(_)) || Instant::now() + wait > end {
                return Err((failure, lost));
            }
            if let Failure::Lost(why) = failure {
                lost = Some(why);
            }
            sleep(wait).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn attempt(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Failure> {
        let client = self.connection().await?;
        let limit = self.limit();
        let prepared = timeout(limit, client.prepare_cached(sql)).await;
        let statement = match prepared {
            Ok(Ok(statement)) => statement,
            Ok(Err(error)) => return Err(failure::of_connecting(&self.name, &error)),
            Err(_) => {
                drop(Object::take(client));
                return Err(self.no_reply());
            }
        };
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| &**value as _).collect();
        match timeout(limit, client.query(&statement, &values)).await {
            Ok(Ok(rows)) => Ok(rows),
            Ok(Err(error)) => {
                let failure = failure::of_sending(&self.name, &error);
                if !matches!(failure, Failure::Final(_)) {
                    // It may be closing, or belong to a pooler that lost our statements.
                    drop(Object::take(client));
                }
                Err(failure)
            }
            Err(_) => {
                drop(Object::take(client));
                Err(Failure::Lost("no reply in time".to_owned()))
            }
        }
    }
}

/// Half of a pause plus a random part of as much again, so that clients that failed together retry
/// at different times.
fn jittered(pause: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish();
    let half = pause / 2;
    let share = u64::try_from(half.as_micros()).unwrap_or(u64::MAX).max(1);
    half + Duration::from_micros(random % share)
}
