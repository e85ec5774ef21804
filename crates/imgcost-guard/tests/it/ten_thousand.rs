//! Ten thousand legal calls of mixed kinds that a budget pays for, and as many that it does not.

use std::collections::BTreeMap;

use crate::common::{Books, books, builder, guard, scope, usd};
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

/// A provider with an API of its own, a path of it, the body of a legal call, and what answers it, and the bill
/// for that by the provider's price list.
type Native = (&'static str, &'static str, Value, Value, NanoUsd);

/// A call of another provider than OpenAI, with sizes and counts that its API takes.
fn native(choices: &mut Choices) -> Native {
    let prompt = choices.of(&PROMPTS);
    let n = choices.below(4) + 1;
    match choices.below(4) {
        0 => {
            let size = choices.of(&["1K", "2K", "4K"]);
            let body = json!({"contents": [{"parts": [{"text": prompt}]}],
                "generationConfig": {"imageConfig": {"imageSize": size}}});
            let answer = json!({"candidates": [{"content": {"parts": [{"inlineData": {"data": "x"}}]}}],
                "modelVersion": "gemini-3-pro-image",
                "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1120, "totalTokenCount": 1121,
                    "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}]}});
            let bill = usd("0.134402");
            ("google-gemini-api", "/v1beta/models/gemini-3-pro-image:generateContent", body, answer, bill)
        }
        1 => {
            let body = json!({"prompt": prompt, "image_size": "square_hd", "num_images": n});
            let image = json!({"url": "u", "width": 1024, "height": 1024});
            let bill = NanoUsd::new(25_000_000 * u64::try_from(n).unwrap()).unwrap();
            ("fal", "https://queue.fal.run/fal-ai/flux/dev", body, json!({"images": vec![image; n]}), bill)
        }
        2 => {
            let body = json!({"prompt": prompt, "width": 1024, "height": 1024});
            let answer =
                json!({"id": "x", "status": "Ready", "result": {"sample": "u"}, "cost": 3, "output_mp": 1});
            ("bfl", "/v1/flux-2-pro", body, answer, usd("0.03"))
        }
        _ => {
            let body =
                json!({"model": "gpt-image-2", "prompt": prompt, "size": "1024x1024", "quality": "low"});
            let answer = json!({"data": [{}], "usage": {"input_tokens": 7, "output_tokens": 196}});
            ("azure-openai", "/openai/v1/images/generations", body, answer, usd("0.005915"))
        }
    }
}

/// A replay of calls to several providers on one budget that runs dry: a call for whose ceiling
/// there is room is never denied, no call is let in for whose ceiling there is none, and what is
/// booked is the sum of the bills.
fn replay(calls: u64, cap: &str, seed: u64) {
    let (books, limit) = (books(cap), usd(cap));
    // What calls would be held at, by a ledger with room for all of them.
    let roomy = crate::common::books("1000000");
    let mut guards: BTreeMap<&str, (Guard, Guard)> = BTreeMap::new();
    let mut choices = Choices(seed);
    let mut bills = NanoUsd::ZERO;
    let (mut affordable, mut denied_affordable, mut refused, mut whole) = (0_u64, 0_u64, 0_u64, 0_u64);
    for number in 0..calls {
        let (provider, sent, answer) = match choices.below(3) {
            0 => {
                let (provider, path, body, answer, bill) = native(&mut choices);
                (provider, json_call(path, &body, true), Some((answer, bill)))
            }
            _ => ("openai", sent(&mut choices), None),
        };
        let Sent { path, content_type, body, draws } = sent;
        let (guard, looking) = guards.entry(provider).or_insert_with(|| {
            let of = |books: &Books| builder(books).provider(provider).build().unwrap();
            (of(&books), of(&roomy))
        });
        let told = |error: &dyn std::fmt::Display| format!("call {number} to {provider} {path}: {error}");
        let look = looking
            .before(path, Some(&content_type), &body)
            .unwrap_or_else(|error| panic!("{}", told(&error)));
        let Some(look) = look else {
            assert!(!draws, "{}", told(&"passes"));
            continue;
        };
        let ceiling = look.hold().unwrap().amount();
        look.not_sent().unwrap();
        let fits = used(&books).checked_add(ceiling).is_some_and(|sum| sum <= limit);
        affordable += u64::from(fits);
        match guard.before(path, Some(&content_type), &body) {
            Err(error) => {
                assert!(error.is_over_budget(), "{}", told(&error));
                denied_affordable += u64::from(fits);
                refused += u64::from(!fits);
            }
            Ok(call) => {
                assert!(fits, "{}", told(&"is let in"));
                let call = call.unwrap();
                // Usage is whole, is missing, or the call was never sent.
                let booked = match (answer, choices.below(10)) {
                    (_, 0) => call.not_sent().unwrap(),
                    (_, 1) => call.no_response().unwrap(),
                    (Some((answer, bill)), _) => {
                        let booked = call.after(200, answer.to_string().as_bytes()).unwrap();
                        assert_eq!((booked.state, booked.amount), (State::Settled, bill), "{provider}");
                        booked
                    }
                    (None, _) if path == "/v1/responses" => call.no_response().unwrap(),
                    (None, _) => {
                        let answer = r#"{"data":[{}],"usage":{"input_tokens":7,"output_tokens":54}}"#;
                        call.after(200, answer.as_bytes()).unwrap()
                    }
                };
                match booked.state {
                    State::Released => assert_eq!(booked.amount, NanoUsd::ZERO),
                    State::Presumed => assert_eq!(booked.amount, ceiling),
                    State::Settled => whole += 1,
                    State::Held => panic!("{}", told(&"is open")),
                }
                assert!(booked.amount <= ceiling, "{}", told(&"is above its ceiling"));
                bills = bills.checked_add(booked.amount).unwrap();
            }
        }
        assert_eq!(used(&books), bills, "{}", told(&"the books are not the bills"));
        assert!(bills <= limit);
    }
    let share = 1000 * denied_affordable;
    assert!(share <= affordable, "{denied_affordable} of {affordable} affordable calls are denied");
    assert!(affordable > calls / 2 && refused > 0 && whole > calls / 20, "{affordable} {refused} {whole}");
}

#[test]
fn a_replay_of_mixed_calls_denies_none_that_fits_and_books_the_bills() {
    replay(500, "60", 4);
}

#[test]
fn a_replay_of_ten_thousand_mixed_calls_denies_none_that_fits_and_books_the_bills() {
    replay(CALLS, "1200", 5);
}
