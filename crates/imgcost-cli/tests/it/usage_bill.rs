//! `imgcost usage --bill`: a log against pages of the usage and costs API. The pages have the
//! documented shapes; their figures are made up.

use std::path::{Path, PathBuf};

use crate::common::{Ran, file, folder, run, snapshot};
use serde_json::{Value, json};

/// 2026-11-20 and the day after, by UTC.
const DAY: i64 = 1_795_132_800;
const NEXT: i64 = DAY + 86_400;

/// A call of gpt-image-2, high, 1024x1024, 9 prompt tokens: $0.210795.
fn call(at: &str) -> Value {
    json!({
        "at": at, "prompt_tokens": 9,
        "request": {"model": "gpt-image-2", "quality": "high", "size": "1024x1024"},
        "response": {"data": [{}], "usage": {"input_tokens": 15, "output_tokens": 7024,
            "input_tokens_details": {"text_tokens": 15, "image_tokens": 0}}}
    })
}

fn page(buckets: Vec<Value>) -> Value {
    json!({"object": "page", "data": buckets, "has_more": false, "next_page": null})
}

fn bucket(start: i64, results: Vec<Value>) -> Value {
    json!({"object": "bucket", "start_time": start, "end_time": start + 86_400, "results": results})
}

fn images(model: Option<&str>, images: u64, requests: u64) -> Value {
    json!({"object": "organization.usage.images.result", "images": images, "num_model_requests": requests,
        "size": null, "source": null, "project_id": null, "user_id": null, "api_key_id": null, "model": model})
}

fn tokens(model: &str, input: u64, output: u64) -> Value {
    json!({"object": "organization.usage.completions.result", "input_tokens": input, "output_tokens": output,
        "input_cached_tokens": 0, "input_audio_tokens": 0, "output_audio_tokens": 0, "num_model_requests": 2,
        "project_id": null, "user_id": null, "api_key_id": null, "model": model, "batch": null})
}

/// A cost result; the amount is in the page by its digits.
fn cost(line_item: Option<&str>, digits: &str) -> Value {
    let value: Value = json!(format!("#{digits}#"));
    json!({"object": "organization.costs.result", "amount": {"value": value, "currency": "usd"},
        "line_item": line_item, "project_id": null})
}

/// A page as text, with the digits of its amounts as they were given.
fn text(page: &Value) -> String {
    page.to_string().replace("\"#", "").replace("#\"", "")
}

struct Files {
    folder: PathBuf,
}

impl Files {
    fn new(name: &str, calls: &[Value]) -> Files {
        let folder = folder(&format!("bill-{name}"));
        let lines: String = calls.iter().map(|call| format!("{call}\n")).collect();
        file(&folder, "log.jsonl", lines);
        Files { folder }
    }

    fn usage(self, page: &Value) -> Files {
        file(&self.folder, "usage.json", text(page));
        self
    }

    fn costs(self, page: &Value) -> Files {
        file(&self.folder, "costs.json", text(page));
        self
    }

    fn run(&self, flags: &str) -> Ran {
        let path = |name: &str| -> String { Path::new(&self.folder).join(name).to_str().unwrap().to_owned() };
        let mut words = vec!["usage".to_owned(), path("log.jsonl")];
        for (of, name) in [("usage", "usage.json"), ("costs", "costs.json")] {
            if self.folder.join(name).exists() {
                words.extend(["--bill".to_owned(), format!("{of}:{}", path(name))]);
            }
        }
        words.extend(flags.split_whitespace().map(str::to_owned));
        run(&words)
    }

    fn json(&self, flags: &str, code: i32) -> Value {
        let ran = self.run(&format!("{flags} -f json"));
        assert_eq!(ran.code, code, "{ran:?}");
        ran.json()
    }
}

fn row<'d>(document: &'d Value, measure: &str) -> &'d Value {
    let rows = document["rows"].as_array().unwrap();
    rows.iter().find(|row| row["measure"] == measure).unwrap_or_else(|| panic!("no {measure}: {document:#}"))
}

