//! `imgcost usage` of a log: quotes against recorded calls.

use crate::common::{self, file, folder, imgcost, run, run_with};
use serde_json::{Value, json};

/// A book in which images of gpt-image-2 cost $33 per million tokens in place of $30.
const DEARER: &str = r#"
schema = "imgcost.prices/1"
provider = "openai"

[[model]]
id = "gpt-image-2"

[[model.rates]]
tier = "standard"
from = "2026-05-01"
image_output = "33"
reason = "a test"
"#;

/// A call as gpt-image-2 bills it: 9 prompt tokens, one image, high, 1024x1024.
fn call(output: u64) -> Value {
    json!({
        "id": "c1", "at": "2026-11-20T23:59:59Z",
        "request": {"model": "gpt-image-2", "quality": "high", "size": "1024x1024", "n": 1},
        "prompt_tokens": 9,
        "response": {"created": 1_795_000_000, "data": [{"b64_json": "x"}], "usage": {
            "input_tokens": 15, "output_tokens": output,
            "input_tokens_details": {"text_tokens": 15, "image_tokens": 0}}}
    })
}

fn lines(calls: &[Value]) -> String {
    calls.iter().map(|call| format!("{call}\n")).collect()
}

fn judged(log: &str, flags: &str) -> common::Ran {
    let mut words = vec!["usage", "-"];
    words.extend(flags.split_whitespace());
    run_with(&words, log.as_bytes())
}

/// A field of an item's sums over all groups.
fn all<'d>(document: &'d Value, item: &str) -> &'d Value {
    let sums = document["all"].as_array().unwrap();
    sums.iter().find(|sum| sum["item"] == item).unwrap_or_else(|| panic!("no {item}: {document}"))
}

#[test]
fn a_right_quote_is_exact_in_every_item() {
    let ran = judged(&lines(&[call(7024), call(7024)]), "-f json");
    assert_eq!(ran.code, 0, "{ran:?}");
    let document = ran.json();
    assert_eq!(
        (document["schema"].as_str(), document["records"].as_u64()),
        (Some("imgcost.usage/1"), Some(2))
    );
    for item in ["text_input", "image_output", "total"] {
        assert_eq!(all(&document, item)["exact"], 2, "{item}: {document}");
    }
    assert_eq!(all(&document, "total")["paid"], "0.42159");
    assert_eq!(document["within_tolerance"], true);
}

#[test]
fn a_new_rule_is_noticed_and_its_worst_call_named() {
    let mut odd = call(7300);
    odd["id"] = json!("odd");
    let ran = judged(&lines(&[call(7024), odd, call(7024)]), "-f json");
    assert_eq!(ran.code, 3, "{ran:?}");
    let document = ran.json();
    let output = all(&document, "image_output");
    assert_eq!((&output["exact"], &output["above"]), (&json!(2), &json!(1)));
    // 276 tokens at $30 per million.
    assert_eq!((&output["over"], &output["under"]), (&json!("0.00828"), &json!("0")));
    assert_eq!(
        output["worst"],
        json!({"record": "odd", "verdict": "above", "over": "0.00828", "under": "0"})
    );
    let group = document["groups"].as_array().unwrap().iter().find(|group| group["item"] == "image_output");
    assert_eq!(
        group.unwrap()["group"],
        json!({"model": "gpt-image-2", "quality": "high", "size": "1024x1024"})
    );
    assert_eq!(group.unwrap()["breach"], "outside");
}

#[test]
fn tolerances_let_pass_what_they_say() {
    let log = lines(&[call(7024), call(7024), call(7024), call(7000)]);
    // 24 of 28,072 tokens, one of four calls.
    for (flags, code) in [
        ("", 3),
        ("--max-outside-share 25%", 0),
        ("--max-outside-share 24.9%", 3),
        ("--tolerance 0.1%", 0),
        ("--tolerance 0.08", 3),
        ("--tolerance 1% --max-outside-share 0", 3),
        ("--tolerance 1% --max-outside-share 25", 0),
    ] {
        assert_eq!(judged(&log, flags).code, code, "{flags}");
    }
    for flags in ["--tolerance x", "--max-outside-share -1", "--by colour", "--since yesterday"] {
        assert_eq!(judged(&log, flags).code, 2, "{flags}");
    }
}

