//! Files that are written whole or not at all: beside their places first, then moved over them.

use std::ffi::OsStr;
use std::fmt::Display;
use std::fs::{self, OpenOptions};
use std::io::{self, StdoutLock, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::plain;

/// Writes files, all of them or none.
///
/// # Errors
/// A file can't be written: no file is left half-written, and the error names it.
pub(super) fn place<'p>(files: impl Iterator<Item = (&'p Path, Vec<u8>)>) -> Result<(), Failure> {
    let mut sinks = Vec::new();
    for (path, bytes) in files {
        let mut sink = Sink::file(path)?;
        sink.write(&bytes)?;
        sinks.push(sink);
    }
    sinks.into_iter().try_for_each(Sink::place)
}

pub(super) fn name(path: &Path) -> String {
    plain::line(path.display().to_string())
}

/// A failure that names the file. Never that of a reader who went away: files have none.
fn failed(path: &Path, error: impl Display) -> Failure {
    Failure::Output(io::Error::other(format!("{}: {error}", name(path))))
}

/// Where a result goes piece by piece.
pub(crate) enum Sink {
    Stdout(StdoutLock<'static>),
    File(Staged),
}

impl Sink {
    /// A file that is to be written.
    ///
    /// # Errors
    /// It can't be made.
    pub(super) fn file(path: &Path) -> Result<Sink, Failure> {
        Staged::new(path).map(Sink::File).map_err(|error| failed(path, error))
    }

    /// Writes a piece.
    ///
    /// # Errors
    /// It can't be written.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Sink::Stdout(out) => Ok(out.write_all(bytes).and_then(|()| out.flush())?),
            Sink::File(staged) => {
                let written = staged.file.as_mut().map_or(Ok(()), |file| file.write_all(bytes));
                written.map_err(|error| failed(&staged.place, error))
            }
        }
    }

    /// Moves a file to its place.
    ///
    /// # Errors
    /// It can't be moved.
    pub(crate) fn place(self) -> Result<(), Failure> {
        let Sink::File(mut staged) = self else { return Ok(()) };
        // Some systems move no file that is open.
        staged.file = None;
        fs::rename(&staged.temporary, &staged.place).map_err(|error| failed(&staged.place, error))
    }
}

/// A file that is written and not yet in its place. Dropped before that, it is removed.
pub(crate) struct Staged {
    temporary: PathBuf,
    place: PathBuf,
    file: Option<fs::File>,
}

impl Staged {
    fn new(path: &Path) -> io::Result<Staged> {
        // What a link leads to is replaced, not the link.
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let before = match fs::metadata(&place) {
            Ok(found) if !found.is_file() => return Err(io::Error::other("is there and is not a file")),
            Ok(found) if found.permissions().readonly() => {
                return Err(io::Error::other("is there and may not be written"));
            }
            Ok(found) => Some(found.permissions()),
            Err(_) => None,
        };
        let (temporary, file) = beside(&place)?;
        let staged = Staged { temporary, place, file: Some(file) };
        if let (Some(permissions), Some(file)) = (before, &staged.file) {
            file.set_permissions(permissions)?;
        }
        Ok(staged)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Gone already where it was moved; a failure to remove it has no place to be reported.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// A new file in the same folder, so that it can be moved in one step.
fn beside(place: &Path) -> io::Result<(PathBuf, fs::File)> {
    let folder = place.parent().filter(|folder| *folder != OsStr::new("")).unwrap_or(Path::new("."));
    let mut number = 0_u32;
    loop {
        let temporary = folder.join(format!(".imgcost-{}-{number}.tmp", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            // Left behind by a process of the same number that was killed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 1000 => number += 1,
            Err(error) => return Err(error),
        }
    }
}
