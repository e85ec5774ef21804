//! What a ledger file looks like, and how one of an earlier version becomes one of this.

use rusqlite::{Connection, TransactionBehavior};

use super::failure::Store;
use crate::error::Error;

/// `imgc`: tells a ledger from any other SQLite file.
const APPLICATION_ID: i64 = 0x696d_6763;

/// Step by step from an empty file to this version. What has been released is never changed:
/// a new version is a new line at the end.
const MIGRATIONS: [&str; 1] = [include_str!("tables_1.sql")];

/// The version that this library writes.
pub(super) const VERSION: i64 = MIGRATIONS.len() as i64;

/// What keeps rows that are never taken away or changed.
pub(super) const TRIGGERS: [&str; 4] =
    ["journal_keeps_entries", "journal_changes_no_entry", "journal_replaces_no_entry", "hold_keeps_rows"];

/// The version of a ledger file.
///
/// # Errors
/// It is another application's, of a newer version, or no SQLite file.
pub(super) fn version(connection: &Connection, store: &Store) -> Result<i64, Error> {
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

/// Refuses a file that a newer program has brought to its version since it was opened. Asked
/// inside each transaction: what it reads can't change any more.
///
/// # Errors
/// It is of a newer version, or can't be read.
pub(super) fn check_version(connection: &Connection, store: &Store) -> Result<(), Error> {
    let mut ask = connection.prepare_cached("PRAGMA user_version").map_err(|error| store.failed(error))?;
    let version = ask.query_row([], |row| row.get(0)).map_err(|error| store.failed(error))?;
    check_known(version, store)
}

fn check_known(version: i64, store: &Store) -> Result<(), Error> {
    if version > VERSION {
        return Err(store.unfit(format!(
            "its version is {version} and this program knows versions up to {VERSION}: use the newer program that wrote it"
        )));
    }
    Ok(())
}

/// Brings a file to this version, in one transaction.
///
/// # Errors
/// As [`version`], or the file can't be written.
pub(super) fn migrate(connection: &mut Connection, store: &Store) -> Result<(), Error> {
    let version = version(connection, store)?;
    apply(connection, version).map_err(|error| store.failed(error))
}

/// Makes the tables in an empty file.
///
/// # Errors
/// The file can't be written.
pub(super) fn create(connection: &mut Connection, store: &Store) -> Result<(), Error> {
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
