//! What a ledger in a file remembers from one step to the next is never older than the file.
#![cfg(feature = "sqlite")]

use std::path::Path;

use imgcost_ledger::{
    Budget, Cap, Error, Held, HoldId, Ledger, NanoUsd, NewHold, SqliteLedger, Window, audit,
};

const CENT: u64 = 10_000_000;

fn cents(cents: u64) -> NanoUsd {
    NanoUsd::new(cents * CENT).unwrap()
}

fn set(ledger: &SqliteLedger, place: &str, cap: u64) {
    let (scope, is_default) = place.strip_suffix("/*").map_or((place, false), |above| (above, true));
    let budget = Budget::new(scope.parse().unwrap(), Window::Day, Cap::Usd(cents(cap)));
    ledger.set_budget(&if is_default { budget.each_child() } else { budget }, "boss").unwrap();
}

fn hold(ledger: &SqliteLedger, scope: &str) -> Result<Held, Error> {
    ledger.hold(&NewHold::new(scope.parse().unwrap(), cents(1), "tester"))
}

fn code(result: Result<Held, Error>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "held")
}

fn assert_balanced(path: &Path) {
    let ledger = SqliteLedger::open(path).unwrap();
    assert_eq!(audit(&ledger).unwrap().problems, Vec::<String>::new());
}

/// Two ledgers on one file are as two programs: each has a connection and a memory of its own.
#[test]
fn what_another_program_has_written_counts_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let (ours, other) = (SqliteLedger::open(&path).unwrap(), SqliteLedger::open(&path).unwrap());
    set(&ours, "team", 4);
    assert_eq!(code(hold(&ours, "team/a")), "held");
    assert_eq!(code(hold(&ours, "team/a")), "held");
    // Sums.
    let theirs = hold(&other, "team/b").unwrap().hold.id;
    assert_eq!(hold(&ours, "team/a").unwrap().left, Some(NanoUsd::ZERO));
    assert_eq!(code(hold(&ours, "team/a")), "over-budget");
    other.release(&theirs, "not sent", "tester").unwrap();
    assert_eq!(code(hold(&ours, "team/a")), "held");
    // Budgets, also the default of a scope.
    set(&other, "team", 9);
    assert_eq!(code(hold(&ours, "team/a")), "held");
    set(&other, "team/*", 1);
    assert_eq!(code(hold(&ours, "team/a")), "over-budget");
    assert_eq!(code(hold(&ours, "team/c")), "held");
    other.remove_default(&"team".parse().unwrap(), Window::Day, "boss").unwrap();
    assert_eq!(code(hold(&ours, "team/c")), "held");
    // Pauses.
    other.pause(&"team".parse().unwrap(), "lunch", "boss").unwrap();
    assert_eq!(code(hold(&ours, "team/c")), "paused");
    other.resume(&"team".parse().unwrap(), "boss").unwrap();
    assert_eq!(code(hold(&ours, "team/c")), "held");
    // What no program of ours has written.
    let foreign = rusqlite::Connection::open(&path).unwrap();
    foreign.execute("UPDATE budget SET cap = 0 WHERE scope = 'team'", []).unwrap();
    assert_eq!(code(hold(&ours, "team/c")), "over-budget");
    drop((ours, other, foreign));
    assert_balanced(&path);
}

/// The first step has put its sums into the memory when the second one fails.
#[test]
fn what_was_rolled_back_is_not_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = SqliteLedger::open(&path).unwrap();
    set(&ledger, "team", 1_000);
    let foreign = rusqlite::Connection::open(&path).unwrap();
    let trigger = "CREATE TRIGGER fails BEFORE INSERT ON journal WHEN NEW.who = 'unlucky' \
                   BEGIN SELECT RAISE(ABORT, 'no'); END";
    foreign.execute_batch(trigger).unwrap();
    drop(foreign);
    let hold = |by: &str| {
        let new = NewHold::new("team/a".parse().unwrap(), cents(1), by).id(HoldId::random());
        ledger.hold(&new).is_ok()
    };
    for _ in 0..3 {
        assert!(hold("tester") && !hold("unlucky"));
    }
    // Together, so that lucky and unlucky ones share transactions.
    let held = |by: &'static str| {
        let held = (0..20).filter(|_| hold(by)).count();
        (by, held)
    };
    let all: Vec<_> = std::thread::scope(|threads| {
        let begin = |number| threads.spawn(move || held(if number % 4 == 0 { "unlucky" } else { "tester" }));
        let all: Vec<_> = (0..16).map(begin).collect();
        all.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(all.iter().all(|(by, held)| *held == if *by == "tester" { 20 } else { 0 }), "{all:?}");
    let status = ledger.status(None).unwrap();
    assert_eq!((status[0].sums.held, status[0].sums.open), (cents(3 + 12 * 20), 3 + 12 * 20));
    drop(ledger);
    assert_balanced(&path);
}

/// More scopes than are remembered.
#[test]
fn what_is_forgotten_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = SqliteLedger::open(&path).unwrap();
    set(&ledger, "team", 1_000_000);
    std::thread::scope(|threads| {
        for thread in 0..32 {
            let ledger = &ledger;
            threads.spawn(move || {
                for number in 0..40 {
                    for _ in 0..2 {
                        hold(ledger, &format!("team/{thread}/{number}")).unwrap();
                    }
                }
            });
        }
    });
    assert_eq!(ledger.status(None).unwrap()[0].sums.open, 2 * 32 * 40);
    drop(ledger);
    assert_balanced(&path);
}
