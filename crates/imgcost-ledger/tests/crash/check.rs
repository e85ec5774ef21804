//! What must hold after a round, worked out again from the journal and from what callers were told.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::path::Path;

use imgcost_ledger::{
    Budget, Clock, Entry, Event, Filter, Hold, HoldId, Ledger, NanoUsd, NewHold, Period, Record,
    SignedDuration, SqliteLedger, State, Sums, Timestamp, audit,
};

use crate::notes::{self, Aside, Note};
use crate::plan::{self, Call};
use crate::round::{Round, Tally};
use crate::worker::LEDGER;

/// The most violations of a kind that are listed.
const MOST: usize = 20;

type Totals = BTreeMap<(String, Period), u64>;

pub(crate) fn check(round: &Round, folder: &Path, tally: &mut Tally) -> Vec<String> {
    let path = folder.join(LEDGER);
    let ledger = match SqliteLedger::options().create(false).open(&path) {
        Ok(ledger) => ledger,
        Err(error) => return vec![format!("the ledger can't be opened: {error}")],
    };
    let mut wrong = Vec::new();
    match ledger.inspect() {
        Ok(inspection) => wrong.extend(inspection.problems),
        Err(error) => wrong.push(format!("it can't be inspected: {error}")),
    }
    match audit(&ledger) {
        Ok(audit) => wrong.extend(audit.problems),
        Err(error) => wrong.push(format!("it can't be audited: {error}")),
    }
    let mut book = Book::default();
    let all = Filter::default().counters().holds().journal();
    if let Err(error) = ledger.read(&all, &mut |record| book.take(record)) {
        wrong.push(format!("it can't be read: {error}"));
        return wrong;
    }
    let totals = replay(&book, &mut wrong);
    for (key, sums) in &book.counters {
        let found = totals.get(key).copied().unwrap_or_default();
        if found != sums.used().nano() {
            wrong.push(format!("{key:?}: the counter has {}, the journal {found}", sums.used().nano()));
        }
    }
    check_told(round, folder, &book, tally, &mut wrong);
    check_asides(round, folder, &book, &mut wrong);
    wrong.extend(by_script(&path));
    for hold in book.holds.values() {
        match hold.state {
            State::Held => tally.open += 1,
            State::Settled => tally.settled += 1,
            State::Released => tally.released += 1,
            State::Presumed => tally.presumed += 1,
        }
    }
    drop(ledger);
    check_fresh_holds(&path, &book, &totals, &mut wrong);
    wrong
}

/// All that the ledger holds.
#[derive(Default)]
struct Book {
    counters: BTreeMap<(String, Period), Sums>,
    holds: HashMap<HoldId, Hold>,
    journal: Vec<Entry>,
}

impl Book {
    fn take(&mut self, record: Record) -> ControlFlow<()> {
        match record {
            Record::Counter(counter) => {
                self.counters.insert((counter.scope.as_str().to_owned(), counter.period), counter.sums);
            }
            Record::Hold(hold) => drop(self.holds.insert(hold.id.clone(), hold)),
            Record::Entry(entry) => self.journal.push(entry),
            Record::Budget(_) => {}
            other => panic!("a record of a new kind: {other:?}"),
        }
        ControlFlow::Continue(())
    }
}

/// Goes through the journal in the order of its numbers: after no entry may a sum be above its
/// cap. No bill of this workload is above its ceiling, so that no sum has an excuse.
fn replay(book: &Book, wrong: &mut Vec<String>) -> Totals {
    let mut totals = Totals::new();
    let mut states: HashMap<&HoldId, (State, NanoUsd)> = HashMap::new();
    let mut last = 0;
    let mut note = |what: String| {
        if wrong.len() < MOST {
            wrong.push(what);
        }
    };
    for entry in &book.journal {
        if entry.number <= last {
            note(format!("entry {} comes after entry {last}", entry.number));
        }
        last = entry.number;
        let state = match entry.event {
            Event::Held => State::Held,
            Event::Settled => State::Settled,
            Event::Released => State::Released,
            Event::Presumed => State::Presumed,
            Event::Charged => {
                let amount = entry.amount.unwrap().nano();
                for scope in entry.scope.prefixes() {
                    for window in imgcost_ledger::Window::ALL {
                        let period = window.at(entry.counts_at.unwrap());
                        *totals.entry((scope.to_owned(), period)).or_default() += amount;
                    }
                }
                continue;
            }
            Event::LateSettled => State::Settled,
            Event::BudgetSet
            | Event::BudgetRemoved
            | Event::Alert
            | Event::JobSet
            | Event::Paused
            | Event::Resumed => continue,
            other => panic!("an event of a new kind: {other:?}"),
        };
        let Some(hold) = entry.hold.as_ref().and_then(|id| book.holds.get(id)) else {
            note(format!("entry {} is about a hold that is not there", entry.number));
            continue;
        };
        let before = states.get(&hold.id).copied();
        let follows = match (before.map(|(state, _)| state), state) {
            (None, State::Held) => entry.at == hold.made_at,
            (None, State::Settled) => hold.late && entry.counts_at == Some(hold.made_at),
            (Some(State::Held), State::Settled | State::Released | State::Presumed) => entry.before.is_none(),
            (Some(State::Presumed), State::Settled | State::Released) => {
                entry.before == Some(State::Presumed)
            }
            _ => false,
        };
        let share = match state {
            State::Held | State::Presumed => hold.ceiling,
            State::Settled => entry.amount.unwrap(),
            State::Released => NanoUsd::ZERO,
        };
        if !follows || share > hold.ceiling || entry.scope != hold.scope || entry.overrun.is_some() {
            note(format!("{entry:?} can't follow on {before:?} of {hold:?}"));
        }
        let was = before.map_or(0, |(_, share)| share.nano());
        for scope in hold.scope.prefixes() {
            for period in hold.periods() {
                let total = totals.entry((scope.to_owned(), period)).or_default();
                *total = *total - was + share.nano();
                if let Some(cap) = cap(scope, period)
                    && *total > cap
                {
                    let after = entry.number;
                    note(format!("after entry {after}: {scope} {period:?} is at {total}, its cap is {cap}"));
                }
            }
        }
        states.insert(&hold.id, (state, share));
    }
    for hold in book.holds.values() {
        let booked = hold.cost.filter(|_| hold.state == State::Settled);
        let ended = states.get(&hold.id).copied();
        if ended.is_none_or(|(state, share)| state != hold.state || booked.is_some_and(|cost| cost != share))
        {
            note(format!("the journal ends with {ended:?} for {hold:?}"));
        }
    }
    totals
}

