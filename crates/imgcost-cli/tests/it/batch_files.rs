//! Batches: files of jobs in TOML, and files as the Batch API takes them.

use crate::common::{Ran, file, folder, run, run_with, snapshot, words};
use serde_json::Value;

const TOML: &str = r#"# A week's images.
[defaults]
model = "gpt-image-2"
quality = "low"
size = "1024x1024"
prompt_tokens = 50
tags = { team = "news", run = "w47" }

[[job]]
id = "cover"
quality = "high"
n = 2
[job.tags]
team = "covers"

[[job]]
id = "body"
prompt = "a red apple"
images = ["512x512"]
as_of = 2026-11-20

[[job]]
qualty = "low"

[[job]]
n = 1.5
"#;

fn toml(text: &str) -> Ran {
    run_with(&words("batch - --input-format toml -f jsonl"), text.as_bytes())
}

fn batch_api(rows: &str) -> Vec<Value> {
    run_with(&words("batch - --input-format batch-api -f jsonl"), rows.as_bytes()).lines()
}

#[test]
fn toml_tables_are_rows_over_their_defaults() {
    let folder = folder("toml");
    let path = file(&folder, "jobs.toml", TOML);
    let ran = run(&["batch", &path, "-f", "jsonl"]);
    assert_eq!(ran.code, 4, "{ran:?}");
    snapshot("batch-toml.jsonl", &ran.stdout);
    let lines = ran.lines();
    let numbers: Vec<_> = lines.iter().filter_map(|line| line["row"]["line"].as_u64()).collect();
    assert_eq!(numbers, [9, 16, 22, 25]);
    // A job's own prompt counts instead of the defaults' tokens.
    assert_eq!(lines[1]["quote"]["request"]["prompt_tokens"], 3);
    assert_eq!(lines[1]["quote"]["as_of"], "2026-11-20");
    assert_eq!(lines[0]["row"]["tags"], serde_json::json!({"team": "covers", "run": "w47"}));
    assert_eq!(lines[2]["error"]["nearest"], "quality");
    assert!(ran.stderr.contains("4 rows: at least $0.436122, 2 in error"), "{}", ran.stderr);
}

#[test]
fn a_job_quotes_as_the_same_json_row_does() {
    let job = "[[job]]\nmodel = \"gpt-image-1.5\"\nquality = \"low\"\nsize = \"1024x1024\"\nn = 2\n\
        images = [\"512x512\", \"300x300\"]\nstream = true\npartial_images = 0x2\nprompt = \"\"\"hello\nworld\"\"\"\n";
    let row = r#"{"model":"gpt-image-1.5","quality":"low","size":"1024x1024","n":2,"images":["512x512","300x300"],"stream":true,"partial_images":2,"prompt":"hello\nworld"}"#;
    let lines = run_with(&words("batch - -f jsonl"), row.as_bytes()).lines();
    assert!(lines[0]["quote"].is_object(), "{lines:?}");
    assert_eq!(toml(job).lines()[0]["quote"], lines[0]["quote"]);
}

#[test]
fn the_defaults_of_a_file_go_before_flags_and_after_its_jobs() {
    let text = "[defaults]\nquality = \"low\"\n[[job]]\n[[job]]\nquality = \"medium\"\n";
    let ran = run_with(
        &words("batch - --input-format toml -f jsonl -m gpt-image-2 -q high -s 1024x1024"),
        text.as_bytes(),
    );
    let qualities: Vec<_> =
        ran.lines().iter().map(|line| line["quote"]["request"]["quality"].clone()).collect();
    assert_eq!(qualities, ["low", "medium"]);
}

#[test]
fn what_is_no_file_of_jobs_is_refused_with_its_line() {
    for (text, line, field) in [
        ("[[job]]\nn = 1\n\n[[jobs]]\n", "standard input:4: ", "jobs"),
        ("[[job]]\nn =\n", "standard input:2: ", "file"),
        ("\n[job]\nn = 1\n", "standard input:2: ", "job"),
        ("[[defaults]]\n", "standard input:1: ", "defaults"),
        ("\n\n[defaults]\nmodle = \"x\"\n", "standard input:3: ", "modle"),
        ("[defaults]\nn = \"x\"\n", "standard input:1: ", "n"),
        ("[defaults]\nid = \"x\"\n", "standard input:1: ", "id"),
        ("[[job]]\nn = 1\nn = 2\n", "standard input:3: ", "file"),
        ("[[job]]\nn = 1\n\u{0}", "standard input:3: ", "file"),
    ] {
        let ran = toml(text);
        assert_eq!(ran.code, 2, "{text}: {ran:?}");
        let error = &ran.json()["error"];
        assert!(error["message"].as_str().unwrap().contains(line), "{text}: {error}");
        assert_eq!(error["field"], field, "{text}: {error}");
    }
    assert_eq!(toml("[[job]]\nn = 1\n\n[[jobs]]\n").json()["error"]["nearest"], "job");
    assert_eq!(toml("[defaults]\nmodle = \"x\"\n").json()["error"]["nearest"], "model");
}

