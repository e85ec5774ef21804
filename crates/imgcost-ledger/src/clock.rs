//! The clock of a store.

use std::fmt;
use std::sync::Arc;

use jiff::{Timestamp, Unit};

/// The clock of a store in memory or in a file. A PostgreSQL server has its own.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Clock(Arc::new(Timestamp::now))
    }

    /// Another source of time, for tests.
    #[must_use]
    pub fn of(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Clock(Arc::new(now))
    }

    /// The time in whole microseconds, as stores record it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = (self.0)();
        now.round(jiff::TimestampRound::new().smallest(Unit::Microsecond).mode(jiff::RoundMode::Floor))
            .unwrap_or(now)
    }
}

impl Default for Clock {
    fn default() -> Self {
        Clock::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
