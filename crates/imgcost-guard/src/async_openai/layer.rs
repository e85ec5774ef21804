use tower_layer::Layer;

use super::service::GuardService;
use crate::guard::Guard;

/// Puts a [`Guard`] before an async-openai transport.
#[derive(Debug, Clone)]
pub struct GuardLayer {
    guard: Guard,
}

impl GuardLayer {
    /// A layer that asks this guard.
    #[must_use]
    pub fn new(guard: Guard) -> Self {
        GuardLayer { guard }
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = GuardService<S>;

    fn layer(&self, inner: S) -> GuardService<S> {
        GuardService::new(inner, self.guard.clone())
    }
}