fn codes(document: &Value) -> Vec<&str> {
    document["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

/// Two calls on the day: $0.42159.
fn two() -> Vec<Value> {
    vec![call("2026-11-20"), call("2026-11-20T23:59:59Z")]
}

#[test]
fn a_log_that_agrees_matches_in_every_sum() {
    let files = Files::new("agrees", &two())
        .usage(&page(vec![bucket(
            DAY,
            vec![images(Some("gpt-image-2"), 2, 2), tokens("gpt-image-2", 30, 14_048), tokens("gpt-5", 1, 1)],
        )]))
        .costs(&page(vec![bucket(
            DAY,
            vec![
                cost(Some("gpt-image-2 text, input"), "0.00015000000000000001"),
                cost(Some("gpt-image-2 image, output"), "0.42144"),
                cost(Some("gpt-5-2025-08-07, output"), "12.5"),
            ],
        )]));
    let document = files.json("", 0);
    assert_eq!(document["schema"], "imgcost.usage/1");
    assert_eq!((&document["agrees"], &document["calls"]), (&json!(true), &json!(2)));
    for (measure, sum) in [
        ("requests", json!(2)),
        ("images", json!(2)),
        ("input_tokens", json!(30)),
        ("output_tokens", json!(14_048)),
        ("usd", json!("0.42159")),
    ] {
        let row = row(&document, measure);
        assert_eq!((&row["log"], &row["standing"]), (&sum, &json!("matched")), "{measure}");
    }
    assert_eq!(row(&document, "usd")["export"], "0.42159000000000000001");
    // What is no image is noted and accepted.
    assert!(codes(&document).contains(&"not-images"), "{document:#}");
}

#[test]
fn differences_are_counted_and_a_tolerance_accepts_them() {
    let files = Files::new("differs", &two())
        .usage(&page(vec![bucket(DAY, vec![images(Some("gpt-image-2"), 3, 3)])]))
        .costs(&page(vec![bucket(DAY, vec![cost(Some("gpt-image-2 image, output"), "0.43")])]));
    let document = files.json("", 3);
    for measure in ["requests", "images", "usd"] {
        assert_eq!(row(&document, measure)["standing"], "differs", "{measure}");
    }
    // Of the costs 1.96 %, of the counts a third.
    let document = files.json("--tolerance 2%", 3);
    assert_eq!(row(&document, "usd")["standing"], "matched");
    assert_eq!(row(&document, "images")["standing"], "differs");
    files.json("--tolerance 34", 0);
    snapshot("usage-bill.table", &files.run("").stdout);
    snapshot("usage-bill.csv", &files.run("-f csv").stdout);
    snapshot("usage-bill.markdown", &files.run("-f md").stdout);
}

#[test]
fn what_is_on_one_side_only_is_named() {
    let files = Files::new("sides", &[call("2026-11-20"), call("2026-11-21")]).usage(&page(vec![
        bucket(DAY, vec![images(Some("gpt-image-1"), 5, 5)]),
        bucket(NEXT, vec![images(Some("gpt-image-2-2026-04-21"), 1, 1)]),
        bucket(NEXT + 86_400, vec![images(Some("gpt-image-2"), 4, 4)]),
    ]));
    let document = files.json("", 3);
    let standings: Vec<(String, String)> = document["rows"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["measure"] == "images")
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap().to_owned();
            (format!("{} {}", text("day"), text("model")), text("standing"))
        })
        .collect();
    assert_eq!(
        standings,
        [
            ("2026-11-20 gpt-image-1", "only-in-export"),
            ("2026-11-20 gpt-image-2", "only-in-log"),
            ("2026-11-21 gpt-image-2", "matched"),
            ("2026-11-22 gpt-image-2", "day-not-in-log"),
        ]
        .map(|(place, standing)| (place.to_owned(), standing.to_owned()))
    );
}

