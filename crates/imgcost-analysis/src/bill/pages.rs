//! Pages of an organization's usage and costs, as the API returns them. Amounts are read by their
//! digits, never as floats.

use std::collections::HashMap;

use imgcost_core::{Date, Error};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::input::utc_day;

/// A page.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    /// What it is, by its own name; of a table, what its rows are.
    #[serde(default)]
    object: Option<String>,
    /// Its buckets.
    data: Vec<Bucket>,
    /// Whether there are more behind it.
    #[serde(default)]
    has_more: Option<bool>,
    /// What asks for the next one.
    #[serde(default)]
    next_page: Option<String>,
}

/// The position of a page among others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PagePosition {
    /// Of what its results are; none where it has none.
    kind: Option<String>,
    /// When its first and its last bucket start, and when the last one ends.
    span: Option<(i64, i64, i64)>,
    /// Whether it announces more behind it.
    has_more: bool,
}

impl Page {
    /// The page that a table is.
    pub(super) fn of_table(object: Option<&str>, data: Vec<Bucket>) -> Page {
        Page { object: object.map(str::to_owned), data, has_more: None, next_page: None }
    }

    /// What its first result is of, by its own name.
    pub(super) fn object(&self) -> Option<&str> {
        let mut items = self.data.iter().flat_map(Bucket::items);
        items.next().map(|item| item.object.as_deref().unwrap_or_default())
    }

    /// What it is, by its own name.
    pub(super) fn own_object(&self) -> Option<&str> {
        self.object.as_deref()
    }

    /// Its position.
    pub(super) fn position(&self) -> PagePosition {
        let kind = self.data.iter().flat_map(Bucket::items).find_map(|item| item.object.clone());
        let last = |bucket: &Bucket| (bucket.start_time, bucket.end_time.unwrap_or(bucket.start_time));
        let span = self.data.first().zip(self.data.last()).map(|(first, bucket)| {
            let (start, end) = last(bucket);
            (first.start_time, start, end)
        });
        let has_next = self.next_page.as_ref().is_some_and(|token| !token.is_empty());
        PagePosition { kind, span, has_more: self.has_more.unwrap_or(has_next) }
    }
}

impl PagePosition {
    /// The first place of those in which pages were given whose next page is not among them.
    ///
    /// A page names the next one by a token that tells nothing of it, and no page names itself. The
    /// next one is the one given after it, if that is of the same kind; else one that begins
    /// where it ends.
    pub(super) fn first_open(positions: &[PagePosition]) -> Option<usize> {
        positions.iter().enumerate().find_map(|(index, position)| {
            let next = positions.get(index + 1);
            let is_continued = !position.has_more
                || next.is_some_and(|next| next.kind.is_some() && next.kind == position.kind)
                || positions.iter().any(|other| position.is_continued_by(other));
            (!is_continued).then_some(index)
        })
    }

    fn is_continued_by(&self, other: &PagePosition) -> bool {
        let (Some((_, start, end)), Some((first, _, last))) = (self.span, other.span) else { return false };
        let is_kind = self.kind.is_none() || other.kind.is_none() || self.kind == other.kind;
        is_kind && start <= first && first <= end && last > end
    }
}

/// A span of time with its results.
#[derive(Debug, Deserialize)]
pub(super) struct Bucket {
    start_time: i64,
    #[serde(default)]
    end_time: Option<i64>,
    #[serde(default)]
    results: Option<Vec<Item>>,
    /// Some descriptions of the API call them so.
    #[serde(default)]
    result: Option<Vec<Item>>,
}

impl Bucket {
    /// A span without results.
    pub(super) fn new(start_time: i64, end_time: Option<i64>) -> Bucket {
        Bucket { start_time, end_time, results: None, result: None }
    }

    /// Adds a result.
    pub(super) fn add(&mut self, item: Item) {
        self.results.get_or_insert_default().push(item);
    }

    /// Its results.
    fn items(&self) -> impl Iterator<Item = &Item> {
        self.results.iter().chain(&self.result).flatten()
    }
}

/// A result: of images, of completions, or of costs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Item {
    /// What it is.
    pub(super) object: Option<String>,
    /// Images.
    pub(super) images: Option<u64>,
    /// Requests.
    pub(super) num_model_requests: Option<u64>,
    /// Tokens sent: text and images, cached ones too.
    pub(super) input_tokens: Option<u64>,
    /// Tokens made.
    pub(super) output_tokens: Option<u64>,
    /// The model, where it is grouped by that; so are the next ones.
    pub(super) model: Option<String>,
    /// The size.
    pub(super) size: Option<String>,
    /// The project.
    pub(super) project_id: Option<String>,
    /// The API key.
    pub(super) api_key_id: Option<String>,
    /// What was paid for.
    pub(super) line_item: Option<String>,
    pub(super) source: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) batch: Option<bool>,
    pub(super) service_tier: Option<String>,
    /// What was paid.
    pub(super) amount: Option<Amount>,
}

/// Money with its currency.
#[derive(Debug, Deserialize)]
pub(super) struct Amount {
    value: Option<Box<RawValue>>,
    /// Three letters.
    #[serde(default)]
    pub(super) currency: Option<String>,
}

impl Amount {
    /// An amount by its digits.
    pub(super) fn of(digits: &str, currency: Option<String>) -> Amount {
        Amount { value: serde_json::value::to_raw_value(digits).ok(), currency }
    }

    /// The digits of the value: of a number, or of a text that holds one.
    pub(super) fn digits(&self) -> &str {
        let text = self.value.as_ref().map_or("", |value| value.get());
        text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
    }
}

impl Item {
    /// What tells a result from the others of its bucket.
    fn name(&self) -> String {
        let grouping = (
            &self.object,
            &self.model,
            &self.size,
            &self.source,
            &self.project_id,
            &self.api_key_id,
            &self.user_id,
            &self.line_item,
            self.batch,
            &self.service_tier,
            self.amount.as_ref().map(|amount| &amount.currency),
        );
        format!("{grouping:?}")
    }
}

/// What the buckets of a file hold.
pub(super) enum Piece<'i> {
    /// A day that the export covers.
    Day(Date),
    /// A result of a day, and what tells it from every other of its kind: of equal ones in a
    /// bucket, which they are. Only another page that has the bucket repeats them.
    Result(Date, &'i Item, String),
    /// A bucket that is not of one day: when it starts and ends, in seconds since 1970.
    Spanning(i64, i64),
}

/// Hands over what pages of one file hold.
pub(super) fn pieces(
    pages: &[Page],
    each: &mut dyn FnMut(Piece<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    for bucket in pages.iter().flat_map(|page| &page.data) {
        let spanning = Piece::Spanning(bucket.start_time, bucket.end_time.unwrap_or(bucket.start_time));
        let last = bucket.end_time.map_or(bucket.start_time, |end| end.saturating_sub(1));
        let (Some(day), Some(last)) = (utc_day(bucket.start_time), utc_day(last.max(bucket.start_time)))
        else {
            each(spanning)?;
            continue;
        };
        if day != last {
            each(spanning)?;
            continue;
        }
        each(Piece::Day(day))?;
        let mut equal: HashMap<String, u64> = HashMap::new();
        for item in bucket.items() {
            let name = format!("{} {:?} {}", bucket.start_time, bucket.end_time, item.name());
            let count = equal.entry(name.clone()).or_default();
            *count += 1;
            each(Piece::Result(day, item, format!("{name} {count}")))?;
        }
    }
    Ok(())
}
