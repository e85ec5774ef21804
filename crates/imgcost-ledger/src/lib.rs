#![doc = include_str!("../README.md")]

mod adjustment;
mod audit;
mod budget;
mod checks;
mod clock;
mod closing;
mod engine;
mod error;
mod hold;
mod journal;
mod ledger;
mod memory;
mod money;
mod nearest;
mod new_hold;
mod pause;
#[cfg(feature = "postgres")]
mod postgres;
mod refusal;
mod scope;
mod shares;
#[cfg(feature = "sqlite")]
mod sqlite;
mod window;

pub use adjustment::{Adjusted, Adjustment, Correction};
pub use audit::{Audit, audit};
pub use budget::{Alert, Budget, Cap, Counter, ParseThresholdsError, Status, Sums, Thresholds};
pub use clock::Clock;
pub use closing::{change_all, presume_expired};
pub use error::Error;
pub use hold::{
    Change, Changed, Held, Hold, HoldId, Job, MAX_DETAILS, MAX_EXPIRY, MAX_TAG, MAX_TAGS, MAX_TEXT,
    ParseHoldIdError, State,
};
pub use jiff::{SignedDuration, Timestamp};
pub use journal::{Entry, Event};
pub use ledger::{Filter, Inspection, Ledger, Record, TagFilter};
pub use memory::MemoryLedger;
pub use money::NanoUsd;
pub use new_hold::{LateCall, NewHold};
pub use pause::Pause;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresLedger, PostgresOptions};
pub use refusal::{Block, Refusal};
pub use scope::{MAX_LEVELS, MAX_NAME, ParseScopeError, Scope};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteLedger, SqliteOptions};
pub use window::{ParseWindowError, Period, Window};
