//! A response's body that is watched while it passes.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_timer::Delay;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::oneshot::Receiver;

use super::call::Call;
use super::judge::{Ended, Reader};
use super::watch::Open;

/// The body of a response: every frame of the inner one as it came, when it came.
///
/// Of an image call the hold is booked as soon as the response has said all it has to say. Only
/// the end of the body waits until the booking is done, so that a reader of it all finds
/// the books up to date. Dropped before, what was seen decides.
pub struct ObservedBody<B> {
    inner: Pin<Box<B>>,
    watch: Option<Watching>,
    booking: Option<Booking>,
}

struct Watching {
    open: Open,
    reader: Reader,
}

/// A booking that the end of the body waits for, but not for ever.
struct Booking {
    done: Receiver<()>,
    end_wait: Duration,
    timeout: Option<Delay>,
}

impl Booking {
    /// Whether the body may end. A booking that was cut short leaves the hold open, or is kept.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if Pin::new(&mut self.done).poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let wait = self.end_wait;
        Pin::new(self.timeout.get_or_insert_with(|| Delay::new(wait))).poll(cx)
    }
}

impl<B: Body> ObservedBody<B> {
    /// A body that nobody watches.
    pub(crate) fn untouched(inner: B) -> Self {
        ObservedBody { inner: Box::pin(inner), watch: None, booking: None }
    }

    /// The body of a call's response.
    pub(crate) fn of(call: Call, status: u16, inner: B) -> Self {
        let (open, asked) = call.into_parts();
        let mut watched = ObservedBody::untouched(inner);
        watched.watch = Some(Watching { open, reader: Reader::new(status, asked) });
        // Nobody asks an empty body for its end.
        watched.note_end();
        watched
    }

    fn note_end(&mut self) {
        if self.inner.is_end_stream() {
            self.book(Ended::Whole);
        }
    }

    fn book(&mut self, ended: Ended) {
        if let Some(Watching { mut open, reader }) = self.watch.take() {
            let end_wait = open.end_wait();
            let started = open.start_booking(reader.judge(ended));
            self.booking = started.map(|done| Booking { done, end_wait, timeout: None });
        }
    }

    fn is_booked(&self) -> bool {
        self.watch.is_none()
            && self
                .booking
                .as_ref()
                .is_none_or(|booking| !booking.done.is_empty() || booking.done.is_terminated())
    }
}

impl<B: Body<Data = Bytes>> Body for ObservedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = &mut *self;
        match ready!(this.inner.as_mut().poll_frame(cx)) {
            Some(Ok(frame)) => {
                let said = match (&mut this.watch, frame.data_ref()) {
                    (Some(watch), Some(chunk)) => watch.reader.feed(chunk),
                    _ => false,
                };
                if said {
                    this.book(Ended::Said);
                }
                this.note_end();
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => {
                this.book(Ended::Broken);
                Poll::Ready(Some(Err(error)))
            }
            None => {
                this.book(Ended::Whole);
                if let Some(booking) = &mut this.booking {
                    ready!(booking.poll(cx));
                    this.booking = None;
                }
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream() && self.is_booked()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B> Drop for ObservedBody<B> {
    fn drop(&mut self) {
        if let Some(Watching { mut open, reader }) = self.watch.take() {
            open.settle_in_background(reader.judge(Ended::Broken));
        }
    }
}

impl<B> fmt::Debug for ObservedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match (&self.watch, &self.booking) {
            (Some(_), _) => "being read",
            (None, Some(_)) => "being booked",
            (None, None) => "not watched any more",
        };
        f.debug_struct("ObservedBody").field("state", &state).finish_non_exhaustive()
    }
}
