//! `imgcost usage` over a log of the recorded usage of real calls: it finds what docs/accuracy.md counts.

use std::collections::BTreeMap;

use crate::common::{run_with, words};
use serde_json::{Map, Value, json};

#[derive(serde::Deserialize)]
struct File {
    call: Vec<BTreeMap<String, toml::Value>>,
}

/// A recorded call as a line of a log; none where docs/accuracy.md compares nothing.
fn line(call: &BTreeMap<String, toml::Value>) -> Option<Value> {
    let text = |name: &str| call.get(name).and_then(toml::Value::as_str);
    let usage = call["usage"].as_table().unwrap();
    let count = |name: &str| usage.get(name).and_then(toml::Value::as_integer);
    // A Responses API call without a report of its image tool has nothing to compare.
    if text("grade") == Some("illustrative")
        || (count("responses_input").is_some() && count("output_tokens").is_none())
    {
        return None;
    }
    let mut request = Map::new();
    for name in ["model", "quality", "size", "n", "stream", "partial_images", "input_fidelity"] {
        if let Some(value) = call.get(name) {
            request.insert(name.to_owned(), serde_json::to_value(value).unwrap());
        }
    }
    if call.get("mask").and_then(toml::Value::as_bool) == Some(true) {
        request.insert("mask".to_owned(), json!("x"));
    }
    let is_edit = text("endpoint") == Some("edits");
    let images = call.get("images").and_then(toml::Value::as_array).filter(|images| !images.is_empty());
    let knows_images = images.is_some() || text("endpoint") == Some("generations");
    let unsized_images = call.get("unsized_images").and_then(toml::Value::as_integer).unwrap_or(0);
    let images = match images {
        Some(images) => serde_json::to_value(images).unwrap(),
        None if unsized_images > 0 => (0..unsized_images).map(|_| Value::Null).collect(),
        None if is_edit => json!([null, null]),
        None => json!([]),
    };
    // The table leaves out input whose images are not known, and text whose prompt is not known.
    let text_tokens = count("text_tokens").filter(|_| knows_images);
    let image_tokens = count("image_tokens")
        .filter(|_| images.as_array().is_some_and(|images| !images.is_empty()))
        .filter(|_| knows_images || unsized_images > 0);
    let input = count("input_tokens").filter(|_| text("endpoint") == Some("generations"));
    let present = |pairs: Vec<(&str, Option<i64>)>| -> Value {
        pairs
            .into_iter()
            .filter_map(|(name, count)| Some((name.to_owned(), json!(count?))))
            .collect::<Map<_, _>>()
            .into()
    };
    let mut reported = present(vec![("input_tokens", input), ("output_tokens", count("output_tokens"))]);
    reported["input_tokens_details"] =
        present(vec![("text_tokens", text_tokens), ("image_tokens", image_tokens)]);
    reported["output_tokens_details"] = present(vec![
        ("text_tokens", count("output_text_tokens")),
        ("image_tokens", count("output_image_tokens")),
    ]);
    let prompt = call.get("prompt_tokens").filter(|_| knows_images);
    let known = |name: &str| text(name).filter(|word| *word != "auto");
    Some(json!({
        "id": text("id"), "provider": text("provider"), "endpoint": text("endpoint"),
        "request": request, "images": images,
        "prompt_tokens": prompt.map(|tokens| tokens.as_integer()),
        "response": {"quality": known("returned_quality"), "size": known("returned_size"), "usage": reported}
    }))
}

fn log() -> String {
    let calls =
        imgcost_pricing::MEASURED.iter().flat_map(|(_, text)| toml::from_str::<File>(text).unwrap().call);
    calls.filter_map(|call| line(&call)).map(|line| format!("{line}\n")).collect()
}

/// The counts of docs/accuracy.md: exact, expected, within, outside.
fn documented() -> [u64; 4] {
    let text = include_str!("../../../../docs/accuracy.md");
    let row = text.lines().find(|line| line.starts_with("| **all**")).unwrap();
    let counts: Vec<u64> = row.split("**").filter_map(|cell| cell.parse().ok()).collect();
    counts.try_into().unwrap()
}

#[test]
fn recorded_calls_are_found_as_the_document_counts_them() {
    let ran = run_with(&words("usage - --as-returned --as-of 2026-11-21 -f json"), log().as_bytes());
    // The calls outside their quotes are known, and lines of unknown models can't be used.
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let document = ran.json();
    let mut found = [0; 4];
    for sums in document["all"].as_array().unwrap().iter().filter(|sums| sums["item"] != "total") {
        let count = |name: &str| sums[name].as_u64().unwrap();
        for (sum, more) in found.iter_mut().zip([
            count("exact"),
            count("expected"),
            count("within"),
            count("below") + count("above"),
        ]) {
            *sum += more;
        }
    }
    assert_eq!(found, documented(), "{document:#}");
}

#[test]
fn as_they_were_sent_no_bill_passes_its_ceiling_unnoticed() {
    let sent = run_with(&words("usage - --as-of 2026-11-21 -f json"), log().as_bytes()).json();
    let returned =
        run_with(&words("usage - --as-returned --as-of 2026-11-21 -f json"), log().as_bytes()).json();
    let output = |document: &Value, name: &str| {
        let sums = document["all"].as_array().unwrap();
        sums.iter().find(|sums| sums["item"] == "image_output").unwrap()[name].as_u64().unwrap()
    };
    // What the request leaves open is a wider quote: less is exact, and no more is outside.
    assert!(output(&sent, "exact") < output(&returned, "exact"));
    assert!(output(&sent, "above") <= output(&returned, "above"));
    assert_eq!(sent["records"], returned["records"]);
}
