//! The PostgreSQL store against `pgbench` calling the same functions: `scripts/bench postgres`.
//!
//! What is measured is what the store adds: its threads, its pool, its decoding. Both hold and
//! settle on the same throwaway server, which waits for the disk as a real one does, with the
//! same number of clients, in turns. Bar: at most 1.2 times the time of pgbench.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../../crates/imgcost-ledger/tests/it/server.rs"]
mod server;

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use imgcost_ledger::{Ledger, NanoUsd, PostgresLedger, Window, audit};

use server::Server;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);
const CEILING: u64 = 167_000;
const COST: u64 = 165_000;

/// What the store sends, with names that are new each time.
const SCRIPT: &str = r"\set n :n + 1
\set b :client_id % :budgets
SELECT outcome, refused, told::text, alerts::text, money_left, found_by, (h).id, (h).key, (h).scope,
    (h).made_at, (h).expires_at, (h).ceiling, (h).assumed, (h).state, (h).cost, (h).usage, (h).reason,
    (h).quote, (h).book, (h).request, (h).terms
FROM bench.hold_v2(NULL, 'h_' || lpad(to_hex(:round::bigint), 8, '0') || lpad(to_hex(:client_id::bigint), 8, '0')
    || lpad(to_hex(:n::bigint), 16, '0'), NULL, 'b' || :b::bigint || '/app', 167000, false, 'q_1', 'b_1',
    '{}', '{}', 600000000, 'test', NULL, NULL, 1, NULL, NULL);
SELECT outcome, told::text, alerts::text, state_before, (h).id, (h).key, (h).scope, (h).made_at,
    (h).expires_at, (h).ceiling, (h).assumed, (h).state, (h).cost, (h).usage, (h).reason, (h).quote,
    (h).book, (h).request, (h).terms
FROM bench.change_v2(NULL, 'h_' || lpad(to_hex(:round::bigint), 8, '0') || lpad(to_hex(:client_id::bigint), 8, '0')
    || lpad(to_hex(:n::bigint), 16, '0'), 'settled', 165000, '{}', NULL, 'test');
";

fn main() {
    let server = Server::start(&["shared_buffers=256MB", "max_wal_size=4GB"]);
    let script = std::env::temp_dir().join(format!("imgcost-pgbench-{}.sql", std::process::id()));
    std::fs::write(&script, SCRIPT).unwrap();
    println!("clients budgets   store pairs/s   p50 ms   p99 ms   pgbench pairs/s   ratio (bar 1.20x)");
    let mut round = 0;
    for clients in [1, 4, 16] {
        let ledger = Server::options("bench").pool_size(clients).connect(&server.address()).unwrap();
        for number in 0..16 {
            let budget = server::budget(&format!("b{number}"), Window::Total, NanoUsd::MAX.nano());
            ledger.set_budget(&budget, "bench").unwrap();
        }
        for budgets in [1, 16] {
            if budgets > 1 && clients == 1 {
                continue;
            }
            let (mut ours, mut theirs, mut times) = (Vec::new(), Vec::new(), Vec::new());
            // In turns, so that whatever else the machine does falls on both alike.
            for _ in 0..ROUNDS {
                round += 1;
                ours.push(store(&ledger, clients, budgets, &mut times));
                theirs.push(pgbench(&server, &script, clients, budgets, round));
            }
            times.sort_unstable();
            let at = |percent: usize| times[times.len() * percent / 100].as_secs_f64() * 1e3;
            let (ours, theirs) = (median(ours), median(theirs));
            println!(
                "{clients:>7} {budgets:>7} {ours:>15.0} {:>8.2} {:>8.2} {theirs:>17.0} {:>7.2}x",
                at(50),
                at(99),
                theirs / ours
            );
        }
        let audit = audit(&ledger).unwrap();
        assert_eq!(audit.problems, Vec::<String>::new());
    }
    std::fs::remove_file(script).unwrap();
}

/// Pairs a second through the store.
fn store(ledger: &PostgresLedger, clients: usize, budgets: usize, times: &mut Vec<Duration>) -> f64 {
    let begin = Instant::now();
    let all: Vec<Vec<Duration>> = thread::scope(|threads| {
        let client = |number: usize| {
            let scope = format!("b{}/app", number % budgets);
            let cost = NanoUsd::new(COST).unwrap();
            threads.spawn(move || {
                let mut times = Vec::new();
                while begin.elapsed() < ROUND {
                    let at = Instant::now();
                    let held = ledger.hold(&server::new_hold(&scope, CEILING)).unwrap();
                    ledger.settle(&held.hold.id, cost, Some("{}".to_owned()), "test").unwrap();
                    times.push(at.elapsed());
                }
                times
            })
        };
        let running: Vec<_> = (0..clients).map(client).collect();
        running.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let elapsed = begin.elapsed().as_secs_f64();
    let before = times.len();
    times.extend(all.into_iter().flatten());
    (times.len() - before) as f64 / elapsed
}

/// Pairs a second by pgbench.
fn pgbench(server: &Server, script: &std::path::Path, clients: usize, budgets: usize, round: u32) -> f64 {
    let (folder, port) = server.socket();
    let mut command = Command::new(server.program("pgbench"));
    command.args(["-n", "-M", "prepared", "-j", "2", "-U", "postgres", "-D", "n=0", "-h"]).arg(folder);
    command.args(["-p", &port.to_string(), "-c", &clients.to_string(), "-T", &ROUND.as_secs().to_string()]);
    command.args(["-D", &format!("budgets={budgets}"), "-D", &format!("round={round}"), "-f"]).arg(script);
    let output = command.args(["postgres"]).output().unwrap();
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    let rate = words.lines().find_map(|line| line.strip_prefix("tps = "));
    let rate = rate.and_then(|rate| rate.split(' ').next()).and_then(|rate| rate.parse().ok());
    rate.unwrap_or_else(|| panic!("{words}{}", String::from_utf8_lossy(&output.stderr)))
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
