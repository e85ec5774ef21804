//! Job files as people have them: each test has the number of what a trial found.

use std::fs;

use crate::common::{Ran, finish, program, run_with};

const ROW: &str = "gpt-image-2,low,1024x1024,1,10";

fn piped(line: &str, input: impl AsRef<[u8]>) -> Ran {
    let words: Vec<&str> = line.split(' ').collect();
    run_with(&words, input.as_ref())
}

fn in_file(name: &str, text: impl AsRef<[u8]>, line: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    finish(program().current_dir(folder.path()).args(line.split(' ')), b"")
}

#[test]
fn trial_3_4_notes_of_rows_are_summed_below_the_table() {
    let rows =
        "model,quality,size,prompt_tokens\ngpt-image-1,low,1024x1024,9\ngpt-image-1,high,1024x1024,9\n";
    for format in ["table", "markdown"] {
        let ran = piped(&format!("batch - -f {format}"), rows);
        assert!(
            ran.stdout.contains("note: 2 rows, such as: gpt-image-1 was shut down on 2026-10-23"),
            "{ran:?}"
        );
    }
    assert!(!piped("batch - -f csv", rows).stdout.contains("such as"));
}

#[test]
fn trial_3_5_an_empty_row_is_no_row() {
    let ran = piped("batch - -f jsonl", format!("model,quality,size,n,prompt_tokens\n{ROW}\n,,,,\n"));
    assert_eq!(ran.lines().len(), 1, "{ran:?}");
}

#[test]
fn trial_5_1_json_lists_and_pretty_json_are_read() {
    let list = r#"[
      {"id": "a", "model": "gpt-image-2", "quality": "low", "size": "1024x1024", "prompt_tokens": 10},
      {"id": "b", "model": "gpt-image-2", "quality": "high", "size": "1024x1024", "prompt_tokens": 10}
    ]"#;
    let ran = in_file("arr.json", list, "batch arr.json -f jsonl");
    assert_eq!(ran.lines()[1]["row"]["id"], "b", "{ran:?}");
}

#[test]
fn trial_5_2_semicolons_tabs_and_a_separator_line_are_found_out() {
    for separator in [";", "\t"] {
        for first in ["", "sep=;\n"] {
            if separator == "\t" && !first.is_empty() {
                continue;
            }
            let rows = format!("{first}model,quality,size,n,prompt_tokens\n{ROW}\n").replace(',', separator);
            let ran = in_file("jobs.csv", rows, "batch jobs.csv -f jsonl");
            assert_eq!(ran.lines()[0]["quote"]["total"]["ceiling"], "0.00596", "{ran:?}");
        }
    }
}

#[test]
fn trial_5_3_unknown_columns_are_tags_and_slips_are_errors() {
    let rows = format!("model,quality,size,n,prompt_tokens,Notes\n{ROW},winter\n");
    let ran = piped("batch - -f jsonl", &rows);
    assert_eq!((ran.code, &ran.lines()[0]["row"]["tags"]["Notes"]), (0, &"winter".into()), "{ran:?}");
    assert_eq!(ran.stderr.matches("Notes is no field, and kept as a tag").count(), 1, "{ran:?}");
    for (slip, meant) in
        [("qualty", "quality"), ("count", "calls"), ("modle", "model"), ("resolution", "size")]
    {
        let ran = in_file("jobs.csv", rows.replace("Notes", slip), "check jobs.csv");
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains(&format!("jobs.csv:1: there is no column '{slip}'")), "{ran:?}");
        assert!(ran.stderr.contains(&format!("nearest: {meant}")), "{ran:?}");
    }
    let json =
        r#"{"model":"gpt-image-2","quality":"low","size":"1024x1024","prompt_tokens":10,"owner":"ann"}"#;
    let ran = piped("batch - --by tag:owner -f jsonl --summary", json);
    assert!(ran.stdout.contains(r#""by":{"tag:owner":"ann"}"#), "{ran:?}");
    assert!(ran.stderr.contains("owner is no field"), "{ran:?}");
}

#[test]
fn trial_5_4_errors_are_whole_at_any_width() {
    let rows = format!("model,quality,size,n,prompt_tokens\n{ROW}\n{}\n", ROW.replace("image-2", "image-3"));
    for columns in ["40", "80", "140"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("jobs.csv"), &rows).unwrap();
        let mut program = program();
        let ran = finish(
            program.env("COLUMNS", columns).current_dir(folder.path()).args(["batch", "jobs.csv"]),
            b"",
        );
        assert_eq!(ran.code, 4, "{ran:?}");
        let line =
            ran.stderr.lines().find(|line| line.starts_with("jobs.csv:3: model: ")).unwrap_or_default();
        assert!(
            line.contains("no model 'gpt-image-3' at openai") && line.contains("nearest: gpt-image-"),
            "{ran:?}"
        );
    }
}

#[test]
fn trial_5_6_to_5_8_capitals_blanks_and_whole_numbers() {
    let rows = "ID, Model ,QUALITY,Size,N,Prompt Tokens,\n a, gpt-image-2, low, 1024x1024,2.0, 10,\n";
    let ran = piped("batch - -f jsonl", rows);
    assert_eq!((ran.code, &ran.lines()[0]["row"]["id"]), (0, &"a".into()), "{ran:?}");
    assert_eq!(ran.lines()[0]["quote"]["request"]["n"], 2, "{ran:?}");
}

