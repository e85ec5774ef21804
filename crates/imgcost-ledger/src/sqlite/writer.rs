//! Group commit: callers at the same time share one transaction and one flush of the disk.
//!
//! A caller puts its step into the queue. Whoever finds nobody at work leads: it takes the
//! gate, runs every step that waits in one transaction, commits, and only then hands out the
//! answers; steps that came meanwhile are the next one's. A caller alone does all this itself,
//! without another thread. Only where another process has the gate does a helper wait for it
//! instead, since a wait for the lock of a file has no limit and a caller's wait has one.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rusqlite::Connection;

use super::batch::{Batch, Failure};
use super::failure::Store;
use super::gate::{Gate, LockGuard};
use super::place::Place;
use super::ticket::{Job, News, Slot, Ticket, lock};
use crate::clock::Clock;
use crate::error::Error;

/// The most steps that share a transaction.
const MOST: usize = 256;

/// What writes to a ledger file, for all threads of a process.
pub(super) struct Writer {
    place: Arc<Place>,
    clock: Clock,
    wait: Duration,
    queue: Mutex<Queue>,
    /// Wakes the helper.
    called: Condvar,
    /// Only whoever leads takes it.
    desk: Mutex<Desk>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Box<dyn Ticket>>,
    last: u64,
    /// Somebody is at work, or was asked to be.
    is_led: bool,
    /// It is the helper who was asked.
    helper_leads: bool,
    /// It is at the gate, for however long that takes.
    helper_waits: bool,
    helper: Option<JoinHandle<()>>,
    is_closed: bool,
}

struct Desk {
    connection: Connection,
    gate: Gate,
}

impl Writer {
    pub(super) fn new(
        place: Arc<Place>,
        clock: Clock,
        wait: Duration,
        connection: Connection,
        gate: Gate,
    ) -> Self {
        let (queue, called) = (Mutex::default(), Condvar::new());
        Writer { place, clock, wait, queue, called, desk: Mutex::new(Desk { connection, gate }) }
    }

