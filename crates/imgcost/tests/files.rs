//! `-o FILE.ext`: results as files, as a user asks for them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Ran, folder, run};

const GRID: [&str; 9] = [
    "compare",
    "-m",
    "gpt-image-1,gpt-image-1-mini",
    "-q",
    "low,high",
    "-s",
    "1024x1024,1536x1024",
    "--prompt-tokens",
    "50",
];

fn compared(folder: &Path, more: &[&str], files: &[&str]) -> Ran {
    let mut arguments: Vec<String> = GRID.iter().chain(more).map(ToString::to_string).collect();
    for file in files {
        arguments.extend(["-o".to_owned(), folder.join(file).display().to_string()]);
    }
    run(&arguments)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn fresh(name: &str) -> PathBuf {
    let folder = folder(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn files_hold_what_standard_output_would_and_change_nothing_there() {
    let folder = fresh("files-text");
    for (name, format) in
        [("a.csv", "csv"), ("a.tsv", "tsv"), ("a.json", "json"), ("a.jsonl", "jsonl"), ("a.md", "markdown")]
    {
        let ran = compared(&folder, &[], &[name]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{name}");
        assert_eq!(ran.stdout, compared(&folder, &[], &[]).stdout, "{name}");
        let there = compared(&folder, &["-f", format], &[]).stdout;
        assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), there, "{name}");
    }
    assert_eq!(names(&folder), ["a.csv", "a.json", "a.jsonl", "a.md", "a.tsv"], "and nothing else");
}

/// A column of the csv that was written beside.
fn column(folder: &Path, name: &str) -> Vec<String> {
    let mut csv = csv::Reader::from_path(folder.join("a.csv")).unwrap();
    let at = csv.headers().unwrap().iter().position(|head| head == name).unwrap();
    csv.records().map(|record| record.unwrap()[at].to_owned()).collect()
}

#[test]
fn the_picture_of_a_comparison_has_a_bar_for_each_row_of_its_csv() {
    let folder = fresh("files-svg");
    assert_eq!(compared(&folder, &[], &["a.svg", "a.csv"]).code, 0);
    let svg = fs::read_to_string(folder.join("a.svg")).unwrap();
    let svg = roxmltree::Document::parse(&svg).unwrap();
    let of =
        |class: &'static str| svg.descendants().filter(move |node| node.attribute("class") == Some(class));
    let values: Vec<&str> = of("value").map(|node| node.text().unwrap()).collect();
    let amounts: Vec<String> =
        column(&folder, "per_image_ceiling").iter().map(|usd| format!("${usd}")).collect();
    assert_eq!(values, amounts);
    assert_eq!(values.len(), 8);
    // The dearest has the whole track, the cheapest a word.
    let longest =
        of("bar").map(|bar| bar.attribute("width").unwrap().parse::<f64>().unwrap()).fold(0.0, f64::max);
    let track: f64 = of("track").next().unwrap().attribute("width").unwrap().parse().unwrap();
    assert_eq!(longest, track);
    assert_eq!(of("mark").map(|node| node.text().unwrap()).collect::<Vec<_>>(), ["cheapest"]);
}

#[test]
fn the_page_of_a_comparison_has_every_amount_of_its_csv() {
    let folder = fresh("files-html");
    assert_eq!(compared(&folder, &[], &["a.html", "a.csv"]).code, 0);
    let html = fs::read_to_string(folder.join("a.html")).unwrap();
    let amounts = column(&folder, "per_call_ceiling");
    for amount in &amounts {
        assert!(html.contains(&format!(" data-v=\"{amount}\"><span>${amount}<")), "{amount}");
    }
    assert_eq!(amounts.len(), 8);
    assert!(html.contains(">cheapest</span>") && html.contains("<caption id=\"t1\">Sources</caption>"));
}

#[cfg(feature = "xlsx")]
#[test]
fn a_workbook_is_the_same_each_time() {
    let folder = fresh("files-xlsx");
    assert_eq!(compared(&folder, &[], &["a.xlsx", "b.xlsx"]).code, 0);
    assert_eq!(compared(&folder, &[], &["c.xlsx"]).code, 0);
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    assert!(read("a.xlsx").starts_with(b"PK"));
    assert_eq!(read("a.xlsx"), read("b.xlsx"));
    assert_eq!(read("a.xlsx"), read("c.xlsx"));
}

#[test]
fn an_unknown_ending_is_refused_before_anything_is_done() {
    let folder = fresh("files-ending");
    let ran = compared(&folder, &["-f", "json"], &["a.csv", "a.htm"]);
    assert_eq!(ran.code, 2);
    let error = &ran.json()["error"];
    assert_eq!((error["code"].as_str(), error["field"].as_str()), (Some("illegal-value"), Some("out")));
    assert_eq!(error["nearest"], ".html");
    assert!(error["message"].as_str().unwrap().contains("a.htm"), "{error}");
    assert_eq!(names(&folder), [""; 0]);
}

#[test]
fn a_file_that_cant_be_written_is_named_and_none_is_left_behind() {
    let folder = fresh("files-missing");
    let ran = compared(&folder, &[], &["a.csv", "missing/a.html"]);
    assert_eq!(ran.code, 5);
    assert!(ran.stderr.contains("missing/a.html"), "{}", ran.stderr);
    assert_eq!(names(&folder), [""; 0]);
}