#[test]
fn odd_values_are_row_errors() {
    for value in [
        "n = -1",
        "n = 1.5",
        "n = inf",
        "n = [1]",
        "n = { a = 1 }",
        "model = 7",
        "tags = 3",
        "size = 07:32:00",
    ] {
        let ran = toml(&format!("[[job]]\n{value}\n"));
        assert_eq!(ran.code, 4, "{value}: {ran:?}");
        assert_eq!(ran.lines()[0]["row"]["line"], 1, "{value}");
        assert!(ran.lines()[0]["error"].is_object(), "{value}");
    }
    assert_eq!(toml("").code, 0);
}

#[test]
fn a_toml_file_has_a_bound() {
    let text = format!("# {}\n[[job]]\n", "x".repeat(17 << 20));
    let ran = toml(&text);
    assert_eq!(ran.code, 2);
    assert!(ran.json()["error"]["message"].as_str().unwrap().contains("16 MiB"), "{ran:?}");
}

const BATCH: &str = r#"{"custom_id":"plain","method":"POST","url":"/v1/images/generations","body":{"model":"gpt-image-2","prompt":"a red apple","quality":"low","size":"1024x1024","n":2}}
{"custom_id":"edit","method":"POST","url":"/v1/images/edits","body":{"model":"gpt-image-2","prompt":"a red apple","quality":"low","size":"1024x1024","image":"file-abc"}}
{"custom_id":"tool","method":"POST","url":"/v1/responses","body":{"model":"gpt-5","input":"draw a cat","tools":[{"type":"image_generation","model":"gpt-image-2","quality":"low","size":"1024x1024"}]}}
{"custom_id":"get","method":"GET","url":"/v1/images/generations","body":{"model":"gpt-image-2"}}
{"custom_id":"words","method":"POST","url":"/v1/embeddings","body":{"model":"x"}}
{"custom_id":"typo","method":"POST","url":"/v1/images/generations","bdy":{}}
{"custom_id":"none","method":"POST","url":"/v1/images/generations"}
{"custom_id":"other","method":"POST","url":"/v1/images/generations","body":{"input":"x","tools":[{"type":"image_generation"}]}}
{"custom_id":"bare","method":"POST","url":"/v1/responses","body":{"model":"gpt-image-2","prompt":"x"}}
{"custom_id":"many","method":"POST","url":"/v1/images/generations","body":{"model":"gpt-image-2","n":"two"}}
{"method":"POST","url":"/v1/images/generations","body":{"model":"gpt-image-2"}}
{"id":"row","model":"gpt-image-2","quality":"low","size":"1024x1024","prompt_tokens":5}
"#;

#[test]
fn lines_of_the_batch_api_are_quoted_at_its_rates() {
    let ran = run_with(&words("batch - -f jsonl"), BATCH.as_bytes());
    assert_eq!(ran.code, 4, "{ran:?}");
    snapshot("batch-api.jsonl", &ran.stdout);
    let lines = ran.lines();
    let arguments = "-m gpt-image-2 -q low -s 1024x1024 -n 2 -f jsonl --tier batch --prompt";
    let mut arguments = words(arguments);
    arguments.push("a red apple");
    assert_eq!(lines[0]["quote"], run(&arguments).json());
    assert_eq!(lines[0]["row"]["id"], "plain");
    assert_eq!(lines[1]["quote"]["request"]["endpoint"], "edits");
    assert_eq!(lines[2]["quote"]["request"]["endpoint"], "responses");
    for (line, field, nearest) in [
        (3, "method", Some("POST")),
        (4, "url", None),
        (5, "bdy", Some("body")),
        (6, "body", None),
        (7, "url", Some("/v1/responses")),
        (8, "url", Some("/v1/images/generations")),
        (9, "n", None),
        (10, "custom_id", None),
    ] {
        let error = &lines[line]["error"];
        assert_eq!(error["field"], field, "{error}");
        assert_eq!(error["nearest"].as_str(), nearest, "{error}");
    }
    // A row among them is a row, at its own rates.
    let row = run(&words("-m gpt-image-2 -q low -s 1024x1024 --prompt-tokens 5 -f json")).json();
    assert_eq!(lines[11]["quote"], row);
    let error = batch_api(BATCH)[11]["error"].clone();
    assert_eq!(error["nearest"], "custom_id", "{error}");
}

#[test]
fn a_body_describes_all_of_its_call() {
    let line = r#"{"custom_id":"a","method":"POST","url":"/v1/images/generations","body":{"prompt":"x"}}"#;
    let ran = run_with(
        &words("batch - -f jsonl -m gpt-image-2 -q high -s 1024x1024 -n 3 --image 512x512"),
        line.as_bytes(),
    );
    let quote = &ran.lines()[0]["quote"];
    let request = &quote["request"];
    assert_eq!((&quote["model"], &request["n"]), (&"gpt-image-2".into(), &1.into()), "{quote}");
    assert_ne!(request["quality"], "high");
    assert_eq!(request["size"], "auto");
    assert!(quote["notes"].to_string().contains("model-assumed"), "{quote}");
}

