//! Reading records in batches from one snapshot.

use std::future::Future;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Client, Object};
use tokio::time::timeout;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::error::Error;
use crate::ledger::{Filter, Record, TagFilter};

use super::failure::{self, Failure};
use super::rows::{self, Reply};
use super::schema;
use super::server::{Server, Value};
use super::worker::Worker;

/// Rows per batch. The texts of a hold are at most 2 MiB, and usually a few hundred bytes.
const AT_ONCE: u32 = 256;

/// How many times longer than a step the next rows may take: a narrow filter may have to scan a
/// whole table.
const LONGER: u32 = 60;

/// One state for all records. The server applies no time limit here, so we set a generous one.
const BEGIN: &str =
    "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL statement_timeout = 0";

type Decode = fn(Reply<'_>) -> Result<Record, Error>;

/// One kind of record: its query and how to read a row.
struct Part {
    sql: String,
    values: Vec<Value>,
    decode: Decode,
}

/// Reads the filtered records. The caller's thread decodes and delivers them; only fetching the
/// next rows runs on the store's threads, so that a slow reader delays nobody.
pub(super) fn read(
    server: &Arc<Server>,
    worker: &Worker,
    what: &Filter,
    each: &mut dyn FnMut(Record) -> ControlFlow<()>,
) -> Result<(), Error> {
    let parts = parts(server, what);
    let gone = || Error::Unavailable { store: server.name.clone(), why: "the task broke off".to_owned() };
    let mut snapshot: Option<Client> = None;
    for Part { sql, values, decode } in parts {
        let mut opening = Some((sql, values));
        loop {
            let (server_there, there, open) = (server.clone(), snapshot.take(), opening.take());
            let fetched = worker.run(async move { next(&server_there, there, open).await });
            let (client, rows) =
                fetched.ok_or_else(gone)?.map_err(|failure| failure.of_reading(&server.name))?;
            // An unfinished snapshot is dropped with its connection.
            let held = Held(Some(client));
            for row in &rows {
                let record = decode(Reply { row, store: &server.name })?;
                if each(record).is_break() {
                    return Ok(());
                }
            }
            snapshot = held.keep();
            if rows.len() < AT_ONCE as usize {
                break;
            }
        }
    }
    if let Some(client) = snapshot {
        // Read to the end: the connection can be reused.
        let limit = server.limit();
        worker.run(async move {
            if !matches!(timeout(limit, client.batch_execute("ROLLBACK")).await, Ok(Ok(()))) {
                drop(Object::take(client));
            }
        });
    }
    Ok(())
}

/// A connection inside a transaction, which must not return to the pool.
struct Held(Option<Client>);

impl Held {
    fn keep(mut self) -> Option<Client> {
        self.0.take()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(client) = self.0.take() {
            drop(Object::take(client));
        }
    }
}

/// Begins the snapshot if there is none, opens a cursor if needed, and fetches.
async fn next(
    server: &Server,
    there: Option<Client>,
    open: Option<(String, Vec<Value>)>,
) -> Result<(Client, Vec<Row>), Failure> {
    let is_new = there.is_none();
    let client = match there {
        Some(client) => client,
        None => server.connection().await?,
    };
    match fetch(server, &client, is_new, open).await {
        Ok(rows) => Ok((client, rows)),
        Err(failure) => {
            // It may be inside a transaction or a reply.
            drop(Object::take(client));
            Err(failure)
        }
    }
}

async fn fetch(
    server: &Server,
    client: &Client,
    is_new: bool,
    open: Option<(String, Vec<Value>)>,
) -> Result<Vec<Row>, Failure> {
    let limit = server.limit();
    if is_new {
        within(server, limit, client.batch_execute(BEGIN)).await?;
    }
    if let Some((sql, values)) = open {
        within(server, limit, client.batch_execute("CLOSE ALL")).await?;
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| &**value as _).collect();
        let declare = format!("DECLARE part NO SCROLL CURSOR FOR {sql}");
        within(server, limit, client.execute(&declare, &values)).await?;
    }
    let more = format!("FETCH {AT_ONCE} FROM part");
    within(server, limit.saturating_mul(LONGER), client.query(&more, &[])).await
}

