//! What of a request body is known, and what becomes of the rest.

use crate::support::{BOOK, TODAY};
use imgcost_core::{CeilingBasis, Code, Error, InputImage, Item, Prompt, Request, Tier, Total};
use imgcost_wire::{Dialect, Measure, ParsedBody};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A prompt takes a token a word, an image has no size.
struct Words;

impl Measure for Words {
    fn prompt(&self, text: &str) -> Prompt {
        Prompt::of_tokens(u64::try_from(text.split_whitespace().count()).unwrap())
    }

    fn image(&self, _: &str) -> InputImage {
        InputImage::Unsized
    }
}

const OF_OPENAI: [Dialect; 4] =
    [Dialect::OpenAiBatch, Dialect::OpenAiChat, Dialect::OpenAiResponses, Dialect::OpenAiImages];

fn read(body: &Value) -> Result<ParsedBody, Error> {
    ParsedBody::of_any(&OF_OPENAI, body, &Request::new("openai", "gpt-image-2", TODAY), &Words)
}

fn total(body: &Value) -> Total {
    *BOOK.quote(&read(body).unwrap().request).unwrap().total()
}

fn notes(body: &Value) -> Vec<&'static str> {
    BOOK.quote(&read(body).unwrap().request).unwrap().note_codes().collect()
}

/// A body with one member more.
fn with(body: &Value, name: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[name] = value;
    body
}

fn images_body() -> Value {
    json!({"model": "gpt-image-2", "prompt": "a red apple", "quality": "low", "size": "1024x1024"})
}

fn responses_body() -> Value {
    json!({"model": "gpt-5", "input": "a red apple",
        "tools": [{"type": "image_generation", "model": "gpt-image-2", "quality": "low", "size": "1024x1024"}]})
}

fn chat_body() -> Value {
    json!({"model": "gpt-4o-image", "messages": [{"role": "user", "content": "a red apple"}]})
}

#[test]
fn an_unknown_field_is_never_free() {
    let exact = total(&images_body());
    let unknown = with(&images_body(), "glitter", json!(1));
    let assumed = total(&unknown);
    assert_eq!((exact.basis, assumed.basis), (CeilingBasis::Proven, CeilingBasis::Assumed));
    assert_eq!(exact.ceiling, assumed.ceiling);
    assert_eq!(notes(&unknown), ["unknown-field"]);
}

#[test]
fn an_unknown_field_is_refused_with_the_nearest_known_one() {
    for (body, field, nearest) in [
        (with(&images_body(), "qualty", json!("high")), "qualty", Some("quality")),
        (with(&images_body(), "num_images", json!(4)), "num_images", None),
        (with(&responses_body(), "max_tool_call", json!(4)), "max_tool_call", Some("max_tool_calls")),
        (with(&chat_body(), "image_options", json!({})), "image_options", None),
    ] {
        let read = read(&body).unwrap();
        let none: [&str; 0] = [];
        let error = read.refuse_unknown(&none).unwrap_err();
        assert_eq!((error.code(), error.nearest_value()), (Code::UnknownField, nearest), "{error}");
        assert!(error.message().contains(field), "{error}");
        assert_eq!(read.refuse_unknown(&[field]), Ok(()));
        assert!(read.refuse_unknown(&["another"]).is_err());
    }
    let mut tool = responses_body();
    tool["tools"][0]["qualty"] = json!("high");
    let none: [&str; 0] = [];
    let error = read(&tool).unwrap().refuse_unknown(&none).unwrap_err();
    assert!(error.message().starts_with("tools.qualty is not"), "{error}");
    assert_eq!(error.nearest_value(), Some("quality"));
}

#[test]
fn fields_that_the_apis_take_are_known() {
    let none: [&str; 0] = [];
    for (body, fields) in [
        (
            images_body(),
            vec!["user", "response_format", "moderation", "background", "output_format", "stream"],
        ),
        (
            responses_body(),
            vec![
                "user",
                "metadata",
                "store",
                "temperature",
                "top_p",
                "tool_choice",
                "include",
                "truncation",
                "text",
                "reasoning",
                "max_output_tokens",
                "safety_identifier",
                "prompt_cache_key",
                "parallel_tool_calls",
                "background",
            ],
        ),
        (chat_body(), vec!["user", "temperature", "max_tokens", "seed", "modalities", "response_format"]),
    ] {
        for field in fields {
            let value = if field == "stream" { json!(true) } else { json!("x") };
            let read = read(&with(&body, field, value)).unwrap();
            assert_eq!(read.refuse_unknown(&none), Ok(()), "{field}");
            assert!(read.request.unseen_context.is_empty(), "{field}");
        }
    }
}

