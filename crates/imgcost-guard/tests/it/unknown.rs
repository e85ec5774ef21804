//! What of a request is not known is neither free nor silent.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use crate::common::{self, Books, books, builder, guard, guard_with, holds, image, only_hold, usd};
use imgcost_guard::{Error, Guard, Policy, UnknownFields};
use imgcost_ledger::{NanoUsd, State};
use serde_json::{Value, json};

const IMAGES: &str = "/v1/images/generations";
const RESPONSES: &str = "/v1/responses";
const CHAT: &str = "/v1/chat/completions";

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

/// A call of the Responses API that makes one image or more.
fn responses() -> Value {
    let tool =
        json!({"type": "image_generation", "model": "gpt-image-2", "size": "1024x1024", "quality": "low"});
    json!({"model": "gpt-5", "input": "draw a fox", "tools": [tool]})
}

fn held(guard: &Guard, path: &str, body: &Value) -> Result<NanoUsd, Error> {
    let call = guard.before(path, Some("application/json"), body.to_string().as_bytes())?.unwrap();
    let amount = call.hold().unwrap().amount();
    call.not_sent()?;
    Ok(amount)
}

#[test]
fn an_unknown_field_makes_the_ceiling_assumed_and_is_told() {
    let (books, told) = (books("5"), Arc::new(Mutex::new(Vec::new())));
    let heard = Arc::clone(&told);
    let guard = builder(&books)
        .on_event(common::beside_calls(move |event| heard.lock().unwrap().push(event.to_string())))
        .build()
        .unwrap();
    for (path, body, field) in [
        (IMAGES, with(image(), "upscale", 8.into()), "upscale"),
        (RESPONSES, with(responses(), "turbo", true.into()), "turbo"),
        (
            RESPONSES,
            with(responses(), "tools", json!([with(responses()["tools"][0].clone(), "n2", 9.into())])),
            "tools.n2",
        ),
    ] {
        for _ in 0..2 {
            held(&guard, path, &body).unwrap();
        }
        let told = std::mem::take(&mut *told.lock().unwrap());
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains(&format!("what the request's {field} costs is not known")), "{told:?}");
        assert!(holds(&books).iter().rev().take(2).all(|hold| hold.assumed));
    }
    // The same without it is proven, and tells nothing.
    held(&guard, IMAGES, &image()).unwrap();
    assert!(!holds(&books).last().unwrap().assumed && told.lock().unwrap().is_empty());
}

#[test]
fn a_quote_with_an_unknown_field_notes_it() {
    let books = books("5");
    let body = with(image(), "upscale", 8.into()).to_string();
    let call = guard(&books).before(IMAGES, None, body.as_bytes()).unwrap().unwrap();
    let notes = &call.hold().unwrap().quoted().notes;
    assert!(notes.iter().any(|note| note.code == "unknown-field" && note.message.contains("upscale")));
    call.not_sent().unwrap();
}

#[test]
fn a_policy_denies_unknown_fields() {
    let books = books("5");
    let guard = guard_with(&books, Policy::default().unknown_fields(UnknownFields::Deny));
    let body = with(with(image(), "upscale", 8.into()), "turbo", true.into());
    let error = held(&guard, IMAGES, &body).unwrap_err();
    let Error::UnknownFields { fields } = &error else { panic!("{error:?}") };
    assert_eq!((error.code(), fields.len()), ("unknown-field", 2));
    assert!(error.to_string().contains("upscale") && error.to_string().contains("turbo"), "{error}");
    assert!(holds(&books).is_empty());
    held(&guard, IMAGES, &image()).unwrap();
}

/// Requests with context that they do not show, and what brings it.
fn unseen() -> Vec<(&'static str, Value, &'static str)> {
    let message = json!({"role": "user", "content": "again"});
    let mut cases = vec![
        (RESPONSES, with(responses(), "previous_response_id", "resp_1".into()), "previous_response_id"),
        (RESPONSES, with(responses(), "conversation", "conv_1".into()), "conversation"),
        (RESPONSES, with(responses(), "instructions", "be brief".into()), "instructions"),
        (RESPONSES, with(responses(), "prompt", json!({"id": "pmpt_1"})), "prompt"),
    ];
    for kind in ["image_generation_call", "item_reference", "function_call_output"] {
        let input = json!([message, {"type": kind, "id": "ig_1"}]);
        cases.push((RESPONSES, with(responses(), "input", input), kind));
    }
    cases
}

