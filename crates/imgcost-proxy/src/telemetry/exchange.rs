//! One request and its response, as it is counted and logged.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use http::{HeaderMap, Method, Request, StatusCode, Uri};
use imgcost_guard::{Booked, Hold};
use imgcost_ledger::{NanoUsd, Scope, State, Timestamp};

use super::counters::micros;
use super::line::{RequestLine, clean, shown};
use super::recent::Refused;
use super::{Ended, Outcome, Telemetry};
use crate::headers::REQUEST_ID;
use crate::life::OpenRequest;
use crate::refusal::Refusal;

/// The longest id of a client's that is kept, in characters.
const LONGEST_ID: usize = 128;

/// One request and its response. Whatever still works on them has it, and when the last of these is
/// done, the request is counted and logged: so that is done once, whatever became of it.
pub(crate) struct Exchange {
    telemetry: Arc<Telemetry>,
    at: Timestamp,
    began: Instant,
    method: Method,
    asked: Uri,
    id: String,
    /// The microseconds that were spent waiting for the upstream.
    upstream: AtomicU64,
    /// The microseconds that were spent waiting for the client's body before the request went out.
    client: AtomicU64,
    was_sent: AtomicBool,
    known: Mutex<Known>,
    /// Last, so that a request is open until all of it is counted.
    open: Option<OpenRequest>,
}

/// What is known of it so far.
#[derive(Default)]
struct Known {
    upstream: Option<Arc<Named>>,
    key: Option<String>,
    scope: Option<Scope>,
    is_quoted: bool,
    status: Option<StatusCode>,
    refusal: Option<(&'static str, Outcome, Option<String>)>,
    quote: Option<String>,
    call: Option<Held>,
    /// The microseconds that the proxy itself took.
    added: Option<u64>,
}

/// An image call.
struct Held {
    hold: String,
    model: String,
    amount: NanoUsd,
    state: State,
    settled: Option<NanoUsd>,
}

/// What an upstream is called in logs and metrics.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Named {
    pub(crate) upstream: String,
    pub(crate) provider: String,
}

impl Exchange {
    pub(crate) fn begin<B>(telemetry: &Arc<Telemetry>, request: &Request<B>, open: OpenRequest) -> Arc<Self> {
        Arc::new(Exchange {
            at: Timestamp::now(),
            began: Instant::now(),
            method: request.method().clone(),
            asked: request.uri().clone(),
            id: of_client(request.headers()).map_or_else(|| telemetry.ids.next(), str::to_owned),
            telemetry: Arc::clone(telemetry),
            upstream: AtomicU64::new(0),
            client: AtomicU64::new(0),
            was_sent: AtomicBool::new(false),
            known: Mutex::default(),
            open: Some(open),
        })
    }

    /// The client's own id of the request, or one that was made for it.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_key(&self, name: &str) {
        self.known().key = Some(name.to_owned());
    }

    pub(crate) fn set_scope(&self, scope: Scope) {
        self.known().scope = Some(scope);
    }

    pub(crate) fn set_upstream(&self, named: &Arc<Named>) {
        self.known().upstream = Some(Arc::clone(named));
    }

    /// Only what the call would cost was asked.
    pub(crate) fn set_quoted(&self) {
        self.known().is_quoted = true;
    }

    /// The client's body let the proxy wait. Once the request goes out, that is no longer added time.
    pub(crate) fn waited_for_client(&self, time: Duration) {
        if !self.was_sent.load(Ordering::Acquire) {
            self.client.fetch_add(micros(time), Ordering::Relaxed);
        }
    }

    pub(crate) fn sent(&self) {
        self.was_sent.store(true, Ordering::Release);
    }

    pub(crate) fn waited_for_upstream(&self, time: Duration) {
        self.upstream.fetch_add(micros(time), Ordering::Relaxed);
    }

    pub(crate) fn responded(&self, status: StatusCode) {
        self.known().status = Some(status);
    }

    pub(crate) fn held(&self, hold: &Hold) {
        let mut known = self.known();
        known.quote = Some(hold.quoted().id.clone());
        known.scope = Some(hold.scope().clone());
        known.call = Some(Held {
            hold: hold.id().to_string(),
            model: clean(&hold.quoted().model),
            amount: hold.amount(),
            state: State::Held,
            settled: None,
        });
    }

    pub(crate) fn booked(&self, booked: &Booked) {
        let mut known = self.known();
        let Some(call) = &mut known.call else { return };
        (call.state, call.settled) = (booked.state, Some(booked.amount));
    }

    pub(crate) fn refused(&self, refusal: &Refusal) {
        let outcome = if refusal.is_of_upstream() { Outcome::UpstreamError } else { Outcome::Refused };
        let mut known = self.known();
        known.status = Some(refusal.status);
        known.refusal = Some((refusal.code, outcome, refusal.reason().map(clean)));
        known.quote = refusal.quote().map(str::to_owned).or(known.quote.take());
    }

    /// The head of the response goes to the client: all the time so far that was not spent waiting for
    /// others is the proxy's own.
    pub(crate) fn answered(&self) {
        if !self.was_sent.load(Ordering::Acquire) {
            return;
        }
        let (upstream, client) = (self.upstream.load(Ordering::Relaxed), self.client.load(Ordering::Relaxed));
        let added = micros(self.began.elapsed()).saturating_sub(upstream).saturating_sub(client);
        self.known().added = Some(added);
        self.telemetry.answered(Duration::from_micros(added), Duration::from_micros(upstream));
    }
}