#[test]
fn context_that_the_body_does_not_show_leaves_no_ceiling() {
    for (field, value) in [
        ("previous_response_id", json!("resp_1")),
        ("instructions", json!("be brief")),
        ("conversation", json!("conv_1")),
        ("prompt", json!({"id": "pmpt_1"})),
        ("input", json!([{"type": "image_generation_call", "id": "ig_1"}])),
        ("input", json!([{"type": "item_reference", "id": "msg_1"}])),
        ("input", json!([{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}])),
    ] {
        let body = with(&responses_body(), field, value);
        let total = total(&body);
        assert_eq!((total.expected, total.ceiling), (None, None), "{body}");
        assert!(notes(&body).contains(&"unseen-context"), "{body}");
    }
    let mut search = responses_body();
    search["tools"].as_array_mut().unwrap().push(json!({"type": "web_search"}));
    assert_eq!(total(&search).ceiling, None);
    assert!(total(&responses_body()).ceiling.is_some());
}

#[test]
fn a_body_of_another_api_is_not_taken_for_one_of_the_providers() {
    let body = json!({"contents": [{"parts": [{"text": "a red apple"}]}]});
    let error = read(&body).unwrap_err();
    assert!(error.message().starts_with("the body is in dialect gemini, and openai takes"), "{error}");
    // fal's own fields for size and count, also where the prompt has the name that all have.
    let body =
        json!({"prompt": "a red apple", "image_size": {"width": 2048, "height": 2048}, "num_images": 4});
    let base = Request::new("fal", "fal-ai/flux/dev", TODAY);
    assert!(ParsedBody::of_any(&OF_OPENAI, &body, &base, &Words).is_err());
    let request = ParsedBody::of_any(&[Dialect::Fal], &body, &base, &Words).unwrap().request;
    assert_eq!(BOOK.quote(&request).unwrap().total().ceiling, Some("0.4".parse().unwrap()));
    // A field that nobody has heard of may be the size or the count.
    let body = with(&body, "upscale", json!(4));
    let request = ParsedBody::of_any(&[Dialect::Fal], &body, &base, &Words).unwrap().request;
    assert_eq!(BOOK.quote(&request).unwrap().total().ceiling, None);
}

#[test]
fn a_tier_has_no_price_until_the_book_has_one() {
    for (tier, priced) in [("auto", true), ("default", true), ("flex", false), ("priority", false)] {
        for body in [images_body(), responses_body()] {
            let body = with(&body, "service_tier", json!(tier));
            assert_eq!(total(&body).ceiling.is_some(), priced, "{body}");
            assert_eq!(notes(&body).contains(&"tier-unpriced"), !priced, "{body}");
        }
    }
    let error = read(&with(&images_body(), "service_tier", json!("prioriti"))).unwrap_err();
    assert_eq!((error.code(), error.nearest_value()), (Code::BadInput, Some("priority")));
    // Prices that name no tier are those of the ordinary one.
    let mut request = Request::new("bfl", "flux-2-pro", TODAY);
    request.tier = Tier::Priority;
    assert_eq!(BOOK.quote(&request).unwrap().total().ceiling, None);
}

#[test]
fn a_responses_call_is_held_for_as_many_images_as_it_may_make() {
    let image = |body: &Value, most: Option<u32>| {
        let mut request = read(body).unwrap().request;
        request.responses_images = most;
        let quote = BOOK.quote(&request).unwrap();
        assert_eq!(quote.total().basis, CeilingBasis::Assumed);
        let line = quote.lines().iter().find(|line| line.item == Item::ImageOutput).unwrap();
        (line.quantity.floor, line.quantity.expected, line.quantity.ceiling)
    };
    assert_eq!(image(&responses_body(), None), (0, Some(196), 4 * 196));
    assert_eq!(image(&responses_body(), Some(10)), (0, Some(196), 10 * 196));
    let limited = with(&responses_body(), "max_tool_calls", json!(1));
    assert_eq!(image(&limited, Some(10)), (0, Some(196), 196));
    // The call of the report: eight images at a cap of $0.50 were held as one.
    let eight = with(&responses_body(), "max_tool_calls", json!(8));
    assert_eq!(image(&eight, None).2, 8 * 196);
}

#[test]
fn dated_names_of_calling_models_have_their_rates() {
    let offer = BOOK.offer("openai", "gpt-image-2", TODAY).unwrap();
    let named = |name: &str| offer.text_model(name).map(|model| model.id.as_str());
    assert_eq!(named("gpt-5-2025-08-07"), Some("gpt-5"));
    assert_eq!(named("gpt-5.4-2026-03-05"), Some("gpt-5.4"));
    assert_eq!((named("gpt-5-2025-13-07"), named("-2025-08-07"), named("gpt-6")), (None, None, None));
}

