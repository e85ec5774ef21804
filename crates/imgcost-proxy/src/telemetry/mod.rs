//! What happens in a proxy, for those who run it: counters, log lines, and what happened last.
//!
//! Finished requests come here as an [`Exchange`] that is dropped, what happens to money as the events
//! of the guards. None of it has keys, prompts, bodies or queries.

mod counters;
mod exchange;
mod held;
mod ids;
mod line;
mod log;
mod metrics;
mod recent;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use imgcost_guard::Event;
use imgcost_ledger::{NanoUsd, State, Timestamp};

pub(crate) use exchange::{Exchange, Named};
pub(crate) use line::{shown, span};
pub(crate) use metrics::Gauges;

use crate::config::LogFormat;
use crate::refusal::Refusal;
use counters::{Counter, Family, Histogram};
use held::OpenHolds;
use ids::Ids;
use log::Log;
use recent::{Call, Recent};

/// What counts together where there is no room for more.
const OTHER: &str = "other";

/// Upper bounds of the time that the proxy adds, in microseconds.
const ADDED: [u64; 12] = [50, 100, 150, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 250_000, 1_000_000];
/// Upper bounds of the time until an upstream's response begins, in microseconds.
const UPSTREAM: [u64; 10] =
    [10_000, 50_000, 100_000, 500_000, 1_000_000, 5_000_000, 15_000_000, 30_000_000, 60_000_000, 300_000_000];

/// What happened in a proxy since it was started, over all of its configurations.
pub(crate) struct Telemetry {
    pub(crate) log: Log,
    pub(crate) recent: Recent,
    pub(crate) since: Timestamp,
    ids: Ids,
    requests: Family<Ended>,
    /// Requests that passed unmetered, by path.
    unmetered: Family<String>,
    /// Image calls by what became of them, and by model.
    calls: Family<(State, String)>,
    /// Their money, in nano-dollars.
    money: Family<(State, String)>,
    held: OpenHolds,
    overruns: Counter,
    overrun: Counter,
    /// Events that somebody should look at.
    warnings: Family<&'static str>,
    added: Histogram<12>,
    upstream: Histogram<10>,
    reloads: Counter,
    failed_reloads: Counter,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Ended {
    named: Named,
    outcome: Outcome,
    code: String,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// An image call that was made.
    Passed,
    /// It went on without a hold.
    Unmetered,
    /// Only its quote was asked.
    Quoted,
    /// It was not passed on.
    Refused,
    /// The upstream gave an error, or nothing.
    UpstreamError,
    /// Its client went away before there was a response.
    Abandoned,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Outcome::Passed => "passed",
            Outcome::Unmetered => "unmetered",
            Outcome::Quoted => "quoted",
            Outcome::Refused => "refused",
            Outcome::UpstreamError => "upstream_error",
            Outcome::Abandoned => "abandoned",
        }
    }
}

impl Telemetry {
    pub(crate) fn new(format: LogFormat) -> Arc<Self> {
        Arc::new(Telemetry {
            log: Log::new(format),
            recent: Recent::default(),
            since: Timestamp::now(),
            ids: Ids::new(),
            requests: Family::new(|ended| Ended {
                named: Named { upstream: OTHER.to_owned(), provider: OTHER.to_owned() },
                code: OTHER.to_owned(),
                ..ended
            }),
            unmetered: Family::new(|_| OTHER.to_owned()),
            calls: Family::new(|(state, _)| (state, OTHER.to_owned())),
            money: Family::new(|(state, _)| (state, OTHER.to_owned())),
            held: OpenHolds::default(),
            overruns: Counter::default(),
            overrun: Counter::default(),
            warnings: Family::new(|_| OTHER),
            added: Histogram::new(ADDED),
            upstream: Histogram::new(UPSTREAM),
            reloads: Counter::default(),
            failed_reloads: Counter::default(),
        })
    }

    /// Something happened to a call, or beside them.
    pub(crate) fn event(&self, event: &Event) {
        match event {
            Event::Held { hold, model, amount, .. } => {
                self.held.add(hold, *amount);
                self.call(State::Held, model, *amount);
            }
            Event::Booked { hold, scope, state, model, amount, .. } => {
                let held = self.held.take(hold);
                let of_state =
                    if *state == State::Released { held.unwrap_or(NanoUsd::ZERO) } else { *amount };
                self.call(*state, model, of_state);
                let (model, scope) = (line::clean(model), scope.clone());
                let (at, state, booked) = (Timestamp::now(), *state, *amount);
                self.recent.add_call(Call { at, model, scope, held, booked, state });
            }
            Event::Overrun { overrun, .. } => {
                self.overruns.add(1);
                self.overrun.add(overrun.nano());
            }
            _ => {}
        }
        if !event.is_warning() {
            return;
        }
        self.warnings.add(event.name(), 1);
        let message = match event {
            // The line of its request has it.
            Event::Denied { .. } => return,
            Event::WouldDeny { scope, why, .. } => {
                let refusal = Refusal::denied(why);
                let reason = refusal.reason().map(|reason| format!(": {reason}")).unwrap_or_default();
                format!("would deny for {scope} ({}){reason}", refusal.code)
            }
            event => event.to_string(),
        };
        self.log.event(event.name(), &line::clean(&message));
    }

    fn call(&self, state: State, model: &str, amount: NanoUsd) {
        let member = (state, line::clean(model));
        self.money.add(member.clone(), amount.nano());
        self.calls.add(member, 1);
    }

    fn answered(&self, added: Duration, upstream: Duration) {
        self.added.add(added);
        self.upstream.add(upstream);
    }

    /// The configuration was read again.
    pub(crate) fn reloaded(&self, is_taken: bool) {
        if is_taken { self.reloads.add(1) } else { self.failed_reloads.add(1) }
    }

    /// How many requests were not passed on, or got nothing from their upstream, by the code of their refusal.
    pub(crate) fn refused(&self) -> BTreeMap<String, u64> {
        let mut refused = BTreeMap::new();
        for (ended, times) in self.requests.all() {
            // The code of an upstream's own error is its status.
            if !ended.code.is_empty() && ended.code.parse::<u16>().is_err() {
                *refused.entry(ended.code).or_default() += times;
            }
        }
        refused
    }

    /// The paths of requests that passed unmetered, and how many each.
    pub(crate) fn unmetered(&self) -> Vec<(String, u64)> {
        self.unmetered.all()
    }
}
