//! A guard for any [tower](https://docs.rs/tower-service) service of HTTP requests.
//!
//! ```
//! # use std::sync::Arc;
//! # use imgcost_guard::Guard;
//! # use imgcost_ledger::MemoryLedger;
//! # let guard = Guard::with_built_in_book(Arc::new(MemoryLedger::new()), "a".parse()?);
//! use imgcost_guard::tower::GuardLayer;
//! use tower_layer::Layer;
//! # #[derive(Clone)] struct Client;
//! # let client = Client;
//! let guarded = GuardLayer::new(guard).layer(client);
//! # drop(guarded);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Put it inside of retries, so that every attempt has a hold of its own, and inside of
//! whatever changes the body of a request; outside of what decodes answers.

mod future;
mod layer;
mod service;

pub use future::ResponseFuture;
pub use layer::{GuardLayer, refused_connection};
pub use service::GuardService;

pub use crate::http::ObservedBody;
