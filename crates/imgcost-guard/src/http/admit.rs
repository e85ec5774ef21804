//! Lets a request in that is about to be sent by an async client.

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use imgcost_wire::shown_path;

use super::call::Call;
use crate::error::Error;
use crate::guard::Guard;

/// A boxed error, as tower has it.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// From how many bytes on reading a body is too much work for an async worker.
const LARGE: usize = 1 << 20;

/// Quotes a request that may be an image call, and holds its money, where that may take its
/// time.
pub(crate) async fn admit(
    guard: &Guard,
    path: &str,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Option<Call>, Error> {
    if let Some(why) = unreadable(headers) {
        let why = Error::Unreadable { path: shown_path(path), why: why.to_owned() };
        return if guard.passes_unheld(&why) { Ok(None) } else { Err(why) };
    }
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if guard.answers_at_once() && body.len() < LARGE {
        return guard.prepare(path, content_type, body);
    }
    let (guard, path, body) = (guard.clone(), path.to_owned(), body.clone());
    let content_type = content_type.map(str::to_owned);
    // If this is dropped meanwhile, the call that comes of it is dropped there, as not sent.
    let prepare = {
        let guard = guard.clone();
        move || guard.prepare(&path, content_type.as_deref(), &body)
    };
    guard.aside(prepare).await
}

/// Why the headers alone make a request one that can't be read.
fn unreadable(headers: &HeaderMap) -> Option<&'static str> {
    if headers.get_all(CONTENT_ENCODING).iter().any(|encoding| encoding != "identity") {
        return Some("it has a content encoding");
    }
    (headers.get_all(CONTENT_TYPE).iter().count() > 1).then_some("it has several content types")
}

/// The bytes of a body, up to the guard's limit; all of them if it only observes.
///
/// # Errors
/// [`Error::BodyTooLarge`], which is told, or the body's own error.
pub(crate) async fn collect<B>(guard: &Guard, body: B) -> Result<Bytes, BoxError>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    let limit = guard.read_at_most();
    let too_large = || {
        let why = Error::BodyTooLarge { limit };
        guard.tell_denied(&why);
        BoxError::from(why)
    };
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(too_large());
    }
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(error) => Err(error),
    }
}
