//! Bodies on their way through.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep};

use crate::refusal::Refusal;

use crate::telemetry::Exchange;

/// A boxed error, as tower has it.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of a response to a client.
pub(crate) type ResponseBody = UnsyncBoxBody<Bytes, BoxError>;

/// A body that is there.
pub(crate) fn whole(bytes: impl Into<Bytes>) -> ResponseBody {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// The body of a request: as it comes from the client, or collected by the guard.
pub(crate) struct RequestBody(UnsyncBoxBody<Bytes, BoxError>);

impl RequestBody {
    /// A client's body, up to a size, each piece of which comes in time.
    pub(crate) fn incoming(body: Incoming, most: u64, wait: Duration, exchange: &Arc<Exchange>) -> Self {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut body = Paced::new(body, wait, "the client");
        body.exchange = Some(Arc::clone(exchange));
        RequestBody(Limited::new(body, most).boxed_unsync())
    }
}

impl From<Bytes> for RequestBody {
    fn from(bytes: Bytes) -> Self {
        RequestBody(whole(bytes))
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// Nothing came of a body for too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Silence {
    who: &'static str,
    wait: Duration,
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nothing came from {} for {} s", self.who, self.wait.as_secs())
    }
}

impl std::error::Error for Silence {}

/// A body whose next piece has to come in time. Only waiting for the sender counts: nothing does while
/// the reader takes its own.
pub(crate) struct Paced<B> {
    inner: B,
    wait: Duration,
    who: &'static str,
    timer: Option<Pin<Box<Sleep>>>,
    waiting_since: Option<Instant>,
    /// Who is told how long it was waited for the client.
    exchange: Option<Arc<Exchange>>,
}

impl<B> Paced<B> {
    pub(crate) fn new(inner: B, wait: Duration, who: &'static str) -> Self {
        Paced { inner, wait, who, timer: None, waiting_since: None, exchange: None }
    }
}

impl<B> Body for Paced<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(cx) {
            let since = this.waiting_since.take();
            if let (Some(since), Some(exchange)) = (since, &this.exchange) {
                exchange.waited_for_client(since.elapsed());
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let wait = this.wait;
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep(wait)));
        if this.waiting_since.is_none() {
            let now = Instant::now();
            this.waiting_since = Some(now);
            timer.as_mut().reset(now + wait);
        }
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Some(Err(Silence { who: this.who, wait }.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A body that keeps its exchange open until it has gone out, or was dropped.
pub(crate) struct Kept<B> {
    inner: B,
    exchange: Option<Arc<Exchange>>,
}

impl<B> Kept<B> {
    pub(crate) fn new(inner: B, exchange: Arc<Exchange>) -> Self {
        Kept { inner, exchange: Some(exchange) }
    }
}

impl<B: Body + Unpin> Body for Kept<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if frame.is_none() {
            self.exchange = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// All bytes of a body, up to a size.
pub(crate) async fn collected(body: RequestBody, most: usize) -> Result<Bytes, Refusal> {
    let limited = Limited::new(body, most);
    Ok(limited.collect().await.map_err(|error| Refusal::of(&error))?.to_bytes())
}
