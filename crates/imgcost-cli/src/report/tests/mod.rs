//! The same report in each format, with everything that a format may trip over.

use imgcost_analysis::currency::Exchange;
use imgcost_core::Usd;

use super::figure::Bounds;
use super::*;

mod html;
#[cfg(feature = "xlsx")]
mod xlsx;

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
