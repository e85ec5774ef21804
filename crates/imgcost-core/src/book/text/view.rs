//! A checked table of TOML, read by key.

use std::str::FromStr;

use toml::de::{DeTable, DeValue};

use super::shape::count;

/// A checked table.
#[derive(Clone, Copy)]
pub(super) struct View<'t> {
    table: &'t DeTable<'t>,
    at: usize,
}

impl<'t> View<'t> {
    pub(super) fn new(table: &'t DeTable<'t>, at: usize) -> Self {
        View { table, at }
    }

    /// The byte offset of the table.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The byte offset of a key's value, or of the table where the key is left out.
    pub(super) fn at_key(&self, key: &str) -> usize {
        self.table.get(key).map_or(self.at, |value| value.span().start)
    }

    pub(super) fn value(&self, key: &str) -> Option<&'t DeValue<'t>> {
        self.table.get(key).map(|value| value.get_ref())
    }

    pub(super) fn text(&self, key: &str) -> Option<&'t str> {
        self.value(key)?.as_str()
    }

    pub(super) fn owned(&self, key: &str) -> Option<String> {
        self.text(key).map(str::to_owned)
    }

    pub(super) fn parse<T: FromStr>(&self, key: &str) -> Option<T> {
        self.text(key)?.parse().ok()
    }

    pub(super) fn count(&self, key: &str) -> Option<u64> {
        count(self.value(key)?.as_integer()?.as_str())
    }

    pub(super) fn count32(&self, key: &str) -> Option<u32> {
        u32::try_from(self.count(key)?).ok()
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.value(key).and_then(DeValue::as_bool).unwrap_or(false)
    }

    /// The texts of a list, as written.
    pub(super) fn texts(&self, key: &str) -> impl Iterator<Item = &'t str> {
        let items = self.value(key).and_then(DeValue::as_array);
        items.into_iter().flat_map(|items| items.iter()).filter_map(|item| item.get_ref().as_str())
    }

    pub(super) fn list<T: FromStr>(&self, key: &str) -> Vec<T> {
        self.texts(key).filter_map(|text| text.parse().ok()).collect()
    }

    pub(super) fn counts(&self, key: &str) -> Vec<u64> {
        let items = self.value(key).and_then(DeValue::as_array);
        items
            .into_iter()
            .flat_map(|items| items.iter())
            .filter_map(|item| count(item.get_ref().as_integer()?.as_str()))
            .collect()
    }

    pub(super) fn view(&self, key: &str) -> Option<View<'t>> {
        let value = self.table.get(key)?;
        Some(View { table: value.get_ref().as_table()?, at: value.span().start })
    }

    pub(super) fn views(&self, key: &str) -> Vec<View<'t>> {
        let items = self.value(key).and_then(DeValue::as_array);
        let view = |item: &'t toml::Spanned<DeValue<'t>>| {
            Some(View { table: item.get_ref().as_table()?, at: item.span().start })
        };
        items.into_iter().flat_map(|items| items.iter()).filter_map(view).collect()
    }

    /// The entries of a table with free keys: key, value, byte offset of the value.
    pub(super) fn entries<K: FromStr>(&self, key: &str) -> Vec<(K, &'t DeValue<'t>, usize)> {
        let table = self.value(key).and_then(DeValue::as_table);
        let entry =
            |(key, value): (&'t toml::Spanned<toml::de::DeString<'t>>, &'t toml::Spanned<DeValue<'t>>)| {
                Some((key.get_ref().parse().ok()?, value.get_ref(), value.span().start))
            };
        table.into_iter().flat_map(|table| table.iter()).filter_map(entry).collect()
    }

    pub(super) fn priced<K: FromStr, V: FromStr>(&self, key: &str) -> Vec<(K, V)> {
        let entries = self.entries(key).into_iter();
        entries.filter_map(|(name, value, _)| Some((name, value.as_str()?.parse().ok()?))).collect()
    }
}