fn cap(scope: &str, period: Period) -> Option<u64> {
    let default = scope.rsplit_once('/').map(|(above, _)| format!("{above}/*"));
    let set = |place: &str| {
        let is_it = |budget: &Budget| budget.place() == place && budget.window == period.window;
        plan::budgets().into_iter().find(is_it)
    };
    let budget = set(scope).or_else(|| set(&default?));
    budget.and_then(|budget| budget.cap.limit()).map(NanoUsd::nano)
}

/// What the audit finds that knows no code of ours.
fn by_script(path: &Path) -> Option<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/audit-ledger");
    let ran = match std::process::Command::new("python3").arg(script).arg(path).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: scripts/audit-ledger (no python3 on this machine)");
            return None;
        }
        ran => ran.unwrap(),
    };
    let said = [ran.stdout, ran.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    (!ran.status.success()).then(|| said.concat())
}

/// Each step beside the calls that was told as done is there, once, and none that was not asked for.
fn check_asides(round: &Round, folder: &Path, book: &Book, wrong: &mut Vec<String>) {
    let (mut begun, mut ended) = (BTreeSet::new(), BTreeSet::new());
    for worker in 0..round.processes {
        for lane in 0..plan::lanes(worker) {
            for note in notes::read(&notes::path(folder, worker, lane)) {
                match note {
                    Note::Begin { kind, name } => drop(begun.insert((kind, name))),
                    Note::End { kind, name } => drop(ended.insert((kind, name))),
                    _ => {}
                }
            }
        }
    }
    let mut found = BTreeSet::new();
    let mut add = |kind: Aside, name: String| {
        if !found.insert((kind, name.clone())) {
            wrong.push(format!("{kind:?} {name} is there twice"));
        }
    };
    for entry in &book.journal {
        match entry.event {
            Event::Charged => add(Aside::Adjust, entry.step.clone().unwrap()),
            Event::LateSettled => add(Aside::Late, entry.hold.as_ref().unwrap().to_string()),
            Event::JobSet => add(Aside::Job, entry.hold.as_ref().unwrap().to_string()),
            _ => {}
        }
    }
    wrong.extend(ended.difference(&found).map(|lost| format!("{lost:?} was told as done and is lost")));
    wrong.extend(found.difference(&begun).map(|odd| format!("nobody asked for {odd:?}")));
    for (kind, name) in ended.iter().filter(|(kind, _)| *kind == Aside::Job) {
        let hold = book.holds.get(&name.parse::<HoldId>().unwrap());
        if hold.is_none_or(|hold| hold.state != State::Settled || hold.job.is_none()) {
            wrong.push(format!("{kind:?} {name} is not as it was told: {hold:?}"));
        }
    }
}

/// What a thread knows of a hold of its own.
#[derive(Default)]
struct Told {
    /// The last response about it.
    last: Option<(State, NanoUsd)>,
    /// What was asked for after it, and may have been done.
    tried: Option<(State, NanoUsd)>,
}

