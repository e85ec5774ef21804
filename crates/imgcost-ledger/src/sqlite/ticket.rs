//! A step that waits for its turn, and where its caller waits for the response.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;

use super::batch::Batch;
use crate::error::Error;

/// A lock that a panic elsewhere does not close for good: what it guards is whole between any
/// two lines.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A step in the queue, whatever it answers. Dropped without a response, it says that it was
/// given up, so that no caller waits for ever.
pub(super) trait Ticket: Send {
    /// Which one it is.
    fn number(&self) -> u64;
    /// Does the step, or does it anew: what it did before was taken back. An error is the
    /// store's own; a refusal is a response.
    fn run(&mut self, batch: &mut Batch<'_>, now: Timestamp) -> Result<(), Error>;
    /// Hands out the response that the step came to; all is on the disk.
    fn response(&mut self);
    /// Hands out an error in its place.
    fn fail(&mut self, error: Error);
    /// Asks its caller, who waits, to do the work for all.
    fn ask_to_lead(&self);
}

/// What a caller hears while it waits.
pub(super) enum News<T> {
    /// The end of it.
    Response(Result<T, Error>),
    /// It is this caller's turn to do the work for all.
    Lead,
    /// Nothing until the given moment.
    Nothing,
    /// The step was given up in the middle, by a panic; it was taken back.
    GivenUp,
}

/// Where a caller waits.
pub(super) struct Slot<T> {
    news: Mutex<News<T>>,
    changed: Condvar,
}

impl<T> Slot<T> {
    pub(super) fn new() -> Self {
        Slot { news: Mutex::new(News::Nothing), changed: Condvar::new() }
    }

    /// Waits until there is news, or until a moment.
    pub(super) fn wait(&self, until: Option<Instant>) -> News<T> {
        let mut news = lock(&self.news);
        loop {
            if !matches!(*news, News::Nothing) {
                return std::mem::replace(&mut *news, News::Nothing);
            }
            news = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                None => self.changed.wait(news).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => return News::Nothing,
                Some(left) => self.changed.wait_timeout(news, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
    }

    fn tell(&self, what: News<T>) {
        *lock(&self.news) = what;
        self.changed.notify_one();
    }
}

/// A step with a type.
pub(super) struct Job<T, F> {
    number: u64,
    step: F,
    found: Option<Result<T, Error>>,
    /// None once the caller has its response.
    slot: Option<Arc<Slot<T>>>,
}

impl<T, F> Job<T, F> {
    pub(super) const fn new(number: u64, step: F, slot: Arc<Slot<T>>) -> Self {
        Job { number, step, found: None, slot: Some(slot) }
    }
}

impl<T, F> Ticket for Job<T, F>
where
    T: Send,
    F: Fn(&mut Batch<'_>, Timestamp) -> Result<T, Error> + Send,
{
    fn number(&self) -> u64 {
        self.number
    }

    fn run(&mut self, batch: &mut Batch<'_>, now: Timestamp) -> Result<(), Error> {
        match (self.step)(batch, now) {
            Err(error) if error.is_failure() => Err(error),
            found => {
                self.found = Some(found);
                Ok(())
            }
        }
    }

    fn response(&mut self) {
        if let Some(found) = self.found.take()
            && let Some(slot) = self.slot.take()
        {
            slot.tell(News::Response(found));
        }
    }

    fn fail(&mut self, error: Error) {
        if let Some(slot) = self.slot.take() {
            slot.tell(News::Response(Err(error)));
        }
    }

    fn ask_to_lead(&self) {
        if let Some(slot) = &self.slot {
            slot.tell(News::Lead);
        }
    }
}

impl<T, F> Drop for Job<T, F> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            slot.tell(News::GivenUp);
        }
    }
}
