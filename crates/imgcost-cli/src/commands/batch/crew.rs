//! Several clerks at once, whose results come back in the order of the file.
//!
//! Pieces go round: the first clerk gets the first, the second the second, and so on, and they
//! are taken back the same way. So no piece waits in a heap to be put in order, and what is on
//! its way is bounded: so many pieces a clerk, and so many bytes in all.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, Scope};

use super::work::{Clerk, Work};
use crate::failure::Failure;

/// Pieces on their way for each clerk: one in work, others ready or done.
const EACH: usize = 3;
/// Bytes of rows on their way: rows that carry images are long.
const BYTES: usize = 32 << 20;

/// Clerks in threads of their own.
pub(super) struct Crew {
    hands: Vec<(SyncSender<Work>, Receiver<Work>)>,
    given: usize,
    taken: usize,
    bytes: usize,
}

impl Crew {
    /// Puts clerks to work for as long as the scope lasts; they end when the crew is dropped.
    ///
    /// # Errors
    /// The system gives no more threads.
    pub(super) fn hire<'scope, 'r: 'scope, 'b: 'scope>(
        scope: &'scope Scope<'scope, '_>,
        clerks: impl Iterator<Item = Clerk<'r, 'b>>,
    ) -> io::Result<Crew> {
        let mut hands = Vec::new();
        for mut clerk in clerks {
            let (todo, pieces) = sync_channel::<Work>(EACH);
            let (results, done) = sync_channel::<Work>(EACH);
            Builder::new().spawn_scoped(scope, move || {
                for mut work in pieces {
                    clerk.run(&mut work);
                    if results.send(work).is_err() {
                        return;
                    }
                }
            })?;
            hands.push((todo, done));
        }
        Ok(Crew { hands, given: 0, taken: 0, bytes: 0 })
    }

    /// Hands a piece to the next clerk.
    ///
    /// # Errors
    /// The clerk is gone.
    pub(super) fn give(&mut self, work: Work) -> Result<(), Failure> {
        self.bytes += work.size();
        let hand = self.hands.get(self.given % self.hands.len().max(1));
        hand.and_then(|(todo, _)| todo.send(work).ok()).ok_or_else(gone)?;
        self.given += 1;
        Ok(())
    }

    /// Takes the oldest piece back when it is done; none where none is on its way.
    ///
    /// # Errors
    /// The clerk is gone.
    pub(super) fn take(&mut self) -> Result<Option<Work>, Failure> {
        if self.taken == self.given {
            return Ok(None);
        }
        let hand = self.hands.get(self.taken % self.hands.len().max(1));
        let work = hand.and_then(|(_, done)| done.recv().ok()).ok_or_else(gone)?;
        self.bytes -= work.size().min(self.bytes);
        self.taken += 1;
        Ok(Some(work))
    }

    /// Whether no more should be given before something is taken.
    pub(super) fn is_full(&self) -> bool {
        self.given - self.taken >= EACH * self.hands.len() || self.bytes >= BYTES
    }
}

fn gone() -> Failure {
    Failure::Output(io::Error::other("a thread ended before its rows were done"))
}
