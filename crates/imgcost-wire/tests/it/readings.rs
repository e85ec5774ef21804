//! What a response reports of itself, and what its counts may mean.

use crate::support::{BOOK, request};
use imgcost_core::{Charge, Date, Response, ServedTier, Tier};
use imgcost_wire::response as read;
use proptest::prelude::*;
use serde_json::{Value, json};

fn parsed(response: &Value) -> Response {
    read(response.to_string()).unwrap()
}

fn charge(model: &str, response: &str) -> Charge {
    let request = request(&format!("{model} high 1024x1024"));
    BOOK.quote(&request).unwrap().terms().charge(&read(response).unwrap()).unwrap()
}

fn total(model: &str, response: &str) -> (String, String) {
    let total = charge(model, response).total;
    (total.floor.to_string(), total.ceiling.to_string())
}

#[test]
fn a_response_names_its_model_tier_and_day() {
    let images = parsed(&json!({"created": 1_784_500_000, "model": "gpt-image-2", "data": [{}],
        "service_tier": "priority", "usage": {"input_tokens": 9, "output_tokens": 196}}));
    assert_eq!(images.model.as_deref(), Some("gpt-image-2"));
    assert_eq!(images.tier, Some(ServedTier::Known(Tier::Priority)));
    assert_eq!(images.day, Some(Date::constant(2026, 7, 19)));

    let responses = parsed(
        &json!({"object": "response", "created_at": 1_784_500_000, "model": "gpt-5.4-mini",
        "output": [], "service_tier": "scale",
        "tools": [{"type": "web_search"}, {"type": "image_generation", "model": "gpt-image-2"}],
        "usage": {"input_tokens": 2288, "input_tokens_details": {"cached_tokens": 1280}, "output_tokens": 75}}),
    );
    assert_eq!(responses.model.as_deref(), Some("gpt-image-2"));
    assert_eq!(responses.responses_model.as_deref(), Some("gpt-5.4-mini"));
    assert_eq!(responses.tier, Some(ServedTier::Other("scale".to_owned())));
    assert_eq!(responses.usage.responses_cached, Some(1280));

    let plain =
        parsed(&json!({"service_tier": "default", "usage": {"input_tokens": 9, "output_tokens": 196}}));
    assert_eq!((plain.model, plain.tier, plain.day), (None, None, None));
}

#[test]
fn counts_that_contradict_each_other_are_a_range_over_their_readings() {
    for (usage, range) in [
        // 101 tokens can't hold 1,391: the total, or its parts.
        (
            json!({"input_tokens": 101, "input_tokens_details": {"text_tokens": 101, "image_tokens": 1290},
                "output_tokens": 196}),
            ("0.006385", "0.016705"),
        ),
        // Output parts beyond the output.
        (
            json!({"input_tokens": 9, "output_tokens": 196,
                "output_tokens_details": {"text_tokens": 0, "image_tokens": 1756}}),
            ("0.005925", "0.052725"),
        ),
        // What only the total has was thought.
        (json!({"input_tokens": 10, "output_tokens": 196, "total_tokens": 306}), ("0.00593", "0.00893")),
        // The total is less than its parts.
        (json!({"input_tokens": 9, "output_tokens": 1756, "total_tokens": 205}), ("0.005925", "0.052725")),
    ] {
        let response = json!({"data": [{}], "usage": usage});
        let read = parsed(&response);
        assert!(read.contradiction.is_some() && !read.other_readings.is_empty(), "{response}");
        let found = total("gpt-image-2", &response.to_string());
        assert_eq!((found.0.as_str(), found.1.as_str()), range, "{response}");
    }
}

#[test]
fn thoughts_that_only_the_total_has_are_billed_as_text() {
    let request = request("google-gemini-api/gemini-3-pro-image - 1024x1024");
    let terms = BOOK.quote(&request).unwrap().terms();
    let usage = json!({"usage": {"input_tokens": 10, "output_tokens": 1120, "total_tokens": 1355,
        "output_tokens_details": {"image_tokens": 1120, "text_tokens": 0}}});
    let total = terms.charge(&parsed(&usage)).unwrap().total;
    // 225 thoughts at $12 per million on top of $0.13442.
    assert_eq!((total.floor.to_string(), total.ceiling.to_string()), ("0.13442".into(), "0.13712".into()));
}

