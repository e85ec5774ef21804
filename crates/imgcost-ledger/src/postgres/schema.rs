//! The versions of the schema, and their migrations.

use deadpool_postgres::Client;

use crate::error::Error;

use super::failure::{self, Failure};

/// Every migration, in order. Entries are only ever added: the version of a schema is the number
/// of migrations applied to it.
const MIGRATIONS: [&str; 3] = [
    include_str!("tables.sql"),
    include_str!("steps.sql"),
    concat!(include_str!("tables_2.sql"), include_str!("steps_2.sql")),
];

/// The version of this program.
#[allow(clippy::cast_possible_wrap, clippy::cast_possible_truncation)]
pub(super) const VERSION: i32 = MIGRATIONS.len() as i32;

/// Only plain names, which need no escaping.
pub(super) fn check_name(schema: &str) -> Result<(), Error> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let digit = schema.starts_with(|c: char| c.is_ascii_digit());
    if schema.is_empty() || schema.len() > 63 || digit || !schema.chars().all(plain) {
        let why = "expected 1 to 63 of the characters a-z, 0-9 and _, no digit first".to_owned();
        return Err(Error::BadInput { field: "schema", why });
    }
    Ok(())
}

/// A statement for a schema.
pub(super) fn named(sql: &str, schema: &str) -> String {
    sql.replace("imgcost.", &format!("\"{schema}\"."))
}

/// All statements, for an administrator.
pub(super) fn all(schema: &str) -> String {
    let mut sql = format!("BEGIN;\nCREATE SCHEMA IF NOT EXISTS \"{schema}\";\n\n");
    for (version, migration) in (1..).zip(MIGRATIONS) {
        sql.push_str(&migration_sql(schema, version, migration));
    }
    sql.push_str("COMMIT;\n\n");
    let rights = include_str!("rights.sql").replace("{schema}", &format!("\"{schema}\""));
    sql.push_str(&named(&rights, schema));
    sql
}

fn migration_sql(schema: &str, version: i32, migration: &str) -> String {
    let record = named(&format!("INSERT INTO imgcost.migration (version) VALUES ({version});"), schema);
    format!("{}\n{record}\n\n", named(migration, schema))
}

/// The version of a schema; 0 if there is none.
pub(super) async fn version(client: &Client, schema: &str) -> Result<i32, tokio_postgres::Error> {
    let table = named("imgcost.migration", schema);
    let row = client.query_one("SELECT to_regclass($1) IS NOT NULL", &[&table]).await?;
    if !row.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    let row = client.query_one(&format!("SELECT coalesce(max(version), 0) FROM {table}"), &[]).await?;
    row.try_get(0)
}

/// Migrates the schema to the version of this program, or fails if it can't be used.
pub(super) async fn update(client: &Client, store: &str, schema: &str) -> Result<(), Failure> {
    let failed = |error: tokio_postgres::Error| failure::of_connecting(store, &error);
    let found = version(client, schema).await.map_err(failed)?;
    check_version(store, schema, found)?;
    if found == VERSION {
        return Ok(());
    }
    client.batch_execute("BEGIN").await.map_err(failed)?;
    let done = migrate(client, store, schema).await;
    let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = client.batch_execute(end).await.map_err(failed);
    done.and(ended)
}

async fn migrate(client: &Client, store: &str, schema: &str) -> Result<(), Failure> {
    let failed = |error: tokio_postgres::Error| failure::of_connecting(store, &error);
    // If several programs start at once, one migrates and the others find it done.
    let name = format!("imgcost schema {schema}");
    let lock = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
    client.execute(lock, &[&name]).await.map_err(failed)?;
    // Even with `IF NOT EXISTS`, an existing schema needs the right to create schemas.
    let there = "SELECT count(*) FROM pg_namespace WHERE nspname = $1";
    let row = client.query_one(there, &[&schema]).await.map_err(failed)?;
    if row.try_get::<_, i64>(0).map_err(failed)? == 0 {
        let create = format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\"");
        client.batch_execute(&create).await.map_err(failed)?;
    }
    let found = version(client, schema).await.map_err(failed)?;
    check_version(store, schema, found)?;
    for (number, migration) in (1..).zip(MIGRATIONS) {
        if number > found {
            client.batch_execute(&migration_sql(schema, number, migration)).await.map_err(failed)?;
        }
    }
    Ok(())
}

fn check_version(store: &str, schema: &str, found: i32) -> Result<(), Failure> {
    if found <= VERSION {
        return Ok(());
    }
    let why = format!(
        "its schema {schema} has version {found}, made by a newer imgcost; this one knows versions up to {VERSION}"
    );
    Err(Failure::Final(Error::Unfit { store: store.to_owned(), why }))
}
