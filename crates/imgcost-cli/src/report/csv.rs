//! Comma- and tab-separated values, as RFC 4180 quotes them, with lines that end in `\n`.
//!
//! A cell is empty where its value is unknown or does not apply, never zero. Amounts are exact.

use imgcost_core::{Date, Size, Usd};
use memchr::memchr3;

use super::Report;
use super::figure::Part;
use super::table::{Column, DataColumn, Only, Table, data_columns};
use super::value::Value;

/// A report's result, which is its first table and those of the same name.
pub(super) fn report(report: &Report<'_>, separator: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let is_data = |table: &&Table<'_>| matches!(table.only, Only::Anyone | Only::Data);
    let tables = || report.tables().filter(is_data);
    let Some(first) = tables().next() else { return bytes };
    let mut writer = Writer::new(&first.columns, separator);
    writer.head(&mut bytes);
    for table in tables().filter(|table: &&Table<'_>| table.name == first.name) {
        table.rows.iter().for_each(|row| writer.row(&mut bytes, &[&row.cells]));
    }
    bytes
}

/// Writes rows one by one, so that files of any length stream.
pub(crate) struct Writer {
    columns: Vec<DataColumn>,
    separator: u8,
    digits: itoa::Buffer,
    /// The last amount and its digits: most estimates are exact, and all three are the same.
    usd: Option<Usd>,
    usd_text: String,
    date: Option<(Date, String)>,
}

impl Writer {
    pub(crate) fn new(columns: &[Column], separator: u8) -> Writer {
        let columns = data_columns(columns);
        Writer {
            columns,
            separator,
            digits: itoa::Buffer::new(),
            usd: None,
            usd_text: String::new(),
            date: None,
        }
    }

    /// Adds the line of names.
    pub(crate) fn head(&self, bytes: &mut Vec<u8>) {
        for column in &self.columns {
            self.text(bytes, &column.key);
        }
        end(bytes);
    }

    /// Adds a line of values, which may come in parts.
    pub(crate) fn row(&mut self, bytes: &mut Vec<u8>, parts: &[&[Value<'_>]]) {
        let columns = std::mem::take(&mut self.columns);
        for column in &columns {
            self.cell(bytes, cell(parts, column.from), column.part);
        }
        self.columns = columns;
        end(bytes);
    }

    fn cell(&mut self, bytes: &mut Vec<u8>, value: &Value<'_>, part: Part) {
        match value {
            Value::Text(text) => return self.text(bytes, text),
            Value::Flag(flag) => bytes.extend_from_slice(if *flag { b"true" } else { b"false" }),
            Value::Count(count) => bytes.extend_from_slice(self.digits.format(*count).as_bytes()),
            Value::Usd(usd) => self.usd(bytes, *usd),
            Value::Best(value) => return self.cell(bytes, value, part),
            Value::Estimate(bounds) | Value::Open(bounds, _) => {
                if let Some(usd) = bounds.part(part) {
                    self.usd(bytes, usd);
                }
            }
            Value::Tokens(bounds) => {
                if let Some(count) = bounds.part(part) {
                    bytes.extend_from_slice(self.digits.format(count).as_bytes());
                }
            }
            Value::Converted(bounds) => {
                if let Some(amount) = bounds.part(part) {
                    bytes.extend_from_slice(amount.to_string().as_bytes());
                }
            }
            Value::Size(Size::Exact(pixels)) => {
                bytes.extend_from_slice(self.digits.format(pixels.width()).as_bytes());
                bytes.push(b'x');
                bytes.extend_from_slice(self.digits.format(pixels.height()).as_bytes());
            }
            Value::Size(Size::Auto) => bytes.extend_from_slice(b"auto"),
            Value::Date(day) => {
                // Most rows of a file are of one day.
                if self.date.as_ref().is_none_or(|(last, _)| last != day) {
                    self.date = Some((*day, day.to_string()));
                }
                bytes.extend_from_slice(self.date.as_ref().map_or("", |(_, text)| text).as_bytes());
            }
            Value::Empty | Value::Unknown(_) => {}
            Value::Number(_) | Value::Difference(_) | Value::Change(_) | Value::PerMille(_) => {
                bytes.extend_from_slice(value.exact().unwrap_or_default().as_bytes());
            }
        }
        bytes.push(self.separator);
    }

    fn text(&self, bytes: &mut Vec<u8>, cell: &str) {
        let quoted = memchr3(self.separator, b'"', b'\n', cell.as_bytes()).is_some() || cell.contains('\r');
        if quoted {
            bytes.push(b'"');
            for byte in cell.bytes() {
                if byte == b'"' {
                    bytes.push(b'"');
                }
                bytes.push(byte);
            }
            bytes.push(b'"');
        } else {
            bytes.extend_from_slice(cell.as_bytes());
        }
        bytes.push(self.separator);
    }

    fn usd(&mut self, bytes: &mut Vec<u8>, usd: Usd) {
        if self.usd != Some(usd) {
            self.usd = Some(usd);
            self.usd_text.clear();
            write_usd(&mut self.usd_text, usd, &mut self.digits);
        }
        bytes.extend_from_slice(self.usd_text.as_bytes());
    }
}

/// A cell of a row in parts.
pub(super) fn cell<'r, 'v>(parts: &[&'r [Value<'v>]], mut at: usize) -> &'r Value<'v> {
    for part in parts {
        match part.get(at) {
            Some(value) => return value,
            None => at -= part.len(),
        }
    }
    &Value::Empty
}

/// Makes the separator behind the last cell the end of the line.
fn end(bytes: &mut [u8]) {
    if let Some(last) = bytes.last_mut() {
        *last = b'\n';
    }
}

/// Writes an amount as its `Display` does, without the formatting machinery: a batch writes
/// millions of them.
fn write_usd(text: &mut String, usd: Usd, digits: &mut itoa::Buffer) {
    let decimal = usd.decimal();
    let (Ok(mut mantissa), mut scale) = (u64::try_from(decimal.mantissa()), decimal.scale()) else {
        // Larger than any call costs: the long way.
        text.push_str(&usd.to_string());
        return;
    };
    while scale > 0 && mantissa.is_multiple_of(10) {
        mantissa /= 10;
        scale -= 1;
    }
    let written = digits.format(mantissa);
    let scale = usize::try_from(scale).unwrap_or(0);
    match written.len().checked_sub(scale).filter(|whole| *whole > 0) {
        Some(whole) => {
            let (whole, fraction) = written.split_at(whole);
            text.push_str(whole);
            if !fraction.is_empty() {
                text.push('.');
                text.push_str(fraction);
            }
        }
        None => {
            text.push_str("0.");
            text.extend(std::iter::repeat_n('0', scale - written.len()));
            text.push_str(written);
        }
    }
}
