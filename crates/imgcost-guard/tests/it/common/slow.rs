//! A ledger that takes its time, and one that can be taken away.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::ThreadId;
use std::time::Duration;

use imgcost_ledger::{
    Adjusted, Adjustment, Budget, Change, Changed, Error, Filter, Held, Hold, HoldId, Inspection, Job,
    LateCall, Ledger, MemoryLedger, NewHold, Pause, Record, Scope, Status, Window,
};

/// A ledger in memory that responses like one on a disk: not at once, and never on the thread
/// that made it, which in an async test is the one that must not be blocked.
pub(crate) struct SlowLedger {
    inner: MemoryLedger,
    is_down: AtomicBool,
    loses_next: AtomicBool,
    gate: Arc<Mutex<()>>,
    made_by: ThreadId,
}

impl Default for SlowLedger {
    fn default() -> Self {
        let made_by = std::thread::current().id();
        let (is_down, loses_next) = (AtomicBool::new(false), AtomicBool::new(false));
        SlowLedger { inner: MemoryLedger::new(), is_down, loses_next, gate: Arc::default(), made_by }
    }
}

/// Opens the ledger again when it is dropped.
pub(crate) struct Gate(#[expect(dead_code, reason = "its end is what counts")] mpsc::Sender<()>);

impl SlowLedger {
    /// Whether it can't answer from now on.
    pub(crate) fn set_down(&self, down: bool) {
        self.is_down.store(down, Ordering::SeqCst);
    }

    /// Lets nothing be written until the gate is dropped.
    pub(crate) fn close_gate(&self) -> Gate {
        let (open, closed) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        let gate = Arc::clone(&self.gate);
        std::thread::spawn(move || {
            let _closed = gate.lock().unwrap();
            let _ = tell.send(());
            let _: Result<(), _> = closed.recv();
        });
        told.recv().unwrap();
        Gate(open)
    }

    /// Loses the response to the next write, which is done.
    pub(crate) fn lose_next_response(&self) {
        self.loses_next.store(true, Ordering::SeqCst);
    }

    fn response<T>(&self, response: Result<T, Error>) -> Result<T, Error> {
        match self.loses_next.swap(false, Ordering::SeqCst) {
            true => Err(Error::Unknown { store: "slow".to_owned(), why: "the response was lost".to_owned() }),
            false => response,
        }
    }

    fn wait(&self) -> Result<(), Error> {
        assert_ne!(std::thread::current().id(), self.made_by, "an async worker was blocked");
        std::thread::sleep(Duration::from_millis(3));
        drop(self.gate.lock().unwrap());
        match self.is_down.load(Ordering::SeqCst) {
            true => Err(Error::Unavailable { store: "slow".to_owned(), why: "it is down".to_owned() }),
            false => Ok(()),
        }
    }
}

impl Ledger for SlowLedger {
    fn hold(&self, new: &NewHold) -> Result<Held, Error> {
        self.wait()?;
        self.response(self.inner.hold(new))
    }

    fn change(&self, id: &HoldId, change: &Change, by: &str) -> Result<Changed, Error> {
        self.wait()?;
        self.response(self.inner.change(id, change, by))
    }

    fn set_budget(&self, budget: &Budget, by: &str) -> Result<Option<Budget>, Error> {
        self.inner.set_budget(budget, by)
    }

    fn remove_budget(&self, scope: &Scope, window: Window, by: &str) -> Result<Option<Budget>, Error> {
        self.inner.remove_budget(scope, window, by)
    }

    fn set_job(&self, id: &HoldId, job: &Job, by: &str) -> Result<Hold, Error> {
        self.wait()?;
        self.inner.set_job(id, job, by)
    }

    fn find_job(&self, job: &Job) -> Result<Option<Hold>, Error> {
        self.wait()?;
        self.inner.find_job(job)
    }

    fn book_late(&self, late: &LateCall) -> Result<Changed, Error> {
        self.wait()?;
        self.inner.book_late(late)
    }

    fn adjust(&self, adjustment: &Adjustment) -> Result<Adjusted, Error> {
        self.inner.adjust(adjustment)
    }

    fn pause(&self, scope: &Scope, reason: &str, by: &str) -> Result<Pause, Error> {
        self.inner.pause(scope, reason, by)
    }

    fn resume(&self, scope: &Scope, by: &str) -> Result<Option<Pause>, Error> {
        self.inner.resume(scope, by)
    }

    fn ensure_budget(&self, budget: &Budget, by: &str) -> Result<Budget, Error> {
        self.inner.ensure_budget(budget, by)
    }

    fn remove_default(&self, scope: &Scope, window: Window, by: &str) -> Result<Option<Budget>, Error> {
        self.inner.remove_default(scope, window, by)
    }

    fn find(&self, id: &HoldId) -> Result<Option<Hold>, Error> {
        self.inner.find(id)
    }

    fn status(&self, scope: Option<&Scope>) -> Result<Vec<Status>, Error> {
        self.inner.status(scope)
    }

    fn read(&self, what: &Filter, each: &mut dyn FnMut(Record) -> ControlFlow<()>) -> Result<(), Error> {
        self.inner.read(what, each)
    }

    fn inspect(&self) -> Result<Inspection, Error> {
        self.inner.inspect()
    }
}
