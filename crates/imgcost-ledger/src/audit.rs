//! Whether the ledger balances: recomputes the counters from the holds and the corrections, and compares the holds'
//! states with the journal.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use jiff::Timestamp;

use crate::adjustment::Correction;
use crate::budget::Sums;
use crate::error::Error;
use crate::hold::State;
use crate::journal::{Entry, Event};
use crate::ledger::{Filter, Ledger, Record};
use crate::money::NanoUsd;
use crate::shares::{adjusted, corrected};
use crate::window::{Period, Window};

/// The most differences listed.
const MAX_PROBLEMS: usize = 20;

/// The result of [`audit`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Audit {
    /// The number of holds added up.
    pub holds: u64,
    /// The number of counters compared.
    pub counters: u64,
    /// Counters that differ from the sum of their holds, and states that differ from the journal,
    /// in words; at most the first 20.
    pub problems: Vec<String>,
    /// The number of all differences.
    pub differences: u64,
    /// The number of journal entries that are earlier than the one before. It is no difference: the
    /// clock was set back, or on a server two steps ended in another order than they began.
    pub out_of_order: u64,
}

/// Adds up all holds and corrections, and compares the sums with the ledger's counters, to the nano-dollar, in
/// one consistent state. Then compares the number of holds in each state with the journal. Only
/// the sums are kept in memory.
///
/// # Errors
/// The store failed.
pub fn audit(ledger: &dyn Ledger) -> Result<Audit, Error> {
    let mut stored: BTreeMap<(String, Period), Sums> = BTreeMap::new();
    let mut counted: BTreeMap<(String, Period), Sums> = BTreeMap::new();
    let mut audit = Audit::default();
    let mut states = States::default();
    let (mut overflow, mut last) = (false, None);
    let what = Filter::default().counters().holds().journal();
    ledger.read(&what, &mut |record| {
        match record {
            Record::Counter(counter) => {
                audit.counters += 1;
                stored.insert((counter.scope.as_str().to_owned(), counter.period), counter.sums);
            }
            Record::Hold(hold) => {
                audit.holds += 1;
                states.of_holds.add(hold.state);
                for prefix in hold.scope.prefixes() {
                    for period in kept_at(hold.made_at) {
                        let sums = counted.entry((prefix.to_owned(), period)).or_default();
                        match adjusted(*sums, None, Some(&hold)) {
                            Ok(more) => *sums = more,
                            Err(_) => overflow = true,
                        }
                    }
                }
            }
            Record::Entry(entry) => {
                states.follow(&entry);
                audit.out_of_order += u64::from(last.replace(entry.at).is_some_and(|last| entry.at < last));
                if let Some((correction, amount, at)) = correction(&entry) {
                    for prefix in entry.scope.prefixes() {
                        for period in kept_at(at) {
                            let sums = counted.entry((prefix.to_owned(), period)).or_default();
                            match corrected(*sums, correction, amount) {
                                Ok(more) => *sums = more,
                                Err(_) => overflow = true,
                            }
                        }
                    }
                }
            }
            Record::Budget(_) | Record::Pause(_) => {}
        }
        ControlFlow::Continue(())
    })?;
    if overflow {
        audit.note(
            "holds and corrections add up to more than can be booked, or to less than nothing".to_owned(),
        );
    }
    for (key, sums) in &counted {
        let found = stored.remove(key).unwrap_or_default();
        if found != (Sums { alerted: found.alerted, ..*sums }) {
            audit.note(difference(key, &found, sums));
        }
    }
    for (key, found) in &stored {
        if *found != (Sums { alerted: found.alerted, ..Sums::default() }) {
            audit.note(difference(key, found, &Sums::default()));
        }
    }
    for problem in states.differences() {
        audit.note(problem);
    }
    Ok(audit)
}

/// The periods whose sums are kept, at a moment.
fn kept_at(at: Timestamp) -> [Period; 4] {
    Window::KEPT.map(|window| window.at(at))
}

/// The correction that an entry books, and the moment at which it counts.
fn correction(entry: &Entry) -> Option<(Correction, NanoUsd, Timestamp)> {
    let correction = match entry.event {
        Event::Charged => Correction::Charge,
        Event::Credited => Correction::Credit,
        _ => return None,
    };
    Some((correction, entry.amount?, entry.counts_at?))
}

/// The number of holds in each state.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
struct Count {
    held: i64,
    settled: i64,
    released: i64,
    presumed: i64,
}

impl Count {
    const fn of(&mut self, state: State) -> &mut i64 {
        match state {
            State::Held => &mut self.held,
            State::Settled => &mut self.settled,
            State::Released => &mut self.released,
            State::Presumed => &mut self.presumed,
        }
    }

    const fn add(&mut self, state: State) {
        *self.of(state) += 1;
    }
}

/// The number of holds in each state, by the holds and by the journal, where each entry moves one
/// hold from its earlier state. Numbers reveal missing entries without keeping any in memory.
#[derive(Default)]
struct States {
    of_holds: Count,
    of_journal: Count,
}

impl States {
    fn follow(&mut self, entry: &Entry) {
        let after = match entry.event {
            Event::Held => return self.of_journal.add(State::Held),
            Event::Settled => State::Settled,
            Event::Released => State::Released,
            Event::Presumed => State::Presumed,
            Event::LateSettled => return self.of_journal.add(State::Settled),
            Event::LatePresumed => return self.of_journal.add(State::Presumed),
            Event::JobSet
            | Event::Charged
            | Event::Credited
            | Event::Paused
            | Event::Resumed
            | Event::BudgetSet
            | Event::BudgetRemoved
            | Event::Alert => return,
        };
        *self.of_journal.of(entry.before.unwrap_or(State::Held)) -= 1;
        self.of_journal.add(after);
    }

    fn differences(mut self) -> Vec<String> {
        let mut problems = Vec::new();
        for state in [State::Held, State::Settled, State::Released, State::Presumed] {
            let (holds, recorded) = (*self.of_holds.of(state), *self.of_journal.of(state));
            if holds != recorded {
                problems.push(format!(
                    "holds that are {state}: {holds}; by the entries of the journal: {recorded}"
                ));
            }
        }
        problems
    }
}

impl Audit {
    fn note(&mut self, problem: String) {
        self.differences += 1;
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }
}

fn difference((scope, period): &(String, Period), found: &Sums, counted: &Sums) -> String {
    format!(
        "{scope}, {} from {}: booked held {} (assumed {}, over {}) presumed {} settled {} overrun {}, {} open; its holds add up to held {} (assumed {}, over {}) presumed {} settled {} overrun {}, {} open",
        period.window,
        period.start,
        found.held,
        found.held_assumed,
        found.held_over,
        found.presumed,
        found.settled,
        found.overrun,
        found.open,
        counted.held,
        counted.held_assumed,
        counted.held_over,
        counted.presumed,
        counted.settled,
        counted.overrun,
        counted.open
    )
}
