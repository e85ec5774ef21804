//! The schema of a ledger file, and its migrations.

use rusqlite::{Connection, TransactionBehavior};

use super::failure::StoreName;
use crate::error::Error;

/// `imgc`: distinguishes a ledger from other SQLite files.
const APPLICATION_ID: i64 = 0x696d_6763;

/// The steps from an empty file to this version. A released step is never changed; a new version
/// is a new line at the end.
const MIGRATIONS: [&str; 2] = [include_str!("tables_1.sql"), include_str!("tables_2.sql")];

/// The version of this library.
pub(super) const VERSION: i64 = MIGRATIONS.len() as i64;

/// The triggers that protect rows that are never deleted or changed.
pub(super) const TRIGGERS: [&str; 4] =
    ["journal_keeps_entries", "journal_changes_no_entry", "journal_replaces_no_entry", "hold_keeps_rows"];

/// The version of a ledger file.
///
/// # Errors
/// It belongs to another application, has a newer version, or is not a SQLite file.
pub(super) fn version(connection: &Connection, store: &StoreName) -> Result<i64, Error> {
    let pragma = |name: &str| -> Result<i64, Error> {
        connection.pragma_query_value(None, name, |row| row.get(0)).map_err(|error| store.failed(error))
    };
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    if application != APPLICATION_ID {
        return Err(store.unfit("it is another application's SQLite file".to_owned()));
    }
    check_known(version, store)?;
    Ok(version)
}

/// Refuses a file that a newer program has migrated since it was opened. Called inside each
/// transaction, where the version can't change any more.
///
/// # Errors
/// It has a newer version, or can't be read.
pub(super) fn check_version(connection: &Connection, store: &StoreName) -> Result<(), Error> {
    let mut ask = connection.prepare_cached("PRAGMA user_version").map_err(|error| store.failed(error))?;
    let version = ask.query_row([], |row| row.get(0)).map_err(|error| store.failed(error))?;
    check_known(version, store)
}

fn check_known(version: i64, store: &StoreName) -> Result<(), Error> {
    if version > VERSION {
        return Err(store.unfit(format!(
            "its version is {version} and this program knows versions up to {VERSION}: use the newer program that wrote it"
        )));
    }
    Ok(())
}

/// Migrates a file to this version, in one transaction.
///
/// # Errors
/// As [`version`], or the file can't be written.
pub(super) fn migrate(connection: &mut Connection, store: &StoreName) -> Result<(), Error> {
    let version = version(connection, store)?;
    apply(connection, version).map_err(|error| store.failed(error))
}

/// Creates the tables in an empty file.
///
/// # Errors
/// The file can't be written.
pub(super) fn create(connection: &mut Connection, store: &StoreName) -> Result<(), Error> {
    apply(connection, 0).map_err(|error| store.failed(error))
}

fn apply(connection: &mut Connection, version: i64) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for migration in MIGRATIONS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}
