//! `imgcost diff`: two files, two days, two books.

use crate::common::{Ran, file, finish, folder, imgcost, program, run, run_with, snapshot};

const OLD: &str = "id,model,quality,size,n,prompt_tokens\n\
    hero,gpt-image-2,high,1024x1024,2,40\n\
    card,gpt-image-2,low,1024x1024,1,40\n\
    gone,gpt-image-2,medium,1024x1024,1,40\n\
    swap,gpt-image-2,high,1024x1024,1,40\n\
    odd,gpt-image-2,low,1000x1000,1,40\n\
    ,gpt-image-2,low,1024x1024,3,40\n";
const NEW: &str = "id,model,quality,size,n,prompt_tokens\n\
    swap,gpt-image-2.5-flare,high,1024x1024,1,40\n\
    hero,gpt-image-2,medium,1024x1024,4,40\n\
    card,gpt-image-2,low,1024x1024,1,40\n\
    odd,gpt-image-2,low,1000x1000,1,40\n\
    ,gpt-image-2,low,1024x1024,3,40\n\
    \"x|`y`\",gpt-image-2,low,1536x1024,1,40\n";

/// Runs a diff in a folder of its own, so that names in the output are short.
fn diff(name: &str, old: &str, new: &str, more: &[&str]) -> Ran {
    let folder = folder(name);
    file(&folder, "old.csv", old);
    file(&folder, "new.csv", new);
    let mut command = program();
    command.current_dir(&folder).arg("diff").args(more);
    finish(&mut command, b"")
}

