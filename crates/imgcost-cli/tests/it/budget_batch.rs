//! Files of the Batch API: held as one, settled by the batch's output; and what a hold is named by.

use serde_json::json;

use crate::common::file;
use crate::common::ledger::{Books, CALL};

/// At the batch price, 272 image tokens for 1024x1024 in low quality.
fn request(id: &str) -> String {
    let body =
        json!({"model": "gpt-image-2", "quality": "low", "size": "1024x1024", "prompt": "a red apple"});
    json!({"custom_id": id, "method": "POST", "url": "/v1/images/generations", "body": body}).to_string()
}

fn answered(id: &str, output: u64) -> String {
    let usage = json!({"input_tokens": 9, "output_tokens": output, "total_tokens": output + 9,
        "input_tokens_details": {"text_tokens": 9, "image_tokens": 0}});
    let body = json!({"created": 1, "data": [{"b64_json": "AAAA"}], "usage": usage});
    let response = json!({"status_code": 200, "request_id": format!("req_{id}"), "body": body});
    json!({"id": format!("batch_req_{id}"), "custom_id": id, "response": response, "error": null}).to_string()
}

fn refused(id: &str, status: u16, code: &str) -> String {
    let body = json!({"error": {"type": "invalid_request_error", "code": code, "message": "m"}});
    let response = json!({"status_code": status, "request_id": "r", "body": body});
    json!({"id": "b", "custom_id": id, "response": response, "error": null}).to_string()
}

fn not_run(id: &str, code: &str) -> String {
    json!({"id": "b", "custom_id": id, "response": null, "error": {"code": code, "message": "m"}}).to_string()
}

/// A ledger with a hold of a batch of these requests, and its ceiling in nano-dollars for each.
fn held(name: &str, ids: &[&str]) -> (Books, String, u64) {
    let books = Books::with(name, "team 1");
    let lines: Vec<String> = ids.iter().map(|id| request(id)).collect();
    let input = file(&books.folder, "input.jsonl", lines.join("\n"));
    let ran = books.run(&format!("hold {input} team -f json"));
    assert_eq!(ran.code, 0, "{ran:?}");
    let held = ran.json();
    assert_eq!(held["requests"], ids.len());
    let one = nano(&held["ceiling"]) / u64::try_from(ids.len()).unwrap();
    (books, held["hold"].as_str().unwrap().to_owned(), one)
}

fn nano(amount: &serde_json::Value) -> u64 {
    let (whole, part) = amount.as_str().unwrap().split_once('.').unwrap_or((amount.as_str().unwrap(), ""));
    format!("{whole}{part:0<9}").parse().unwrap()
}

#[test]
fn a_batch_is_held_as_one_and_settled_by_its_output() {
    let (books, hold, one) = held("batch-settled", &["a", "b", "c"]);
    let shown = books.run("holds -f json").json();
    assert_eq!(shown["holds"][0]["call"], "batch of 3 requests");
    let output = [answered("c", 196), answered("a", 196), answered("b", 196)].join("\n");
    let path = file(&books.folder, "output.jsonl", &output);
    let ran = books.run(&format!("settle {hold} {path} -f json"));
    assert_eq!(ran.code, 0, "{ran:?}");
    let settled = ran.json();
    // 196 tokens at $15 and 9 at $2.50 a million, three times.
    assert_eq!(settled["cost"], "0.0088875");
    assert_eq!(nano(&settled["given_back"]), 3 * one - 8_887_500);
    let again = books.run(&format!("settle {hold} {path} -f json"));
    assert_eq!((again.code, again.json()["repeated"].as_bool()), (0, Some(true)), "{again:?}");
    // The same responses once more count once.
    let twice = books.run(&format!("settle {hold} {path} {path} -f json"));
    assert_eq!((twice.code, twice.json()["repeated"].as_bool()), (0, Some(true)), "{twice:?}");
    assert_eq!(books.run("doctor").code, 0);
}

#[test]
fn a_batch_over_the_cap_is_refused_whole() {
    let books = Books::with("batch-over", "team 0.01");
    let lines: Vec<String> = (0..9).map(|id| request(&id.to_string())).collect();
    let input = file(&books.folder, "input.jsonl", lines.join("\n"));
    let ran = books.run(&format!("hold {input} team -f json"));
    assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (3, Some("over-budget")), "{ran:?}");
    assert_eq!(books.status()["held"], "0");
}

#[test]
fn failed_and_missing_requests_count_by_what_is_known_of_them() {
    let (books, hold, one) = held("batch-failed", &["a", "b", "c", "d", "e", "f"]);
    let output = file(&books.folder, "output.jsonl", answered("a", 196));
    let errors = [
        refused("b", 400, "invalid_value"),
        refused("c", 400, "moderation_blocked"),
        not_run("d", "batch_expired"),
        not_run("e", "request_timeout"),
    ];
    let errors = file(&books.folder, "errors.jsonl", errors.join("\n"));
    let ran = books.run(&format!("settle {hold} {output} {errors} -f json"));
    assert_eq!(ran.code, 4, "{ran:?}");
    // Free: what was refused, and what was not run. At the ceiling: c, e, and f, which is missing.
    assert_eq!(nano(&ran.json()["cost"]), 2_962_500 + 3 * one);
    let words =
        "1 settled by their responses, 2 free, 2 counted at their ceilings, 1 missing, at their ceilings";
    assert_eq!(ran.json()["notes"][0], words);
}

