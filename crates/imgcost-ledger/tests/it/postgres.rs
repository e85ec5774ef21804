//! The store on a PostgreSQL server: the rules that all stores keep, and what is its own.

use std::ops::ControlFlow;

use imgcost_ledger::{
    Clock, Error, Filter, Ledger, MemoryLedger, NanoUsd, Record, Refusal, Thresholds, Timestamp, Window,
};

use crate::server::{Server, balanced, budget, new_hold, shared};

const CENT: u64 = 10_000_000;

fn all(ledger: &impl Ledger) -> Vec<Record> {
    let mut records = Vec::new();
    ledger
        .read(&Filter::all(), &mut |record| {
            records.push(record);
            ControlFlow::Continue(())
        })
        .unwrap();
    records
}

/// What is kept, with what may differ between stores made equal.
fn plain(ledger: &impl Ledger) -> Vec<Record> {
    let mut records = all(ledger);
    let mut number = 0;
    for record in &mut records {
        if let Record::Entry(entry) = record {
            number += 1;
            entry.number = number;
        }
    }
    records
}

#[test]
fn it_keeps_what_memory_keeps_to_the_letter() {
    let clock = || Clock::of(|| "2029-02-28T23:59:59.123456Z".parse().unwrap());
    let memory = MemoryLedger::with_clock(clock());
    let postgres = Server::options("letter").clock(clock()).connect(&shared().address()).unwrap();
    let mut tight = budget("team", Window::Day, 1_234_567_891);
    tight.alerts = "1,50,80,100".parse().unwrap();
    tight.allow_assumed_ceiling = false;
    let mut open = budget("team/b", Window::Hour, 0);
    open.cap = imgcost_ledger::Cap::Unlimited;
    open.alerts = Thresholds::none();
    let new_holds: Vec<_> = [
        ("team/a", 600_000_001, false, None),
        ("team/a", 10, true, None),
        ("team/b/c", 500_000_000, false, Some("key")),
        ("team/b/c", 500_000_000, false, Some("key")),
        ("team/b/c", 500_000_001, false, Some("key")),
        ("team/b", 900_000_000, false, None),
        ("teem/b", 1, false, None),
        ("other", i64::MAX.unsigned_abs(), true, None),
        ("other", 1, false, None),
    ]
    .map(|(scope, nano, assumed, key)| {
        let mut new_hold = new_hold(scope, nano);
        new_hold.assumed = assumed;
        new_hold.key = key.map(str::to_owned);
        new_hold
    })
    .into();
    let run = |ledger: &dyn Ledger| {
        let mut told = Vec::new();
        let mut tell = |what: String| told.push(what);
        tell(format!("{:?}", ledger.set_budget(&tight, "me")));
        tell(format!("{:?}", ledger.set_budget(&open, "me")));
        tell(format!("{:?}", ledger.set_budget(&open, "me")));
        let mut unlimited = open.clone();
        unlimited.scope = "other".parse().unwrap();
        tell(format!("{:?}", ledger.set_budget(&unlimited, "me")));
        for (number, new_hold) in new_holds.iter().enumerate() {
            tell(format!("{:?}", ledger.hold(new_hold)));
            tell(format!("{:?}", ledger.hold(new_hold)));
            let mut overridden = new_hold.clone();
            overridden.id = format!("h_{number:032}").parse().unwrap();
            overridden.key = None;
            overridden.override_reason = Some("only a warning".to_owned());
            if new_hold.ceiling.nano() == 10 || new_hold.scope.as_str() == "teem/b" {
                tell(format!("{:?}", ledger.hold(&overridden)));
            }
        }
        for new_hold in &new_holds {
            let cost = NanoUsd::new(new_hold.ceiling.nano().saturating_add(7)).unwrap_or(NanoUsd::ZERO);
            tell(format!("{:?}", ledger.presume(&new_hold.id, "gone", "me")));
            tell(format!("{:?}", ledger.release(&new_hold.id, "not billed", "me")));
            tell(format!("{:?}", ledger.release(&new_hold.id, "not billed", "me")));
            tell(format!("{:?}", ledger.release(&new_hold.id, "otherwise", "me")));
            tell(format!("{:?}", ledger.settle(&new_hold.id, cost, Some("{}".to_owned()), "me")));
            tell(format!("{:?}", ledger.settle(&new_hold.id, cost, Some("{}".to_owned()), "me")));
            tell(format!("{:?}", ledger.settle(&new_hold.id, cost, None, "me")));
            tell(format!("{:?}", ledger.presume(&new_hold.id, "late", "me")));
        }
        tell(format!("{:?}", ledger.remove_budget(&open.scope, Window::Hour, "me")));
        tell(format!("{:?}", ledger.remove_budget(&open.scope, Window::Hour, "me")));
        for scope in [None, Some("team"), Some("team/b/c"), Some("tea")] {
            let scope = scope.map(|scope| scope.parse().unwrap());
            tell(format!("{:?}", ledger.status(scope.as_ref())));
        }
        told
    };
    let (from_memory, from_postgres) = (run(&memory), run(&postgres));
    for (memory, postgres) in from_memory.iter().zip(&from_postgres) {
        assert_eq!(memory, postgres);
    }
    assert_eq!(plain(&memory), plain(&postgres));
    balanced(&postgres, "team");
}

#[test]
fn the_clock_is_the_servers() {
    let ledger = shared().ledger("clock");
    ledger.set_budget(&budget("a", Window::Total, CENT), "test").unwrap();
    let before: Timestamp = shared().sql("SELECT to_json(clock_timestamp())#>>'{}'").parse().unwrap();
    let held = ledger.hold(&new_hold("a", 1)).unwrap().hold;
    let after: Timestamp = shared().sql("SELECT to_json(clock_timestamp())#>>'{}'").parse().unwrap();
    assert!(before <= held.made_at && held.made_at <= after);
    assert_eq!(held.expires_at.duration_since(held.made_at).as_secs(), 600);
    let inspection = ledger.inspect().unwrap();
    assert!(inspection.now >= after && inspection.store.contains("/postgres"));
}

