//! What a guard and its holds have in common.

use std::collections::BTreeMap;
use std::sync::Arc;
#[cfg(feature = "__http")]
use std::time::Duration;

use imgcost_core::{Book, Date};
use imgcost_ledger::Ledger;

use super::told::Told;
use crate::event::Listener;
use crate::outage::Allowance;
use crate::policy::Policy;
#[cfg(feature = "async")]
use crate::queue::Queue;
use crate::unbooked::Unbooked;

/// What all clones of a guard, and all holds of it, have in common.
pub(crate) struct Shared {
    pub(crate) book: Arc<Book>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) provider: String,
    pub(crate) policy: Policy,
    pub(crate) by: String,
    pub(crate) listener: Listener,
    /// What the listener was told that it is told once.
    pub(crate) told: Told,
    /// What the ledger did not take.
    pub(crate) unbooked: Unbooked,
    /// What may be made while the ledger can't answer.
    pub(crate) allowance: Option<Arc<Allowance>>,
    /// Where a ledger that does not answer at once is asked.
    #[cfg(feature = "async")]
    pub(crate) queue: Queue,
    pub(crate) day: Box<dyn Fn() -> Date + Send + Sync>,
    /// Hosts of the provider's API that its price file does not list.
    pub(crate) hosts: Vec<String>,
    /// Which model a deployment stands for.
    pub(crate) deployments: BTreeMap<String, String>,
    pub(crate) default_model: Option<String>,
    pub(crate) body_limit: usize,
    /// How long the end of a response may wait for its booking.
    #[cfg(feature = "__http")]
    pub(crate) end_wait: Duration,
}
