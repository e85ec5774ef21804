//! The file that the provider's dashboard exports, as CSV or TSV: a row a result, or a bucket's
//! times alone where it has none.

use std::collections::HashMap;

use csv::StringRecord;
use imgcost_core::Error;
use imgcost_core::read::shown;

use super::pages::{Amount, Bucket, Item, Page};
use crate::input::bad_input;

/// The columns that have a bucket's start and end, in seconds since 1970 and as text.
const STARTS: [&str; 2] = ["start_time", "start_time_iso"];
const ENDS: [&str; 2] = ["end_time", "end_time_iso"];

/// Reads an export; none where it has no column of times.
pub(super) fn read(field: &str, name: &str, bytes: &[u8]) -> Result<Option<Page>, Error> {
    let header = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let separator = [b'\t', b';'].into_iter().find(|byte| header.contains(byte)).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).trim(csv::Trim::All).from_reader(bytes);
    let bad = |why: String| bad_input(field, format!("{name}: {why}"));
    let Ok(header) = reader.headers().cloned() else { return Ok(None) };
    if !STARTS.iter().any(|start| header.iter().any(|column| column == *start)) {
        return Ok(None);
    }
    let object = object(&header);
    let mut data: Vec<Bucket> = Vec::new();
    let mut places: HashMap<(i64, Option<i64>), usize> = HashMap::new();
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(|error| bad(error.to_string()))?;
        // The reader takes the rest of the file as the cell of a quote that is not closed.
        if record.iter().any(|cell| cell.contains('\n')) {
            return Err(bad(format!("row {}: a quote is not closed", index + 1)));
        }
        let row = Row { header: &header, record: &record };
        let wrong = |column: &str| {
            let cell = shown(row.cell(column).unwrap_or_default());
            bad(format!("row {}: {column} = {cell} can't be read", index + 1))
        };
        if record.iter().all(str::is_empty) {
            continue;
        }
        let start = row.moment(STARTS).map_err(wrong)?.ok_or_else(|| wrong(STARTS[0]))?;
        let end = row.moment(ENDS).map_err(wrong)?;
        let place = *places.entry((start, end)).or_insert_with(|| {
            data.push(Bucket::new(start, end));
            data.len() - 1
        });
        let item = row.item(object).map_err(wrong)?;
        if let (Some(bucket), Some(item)) = (data.get_mut(place), item) {
            bucket.add(item);
        }
    }
    Ok(Some(Page::of_table(object, data)))
}

/// What the rows are, by the columns that only one kind has; none where they are of times alone.
fn object(header: &StringRecord) -> Option<&'static str> {
    let has = |name: &str| header.iter().any(|column| column == name);
    [
        ("amount_value", "organization.costs.result"),
        ("images", "organization.usage.images.result"),
        ("output_tokens", "organization.usage.completions.result"),
        ("num_model_requests", "organization.usage.result"),
    ]
    .into_iter()
    .find_map(|(column, object)| has(column).then_some(object))
}

struct Row<'r> {
    header: &'r StringRecord,
    record: &'r StringRecord,
}

impl<'r> Row<'r> {
    /// What a column has; none where it is empty or not there.
    fn cell(&self, name: &str) -> Option<&'r str> {
        let at = self.header.iter().position(|column| column == name)?;
        self.record.get(at).filter(|cell| !cell.is_empty())
    }

    fn moment(&self, [seconds, text]: [&'static str; 2]) -> Result<Option<i64>, &'static str> {
        if let Some(cell) = self.cell(seconds) {
            return whole(cell).and_then(|count| i64::try_from(count).ok()).map(Some).ok_or(seconds);
        }
        let Some(cell) = self.cell(text) else { return Ok(None) };
        cell.parse::<jiff::Timestamp>().map(|moment| Some(moment.as_second())).map_err(|_| text)
    }

    fn count(&self, name: &'static str) -> Result<Option<u64>, &'static str> {
        self.cell(name).map(|cell| whole(cell).ok_or(name)).transpose()
    }

    /// The result of the row; the column that can't be read.
    fn item(&self, object: Option<&str>) -> Result<Option<Item>, &'static str> {
        let text = |name: &str| self.cell(name).map(str::to_owned);
        let item = Item {
            object: object.map(str::to_owned),
            images: self.count("images")?,
            num_model_requests: self.count("num_model_requests")?,
            input_tokens: self.count("input_tokens")?,
            output_tokens: self.count("output_tokens")?,
            model: text("model"),
            size: text("size"),
            project_id: text("project_id"),
            api_key_id: text("api_key_id"),
            line_item: text("line_item"),
            source: text("source"),
            user_id: text("user_id"),
            batch: self.cell("batch").map(|cell| cell.eq_ignore_ascii_case("true")),
            service_tier: text("service_tier"),
            amount: self.cell("amount_value").map(|digits| Amount::of(digits, text("amount_currency"))),
        };
        let counts = [item.images, item.num_model_requests, item.input_tokens, item.output_tokens];
        let is_result = item.amount.is_some() || counts.iter().any(Option::is_some);
        Ok(is_result.then_some(item))
    }
}

/// A whole number, as `3` or `3.0`.
fn whole(text: &str) -> Option<u64> {
    let (digits, rest) = text.split_once('.').unwrap_or((text, ""));
    digits.parse().ok().filter(|_| rest.bytes().all(|byte| byte == b'0'))
}
