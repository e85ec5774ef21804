//! A call whose response is being read.

#[cfg(feature = "__http")]
use tokio::sync::oneshot::Receiver;

use super::judge::{Ended, Reader, Verdict};
use crate::error::Error;
use crate::hold::{Booked, Hold};

/// A hold that has to be booked exactly once.
#[derive(Debug)]
pub(crate) struct Open(Option<Hold>);

impl Open {
    pub(crate) fn new(hold: Hold) -> Self {
        Open(Some(hold))
    }

    pub(crate) fn hold(&self) -> Option<&Hold> {
        self.0.as_ref()
    }

    /// How long the end of the response may wait for it.
    #[cfg(feature = "__http")]
    pub(crate) fn end_wait(&self) -> std::time::Duration {
        self.0.as_ref().map(Hold::end_wait).unwrap_or_default()
    }

    /// Hands the duty to book it over.
    pub(crate) fn take(&mut self) -> Open {
        Open(self.0.take())
    }

    /// Books it here.
    pub(crate) fn book(&mut self, verdict: &Verdict) -> Result<Booked, Error> {
        match self.0.take() {
            Some(hold) => verdict.book(&hold),
            None => Err(Error::Interrupted),
        }
    }

    /// Books it without blocking an async worker.
    #[cfg(feature = "async")]
    pub(crate) async fn book_async(&mut self, verdict: Verdict) -> Result<Booked, Error> {
        let Some(hold) = self.0.take() else { return Err(Error::Interrupted) };
        if hold.answers_at_once() {
            return verdict.book(&hold);
        }
        let queued = hold.clone();
        let booked = hold.queue().book(move || verdict.book(&queued));
        booked.await.map_err(|_| Error::Interrupted)?
    }

    /// Books it from where nobody can wait, such as a drop: here if the ledger answers at once
    /// or there is no runtime, else in the queue. If it fails, that is told.
    pub(crate) fn settle_in_background(&mut self, verdict: Verdict) {
        let Some(hold) = self.0.take() else { return };
        // Outside of a runtime the program may end before a thread of the queue gets to it.
        #[cfg(feature = "async")]
        if !hold.answers_at_once() && tokio::runtime::Handle::try_current().is_ok() {
            let queued = hold.clone();
            // Nobody waits for it; without its receiver it runs on.
            drop(hold.queue().book(move || verdict.book(&queued)));
            return;
        }
        // Listeners were told.
        let _ = verdict.book(&hold);
    }

    /// Starts to book it where it does not block; the receiver tells when it is done, and none that
    /// it already is.
    #[cfg(feature = "__http")]
    pub(crate) fn start_booking(&mut self, verdict: Verdict) -> Option<Receiver<()>> {
        let hold = self.0.take()?;
        if hold.answers_at_once() {
            // Listeners are told.
            let _ = verdict.book(&hold);
            return None;
        }
        let queued = hold.clone();
        Some(hold.queue().book(move || drop(verdict.book(&queued))))
    }
}

/// A call that was answered, whose body is read piece by piece.
///
/// The hold is booked as soon as the response has said all it has to say, since the reader of a
/// body of known length may not ask for its end. Dropped before that, what was seen decides:
/// usage settles, anything else is presumed.
#[must_use = "feed it the response's body"]
#[derive(Debug)]
pub struct ResponseObserver {
    open: Open,
    reader: Option<Reader>,
    booked: Option<Result<Booked, Error>>,
}

impl ResponseObserver {
    pub(super) fn new(open: Open, status: u16, asked: u32) -> Self {
        ResponseObserver { open, reader: Some(Reader::new(status, asked)), booked: None }
    }

    /// Takes the next bytes of the body, after any content encoding was undone. Blocks while
    /// the ledger books the piece that completes the response; async code has
    /// [`feed_async`](ResponseObserver::feed_async).
    pub fn feed(&mut self, chunk: &[u8]) {
        if self.reader.as_mut().is_some_and(|reader| reader.feed(chunk)) {
            self.book(Ended::Said);
        }
    }

    /// Books it, if that was not done before: the whole body was read.
    ///
    /// # Errors
    /// It could not be booked; see [`Hold::settle`] and [`Hold::failed`].
    pub fn end(mut self) -> Result<Booked, Error> {
        self.finish(Ended::Whole)
    }

    /// Books it, if that was not done before: the body broke off.
    ///
    /// # Errors
    /// As [`ResponseObserver::end`].
    pub fn broke_off(mut self) -> Result<Booked, Error> {
        self.finish(Ended::Broken)
    }

    /// [`ResponseObserver::feed`] for async code.
    #[cfg(feature = "async")]
    pub async fn feed_async(&mut self, chunk: &[u8]) {
        if self.reader.as_mut().is_some_and(|reader| reader.feed(chunk)) {
            self.book_async(Ended::Said).await;
        }
    }

    /// [`ResponseObserver::end`] for async code.
    ///
    /// # Errors
    /// As [`ResponseObserver::end`], and [`Error::Interrupted`].
    #[cfg(feature = "async")]
    pub async fn end_async(mut self) -> Result<Booked, Error> {
        self.book_async(Ended::Whole).await;
        self.booked.clone().unwrap_or(Err(Error::Interrupted))
    }

    #[cfg(feature = "async")]
    async fn book_async(&mut self, ended: Ended) {
        let Some(reader) = self.reader.take() else { return };
        self.booked = Some(self.open.book_async(reader.judge(ended)).await);
    }

    pub(super) fn finish(&mut self, ended: Ended) -> Result<Booked, Error> {
        self.book(ended);
        self.booked.clone().unwrap_or(Err(Error::Interrupted))
    }

    fn book(&mut self, ended: Ended) {
        if let Some(reader) = self.reader.take() {
            self.booked = Some(self.open.book(&reader.judge(ended)));
        }
    }
}

impl Drop for ResponseObserver {
    fn drop(&mut self) {
        if let Some(reader) = self.reader.take() {
            self.open.settle_in_background(reader.judge(Ended::Broken));
        }
    }
}
