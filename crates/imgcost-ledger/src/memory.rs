//! A ledger in memory, for tests and benchmarks. Its data is gone with the process.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::budget::{Budget, Counter, Status, Sums};
use crate::clock::Clock;
use crate::engine::{self, Transaction};
use crate::error::Error;
use crate::hold::{Change, Changed, Held, Hold, HoldId, NewHold};
use crate::journal::Entry;
use crate::ledger::{Filter, Inspection, Ledger, Record};
use crate::scope::Scope;
use crate::window::{Period, Window};

/// A ledger in memory. It does not survive a crash.
#[derive(Debug, Default)]
pub struct MemoryLedger {
    clock: Clock,
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    budgets: BTreeMap<String, BTreeMap<Window, Budget>>,
    sums: HashMap<String, HashMap<Period, Sums>>,
    holds: HashMap<HoldId, Hold>,
    /// Ids in the order of their creation.
    made: Vec<HoldId>,
    keys: HashMap<String, HoldId>,
    journal: Vec<Entry>,
}

impl MemoryLedger {
    /// An empty ledger.
    #[must_use]
    pub fn new() -> Self {
        MemoryLedger::default()
    }

    /// An empty ledger with another clock.
    #[must_use]
    pub fn with_clock(clock: Clock) -> Self {
        MemoryLedger { clock, books: Mutex::default() }
    }

