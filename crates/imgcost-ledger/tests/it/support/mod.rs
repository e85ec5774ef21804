//! What tests of every store share: a clock to be turned, and short words for common steps.

// Each test file uses a part of it.
#![allow(dead_code, unreachable_pub)]

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use imgcost_ledger::{
    Budget, Cap, Change, Changed, Clock, Entry, Error, Filter, Held, Hold, Ledger, NanoUsd, NewHold, Record,
    Refusal, Scope, Sums, Timestamp, Window,
};

/// How often an attack is repeated: once, and in `scripts/test long` many times.
pub fn times() -> u32 {
    std::env::var("IMGCOST_ATTACK_TIMES").map_or(1, |times| times.parse().unwrap())
}

/// A clock that does not move until it is set.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub fn at(time: &str) -> Self {
        let clock = TestClock(Arc::default());
        clock.set(time);
        clock
    }

    pub fn set(&self, time: &str) {
        self.0.store(time.parse::<Timestamp>().unwrap().as_microsecond(), Ordering::SeqCst);
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::SeqCst)).unwrap()
    }

    pub fn clock(&self) -> Clock {
        let clock = self.clone();
        Clock::of(move || clock.now())
    }
}

/// An amount in USD.
pub fn usd(text: &str) -> NanoUsd {
    NanoUsd::from_usd(text.parse().unwrap()).unwrap()
}

pub fn scope(text: &str) -> Scope {
    text.parse().unwrap()
}

/// A request to hold money, with nothing special about it.
pub fn new_hold(scope_name: &str, ceiling: NanoUsd) -> NewHold {
    NewHold::new(scope(scope_name), ceiling, "tester")
        .quote("q_1", "sha256:book")
        .details(r#"{"model":"m"}"#, r#"{"rate":"1"}"#)
}

/// A request to hold money with some of its fields changed.
pub fn edited(mut new: NewHold, edit: impl FnOnce(&mut NewHold)) -> NewHold {
    edit(&mut new);
    new
}

/// A ledger whose clock is in our hands.
pub struct Desk {
    pub ledger: Box<dyn Ledger>,
    pub clock: TestClock,
}

impl Desk {
    pub fn open(make: &Make<'_>) -> Self {
        let clock = TestClock::at("2026-05-10T10:30:00Z");
        Desk { ledger: make(clock.clock()), clock }
    }

    pub fn budget(&self, scope_name: &str, window: Window, cap: &str) -> Option<Budget> {
        let cap = if cap == "unlimited" { Cap::Unlimited } else { Cap::Usd(usd(cap)) };
        self.ledger.set_budget(&Budget::new(scope(scope_name), window, cap), "boss").unwrap()
    }

    pub fn try_hold(&self, scope_name: &str, amount: &str) -> Result<Held, Error> {
        self.ledger.hold(&new_hold(scope_name, usd(amount)))
    }

    pub fn hold(&self, scope_name: &str, amount: &str) -> Hold {
        self.try_hold(scope_name, amount).unwrap().hold
    }

    pub fn settle(&self, hold: &Hold, cost: &str) -> Result<Changed, Error> {
        self.ledger.settle(&hold.id, usd(cost), Some(format!("{{\"cost\":\"{cost}\"}}")), "tester")
    }

    pub fn release(&self, hold: &Hold) -> Result<Changed, Error> {
        self.ledger.release(&hold.id, "not sent", "tester")
    }

    pub fn presume(&self, hold: &Hold) -> Result<Changed, Error> {
        self.ledger.presume(&hold.id, "timeout", "tester")
    }

    /// What a scope's budget for a window has come to in the period that is open.
    pub fn sums(&self, scope_name: &str, window: Window) -> Sums {
        let status = self.ledger.status(Some(&scope(scope_name))).unwrap();
        let of =
            |s: &&imgcost_ledger::Status| s.budget.scope == scope(scope_name) && s.budget.window == window;
        status.iter().find(of).unwrap().sums
    }

    pub fn used(&self, scope_name: &str, window: Window) -> NanoUsd {
        self.sums(scope_name, window).used()
    }

    pub fn read(&self, what: &Filter) -> Vec<Record> {
        let mut records = Vec::new();
        self.ledger
            .read(what, &mut |record| {
                records.push(record);
                ControlFlow::Continue(())
            })
            .unwrap();
        records
    }

    pub fn journal(&self) -> Vec<Entry> {
        let records = self.read(&Filter::default().journal());
        let entry = |record| match record {
            Record::Entry(entry) => entry,
            other => panic!("{other:?} in the journal"),
        };
        records.into_iter().map(entry).collect()
    }

    /// All that the ledger holds, to see that nothing has changed.
    pub fn everything(&self) -> Vec<Record> {
        self.read(&Filter::all())
    }

    pub fn assert_balanced(&self) {
        let audit = imgcost_ledger::audit(&*self.ledger).unwrap();
        assert_eq!(audit.problems, Vec::<String>::new());
        assert_eq!(audit.differences, 0);
    }
}

/// The audit that knows no code of ours: `scripts/audit-ledger`.
#[track_caller]
pub fn audit_by_script(arguments: &[&str]) {
    if let Some((is_sound, said)) = run_audit_script(arguments) {
        assert!(is_sound, "{said}");
    }
}

/// Whether the audit found nothing, and what it said; none where there is no python3.
pub fn run_audit_script(arguments: &[&str]) -> Option<(bool, String)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/audit-ledger");
    let ran = match std::process::Command::new("python3").arg(script).args(arguments).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: scripts/audit-ledger (no python3 on this machine)");
            return None;
        }
        ran => ran.unwrap(),
    };
    let said = [ran.stdout, ran.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    Some((ran.status.success(), said.concat()))
}

/// What makes an empty ledger with a clock.
pub type Make<'m> = dyn Fn(Clock) -> Box<dyn Ledger> + 'm;

/// The refusal, where anything else is a failed test.
pub fn refusal(response: Result<Held, Error>) -> Refusal {
    match response {
        Err(Error::Refused(refusal)) => *refusal,
        other => panic!("not refused: {other:?}"),
    }
}

pub fn settle_at(cost: &str) -> Change {
    Change::Settle { cost: usd(cost), usage: None }
}
