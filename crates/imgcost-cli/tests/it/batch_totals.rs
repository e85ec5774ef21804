//! Batches: sums by model, quality, tag and so on.

use std::fmt::Write as _;

use crate::common::{Ran, run_with, snapshot, words};
use serde_json::{Value, json};

const ROWS: &str = r#"{"id":"a","model":"gpt-image-2","quality":"high","size":"1024x1024","n":2,"prompt_tokens":50,"tags":{"team":"red"}}
{"id":"b","model":"gpt-image-2","quality":"low","size":"1024x1024","n":3,"prompt_tokens":50,"tags":{"team":"red"}}
{"id":"c","model":"gpt-image-1","quality":"low","size":"1024x1024","prompt_tokens":50,"tags":{"team":"blue"}}
{"id":"d","model":"gpt-image-2","quality":"low","size":"1000x1000","prompt_tokens":50,"tags":{"team":"red"}}
{"id":"e","model":"gpt-image-2","qualty":"low","tags":{"team":"blue"}}
not json
{"id":"g","provider":"new-api","model":"gpt-image-2","quality":"low","size":"1024x1024","prompt_tokens":9}
{"id":"h","model":"gpt-image-2","prompt_tokens":9,"tags":{"team":"blue"}}
"#;

fn batch(options: &str) -> Ran {
    run_with(&words(&format!("batch - {options}")), ROWS.as_bytes())
}

fn groups(ran: &Ran) -> Vec<Value> {
    ran.lines().last().unwrap()["summary"]["groups"].as_array().unwrap().clone()
}

#[test]
fn groups_are_where_the_summary_is() {
    for format in ["json", "csv", "table", "markdown"] {
        let ran = batch(&format!("-f {format} --summary --by model,tag:team --by quality"));
        assert_eq!(ran.code, 4);
        let is_said = ran.stderr.lines().any(|line| line.starts_with("imgcost: "));
        assert_eq!(is_said, matches!(format, "json" | "csv"), "{}", ran.stderr);
        snapshot(&format!("batch-totals.{format}"), &ran.stdout);
    }
    // A spreadsheet would add groups to the rows that they are made of.
    let csv = batch("-f csv --by model,tag:team --by quality");
    assert_eq!(csv.stdout, batch("-f csv").stdout);
    let table = batch("-f table --by model,tag:team --by quality");
    assert_eq!(table.stdout, batch("-f table").stdout);
    assert!(table.stderr.ends_with(&csv.stderr), "{table:?}");
    snapshot("batch-totals.stderr", &table.stderr);
}

#[test]
fn every_row_is_in_a_group_and_groups_add_up() {
    for keys in [
        "model",
        "quality",
        "size",
        "provider",
        "endpoint",
        "day",
        "month",
        "tag:team",
        "tag:none",
        "model,quality,size,tag:team",
    ] {
        let ran = batch(&format!("-f jsonl --summary --by {keys}"));
        let summary = ran.lines().last().unwrap()["summary"].clone();
        for count in ["rows", "quoted", "images", "errors", "unpriced"] {
            let sum: u64 = groups(&ran).iter().map(|group| group[count].as_u64().unwrap()).sum();
            assert_eq!(summary[count], sum, "{keys} {count}");
        }
        let nano = |value: &Value| {
            let text = value["total"]["floor"].as_str().unwrap_or("0");
            let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
            format!("{whole}{rest:0<12}").parse::<u64>().unwrap()
        };
        assert_eq!(nano(&summary), groups(&ran).iter().map(nano).sum::<u64>(), "{keys}");
    }
}

#[test]
fn a_row_in_error_counts_where_its_group_is_known() {
    let by = |keys: &str, by: Value| {
        let groups = groups(&batch(&format!("-f jsonl --summary --by {keys}")));
        groups.into_iter().find(|group| group["by"] == by).unwrap_or_else(|| panic!("{keys}: {by}"))
    };
    assert_eq!(by("model", json!({"model": "gpt-image-2"}))["errors"], 2);
    assert_eq!(by("model", json!({"model": null}))["errors"], 1);
    assert_eq!(by("tag:team", json!({"tag:team": "red"}))["errors"], 1);
    assert_eq!(by("tag:team", json!({"tag:team": null}))["rows"], 2);
    // A size that is wrong and a quality that is misspelt belong to no group.
    assert_eq!(by("size", json!({"size": null}))["errors"], 3);
    assert_eq!(by("quality", json!({"quality": "low"}))["errors"], 1);
}

