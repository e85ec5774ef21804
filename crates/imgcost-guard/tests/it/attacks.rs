//! Ways past a guard that once worked, and settings that denied every call. docs/guarantees.md has
//! the table of all of them and their tests.

use crate::common::{Books, books, builder, guard, guard_with, image, only_hold, scope, usd};
use imgcost_core::OutcomeResult;
use imgcost_guard::{BuildError, Builder, Call, Error, Guard, Policy, built_in_book};
use imgcost_ledger::{
    Budget, Cap, Change, Error as LedgerError, Ledger, MemoryLedger, NanoUsd, NewHold, SignedDuration, State,
    Window,
};
use serde_json::{Value, json};

const JSON: Option<&str> = Some("application/json");

fn before(books: &Books, path: &str, body: &Value) -> Result<Option<Call>, Error> {
    guard(books).before(path, JSON, body.to_string().as_bytes())
}

#[test]
fn a_path_that_a_looser_server_reads_as_an_image_call_is_one() {
    for path in [
        "/v1/images/./generations",
        "/v1/x/../images/generations",
        "/v1/images/generations;v=1",
        "/v1/images/generations%20",
        "/v1/images/%2567enerations",
        "/v1/images/generations.",
        "/v1\\images\\generations",
        "/v1/images/generations?callback=https://example.com/v1/files",
    ] {
        for host in ["", "https://gateway.example.com"] {
            let address = format!("{host}{path}");
            let nothing = books("0");
            assert!(guard(&nothing).watches("post", &address), "{address}");
            let error = before(&nothing, &address, &image()).expect_err(&address);
            assert!(error.is_over_budget(), "{address}: {error}");
        }
    }
    assert!(guard(&books("0")).watches("Post", "/v1/images/edits"));
    assert!(!guard(&books("0")).watches("GET", "/v1/images/edits"));
}

