//! Two commands report the same of one thing.

use crate::common::{file, folder, run};
use serde_json::{Value, json};

/// A model of its own whose image costs $0.2, and $0.2001 from 20 April on.
const RISING: &str = r#"
schema = "imgcost.prices/1"
provider = "openai"

[[model]]
id = "dall-e-3"

[[model.image]]
quality = "standard"
size = "1024x1024"
usd = "0.2"
from = "2026-03-01"
to = "2026-04-19"
reason = "a test"

[[model.image]]
quality = "standard"
size = "1024x1024"
usd = "0.2001"
from = "2026-04-20"
reason = "a test"
"#;

#[test]
fn compare_and_diff_round_a_share_alike() {
    let folder = folder("alike-share");
    let book = file(&folder, "rising.toml", RISING);
    let compare = [
        "compare",
        "--prices",
        &book,
        "-m",
        "dall-e-3",
        "-q",
        "standard",
        "-s",
        "1024x1024",
        "--as-of",
        "2026-04-01,2026-05-01",
        "--baseline",
        "first",
    ];
    let diff = [
        "diff",
        "--prices",
        &book,
        "-p",
        "openai",
        "-m",
        "dall-e-3",
        "--from",
        "2026-04-01",
        "--to",
        "2026-05-01",
    ];
    let half = "+0.1%";
    for words in [compare.as_slice(), diff.as_slice()] {
        let ran = run(words);
        assert!(ran.stdout.split_whitespace().any(|word| word == half), "{ran:?}");
    }
    let compared = run(&[compare.as_slice(), &["-f", "json"]].concat()).json();
    let differs = run(&[diff.as_slice(), &["-f", "json"]].concat()).json();
    let prices = differs["prices"].as_array().unwrap();
    assert_eq!(prices.len(), 1, "{differs}");
    assert_eq!(compared["cells"][1]["delta"]["per_mille"], 1);
    assert_eq!(prices[0]["per_mille"], 1);
}

/// A request for gpt-image-2, and a response that reports 50 tokens of text in its output.
const REQUEST: &str =
    r#"{"model": "gpt-image-2", "quality": "high", "size": "1024x1024", "n": 1, "prompt": "a red apple"}"#;
const RESPONSE: &str = r#"{"created": 1795000000, "data": [{"b64_json": "x"}], "usage": {
    "input_tokens": 9, "output_tokens": 7074,
    "input_tokens_details": {"text_tokens": 9, "image_tokens": 0},
    "output_tokens_details": {"text_tokens": 50, "image_tokens": 7024}}}"#;

/// The verdicts of one response by item, the total's last, and the exit code: of `usage`, and of
/// it over a log of this call alone.
fn judged(name: &str, request: &str, response: &str) -> [(Vec<(String, String)>, i32); 2] {
    let folder = folder(name);
    let body = file(&folder, "request.json", request);
    let response_file = file(&folder, "response.json", response);
    let one_line = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let call = json!({"id": "a", "at": "2026-11-20T10:00:00Z", "request": one_line(request),
        "response": one_line(response)});
    let log = file(&folder, "log.jsonl", format!("{call}\n"));
    let usage = run(&["usage", &response_file, "--request", &body, "--as-of", "2026-11-20", "-f", "json"]);
    let logged = run(&["usage", &log, "-f", "json"]);
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned();
    let comparison = &usage.json()["comparison"];
    let items = comparison["items"].as_array().unwrap().iter();
    let mut by_usage: Vec<_> = items.map(|item| (text(&item["item"]), text(&item["verdict"]))).collect();
    by_usage.push(("total".to_owned(), text(&comparison["total"])));
    let names = ["exact", "expected", "within", "below", "above", "unknown"];
    let document = logged.json();
    let sums = document["all"].as_array().unwrap().iter();
    let by_log: Vec<_> = sums
        .map(|sum| {
            let verdict = names.into_iter().find(|name| sum[*name] == 1);
            (text(&sum["item"]), verdict.unwrap_or_else(|| panic!("{sum}")).to_owned())
        })
        .collect();
    [(by_usage, usage.code), (by_log, logged.code)]
}

#[test]
fn usage_judges_a_response_alone_and_in_a_log_alike() {
    let right = RESPONSE.replace("7074", "7024").replace("\"text_tokens\": 50", "\"text_tokens\": 0");
    let no_prompt = REQUEST.replace(", \"prompt\": \"a red apple\"", "");
    let mini = REQUEST.replace("gpt-image-2", "gpt-image-1-mini");
    let other = right.replacen('{', "{\"model\": \"gpt-image-2\", ", 1);
    let auto = REQUEST.replace("\"quality\": \"high\"", "\"quality\": \"auto\"");
    for (name, request, response, total, code) in [
        ("alike-text-output", REQUEST, RESPONSE, "unknown", 3),
        ("alike-right", REQUEST, right.as_str(), "exact", 0),
        ("alike-no-prompt", no_prompt.as_str(), right.as_str(), "unknown", 4),
        ("alike-no-prompt-above", no_prompt.as_str(), RESPONSE, "unknown", 3),
        ("alike-auto", auto.as_str(), right.as_str(), "within", 0),
        // The model that answered is priced and judged, not the one that was asked for.
        ("alike-model", mini.as_str(), other.as_str(), "exact", 0),
    ] {
        let [alone, logged] = judged(name, request, response);
        assert_eq!(alone, logged, "{name}: alone, then in a log");
        assert_eq!((alone.0.last().unwrap().1.as_str(), alone.1), (total, code), "{name}: {alone:?}");
    }
}

#[test]
fn usage_tells_of_another_model_and_refuses_a_tier_without_a_price() {
    let folder = folder("alike-served");
    let call = |more: &str| {
        let response = RESPONSE.replacen('{', &format!("{{{more}, "), 1);
        json!({"id": "a", "request": serde_json::from_str::<Value>(REQUEST).unwrap(),
            "response": serde_json::from_str::<Value>(&response).unwrap()})
    };
    let logged = |name: &str, more: &str| {
        let log = file(&folder, name, format!("{}\n", call(more)));
        run(&["usage", &log, "-f", "json", "--as-of", "2026-11-20"])
    };
    let other = logged("other.jsonl", r#""model": "gpt-image-2.5-flare""#).json();
    assert!(other["notes"].to_string().contains("another model"), "{other}");
    let tier = logged("tier.jsonl", r#""service_tier": "scale""#);
    assert!(tier.stderr.contains("tier scale") || tier.stdout.contains("tier scale"), "{tier:?}");
    let priority = logged("priority.jsonl", r#""service_tier": "priority""#);
    assert_ne!(priority.code, 0, "{priority:?}");
}

#[test]
fn every_list_marks_a_retired_model() {
    for line in [
        "models gpt-image-1",
        "prices show gpt-image-1 -p openai",
        "compare -m gpt-image-1,gpt-image-2 -q low -s 1024x1024",
        "solve -m gpt-image-1 -q low -s 1024x1024",
        "diff --from 2025-06-01 --to 2026-11-21 -p openai -m gpt-image-1",
    ] {
        for format in ["table", "markdown", "csv", "json"] {
            let words: Vec<&str> = line.split_whitespace().chain(["-f", format]).collect();
            let ran = run(&words);
            assert!(ran.stdout.contains("retired"), "{line} -f {format}: {ran:?}");
        }
    }
}