/// Whatever a process was told is in the ledger, and nothing else is.
fn check_told(round: &Round, folder: &Path, book: &Book, tally: &mut Tally, wrong: &mut Vec<String>) {
    let mut asked: HashMap<HoldId, Call> = HashMap::new();
    let mut told: HashMap<HoldId, Told> = HashMap::new();
    let mut responses = 0;
    for worker in 0..round.processes {
        for lane in 0..plan::lanes(worker) {
            for note in notes::read(&notes::path(folder, worker, lane)) {
                match note {
                    Note::Ask { call, id } => {
                        asked.insert(id, Call::of(round.seed, worker, lane, call));
                    }
                    Note::Held { id, found, .. } => {
                        responses += 1;
                        tally.unheard += u64::from(found);
                        told.insert(id, Told { last: Some((State::Held, NanoUsd::ZERO)), tried: None });
                    }
                    Note::Refused { code, .. } => {
                        responses += 1;
                        match code.as_str() {
                            "over-budget" => tally.refused_full += 1,
                            _ => tally.refused_assumed += 1,
                        }
                    }
                    Note::Try { id, state, cost } => told.entry(id).or_default().tried = Some((state, cost)),
                    Note::Begin { .. } | Note::End { .. } => {}
                    Note::Done { id, state, cost } => {
                        told.insert(id, Told { last: Some((state, cost)), tried: None });
                    }
                }
            }
        }
    }
    let planned: u64 =
        (0..round.processes).map(|worker| round.calls / plan::lanes(worker) * plan::lanes(worker)).sum();
    if responses != planned {
        wrong.push(format!("{responses} answers to {planned} calls"));
    }
    let listed = wrong.len() + MOST;
    for (id, told) in &told {
        match book.holds.get(id) {
            None => wrong.push(format!("{id} was admitted and is lost")),
            Some(hold) if !told.allows(hold) => {
                wrong.push(format!("told {:?}, asked for {:?}: {hold:?}", told.last, told.tried));
            }
            Some(_) => {}
        }
    }
    let beside = plan::scope("side");
    for (id, hold) in book.holds.iter().filter(|(_, hold)| !beside.covers(hold.scope.as_str())) {
        let is_meant = asked.get(id).is_some_and(|call| {
            hold.scope == plan::scope(call.scope)
                && hold.ceiling == call.ceiling
                && hold.assumed == call.assumed
        });
        if !is_meant {
            wrong.push(format!("no process asked for {hold:?}"));
        }
        // Every call was asked again until it was answered, so that each hold was told at last.
        if !told.contains_key(id) {
            wrong.push(format!("no process was told of {hold:?}"));
        }
    }
    wrong.truncate(listed);
    tally.holds += u64::try_from(book.holds.len()).unwrap();
}

impl Told {
    fn allows(&self, hold: &Hold) -> bool {
        let is = |(state, cost): (State, NanoUsd)| {
            hold.state == state && (state != State::Settled || hold.cost == Some(cost))
        };
        // A sweep may have presumed what its own process left open.
        let swept = hold.state == State::Presumed && self.last.is_some_and(|(state, _)| state == State::Held);
        swept || self.last.is_some_and(is) || self.tried.is_some_and(is)
    }
}

/// The ledger still answers, and by its sums.
fn check_fresh_holds(path: &Path, book: &Book, totals: &Totals, wrong: &mut Vec<String>) {
    let mut times: Vec<Timestamp> = book.holds.values().map(|hold| hold.made_at).collect();
    times.sort_unstable();
    let picked = [0, times.len() / 2, times.len().saturating_sub(1)];
    // Where no hold was admitted, the moment does not matter.
    let mut totals = totals.clone();
    for now in picked.map(|at| times.get(at).copied().unwrap_or(Timestamp::UNIX_EPOCH)) {
        let ledger = SqliteLedger::options().clock(Clock::of(move || now)).open(path).unwrap();
        for (name, amount) in [("team/a", 1), ("team/b", 500_000), ("team/new", 90_000_000), ("other", 1)] {
            let fits = plan::scope(name).prefixes().all(|scope| {
                imgcost_ledger::Window::ALL.iter().all(|window| {
                    let period = window.at(now);
                    let total = totals.get(&(scope.to_owned(), period)).copied().unwrap_or_default();
                    cap(scope, period).is_none_or(|cap| total + amount <= cap)
                })
            });
            let expected = if name == "other" {
                "no-budget"
            } else if fits {
                "held"
            } else {
                "over-budget"
            };
            let response = ledger.hold(&new_hold(name, amount));
            let said = response.as_ref().map_or_else(imgcost_ledger::Error::code, |_| "held");
            if said != expected {
                wrong.push(format!("a hold of {amount} for {name} at {now}: {said}, expected {expected}"));
            }
            if let Ok(held) = response {
                for scope in held.hold.scope.prefixes() {
                    for period in held.hold.periods() {
                        *totals.entry((scope.to_owned(), period)).or_default() += amount;
                    }
                }
            }
        }
    }
}

fn new_hold(scope: &str, amount: u64) -> NewHold {
    NewHold::new(plan::scope(scope), plan::nano(amount), "check")
        .quote("q_fresh", "sha256:book")
        .expires_in(SignedDuration::from_mins(1))
}
