//! A result as a workbook. The only user of rust_xlsxwriter.
//!
//! A workbook's numbers are binary floats, which hold 15 digits of any decimal. This is the one
//! place where an amount becomes one; a column with an amount of more digits is followed by one
//! with the exact amounts as text.

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatBorder, Formula, Workbook as File, Worksheet, XlsxError,
};

use super::cells::Total;
use super::table::columns;
use super::workbook::{Kind, TypedTable, Value, Workbook};
use crate::plain;

/// How many significant digits survive in a binary float.
const DIGITS: usize = 15;
/// How many decimals dollars are shown with, at the most, where none of them would show as zero.
const USD_PLACES: usize = 6;
/// How long the text of a cell may be, in units of UTF-16.
const LONGEST: usize = 32_767;
/// How long the name of a sheet may be.
const NAME: usize = 31;

/// The bytes of the file: the same for the same result, whenever they are made.
pub(super) fn bytes(book: &Workbook) -> Result<Vec<u8>, XlsxError> {
    let mut file = File::new();
    // The first day of the file format below, since the day of making would differ.
    let made = ExcelDateTime::from_ymd(1980, 1, 1)?;
    file.set_properties(&DocProperties::new().set_title(text(&book.title)).set_creation_datetime(&made));
    let mut names = Vec::new();
    for table in &book.tables {
        let name = sheet_name(&table.name, &mut names);
        fill(file.add_worksheet().set_name(name)?, table)?;
    }
    let name = sheet_name("about", &mut names);
    about(file.add_worksheet().set_name(name)?, book)?;
    file.save_to_buffer()
}

/// A column of the sheet.
struct Column<'t> {
    /// Which of the table's.
    from: usize,
    head: &'t str,
    kind: Kind,
    /// The exact amounts of the column before, as text.
    exact: bool,
}

fn laid_out(table: &TypedTable) -> Vec<Column<'_>> {
    let mut laid_out = Vec::new();
    for (from, column) in table.columns.iter().enumerate() {
        let (head, kind) = (column.name.as_str(), column.kind);
        laid_out.push(Column { from, head, kind, exact: false });
        let fine = |cell: &Value| cell.exact().is_none_or(|text| significant(&text) <= DIGITS);
        if !table.rows.iter().all(|row| fine(row.cell(from))) {
            laid_out.push(Column { from, head, kind: Kind::Text, exact: true });
        }
    }
    laid_out
}

/// How many digits of a decimal count.
fn significant(decimal: &str) -> usize {
    let digits: String = decimal.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    // Zeros at the end are places only, before the point and after it.
    digits.trim_end_matches('0').len()
}

fn fill(sheet: &mut Worksheet, table: &TypedTable) -> Result<(), XlsxError> {
    let head = Format::new().set_bold().set_border_bottom(FormatBorder::Thin);
    let laid_out = laid_out(table);
    let last_row = row_number(table.rows.len())?;
    let mut last_column = 0;
    for (at, column) in (0_u16..).zip(&laid_out) {
        last_column = at;
        let name = if column.exact { format!("{}, exact", column.head) } else { column.head.to_owned() };
        let name = text(&name);
        sheet.write_string_with_format(0, at, &name, &head)?;
        // The button of the filter covers two letters of the heading.
        let mut width = columns(&name) + 3;
        for (line, row) in (1_u32..).zip(&table.rows) {
            let value = row.cell(column.from);
            width = width.max(columns(&value.shown()) + 1);
            let format = match value {
                Value::Unknown(_) => Format::new().set_italic(),
                value => Format::new().set_num_format(number_format(column.kind, value)),
            };
            let format = &if row.marked { format.set_bold() } else { format };
            if column.exact {
                let exact = value.exact().unwrap_or_default();
                sheet.write_string_with_format(line, at, exact, format)?;
            } else {
                write(sheet, (line, at), value, format)?;
            }
        }
        if !column.exact {
            total(sheet, table, column, (last_row + 1, at))?;
        }
        sheet.set_column_width(at, f64::from(u8::try_from(width.min(60)).unwrap_or(60)))?;
    }
    if laid_out.is_empty() {
        return Ok(());
    }
    sheet.set_freeze_panes(1, 0)?.autofilter(0, 0, last_row, last_column)?;
    sheet.set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    Ok(())
}

