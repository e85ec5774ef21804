//! One of the processes: it makes its calls, whatever has happened to the one before it.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use imgcost_ledger::{
    Adjustment, Change, Clock, Error, Filter, Held, Hold, HoldId, LateCall, Ledger, NewHold, Record, Refusal,
    SqliteLedger, State, Timestamp,
};

use crate::dice::Dice;
use crate::notes::{self, Aside, Note, Notes};
use crate::plan::{self, Call};

pub(crate) const JOB: &str = "IMGCOST_CRASH_JOB";
pub(crate) const FOLDER: &str = "IMGCOST_CRASH_FOLDER";
pub(crate) const LEDGER: &str = "ledger.db";

/// What a process is to do.
pub(crate) struct Job {
    pub(crate) seed: u64,
    pub(crate) worker: u64,
    /// How often it was begun before.
    pub(crate) life: u64,
    pub(crate) calls: u64,
    pub(crate) folder: PathBuf,
}

impl Job {
    pub(crate) fn from_environment() -> Option<Self> {
        let (job, folder) = (std::env::var(JOB).ok()?, std::env::var_os(FOLDER)?);
        let numbers: Vec<u64> = job.split(':').map(|number| number.parse().unwrap()).collect();
        let [seed, worker, life, calls] = numbers[..] else { panic!("{JOB}: {job}") };
        Some(Job { seed, worker, life, calls, folder: folder.into() })
    }

    pub(crate) fn as_variable(&self) -> String {
        format!("{}:{}:{}:{}", self.seed, self.worker, self.life, self.calls)
    }
}

/// A clock that runs, and steps when told to; every process has its own.
#[derive(Clone)]
struct SteppedClock {
    begin: Instant,
    offset: Arc<AtomicI64>,
}

impl SteppedClock {
    /// In the year 2026, near the end of a month.
    fn new() -> Self {
        let offset = AtomicI64::new(1_788_131_000_000_000);
        SteppedClock { begin: Instant::now(), offset: Arc::new(offset) }
    }

    fn now(&self) -> Timestamp {
        let runs = i64::try_from(self.begin.elapsed().as_micros()).unwrap();
        Timestamp::from_microsecond(self.offset.load(Ordering::SeqCst) + runs).unwrap()
    }

    /// By minutes, hours or days, ahead or back.
    fn step(&self, dice: &mut Dice) {
        let minutes = match dice.between(0, 9) {
            0 => dice.between(1, 20) * 1_440,
            1..4 => dice.between(1, 30) * 60,
            _ => dice.between(1, 90),
        };
        let step = i64::try_from(minutes * 60_000_000).unwrap();
        let step = if dice.percent(50) { step } else { -step };
        self.offset.fetch_add(step, Ordering::SeqCst);
    }
}

pub(crate) fn run(job: &Job) {
    let clock = SteppedClock::new();
    clock.step(&mut Dice::of(&[job.seed, job.worker, job.life]));
    let time = clock.clone();
    let ledger = SqliteLedger::options()
        .clock(Clock::of(move || time.now()))
        .wait(Duration::from_secs(60))
        .open(job.folder.join(LEDGER))
        .unwrap();
    // The first to come sets the budgets; all set the same.
    for budget in plan::budgets() {
        assert_eq!(ledger.ensure_budget(&budget, "boss").unwrap(), budget);
    }
    std::thread::scope(|scope| {
        for lane in 0..plan::lanes(job.worker) {
            let (ledger, clock) = (&ledger, &clock);
            scope.spawn(move || Lane::new(job, lane, ledger, clock).go_on());
        }
    });
}

/// One thread of a process, with its share of the calls.
struct Lane<'l> {
    job: &'l Job,
    lane: u64,
    ledger: &'l SqliteLedger,
    clock: &'l SteppedClock,
    dice: Dice,
    notes: Notes,
}

impl<'l> Lane<'l> {
    fn new(job: &'l Job, lane: u64, ledger: &'l SqliteLedger, clock: &'l SteppedClock) -> Self {
        let notes = Notes::open(&notes::path(&job.folder, job.worker, lane));
        let dice = Dice::of(&[job.seed, job.worker, job.life, lane]);
        Lane { job, lane, ledger, clock, dice, notes }
    }

    /// Ends the call that the process before was killed in, and makes the others.
    fn go_on(mut self) {
        let told = notes::read(&notes::path(&self.job.folder, self.job.worker, self.lane));
        let mut next = 0;
        for note in &told {
            if let Note::Ask { call, .. } = note {
                next = call + 1;
            }
        }
        match told.last() {
            // It is not known whether it was admitted: asking again with its id tells.
            Some(Note::Ask { call, id }) => self.make(*call, id.clone(), true),
            Some(Note::Try { id, state, cost }) if self.dice.percent(50) => {
                let calls = self.planned(next - 1);
                let again = calls.changes.iter().find(|change| plan::outcome(change) == (*state, *cost));
                self.change(id, again.unwrap());
            }
            // The same name makes it the same step.
            Some(Note::Begin { kind, name }) => self.aside(*kind, name.clone()),
            // Told, and then silent for ever.
            _ => {}
        }
        for call in next..self.job.calls / plan::lanes(self.job.worker) {
            self.make(call, HoldId::random(), false);
            if self.dice.percent(4) {
                self.clock.step(&mut self.dice);
            }
            if self.dice.percent(3) {
                self.sweep();
            }
            if self.dice.percent(6) {
                let kind = self.dice.one_of(&Aside::ALL);
                self.aside(kind, HoldId::random().to_string());
            }
            if self.dice.percent(4) {
                self.pause();
            }
        }
    }

