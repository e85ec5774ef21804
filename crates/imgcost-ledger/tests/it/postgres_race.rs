//! Many connections at once: nothing is overdrawn, nothing is lost, nothing waits for ever.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use imgcost_ledger::{Cap, Clock, Error, Filter, Ledger, NanoUsd, Record, Timestamp, Window};

use crate::server::{Server, balanced, budget, new_hold, shared};

const CENT: u64 = 10_000_000;
const DOLLAR: u64 = 100 * CENT;
const CLIENTS: usize = 16;

#[test]
fn sixteen_connections_never_overdraw_a_budget() {
    let ledgers: Vec<_> = (0..4)
        .map(|_| Server::options("race_budget").pool_size(4).connect(&shared().address()).unwrap())
        .collect();
    ledgers[0].set_budget(&budget("team", Window::Total, DOLLAR), "test").unwrap();
    let (authorize, refused) = (AtomicU64::new(0), AtomicU64::new(0));
    let start = Barrier::new(CLIENTS);
    thread::scope(|threads| {
        for client in 0..CLIENTS {
            let (ledger, authorize, refused, start) = (&ledgers[client % 4], &authorize, &refused, &start);
            threads.spawn(move || {
                start.wait();
                for turn in 0..25 {
                    let scope = format!("team/{}", client % 5);
                    match ledger.hold(&new_hold(&scope, CENT)) {
                        Ok(held) if turn % 3 == 0 => {
                            ledger.release(&held.hold.id, "not sent", "test").unwrap();
                        }
                        Ok(held) => {
                            ledger.settle(&held.hold.id, held.hold.ceiling, None, "test").unwrap();
                            authorize.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(Error::Refused(_)) => {
                            refused.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(other) => panic!("{other}"),
                    }
                }
            });
        }
    });
    assert_eq!(authorize.into_inner(), 100, "the budget has room for a hundred cents");
    assert!(refused.into_inner() > 0);
    assert_eq!(balanced(&ledgers[0], "team"), DOLLAR);
}

#[test]
fn first_holds_in_a_new_period_make_its_counters_once() {
    let hours: Vec<Timestamp> =
        (0..8).map(|hour| format!("2030-01-01T{hour:02}:30:00Z").parse().unwrap()).collect();
    let hour = std::sync::Arc::new(AtomicU64::new(0));
    let clock = {
        let (hour, hours) = (hour.clone(), hours.clone());
        Clock::of(move || hours[usize::try_from(hour.load(Ordering::SeqCst)).unwrap()])
    };
    let ledger =
        Server::options("race_period").pool_size(CLIENTS).clock(clock).connect(&shared().address()).unwrap();
    ledger.set_budget(&budget("a", Window::Hour, 10 * CENT), "test").unwrap();
    for (number, _) in hours.iter().enumerate() {
        hour.store(number as u64, Ordering::SeqCst);
        let start = Barrier::new(CLIENTS);
        let authorize = AtomicU64::new(0);
        thread::scope(|threads| {
            for client in 0..CLIENTS {
                let (ledger, start, authorize) = (&ledger, &start, &authorize);
                threads.spawn(move || {
                    // Paths that share their upper levels, in new scopes each time.
                    let scope = format!("a/{}/{number}-{client}", client % 3);
                    start.wait();
                    match ledger.hold(&new_hold(&scope, CENT)) {
                        Ok(_) => authorize.fetch_add(1, Ordering::Relaxed),
                        Err(Error::Refused(_)) => 0,
                        Err(other) => panic!("{other}"),
                    };
                });
            }
        });
        assert_eq!(authorize.into_inner(), 10);
    }
    balanced(&ledger, "a");
}

#[test]
fn the_same_key_at_once_is_one_hold_whatever_the_path() {
    let ledger = Server::options("race_key").pool_size(CLIENTS).connect(&shared().address()).unwrap();
    for scope in ["a", "b"] {
        ledger.set_budget(&budget(scope, Window::Total, DOLLAR), "test").unwrap();
    }
    for round in 0..20 {
        let start = Barrier::new(CLIENTS);
        let (new, repeated, other) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|threads| {
            for client in 0..CLIENTS {
                let (ledger, start, new, repeated, other) = (&ledger, &start, &new, &repeated, &other);
                threads.spawn(move || {
                    let scope = if client % 2 == 0 { "a" } else { "b" };
                    let mut new_hold = new_hold(scope, CENT);
                    new_hold.key = Some(format!("key {round}"));
                    start.wait();
                    let counter = match ledger.hold(&new_hold) {
                        Ok(held) if held.repeated => repeated,
                        Ok(_) => new,
                        Err(Error::OtherCall { .. }) => other,
                        Err(other) => panic!("{other}"),
                    };
                    counter.fetch_add(1, Ordering::Relaxed);
                });
            }
        });
        let counts = [new, repeated, other].map(AtomicU64::into_inner);
        assert_eq!(counts, [1, 7, 8]);
    }
    balanced(&ledger, "a");
}

#[test]
fn a_cap_that_is_lowered_meanwhile_is_seen() {
    let ledger = Server::options("race_cap").pool_size(CLIENTS).connect(&shared().address()).unwrap();
    ledger.set_budget(&budget("a", Window::Total, 100 * DOLLAR), "test").unwrap();
    let stop = AtomicBool::new(false);
    let used_then = thread::scope(|threads| {
        for client in 0..CLIENTS - 1 {
            let (ledger, stop) = (&ledger, &stop);
            threads.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    match ledger.hold(&new_hold(&format!("a/{}", client % 2), CENT)) {
                        Ok(_) | Err(Error::Refused(_)) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
            });
        }
        while used(&ledger, "a/0") == 0 || used(&ledger, "a") <= CENT {
            thread::yield_now();
        }
        // From when this returns, nothing more is admitted: below, and by a budget that is new.
        ledger.set_budget(&budget("a/0", Window::Day, 0), "test").unwrap();
        let zero = used(&ledger, "a/0");
        thread::sleep(std::time::Duration::from_millis(100));
        assert_eq!(used(&ledger, "a/0"), zero);
        ledger.set_budget(&budget("a", Window::Total, CENT), "test").unwrap();
        let used_then = used(&ledger, "a");
        thread::sleep(std::time::Duration::from_millis(100));
        stop.store(true, Ordering::Relaxed);
        used_then
    });
    assert!(used_then > CENT, "there was something to stop");
    assert_eq!(used(&ledger, "a"), used_then);
    balanced(&ledger, "a");
    // In the journal, no hold of the scope comes after the entry that forbade it.
    let mut forbidden = false;
    let journal = Filter::default().journal();
    ledger
        .read(&journal, &mut |record| {
            if let Record::Entry(entry) = record {
                let is_below = entry.scope.as_str() == "a/0";
                assert!(!(forbidden && is_below && entry.event == imgcost_ledger::Event::Held));
                forbidden |= is_below && entry.event == imgcost_ledger::Event::BudgetSet;
            }
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
}

fn used(ledger: &impl Ledger, scope: &str) -> u64 {
    let mut used = 0;
    let counters = Filter::default().counters().scope(scope.parse::<imgcost_ledger::Scope>().unwrap());
    ledger
        .read(&counters, &mut |record| {
            if let Record::Counter(counter) = record
                && counter.scope.as_str() == scope
                && counter.period.window == Window::Total
            {
                used = counter.sums.used().nano();
            }
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    used
}

#[test]
fn crossing_paths_and_budgets_never_wait_for_each_other() {
    // No retries: a deadlock would show.
    let ledger = Server::options("race_paths")
        .pool_size(CLIENTS)
        .retry_for(std::time::Duration::ZERO)
        .connect(&shared().address())
        .unwrap();
    ledger.set_budget(&budget("z", Window::Total, 1000 * DOLLAR), "test").unwrap();
    thread::scope(|threads| {
        for client in 0..CLIENTS {
            let ledger = &ledger;
            threads.spawn(move || {
                for turn in 0..40_usize {
                    let scope = format!("z/{}/{}", (client * 7 + turn) % 5, (client + turn * 3) % 11);
                    if client == 0 {
                        let cap = Cap::Usd(NanoUsd::new(DOLLAR).unwrap());
                        let budget = imgcost_ledger::Budget::new(scope.parse().unwrap(), Window::Day, cap);
                        ledger.set_budget(&budget, "test").unwrap();
                        ledger.remove_budget(&budget.scope, Window::Day, "test").unwrap().unwrap();
                        continue;
                    }
                    let held = ledger.hold(&new_hold(&scope, CENT)).unwrap();
                    ledger.settle(&held.hold.id, held.hold.ceiling, None, "test").unwrap();
                }
            });
        }
    });
    balanced(&ledger, "z");
}