#[test]
fn context_that_a_request_does_not_show_has_no_ceiling() {
    for (path, body, field) in unseen() {
        let books = books("5");
        let error = held(&guard(&books), path, &body).unwrap_err();
        let Error::UnseenContext { model, what } = &error else { panic!("{field}: {error:?}") };
        assert_eq!((error.code(), model.as_str(), what.len()), ("unseen-context", "gpt-image-2", 1));
        assert!(error.to_string().contains(field), "{error}");
        assert!(error.to_string().contains("Policy::allow_unpriced") && !error.is_over_budget(), "{error}");
        assert!(holds(&books).is_empty());
    }
}

#[test]
fn context_that_a_request_does_not_show_is_held_at_a_stated_amount_and_settled_by_usage() {
    let response = json!({
        "id": "resp_1", "object": "response", "status": "completed", "model": "gpt-5",
        "output": [{"type": "image_generation_call", "result": "aGVsbG8="}],
        "usage": {"input_tokens": 50, "output_tokens": 60},
        "tool_usage": {"image_gen": {"input_tokens": 10, "output_tokens": 196}},
    });
    let settled = |books: &Books, body: &Value| {
        let policy = Policy::default().allow_unpriced("gpt-image-2", "0.75".parse().unwrap());
        let call = guard_with(books, policy).before(RESPONSES, None, body.to_string().as_bytes());
        call.unwrap().unwrap().after(200, response.to_string().as_bytes()).unwrap()
    };
    let (seen, unseen) = (books("5"), books("5"));
    let plain = settled(&seen, &responses());
    assert!(plain.state == State::Settled && only_hold(&seen).ceiling != usd("0.75"));
    let other = settled(&unseen, &with(responses(), "previous_response_id", "resp_1".into()));
    let row = only_hold(&unseen);
    assert!(row.ceiling == usd("0.75") && row.assumed, "{row:?}");
    assert_eq!(other, plain);
}

#[test]
fn the_tools_of_a_chat_that_draws_are_context() {
    let policy = Policy::default().allow_unpriced("drawing-model", "0.05".parse().unwrap());
    let message = json!([{"role": "user", "content": "a fox"}]);
    let chat = |model: &str| json!({"model": model, "messages": message, "tools": [{"type": "function"}]});
    // A stated amount is a ceiling whatever else there is.
    assert_eq!(held(&guard_with(&books("5"), policy), CHAT, &chat("drawing-model")).unwrap(), usd("0.05"));
    let guard = builder(&books("5")).provider("aihubmix").build().unwrap();
    let without = json!({"model": "gpt-4o-image", "messages": message});
    held(&guard, CHAT, &without).unwrap();
    let error = held(&guard, CHAT, &chat("gpt-4o-image")).unwrap_err();
    assert!(error.code() == "unseen-context" && error.to_string().contains("tools"), "{error}");
}

#[test]
fn a_responses_call_is_held_for_as_many_images_as_it_may_make() {
    let amount = |policy: Policy, body: &Value| held(&guard_with(&books("5"), policy), RESPONSES, body);
    let policy = |n: u32| Policy::default().responses_images(NonZeroU32::new(n).unwrap());
    let open = responses();
    let of = |n: u32| amount(policy(n), &open).unwrap();
    assert!(of(1) < of(4) && of(4) < of(8));
    assert_eq!(amount(Policy::default(), &open).unwrap(), of(4));
    // What the request itself allows goes before the policy.
    let limited = with(open.clone(), "max_tool_calls", 2.into());
    assert_eq!(amount(policy(8), &limited).unwrap(), amount(policy(1), &limited).unwrap());
    assert_eq!(amount(policy(8), &limited).unwrap(), of(2));
}

#[test]
fn a_responses_call_is_never_of_proven_ceiling() {
    let books = books("5");
    let limited = with(responses(), "max_tool_calls", 1.into());
    held(&guard(&books), RESPONSES, &limited).unwrap();
    assert!(only_hold(&books).assumed);
}