#[test]
fn two_files_in_every_format() {
    for format in ["table", "json", "csv", "markdown"] {
        let ran = diff(&format!("diff-{format}"), OLD, NEW, &["old.csv", "new.csv", "-f", format]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
        snapshot(&format!("diff.{format}"), &ran.stdout);
    }
}

#[test]
fn a_file_does_not_differ_from_itself() {
    let ran = diff("diff-same", OLD, OLD, &["old.csv", "new.csv", "-f", "json"]);
    let document = ran.json();
    assert_eq!(document["entries"].as_array().unwrap().len(), 0);
    assert_eq!(
        (document["counts"]["same"].as_u64(), document["delta"]["ceiling"].as_str()),
        (Some(6), Some("0"))
    );
    assert_eq!(document["same_errors"][0]["id"], "odd", "a row in error is named all the same");
}

#[test]
fn one_file_at_two_days() {
    let rows = "id,model,quality,size,prompt_tokens,as_of\na,gpt-image-2,low,1024x1024,9,2026-05-01\nb,gpt-image-2.5-flare,low,1024x1024,9,\n";
    let ran =
        diff("diff-days", rows, "", &["old.csv", "--from", "2026-06-01", "--to", "2026-11-21", "-f", "json"]);
    let document = ran.json();
    assert_eq!(
        (document["before"]["as_of"].as_str(), document["counts"]["repriced"].as_u64()),
        (Some("2026-06-01"), Some(1))
    );
    assert_eq!(document["entries"][0]["after"]["id"], "b");
    assert!(document["entries"][0]["before"]["error"].as_str().unwrap().contains("no price"));
}

#[test]
fn the_price_book_at_two_days() {
    let line = "diff --from 2026-03-01 --to 2026-11-21 -p openai -m gpt-image-2*";
    for format in ["table", "markdown"] {
        snapshot(&format!("diff-book.{format}"), &imgcost(&format!("{line} --top 6 -f {format}")).stdout);
    }
    let document = imgcost(&format!("{line} -f json")).json();
    assert_eq!(document["schema"], "imgcost.price-diff/1");
    assert!(document["prices"].as_array().unwrap().iter().all(|price| price["provider"] == "openai"));
    let csv = imgcost(&format!("{line} -f csv")).stdout;
    assert!(csv.lines().any(|line| line.starts_with("model-added,openai,gpt-image-2,")), "{csv}");
}

#[test]
fn two_price_books() {
    let folder = folder("diff-books");
    let own = file(
        &folder,
        "own.toml",
        "schema = \"imgcost.prices/1\"\nprovider = \"openai\"\n[[model]]\nid = \"gpt-image-2\"\n[[model.rates]]\ntier = \"standard\"\nfrom = \"2026-05-01\"\nimage_output = \"15\"\nreason = \"our contract\"\n",
    );
    let document = run(&["diff", "--prices-new", &own, "-f", "json"]).json();
    let prices = document["prices"].as_array().unwrap();
    assert_eq!(prices.len(), 1, "{document}");
    assert_eq!(
        (prices[0]["before"].as_str(), prices[0]["after"].as_str(), prices[0]["per_mille"].as_i64()),
        (Some("30"), Some("15"), Some(-500))
    );
    let jobs = file(&folder, "jobs.csv", OLD);
    let document = run(&["diff", &jobs, "--prices-new", &own, "-f", "json"]).json();
    assert_eq!(document["counts"]["repriced"], 5, "{document}");
}

#[test]
fn growth_above_a_limit_fails() {
    let (small, large) = ("n,prompt_tokens\n1,9\n", "n,prompt_tokens\n2,9\n");
    let base = ["old.csv", "new.csv", "-m", "gpt-image-2", "-q", "high", "-s", "1024x1024", "--fail-above"];
    for (limit, code) in [("0.22", 0), ("$0.21", 3), ("100%", 0), ("99.9%", 3), ("0", 3)] {
        let ran = diff("diff-limit", small, large, &[&base[..], &[limit]].concat());
        assert_eq!(ran.code, code, "{limit}: {ran:?}");
        assert_eq!(ran.stderr.is_empty(), code == 0);
    }
    assert_eq!(
        diff("diff-limit", large, small, &[&base[..], &["0"]].concat()).code,
        0,
        "less is never too much"
    );
    for bad in ["x", "-1", "1e3", "%", "5%%"] {
        assert_eq!(diff("diff-limit", small, large, &[&base[..], &[bad]].concat()).code, 2, "{bad}");
    }
    // What can't be priced can't be held.
    let unpriced = "n,prompt_tokens,provider\n1,9,new-api\n";
    assert_eq!(diff("diff-limit", small, unpriced, &[&base[..], &["100"]].concat()).code, 3);
    let broken = "n,prompt_tokens\n1,9\n77,9\n";
    let ran = diff("diff-limit", small, broken, &[&base[..], &["100"]].concat());
    assert_eq!(ran.code, 4);
    assert!(ran.stderr.contains("only as far as is known: 0 rows in error before, 1 after"), "{ran:?}");
}

#[test]
fn a_row_in_error_on_one_side_is_in_neither_total() {
    let jobs = |hero: &str| format!("id,n,prompt_tokens\nhero,{hero},9\ncard,1,9\n");
    let base =
        ["old.csv", "new.csv", "-m", "gpt-image-2", "-q", "high", "-s", "1024x1024", "--fail-above", "0"];
    let all = [&base[..], &["-f", "json"]].concat();
    for (old, new) in [("77", "2"), ("2", "77")] {
        // Neither fires as if the row had come from nothing, nor passes as if it had gone.
        let ran = diff("diff-neither", &jobs(old), &jobs(new), &all);
        assert_eq!(ran.code, 4, "{ran:?}");
        let document = ran.json();
        assert_eq!(document["before"]["total"]["ceiling"], document["after"]["total"]["ceiling"]);
        assert_eq!(document["delta"]["ceiling"], "0");
        assert_eq!(
            (&document["before"]["complete"], &document["after"]["complete"]),
            (&false.into(), &false.into())
        );
        let words = diff("diff-neither", &jobs(old), &jobs(new), &base).stdout;
        assert!(words.starts_with("±$0.00 (±0.0%) of what is known: at least $0.21"), "{words}");
    }
    let one = |n: &str| format!("id,n,prompt_tokens\nhero,{n},9\n");
    let ran = diff("diff-neither", &one("77"), &one("2"), &all);
    assert_eq!(ran.code, 4, "{ran:?}");
    for side in ["before", "after"] {
        assert!(ran.json()[side]["total"]["ceiling"].is_null(), "{ran:?}");
        assert!(ran.json()[side]["total"]["floor"].is_null(), "{ran:?}");
    }
    assert!(ran.json()["delta"]["ceiling"].is_null());
    assert!(ran.stderr.contains("nothing to compare with the limit"), "{ran:?}");
}

#[test]
fn what_can_not_be_compared_is_refused() {
    for line in [
        "old.csv",
        "",
        "old.csv new.csv old.csv",
        "- -",
        "old.csv --from soon",
        "--from 2026-01-01 -q high",
        "--from 2026-01-01 -m gpt-imgae-2",
        "--from 2026-01-01 --fail-above 5",
    ] {
        let ran = diff(
            "diff-refused",
            OLD,
            NEW,
            &[line.split_whitespace().collect::<Vec<_>>(), vec!["-f", "json"]].concat(),
        );
        assert_eq!(
            (ran.code, ran.json()["schema"].as_str()),
            (2, Some("imgcost.error/1")),
            "{line}: {ran:?}"
        );
    }
}

#[test]
fn files_beyond_memory_are_refused() {
    let rows = format!("n\n{}", "1\n".repeat(200_001));
    let ran = diff("diff-large", &rows, "n\n1\n", &["old.csv", "new.csv"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("more than 200,000 rows"), "{ran:?}");
}

#[test]
fn hostile_ids_change_no_terminal_and_no_table() {
    let folder = folder("diff-hostile");
    let old = file(&folder, "old.csv", "id,n\na,1\n");
    let new = "id,n\n\"a|b`c`\u{1b}[2J\u{202e} @you <img src=x>\",2\n";
    for format in ["table", "markdown"] {
        let ran = run_with(&["diff", &old, "-", "--input-format", "csv", "-f", format], new.as_bytes());
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(!ran.stdout.contains(['\u{1b}', '\u{202e}']), "{ran:?}");
        if format == "markdown" {
            assert!(ran.stdout.contains("a\\|b&#96;c&#96;"), "{}", ran.stdout);
            assert!(!ran.stdout.contains("<img") && !ran.stdout.contains("@you"), "{}", ran.stdout);
        }
    }
}

#[test]
fn rows_without_a_prompt_are_told_of() {
    let base =
        ["old.csv", "new.csv", "-m", "gpt-image-2", "-q", "high", "-s", "1024x1024", "--fail-above", "9"];
    let ran = diff("diff-prompt", "n\n1\n", "n,prompt_tokens\n2,9\n", &base);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("1 row without a prompt: the limit is compared with its image"), "{ran:?}");
    assert!(ran.stdout.lines().next().unwrap().contains("$0.21072, 1 without a prompt →"), "{ran:?}");
    let ran = diff("diff-prompt", "n\n1\n", "n,prompt_tokens\n2,9\n", &[&base[..], &["-f", "json"]].concat());
    let count = |side: &str| ran.json()[side]["total"]["without_prompt"].clone();
    assert_eq!((count("before"), count("after")), (1.into(), 0.into()));
}

#[test]
fn how_many_rows_are_shown_is_a_number_from_1() {
    for top in ["x", "0", "-1", "1.5"] {
        let ran = diff(
            "diff-top",
            "n\n1\n",
            "n\n2\n",
            &["old.csv", "new.csv", "-f", "json", &format!("--top={top}")],
        );
        assert_eq!((ran.code, &ran.json()["error"]["field"]), (2, &"top".into()), "{top}: {ran:?}");
    }
}

#[test]
fn prices_of_retired_models_are_marked() {
    let line = "diff --from 2025-06-01 --to 2026-11-30 -p openai";
    let document = imgcost(&format!("{line} -f json")).json();
    let csv = imgcost(&format!("{line} -f csv")).stdout;
    for (model, availability) in
        [("gpt-image-1", "retired"), ("gpt-image-1-mini", "ends"), ("gpt-image-2", "current")]
    {
        let mut prices =
            document["prices"].as_array().unwrap().iter().filter(|price| price["model"] == model);
        assert!(prices.clone().next().is_some() && prices.all(|price| price["availability"] == availability));
        let mut rows = csv.lines().filter(|line| line.starts_with(&format!("price,openai,{model},")));
        assert!(rows.all(|row| row.ends_with(&format!(",{availability}"))), "{csv}");
    }
}
