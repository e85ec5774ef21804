//! The sums by group as tables and as documents.

use serde::{Serialize, Serializer};

use super::sums::{self, SumsDocument};
use super::totals::{Group, Groups, Key};
use crate::render::{self, Align, DASH, Page, Sheet};
use imgcost_analysis::RowSum;

/// What `--totals` asked for: for each table its keys and groups.
pub(super) struct Tables {
    tables: Vec<(Vec<Key>, Groups)>,
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
    sums: SumsDocument<'static>,
}

fn as_map<S: Serializer>(by: &[(String, Option<String>)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(by.iter().map(|(name, value)| (name, value)))
}

impl Tables {
    /// Empty tables.
    pub(super) fn new(keys: &[Vec<Key>]) -> Tables {
        Tables { tables: keys.iter().map(|keys| (keys.clone(), Groups::default())).collect() }
    }

    /// Adds the groups of some rows, a table each.
    pub(super) fn merge(&mut self, more: &[Groups]) {
        for ((_, groups), more) in self.tables.iter_mut().zip(more) {
            groups.merge(more);
        }
    }

    /// The dearest group of the first table in words, with what it may cost.
    pub(super) fn dearest(&self) -> Option<(String, &RowSum)> {
        let (keys, groups) = self.tables.first()?;
        let group = groups.shown().into_iter().find(|group| group.labels.is_some())?;
        Some((super::totals::words(keys, &group), group.sums))
    }

    /// Whether some rows found no group of their own.
    pub(super) fn is_cut(&self) -> bool {
        self.tables.iter().any(|(_, groups)| groups.is_cut())
    }

    /// All groups of all tables.
    pub(super) fn documents(&self) -> Vec<GroupDocument> {
        let table = |(keys, groups): &(Vec<Key>, Groups)| -> Vec<GroupDocument> {
            groups.shown().iter().map(|group| document(keys, group)).collect()
        };
        self.tables.iter().flat_map(table).collect()
    }

    /// The tables for a terminal of 80 columns, an empty line before each.
    pub(super) fn text(&self) -> String {
        self.written(|page| render::table::page(page, 80))
    }

    /// The tables as Markdown, an empty line before each.
    pub(super) fn markdown(&self) -> String {
        self.written(render::markdown_page)
    }

    fn written(&self, write: impl Fn(&Page) -> String) -> String {
        let mut text = String::new();
        for (keys, groups) in &self.tables {
            let mut page = Page::default();
            page.table(sheet(keys, &groups.shown()));
            text.push('\n');
            text.push_str(&write(&page));
        }
        text
    }
}

fn document(keys: &[Key], group: &Group<'_>) -> GroupDocument {
    let label = |index: usize| group.labels.as_ref().and_then(|labels| labels.get(index)?.clone());
    GroupDocument {
        by: keys.iter().enumerate().map(|(index, key)| (key.name(), label(index))).collect(),
        other: group.labels.is_none(),
        sums: sums::document(group.sums, None),
    }
}

/// A table of groups. Columns that would say nothing are left out.
fn sheet(keys: &[Key], groups: &[Group<'_>]) -> Sheet {
    let sums: Vec<SumsDocument<'_>> = groups.iter().map(|group| sums::document(group.sums, None)).collect();
    let is_exact = sums.iter().all(|sums| sums.total.floor == sums.total.expected);
    let (unpriced, errors) =
        (sums.iter().any(|sums| sums.unpriced > 0), sums.iter().any(|sums| sums.errors > 0));
    let mut sheet = Sheet::default();
    sheet.columns.extend(keys.iter().map(|key| (key.name(), Align::Left)));
    let numbers = [
        ("rows", true),
        ("images", true),
        ("at least", !is_exact),
        ("USD", true),
        ("at most", true),
        ("unpriced", unpriced),
        ("in error", errors),
    ];
    let shown = numbers.iter().filter(|(_, is_shown)| *is_shown);
    sheet.columns.extend(shown.map(|(name, _)| ((*name).to_owned(), Align::Right)));
    for (group, sums) in groups.iter().zip(&sums) {
        let mut cells: Vec<String> = match &group.labels {
            Some(labels) => {
                labels.iter().map(|label| label.clone().unwrap_or_else(|| DASH.to_owned())).collect()
            }
            None => (0..keys.len())
                .map(|index| if index == 0 { "(other)".to_owned() } else { String::new() })
                .collect(),
        };
        let usd = |usd: Option<imgcost_core::Usd>| usd.map_or_else(|| DASH.to_owned(), |usd| usd.to_string());
        let values = [
            sums.rows.to_string(),
            sums.images.to_string(),
            usd(sums.total.floor),
            usd(sums.total.expected),
            usd(sums.total.ceiling),
            sums.unpriced.to_string(),
            sums.errors.to_string(),
        ];
        cells.extend(values.into_iter().zip(&numbers).filter(|(_, (_, shown))| *shown).map(|(cell, _)| cell));
        sheet.row(cells);
    }
    sheet
}
