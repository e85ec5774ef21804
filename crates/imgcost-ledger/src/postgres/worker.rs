//! The store's own threads, which drive its connections.
//!
//! A caller submits a task and waits on a plain channel, so that it may be a thread or a task of
//! another runtime, where blocking on a future is not allowed. A task runs to its end whether or
//! not its caller still waits.

use std::future::Future;
use std::io;
use std::sync::mpsc;

use tokio::runtime::{Builder, Runtime};

/// One thread drives the connections while the other decodes.
const THREADS: usize = 2;

/// A runtime that may be dropped anywhere.
#[derive(Debug)]
pub(super) struct Worker(Option<Runtime>);

impl Worker {
    pub(super) fn new() -> io::Result<Worker> {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(THREADS).thread_name("imgcost-postgres").enable_all().build()?;
        Ok(Worker(Some(runtime)))
    }

    /// Runs a task and waits for its result; none if it panicked.
    pub(super) fn run<T, F>(&self, task: F) -> Option<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.0.as_ref()?.spawn(async move {
            // An error means that the caller is gone. The task is done anyway.
            let _ = sender.send(task.await);
        });
        receiver.recv().ok()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Waiting for the threads is not allowed inside another runtime.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
