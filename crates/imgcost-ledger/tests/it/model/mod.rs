//! A model of a ledger that is too simple to be wrong: a list of holds, and every sum worked
//! out again from it. It is written from the promise, not from the engine.
#![allow(unreachable_pub)]

use std::collections::BTreeMap;

use imgcost_ledger::{
    Budget, Cap, Change, Clock, Error, HoldId, Ledger, NanoUsd, NewHold, Scope, State, Timestamp, Window,
};
use proptest::prelude::*;

use crate::support::{TestClock, new_hold, scope};

const SCOPES: [&str; 5] = ["a", "a/b", "a/b/c", "a/d", "ab"];
const TIMES: [&str; 6] = [
    "2026-01-31T23:59:59.999999Z",
    "2026-02-01T00:00:00Z",
    "2026-02-01T00:59:59Z",
    "2026-02-01T01:00:00Z",
    "2026-02-02T05:00:00Z",
    "2027-02-01T00:30:00Z",
];

/// One step; numbers choose among what there is.
#[derive(Debug, Clone)]
pub enum Step {
    Clock(usize),
    Budget { scope: usize, window: usize, cap: Option<u64>, assumed_ok: bool },
    Remove { scope: usize, window: usize },
    Hold { scope: usize, ceiling: u64, assumed: bool, key: Option<u8>, overridden: bool },
    Again { hold: usize },
    Settle { hold: usize, cost: u64 },
    Release { hold: usize },
    Presume { hold: usize },
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let hold = || 0..40_usize;
    let step = prop_oneof![
        1 => (0..TIMES.len()).prop_map(Step::Clock),
        2 => (0..5_usize, 0..4_usize, prop::option::weighted(0.8, 0..100_u64), prop::bool::weighted(0.7))
            .prop_map(|(scope, window, cap, assumed_ok)| Step::Budget { scope, window, cap, assumed_ok }),
        1 => (0..5_usize, 0..4_usize).prop_map(|(scope, window)| Step::Remove { scope, window }),
        8 => (0..5_usize, 0..40_u64, prop::bool::weighted(0.2), prop::option::weighted(0.2, 0..4_u8),
              prop::bool::weighted(0.1))
            .prop_map(|(scope, ceiling, assumed, key, overridden)| {
                Step::Hold { scope, ceiling, assumed, key, overridden }
            }),
        1 => hold().prop_map(|hold| Step::Again { hold }),
        4 => (hold(), 0..60_u64).prop_map(|(hold, cost)| Step::Settle { hold, cost }),
        3 => hold().prop_map(|hold| Step::Release { hold }),
        2 => hold().prop_map(|hold| Step::Presume { hold }),
    ];
    prop::collection::vec(step, 1..60)
}

struct Kept {
    new: NewHold,
    made_at: Timestamp,
    state: State,
    cost: u64,
}

#[derive(Default)]
struct Model {
    budgets: BTreeMap<(String, Window), Budget>,
    holds: Vec<Kept>,
}

/// The calendar by its text: the part of a time that names its hour, day or month.
fn label(window: Window, at: Timestamp) -> String {
    let text = at.to_string();
    let length = match window {
        Window::Total => 0,
        Window::Month => "2026-01".len(),
        Window::Day => "2026-01-01".len(),
        Window::Hour => "2026-01-01T00".len(),
        other => panic!("a new window: {other}"),
    };
    text[..length].to_owned()
}

impl Model {
    fn used(&self, at: &str, window: Window, now: Timestamp) -> u64 {
        let below = format!("{at}/");
        let counts = |kept: &&Kept| {
            let name = kept.new.scope.as_str();
            (name == at || name.starts_with(&below)) && label(window, kept.made_at) == label(window, now)
        };
        let amount = |kept: &Kept| match kept.state {
            State::Held | State::Presumed => kept.new.ceiling.nano(),
            State::Settled => kept.cost,
            State::Released => 0,
        };
        self.holds.iter().filter(counts).map(amount).sum()
    }

    /// `held`, `repeated`, or the code of the error.
    fn hold(&mut self, new: &NewHold, now: Timestamp) -> &'static str {
        let same_key = |kept: &&Kept| new.key.is_some() && kept.new.key == new.key;
        let earlier = self.holds.iter().find(same_key);
        if let Some(kept) = earlier.or_else(|| self.holds.iter().find(|kept| kept.new.id == new.id)) {
            let call = |new: &NewHold| (new.scope.clone(), new.ceiling, new.assumed);
            return match (call(&kept.new) == call(new), kept.new.id == new.id, kept.state) {
                (false, _, _) => "other-call",
                (true, false, State::Settled | State::Released | State::Presumed) => "conflict",
                (true, _, _) => "repeated",
            };
        }
        let name = new.scope.as_str();
        let on_path = |budget: &&Budget| name == budget.scope.as_str() || budget.scope.covers(name);
        let budgets: Vec<&Budget> = self.budgets.values().filter(on_path).collect();
        let full = |budget: &&&Budget| match budget.cap {
            Cap::Unlimited => false,
            Cap::Usd(cap) => {
                self.used(budget.scope.as_str(), budget.window, now) + new.ceiling.nano() > cap.nano()
            }
        };
        let refused = if budgets.is_empty() {
            Some("no-budget")
        } else if new.assumed && budgets.iter().any(|budget| !budget.allow_assumed_ceiling) {
            Some("assumed-ceiling")
        } else if budgets.iter().any(|budget| full(&budget)) {
            Some("over-budget")
        } else {
            None
        };
        match refused {
            Some(code) if new.override_reason.is_none() => code,
            _ => {
                self.holds.push(Kept { new: new.clone(), made_at: now, state: State::Held, cost: 0 });
                "held"
            }
        }
    }

    fn change(&mut self, hold: usize, to: State, cost: u64) -> &'static str {
        let Some(kept) = self.holds.get_mut(hold) else { return "no-hold" };
        if kept.state == to && (to != State::Settled || kept.cost == cost) {
            return "repeated";
        }
        let allowed = match kept.state {
            State::Held => true,
            State::Presumed => to != State::Presumed,
            State::Released => to == State::Settled,
            State::Settled => false,
        };
        if !allowed {
            return "conflict";
        }
        (kept.state, kept.cost) = (to, cost);
        "changed"
    }
}