#[test]
fn trial_5_9_what_is_no_text_says_what_it_looks_like() {
    let utf16: Vec<u8> = "id,model\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, bytes, words) in [
        ("a.csv", [&b"\xff\xfe"[..], &utf16].concat(), "a.csv looks like UTF-16: save it as CSV UTF-8"),
        ("b.csv", utf16, "b.csv looks like UTF-16"),
        (
            "x.xlsx",
            b"PK\x03\x04abc".to_vec(),
            "x.xlsx looks like a workbook, or another zip file: save it as CSV",
        ),
        (
            "y.yaml",
            b"- model: gpt-image-2\n  size: 1024x1024\n".to_vec(),
            "y.yaml looks like YAML: write TOML",
        ),
    ] {
        let ran = in_file(name, bytes, &format!("batch {name}"));
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains(words), "{ran:?}");
    }
}

#[test]
fn trial_5_10_errors_name_file_and_line() {
    for (name, text, place) in [
        ("a.csv", "\n\nmodel,modle\nx,y\n", "a.csv:3: there is no column 'modle'"),
        ("j2.toml", "[defaults]\nmodel = \"x\"\n[jobs]\n", "j2.toml:3: there is no table 'jobs'"),
        ("l.json", "[\n{\"model\": 1},\n oops]", "l.json:3: not a JSON list"),
    ] {
        let ran = in_file(name, text, &format!("batch {name}"));
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains(place), "{ran:?}");
    }
}

#[test]
fn trial_5_11_a_summary_is_the_sums_alone() {
    let rows = format!("model,quality,size,n,prompt_tokens\n{ROW}\n{ROW}\n");
    let ran = piped("batch - --summary", &rows);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), (" total: 2 rows: $0.01192\n", ""));
    let ran = piped("batch - --summary -f csv", &rows);
    assert!(ran.stdout.ends_with("\n2,2,2,0,0,0,0.01192,0.01192,0.01192,USD,\n"), "{ran:?}");
    let ran = piped("batch - --summary --by model -f csv", &rows);
    assert_eq!(ran.stdout.lines().nth(1).unwrap(), "gpt-image-2,2,2,2,0.01192,0.01192,0.01192,0,0");
}

#[test]
fn trial_5_12_json_is_one_document() {
    let rows = format!("model,quality,size,n,prompt_tokens\n{ROW}\n{ROW}\n");
    for threads in ["1", "2"] {
        let document = piped(&format!("batch - -f json --threads {threads} --by model"), &rows).json();
        assert_eq!(document["schema"], "imgcost.batch/1");
        assert_eq!(document["rows"].as_array().unwrap().len(), 2);
        assert_eq!(document["summary"]["total"]["ceiling"], "0.01192");
        assert_eq!(document["summary"]["groups"][0]["rows"], 2);
    }
    assert_eq!(piped("batch - -f json", "").json()["rows"], serde_json::json!([]));
}

#[test]
fn trial_5_13_ids_and_names_are_not_broken() {
    let rows = format!("id,model,quality,size,n,prompt_tokens\na-very-long-id-of-a-row,{ROW}\n図案,{ROW}\n");
    for columns in ["60", "80"] {
        let mut program = program();
        let ran = finish(
            program.env("COLUMNS", columns).args(["batch", "-", "--input-format", "csv"]),
            rows.as_bytes(),
        );
        assert!(ran.stdout.contains(" a-very-long-id-of-a-row "), "{ran:?}");
        assert!(ran.stdout.contains("gpt-image-2"), "{ran:?}");
    }
}

#[test]
fn flags_are_defaults_and_set_is_for_every_row() {
    let rows = "id,model,quality,size,prompt_tokens\na,gpt-image-2,low,1024x1024,10\nb,,high,1024x1024,10\n";
    let ran = piped("batch - -f jsonl -m gpt-image-2.5-flare", rows);
    assert_eq!(ran.lines()[0]["quote"]["model"], "gpt-image-2");
    assert_eq!(ran.lines()[1]["quote"]["model"], "gpt-image-2.5-flare");
    assert!(ran.stderr.contains("-m is for rows without a value of their own; --set model="), "{ran:?}");
    let ran = piped(
        "batch - -f jsonl --set model=gpt-image-2.5-flare --set size=1536x1024 --set prompt_tokens=5",
        rows,
    );
    for row in ran.lines() {
        assert_eq!(row["quote"]["model"], "gpt-image-2.5-flare");
        assert_eq!(row["quote"]["request"]["size"], "1536x1024");
        assert_eq!(row["quote"]["request"]["prompt_tokens"], 5);
    }
    for bad in ["modle=x", "size=tall", "model", "n=1 --set n=2"] {
        assert_eq!(piped(&format!("batch - --set {bad}"), rows).code, 2, "{bad}");
    }
}

#[test]
fn columns_that_people_have_are_no_slips() {
    for name in ["team", "title", "notes", "campaign", "sku", "stage", "owner", "name", "date"] {
        let rows = format!("model,quality,size,n,prompt_tokens,{name}\n{ROW},x\n");
        let ran = piped("batch - --input-format csv -f jsonl", rows);
        assert_eq!((ran.code, &ran.lines()[0]["row"]["tags"][name]), (0, &"x".into()), "{ran:?}");
    }
}