/// The reply, or a failure if it takes too long.
async fn within<T>(
    server: &Server,
    limit: Duration,
    reply: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Failure> {
    match timeout(limit, reply).await {
        Ok(reply) => reply.map_err(|error| failure::of_connecting(&server.name, &error)),
        Err(_) => Err(server.no_reply()),
    }
}

/// Whether a hold has a tag.
fn has_tag(tag: &TagFilter, values: &mut Vec<Value>) -> String {
    values.push(Box::new(tag.name.clone()));
    let found = format!("h.tags::json ->> ${}::text", values.len());
    match &tag.value {
        None => format!("{found} IS NOT NULL"),
        Some(value) => {
            values.push(Box::new(value.clone()));
            format!("{found} = ${}::text", values.len())
        }
    }
}

fn parts(server: &Server, what: &Filter) -> Vec<Part> {
    let scope = what.scope.as_ref().map(|scope| scope.as_str().to_owned());
    let hold = what.hold.as_ref().map(|hold| hold.as_str().to_owned());
    let named = |sql: String| schema::named(&sql, &server.options.schema);
    let inside = |column: &str| {
        format!(
            "($1::text IS NULL OR {column} = $1::text
            OR ({column} > $1::text || '/' AND {column} < $1::text || '0'))"
        )
    };
    let mut parts = Vec::new();
    if what.budgets {
        let (columns, inside) = (rows::BUDGET, inside("b.scope"));
        parts.push(Part {
            sql: named(format!(
                "SELECT {columns} FROM imgcost.budget b WHERE {inside} ORDER BY scope, win = 3, win"
            )),
            values: vec![Box::new(scope.clone())],
            decode: |reply| Ok(Record::Budget(reply.budget()?)),
        });
    }
    if what.pauses {
        let inside = inside("z.scope");
        parts.push(Part {
            sql: named(format!(
                "SELECT z.scope, z.at, z.by, z.reason FROM imgcost.pause z WHERE {inside} ORDER BY scope"
            )),
            values: vec![Box::new(scope.clone())],
            decode: |reply| Ok(Record::Pause(reply.pause()?)),
        });
    }
    if what.counters {
        let (columns, inside) = (rows::COUNTER, inside("c.scope"));
        parts.push(Part {
            sql: named(format!(
                "SELECT {columns} FROM imgcost.counter c WHERE {inside} ORDER BY scope, win, start"
            )),
            values: vec![Box::new(scope.clone())],
            decode: |reply| Ok(Record::Counter(reply.counter()?)),
        });
    }
    if what.holds {
        let (columns, inside) = (rows::hold_columns("h"), inside("h.scope"));
        let mut sql = format!("SELECT {columns} FROM imgcost.hold h WHERE {inside}");
        let mut values: Vec<Value> = vec![Box::new(scope.clone())];
        if what.expired {
            values.push(Box::new(server.now()));
            let now = format!("coalesce(${}::timestamptz, transaction_timestamp())", values.len());
            sql.push_str(&format!(" AND h.state = 'held' AND h.expires_at < {now}"));
        }
        if let Some(state) = what.state {
            sql.push_str(&format!(" AND h.state = '{state}'"));
        }
        if let Some(since) = what.since {
            values.push(Box::new(since));
            sql.push_str(&format!(" AND h.made_at >= ${}", values.len()));
        }
        if what.reason_like.is_some() {
            values.push(Box::new(what.reason_like.clone()));
            sql.push_str(&format!(" AND strpos(h.reason, ${}) > 0", values.len()));
        }
        if what.id_start.is_some() {
            values.push(Box::new(what.id_start.clone()));
            sql.push_str(&format!(" AND starts_with(h.id, ${})", values.len()));
        }
        if hold.is_some() {
            values.push(Box::new(hold.clone()));
            sql.push_str(&format!(" AND h.id = ${}", values.len()));
        }
        if let Some(tag) = &what.tag {
            sql.push_str(&format!(" AND {}", has_tag(tag, &mut values)));
        }
        sql.push_str(" ORDER BY h.number");
        parts.push(Part { sql: named(sql), values, decode: |reply| Ok(Record::Hold(reply.hold()?)) });
    }
    if what.journal {
        let (columns, inside) = (rows::ENTRY, inside("j.scope"));
        let mut sql = format!("SELECT {columns} FROM imgcost.journal j WHERE {inside}");
        let mut values: Vec<Value> = vec![Box::new(scope)];
        if let Some(since) = what.since {
            values.push(Box::new(since));
            sql.push_str(&format!(" AND j.at >= ${}", values.len()));
        }
        if hold.is_some() {
            values.push(Box::new(hold));
            sql.push_str(&format!(" AND j.hold = ${}", values.len()));
        }
        if let Some(tag) = &what.tag {
            let has_tag = has_tag(tag, &mut values);
            sql.push_str(&format!(" AND j.hold IN (SELECT h.id FROM imgcost.hold h WHERE {has_tag})"));
        }
        match what.last {
            Some(last) => {
                values.push(Box::new(i64::try_from(last).unwrap_or(i64::MAX)));
                let limit = values.len();
                sql = format!(
                    "SELECT * FROM ({sql} ORDER BY j.number DESC LIMIT ${limit}) AS last ORDER BY number"
                );
            }
            None => sql.push_str(" ORDER BY j.number"),
        }
        parts.push(Part { sql: named(sql), values, decode: |reply| Ok(Record::Entry(reply.entry()?)) });
    }
    parts
}
