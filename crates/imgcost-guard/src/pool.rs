//! Where a ledger that may wait for a disk or a network is asked.

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::error::Error;

/// Starts work that may block on tokio's blocking pool. Outside of a runtime there is none,
/// and no worker to keep free: then it is done here.
pub(crate) fn start<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Started<T> {
    match Handle::try_current() {
        Ok(runtime) => Started::Elsewhere(runtime.spawn_blocking(work)),
        Err(_) => Started::Done(work()),
    }
}

/// Work on its way.
pub(crate) enum Started<T> {
    Done(T),
    Elsewhere(JoinHandle<T>),
}

/// Does work that may block without blocking an async worker.
pub(crate) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    match start(work) {
        Started::Done(done) => Ok(done),
        // Either the work panicked or the runtime went down before it began.
        Started::Elsewhere(task) => task.await.map_err(|_| Error::Interrupted),
    }
}
