//! A ledger in memory, for tests and benchmarks. Its data is gone with the process.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::adjustment::{Adjusted, Adjustment};
use crate::budget::{Budget, Counter, Status, Sums, default_place, default_place_of};
use crate::clock::Clock;
use crate::engine::{self, InForce, Transaction};
use crate::error::Error;
use crate::hold::{Change, Changed, Held, Hold, HoldId, Job};
use crate::journal::Entry;
use crate::ledger::{Filter, Inspection, Ledger, Record};
use crate::nearest::{Range, nearest};
use crate::new_hold::{LateCall, NewHold};
use crate::pause::Pause;
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
    /// By the place where they are set: a scope, or `scope/*`.
    budgets: BTreeMap<String, BTreeMap<Window, Budget>>,
    pauses: BTreeMap<String, Pause>,
    /// Of a week only what was alerted: its sums are those of its days.
    sums: HashMap<String, BTreeMap<Period, Sums>>,
    holds: HashMap<HoldId, Hold>,
    /// Ids in the order of their creation.
    made: Vec<HoldId>,
    keys: HashMap<String, HoldId>,
    jobs: HashMap<Job, HoldId>,
    journal: Vec<Entry>,
    /// The numbers of entries of steps with names.
    steps: HashMap<String, usize>,
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
        engine::with_nearest(result, |scope| self.books().nearest(scope))
    }

    fn change(&self, id: &HoldId, change: &Change, by: &str) -> Result<Changed, Error> {
        engine::change(&mut *self.books(), id, change, by, self.clock.now())
    }

    fn set_job(&self, id: &HoldId, job: &Job, by: &str) -> Result<Hold, Error> {
        engine::set_job(&mut *self.books(), id, job, by, self.clock.now())
    }

    fn find_job(&self, job: &Job) -> Result<Option<Hold>, Error> {
        self.books().hold_of_job(job)
    }

    fn book_late(&self, late: &LateCall) -> Result<Changed, Error> {
        engine::book_late(&mut *self.books(), late, self.clock.now())
    }

    fn adjust(&self, adjustment: &Adjustment) -> Result<Adjusted, Error> {
        engine::adjust(&mut *self.books(), adjustment, self.clock.now())
    }

    fn pause(&self, scope: &Scope, reason: &str, by: &str) -> Result<Pause, Error> {
        engine::pause(&mut *self.books(), scope, reason, by, self.clock.now())
    }

    fn resume(&self, scope: &Scope, by: &str) -> Result<Option<Pause>, Error> {
        engine::resume(&mut *self.books(), scope, by, self.clock.now())
    }

    fn set_budget(&self, budget: &Budget, by: &str) -> Result<Option<Budget>, Error> {
        engine::set_budget(&mut *self.books(), budget, by, self.clock.now())
    }

    fn ensure_budget(&self, budget: &Budget, by: &str) -> Result<Budget, Error> {
        engine::ensure_budget(&mut *self.books(), budget, by, self.clock.now())
    }

    fn remove_budget(&self, scope: &Scope, window: Window, by: &str) -> Result<Option<Budget>, Error> {
        engine::remove_budget(&mut *self.books(), scope.as_str(), window, by, self.clock.now())
    }

    fn remove_default(&self, scope: &Scope, window: Window, by: &str) -> Result<Option<Budget>, Error> {
        let place = default_place(scope.as_str());
        engine::remove_budget(&mut *self.books(), &place, window, by, self.clock.now())
    }

    fn find(&self, id: &HoldId) -> Result<Option<Hold>, Error> {
        Ok(self.books().holds.get(id).cloned())
    }

    fn status(&self, scope: Option<&Scope>) -> Result<Vec<Status>, Error> {
        self.books().status(scope, self.clock.now())
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
    fn nearest(&self, scope: &Scope) -> Option<Scope> {
        let mut places = |range: &Range<'_>| {
            let places = self.budgets.range(range.low.to_owned()..range.high.to_owned());
            let places = places.filter(|(_, at)| !at.is_empty()).map(|(place, _)| place.clone());
            Ok::<_, Error>(match range.is_from_end {
                true => places.rev().take(range.most).collect(),
                false => places.take(range.most).collect(),
            })
        };
        nearest(scope, &mut places).unwrap_or(None)
    }

    fn status(&mut self, scope: Option<&Scope>, now: Timestamp) -> Result<Vec<Status>, Error> {
        let near = |other: &Scope| {
            scope.is_none_or(|scope| scope.covers(other.as_str()) || other.covers(scope.as_str()))
        };
        let all: Vec<Budget> = self.budgets.values().flat_map(BTreeMap::values).cloned().collect();
        let mut found = Vec::new();
        for budget in all {
            let period = budget.window.at(now);
            if !budget.each_child {
                if near(&budget.scope) {
                    found.push(Status::new(
                        budget.clone(),
                        period,
                        self.sums_of(budget.scope.as_str(), period)?,
                    ));
                }
                continue;
            }
            for child in self.children(&budget.scope, scope) {
                let own = self.budgets.get(child.as_str()).is_some_and(|at| at.contains_key(&budget.window));
                let is_named = scope.is_some_and(|scope| child.covers(scope.as_str()));
                let sums = self.sums_of(child.as_str(), period)?;
                if near(&child) && !own && (is_named || self.has_sums(child.as_str(), period)) {
                    let budget = budget.clone().of_child(child);
                    found.push(Status { budget, period, sums, is_default: true });
                }
            }
        }
        found.sort_by(|a, b| (&a.budget.scope, a.budget.window).cmp(&(&b.budget.scope, b.budget.window)));
        Ok(found)
    }

    /// The children of a scope that have sums, and the one on the path of another scope.
    fn children(&self, parent: &Scope, on_path: Option<&Scope>) -> std::collections::BTreeSet<Scope> {
        let with_sums = self.sums.keys().filter_map(|scope| Scope::stored(scope).ok());
        let above = on_path
            .into_iter()
            .flat_map(|scope| scope.prefixes())
            .filter_map(|path| Scope::stored(path).ok());
        with_sums.chain(above).filter(|scope| scope.parent().as_ref() == Some(parent)).collect()
    }

    fn sums_of(&mut self, scope: &str, period: Period) -> Result<Sums, Error> {
        match period.window {
            Window::Week => self.week_sums(scope, period),
            _ => Ok(self.kept(scope, period)),
        }
    }

    fn has_sums(&self, scope: &str, period: Period) -> bool {
        let has = |period: Period| self.sums.get(scope).is_some_and(|sums| sums.contains_key(&period));
        if period.window == Window::Week { period.days().any(has) } else { has(period) }
    }

    fn kept(&self, scope: &str, period: Period) -> Sums {
        self.sums.get(scope).and_then(|sums| sums.get(&period)).copied().unwrap_or_default()
    }

    fn records(&self, what: &Filter, now: Timestamp) -> Vec<Record> {
        let inside = |scope: &str| what.scope.as_ref().is_none_or(|of| of.covers(scope));
        let since = |at: Timestamp| what.since.is_none_or(|since| at >= since);
        let this = |id: Option<&HoldId>| what.hold.as_ref().is_none_or(|hold| id == Some(hold));
        let mut records = Vec::new();
        if what.budgets {
            let budgets = self.budgets.values().flat_map(BTreeMap::values);
            records.extend(budgets.filter(|b| inside(b.scope.as_str())).cloned().map(Record::Budget));
        }
        if what.pauses {
            let pauses = self.pauses.values().filter(|pause| inside(pause.scope.as_str()));
            records.extend(pauses.cloned().map(Record::Pause));
        }
        if what.counters {
            let mut counters: Vec<Counter> = Vec::new();
            for (scope, periods) in self.sums.iter().filter(|(scope, _)| inside(scope)) {
                let Ok(scope) = Scope::stored(scope) else { continue };
                let kept = periods.iter().filter(|(period, _)| period.window != Window::Week);
                counters.extend(kept.map(|(period, sums)| Counter {
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
            let has_reason = |hold: &Hold| {
                let text = what.reason_like.as_deref();
                text.is_none_or(|text| hold.reason.as_deref().is_some_and(|reason| reason.contains(text)))
            };
            let fits = |hold: &&Hold| {
                inside(hold.scope.as_str())
                    && this(Some(&hold.id))
                    && since(hold.made_at)
                    && what.state.is_none_or(|state| hold.state == state)
                    && has_reason(hold)
                    && what.id_start.as_ref().is_none_or(|start| hold.id.as_str().starts_with(start))
                    && what.tag.as_ref().is_none_or(|tag| tag.fits(hold))
                    && (!what.expired || hold.has_expired(now))
            };
            records.extend(holds.filter(fits).cloned().map(Record::Hold));
        }
        if what.journal {
            let has_tag = |id: Option<&HoldId>| {
                let hold = id.and_then(|id| self.holds.get(id));
                what.tag.as_ref().is_none_or(|tag| hold.is_some_and(|hold| tag.fits(hold)))
            };
            let fits = |entry: &&Entry| {
                inside(entry.scope.as_str())
                    && this(entry.hold.as_ref())
                    && since(entry.at)
                    && has_tag(entry.hold.as_ref())
            };
            let mut entries: Vec<&Entry> = self.journal.iter().filter(fits).collect();
            let last = what.last.and_then(|last| usize::try_from(last).ok()).unwrap_or(usize::MAX);
            entries.drain(..entries.len().saturating_sub(last));
            records.extend(entries.into_iter().cloned().map(Record::Entry));
        }
        records
    }
}

impl Transaction for Books {
    fn budget(&mut self, place: &str, window: Window) -> Result<Option<Budget>, Error> {
        Ok(self.budgets.get(place).and_then(|at| at.get(&window)).cloned())
    }

    fn put_budget(&mut self, budget: &Budget) -> Result<(), Error> {
        self.budgets.entry(budget.place()).or_default().insert(budget.window, budget.clone());
        Ok(())
    }

    fn remove_budget(&mut self, place: &str, window: Window) -> Result<(), Error> {
        if let Some(at) = self.budgets.get_mut(place) {
            at.remove(&window);
        }
        Ok(())
    }

    fn pause(&mut self, scope: &str) -> Result<Option<Pause>, Error> {
        Ok(self.pauses.get(scope).cloned())
    }

    fn put_pause(&mut self, pause: &Pause) -> Result<(), Error> {
        self.pauses.insert(pause.scope.as_str().to_owned(), pause.clone());
        Ok(())
    }

    fn remove_pause(&mut self, scope: &Scope) -> Result<(), Error> {
        self.pauses.remove(scope.as_str());
        Ok(())
    }

    fn in_force(&mut self, scope: &str) -> Result<InForce, Error> {
        let own = self.budgets.get(scope);
        let default = default_place_of(scope).and_then(|place| self.budgets.get(&place));
        if own.is_none() && default.is_none() {
            return Ok(InForce::default());
        }
        let of_child =
            |budget: &Budget| Scope::stored(scope).ok().map(|scope| budget.clone().of_child(scope));
        Ok(Window::ALL.map(|window| {
            let own = own.and_then(|at| at.get(&window)).cloned();
            own.or_else(|| default.and_then(|at| at.get(&window)).and_then(of_child))
        }))
    }

    fn sums(&mut self, scope: &str, periods: [Period; 4]) -> Result<[Sums; 4], Error> {
        let Some(sums) = self.sums.get(scope) else { return Ok([Sums::default(); 4]) };
        Ok(periods.map(|period| sums.get(&period).copied().unwrap_or_default()))
    }

    fn week_sums(&mut self, scope: &str, week: Period) -> Result<Sums, Error> {
        let days = week.days().map(|day| self.kept(scope, day));
        Ok(Sums { alerted: self.kept(scope, week).alerted, ..Sums::together(days) })
    }

    fn put_sums(&mut self, scope: &str, period: Period, sums: Sums) -> Result<(), Error> {
        let sums = match period.window {
            Window::Week => Sums { alerted: sums.alerted, ..Sums::default() },
            _ => sums,
        };
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

    fn hold_of_job(&mut self, job: &Job) -> Result<Option<Hold>, Error> {
        Ok(self.jobs.get(job).and_then(|id| self.holds.get(id)).cloned())
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
        if let Some(kept) = self.holds.get_mut(&hold.id) {
            (kept.state, kept.cost) = (hold.state, hold.cost);
            kept.usage.clone_from(&hold.usage);
            kept.reason.clone_from(&hold.reason);
        }
        Ok(())
    }

    fn put_job(&mut self, id: &HoldId, job: &Job) -> Result<(), Error> {
        self.jobs.insert(job.clone(), id.clone());
        if let Some(hold) = self.holds.get_mut(id) {
            hold.job = Some(job.clone());
        }
        Ok(())
    }

    fn add_entry(&mut self, mut entry: Entry) -> Result<(), Error> {
        entry.number = self.journal.len() as u64 + 1;
        if let Some(step) = &entry.step {
            self.steps.insert(step.clone(), self.journal.len());
        }
        self.journal.push(entry);
        Ok(())
    }

    fn entry_of_step(&mut self, step: &str) -> Result<Option<Entry>, Error> {
        Ok(self.steps.get(step).and_then(|at| self.journal.get(*at)).cloned())
    }
}
