//! Processes that are killed under load, one ledger, one cap.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use imgcost_fake::Fake;
use imgcost_ledger::{Budget, Cap, Ledger, NanoUsd, SqliteLedger, State, Window};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::common::{LOW, Process, holds};
use crate::server;

/// What a call costs, in nano-dollars.
const COST: u64 = 5_920_000;
/// How many clients there are.
const CLIENTS: usize = 12;

/// Sends calls until told to stop, each to the address of the moment, and counts those that were let
/// through and those that were refused.
struct Load {
    clients: JoinSet<()>,
    is_over: Arc<AtomicBool>,
    passed: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
}

impl Load {
    fn start(addresses: &[watch::Receiver<SocketAddr>]) -> Load {
        let mut load = Load {
            clients: JoinSet::new(),
            is_over: Arc::default(),
            passed: Arc::default(),
            refused: Arc::default(),
        };
        for number in 0..CLIENTS {
            let address = addresses[number % addresses.len()].clone();
            let (is_over, passed, refused) =
                (load.is_over.clone(), load.passed.clone(), load.refused.clone());
            load.clients.spawn(async move {
                let client = reqwest::Client::builder().no_proxy().build().unwrap();
                while !is_over.load(Ordering::Relaxed) {
                    let at = format!("http://{}/v1/images/generations", *address.borrow());
                    let call = client.post(at).header("content-type", "application/json").body(LOW);
                    match call.send().await {
                        Ok(response) if response.status() == 200 => {
                            if response.bytes().await.is_ok() {
                                passed.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                        Ok(response) => {
                            assert_eq!(response.status(), 402);
                            refused.fetch_add(1, Ordering::Relaxed);
                        }
                        // Nobody listens at the moment.
                        Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                    }
                }
            });
        }
        load
    }

    async fn end(mut self) -> (u64, u64) {
        self.is_over.store(true, Ordering::Relaxed);
        while let Some(client) = self.clients.join_next().await {
            client.unwrap();
        }
        (self.passed.load(Ordering::Relaxed), self.refused.load(Ordering::Relaxed))
    }

    async fn until(&self, calls: u64) {
        while self.passed.load(Ordering::Relaxed) + self.refused.load(Ordering::Relaxed) < calls {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn team(ledger: &dyn Ledger, calls: u64) {
    let cap = Cap::Usd(NanoUsd::new(COST * calls + COST / 2).unwrap());
    ledger.set_budget(&Budget::new("team".parse().unwrap(), Window::Total, cap), "test").unwrap();
}

fn used(ledger: &dyn Ledger) -> u64 {
    ledger.status(None).unwrap()[0].sums.used().nano()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_is_killed_under_load_never_books_less_than_the_bill() {
    const CALLS: u64 = 150;
    let fake = Fake::start().await;
    fake.set_image_bytes(2_000);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("budget.db");
    let ledger = SqliteLedger::open(&file).unwrap();
    team(&ledger, CALLS);
    let place = file.display().to_string();
    let mut proxy = Process::start(&fake.url(), &place, &[]);
    let (at, address) = watch::channel(proxy.address);
    let load = Load::start(&[address]);
    for round in 1..=6 {
        load.until(round * 20).await;
        proxy.kill();
        let (bill, booked) = (fake.count() as u64 * COST, used(&ledger));
        assert!(booked >= bill, "round {round}: booked {booked}, billed {bill}");
        proxy = Process::start(&fake.url(), &place, &[]);
        at.send(proxy.address).unwrap();
    }
    load.until(CALLS + 20).await;
    let (passed, refused) = load.end().await;
    let (bill, booked) = (fake.count() as u64 * COST, used(&ledger));
    assert!(booked >= bill, "booked {booked}, billed {bill}");
    assert!(bill <= CALLS * COST, "the cap was crossed");
    assert!(passed > 0 && refused > 0, "{passed} passed, {refused} refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_proxies_over_one_server_keep_one_cap_while_one_is_killed() {
    const CALLS: u64 = 120;
    let fake = Fake::start().await;
    fake.set_image_bytes(2_000);
    // The only test of this server: proxies take the ledger's own schema.
    let ledger = server::shared().ledger("imgcost");
    team(&ledger, CALLS);
    let place = server::shared().address();
    let mut proxies: Vec<_> = (0..3).map(|_| Process::start(&fake.url(), &place, &[])).collect();
    let (ats, addresses): (Vec<_>, Vec<_>) =
        proxies.iter().map(|proxy| watch::channel(proxy.address)).unzip();
    let load = Load::start(&addresses);
    load.until(40).await;
    proxies[1].kill();
    load.until(70).await;
    proxies[1] = Process::start(&fake.url(), &place, &[]);
    ats[1].send(proxies[1].address).unwrap();
    load.until(CALLS + 30).await;
    let (passed, refused) = load.end().await;
    let (bill, booked) = (fake.count() as u64 * COST, used(&ledger));
    assert!(booked >= bill && bill <= CALLS * COST, "booked {booked}, billed {bill}");
    assert!(passed > 0 && refused > 0, "{passed} passed, {refused} refused");
    // What was settled is what was billed: only calls of the killed one may be open.
    let settled = holds(&ledger).iter().filter(|hold| hold.state == State::Settled).count() as u64;
    assert!(settled >= passed && settled <= fake.count() as u64);
}