#[test]
fn costs_of_zero_are_of_the_wrong_organization() {
    for costs in [
        page(vec![bucket(DAY, vec![])]),
        page(vec![bucket(DAY, vec![cost(None, "0")])]),
        page(vec![bucket(DAY, vec![cost(Some("gpt-image-2 image, output"), "0.0")])]),
    ] {
        let files = Files::new("zero", &two()).costs(&costs);
        let document = files.json("", 3);
        let found = document["findings"].as_array().unwrap();
        let finding = found.iter().find(|finding| finding["code"] == "wrong-organization").unwrap();
        assert!(finding["message"].as_str().unwrap().contains("$0.42159"), "{finding}");
        assert!(files.run("").stdout.contains("another organization"));
    }
    // Nothing logged and nothing billed is no finding, but nothing was compared either.
    let files = Files::new("nothing", &[]).costs(&page(vec![bucket(DAY, vec![])]));
    assert!(codes(&files.json("", 4)).is_empty());
}

#[test]
fn what_cannot_be_matched_is_said() {
    let euro = {
        let mut result = cost(Some("gpt-image-2 image, output"), "0.4");
        result["amount"]["currency"] = json!("eur");
        result
    };
    let more = {
        let mut page = page(vec![bucket(DAY, vec![images(Some("gpt-image-2"), 2, 2)])]);
        page["has_more"] = json!(true);
        page
    };
    let whole = |results: Vec<Value>| page(vec![bucket(DAY, results)]);
    let right = || cost(Some("gpt-image-2"), "0.42159");
    for (name, usage, costs, code) in [
        ("incomplete-export", Some(more), None, 4),
        ("other-currency", None, Some(whole(vec![right(), euro])), 4),
        (
            "unknown-line-item",
            None,
            Some(whole(vec![right(), cost(Some("gpt-image-7 image, output"), "1")])),
            4,
        ),
        (
            "duplicate-result",
            None,
            Some(page(vec![bucket(DAY, vec![right()]), bucket(DAY, vec![right()])])),
            4,
        ),
        ("costs-not-by-line-item", None, Some(whole(vec![cost(None, "99")])), 4),
        ("less-than-logged", None, Some(whole(vec![cost(None, "0.4")])), 3),
        (
            "unknown-model",
            Some(whole(vec![images(Some("gpt-image-2"), 2, 2), images(Some("gpt-image-7"), 1, 1)])),
            None,
            4,
        ),
        ("not-images", None, Some(whole(vec![right(), cost(Some("Web search"), "1")])), 0),
    ] {
        let mut files = Files::new(name, &two());
        if let Some(usage) = &usage {
            files = files.usage(usage);
        }
        if let Some(costs) = &costs {
            files = files.costs(costs);
        }
        let document = files.json("", code);
        assert!(codes(&document).contains(&name), "{name}: {document:#}");
    }
    let spanning =
        json!({"object": "bucket", "start_time": DAY, "end_time": NEXT + 3600, "results": [right()]});
    let files = Files::new("span", &two()).costs(&page(vec![spanning, bucket(DAY, vec![right()])]));
    let document = files.json("", 4);
    assert_eq!(codes(&document), ["bucket-spans-days"]);
    let said = document["findings"][0]["message"].as_str().unwrap();
    assert!(said.contains("from 2026-11-20T00:00:00Z to 2026-11-21T01:00:00Z"), "{said}");
}

#[test]
fn projects_are_told_apart() {
    let of = |project: &str, count: u64| {
        let mut result = images(Some("gpt-image-2"), count, count);
        result["project_id"] = json!(project);
        result
    };
    let files = Files::new("projects", &two())
        .usage(&page(vec![bucket(DAY, vec![of("proj_a", 2), of("proj_b", 7)])]));
    let document = files.json("--project proj_a", 0);
    assert!(codes(&document).contains(&"other-results"));
    assert_eq!(row(&files.json("", 3), "images")["export"], 9);
    let files = Files::new("ungrouped", &two()).usage(&page(vec![bucket(DAY, vec![images(None, 2, 2)])]));
    let document = files.json("--project proj_a", 4);
    assert_eq!(row(&document, "images")["standing"], "open");
    assert!(codes(&document).contains(&"not-grouped"));
    // Without a model, days are compared as a whole.
    let document = files.json("", 0);
    assert_eq!(
        (&row(&document, "images")["model"], &row(&document, "images")["standing"]),
        (&json!(""), &json!("matched"))
    );
}