    fn planned(&self, call: u64) -> Call {
        Call::of(self.job.seed, self.job.worker, self.lane, call)
    }

    fn make(&mut self, number: u64, id: HoldId, again: bool) {
        let call = self.planned(number);
        // A key finds the hold under another name too.
        let id = if again && call.has_key { HoldId::random() } else { id };
        self.notes.add(&Note::Ask { call: number, id: id.clone() });
        let key = call.has_key.then(|| format!("{}-{}-{number}", self.job.worker, self.lane));
        let new_hold =
            NewHold::new(plan::scope(call.scope), call.ceiling, format!("worker-{}", self.job.worker))
                .id(id)
                .key(key.as_deref())
                .assumed(call.assumed)
                .quote(format!("q_{number}"), "sha256:book");
        match self.ledger.hold(&new_hold) {
            Ok(Held { hold, repeated, .. }) => {
                assert!(again || !repeated, "{hold:?} was there before it was asked for");
                self.notes.add(&Note::Held { call: number, id: hold.id.clone(), found: repeated });
                self.end(&hold, &call);
            }
            // It was admitted, its reply was lost, and a sweep has presumed it since.
            Err(Error::Conflict { hold, state: State::Presumed, wanted: State::Held, .. })
                if again && call.has_key =>
            {
                self.notes.add(&Note::Held { call: number, id: hold.clone(), found: true });
                let hold = self.ledger.find(&hold).unwrap().unwrap();
                self.end(&hold, &call);
            }
            Err(Error::Refused(refusal)) => {
                check_refusal(&refusal, &call);
                self.notes.add(&Note::Refused { call: number, code: refusal.code().to_owned() });
            }
            Err(error) => panic!("call {number}: {error}"),
        }
    }

    fn end(&mut self, hold: &Hold, call: &Call) {
        for change in &call.changes {
            std::thread::sleep(Duration::from_micros(call.pause));
            self.change(&hold.id, change);
        }
    }

    fn change(&mut self, id: &HoldId, change: &Change) {
        let (state, cost) = plan::outcome(change);
        self.notes.add(&Note::Try { id: id.clone(), state, cost });
        self.ledger.change(id, change, "worker").unwrap();
        self.notes.add(&Note::Done { id: id.clone(), state, cost });
    }

    /// A step beside the calls, on a scope of its own; it may be the second attempt.
    fn aside(&mut self, kind: Aside, name: String) {
        self.notes.add(&Note::Begin { kind, name: name.clone() });
        let (side, amount) = (plan::scope("side/x"), plan::nano(1_000));
        match kind {
            Aside::Adjust => {
                let charge = Adjustment::charge(side, amount, "invoice", "boss").key(name.as_str());
                self.ledger.adjust(&charge).unwrap();
            }
            Aside::Late => {
                let call = NewHold::new(side, amount, "late").id(name.parse().unwrap()).quote("q_late", "b");
                let outcome = Change::Settle { cost: plan::nano(700), usage: None };
                // The same for each attempt, as a journal of the caller's would have it.
                let made_at = Timestamp::from_second(1_788_000_000).unwrap();
                self.ledger.book_late(&LateCall::new(call, made_at, outcome)).unwrap();
            }
            Aside::Job => {
                let call = NewHold::new(side, amount, "job").id(name.parse().unwrap()).quote("q_job", "b");
                let hold = self.ledger.hold(&call).unwrap().hold;
                let job = imgcost_ledger::Job::new("fal", &*name);
                self.ledger.set_job(&hold.id, &job, "app").unwrap();
                self.ledger.settle_job(&job, plan::nano(300), None, "app").unwrap();
            }
        }
        self.notes.add(&Note::End { kind, name });
    }

    /// Pauses a scope that no call is for, and resumes it, perhaps as another process does too.
    fn pause(&self) {
        let scope = plan::scope("side/paused");
        self.ledger.pause(&scope, "to see", "boss").unwrap();
        self.ledger.resume(&scope, "boss").unwrap();
    }

    /// Presumes an expired hold of any process.
    fn sweep(&self) {
        let mut found = None;
        let expired = Filter::default().holds().expired();
        let each = &mut |record| {
            if let Record::Hold(hold) = record {
                found = Some(hold.id);
            }
            ControlFlow::Break(())
        };
        self.ledger.read(&expired, each).unwrap();
        let Some(id) = found else { return };
        match self.ledger.presume(&id, plan::UNKNOWN, "sweep") {
            // Its own process may have ended it meanwhile.
            Ok(_) | Err(Error::Conflict { state: State::Settled | State::Released, .. }) => {}
            Err(error) => panic!("sweep of {id}: {error}"),
        }
    }
}

/// Nobody is refused without a reason.
fn check_refusal(refusal: &Refusal, call: &Call) {
    match refusal {
        Refusal::Full { ceiling, budgets, .. } => {
            assert!(!budgets.is_empty() && *ceiling == call.ceiling, "{refusal:?}");
            for block in budgets {
                let sum = block.sums.used().checked_add(call.ceiling).unwrap();
                assert!(sum > block.cap, "refused though it fits: {refusal:?}");
            }
        }
        Refusal::AssumedCeiling { budget, .. } => {
            assert!(call.assumed && budget.as_str() == "team/c", "{refusal:?}");
        }
        Refusal::NoBudget { .. } => panic!("budgets were lost: {refusal:?}"),
        other => panic!("a refusal of a new kind: {other:?}"),
    }
}
