//! What the adapters for clients on reqwest have in common.

mod once;

use ::reqwest::{Body, Request, Response, ResponseBuilderExt};
use bytes::Bytes;

use self::once::{Once, Sent};
use crate::guard::Guard;
use crate::http::{BoxError, Call, ObservedBody, admit, collect};

/// An admitted image call that goes out now.
#[derive(Debug)]
pub(crate) struct Sending {
    call: Call,
    sent: Sent,
}

/// Lets a request in; its body is collected on the way and then sent as the same bytes. None
/// if it is no image call. The body of an image call can be sent once; `times` above 1 lets the
/// client send it as often as it likes.
///
/// # Errors
/// A boxed [`Error`](crate::Error) if the call is denied, or the error of the body.
pub(crate) async fn before(
    guard: &Guard,
    request: &mut Request,
    times: u32,
) -> Result<Option<Sending>, BoxError> {
    if let Some(call) = guard.result_async(request.method().as_str(), request.url().as_str()).await {
        return Ok(Some(Sending { call, sent: Sent::unwatched() }));
    }
    if guard.lets_pass(request.method().as_str(), request.url().as_str()) {
        return Ok(None);
    }
    let body = match request.body_mut().take() {
        Some(body) => collect(guard, body).await?,
        None => Bytes::new(),
    };
    let call = admit(guard, request.url().as_str(), request.headers(), &body).await?;
    let Some(call) = call.map(Call::sending) else {
        *request.body_mut() = Some(Body::from(body));
        return Ok(None);
    };
    let (body, sent) = match times {
        0..=1 => once(body),
        _ => (Body::from(body), Sent::unwatched()),
    };
    *request.body_mut() = Some(body);
    Ok(Some(Sending { call, sent }))
}

fn once(body: Bytes) -> (Body, Sent) {
    let (body, sent) = Once::new(body);
    (Body::wrap(body), sent)
}

/// Makes a request one that can be sent once. One whose body is a stream already is.
#[cfg(feature = "async-openai")]
pub(crate) fn sent_once(mut request: Request) -> Request {
    if let Some(bytes) = request.body().and_then(Body::as_bytes) {
        *request.body_mut() = Some(once(Bytes::copy_from_slice(bytes)).0);
    }
    request
}

impl Sending {
    /// The call.
    #[cfg(feature = "async-openai")]
    pub(crate) fn call(&self) -> &Call {
        &self.call
    }

    /// Watches the response: all of it as it was, but for the body's end, which waits for the
    /// books.
    pub(crate) fn answered(self, response: Response) -> Response {
        let status = response.status().as_u16();
        let url = response.url().clone();
        let (mut parts, body) = ::http::Response::<Body>::from(response).into_parts();
        // An address goes from one response to the next only by way of a builder's extension.
        if let Ok(holder) = ::http::Response::builder().url(url).body(()) {
            parts.extensions.extend(holder.into_parts().0.extensions);
        }
        self.call.attach(&mut parts.extensions);
        let body = Body::wrap(ObservedBody::of(self.call, status, body));
        Response::from(::http::Response::from_parts(parts, body))
    }

    /// Books that no response came. It was not sent only if no byte of it was asked for, whatever
    /// the error: that may be the last of several.
    pub(crate) fn failed(self) {
        self.call.lost(self.sent.withdraw());
    }
}