impl Known {
    fn outcome(&self) -> Outcome {
        match (&self.refusal, self.status) {
            (Some((_, outcome, _)), _) => *outcome,
            _ if self.is_quoted => Outcome::Quoted,
            (None, None) => Outcome::Abandoned,
            (None, Some(status)) if status.is_client_error() || status.is_server_error() => {
                Outcome::UpstreamError
            }
            (None, Some(_)) if self.call.is_some() => Outcome::Passed,
            (None, Some(_)) => Outcome::Unmetered,
        }
    }

    /// Why it was refused, or which error the upstream's status is.
    fn code(&self, outcome: Outcome) -> Option<String> {
        match (&self.refusal, outcome) {
            (Some((code, ..)), _) => Some((*code).to_owned()),
            (None, Outcome::UpstreamError) => self.status.map(|status| status.as_str().to_owned()),
            (None, _) => None,
        }
    }
}

impl Exchange {
    /// Its path without its query and without what differs from call to call.
    fn path(&self) -> String {
        imgcost_wire::without_ids(&imgcost_wire::shown_path(self.asked.path()))
    }

    fn log(&self, known: &Known, outcome: Outcome, code: Option<&str>) {
        let scope = known.scope.as_ref().map(Scope::as_str);
        let named = known.upstream.as_deref();
        let call = known.call.as_ref();
        let reason = known.refusal.as_ref().and_then(|(.., reason)| reason.as_deref());
        let amount = |amount: NanoUsd| amount.to_string();
        let (held, settled) =
            (call.map(|call| amount(call.amount)), call.and_then(|call| call.settled).map(amount));
        self.telemetry.log.request(&RequestLine {
            time: &shown(self.at),
            kind: "request",
            id: &self.id,
            method: self.method.as_str(),
            path: &self.path(),
            outcome: outcome.as_str(),
            status: known.status.map(|status| status.as_u16()),
            upstream: named.map(|named| named.upstream.as_str()),
            provider: named.map(|named| named.provider.as_str()),
            key: known.key.as_deref(),
            scope,
            model: call.map(|call| call.model.as_str()),
            quote: known.quote.as_deref(),
            hold: call.map(|call| call.hold.as_str()),
            held: held.as_deref(),
            settled: settled.as_deref(),
            state: call.map(|call| call.state.as_str()),
            code,
            reason,
            ms: millis(micros(self.began.elapsed())),
            added_ms: known.added.map(millis),
        });
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let known = std::mem::take(&mut *self.known());
        let outcome = known.outcome();
        let code = known.code(outcome);
        let scope = known.scope.as_ref().map(Scope::as_str);
        let named = known.upstream.as_deref();
        if self.telemetry.log.has_requests() {
            self.log(&known, outcome, code.as_deref());
        }
        // What never got as far as an upstream is only counted: scanners send a lot of it.
        if let (Some((code, _, reason)), true) = (&known.refusal, named.is_some()) {
            self.telemetry.recent.add_refusal(Refused {
                at: self.at,
                path: self.path(),
                scope: scope.unwrap_or_default().to_owned(),
                code,
                reason: reason.clone().unwrap_or_default(),
            });
        }
        let is_passed = known.refusal.is_none() && known.status.is_some() && !known.is_quoted;
        if is_passed && known.call.is_none() {
            self.telemetry.unmetered.add(self.path(), 1);
        }
        let named = named.cloned().unwrap_or(Named { upstream: String::new(), provider: String::new() });
        self.telemetry.requests.add(Ended { named, outcome, code: code.unwrap_or_default() }, 1);
        drop(self.open.take());
    }
}

/// A client's id of a request, if it can be shown as it is.
fn of_client(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let is_shown = !id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(|byte| byte.is_ascii_graphic());
    is_shown.then_some(id)
}

#[expect(clippy::cast_precision_loss, reason = "a time that is shown")]
fn millis(micros: u64) -> f64 {
    micros as f64 / 1000.0
}
