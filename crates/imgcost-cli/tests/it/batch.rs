//! Batches: every row a result, in order, in bounded memory.

use crate::common::{self, file, folder, run, run_with, snapshot, words};

const ROWS: &str = r#"{"id":"a","model":"gpt-image-2","quality":"high","size":"1024x1024","n":2,"prompt_tokens":50,"tags":{"team":"x"}}
{"id":"b","modle":"gpt-image-2"}

{"id":"c","model":"gpt-image-2.6-flare","prompt":"hello","quality":"low","size":"1024x1024"}
not json
{"id":7,"model":"gpt-image-2","images":["512x512","300x300"],"quality":"low","size":"1024x1024","n":-1}
{"id":"d","provider":"new-api","model":"gpt-image-2","quality":"low","size":"1024x1024","n":1}
{"id":"e","provider":"aihubmix","model":"gpt-4o-image"}
"#;

const CSV: &str = "id,model,quality,size,n,prompt_tokens,images,tag:team\n\
    1,gpt-image-2,high,1024x1024,1,50,,red\n\
    2,gpt-image-1,medium,1024x1536,3,,512x512;600x600,\"a,\"\"b\"\n\
    3,gpt-image-2,,,,,,\"two\nlines\"\n\
    4,gpt-image-2,high,1000x1000,1,5,,x\n\
    5,gpt-image-2,high\n";

#[test]
fn json_lines_in_every_format() {
    for format in ["jsonl", "json", "csv", "tsv", "table", "markdown"] {
        let ran = run_with(&words(&format!("batch - -f {format}")), ROWS.as_bytes());
        assert_eq!(ran.code, 4, "{ran:?}");
        assert!(ran.stderr.contains("at least $0.432915, 1 unpriced, 3 in error"), "{}", ran.stderr);
        snapshot(&format!("batch.{format}"), &ran.stdout);
    }
}

