//! How much is held for each open call, since the event of a booking does not say it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use imgcost_ledger::{HoldId, NanoUsd};

/// The most holds that are known: a job whose result nobody asks for stays open.
const MOST: usize = 65_536;

#[derive(Default)]
pub(crate) struct OpenHolds(Mutex<HashMap<HoldId, NanoUsd>>);

impl OpenHolds {
    pub(crate) fn add(&self, hold: &HoldId, amount: NanoUsd) {
        let mut holds = self.lock();
        if holds.len() < MOST {
            holds.insert(hold.clone(), amount);
        }
    }

    pub(crate) fn take(&self, hold: &HoldId) -> Option<NanoUsd> {
        self.lock().remove(hold)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<HoldId, NanoUsd>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
