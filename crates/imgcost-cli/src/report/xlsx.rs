//! A report as a workbook. The only user of rust_xlsxwriter.
//!
//! A workbook's numbers are binary floats, which hold 15 digits of any decimal. This is the one
//! place where an amount becomes one; a column with an amount of more digits is followed by one
//! with the exact amounts as text.

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatBorder, Workbook as File, Worksheet, XlsxError,
};

use super::figure::Part;
use super::table::{Column as TableColumn, DataColumn, Formula, Only, Show, Table, data_columns};
use super::text::columns;
use super::value::Value;
use super::{Block, Report};
use crate::plain;

/// How many significant digits survive in a binary float.
const DIGITS: usize = 15;
/// How many decimals dollars are shown with, at the most, where none of them would show as zero.
const USD_PLACES: usize = 6;
/// How long the text of a cell may be, in units of UTF-16.
const LONGEST: usize = 32_767;
/// How long the name of a sheet may be.
const NAME: usize = 31;

/// The bytes of the file: the same for the same report, whenever they are made.
pub(super) fn report(report: &Report<'_>) -> Result<Vec<u8>, XlsxError> {
    let mut file = File::new();
    // The first day of the file format below, since the day of making would differ.
    let made = ExcelDateTime::from_ymd(1980, 1, 1)?;
    let title = report.blocks.iter().find_map(|block| match block {
        Block::Heading(text) => Some(text.as_str()),
        _ => None,
    });
    let properties = DocProperties::new().set_title(text(title.unwrap_or("imgcost")));
    file.set_properties(&properties.set_creation_datetime(&made));
    let mut names = Vec::new();
    // A page may split a table: it is one sheet.
    let mut tables: Vec<(&'static str, Vec<&Table<'_>>)> = Vec::new();
    for table in report.tables() {
        match tables.iter_mut().find(|(name, _)| *name == table.name) {
            // What people see of a table that programs have whole.
            Some((_, parts))
                if table.only == Only::People && parts.iter().any(|part| part.only == Only::Data) => {}
            Some((_, parts)) => parts.push(table),
            None => tables.push((table.name, vec![table])),
        }
    }
    for (name, parts) in &tables {
        let name = sheet_name(name, &mut names);
        fill(file.add_worksheet().set_name(name)?, parts)?;
    }
    let name = sheet_name("about", &mut names);
    about(file.add_worksheet().set_name(name)?, report)?;
    file.save_to_buffer()
}

/// A column of the sheet.
struct Column {
    of: DataColumn,
    /// The exact amounts of the column before, as text.
    exact: bool,
}

fn laid_out(parts: &[&Table<'_>]) -> Vec<Column> {
    let Some(first) = parts.first() else { return Vec::new() };
    let mut laid_out = Vec::new();
    if first.only == Only::People {
        // A grid is one: a cell for each combination.
        let shown = first.columns.iter().enumerate().filter(|(_, column)| column.show != Show::DataOnly);
        let whole = |(from, column): (usize, &TableColumn)| DataColumn {
            key: column.label.clone(),
            from,
            part: Part::Whole,
        };
        return shown.map(whole).map(|of| Column { of, exact: false }).collect();
    }
    for of in data_columns(&first.columns) {
        let rows = parts.iter().flat_map(|table| &table.rows);
        let mut values = rows.map(|row| value(&row.cells, &of));
        let fine = values.all(|cell| cell.exact().is_none_or(|text| significant(&text) <= DIGITS));
        laid_out.push(Column { of: of.clone(), exact: false });
        if !fine {
            laid_out.push(Column { of, exact: true });
        }
    }
    laid_out
}

fn value<'a>(cells: &[Value<'a>], column: &DataColumn) -> Value<'a> {
    cells.get(column.from).map_or(Value::Empty, |cell| cell.part(column.part))
}

/// How many digits of a decimal count.
pub(super) fn significant(decimal: &str) -> usize {
    let digits: String = decimal.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    // Zeros at the end are places only, before the point and after it.
    digits.trim_end_matches('0').len()
}

