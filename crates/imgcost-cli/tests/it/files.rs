//! `-o FILE.ext`: results as files, as a user asks for them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{Ran, folder, run};

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
fn the_page_of_a_comparison_has_every_amount_of_its_csv() {
    let folder = fresh("files-html");
    assert_eq!(compared(&folder, &[], &["a.html", "a.csv"]).code, 0);
    let html = fs::read_to_string(folder.join("a.html")).unwrap();
    let amounts = column(&folder, "per_image_ceiling");
    for amount in &amounts {
        assert!(html.contains(&format!(" data-v=\"{amount}\"><span>")), "{amount}");
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

/// A part of a workbook.
#[cfg(feature = "xlsx")]
fn part(folder: &Path, name: &str) -> String {
    let mut archive = zip::ZipArchive::new(fs::File::open(folder.join("a.xlsx")).unwrap()).unwrap();
    std::io::read_to_string(archive.by_name(name).unwrap()).unwrap()
}

/// What each cell of a column of the page reads, without tags.
fn read(html: &str, head: &str) -> Vec<String> {
    let mark = format!("data-head=\"{head}\"");
    let cells = html.split(&mark).skip(1);
    cells.map(|rest| rest.split_once("<span>").unwrap().1.split('<').next().unwrap().to_owned()).collect()
}

/// Two ceilings and two amounts that are known, in another currency.
const CEILINGS: &str = "compare -m gpt-image-2,gpt-image-2.6-flare -q auto,low -s 1024x1024 -n 1,4 \
    --currency EUR --fx 0.86@2026-11-28";

fn written(folder: &Path, line: &str, files: &[&str]) -> Ran {
    let mut arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    for file in files {
        arguments.extend(["-o".to_owned(), folder.join(file).display().to_string()]);
    }
    run(&arguments)
}

#[test]
fn a_ceiling_is_marked_in_the_page_as_on_the_terminal() {
    let folder = fresh("files-ceilings");
    let ran = written(&folder, CEILINGS, &["a.html"]);
    assert!(ran.code == 0 && ran.stdout.contains("≤ 0.210720"), "{ran:?}");
    let html = fs::read_to_string(folder.join("a.html")).unwrap();
    let per_image = read(&html, "per image");
    assert_eq!((per_image[0].as_str(), per_image[2].as_str()), ("≤ 0.210720", "0.005880"), "{per_image:?}");
    assert_eq!(per_image[6], "≤ 0.029400", "a range without an expected value");
    let ran = written(&folder, "solve -m gpt-image-2.6-flare -q low -s 1024x1024 -n 12", &["b.html"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let html = fs::read_to_string(folder.join("b.html")).unwrap();
    let costs = read(&html, "USD");
    assert!(!costs.is_empty() && costs.iter().all(|cost| cost.starts_with("≤ ")), "{costs:?}");
}

#[cfg(feature = "xlsx")]
#[test]
fn a_workbook_has_floor_expected_value_and_ceiling_as_numbers() {
    let folder = fresh("files-ceilings-xlsx");
    assert_eq!(written(&folder, CEILINGS, &["a.xlsx", "a.csv"]).code, 0);
    let sheet = part(&folder, "xl/worksheets/sheet1.xml");
    let sheet = roxmltree::Document::parse(&sheet).unwrap();
    let headings = fs::read_to_string(folder.join("a.csv")).unwrap();
    let at = headings.split(',').position(|name| name == "per_image_floor").unwrap();
    let letter = |offset: usize| char::from(b'A' + u8::try_from(at + offset).unwrap());
    let cell = |column: char, row: u8| {
        let place = format!("{column}{row}");
        let cell = sheet.descendants().find(|node| node.attribute("r") == Some(&place))?;
        assert_eq!(cell.attribute("t"), None, "{place} is a number");
        cell.children().next()?.text().map(str::to_owned)
    };
    assert_eq!(cell(letter(1), 2), None, "quality is left to the model");
    assert_eq!(cell(letter(2), 2).as_deref(), Some("0.21072"));
    assert_eq!(cell(letter(1), 4).as_deref(), Some("0.00588"));
}

#[test]
fn another_currency_is_beside_its_dollars_with_as_many_decimals() {
    let folder = fresh("files-currency");
    assert_eq!(written(&folder, CEILINGS, &["a.html", "a.csv"]).code, 0);
    let html = fs::read_to_string(folder.join("a.html")).unwrap();
    for (head, usd) in [("EUR per image", "per_image_expected"), ("EUR per call", "per_call_expected")] {
        let (shown, usd) = (read(&html, head), column(&folder, usd));
        assert_eq!(shown.len(), usd.len());
        for (shown, usd) in shown.iter().zip(&usd).filter(|(_, usd)| !usd.is_empty()) {
            let (shown, usd): (f64, f64) = (shown.parse().unwrap(), usd.parse().unwrap());
            assert!(shown > 0.0 && (shown - usd * 0.86).abs() < 0.000_005_1, "{head}: {shown} of {usd}");
        }
    }
    // On the terminal too, image beside image.
    let ran = run(&CEILINGS.split_whitespace().collect::<Vec<_>>());
    assert!(ran.stdout.contains("EUR per image"), "{ran:?}");
    let ran = run(&"solve -m gpt-image-2 -q low -s 1536x1024 --currency EUR --fx 0.5@2026-11-28"
        .split_whitespace()
        .collect::<Vec<_>>());
    assert!(ran.stdout.contains("in EUR: 0.00237 "), "{ran:?}");
}

#[cfg(feature = "xlsx")]
#[test]
fn no_positive_amount_in_a_workbook_is_shown_as_zero() {
    let folder = fresh("files-currency-xlsx");
    assert_eq!(written(&folder, CEILINGS, &["a.xlsx"]).code, 0);
    let styles = part(&folder, "xl/styles.xml");
    assert!(!styles.contains("formatCode=\"#,##0.00\""), "two decimals are too few for euros: {styles}");
    assert!(styles.contains("formatCode=\"#,##0.000000\""), "{styles}");
}

#[test]
fn alternatives_are_never_added_up() {
    let folder = fresh("files-alternatives");
    for (name, line) in [("a", CEILINGS), ("b", "solve -s 1024x1024 --prompt-tokens 9 --top 5")] {
        let page = format!("{name}.html");
        assert_eq!(written(&folder, line, &[&page]).code, 0);
        let html = fs::read_to_string(folder.join(page)).unwrap();
        assert!(!html.contains("<tfoot>"), "{line}");
    }
}

#[cfg(feature = "xlsx")]
#[test]
fn alternatives_in_a_workbook_are_never_added_up() {
    let folder = fresh("files-alternatives-xlsx");
    for line in [CEILINGS, "solve -s 1024x1024 --prompt-tokens 9 --top 5"] {
        assert_eq!(written(&folder, line, &["a.xlsx"]).code, 0);
        let sheet = part(&folder, "xl/worksheets/sheet1.xml");
        assert!(!sheet.contains("<f>"), "{line}: {sheet}");
    }
}

#[test]
fn a_retired_model_is_marked_in_files_too() {
    let folder = fresh("files-retired");
    let line = "compare -m gpt-image-1,gpt-image-1.5,gpt-image-2 -q low -s 1024x1024";
    assert_eq!(written(&folder, line, &["a.html", "a.csv"]).code, 0);
    let html = fs::read_to_string(folder.join("a.html")).unwrap();
    assert_eq!(read(&html, "status"), ["retired", "ends 2026-12-01", ""]);
    assert_eq!(column(&folder, "availability"), ["retired", "ends", "current"]);
    assert_eq!(column(&folder, "shutdown"), ["2026-10-23", "2026-12-01", ""]);
}

#[test]
fn in_a_pipe_a_row_is_one_line() {
    let line = ["quote", "-m", "gpt-image-1.5", "-q", "low", "-s", "1024x1024", "--prompt-tokens", "9"];
    let wrapped = run(&line).stdout;
    let piped = crate::common::finish(crate::common::program().env_remove("COLUMNS").args(line), b"").stdout;
    let notes = |text: &str| text.lines().filter(|line| line.starts_with(" note: ")).count();
    assert!(wrapped.lines().all(|line| line.chars().count() <= 80), "{wrapped}");
    assert_eq!(notes(&wrapped), notes(&piped));
    assert!(wrapped.lines().count() > piped.lines().count() && !piped.contains("\n  "), "{piped}");
    assert_eq!(wrapped.split_whitespace().collect::<String>(), piped.split_whitespace().collect::<String>());
}

#[test]
fn every_format_of_a_quote_goes_to_files_and_to_standard_output() {
    let folder = fresh("files-quote");
    let line = "quote -m gpt-image-2 -q low -s 1024x1024 --prompt-tokens 9";
    assert_eq!(written(&folder, line, &["a.html", "a.csv", "a.md"]).code, 0);
    for (file, format) in [("a.html", "html"), ("a.csv", "csv"), ("a.md", "markdown")] {
        let there = run(&line.split(' ').chain(["-f", format]).collect::<Vec<_>>()).stdout;
        assert_eq!(fs::read_to_string(folder.join(file)).unwrap(), there, "{file}");
    }
    for line in ["models gpt-image-2", "prices show gpt-image-2", "prices sources", "prices lint"] {
        assert_eq!(written(&folder, line, &["b.html"]).code, 0, "{line}");
    }
}
