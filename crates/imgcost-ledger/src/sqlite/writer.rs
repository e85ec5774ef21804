//! Group commit: callers at the same time share one transaction and one flush of the disk.
//!
//! A caller puts its step into the queue. If no other caller is at work it leads: it takes the
//! writer lock, runs every step in the queue in one transaction, commits, and only then delivers
//! the results. Steps that arrive meanwhile are left to the next leader. A single caller does
//! all of this itself, without another thread. Only while another process has the writer lock
//! does a separate thread wait for it, since a wait for a file lock has no time limit and a
//! caller's wait has one.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::Connection;

use super::batch::{Batch, Failure};
use super::cache::Memory;
use super::failure::StoreName;
use super::ledger_file::LedgerFile;
use super::pending::{Mailbox, Message, PendingStep, TypedStep, lock};
use super::writer_lock::{LockGuard, WriterLock};
use crate::clock::Clock;
use crate::error::Error;

/// The most steps in one transaction.
const MAX_BATCH: usize = 256;

/// Writes to a ledger file, for all threads of a process.
pub(super) struct Writer {
    file: Arc<LedgerFile>,
    clock: Clock,
    wait: Duration,
    queue: Mutex<Queue>,
    /// Wakes the lock thread.
    wake: Condvar,
    /// Locked only by the leader.
    session: Mutex<Session>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Box<dyn PendingStep>>,
    last: u64,
    /// There is a leader, or a caller was asked to become it.
    is_led: bool,
    /// The lock thread was asked to lead.
    lock_thread_leads: bool,
    /// The lock thread is waiting for the writer lock, with no time limit.
    lock_thread_waits: bool,
    lock_thread: Option<JoinHandle<()>>,
    is_closed: bool,
}

struct Session {
    storage: Storage,
    lock: WriterLock,
}

struct Storage {
    connection: Connection,
    memory: Memory,
}

impl Writer {
    pub(super) fn new(
        file: Arc<LedgerFile>,
        clock: Clock,
        wait: Duration,
        connection: Connection,
        lock: WriterLock,
    ) -> Self {
        let (queue, wake) = (Mutex::default(), Condvar::new());
        let storage = Storage { connection, memory: Memory::default() };
        Writer { file, clock, wait, queue, wake, session: Mutex::new(Session { storage, lock }) }
    }