#[test]
fn images_in_a_body_make_long_lines() {
    let png = "iVBORw0KGgoAAAANSUhEUgAAAgAAAAEACAYAAAD";
    let line = |length: usize| {
        format!(
            "{{\"custom_id\":\"long\",\"method\":\"POST\",\"url\":\"/v1/images/edits\",\"body\":{{\"model\":\"gpt-image-2\",\"quality\":\"low\",\"size\":\"1024x1024\",\"prompt\":\"x\",\"image\":\"data:image/png;base64,{png}{}\"}}}}\n",
            "A".repeat(length)
        )
    };
    let next = "{\"id\":\"next\",\"model\":\"gpt-image-2\"}\n";
    let lines = run_with(&words("batch - -f jsonl"), (line(8 << 20) + next).as_bytes()).lines();
    assert_eq!(lines[0]["quote"]["request"]["images"][0], "512x256", "{}", lines[0]);
    assert_eq!(lines[1]["row"]["id"], "next");
    let lines = run_with(&words("batch - -f jsonl --threads 2"), (line(65 << 20) + next).as_bytes()).lines();
    assert!(lines[0]["error"]["message"].as_str().unwrap().contains("64 MiB"), "{}", lines[0]);
    assert_eq!(lines[1]["row"]["id"], "next");
    assert_eq!(lines[1]["row"]["line"], 2);
}

#[test]
fn more_lines_than_the_batch_api_takes_are_told() {
    let line = BATCH.lines().next().unwrap();
    let ran = run_with(&words("batch - -f csv --threads 0"), format!("{line}\n").repeat(50_001).as_bytes());
    assert_eq!(ran.code, 0);
    assert!(ran.stderr.contains("50001 lines of the Batch API: it takes 50000"), "{}", ran.stderr);
}

#[test]
fn the_cap_holds_for_every_format() {
    let line = BATCH.lines().next().unwrap();
    for (format, rows) in [
        ("batch-api", format!("{line}\n{line}\n")),
        ("toml", TOML.split("[[job]]\nqualty").next().unwrap().to_owned()),
        ("csv", "model,quality,size,prompt_tokens\ngpt-image-2,low,1024x1024,9\n".to_owned()),
        ("jsonl", "{\"model\":\"gpt-image-2\",\"prompt_tokens\":1}".to_owned()),
    ] {
        for threads in ["1", "3"] {
            let with = |cap: &str| {
                let line = format!("batch - --input-format {format} -f csv --threads {threads} --cap {cap}");
                run_with(&words(&line), rows.as_bytes())
            };
            assert_eq!(with("1").code, 0, "{format}: {:?}", with("1"));
            let over = with("0.001");
            assert_eq!(over.code, 3, "{format}: {over:?}");
            assert!(over.stderr.contains("over the cap of $0.001"), "{over:?}");
        }
    }
}

#[test]
fn files_are_written_beside_the_output() {
    let folder = folder("batch-out");
    let rows = "id,model,quality,size,prompt_tokens,tag:team\na,gpt-image-2,low,1024x1024,9,red\nb,gpt-image-2,low,1000x1000,9,red\n";
    let file = file(&folder, "rows.csv", rows);
    let out = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let names = ["priced.csv", "priced.jsonl", "priced.md", "priced.html", "priced.xlsx"].map(out);
    let mut arguments = vec!["batch", &file, "-f", "csv", "--by", "model"];
    names.iter().for_each(|name| arguments.extend(["-o", name]));
    let ran = run(&arguments);
    assert_eq!(ran.code, 4, "{ran:?}");
    let read = |name: &str| std::fs::read(name).unwrap();
    assert_eq!(read(&names[0]), ran.stdout.as_bytes());
    assert_eq!(read(&names[1]), run(&["batch", &file, "-f", "jsonl"]).stdout.as_bytes());
    assert_eq!(read(&names[2]), run(&["batch", &file, "-f", "md"]).stdout.as_bytes());
    let page = String::from_utf8(read(&names[3])).unwrap();
    assert_eq!(page.matches("<table>").count(), 2, "{page}");
    assert_eq!(page.matches(">b</span>").count(), 1, "a row is there once: {page}");
    assert!(read(&names[4]).starts_with(b"PK"));
    let ran = run(&["batch", &file, "-f", "csv", "-o", "/no/such/folder/x.csv"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (5, ""), "{ran:?}");
    let old = run(&["batch", &file, "--totals", "model"]);
    assert!(old.code == 2 && old.stderr.contains("--by"), "{old:?}");
}
