//! The ledger against the project's bars: `scripts/bench ledger`.
//!
//! - `pairs`: hold and settle in a file against the same rows, scopes and lock written by hand, from
//!   one process (bar: 1.2x);
//! - `processes`: the same from 4, 8 and 16 processes that never pause, with what the busiest and the
//!   idlest of them get done, and the longest wait (bar: 0.5 s);
//! - `group`: holds of 64 threads at once against one by one (bar: 5x the rate);
//! - `status` on a million holds against a thousand (bar: 2x);
//! - `memory`: hold and settle in memory.
//!
//! `scripts/bench ledger PART` runs one part. The files are in `TMPDIR`: on a disk its flushes are
//! most of the time, in a RAM disk the rest shows. All figures are of one run; both sides of a
//! ratio take turns.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "ledger/by_hand.rs"]
mod by_hand;

use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use by_hand::ByHand;
use imgcost_ledger::{Budget, Cap, Ledger, MemoryLedger, NanoUsd, NewHold, SqliteLedger, Window};

const SCOPE: &str = "team/alice/run-42";
const ROUND: Duration = Duration::from_millis(1_500);
const ROUNDS: usize = 5;

fn main() {
    if let Ok(job) = std::env::var("IMGCOST_BENCH_LEDGER") {
        let words: Vec<&str> = job.splitn(3, ' ').collect();
        worker(words[0], Duration::from_millis(words[1].parse().unwrap()), Path::new(words[2]));
        return;
    }
    let only = std::env::args().skip(1).find(|name| !name.starts_with('-'));
    let runs = |name: &str| only.as_ref().is_none_or(|only| only == name);
    if runs("pairs") {
        against_by_hand(1);
    }
    if runs("processes") {
        [4, 8, 16].into_iter().for_each(against_by_hand);
    }
    if runs("group") {
        together_against_alone();
    }
    if runs("status") {
        status_of_many_holds();
    }
    if runs("memory") {
        in_memory();
    }
}