/// A row's number on the sheet. What is too large is refused by the sheet itself.
fn row_number(rows: usize) -> Result<u32, XlsxError> {
    u32::try_from(rows).ok().filter(|rows| *rows < u32::MAX).ok_or(XlsxError::RowColumnLimitError)
}

fn write(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    value: &Value,
    format: &Format,
) -> Result<(), XlsxError> {
    match value {
        Value::Empty => {}
        Value::Day(day) => match excel_day(*day) {
            Some(date) => drop(sheet.write_datetime_with_format(row, column, &date, format)?),
            None => drop(sheet.write_string(row, column, day.to_string())?),
        },
        Value::Text(words) | Value::Unknown(words) => {
            // Never a formula, whatever it begins with: those have a function of their own.
            sheet.write_string_with_format(row, column, text(words), format)?;
        }
        number => match number.exact().and_then(|exact| exact.parse::<f64>().ok()) {
            Some(float) => drop(sheet.write_number_with_format(row, column, float, format)?),
            None => drop(sheet.write_string(row, column, number.shown())?),
        },
    }
    Ok(())
}

/// The sum below a column, as a formula that carries its exact result for readers that do not
/// calculate. Its format says what it lacks, so that it stays a number.
fn total(
    sheet: &mut Worksheet,
    table: &TypedTable,
    column: &Column<'_>,
    (row, at): (u32, u16),
) -> Result<(), XlsxError> {
    let line = Format::new().set_bold().set_border_top(FormatBorder::Thin);
    let Some(total) = Total::of(table, column.from) else {
        let any = (0..table.columns.len()).any(|column| Total::of(table, column).is_some());
        if at == 0 && any {
            sheet.write_string_with_format(row, at, "total", &line)?;
        }
        return Ok(());
    };
    let Some(sum) = total.sum.as_ref().and_then(Value::exact) else {
        sheet.write_string_with_format(row, at, total.words(), &line)?;
        return Ok(());
    };
    let digits = number_format(column.kind, total.sum.as_ref().unwrap_or(&Value::Empty));
    let format = Format::new().set_num_format(match total.missing() {
        None => digits,
        Some(missing) => format!("\"at least \"{digits}\", {}\"", missing.replace('"', "'")),
    });
    let format = format.set_bold().set_border_top(FormatBorder::Thin);
    let letters = rust_xlsxwriter::utility::column_number_to_name(at);
    let formula = Formula::new(format!("=SUM({letters}2:{letters}{row})")).set_result(sum);
    sheet.write_formula_with_format(row, at, formula, &format)?;
    Ok(())
}

/// How a value of a column is shown. A ceiling has its sign in the format, so that the cell
/// stays a number.
fn number_format(kind: Kind, value: &Value) -> String {
    if let Value::AtMost(number) = value {
        return format!("\"\u{2264} \"{}", number_format(kind, number));
    }
    match kind {
        Kind::Text => "General".to_owned(),
        Kind::Count => "#,##0".to_owned(),
        Kind::Usd => format!("$#,##0.00{}", "#".repeat(decimals(value, USD_PLACES).saturating_sub(2))),
        Kind::Converted => format!("#,##0.{}", "0".repeat(decimals(value, USD_PLACES).max(2))),
        Kind::Percent => "0.0%".to_owned(),
        Kind::Day => "yyyy-mm-dd".to_owned(),
    }
}

/// How many decimals an amount is shown with: `usual` of dollars, as many as the dollars beside
/// it of another currency, and more where it would show as nothing.
fn decimals(value: &Value, usual: usize) -> usize {
    let places = |text: &str| text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    match value {
        Value::Usd(usd) => {
            let exact = usd.to_string();
            let fraction = exact.strip_prefix("0.").unwrap_or_default();
            let zeros = fraction.len() - fraction.trim_start_matches('0').len();
            if fraction.is_empty() { usual } else { usual.max(zeros + 1) }
        }
        converted @ Value::Converted(..) => places(&converted.shown()),
        _ => usual,
    }
}

