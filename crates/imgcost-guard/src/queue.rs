//! Where a ledger that may wait for a disk or a network is asked: on a few threads of the guard's
//! own, bookings first. However slow the ledger is, it takes no thread of the program's runtime.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::error::Error;

/// The most threads. A ledger writes the steps that wait at the same time in one go, so that
/// several are faster than one.
const THREADS: usize = 16;
/// How many of them make holds at most, so that a booking never waits behind all holds.
const HOLDERS: usize = 12;
/// The most holds that wait. More than that are denied at once.
const WAITING_HOLDS: usize = 4096;
/// After which time without work a thread ends.
const IDLE: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce() + Send>;

/// What waits for the ledger. The threads live as long as there is work.
#[derive(Default)]
pub(crate) struct Queue(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// There is work, or nothing is left to do.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    bookings: VecDeque<Job>,
    holds: VecDeque<Job>,
    threads: usize,
    idle: usize,
    holding: usize,
    running: usize,
}

/// What a thread does next.
enum Next {
    Booking(Job),
    Hold(Job),
}

impl Queue {
    /// Makes a hold where it blocks nobody. One that may wait for a person's answer gets a thread
    /// for itself.
    pub(crate) async fn hold<T: Send + 'static>(
        &self,
        asks: bool,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        if asks {
            return aside(work).await?;
        }
        let (job, done) = job(work);
        {
            let mut state = self.0.lock();
            if state.holds.len() >= WAITING_HOLDS {
                return Err(Error::Busy { waiting: WAITING_HOLDS });
            }
            state.holds.push_back(job);
            self.0.start_thread(&mut state);
        }
        // The sender is gone if the work panicked.
        done.await.map_err(|_| Error::Interrupted)?
    }

    /// Books where it blocks nobody; it goes before all holds that wait. What is booked is booked,
    /// whether somebody waits for the result or not.
    pub(crate) fn book<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> oneshot::Receiver<T> {
        let (job, done) = job(work);
        let mut state = self.0.lock();
        state.bookings.push_back(job);
        self.0.start_thread(&mut state);
        done
    }

    /// Waits until nothing is left to do.
    pub(crate) fn wait_until_empty(&self) {
        let mut state = self.0.lock();
        while state.running > 0 || !state.bookings.is_empty() || !state.holds.is_empty() {
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Does work on a thread of its own.
pub(crate) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let (job, done) = job(work);
    let started = std::thread::Builder::new().name("imgcost-guard".to_owned()).spawn(job);
    started.map_err(|_| Error::Interrupted)?;
    done.await.map_err(|_| Error::Interrupted)
}

fn job<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> (Job, oneshot::Receiver<T>) {
    let (done, result) = oneshot::channel();
    let job = move || {
        if let Ok(value) = catch_unwind(AssertUnwindSafe(work)) {
            // What nobody waits for any more is dropped here: a call as one that was not sent.
            let _ = done.send(value);
        }
    };
    (Box::new(job), result)
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the threads, and starts one if those that are idle are too few for the work that waits.
    /// Where the system gives none, the work waits for those that there are.
    fn start_thread(self: &Arc<Self>, state: &mut State) {
        if state.idle < state.bookings.len() + state.holds.len() && state.threads < THREADS {
            let shared = Arc::clone(self);
            let thread = std::thread::Builder::new().name("imgcost-guard".to_owned());
            if thread.spawn(move || shared.work()).is_ok() {
                state.threads += 1;
            }
        }
        // One that waits for the end of all work waits here too.
        self.changed.notify_all();
    }

    fn work(&self) {
        let mut state = self.lock();
        loop {
            match state.next() {
                Some(next) => {
                    let holds = matches!(next, Next::Hold(_));
                    state.running += 1;
                    state.holding += usize::from(holds);
                    drop(state);
                    let (Next::Booking(job) | Next::Hold(job)) = next;
                    job();
                    state = self.lock();
                    state.running -= 1;
                    state.holding -= usize::from(holds);
                    self.changed.notify_all();
                }
                None => {
                    state.idle += 1;
                    let (woken, waited) =
                        self.changed.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
                    state = woken;
                    state.idle -= 1;
                    if waited.timed_out() && state.bookings.is_empty() && state.holds.is_empty() {
                        state.threads -= 1;
                        return;
                    }
                }
            }
        }
    }
}

impl State {
    fn next(&mut self) -> Option<Next> {
        if let Some(job) = self.bookings.pop_front() {
            return Some(Next::Booking(job));
        }
        if self.holding >= HOLDERS {
            return None;
        }
        self.holds.pop_front().map(Next::Hold)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn bookings_go_before_the_holds_that_wait() {
        let queue = Arc::new(Queue::default());
        let (block, blocked) = mpsc::channel::<()>();
        let blocked = Arc::new(Mutex::new(blocked));
        let (tell, told) = mpsc::channel();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        // Every thread that may hold is taken by a hold that waits, and more holds queue up.
        for _ in 0..HOLDERS * 3 {
            let (queue, blocked, tell) = (Arc::clone(&queue), Arc::clone(&blocked), tell.clone());
            runtime.spawn(async move {
                let wait = move || {
                    let _ = blocked.lock().unwrap().recv();
                    tell.send("hold").map_err(|_| Error::Interrupted)
                };
                queue.hold(false, wait).await
            });
        }
        while queue.0.lock().holds.len() < HOLDERS * 2 {
            std::thread::yield_now();
        }
        let booked = tell.clone();
        runtime.block_on(queue.book(move || booked.send("booking").is_ok())).unwrap();
        assert_eq!(told.recv().unwrap(), "booking");
        drop(block);
        queue.wait_until_empty();
        drop(tell);
        assert_eq!(told.iter().filter(|what| *what == "hold").count(), HOLDERS * 3);
    }

    #[test]
    fn work_that_panics_takes_no_thread_with_it() {
        let queue = Queue::default();
        for _ in 0..THREADS * 2 {
            assert!(queue.book(|| panic!("on purpose")).blocking_recv().is_err());
        }
        assert_eq!(queue.book(|| 1).blocking_recv(), Ok(1));
    }

    #[test]
    fn work_behind_work_that_blocks_gets_a_thread_of_its_own() {
        let queue = Queue::default();
        for _ in 0..50 {
            // One thread is idle, and both come before it wakes.
            queue.book(|| ()).blocking_recv().unwrap();
            let (block, blocked) = mpsc::channel::<()>();
            let first = queue.book(move || blocked.recv().is_err());
            let second = queue.book(|| 2);
            assert_eq!(second.blocking_recv(), Ok(2));
            drop(block);
            assert_eq!(first.blocking_recv(), Ok(true));
        }
    }

    #[test]
    fn too_many_holds_are_denied_at_once() {
        let queue = Arc::new(Queue::default());
        let (block, blocked) = mpsc::channel::<()>();
        let blocked = Arc::new(Mutex::new(blocked));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let spawn = |count: usize| {
            for _ in 0..count {
                let (queue, blocked) = (Arc::clone(&queue), Arc::clone(&blocked));
                let wait = move || {
                    let _ = blocked.lock().unwrap().recv();
                    Ok(())
                };
                runtime.spawn(async move { queue.hold(false, wait).await });
            }
        };
        // The threads are taken before the queue is filled: none of its holds leaves it.
        spawn(HOLDERS);
        while queue.0.lock().holding < HOLDERS {
            std::thread::yield_now();
        }
        spawn(WAITING_HOLDS);
        while queue.0.lock().holds.len() < WAITING_HOLDS {
            std::thread::yield_now();
        }
        let denied = runtime.block_on(queue.hold(false, || Ok(())));
        assert!(matches!(denied, Err(Error::Busy { .. })), "{denied:?}");
        drop(block);
        queue.wait_until_empty();
    }
}
