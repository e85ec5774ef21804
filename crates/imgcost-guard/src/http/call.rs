//! An admitted call, until its response begins.

use std::sync::Arc;

use imgcost_core::{Event, Request};
use imgcost_ledger::{Job, State};
use imgcost_wire::{Dialect, job_in};

use super::body;
use super::judge::Verdict;
#[cfg(feature = "async")]
use super::judge::{Ended, Reader};
use super::watch::{Open, ResponseObserver};
use crate::error::Error;
use crate::guard::Guard;
use crate::hold::{Booked, Hold};

impl Guard {
    /// Whether a request may be an image call, so that its body has to be read: a `POST` to a
    /// path that ends as one of the image endpoints, the Responses API or chat completions do,
    /// or one that may make an image by an API of the provider's own.
    ///
    /// Everything else passes untouched, also what the guard does not know: uploads of files,
    /// and batches, whose lines cost money too.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use imgcost_guard::Guard;
    /// # use imgcost_ledger::MemoryLedger;
    /// # let guard = Guard::with_built_in_book(Arc::new(MemoryLedger::new()), "a".parse()?);
    /// assert!(guard.watches("POST", "/v1/images/generations"));
    /// assert!(!guard.watches("GET", "/v1/models"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn watches(&self, method: &str, path: &str) -> bool {
        is_post(method) && (self.route(path).is_some() || self.watches_native(path))
    }

    /// Whether a request passes as it is. One that may be billed is told.
    #[cfg(feature = "__http")]
    pub(crate) fn lets_pass(&self, method: &str, path: &str) -> bool {
        let passes = !self.watches(method, path);
        if passes && is_post(method) && self.native(path).is_some() {
            self.tell_unmetered(path);
        }
        passes
    }

    /// Reads a `POST` request, quotes it and holds its money, for any HTTP client: `path` is
    /// the path or the whole address, `content_type` the header, `body` the bytes as they will
    /// be sent. None if it is no image call. Blocks until the ledger has answered.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use imgcost_guard::Guard;
    /// # use imgcost_ledger::{Budget, Cap, Ledger, MemoryLedger, Window};
    /// # let ledger = Arc::new(MemoryLedger::new());
    /// # ledger.set_budget(&Budget::new("team".parse()?, Window::Total, Cap::Unlimited), "me")?;
    /// # let guard = Guard::with_built_in_book(ledger, "team".parse()?);
    /// let body = br#"{"model":"gpt-image-2","prompt":"a red apple","size":"1024x1024"}"#;
    /// if let Some(call) = guard.before("/v1/images/generations", Some("application/json"), body)? {
    ///     // The request is sent here. It was answered with:
    ///     let (status, response) = (200, br#"{"usage":{"input_tokens":9,"output_tokens":272}}"#);
    ///     call.after(status, response)?;
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The call is denied and must not be made.
    pub fn before(&self, path: &str, content_type: Option<&str>, body: &[u8]) -> Result<Option<Call>, Error> {
        let call = self.prepare(path, content_type, body)?;
        Ok(call.map(Call::sending))
    }

    /// [`Guard::before`] for async code: a ledger that answers at once is asked where this is called,
    /// any other on the guard's own threads, where the body is read too.
    ///
    /// # Errors
    /// As [`Guard::before`], [`Error::Busy`] and [`Error::Interrupted`].
    #[cfg(feature = "async")]
    pub async fn before_async(
        &self,
        path: &str,
        content_type: Option<&str>,
        body: impl Into<Vec<u8>>,
    ) -> Result<Option<Call>, Error> {
        let (guard, path, body) = (self.clone(), path.to_owned(), body.into());
        let content_type = content_type.map(str::to_owned);
        let prepare = move || guard.prepare(&path, content_type.as_deref(), &body);
        // If this is dropped meanwhile, the call that comes of it is dropped there, as not sent.
        let call = if self.answers_at_once() { prepare()? } else { self.aside(prepare).await? };
        Ok(call.map(Call::sending))
    }

    /// Prepares a call on the guard's own threads. That they are too busy is a denial as any other.
    #[cfg(feature = "async")]
    pub(crate) async fn aside(
        &self,
        prepare: impl FnOnce() -> Result<Option<Call>, Error> + Send + 'static,
    ) -> Result<Option<Call>, Error> {
        match self.shared.queue.hold(self.asks(), prepare).await {
            // All other errors are told where they come up.
            Err(why @ (Error::Busy { .. } | Error::Interrupted)) if self.passes_unheld(&why) => Ok(None),
            prepared => prepared,
        }
    }

    /// The job whose result a request asks for; none if it asks for no result.
    fn job(&self, method: &str, address: &str) -> Option<Job> {
        if method != "GET" {
            return None;
        }
        let provider = self.shared.book.provider(&self.shared.provider).ok()?;
        let id = job_in(&Dialect::taken_by(provider), address)?;
        Some(Job::new(self.shared.provider.as_str(), id))
    }

    /// Watches a `GET` for the result of a job that a call was accepted as, by any guard on the same
    /// ledger: its response settles that call's hold. Give it the response as of any call. None if it
    /// asks for no result, or the ledger knows no open call with that job. Blocks until the ledger
    /// has answered.
    ///
    /// # Errors
    /// [`Error::Ledger`]: it can't answer. The request may be made all the same.
    pub fn result(&self, address: &str) -> Result<Option<Call>, Error> {
        let Some(job) = self.job("GET", address) else { return Ok(None) };
        let row = self.shared.ledger.find_job(&job).map_err(Error::Ledger)?;
        let row = row.filter(|row| matches!(row.state, State::Held | State::Presumed));
        let hold = row.and_then(|row| Hold::of_job(Arc::clone(&self.shared), row));
        Ok(hold.map(|hold| Call { open: Open::new(hold), asked: 1, is_sent: true }))
    }

    /// [`Guard::result`] of a request about to be sent by an async client. A ledger that can't answer
    /// holds no request for a result back.
    #[cfg(feature = "__http")]
    pub(crate) async fn result_async(&self, method: &str, address: &str) -> Option<Call> {
        self.job(method, address)?;
        if self.shared.ledger.answers_at_once() {
            return self.result(address).ok()?;
        }
        let (guard, address) = (self.clone(), address.to_owned());
        self.shared.queue.hold(false, move || guard.result(&address)).await.ok()?
    }

    /// The same for a call that is not on its way yet.
    pub(crate) fn prepare(
        &self,
        path: &str,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<Option<Call>, Error> {
        match self.try_prepare(path, content_type, body) {
            Err(why) if self.passes_unheld(&why) => Ok(None),
            prepared => prepared,
        }
    }

    /// Reads a `POST` request as [`Guard::before`] does, and holds nothing: to quote it with
    /// [`Guard::book`]. None if it is no image call that a dialect of the provider reads.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use imgcost_guard::Guard;
    /// # use imgcost_ledger::MemoryLedger;
    /// # let guard = Guard::with_built_in_book(Arc::new(MemoryLedger::new()), "team".parse()?);
    /// let body = br#"{"model":"gpt-image-2","prompt":"a red apple","size":"1024x1024","n":2}"#;
    /// let request = guard.read("/v1/images/generations", Some("application/json"), body)?;
    /// assert_eq!(request.map(|request| request.n), Some(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Unreadable`], [`Error::NotQuotable`] or [`Error::BodyTooLarge`].
    pub fn read(
        &self,
        path: &str,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<Option<Request>, Error> {
        match self.route(path) {
            Some(route) => body::read(self, path, &route, content_type, body),
            None => Ok(None),
        }
    }

    fn try_prepare(
        &self,
        path: &str,
        content_type: Option<&str>,
        body: &[u8],
    ) -> Result<Option<Call>, Error> {
        let Some(route) = self.route(path) else {
            self.before_native(path, body)?;
            return Ok(None);
        };
        let request = match body::read(self, path, &route, content_type, body) {
            Ok(Some(request)) => request,
            Ok(None) => {
                self.tell_unmetered(path);
                return Ok(None);
            }
            Err(error) => return self.unreadable_native(&route, path, error).map(|()| None),
        };
        let hold = self.try_hold(&request)?;
        self.tell_other_host(path);
        Ok(Some(Call { open: Open::new(hold), asked: request.n, is_sent: false }))
    }
}

/// Whether a server may take a method for `POST`: some do not look at case.
fn is_post(method: &str) -> bool {
    method.eq_ignore_ascii_case("POST")
}

/// An admitted call, which may be made once.
///
/// Say what became of it. Dropped without a word it counts as sent and never answered, which
/// the provider's rules mostly make a presumed one.
#[must_use = "the call's hold is presumed if nobody says what became of the call"]
#[derive(Debug)]
pub struct Call {
    open: Open,
    asked: u32,
    is_sent: bool,
}

impl Call {
    /// The hold that was made for it; none once it is booked.
    #[must_use]
    pub fn hold(&self) -> Option<&Hold> {
        self.open.hold()
    }

    /// Says that it goes out now: from here on it may cost money whatever happens.
    pub(crate) fn sending(mut self) -> Self {
        self.is_sent = true;
        self
    }

    /// Books that it was not sent: no address, no connection, no TLS. Give only what is sure:
    /// once a byte of the request is out, say [`Call::no_response`].
    ///
    /// # Errors
    /// It could not be booked; see [`Hold::failed`].
    pub fn not_sent(mut self) -> Result<Booked, Error> {
        self.open.book(&Verdict::unanswered(Event::NotSent))
    }

    /// Books that it was sent and no response came: a reset, a timeout, a disconnect.
    ///
    /// # Errors
    /// It could not be booked; see [`Hold::failed`].
    pub fn no_response(mut self) -> Result<Booked, Error> {
        self.open.book(&Verdict::unanswered(Event::NoResponse))
    }

    /// Books a whole response.
    ///
    /// # Errors
    /// It could not be booked; see [`Hold::settle`] and [`Hold::failed`].
    pub fn after(self, status: u16, body: &[u8]) -> Result<Booked, Error> {
        let mut watch = self.answered(status);
        watch.feed(body);
        watch.end()
    }

    /// [`Call::after`] for async code.
    ///
    /// # Errors
    /// As [`Call::after`], and [`Error::Interrupted`].
    #[cfg(feature = "async")]
    pub async fn after_async(mut self, status: u16, body: &[u8]) -> Result<Booked, Error> {
        let mut reader = Reader::new(status, self.asked);
        reader.feed(body);
        let (mut open, verdict) = (self.open.take(), reader.judge(Ended::Whole));
        open.book_async(verdict).await
    }

    /// Goes on with a response whose body is still to come.
    pub fn answered(mut self, status: u16) -> ResponseObserver {
        ResponseObserver::new(self.open.take(), status, self.asked)
    }

    /// Books, aside, that no response came.
    #[cfg(feature = "__http")]
    pub(crate) fn lost(mut self, not_sent: bool) {
        let event = if not_sent { Event::NotSent } else { Event::NoResponse };
        self.open.settle_in_background(Verdict::unanswered(event));
    }

    /// Lets the response tell what was held for the call, and what it was booked at.
    #[cfg(feature = "__http")]
    pub(crate) fn attach(&self, extensions: &mut http::Extensions) {
        if let Some(hold) = self.hold() {
            extensions.insert(hold.booking());
            extensions.insert(hold.clone());
        }
    }

    /// The hold and how many images were asked for, for those that watch the response
    /// themselves.
    #[cfg(feature = "__http")]
    pub(crate) fn into_parts(mut self) -> (Open, u32) {
        (self.open.take(), self.asked)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let verdict = match self.is_sent {
            true => Verdict::unanswered(Event::NoResponse),
            false => Verdict::HeldBack,
        };
        self.open.settle_in_background(verdict);
    }
}