#[test]
fn lists_without_end_are_refused_before_they_are_read() {
    let mut body = image().to_string();
    body.truncate(body.len() - 1);
    let body = format!(r#"{body},"z":[{}0]}}"#, "0,".repeat(2 << 20));
    for path in ["/v1/images/generations", "/v1/responses", "/v1/chat/completions"] {
        match guard(&books("5")).before(path, JSON, body.as_bytes()) {
            Err(Error::Unreadable { why, .. }) => assert!(why.contains("allowed: 1 MiB"), "{why}"),
            other => panic!("{path}: {other:?}"),
        }
    }
    // An image of that length is read.
    let mut edit = image();
    edit["images"] = json!([{"image_url": format!("data:image/png;base64,{}", "A".repeat(4 << 20))}]);
    let call = before(&books("5"), "/v1/images/edits", &edit).unwrap().unwrap();
    call.not_sent().unwrap();
}

/// Cap $0.50, and every call makes eight images: $3.40 were booked.
#[test]
fn a_responses_call_is_held_for_what_it_may_draw() {
    let tool =
        json!({"type": "image_generation", "model": "gpt-image-2", "size": "1024x1024", "quality": "high"});
    let body = json!({"model": "gpt-5", "input": "eight foxes", "tools": [tool]});
    let drawn = json!({"status": "completed", "model": "gpt-5",
        "output": vec![json!({"type": "image_generation_call", "status": "completed", "result": "x"}); 8],
        "usage": {"input_tokens": 9, "output_tokens": 9, "total_tokens": 18},
        "tool_usage": {"image_gen": {"input_tokens": 72, "output_tokens": 8 * 7024, "total_tokens": 72 + 8 * 7024,
            "input_tokens_details": {"text_tokens": 72, "image_tokens": 0}}}});
    let mut eight = body.clone();
    eight["max_tool_calls"] = json!(8);
    assert!(before(&books("0.50"), "/v1/responses", &body).is_err());
    assert!(before(&books("0.50"), "/v1/responses", &eight).is_err());
    let books = books("5");
    let call = before(&books, "/v1/responses", &eight).unwrap().unwrap();
    let held = call.hold().unwrap().amount();
    let booked = call.after(200, drawn.to_string().as_bytes()).unwrap();
    assert_eq!((booked.state, booked.overrun), (State::Settled, NanoUsd::ZERO));
    assert!(booked.amount <= held && booked.amount > usd("1.6"), "{booked:?}");
}

#[test]
fn a_key_whose_hold_is_closed_gets_no_second_call() {
    let ledger = MemoryLedger::new();
    let budget = Budget::new("team".parse().unwrap(), Window::Total, Cap::Usd(usd("1.1")));
    ledger.set_budget(&budget, "test").unwrap();
    let new = || NewHold::new(scope(), usd("1"), "test").key("job-1");
    let first = ledger.hold(&new()).unwrap();
    let settle = Change::Settle { cost: usd("1"), usage: None };
    ledger.change(&first.hold.id, &settle, "test").unwrap();
    assert!(matches!(ledger.hold(&new()), Err(LedgerError::Conflict { .. })));
}

#[test]
fn what_would_deny_every_call_is_found_when_the_guard_is_built() {
    let books = books("5");
    let error = |builder: Builder| builder.build().unwrap_err();
    for (provider, nearest) in [("azur", None), ("azure-opena", Some("azure-openai"))] {
        match error(builder(&books).provider(provider)) {
            BuildError::NotInBook(why) => assert_eq!(why.nearest_value(), nearest),
            other => panic!("{provider}: {other:?}"),
        }
    }
    let model = error(builder(&books).default_model("gpt-imag-2"));
    assert!(
        matches!(&model, BuildError::NotInBook(why) if why.nearest_value() == Some("gpt-image-2")),
        "{model}"
    );
    let long = "x".repeat(513);
    for by in ["", long.as_str(), "two\nlines"] {
        assert!(matches!(error(builder(&books).by(by)), BuildError::NotForLedgers(_)), "{by:?}");
    }
    for hours in [-1, 24 * 400] {
        let policy = Policy::default().expires_in(SignedDuration::from_hours(hours));
        assert!(error(builder(&books).policy(policy)).to_string().contains("expires_in"));
    }
    // A gateway that the book does not know, and models whose prices its owner does.
    let policy = Policy::default().allow_unpriced("my-model", "0.10".parse().unwrap());
    let guard =
        builder(&books).provider("my-gateway").default_model("my-model").policy(policy).build().unwrap();
    let call = guard.before("/v1/images/generations", JSON, br#"{"prompt":"a fox"}"#).unwrap().unwrap();
    assert_eq!(call.hold().unwrap().amount(), usd("0.10"));
    call.not_sent().unwrap();
}

/// Relays in Lua write counts as `196.0`. What is no number is not guessed at.
#[test]
fn counts_with_a_decimal_point_are_read_where_they_are_whole() {
    for (input, output) in [("9", "196"), ("9.0", "196.0")] {
        let books = books("5");
        let call = before(&books, "/v1/images/generations", &image()).unwrap().unwrap();
        let response =
            format!(r#"{{"data":[{{}}],"usage":{{"input_tokens":{input},"output_tokens":{output}}}}}"#);
        let booked = call.after(200, response.as_bytes()).unwrap();
        assert_eq!(
            (booked.state, booked.amount.to_string().as_str()),
            (State::Settled, "0.005925"),
            "{output}"
        );
    }
    for output in ["196.5", "-196.0", r#""196""#, r#""""#, "true"] {
        let books = books("5");
        let call = before(&books, "/v1/images/generations", &image()).unwrap().unwrap();
        let response = format!(r#"{{"data":[{{}}],"usage":{{"input_tokens":9,"output_tokens":{output}}}}}"#);
        assert_eq!(call.after(200, response.as_bytes()).unwrap().state, State::Presumed, "{output}");
    }
}

/// A storm of refusals by a server that is down: each was presumed at its ceiling.
#[test]
fn an_outage_of_the_provider_need_not_eat_the_budget() {
    let books = books("0.02");
    let guard = guard_with(&books, Policy::default().outcome(503, OutcomeResult::Free));
    for _ in 0..100 {
        let body = image().to_string();
        let call = guard.before("/v1/images/generations", JSON, body.as_bytes()).unwrap().unwrap();
        assert_eq!(call.after(503, b"overloaded").unwrap().state, State::Released);
    }
}

#[test]
fn a_refused_call_of_a_paused_scope_or_of_a_wrong_one_writes_nothing() {
    let books = books("5");
    books.pause(&scope(), "the key leaked", "test").unwrap();
    let error = before(&books, "/v1/images/generations", &image()).unwrap_err();
    assert!(error.to_string().contains("the key leaked"), "{error}");
    books.resume(&scope(), "test").unwrap();
    let call = before(&books, "/v1/images/generations", &image()).unwrap().unwrap();
    call.not_sent().unwrap();
    assert_eq!(only_hold(&books).state, State::Released);
}

/// The route on which OpenRouter draws: all of its calls were denied.
#[test]
fn a_chat_of_openrouter_that_draws_is_held() {
    let body = json!({"model": "google/gemini-2.5-flash-image", "modalities": ["image", "text"],
        "messages": [{"role": "user", "content": "a fox"}]});
    let books = books("5");
    let guard = builder(&books).provider("openrouter").build().unwrap();
    let path = "https://openrouter.ai/api/v1/chat/completions";
    let call = guard.before(path, JSON, body.to_string().as_bytes()).unwrap().unwrap();
    assert!(call.hold().unwrap().amount() > NanoUsd::ZERO);
    call.not_sent().unwrap();
}

#[test]
fn every_provider_of_the_book_can_be_guarded() {
    for provider in built_in_book().providers() {
        let guard: Guard = builder(&books("0")).provider(&provider.id).build().unwrap();
        assert!(guard.watches("POST", "/v1/images/generations"), "{}", provider.id);
    }
}
