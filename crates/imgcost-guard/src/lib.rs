#![doc = include_str!("../README.md")]

#[cfg(feature = "async-openai")]
pub mod async_openai;
mod booking;
#[cfg(feature = "built-in-book")]
mod built_in;
mod error;
mod guard;
mod hold;
mod http;
mod notice;
mod policy;
#[cfg(feature = "async")]
mod pool;
#[cfg(any(feature = "async-openai", feature = "reqwest-middleware"))]
mod reqwest;
#[cfg(feature = "reqwest-middleware")]
pub mod reqwest_middleware;
mod settlement;
#[cfg(feature = "tower")]
pub mod tower;

pub use booking::{Amount, DEFAULT_HOLD_TTL, HoldError, new_hold};
#[cfg(feature = "built-in-book")]
pub use built_in::built_in_book;
pub use error::{Error, OverCallCap, Refused};
pub use guard::{Builder, Guard};
pub use hold::{Booked, Hold, Quoted};
#[cfg(feature = "__http")]
pub use http::ObservedBody;
pub use http::{Call, Reading, ResponseObserver};
pub use notice::Notice;
pub use policy::{OnExceed, Policy, UnknownFields, Unreadable};
pub use settlement::{Bill, bill};
