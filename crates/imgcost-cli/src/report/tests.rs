//! The same report in each format, with everything that a format may trip over.

use imgcost_analysis::currency::Exchange;
use imgcost_core::Usd;

use super::figure::Bounds;
use super::*;

fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}

fn exact(text: &str) -> Value<'static> {
    Value::Estimate([Some(usd(text)); 3].into())
}

fn yen(text: &str) -> Value<'static> {
    let exchange = Exchange::new("JPY", "149.8@2026-11-20").unwrap();
    Value::Converted(Bounds::from([Some(usd(text)); 3]).map(|usd| exchange.convert(usd)))
}

fn nasty() -> Report<'static> {
    let mut report = Report::default();
    report.heading("A <script>alert(1)</script> & \"title\"");
    report.line("prices of 2026-11-21 ]]> --> \u{7}\u{202e}");
    let mut table = Table::new(
        "offers [all]: 1/2",
        [
            Column::name("model"),
            Column::estimate("usd").label("expected").ranged("from floor to ceiling").bar(),
            Column::estimate("jpy").label("JPY"),
            Column::number("tokens"),
            Column::number("over_per_mille").label("over"),
            Column::name("day"),
        ],
    );
    table.mark = "cheapest";
    let day = "2026-11-21".parse().unwrap();
    table.row([
        "=1+1".into(),
        exact("0.1"),
        yen("0.1"),
        7024_u64.into(),
        Value::PerMille((155).into()),
        Value::Date(day),
    ]);
    table.row([
        "</td><script>alert('x')</script>".into(),
        Value::Best(Box::new(exact("0.05"))),
        yen("0.05"),
        1_u64.into(),
        Value::PerMille((-5).into()),
        Value::Empty,
    ]);
    table.row([
        "@SUM(A1) \u{1b}[2J\0\u{FFFF}".into(),
        Value::Unknown("unpriced <b>".into()),
        Value::Empty,
        Value::missing(),
        Value::Empty,
        Value::Empty,
    ]);
    table.row([
        "+1".into(),
        Value::Estimate([Some(usd("0.00001")), None, Some(usd("0.0000123"))].into()),
        Value::Empty,
        u64::from(u32::MAX).into(),
        Value::PerMille((0).into()),
        Value::Date(day),
    ]);
    if let Some(row) = table.rows.get_mut(1) {
        row.marked = true;
    }
    table.total = Some(vec!["total".into(), exact("0.15"), Value::Empty, 7025_u64.into()]);
    report.table(table);
    report.heading("sources");
    let mut sources = Table::new("Sources", [Column::name("id"), Column::text("address")]);
    sources.row(["-a".into(), "https://example.com/?a=1&b=\"2\"".into()]);
    sources.row(["b".into(), "javascript:alert(1)".into()]);
    report.table(sources);
    report.note("a note");
    report
}

#[test]
fn text_has_the_figure_of_an_estimate_its_range_and_a_star() {
    let text = text::report(&nasty(), None);
    let line = |start: &str| text.lines().find(|line| line.trim_start().starts_with(start)).unwrap();
    assert!(line("=1+1").contains("  0.1000000  "), "{text}");
    assert!(line("</td>").contains(" *0.0500000  "), "{text}");
    assert!(line("@SUM").contains("unpriced <b>"), "{text}");
    assert!(line("+1").contains("≤ 0.0000123  0.0000100 to 0.0000123"), "{text}");
    assert!(line("total").contains("0.1500000"), "{text}");
    assert!(line("</td>").contains("7.4900000"), "yen have the decimals of the dollars beside them: {text}");
    assert!(!text.contains(|c: char| c.is_control() && c != '\n') && !text.contains('\u{202e}'));
}

#[test]
fn csv_is_the_first_table_with_exact_numbers() {
    let csv = String::from_utf8(csv::report(&nasty(), b',')).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(
        lines[0],
        "model,usd_floor,usd_expected,usd_ceiling,jpy_floor,jpy_expected,jpy_ceiling,tokens,over_per_mille,day"
    );
    assert_eq!(lines[1], "=1+1,0.1,0.1,0.1,14.98,14.98,14.98,7024,155,2026-11-21");
    assert_eq!(lines[4], "+1,0.00001,,0.0000123,,,,4294967295,0,2026-11-21");
    assert_eq!(lines.len(), 5, "no total, and no other table: {csv}");
}

#[test]
fn a_table_that_a_page_splits_is_one_in_csv() {
    let mut report = Report::default();
    for name in ["a", "b"] {
        report.heading(name);
        let mut table = Table::new("t", [Column::name("name")]);
        table.row([name.into()]);
        report.table(table);
    }
    assert_eq!(csv::report(&report, b','), b"name\na\nb\n");
}

#[test]
fn what_would_end_a_cell_is_quoted_and_reads_back() {
    let cells = ["plain", "", "a,b", "say \"hi\"", "two\nlines", "a\rb", "tab\tbed", "ünï"];
    let mut report = Report::default();
    let mut table = Table::new("t", cells.map(Column::text));
    table.row(cells.map(Value::from));
    report.table(table);
    for separator in [b',', b'\t'] {
        let written = csv::report(&report, separator);
        let mut reader = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .delimiter(separator)
            .from_reader(written.as_slice());
        for record in reader.records() {
            assert_eq!(record.unwrap().iter().collect::<Vec<_>>(), cells);
        }
    }
}

