//! What a failed attempt means: nothing was done, or the outcome is unknown.

use deadpool_postgres::{HookError, PoolError, TimeoutType};
use tokio_postgres::error::{DbError, Severity, SqlState};

use crate::error::Error;

/// Why an attempt failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nothing was done, and another attempt would end the same way.
    Final(Error),
    /// Nothing was done; another attempt may succeed.
    Again(Error),
    /// The reply was lost: the step may have been done.
    Lost(String),
}

impl Failure {
    /// The error of a statement that writes nothing.
    pub(super) fn of_reading(self, store: &str) -> Error {
        match self {
            Failure::Final(error) | Failure::Again(error) => error,
            Failure::Lost(why) => Error::Unavailable { store: store.to_owned(), why },
        }
    }
}

/// There was no connection, so nothing was sent.
pub(super) fn of_pool(store: &str, error: PoolError) -> Failure {
    let unavailable = |why: String| Error::Unavailable { store: store.to_owned(), why };
    match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
            of_connecting(store, &error)
        }
        PoolError::Timeout(TimeoutType::Wait) => {
            Failure::Final(unavailable("all connections are busy".to_owned()))
        }
        PoolError::Timeout(_) => Failure::Again(unavailable("it took too long to connect".to_owned())),
        other => Failure::Again(unavailable(other.to_string())),
    }
}

/// An error before any write was sent.
pub(super) fn of_connecting(store: &str, error: &tokio_postgres::Error) -> Failure {
    match error.as_db_error() {
        Some(said) if is_passing(said.code()) => Failure::Again(unavailable(store, said)),
        Some(said) => Failure::Final(of_code(store, said)),
        None => Failure::Again(Error::Unavailable { store: store.to_owned(), why: chain(error) }),
    }
}

/// An error after a write was sent.
pub(super) fn of_sending(store: &str, error: &tokio_postgres::Error) -> Failure {
    let Some(said) = error.as_db_error() else { return Failure::Lost(chain(error)) };
    // A terminated session may have committed just before.
    let ended = matches!(said.parsed_severity(), Some(Severity::Fatal | Severity::Panic))
        || said.code().code().starts_with("08")
        || *said.code() == SqlState::TRANSACTION_RESOLUTION_UNKNOWN;
    if ended {
        return Failure::Lost(words(said));
    }
    if is_passing(said.code()) {
        return Failure::Again(unavailable(store, said));
    }
    Failure::Final(of_code(store, said))
}

/// Temporary failures: conflicts, a restart, a pooler that lost a statement, a connection to a
/// server that became a standby.
fn is_passing(code: &SqlState) -> bool {
    [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::INVALID_SQL_STATEMENT_NAME,
        SqlState::READ_ONLY_SQL_TRANSACTION,
    ]
    .contains(code)
}

fn unavailable(store: &str, said: &DbError) -> Error {
    Error::Unavailable { store: store.to_owned(), why: words(said) }
}

fn of_code(store: &str, said: &DbError) -> Error {
    let unfit = |why: String| Error::Unfit { store: store.to_owned(), why };
    let code = said.code();
    if *code == SqlState::INSUFFICIENT_PRIVILEGE {
        return unfit(format!(
            "{}; an administrator makes the schema and grants its use with the statements that `schema_sql` gives",
            said.message()
        ));
    }
    let is_missing = [
        SqlState::UNDEFINED_FUNCTION,
        SqlState::UNDEFINED_TABLE,
        SqlState::UNDEFINED_COLUMN,
        SqlState::INVALID_SCHEMA_NAME,
        SqlState::FEATURE_NOT_SUPPORTED,
    ];
    if is_missing.contains(code) { unfit(words(said)) } else { unavailable(store, said) }
}

fn words(said: &DbError) -> String {
    let code = said.code();
    let hint = if *code == SqlState::LOCK_NOT_AVAILABLE {
        "others on the same path took too long: "
    } else if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
        "it takes no writes, as a standby does: "
    } else {
        ""
    };
    format!("{hint}{} (SQLSTATE {})", said.message(), code.code())
}

/// An error of the driver with its causes.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        let more = error.to_string();
        if !words.ends_with(&more) {
            words.push_str(": ");
            words.push_str(&more);
        }
        next = error.source();
    }
    words
}
