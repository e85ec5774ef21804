//! One call, from its request to its reply.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{Response, header};
use bytes::Bytes;
use imgcost_core::Endpoint;

use super::behaviour::Behaviour;
use super::received::{self, Call};
use super::reply::{Image, Pace, Reply};
use super::wire::{self, Cut};
use super::{Shared, chat, errors, images, lock, responses, usage};

/// The longest request that is read, as the vendor's own limit is.
const LONGEST_REQUEST: usize = 512 * 1024 * 1024;

/// Everything is answered by one handler, so that every call is remembered.
pub(super) fn service(shared: Arc<Shared>) -> Router {
    Router::new().fallback(response).with_state(shared)
}

async fn response(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, LONGEST_REQUEST).await else {
        return send(errors::invalid("The request was not read."));
    };
    let behaviour = match received::text(&parts.headers, "x-fake").map(|name| name.parse::<Behaviour>()) {
        Some(Ok(behaviour)) => behaviour,
        Some(Err(message)) => return send(errors::invalid(&message)),
        None => lock(&shared.script).pop_front().unwrap_or(Behaviour::Ok),
    };
    let call = remember(&shared, &parts, bytes, behaviour).await;
    match behaviour {
        Behaviour::Hang => std::future::pending().await,
        Behaviour::Reset => cut.now(),
        _ => {}
    }
    let bytes = received::text(&parts.headers, "x-fake-image-bytes").and_then(|bytes| bytes.parse().ok());
    send(reply(&call, bytes.unwrap_or(shared.image_bytes.load(Ordering::Relaxed))))
}

async fn remember(shared: &Shared, parts: &Parts, bytes: Bytes, behaviour: Behaviour) -> Call {
    let call = received::read(parts, bytes, behaviour).await;
    lock(&shared.calls).push(call.clone());
    call
}

/// What a call is answered.
fn reply(call: &Call, image_bytes: u64) -> Reply {
    if let Some(refusal) = errors::reply(call.behaviour) {
        return refusal;
    }
    let endpoint = match call.path.as_str() {
        "/v1/images/generations" => Endpoint::Generations,
        "/v1/images/edits" => Endpoint::Edits,
        "/v1/images/variations" => Endpoint::Variations,
        "/v1/responses" => Endpoint::Responses,
        "/v1/chat/completions" => return chat::reply(),
        path => return errors::no_endpoint(path),
    };
    let order = match usage::order(endpoint, &call.body, call.behaviour == Behaviour::AboveCeiling) {
        Ok(order) => order,
        Err(error) => return errors::invalid(&error.to_string()),
    };
    let image = Image { size: order.size, bytes: image_bytes };
    let reply = match endpoint {
        Endpoint::Responses => responses::reply(&order, call.behaviour, image),
        _ => images::reply(&order, call.behaviour, image),
    };
    let is_stream = order.request.stream;
    match call.behaviour {
        Behaviour::Chunked => Reply { has_length: false, ..reply },
        Behaviour::Slow => Reply { pace: Pace::Parts(10, Duration::from_millis(30)), ..reply },
        Behaviour::Stalled => Reply { pace: Pace::Half, ..reply },
        Behaviour::Torn => Reply { torn: true, ..reply },
        Behaviour::StreamError if !is_stream => Reply { torn: true, ..reply },
        _ => reply,
    }
}

fn send(reply: Reply) -> Response<Body> {
    let mut response = Response::builder()
        .status(reply.status)
        .header(header::CONTENT_TYPE, reply.content_type)
        .header("x-request-id", "req_fake");
    if let Some(seconds) = reply.retry_after {
        response = response.header(header::RETRY_AFTER, seconds);
    }
    if reply.has_length {
        response = response.header(header::CONTENT_LENGTH, reply.length());
    }
    response.body(wire::body(reply)).expect("the status and headers are plain")
}