#[test]
fn a_member_that_is_given_twice_is_two_readings() {
    let range = total(
        "gpt-image-2",
        r#"{"data":[{}],"usage":{"input_tokens":9,"output_tokens":196,"output_tokens":7024}}"#,
    );
    assert_eq!(range, ("0.005925".to_owned(), "0.210765".to_owned()));
    // In either order: the first and the last value both count.
    let other = total(
        "gpt-image-2",
        r#"{"data":[{}],"usage":{"input_tokens":9,"output_tokens":7024,"output_tokens":196}}"#,
    );
    assert_eq!(other, range);
    // The same value twice is one reading.
    let same = r#"{"data":[{}],"usage":{"input_tokens":9,"input_tokens":9,"output_tokens":196}}"#;
    assert_eq!(read(same).unwrap().contradiction, None);
}

#[test]
fn cached_tokens_have_their_own_rate() {
    let cached = r#"{"data":[{}],"usage":{"input_tokens":1500,"output_tokens":1756,
        "input_tokens_details":{"text_tokens":1500,"image_tokens":0,"cached_tokens":1000}}}"#;
    let charge = charge("gpt-image-2", cached);
    assert_eq!(charge.total.ceiling.to_string(), "0.05643");
    assert!(charge.settles && charge.complete);
    let items: Vec<(&str, u64)> =
        charge.lines.iter().map(|line| (line.item.as_str(), line.quantity)).collect();
    assert_eq!(items, [("text_input_cached", 1000), ("text_input", 500), ("image_output", 1756)]);
    // A rate that is not known is at most the ordinary one.
    let unknown = request("gpt-image-1-mini low 1024x1024");
    let terms = BOOK.quote(&unknown).unwrap().terms();
    let mut no_rate = terms;
    no_rate.text_input_cached = None;
    let total = no_rate.charge(&read(cached).unwrap()).unwrap().total;
    assert!(total.floor < total.ceiling && total.expected.is_none());
}

#[test]
fn reasoning_is_text_whether_it_is_counted_among_it_or_beside_it() {
    let request = request("google-gemini-api/gemini-3-pro-image - 1024x1024");
    let terms = BOOK.quote(&request).unwrap().terms();
    for details in [
        json!({"reasoning_tokens": 225, "text_tokens": 0, "image_tokens": 1120}),
        json!({"reasoning_tokens": 225, "text_tokens": 225, "image_tokens": 1120}),
        json!({"reasoning_tokens": 225, "image_tokens": 1120}),
    ] {
        let usage =
            json!({"usage": {"input_tokens": 10, "output_tokens": 1345, "output_tokens_details": details}});
        let total = terms.charge(&parsed(&usage)).unwrap().total;
        assert_eq!(total.floor.to_string(), "0.13712", "{usage}");
        assert!(total.floor == total.ceiling, "{usage}");
    }
}

const COMPLETED: &str =
    r#"{"type":"image_generation.completed","usage":{"input_tokens":9,"output_tokens":7024}}"#;

#[test]
fn a_stream_with_a_part_that_can_t_be_read_is_not_counted_whole() {
    let cut = COMPLETED.get(..60).unwrap();
    let error = r#"{"type":"error","error":{"code":"server_error","message":"boom"}}"#;
    for (rest, uncounted) in [
        (format!("data: {COMPLETED}\n\n"), false),
        (format!("event: x\ndata: {cut}\n\n"), true),
        (format!("data: {cut}"), true),
        (format!("data: {error}\n\n"), true),
        (r#"data: {"type":"image_generation.partial_image","b64_json":""}"#.to_owned(), false),
        ("data: [DONE]\n\n".to_owned(), false),
        (": a comment\n\n".to_owned(), false),
    ] {
        let read = read(format!("data: {COMPLETED}\n\n{rest}")).unwrap();
        assert_eq!(read.uncounted, uncounted, "{rest}");
    }
}

#[test]
fn an_event_on_several_lines_is_one_document() {
    let lines = COMPLETED.replace(',', ",\ndata: ");
    for end in ["\n", "\r\n", "\r"] {
        let stream = format!("data: {COMPLETED}\n\ndata: {lines}\n\n").replace('\n', end);
        let read = read(&stream).unwrap();
        assert_eq!((read.usage.output, read.uncounted), (Some(2 * 7024), false), "{stream}");
        assert_eq!(read.streamed_images, Some(2));
    }
}

#[test]
fn a_stream_that_completes_fewer_images_than_asked_for_does_not_settle() {
    let mut request = request("gpt-image-2 high 1024x1024");
    request.n = 2;
    let quote = BOOK.quote(&request).unwrap();
    let one = format!("data: {COMPLETED}\n\n");
    assert!(!quote.terms().charge(&read(&one).unwrap()).unwrap().settles);
    assert!(quote.terms().charge(&read(one.repeat(2)).unwrap()).unwrap().settles);
    // One document reports them all, however many came.
    let whole = r#"{"data":[{}],"usage":{"input_tokens":9,"output_tokens":7024}}"#;
    assert!(quote.terms().charge(&read(whole).unwrap()).unwrap().settles);
}

fn count() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![1 => Just(None), 4 => (0..3000_u64).prop_map(Some)]
}

