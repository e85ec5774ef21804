//! What is open, and how it ends: by itself, or cut off.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::{Notify, watch};

/// What is open in a proxy, from its start to its end.
pub(crate) struct Life {
    requests: AtomicU64,
    connections: AtomicU64,
    /// Told when the last open request has ended.
    all_ended: Notify,
    is_stopping: AtomicBool,
    cut: watch::Sender<bool>,
}

/// A request that is open until this is dropped.
pub(crate) struct OpenRequest(Arc<Life>);

/// A connection that is open until this is dropped.
pub(crate) struct OpenConnection(Arc<Life>);

impl Life {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Life {
            requests: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            all_ended: Notify::new(),
            is_stopping: AtomicBool::new(false),
            cut: watch::Sender::new(false),
        })
    }

    pub(crate) fn open_request(self: &Arc<Self>) -> OpenRequest {
        self.requests.fetch_add(1, Ordering::AcqRel);
        OpenRequest(Arc::clone(self))
    }

    pub(crate) fn open_connection(self: &Arc<Self>) -> OpenConnection {
        self.connections.fetch_add(1, Ordering::AcqRel);
        OpenConnection(Arc::clone(self))
    }

    /// How many requests are open: until their responses have gone out, and their calls are booked.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Acquire)
    }

    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Acquire)
    }

    /// From now on no new request is taken.
    pub(crate) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }

    /// Waits until no request is open.
    pub(crate) async fn all_ended(&self) {
        loop {
            let ended = self.all_ended.notified();
            tokio::pin!(ended);
            // Before the look, so that the end of the last is not missed in between.
            ended.as_mut().enable();
            if self.requests() == 0 {
                return;
            }
            ended.await;
        }
    }

    /// Cuts off what is open.
    pub(crate) fn cut(&self) {
        self.cut.send_replace(true);
    }

    /// Waits until what is open is to be cut off.
    pub(crate) async fn is_cut(&self) {
        // The sender is here, so that it does not fail.
        let _ = self.cut.subscribe().wait_for(|is_cut| *is_cut).await;
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        if self.0.requests.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.all_ended.notify_waiters();
        }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::AcqRel);
    }
}