#[test]
fn pages_come_in_several_forms() {
    let one = page(vec![bucket(DAY, vec![images(Some("gpt-image-2"), 1, 1)])]);
    let mut first = one.clone();
    first["has_more"] = json!(true);
    let mut hours = page(vec![json!({"object": "bucket", "start_time": DAY + 3600, "end_time": DAY + 7200,
        "result": [images(Some("gpt-image-2"), 1, 1)]})]);
    hours["next_page"] = json!(null);
    for pages in [
        json!([first, hours]).to_string(),
        format!("{first}\n{hours}\n"),
        format!("\u{feff} {first} {hours}"),
    ] {
        let files = Files::new("forms", &two());
        file(&files.folder, "usage.json", pages);
        assert_eq!(row(&files.json("", 0), "images")["export"], 2);
    }
}

#[test]
fn what_is_no_page_is_refused() {
    for content in [
        "",
        "[]",
        "{}",
        "null",
        "not json",
        "{\"data\":7}",
        "{\"data\":[{}]}",
        "{\"error\":{\"message\":\"no\"}}",
        "{\"data\":[{\"start_time\":1795132800,\"results\":[{\"object\":\"organization.usage.images.result\",\"images\":-1}]}]}",
        "{\"data\":[{\"start_time\":1795132800,\"results\":[{\"object\":\"organization.usage.images.result\",\"images\":1.5}]}]}",
    ] {
        let files = Files::new("bad", &two());
        file(&files.folder, "usage.json", content);
        let ran = files.run("-f json");
        assert_eq!(ran.code, 2, "{content}: {ran:?}");
        assert_eq!(ran.json()["error"]["field"], "bill", "{content}");
    }
    for digits in ["null", "true", "[]", "\"x\"", "1e99", "1e-40", "99999999999999999999999999999999"] {
        let files = Files::new("digits", &two());
        let text = text(&page(vec![bucket(DAY, vec![cost(Some("gpt-image-2"), digits)])]));
        file(&files.folder, "costs.json", text);
        assert_eq!(files.run("").code, 2, "{digits}");
    }
    // Far days are said, not met with a panic.
    let files = Files::new("far", &two())
        .usage(&page(vec![json!({"start_time": i64::MAX, "end_time": i64::MIN, "results": []})]));
    assert_eq!(files.run("").code, 4);
    assert_eq!(run(&["usage", "log.jsonl", "--bill"]).code, 2);
    assert_eq!(Files::new("gone", &two()).run("--bill no-such-file").code, 2);
}

#[test]
fn credits_and_floats_are_added_exactly() {
    let line = Some("gpt-image-2 image, output");
    let pages = page(vec![
        bucket(
            DAY,
            vec![cost(line, "0.30000000000000004"), cost(Some("gpt-image-2 text, input"), "0.32159")],
        ),
        bucket(DAY, vec![cost(Some("gpt-image-2 image, input"), "-2e-1")]),
    ]);
    let files = Files::new("credits", &two()).costs(&pages);
    let document = files.json("", 0);
    assert_eq!(row(&document, "usd")["export"], "0.42159000000000004");
    assert_eq!(row(&document, "usd")["standing"], "matched");
}

