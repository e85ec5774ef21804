//! Sums by model, quality, tag and so on, in bounded memory.

use std::collections::HashMap;
use std::fmt::Write as _;

use imgcost_analysis::RowSum;
use imgcost_analysis::jobs::{Field, JobRow};
use imgcost_core::{Error, Offer, Quote, Size, Usd};
use serde::{Serialize, Serializer};

use crate::commands::by::By;
use crate::commands::sums::{self, Sums};
use crate::fields::shown;
use crate::report::{Bounds, Column, Report, Table, Value, money};

/// The most groups of a table; what comes after them is added up as one.
pub(super) const GROUPS_MAX: usize = 10_000;
/// The most bytes of their names together.
const NAMES_MAX: usize = 4 << 20;

/// The most decimals of their amounts for people.
const PLACES_MAX: u32 = 6;

/// The names of the tables.
const TABLES: [&str; 5] = ["Groups", "Groups 2", "Groups 3", "Groups 4", "Groups 5"];

/// What the rows of a group share, in the order of the keys; none where that is unknown or nothing.
type Name = Box<[Option<String>]>;

/// The groups of one table, in the order in which they were first met.
#[derive(Debug, Default, Clone)]
pub(super) struct Groups {
    index: HashMap<Name, usize>,
    list: Vec<(Name, RowSum)>,
    /// The bytes of all names.
    names: usize,
    /// What found no place.
    other: Option<RowSum>,
    /// The group of the row before: rows come in runs.
    last: usize,
    /// A row's name, in buffers that are used again.
    name: Vec<Option<String>>,
}

/// A group as it is shown.
#[derive(Debug)]
pub(super) struct Group<'g> {
    /// Its name; that of the rows that found no group of their own is none.
    pub(super) labels: Option<&'g [Option<String>]>,
    /// Their sums.
    pub(super) sums: &'g RowSum,
}

impl Groups {
    /// The sums of a quoted row's group.
    pub(super) fn of_quote(&mut self, keys: &[By], row: &JobRow, quote: &Quote<'_>) -> &mut RowSum {
        let offer = quote.offer();
        self.find(keys, |key, put| match key {
            By::Provider => put(Some(&offer.provider.id)),
            By::Model => put(Some(&offer.model.id)),
            By::Quality => put(quote.quality().map(|quality| quality.as_str())),
            By::Size => with_size(quote.chosen_size(), put),
            By::Endpoint => put(Some(quote.request().endpoint.as_str())),
            By::Day | By::Month => put(Some(key.day(offer.as_of.to_string().as_str()))),
            By::Tag(name) => put(tag(row, name)),
            By::Scope => put(None),
        })
    }

    /// The sums of the group of a row in error, as far as that is known.
    pub(super) fn of_error(
        &mut self,
        keys: &[By],
        row: &JobRow,
        offer: Option<&Offer<'_>>,
        error: &Error,
    ) -> &mut RowSum {
        let request = &row.request;
        self.find(keys, |key, put| {
            let of = match key {
                By::Day | By::Month => "as_of".to_owned(),
                key => key.to_string(),
            };
            // A row that can't be read has no values, nor has a field that is wrong or misspelt.
            let is_wrong = |field: Option<&str>| field.is_some_and(|field| field == of);
            let misspelt = error.field_name().is_some_and(|field| Field::named(field).is_none());
            if row.unread || is_wrong(error.field_name()) || (misspelt && is_wrong(error.nearest_value())) {
                return put(None);
            }
            match key {
                By::Provider => put(Some(offer.map_or(&request.provider, |offer| &offer.provider.id))),
                By::Model => put(Some(offer.map_or(&request.model, |offer| &offer.model.id))),
                By::Quality => put(request.quality.as_ref().map(|quality| quality.as_str())),
                By::Size => match request.size {
                    Some(size) => with_size(size, put),
                    None => put(None),
                },
                By::Endpoint => put(row.endpoint_known.then(|| request.endpoint.as_str())),
                By::Day | By::Month => put(Some(key.day(request.as_of.to_string().as_str()))),
                By::Tag(name) => put(tag(row, name)),
                By::Scope => put(None),
            }
        })
    }

    /// The sums of the group whose name `value` gives piece by piece.
    fn find(&mut self, keys: &[By], mut value: impl FnMut(&By, &mut dyn FnMut(Option<&str>))) -> &mut RowSum {
        let mut name = std::mem::take(&mut self.name);
        name.resize(keys.len(), None);
        for (key, label) in keys.iter().zip(&mut name) {
            value(key, &mut |text| match text {
                Some(text) => {
                    let label = label.get_or_insert_default();
                    label.clear();
                    label.push_str(text);
                }
                None => *label = None,
            });
        }
        let found = self.place(&name, usize::MAX, usize::MAX);
        self.name = name;
        self.at(found)
    }

