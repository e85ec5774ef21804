//! What happened to the calls of a run.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use imgcost_guard::{Error, Event};
use imgcost_ledger::{NanoUsd, State};

/// What happened, as the guards' events tell.
#[derive(Default)]
pub(super) struct Tally(Mutex<Told>);

/// What was told so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    pub(super) models: BTreeMap<String, Sums>,
    /// How many calls were refused for a reason, and the first of them in words.
    pub(super) refused: BTreeMap<&'static str, (u64, String)>,
    pub(super) would_refuse: BTreeMap<&'static str, (u64, String)>,
    pub(super) unmetered: Vec<String>,
    pub(super) warnings: Vec<String>,
    pub(super) ledger_failed: bool,
}

/// The calls of a model.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub(super) calls: u64,
    pub(super) released: u64,
    pub(super) presumed: u64,
    pub(super) settled_usd: NanoUsd,
    pub(super) presumed_usd: NanoUsd,
}

/// How many warnings are kept.
const KEPT: usize = 20;

impl Tally {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was told until now.
    pub(super) fn so_far(&self) -> Told {
        self.told().clone()
    }

    /// Takes an event.
    pub(super) fn take(&self, event: &Event) {
        let mut told = self.told();
        match event {
            Event::Booked { model, state, amount, .. } => {
                told.models.entry(model.clone()).or_default().add(*state, *amount)
            }
            Event::Denied { why, .. } => {
                told.ledger_failed |= matches!(why, Error::Ledger(error) if error.is_failure());
                count(&mut told.refused, why);
            }
            Event::WouldDeny { why, .. } => count(&mut told.would_refuse, why),
            Event::Unmetered { path, .. } => told.unmetered.push(path.clone()),
            Event::NotBooked { .. } => {
                told.ledger_failed = true;
                told.warn(event);
            }
            event if event.is_warning() => told.warn(event),
            _ => {}
        }
    }
}

impl Told {
    fn warn(&mut self, event: &Event) {
        if self.warnings.len() < KEPT {
            self.warnings.push(event.to_string());
        }
    }
}

fn sum(one: NanoUsd, other: NanoUsd) -> NanoUsd {
    one.checked_add(other).unwrap_or(NanoUsd::MAX)
}

impl Sums {
    /// Both together.
    pub(super) fn and(self, other: Sums) -> Sums {
        Sums {
            calls: self.calls + other.calls,
            released: self.released + other.released,
            presumed: self.presumed + other.presumed,
            settled_usd: sum(self.settled_usd, other.settled_usd),
            presumed_usd: sum(self.presumed_usd, other.presumed_usd),
        }
    }

    /// What counts for them.
    pub(super) fn counted(&self) -> NanoUsd {
        sum(self.settled_usd, self.presumed_usd)
    }

    fn add(&mut self, state: State, amount: NanoUsd) {
        self.calls += 1;
        match state {
            State::Settled => self.settled_usd = sum(self.settled_usd, amount),
            State::Presumed => {
                self.presumed += 1;
                self.presumed_usd = sum(self.presumed_usd, amount);
            }
            State::Released => self.released += 1,
            State::Held => {}
        }
    }
}

fn count(refused: &mut BTreeMap<&'static str, (u64, String)>, why: &Error) {
    let (times, _) = refused.entry(why.code()).or_insert_with(|| (0, why.to_string()));
    *times += 1;
}
