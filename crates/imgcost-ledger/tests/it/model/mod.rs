//! A model of a ledger that is too simple to be wrong: a list of holds, and every sum worked
//! out again from it. It is written from the promise, not from the engine.
#![allow(unreachable_pub)]

use std::collections::BTreeMap;

use std::ops::ControlFlow;

use imgcost_ledger::{
    Adjustment, Budget, Cap, Change, Clock, Error, Filter, HoldId, Job, LateCall, Ledger, MemoryLedger,
    NanoUsd, NewHold, Record, State, Timestamp, Window,
};
use proptest::prelude::*;

use crate::support::{TestClock, new_hold, scope};

const SCOPES: [&str; 5] = ["a", "a/b", "a/b/c", "a/d", "ab"];
const TIMES: [&str; 7] = [
    "2026-01-31T23:59:59.999999Z",
    "2026-02-01T00:00:00Z",
    "2026-02-01T00:59:59Z",
    "2026-02-01T01:00:00Z",
    // A Monday.
    "2026-02-02T05:00:00Z",
    "2026-02-08T23:59:59Z",
    "2027-02-01T00:30:00Z",
];

/// One step; numbers choose among what there is.
#[derive(Debug, Clone)]
pub enum Step {
    Clock(usize),
    Budget { scope: usize, each: bool, window: usize, cap: Option<u64>, assumed_ok: bool, ensure: bool },
    Remove { scope: usize, each: bool, window: usize },
    Pause { scope: usize },
    Resume { scope: usize },
    Adjust { scope: usize, amount: u64, credit: bool, time: Option<usize>, key: Option<u8> },
    Late { scope: usize, ceiling: u64, cost: Option<u64>, time: usize, key: Option<u8> },
    Job { hold: usize, job: u8 },
    Hold { scope: usize, ceiling: u64, expected: u64, assumed: bool, key: Option<u8>, overridden: bool },
    Again { hold: usize },
    Settle { hold: usize, cost: u64 },
    Release { hold: usize },
    Presume { hold: usize },
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let hold = || 0..40_usize;
    let step = prop_oneof![
        1 => (0..TIMES.len()).prop_map(Step::Clock),
        3 => (0..5_usize, prop::bool::weighted(0.3), 0..5_usize, prop::option::weighted(0.8, 0..100_u64),
              prop::bool::weighted(0.7), prop::bool::weighted(0.3))
            .prop_map(|(scope, each, window, cap, assumed_ok, ensure)| {
                Step::Budget { scope, each, window, cap, assumed_ok, ensure }
            }),
        1 => (0..5_usize, prop::bool::weighted(0.3), 0..5_usize)
            .prop_map(|(scope, each, window)| Step::Remove { scope, each, window }),
        1 => (0..5_usize).prop_map(|scope| Step::Pause { scope }),
        2 => (0..5_usize).prop_map(|scope| Step::Resume { scope }),
        2 => (0..5_usize, 0..40_u64, any::<bool>(), prop::option::of(0..TIMES.len()),
              prop::option::weighted(0.3, 0..3_u8))
            .prop_map(|(scope, amount, credit, time, key)| Step::Adjust { scope, amount, credit, time, key }),
        1 => (0..5_usize, 0..40_u64, prop::option::of(0..60_u64), 0..TIMES.len(),
              prop::option::weighted(0.2, 0..4_u8))
            .prop_map(|(scope, ceiling, cost, time, key)| Step::Late { scope, ceiling, cost, time, key }),
        1 => (hold(), 0..4_u8).prop_map(|(hold, job)| Step::Job { hold, job }),
        8 => (0..5_usize, 0..40_u64, 0..60_u64, prop::bool::weighted(0.2), prop::option::weighted(0.2, 0..4_u8),
              prop::bool::weighted(0.1))
            .prop_map(|(scope, ceiling, expected, assumed, key, overridden)| {
                Step::Hold { scope, ceiling, expected, assumed, key, overridden }
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
    job: Option<u8>,
}

struct Corrected {
    scope: &'static str,
    at: Timestamp,
    amount: u64,
    credit: bool,
    key: Option<u8>,
}

impl Corrected {
    fn signed(&self) -> i64 {
        i64::try_from(self.amount).unwrap() * if self.credit { -1 } else { 1 }
    }
}

#[derive(Default)]
struct Model {
    /// By the place where they are set.
    budgets: BTreeMap<(String, Window), Budget>,
    paused: Vec<&'static str>,
    holds: Vec<Kept>,
    corrections: Vec<Corrected>,
}

/// The calendar by its text: the part of a time that names its hour, day or month. A week by jiff's own
/// calendar of ISO weeks.
fn label(window: Window, at: Timestamp) -> String {
    let text = at.to_string();
    if window == Window::Week {
        let week = at.to_zoned(jiff::tz::TimeZone::UTC).date().iso_week_date();
        return format!("{}-{}", week.year(), week.week());
    }
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
        let held: u64 = self.holds.iter().filter(counts).map(amount).sum();
        held.checked_add_signed(self.corrected(at, window, now)).unwrap()
    }

    fn corrected(&self, at: &str, window: Window, now: Timestamp) -> i64 {
        let below = format!("{at}/");
        let counts = |one: &&Corrected| {
            (one.scope == at || one.scope.starts_with(&below)) && label(window, one.at) == label(window, now)
        };
        self.corrections.iter().filter(counts).map(Corrected::signed).sum()
    }

    /// What is settled, with corrections.
    fn settled(&self, at: &str, window: Window, now: Timestamp) -> u64 {
        let below = format!("{at}/");
        let counts = |kept: &&Kept| {
            let name = kept.new.scope.as_str();
            kept.state == State::Settled
                && (name == at || name.starts_with(&below))
                && label(window, kept.made_at) == label(window, now)
        };
        let settled: u64 = self.holds.iter().filter(counts).map(|kept| kept.cost).sum();
        settled.checked_add_signed(self.corrected(at, window, now)).unwrap()
    }

    /// The budget of a scope for a window: its own, or the default of its siblings.
    fn in_force(&self, at: &str, window: Window) -> Option<&Budget> {
        let default = at.rsplit_once('/').map(|(above, _)| format!("{above}/*"));
        let own = self.budgets.get(&(at.to_owned(), window));
        own.or_else(|| self.budgets.get(&(default?, window)))
    }

    fn adjust(&mut self, new: Corrected) -> &'static str {
        if let Some(earlier) = self.corrections.iter().find(|one| new.key.is_some() && one.key == new.key) {
            let of = |one: &Corrected| (one.scope, one.amount, one.credit);
            let is_same = of(earlier) == of(&new);
            return if is_same { "repeated" } else { "bad-input" };
        }
        let is_short = scope(new.scope)
            .prefixes()
            .any(|at| Window::ALL.into_iter().any(|window| self.settled(at, window, new.at) < new.amount));
        if new.credit && is_short {
            return "bad-input";
        }
        self.corrections.push(new);
        "changed"
    }

    fn late(&mut self, new: &NewHold, made_at: Timestamp, cost: Option<u64>) -> &'static str {
        let same_key = |kept: &Kept| new.key.is_some() && kept.new.key == new.key;
        let to = if cost.is_some() { State::Settled } else { State::Presumed };
        if let Some(at) = self.holds.iter().position(same_key) {
            let kept = &self.holds[at];
            let call = |new: &NewHold| (new.scope.clone(), new.ceiling, new.assumed);
            return match call(&kept.new) == call(new) {
                true => self.change(at, to, cost.unwrap_or(0)),
                false => "other-call",
            };
        }
        let cost = cost.unwrap_or(0);
        self.holds.push(Kept { new: new.clone(), made_at, state: to, cost, job: None });
        "changed"
    }