#[test]
fn a_wrong_price_shows_against_what_was_billed() {
    let folder = folder("usage-price");
    let prices = file(&folder, "own.toml", DEARER);
    let mut billed = call(7024);
    billed["billed"] = json!("0.210795");
    let log = lines(&[billed.clone()]);
    assert_eq!(judged(&log, "").code, 0);
    let ran = run_with(&["usage", "-", "--prices", &prices, "-f", "json"], log.as_bytes());
    assert_eq!(ran.code, 3, "{ran:?}");
    let document = ran.json();
    assert_eq!(all(&document, "total")["below"], 1);
    // 7,024 tokens at $3 per million.
    assert_eq!(all(&document, "total")["under"], "0.021072");
    // The tokens are right, so that it is the price.
    assert_eq!(all(&document, "image_output")["exact"], 1);
    // What was billed is not known: both sides have the same wrong rate, and that is noted.
    let blind = run_with(&["usage", "-", "--prices", &prices, "-f", "json"], lines(&[call(7024)]).as_bytes());
    assert_eq!(blind.code, 0, "{blind:?}");
    assert!(blind.json()["notes"][0].as_str().unwrap().contains("a wrong rate does not"));
    billed["billed"] = json!(0.210795);
    assert_eq!(judged(&lines(&[billed]), "").code, 0);
}

