//! What is behind a guard: an upstream, or in a dry run nothing.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use imgcost_guard::Guard;
use imgcost_wire::{Dialect, Route};
use tower_service::Service;

use crate::body::RequestBody;
use crate::forward::{Forward, ForwardError};
use crate::placeholder::{self, Placeholder};

/// The body of a response: an upstream's, or a placeholder's.
pub(crate) type BackendBody = Either<Incoming, Full<Bytes>>;

/// What is behind a guard.
#[derive(Clone)]
pub(crate) enum Backend {
    /// The API.
    Upstream(Arc<Forward>),
    /// Nothing: image calls are answered with placeholders, others not at all.
    Nothing(Guard),
}

impl Service<Request<RequestBody>> for Backend {
    type Response = Response<BackendBody>;
    type Error = ForwardError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<BackendBody>, ForwardError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ForwardError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        match self {
            Backend::Upstream(forward) => {
                let response = forward.send(request);
                Box::pin(async move { Ok(response.await?.map(Either::Left)) })
            }
            Backend::Nothing(guard) => Box::pin(answer(guard.clone(), request)),
        }
    }
}

/// The placeholder for an image call.
async fn answer(guard: Guard, request: Request<RequestBody>) -> Result<Response<BackendBody>, ForwardError> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| ForwardError::DryRun)?.to_bytes();
    let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let address = parts.uri.to_string();
    let Placeholder { content_type, body } =
        placeholder_of(&guard, &address, content_type, &body).ok_or(ForwardError::DryRun)?;
    let mut response = Response::new(Either::Right(Full::from(body)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    Ok(response)
}

fn placeholder_of(
    guard: &Guard,
    address: &str,
    content_type: Option<&str>,
    body: &[u8],
) -> Option<Placeholder> {
    let request = guard.read(address, content_type, body).ok()??;
    let provider = guard.book().provider(&request.provider).ok()?;
    let dialect = Route::of(&Dialect::taken_by(provider), address)?.dialect;
    placeholder::of(dialect, address, &request, &guard.book().quote(&request).ok()?)
}
