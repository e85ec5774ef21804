//! A request body that can be sent once, and that tells whether it was.
//!
//! reqwest clones a body of plain bytes: for its own retries (`reqwest::retry`), and to `POST`
//! again after a 307 or 308. Its error is that of the last try, so a refused connection says
//! nothing about the tries before it. A body that can't be cloned leaves one try, and whether
//! a byte of it was asked for says what an error can't: without its body no image call can be
//! answered by an image.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Nobody has asked for a byte.
const WAITING: u8 = 0;
/// Somebody has: the request counts as sent.
const ASKED: u8 = 1;
/// Nobody had, and nobody will get one any more.
const WITHDRAWN: u8 = 2;

/// What sender and guard share of a body.
#[derive(Debug, Clone)]
pub(crate) struct Sent(Arc<AtomicU8>);

impl Sent {
    /// A request whose sending is not watched, so that it counts as sent.
    pub(crate) fn unwatched() -> Self {
        Sent(Arc::new(AtomicU8::new(ASKED)))
    }

    /// Takes the body back if no byte of it was asked for, and reports whether that worked.
    /// From then on nobody can send it, not even a connection that still holds it.
    pub(crate) fn withdraw(&self) -> bool {
        self.leave_waiting(WITHDRAWN) != ASKED
    }

    /// Goes on to a state if nobody did before, and gives back the state that was found.
    fn leave_waiting(&self, to: u8) -> u8 {
        match self.0.compare_exchange(WAITING, to, Ordering::AcqRel, Ordering::Acquire) {
            Ok(found) | Err(found) => found,
        }
    }
}

/// The body: one frame of known length.
#[derive(Debug)]
pub(crate) struct Once {
    bytes: Bytes,
    sent: Sent,
}

impl Once {
    pub(crate) fn new(bytes: Bytes) -> (Self, Sent) {
        let sent = Sent(Arc::new(AtomicU8::new(WAITING)));
        (Once { bytes, sent: sent.clone() }, sent)
    }
}

impl Body for Once {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.sent.leave_waiting(ASKED) == WITHDRAWN {
            return Poll::Ready(Some(Err(io::Error::other("the guard took the request back"))));
        }
        let bytes = std::mem::take(&mut self.bytes);
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Exact, so that the request has a content length as it would have without the guard.
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.len().try_into().unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn poll(body: &mut Once) -> Option<Result<Bytes, io::Error>> {
        match Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(frame) => frame.map(|frame| frame.map(|frame| frame.into_data().unwrap())),
            Poll::Pending => panic!("it is never pending"),
        }
    }

    #[test]
    fn a_body_that_was_asked_for_can_not_be_withdrawn() {
        let (mut body, sent) = Once::new(Bytes::from_static(b"{}"));
        assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(2), false));
        assert_eq!(poll(&mut body).unwrap().unwrap(), "{}");
        assert!(!sent.withdraw() && poll(&mut body).is_none() && body.is_end_stream());
    }

    #[test]
    fn a_body_that_was_withdrawn_is_never_sent() {
        let (mut body, sent) = Once::new(Bytes::from_static(b"{}"));
        assert!(sent.withdraw() && sent.withdraw());
        assert!(poll(&mut body).unwrap().is_err());
    }

    #[test]
    fn what_is_not_watched_counts_as_sent() {
        assert!(!Sent::unwatched().withdraw());
    }
}
