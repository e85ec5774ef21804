//! Requests that could be read in two ways are refused, and what a response leaves open counts.

use std::sync::{Arc, Mutex};

use crate::common::{self, books, builder, guard, guard_with, image, only_hold};
use imgcost_core::{Event, Outcome};
use imgcost_guard::{Error, Guard, OnExceed, Policy};
use imgcost_ledger::{NanoUsd, State};
use serde_json::json;

const PATH: &str = "/v1/images/generations";

fn held(guard: &Guard, path: &str, kind: Option<&str>, body: &str) -> Result<NanoUsd, Error> {
    let call = guard.before(path, kind, body.as_bytes())?.unwrap();
    let amount = call.hold().unwrap().amount();
    call.not_sent()?;
    Ok(amount)
}

fn form(fields: &[(&str, &str)]) -> String {
    let base = [
        ("model", "gpt-image-2"),
        ("prompt", "a"),
        ("size", "1024x1024"),
        ("quality", "low"),
        ("image", "u"),
    ];
    let mut body = String::new();
    for (name, value) in base.iter().chain(fields) {
        body.push_str(&format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    body + "--X--\r\n"
}

fn held_form(fields: &[(&str, &str)]) -> Result<NanoUsd, Error> {
    let kind = Some("multipart/form-data; boundary=X");
    held(&guard(&books("5")), "/v1/images/edits", kind, &form(fields))
}

#[test]
fn zero_tokens_beside_a_image_are_presumed() {
    for usage in [
        r#"{"input_tokens":0,"output_tokens":0}"#,
        r#"{"input_tokens":9,"output_tokens":0}"#,
        r#"{"input_tokens":9,"output_tokens":5,"output_tokens_details":{"text_tokens":5,"image_tokens":0}}"#,
    ] {
        let books = books("1");
        let call = guard(&books).before(PATH, None, image().to_string().as_bytes()).unwrap().unwrap();
        let response = format!(r#"{{"data":[{{"b64_json":"x"}}],"usage":{usage}}}"#);
        assert_eq!(call.after(200, response.as_bytes()).unwrap().state, State::Presumed, "{usage}");
    }
}

#[test]
fn a_stream_in_which_one_image_is_not_counted_is_presumed() {
    let counted =
        r#"data: {"type":"image_generation.completed","usage":{"input_tokens":9,"output_tokens":196}}"#;
    for (other, state) in [
        (counted, State::Settled),
        (r#"data: {"type":"image_generation.completed"}"#, State::Presumed),
        (r#"data: {"type":"image_generation.completed","usage":{"output_tokens":196}}"#, State::Presumed),
        (r#"data: {"type":"image_generation.completed","usage":{"output_tokens":-1}}"#, State::Presumed),
    ] {
        let books = books("1");
        let mut body = image();
        body["n"] = json!(2);
        body["quality"] = json!("medium");
        let call = guard(&books).before(PATH, None, body.to_string().as_bytes()).unwrap().unwrap();
        let stream = format!("{counted}\n\n{other}\n\n");
        assert_eq!(call.after(200, stream.as_bytes()).unwrap().state, state, "{other}");
    }
}

#[test]
fn chunks_do_not_decide_which_events_count() {
    let event = "data: {\"type\":\"image_generation.completed\",\"usage\":{\"input_tokens\":9,\"output_tokens\":196}}\n\n";
    let mut costs = Vec::new();
    for chunks in [vec![event, event], vec![event.repeat(2).leak()]] {
        let books = books("1");
        let call = guard(&books).before(PATH, None, image().to_string().as_bytes()).unwrap().unwrap();
        let mut watch = call.answered(200);
        chunks.iter().for_each(|chunk| watch.feed(chunk.as_bytes()));
        costs.push(watch.end().unwrap().amount);
    }
    assert_eq!(costs[0], costs[1]);
}

#[test]
fn with_several_attempts_no_failure_is_free() {
    let books = books("1");
    let guard = guard_with(&books, Policy::default().attempts(3.try_into().unwrap()));
    let call = guard.before(PATH, None, image().to_string().as_bytes()).unwrap().unwrap();
    let booked = call.after(429, b"").unwrap();
    assert!(booked.state == State::Presumed && booked.reason.unwrap().contains("attempts before"));
}

#[test]
fn a_typo_in_a_scope_never_spends_freely() {
    for policy in [OnExceed::Warn, OnExceed::ask(|_| true)] {
        let books = books("1");
        let guard =
            guard_with(&books, Policy::default().on_exceed(policy)).for_scope("teem".parse().unwrap());
        let error = held(&guard, PATH, None, &image().to_string()).unwrap_err();
        assert!(error.code() == "no-budget" && !error.is_over_budget());
    }
}

#[test]
fn a_flag_of_a_form_is_true_or_false() {
    for value in ["true", "TRUE", "1", "false", "False", "0"] {
        held_form(&[("stream", value)]).unwrap();
    }
    for value in ["yes", "on", " true", ""] {
        let error = held_form(&[("stream", value)]).unwrap_err();
        assert!(error.to_string().contains("neither true nor false"), "{error}");
    }
}

#[test]
fn images_under_several_names_add_up() {
    let guard = guard(&books("5"));
    let mut body = json!({"model": "gpt-image-1.5", "prompt": "a", "size": "1024x1024", "quality": "low"});
    let mut amounts = Vec::new();
    for images in
        [json!({"image": ["u", "v"]}), json!({"image": ["u"], "images": ["v"]}), json!({"image[]": "u"})]
    {
        let mut body = body.clone();
        body.as_object_mut().unwrap().extend(images.as_object().unwrap().clone());
        amounts.push(held(&guard, "/v1/images/edits", None, &body.to_string()).unwrap());
    }
    body["image"] = json!(["u", "v"]);
    assert!(amounts[0] == amounts[1] && amounts[2] < amounts[0], "{amounts:?}");
}

#[test]
fn a_member_that_is_given_twice_is_refused() {
    let body = r#"{"model":"gpt-image-2","prompt":"a","n":10,"\u006e":1}"#;
    let error = held(&guard(&books("5")), PATH, None, body).unwrap_err();
    assert!(error.to_string().contains("n is given twice"), "{error}");
}

#[test]
fn errors_show_no_key_and_no_control_characters() {
    let guard = guard(&books("5"));
    let error = held(&guard, "https://user:sk-secret@host/v1/images/edits?k=sk-2", None, "x").unwrap_err();
    assert!(!error.to_string().contains("sk-") && error.to_string().contains("/v1/images/edits"), "{error}");
    let error = held_form(&[("a\u{1b}[31m", "1"), ("a\u{1b}[31m", "2")]).unwrap_err();
    assert!(!error.to_string().contains('\u{1b}') && error.to_string().contains("twice"), "{error}");
}

#[test]
fn debug_output_of_a_half_read_response_shows_nothing_of_it() {
    let books = books("1");
    let call = guard(&books).before(PATH, None, image().to_string().as_bytes()).unwrap().unwrap();
    for chunk in [&b"{\"error\":{\"message\":\"a red fox"[..], b"data: {\"error\":{\"message\":\"a red fox"] {
        let mut scanner = imgcost_wire::Scanner::new();
        scanner.feed(chunk);
        let text = format!("{scanner:?}");
        assert!(!text.contains("fox") && !text.contains("102, 111, 120"), "{text}");
    }
    call.not_sent().unwrap();
}

#[test]
fn a_hold_that_was_presumed_meanwhile_is_no_obstacle() {
    let (books, told) = (books("1"), Arc::new(Mutex::new(Vec::new())));
    let heard = Arc::clone(&told);
    let guard = builder(&books)
        .on_event(common::beside_calls(move |event| heard.lock().unwrap().push(event.to_string())))
        .build()
        .unwrap();
    let call = guard.before(PATH, None, image().to_string().as_bytes()).unwrap().unwrap();
    call.hold().unwrap().presume("expired").unwrap();
    assert_eq!(call.no_response().unwrap().reason.as_deref(), Some("expired"));
    assert!(told.lock().unwrap().is_empty());
    // An image that somebody else had given back is told as what it is.
    let call = guard.before(PATH, None, image().to_string().as_bytes()).unwrap().unwrap();
    call.hold().unwrap().release("by hand").unwrap();
    call.no_response().unwrap_err();
    assert!(told.lock().unwrap()[0].contains("was booked before"));
}

#[cfg(feature = "async")]
#[tokio::test]
async fn async_code_has_the_same_steps() {
    let books = common::slow_books("1");
    let guard = guard(&books);
    let body = image().to_string();
    let call = guard.before_async(PATH, None, body.as_bytes()).await.unwrap().unwrap();
    let response = br#"{"data":[{}],"usage":{"input_tokens":9,"output_tokens":196}}"#;
    assert_eq!(call.after_async(200, response).await.unwrap().state, State::Settled);
    assert_eq!(only_hold(&books).state, State::Settled);
    let call = guard.before_async(PATH, None, body.as_bytes()).await.unwrap().unwrap();
    let mut watched = call.answered(200);
    for chunk in response.chunks(7) {
        watched.feed_async(chunk).await;
    }
    assert_eq!(watched.end_async().await.unwrap().state, State::Settled);
    let mut request = guard.request("gpt-image-2");
    request.prompt = Some(imgcost_core::Prompt::of_tokens(9));
    let hold = guard.hold_async(&request).await.unwrap();
    let free = Outcome::new(Event::Response, Some(429), None, None);
    assert_eq!(hold.failed_async(&free).await.unwrap().state, State::Released);
}
