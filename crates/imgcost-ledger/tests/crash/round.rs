//! One round: processes are begun, killed and begun again until every call has been made.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::check;
use crate::dice::Dice;
use crate::worker::{self, Job};

pub(crate) struct Round {
    pub(crate) seed: u64,
    pub(crate) processes: u64,
    /// Of each process.
    pub(crate) calls: u64,
}

/// What happened, over all rounds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub(crate) rounds: u64,
    pub(crate) kills: u64,
    /// Those of them that met the process that had the lock.
    pub(crate) kills_inside: u64,
    pub(crate) holds: u64,
    pub(crate) refused_full: u64,
    pub(crate) refused_assumed: u64,
    pub(crate) settled: u64,
    pub(crate) released: u64,
    pub(crate) presumed: u64,
    pub(crate) open: u64,
    /// Holds that were written though their process was killed before it heard of it.
    pub(crate) unheard: u64,
    pub(crate) differences: u64,
}

impl Tally {
    pub(crate) const fn add(&mut self, more: &Tally) {
        self.rounds += more.rounds;
        self.kills += more.kills;
        self.kills_inside += more.kills_inside;
        self.holds += more.holds;
        self.refused_full += more.refused_full;
        self.refused_assumed += more.refused_assumed;
        self.settled += more.settled;
        self.released += more.released;
        self.presumed += more.presumed;
        self.open += more.open;
        self.unheard += more.unheard;
        self.differences += more.differences;
    }

    pub(crate) fn line(&self) -> String {
        format!(
            "{} rounds: {} kills ({} of the writer), {} holds ({} never heard of), {} refusals ({} for an assumed ceiling), {} settled, {} released, {} presumed, {} open, {} differences",
            self.rounds,
            self.kills,
            self.kills_inside,
            self.holds,
            self.unheard,
            self.refused_full + self.refused_assumed,
            self.refused_assumed,
            self.settled,
            self.released,
            self.presumed,
            self.open,
            self.differences
        )
    }
}

/// A process, killed when the test ends before it does.
struct Worker {
    job: Job,
    child: Child,
    is_done: bool,
}

impl Drop for Worker {
    fn drop(&mut self) {
        if !self.is_done {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl Round {
    /// Runs the round and checks what it has left; gives back what was wrong.
    pub(crate) fn run(&self, folder: &Path) -> (Tally, Vec<String>) {
        let mut tally = Tally { rounds: 1, ..Tally::default() };
        if self.seed % 2 == 1 {
            // Half of the rounds begin with a file of version 1, migrated while processes are killed.
            version_1(&folder.join(worker::LEDGER));
        }
        let mut violations = match self.kill_until_done(folder, &mut tally) {
            Ok(()) => Vec::new(),
            Err(violation) => vec![violation],
        };
        violations.extend(check::check(self, folder, &mut tally));
        tally.differences = u64::try_from(violations.len()).unwrap();
        (tally, violations)
    }

    fn begin(&self, folder: &Path, worker: u64, life: u64) -> Worker {
        let job = Job { seed: self.seed, worker, life, calls: self.calls, folder: folder.to_owned() };
        let said = OpenOptions::new().create(true).append(true).open(errors(folder, worker)).unwrap();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "worker_process", "--nocapture", "--test-threads=1"])
            .env(worker::JOB, job.as_variable())
            .env(worker::FOLDER, folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said)
            .spawn()
            .unwrap();
        Worker { job, child, is_done: false }
    }

    fn kill_until_done(&self, folder: &Path, tally: &mut Tally) -> Result<(), String> {
        let mut dice = Dice::of(&[self.seed, 0]);
        // Some rounds have many short lives, some have long ones with many writes.
        let pause = dice.one_of(&[8_000, 30_000, 80_000]);
        // No measure of speed: only so that what hangs ends.
        let limit = Duration::from_secs(60) + Duration::from_millis(200 * self.processes * self.calls) / 2;
        let until = Instant::now() + limit;
        let mut workers: Vec<Worker> =
            (0..self.processes).map(|worker| self.begin(folder, worker, 0)).collect();
        loop {
            std::thread::sleep(Duration::from_micros(dice.between(0, pause)));
            if Instant::now() > until {
                return Err(format!("it hangs: not all calls were made after {} s", limit.as_secs()));
            }
            for worker in &mut workers {
                collect(worker, folder)?;
            }
            let alive: Vec<usize> = (0..workers.len()).filter(|at| !workers[*at].is_done).collect();
            if alive.is_empty() {
                return Ok(());
            }
            let inside = lock_holder(folder);
            let inside = alive.iter().copied().find(|at| Some(workers[*at].child.id()) == inside);
            let victims = match dice.between(0, 19) {
                // All at once: the next one finds a log without anybody who knows it.
                0 => alive,
                1..12 if inside.is_some() => inside.into_iter().collect(),
                _ => vec![dice.one_of(&alive)],
            };
            // Where a process takes long to begin, it must come to its calls at last.
            if tally.kills >= 8 * self.processes {
                continue;
            }
            // Kill first, start again later: the others find what they leave.
            for at in &victims {
                let _ = workers[*at].child.kill();
                tally.kills += 1;
                tally.kills_inside += u64::from(Some(*at) == inside);
            }
            for at in victims {
                let worker = &mut workers[at];
                worker.child.wait().unwrap();
                let (number, life) = (worker.job.worker, worker.job.life + 1);
                worker.is_done = true;
                workers[at] = self.begin(folder, number, life);
            }
        }
    }
}

/// Sees whether a process has ended, and that it ended well.
fn collect(worker: &mut Worker, folder: &Path) -> Result<(), String> {
    if worker.is_done {
        return Ok(());
    }
    let Some(status) = worker.child.try_wait().unwrap() else { return Ok(()) };
    worker.is_done = true;
    if status.success() {
        return Ok(());
    }
    let number = worker.job.worker;
    let said = std::fs::read_to_string(errors(folder, number)).unwrap_or_default();
    Err(format!("process {number} ended with {status} and said:\n{said}"))
}

/// An empty ledger as version 1 made it.
fn version_1(path: &Path) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.execute_batch(include_str!("../../src/sqlite/tables_1.sql")).unwrap();
    connection.execute_batch("PRAGMA application_id = 0x696d6763; PRAGMA user_version = 1").unwrap();
}

fn errors(folder: &Path, worker: u64) -> std::path::PathBuf {
    folder.join(format!("errors-{worker}"))
}

/// The process that has the writer lock and most likely writes now, where the system tells.
fn lock_holder(folder: &Path) -> Option<u32> {
    let lock = File::open(folder.join(format!("{}.lock", worker::LEDGER))).ok()?;
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let inode = format!(":{}", inode(&lock)?);
    // `1: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF`; those who wait have an arrow.
    locks.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            [_, "FLOCK", _, "WRITE", process, file, ..] if file.ends_with(&inode) => process.parse().ok(),
            _ => None,
        }
    })
}

#[cfg(unix)]
fn inode(file: &File) -> Option<u64> {
    use std::os::unix::fs::MetadataExt;
    file.metadata().ok().map(|found| found.ino())
}

#[cfg(not(unix))]
const fn inode(_: &File) -> Option<u64> {
    None
}
