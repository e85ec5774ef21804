//! Workbooks.

use super::*;
use crate::report::xlsx::{report, sheet_name, significant};
use roxmltree::Document;
use std::io::{Cursor, Read};

/// The XML of a part of the file.
fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// A cell's type and value, with shared strings looked up.
fn cell(bytes: &[u8], sheet: usize, at: &str) -> (String, String) {
    let sheet = part(bytes, &format!("xl/worksheets/sheet{sheet}.xml"));
    assert!(!sheet.contains("<f>"), "no formulas");
    let parsed = Document::parse(&sheet).unwrap();
    let Some(cell) = parsed.descendants().find(|node| node.attribute("r") == Some(at)) else {
        return Default::default();
    };
    let value = cell.children().find(|node| node.has_tag_name("v"));
    let value = value.and_then(|node| node.text()).unwrap_or_default().to_owned();
    let kind = cell.attribute("t").unwrap_or("n").to_owned();
    if kind != "s" {
        return (kind, value);
    }
    let strings = part(bytes, "xl/sharedStrings.xml");
    let strings = Document::parse(&strings).unwrap();
    let mut items = strings.descendants().filter(|node| node.tag_name().name() == "si");
    let found = items.nth(value.parse().unwrap()).unwrap();
    (kind, found.descendants().filter_map(|node| node.text()).next().unwrap_or_default().to_owned())
}

fn value(bytes: &[u8], sheet: usize, at: &str) -> String {
    cell(bytes, sheet, at).1
}

#[test]
fn numbers_are_numbers_and_texts_stay_texts() {
    let bytes = report(&nasty()).unwrap();
    for (at, kind, expected) in [
        ("A2", "s", "=1+1"),
        ("A3", "s", "</td><script>alert('x')</script>"),
        ("A5", "s", "+1"),
        ("B1", "s", "usd_floor"),
        ("B2", "n", "0.1"),
        ("C4", "s", "unpriced <b>"),
        ("C5", "", ""),
        ("D5", "n", "0.0000123"),
        ("F2", "n", "14.98"),
        ("H2", "n", "7024"),
        ("I3", "n", "-5"),
        ("J2", "n", "46347"),
        ("A6", "s", "total"),
        ("C6", "n", "0.15"),
    ] {
        let (found, value) = cell(&bytes, 1, at);
        assert_eq!(found.as_str(), kind, "{at}");
        match kind {
            "n" => assert_eq!(value.parse::<f64>().unwrap(), expected.parse::<f64>().unwrap(), "{at}"),
            _ => assert_eq!(value, expected, "{at}"),
        }
    }
    assert_eq!(value(&bytes, 2, "A2"), "-a");
    assert!(value(&bytes, 1, "A4").starts_with("@SUM(A1) ?[2J?"));
    assert_eq!(value(&bytes, 3, "A4"), "a note");
}

#[test]
fn an_amount_beyond_a_float_is_there_as_text_too() {
    let mut long = Report::default();
    let mut table = Table::new("t", [Column::number("usd"), Column::number("next")]);
    table.row([Value::Usd(Usd::from_nanos(1_234_567_890_123_456_789)), 1_u64.into()]);
    table.row([Value::missing(), 2_u64.into()]);
    long.table(table);
    let bytes = report(&long).unwrap();
    assert_eq!(value(&bytes, 1, "B1"), "usd_exact");
    assert_eq!(value(&bytes, 1, "B2"), "1234567890.123456789");
    assert_eq!(value(&bytes, 1, "B3"), "", "not known");
    assert_eq!(value(&bytes, 1, "C1"), "next");
}

#[test]
fn digits_that_count_are_counted() {
    for (decimal, digits) in [("0", 0), ("0.0010", 1), ("1200", 2), ("-0.155", 3), ("123456789.0123456", 16)]
    {
        assert_eq!(significant(decimal), digits, "{decimal}");
    }
    // What has no more digits than a float holds reads back as it was.
    for decimal in ["0.148793344", "99999.9999999999", "0.000000001"] {
        assert_eq!(decimal.parse::<f64>().unwrap().to_string(), decimal);
    }
}

#[test]
fn nothing_in_the_file_is_of_the_time_it_was_made() {
    let first = report(&nasty()).unwrap();
    assert_eq!(first, report(&nasty()).unwrap());
    let core = part(&first, "docProps/core.xml");
    assert_eq!(core.matches("1980-01-01T00:00:00Z").count(), 2, "{core}");
    assert_eq!(core.matches("T0").count(), 2, "{core}");
    let mut archive = zip::ZipArchive::new(Cursor::new(first.as_slice())).unwrap();
    for index in 0..archive.len() {
        let made = archive.by_index(index).unwrap().last_modified().unwrap();
        assert_eq!((made.year(), made.month(), made.day(), made.hour()), (1980, 1, 1, 0));
    }
}

#[test]
fn headings_stay_in_view_and_filter() {
    let sheet = part(&report(&nasty()).unwrap(), "xl/worksheets/sheet1.xml");
    assert!(sheet.contains("state=\"frozen\""));
    assert!(sheet.contains("<autoFilter ref=\"A1:J5\"/>"), "{sheet}");
}

#[test]
fn sheets_have_names_that_are_allowed() {
    let mut taken = Vec::new();
    let mut name = |text: &str| sheet_name(text, &mut taken);
    assert_eq!(name("offers [all]: 1/2"), "offers -all-- 1-2");
    assert_eq!(name("About"), "About");
    assert_eq!(name("about"), "about 2");
    assert_eq!(name(""), "sheet");
    assert_eq!(name(&"x".repeat(40)).len(), 27);
    assert_eq!(name(&"x".repeat(41)).len(), 29);
}

#[test]
fn a_result_without_tables_and_long_texts_are_written() {
    assert!(report(&Report::default()).is_ok());
    let mut long = Report::default();
    let mut table = Table::new("t", [Column::text("words")]);
    table.row(["図".repeat(40_000).into()]);
    long.table(table);
    assert_eq!(value(&report(&long).unwrap(), 1, "A2").chars().count(), 32_767);
}
