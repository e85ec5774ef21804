//! What happens beside the calls, and nobody waits for.

use std::fmt;

use imgcost_core::Date;
use imgcost_ledger::{Alert, HoldId, NanoUsd};

use crate::error::Error;

/// Something that the operator of the guard should hear of, though no call fails by it.
///
/// It goes to [`Builder::on_notice`](crate::Builder::on_notice). The guard logs nothing by
/// itself: which of the logging crates a program uses is its own choice, and one line brings
/// a notice there (`|notice| log::warn!("{notice}")`). Without a callback nothing of the books
/// is lost, since it is in the ledger's journal or shows as an open hold; notices about
/// requests, responses and prices are told only here.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Notice {
    /// A budget reached one of its thresholds.
    Alert(Alert),
    /// A call was admitted over a limit, as the policy allows.
    Overridden {
        /// The hold that was made for it.
        hold: HoldId,
        /// What would have denied it: [`Error::OverCallCap`] or [`Error::Refused`].
        limit: Error,
    },
    /// A bill was above its ceiling. It is booked in full, and its scope admits calls only while
    /// there is room under its cap: none once the bill has passed that.
    Overrun {
        /// The hold.
        hold: HoldId,
        /// What the call cost.
        cost: NanoUsd,
        /// How far that is above the ceiling.
        overrun: NanoUsd,
    },
    /// What to know of a call that was settled, such as that another model answered than the one
    /// that was held for.
    Noted {
        /// The hold.
        hold: HoldId,
        /// What to know.
        note: String,
    },
    /// The prices are older than 60 days, or than the policy's
    /// [`max_book_age`](crate::Policy::max_book_age). It is told once a day.
    PricesOld {
        /// The provider whose prices they are.
        provider: String,
        /// When they were last checked.
        checked: Date,
        /// The day for which they are used.
        day: Date,
    },
    /// A call was admitted at an assumed ceiling, since its request has fields that are in no
    /// table of its API: what they cost is not held. Told once for the same fields.
    UnknownFields {
        /// The fields.
        fields: Vec<String>,
    },
    /// A call by an API of the provider's own passed: nothing was held for it, and nothing is
    /// booked. Told once a path.
    Unmetered {
        /// The provider that the guard is set to.
        provider: String,
        /// The path, without host and query.
        path: String,
    },
    /// A call went to a host that is not known for the provider that the guard is set to, whose
    /// prices count. Told once a host.
    OtherHost {
        /// The provider that the guard is set to.
        provider: String,
        /// Where the call went.
        host: String,
        /// The provider whose API is there, if the price book knows.
        of: Option<String>,
    },
    /// What became of a call could not be booked. Either its hold stays open and counts at the
    /// ceiling, and expires in time; or it was booked otherwise before, which stands.
    NotBooked {
        /// The hold.
        hold: HoldId,
        /// Why.
        error: Error,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::Alert(alert) => write!(f, "{alert}"),
            Notice::Overridden { hold, limit } => write!(f, "admitted over a limit, as hold {hold}: {limit}"),
            Notice::Overrun { hold, cost, overrun } => {
                write!(f, "hold {hold} was billed ${cost}, ${overrun} above its ceiling")
            }
            Notice::Noted { hold, note } => write!(f, "hold {hold}: {note}"),
            Notice::PricesOld { provider, checked, day } => write!(
                f,
                "the prices of {provider} for {day} were last checked on {checked}: bills may differ from \
                 what is held and booked; use a newer price book"
            ),
            Notice::UnknownFields { fields } => write!(
                f,
                "what the request's {} costs is not known: its ceiling is assumed; a newer version may know",
                fields.join(", ")
            ),
            Notice::Unmetered { provider, path } => write!(
                f,
                "calls of {provider} to {path} pass unmetered: nothing is held for them, and nothing booked"
            ),
            Notice::OtherHost { provider, host, of } => {
                match of {
                    Some(of) => write!(f, "{host} is {of}'s host")?,
                    None => write!(f, "{host} is no host of {provider} that the price book knows")?,
                }
                write!(f, ": its calls are held and booked at the prices of {provider}")
            }
            Notice::NotBooked { hold, error } if error.is_conflict() => {
                write!(f, "hold {hold} was booked before, otherwise than now, and stays so: {error}")
            }
            Notice::NotBooked { hold, error } => {
                write!(f, "hold {hold} could not be booked and stays open: {error}")
            }
        }
    }
}

type Listen = dyn Fn(&Notice) + Send + Sync;

/// Where notices go.
#[derive(Default)]
pub(crate) struct Listener(Option<Box<Listen>>);

impl Listener {
    pub(crate) fn new(listen: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        Listener(Some(Box::new(listen)))
    }

    pub(crate) fn tell(&self, notice: &Notice) {
        if let Some(listen) = &self.0 {
            listen(notice);
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Listener" } else { "no Listener" })
    }
}
