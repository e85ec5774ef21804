//! Ids of requests whose clients give none.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::keys::to_hex;

/// Makes ids that no other proxy makes: each has a beginning of its own.
pub(crate) struct Ids {
    beginning: String,
    next: AtomicU64,
}

impl Ids {
    pub(crate) fn new() -> Self {
        let mut random = [0; 6];
        // Without random numbers two proxies may have the same ids, which harms neither.
        let _ = getrandom::fill(&mut random);
        Ids { beginning: to_hex(&random), next: AtomicU64::new(1) }
    }

    pub(crate) fn next(&self) -> String {
        format!("{}-{}", self.beginning, self.next.fetch_add(1, Ordering::Relaxed))
    }
}
