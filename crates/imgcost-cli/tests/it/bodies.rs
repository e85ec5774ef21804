//! Request bodies as they would be sent, and responses as they came.

use crate::common::{self, file, folder, run, run_with, snapshot, words};

fn quoted(body: &str, more: &str) -> serde_json::Value {
    let ran = run_with(&words(&format!("--request - -f json {more}")), body.as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.json()
}

#[test]
fn a_body_is_quoted_as_it_would_be_sent() {
    let body = r#"{"model":"gpt-image-2","prompt":"hello world","quality":"low","size":"1024x1024","n":2,"user":"u","glitter":1}"#;
    let refused = run_with(&words("--request - -f json"), body.as_bytes());
    assert_eq!((refused.code, refused.json()["error"]["code"].as_str()), (2, Some("unknown-field")));
    let quote = quoted(body, "--ignore-field glitter");
    assert_eq!(quote["request"]["prompt_tokens"], 2);
    assert_eq!(quote["request"]["n"], 2);
    assert_eq!(quote["total"]["ceiling_basis"], "assumed");
    let note = &quote["notes"][0];
    assert_eq!(note["code"], "unknown-field");
    assert!(note["message"].as_str().unwrap().contains("glitter"));
}

#[test]
fn flags_win_over_the_body() {
    let body = r#"{"model":"gpt-image-2","prompt":"hello world","quality":"low","size":"1024x1024","n":2}"#;
    let quote = quoted(body, "-q high -n 1 --prompt-tokens 7");
    assert_eq!(quote["request"]["quality"], "high");
    assert_eq!(quote["request"]["n"], 1);
    assert_eq!(quote["request"]["prompt_tokens"], 7);
}

#[test]
fn a_responses_body_prices_both_models() {
    let body = r#"{"model":"gpt-5","input":"a cat","tools":[{"type":"image_generation","model":"gpt-image-2","size":"1024x1024","quality":"low"}]}"#;
    let quote = quoted(body, "");
    assert_eq!(quote["request"]["endpoint"], "responses");
    assert_eq!(quote["request"]["responses_model"], "gpt-5");
    assert_eq!(
        quote["lines"].as_array().unwrap().iter().filter(|line| line["item"] == "responses_model").count(),
        2
    );
}

#[test]
fn images_in_a_body_are_measured() {
    // The first bytes of a 2x3 PNG.
    let png = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAYAAAC56t6BAAAAAElFTkSuQmCC";
    let body = format!(
        r#"{{"model":"gpt-image-2","prompt":"x","quality":"low","size":"1024x1024","images":[{{"image_url":"data:image/png;base64,{png}"}},{{"file_id":"f"}}]}}"#
    );
    let quote = quoted(&body, "");
    assert_eq!(quote["request"]["images"], serde_json::json!(["2x3", null]));
    assert_eq!(quote["request"]["endpoint"], "edits");
}

#[test]
fn a_body_without_quality_is_not_given_one_by_settings() {
    let mut command = common::program();
    command.env("IMGCOST_QUALITY", "high").args(words("--request - -f json"));
    let quote = common::finish(&mut command, br#"{"model":"gpt-image-2","size":"1024x1024"}"#).json();
    assert_eq!(quote["request"]["quality"], "auto");
}

#[test]
fn what_is_no_body_is_refused() {
    for body in ["", "[]", "7", "{", "{\"n\":\"two\"}", "{\"size\":\"1024*1024\"}", "{\"tools\":[]}"] {
        let ran = run_with(&words("--request - -f json"), body.as_bytes());
        assert_eq!(ran.code, 2, "{body}: {ran:?}");
        assert_eq!(ran.json()["schema"], "imgcost.error/1", "{body}");
    }
}

const RESPONSE: &str = r#"{"created":1,"quality":"high","size":"1536x1024","data":[{"b64_json":"xxxx"},{"b64_json":"y"}],
    "usage":{"input_tokens":28,"output_tokens":10976,"input_tokens_details":{"text_tokens":28,"image_tokens":0}}}"#;

#[test]
fn a_response_is_priced_by_what_it_reports_and_echoes() {
    let ran = run_with(&words("usage - -m gpt-image-2 -f json"), RESPONSE.as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
    let charge = ran.json();
    assert_eq!(charge["schema"], "imgcost.usage/1");
    assert_eq!(charge["total"]["expected"], "0.32942");
    assert_eq!(charge["response"]["images"], 2);
    assert!(charge.get("comparison").is_none());
}

#[test]
fn with_the_request_quote_and_bill_are_compared() {
    let call = "usage - -m gpt-image-2 -q high -s 1536x1024 -n 2";
    for format in ["table", "json", "csv"] {
        let ran = run_with(&words(&format!("{call} --prompt-tokens 8 -f {format}")), RESPONSE.as_bytes());
        assert_eq!(ran.code, 0, "{ran:?}");
        snapshot(&format!("usage.{format}"), &ran.stdout);
    }
    let outside = run_with(&words(&format!("{call} --prompt-tokens 7 -f json")), RESPONSE.as_bytes()).json();
    assert_eq!(outside["comparison"]["items"][0]["verdict"], "above");
    assert_eq!(outside["comparison"]["difference"], "0.00001");
}

#[test]
fn streams_and_large_responses_are_read() {
    let image = "A".repeat(3 << 20);
    let stream = format!(
        "event: image_generation.partial_image\ndata: {{\"type\":\"image_generation.partial_image\",\"b64_json\":\"{image}\"}}\n\n\
         data: {{\"type\":\"image_generation.completed\",\"b64_json\":\"{image}\",\"quality\":\"low\",\"size\":\"1024x1024\",\
         \"usage\":{{\"input_tokens\":16,\"output_tokens\":196,\"input_tokens_details\":{{\"text_tokens\":16,\"image_tokens\":0}}}}}}\n\ndata: [DONE]\n"
    );
    let ran = run_with(&words("usage - -m gpt-image-2 -f json"), stream.as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.json()["total"]["expected"], "0.00596");
}

#[test]
fn a_response_that_does_not_settle_is_noted() {
    let ran = run_with(
        &words("usage - -p aihubmix -m gpt-image-1 -q high -s 1024x1024 -f json"),
        br#"{"usage":{"input_tokens":9,"output_tokens":4160}}"#,
    );
    assert_eq!(ran.code, 4, "{ran:?}");
    assert_eq!(ran.json()["settles"], false);
}

#[test]
fn what_is_no_response_is_refused() {
    let folder = folder("answers");
    for (index, text) in [
        "",
        "hello",
        "{",
        "[]",
        "{}",
        "{\"error\":{\"message\":\"blocked\"}}",
        "{\"usage\":{\"input_tokens\":-1}}",
    ]
    .iter()
    .enumerate()
    {
        let path = file(&folder, &format!("{index}.json"), text);
        let ran = run(&["usage", &path, "-f", "json"]);
        assert_eq!(ran.code, 2, "{text}: {ran:?}");
        assert_eq!(ran.json()["schema"], "imgcost.error/1");
    }
}

#[test]
fn usage_that_nobody_described_is_charged_at_the_dearest_split() {
    let ran = run_with(
        &words("usage - -m gpt-image-1 -f json"),
        br#"{"usage":{"input_tokens":388,"output_tokens":272}}"#,
    );
    let total = &ran.json()["total"];
    assert_eq!(
        (total["floor"].as_str(), total["ceiling"].as_str()),
        (Some("0.01282"), Some("0.01476")),
        "{ran:?}"
    );
}

#[test]
fn usage_without_input_counts_does_not_settle() {
    let arguments =
        ["usage", "-", "-m", "gpt-image-1", "-q", "low", "-s", "1024x1024", "--prompt-tokens", "10"];
    let ran = run_with(&arguments, br#"{"usage":{"output_tokens":272}}"#);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stdout.contains("ceiling, $0.01096") && ran.stdout.contains("at least 0.01088"), "{ran:?}");
    let json =
        run_with(&words("usage - -m gpt-image-1 -f json"), br#"{"usage":{"output_tokens":272}}"#).json();
    assert!(json["total"]["ceiling"].is_null() && json["total"]["expected"].is_null(), "{json}");
}

#[test]
fn a_response_that_used_nothing_cost_nothing() {
    let zeros = br#"{"usage":{"input_tokens":0,"output_tokens":0}}"#;
    assert_eq!(run_with(&words("usage - -m gpt-image-1"), zeros).code, 4, "not counted yet");
    let none = br#"{"data":[],"usage":{"input_tokens":0,"output_tokens":0}}"#;
    let ran = run_with(&words("usage - -m gpt-image-1 -f json"), none);
    assert_eq!((ran.code, ran.json()["total"]["ceiling"].as_str().unwrap().to_owned()), (0, "0".to_owned()));
}

#[test]
fn a_chat_response_settles_a_model_that_is_billed_by_the_call() {
    let response =
        br#"{"choices":[{"message":{"content":"done"}}],"usage":{"prompt_tokens":9,"completion_tokens":1}}"#;
    let ran = run_with(&["usage", "-", "-p", "aihubmix", "-m", "gpt-4o-image", "-f", "json"], response);
    assert_eq!(
        (ran.code, ran.json()["total"]["ceiling"].as_str().unwrap().to_owned()),
        (0, "0.005".to_owned()),
        "{ran:?}"
    );
}

#[test]
fn a_body_that_names_no_drawing_model_says_so() {
    let body = br#"{"model":"gpt-5","input":"draw a cat","tools":[{"type":"image_generation","quality":"low","size":"1024x1024"}]}"#;
    let quote = run_with(&["--request", "-", "-f", "json"], body).json();
    assert_eq!(
        (quote["model"].as_str(), quote["model_defaulted"].as_bool()),
        (Some("gpt-image-1"), Some(true))
    );
    let noted = |quote: &serde_json::Value, code: &str| {
        quote["notes"].as_array().unwrap().iter().find(|note| note["code"] == code).cloned()
    };
    assert!(noted(&quote, "model-defaulted").is_some(), "{quote}");
    // A cap judges the price, and no price is that of a guess.
    let judged = run_with(&["--request", "-", "-f", "json", "--cap", "5"], body);
    assert_eq!((judged.code, judged.json()["error"]["code"].as_str()), (2, Some("no-model")));
    // No note names another model than the one that is quoted.
    let flag = run_with(&["--request", "-", "-f", "json", "-m", "gpt-image-2"], body).json();
    assert!(!flag["notes"].to_string().contains("gpt-image-1"), "{flag}");
    let mut set = common::program();
    let set = set.env("IMGCOST_MODEL", "gpt-image-2").args(["--request", "-", "-f", "json"]);
    let set = common::finish(set, body).json();
    let note = noted(&set, "model-assumed").unwrap();
    assert!(note["message"].as_str().unwrap().contains("gpt-image-2"), "{note}");
}

#[test]
fn a_body_of_another_api_without_a_model_is_no_call_of_openai() {
    let gemini = r#"{"contents":[{"parts":[{"text":"a red apple"}]}]}"#;
    let fal = r#"{"prompt":"a red apple","image_size":"square_hd","num_images":2}"#;
    for (body, more, model) in [
        (gemini, "", "gemini-3-pro-image"),
        (gemini, "--dialect gemini", "gemini-3-pro-image"),
        (fal, "", "fal-ai/flux/dev"),
    ] {
        let ran = run_with(&words(&format!("--request - -f json {more}")), body.as_bytes());
        let error = &ran.json()["error"];
        assert_eq!((ran.code, error["code"].as_str()), (2, Some("no-model")), "{ran:?}");
        let allowed = error["allowed"].as_array().unwrap();
        assert!(allowed.iter().any(|name| name == model) && allowed.iter().all(|name| name != "gpt-image-1"));
        assert_eq!(quoted(body, &format!("{more} -m {model}"))["model"], model);
    }
    // OpenAI's own has a default.
    assert_eq!(quoted(r#"{"prompt":"a red apple"}"#, "")["model"], "gpt-image-1");
}

#[test]
fn the_model_of_a_body_tells_its_provider_and_dialect() {
    let seedream = r#"{"model":"seedream-4-0-250828","prompt":"a fox","size":"2K","watermark":false}"#;
    let xai = r#"{"model":"grok-imagine-image","prompt":"a fox","n":2,"resolution":"2k"}"#;
    let version = r#"{"version":"black-forest-labs/flux-1.1-pro","input":{"prompt":"a fox"}}"#;
    let digest = r#"{"version":"abc123","input":{"prompt":"a fox"}}"#;
    for (body, provider, total) in
        [(seedream, "byteplus", "0.03"), (xai, "xai", "0.04"), (version, "replicate", "0.04")]
    {
        let quote = quoted(body, "");
        assert_eq!(quote["provider"], provider, "{quote}");
        assert_eq!(quote["total"]["ceiling"], total, "{quote}");
    }
    assert_eq!(run_with(&words("--request - --dialect replicate"), digest.as_bytes()).code, 2);
}