#[test]
fn what_is_unpriced_stays_so_in_its_group() {
    let groups = groups(&batch("-f jsonl --summary --by provider"));
    let new_api = groups.iter().find(|group| group["by"]["provider"] == "new-api").unwrap();
    assert_eq!(new_api["unpriced"], 1);
    assert_eq!(new_api["total"]["ceiling"], Value::Null);
    let openai = groups.iter().find(|group| group["by"]["provider"] == "openai").unwrap();
    assert!(openai["total"]["ceiling"].is_string(), "{openai}");
}

#[test]
fn unknown_keys_are_refused() {
    for (by, nearest) in [
        ("modle", Some("model")),
        ("model,qualty", Some("quality")),
        ("tag:", None),
        ("model,model", None),
        ("model,", None),
    ] {
        let ran = batch(&format!("-f jsonl --by {by}"));
        assert_eq!(ran.code, 2, "{by}: {ran:?}");
        let error = &ran.json()["error"];
        assert_eq!(error["field"], "by");
        if nearest.is_some() {
            assert_eq!(error["nearest"].as_str(), nearest, "{error}");
        }
    }
}

#[test]
fn groups_are_bounded_and_sums_are_whole() {
    let mut rows = String::from("model,quality,size,prompt_tokens,tag:user\n");
    for user in 0..12_000 {
        writeln!(rows, "gpt-image-2,low,1024x1024,9,u{user}").unwrap();
    }
    for threads in [1, 3] {
        let line = format!("batch - --input-format csv -f jsonl --summary --by tag:user --threads {threads}");
        let ran = run_with(&words(&line), rows.as_bytes());
        let groups = groups(&ran);
        assert_eq!(groups.len(), 10_001);
        let other = groups.last().unwrap();
        assert_eq!((&other["other"], &other["rows"]), (&true.into(), &2_000.into()));
        assert_eq!(groups.iter().map(|group| group["rows"].as_u64().unwrap()).sum::<u64>(), 12_000);
        assert!(ran.stderr.contains("more than 10000 groups"), "{}", ran.stderr);
    }
}

#[test]
fn the_cap_names_the_dearest_group() {
    let rows = ROWS.lines().take(3).collect::<Vec<_>>().join("\n");
    let ran = run_with(&words("batch - --cap 0.1 --by model,tag:team"), rows.as_bytes());
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("dearest is model gpt-image-2, tag:team red, up to $"), "{}", ran.stderr);
}

#[test]
fn the_sum_is_converted_once() {
    let rows = ROWS.lines().take(2).collect::<Vec<_>>().join("\n");
    let ran = run_with(
        &words("batch - -f jsonl --summary --by model --currency jpy --fx 149.8@2026-11-20"),
        rows.as_bytes(),
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    let summary = ran.lines().last().unwrap()["summary"].clone();
    assert_eq!(
        summary["converted"],
        json!({"currency": "JPY", "rate": "149.8", "date": "2026-11-20",
            "floor": "65.974916", "expected": "65.974916", "ceiling": "65.974916"}),
        "{summary}"
    );
    assert!(summary["groups"][0].get("converted").is_none());
    assert!(ran.stderr.contains("; in JPY: 65.97, at 1 USD = 149.8 JPY on 2026-11-20"), "{}", ran.stderr);
    for bad in [
        "--currency JPY",
        "--fx 149.8@2026-11-20",
        "--currency USD --fx 1@2026-11-20",
        "--currency JPY --fx 149.8",
    ] {
        assert_eq!(run_with(&words(&format!("batch - {bad}")), b"").code, 2, "{bad}");
    }
}

#[test]
fn tables_of_groups_keep_to_80_columns() {
    let ran = batch("--summary --by provider,model,quality,size,endpoint,tag:team --by day");
    for line in ran.stdout.lines().filter(|line| !line.starts_with("total: ")) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn rows_without_a_prompt_are_counted() {
    let rows = "model,size,quality,prompt_tokens\ngpt-image-2,1024x1024,low,9\ngpt-image-2,1024x1024,low,\n";
    let line = "batch - -f jsonl --summary --by model";
    let ran = run_with(&words(line), rows.as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
    let summary = ran.lines().last().unwrap()["summary"].clone();
    assert_eq!((&summary["without_prompt"], &summary["errors"]), (&1.into(), &0.into()));
    assert_eq!(summary["groups"][0]["without_prompt"], 1);
    assert!(ran.stderr.ends_with(", 1 without a prompt\n"), "{}", ran.stderr);
    // Under a cap it is an error, and counted all the same.
    let ran = run_with(&words(&format!("{line} --cap 9")), rows.as_bytes());
    assert_eq!(ran.code, 3, "{ran:?}");
    let summary = ran.lines().last().unwrap()["summary"].clone();
    assert_eq!((&summary["without_prompt"], &summary["errors"]), (&1.into(), &1.into()));
    assert_eq!(summary["groups"][0]["without_prompt"], 1);
}