/// A day that the format has: from 1900 on.
fn excel_day(day: imgcost_core::Date) -> Option<ExcelDateTime> {
    let (year, month, of_month) =
        (u16::try_from(day.year()).ok()?, u8::try_from(day.month()).ok()?, u8::try_from(day.day()).ok()?);
    ExcelDateTime::from_ymd(year, month, of_month).ok().filter(|_| year >= 1900)
}

fn about(sheet: &mut Worksheet, book: &Workbook) -> Result<(), XlsxError> {
    sheet.set_column_width(0, 100)?;
    sheet.write_string_with_format(0, 0, text(&book.title), &Format::new().set_bold())?;
    let wrap = Format::new().set_text_wrap();
    for (row, line) in (1_u32..).zip(&book.lines) {
        sheet.write_string_with_format(row, 0, text(line), &wrap)?;
    }
    Ok(())
}

/// A text that a cell holds: shown characters only, and not too many.
fn text(words: &str) -> String {
    let words: String =
        words.chars().map(plain::shown).filter(|c| !matches!(c, '\u{FFFE}' | '\u{FFFF}')).collect();
    if words.encode_utf16().count() <= LONGEST {
        return words;
    }
    let mut used = 1;
    let fits = |c: &char| {
        used += c.len_utf16();
        used <= LONGEST
    };
    let mut short: String = words.chars().take_while(fits).collect();
    short.push('\u{2026}');
    short
}

