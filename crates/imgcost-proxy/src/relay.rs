//! An upstream's response on its way to the client.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRAILER};
use http::{HeaderMap, HeaderValue, Response, StatusCode, Version};
use http_body::Body;
use http_body_util::BodyExt;
use imgcost_guard::tower::ObservedBody;
use imgcost_guard::{Booked, booked, held};
use tokio::time::timeout;

use crate::backend::BackendBody;
use crate::body::{BoxError, Kept, Paced, ResponseBody, whole};
use crate::headers;
use crate::life::Life;
use crate::refusal::Refusal;
use crate::relayed::{Relayed, Settled};
use crate::telemetry::Exchange;

/// Up to how many bytes a response is read before it is passed on, so that what its call was booked at
/// can be in a header.
const SMALL: u64 = 64 << 10;

/// How a response is passed on.
pub(crate) struct Relay {
    pub(crate) is_dry_run: bool,
    pub(crate) takes_trailers: bool,
    /// How long its next piece may take.
    pub(crate) idle: Duration,
    /// How long it is read on after its client went away.
    pub(crate) patience: Duration,
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) life: Arc<Life>,
}

impl Relay {
    /// The response to a client for an upstream's, or for why there is none.
    pub(crate) async fn response(
        self,
        response: Result<Response<ObservedBody<BackendBody>>, BoxError>,
    ) -> Result<Response<ResponseBody>, Refusal> {
        let response = response.map_err(|error| Refusal::of(&error))?;
        let exchange = self.exchange;
        exchange.responded(response.status());
        let hold = held(response.extensions()).cloned();
        let (settled, until_settled) = (booked(response.extensions()), booked(response.extensions()));
        let (mut parts, body) = response.into_parts();
        parts.extensions.clear();
        parts.version = Version::HTTP_11;
        headers::to_client(&mut parts.headers);
        if self.is_dry_run {
            parts.headers.insert(headers::DRY_RUN, HeaderValue::from_static("1"));
        }
        let body = Paced::new(body, self.idle, "the upstream");
        let Some(hold) = hold else {
            return Ok(Response::from_parts(parts, Kept::new(body, exchange).boxed_unsync()));
        };
        headers::add_hold(&mut parts.headers, &hold);
        exchange.held(&hold);
        drop(hold);
        if is_small(&parts.headers, &body) {
            let head = Instant::now();
            let collected = body.collect().await;
            exchange.waited_for_upstream(head.elapsed());
            // The end of the body has waited for the booking as long as may be: it is there, or comes later.
            match timeout(Duration::ZERO, settled).await {
                Ok(Some(booked)) => {
                    exchange.booked(&booked);
                    headers::add_settled(&mut parts.headers, &booked);
                }
                Ok(None) => {}
                Err(_) => drop(tokio::spawn(until_booked(until_settled, exchange))),
            }
            let bytes = collected.map_err(|error| broken_off(&error))?.to_bytes();
            return Ok(Response::from_parts(parts, whole(bytes)));
        }
        tokio::spawn(until_booked(until_settled, Arc::clone(&exchange)));
        let trailer = if self.takes_trailers {
            parts.headers.remove(CONTENT_LENGTH);
            parts.headers.insert(TRAILER, HeaderValue::from_static(headers::SETTLED_NAME));
            Some(Box::pin(settled) as Settled)
        } else {
            None
        };
        let relayed = Relayed::new(body.boxed_unsync(), self.patience, trailer, self.life);
        Ok(Response::from_parts(parts, Kept::new(relayed, exchange).boxed_unsync()))
    }
}

/// Keeps the exchange of an image call open until it is booked.
async fn until_booked(booking: impl Future<Output = Option<Booked>>, exchange: Arc<Exchange>) {
    if let Some(booked) = booking.await {
        exchange.booked(&booked);
    }
}

/// Whether a body is there at once: its length is known and small, and it is no stream of events.
fn is_small(headers: &HeaderMap, body: &impl Body) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    !content_type.starts_with("text/event-stream")
        && body.size_hint().exact().is_some_and(|length| length <= SMALL)
}

fn broken_off(error: &BoxError) -> Refusal {
    Refusal::new(StatusCode::BAD_GATEWAY, "upstream-broke-off", format!("the response broke off: {error}"))
}
