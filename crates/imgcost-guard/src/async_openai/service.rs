use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use ::async_openai::error::OpenAIError;
use ::async_openai::middleware::HttpRequestFactory;
use ::reqwest::{Request, Response};
use tower_service::Service;

use crate::error::Error;
use crate::guard::Guard;
use crate::reqwest;
use crate::tower::ResponseFuture;

/// An async-openai transport behind a [`Guard`].
///
/// A denied call is never sent: the error is [`OpenAIError::Boxed`], from which
/// `downcast_ref::<imgcost_guard::Error>()` gets the guard's. So is a request that the inner
/// service builds beyond [`Policy::attempts`](crate::Policy::attempts).
///
/// The body of an image call is sent on as a stream of known length that can't be cloned, so
/// that reqwest sends it once: its own retries don't send it again, and a 307 or 308 comes back
/// as the response.
#[derive(Debug, Clone)]
pub struct GuardService<S> {
    inner: S,
    guard: Guard,
}

impl<S> GuardService<S> {
    pub(super) fn new(inner: S, guard: Guard) -> Self {
        GuardService { inner, guard }
    }
}

impl<S> Service<HttpRequestFactory> for GuardService<S>
where
    S: Service<HttpRequestFactory, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<OpenAIError>,
{
    type Response = Response;
    // Not generic: the retry layer takes this error only.
    type Error = OpenAIError;
    type Future = ResponseFuture<Response, OpenAIError>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, factory: HttpRequestFactory) -> Self::Future {
        // The clone may not be ready; the one that was polled is.
        let clone = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, clone);
        ResponseFuture::new(exchange(inner, self.guard.clone(), factory))
    }
}

async fn exchange<S>(mut inner: S, guard: Guard, factory: HttpRequestFactory) -> Result<Response, OpenAIError>
where
    S: Service<HttpRequestFactory, Response = Response>,
    S::Error: Into<OpenAIError>,
{
    let mut request = factory.build().await?;
    // A request that is built again can be sent once, too: what is counted is what is sent.
    let times = if guard.observes() { u32::MAX } else { 1 };
    let call = reqwest::before(&guard, &mut request, times).await.map_err(OpenAIError::Boxed)?;
    let Some(call) = call else {
        let (factory, _) = counted(request, factory, u32::MAX);
        return inner.call(factory).await.map_err(Into::into);
    };
    let (factory, built) = counted(request, factory, guard.attempts());
    let response = inner.call(factory).await;
    if let (Some(hold), Some(built)) = (call.call().hold(), NonZeroU32::new(built.load(Ordering::Acquire))) {
        hold.attempts_made(built);
    }
    match response {
        Ok(response) => Ok(call.answered(response)),
        Err(error) => {
            call.failed();
            Err(error.into())
        }
    }
}

/// A factory that hands out the request that was looked at, so that what was quoted is what is
/// sent and no file is read twice. Should the transport build more than one, the others are
/// made as before, up to as many as are allowed, and each can be sent once: so the count of
/// those that were built is that of the attempts.
fn counted(
    request: Request,
    factory: HttpRequestFactory,
    allowed: u32,
) -> (HttpRequestFactory, Arc<AtomicU32>) {
    let first = Arc::new(Mutex::new(Some(request)));
    let built = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&built);
    let factory = HttpRequestFactory::new(move || {
        let (first, factory) = (Arc::clone(&first), factory.clone());
        let before = count.try_update(Ordering::AcqRel, Ordering::Acquire, |built| {
            (built < allowed).then(|| built.saturating_add(1))
        });
        async move {
            if before.is_err() {
                return Err(OpenAIError::Boxed(Error::SentTooOften { allowed }.into()));
            }
            let first = first.lock().unwrap_or_else(PoisonError::into_inner).take();
            match first {
                Some(request) => Ok(request),
                None => factory.build().await.map(reqwest::sent_once),
            }
        }
    });
    (factory, built)
}
