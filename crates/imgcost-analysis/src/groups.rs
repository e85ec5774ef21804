//! Sums by group in bounded memory.

use std::collections::BTreeMap;

/// What the group is called that takes what comes after the most groups that are kept apart.
pub const OTHERS: &str = "(others)";

/// Sums of things that have names in common. Up to so many groups are kept apart; what comes after
/// them is summed under [`OTHERS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Groups<S> {
    sums: BTreeMap<Vec<String>, S>,
    most: usize,
    spilled: u64,
}

impl<S: Default> Groups<S> {
    pub(crate) fn new(most: usize) -> Groups<S> {
        Groups { sums: BTreeMap::new(), most, spilled: 0 }
    }

    /// Adds to the sum of a group.
    pub(crate) fn add(&mut self, keys: &[String], add: impl FnOnce(&mut S)) {
        if let Some(sum) = self.sums.get_mut(keys) {
            return add(sum);
        }
        let has_room = self.sums.len() < self.most;
        self.spilled += u64::from(!has_room);
        let group = if has_room { keys.to_vec() } else { vec![OTHERS.to_owned(); keys.len()] };
        add(self.sums.entry(group).or_default());
    }

    /// The sum of each group, sorted by their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[String], &S)> {
        self.sums.iter().map(|(keys, sum)| (keys.as_slice(), sum))
    }

    /// How many things found no group of their own.
    pub(crate) fn spilled(&self) -> u64 {
        self.spilled
    }
}
