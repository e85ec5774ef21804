//! Failures of SQLite and the system as [`Error`]s.

use std::fmt::Display;
use std::io;
use std::path::Path;

use rusqlite::ErrorCode;

use crate::error::Error;

/// The name of a store in messages, and the errors of that store.
#[derive(Debug, Clone)]
pub(super) struct StoreName(String);

impl StoreName {
    pub(super) fn at(path: &Path) -> Self {
        StoreName(path.display().to_string())
    }

    pub(super) fn name(&self) -> String {
        self.0.clone()
    }

    pub(super) fn unfit(&self, why: String) -> Error {
        Error::Unfit { store: self.name(), why }
    }

    pub(super) fn damaged(&self, why: String) -> Error {
        Error::Damaged { store: self.name(), why }
    }

    pub(super) fn unavailable(&self, why: String) -> Error {
        Error::Unavailable { store: self.name(), why }
    }

    pub(super) fn unknown(&self, why: String) -> Error {
        Error::Unknown { store: self.name(), why }
    }

    pub(super) fn locked(&self) -> Error {
        self.unavailable("it was locked for too long by other writers".to_owned())
    }

    /// A failure of the system with a file or folder.
    pub(super) fn system(&self, what: &dyn Display, error: &io::Error) -> Error {
        let hint = match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                "; this user must be allowed to read and write the file and its folder"
            }
            io::ErrorKind::StorageFull => "; make room and try again",
            _ => "",
        };
        self.unavailable(format!("{what}: {error}{hint}"))
    }

    /// A failure of SQLite.
    pub(super) fn failed(&self, error: rusqlite::Error) -> Error {
        let said = error.to_string();
        let code = match error {
            rusqlite::Error::SqliteFailure(failure, _) => failure,
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => return self.damaged(said),
            _ => return self.unavailable(said),
        };
        match code.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
                self.locked()
            }
            ErrorCode::DiskFull => self.unavailable("disk full; make room and try again".to_owned()),
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => self.unavailable(
                format!("{said}; this user must be allowed to read and write the file and its folder"),
            ),
            ErrorCode::NotADatabase => self.unfit("it is not a SQLite file".to_owned()),
            ErrorCode::DatabaseCorrupt | ErrorCode::TypeMismatch | ErrorCode::ConstraintViolation => {
                self.damaged(said)
            }
            ErrorCode::SystemIoFailure => self
                .unavailable(format!("reading or writing it failed: {said} (code {})", code.extended_code)),
            _ => self.unavailable(said),
        }
    }
}

/// Whether a failed COMMIT may turn out committed after a crash: everything was written, and only
/// the flush to the disk failed.
pub(super) fn may_be_done(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|failure| failure.extended_code);
    matches!(code, Some(rusqlite::ffi::SQLITE_IOERR_FSYNC | rusqlite::ffi::SQLITE_IOERR_DIR_FSYNC))
}
