//! A copy of the ledger, made while it is in use.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::connection::flush_folder;
use super::failure::StoreName;
use super::ledger_file::{self, beside};
use super::reader::View;
use super::schema;
use crate::error::Error;

/// Copies one consistent state into a new file.
pub(super) fn backup(view: &View<'_>, target: &Path) -> Result<(), Error> {
    let target = ledger_file::resolve(target)?;
    let store = StoreName::at(&target);
    for ending in ["", "-wal", "-journal"] {
        let found = beside(&target, ending);
        if found.exists() {
            return Err(taken(&found));
        }
    }
    let unfinished = Unfinished::begin(beside(&target, ".part"), &store)?;
    copy(view.connection, &unfinished.0, &store)?;
    let flushed = File::open(&unfinished.0).and_then(|file| file.sync_all());
    flushed.map_err(|error| store.system(&"the backup can't be flushed", &error))?;
    publish(&unfinished.0, &target).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => taken(&target),
        _ => store.system(&"the backup can't get its name", &error),
    })?;
    flush_folder(&target).map_err(|error| store.system(&"can't flush its folder", &error))
}

/// A backup never overwrites a file: it may be the only copy.
fn taken(path: &Path) -> Error {
    let why =
        format!("{} is there already, and a backup overwrites nothing: name a new file", path.display());
    Error::BadInput { field: "backup", why }
}

/// The file of an unfinished backup, removed when this is dropped.
struct Unfinished(PathBuf);

impl Unfinished {
    fn begin(path: PathBuf, store: &StoreName) -> Result<Self, Error> {
        match ledger_file::private().write(true).create_new(true).open(&path) {
            Ok(_) => Ok(Unfinished(path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let why = format!(
                    "{} is there already: another backup is being made, or was broken off; if none is, remove it",
                    path.display()
                );
                Err(Error::BadInput { field: "backup", why })
            }
            Err(error) => Err(store.system(&"the backup can't be made", &error)),
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        for ending in ["", "-journal"] {
            // It may have been renamed already; if it can't be removed, the next attempt reports it.
            let _ = std::fs::remove_file(beside(&self.0, ending));
        }
    }
}

fn copy(from: &Connection, to: &Path, store: &StoreName) -> Result<(), Error> {
    let failed = |error| store.failed(error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut copy = Connection::open_with_flags(to, flags).map_err(failed)?;
    // In one step, from the open transaction: in several steps it would restart after every
    // write, and never finish while others write.
    let step = Backup::new(from, &mut copy).and_then(|backup| backup.step(-1)).map_err(failed)?;
    if step != StepResult::Done {
        return Err(store.locked());
    }
    schema::version(&copy, store)?;
    copy.close().map_err(|(_, error)| failed(error))
}

/// Renames a file, unless the name is taken.
fn publish(file: &Path, name: &Path) -> io::Result<()> {
    match std::fs::hard_link(file, name) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // File systems without hard links, such as FAT.
        Err(_) if !name.exists() => std::fs::rename(file, name),
        linked => linked,
    }
}
