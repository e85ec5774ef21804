//! Several workers at once, whose results come back in the order of the file.
//!
//! Chunks go round: the first worker gets the first, the second the second, and so on, and they
//! are taken back the same way. So no chunk waits in a heap to be put in order, and what is on
//! its way is bounded: so many chunks a worker, and so many bytes in all.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, Scope};

use super::chunk::{Chunk, Worker};
use crate::failure::Failure;

/// Chunks on their way for each worker: one in work, others ready or done.
const EACH: usize = 3;
/// Bytes of rows on their way: rows that carry images are long.
const BYTES: usize = 32 << 20;

/// Workers in threads of their own.
pub(super) struct WorkerPool {
    workers: Vec<(SyncSender<Chunk>, Receiver<Chunk>)>,
    given: usize,
    taken: usize,
    bytes: usize,
}

impl WorkerPool {
    /// Starts workers for as long as the scope lasts; they end when the pool is dropped.
    ///
    /// # Errors
    /// The system gives no more threads.
    pub(super) fn start<'scope, 'r: 'scope, 'b: 'scope>(
        scope: &'scope Scope<'scope, '_>,
        workers: impl Iterator<Item = Worker<'r, 'b>>,
    ) -> io::Result<WorkerPool> {
        let mut channels = Vec::new();
        for mut worker in workers {
            let (todo, chunks) = sync_channel::<Chunk>(EACH);
            let (results, done) = sync_channel::<Chunk>(EACH);
            Builder::new().spawn_scoped(scope, move || {
                for mut chunk in chunks {
                    worker.run(&mut chunk);
                    if results.send(chunk).is_err() {
                        return;
                    }
                }
            })?;
            channels.push((todo, done));
        }
        Ok(WorkerPool { workers: channels, given: 0, taken: 0, bytes: 0 })
    }

    /// Gives a chunk to the next worker.
    ///
    /// # Errors
    /// The worker is gone.
    pub(super) fn give(&mut self, chunk: Chunk) -> Result<(), Failure> {
        self.bytes += chunk.size();
        let worker = self.workers.get(self.given % self.workers.len().max(1));
        worker.and_then(|(todo, _)| todo.send(chunk).ok()).ok_or_else(gone)?;
        self.given += 1;
        Ok(())
    }

    /// Takes the oldest chunk back when it is done; none where none is on its way.
    ///
    /// # Errors
    /// The worker is gone.
    pub(super) fn take(&mut self) -> Result<Option<Chunk>, Failure> {
        if self.taken == self.given {
            return Ok(None);
        }
        let worker = self.workers.get(self.taken % self.workers.len().max(1));
        let chunk = worker.and_then(|(_, done)| done.recv().ok()).ok_or_else(gone)?;
        self.bytes -= chunk.size().min(self.bytes);
        self.taken += 1;
        Ok(Some(chunk))
    }

    /// Whether no more should be given before something is taken.
    pub(super) fn is_full(&self) -> bool {
        self.given - self.taken >= EACH * self.workers.len() || self.bytes >= BYTES
    }
}

fn gone() -> Failure {
    Failure::Output(io::Error::other("a thread ended before its rows were done"))
}
