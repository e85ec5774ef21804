//! How much memory large responses and many open calls take.
//!
//! Small in every run; `IMGCOST_OPEN_CALLS` says how many calls are open at a time, and `scripts/test long`
//! says 1,000. Then 50 and 100 large responses wait at a time, else 20.

use std::time::{Duration, Instant};

use imgcost_fake::Fake;
use serde_json::json;

use crate::common::{LOW, Process, resident};

/// How long a large image is, in bytes of base64.
const LARGE: usize = 20_000_000;
/// How much memory one more connection may take, in KiB.
const A_CONNECTION: u64 = 1024;
/// How much a process may grow from one round to the next, in KiB: what its allocator keeps.
const A_ROUND: u64 = 8 << 10;

/// How long calls may take to come to the upstream.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many calls are open at a time.
fn open_calls() -> usize {
    std::env::var("IMGCOST_OPEN_CALLS").ok().and_then(|text| text.parse().ok()).unwrap_or(100)
}

async fn large(client: &reqwest::Client, proxy: &Process, is_stream: bool) -> reqwest::Response {
    let mut body: serde_json::Value = serde_json::from_str(LOW).unwrap();
    body["stream"] = json!(is_stream);
    let call = client.post(format!("http://{}/v1/images/generations", proxy.address));
    let call = call.header("x-fake-image-bytes", LARGE.to_string()).json(&body);
    let response = call.send().await.unwrap();
    assert_eq!(response.status(), 200);
    response
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_response_waits_for_its_reader_and_not_in_memory() {
    let fake = Fake::start().await;
    let proxy = Process::start(&fake.url(), "memory", &["--cap", "1000"]);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let sizes = if open_calls() > 100 { &[50, 100][..] } else { &[20][..] };
    for (is_stream, connections) in
        [false, true].into_iter().flat_map(|is| sizes.iter().map(move |n| (is, *n)))
    {
        large(&client, &proxy, is_stream).await.bytes().await.unwrap();
        let Some(before) = resident(proxy.id()) else { return };
        let mut responses = Vec::new();
        for _ in 0..connections {
            let mut response = large(&client, &proxy, is_stream).await;
            response.chunk().await.unwrap();
            responses.push(response);
        }
        // Nobody reads on meanwhile.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let grown = resident(proxy.id()).unwrap().saturating_sub(before);
        println!(
            "stream {is_stream}: {} KiB for each of {connections} responses of 20 MB",
            grown / connections
        );
        assert!(grown < A_CONNECTION * connections, "{grown} KiB for {connections} connections");
        // The others are given up.
        for response in responses.into_iter().take(3) {
            assert!(response.bytes().await.unwrap().len() > LARGE / 2);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_calls_take_little_memory_and_give_it_back() {
    let calls = open_calls();
    let open_for = if calls > 100 { Duration::from_secs(30) } else { Duration::from_secs(1) };
    let fake = Fake::start().await;
    let proxy = Process::start(&fake.url(), "memory", &["--cap", "100000"]);
    let at = format!("http://{}/v1/images/generations", proxy.address);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut sizes = Vec::new();
    for _ in 0..3 {
        let before = fake.count();
        let open: Vec<_> = (0..calls)
            .map(|_| {
                let call =
                    client.post(&at).header("x-fake", "hang").header("content-type", "application/json");
                tokio::spawn(call.body(LOW).timeout(Duration::from_secs(120)).send())
            })
            .collect();
        let since = Instant::now();
        while fake.count() < before + calls {
            let came = fake.count() - before;
            assert!(since.elapsed() < PATIENCE, "{came} of {calls} calls came after {before}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(open_for).await;
        sizes.extend(resident(proxy.id()));
        for call in open {
            call.abort();
        }
    }
    let [first, _, last] = sizes[..] else { return };
    println!("{calls} open calls: {first} KiB in the first round, {last} in the last");
    // A call whose client went away goes on: those of three rounds are open at the end.
    let most = first + A_ROUND + 2 * calls as u64 * A_CONNECTION / 8;
    assert!(last <= most, "{sizes:?}");
}
