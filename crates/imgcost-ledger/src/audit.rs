//! Whether the books balance: counters worked out anew from the holds, and the holds' states
//! from the journal.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::budget::Sums;
use crate::error::Error;
use crate::hold::State;
use crate::journal::{Entry, Event};
use crate::ledger::{Filter, Ledger, Record};
use crate::shares::shifted;
use crate::window::Period;

/// The most differences that are listed.
const MOST: usize = 20;

/// What [`audit`] found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Audit {
    /// How many holds were added up.
    pub holds: u64,
    /// How many counters were compared.
    pub counters: u64,
    /// Counters that are not the sum of their holds, and states without their entries in the
    /// journal, in words; at most the first 20.
    pub problems: Vec<String>,
    /// How many there are in all.
    pub differences: u64,
}

/// Adds up all holds and compares the sums with the ledger's counters, to the nano-dollar,
/// out of one consistent state; then counts the entries that brought holds into their states.
/// It keeps the sums in memory, and holds and entries nowhere.
///
/// # Errors
/// The store can't answer.
pub fn audit(ledger: &dyn Ledger) -> Result<Audit, Error> {
    let mut stored: BTreeMap<(String, Period), Sums> = BTreeMap::new();
    let mut counted: BTreeMap<(String, Period), Sums> = BTreeMap::new();
    let mut audit = Audit::default();
    let mut states = States::default();
    let mut overflow = false;
    let what = Filter { counters: true, holds: true, journal: true, ..Filter::default() };
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
                    for period in hold.periods() {
                        let sums = counted.entry((prefix.to_owned(), period)).or_default();
                        match shifted(*sums, None, Some(&hold)) {
                            Ok(more) => *sums = more,
                            Err(_) => overflow = true,
                        }
                    }
                }
            }
            Record::Entry(entry) => states.follow(&entry),
            Record::Budget(_) => {}
        }
        ControlFlow::Continue(())
    })?;
    if overflow {
        audit.note("the holds add up to more than can be booked".to_owned());
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

/// How many holds are in each state.
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

/// How many holds are in each state by their rows, and by the journal: each entry takes one hold
/// out of the state it was in. Numbers are enough to notice entries that are gone, and need no
/// memory.
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
            Event::BudgetSet | Event::BudgetRemoved | Event::Alert => return,
        };
        *self.of_journal.of(entry.before.unwrap_or(State::Held)) -= 1;
        self.of_journal.add(after);
    }

    fn differences(mut self) -> Vec<String> {
        let mut problems = Vec::new();
        for state in [State::Held, State::Settled, State::Released, State::Presumed] {
            let (holds, told) = (*self.of_holds.of(state), *self.of_journal.of(state));
            if holds != told {
                problems
                    .push(format!("holds that are {state}: {holds}; by the entries of the journal: {told}"));
            }
        }
        problems
    }
}

impl Audit {
    fn note(&mut self, problem: String) {
        self.differences += 1;
        if self.problems.len() < MOST {
            self.problems.push(problem);
        }
    }
}

fn difference((scope, period): &(String, Period), found: &Sums, counted: &Sums) -> String {
    format!(
        "{scope}, {} from {}: booked held {} presumed {} settled {} overrun {}, {} open; its holds add up to held {} presumed {} settled {} overrun {}, {} open",
        period.window,
        period.start,
        found.held,
        found.presumed,
        found.settled,
        found.overrun,
        found.open,
        counted.held,
        counted.presumed,
        counted.settled,
        counted.overrun,
        counted.open
    )
}