    /// A step decides before it writes, and its writes can't fail, so a poisoned lock still
    /// guards consistent data.
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger for MemoryLedger {
    fn hold(&self, new: &NewHold) -> Result<Held, Error> {
        let result = engine::hold(&mut *self.books(), new, self.clock.now());
        engine::with_nearest(result, |scope| {
            let scopes = self.books().scopes();
            crate::scope::nearest(scope, scopes.iter()).cloned()
        })
    }

    fn change(&self, id: &HoldId, change: &Change, by: &str) -> Result<Changed, Error> {
        let mut books = self.books();
        engine::change(&mut *books, id, change, by, self.clock.now())
    }

    fn set_budget(&self, budget: &Budget, by: &str) -> Result<Option<Budget>, Error> {
        let mut books = self.books();
        engine::set_budget(&mut *books, budget, by, self.clock.now())
    }

    fn remove_budget(&self, scope: &Scope, window: Window, by: &str) -> Result<Option<Budget>, Error> {
        let mut books = self.books();
        engine::remove_budget(&mut *books, scope, window, by, self.clock.now())
    }

    fn find(&self, id: &HoldId) -> Result<Option<Hold>, Error> {
        Ok(self.books().holds.get(id).cloned())
    }

    fn status(&self, scope: Option<&Scope>) -> Result<Vec<Status>, Error> {
        let books = self.books();
        let now = self.clock.now();
        let near = |other: &Budget| {
            scope.is_none_or(|scope| scope.covers(other.scope.as_str()) || other.scope.covers(scope.as_str()))
        };
        let budgets: Vec<Budget> = books
            .budgets
            .values()
            .flat_map(BTreeMap::values)
            .filter(|budget| near(budget))
            .cloned()
            .collect();
        let status = |budget: Budget| {
            let period = budget.window.at(now);
            let sums = books.sums.get(budget.scope.as_str()).and_then(|sums| sums.get(&period));
            Status { period, sums: sums.copied().unwrap_or_default(), budget }
        };
        Ok(budgets.into_iter().map(status).collect())
    }

    fn read(&self, what: &Filter, each: &mut dyn FnMut(Record) -> ControlFlow<()>) -> Result<(), Error> {
        // The lock is released first: the callback may use the ledger.
        let records = self.books().records(what, self.clock.now());
        for record in records {
            if each(record).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn inspect(&self) -> Result<Inspection, Error> {
        let facts = vec![("durability".to_owned(), "none: gone with the process".to_owned())];
        let now = self.clock.now();
        Ok(Inspection { kind: "memory", store: "memory".to_owned(), now, facts, problems: Vec::new() })
    }

    fn answers_at_once(&self) -> bool {
        true
    }
}

impl Books {
    /// The scopes with budgets.
    fn scopes(&self) -> Vec<Scope> {
        let first = |at: &BTreeMap<Window, Budget>| at.values().next().map(|budget| budget.scope.clone());
        self.budgets.values().filter_map(first).collect()
    }

    fn records(&self, what: &Filter, now: jiff::Timestamp) -> Vec<Record> {
        let inside = |scope: &str| what.scope.as_ref().is_none_or(|of| of.covers(scope));
        let since = |at: jiff::Timestamp| what.since.is_none_or(|since| at >= since);
        let this = |id: Option<&HoldId>| what.hold.as_ref().is_none_or(|hold| id == Some(hold));
        let mut records = Vec::new();
        if what.budgets {
            let budgets = self.budgets.values().flat_map(BTreeMap::values);
            records.extend(budgets.filter(|b| inside(b.scope.as_str())).cloned().map(Record::Budget));
        }
        if what.counters {
            let mut counters: Vec<Counter> = Vec::new();
            for (scope, periods) in self.sums.iter().filter(|(scope, _)| inside(scope)) {
                let Ok(scope) = scope.parse::<Scope>() else { continue };
                counters.extend(periods.iter().map(|(period, sums)| Counter {
                    scope: scope.clone(),
                    period: *period,
                    sums: *sums,
                }));
            }
            counters.sort_by(|a, b| (&a.scope, a.period).cmp(&(&b.scope, b.period)));
            records.extend(counters.into_iter().map(Record::Counter));
        }
        if what.holds {
            let holds = self.made.iter().filter_map(|id| self.holds.get(id));
            let fits = |hold: &&Hold| {
                inside(hold.scope.as_str())
                    && this(Some(&hold.id))
                    && since(hold.made_at)
                    && what.state.is_none_or(|state| hold.state == state)
                    && (!what.expired || hold.has_expired(now))
            };
            records.extend(holds.filter(fits).cloned().map(Record::Hold));
        }
        if what.journal {
            let fits =
                |entry: &&Entry| inside(entry.scope.as_str()) && this(entry.hold.as_ref()) && since(entry.at);
            let mut entries: Vec<&Entry> = self.journal.iter().filter(fits).collect();
            let last = what.last.and_then(|last| usize::try_from(last).ok()).unwrap_or(usize::MAX);
            entries.drain(..entries.len().saturating_sub(last));
            records.extend(entries.into_iter().cloned().map(Record::Entry));
        }
        records
    }
}

impl Transaction for Books {
    fn budget(&mut self, scope: &Scope, window: Window) -> Result<Option<Budget>, Error> {
        Ok(self.budgets.get(scope.as_str()).and_then(|at| at.get(&window)).cloned())
    }

    fn put_budget(&mut self, budget: &Budget) -> Result<(), Error> {
        let at = self.budgets.entry(budget.scope.as_str().to_owned()).or_default();
        at.insert(budget.window, budget.clone());
        Ok(())
    }

    fn remove_budget(&mut self, scope: &Scope, window: Window) -> Result<(), Error> {
        if let Some(at) = self.budgets.get_mut(scope.as_str()) {
            at.remove(&window);
        }
        Ok(())
    }

    fn accounts(&mut self, scope: &str, periods: [Period; 4]) -> Result<[(Sums, Option<Budget>); 4], Error> {
        let (sums, budgets) = (self.sums.get(scope), self.budgets.get(scope));
        Ok(periods.map(|period| {
            let sums = sums.and_then(|sums| sums.get(&period)).copied().unwrap_or_default();
            (sums, budgets.and_then(|budgets| budgets.get(&period.window)).cloned())
        }))
    }

    fn put_sums(&mut self, scope: &str, period: Period, sums: Sums) -> Result<(), Error> {
        match self.sums.get_mut(scope) {
            Some(periods) => periods.insert(period, sums),
            None => self.sums.entry(scope.to_owned()).or_default().insert(period, sums),
        };
        Ok(())
    }

    fn hold_of_id(&mut self, id: &HoldId) -> Result<Option<Hold>, Error> {
        Ok(self.holds.get(id).cloned())
    }

    fn hold_of_key(&mut self, key: &str) -> Result<Option<Hold>, Error> {
        Ok(self.keys.get(key).and_then(|id| self.holds.get(id)).cloned())
    }

    fn add_hold(&mut self, hold: &Hold) -> Result<(), Error> {
        if let Some(key) = &hold.key {
            self.keys.insert(key.clone(), hold.id.clone());
        }
        self.made.push(hold.id.clone());
        self.holds.insert(hold.id.clone(), hold.clone());
        Ok(())
    }

    fn put_hold(&mut self, hold: &Hold) -> Result<(), Error> {
        self.holds.insert(hold.id.clone(), hold.clone());
        Ok(())
    }

    fn add_entry(&mut self, mut entry: Entry) -> Result<(), Error> {
        entry.number = self.journal.len() as u64 + 1;
        self.journal.push(entry);
        Ok(())
    }
}
