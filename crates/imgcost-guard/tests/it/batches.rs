//! Files of the Batch API, held and settled by a guard.

use std::sync::{Arc, Mutex};

use crate::common::{books, builder, guard, guard_with, holds, only_hold, usd};
use imgcost_guard::batch::{BatchError, Counts};
use imgcost_guard::{Error, Event, HoldError, Mode, Policy, Rules, Spend};
use imgcost_ledger::{Job, NanoUsd, State};
use serde_json::{Value, json};

fn line(id: &str, url: &str, body: &Value) -> String {
    json!({"custom_id": id, "method": "POST", "url": url, "body": body}).to_string() + "\n"
}

fn image(id: &str, quality: &str, prompt: &str) -> String {
    let body = json!({"model": "gpt-image-2", "quality": quality, "size": "1024x1024", "prompt": prompt});
    line(id, "/v1/images/generations", &body)
}

/// A call of the Responses API that brings context which nobody can count.
fn endless(id: &str) -> String {
    let tool = json!({"type": "image_generation", "model": "gpt-image-2", "size": "1024x1024"});
    let body =
        json!({"model": "gpt-5", "input": "a red fox", "tools": [tool], "previous_response_id": "resp_1"});
    line(id, "/v1/responses", &body)
}

fn answered(id: &str) -> String {
    let usage = json!({"input_tokens": 9, "output_tokens": 196, "total_tokens": 205,
        "input_tokens_details": {"text_tokens": 9, "image_tokens": 0}});
    let response = json!({"status_code": 200, "request_id": "r", "body": {"data": [{}], "usage": usage}});
    json!({"id": format!("b_{id}"), "custom_id": id, "response": response, "error": null}).to_string() + "\n"
}

#[test]
fn a_batch_is_one_hold_that_its_output_settles() {
    let books = books("1");
    let events = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&events);
    let guard = builder(&books).on_event(move |event| told.lock().unwrap().push(event.clone()));
    let guard = guard.build().unwrap();
    let input = image("a", "low", "a red fox") + &image("b", "low", "a red fox");
    let job = guard.spending(Spend::new().key("night-1").tag("order", "7"));
    let held = job.hold_batch("input.jsonl", input.as_bytes()).unwrap().hold;
    assert_eq!((held.calls, held.state, held.key.as_deref()), (2, State::Held, Some("night-1")));
    assert_eq!(held.tags.get("order").map(String::as_str), Some("7"));
    // The same file under the same key is the same batch.
    let again = job.hold_batch("input.jsonl", input.as_bytes()).unwrap();
    assert!(again.repeated && again.hold.id == held.id);
    guard.set_batch_job(&held.id, "batch_1").unwrap();
    assert_eq!(books.find_job(&Job::new("openai", "batch_1")).unwrap().unwrap().id, held.id);
    // One output for both is not there yet: what no file has counts at its ceiling.
    let files = || [("errors.jsonl", String::new()), ("output.jsonl", answered("a") + &answered("b"))];
    let settle = || guard.settle_batch(&held.id, files().iter().map(|(name, text)| (*name, text.as_bytes())));
    let bill = settle().unwrap();
    // At half of $5 and $30 a million: 9 and 196 tokens, twice.
    assert_eq!((bill.cost, bill.counts.settled, bill.counts.is_complete()), (usd("0.005925"), 2, true));
    assert_eq!(settle().unwrap(), bill);
    let row = only_hold(&books);
    assert_eq!((row.state, row.cost), (State::Settled, Some(bill.cost)));
    let events = events.lock().unwrap();
    let batch = "batch of 2 requests";
    let held = |event: &&Event| matches!(event, Event::Held { model, .. } if model == batch);
    let settled = |event: &&Event| matches!(event, Event::Booked { model, state: State::Settled, .. } if model == batch);
    assert_eq!(
        (events.iter().filter(held).count(), events.iter().filter(settled).count()),
        (1, 1),
        "{events:?}"
    );
}

#[test]
fn a_batch_without_all_of_its_output_counts_the_rest_at_its_ceiling() {
    let books = books("1");
    let guard = guard(&books);
    let input = image("a", "low", "x") + &image("b", "low", "x");
    let held = guard.hold_batch("input.jsonl", input.as_bytes()).unwrap().hold;
    let wrong = guard.settle_batch(&held.id, [("output.jsonl", answered("z").as_bytes())]).unwrap_err();
    assert!(wrong.to_string().contains("output.jsonl:1: the hold has no request"), "{wrong}");
    assert_eq!(only_hold(&books).state, State::Held);
    let bill = guard.settle_batch(&held.id, [("output.jsonl", answered("a").as_bytes())]).unwrap();
    let Counts { settled, missing, .. } = bill.counts;
    assert_eq!((settled, missing), (1, 1));
    assert_eq!(bill.cost.nano(), 9 * 2_500 + 196 * 15_000 + held.ceiling.nano() / 2);
}

