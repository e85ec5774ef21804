#![doc = include_str!("../README.md")]

mod audit;
mod budget;
mod checks;
mod clock;
mod engine;
mod entries;
mod error;
mod hold;
mod journal;
mod ledger;
mod memory;
mod money;
#[cfg(feature = "postgres")]
mod postgres;
mod refusal;
mod scope;
mod shares;
#[cfg(feature = "sqlite")]
mod sqlite;
mod window;

pub use audit::{Audit, audit};
pub use budget::{Alert, Budget, Cap, Counter, ParseThresholdsError, Status, Sums, Thresholds};
pub use clock::Clock;
pub use error::Error;
pub use hold::{
    Change, Changed, Held, Hold, HoldId, MAX_DETAILS, MAX_EXPIRY, MAX_TEXT, NewHold, ParseHoldIdError, State,
};
pub use jiff::{SignedDuration, Timestamp};
pub use journal::{Entry, Event};
pub use ledger::{Filter, Inspection, Ledger, Record};
pub use memory::MemoryLedger;
pub use money::NanoUsd;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresLedger, PostgresOptions};
pub use refusal::{Block, Refusal};
pub use scope::{MAX_LEVELS, MAX_NAME, ParseScopeError, Scope};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteLedger, SqliteOptions};
pub use window::{ParseWindowError, Period, Window};
