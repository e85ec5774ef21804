//! The proxy that serves now, which another configuration replaces.

use std::sync::{Arc, PoisonError, RwLock};

use crate::config::Config;
use crate::error::SetupError;
use crate::proxy::Proxy;

/// The proxy that serves now. Requests that are open when another takes its place end on the old one.
#[derive(Clone)]
pub struct Live(Arc<RwLock<Arc<Proxy>>>);

impl Live {
    pub(crate) fn new(proxy: Arc<Proxy>) -> Self {
        Live(Arc::new(RwLock::new(proxy)))
    }

    /// The proxy that takes the next request.
    #[must_use]
    pub fn proxy(&self) -> Arc<Proxy> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes another configuration, over the ledger that is open, and says what of it counts only once
    /// the proxy is started again. One that is wrong changes nothing.
    ///
    /// It blocks while files are read and budgets are made sure of.
    ///
    /// # Errors
    /// As [`Proxy::new`].
    pub fn reload(&self, config: &Config) -> Result<Vec<&'static str>, SetupError> {
        let proxy = self.proxy();
        let next = proxy.again(config);
        proxy.telemetry.reloaded(next.is_ok());
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next?);
        Ok(proxy.needs_restart(config))
    }
}