#[tokio::test]
async fn it_works_and_is_dropped_inside_another_runtime() {
    let ledger = shared().ledger("inside");
    ledger.set_budget(&budget("a", Window::Total, CENT), "test").unwrap();
    let held = ledger.hold(&new_hold("a", 1)).unwrap();
    ledger.settle(&held.hold.id, held.hold.ceiling, None, "test").unwrap();
    assert_eq!(all(&ledger).len(), 1 + 4 + 1 + 3);
    drop(ledger);
}

#[test]
fn reading_is_one_snapshot_in_pieces_and_may_be_broken_off() {
    let ledger = Server::options("reading").pool_size(2).connect(&shared().address()).unwrap();
    ledger.set_budget(&budget("a", Window::Total, 1000 * CENT), "test").unwrap();
    for number in 0..600 {
        ledger.hold(&new_hold(&format!("a/{}", number % 7), 1)).unwrap();
    }
    let mut kinds = [0_u64; 4];
    ledger
        .read(&Filter::all(), &mut |record| {
            let kind = match record {
                Record::Budget(_) => 0,
                Record::Counter(_) => 1,
                Record::Hold(_) => 2,
                Record::Entry(_) => 3,
                other => panic!("a record of a new kind: {other:?}"),
            };
            kinds[kind] += 1;
            if kinds[1] == 1 {
                // What comes in now is in no piece.
                ledger.hold(&new_hold("a/0", 1)).unwrap();
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(&kinds[..2], [1, 32]);
    assert_eq!(&kinds[2..], [600, 601]);
    // Broken off again and again, more often than there are connections.
    for _ in 0..5 {
        let mut seen = 0;
        ledger
            .read(&Filter::default().holds(), &mut |_| {
                seen += 1;
                if seen == 300 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .unwrap();
        assert_eq!(seen, 300);
    }
    let last = Filter::default().journal().last(3);
    let mut numbers = Vec::new();
    ledger
        .read(&last, &mut |record| {
            if let Record::Entry(entry) = record {
                numbers.push(entry.number);
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!(numbers.len() == 3 && numbers.is_sorted());
    assert!(ledger.hold(&new_hold("a", 1)).is_ok());
}

#[test]
fn a_refusal_writes_nothing() {
    let ledger = shared().ledger("refusal");
    ledger.set_budget(&budget("a", Window::Month, CENT), "test").unwrap();
    let before = all(&ledger);
    let error = ledger.hold(&new_hold("a/b", CENT + 1)).unwrap_err();
    assert!(matches!(error.refusal(), Some(Refusal::Full { .. })), "{error}");
    let error = ledger.hold(&new_hold("b", 1)).unwrap_err();
    assert!(matches!(error.refusal(), Some(Refusal::NoBudget { .. })), "{error}");
    assert_eq!(all(&ledger), before);
    assert_eq!(shared().sql("SELECT count(*) FROM refusal.scope"), "1");
}

#[test]
fn a_budget_step_that_is_asked_again_responses_the_same_and_writes_once() {
    let ledger = shared().ledger("again");
    ledger.set_budget(&budget("a", Window::Total, CENT), "test").unwrap();
    let step =
        "SELECT again.budget_v2(NULL, 's_1', 'test', false, false, 'a', 'a', 0::smallint, 5, true, 'none')";
    let first = shared().sql(step);
    assert!(first.contains("10000000"), "{first}");
    assert_eq!(shared().sql(step), first);
    let step =
        "SELECT again.budget_v2(NULL, 's_2', 'test', true, false, 'a', 'a', 0::smallint, NULL, NULL, NULL)";
    let first = shared().sql(step);
    assert!(first.contains(": 5"), "{first}");
    assert_eq!(shared().sql(step), first);
    assert_eq!(shared().sql("SELECT count(*) FROM again.journal"), "3");
    assert!(ledger.status(None).unwrap().is_empty());
}

#[test]
fn two_schemas_of_a_server_are_two_ledgers() {
    let (one, two) = (shared().ledger("one"), shared().ledger("two"));
    one.set_budget(&budget("a", Window::Total, CENT), "test").unwrap();
    assert!(matches!(two.hold(&new_hold("a", 1)), Err(Error::Refused(_))));
    let held = one.hold(&new_hold("a", 1)).unwrap();
    assert!(two.find(&held.hold.id).unwrap().is_none());
    assert!(one.find(&held.hold.id).unwrap().is_some());
}

#[test]
fn a_new_cap_alerts_again_at_the_thresholds_it_has_reached() {
    let ledger = shared().ledger("new_caps");
    let set = |cents| {
        ledger.set_budget(&budget("team", Window::Day, cents * CENT), "test").unwrap();
        ledger.status(None).unwrap()[0].sums.alerted
    };
    let percents = |cents| -> Vec<u8> {
        let held = ledger.hold(&new_hold("team/a", cents * CENT)).unwrap();
        held.alerts.iter().map(|alert| alert.percent).collect()
    };
    assert_eq!(set(100), 0);
    assert_eq!(percents(85), [80]);
    // A raised cap has room below its thresholds, and alerts again when they are reached.
    assert_eq!(set(200), 0);
    assert_eq!(percents(80), [80]);
    // What a lowered cap has reached already is no news.
    assert_eq!(set(190), 80);
    assert_eq!(percents(1), [0; 0]);
    assert_eq!((set(166), set(0), set(180)), (100, 0, 80));
    assert_eq!(percents(14), [100]);
}
