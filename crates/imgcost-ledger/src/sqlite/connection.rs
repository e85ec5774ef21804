//! Opening connections, and creating the file.

use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::failure::StoreName;
use super::ledger_file::{self, LedgerFile, beside};
use super::schema;
use crate::error::Error;

/// Earlier versions can damage a file that several processes checkpoint at once.
const OLDEST_LIBRARY: i32 = 3_051_003;

/// The size to which a larger log is truncated, in bytes.
const LOG_LIMIT: i64 = 64 << 20;

/// Refuses a version of SQLite with a relevant bug.
pub(super) fn check_library(store: &StoreName) -> Result<(), Error> {
    if rusqlite::version_number() >= OLDEST_LIBRARY {
        return Ok(());
    }
    let found = rusqlite::version();
    Err(store.unfit(format!("the SQLite library is version {found}; 3.51.3 or later is needed")))
}

/// A connection that writes.
pub(super) fn writer(file: &LedgerFile, wait: Duration) -> Result<Connection, Error> {
    let connection = open(&file.path, wait, &file.store)?;
    let is_readonly = connection.is_readonly("main").map_err(|error| file.store.failed(error))?;
    if is_readonly {
        return Err(file.store.unavailable(
            "it is read-only; this user must be allowed to read and write the file and its folder".to_owned(),
        ));
    }
    Ok(connection)
}

/// A connection that only reads.
pub(super) fn reader(file: &LedgerFile, wait: Duration) -> Result<Connection, Error> {
    let connection = open(&file.path, wait, &file.store)?;
    connection.pragma_update(None, "query_only", true).map_err(|error| file.store.failed(error))?;
    Ok(connection)
}

/// A connection of a user who may not write.
///
/// While the ledger is in use its log must be read too, with the locks and the memory that
/// programs share. Without a log, all is in the file: then nothing but the file is needed, and it
/// can't change unless a log is begun.
pub(super) fn read_only(file: &LedgerFile, wait: Duration) -> Result<(Connection, bool), Error> {
    let failed = |error| file.store.failed(error);
    let has_log = has_log(&file.path);
    let connection = if has_log {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(&file.path, flags)
    } else {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let name = format!("file:{}?immutable=1", escaped(&file.path));
        Connection::open_with_flags(name, flags | OpenFlags::SQLITE_OPEN_URI)
    };
    let connection = connection.map_err(failed)?;
    connection.busy_timeout(wait).map_err(failed)?;
    let version = schema::version(&connection, &file.store)?;
    if version < schema::VERSION {
        return Err(file.store.unfit(format!(
            "its version is {version} and must become {}: a user who may write has to open it once with this program",
            schema::VERSION
        )));
    }
    Ok((connection, has_log))
}

/// Whether a log is beside a ledger.
pub(super) fn has_log(path: &Path) -> bool {
    ["-wal", "-shm"].iter().any(|ending| beside(path, ending).exists())
}

/// A path as a URI has it.
fn escaped(path: &Path) -> String {
    let mut uri = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'_' | b'-' => uri.push(char::from(*byte)),
            _ if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// A connection to a file in WAL mode whose commits are on the disk when they return.
fn open(path: &Path, wait: Duration, store: &StoreName) -> Result<Connection, Error> {
    let failed = |error| store.failed(error);
    let connection = plain(path, wait, store)?;
    schema::version(&connection, store)?;
    let mode: String =
        connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).map_err(failed)?;
    if mode != "wal" {
        return Err(store.unfit(format!("its journal mode is {mode}; it was made with wal")));
    }
    Ok(connection)
}

/// A connection with our settings, without looking at the contents.
fn plain(path: &Path, wait: Duration, store: &StoreName) -> Result<Connection, Error> {
    let failed = |error| store.failed(error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // The path is absolute, so it is never parsed as a URI.
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(wait).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Otherwise a prepared statement is planned again whenever its values change, which took
    // longer than the rest of a step.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(failed)?;
    for (name, value) in [
        ("synchronous", "FULL"),
        // For macOS, where a plain fsync may stop at the disk's cache.
        ("fullfsync", "ON"),
        ("checkpoint_fullfsync", "ON"),
        ("foreign_keys", "ON"),
        ("trusted_schema", "OFF"),
        ("cell_size_check", "ON"),
    ] {
        connection.pragma_update(None, name, value).map_err(failed)?;
    }
    // A log that grew because of a slow reader is truncated to this when it restarts.
    connection.pragma_update(None, "journal_size_limit", LOG_LIMIT).map_err(failed)?;
    Ok(connection)
}

/// Migrates a file of an earlier version to this one.
pub(super) fn migrate(path: &Path, wait: Duration, store: &StoreName) -> Result<(), Error> {
    schema::migrate(&mut plain(path, wait, store)?, store)
}

/// The version of the file at a path.
///
/// # Errors
/// It is not a ledger, or is too damaged to tell.
pub(super) fn version(path: &Path, wait: Duration, store: &StoreName) -> Result<i64, Error> {
    let file = std::fs::metadata(path).map_err(|error| store.system(&"can't open it", &error))?;
    if file.len() == 0 {
        return Err(store.unfit(
            "it is empty: either it was cut off, or it was made by hand; move it away to begin a new one"
                .to_owned(),
        ));
    }
    schema::version(&plain(path, wait, store)?, store)
}

/// Creates a ledger under a temporary name and renames it when it is complete, so that no process
/// sees a part of one. The writer lock must be held.
pub(super) fn create(path: &Path, wait: Duration, store: &StoreName) -> Result<(), Error> {
    for left in ["-wal", "-journal"].map(|ending| beside(path, ending)) {
        if left.exists() {
            let left = left.display();
            return Err(store.unfit(format!(
                "the file is gone but {left} is still there, and may hold its last writes: bring the file back, or move that away to begin a new one"
            )));
        }
    }
    let new = beside(path, ".new");
    let made = make(&new, wait, store).and_then(|()| {
        std::fs::rename(&new, path).map_err(|error| store.system(&"can't be made", &error))?;
        flush_folder(path).map_err(|error| store.system(&"can't flush its folder", &error))
    });
    if made.is_err() {
        for ending in ["", "-wal", "-shm", "-journal"] {
            // If it can't be removed, the next attempt truncates it.
            let _ = std::fs::remove_file(beside(&new, ending));
        }
    }
    made
}

fn make(new: &Path, wait: Duration, store: &StoreName) -> Result<(), Error> {
    for left in ["", "-wal", "-shm", "-journal"].map(|ending| beside(new, ending)) {
        match std::fs::remove_file(&left) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(store.system(&format!("can't remove {}", left.display()), &error));
            }
            _ => {}
        }
    }
    let file = ledger_file::private().write(true).create_new(true).open(new);
    file.map_err(|error| store.system(&"can't be made", &error))?;
    let failed = |error| store.failed(error);
    let mut connection = plain(new, wait, store)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
    schema::create(&mut connection, store)?;
    // Closing moves the log into the file and removes it.
    connection.close().map_err(|(_, error)| failed(error))?;
    let file = std::fs::File::open(new).and_then(|file| file.sync_all());
    file.map_err(|error| store.system(&"can't be flushed", &error))
}

/// Flushes a folder, so that a new name in it is on the disk.
pub(super) fn flush_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if cfg!(unix) => std::fs::File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
