//! `imgcost compare`: lists, layouts, formats, conditions, files and refusals.

use std::collections::BTreeSet;
use std::fs;

use crate::common::{self, folder, imgcost, run, snapshot};

const TWO: &str = "compare -m gpt-image-1,gpt-image-2 -q all -s 1024x1024,1536x1024 --prompt-tokens 50";

#[test]
fn a_comparison_in_every_format() {
    for format in ["table", "json", "csv", "tsv", "markdown"] {
        let ran =
            imgcost(&format!("{TWO} --baseline first --currency JPY --fx 149.8@2026-11-20 -f {format}"));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{format}");
        snapshot(&format!("compare.{format}"), &ran.stdout);
    }
    let one_line = imgcost(&format!("{TWO} -f jsonl"));
    assert_eq!(one_line.lines().len(), 1);
}

#[test]
fn layouts() {
    for (name, line) in [
        ("pivot", format!("{TWO} --rows model,quality --columns size")),
        ("pivot-calls", format!("{TWO} -n 1,4 --rows model --columns size,n --show per-call")),
        ("pivot-delta", format!("{TWO} --columns size --show delta --baseline first")),
        (
            "pivot-tokens",
            format!("{TWO} --rows quality --columns model,size --show tokens --where quality!=low"),
        ),
        ("pivot-megapixel", format!("{TWO} --rows size --show per-megapixel")),
        ("counts", format!("{TWO} -n 1,10,11 --where size=1024* --sort -per-call,n")),
        (
            "ranges",
            "compare -m gpt-image-1,gpt-image-1.5,gpt-image-1-mini -q auto -s 1024x1024,auto".to_owned(),
        ),
        ("words", "compare gpt-image-2 gpt-image-2.5-flare".to_owned()),
        ("providers", "compare gpt-image-2 gemini-3-pro-image flux-2-pro".to_owned()),
        (
            "refused",
            "compare -m gpt-image-1,dall-e-3 -q high,hd -s 1024x1024,1792x1024 --as-of 2023-01-01,2026-11-21"
                .to_owned(),
        ),
        ("tiers", "compare -m gpt-image-2 -q all -s 1024x1024 --tier all --sort per-image".to_owned()),
        (
            "edits",
            "compare -m gpt-image-1,gpt-image-1.5 -q low -s 1024x1024 --image 512x512 --input-fidelity high"
                .to_owned(),
        ),
    ] {
        let ran = imgcost(&line);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{name}");
        snapshot(&format!("compare-{name}.txt"), &ran.stdout);
        for line in ran.stdout.lines() {
            assert!(line.chars().count() <= 80, "{name}: {line}");
        }
    }
}

#[test]
fn every_cell_of_the_document_is_the_quote_of_its_request() {
    let document = imgcost(&format!("{TWO} -n 1,3 --tier standard,batch -f json")).json();
    assert_eq!(document["schema"], "imgcost.compare/1");
    let cells = document["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 2 * 3 * 2 * 2 * 2);
    assert_eq!(document["summary"]["shown"], cells.len());
    for cell in cells.iter().step_by(7) {
        let word = |name: &str| cell["request"][name].as_str().unwrap().to_owned();
        let (model, quality, size) = (word("model"), word("quality"), word("size"));
        let n = cell["request"]["n"].to_string();
        let mut line = vec!["-m", &model, "-q", &quality, "-s", &size, "-n", &n, "--prompt-tokens", "50"];
        line.extend(["-f", "json"]);
        if word("tier") == "batch" {
            line.extend(["--tier", "batch"]);
        }
        let quote = run(&line);
        if quote.code == 2 {
            assert_eq!((cell["state"].as_str(), &cell["error"]), (Some("illegal"), &quote.json()["error"]));
            continue;
        }
        let quote = quote.json();
        assert_eq!(cell["state"], "priced");
        for part in ["floor", "expected", "ceiling", "ceiling_basis"] {
            assert_eq!(cell["per_call"][part], quote["total"][part], "{line:?}");
        }
        assert_eq!(cell["tokens"]["image_output"], quote["tokens"]["image_output"]);
    }
}

#[test]
fn csv_has_a_row_a_combination_and_leaves_unknown_cells_empty() {
    let ran = imgcost("compare -m gpt-image-2 -q low,hd -s 1024x1024,auto -f csv");
    let mut reader = csv_rows(&ran.stdout);
    let header = reader.remove(0);
    assert!(reader.iter().all(|row| row.len() == header.len()));
    let column = |name: &str| header.iter().position(|column| column == name).unwrap();
    let of = |row: usize, name: &str| reader[row][column(name)].as_str();
    assert_eq!(reader.len(), 4);
    assert_eq!(
        (of(0, "state"), of(0, "per_image_expected"), of(0, "cheapest")),
        ("priced", "0.00588", "true")
    );
    assert_eq!((of(1, "size"), of(1, "per_megapixel_ceiling")), ("auto", ""));
    assert_eq!((of(2, "state"), of(2, "per_image_floor"), of(2, "error_field")), ("illegal", "", "quality"));
    assert_eq!(of(2, "error_nearest"), "high");
}

/// Rows of plain CSV: quotes only around whole cells.
fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for line in text.lines() {
        let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(std::mem::take(&mut cell)),
                c => cell.push(c),
            }
        }
        cells.push(cell);
        rows.push(cells);
    }
    rows
}

