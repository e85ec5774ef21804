//! `imgcost compare LOG`: what recorded calls would have cost on other models and tiers. And logs
//! of several files.

use serde_json::{Value, json};

use crate::common::{Ran, file, folder, run, run_with, snapshot, words};

/// A call on 2026-11-20: gpt-image-2, high, 1024x1024, 9 prompt tokens and the 6 that the model adds: $0.210795.
fn call(request: Value) -> Value {
    let mut all = json!({"model": "gpt-image-2", "quality": "high", "size": "1024x1024"});
    all.as_object_mut().unwrap().extend(request.as_object().unwrap().clone());
    json!({
        "at": "2026-11-20", "prompt_tokens": 9, "request": all,
        "response": {"data": [{}], "usage": {"input_tokens": 15, "output_tokens": 7024,
            "input_tokens_details": {"text_tokens": 15, "image_tokens": 0}}}
    })
}

/// A response alone, which echoes what was drawn.
fn response(id: &str) -> Value {
    json!({
        "id": id, "created": 1_795_132_801, "model": "gpt-image-2", "quality": "high", "size": "1024x1024",
        "data": [{}], "usage": {"input_tokens": 15, "output_tokens": 7024,
            "input_tokens_details": {"text_tokens": 15, "image_tokens": 0}}
    })
}

fn lines(calls: &[Value]) -> String {
    calls.iter().map(|call| format!("{call}\n")).collect()
}

fn compared(calls: &[Value], flags: &str) -> Ran {
    run_with(&words(&format!("compare - {flags}")), lines(calls).as_bytes())
}

fn candidate<'d>(document: &'d Value, model: &str, tier: &str) -> &'d Value {
    let all = document["candidates"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found = all.filter(|one| text(&one["model"]) == model && text(&one["tier"]) == tier);
    found.next().unwrap_or_else(|| panic!("{document:#}"))
}

/// What a quote comes to.
fn quoted(line: &str) -> String {
    run(&words(&format!("{line} --json"))).json()["total"]["expected"].as_str().unwrap().to_owned()
}

#[test]
fn calls_are_summed_at_every_model_and_ranked_by_the_bill() {
    let calls = [call(json!({})), call(json!({"n": 1}))];
    let ran = compared(&calls, "-m gpt-image-2,gpt-image-2.5-flare,gpt-image-1 --json");
    assert_eq!(ran.code, 0, "{ran:?}");
    let document = ran.json();
    assert_eq!(document["schema"], "imgcost.compare-log/1");
    assert_eq!(
        (&document["actual"]["calls"], &document["actual"]["total"]["expected"]),
        (&json!(2), &json!("0.42159"))
    );
    let models: Vec<&str> =
        document["candidates"].as_array().unwrap().iter().map(|one| one["model"].as_str().unwrap()).collect();
    assert_eq!(models, ["gpt-image-2.5-flare", "gpt-image-1", "gpt-image-2"]);
    for model in models {
        let one = quoted(&format!("{model} high 1024x1024 --prompt-tokens 9 --as-of 2026-11-20"));
        let total = candidate(&document, model, "")["total"]["expected"].as_str().unwrap();
        let twice = 2.0 * one.parse::<f64>().unwrap();
        assert!((total.parse::<f64>().unwrap() - twice).abs() < 1e-9, "{model}: {total} {one}");
    }
    assert_eq!(candidate(&document, "gpt-image-2.5-flare", "")["cheapest"], true);
    assert_eq!(candidate(&document, "gpt-image-2", "")["difference"], "0");
}

#[test]
fn a_tier_alone_is_of_each_calls_own_model_and_usage() {
    let document = compared(&[call(json!({})), response("a")], "--tier batch,flex --json").json();
    let batch = candidate(&document, "", "batch");
    // Half of what was reported, not of a quote.
    assert_eq!((&batch["total"]["expected"], &batch["per_mille"]), (&json!("0.210795"), &json!(-500)));
    let flex = candidate(&document, "", "flex");
    assert_eq!((&flex["moved"], &flex["stay"]), (&json!(0), &json!(2)));
    assert_eq!(
        (&flex["total"]["expected"], &flex["reasons"][0]["code"]),
        (&json!("0.42159"), &json!("unpriced"))
    );
}

#[test]
fn a_response_alone_is_moved_by_what_it_echoes() {
    let with = compared(&[call(json!({}))], "-m gpt-image-2.5-flare,gpt-image-1 --json").json();
    let alone = compared(&[response("a")], "-m gpt-image-1,gpt-image-2.5-flare --json").json();
    assert_eq!(with["candidates"], alone["candidates"]);
    // What the API chose is what another model is asked for.
    let mut auto = call(json!({"quality": "auto", "size": "auto"}));
    auto["response"]["quality"] = json!("high");
    auto["response"]["size"] = json!("1024x1024");
    let auto = compared(&[auto], "-m gpt-image-2.5-flare,gpt-image-1 --json").json();
    assert_eq!(with["candidates"], auto["candidates"]);
}

