//! Ten thousand legal calls of mixed kinds that a budget pays for, and as many that it does not.

use crate::common::{Books, books, guard, scope, usd};
use imgcost_guard::Guard;
use imgcost_ledger::{Budget, Cap, NanoUsd, State, Window};
use serde_json::{Value, json};

const CALLS: u64 = 10_000;

/// Choices that are the same in every run.
struct Choices(u64);

impl Choices {
    fn below(&mut self, limit: usize) -> usize {
        // The generator of Knuth's MMIX; its high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// A request as a client sends it.
struct Sent {
    path: &'static str,
    content_type: String,
    body: Vec<u8>,
    /// Whether it may make an image.
    draws: bool,
}

fn json_call(path: &'static str, body: &Value, draws: bool) -> Sent {
    Sent { path, content_type: "application/json".to_owned(), body: body.to_string().into_bytes(), draws }
}

const PROMPTS: [&str; 4] = [
    "a red fox in the snow",
    "x",
    "生成AIチャットボットのアイコンを作成せよ",
    "A wide photograph of a harbour at dawn: fishing boats, gulls, a low sun behind thin cloud, and \
     the reflections of masts in still water. No people, no text.",
];
const MODELS: [&str; 5] =
    ["gpt-image-1.5", "gpt-image-2", "gpt-image-2.5-flare", "gpt-image-2.5-sunburst", "gpt-image-2.6-flare"];

/// A generation with any of the parameters that the API takes.
fn generation(choices: &mut Choices) -> Value {
    let model = choices.of(&MODELS);
    let mut body = json!({"model": model, "prompt": choices.of(&PROMPTS)});
    if !choices.one_in(4) {
        body["quality"] = json!(choices.of(&["low", "medium", "high", "auto"]));
    }
    if !choices.one_in(4) {
        body["size"] = json!(choices.of(&["1024x1024", "1536x1024", "1024x1536", "auto"]));
    }
    if choices.one_in(3) {
        body["n"] = json!(choices.below(10) + 1);
    }
    if choices.one_in(5) {
        body["output_format"] = json!("jpeg");
        body["output_compression"] = json!(choices.below(101));
    }
    for (name, value) in [
        ("background", json!("opaque")),
        ("moderation", json!("low")),
        ("user", json!("user-1")),
        // A field newer than the book.
        ("seed_style", json!(7)),
    ] {
        if choices.one_in(8) {
            body[name] = value;
        }
    }
    if choices.one_in(6) {
        body["stream"] = json!(true);
        body["partial_images"] = json!(choices.below(4));
    }
    body
}

/// An edit as a form: what a client's library sends.
fn edit(choices: &mut Choices) -> Sent {
    // The first bytes of a PNG of 1024 x 1024.
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x04\0\0\0\x04\0\x08\x06\0\0\0".as_slice();
    let mut body = Vec::new();
    let mut text = |name: &str, value: &str| {
        let part = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    };
    text("model", choices.of(&MODELS));
    text("prompt", choices.of(&PROMPTS));
    text("quality", choices.of(&["low", "medium", "high"]));
    text("size", choices.of(&["1024x1024", "1536x1024"]));
    text("n", &(choices.below(4) + 1).to_string());
    for file in 0..=choices.below(3) {
        let head = format!(
            "--b\r\nContent-Disposition: form-data; name=\"image[]\"; filename=\"{file}.png\"\r\n\
             Content-Type: image/png\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(png);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b--\r\n");
    Sent {
        path: "/v1/images/edits",
        content_type: "multipart/form-data; boundary=b".to_owned(),
        body,
        draws: true,
    }
}

fn responses(choices: &mut Choices) -> Value {
    let mut tool = json!({"type": "image_generation", "model": choices.of(&MODELS)});
    if !choices.one_in(3) {
        tool["quality"] = json!(choices.of(&["low", "medium", "high"]));
        tool["size"] = json!(choices.of(&["1024x1024", "1536x1024"]));
    }
    let mut body = json!({
        "model": choices.of(&["gpt-5", "gpt-5-2025-08-07", "gpt-5.4-mini", "gpt-4.1-mini"]),
        "input": choices.of(&PROMPTS), "tools": [tool],
    });
    if choices.one_in(2) {
        body["max_tool_calls"] = json!(choices.below(6) + 1);
    }
    if choices.one_in(4) {
        body["input"] =
            json!([{"role": "user", "content": [{"type": "input_text", "text": choices.of(&PROMPTS)}]}]);
    }
    for (name, value) in [
        ("service_tier", json!("auto")),
        ("reasoning", json!({"effort": "low"})),
        ("tool_choice", json!({"type": "image_generation"})),
        ("stream", json!(true)),
        ("metadata", json!({"order": "7"})),
    ] {
        if choices.one_in(5) {
            body[name] = value;
        }
    }
    body
}

/// A call of a kind that is chosen.
fn sent(choices: &mut Choices) -> Sent {
    match choices.below(10) {
        0..=4 => json_call("/v1/images/generations", &generation(choices), true),
        5 | 6 => edit(choices),
        7 | 8 => json_call("/v1/responses", &responses(choices), true),
        _ => match choices.below(3) {
            0 => {
                let body = json!({"model": "gpt-5", "messages": [{"role": "user", "content": "hello"}]});
                json_call("/v1/chat/completions", &body, false)
            }
            1 => json_call("/v1/responses", &json!({"model": "gpt-5", "input": "hello"}), false),
            _ => {
                json_call("/v1/embeddings", &json!({"model": "text-embedding-3-small", "input": "x"}), false)
            }
        },
    }
}

fn used(books: &Books) -> NanoUsd {
    books.status(None).unwrap().iter().map(|status| status.sums.used()).max().unwrap()
}

#[test]
fn none_of_ten_thousand_calls_that_the_budget_pays_for_is_denied() {
    let books = books("1000000");
    let guard: Guard = guard(&books);
    let mut choices = Choices(1);
    let (mut made, mut passed) = (0, 0);
    for number in 0..CALLS {
        let Sent { path, content_type, body, draws } = sent(&mut choices);
        let call = guard.before(path, Some(&content_type), &body);
        let call = call.unwrap_or_else(|error| {
            panic!("call {number} to {path} is denied: {error}\n{}", String::from_utf8_lossy(&body))
        });
        assert_eq!(call.is_some(), draws, "call {number} to {path}");
        match call {
            Some(call) => {
                assert_eq!(call.not_sent().unwrap().state, State::Released);
                made += 1;
            }
            None => passed += 1,
        }
    }
    assert_eq!(made + passed, CALLS);
    assert!(made > 8_000 && passed > 500, "{made} calls made, {passed} passed");
    assert_eq!(used(&books), NanoUsd::ZERO);
}

#[test]
fn none_of_ten_thousand_calls_that_would_not_fit_crosses_the_cap() {
    let roomy = books("1000000");
    let looking = guard(&roomy);
    let tight = books("0");
    let guard = guard(&tight);
    let mut choices = Choices(2);
    let mut denied = 0;
    while denied < CALLS {
        let Sent { path, content_type, body, draws } = sent(&mut choices);
        if !draws {
            continue;
        }
        // Everything but the last billionth of a dollar that the call needs.
        let call = looking.before(path, Some(&content_type), &body).unwrap().unwrap();
        let ceiling = call.hold().unwrap().amount();
        call.not_sent().unwrap();
        let cap = NanoUsd::new(ceiling.nano() - 1).unwrap();
        let budget = Budget::new("team".parse().unwrap(), Window::Total, Cap::Usd(cap));
        tight.set_budget(&budget, "test").unwrap();
        let error = guard.before(path, Some(&content_type), &body).expect_err("it is let in");
        assert!(error.is_over_budget(), "{error}");
        assert_eq!(used(&tight), NanoUsd::ZERO);
        denied += 1;
    }
}

/// The budget runs dry while calls are made and billed: what is let in is held, what is billed is
/// within its hold, and the sum never passes the cap.
#[test]
fn a_budget_that_runs_dry_is_never_crossed() {
    let cap = usd("200");
    let books = books("200");
    let guard = guard(&books);
    assert_eq!(scope().as_str(), "team/alice");
    let mut choices = Choices(3);
    let (mut settled, mut denied) = (0, 0);
    for _ in 0..CALLS {
        let Sent { path, content_type, body, draws } = sent(&mut choices);
        if !draws || path == "/v1/responses" {
            continue;
        }
        match guard.before(path, Some(&content_type), &body) {
            Ok(call) => {
                let call = call.unwrap();
                // The least that any image takes: far below every ceiling.
                let response = r#"{"data":[{}],"usage":{"input_tokens":7,"output_tokens":54}}"#;
                let booked = call.after(200, response.as_bytes()).unwrap();
                assert_eq!(booked.overrun, NanoUsd::ZERO);
                settled += 1;
            }
            Err(error) => {
                assert!(error.is_over_budget(), "{error}");
                denied += 1;
            }
        }
        assert!(used(&books) <= cap);
    }
    assert!(settled > 1_000, "{settled} settled, {denied} denied");
}