#[test]
fn conditions_choose_and_never_change() {
    let cells = |more: &str| imgcost(&format!("{TWO} -f json {more}")).json()["cells"].clone();
    let key = |cell: &serde_json::Value| cell["request"].to_string();
    let all = cells("");
    for more in [
        "--where per_image<0.05",
        "--max-per-image 0.05",
        "--where model=gpt-image-2* --where quality!=low",
        "--where tokens<=2000 --where n=1",
        "--where as_of=2026-11-21 --where pixels>1100000",
        "--where state=priced --where provider=openai --where size=1024x1024",
    ] {
        let kept = cells(more);
        let kept = kept.as_array().unwrap();
        assert!(!kept.is_empty() && kept.len() < all.as_array().unwrap().len(), "{more}");
        for cell in kept {
            let same = all.as_array().unwrap().iter().find(|other| key(other) == key(cell)).unwrap();
            // The cheapest are those of what is shown.
            assert_eq!(cell["per_call"], same["per_call"], "{more}");
            assert_eq!(cell["state"], same["state"]);
        }
        assert!(kept.iter().any(|cell| cell["cheapest"] == true), "{more}");
    }
    let none = imgcost(&format!("{TWO} --where per_image<0"));
    assert_eq!(none.code, 0);
    assert!(
        none.stdout.contains("0 of 12 combinations") && none.stdout.contains("nothing fulfils"),
        "{none:?}"
    );
}

#[test]
fn the_exit_code_says_whether_something_has_no_price() {
    for (line, code) in [
        ("compare -m gpt-image-2 -q low -s 1024x1024", 0),
        ("compare -m gpt-image-2 -q low,hd -s 1024x1024", 0),
        ("compare -m gpt-image-2 -q hd -s 1024x1024", 2),
        ("compare -m gpt-image-2 -q low -s 1024x1024 --endpoint responses --responses-model nobody", 4),
        ("compare -m gpt-image-2 -q low,hd -s 1024x1024 --endpoint responses --responses-model nobody", 4),
    ] {
        let ran = imgcost(line);
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(!ran.stdout.contains("| |") && ran.stdout.contains("combination"), "{ran:?}");
    }
    let unpriced = imgcost("compare -m gpt-image-2 -q low -s 1024x1024 --endpoint responses");
    assert!(unpriced.stdout.contains("unpriced") && unpriced.stdout.contains("at least"), "{unpriced:?}");
    assert!(!unpriced.stdout.contains("*0"), "{unpriced:?}");
}

