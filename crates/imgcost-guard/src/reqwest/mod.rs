//! What the adapters for clients on reqwest have in common.

use ::reqwest::{Body, Request, Response, ResponseBuilderExt};

use crate::guard::Guard;
use crate::http::{BoxError, Call, Watched, admit, collect};

/// Lets a request in; its body is collected on the way and then sent as the same bytes. None
/// if it is no image call.
///
/// # Errors
/// A boxed [`Error`](crate::Error) if the call is denied, or the error of the body.
pub(crate) async fn before(guard: &Guard, request: &mut Request) -> Result<Option<Call>, BoxError> {
    if !guard.watches(request.method().as_str(), request.url().path()) {
        return Ok(None);
    }
    let body = match request.body_mut().take() {
        Some(body) => collect(guard, body).await?,
        None => bytes::Bytes::new(),
    };
    let call = admit(guard, request.url().path(), request.headers(), &body).await?;
    *request.body_mut() = Some(Body::from(body));
    Ok(call)
}

/// Watches the answer to a call: all of it as it was, but for the body's end, which waits for
/// the books.
pub(crate) fn answered(call: Call, response: Response) -> Response {
    let status = response.status().as_u16();
    let url = response.url().clone();
    let (mut parts, body) = ::http::Response::<Body>::from(response).into_parts();
    // An address goes from one response to the next only by way of a builder's extension.
    if let Ok(holder) = ::http::Response::builder().url(url).body(()) {
        parts.extensions.extend(holder.into_parts().0.extensions);
    }
    let body = Body::wrap(Watched::of(call, status, body));
    Response::from(::http::Response::from_parts(parts, body))
}

/// Books that no answer came. Only an error of connecting says that nothing was sent.
pub(crate) fn failed(call: Call, error: &::reqwest::Error) {
    call.lost(error.is_connect() || error.is_builder());
}

/// Books that no answer came, by the error of whatever stands between.
pub(crate) fn failed_by(call: Call, error: &(dyn std::error::Error + 'static)) {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<::reqwest::Error>() {
            return failed(call, error);
        }
        next = error.source();
    }
    call.lost(false);
}
