//! What happens to calls and beside them, for metrics, logs and alarms.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use imgcost_core::{Date, Usd};
use imgcost_ledger::{Alert, Change, HoldId, NanoUsd, Scope, State};

use crate::error::Error;

/// Something that happened to a call, or that the operator of the guard should hear of.
///
/// It goes to [`Builder::on_event`](crate::Builder::on_event), and with the feature `tracing` to
/// `tracing` as well. Nothing of the ledger is lost without a listener: holds and bookings are in
/// its journal. Events about requests, responses and prices are told only here.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// A call was admitted, and its money is held.
    Held {
        /// The hold.
        hold: HoldId,
        /// Whose money it is.
        scope: Scope,
        /// The model that was asked for.
        model: String,
        /// How much is held.
        amount: NanoUsd,
        /// What one attempt will probably cost, in USD, where there is a basis for that.
        expected: Option<Usd>,
        /// Whether the ceiling is assumed.
        is_assumed: bool,
        /// What is left on the tightest budget of the path; none where nothing is limited.
        left: Option<NanoUsd>,
    },
    /// A call was denied and must not be made.
    Denied {
        /// Whose money was asked for.
        scope: Scope,
        /// Why.
        why: Error,
    },
    /// A call was admitted because the guard only [observes](crate::Mode::Observe).
    WouldDeny {
        /// The hold that was made for it all the same; none where nothing could be held.
        hold: Option<HoldId>,
        /// Whose money was asked for.
        scope: Scope,
        /// What would have denied it.
        why: Error,
    },
    /// What became of a call is in the ledger.
    Booked {
        /// The hold.
        hold: HoldId,
        /// Whose money it was.
        scope: Scope,
        /// The model that was asked for.
        model: String,
        /// Settled, released or presumed.
        state: State,
        /// What counts for it: the cost if it is settled, nothing if it is released, the ceiling
        /// if it is presumed.
        amount: NanoUsd,
        /// How long it was from the hold to here.
        latency: Duration,
    },
    /// A budget reached one of its thresholds.
    Alert(Alert),
    /// A call was admitted over a limit, as the policy allows.
    Overridden {
        /// The hold that was made for it.
        hold: HoldId,
        /// What would have denied it: [`Error::OverCallCap`], [`Error::Refused`], or
        /// [`Error::Ledger`] where an [`Outage`](crate::Outage) lets it pass.
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
    /// ceiling until [`Guard::retry_unbooked`](crate::Guard::retry_unbooked) books it, which the
    /// guard does by itself at the next booking that works; or it was booked otherwise before,
    /// and stays so.
    NotBooked {
        /// The hold.
        hold: HoldId,
        /// What was to be booked, with the cost and the usage if the response had them; none if it
        /// was that the call goes on as a job.
        change: Option<Change>,
        /// Why it could not be.
        error: Error,
    },
}