fn new_hold() -> NewHold {
    NewHold::new(SCOPE.parse().unwrap(), NanoUsd::new(210_720_000).unwrap(), "bench")
        .quote(
            "q_0123456789abcdef0123456789abcdef",
            "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        )
        .details(
            r#"{"model":"gpt-image-1","n":4,"quality":"high","size":"1536x1024"}"#,
            r#"{"text":"5","image":"10","output":"40","rules":["row-grid"]}"#,
        )
}

fn set_budgets(ledger: &dyn Ledger) {
    for (scope, window) in [("team", Window::Month), ("team/alice", Window::Day), (SCOPE, Window::Total)] {
        let cap = Cap::Usd(NanoUsd::new(9_000_000_000_000_000_000).unwrap());
        ledger.set_budget(&Budget::new(scope.parse().unwrap(), window, cap), "bench").unwrap();
    }
}

/// Holds and settles without a pause from the moment that it is told to, then tells how often and
/// what the longest pair took.
fn worker(kind: &str, time: Duration, path: &Path) {
    let usage = r#"{"input_tokens":94,"output_tokens":6208}"#;
    let mut pair: Box<dyn FnMut()> = if kind == "ledger" {
        let ledger = SqliteLedger::open(path).unwrap();
        Box::new(move || {
            let hold = ledger.hold(&new_hold()).unwrap().hold;
            let cost = NanoUsd::new(200_000_000).unwrap();
            ledger.settle(&hold.id, cost, Some(usage.to_owned()), "bench").unwrap();
        })
    } else {
        let mut by_hand = ByHand::open(path);
        Box::new(move || {
            let new = new_hold();
            assert!(by_hand.hold(&new));
            by_hand.settle(new.id.as_str(), 200_000_000, usage);
        })
    };
    pair();
    println!("ready");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let (begin, mut pairs, mut longest) = (Instant::now(), 0, Duration::ZERO);
    loop {
        let one = Instant::now();
        pair();
        longest = longest.max(one.elapsed());
        // What ends after the time is not of it: a process that waited all along has done nothing.
        if begin.elapsed() >= time {
            break;
        }
        pairs += 1;
    }
    println!("{pairs} {}", longest.as_micros());
}

/// What processes got done at once.
#[derive(Default)]
struct Done {
    /// Pairs a second, of each.
    rates: Vec<f64>,
    longest: Duration,
}

/// Runs so many processes at once, which begin when all of them are ready.
fn run(kind: &str, processes: usize, path: &Path) -> Done {
    let job = format!("{kind} {} {}", ROUND.as_millis(), path.display());
    let start = || {
        Command::new(std::env::current_exe().unwrap())
            .env("IMGCOST_BENCH_LEDGER", &job)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut children: Vec<_> = (0..processes).map(|_| start()).collect();
    let line = |output: &mut BufReader<_>| {
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        line
    };
    let output = |child: &mut Child| BufReader::new(child.stdout.take().unwrap());
    let mut outputs: Vec<_> = children.iter_mut().map(output).collect();
    outputs.iter_mut().for_each(|output| assert_eq!(line(output), "ready\n"));
    children.iter_mut().for_each(|child| child.stdin.take().unwrap().write_all(b"\n").unwrap());
    let mut done = Done::default();
    for (mut child, mut output) in children.into_iter().zip(outputs) {
        let text = line(&mut output);
        assert!(child.wait().unwrap().success());
        let (count, micros) = text.trim().split_once(' ').unwrap();
        done.rates.push(count.parse::<f64>().unwrap() / ROUND.as_secs_f64());
        done.longest = done.longest.max(Duration::from_micros(micros.parse().unwrap()));
    }
    done
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn against_by_hand(processes: usize) {
    let folder = tempfile::tempdir().unwrap();
    let kinds = ["ledger", "hand"];
    let paths = kinds.map(|name| folder.path().join(name));
    for path in &paths {
        set_budgets(&SqliteLedger::open(path).unwrap());
    }
    let mut all = [vec![], vec![]];
    for _ in 0..ROUNDS {
        for ((kind, path), rounds) in kinds.iter().zip(&paths).zip(&mut all) {
            rounds.push(run(kind, processes, path));
        }
    }
    let [ours, by_hand] =
        [0, 1].map(|side| median(all[side].iter().map(|done| done.rates.iter().sum()).collect()));
    println!(
        "pairs    {processes} process(es): ledger {ours:.0}/s, by hand {by_hand:.0}/s: {:.2}x the time (bar 1.2x)",
        by_hand / ours
    );
    if processes == 1 {
        return;
    }
    let [ours, by_hand] = all.map(|rounds| {
        let rates = || rounds.iter().flat_map(|done| &done.rates);
        let (least, most) = rates().fold((f64::MAX, 0.0_f64), |(a, b), rate| (a.min(*rate), b.max(*rate)));
        let longest = rounds.iter().map(|done| done.longest).max().unwrap();
        format!("one process {least:.0} to {most:.0}/s, longest pair {longest:.0?}")
    });
    println!("wait     {processes} processes: ledger {ours} (bar 0.5 s); by hand {by_hand}");
}

fn together_against_alone() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::open(folder.path().join("ledger")).unwrap();
    set_budgets(&ledger);
    let rate = |threads: usize| {
        let begin = Instant::now();
        let holds: u32 = std::thread::scope(|scope| {
            let all: Vec<_> = (0..threads)
                .map(|_| {
                    scope.spawn(|| {
                        let mut holds = 0;
                        while begin.elapsed() < ROUND {
                            ledger.hold(&new_hold()).unwrap();
                            holds += 1;
                        }
                        holds
                    })
                })
                .collect();
            all.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        f64::from(holds) / begin.elapsed().as_secs_f64()
    };
    let (mut alone, mut together) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        alone.push(rate(1));
        together.push(rate(64));
    }
    let (alone, together) = (median(alone), median(together));
    println!(
        "group    64 threads {together:.0} holds/s, one by one {alone:.0}/s: {:.1}x (bar 5x)",
        together / alone
    );
}

fn status_of_many_holds() {
    let folder = tempfile::tempdir().unwrap();
    let median_time = |holds: u32| {
        let path = folder.path().join(holds.to_string());
        let ledger = SqliteLedger::open(&path).unwrap();
        set_budgets(&ledger);
        ByHand::open(&path).fill(holds, &new_hold());
        let scope = SCOPE.parse().unwrap();
        let times = (0..2_000).map(|_| {
            let begin = Instant::now();
            assert_eq!(black_box(ledger.status(Some(&scope)).unwrap()).len(), 3);
            begin.elapsed().as_secs_f64()
        });
        median(times.collect())
    };
    let (few, many) = (median_time(1_000), median_time(1_000_000));
    println!(
        "status   1,000 holds {:.1} us, 1,000,000 holds {:.1} us: {:.2}x (bar 2x)",
        few * 1e6,
        many * 1e6,
        many / few
    );
}

fn in_memory() {
    let ledger = MemoryLedger::new();
    set_budgets(&ledger);
    let time = |pairs: u32| {
        let begin = Instant::now();
        for _ in 0..pairs {
            let hold = ledger.hold(&new_hold()).unwrap().hold;
            black_box(ledger.settle(&hold.id, NanoUsd::ZERO, None, "bench").unwrap());
        }
        begin.elapsed().as_secs_f64() / f64::from(pairs)
    };
    time(2_000);
    let one = median((0..ROUNDS).map(|_| time(10_000)).collect());
    println!("memory   hold and settle {:.2} us (bar: a few)", one * 1e6);
}
