use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use ::async_openai::error::OpenAIError;
use ::async_openai::middleware::HttpRequestFactory;
use ::reqwest::{Request, Response};
use tower_service::Service;

use crate::guard::Guard;
use crate::http::Call;
use crate::reqwest;
use crate::tower::ResponseFuture;

/// An async-openai transport behind a [`Guard`].
///
/// A denied call is never sent: the error is [`OpenAIError::Boxed`], from which
/// `downcast_ref::<imgcost_guard::Error>()` gets the guard's.
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
    let call = reqwest::before(&guard, &mut request).await.map_err(OpenAIError::Boxed)?;
    let factory = once_built(request, factory);
    let Some(call) = call.map(Call::sending) else { return inner.call(factory).await.map_err(Into::into) };
    match inner.call(factory).await {
        Ok(response) => Ok(reqwest::answered(call, response)),
        Err(error) => {
            let error: OpenAIError = error.into();
            reqwest::failed_by(call, &error);
            Err(error)
        }
    }
}

/// A factory that hands out the request that was looked at, so that what was quoted is what is
/// sent and no file is read twice. Should the transport build more than one, the others are
/// made as before.
fn once_built(request: Request, factory: HttpRequestFactory) -> HttpRequestFactory {
    let built = Arc::new(Mutex::new(Some(request)));
    HttpRequestFactory::new(move || {
        let (built, factory) = (Arc::clone(&built), factory.clone());
        async move {
            let first = built.lock().unwrap_or_else(PoisonError::into_inner).take();
            match first {
                Some(request) => Ok(request),
                None => factory.build().await,
            }
        }
    })
}
