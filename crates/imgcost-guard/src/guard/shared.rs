//! What a guard and its holds have in common.

use std::collections::BTreeMap;
use std::sync::Arc;

use imgcost_core::{Book, Date};
use imgcost_ledger::Ledger;

use super::told::Told;
use crate::notice::Listener;
use crate::policy::Policy;

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
    pub(crate) day: Box<dyn Fn() -> Date + Send + Sync>,
    /// Hosts of the provider's API that its price file does not list.
    pub(crate) hosts: Vec<String>,
    /// Which model a deployment stands for.
    pub(crate) deployments: BTreeMap<String, String>,
    pub(crate) default_model: Option<String>,
    pub(crate) body_limit: usize,
}