proptest! {
    /// Whatever the counts, every reading is between the ends of the charge.
    #[test]
    fn a_charge_covers_every_reading(
        input in count(), text in count(), image in count(),
        output in count(), text_out in count(), image_out in count(), total in count(), cached in count(),
    ) {
        let usage = json!({"data": [{}], "usage": {
            "input_tokens": input, "output_tokens": output, "total_tokens": total,
            "input_tokens_details": {"text_tokens": text, "image_tokens": image, "cached_tokens": cached},
            "output_tokens_details": {"text_tokens": text_out, "image_tokens": image_out}}});
        let response = parsed(&usage);
        let request = request("gpt-image-1.5 high 1024x1024");
        let terms = BOOK.quote(&request).unwrap().terms();
        let all = terms.charge(&response).unwrap().total;
        prop_assert!(all.floor <= all.ceiling);
        for reading in response.readings() {
            let mut alone = response.clone(); alone.usage = *reading; alone.other_readings = Vec::new();
            let one = terms.charge(&alone).unwrap().total;
            prop_assert!(all.floor <= one.floor && one.ceiling <= all.ceiling);
        }
        prop_assert!(response.contradiction.is_none() || !response.other_readings.is_empty());
    }
}

/// What a hold of one low image (196 tokens, $0.005925 at most) makes of a response: whether it
/// settles it, and the most that it may have cost.
fn judged(response: &str) -> (bool, String) {
    let request = request("gpt-image-2 low 1024x1024");
    let terms = BOOK.quote(&request).unwrap().terms();
    let charge = terms.charge(&read(response).unwrap()).unwrap();
    (charge.settles, charge.total.ceiling.to_string())
}

#[test]
fn what_the_total_proves_is_counted_where_a_side_is_missing() {
    let output = r#"{"data":[{}],"usage":{"input_tokens":9,"total_tokens":7033}}"#;
    assert_eq!(judged(output), (true, "0.210765".to_owned()));
    // Nothing but a total: all of it may be output.
    let alone = r#"{"data":[{}],"usage":{"total_tokens":7033}}"#;
    assert_eq!(judged(alone), (false, "0.21099".to_owned()));
    // The input's parts stand in for its sum.
    let parts = r#"{"data":[{}],"usage":{"total_tokens":70000,"output_tokens":196,
        "input_tokens_details":{"text_tokens":9,"image_tokens":0}}}"#;
    assert!(judged(parts).1.parse::<f64>().unwrap() > 2.0);
}

#[test]
fn every_value_of_a_member_that_is_given_often_counts() {
    let middle = r#"{"data":[{}],"usage":{"input_tokens":9,"output_tokens":196,"output_tokens":7024,
        "output_tokens":196}}"#;
    assert_eq!(judged(middle).1, "0.210765");
    for response in [
        // The first usage can't be read.
        r#"{"data":[{}],"usage":{"input_tokens":9,"output_tokens":7024.5},
            "usage":{"input_tokens":9,"output_tokens":196}}"#,
        // Names that are given twice tell of two calls.
        r#"{"data":[{}],"model":"gpt-image-2","model":"gpt-image-1-mini",
            "usage":{"input_tokens":9,"output_tokens":196}}"#,
        r#"{"data":[{}],"service_tier":"priority","service_tier":"default",
            "usage":{"input_tokens":9,"output_tokens":196}}"#,
    ] {
        let parsed = read(response).unwrap();
        assert!(parsed.contradiction.is_some(), "{response}");
        assert!(!judged(response).0, "{response}");
    }
}

