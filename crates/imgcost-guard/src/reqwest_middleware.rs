//! A guard for clients of [reqwest-middleware](reqwest_middleware).
//!
//! ```
//! # use std::sync::Arc;
//! # use imgcost_guard::Guard;
//! # use imgcost_ledger::MemoryLedger;
//! # let guard = Guard::with_built_in_book(Arc::new(MemoryLedger::new()), "a".parse()?);
//! use imgcost_guard::reqwest_middleware::GuardMiddleware;
//! let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
//!     // Retries go here, before it: then every attempt has a hold of its own.
//!     .with(GuardMiddleware::new(guard))
//!     .build();
//! # drop(client);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use ::http::Extensions;
use ::reqwest::{Request, Response};
use ::reqwest_middleware::{Error as MiddlewareError, Middleware, Next, Result};

use crate::error::Error;
use crate::guard::Guard;
use crate::reqwest;

/// Asks a [`Guard`] before each image call.
///
/// A denied call is never sent: the error is `Error::Middleware`, from which
/// `downcast_ref::<imgcost_guard::Error>()` gets the guard's.
///
/// A [`Spend`](crate::Spend) given by `RequestBuilder::with_extension` says whose money a request
/// spends; [`booked`](crate::booked) gets from the response what it cost.
///
/// The body of an image call is sent on as a stream of known length that can't be cloned, so
/// that nothing below the guard sends it a second time: reqwest's own retries don't, a 307 or
/// 308 comes back as the response, and a middleware that needs a clone fails. With
/// [`Policy::attempts`](crate::Policy::attempts) above 1 it is sent on as plain bytes.
#[derive(Debug, Clone)]
pub struct GuardMiddleware {
    guard: Guard,
}

impl GuardMiddleware {
    /// A middleware that asks this guard.
    #[must_use]
    pub fn new(guard: Guard) -> Self {
        GuardMiddleware { guard }
    }
}

#[async_trait::async_trait]
impl Middleware for GuardMiddleware {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let guard = self.guard.clone().spending_of(extensions);
        let call = reqwest::before(&guard, &mut request, guard.attempts()).await;
        let call = call.map_err(|error| match error.downcast::<Error>() {
            Ok(denial) => MiddlewareError::middleware(*denial),
            Err(error) => MiddlewareError::middleware(BodyError(error)),
        })?;
        let Some(call) = call else { return next.run(request, extensions).await };
        match next.run(request, extensions).await {
            Ok(response) => Ok(call.answered(response)),
            Err(error) => {
                call.failed();
                Err(error)
            }
        }
    }
}

/// The body of a request could not be read before it was sent.
#[derive(Debug, thiserror::Error)]
#[error("the body of the request could not be read: {0}")]
struct BodyError(#[source] Box<dyn std::error::Error + Send + Sync>);