#[test]
fn calls_without_counts_leave_sums_open() {
    let mut silent = call("2026-11-20");
    silent["response"] = json!({"data": [{}]});
    let files = Files::new("silent", &[call("2026-11-20"), silent])
        .costs(&page(vec![bucket(DAY, vec![cost(Some("gpt-image-2"), "0.42159")])]));
    let document = files.json("", 4);
    let row = row(&document, "usd");
    assert_eq!(
        (&row["standing"], &row["silent"], &row["log"]),
        (&json!("open"), &json!(1), &json!("0.210795"))
    );
    let mut dayless = call("x");
    dayless.as_object_mut().unwrap().remove("at");
    let files = Files::new("dayless", &[dayless]).costs(&page(vec![bucket(DAY, vec![])]));
    assert_eq!(files.json("", 4)["unused"], 1);
}

/// A result without one of its keys.
fn without(mut result: Value, name: &str) -> Value {
    result.as_object_mut().unwrap().remove(name).unwrap();
    result
}

#[test]
fn a_count_that_is_missing_is_open_and_named() {
    let whole = || images(Some("gpt-image-2"), 2, 2);
    let tokens = || tokens("gpt-image-2", 30, 14_048);
    for (results, name, measure) in [
        ([without(whole(), "num_model_requests"), tokens()], "num_model_requests", "requests"),
        ([without(whole(), "images"), tokens()], "images", "images"),
        ([whole(), without(tokens(), "input_tokens")], "input_tokens", "input_tokens"),
        ([whole(), without(tokens(), "output_tokens")], "output_tokens", "output_tokens"),
    ] {
        let files = Files::new("missing", &two()).usage(&page(vec![bucket(DAY, results.to_vec())]));
        let document = files.json("", 4);
        assert_eq!(
            (&row(&document, measure)["standing"], &row(&document, measure)["export_is_part"]),
            (&json!("open"), &json!(true)),
            "{name}"
        );
        let found = document["findings"].as_array().unwrap();
        let finding = found.iter().find(|finding| finding["code"] == "count-missing").unwrap();
        let said = finding["message"].as_str().unwrap();
        assert!(said.contains(&format!("{name} of gpt-image-2 on 2026-11-20")), "{said}");
        let others = document["rows"].as_array().unwrap().iter().filter(|row| row["measure"] != measure);
        others.for_each(|row| assert_eq!(row["standing"], "matched", "{row}"));
    }
    let all = Files::new("missing", &two()).usage(&page(vec![bucket(DAY, vec![whole(), tokens()])]));
    all.json("", 0);
}

#[test]
fn costs_that_were_left_out_are_not_zero() {
    let euro = |line_item: Option<&str>| {
        let mut result = cost(line_item, "1.92");
        result["amount"]["currency"] = json!("eur");
        result
    };
    let line = Some("gpt-image-2 image, output");
    for (name, result, flags, code) in [
        ("euro", euro(line), "", "other-currency"),
        ("euro-whole", euro(None), "", "other-currency"),
        ("untold", cost(line, "1.92"), "--project proj_a", "not-grouped"),
        ("untold-key", cost(line, "1.92"), "--api-key-id key_a", "not-grouped"),
    ] {
        let files = Files::new(name, &two()).costs(&page(vec![bucket(DAY, vec![result])]));
        let document = files.json(flags, 4);
        assert_eq!(codes(&document), [code], "{name}");
        assert_eq!(row(&document, "usd")["standing"], "open", "{name}");
    }
    // Whole days, of which a part is in euro: less than the log is nothing to say.
    let mixed = vec![cost(None, "0.1"), euro(None)];
    let document = Files::new("mixed", &two()).costs(&page(vec![bucket(DAY, mixed)])).json("", 4);
    assert!(!codes(&document).contains(&"less-than-logged"), "{document:#}");
    // A bucket over two days has the money, the day's own has none.
    let spanning = json!({"start_time": DAY, "end_time": NEXT + 3600, "results": [cost(line, "1.92")]});
    let files = Files::new("span-money", &two()).costs(&page(vec![spanning, bucket(DAY, vec![])]));
    assert_eq!(codes(&files.json("", 4)), ["bucket-spans-days"]);
    // Zero is zero, of whatever project.
    let zero = || page(vec![bucket(DAY, vec![cost(line, "0")])]);
    let document = Files::new("untold-zero", &two()).costs(&zero()).json("--project proj_a", 3);
    assert!(codes(&document).contains(&"wrong-organization"));
    // Money of another project is none of the one that was asked for.
    let mut other = cost(line, "1.92");
    other["project_id"] = json!("proj_b");
    let files = Files::new("other-project", &two()).costs(&page(vec![bucket(DAY, vec![other])]));
    let document = files.json("--project proj_a", 3);
    let found = document["findings"].as_array().unwrap();
    let finding = found.iter().find(|finding| finding["code"] == "wrong-organization").unwrap();
    assert!(finding["message"].as_str().unwrap().starts_with("all costs that were asked for"), "{finding}");
}

