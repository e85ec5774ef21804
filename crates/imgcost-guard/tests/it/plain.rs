//! The plain pair of functions, for any client: blocking ones too.

use std::io::{self, Read};

use crate::common::{self, Books, books, builder, guard, guard_with, image, only_hold, states};
use imgcost_guard::{Call, Policy};
use imgcost_ledger::State;
use serde_json::json;

const PATH: &str = "/v1/images/generations";
const RESPONSE: &str =
    r#"{"data":[{"b64_json":"aaaaaaaaaaaaaaaaaaaa"}],"usage":{"input_tokens":9,"output_tokens":272}}"#;

fn call(books: &Books) -> Call {
    let body = image().to_string();
    guard(books).before(PATH, Some("application/json"), body.as_bytes()).unwrap().unwrap()
}

#[test]
fn a_call_is_booked_by_what_is_said_of_it() {
    let books = books("1");
    assert_eq!(call(&books).after(200, RESPONSE.as_bytes()).unwrap().state, State::Settled);
    assert_eq!(call(&books).after(429, b"").unwrap().state, State::Released);
    assert_eq!(call(&books).not_sent().unwrap().state, State::Released);
    assert_eq!(call(&books).no_response().unwrap().state, State::Presumed);
    assert_eq!(call(&books).after(200, &RESPONSE.as_bytes()[..40]).unwrap().state, State::Presumed);
    drop(call(&books));
    drop(call(&books).answered(200));
    assert_eq!(states(&books)[5..], [State::Presumed, State::Presumed]);
}

#[test]
fn a_response_may_be_watched_piece_by_piece() {
    let books = books("1");
    let mut watch = call(&books).answered(200);
    for byte in RESPONSE.as_bytes() {
        assert_eq!(only_hold(&books).state, State::Held);
        watch.feed(&[*byte]);
    }
    assert_eq!(only_hold(&books).state, State::Settled);
    assert_eq!(watch.end().unwrap().state, State::Settled);
}

#[test]
fn a_reader_is_watched_in_passing() {
    let one = books("1");
    let mut body = String::new();
    call(&one).answered(200).reading(RESPONSE.as_bytes()).read_to_string(&mut body).unwrap();
    assert_eq!((body.as_str(), only_hold(&one).state), (RESPONSE, State::Settled));

    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let other = books("1");
    let mut reading = call(&other).answered(200).reading(RESPONSE.as_bytes()[..30].chain(Broken));
    assert!(reading.read_to_end(&mut Vec::new()).is_err());
    assert_eq!(reading.booked().unwrap().state, State::Presumed);
}

#[test]
fn azure_deployments_stand_for_models() {
    let books = books("5");
    let guard =
        builder(&books).provider("azure-openai").deployment("images-eu", "gpt-image-1").build().unwrap();
    let body = json!({"prompt": "a fox", "size": "1024x1024", "quality": "low"}).to_string();
    let path = "/openai/deployments/images-eu/images/generations?api-version=2025-04-01-preview";
    let call = guard.before(path, Some("application/json"), body.as_bytes()).unwrap().unwrap();
    assert!(only_hold(&books).request.contains("gpt-image-1"));
    call.not_sent().unwrap();
    // A body may name the deployment too, and a name that stands for none is the model's own.
    for model in ["images-eu", "gpt-image-1"] {
        let body =
            json!({"model": model, "prompt": "a fox", "size": "1024x1024", "quality": "low"}).to_string();
        guard
            .before("/openai/v1/images/generations", None, body.as_bytes())
            .unwrap()
            .unwrap()
            .not_sent()
            .unwrap();
    }
    let unknown = "/openai/deployments/other/images/generations";
    assert_eq!(guard.before(unknown, None, body.as_bytes()).unwrap_err().code(), "unknown-model");
}

#[test]
fn a_guard_may_know_which_model_the_api_chooses() {
    let books = books("1");
    let guard = builder(&books).default_model("gpt-image-2").build().unwrap();
    let body = br#"{"prompt":"a fox","size":"1024x1024","quality":"low"}"#;
    assert!(guard.before(PATH, None, body).unwrap().is_some());
}

#[test]
fn chats_are_image_calls_where_the_model_draws() {
    let books = books("1");
    let policy = Policy::default().allow_unpriced("drawing-model", "0.05".parse().unwrap());
    let guard = guard_with(&books, policy);
    let chat = |model: &str| {
        let body = json!({"model": model, "tools": [{}], "messages": [{"role": "user", "content": "a fox"}]});
        guard.before("/v1/chat/completions", None, body.to_string().as_bytes()).unwrap()
    };
    assert!(chat("gpt-5").is_none());
    let call = chat("drawing-model").unwrap();
    let response = br#"{"choices":[{"message":{"content":"![](https://example.com/a.png)"}}]}"#;
    assert_eq!(call.after(200, response).unwrap().amount, common::usd("0.05"));
}

#[test]
fn debug_output_shows_no_prompt() {
    let books = books("1");
    let call = call(&books);
    let text = format!("{call:?} {:?} {:?}", guard(&books), common::holds(&books));
    assert!(!text.contains("fox") && text.contains("h_"), "{text}");
    call.not_sent().unwrap();
}