    /// Runs a step in a transaction and returns its result once it is on the disk. A step may
    /// run more than once; all runs but the last are rolled back.
    pub(super) fn run<T, F>(self: &Arc<Self>, step: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Batch<'_>, Timestamp) -> Result<T, Error> + Send + 'static,
    {
        let mut deadline = Some(Instant::now() + self.wait);
        let mailbox = Arc::new(Mailbox::new());
        let (number, leads) = self.enqueue(step, &mailbox);
        if leads {
            self.lead();
        }
        loop {
            match mailbox.wait(deadline) {
                Message::Done(result) => return result,
                Message::Lead => self.lead(),
                Message::Abandoned => {
                    return Err(self
                        .file
                        .store
                        .unavailable("the transaction failed and was rolled back".to_owned()));
                }
                Message::Timeout => {
                    let Some(pending) = self.withdraw(number) else {
                        // It is running, so only its end can tell whether it was done.
                        deadline = None;
                        continue;
                    };
                    // If it was asked to lead at the last moment, another caller must.
                    if matches!(mailbox.wait(Some(Instant::now())), Message::Lead) {
                        self.pass_on();
                    }
                    drop(pending);
                    return Err(self.file.store.locked());
                }
            }
        }
    }

    /// Puts a step into the queue, and returns its number and whether its caller must lead.
    fn enqueue<T, F>(&self, step: F, mailbox: &Arc<Mailbox<T>>) -> (u64, bool)
    where
        T: Send + 'static,
        F: Fn(&mut Batch<'_>, Timestamp) -> Result<T, Error> + Send + 'static,
    {
        let mut queue = lock(&self.queue);
        queue.last += 1;
        let number = queue.last;
        queue.waiting.push_back(Box::new(TypedStep::new(number, step, Arc::clone(mailbox))));
        (number, !std::mem::replace(&mut queue.is_led, true))
    }

    /// Removes a step from the queue; none if it is already running.
    fn withdraw(&self, number: u64) -> Option<Box<dyn PendingStep>> {
        let mut queue = lock(&self.queue);
        let at = queue.waiting.iter().position(|pending| pending.number() == number)?;
        queue.waiting.remove(at)
    }

    /// Does the work for all callers, or leaves it to the lock thread.
    fn lead(self: &Arc<Self>) {
        let relay = Relay(self);
        let is_free = self.run_batch(|lock, store| lock.try_lock(store));
        if !is_free {
            // The lock thread passes the lead on.
            std::mem::forget(relay);
            self.wake_lock_thread();
        }
    }

    /// Runs one batch under the writer lock; false if the lock is not free.
    fn run_batch(
        &self,
        take: impl for<'l> FnOnce(&'l mut WriterLock, &StoreName) -> Result<Option<LockGuard<'l>>, Error>,
    ) -> bool {
        let mut session = lock(&self.session);
        let Session { storage, lock } = &mut *session;
        match take(lock, &self.file.store) {
            Ok(Some(guard)) => self.work(storage, guard),
            Ok(None) => return false,
            Err(error) => self.fail_all(&error),
        }
        true
    }

    /// Runs the steps in the queue and delivers their results.
    fn work(&self, storage: &mut Storage, guard: LockGuard<'_>) {
        let mut steps: Vec<Box<dyn PendingStep>> = {
            let mut queue = lock(&self.queue);
            let so_many = queue.waiting.len().min(MAX_BATCH);
            queue.waiting.drain(..so_many).collect()
        };
        let done = match self.transact(storage, &mut steps) {
            Err(Failure::RolledBack(_)) if steps.len() > 1 => {
                // One step's data may be the cause, and it must not stop the others.
                self.one_by_one(storage, &mut steps)
            }
            done => done.map_err(Failure::into_error),
        };
        // Other processes go on while the results are delivered.
        drop(guard);
        for mut step in steps {
            match &done {
                Ok(()) => step.deliver(),
                Err(error) => step.fail(error.clone()),
            }
        }
    }

    /// Runs each step in a transaction of its own. If the store itself fails, the rest is not
    /// tried.
    fn one_by_one(&self, storage: &mut Storage, steps: &mut [Box<dyn PendingStep>]) -> Result<(), Error> {
        for step in steps {
            match self.transact(storage, std::slice::from_mut(step)) {
                Ok(()) => step.deliver(),
                // Earlier steps have their results; this one and the rest get the error.
                Err(Failure::Closed(error)) => return Err(error),
                Err(failure) => step.fail(failure.into_error()),
            }
        }
        Ok(())
    }

    fn transact(&self, storage: &mut Storage, steps: &mut [Box<dyn PendingStep>]) -> Result<(), Failure> {
        if steps.is_empty() {
            return Ok(());
        }
        self.file.check().map_err(Failure::Closed)?;
        let Storage { connection, memory } = storage;
        let mut batch = Batch::begin(connection, &self.file.store, memory).map_err(Failure::Closed)?;
        // Read under the lock, so that times rise in the order of the steps.
        let now = self.clock.now();
        for step in steps {
            step.run(&mut batch, now).map_err(Failure::RolledBack)?;
        }
        batch.commit()?;
        // Checked again: the commit may have gone to a file that was deleted or replaced.
        self.file.check().map_err(|error| Failure::Unknown(self.file.store.unknown(error.to_string())))
    }

    /// Passes the lead to the first caller in the queue.
    fn pass_on(&self) {
        let mut queue = lock(&self.queue);
        queue.lock_thread_leads = false;
        match queue.waiting.front() {
            Some(pending) => pending.ask_to_lead(),
            None => queue.is_led = false,
        }
    }

    fn fail_all(&self, error: &Error) {
        let waiting = std::mem::take(&mut lock(&self.queue).waiting);
        for mut pending in waiting {
            pending.fail(error.clone());
        }
    }

    fn wake_lock_thread(self: &Arc<Self>) {
        let mut queue = lock(&self.queue);
        queue.lock_thread_leads = true;
        if queue.lock_thread.is_some() {
            self.wake.notify_one();
            return;
        }
        let writer = Arc::clone(self);
        let named = std::thread::Builder::new().name("imgcost-ledger".to_owned());
        match named.spawn(move || writer.serve_as_lock_thread()) {
            Ok(thread) => queue.lock_thread = Some(thread),
            Err(error) => {
                drop(queue);
                self.fail_all(&self.file.store.system(&"can't wait for its writer lock", &error));
                self.pass_on();
            }
        }
    }

    /// The lock thread: it leads whenever it is woken.
    fn serve_as_lock_thread(self: Arc<Self>) {
        loop {
            let mut queue = lock(&self.queue);
            while !queue.lock_thread_leads {
                if queue.is_closed {
                    return;
                }
                queue = self.wake.wait(queue).unwrap_or_else(std::sync::PoisonError::into_inner);
            }
            drop(queue);
            // The caller of a step that panics is told, and the next step still finds this thread.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.lead_behind_others()));
        }
    }

    fn lead_behind_others(&self) {
        let _relay = Relay(self);
        {
            let mut queue = lock(&self.queue);
            if queue.is_closed {
                return;
            }
            queue.lock_thread_waits = true;
        }
        self.run_batch(|writer_lock, store| {
            let guard = writer_lock.lock(store);
            lock(&self.queue).lock_thread_waits = false;
            guard.map(Some)
        });
    }

    /// Ends the lock thread: no more steps will come. Afterwards only the owner has the connection,
    /// so that dropping it moves the log into the file.
    pub(super) fn close(&self) {
        let mut queue = lock(&self.queue);
        queue.is_closed = true;
        self.wake.notify_one();
        // It may wait for the writer lock forever, so it is not joined while it does.
        let idle = if queue.lock_thread_waits { None } else { queue.lock_thread.take() };
        drop(queue);
        if let Some(thread) = idle {
            // Its panics are caught, and nobody could handle the error.
            let _ = thread.join();
        }
    }
}

/// Passes the lead on when it is dropped, after a panic too.
struct Relay<'w>(&'w Writer);

impl Drop for Relay<'_> {
    fn drop(&mut self) {
        self.0.pass_on();
    }
}
