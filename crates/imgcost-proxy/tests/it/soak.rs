//! Mixed load: calls that go well and calls that go wrong, clients that stay and clients that leave.
//!
//! A few seconds in every run; `IMGCOST_SOAK_SECONDS` says how many, and `scripts/test long` says 1,800.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use imgcost_core::Usd;
use imgcost_fake::{Behaviour, Fake};
use imgcost_guard::built_in_book;
use imgcost_ledger::{Budget, Cap, Ledger, NanoUsd, SqliteLedger, State, Window, audit};
use serde_json::{Value, json};

use crate::common::{Choices, Process, holds, resident};

const CLIENTS: u64 = 16;
const SECONDS: u64 = 4;
/// How much larger the process may be in the last third of a run than in the first.
const GROWTH_KIB: u64 = 16 << 10;

/// What calls meet. None of them takes long.
const MET: [Behaviour; 14] = [
    Behaviour::Ok,
    Behaviour::Ok,
    Behaviour::Ok,
    Behaviour::Chunked,
    Behaviour::InvalidRequest,
    Behaviour::ModerationBlocked,
    Behaviour::RateLimited,
    Behaviour::ServerError,
    Behaviour::Unavailable,
    Behaviour::NoUsage,
    Behaviour::NoSplit,
    Behaviour::FewerImages,
    Behaviour::Torn,
    Behaviour::StreamError,
];

/// What clients saw.
#[derive(Default)]
struct Seen {
    calls: AtomicU64,
    refused: AtomicU64,
    left: AtomicU64,
    /// What the usage of whole responses comes to, in nano-dollars.
    bill: AtomicU64,
}

async fn client(number: u64, at: String, end: Instant, seen: Arc<Seen>) {
    let mut choices = Choices::new(number);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    while Instant::now() < end {
        seen.calls.fetch_add(1, Ordering::Relaxed);
        if choices.one_in(10) {
            // Unmetered.
            let chat = client
                .post(format!("{at}/chat/completions"))
                .json(&json!({"model": "gpt-5.1", "messages": []}));
            assert_eq!(chat.send().await.unwrap().status(), 200);
            continue;
        }
        let quality = choices.of(&["low", "low", "low", "medium"]);
        let mut body =
            json!({"model": "gpt-image-2", "prompt": "a fox", "quality": quality, "size": "1024x1024"});
        body["n"] = json!(1 + choices.below(2));
        if choices.one_in(3) {
            body["stream"] = json!(true);
        }
        let behaviour = choices.of(&MET);
        let call = client.post(format!("{at}/images/generations")).header("x-fake", behaviour.as_str());
        let scope = ["rich", "rich", "poor"][choices.below(3)];
        let Ok(mut response) = call.header("x-imgcost-scope", scope).json(&body).send().await else {
            continue;
        };
        match response.status().as_u16() {
            402 => drop(seen.refused.fetch_add(1, Ordering::Relaxed)),
            200 if choices.one_in(8) => {
                let _ = response.chunk().await;
                seen.left.fetch_add(1, Ordering::Relaxed);
            }
            200 => {
                if let Ok(bytes) = response.bytes().await {
                    seen.bill.fetch_add(bill(&body, &bytes), Ordering::Relaxed);
                }
            }
            _ => drop(response.bytes().await),
        }
        tokio::time::sleep(Duration::from_millis(choices.below(200) as u64)).await;
    }
}

/// What a response comes to by its usage, in nano-dollars; nothing if it has none.
fn bill(body: &Value, response: &[u8]) -> u64 {
    let Ok(response) = imgcost_wire::response(response) else { return 0 };
    let mut request = imgcost_core::Request::new("openai", "gpt-image-2", today());
    request.quality = Some(body["quality"].as_str().unwrap().parse().unwrap());
    request.size = Some("1024x1024".parse().unwrap());
    request.n = u32::try_from(body["n"].as_u64().unwrap()).unwrap();
    let book = built_in_book();
    let quote = book.quote(&request).unwrap();
    let charge = quote.terms().charge(&response).map(|charge| charge.total.floor);
    NanoUsd::from_usd(charge.unwrap_or(Usd::ZERO)).unwrap().nano()
}

fn today() -> imgcost_core::Date {
    imgcost_core::utc_day(imgcost_ledger::Clock::system().now())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mixed_load_leaves_books_that_add_up_and_flat_memory() {
    let seconds =
        std::env::var("IMGCOST_SOAK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SECONDS);
    let fake = Fake::start().await;
    fake.set_image_bytes(20_000);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("budget.db");
    let ledger = SqliteLedger::open(&file).unwrap();
    for (scope, usd) in [("team", "100000"), ("team/alice/poor", "0.50")] {
        let budget = Budget::new(scope.parse().unwrap(), Window::Total, Cap::usd(usd).unwrap());
        ledger.set_budget(&budget, "test").unwrap();
    }
    let mut proxy = Process::start(&fake.url(), &file.display().to_string(), &[]);
    let (seen, begun) = (Arc::<Seen>::default(), Instant::now());
    let end = begun + Duration::from_secs(seconds);
    let at = format!("http://{}/v1", proxy.address);
    let clients: Vec<_> =
        (0..CLIENTS).map(|number| tokio::spawn(client(number, at.clone(), end, Arc::clone(&seen)))).collect();
    let mut sizes = Vec::new();
    while Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(200)).await;
        sizes.extend(resident(proxy.id()));
    }
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(proxy.terminate(), Some(0), "open calls were cut off");

    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    assert!(count(&seen.refused) > 0 && count(&seen.left) > 0, "the load was not mixed");
    let holds = holds(&ledger);
    assert!(holds.iter().all(|hold| hold.state != State::Held), "calls stay open");
    let settled: u64 = holds.iter().filter_map(|hold| hold.cost).map(NanoUsd::nano).sum();
    assert!(settled >= count(&seen.bill), "settled {settled}, billed {}", count(&seen.bill));
    let status = ledger.status(None).unwrap();
    let poor = status.iter().find(|status| status.budget.scope.as_str() == "team/alice/poor").unwrap();
    assert!(poor.sums.used().nano() <= 500_000_000, "{}", poor.sums.used());
    let audit = audit(&ledger).unwrap();
    assert!(audit.problems.is_empty(), "{:?}", audit.problems);
    let third = sizes.len() / 3;
    let most = |sizes: &[u64]| sizes.iter().max().copied().unwrap_or_default();
    let (early, late) = (most(&sizes[..third]), most(&sizes[2 * third..]));
    assert!(late <= early + GROWTH_KIB, "{early} KiB grew to {late}");
    println!(
        "{} calls in {seconds} s, {} refused, {} left; {early} KiB early, {late} KiB late",
        count(&seen.calls),
        count(&seen.refused),
        count(&seen.left)
    );
}
