//! Responses that the proxy makes itself, in the shape of OpenAI's errors.

use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::LengthLimitError;
use imgcost_guard::Error;
use serde_json::{Map, Value, json};

use crate::body::{BoxError, ResponseBody, Silence, whole};
use crate::forward::ForwardError;

/// What OpenAI's clients look at before anything else to know whether to try again.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// Why a request is not passed on, or has no response.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    message: String,
    more: Map<String, Value>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Refusal { status, code, message: message.into(), more: Map::new() }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Refusal::new(StatusCode::BAD_REQUEST, "bad-request", message)
    }

    /// What came of a call that has no response.
    pub(crate) fn of(error: &BoxError) -> Self {
        if let Some(error) = error.downcast_ref::<Error>() {
            return Refusal::denied(error);
        }
        if let Some(error) = error.downcast_ref::<ForwardError>() {
            let (status, code) = match error {
                ForwardError::Late(_) => (StatusCode::GATEWAY_TIMEOUT, "upstream-timeout"),
                ForwardError::Client(error) if error.is_connect() => {
                    (StatusCode::BAD_GATEWAY, "upstream-unreachable")
                }
                ForwardError::Client(_) => (StatusCode::BAD_GATEWAY, "upstream-broke-off"),
                ForwardError::DryRun => (StatusCode::PAYMENT_REQUIRED, "dry-run"),
            };
            return Refusal::new(status, code, error.to_string());
        }
        if error.is::<LengthLimitError>() {
            return Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "the body is too large");
        }
        if let Some(silence) = error.downcast_ref::<Silence>() {
            return Refusal::new(StatusCode::REQUEST_TIMEOUT, "slow-body", silence.to_string());
        }
        Refusal::bad_request(format!("the body can't be read: {error}"))
    }

    /// A call that the guard denies.
    pub(crate) fn denied(error: &Error) -> Self {
        let status = match error {
            Error::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Error::NotQuotable(_) | Error::Unreadable { .. } | Error::Scope(_) => StatusCode::BAD_REQUEST,
            // A key or a tag that no ledger takes.
            Error::Ledger(imgcost_ledger::Error::BadInput { .. }) => StatusCode::BAD_REQUEST,
            Error::Ledger(error) if error.is_failure() => StatusCode::SERVICE_UNAVAILABLE,
            Error::Busy { .. } | Error::Interrupted => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::PAYMENT_REQUIRED,
        };
        let mut refusal = Refusal::new(status, error.code(), error.to_string());
        let (ceiling, left) = match error {
            Error::OverCallCap(over) => (Some(over.ceiling.to_string()), Some(over.cap.to_string())),
            Error::Refused(refused) => {
                (Some(refused.ceiling.to_string()), refused.left.map(|left| left.to_string()))
            }
            _ => (None, None),
        };
        let quote = match error {
            Error::OverCallCap(over) => Some(&over.quote),
            Error::Refused(refused) => Some(&refused.quote),
            _ => None,
        };
        let fits: Vec<String> = error.fits().iter().map(ToString::to_string).collect();
        let mut add = |name: &str, value: Option<Value>| {
            refusal.more.extend(value.map(|value| (name.to_owned(), value)));
        };
        add("quote", quote.map(|quote| json!(quote)));
        add("ceiling_usd", ceiling.map(Value::from));
        add("left_usd", left.map(Value::from));
        add("would_fit", (!fits.is_empty()).then(|| json!(fits)));
        refusal
    }

    /// Whether the upstream is why there is no response.
    pub(crate) fn is_of_upstream(&self) -> bool {
        matches!(self.status, StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT)
    }

    /// The quote of the call, if it got that far.
    pub(crate) fn quote(&self) -> Option<&str> {
        self.more.get("quote").and_then(Value::as_str)
    }

    /// What logs show of why. Where a request is wrong, the message may repeat what is in it, and stays
    /// between the proxy and its client.
    pub(crate) fn reason(&self) -> Option<&str> {
        let is_own = self.status == StatusCode::PAYMENT_REQUIRED || self.status.is_server_error();
        is_own.then_some(self.message.as_str())
    }

    /// Whether it is about money or policy: then a program that sends it again gets the same.
    fn is_final(&self) -> bool {
        self.status.is_client_error()
    }

    pub(crate) fn into_response(self) -> Response<ResponseBody> {
        let kind = match self.status {
            StatusCode::PAYMENT_REQUIRED => "insufficient_budget",
            status if status.is_client_error() => "invalid_request_error",
            _ => "server_error",
        };
        let is_final = self.is_final();
        let mut error = Map::new();
        error.insert("message".to_owned(), self.message.into());
        error.insert("type".to_owned(), kind.into());
        error.insert("param".to_owned(), Value::Null);
        error.insert("code".to_owned(), self.code.into());
        error.extend(self.more);
        let mut response = json_response(self.status, &json!({ "error": error }));
        if is_final {
            response.headers_mut().insert(SHOULD_RETRY, HeaderValue::from_static("false"));
        }
        response
    }
}

/// A JSON document.
pub(crate) fn json_response(status: StatusCode, document: &impl serde::Serialize) -> Response<ResponseBody> {
    let text = serde_json::to_vec(document).unwrap_or_default();
    let mut response = Response::new(whole(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