#[test]
fn every_line_that_cannot_be_used_is_named() {
    let good = call(7024).to_string();
    let secret = "a very secret prompt";
    let bad = [
        "not json".to_owned(),
        "[1]".to_owned(),
        "{}".to_owned(),
        json!({"id": "no response", "request": {"model": "gpt-image-2"}}).to_string(),
        json!({"request": {"prompt": secret}, "usage": {"input_tokens": 1, "output_tokens": 2}}).to_string(),
        json!({"request": {"model": "gpt-image-9", "prompt": secret}, "usage": {"output_tokens": 2}})
            .to_string(),
        json!({"request": {"model": "gpt-image-2", "n": "two"}, "usage": {"output_tokens": 2}}).to_string(),
        json!({"request": {"model": "gpt-image-2", "size": "1x1"}, "usage": {"output_tokens": 2}})
            .to_string(),
        json!({"request": {"model": "gpt-image-2"}, "usage": {"output_tokens": -2}}).to_string(),
        json!({"request": {"model": "gpt-image-2"}, "at": "soon", "usage": {"output_tokens": 2}}).to_string(),
        json!({"request": {"model": "gpt-image-2"}, "response": {"error": {"message": secret}}}).to_string(),
        json!({"request": {"model": "gpt-image-2"}, "billed": "-1", "usage": {"output_tokens": 2}})
            .to_string(),
        format!(r#"{{"request":{{}},"request":{{"prompt":"{secret}"}}}}"#),
        format!(r#"{{"request":{{"model":"gpt-image-2"}},"provider":{{"x":"{secret}"}}}}"#),
        format!(r#"{{"request":{{"prompt":"{secret}"#),
        format!(r#"{{"provider":"{secret}","provider":1}}"#),
    ];
    let log = format!("{good}\n\n{}\n{good}\n", bad.join("\n"));
    for format in ["json", "table", "csv", "md"] {
        let ran = judged(&log, &format!("-f {format}"));
        assert_eq!(ran.code, 4, "{ran:?}");
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{ran:?}");
        assert_eq!(ran.stderr.lines().count(), bad.len(), "{ran:?}");
    }
    let document = judged(&log, "-f json").json();
    assert_eq!((&document["records"], &document["unused"]), (&json!(2), &json!(bad.len())));
    assert_eq!(document["unused_records"][0]["record"], "line 3");
    assert_eq!(document["unused_records"][3]["record"], "no response");
}

#[test]
fn responses_come_in_many_shapes() {
    let request =
        json!({"model": "gpt-image-2", "quality": "high", "size": "1024x1024", "prompt": "a red apple"});
    let usage = json!({"input_tokens": 9, "output_tokens": 7024, "input_tokens_details": {"text_tokens": 9, "image_tokens": 0}});
    let event = json!({"type": "image_generation.completed", "usage": usage, "b64_json": "x".repeat(5000)});
    let responses = [
        json!({"response": {"data": [{}], "usage": usage}}),
        json!({"usage": usage}),
        json!({"usage": usage, "response": {"data": [{}]}}),
        json!({"response": [{"type": "image_generation.partial_image"}, event]}),
        json!({"response": format!("event: x\ndata: {event}\n\n")}),
        json!({"response": {"status_code": 200, "body": {"data": [{}], "usage": usage}}}),
    ];
    for mut line in responses {
        line["request"] = request.clone();
        let ran = judged(&lines(&[line.clone()]), "-f json");
        assert_eq!(ran.code, 0, "{line}: {ran:?}");
        assert_eq!(all(&ran.json(), "total")["exact"], 1, "{line}: {ran:?}");
    }
}

#[test]
fn days_filter_and_group() {
    let day = |day: &str| {
        let mut call = call(7024);
        call["at"] = json!(day);
        call["tags"] = json!({"team": "red"});
        call
    };
    let log = lines(&[day("2026-11-18"), day("2026-11-19T23:00:00-02:00"), day("2026-11-21")]);
    let ran = judged(&log, "--since 2026-11-19 --until 2026-11-20 --by day,tag:team -f json");
    assert_eq!(ran.code, 0, "{ran:?}");
    let document = ran.json();
    assert_eq!((&document["records"], &document["other_days"]), (&json!(1), &json!(2)));
    assert_eq!(document["groups"][0]["group"], json!({"day": "2026-11-20", "tag:team": "red"}));
    let mut open = call(7024);
    open.as_object_mut().unwrap().remove("at");
    open["response"].as_object_mut().unwrap().remove("created");
    assert_eq!(judged(&lines(&[open.clone()]), "").code, 0);
    assert_eq!(judged(&lines(&[open]), "--since 2026-11-19").code, 4);
    assert_eq!(judged(&log, "--since 2026-11-22 --until 2026-11-20").code, 2);
}

#[test]
fn a_log_of_nothing_passes_no_gate() {
    assert_eq!(judged("", "--by model").code, 4);
    assert_eq!(
        judged(&lines(&[json!({"request": {"model": "gpt-image-2"}, "usage": {"tokens": 3}})]), "").code,
        4
    );
    assert_eq!(imgcost("usage").code, 2);
    assert_eq!(imgcost("usage no-such-file.jsonl").code, 2);
    assert_eq!(imgcost("usage log.jsonl --ledger ledger.db").code, 2);
}

#[test]
fn a_line_too_long_is_passed_over() {
    let mut log = String::from("{\"request\":\"");
    log.push_str(&"x".repeat(65 << 20));
    log.push_str("\"}\n");
    log.push_str(&lines(&[call(7024)]));
    let ran = judged(&log, "-f json");
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let document = ran.json();
    assert_eq!((&document["records"], &document["unused"]), (&json!(1), &json!(1)));
    assert_eq!(document["unused_records"][0]["error"]["code"], "too-large");
}

#[test]
fn too_many_groups_share_one() {
    let tagged = |index: usize| {
        let mut call = call(7024);
        call["tags"] = json!({"run": index.to_string()});
        call
    };
    let log = lines(&(0..2100).map(tagged).collect::<Vec<_>>());
    let document = judged(&log, "--by tag:run -f json").json();
    let groups: std::collections::BTreeSet<String> =
        document["groups"].as_array().unwrap().iter().map(|group| group["group"].to_string()).collect();
    assert_eq!(groups.len(), 2001);
    assert_eq!(all(&document, "total")["exact"], 2100);
}

#[test]
fn pages_are_80_columns_and_say_what_is_off() {
    let mut odd = call(7300);
    odd["id"] = json!("odd\u{1b}[2J");
    let ran = judged(&lines(&[call(7024), odd]), "");
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\u{1b}'));
    common::snapshot("usage-log.table", &ran.stdout);
    common::snapshot("usage-log.csv", &judged(&lines(&[call(7024), call(7300)]), "-f csv").stdout);
    common::snapshot("usage-log.markdown", &judged(&lines(&[call(7024), call(7300)]), "-f md").stdout);
}

#[test]
fn a_ledger_is_a_log_too() {
    let books = common::ledger::Books::with("usage-log", "team 100");
    let settled = books.hold("team/alice");
    let open = books.hold("team/alice");
    let by_cost = books.hold("team/bob");
    let response = call(7024)["response"].to_string();
    assert_eq!(books.run_with(&format!("settle {settled} --usage -"), &response).code, 0);
    // Above its ceiling: settle exits with 3.
    assert_eq!(books.run(&format!("settle {by_cost} --cost 0.5")).code, 3);
    assert!(!open.is_empty());
    let path = books.path();
    let ran = run(&["usage", "--ledger", path.to_str().unwrap(), "--by", "scope", "-f", "json"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let document = ran.json();
    assert_eq!(document["without_usage"], json!({"held": 1}));
    let total = |scope: &str| {
        let groups = document["groups"].as_array().unwrap();
        let group = groups.iter().find(|group| group["group"]["scope"] == scope && group["item"] == "total");
        group.unwrap().clone()
    };
    assert_eq!(
        (&total("team/alice")["exact"], &total("team/alice")["paid"]),
        (&json!(1), &json!("0.210795"))
    );
    assert_eq!(total("team/bob")["above"], 1);
}

#[test]
fn a_new_rate_shows_against_the_rates_of_a_ledger() {
    let books = common::ledger::Books::with("usage-rate", "team 100");
    let hold = books.hold("team");
    assert_eq!(
        books.run_with(&format!("settle {hold} --usage -"), &call(7024)["response"].to_string()).code,
        0
    );
    let prices = file(&books.folder, "own.toml", DEARER);
    let path = books.path();
    assert_eq!(run(&["usage", "--ledger", path.to_str().unwrap()]).code, 0);
    let ran = run(&["usage", "--ledger", path.to_str().unwrap(), "--prices", &prices]);
    assert_eq!(ran.code, 3, "{ran:?}");
}

#[test]
fn a_call_outside_whose_money_is_a_range_breaks_a_tolerance_of_money() {
    // The split into text and images is not reported, and the two have different rates.
    let edit = json!({
        "id": "unsplit", "at": "2026-11-20", "endpoint": "edits", "prompt_tokens": 9, "images": ["1024x1024"],
        "request": {"model": "gpt-image-2", "quality": "high", "size": "1024x1024"},
        "response": {"data": [{}], "usage": {"input_tokens": 900_000, "output_tokens": 7024}}
    });
    let log = lines(&[edit]);
    assert_eq!(judged(&log, "").code, 3);
    let ran = judged(&log, "--tolerance 1% -f json");
    assert_eq!(ran.code, 3, "{ran:?}");
    let document = ran.json();
    let total = document["groups"].as_array().unwrap().iter().find(|group| group["item"] == "total").unwrap();
    assert_eq!(
        (&total["above"], &total["outside_without_money"], &total["breach"]),
        (&json!(1), &json!(1), &json!("money-unknown"))
    );
    assert_eq!(document["within_tolerance"], false);
    let page = judged(&log, "--tolerance 1%").stdout;
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains("1 of 1 outside, by how much money is not known"), "{page}");
    assert!(judged(&log, "--tolerance 1% -f csv").stdout.contains(",money-unknown"));
    // No share of money accepts it, only a share of calls without one of money.
    assert_eq!(judged(&log, "--tolerance 100% --max-outside-share 100%").code, 3);
    assert_eq!(judged(&log, "--max-outside-share 100%").code, 0);
}

#[test]
fn notes_count_only_calls_that_were_used() {
    let mut refused = call(7024);
    refused["request"]["model"] = json!("gpt-image-9");
    let ran = judged(&lines(&[call(7024), refused]), "-f json");
    assert_eq!(ran.code, 4, "{ran:?}");
    let notes = ran.json()["notes"].to_string();
    assert!(notes.contains("1 call is priced at the book's own rates"), "{notes}");
}

#[test]
fn a_log_without_prompts_compares_no_money_and_notes_it() {
    let mut open = call(7024);
    open.as_object_mut().unwrap().remove("prompt_tokens");
    let log = lines(&[open.clone(), open.clone()]);
    let ran = judged(&log, "-f json");
    assert_eq!(ran.code, 4, "{ran:?}");
    let document = ran.json();
    assert_eq!(all(&document, "total")["unknown"], 2);
    assert_eq!(all(&document, "image_output")["exact"], 2);
    let note = document["notes"][0].as_str().unwrap();
    assert!(note.contains("the money of no call could be compared") && note.contains("2 prompts"), "{note}");
    // One call whose money is known is something.
    assert_eq!(judged(&lines(&[open.clone(), call(7024)]), "").code, 0);
    // What is outside counts first.
    open["response"]["usage"]["output_tokens"] = json!(7300);
    assert_eq!(judged(&lines(&[open]), "").code, 3);
}

#[test]
fn what_a_tolerance_accepts_is_noted() {
    let log = lines(&[call(7024), call(7024), call(7024), call(7000)]);
    for flags in ["--tolerance 1%", "--max-outside-share 25%"] {
        let ran = judged(&log, flags);
        assert_eq!(ran.code, 0, "{ran:?}");
        let page = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = "outside their quotes, and within the tolerance: 1 of image output, 1 of total";
        assert!(page.contains(said), "{flags}: {page}");
    }
    assert!(!judged(&log, "").stdout.contains("within the tolerance"));
    assert!(!judged(&lines(&[call(7024)]), "--tolerance 1%").stdout.contains("within the tolerance"));
}

#[test]
fn a_response_a_log_and_what_is_neither_are_told_apart() {
    let folder = folder("usage-kinds");
    let response = r#"{"created": 1795183391, "data": [{}], "usage": {"input_tokens": 9, "output_tokens": 7024,
        "input_tokens_details": {"text_tokens": 9, "image_tokens": 0}}}"#;
    let path = file(&folder, "response.json", response);
    let ran = run(&["usage", &path, "-m", "gpt-image-2", "-f", "json"]);
    assert_eq!((ran.code, ran.json()["total"]["expected"].as_str()), (0, Some("0.210765")), "{ran:?}");
    let by = run(&["usage", &path, "--by", "model"]);
    assert_eq!(by.code, 2);
    assert!(by.stderr.contains("--by takes a log of calls, and"), "{by:?}");
    let log = file(&folder, "log.jsonl", lines(&[call(7024)]));
    assert_eq!(run(&["usage", &log, "-f", "json"]).json()["source"], "log");
    let quality = run(&["usage", &log, "-q", "high"]);
    assert_eq!(quality.code, 2);
    assert!(quality.stderr.contains("describe one call"), "{quality:?}");
    let neither = run(&["usage", &file(&folder, "neither.txt", "model,size\n")]);
    assert_eq!(neither.code, 2);
    assert!(neither.stderr.contains("nor a log of calls"), "{neither:?}");
    for (old, new) in
        [("drift", "imgcost usage LOG.jsonl"), ("reconcile", "imgcost usage LOG.jsonl --bill FILE")]
    {
        let ran = run(&[old, &log]);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains(new), "{ran:?}");
        assert!(ran.stderr.contains(&format!("try: imgcost usage {log}")), "{ran:?}");
    }
    let ran = imgcost("reconcile calls.jsonl --costs-export costs.json");
    assert!(ran.stderr.contains("try: imgcost usage calls.jsonl --bill costs.json"), "{ran:?}");
}

#[test]
fn months_are_groups() {
    let mut october = call(7024);
    october["at"] = json!("2026-10-31T23:00:00Z");
    let document = judged(&lines(&[call(7024), october]), "--by month -f json").json();
    let groups: Vec<_> =
        document["groups"].as_array().unwrap().iter().map(|group| &group["group"]["month"]).collect();
    assert!(groups.contains(&&json!("2026-10")) && groups.contains(&&json!("2026-11")), "{groups:?}");
}

#[test]
fn a_stream_among_several_logs_is_one_response() {
    let folder = folder("usage-streams");
    let usage = r#""usage":{"input_tokens":9,"output_tokens":196,"input_tokens_details":{"text_tokens":9,"image_tokens":0}}"#;
    let response = format!(r#"{{"created":1795183391,"model":"gpt-image-2","data":[{{}}],{usage}}}"#);
    let event = format!(r#"{{"type":"image_generation.completed","model":"gpt-image-2",{usage}}}"#);
    let log = file(&folder, "log.jsonl", format!("{response}\n{response}\n"));
    let stream = format!("event: image_generation.completed\r\ndata: {event}\r\n\r\n");
    let stream = file(&folder, "stream.txt", format!("{stream}{stream}data: [DONE]\n"));
    let part = |tokens: u64| {
        format!(
            r#"{{"candidates":[{{"content":{{"parts":[{{"inlineData":{{"data":"x"}}}}]}}}}],"modelVersion":"gemini-3-pro-image",
            "usageMetadata":{{"promptTokenCount":9,"candidatesTokenCount":{tokens},"totalTokenCount":{}}}}}"#,
            9 + tokens
        )
    };
    let list = file(&folder, "list.json", format!("[{},{}]", part(600), part(1120)));
    for (files, calls, images) in [
        ([&log, &stream], 3, 4),
        ([&stream, &log], 3, 4),
        // What a later part of Gemini's counts renews the parts before it.
        ([&log, &list], 3, 4),
    ] {
        let ran = run(&["usage", files[0], files[1], "--as-of", "2026-11-21", "-f", "json"]);
        let charged = &ran.json()["charged"];
        let counts = (charged["calls"].as_u64(), charged["images"].as_u64());
        assert_eq!(
            (counts, ran.json()["unused"].as_u64()),
            ((Some(calls), Some(images)), Some(0)),
            "{files:?}: {ran:?}"
        );
    }
}