#[test]
fn counts_of_the_calling_model_are_read_as_strictly() {
    let mut request = request("gpt-image-2 low 1024x1024");
    request.endpoint = imgcost_core::Endpoint::Responses;
    request.responses_model = Some("gpt-5".to_owned());
    let terms = BOOK.quote(&request).unwrap().terms();
    let charged = |usage: Value| {
        let response = json!({"object": "response", "model": "gpt-5",
            "output": [{"type": "image_generation_call"}], "usage": usage,
            "tool_usage": {"image_gen": {"input_tokens": 49, "output_tokens": 196}}});
        let response = parsed(&response);
        (response.contradiction.is_some(), terms.charge(&response).unwrap())
    };
    let (plain, charge) = charged(json!({"input_tokens": 2288, "output_tokens": 75, "total_tokens": 2363}));
    assert!(!plain && charge.settles);
    for usage in [
        json!({"input_tokens": 2288, "output_tokens": 75, "total_tokens": 1_002_363}),
        json!({"input_tokens": 2288, "output_tokens": 75,
            "output_tokens_details": {"reasoning_tokens": 50_000}}),
        json!({"input_tokens": 2288, "output_tokens": 75, "input_tokens_details": {"cached_tokens": 9000}}),
    ] {
        let (contradicts, charge) = charged(usage.clone());
        assert!(contradicts && charge.total.floor < charge.total.ceiling, "{usage}");
    }
    // Without the caller's usage the call is not known whole, whatever the terms.
    let (_, charge) = charged(Value::Null);
    assert!(!charge.settles);
}

