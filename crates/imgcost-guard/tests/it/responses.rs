//! The Responses API's responses: whose tokens are whose, and when they are all.

use std::num::NonZeroU32;

use crate::common::{Books, books, builder, guard, only_hold};
use imgcost_guard::{Booked, Call, Guard, Policy};
use imgcost_ledger::State;
use serde_json::{Value, json};

const PATH: &str = "/v1/responses";

fn tool() -> Value {
    json!({"type": "image_generation", "model": "gpt-image-2", "size": "1024x1024", "quality": "low"})
}

fn body(tools: &[Value]) -> String {
    json!({"model": "gpt-5", "input": "draw a fox", "tools": tools}).to_string()
}

fn call(guard: &Guard) -> Call {
    guard.before(PATH, Some("application/json"), body(&[tool()]).as_bytes()).unwrap().unwrap()
}

/// A whole response, with one image.
fn response() -> Value {
    json!({
        "id": "resp_1", "object": "response", "status": "completed", "model": "gpt-5",
        "output": [{"type": "image_generation_call", "result": "aGVsbG8="}],
        "usage": {"input_tokens": 50, "output_tokens": 60},
        "tool_usage": {"image_gen": {"input_tokens": 10, "output_tokens": 196}},
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut response = response();
    response[name] = value;
    response
}

fn booked(books: &Books, response: &str) -> Booked {
    call(&guard(books)).after(200, response.as_bytes()).unwrap()
}

#[test]
fn a_response_is_settled_by_the_usage_of_both_models() {
    let books = books("5");
    let settled = booked(&books, &response().to_string());
    assert_eq!(settled.state, State::Settled);
    assert!(only_hold(&books).usage.unwrap().contains("\"responses_input\":50"));
}

#[test]
fn input_without_its_split_may_be_images_of_the_conversation() {
    let split = json!({
        "input_tokens": 10, "output_tokens": 196,
        "input_tokens_details": {"text_tokens": 10, "image_tokens": 0},
    });
    let split = booked(&books("5"), &with("tool_usage", json!({"image_gen": split})).to_string());
    assert!(booked(&books("5"), &response().to_string()).amount > split.amount);
}

#[test]
fn what_does_not_count_both_models_and_the_image_is_presumed() {
    let zeros = json!({"image_gen": {"input_tokens": 0, "output_tokens": 0}});
    for response in [
        with("tool_usage", Value::Null),
        with("usage", Value::Null),
        with("tool_usage", zeros),
        with("tool_usage", json!({"image_gen": {"input_tokens": 10, "output_tokens": 0}})),
    ] {
        let booked = booked(&books("5"), &response.to_string());
        assert_eq!(booked.state, State::Presumed, "{response}");
    }
}

#[test]
fn a_response_that_is_still_running_waits_for_its_result() {
    for status in ["queued", "in_progress"] {
        let books = books("5");
        let mut running = with("status", status.into());
        running["output"] = json!([]);
        let booked = call(&guard(&books)).after(200, running.to_string().as_bytes()).unwrap();
        assert_eq!((booked.state, only_hold(&books).job.unwrap().id.as_str()), (State::Held, "resp_1"));

        // Any guard on the ledger sees the result, and nothing before it changes the hold.
        let other = builder(&books).build().unwrap().for_scope("elsewhere".parse().unwrap());
        let ask = || other.result("https://api.openai.com/v1/responses/resp_1?include[]=x").unwrap();
        for (status, body) in [(200, running.to_string()), (404, "{}".to_owned()), (200, "<html>".to_owned())]
        {
            assert_eq!(ask().unwrap().after(status, body.as_bytes()).unwrap().state, State::Held);
        }
        drop(ask());
        assert_eq!(only_hold(&books).state, State::Held);
        let settled = ask().unwrap().after(200, response().to_string().as_bytes()).unwrap();
        assert_eq!(settled.state, State::Settled);
        assert!(settled.amount < only_hold(&books).ceiling);
        // Asked for again, it is no open call any more; nor is a job of somebody else.
        assert!(ask().is_none() && other.result("/v1/responses/resp_2").unwrap().is_none());
        assert!(other.result("/v1/models/resp_1").unwrap().is_none());
    }
    // Without an id nothing will be found again.
    let mut running = with("status", "queued".into());
    running["id"] = Value::Null;
    assert_eq!(booked(&books("5"), &running.to_string()).state, State::Presumed);
}

#[test]
fn a_job_of_another_call_is_presumed() {
    let books = books("5");
    let guard = guard(&books);
    let running = with("status", "queued".into()).to_string();
    assert_eq!(call(&guard).after(200, running.as_bytes()).unwrap().state, State::Held);
    assert_eq!(call(&guard).after(200, running.as_bytes()).unwrap().state, State::Presumed);
}

#[test]
fn an_image_that_only_its_own_event_shows_is_noticed() {
    let mut completed = response();
    completed["output"] = json!([]);
    completed["tool_usage"]["image_gen"] = json!({"input_tokens": 0, "output_tokens": 0});
    let completed = json!({"type": "response.completed", "response": completed});
    let done = json!({"type": "response.output_item.done", "item": {"type": "image_generation_call"}});
    let stream =
        |events: &[&Value]| events.iter().map(|event| format!("data: {event}\n\n")).collect::<String>();
    assert_eq!(booked(&books("5"), &stream(&[&done, &completed])).state, State::Presumed);
    assert_eq!(booked(&books("5"), &stream(&[&completed])).state, State::Settled);
    let whole = json!({"type": "response.completed", "response": response()});
    assert_eq!(booked(&books("5"), &stream(&[&done, &whole])).state, State::Settled);
}

#[test]
fn two_image_tools_cant_be_quoted() {
    let books = books("5");
    let body = body(&[tool(), tool()]);
    let error = guard(&books).before(PATH, None, body.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("several tools"), "{error}");
}

#[test]
fn a_deployment_in_the_path_is_the_calling_model() {
    let books = books("5");
    let guard =
        builder(&books).deployment("talk", "gpt-5").deployment("images", "gpt-image-2").build().unwrap();
    let mut tool = tool();
    tool["model"] = "images".into();
    let path = "/openai/deployments/talk/responses?api-version=preview";
    let call = guard.before(path, None, body(&[tool]).as_bytes()).unwrap().unwrap();
    let hold = only_hold(&books);
    assert!(hold.request.contains("gpt-image-2") && hold.request.contains("gpt-5"), "{}", hold.request);
    call.not_sent().unwrap();
}

#[test]
fn a_job_of_several_attempts_is_presumed() {
    let books = books("5");
    let policy = Policy::default().attempts(NonZeroU32::new(2).unwrap());
    let guard = builder(&books).policy(policy).build().unwrap();
    let running = with("status", "queued".into()).to_string();
    assert_eq!(call(&guard).after(200, running.as_bytes()).unwrap().state, State::Presumed);
}
