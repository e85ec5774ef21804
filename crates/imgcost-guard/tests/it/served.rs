//! What a response reports of itself, against what its hold was made for.

use std::sync::{Arc, Mutex};

use crate::common::{self, Books, books, builder, guard, only_hold};
use imgcost_guard::Booked;
use imgcost_ledger::State;
use serde_json::{Value, json};

const PATH: &str = "/v1/images/generations";

fn body(model: &str, quality: &str, n: u32) -> Value {
    json!({"model": model, "prompt": "a red apple", "quality": quality, "size": "1024x1024", "n": n})
}

fn booked(books: &Books, body: &Value, response: &str) -> Booked {
    let call = guard(books).before(PATH, Some("application/json"), body.to_string().as_bytes());
    call.unwrap().unwrap().after(200, response.as_bytes()).unwrap()
}

#[test]
fn another_model_is_booked_at_the_greater_amount() {
    let answered = r#"{"model":"gpt-image-2","quality":"medium","size":"1024x1024","data":[{"b64_json":""}],
        "usage":{"input_tokens":9,"output_tokens":1756,"input_tokens_details":{"text_tokens":9,"image_tokens":0}}}"#;
    let notices = Arc::new(Mutex::new(Vec::new()));
    let books_of_mini = books("1");
    let told = Arc::clone(&notices);
    let guard = builder(&books_of_mini)
        .on_event(common::beside_calls(move |event| told.lock().unwrap().push(event.to_string())))
        .build()
        .unwrap();
    let request = body("gpt-image-1-mini", "medium", 1).to_string();
    let call = guard.before(PATH, Some("application/json"), request.as_bytes()).unwrap().unwrap();
    let held = call.hold().unwrap().amount();
    let booked_at = call.after(200, answered.as_bytes()).unwrap();
    assert_eq!(booked_at.amount.to_string(), "0.052725");
    assert!(booked_at.amount > held && booked_at.overrun.nano() > 0);
    let notices = notices.lock().unwrap().join("\n");
    assert!(notices.contains("is of gpt-image-2") && notices.contains("gpt-image-1-mini"), "{notices}");

    // A cheaper model that responses does not lower what was held for: the greater amount counts.
    let dear = books("1");
    let cheaper = answered.replace("gpt-image-2", "gpt-image-1-mini");
    assert_eq!(booked(&dear, &body("gpt-image-2", "medium", 1), &cheaper).amount.to_string(), "0.052725");

    // A name that the book does not know is priced as what was held for, and noted.
    let unknown = books("1");
    let renamed = answered.replace("gpt-image-2", "house-model");
    assert_eq!(booked(&unknown, &body("gpt-image-2", "medium", 1), &renamed).amount.to_string(), "0.052725");
}

#[test]
fn a_tier_without_a_price_is_presumed() {
    for tier in ["priority", "flex", "scale"] {
        let books = books("1");
        let response = format!(
            r#"{{"service_tier":"{tier}","data":[{{}}],"usage":{{"input_tokens":9,"output_tokens":196}}}}"#
        );
        let booked = booked(&books, &body("gpt-image-2", "low", 1), &response);
        assert_eq!(booked.state, State::Presumed, "{tier}");
        assert_eq!(booked.amount, only_hold(&books).ceiling, "{tier}");
    }
    let books = books("1");
    let response = r#"{"service_tier":"default","data":[{}],"usage":{"input_tokens":9,"output_tokens":196}}"#;
    assert_eq!(booked(&books, &body("gpt-image-2", "low", 1), response).state, State::Settled);
}

#[test]
fn what_a_response_proves_is_booked_also_above_the_ceiling() {
    let books = books("1");
    let response = r#"{"data":[{"b64_json":""}],"usage":{"output_tokens":7024}}"#;
    let booked_at = booked(&books, &body("gpt-image-2", "low", 1), response);
    assert_eq!((booked_at.state, booked_at.amount.to_string().as_str()), (State::Settled, "0.21072"));
    assert!(booked_at.overrun.nano() > 0);
    // Below the ceiling nobody knows what the rest costs.
    let within = common::books("1");
    let response = r#"{"data":[{"b64_json":""}],"usage":{"output_tokens":100}}"#;
    let presumed = booked(&within, &body("gpt-image-2", "low", 1), response);
    assert_eq!((presumed.state, presumed.amount), (State::Presumed, only_hold(&within).ceiling));
}