#[test]
fn refusals_name_what_is_wrong_and_what_is_nearest() {
    let mut text = String::new();
    for line in [
        "compare -m gpt-imgae-2",
        "compare -m gpt-imgae-*",
        "compare -m gpt-image-2,,gpt-image-1",
        "compare -m gpt-image-2 -p opnai",
        "compare -m gpt-image-2 -s big",
        "compare -m gpt-image-2 -n 1,x",
        "compare -m gpt-image-2 --as-of 2026-13-01",
        "compare -m gpt-image-2 --tier bacth",
        "compare -m gpt-image-2 --rows modle",
        "compare -m gpt-image-2 --rows model --columns size,model",
        "compare -m gpt-image-2 --show tokens",
        "compare -m gpt-image-2 --rows model --show delta",
        "compare -m gpt-image-2 --sort per-imge",
        "compare -m gpt-image-2 --where per_imgae<1",
        "compare -m gpt-image-2 --where model<1",
        "compare -m gpt-image-2 --where per_image<cheap",
        "compare -m gpt-image-2 --max-per-image cheap",
        "compare -m gpt-image-2 --baseline gpt-image-2=1",
        "compare -m gpt-image-2 --baseline hihg",
        "compare -m gpt-image-2 --currency JPY",
        "compare -m gpt-image-2 -o table.docx",
        "compare --equivalent-to nothing",
    ] {
        let ran = imgcost(line);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{line}");
        // Lists of everything that is offered change with the book.
        let (said, _) = ran.stderr.split_once("; allowed: ").unwrap_or((ran.stderr.trim(), ""));
        let near = ran.stderr.trim().rsplit_once("; nearest: ").map_or("", |(_, near)| near);
        text.push_str(&format!("$ imgcost {line}\n{said}\n  nearest: {near}\n"));
    }
    snapshot("compare-errors.txt", &text);
    let json = imgcost("compare -m gpt-imgae-2 -f json");
    assert_eq!(json.json()["error"]["nearest"], "gpt-image-2");
}

#[test]
fn every_model_of_every_provider_is_priced_or_says_why_not() {
    let ran = imgcost("compare -m all -p all -q all -s all --tier all -f json");
    let document = ran.json();
    let cells = document["cells"].as_array().unwrap();
    let mut states = BTreeSet::new();
    for cell in cells {
        let state = cell["state"].as_str().unwrap();
        states.insert(state);
        match state {
            "priced" => assert!(cell["per_image"]["ceiling"].is_string(), "{cell}"),
            "unpriced" => assert!(!cell["unpriced"].as_array().unwrap().is_empty(), "{cell}"),
            "illegal" => assert!(cell["error"]["message"].is_string(), "{cell}"),
            other => panic!("{other}"),
        }
    }
    assert!(states.contains("priced"));
    let summary = &document["summary"];
    let count = |name: &str| summary[name].as_u64().unwrap();
    assert_eq!(count("priced") + count("unpriced") + count("illegal"), count("shown"));
    assert!(document["book"]["digest"].as_str().unwrap().starts_with("sha256:"));
    let page = imgcost("compare -m all -p all -q all -s all --tier all");
    assert!(page.stdout.lines().all(|line| line.chars().count() <= 80), "{}", page.stdout);
}

