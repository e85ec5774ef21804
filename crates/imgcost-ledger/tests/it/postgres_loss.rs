//! A server that goes away: what was answered is there, what was denied is not.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use imgcost_ledger::{Error, HoldId, Ledger, State, Window};

use crate::server::{Server, balanced, budget, new_hold, shared};
use crate::support::times;

const CENT: u64 = 10_000_000;
const DOLLAR: u64 = 100 * CENT;

/// What callers were told of their holds.
#[derive(Default)]
struct Told {
    settled: Vec<HoldId>,
    held: Vec<HoldId>,
    denied: Vec<HoldId>,
    unknown: Vec<HoldId>,
}

/// Holds and settles from several threads until told to stop.
fn clients(ledger: &impl Ledger, told: &Mutex<Told>, stop: &AtomicBool) {
    thread::scope(|threads| {
        for client in 0..8 {
            threads.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let new_hold = new_hold(&format!("team/{}", client % 3), CENT);
                    let outcome = ledger.hold(&new_hold);
                    let settled = outcome.is_ok()
                        && ledger.settle(&new_hold.id, new_hold.ceiling, None, "test").is_ok();
                    let mut told = told.lock().unwrap();
                    match outcome {
                        Ok(_) if settled => told.settled.push(new_hold.id),
                        Ok(_) => told.held.push(new_hold.id),
                        Err(Error::Unknown { .. }) => told.unknown.push(new_hold.id),
                        Err(Error::Unavailable { .. }) => told.denied.push(new_hold.id),
                        Err(other) => panic!("{other}"),
                    }
                }
            });
        }
    });
}

fn check(ledger: &impl Ledger, told: &Told) {
    for id in &told.settled {
        assert_eq!(ledger.find(id).unwrap().unwrap().state, State::Settled);
    }
    for id in &told.held {
        assert!(ledger.find(id).unwrap().is_some(), "{id} was admitted");
    }
    for id in &told.denied {
        assert!(ledger.find(id).unwrap().is_none(), "{id} was denied");
    }
}

/// Waits until callers were told more of a kind than so far.
fn until_more(told: &Mutex<Told>, count: impl Fn(&Told) -> usize) {
    let count = || count(&told.lock().unwrap());
    let before = count();
    while count() <= before {
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn sessions_that_are_cut_lose_nothing_and_double_nothing() {
    let options = Server::options("loss_sessions").retry_for(Duration::from_secs(30));
    let ledger = options.connect(&shared().address()).unwrap();
    ledger.set_budget(&budget("team", Window::Total, 1_000_000 * DOLLAR), "test").unwrap();
    let (told, stop) = (Mutex::<Told>::default(), AtomicBool::new(false));
    thread::scope(|threads| {
        threads.spawn(|| clients(&ledger, &told, &stop));
        let enough = |told: &Mutex<Told>| told.lock().unwrap().settled.len() > 100;
        for cut in 0..600 * times() {
            if cut >= 30 * times() && enough(&told) {
                break;
            }
            thread::sleep(Duration::from_millis(50));
            shared().sql(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE application_name = 'imgcost' AND query LIKE '%loss_sessions%'",
            );
        }
        stop.store(true, Ordering::Relaxed);
    });
    let told = told.into_inner().unwrap();
    check(&ledger, &told);
    let (held, unknown) = (told.held.len(), told.unknown.len());
    assert!(told.settled.len() > 100, "{}", told.settled.len());
    assert_eq!((held, unknown), (0, 0), "every lost answer was found out in time");
    assert_eq!(balanced(&ledger, "team"), told.settled.len() as u64 * CENT);
}

#[test]
fn a_crash_loses_nothing_that_was_answered() {
    let server = Server::start(&["fsync=off"]);
    let ledger = Server::options("loss_crash")
        .retry_for(Duration::from_millis(300))
        .connect(&server.address())
        .unwrap();
    ledger.set_budget(&budget("team", Window::Total, 1_000_000 * DOLLAR), "test").unwrap();
    let (told, stop) = (Mutex::default(), AtomicBool::new(false));
    thread::scope(|threads| {
        threads.spawn(|| clients(&ledger, &told, &stop));
        for _ in 0..3 * times() {
            until_more(&told, |told| told.settled.len());
            server.crash();
            // Gone for longer than it is asked again.
            until_more(&told, |told| told.denied.len());
            server.up();
        }
        until_more(&told, |told| told.settled.len());
        stop.store(true, Ordering::Relaxed);
    });
    let mut told: Told = told.into_inner().unwrap();
    assert!(!told.denied.is_empty(), "calls were denied while it was gone");
    assert!(!told.settled.is_empty());
    check(&ledger, &told);
    // Asking again with the same id finds out what became of those whose reply was lost.
    let mut known: BTreeMap<bool, u64> = BTreeMap::new();
    for id in told.unknown.drain(..) {
        *known.entry(ledger.find(&id).unwrap().is_some()).or_default() += 1;
    }
    let there = told.settled.len() as u64 + told.held.len() as u64 + known.get(&true).copied().unwrap_or(0);
    assert_eq!(balanced(&ledger, "team"), there * CENT);
}

#[test]
fn a_server_that_is_gone_denies_in_bounded_time() {
    let server = Server::start(&["fsync=off"]);
    let ledger = Server::options("loss_gone")
        .retry_for(Duration::from_millis(200))
        .connect(&server.address())
        .unwrap();
    ledger.set_budget(&budget("team", Window::Total, DOLLAR), "test").unwrap();
    server.crash();
    let new_hold = new_hold("team", CENT);
    // It is noticed here, so that below nothing is sent.
    assert!(ledger.find(&new_hold.id).is_err());
    let began = Instant::now();
    let error = ledger.hold(&new_hold).unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error}");
    assert!(ledger.find(&new_hold.id).is_err() && ledger.inspect().is_err());
    // No measure of speed: it must not wait for a server that does not come.
    assert!(began.elapsed() < Duration::from_secs(60));
    server.up();
    assert!(ledger.find(&new_hold.id).unwrap().is_none());
    assert!(!ledger.hold(&new_hold).unwrap().repeated);
    assert!(ledger.hold(&new_hold).unwrap().repeated);
}

#[test]
fn a_lock_that_is_not_given_back_denies_in_bounded_time() {
    let options = Server::options("loss_lock").lock_timeout(Duration::from_millis(200));
    let ledger = options.connect(&shared().address()).unwrap();
    ledger.set_budget(&budget("team", Window::Total, DOLLAR), "test").unwrap();
    let kept = shared().keep("SELECT FROM loss_lock.scope FOR UPDATE");
    let late = new_hold("team", CENT);
    let error = ledger.hold(&late).unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("too long"), "{error}");
    assert!(ledger.find(&late.id).unwrap().is_none(), "reading waits for no lock");
    // What is refused anyway waits for no lock either.
    let much = ledger.hold(&new_hold("team", 2 * DOLLAR)).unwrap_err();
    assert!(much.refusal().is_some(), "{much}");
    drop(kept);
    assert!(ledger.hold(&new_hold("team", CENT)).is_ok());
}
