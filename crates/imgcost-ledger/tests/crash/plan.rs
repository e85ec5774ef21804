//! What the processes do: budgets that fill up, and calls whose every detail the seed decides.

use imgcost_ledger::{Budget, Cap, Change, NanoUsd, Scope, State, Window};

use crate::dice::Dice;

pub(crate) fn nano(amount: u64) -> NanoUsd {
    NanoUsd::new(amount).unwrap()
}

pub(crate) fn scope(name: &str) -> Scope {
    name.parse().unwrap()
}

/// One dollar for all, and narrower caps that roll over while the clocks step.
pub(crate) fn budgets() -> Vec<Budget> {
    let budget =
        |name: &str, window, cents: u64| Budget::new(scope(name), window, Cap::Usd(nano(cents * 10_000_000)));
    vec![
        budget("team", Window::Total, 100),
        budget("team", Window::Day, 40),
        budget("team/a", Window::Hour, 3),
        budget("team/b", Window::Day, 8),
        budget("team/c", Window::Month, 12).allow_assumed_ceiling(false),
        budget("team", Window::Week, 70),
        // Each of the scopes below that has no hour of its own.
        budget("team", Window::Hour, 9).each_child(),
        Budget::new(scope("side"), Window::Total, Cap::Unlimited),
    ]
}

const SCOPES: [&str; 5] = ["team/a", "team/a/run-1", "team/b", "team/c", "team/d/run-2"];

/// The same reason for all: presuming a hold a second time changes nothing.
pub(crate) const UNKNOWN: &str = "no response came";

/// One call: what it asks for, and what becomes of it.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) scope: &'static str,
    pub(crate) ceiling: NanoUsd,
    pub(crate) assumed: bool,
    pub(crate) has_key: bool,
    /// One after another; nothing where it is left open.
    pub(crate) changes: Vec<Change>,
    /// Before each change, in microseconds.
    pub(crate) pause: u64,
}

impl Call {
    /// The same call for the same numbers, so that a process that is started again can repeat it.
    pub(crate) fn of(seed: u64, worker: u64, lane: u64, number: u64) -> Self {
        let mut dice = Dice::of(&[seed, worker, lane, number]);
        // Many that fit for long, and some that don't soon.
        let ceiling = match dice.between(0, 9) {
            0 => dice.between(30_000_000, 300_000_000),
            1 => dice.between(0, 3),
            _ => dice.between(100_000, 2_000_000),
        };
        let cost = nano(ceiling * dice.between(0, 100) / 100);
        let settle = Change::Settle { cost, usage: Some(format!("{{\"call\":{number}}}")) };
        let release = Change::Release { reason: "not sent".to_owned() };
        let presume = Change::Presume { reason: UNKNOWN.to_owned() };
        let changes = match dice.between(0, 99) {
            0..35 => vec![settle],
            35..65 => vec![release],
            65..75 => vec![presume],
            75..80 => vec![presume, settle],
            80..85 => vec![presume, release],
            _ => vec![],
        };
        Call {
            scope: dice.one_of(&SCOPES),
            ceiling: nano(ceiling),
            assumed: dice.percent(20),
            has_key: dice.percent(30),
            changes,
            pause: if dice.percent(50) { dice.between(0, 2_000) } else { 0 },
        }
    }
}

/// How many threads of a process share its ledger, so that steps share transactions too.
pub(crate) const fn lanes(worker: u64) -> u64 {
    [1, 2, 1, 4][worker as usize % 4]
}

/// The state and cost that a change leads to, as the notes have them.
pub(crate) fn outcome(change: &Change) -> (State, NanoUsd) {
    match change {
        Change::Settle { cost, .. } => (State::Settled, *cost),
        other => (other.leads_to(), NanoUsd::ZERO),
    }
}