/// A table of which everything may be narrowed.
fn wide() -> Report<'static> {
    let mut report = Report::default();
    let columns = [
        Column::name("model"),
        Column::text("words"),
        Column::number("first").if_room(1),
        Column::number("last").if_room(2),
        Column::text("same").if_varies(),
    ];
    let mut table = Table::new("t", columns);
    for name in ["a-model-with-a-long-name", "another-model-with-one"] {
        table.row([
            name.into(),
            "some words that wrap".into(),
            123_456_u64.into(),
            789_u64.into(),
            "x".into(),
        ]);
    }
    report.table(table);
    report
}

#[test]
fn words_wrap_first_then_columns_go_and_names_break_last() {
    let lines = |width| text::report(&wide(), width).lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(None)[1], " a-model-with-a-long-name  some words that wrap  123,456   789");
    assert_eq!(lines(None).len(), 3, "one line a row where nothing limits it");
    let wrapped = lines(Some(55));
    assert_eq!(wrapped[1], " a-model-with-a-long-name some words that  123,456  789");
    assert_eq!(wrapped[2].trim(), "wrap");
    let dropped = lines(Some(40));
    assert_eq!(dropped[0].split_whitespace().collect::<Vec<_>>(), ["model", "words", "first"]);
    assert!(dropped.iter().any(|line| line.contains("left out, as it is too wide: last;")), "{dropped:?}");
    let broken = lines(Some(24));
    assert!(broken[0].starts_with(" model") && !broken[0].contains("first"), "{broken:?}");
    assert!(broken.iter().all(|line| line.starts_with(' ')), "{broken:?}");
    assert!(!broken.iter().any(|line| line.contains("a-model-with-a-long-name")), "{broken:?}");
}

#[test]
fn rows_that_stream_are_those_of_the_whole_table() {
    let report = wide();
    let sample = report.tables().next().unwrap().clone();
    for (format, whole) in [
        (Format::Csv, csv::report(&report, b',')),
        (Format::Markdown, markdown::report(&report).into_bytes()),
        (Format::Table, text::report(&report, None).into_bytes()),
    ] {
        let mut stream = stream::Stream::new(format, &sample, None);
        let mut bytes = Vec::new();
        stream.head(&mut bytes);
        sample.rows.iter().for_each(|row| stream.row(&mut bytes, &row.cells));
        assert_eq!(String::from_utf8(bytes).unwrap(), String::from_utf8(whole).unwrap(), "{format:?}");
    }
}

mod html {
    use super::*;
    use crate::report::html::{hash, report};

    fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
        let start = text.find(from).unwrap() + from.len();
        let end = text[start..].find(to).unwrap() + start;
        &text[start..end]
    }

    #[test]
    fn texts_of_others_stay_texts() {
        let html = report(&nasty());
        assert_eq!(html.matches("<script").count(), 1, "ours only");
        assert_eq!(html.matches("</script").count(), 1);
        assert!(html.contains("&lt;/td&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"));
        assert!(
            html.contains("<title>A &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;title&quot;</title>")
        );
        assert!(!html.contains(|c: char| c.is_control() && c != '\n'));
        assert!(!html.contains('\u{202e}'));
    }

    #[test]
    fn only_web_addresses_are_links() {
        let html = report(&nasty());
        assert_eq!(html.matches("<a href=").count(), 1);
        assert!(html.contains("<a href=\"https://example.com/?a=1&amp;b=&quot;2&quot;\""));
        assert!(html.contains("<span>javascript:alert(1)</span>"));
    }

    #[test]
    fn the_policy_allows_the_style_and_the_script_that_are_there() {
        let html = report(&nasty());
        let policy = between(&html, "Content-Security-Policy\" content=\"", "\"");
        for (kind, text) in [
            ("style-src", between(&html, "<style>", "</style>")),
            ("script-src", between(&html, "<script>", "</script>")),
        ] {
            assert!(policy.contains(&format!("{kind} '{}'", hash(text))), "{kind}: {policy}");
        }
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
        assert!(!html.contains(" style=") && !html.contains(" onclick="));
    }

    #[test]
    fn nothing_is_fetched_from_elsewhere() {
        let html = report(&nasty());
        for what in ["src=", "@import", "url(", "<link", "fetch("] {
            assert!(!html.contains(what), "{what}");
        }
    }

    #[test]
    fn numbers_carry_their_exact_value_and_a_bar_and_ceilings_their_sign() {
        let html = report(&nasty());
        let cell = "<td class=\"num\" data-head=\"expected\" data-v=\"0.05\"><span>0.0500000\
                    <span class=\"track\" aria-hidden=\"true\"><span class=\"bar b500\">";
        assert!(html.contains(cell), "{html}");
        assert!(html.contains(".b500 { width: 50.0%; }"));
        assert!(html.contains("data-v=\"7024\"><span>7,024</span>"));
        assert!(html.contains("data-v=\"-5\"><span>-0.5%</span>"));
        assert!(html.contains("data-v=\"0.0000123\"><span>≤ 0.0000123"));
    }

    #[test]
    fn the_marked_row_has_a_word_for_it_and_unknown_cells_have_a_reason() {
        let html = report(&nasty());
        assert_eq!(html.matches("<span class=\"mark\">cheapest</span>").count(), 1);
        assert!(
            html.contains(
                "<td class=\"num none\" data-head=\"expected\"><span>unpriced &lt;b&gt;</span></td>"
            )
        );
        assert!(html.contains("<tfoot>") && html.contains("<span>0.1500000</span>"));
    }
}

#[cfg(feature = "xlsx")]
mod xlsx {
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
        for (decimal, digits) in
            [("0", 0), ("0.0010", 1), ("1200", 2), ("-0.155", 3), ("123456789.0123456", 16)]
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
}