#[test]
fn csv_in_and_out() {
    let ran = run_with(&words("batch - -f csv"), CSV.as_bytes());
    assert_eq!(ran.code, 4);
    snapshot("batch-csv.csv", &ran.stdout);
    let lines = run_with(&words("batch - -f jsonl"), CSV.as_bytes()).lines();
    assert_eq!(lines.len(), 5);
    let numbers: Vec<_> = lines.iter().map(|line| line["row"]["line"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [2, 3, 4, 6, 7]);
    assert_eq!(lines[1]["row"]["tags"]["team"], "a,\"b");
    assert_eq!(lines[2]["row"]["tags"]["team"], "two\nlines");
    assert_eq!(lines[3]["error"]["nearest"], "1008x1008");
}

#[test]
fn an_unknown_key_is_a_row_error_that_names_the_nearest() {
    let line = &run_with(&words("batch -  -f jsonl"), b"{\"modle\":\"x\",\"id\":\"mine\"}\n").lines()[0];
    assert_eq!(line["row"]["id"], "mine");
    assert_eq!(line["error"]["field"], "modle");
    assert_eq!(line["error"]["nearest"], "model");
}

#[test]
fn a_bad_header_is_refused_at_once() {
    for header in ["id,modle", "id,n,n", "\u{feff}id,qualty"] {
        let ran =
            run_with(&words("batch - --input-format csv -f jsonl"), format!("{header}\n1,2\n").as_bytes());
        assert_eq!(ran.code, 2, "{header}: {ran:?}");
        assert_eq!(ran.json()["schema"], "imgcost.error/1");
    }
}

#[test]
fn a_file_without_rows_is_none_to_refuse() {
    let folder = common::folder("no-rows");
    let policy = common::file(&folder, "policy.toml", "max_per_file = \"1\"\n");
    let one =
        common::file(&folder, "one.csv", "model,quality,size,prompt_tokens\ngpt-image-2,low,1024x1024,9\n");
    for (format, text) in [
        ("csv", ""),
        ("csv", "\n\n"),
        ("csv", "model,n\n"),
        ("tsv", ""),
        ("jsonl", ""),
        ("jsonl", "\n \n"),
        ("toml", ""),
        ("toml", "[defaults]\nn = 2\n"),
        ("batch-api", ""),
    ] {
        let path = common::file(&folder, "jobs", text);
        let with = |line: &str| {
            let line = format!("{line} --input-format {format}");
            // By name and from standard input alike.
            let named = run(&words(&line.replace("FILE", &path)));
            let piped = run_with(&words(&line.replace("FILE", "-")), text.as_bytes());
            assert_eq!(
                (named.code, &named.stdout.is_empty()),
                (piped.code, &piped.stdout.is_empty()),
                "{line}"
            );
            piped
        };
        let ran = with("batch FILE -f jsonl --summary --cap 1");
        assert_eq!((ran.code, ran.json()["summary"]["rows"].as_u64()), (0, Some(0)), "{text:?}: {ran:?}");
        assert_eq!(ran.stderr, "imgcost: 0 rows\n");
        let ran = with(&format!("check FILE --policy {policy}"));
        assert_eq!(ran.code, 0, "{text:?}: {ran:?}");
        let told = "standard input: warning[no-rows]: the file has no rows: nothing was checked\n\
                    0 jobs, nothing was checked: 0 errors, 1 warning\n";
        assert_eq!(ran.stdout, told);
        if format == "csv" {
            let ran = with(&format!("diff FILE {one} -f json"));
            assert_eq!((ran.code, &ran.json()["before"]["total"]["ceiling"]), (0, &"0".into()), "{ran:?}");
            assert_eq!(ran.stderr, "imgcost: standard input has no rows\n");
        }
    }
}

#[test]
fn progress_is_asked_for_or_not() {
    let ran = run_with(&words("batch - --progress --no-progress"), b"");
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn flags_are_defaults_for_all_rows() {
    let lines = run_with(
        &words("batch - -m gpt-image-2 -q low -s 1024x1024 --prompt-tokens 9 -f jsonl"),
        b"{}\n{\"n\":3,\"quality\":\"high\"}\n{\"prompt_tokens\":0}\n",
    )
    .lines();
    assert_eq!(lines[0]["quote"]["request"]["quality"], "low");
    assert_eq!(lines[1]["quote"]["request"]["n"], 3);
    assert_eq!(lines[1]["quote"]["request"]["quality"], "high");
    assert_eq!(lines[2]["quote"]["request"]["prompt_tokens"], 0);
    assert_eq!(lines[0]["quote"]["request"]["prompt_tokens"], 9);
}

#[test]
fn a_row_quotes_as_the_same_flags_do() {
    let row = br#"{"model":"gpt-image-1.5","quality":"low","size":"1024x1024","n":2,"images":["512x512"],"input_fidelity":"high","stream":true,"partial_images":2,"prompt":"hello world"}"#;
    let line = &run_with(&words("batch - -f jsonl"), row).lines()[0];
    let mut arguments = words(
        "-m gpt-image-1.5 -q low -s 1024x1024 -n 2 --image 512x512 --input-fidelity high --stream --partial-images 2 -f json --prompt",
    );
    arguments.push("hello world");
    assert_eq!(line["quote"], run(&arguments).json());
}

#[test]
fn rows_name_files_only_below_their_own_folder() {
    let folder = folder("paths");
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x02\0\0\0\x01\0\x08\x06\0\0\0";
    file(&folder, "in/images/a.png", png);
    let outside = file(&folder, "outside.png", png);
    file(&folder, "in/prompt.txt", "hello world");
    let rows = format!(
        "{{\"images\":[\"images/a.png\"],\"prompt_file\":\"prompt.txt\"}}\n{{\"images\":[\"../outside.png\"]}}\n{{\"images\":[\"{outside}\"]}}\n{{\"prompt_file\":\"/etc/hostname\"}}\n{{\"mask\":\"../outside.png\"}}\n"
    );
    let path = file(&folder, "in/rows.jsonl", &rows);
    let base = ["batch", &path, "-m", "gpt-image-2", "-q", "low", "-s", "1024x1024", "-f", "jsonl"];
    let lines = run(&base).lines();
    assert_eq!(lines[0]["quote"]["request"]["images"][0], "512x256", "{}", lines[0]);
    assert_eq!(lines[0]["quote"]["request"]["prompt_tokens"], 2);
    for line in &lines[1..] {
        assert!(line["error"]["message"].as_str().unwrap().contains("--allow-paths"), "{line}");
    }
    let lines = run(&[&base[..], &["--allow-paths"]].concat()).lines();
    assert_eq!(lines[1]["quote"]["request"]["images"][0], "512x256", "{}", lines[1]);
    assert_eq!(lines[2]["quote"]["request"]["images"][0], "512x256", "{}", lines[2]);
    let stdin = run_with(&words("batch - -f jsonl"), b"{\"images\":[\"a.png\"]}").lines();
    assert!(stdin[0]["error"]["message"].as_str().unwrap().contains("standard input"));
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_out() {
    let folder = folder("links");
    let secret = file(&folder, "secret.txt", "hello");
    let path = file(&folder, "in/rows.jsonl", "{\"prompt_file\":\"link.txt\"}\n");
    std::os::unix::fs::symlink(&secret, folder.join("in/link.txt")).unwrap();
    let line = &run(&["batch", &path, "-f", "jsonl"]).lines()[0];
    assert!(line["error"]["message"].as_str().unwrap().contains("leads out"), "{line}");
}

#[test]
fn a_line_too_long_is_a_row_error_and_the_next_is_read() {
    let mut rows = b"{\"prompt\":\"".to_vec();
    rows.extend(vec![b'x'; 2 << 20]);
    rows.extend(b"\"}\n{\"model\":\"gpt-image-2\"}\n");
    let lines = run_with(&words("batch - -f jsonl"), &rows).lines();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["error"]["code"], "too-large");
    assert_eq!(lines[1]["row"]["line"], 2);
    assert_eq!(lines[1]["quote"]["model"], "gpt-image-2");
}

#[test]
fn the_cap_is_for_all_rows_together() {
    let rows = b"{\"prompt_tokens\":5}\n{\"prompt_tokens\":5}\n";
    let with =
        |more: &str| run_with(&words(&format!("batch - -m gpt-image-2 -q high -s 1024x1024 {more}")), rows);
    assert_eq!(with("--cap 1").code, 0);
    let over = with("--cap 0.3");
    assert_eq!(over.code, 3);
    assert_eq!(over.stdout.lines().count(), 3, "{over:?}");
    assert!(over.stderr.contains("over the cap of $0.3"), "{over:?}");
    let without_prompt = run_with(&words("batch - -m gpt-image-2 --cap 100"), b"{}\n");
    assert_eq!(without_prompt.code, 3, "{without_prompt:?}");
}

#[test]
fn rows_that_contradict_themselves_are_errors() {
    for row in [
        r#"{"prompt":"a","prompt_tokens":1}"#,
        r#"{"n":1,"n":2}"#,
        r#"{"model":7}"#,
        r#"{"n":1.5}"#,
        r#"{"n":[1]}"#,
        r#"{"stream":"maybe"}"#,
        r#"{"images":7}"#,
        r#"{"images":["big"]}"#,
        r#"{"tags":[1]}"#,
        r#"{"tags":{"a":{}}}"#,
        r#"{"as_of":"soon"}"#,
        r#"[[]]"#,
        r#"[7]"#,
        "\"x\"",
        "{} {}",
        "\u{0}",
    ] {
        let ran = run_with(&words("batch - --input-format jsonl -f jsonl"), row.as_bytes());
        assert_eq!(ran.code, 4, "{row}: {ran:?}");
        assert!(ran.lines()[0]["error"].is_object(), "{row}");
    }
}

#[test]
fn tables_of_batches_keep_to_80_columns() {
    for input in [ROWS, CSV] {
        let ran = run_with(&words("batch - --summary"), input.as_bytes());
        for line in ran.stdout.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

#[test]
fn a_quote_that_is_not_closed_costs_one_row_and_no_more() {
    for input in ["id,n\na,1\n\"b,2\nc,3\nd,4\ne,5\"\nf,6\n", "id,n\na,1\n\"b,2\nc,3\nd,4\ne,5\nf,6\n"] {
        let ran = run_with(&["batch", "-", "--input-format", "csv", "-f", "jsonl"], input.as_bytes());
        let rows = ran.lines();
        let ids: Vec<_> = rows.iter().filter_map(|row| row["row"]["id"].as_str()).collect();
        assert_eq!(rows.len(), 6, "{ran:?}");
        assert!(["a", "c", "d", "e", "f"].iter().all(|id| ids.contains(id)), "{ids:?}");
        assert_eq!(rows[1]["row"]["line"], 3);
        assert!(rows[1]["error"]["message"].as_str().unwrap().contains("not closed"), "{ran:?}");
        assert_eq!(ran.code, 4);
    }
    let long = format!("id,n\n\"a,1\n{}", "b,2\n".repeat(600_000));
    let ran = run_with(&["batch", "-", "--input-format", "csv", "-f", "csv"], long.as_bytes());
    assert!(ran.stderr.contains("600,001 rows"), "{}", ran.stderr);
}

#[test]
fn ids_are_never_changed() {
    let row = |id: &str| {
        let ran = run_with(&["batch", "-", "-f", "jsonl"], format!("{{\"id\":{id}}}\n").as_bytes());
        ran.lines().remove(0)
    };
    assert_eq!(row("12345678901234567890")["row"]["id"], "12345678901234567890");
    for id in ["12345678901234567890123", "1.10", "[1]", "1,\"id\":2"] {
        assert!(row(id)["error"]["message"].as_str().unwrap().contains("id"), "{id}");
    }
}

#[test]
fn rows_take_what_flags_take() {
    let rows = "model,as_of,assume_prompt_tokens,stream,partial_images\ngpt-image-2,today,20,TRUE,1\n";
    let ran = run_with(&["batch", "-", "-f", "jsonl"], rows.as_bytes());
    let quote = &ran.lines()[0]["quote"];
    assert_eq!(quote["request"]["prompt_tokens"], 20, "{ran:?}");
    assert_eq!(quote["request"]["stream"], true);
}

#[test]
fn a_quote_left_open_in_the_last_column_swallows_no_row() {
    let header = "id,model,quality,size,prompt";
    let good = |id: &str| format!("{id},gpt-image-2,low,1024x1024,a red apple");
    let broken = |cell: &str| format!("a,gpt-image-2,low,1024x1024,{cell}");
    for (first, why) in [
        ("\"unclosed", "not closed"),
        ("\"a red\"apple", "closes before its cell ends"),
        ("\"a \"red\" apple\"", "closes before its cell ends"),
    ] {
        for end in ["", "\n"] {
            let rows = [header.to_owned(), broken(first), good("b"), good("c"), good("d")].join("\n") + end;
            let ran = run_with(&words("batch - --input-format csv -f jsonl"), rows.as_bytes());
            assert_eq!(ran.code, 4, "{first}: {ran:?}");
            let lines = ran.lines();
            let ids: Vec<_> = lines.iter().filter_map(|line| line["row"]["id"].as_str()).collect();
            assert_eq!(ids, ["a", "b", "c", "d"], "{first}");
            let message = lines[0]["error"]["message"].as_str().unwrap();
            assert!(message.contains(why), "{first}: {message}");
            assert!(lines[1..].iter().all(|line| line["error"].is_null()), "{first}: {ran:?}");
        }
    }
}

#[test]
fn quotes_left_open_in_many_rows_swallow_none() {
    for (count, last) in [(2, ""), (3, ""), (4, ""), (5, ""), (3, "\"closed\""), (4, "\"closed\"")] {
        let mut rows = "id,model,quality,size,prompt\r\n".to_owned();
        for id in 0..count {
            rows.push_str(&format!("{id},gpt-image-2,low,1024x1024,\"x\r\n"));
        }
        rows.push_str(&format!("last,gpt-image-2,low,1024x1024,{last}\r\n"));
        let ran = run_with(&words("batch - --input-format csv -f jsonl"), rows.as_bytes());
        let lines = ran.lines();
        let numbers: Vec<_> = lines.iter().filter_map(|line| line["row"]["line"].as_u64()).collect();
        assert_eq!(numbers, (2..count + 3).collect::<Vec<u64>>(), "{ran:?}");
        assert_eq!(lines.iter().filter(|line| line["error"].is_object()).count() as u64, count, "{ran:?}");
    }
}

#[test]
fn a_header_swallows_no_row_either() {
    for header in ["id,\"n", "id,\"n\"x", "id,tag:5\""] {
        let ran = run_with(
            &words("batch - --input-format csv -f jsonl"),
            format!("{header}\n1,2\n3,\"4\n").as_bytes(),
        );
        assert_eq!(ran.code, 2, "{header}: {ran:?}");
    }
}

#[test]
fn hostile_ids_are_only_text_in_markdown() {
    let rows = "id,model,n\n<b>@me*,gpt-image-2,1\n`x`|[y],gpt-image-2,0\n";
    let ran = run_with(&words("batch - --input-format csv -f markdown -q low -s 1024x1024"), rows.as_bytes());
    assert!(ran.stdout.contains("| &lt;b>&#64;me\\* |"), "{}", ran.stdout);
    assert!(ran.stdout.contains("| &#96;x&#96;\\|\\[y] |"), "{}", ran.stdout);
}

#[test]
fn a_wrong_number_is_shown_as_it_was_written() {
    for number in ["1.50", "12345678901234567890123", "-7", "2.5e-3"] {
        let row = format!("{{\"model\":\"gpt-image-2\",\"n\":{number},\"quality\":7}}");
        let ran = run_with(&words("batch - -f jsonl"), row.as_bytes());
        let error = ran.lines()[0]["error"].clone();
        assert!(error["message"].as_str().unwrap().contains(&format!("n = {number}")), "{error}");
        assert_eq!(error["field"], "n");
    }
}

#[test]
fn a_broken_cap_notes_that_rows_in_error_are_not_in_the_ceiling() {
    let rows =
        b"model,quality,size,prompt_tokens\ngpt-image-2,high,1024x1024,5\ngpt-image-2,hgh,1024x1024,5\n";
    let ran = run_with(&words("batch - -f csv --cap 0.01"), rows);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("the rows not in error may cost up to $0.210775"), "{}", ran.stderr);
}

/// Two jobs among rows that a spreadsheet leaves behind: empty, blank, quoted, shorter.
const SPARSE: &str = "id,model,quality,size,prompt_tokens,tag:team\n\
    ,,,,,\n\
    a,gpt-image-2,low,1024x1024,9,web\n\
    ,,,\n\"\",\" \",\t,  ,,\n\"\",\"\n \",,,,\n\
    b,gpt-image-2,low,1024x1024,9,\n\
    ,,,,,\n,,,,,";

#[test]
fn an_empty_row_of_a_spreadsheet_is_no_row() {
    let ran = run_with(&words("batch - --input-format csv -f csv"), SPARSE.as_bytes());
    assert_eq!(ran.code, 0, "{ran:?}");
    let ids: Vec<&str> = ran.stdout.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    assert_eq!(ids, ["a", "b"], "{ran:?}");
    // Lines keep their numbers.
    assert!(ran.stdout.lines().nth(2).unwrap().starts_with("8,b,"), "{ran:?}");
    let tabs = SPARSE.lines().filter(|line| !line.contains('"')).collect::<Vec<_>>().join("\n");
    let tabs = tabs.replace(',', "\t");
    let ran = run_with(&words("batch - --input-format tsv -f jsonl"), tabs.as_bytes());
    assert_eq!((ran.code, ran.lines().len()), (0, 2), "{ran:?}");
    // One mark is enough for a row: it is not passed over.
    let ran = run_with(&words("batch - --input-format csv -f csv"), format!("{SPARSE}\n,,,,,-").as_bytes());
    assert_eq!(ran.stdout.lines().count(), 4, "{ran:?}");
}

#[test]
fn an_empty_row_is_counted_nowhere() {
    let folder = folder("empty-rows");
    let jobs = file(&folder, "jobs.csv", SPARSE);
    let policy = file(&folder, "policy.toml", "max_n = 1\n");
    let checked = run(&["check", &jobs, "--policy", &policy, "-f", "jsonl"]).json();
    assert_eq!((&checked["rows"]["rows"], &checked["rows"]["errors"]), (&2.into(), &0.into()), "{checked}");
    let plain: Vec<&str> =
        SPARSE.lines().filter(|line| line.contains("gpt") || line.starts_with("id")).collect();
    let plain = file(&folder, "plain.csv", plain.join("\n"));
    let diff = run(&["diff", &plain, &jobs, "-f", "jsonl"]).json();
    assert_eq!((&diff["counts"]["same"], &diff["counts"]["added"]), (&2.into(), &0.into()), "{diff}");
}

#[test]
fn rows_of_retired_models_are_marked() {
    let rows = "id,model,quality,size,prompt_tokens\nold,gpt-image-1,low,1024x1024,9\n\
        ends,gpt-image-1.5,low,1024x1024,9\nnow,gpt-image-2,low,1024x1024,9\n";
    let line = "batch - --input-format csv";
    for format in ["table", "markdown"] {
        let ran = run_with(&words(&format!("{line} -f {format}")), rows.as_bytes());
        let marks = |word: &str| ran.stdout.lines().filter(|line| line.contains(word)).count();
        let ends = if format == "table" { "gpt-image-1.5 ends " } else { "ends 2026-12-01" };
        assert_eq!((marks("retired"), marks(ends)), (1, 1), "{ran:?}");
    }
    let ran = run_with(&words(&format!("{line} -f jsonl")), rows.as_bytes());
    let codes = |row: usize, code: &str| {
        let notes = ran.lines()[row]["quote"]["notes"].as_array().unwrap().clone();
        notes.iter().any(|note| note["code"] == code)
    };
    assert!(codes(0, "model-retired") && codes(1, "model-retires-soon"), "{ran:?}");
    assert!(!codes(2, "model-retired") && !codes(2, "model-retires-soon"), "{ran:?}");
    let folder = folder("retired-rows");
    let (jobs, none) = (file(&folder, "jobs.csv", rows), file(&folder, "none.csv", "id,model\n"));
    let ran = run(&["diff", &none, &jobs, "-f", "markdown"]);
    assert!(ran.stdout.contains("gpt-image-1 low 1024x1024; retired"), "{ran:?}");
    let diff = run(&["diff", &none, &jobs, "-f", "jsonl"]).json();
    let entries = diff["entries"].as_array().unwrap();
    let old = entries.iter().find(|entry| entry["after"]["id"] == "old").unwrap();
    let after = &old["after"];
    assert_eq!((&after["availability"], &after["shutdown"]), (&"retired".into(), &"2026-10-23".into()));
}