#[test]
fn zeros_do_not_settle_unless_no_image_came() {
    for (response, settles) in [
        (r#"{"usage":{"input_tokens":0,"output_tokens":0}}"#, false),
        (r#"{"usage":{"input_tokens":9,"output_tokens":0}}"#, false),
        (r#"{"data":[{}],"usage":{"input_tokens":9,"output_tokens":0}}"#, false),
        (r#"{"data":[],"usage":{"input_tokens":9,"output_tokens":0}}"#, true),
        (r#"{"usage":{"input_tokens":9,"output_tokens":196}}"#, true),
    ] {
        assert_eq!(judged(response).0, settles, "{response}");
    }
}

#[test]
fn what_a_failed_call_reports_is_counted_and_does_not_settle() {
    for response in [
        r#"{"error":{"message":"x"},"data":[{}],"usage":{"input_tokens":9,"output_tokens":7024}}"#,
        r#"{"error":"boom","data":[{}],"usage":{"input_tokens":9,"output_tokens":7024}}"#,
        r#"{"object":"response","status":"failed","error":{"message":"x"},
            "output":[{"type":"image_generation_call"}],
            "tool_usage":{"image_gen":{"input_tokens":9,"output_tokens":7024}},
            "usage":{"input_tokens":2288,"output_tokens":75}}"#,
    ] {
        let (settles, most) = judged(response);
        assert!(!settles && most.starts_with("0.2107"), "{response}: {most}");
    }
    let nothing = read(r#"{"error":{"message":"rejected"}}"#).unwrap_err();
    assert!(nothing.message().contains("rejected"), "{nothing}");
}

#[test]
fn events_that_name_different_models_are_not_counted_as_one() {
    let event = |more: &str| {
        format!(
            "data: {{\"type\":\"image_generation.completed\"{more},\
             \"usage\":{{\"input_tokens\":9,\"output_tokens\":196}}}}\n\n"
        )
    };
    let (one, two) = (r#","model":"gpt-image-2""#, r#","model":"gpt-image-1-mini""#);
    let stream = |first: &str, second: &str| read(event(first) + &event(second)).unwrap();
    assert!(stream(one, two).uncounted);
    assert!(stream("", r#","service_tier":"batch""#).uncounted);
    // A name that only one of them has is that of both.
    let named = stream(one, "");
    assert_eq!((named.model.as_deref(), named.uncounted), (Some("gpt-image-2"), false));
}

#[test]
fn events_that_can_t_be_read_leave_a_stream_uncounted() {
    for rest in [
        r#"data: {"type":"response.incomplete","response":{"usage":{"output_tokens":-1}}}"#,
        r#"data: {"type":"image_generation.failed","error":"boom"}"#,
        "data: boom",
        "data: [1]",
        r#"data: {"usage":{"output_tokens":"7024"}}"#,
    ] {
        let read = read(format!("data: {COMPLETED}\n\n{rest}\n\n")).unwrap();
        assert!(read.uncounted, "{rest}");
    }
}

#[test]
fn a_bill_that_the_provider_states_is_what_the_call_cost() {
    let terms = BOOK.quote(&request("xai/grok-imagine-image - -")).unwrap().terms();
    for (bill, usd) in [("700000000", "0.07"), ("100000000", "0.01")] {
        let response = format!(r#"{{"data":[{{}}],"usage":{{"cost_in_usd_ticks":{bill}}}}}"#);
        let charge = terms.charge(&read(response).unwrap()).unwrap();
        assert_eq!(
            (charge.total.floor.to_string(), charge.total.ceiling.to_string()),
            (usd.into(), usd.into())
        );
        assert_eq!((charge.by_rates.ceiling.to_string(), charge.settles), ("0.02".to_owned(), true));
    }
}

#[test]
fn a_bill_that_a_relay_states_beyond_the_rates_is_the_most() {
    let request = request("fal/fal-ai/flux/dev - 1024x1024");
    let terms = BOOK.quote(&request).unwrap().terms();
    let total = |response: &str| {
        let total = terms.charge(&read(response).unwrap()).unwrap().total;
        (total.floor.to_string(), total.ceiling.to_string())
    };
    let dearer = r#"{"data":[{}],"usage":{"cost_in_usd_ticks":700000000}}"#;
    assert_eq!(total(dearer), ("0.025".to_owned(), "0.07".to_owned()));
    let none = r#"{"data":[],"usage":{"cost_in_usd_ticks":10000000000}}"#;
    assert_eq!(total(none).1, "1");
    let cost = r#"{"data":[{}],"usage":{"cost":0.04}}"#;
    assert_eq!(total(cost).1, "0.04");
}

#[test]
fn cached_tokens_that_are_not_told_apart_are_a_range() {
    let unsplit = r#"{"data":[{}],"usage":{"input_tokens":1500,"output_tokens":196,
        "input_tokens_details":{"cached_tokens":1000}}}"#;
    let request = request("gpt-image-2 low 1024x1024");
    let mut terms = BOOK.quote(&request).unwrap().terms();
    terms.has_images = true;
    let total = terms.charge(&read(unsplit).unwrap()).unwrap().total;
    // 1,000 cached and 500 uncached, all text; or all of them images.
    assert_eq!((total.floor.to_string(), total.ceiling.to_string()), ("0.00963".into(), "0.01188".into()));
}

#[test]
fn the_calling_model_alone_settles_only_a_response_that_drew_nothing() {
    let mut request = request("gpt-image-2 low 1024x1024");
    request.endpoint = imgcost_core::Endpoint::Responses;
    request.responses_model = Some("gpt-5".to_owned());
    let terms = BOOK.quote(&request).unwrap().terms();
    let caller = json!({"input_tokens": 2288, "output_tokens": 75});
    let settles = |response: Value| terms.charge(&parsed(&response)).unwrap().settles;
    assert!(settles(json!({"object": "response", "output": [], "usage": caller})));
    for response in [
        // It drew, and the image tool's counts are missing.
        json!({"object": "response", "output": [{"type": "image_generation_call"}], "usage": caller}),
        // It does not say what came.
        json!({"object": "response", "usage": caller}),
        json!({"object": "response", "output": [], "usage": {"input_tokens": 0, "output_tokens": 0}}),
    ] {
        assert!(!settles(response.clone()), "{response}");
    }
    let drawing = json!({"type": "response.image_generation_call.partial_image", "partial_image_b64": ""});
    let done = json!({"type": "response.completed",
        "response": {"object": "response", "output": [], "usage": caller}});
    let stream = read(format!("data: {drawing}\n\ndata: {done}\n\n")).unwrap();
    assert!(!terms.charge(&stream).unwrap().settles);
}

#[test]
fn what_a_total_has_beyond_its_parts_is_billed_as_images_where_text_has_no_price() {
    let response = r#"{"data":[{}],"usage":{"input_tokens":9,"output_tokens":196,"total_tokens":100000,
        "output_tokens_details":{"text_tokens":0,"image_tokens":196}}}"#;
    // 9 text tokens at $5 and 99,991 image tokens at $30 a million.
    assert_eq!(judged(response), (true, "2.999775".to_owned()));
}

#[test]
fn one_model_in_several_spellings_is_one_model() {
    let event = |model: &str| {
        let usage = json!({"input_tokens": 9, "output_tokens": 196});
        format!("data: {}\n\n", json!({"type": "image_generation.completed", "model": model, "usage": usage}))
    };
    for other in ["openai/gpt-image-2", "GPT-Image-2", "gpt-image-2-2026-04-21"] {
        let read = read(event("gpt-image-2") + &event(other)).unwrap();
        assert!(!read.uncounted, "{other}");
    }
}

#[test]
fn counts_in_the_words_of_chat_completions_are_read() {
    let response = r#"{"data":[{}],"usage":{"prompt_tokens":9,"completion_tokens":196.0,
        "prompt_tokens_details":{"text_tokens":9,"image_tokens":0}}}"#;
    assert_eq!(judged(response), (true, "0.005925".to_owned()));
}

#[test]
fn a_stated_bill_that_can_t_be_read_does_not_settle() {
    for (usage, settles) in [
        (r#"{"input_tokens":9,"output_tokens":196,"cost":"0.001"}"#, true),
        (r#"{"input_tokens":9,"output_tokens":196,"cost":null}"#, true),
        (r#"{"input_tokens":9,"output_tokens":196,"cost":"a lot"}"#, false),
        (r#"{"input_tokens":9,"output_tokens":196,"cost_in_usd_ticks":-1}"#, false),
    ] {
        assert_eq!(judged(&format!(r#"{{"data":[{{}}],"usage":{usage}}}"#)).0, settles, "{usage}");
    }
}

#[test]
fn several_tools_that_draw_are_not_one_model() {
    let response = parsed(&json!({"object": "response", "model": "gpt-5", "output": [],
        "tools": [{"type": "image_generation", "model": "gpt-image-1-mini"},
            {"type": "image_generation", "model": "gpt-image-2"}],
        "usage": {"input_tokens": 2288, "output_tokens": 75}}));
    assert!(response.uncounted && response.contradiction.is_some());
}

/// A name as Google's own clients in Python write it.
fn snake(name: &str) -> String {
    name.chars().fold(String::new(), |mut snake, letter| {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
        snake
    })
}

fn in_snake(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (snake(name), in_snake(value))).collect()
        }
        Value::Array(items) => items.iter().map(in_snake).collect(),
        other => other.clone(),
    }
}

const GEMINI: &str = r#"{"candidates":[{"content":{"parts":[{"inlineData":{"data":"x"}}]},"finishReason":"STOP"}],
    "modelVersion":"gemini-3-pro-image","usageMetadata":{"promptTokenCount":326,"candidatesTokenCount":2340,
    "totalTokenCount":3003,"toolUsePromptTokenCount":0,"cachedContentTokenCount":8,"thoughtsTokenCount":337,
    "trafficType":"ON_DEMAND_FLEX","promptTokensDetails":[{"modality":"TEXT","tokenCount":326}],
    "candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":2000}]}}"#;

#[test]
fn both_spellings_of_gemini_are_one_response() {
    let camel = read(GEMINI).unwrap();
    assert_eq!((camel.usage.image_output, camel.usage.text_output), (Some(2000), Some(677)));
    assert!(camel.tier.is_some() && camel.model.is_some());
    let value: Value = serde_json::from_str(GEMINI).unwrap();
    assert_eq!(read(in_snake(&value).to_string()).unwrap(), camel);
}

#[test]
fn a_count_of_gemini_that_is_none_is_not_zero() {
    for broken in [r#""tokenCount":"2000""#, r#""tokenCount":-1"#, r#""tokenCount":1.5"#] {
        let body = GEMINI.replace(r#""tokenCount":2000"#, broken);
        assert!(read(&body).is_err(), "{broken}");
        // Among others, the event leaves the counts open, whatever else can't be read after it.
        let list = format!("[{GEMINI},{body},{{\"x\":1}}]");
        assert!(read(list).unwrap().uncounted, "{broken}");
    }
}

#[test]
fn a_bill_of_nothing_is_not_what_a_call_cost() {
    let terms = BOOK.quote(&request("xai/grok-imagine-image - -")).unwrap().terms();
    let charge = terms.charge(&read(r#"{"data":[{}],"usage":{"cost_in_usd_ticks":0}}"#).unwrap()).unwrap();
    assert_eq!(charge.total.ceiling.to_string(), "0.02");
    // With a key of one's own the provider's bill is beside it, with or without the flag.
    let cost = |flag: &str| {
        let usage = format!(r#"{{"cost":0,{flag}"cost_details":{{"upstream_inference_cost":0.04}}}}"#);
        read(format!(r#"{{"data":[{{}}],"usage":{usage}}}"#)).unwrap().stated.unwrap().to_string()
    };
    assert_eq!((cost(""), cost(r#""is_byok":true,"#)), ("0.04".to_owned(), "0.04".to_owned()));
}