#[test]
fn current_models_are_neither_retired_nor_to_come() {
    let day = imgcost_core::Date::constant(2026, 11, 30);
    let models = BOOK.provider("openai").unwrap().current_models(day);
    let names: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
    assert!(names.contains(&"gpt-image-2") && names.contains(&"gpt-image-2.5-flare"), "{names:?}");
    assert!(!names.contains(&"gpt-image-1") && !names.contains(&"dall-e-3"), "{names:?}");
}

proptest! {
    /// One more field that no table lists never makes a ceiling proven, nor a higher one lower.
    #[test]
    fn one_more_unknown_field_never_gives_a_proven_ceiling(
        name in "x_[a-z]{1,12}",
        value in prop_oneof![Just(json!(1)), Just(json!("a")), Just(json!([{}])), Just(json!({"n": 10}))],
        which in 0..3_usize,
    ) {
        let body = [images_body(), responses_body(), chat_body()][which].clone();
        let mut base = Request::new("openai", "gpt-image-2", TODAY);
        if which == 2 {
            base.provider = "aihubmix".to_owned();
        }
        let total = |body: &Value| {
            let request = ParsedBody::of_any(&Dialect::OPENAI, body, &base, &Words).unwrap().request;
            *BOOK.quote(&request).unwrap().total()
        };
        let (before, after) = (total(&body), total(&with(&body, &name, value)));
        prop_assert_eq!(before.ceiling, after.ceiling);
        prop_assert_eq!(after.basis, CeilingBasis::Assumed);
    }
}

#[test]
fn what_is_no_message_of_texts_and_images_is_context_that_can_t_be_counted() {
    let text = json!({"role": "user", "content": [{"type": "input_text", "text": "a red apple"}]});
    assert!(total(&with(&responses_body(), "input", json!([text]))).ceiling.is_some());
    for item in [
        json!({"id": "msg_1"}),
        json!(5),
        json!({"role": "user", "content": [{"file_id": "f"}]}),
        json!({"role": "user", "content": [{"image_url": "https://example.com/a.png"}]}),
        json!({"role": "user", "content": "a", "attachments": [{}]}),
        json!({"role": "user", "content": "a", "text": "b"}),
        json!({"role": "user", "content": [{"type": "input_text", "text": "a", "image_url": "b"}]}),
    ] {
        let body = with(&responses_body(), "input", json!([text, item]));
        assert_eq!(total(&body).ceiling, None, "{body}");
    }
}

#[test]
fn a_chat_with_tools_is_a_chat() {
    let mut base = Request::new("aihubmix", "gpt-4o-image", TODAY);
    base.provider = "aihubmix".to_owned();
    let body = with(&chat_body(), "tools", json!([{"type": "function"}]));
    let request = ParsedBody::of_any(&Dialect::OPENAI, &body, &base, &Words).unwrap().request;
    assert_eq!(request.unseen_context, ["tools"]);
}

#[test]
fn a_batch_keeps_its_price_list() {
    let line = |tier: &str| {
        let body = with(&images_body(), "service_tier", json!(tier));
        read(&json!({"url": "/v1/images/generations", "body": body}))
    };
    for tier in ["auto", "default"] {
        assert_eq!(line(tier).unwrap().request.tier, Tier::Batch, "{tier}");
    }
    assert_eq!(line("flex").unwrap_err().code(), Code::IllegalCombination);
}

#[test]
fn a_quote_without_a_ceiling_is_not_complete() {
    let body = with(&responses_body(), "previous_response_id", json!("resp_1"));
    let request = read(&body).unwrap().request;
    let quote = BOOK.quote(&request).unwrap();
    assert!(!quote.is_complete() && quote.unpriced().next().is_none());
}

#[test]
fn empty_context_costs_nothing() {
    for empty in [json!([]), json!({}), json!(""), Value::Null] {
        let body = json!({"model": "gpt-image-2", "quality": "low", "size": "1024x1024",
            "messages": [{"role": "user", "content": "a cat", "tool_calls": empty}], "tools": empty});
        assert!(read(&body).unwrap().request.unseen_context.is_empty(), "{empty}");
    }
    let used = json!({"model": "gpt-image-2", "messages": [], "tools": [{"type": "function"}]});
    assert_eq!(read(&used).unwrap().request.unseen_context, ["tools"]);
}