#[test]
fn a_file_that_is_not_the_batchs_settles_nothing() {
    let (books, hold, _) = held("batch-other", &["a"]);
    for (output, words) in [
        (
            format!("{}\n{}", answered("a", 196), answered("z", 196)),
            "output.jsonl:2: the hold has no request",
        ),
        ("{\"custom_id\":\"a\",\"custom_id\":\"a\"}".to_owned(), "output.jsonl:1: a key is given twice"),
        ("{}".to_owned(), "output.jsonl:1: not a line of a batch's output"),
        ("<html>".to_owned(), "output.jsonl:1: not JSON"),
        (String::new(), "there is no line of the batch's requests"),
    ] {
        let path = file(&books.folder, "output.jsonl", &output);
        let ran = books.run(&format!("settle {hold} {path}"));
        assert!(ran.code == 2 && ran.stderr.contains(words), "{ran:?}");
    }
    let usage = file(&books.folder, "usage.json", r#"{"usage":{"input_tokens":9,"output_tokens":196}}"#);
    let ran = books.run(&format!("settle {hold} --usage {usage}"));
    assert!(ran.code == 2 && ran.stderr.contains("of a batch file"), "{ran:?}");
    let one = books.hold("team");
    let ran = books.run(&format!("settle {one} {usage}"));
    assert!(ran.code == 2 && ran.stderr.contains("is of one call"), "{ran:?}");
}

#[test]
fn one_bad_line_refuses_the_whole_file_and_is_named() {
    let books = Books::with("batch-bad", "team 1");
    for (line, code, words) in [
        (request("a"), 2, "input.jsonl:2: the custom_id is that of line 1"),
        (request("b").replace("gpt-image-2", "gpt-image-9"), 2, "input.jsonl:2: "),
        (request("b").replace("\"prompt\"", "\"promt\""), 2, "input.jsonl:2: "),
        ("{}".to_owned(), 2, "input.jsonl:2: "),
    ] {
        let input = file(&books.folder, "input.jsonl", format!("{}\n{line}\n", request("a")));
        let ran = books.run(&format!("hold {input} team"));
        assert!(ran.code == code && ran.stderr.contains(words), "{ran:?}");
    }
    let empty = file(&books.folder, "empty.jsonl", "");
    assert_eq!(books.run(&format!("hold {empty} team")).code, 2);
    assert_eq!(books.status()["held"], "0");
}

#[test]
fn a_job_finds_its_hold() {
    let (books, hold, _) = held("batch-job", &["a"]);
    let ran = books.run(&format!("job {hold} openai:batch_1 -f json"));
    assert_eq!((ran.code, ran.json()["job"]["id"].as_str()), (0, Some("batch_1")), "{ran:?}");
    assert_eq!(books.run("holds -f json").json()["holds"][0]["job"]["provider"], "openai");
    let path = file(&books.folder, "output.jsonl", answered("a", 196));
    let ran = books.run(&format!("settle --job openai:batch_2 {path} -f json"));
    assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (2, Some("no-job")), "{ran:?}");
    let ran = books.run(&format!("settle --job openai:batch_1 {path} -f json"));
    assert_eq!((ran.code, ran.json()["hold"].as_str()), (0, Some(&*hold)), "{ran:?}");
    let single = books.hold("team");
    assert_eq!(books.run(&format!("job {single} fal:7")).code, 0);
    assert_eq!(books.run("settle --job fal:7 --cost 0.1").code, 0);
    for bad in ["openai", ":1", "openai:"] {
        assert_eq!(books.run(&format!("job {single} {bad}")).code, 2, "{bad}");
    }
}

#[test]
fn tags_and_the_request_are_kept_with_a_hold() {
    let books = Books::with("tags", "team 1");
    let ran = books.run(&format!("hold team {CALL} --tag order=17 --tag run=a=b --request-id r-1 -f json"));
    assert_eq!(ran.code, 0, "{ran:?}");
    let tags = json!({"order": "17", "run": "a=b"});
    assert_eq!((&ran.json()["tags"], &ran.json()["request_id"]), (&tags, &json!("r-1")));
    let shown = books.run("holds -f json").json()["holds"][0].clone();
    assert_eq!((&shown["tags"], &shown["request_id"]), (&tags, &json!("r-1")));
    books.run(&format!("hold team {CALL} --tag order=18 -f json"));
    let held = |options: &str| {
        let log = books.run(&format!("log {options} -f json")).json();
        let entries = log["entries"].as_array().unwrap().clone();
        assert!(entries.iter().all(|entry| entry["hold"].is_string()), "{entries:?}");
        entries.len()
    };
    assert_eq!((held("--tag order=17"), held("--tag order"), held("--tag order --last 1")), (1, 2, 1));
    assert_eq!((held("--tag run=a=b"), held("--tag order=19"), held("--tag none")), (1, 0, 0));
    for bad in ["order", "=17", "order=1 --tag order=2"] {
        assert_eq!(books.run(&format!("hold team {CALL} --tag {bad}")).code, 2, "{bad}");
    }
}