impl Event {
    /// The stable name of the kind.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Event::Held { .. } => "held",
            Event::Denied { .. } => "denied",
            Event::WouldDeny { .. } => "would-deny",
            Event::Booked { .. } => "booked",
            Event::Alert(_) => "alert",
            Event::Overridden { .. } => "overridden",
            Event::Overrun { .. } => "overrun",
            Event::Noted { .. } => "noted",
            Event::PricesOld { .. } => "prices-old",
            Event::UnknownFields { .. } => "unknown-fields",
            Event::Unmetered { .. } => "unmetered",
            Event::OtherHost { .. } => "other-host",
            Event::NotBooked { .. } => "not-booked",
        }
    }

    /// Whether somebody should look at it: everything but what happens to calls that go well.
    #[must_use]
    pub const fn is_warning(&self) -> bool {
        !matches!(
            self,
            Event::Held { .. } | Event::Booked { .. } | Event::Noted { .. } | Event::Unmetered { .. }
        )
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Held { hold, scope, model, amount, .. } => {
                write!(f, "hold {hold} of ${amount} for {scope}: {model}")
            }
            Event::Denied { scope, why } => write!(f, "denied for {scope}: {why}"),
            Event::WouldDeny { hold: Some(hold), scope, why } => {
                write!(f, "would deny for {scope}, admitted as hold {hold}: {why}")
            }
            Event::WouldDeny { hold: None, scope, why } => {
                write!(f, "would deny for {scope}, passed without a hold: {why}")
            }
            Event::Booked { hold, scope, state, amount, .. } => {
                write!(f, "hold {hold} of {scope} is {state} at ${amount}")
            }
            Event::Alert(alert) => write!(f, "{alert}"),
            Event::Overridden { hold, limit } => write!(f, "admitted over a limit, as hold {hold}: {limit}"),
            Event::Overrun { hold, cost, overrun } => {
                write!(f, "hold {hold} was billed ${cost}, ${overrun} above its ceiling")
            }
            Event::Noted { hold, note } => write!(f, "hold {hold}: {note}"),
            Event::PricesOld { provider, checked, day } => write!(
                f,
                "the prices of {provider} for {day} were last checked on {checked}: bills may differ from \
                 what is held and booked; use a newer price book"
            ),
            Event::UnknownFields { fields } => write!(
                f,
                "what the request's {} costs is not known: its ceiling is assumed; a newer version may know",
                fields.join(", ")
            ),
            Event::Unmetered { provider, path } => write!(
                f,
                "calls of {provider} to {path} pass unmetered: nothing is held for them, and nothing booked"
            ),
            Event::OtherHost { provider, host, of } => {
                match of {
                    Some(of) => write!(f, "{host} is {of}'s host")?,
                    None => write!(f, "{host} is no host of {provider} that the price book knows")?,
                }
                write!(f, ": its calls are held and booked at the prices of {provider}")
            }
            Event::NotBooked { hold, error, .. } if error.is_conflict() => {
                write!(f, "hold {hold} was booked before, otherwise than now, and stays so: {error}")
            }
            Event::NotBooked { hold, error, .. } => {
                write!(f, "hold {hold} could not be booked and stays open: {error}")
            }
        }
    }
}

type Listen = dyn Fn(&Event) + Send + Sync;

/// Where events go.
#[derive(Default)]
pub(crate) struct Listener(Option<Box<Listen>>);

impl Listener {
    pub(crate) fn new(listen: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Listener(Some(Box::new(listen)))
    }

    /// Tells of an event. A listener that panics harms no call: the event is lost to it.
    pub(crate) fn tell(&self, event: &Event) {
        #[cfg(feature = "tracing")]
        trace(event);
        if let Some(listen) = &self.0 {
            let _ = catch_unwind(AssertUnwindSafe(|| listen(event)));
        }
    }
}

/// Brings an event to `tracing`, under the target `imgcost`: its name as `event`, the hold and
/// the scope where it has them, amounts in USD.
#[cfg(feature = "tracing")]
fn trace(event: &Event) {
    let name = event.name();
    match event {
        Event::Held { hold, scope, model, amount, is_assumed, .. } => tracing::debug!(
            target: "imgcost", event = name, %hold, %scope, model, usd = %amount, assumed = is_assumed, "{event}"
        ),
        Event::Booked { hold, scope, model, state, amount, latency } => tracing::info!(
            target: "imgcost", event = name, %hold, %scope, model, %state, usd = %amount,
            seconds = latency.as_secs_f64(), "{event}"
        ),
        Event::Denied { scope, why } | Event::WouldDeny { scope, why, .. } => {
            tracing::warn!(target: "imgcost", event = name, %scope, code = why.code(), "{event}");
        }
        _ if event.is_warning() => tracing::warn!(target: "imgcost", event = name, "{event}"),
        _ => tracing::info!(target: "imgcost", event = name, "{event}"),
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Listener" } else { "no Listener" })
    }
}
