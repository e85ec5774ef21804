//! What happened last, for the status page.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use imgcost_ledger::{NanoUsd, Scope, State, Timestamp};

/// How much is kept.
const KEPT: usize = 50;

/// The last calls and refusals.
#[derive(Default)]
pub(crate) struct Recent {
    calls: Mutex<VecDeque<Call>>,
    refusals: Mutex<VecDeque<Refused>>,
}

/// An image call that is booked.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// When it was booked.
    pub(crate) at: Timestamp,
    pub(crate) model: String,
    pub(crate) scope: Scope,
    /// What was held, where that is known.
    pub(crate) held: Option<NanoUsd>,
    pub(crate) booked: NanoUsd,
    pub(crate) state: State,
}

/// A request that was not passed on, or had no response.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) at: Timestamp,
    pub(crate) path: String,
    pub(crate) scope: String,
    pub(crate) code: &'static str,
    pub(crate) reason: String,
}

impl Recent {
    pub(crate) fn add_call(&self, call: Call) {
        add(&self.calls, call);
    }

    pub(crate) fn add_refusal(&self, refused: Refused) {
        add(&self.refusals, refused);
    }

    /// The last calls, the newest first.
    pub(crate) fn calls(&self) -> Vec<Call> {
        newest_first(&self.calls)
    }

    /// The last refusals, the newest first.
    pub(crate) fn refusals(&self) -> Vec<Refused> {
        newest_first(&self.refusals)
    }
}

fn add<T>(all: &Mutex<VecDeque<T>>, one: T) {
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() == KEPT {
        all.pop_front();
    }
    all.push_back(one);
}

fn newest_first<T: Clone>(all: &Mutex<VecDeque<T>>) -> Vec<T> {
    all.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
}
