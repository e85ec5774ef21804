//! The guard against the project's bars: `scripts/bench guard`.
//!
//! - a call: body read, prompt counted, quoted, held, answer read, settled, with the ledger in
//!   memory (bar: 20 us);
//! - the scanner on 64 MB of base64 in JSON (bar: 1.5 GB/s), and what it keeps of 200 MB.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use imgcost_core::{Date, Prompt};
use imgcost_guard::{Guard, built_in_book};
use imgcost_ledger::{Budget, Cap, Ledger, MemoryLedger, Window};
use imgcost_wire::{End, Scanner};

/// Many short rounds, of which the best counts: whatever else the machine does only adds.
const ROUNDS: usize = 200;
const CALLS: usize = 200;
/// What a client reads from a socket at a time.
const CHUNK: usize = 16 * 1024;

const BODY: &[u8] = br#"{"model":"gpt-image-2","quality":"high","size":"1536x1024","n":1,"output_format":"png",
"prompt":"A watercolour of a lighthouse on a cliff at dusk, warm light in its windows, gulls over the sea, heavy clouds with a strip of orange at the horizon, loose brush strokes and visible paper, seen from the beach below"}"#;
const RESPONSE: &[u8] = br#"{"created":1,"data":[{"b64_json":"iVBORw0KGgo="}],"output_format":"png","quality":"high","size":"1536x1024",
"usage":{"input_tokens":60,"input_tokens_details":{"image_tokens":0,"text_tokens":60},"output_tokens":5000,"total_tokens":5060}}"#;

fn main() {
    calls();
    scanner();
}

fn guard() -> Guard {
    let ledger = Arc::new(MemoryLedger::new());
    let budget = Budget::new("team".parse().unwrap(), Window::Total, Cap::Unlimited);
    ledger.set_budget(&budget, "bench").unwrap();
    let scope = "team/alice/run-42".parse().unwrap();
    Guard::builder(built_in_book(), ledger, scope).day(|| Date::constant(2026, 11, 21)).build().unwrap()
}

/// The time of a call in the best round, each on a ledger of its own.
fn best(mut call: impl FnMut(&Guard)) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let guard = guard();
        let begin = Instant::now();
        for _ in 0..CALLS {
            call(&guard);
        }
        best = best.min(begin.elapsed());
    }
    best / u32::try_from(CALLS).unwrap()
}

fn calls() {
    let whole = best(|guard| {
        let call = guard.before("/v1/images/generations", Some("application/json"), BODY);
        let booked = call.unwrap().unwrap().after(200, RESPONSE).unwrap();
        black_box(booked.amount);
    });
    report("guard    a call, its body and its response read", whole);
    let response = imgcost_wire::response(std::str::from_utf8(RESPONSE).unwrap()).unwrap();
    let plain = best(|guard| {
        let mut request = guard.request("gpt-image-2");
        request.size = "1536x1024".parse().ok();
        request.prompt = Some(Prompt::of_tokens(60));
        black_box(guard.hold(&request).unwrap().settle(&response).unwrap().amount);
    });
    report("guard    hold and settle alone", plain);
}

fn report(what: &str, time: Duration) {
    println!("{what}: {:.2} us (bar 20 us)", time.as_secs_f64() * 1e6);
}

fn scanner() {
    let image = vec![b'A'; 64_000_000];
    let document =
        [&br#"{"data":[{"b64_json":""#[..], &image, br#""}],"usage":{"input_tokens":1,"output_tokens":2}}"#]
            .concat();
    let mut best = Duration::MAX;
    for _ in 0..20 {
        let begin = Instant::now();
        let mut scanner = Scanner::new();
        for chunk in document.chunks(CHUNK) {
            scanner.feed(black_box(chunk));
        }
        assert_eq!(scanner.finish().end, End::Complete);
        best = best.min(begin.elapsed());
    }
    let rate = document.len() as f64 / best.as_secs_f64() / 1e9;
    println!("scanner  64 MB of base64 in JSON: {rate:.1} GB/s (bar 1.5 GB/s)");

    let mut scanner = Scanner::new();
    let mut most = 0;
    scanner.feed(br#"{"data":[{"b64_json":""#);
    for chunk in image.chunks(CHUNK).cycle().take(200_000_000 / CHUNK) {
        scanner.feed(chunk);
        most = most.max(scanner.buffered());
    }
    println!("scanner  200 MB: at most {most} bytes kept (bar {} bytes)", Scanner::MOST_BUFFERED);
}
