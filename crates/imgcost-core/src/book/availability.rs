//! Whether a model can be called on a day, and how much longer.

use std::fmt;

use jiff::civil::Date;
use serde::{Serialize, Serializer};

use super::Model;

/// A shutdown within this many days is marked wherever the model is listed.
const ENDS_WITHIN_DAYS: i64 = 30;

/// Whether a model can be called on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// No shutdown within the next 30 days is known.
    Current,
    /// The model is shut down on this day, within 30 days.
    Ends(Date),
    /// The model was shut down on this day.
    Retired(Date),
}

impl Availability {
    /// Whether the model was shut down.
    #[must_use]
    pub const fn is_retired(self) -> bool {
        matches!(self, Availability::Retired(_))
    }

    /// Whether the model was shut down, or will be within 30 days.
    #[must_use]
    pub const fn is_marked(self) -> bool {
        !matches!(self, Availability::Current)
    }

    /// The stable name: `current`, `ends` or `retired`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Availability::Current => "current",
            Availability::Ends(_) => "ends",
            Availability::Retired(_) => "retired",
        }
    }

    /// The day of the shutdown; none where none is near.
    #[must_use]
    pub const fn day(self) -> Option<Date> {
        match self {
            Availability::Current => None,
            Availability::Ends(day) | Availability::Retired(day) => Some(day),
        }
    }
}

impl fmt::Display for Availability {
    /// The mark that tables show: `retired` or `ends 2026-12-01`; nothing for a current model.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Availability::Current => Ok(()),
            Availability::Ends(day) => write!(f, "ends {day}"),
            Availability::Retired(_) => f.write_str("retired"),
        }
    }
}

impl Serialize for Availability {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Model {
    /// Whether the model can be called on a day.
    #[must_use]
    pub fn availability(&self, day: Date) -> Availability {
        match self.retired {
            Some(retired) if retired <= day => Availability::Retired(retired),
            Some(retired) if day.duration_until(retired).as_hours() / 24 <= ENDS_WITHIN_DAYS => {
                Availability::Ends(retired)
            }
            _ => Availability::Current,
        }
    }
}
