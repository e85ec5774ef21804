//! Processes that share a ledger file are killed at any moment, over and over: no cap is ever
//! crossed, nothing that was told is lost, the books balance.
//!
//! A program of its own: it runs itself again as each of the processes, many times over, and with
//! optimisation in `scripts/crash-rounds`.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "crash/check.rs"]
mod check;
#[path = "crash/dice.rs"]
mod dice;
#[path = "crash/notes.rs"]
mod notes;
#[path = "crash/plan.rs"]
mod plan;
#[path = "crash/round.rs"]
mod round;
#[path = "crash/worker.rs"]
mod worker;

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use round::{Round, Tally};

/// A number from the environment, or what a plain `cargo test` runs.
fn setting(name: &str, default: u64) -> u64 {
    let set = std::env::var(format!("IMGCOST_CRASH_{name}")).ok().filter(|text| !text.is_empty());
    set.map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("IMGCOST_CRASH_{name}: {text}")))
}

/// One of the processes; nothing in a run of all tests.
#[test]
fn worker_process() {
    if let Some(job) = worker::Job::from_environment() {
        worker::run(&job);
    }
}

#[test]
fn processes_killed_at_any_moment_cross_no_cap_and_lose_nothing() {
    let (rounds, processes) = (setting("ROUNDS", 2), setting("PROCESSES", 8));
    let calls = setting("CALLS", 40);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
    let seed = setting("SEED", u64::try_from(now).unwrap());
    println!("seed {seed}: {rounds} rounds of {processes} processes with {calls} calls each");
    let (begin, mut all) = (Instant::now(), Tally::default());
    for number in 1..=rounds {
        let round = Round { seed: dice::mixed(&[seed, number]), processes, calls };
        let folder = tempfile::tempdir().unwrap();
        let (tally, violations) = round.run(folder.path());
        all.add(&tally);
        if violations.is_empty() {
            if number % 10 == 0 || number == rounds {
                println!("{:>5} s  {}", begin.elapsed().as_secs(), all.line());
            }
            continue;
        }
        println!("{:>5} s  {}", begin.elapsed().as_secs(), all.line());
        let kept = folder.keep();
        panic!(
            "round {number} of seed {seed} broke the promise, its files are in {}:\n{}",
            kept.display(),
            violations.join("\n")
        );
    }
    // Without these the rounds would have shown nothing.
    assert!(all.kills > 0 && all.holds > 0 && all.settled > 0, "{all:?}");
    assert!(all.refused_full > 0, "{all:?}");
}