    /// Adds the groups of later rows, as long as there is room for names.
    pub(super) fn merge(&mut self, more: &Groups) {
        for (name, sums) in &more.list {
            let found = self.place(name, GROUPS_MAX, NAMES_MAX);
            self.at(found).merge(sums);
        }
    }

    /// Where a name's group is; none where there is no room for it.
    fn place(&mut self, name: &[Option<String>], groups_max: usize, names_max: usize) -> Option<usize> {
        if self.list.get(self.last).is_some_and(|(last, _)| **last == *name) {
            return Some(self.last);
        }
        if let Some(found) = self.index.get(name) {
            self.last = *found;
            return Some(*found);
        }
        let bytes: usize = name.iter().map(|label| 1 + label.as_ref().map_or(0, String::len)).sum();
        if self.list.len() >= groups_max || self.names.saturating_add(bytes) > names_max {
            return None;
        }
        self.names += bytes;
        self.last = self.list.len();
        self.index.insert(name.into(), self.last);
        self.list.push((name.into(), RowSum::default()));
        Some(self.last)
    }

    fn at(&mut self, found: Option<usize>) -> &mut RowSum {
        match found.and_then(|found| self.list.get_mut(found)) {
            Some((_, sums)) => sums,
            None => self.other.get_or_insert_default(),
        }
    }

    /// Starts over, keeping the buffers.
    pub(super) fn clear(&mut self) {
        self.index.clear();
        self.list.clear();
        self.names = 0;
        self.other = None;
        self.last = 0;
    }

    /// The groups, dearest first; last those that found no place.
    pub(super) fn shown(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> =
            self.list.iter().map(|(name, sums)| Group { labels: Some(&**name), sums }).collect();
        groups.sort_by(|a, b| weight(b.sums).cmp(&weight(a.sums)).then_with(|| a.labels.cmp(&b.labels)));
        groups.extend(self.other.as_ref().map(|sums| Group { labels: None, sums }));
        groups
    }
}

/// What the rows may cost, as far as it is known: to tell dear from cheap.
fn weight(sum: &RowSum) -> Usd {
    let [floor, expected, ceiling] = sum.total().amounts();
    ceiling.or(expected).or(floor).unwrap_or(Usd::ZERO)
}

fn tag<'r>(row: &'r JobRow, name: &str) -> Option<&'r str> {
    let tag = row.tags().iter().find(|(known, _)| known == name);
    tag.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

fn with_size(size: Size, put: &mut dyn FnMut(Option<&str>)) {
    let Size::Exact(pixels) = size else { return put(Some("auto")) };
    let mut text = String::with_capacity(12);
    let mut digits = itoa::Buffer::new();
    text.push_str(digits.format(pixels.width()));
    text.push('x');
    text.push_str(digits.format(pixels.height()));
    put(Some(&text));
}

/// A group in words: `model gpt-image-2, tag:team red`.
fn words(keys: &[By], labels: &[Option<String>]) -> String {
    let mut text = String::new();
    for (key, label) in keys.iter().zip(labels) {
        let gap = if text.is_empty() { "" } else { ", " };
        let label = label.as_deref().map_or_else(|| "unknown".to_owned(), shown);
        let _ = write!(text, "{gap}{} {label}", key);
    }
    text
}

/// What `--by` asked for: for each table its keys and groups.
pub(super) struct Groupings {
    tables: Vec<(Vec<By>, Groups)>,
}

/// A group in the summary line.
#[derive(Serialize)]
pub(super) struct GroupDocument {
    #[serde(serialize_with = "as_map")]
    by: Vec<(String, Option<String>)>,
    /// The rows that found no group of their own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    other: bool,
    #[serde(flatten)]
    sums: Sums<'static>,
}