    /// Runs a step in a transaction and gives its response when that is on the disk. A step may
    /// run more than once; all but its last run is taken back.
    pub(super) fn run<T, F>(self: &Arc<Self>, step: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Batch<'_>, Timestamp) -> Result<T, Error> + Send + 'static,
    {
        let mut until = Some(Instant::now() + self.wait);
        let slot = Arc::new(Slot::new());
        let (number, leads) = self.put(step, &slot);
        if leads {
            self.lead();
        }
        loop {
            match slot.wait(until) {
                News::Response(response) => return response,
                News::Lead => self.lead(),
                News::GivenUp => {
                    return Err(self
                        .place
                        .store
                        .unavailable("the step broke off; it was taken back".to_owned()));
                }
                News::Nothing => {
                    let Some(ticket) = self.withdraw(number) else {
                        // It is being done: only its end says whether it was.
                        until = None;
                        continue;
                    };
                    // Asked to lead in the last moment, it must not take that with it.
                    if matches!(slot.wait(Some(Instant::now())), News::Lead) {
                        self.pass_on();
                    }
                    drop(ticket);
                    return Err(self.place.store.locked());
                }
            }
        }
    }

    /// Puts a step into the queue, and says whether its caller is the one to lead.
    fn put<T, F>(&self, step: F, slot: &Arc<Slot<T>>) -> (u64, bool)
    where
        T: Send + 'static,
        F: Fn(&mut Batch<'_>, Timestamp) -> Result<T, Error> + Send + 'static,
    {
        let mut queue = lock(&self.queue);
        queue.last += 1;
        let number = queue.last;
        queue.waiting.push_back(Box::new(Job::new(number, step, Arc::clone(slot))));
        (number, !std::mem::replace(&mut queue.is_led, true))
    }

    /// Takes a step out of the queue; none if it is being done.
    fn withdraw(&self, number: u64) -> Option<Box<dyn Ticket>> {
        let mut queue = lock(&self.queue);
        let at = queue.waiting.iter().position(|ticket| ticket.number() == number)?;
        queue.waiting.remove(at)
    }

    /// Does the work for all who wait, or finds somebody who can.
    fn lead(self: &Arc<Self>) {
        let relay = Relay(self);
        let is_free = self.at_the_desk(|gate, store| gate.try_pass(store));
        if !is_free {
            // The helper passes the lead on.
            std::mem::forget(relay);
            self.call_helper();
        }
    }

    /// One batch behind the gate; false if the gate is not free.
    fn at_the_desk(
        &self,
        pass: impl for<'g> FnOnce(&'g mut Gate, &Store) -> Result<Option<LockGuard<'g>>, Error>,
    ) -> bool {
        let mut desk = lock(&self.desk);
        let Desk { connection, gate } = &mut *desk;
        match pass(gate, &self.place.store) {
            Ok(Some(passage)) => self.work(connection, passage),
            Ok(None) => return false,
            Err(error) => self.fail_all(&error),
        }
        true
    }

    /// One batch.
    fn work(&self, connection: &Connection, passage: LockGuard<'_>) {
        let mut tickets: Vec<Box<dyn Ticket>> = {
            let mut queue = lock(&self.queue);
            let so_many = queue.waiting.len().min(MOST);
            queue.waiting.drain(..so_many).collect()
        };
        let done = match self.transact(connection, &mut tickets) {
            Err(Failure::TakenBack(_)) if tickets.len() > 1 => {
                // One step's data may be the cause: it must not stop the others.
                self.one_by_one(connection, &mut tickets)
            }
            done => done.map_err(Failure::into_error),
        };
        // Others go on while the responses are handed out.
        drop(passage);
        for mut ticket in tickets {
            match &done {
                Ok(()) => ticket.response(),
                Err(error) => ticket.fail(error.clone()),
            }
        }
    }

    /// Each step in a transaction of its own; where the store itself is closed, the rest is not
    /// tried.
    fn one_by_one(&self, connection: &Connection, tickets: &mut [Box<dyn Ticket>]) -> Result<(), Error> {
        for ticket in tickets {
            match self.transact(connection, std::slice::from_mut(ticket)) {
                Ok(()) => ticket.response(),
                // Those before have their answers; this one and the rest get the error.
                Err(Failure::Closed(error)) => return Err(error),
                Err(failure) => ticket.fail(failure.into_error()),
            }
        }
        Ok(())
    }

    fn transact(&self, connection: &Connection, tickets: &mut [Box<dyn Ticket>]) -> Result<(), Failure> {
        if tickets.is_empty() {
            return Ok(());
        }
        self.place.check().map_err(Failure::Closed)?;
        let mut batch = Batch::begin(connection, &self.place.store).map_err(Failure::Closed)?;
        // Read behind the lock: times rise in the order in which steps are done.
        let now = self.clock.now();
        for ticket in tickets {
            ticket.run(&mut batch, now).map_err(Failure::TakenBack)?;
        }
        batch.commit()?;
        // And again: what was committed may be in a file that nobody finds any more, or that is
        // brought back.
        self.place.check().map_err(|error| Failure::Unknown(self.place.store.unknown(error.to_string())))
    }

    /// Hands the lead to whoever waits first.
    fn pass_on(&self) {
        let mut queue = lock(&self.queue);
        queue.helper_leads = false;
        match queue.waiting.front() {
            Some(ticket) => ticket.ask_to_lead(),
            None => queue.is_led = false,
        }
    }

    fn fail_all(&self, error: &Error) {
        let waiting = std::mem::take(&mut lock(&self.queue).waiting);
        for mut ticket in waiting {
            ticket.fail(error.clone());
        }
    }

    fn call_helper(self: &Arc<Self>) {
        let mut queue = lock(&self.queue);
        queue.helper_leads = true;
        if queue.helper.is_some() {
            self.called.notify_one();
            return;
        }
        let writer = Arc::clone(self);
        let named = std::thread::Builder::new().name("imgcost-ledger".to_owned());
        match named.spawn(move || writer.help()) {
            Ok(helper) => queue.helper = Some(helper),
            Err(error) => {
                drop(queue);
                self.fail_all(&self.place.store.system(&"can't wait for its gate", &error));
                self.pass_on();
            }
        }
    }

    /// The helper's life: it leads whenever it is called.
    fn help(self: Arc<Self>) {
        loop {
            let mut queue = lock(&self.queue);
            while !queue.helper_leads {
                if queue.is_closed {
                    return;
                }
                queue = self.called.wait(queue).unwrap_or_else(std::sync::PoisonError::into_inner);
            }
            drop(queue);
            // A panic in a step is told to its caller, and the next step finds the helper here.
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
            queue.helper_waits = true;
        }
        self.at_the_desk(|gate, store| {
            let passage = gate.pass(store);
            lock(&self.queue).helper_waits = false;
            passage.map(Some)
        });
    }

    /// No more steps will come. When it returns the helper has let go of the connection, so
    /// that its owner closes it and the log is moved into the file.
    pub(super) fn close(&self) {
        let mut queue = lock(&self.queue);
        queue.is_closed = true;
        self.called.notify_one();
        // At the gate it may be for ever: then nobody waits for it any more, here neither.
        let idle = if queue.helper_waits { None } else { queue.helper.take() };
        drop(queue);
        if let Some(helper) = idle {
            // Its panics are caught, and there is nobody to tell.
            let _ = helper.join();
        }
    }
}

/// Passes the lead on, also when a panic ends the work.
struct Relay<'w>(&'w Writer);

impl Drop for Relay<'_> {
    fn drop(&mut self) {
        self.0.pass_on();
    }
}