    fn set_job(&mut self, hold: usize, job: u8) -> &'static str {
        let has = |kept: &Kept| kept.job == Some(job);
        match self.holds.get(hold) {
            None => "no-hold",
            Some(kept) if has(kept) => "set",
            Some(Kept { job: Some(_), .. }) => "other-job",
            Some(_) if self.holds.iter().any(has) => "other-call",
            Some(_) => {
                self.holds[hold].job = Some(job);
                "set"
            }
        }
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
        let at_all = new.scope.prefixes().flat_map(|at| Window::ALL.map(|window| (at, window)));
        let budgets: Vec<(&str, &Budget)> =
            at_all.filter_map(|(at, window)| Some((at, self.in_force(at, window)?))).collect();
        let full = |(at, budget): &(&str, &Budget)| match budget.cap {
            Cap::Unlimited => false,
            Cap::Usd(cap) => self.used(at, budget.window, now) + new.ceiling.nano() > cap.nano(),
        };
        let is_above = |paused: &&str| *paused == name || name.starts_with(&format!("{paused}/"));
        let refused = if self.paused.iter().any(is_above) {
            Some("paused")
        } else if budgets.is_empty() {
            Some("no-budget")
        } else if new.assumed && budgets.iter().any(|(_, budget)| !budget.allow_assumed_ceiling) {
            Some("assumed-ceiling")
        } else if budgets.iter().any(full) {
            Some("over-budget")
        } else {
            None
        };
        match refused {
            Some(code) if new.override_reason.is_none() => code,
            _ => {
                self.holds.push(Kept {
                    new: new.clone(),
                    made_at: now,
                    state: State::Held,
                    cost: 0,
                    job: None,
                });
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
    // Every store keeps what the one in memory keeps.
    let twin = MemoryLedger::with_clock(clock.clock());
    let both: [&dyn Ledger; 2] = [&twin, &*ledger];
    for step in steps {
        let now = clock.now();
        let change = |model: &mut Model, hold: usize, change: Change, cost: u64| {
            let id = model.holds.get(hold).map_or_else(HoldId::random, |kept| kept.new.id.clone());
            let expected = model.change(hold, change.leads_to(), cost);
            let response = same(both.map(|ledger| ledger.change(&id, &change, "model")));
            assert_eq!(said(&response.map(|changed| changed.repeated)), expected, "{step:?}");
        };
        match step {
            Step::Clock(time) => clock.set(TIMES[*time]),
            Step::Budget { scope: at, each, window, cap, assumed_ok, ensure } => {
                let cap = cap.map_or(Cap::Unlimited, |cap| Cap::Usd(amount(cap)));
                let mut budget = Budget::new(scope(SCOPES[*at]), Window::ALL[*window], cap);
                budget.each_child = *each;
                budget.allow_assumed_ceiling = *assumed_ok;
                let key = (budget.place(), budget.window);
                if *ensure {
                    let expected = model.budgets.entry(key).or_insert_with(|| budget.clone()).clone();
                    let ensured = same(both.map(|ledger| ledger.ensure_budget(&budget, "m")));
                    assert_eq!(ensured.unwrap(), expected);
                } else {
                    let before = same(both.map(|ledger| ledger.set_budget(&budget, "m"))).unwrap();
                    assert_eq!(before, model.budgets.insert(key, budget));
                }
            }
            Step::Remove { scope: at, each, window } => {
                let (name, window) = (scope(SCOPES[*at]), Window::ALL[*window]);
                let place = if *each { format!("{name}/*") } else { name.to_string() };
                let removed = same(both.map(|ledger| match each {
                    true => ledger.remove_default(&name, window, "m"),
                    false => ledger.remove_budget(&name, window, "m"),
                }));
                assert_eq!(removed.unwrap(), model.budgets.remove(&(place, window)));
            }
            Step::Pause { scope: at } => {
                let name = SCOPES[*at];
                same(both.map(|ledger| ledger.pause(&scope(name), "out of money", "boss"))).unwrap();
                model.paused.retain(|paused| *paused != name);
                model.paused.push(name);
            }
            Step::Resume { scope: at } => {
                let name = SCOPES[*at];
                let resumed = same(both.map(|ledger| ledger.resume(&scope(name), "boss"))).unwrap();
                assert_eq!(resumed.is_some(), model.paused.contains(&name));
                model.paused.retain(|paused| *paused != name);
            }
            Step::Adjust { scope: at, amount: nano, credit, time, key } => {
                let when = time.map(|time| TIMES[time].parse::<Timestamp>().unwrap());
                let (at, name) = (when.map_or(now, |when| when.min(now)), SCOPES[*at]);
                let text = key.map(|key| format!("correction {key}"));
                let make = if *credit { Adjustment::credit } else { Adjustment::charge };
                let new = make(scope(name), amount(*nano), "wrong bill".to_owned(), "boss".to_owned());
                let new = new.at(when).key(text.as_deref());
                let new_one = Corrected { scope: name, at, amount: *nano, credit: *credit, key: *key };
                let expected = model.adjust(new_one);
                let response = same(both.map(|ledger| ledger.adjust(&new)));
                assert_eq!(said(&response.map(|adjusted| adjusted.repeated)), expected, "{step:?}");
            }
            Step::Late { scope: at, ceiling, cost, time, key } => {
                let made_at = TIMES[*time].parse::<Timestamp>().unwrap().min(now);
                let mut new = new_hold(SCOPES[*at], amount(*ceiling));
                new.key = key.map(|key| format!("key {key}"));
                let expected = model.late(&new, made_at, *cost);
                let outcome = match cost {
                    Some(cost) => Change::Settle { cost: amount(*cost), usage: None },
                    None => Change::Presume { reason: "lost".to_owned() },
                };
                let late = LateCall::new(new, TIMES[*time].parse().unwrap(), outcome);
                let response = same(both.map(|ledger| ledger.book_late(&late)));
                assert_eq!(said(&response.map(|changed| changed.repeated)), expected, "{step:?}");
            }
            Step::Job { hold, job } => {
                let id = model.holds.get(*hold).map_or_else(HoldId::random, |kept| kept.new.id.clone());
                let expected = model.set_job(*hold, *job);
                let job = Job::new("fal", format!("job {job}"));
                let response = same(both.map(|ledger| ledger.set_job(&id, &job, "m")));
                let said = response.as_ref().map_or_else(Error::code, |_| "set");
                assert_eq!(said, expected, "{step:?}");
                if let Ok(hold) = response {
                    assert_eq!(ledger.find_job(&job).unwrap(), Some(hold));
                }
            }
            Step::Hold { scope: at, ceiling, expected, assumed, key, overridden } => {
                let mut new = new_hold(SCOPES[*at], amount(*ceiling)).expected(amount(*expected));
                new.assumed = *assumed;
                new.key = key.map(|key| format!("key {key}"));
                new.override_reason = overridden.then(|| "policy".to_owned());
                hold(both, &mut model, &new, now);
            }
            Step::Again { hold: which } => {
                if let Some(new) = model.holds.get(*which).map(|kept| kept.new.clone()) {
                    hold(both, &mut model, &new, now);
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
    assert_eq!(everything(&*ledger), everything(&twin));
    for at in SCOPES {
        let at = scope(at);
        same(both.map(|ledger| ledger.status(Some(&at)))).unwrap();
    }
    let audit = imgcost_ledger::audit(&*ledger).unwrap();
    assert_eq!((audit.problems, audit.holds), (vec![], model.holds.len() as u64));
}

/// The two responses, which must be the same to the letter; the second.
fn same<T: std::fmt::Debug>(responses: [Result<T, Error>; 2]) -> Result<T, Error> {
    let [twin, response] = responses;
    assert_eq!(format!("{response:?}"), format!("{twin:?}"));
    response
}

/// `repeated`, `changed`, or the code of the error.
fn said(repeated: &Result<bool, Error>) -> &'static str {
    match repeated {
        Ok(true) => "repeated",
        Ok(false) => "changed",
        Err(error) => error.code(),
    }
}

fn hold(both: [&dyn Ledger; 2], model: &mut Model, new: &NewHold, now: Timestamp) {
    let expected = model.hold(new, now);
    let response: Result<_, Error> = same(both.map(|ledger| ledger.hold(new)));
    let said = match &response {
        Ok(held) if held.repeated => "repeated",
        Ok(_) => "held",
        Err(error) => error.code(),
    };
    assert_eq!(said, expected, "{new:?}");
}

/// All that a ledger has, without the numbers of entries, which have gaps on a server.
fn everything(ledger: &dyn Ledger) -> Vec<Record> {
    let mut records = Vec::new();
    ledger
        .read(&Filter::all(), &mut |mut record| {
            if let Record::Entry(entry) = &mut record {
                entry.number = 0;
            }
            records.push(record);
            ControlFlow::Continue(())
        })
        .unwrap();
    records
}

fn compare(ledger: &dyn Ledger, model: &Model, now: Timestamp) {
    let status = ledger.status(None).unwrap();
    for s in &status {
        let (at, window) = (s.budget.scope.as_str(), s.budget.window);
        let in_force = model.in_force(at, window).unwrap();
        assert_eq!((s.budget.cap, s.is_default), (in_force.cap, in_force.each_child));
        assert_eq!(s.sums.used().nano(), model.used(at, window, now), "{s:?}");
        assert_eq!(s.sums.settled.nano(), model.settled(at, window, now), "{s:?}");
    }
    // All budgets of scopes are there, and defaults of all children that have spent anything.
    let own = model.budgets.values().filter(|budget| !budget.each_child).count();
    assert_eq!(status.iter().filter(|status| !status.is_default).count(), own);
    for at in SCOPES {
        for window in Window::ALL {
            let listed = status.iter().any(|s| s.budget.scope.as_str() == at && s.budget.window == window);
            let is_needed = model.in_force(at, window).is_some() && model.used(at, window, now) > 0;
            assert!(listed || !is_needed, "{at} {window}");
        }
    }
    for at in SCOPES {
        let of_path = ledger.status(Some(&scope(at))).unwrap();
        let count = |status: &&imgcost_ledger::Status| status.budget.scope.as_str() == at;
        let in_force = Window::ALL.into_iter().filter(|window| model.in_force(at, *window).is_some()).count();
        assert_eq!(of_path.iter().filter(count).count(), in_force, "{at}");
    }
}
