//! Which model a request is for, before it is known which API it goes to.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use imgcost_wire::{Body, Dialect, Meter, Route};
use serde_json::Value;

/// The model that a path names, as Gemini's and Azure's do, else the body's.
pub(crate) fn of(path: &str, headers: &HeaderMap, body: &[u8]) -> Option<String> {
    if let Some(model) = Route::of(&Dialect::ALL, path).and_then(|route| route.model) {
        return Some(model);
    }
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Body { fields, .. } = Body::read(content_type, body, &Meter).ok()?;
    fields.get("model").and_then(Value::as_str).map(str::to_owned)
}
