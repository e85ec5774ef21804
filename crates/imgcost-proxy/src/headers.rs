//! Headers: which of them end here, and the proxy's own.

use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE,
    TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use imgcost_guard::{Booked, Hold, Spend};
use imgcost_ledger::Scope;

use crate::refusal::Refusal;

/// The id of the quote that the call was admitted by.
pub(crate) const QUOTE: HeaderName = HeaderName::from_static("x-imgcost-quote");
/// The id of the hold.
pub(crate) const HOLD: HeaderName = HeaderName::from_static("x-imgcost-hold");
/// What is held, in USD.
pub(crate) const HELD: HeaderName = HeaderName::from_static("x-imgcost-held");
/// What the call was booked at, in USD: a header where that is known in time, else a trailer.
pub(crate) const SETTLED: HeaderName = HeaderName::from_static(SETTLED_NAME);
/// Its name.
pub(crate) const SETTLED_NAME: &str = "x-imgcost-settled";
/// What was left on the tightest budget once the call was held, in USD.
pub(crate) const LEFT: HeaderName = HeaderName::from_static("x-imgcost-left");
/// Marks a response that no API has made.
pub(crate) const DRY_RUN: HeaderName = HeaderName::from_static("x-imgcost-dry-run");

const SCOPE: HeaderName = HeaderName::from_static("x-imgcost-scope");
const KEY: HeaderName = HeaderName::from_static("x-imgcost-key");
const TAG: HeaderName = HeaderName::from_static("x-imgcost-tag");
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of the request in the log: the client's own, or one that was made for it.
pub(crate) const OWN_REQUEST_ID: HeaderName = HeaderName::from_static("x-imgcost-request-id");

/// What every header of the proxy's own begins with.
const OWN: &str = "x-imgcost-";

/// Headers that concern one connection only: RFC 9110, 7.6.1.
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Removes what concerns the connection that a message came on.
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// Makes a client's headers those of a request to an upstream.
pub(crate) fn to_upstream(headers: &mut HeaderMap) {
    remove_hop_by_hop(headers);
    // The length is that of the body; the client is told to go on already; the host is another.
    for name in [CONTENT_LENGTH, EXPECT, HOST] {
        headers.remove(name);
    }
    remove_own(headers);
    // The usage is read from the body as it passes.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
}

/// Makes an upstream's headers those of a response to a client.
pub(crate) fn to_client(headers: &mut HeaderMap) {
    // Where a message has both, the encoding tells where it ends: RFC 9112, 6.3.
    if headers.contains_key(TRANSFER_ENCODING) {
        headers.remove(CONTENT_LENGTH);
    }
    remove_hop_by_hop(headers);
    remove_own(headers);
}

/// Removes what only the proxy says.
pub(crate) fn remove_own(headers: &mut HeaderMap) {
    let own: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with(OWN)).cloned().collect();
    for name in own {
        headers.remove(name);
    }
}

/// Whether a client takes what comes after a body.
pub(crate) fn takes_trailers(headers: &HeaderMap) -> bool {
    let values = headers.get_all(TE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case("trailers"))
}

/// Whether a client only wants to know what the call would cost.
pub(crate) fn is_dry_run(headers: &HeaderMap) -> bool {
    headers.get(DRY_RUN).is_some_and(|value| value != "0")
}

/// Says what is held for a call.
pub(crate) fn add_hold(headers: &mut HeaderMap, hold: &Hold) {
    let left = hold.left().map(|left| left.to_string());
    let own = [
        (QUOTE, Some(hold.quoted().id.clone())),
        (HOLD, Some(hold.id().to_string())),
        (HELD, Some(hold.amount().to_string())),
        (LEFT, left),
    ];
    for (name, value) in own {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(name, value);
        }
    }
}

/// Says what a call was booked at.
pub(crate) fn add_settled(headers: &mut HeaderMap, booked: &Booked) {
    if let Ok(usd) = HeaderValue::try_from(booked.amount.to_string()) {
        headers.insert(SETTLED, usd);
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, Refusal> {
    if headers.get_all(name).iter().nth(1).is_some() {
        return Err(Refusal::bad_request(format!("{name} is there twice")));
    }
    let value = headers.get(name).map(HeaderValue::to_str).transpose();
    value.map_err(|_| Refusal::bad_request(format!("{name} is no text")))
}

/// Whose money a request spends: a scope's, or that of one below it that the client names.
pub(crate) fn scope(headers: &HeaderMap, scope: &Scope) -> Result<Scope, Refusal> {
    let Some(below) = text(headers, &SCOPE)? else { return Ok(scope.clone()) };
    format!("{scope}/{below}").parse().map_err(|error| {
        Refusal::bad_request(format!("{SCOPE} names a scope below {scope}, such as alice: {error}"))
    })
}

/// What a request spends, and under which name. Without an id of its client's, it has this one.
pub(crate) fn spend(headers: &HeaderMap, scope: Scope, id: &str) -> Result<Spend, Refusal> {
    let mut spend = Spend::of(scope).request_id(id);
    if let Some(key) = text(headers, &KEY)? {
        spend = spend.key(key);
    }
    if let Some(id) = text(headers, &REQUEST_ID)? {
        spend = spend.request_id(id);
    }
    for value in headers.get_all(TAG) {
        let tag = value.to_str().ok().and_then(|value| value.split_once('='));
        let Some((name, value)) = tag else {
            return Err(Refusal::bad_request(format!("{TAG} is NAME=VALUE, such as order=4711")));
        };
        spend = spend.tag(name.trim(), value.trim());
    }
    Ok(spend)
}