#[test]
fn calls_that_cannot_move_stay_at_what_they_cost_and_are_counted_by_reason() {
    let calls = [
        call(json!({})),
        call(json!({"stream": true, "partial_images": 1})),
        call(json!({"size": "2048x2048", "quality": "medium"})),
        call(json!({"size": "2048x2048"})),
    ];
    let document = compared(&calls, "-m gpt-image-1 --json --as-of 2026-11-20").json();
    let found = candidate(&document, "gpt-image-1", "");
    assert_eq!((&found["moved"], &found["stay"]), (&json!(2), &json!(2)), "{found:#}");
    let reasons = found["reasons"].as_array().unwrap();
    assert_eq!((reasons.len(), &reasons[0]["field"], &reasons[0]["calls"]), (1, &json!("size"), &json!(2)));
    let batch = compared(&calls, "--tier batch --json").json();
    let fields: Vec<&Value> =
        batch["candidates"][0]["reasons"].as_array().unwrap().iter().map(|reason| &reason["calls"]).collect();
    assert_eq!((fields, &batch["candidates"][0]["moved"]), (vec![&json!(1)], &json!(3)));
    // A model that takes none changes nothing, and is last.
    let none = compared(&calls, "-m dall-e-3,gpt-image-2 --json").json();
    assert_eq!(none["candidates"][1]["model"], "dall-e-3");
    assert_eq!(none["candidates"][1]["total"], none["actual"]["total"]);
    assert_eq!(compared(&calls, "-m dall-e-3").code, 4);
}

#[test]
fn prices_are_of_each_calls_day_or_of_the_day_that_is_given() {
    let mut early = call(json!({}));
    early["at"] = json!("2026-06-01");
    let own = compared(&[early.clone()], "-m gpt-image-2.5-flare --json").json();
    assert_eq!(own["candidates"][0]["reasons"][0]["code"], "before-first-price", "{own:#}");
    let given = compared(&[early], "-m gpt-image-2.5-flare --as-of 2026-11-20 --json").json();
    assert_eq!(given["candidates"][0]["moved"], 1, "{given:#}");
    let days = compared(&[call(json!({}))], "-m gpt-image-2 --since 2026-11-21 --json").json();
    assert_eq!((&days["other_days"], &days["actual"]["calls"]), (&json!(1), &json!(0)));
}

#[test]
fn pages_of_moves() {
    let calls = [
        call(json!({})),
        call(json!({"size": "2048x2048"})),
        json!({"request": {"model": "x"}, "usage": {}}),
    ];
    let flags = "-m gpt-image-2.5-flare,gpt-image-1,dall-e-3 --tier batch,standard --as-of 2026-11-20";
    let ran = compared(&calls, flags);
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    snapshot("compare-log.table", &ran.stdout);
    snapshot("compare-log.csv", &compared(&calls, &format!("{flags} -f csv")).stdout);
}

#[test]
fn what_is_no_log_and_options_of_a_grid_are_refused() {
    let folder = folder("compare-no-log");
    let log = file(&folder, "log.jsonl", lines(&[call(json!({}))]));
    let text = file(&folder, "text.txt", "hello\n");
    for (line, what) in [
        (text.as_str(), "is no log of calls: line 1: not JSON"),
        ("gone.jsonl", "there is no such file"),
        (&format!("{log} -q high"), "only --model, --provider, --tier"),
        (&format!("{log} --rows model"), "only --model, --provider, --tier"),
        (&format!("{log} --tier cheap"), "tier = cheap: no such tier"),
        (&format!("{log} -m gpt-image-9"), "gpt-image-9"),
        (&format!("{log} --until 2026-01-01 --since 2026-02-01"), "until is before since"),
        ("gpt-image-2 --since 2026-11-01", "--since goes with a log of calls"),
    ] {
        let ran = run(&words(&format!("compare {line}")));
        assert_eq!((ran.code, ran.stderr.contains(what)), (2, true), "{line}: {ran:?}");
    }
    let ran = run(&words(&format!("compare {log} --teir batch")));
    assert!(ran.stderr.contains(&format!("try: imgcost compare {log} --tier batch")), "{ran:?}");
}

#[test]
fn several_logs_are_one() {
    let folder = folder("several-logs");
    let one = file(&folder, "a.jsonl", lines(&[response("r1"), response("r2"), response("r2")]));
    let two = file(&folder, "b.jsonl", format!("{}oops\n", lines(&[response("r2"), response("r3")])));
    let ran = run(&words(&format!("usage {one} {two} --json")));
    assert_eq!(ran.code, 4, "{ran:?}");
    let document = ran.json();
    assert_eq!((&document["charged"]["calls"], &document["duplicates"]), (&json!(3), &json!(2)));
    assert_eq!(document["charged"]["total"]["expected"], "0.632385");
    assert_eq!(document["unused_records"][0]["record"], format!("{two}: line 3"));
    let every = run(&words(&format!("usage {one} {two} --no-dedupe --json"))).json();
    assert_eq!(every["charged"]["calls"], 5);
    // One response a file are a log of them.
    let a = file(&folder, "a.json", response("r1").to_string());
    let b = file(&folder, "b.json", format!("{:#}", response("r4")));
    assert_eq!(run(&words(&format!("usage {a} {b} --json"))).json()["charged"]["calls"], 2);
    assert_eq!(run(&words(&format!("compare {a} {b} -m gpt-image-2 --json"))).json()["actual"]["calls"], 2);
    // A word of a request is none of a file.
    let gone = run(&words(&format!("usage {one} gone.jsonl")));
    assert_eq!((gone.code, gone.stderr.contains("there is no such file")), (2, true), "{gone:?}");
    assert_eq!(run(&words(&format!("usage - {one} -"))).code, 2);
}
