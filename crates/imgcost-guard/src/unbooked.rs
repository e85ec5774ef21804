//! What could not be booked, kept until the ledger answers again.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::error::Error;
use crate::hold::Hold;
use crate::step::Step;

/// The most bookings that are kept. What comes after them is told, and not tried again.
const MOST: usize = 10_000;

/// Bookings that the ledger did not take, in the order in which they came.
#[derive(Default)]
pub(crate) struct Unbooked(Mutex<VecDeque<(Hold, Step)>>);

impl Unbooked {
    /// Keeps a booking that another try may bring into the ledger.
    pub(crate) fn keep(&self, hold: &Hold, step: Step, error: &Error) {
        let is_lost = matches!(
            error,
            Error::Ledger(imgcost_ledger::Error::Unavailable { .. } | imgcost_ledger::Error::Unknown { .. })
        );
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_lost && kept.len() < MOST {
            kept.push_back((hold.clone(), step));
        }
    }

    /// Keeps a booking that was never tried.
    pub(crate) fn push(&self, hold: Hold, step: Step) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back((hold, step));
    }

    /// Books what is kept until one fails again, and returns how many are left.
    pub(crate) fn retry(&self) -> usize {
        loop {
            // The lock is not held while the ledger is asked: others may book meanwhile.
            let next = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some((hold, step)) = next else { return 0 };
            match hold.make(&step) {
                Ok(_) => {}
                Err(Error::Ledger(imgcost_ledger::Error::Conflict { .. })) => {}
                Err(_) => {
                    let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                    kept.push_front((hold, step));
                    return kept.len();
                }
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}