#[test]
fn contradicting_counts_are_booked_at_the_greatest_reading() {
    for usage in [
        r#"{"input_tokens":9,"output_tokens":196,"output_tokens":7024}"#,
        r#"{"input_tokens":9,"output_tokens":7024,"output_tokens":196}"#,
        r#"{"input_tokens":9,"output_tokens":196,"output_tokens_details":{"text_tokens":0,"image_tokens":7024}}"#,
        r#"{"input_tokens":9,"output_tokens":7024,"total_tokens":205}"#,
    ] {
        let books = books("1");
        let response = format!(r#"{{"data":[{{}}],"usage":{usage}}}"#);
        let booked = booked(&books, &body("gpt-image-2", "low", 1), &response);
        assert_eq!(booked.amount.to_string(), "0.210765", "{usage}");
    }
}

const EVENT: &str = "data: {\"type\":\"image_generation.completed\",\"usage\":{\"input_tokens\":9,\"output_tokens\":7024}}\n\n";

#[test]
fn a_stream_with_a_part_that_can_t_be_read_is_presumed() {
    for rest in [
        "data: {\"type\":\"image_generation.completed\",\"usage\":{\"input_tok\n\n",
        "data: {\"type\":\"image_generation.completed\",\"usage\":{\"input_tok",
        "data: {\"type\":\"image_generation.completed\" \"usage\":{}}\n\n",
        "data: {\"type\":\"error\",\"error\":{\"code\":\"server_error\"}}\n\n",
    ] {
        let books = books("1");
        let mut request = body("gpt-image-2", "high", 1);
        request["stream"] = json!(true);
        let booked = booked(&books, &request, &format!("{EVENT}{rest}"));
        assert_eq!(booked.state, State::Presumed, "{rest}");
        assert_eq!(booked.amount, only_hold(&books).ceiling, "{rest}");
    }
}

#[test]
fn a_stream_of_fewer_images_than_asked_for_is_presumed() {
    let books = books("1");
    let mut request = body("gpt-image-2", "high", 2);
    request["stream"] = json!(true);
    assert_eq!(booked(&books, &request, &format!("{EVENT}data: [DONE]\n\n")).state, State::Presumed);
    let whole = common::books("1");
    let two = format!("{EVENT}{EVENT}data: [DONE]\n\n");
    let settled = booked(&whole, &request, &two);
    assert_eq!((settled.state, settled.amount.to_string().as_str()), (State::Settled, "0.42153"));
}

/// Two images are held at $0.42; one event reports three times as much for the first of them.
#[test]
fn an_incomplete_stream_is_booked_at_what_it_proves_where_that_is_above_the_ceiling() {
    let dear = EVENT.replace("7024", "42144");
    assert_ne!(dear, EVENT);
    for (rest, broken) in
        [("data: [DONE]\n\n", false), ("", false), ("", true), ("data: {\"type\":\"ima", true)]
    {
        let books = books("5");
        let mut request = body("gpt-image-2", "high", 2);
        request["stream"] = json!(true);
        let guard = guard(&books);
        let text = request.to_string();
        let call = guard.before(PATH, Some("application/json"), text.as_bytes()).unwrap().unwrap();
        let mut watch = call.answered(200);
        watch.feed(format!("{dear}{rest}").as_bytes());
        if broken {
            drop(watch);
        } else {
            watch.end().unwrap();
        }
        let hold = only_hold(&books);
        assert_eq!(hold.state, State::Settled, "{rest:?} {broken}: {:?}", hold.reason);
        assert!(hold.cost.unwrap() > hold.ceiling, "{rest:?} {broken}");
    }
}

/// A call and its holds: cap $0.50, a Responses call that may make eight images.
#[test]
fn a_responses_call_is_held_for_all_that_it_may_draw() {
    let request = json!({"model": "gpt-5", "input": "a red apple", "max_tool_calls": 8,
        "tools": [{"type": "image_generation", "model": "gpt-image-2", "quality": "high", "size": "1024x1024"}]});
    let denied = guard(&books("0.50")).before("/v1/responses", None, request.to_string().as_bytes());
    assert!(denied.is_err(), "eight images of $0.21 are let in under a cap of $0.50");

    let books = books("5");
    let guard = guard(&books);
    let call = guard.before("/v1/responses", None, request.to_string().as_bytes()).unwrap().unwrap();
    let held = call.hold().unwrap().amount();
    let items = vec![json!({"type": "image_generation_call"}); 8];
    let response = json!({"object": "response", "status": "completed", "model": "gpt-5-2025-08-07", "output": items,
        "tools": [{"type": "image_generation", "model": "gpt-image-2"}],
        "usage": {"input_tokens": 2000, "output_tokens": 1300},
        "tool_usage": {"image_gen": {"input_tokens": 80, "output_tokens": 8 * 7024}}});
    let booked = call.after(200, response.to_string().as_bytes()).unwrap();
    assert_eq!(booked.state, State::Settled);
    assert!(booked.amount <= held, "{} of {held}", booked.amount);
}

#[test]
fn the_model_that_writes_an_svg_is_booked_beside_its_image() {
    let body = json!({"model": "gpt-image-2.6-flare", "prompt": "a red apple", "quality": "medium",
        "size": "1024x1024", "svg": {"model": "gpt-6.1-sol"}});
    // 1,756 x 30 and 24 x 5 a million of the image; of the writer 2,000 x 2 and 9,000 x 10.
    let response = r#"{"model":"gpt-image-2.6-flare","data":[{"b64_json":"x"}],
        "usage":{"input_tokens":24,"output_tokens":1756,"input_tokens_details":{"text_tokens":24,"image_tokens":0}},
        "svg_usage":{"model":"MODEL","input_tokens":2000,"output_tokens":9000,"total_tokens":11000}}"#;
    for (model, state, amount) in
        [("gpt-6.1-sol", State::Settled, "0.1468"), ("model-of-tomorrow", State::Presumed, "0.3")]
    {
        let books = books("1");
        let policy =
            imgcost_guard::Policy::default().allow_unpriced("gpt-image-2.6-flare", "0.3".parse().unwrap());
        let guard = builder(&books).policy(policy).build().unwrap();
        let call =
            guard.before(PATH, Some("application/json"), body.to_string().as_bytes()).unwrap().unwrap();
        let booked = call.after(200, response.replace("MODEL", model).as_bytes()).unwrap();
        assert_eq!((booked.state, booked.amount.to_string().as_str()), (state, amount), "{model}");
    }
}