#[test]
fn a_line_that_has_no_ceiling_refuses_the_file() {
    let books = books("100");
    let guard = guard(&books);
    let input = image("a", "low", "x") + &endless("b");
    let error = guard.hold_batch("input.jsonl", input.as_bytes()).unwrap_err();
    let is_named = matches!(
        error,
        Error::Batch(BatchError::NoCeiling { line: 2, why: HoldError::Unbounded | HoldError::Unpriced })
    );
    assert!(is_named && error.to_string().contains("line 2: the call has no"), "{error:?}");
    assert!(holds(&books).is_empty());
    for input in ["", "{}", "not JSON"] {
        let error = guard.hold_batch("input.jsonl", input.as_bytes()).unwrap_err();
        assert!(matches!(error, Error::Batch(_)), "{input}: {error:?}");
    }
}

#[test]
fn a_file_of_more_than_a_mebibyte_is_held_unless_its_names_are_too_long_for_one_hold() {
    let books = books("1000");
    let guard = guard(&books);
    // The ledger keeps no prompt.
    let prompt = "a red fox in the snow ".repeat(50);
    let long: String = (0..1_000).map(|id| image(&format!("fox-{id}"), "low", &prompt)).collect();
    assert!(long.len() > 1 << 20);
    let held = guard.hold_batch("input.jsonl", long.as_bytes()).unwrap().hold;
    assert_eq!(held.calls, 1_000);
    let output: String = (0..1_000).map(|id| answered(&format!("fox-{id}"))).collect();
    let bill = guard.settle_batch(&held.id, [("output.jsonl", output.as_bytes())]).unwrap();
    assert_eq!((bill.counts.settled, bill.cost), (1_000, NanoUsd::new(2_962_500_000).unwrap()));
    let name = "f".repeat(400);
    let wide: String = (0..3_000).map(|id| image(&format!("{name}{id}"), "low", "x")).collect();
    let error = guard.hold_batch("input.jsonl", wide.as_bytes()).unwrap_err();
    assert!(error.code() == "too-large" && error.to_string().contains("split it"), "{error}");
    assert_eq!(holds(&books).len(), 1);
}

#[test]
fn what_a_policy_forbids_one_call_it_forbids_a_line() {
    let books = books("100");
    let input = image("a", "low", "x") + &image("b", "high", "x");
    let capped = Policy::default().per_call_cap("0.05".parse().unwrap());
    let error = guard_with(&books, capped.clone()).hold_batch("input.jsonl", input.as_bytes()).unwrap_err();
    let Error::BatchLine { line: 2, why } = &error else { panic!("{error:?}") };
    assert!(matches!(**why, Error::OverCallCap(_)) && error.code() == "over-call-cap", "{error}");
    let rules = Rules::read("policy.toml", "forbid_auto = true").unwrap();
    let auto = input.replace("\"low\"", "\"auto\"");
    let error = guard_with(&books, Policy::default().rules(rules)).hold_batch("input.jsonl", auto.as_bytes());
    assert!(matches!(error, Err(Error::BatchLine { line: 1, .. })), "{error:?}");
    assert!(holds(&books).is_empty());
    // A guard that observes holds it all the same.
    let observes = guard_with(&books, capped.mode(Mode::Observe));
    assert_eq!(observes.hold_batch("input.jsonl", input.as_bytes()).unwrap().hold.calls, 2);
}

#[test]
fn a_batch_that_does_not_fit_is_refused_whole() {
    let books = books("0.01");
    let denied = Arc::new(Mutex::new(0));
    let count = Arc::clone(&denied);
    let guard = builder(&books).on_event(move |event| {
        *count.lock().unwrap() += i32::from(matches!(event, Event::Denied { .. }));
    });
    let input: String = (0..9).map(|id| image(&id.to_string(), "low", "x")).collect();
    let guard = guard.build().unwrap();
    let error = guard.hold_batch("input.jsonl", input.as_bytes()).unwrap_err();
    assert!(error.is_over_budget(), "{error}");
    assert!(holds(&books).is_empty() && *denied.lock().unwrap() == 1);
    let observes = guard_with(&books, Policy::default().mode(Mode::Observe));
    let held = observes.hold_batch("input.jsonl", input.as_bytes()).unwrap();
    assert!(held.refusal.is_some() && held.hold.calls == 9);
    // The hold of one call is not settled by a batch's files.
    let one = guard_with(&books, Policy::default().mode(Mode::Observe));
    let body = br#"{"model":"gpt-image-2","prompt":"x","size":"1024x1024","quality":"low"}"#;
    let call = one.before("/v1/images/generations", Some("application/json"), body).unwrap().unwrap();
    let id = call.hold().unwrap().id().clone();
    let error = one.settle_batch(&id, [("output.jsonl", answered("0").as_bytes())]).unwrap_err();
    assert!(error.to_string().contains("is of one call"), "{error}");
    call.not_sent().unwrap();
}
