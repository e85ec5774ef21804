//! One request through each adapter, as reqwest's own types.

use std::error::Error as StdError;

use ::reqwest::{Body, Client, Request, Response};
use async_openai::error::OpenAIError;
use async_openai::middleware::{HttpRequestFactory, ReqwestService};
use imgcost_guard::{
    Error, Guard, async_openai as openai, reqwest_middleware as middleware, tower as http_tower,
};
use tower::{Layer, ServiceExt, service_fn};

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// A way to put a guard before a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Adapter {
    Tower,
    AsyncOpenAi,
    ReqwestMiddleware,
}

impl Adapter {
    pub(crate) const ALL: [Adapter; 3] = [Adapter::Tower, Adapter::AsyncOpenAi, Adapter::ReqwestMiddleware];

    /// Sends a request through the guard.
    pub(crate) async fn send(
        self,
        guard: &Guard,
        client: &Client,
        request: Request,
    ) -> Result<Response, BoxError> {
        match self {
            Adapter::Tower => through_tower(guard, client.clone(), request).await,
            Adapter::AsyncOpenAi => {
                let service =
                    openai::GuardLayer::new(guard.clone()).layer(ReqwestService::new(client.clone()));
                let once = std::sync::Mutex::new(Some(request));
                let factory = HttpRequestFactory::new(move || {
                    let request = once.lock().unwrap().take();
                    async move { request.ok_or_else(|| OpenAIError::InvalidArgument("built twice".to_owned())) }
                });
                service.oneshot(factory).await.map_err(|error| match error {
                    OpenAIError::Boxed(error) => error,
                    OpenAIError::Reqwest(error) => error.into(),
                    error => error.into(),
                })
            }
            Adapter::ReqwestMiddleware => {
                let client = reqwest_middleware::ClientBuilder::new(client.clone())
                    .with(middleware::GuardMiddleware::new(guard.clone()))
                    .build();
                client.execute(request).await.map_err(|error| match error {
                    reqwest_middleware::Error::Middleware(error) => match error.downcast::<Error>() {
                        Ok(denial) => denial.into(),
                        Err(error) => error.into(),
                    },
                    reqwest_middleware::Error::Reqwest(error) => error.into(),
                })
            }
        }
    }
}

async fn through_tower(guard: &Guard, client: Client, request: Request) -> Result<Response, BoxError> {
    let transport = service_fn(move |request: http::Request<Body>| {
        let client = client.clone();
        async move { client.execute(request.try_into()?).await.map(http::Response::<Body>::from) }
    });
    // reqwest may follow a redirect, so that its error does not tell what was not sent.
    let layer = http_tower::GuardLayer::new(guard.clone());
    let mut request = request;
    let mut parts = http::Request::builder().method(request.method()).uri(request.url().as_str());
    *parts.headers_mut().unwrap() = request.headers().clone();
    let body = request.body_mut().take().unwrap_or_default();
    let response = layer.layer(transport).oneshot(parts.body(body)?).await?;
    Ok(Response::from(response.map(Body::wrap)))
}

/// The guard's error in what an adapter gave back.
pub(crate) fn denial(error: &BoxError) -> &Error {
    error.downcast_ref().unwrap_or_else(|| panic!("not a denial: {error:?}"))
}
