//! A step waiting in the queue, and the mailbox in which its caller waits for the result.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;

use super::batch::Batch;
use crate::error::Error;

/// Locks a mutex, poisoned or not: what it guards is consistent between any two lines.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A step in the queue, whatever the type of its result. If it is dropped without a result,
/// its caller is told that it was abandoned, so that no caller waits forever.
pub(super) trait PendingStep: Send {
    /// Its number in the queue.
    fn number(&self) -> u64;
    /// Runs the step, possibly again after an earlier run was rolled back. An error is a failure
    /// of the store; a refusal is a result.
    fn run(&mut self, batch: &mut Batch<'_>, now: Timestamp) -> Result<(), Error>;
    /// Delivers the result of the last run, which is on the disk.
    fn deliver(&mut self);
    /// Delivers an error instead of the result.
    fn fail(&mut self, error: Error);
    /// Asks its waiting caller to do the work for everyone in the queue.
    fn ask_to_lead(&self);
}

/// What a waiting caller receives.
pub(super) enum Message<T> {
    /// The result of the step.
    Done(Result<T, Error>),
    /// It is this caller's turn to do the work for everyone.
    Lead,
    /// Nothing before the deadline.
    Timeout,
    /// The step was abandoned by a panic and rolled back.
    Abandoned,
}

/// Where a caller waits.
pub(super) struct Mailbox<T> {
    message: Mutex<Option<Message<T>>>,
    arrived: Condvar,
}

impl<T> Mailbox<T> {
    pub(super) fn new() -> Self {
        Mailbox { message: Mutex::new(None), arrived: Condvar::new() }
    }

    /// Waits for a message, at most until the deadline.
    pub(super) fn wait(&self, deadline: Option<Instant>) -> Message<T> {
        let mut message = lock(&self.message);
        loop {
            if let Some(arrived) = message.take() {
                return arrived;
            }
            message = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                None => self.arrived.wait(message).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => return Message::Timeout,
                Some(left) => {
                    self.arrived.wait_timeout(message, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    fn send(&self, message: Message<T>) {
        *lock(&self.message) = Some(message);
        self.arrived.notify_one();
    }
}

/// A step together with its result type.
pub(super) struct TypedStep<T, F> {
    number: u64,
    step: F,
    result: Option<Result<T, Error>>,
    /// None once the caller has its result.
    mailbox: Option<Arc<Mailbox<T>>>,
}

impl<T, F> TypedStep<T, F> {
    pub(super) const fn new(number: u64, step: F, mailbox: Arc<Mailbox<T>>) -> Self {
        TypedStep { number, step, result: None, mailbox: Some(mailbox) }
    }

    fn finish(&mut self, message: Message<T>) {
        if let Some(mailbox) = self.mailbox.take() {
            mailbox.send(message);
        }
    }
}

impl<T, F> PendingStep for TypedStep<T, F>
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
            result => {
                self.result = Some(result);
                Ok(())
            }
        }
    }

    fn deliver(&mut self) {
        if let Some(result) = self.result.take() {
            self.finish(Message::Done(result));
        }
    }

    fn fail(&mut self, error: Error) {
        self.finish(Message::Done(Err(error)));
    }

    fn ask_to_lead(&self) {
        if let Some(mailbox) = &self.mailbox {
            mailbox.send(Message::Lead);
        }
    }
}

impl<T, F> Drop for TypedStep<T, F> {
    fn drop(&mut self) {
        self.finish(Message::Abandoned);
    }
}
