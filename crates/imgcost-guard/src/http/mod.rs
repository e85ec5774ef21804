//! From the bytes of a request to a hold, and from the bytes of its response to a booking: for
//! every HTTP client, without a type of any. With the adapters come their common parts, in
//! terms of `http` and `http-body`.

#[cfg(feature = "__http")]
mod admit;
mod body;
mod call;
mod judge;
mod native;
mod reading;
mod watch;
#[cfg(feature = "__http")]
mod watched;

#[cfg(feature = "__http")]
pub(crate) use admit::{BoxError, admit, collect};
pub use call::Call;
pub use reading::Reading;
pub use watch::ResponseObserver;
#[cfg(feature = "__http")]
pub use watched::ObservedBody;
