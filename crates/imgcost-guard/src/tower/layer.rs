use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::sync::Arc;

use crate::guard::Guard;

/// Tells by a service's error whether the request was surely not sent.
pub(super) type NotSent = Arc<dyn Fn(&(dyn StdError + 'static)) -> bool + Send + Sync>;

/// Puts a [`Guard`] before a service of HTTP requests.
#[derive(Clone)]
pub struct GuardLayer {
    pub(super) guard: Guard,
    pub(super) not_sent: NotSent,
}

impl GuardLayer {
    /// A layer that asks this guard.
    #[must_use]
    pub fn new(guard: Guard) -> Self {
        GuardLayer { guard, not_sent: Arc::new(shed) }
    }

    /// Says by which errors of the service a request was surely not sent, so that its hold is
    /// released. Without it only a load that `tower::load_shed` sheds counts as not sent, and every
    /// other error as sent without a response.
    ///
    /// The error of a service that retries, or follows redirects, is that of its last try: a
    /// refused connection says nothing about the tries before it. So give a test only where
    /// the service does neither, such as a bare hyper client:
    /// [`refused_connection`](super::refused_connection),
    /// `hyper_util::client::legacy::Error::is_connect`. A `reqwest::Client` does both unless
    /// it is built with `redirect::Policy::none()` and `retry::never()`.
    #[must_use]
    pub fn not_sent(
        mut self,
        test: impl Fn(&(dyn StdError + 'static)) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.not_sent = Arc::new(move |error| shed(error) || test(error));
        self
    }
}

impl fmt::Debug for GuardLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardLayer").field("guard", &self.guard).finish_non_exhaustive()
    }
}

/// Whether `tower::load_shed` refused the call: then nothing below it saw the request.
fn shed(error: &(dyn StdError + 'static)) -> bool {
    error.is::<::tower::load_shed::error::Overloaded>()
}

/// Whether a connection was refused, by the error or what caused it. No open connection ends
/// that way, but one that is opened for a retry or a redirect may: see
/// [`GuardLayer::not_sent`].
#[must_use]
pub fn refused_connection(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if kind == Some(io::ErrorKind::ConnectionRefused) {
            return true;
        }
        next = error.source();
    }
    false
}