fn as_map<S: Serializer>(by: &[(String, Option<String>)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(by.iter().map(|(name, value)| (name, value)))
}

impl Groupings {
    /// Empty tables.
    pub(super) fn new(keys: &[Vec<By>]) -> Groupings {
        Groupings { tables: keys.iter().map(|keys| (keys.clone(), Groups::default())).collect() }
    }

    /// Adds the groups of some rows, a table each.
    pub(super) fn merge(&mut self, more: &[Groups]) {
        for ((_, groups), more) in self.tables.iter_mut().zip(more) {
            groups.merge(more);
        }
    }

    /// The dearest group of the first table in words, with what it may cost.
    pub(super) fn dearest(&self) -> Option<(String, Usd)> {
        let (keys, groups) = self.tables.first()?;
        let shown = groups.shown();
        let (labels, sums) = shown.iter().find_map(|group| Some((group.labels?, group.sums)))?;
        let [_, _, ceiling] = sums::amounts(sums);
        Some((words(keys, labels), ceiling?))
    }

    /// Whether some rows found no group of their own.
    pub(super) fn is_cut(&self) -> bool {
        self.tables.iter().any(|(_, groups)| groups.other.is_some())
    }

    /// Whether nothing is to be grouped.
    pub(super) fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// All groups of all tables.
    pub(super) fn documents(&self) -> Vec<GroupDocument> {
        let table = |(keys, groups): &(Vec<By>, Groups)| -> Vec<GroupDocument> {
            groups.shown().iter().map(|group| document(keys, group)).collect()
        };
        self.tables.iter().flat_map(table).collect()
    }

    /// Adds the tables, an empty line before each.
    pub(super) fn report(&self, report: &mut Report<'_>) {
        for (at, (keys, groups)) in self.tables.iter().enumerate() {
            report.gap();
            // Tables of one name are one to programs, and these have other columns.
            let name = TABLES.get(at).copied().unwrap_or("More groups");
            report.table(Table { name, ..table(keys, &groups.shown()) });
        }
    }
}

fn document(keys: &[By], group: &Group<'_>) -> GroupDocument {
    let label = |index: usize| group.labels.and_then(|labels| labels.get(index)?.clone());
    GroupDocument {
        by: keys.iter().enumerate().map(|(index, key)| (key.to_string(), label(index))).collect(),
        other: group.labels.is_none(),
        sums: sums::document(group.sums, None, None),
    }
}

/// A table of groups. Counts of what no group has are for programs only.
fn table(keys: &[By], groups: &[Group<'_>]) -> Table<'static> {
    let if_any = |column: Column, count: fn(&RowSum) -> u64| {
        if groups.iter().any(|group| count(group.sums) > 0) { column } else { column.data_only() }
    };
    let amounts = groups.iter().flat_map(|group| sums::amounts(group.sums)).flatten();
    let places = amounts.map(Usd::places).max().unwrap_or(2).clamp(2, PLACES_MAX);
    let mut columns: Vec<Column> = keys.iter().map(|key| Column::name(key.to_string())).collect();
    columns.extend([
        Column::number("rows"),
        if groups.iter().all(|group| sums::is_once_each(group.sums)) {
            Column::number("calls").data_only()
        } else {
            Column::number("calls")
        },
        Column::number("images").if_room(3),
        Column::estimate("total").data_only(),
        Column::number("expected").decimals(places).text_if_room(0),
        Column::number("most").label("at most").decimals(places).text_only(),
        if_any(Column::number("unpriced").if_room(1), |sum| sum.unpriced),
        if_any(Column::number("errors").label("in error").if_room(2), |sum| sum.errors),
    ]);
    let mut table = Table::new("Groups", columns);
    for group in groups {
        let mut cells: Vec<Value<'static>> = match group.labels {
            Some(labels) => {
                labels.iter().map(|label| label.clone().map_or(Value::missing(), Value::from)).collect()
            }
            None => {
                let mut cells = vec![Value::Empty; keys.len()];
                if let Some(first) = cells.first_mut() {
                    *first = "(other)".into();
                }
                cells
            }
        };
        let RowSum { rows, calls, images, unpriced, errors, .. } = *group.sums;
        let total = Bounds::from(sums::amounts(group.sums));
        let most = match (total.ceiling, total.floor) {
            (None, Some(floor)) => Value::Unknown(format!("at least {}", money(floor)).into()),
            (ceiling, _) => Value::known(ceiling),
        };
        let people = [Value::known(total.expected), most];
        cells.extend([rows.into(), calls.into(), images.into(), total.into()]);
        cells.extend(people);
        cells.extend([unpriced.into(), errors.into()]);
        table.row(cells);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finds_no_place_is_added_up_as_one() {
        let mut all = Groups::default();
        for index in 0..GROUPS_MAX + 5 {
            let mut more = Groups::default();
            let place = more.place(&[Some(index.to_string())], usize::MAX, usize::MAX);
            more.at(place).add_error(false);
            all.merge(&more);
            all.merge(&more);
        }
        let shown = all.shown();
        assert_eq!(shown.len(), GROUPS_MAX + 1);
        assert!(all.other.is_some());
        assert_eq!(shown.last().map(|group| group.sums.rows), Some(10));
        assert_eq!(shown.iter().map(|group| group.sums.rows).sum::<u64>(), 2 * (GROUPS_MAX as u64 + 5));
    }

    #[test]
    fn long_names_are_bounded_too() {
        let mut all = Groups::default();
        let long = "x".repeat(NAMES_MAX / 4);
        for index in 0..8 {
            let mut more = Groups::default();
            let place = more.place(&[Some(format!("{index}{long}"))], usize::MAX, usize::MAX);
            more.at(place).add_error(false);
            all.merge(&more);
        }
        assert_eq!(all.shown().len(), 4);
        assert_eq!(all.shown().iter().map(|group| group.sums.rows).sum::<u64>(), 8);
    }
}
