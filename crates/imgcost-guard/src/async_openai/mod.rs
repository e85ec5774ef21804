//! A guard for [async-openai](async_openai) clients, with their feature `middleware`.
//!
//! ```
//! # use std::sync::Arc;
//! # use imgcost_guard::Guard;
//! # use imgcost_ledger::MemoryLedger;
//! # let guard = Guard::with_built_in_book(Arc::new(MemoryLedger::new()), "a".parse()?);
//! use async_openai::middleware::{ReqwestService, retry::OpenAIRetryLayer};
//! use imgcost_guard::async_openai::GuardLayer;
//! use tower_layer::Layer;
//!
//! let transport = ReqwestService::new(reqwest::Client::new());
//! let guarded = GuardLayer::new(guard).layer(transport);
//! // Retries go around it: then every attempt has a hold of its own.
//! let service = OpenAIRetryLayer::default().layer(guarded);
//! let client = async_openai::Client::new().with_http_service(service);
//! # drop(client);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! With `tower::ServiceBuilder` the same is `.layer(OpenAIRetryLayer::default())`, then
//! `.layer(GuardLayer::new(guard))`, then `.service(…)`: the first layer is the outermost.
//! `with_http_service` replaces the client's own retries, so they have to be named.

mod layer;
mod service;

pub use layer::GuardLayer;
pub use service::GuardService;

pub use crate::tower::ResponseFuture;