/// A name that a sheet may have and that no other has.
fn sheet_name(name: &str, taken: &mut Vec<String>) -> String {
    let legal = |c: char| if "[]:*?/\\'".contains(c) { '-' } else { plain::shown(c) };
    let room = |c: &char, used: &mut usize| {
        *used += c.len_utf16();
        // Room for what tells two names apart.
        *used <= NAME - 4
    };
    let mut used = 0;
    let base: String = name
        .trim()
        .chars()
        .map(legal)
        .map(|c| if c == '?' { '-' } else { c })
        .take_while(|c| room(c, &mut used))
        .collect();
    let base = if base.is_empty() { "sheet".to_owned() } else { base };
    let mut name = base.clone();
    let mut number = 1;
    while taken.contains(&name.to_lowercase()) {
        number += 1;
        name = format!("{base} {number}");
    }
    taken.push(name.to_lowercase());
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::cells::tests::nasty;
    use roxmltree::Document;
    use std::io::{Cursor, Read};

    /// The XML of a part of the file.
    fn part(bytes: &[u8], name: &str) -> String {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    /// A cell's type, formula and value, with shared strings looked up.
    fn cell(bytes: &[u8], sheet: usize, at: &str) -> (String, String, String) {
        let sheet = part(bytes, &format!("xl/worksheets/sheet{sheet}.xml"));
        let parsed = Document::parse(&sheet).unwrap();
        let cell =
            parsed.descendants().find(|node| node.has_tag_name("c") || node.attribute("r") == Some(at));
        assert!(cell.is_some());
        let Some(cell) = parsed.descendants().find(|node| node.attribute("r") == Some(at)) else {
            return Default::default();
        };
        let child = |tag: &str| {
            let child = cell.children().find(|node| node.tag_name().name() == tag);
            child.and_then(|node| node.text()).unwrap_or_default().to_owned()
        };
        let kind = cell.attribute("t").unwrap_or("n").to_owned();
        let mut value = child("v");
        if kind == "s" {
            let strings = part(bytes, "xl/sharedStrings.xml");
            let strings = Document::parse(&strings).unwrap();
            let found = strings
                .descendants()
                .filter(|node| node.tag_name().name() == "si")
                .nth(value.parse().unwrap());
            value = found
                .unwrap()
                .descendants()
                .filter_map(|node| node.text())
                .next()
                .unwrap_or_default()
                .to_owned();
        }
        (kind, child("f"), value)
    }

    fn value(bytes: &[u8], sheet: usize, at: &str) -> String {
        cell(bytes, sheet, at).2
    }

    #[test]
    fn numbers_are_numbers_and_texts_stay_texts() {
        let bytes = bytes(&nasty()).unwrap();
        for (at, kind, expected) in [
            ("A2", "s", "=1+1"),
            ("A3", "s", "</td><script>alert('x')</script>"),
            ("A5", "s", "+1"),
            ("B2", "n", "0.1"),
            ("B4", "s", "unpriced <b>"),
            ("B5", "n", "0.000000001"),
            ("C2", "n", "14.98"),
            ("D2", "n", "7024"),
            ("E3", "n", "-0.005"),
            ("F2", "n", "46347"),
        ] {
            let (found, formula, value) = cell(&bytes, 1, at);
            assert_eq!((found.as_str(), formula.as_str()), (kind, ""), "{at}");
            match kind {
                "n" => assert_eq!(value.parse::<f64>().unwrap(), expected.parse::<f64>().unwrap(), "{at}"),
                _ => assert_eq!(value, expected, "{at}"),
            }
        }
        assert_eq!(value(&bytes, 2, "A2"), "-a");
        assert!(value(&bytes, 1, "A4").starts_with("@SUM(A1) ?[2J?"));
    }

    #[test]
    fn a_sum_is_a_formula_with_its_exact_result_and_says_what_it_lacks() {
        let bytes = bytes(&nasty()).unwrap();
        let (_, formula, value) = cell(&bytes, 1, "B6");
        assert_eq!((formula.as_str(), value.as_str()), ("SUM(B2:B5)", "0.150000001"));
        let styles = part(&bytes, "xl/styles.xml");
        assert!(
            styles.contains("&quot;at least &quot;$#,##0.00####&quot;, 1 unpriced &lt;b&gt;&quot;"),
            "{styles}"
        );
        assert_eq!(super::tests::value(&bytes, 1, "A6"), "total");
        assert_eq!(cell(&bytes, 1, "C6"), Default::default(), "yen are not added up");
    }

    #[test]
    fn an_amount_beyond_a_float_is_there_as_text_too() {
        let mut book = nasty();
        book.tables[0].rows[0].cells[1] =
            Value::Usd(imgcost_core::Usd::from_nanos(1_234_567_890_123_456_789));
        let bytes = bytes(&book).unwrap();
        assert_eq!(value(&bytes, 1, "C1"), "expected, exact");
        assert_eq!(value(&bytes, 1, "C2"), "1234567890.123456789");
        assert_eq!(value(&bytes, 1, "C3"), "0.05");
        assert_eq!(value(&bytes, 1, "C4"), "", "not known");
        assert_eq!(value(&bytes, 1, "D1"), "JPY");
        assert_eq!(cell(&bytes, 1, "E6").1, "SUM(E2:E5)", "the sum is of its own column");
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
        let first = bytes(&nasty()).unwrap();
        assert_eq!(first, bytes(&nasty()).unwrap());
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
        let sheet = part(&bytes(&nasty()).unwrap(), "xl/worksheets/sheet1.xml");
        assert!(sheet.contains("state=\"frozen\""));
        assert!(sheet.contains("<autoFilter ref=\"A1:F5\"/>"), "{sheet}");
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
        let names = part(&bytes(&nasty()).unwrap(), "xl/workbook.xml");
        assert!(names.contains("name=\"about\""));
    }

    #[test]
    fn a_result_without_tables_and_long_texts_are_written() {
        assert!(bytes(&Workbook::default()).is_ok());
        let mut book = nasty();
        book.tables[0].rows[0].cells[0] = Value::Text("図".repeat(40_000));
        book.tables[0].rows.truncate(1);
        book.tables[1].rows.clear();
        let bytes = bytes(&book).unwrap();
        assert_eq!(value(&bytes, 1, "A2").chars().count(), LONGEST);
    }
}