fn fill(sheet: &mut Worksheet, parts: &[&Table<'_>]) -> Result<(), XlsxError> {
    let head = Format::new().set_bold().set_border_bottom(FormatBorder::Thin);
    let laid_out = laid_out(parts);
    let Some(first) = parts.first() else { return Ok(()) };
    let rows = || parts.iter().flat_map(|table| &table.rows);
    let last_row = row_number(rows().count())?;
    // A table in parts has no row below a line.
    let total = if let [table] = parts { table.total.as_ref() } else { None };
    let mut last_column = 0;
    for (at, column) in (0_u16..).zip(&laid_out) {
        last_column = at;
        let key = &column.of.key;
        let name = if column.exact { format!("{key}_exact") } else { key.to_string() };
        let name = text(&name);
        sheet.write_string_with_format(0, at, &name, &head)?;
        // The button of the filter covers two letters of the heading.
        let mut width = columns(&name) + 3;
        for (line, row) in (1_u32..).zip(rows()) {
            let value = value(&row.cells, &column.of);
            width = width.max(columns(&value.shown(9)) + 1);
            let format = match &value {
                Value::Unknown(_) => Format::new().set_italic(),
                value => Format::new().set_num_format(number_format(value)),
            };
            let format = if row.marked { format.set_bold() } else { format };
            match product(first, &laid_out, column, (line + 1, line + 1)) {
                Some((product, _)) if value.exact().is_some() => {
                    let formula =
                        rust_xlsxwriter::Formula::new(product).set_result(value.exact().unwrap_or_default());
                    sheet.write_formula_with_format(line, at, formula, &format)?;
                }
                _ => write(sheet, (line, at), column, &value, &format)?,
            }
        }
        if let Some(cells) = total {
            let value = value(cells, &column.of);
            let format = Format::new().set_num_format(number_format(&value)).set_bold();
            let format = format.set_border_top(FormatBorder::Thin);
            match total_formula(first, &laid_out, column, last_row + 1) {
                Some(formula) => {
                    let formula =
                        rust_xlsxwriter::Formula::new(formula).set_result(value.exact().unwrap_or_default());
                    sheet.write_formula_with_format(last_row + 1, at, formula, &format)?;
                }
                None => write(sheet, (last_row + 1, at), column, &value, &format)?,
            }
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

/// Where a column of the table is on the sheet, by the letters that formulas have.
fn letters(laid_out: &[Column], from: usize, part: Part) -> Option<String> {
    let at = laid_out.iter().position(|column| column.of.from == from && column.of.part == part)?;
    Some(rust_xlsxwriter::utility::column_number_to_name(u16::try_from(at).ok()?))
}

/// The formula of a product in some rows, counted from 1: of one row, and summed up over several.
fn product(
    table: &Table<'_>,
    laid_out: &[Column],
    column: &Column,
    (first, last): (u32, u32),
) -> Option<(String, String)> {
    let Formula::Product { counts, prices: (from, part) } = table.columns.get(column.of.from)?.formula?
    else {
        return None;
    };
    let (counts, prices) = (letters(laid_out, counts, Part::Whole)?, letters(laid_out, from, part)?);
    let one = format!("={counts}{first}*{prices}{first}");
    let range = |letters: &str| format!("{letters}{first}:{letters}{last}");
    let (counts, prices) = (range(&counts), range(&prices));
    // What is not known of one row is not known of all.
    let all = format!("=IF(COUNT({prices})<ROWS({prices}),\"unknown\",SUMPRODUCT({counts},{prices}))");
    Some((one, all))
}

/// The formula of a column's total, below so many rows and the heading.
fn total_formula(table: &Table<'_>, laid_out: &[Column], column: &Column, rows: u32) -> Option<String> {
    match table.columns.get(column.of.from)?.formula? {
        Formula::Sum => {
            let letters = letters(laid_out, column.of.from, column.of.part)?;
            Some(format!("=SUM({letters}2:{letters}{rows})"))
        }
        Formula::Product { .. } => product(table, laid_out, column, (2, rows)).map(|(_, all)| all),
    }
}

/// A row's number on the sheet. What is too large is refused by the sheet itself.
fn row_number(rows: usize) -> Result<u32, XlsxError> {
    u32::try_from(rows).ok().filter(|rows| *rows < u32::MAX).ok_or(XlsxError::RowColumnLimitError)
}

fn write(
    sheet: &mut Worksheet,
    (row, at): (u32, u16),
    column: &Column,
    value: &Value<'_>,
    format: &Format,
) -> Result<(), XlsxError> {
    if column.exact {
        sheet.write_string_with_format(row, at, value.exact().unwrap_or_default(), format)?;
        return Ok(());
    }
    match value {
        Value::Empty => {}
        Value::Date(day) => match excel_day(*day) {
            Some(date) => drop(sheet.write_datetime_with_format(row, at, &date, format)?),
            None => drop(sheet.write_string(row, at, day.to_string())?),
        },
        Value::Flag(flag) => drop(sheet.write_boolean_with_format(row, at, *flag, format)?),
        // One reason is enough for the three cells of an estimate.
        Value::Unknown(_) if matches!(column.of.part, Part::Floor | Part::Ceiling) => {}
        Value::Text(words) | Value::Unknown(words) => {
            // Never a formula, whatever it begins with: those have a function of their own.
            sheet.write_string_with_format(row, at, text(words), format)?;
        }
        number => match number.exact().and_then(|exact| exact.parse::<f64>().ok()) {
            Some(float) => drop(sheet.write_number_with_format(row, at, float, format)?),
            None => drop(sheet.write_string(row, at, number.shown(9))?),
        },
    }
    Ok(())
}

/// How a value is shown.
fn number_format(value: &Value<'_>) -> String {
    match value {
        Value::Count(_) | Value::Tokens(_) => "#,##0".to_owned(),
        Value::Usd(_) | Value::Estimate(_) | Value::Open(..) => {
            let at_most = if value.is_ceiling() { "\"≤ \"" } else { "" };
            format!("{at_most}$#,##0.00{}", "#".repeat(decimals(value).saturating_sub(2)))
        }
        Value::Best(value) => number_format(value),
        Value::Converted(_) => format!("#,##0.00{}", "0".repeat(decimals(value).saturating_sub(2))),
        Value::Date(_) => "yyyy-mm-dd".to_owned(),
        _ => "General".to_owned(),
    }
}

/// How many decimals an amount is shown with: the usual ones, and more where it would show as
/// nothing.
fn decimals(value: &Value<'_>) -> usize {
    let exact = value.exact().unwrap_or_default();
    let fraction = exact.strip_prefix("0.").unwrap_or_default();
    let zeros = fraction.len() - fraction.trim_start_matches('0').len();
    if fraction.is_empty() { USD_PLACES } else { USD_PLACES.max(zeros + 1) }
}

/// A day that the format has: from 1900 on.
fn excel_day(day: imgcost_core::Date) -> Option<ExcelDateTime> {
    let (year, month, of_month) =
        (u16::try_from(day.year()).ok()?, u8::try_from(day.month()).ok()?, u8::try_from(day.day()).ok()?);
    ExcelDateTime::from_ymd(year, month, of_month).ok().filter(|_| year >= 1900)
}

/// The lines and notes of the report.
fn about(sheet: &mut Worksheet, report: &Report<'_>) -> Result<(), XlsxError> {
    sheet.set_column_width(0, 100)?;
    let (bold, wrap) = (Format::new().set_bold(), Format::new().set_text_wrap());
    let lines = report.blocks.iter().filter_map(|block| match block {
        Block::Heading(line) => Some((line, &bold)),
        Block::Line(line) | Block::Item(line) => Some((line, &wrap)),
        Block::Total(line) => Some((line, &bold)),
        Block::Note(note) => Some((&note.message, &wrap)),
        Block::Table(_) | Block::Gap => None,
    });
    for (row, (line, format)) in (0_u32..).zip(lines) {
        sheet.write_string_with_format(row, 0, text(line), format)?;
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
pub(super) fn sheet_name(name: &str, taken: &mut Vec<String>) -> String {
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