fn amount(nano: u64) -> NanoUsd {
    NanoUsd::new(nano).unwrap()
}

/// Takes a ledger and the model through the same steps.
pub fn follow(steps: &[Step], make: impl Fn(Clock) -> Box<dyn Ledger>) {
    let clock = TestClock::at(TIMES[0]);
    let (ledger, mut model) = (make(clock.clock()), Model::default());
    for step in steps {
        let now = clock.now();
        let change = |model: &mut Model, hold: usize, change: Change, cost: u64| {
            let id = model.holds.get(hold).map_or_else(HoldId::random, |kept| kept.new.id.clone());
            let expected = model.change(hold, change.leads_to(), cost);
            let response = ledger.change(&id, &change, "model");
            let said = match &response {
                Ok(changed) if changed.repeated => "repeated",
                Ok(_) => "changed",
                Err(error) => error.code(),
            };
            assert_eq!(said, expected, "{step:?}");
        };
        match step {
            Step::Clock(time) => clock.set(TIMES[*time]),
            Step::Budget { scope: at, window, cap, assumed_ok } => {
                let cap = cap.map_or(Cap::Unlimited, |cap| Cap::Usd(amount(cap)));
                let mut budget = Budget::new(scope(SCOPES[*at]), Window::ALL[*window], cap);
                budget.allow_assumed_ceiling = *assumed_ok;
                let key = (SCOPES[*at].to_owned(), budget.window);
                assert_eq!(ledger.set_budget(&budget, "m").unwrap(), model.budgets.insert(key, budget));
            }
            Step::Remove { scope: at, window } => {
                let (name, window) = (scope(SCOPES[*at]), Window::ALL[*window]);
                let removed = model.budgets.remove(&(name.to_string(), window));
                assert_eq!(ledger.remove_budget(&name, window, "m").unwrap(), removed);
            }
            Step::Hold { scope: at, ceiling, assumed, key, overridden } => {
                let mut new = new_hold(SCOPES[*at], amount(*ceiling));
                new.assumed = *assumed;
                new.key = key.map(|key| format!("key {key}"));
                new.override_reason = overridden.then(|| "policy".to_owned());
                hold(&*ledger, &mut model, &new, now);
            }
            Step::Again { hold: which } => {
                if let Some(new) = model.holds.get(*which).map(|kept| kept.new.clone()) {
                    hold(&*ledger, &mut model, &new, now);
                }
            }
            Step::Settle { hold, cost } => {
                let settle = Change::Settle { cost: amount(*cost), usage: None };
                change(&mut model, *hold, settle, *cost);
            }
            Step::Release { hold } => {
                change(&mut model, *hold, Change::Release { reason: "free".to_owned() }, 0);
            }
            Step::Presume { hold } => {
                change(&mut model, *hold, Change::Presume { reason: "lost".to_owned() }, 0);
            }
        }
        compare(&*ledger, &model, clock.now());
    }
    let audit = imgcost_ledger::audit(&*ledger).unwrap();
    assert_eq!((audit.problems, audit.holds), (vec![], model.holds.len() as u64));
}

fn hold(ledger: &dyn Ledger, model: &mut Model, new: &NewHold, now: Timestamp) {
    let expected = model.hold(new, now);
    let response: Result<_, Error> = ledger.hold(new);
    let said = match &response {
        Ok(held) if held.repeated => "repeated",
        Ok(_) => "held",
        Err(error) => error.code(),
    };
    assert_eq!(said, expected, "{new:?}");
}

fn compare(ledger: &dyn Ledger, model: &Model, now: Timestamp) {
    let status = ledger.status(None).unwrap();
    let told: Vec<(&Scope, Window, u64)> =
        status.iter().map(|s| (&s.budget.scope, s.budget.window, s.sums.used().nano())).collect();
    let expected: Vec<(&Scope, Window, u64)> = model
        .budgets
        .values()
        .map(|b| (&b.scope, b.window, model.used(b.scope.as_str(), b.window, now)))
        .collect();
    assert_eq!(told, expected);
}
