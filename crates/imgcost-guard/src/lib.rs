#![doc = include_str!("../README.md")]

#[cfg(feature = "async-openai")]
pub mod async_openai;
#[cfg(feature = "batch")]
pub mod batch;
#[cfg(feature = "__http")]
mod booked;
mod booking;
#[cfg(feature = "built-in-book")]
mod built_in;
mod error;
mod event;
mod guard;
mod hold;
mod http;
mod outage;
mod policy;
#[cfg(feature = "async")]
mod queue;
#[cfg(any(feature = "async-openai", feature = "reqwest-middleware"))]
mod reqwest;
#[cfg(feature = "reqwest-middleware")]
pub mod reqwest_middleware;
mod settlement;
mod spend;
mod step;
#[cfg(feature = "tower")]
pub mod tower;
mod unbooked;

#[cfg(feature = "__http")]
pub use booked::{booked, held};
pub use booking::{Amount, DEFAULT_HOLD_TTL, HoldError, new_hold};
#[cfg(feature = "built-in-book")]
pub use built_in::built_in_book;
pub use error::{Error, OverCallCap, Refused};
pub use event::Event;
pub use guard::{BuildError, Builder, Guard};
pub use hold::{Booked, Hold, Quoted};
#[cfg(feature = "__http")]
pub use http::ObservedBody;
pub use http::{Call, Reading, ResponseObserver};
#[cfg(feature = "rules")]
pub use imgcost_analysis::policy::{Finding, Policy as Rules};
pub use imgcost_core::OutcomeResult;
pub use outage::Outage;
pub use policy::{Mode, OnExceed, Policy, UnknownFields, Unreadable};
pub use settlement::{Bill, bill};
pub use spend::Spend;