#[test]
fn usage_of_other_kinds_is_not_about_images() {
    let other = json!({"object": "organization.usage.embeddings.result", "input_tokens": 7});
    let files = Files::new("embeddings", &two()).usage(&page(vec![bucket(DAY, vec![other])]));
    let document = files.json("", 4);
    assert!(document["rows"].as_array().unwrap().is_empty(), "{document:#}");
    assert!(codes(&document).contains(&"other-usage"));
}

#[test]
fn pages_may_be_a_file_each() {
    let line = Some("gpt-image-2 image, output");
    let folder = folder("bill-files");
    let calls = [call("2026-11-20"), call("2026-11-21")];
    let log = file(&folder, "log.jsonl", calls.iter().map(|call| format!("{call}\n")).collect::<String>());
    let more = |mut page: Value| {
        page["has_more"] = json!(true);
        page["next_page"] = json!("page_2");
        page
    };
    let write = |name: &str, page: &Value| file(&folder, name, text(page));
    let costs = |start: i64| page(vec![bucket(start, vec![cost(line, "0.210795")])]);
    let one = write("one.json", &more(costs(DAY)));
    let two = write("two.json", &costs(NEXT));
    let ran = |option: &str, paths: &[&str], code: i32| -> Value {
        let mut words = vec!["usage", &log, "-f", "json"];
        paths.iter().for_each(|path| words.extend([option, path]));
        let ran = run(&words);
        assert_eq!(ran.code, code, "{paths:?}: {ran:?}");
        ran.json()
    };
    for paths in [[&*one, &*two], [&*two, &*one]] {
        let document = ran("--bill", &paths, 0);
        assert!(codes(&document).is_empty(), "{document:#}");
    }
    let is_incomplete = |document: &Value| codes(document).contains(&"incomplete-export");
    assert!(is_incomplete(&ran("--bill", &[&one], 4)));
    // The same page once more is not the next one.
    assert!(is_incomplete(&ran("--bill", &[&one, &one], 4)));
    // A token alone means that there are more, too.
    let token = write("token.json", &without(more(costs(DAY)), "has_more"));
    assert!(is_incomplete(&ran("--bill", &[&token], 4)));
    // The pages of tokens do not go on with those of images.
    let images = |start: i64| page(vec![bucket(start, vec![images(Some("gpt-image-2"), 1, 1)])]);
    let first = write("images.json", &more(images(DAY)));
    let second = write("images-2.json", &images(NEXT));
    let day_of = |start: i64| bucket(start, vec![tokens("gpt-image-2", 15, 7024)]);
    let counts = write("tokens.json", &page(vec![day_of(DAY), day_of(NEXT)]));
    let counts_of_a_day = write("tokens-1.json", &page(vec![day_of(DAY)]));
    assert!(is_incomplete(&ran("--bill", &[&first, &counts_of_a_day], 4)));
    for paths in [[&*first, &*second, &*counts], [&*first, &*counts, &*second]] {
        assert!(!is_incomplete(&ran("--bill", &paths, 0)), "{paths:?}");
    }
}