#[test]
fn files_say_the_same_as_the_table() {
    let folder = folder("compare-files");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (html, csv, md) = (path("a.html"), path("a.csv"), path("a.md"));
    let line = ["compare", "-m", "gpt-image-2", "-q", "all", "-s", "1024x1024", "-n", "1,4"];
    let ran = run(&[&line[..], &["-o", &html, "-o", &csv, "-o", &md]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("* the cheapest: low"), "{ran:?}");
    assert_eq!(fs::read_to_string(&csv).unwrap(), run(&[&line[..], &["-f", "csv"]].concat()).stdout);
    let page = fs::read_to_string(&html).unwrap();
    for words in ["0.21072", "Sources", "openai"] {
        assert!(page.contains(words), "{words}");
    }
    assert!(fs::read_to_string(&md).unwrap().contains("| quality"));
}

#[test]
fn equivalents_and_swapped_names() {
    let ran = run(&["compare", "--equivalent-to", "gpt-image-2 medium 1024x1024", "-m", "gpt-image-2.5-*"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("gpt-image-2.5-flare") && ran.stdout.contains("high"), "{ran:?}");
    let several = ["compare", "--equivalent-to", "gpt-image-2 medium", "--as-of", "2026-11-21,2026-11-20"];
    assert_eq!(run(&several).code, 2);
    let swapped = imgcost("compare -m gpt-image-2,gpt-image-2.5-flare -q high -s 1024x1024 -f json").json();
    let notes = swapped["notes"].as_array().unwrap();
    assert!(notes.iter().any(|note| note["code"] == "swapped-model"), "{notes:?}");
}

#[test]
fn a_file_that_fails_leaves_the_result_whole() {
    for command in ["compare -q low,high", "solve -n 1"] {
        let line =
            format!("{command} -m gpt-image-2 -s 1024x1024 --prompt-tokens 9 -f json -o /nonexist/x.csv");
        let ran = imgcost(&line);
        assert_eq!(ran.code, 5, "{ran:?}");
        let known = imgcost(line.split(" -o").next().unwrap());
        assert_eq!(ran.json(), known.json());
        assert!(ran.stderr.contains("/nonexist/x.csv"), "{ran:?}");
    }
}

/// The models that the star is on.
fn starred(line: &str) -> Vec<String> {
    let document = imgcost(&format!("{line} -f json")).json();
    let cells = document["cells"].as_array().unwrap().iter();
    let marked = cells.filter(|cell| cell["cheapest"] == true);
    marked.map(|cell| cell["request"]["model"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_retired_model_is_never_the_cheapest_and_is_marked() {
    let line = "compare -m gpt-image-1,gpt-image-2 -q medium -s 1024x1024";
    assert_eq!(starred(line), ["gpt-image-2"]);
    let ran = imgcost(line);
    assert!(ran.stdout.contains("the cheapest: gpt-image-2, $0.05268 an image"), "{ran:?}");
    let marked = |line: &str| line.contains("gpt-image-1 ") && line.contains(" retired ");
    assert!(ran.stdout.lines().any(marked), "{ran:?}");
    // Before it was shut down it was the cheapest, and its end was not yet near.
    let before = format!("{line} --as-of 2026-09-01");
    assert_eq!(starred(&before), ["gpt-image-1"]);
    assert!(!imgcost(&before).stdout.contains("status"));
    let near = imgcost(&format!("{line} --as-of 2026-10-01"));
    assert!(near.stdout.contains("ends 2026-10-23"), "{near:?}");
    // A layout has no column for it.
    let pivot = imgcost(&format!("{line} --columns model"));
    assert!(pivot.stdout.contains("\n retired: gpt-image-1\n"), "{pivot:?}");
}

#[test]
fn neither_a_single_combination_nor_a_tie_of_ceilings_is_the_cheapest() {
    let none: [&str; 0] = [];
    assert_eq!(starred("compare -m gpt-image-2 -q low -s 1024x1024"), none);
    let ties = "compare -m gpt-image-2,gpt-image-2.5-flare -q auto -s 1024x1024";
    assert_eq!(starred(ties), none);
    assert!(!imgcost(ties).stdout.contains('*'), "{:?}", imgcost(ties));
    // A tie of amounts that are known is one.
    let known = "compare -m gpt-image-2,gpt-image-2.5-flare,gpt-image-2.6-flare -q low -s 1024x1024";
    assert_eq!(starred(known), ["gpt-image-2", "gpt-image-2.5-flare"]);
    // What can't be more than the others' least is the cheapest, ceiling or not.
    let apart =
        "compare -m gpt-image-2.6-flare,gpt-image-2 -q low,high -s 1024x1024 --where quality=high,low";
    assert_eq!(starred(&format!("{apart} --where per_image>0.006")), ["gpt-image-2.6-flare"]);
}

#[test]
fn without_a_model_all_that_can_be_called_are_compared() {
    let models = |line: &str| -> BTreeSet<String> {
        let document = imgcost(&format!("{line} -f json")).json();
        let cells = document["cells"].as_array().unwrap().iter();
        cells.map(|cell| cell["request"]["model"].as_str().unwrap().to_owned()).collect()
    };
    let current = models("compare -q low -s 1024x1024");
    assert!(current.contains("gpt-image-2") && current.contains("gpt-image-2.6-flare"), "{current:?}");
    for retired in ["gpt-image-1", "dall-e-2", "dall-e-3"] {
        assert!(!current.contains(retired), "{retired}");
    }
    let then = models("compare -q low -s 1024x1024 --as-of 2026-02-01");
    assert!(then.contains("gpt-image-1") && !then.contains("gpt-image-2"), "{then:?}");
    // On either of two days.
    let both = models("compare -q low -s 1024x1024 --as-of 2026-02-01,2026-11-21");
    assert!(both.is_superset(&current) && both.contains("gpt-image-1"), "{both:?}");
    let azure = models("compare -p azure -q low -s 1024x1024");
    assert!(azure.contains("gpt-image-1-mini") && !azure.contains("gpt-image-1"), "{azure:?}");
    let equivalents =
        run(&["compare", "--equivalent-to", "gpt-image-2 medium 1024x1024", "-f", "json"]).json();
    let others = equivalents["equivalents"].as_array().unwrap();
    assert!(others.iter().all(|other| other["availability"] != "retired"), "{equivalents}");
}

#[test]
fn a_model_of_the_settings_or_of_a_body_is_compared_as_if_typed() {
    let models = |command: &mut std::process::Command, body: &[u8]| -> Vec<String> {
        let document = common::finish(command, body).json();
        let cells = document["cells"].as_array().unwrap().iter();
        cells.map(|cell| cell["request"]["model"].as_str().unwrap().to_owned()).collect()
    };
    let words = ["compare", "-q", "low", "-s", "1024x1024", "-f", "json"];
    assert_eq!(
        models(common::program().env("IMGCOST_MODEL", "gpt-image-2").args(words), b""),
        ["gpt-image-2"]
    );
    let with_body = || {
        let mut command = common::program();
        command.args(words).args(["--request", "-"]);
        command
    };
    assert_eq!(models(&mut with_body(), br#"{"model":"gpt-image-1","prompt":"x"}"#), ["gpt-image-1"]);
    let ran = common::finish(&mut with_body(), br#"{"prompt":"x"}"#);
    assert!(ran.json()["cells"].as_array().unwrap().len() > 5, "{ran:?}");
    assert!(!ran.stdout.contains("model-assumed"), "{ran:?}");
}

#[test]
fn a_provider_without_a_current_model_is_an_error() {
    let ran = imgcost("compare -p openai --as-of 2015-01-01 -f json");
    assert_eq!(ran.code, 2, "{ran:?}");
    let error = ran.json()["error"].clone();
    assert!(
        error["message"].as_str().unwrap().contains("no model that can be called on 2015-01-01"),
        "{ran:?}"
    );
}

#[test]
fn equivalents_mark_what_is_retired_or_ends_soon() {
    let words = ["compare", "--equivalent-to", "gpt-image-2 medium 1024x1024", "-m", "gpt-image-1*"];
    let page = run(&words).stdout;
    assert!(page.contains("note: retired: gpt-image-1\n"), "{page}");
    assert!(page.contains("ends 2026-12-01: gpt-image-1-mini, gpt-image-1.5"), "{page}");
    let document = run(&[words.as_slice(), &["-f", "json"]].concat()).json();
    assert_eq!(document["equivalents"][0]["availability"], "retired", "{document}");
}

#[test]
fn equivalents_name_what_spends_the_same() {
    let ran = run(&[
        "compare",
        "--equivalent-to",
        "gpt-image-2 medium 1024x1024",
        "-p",
        "openai",
        "-m",
        "gpt-image-2.5-flare,dall-e-3",
        "-f",
        "json",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let document = ran.json();
    assert_eq!(document["schema"], "imgcost.equivalents/1");
    assert_eq!(document["reference"]["tokens"]["expected"], 1756);
    let (table, tokens) = (&document["equivalents"][0], &document["equivalents"][1]);
    assert_eq!((table["model"].as_str(), table["measure"].as_str()), (Some("dall-e-3"), Some("money")));
    assert!(table["tokens"].is_null() && table["tokens_difference"].is_null());
    assert_eq!((tokens["kinship"].as_str(), tokens["quality"].as_str()), (Some("same"), Some("high")));
    assert_eq!(tokens["tokens_difference"], 0);
}

#[test]
fn equivalents_in_csv_have_a_row_a_candidate() {
    let ran = |format: &str| {
        let models = "gpt-image-2.5-flare,gpt-image-2.6-flare,gpt-image-1,dall-e-2";
        let to = "gpt-image-2 medium 1920x1088";
        run(&["compare", "--equivalent-to", to, "-p", "openai", "-m", models, "-f", format]).stdout
    };
    let table = ran("table");
    assert!(table.contains("gpt-image-2.5-flare") && table.contains("does not take size"), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    let csv = ran("csv");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(reader.headers().unwrap().len(), 17, "{csv}");
    assert_eq!(reader.records().count(), 4, "{csv}");
}

#[test]
fn equivalents_of_which_none_is_priced_are_incomplete() {
    let to = "dall-e-3 hd 1024x1024";
    let ran = run(&["compare", "--equivalent-to", to, "-p", "new-api", "-m", "gpt-image-2"]);
    assert!(ran.stdout.contains("no price is known: gpt-image-2"), "{ran:?}");
    assert_eq!(ran.code, 4);
}
