//! What the rows of a file were found to have, beside what each asks for.

use std::collections::BTreeSet;

use imgcost_core::Param;

use super::field::Field;
use super::row::JobRow;
use crate::Shares;

/// The most names of keys that are kept.
const KEPT_MAX: usize = 64;

/// What rows were found to have.
#[derive(Debug, Clone, Default)]
pub struct Met {
    /// Their shares of all calls.
    pub shares: Shares,
    /// Names that are no fields, and are tags.
    pub kept: BTreeSet<String>,
    seen: u64,
}

impl Met {
    /// Adds a row.
    pub fn add(&mut self, row: &JobRow) {
        if !row.unread {
            self.shares.add(row.share);
        }
        self.seen |= row.seen();
        for name in &row.kept {
            self.keep(name);
        }
    }

    /// Adds what other rows were found to have.
    pub fn merge(&mut self, other: &Met) {
        self.shares.merge(&other.shares);
        self.seen |= other.seen;
        other.kept.iter().for_each(|name| self.keep(name));
    }

    /// Whether a row has a value of its own for a parameter.
    #[must_use]
    pub fn gives(&self, param: Param) -> bool {
        self.seen & Field::Param(param).bit() != 0
    }

    pub(super) fn keep(&mut self, name: &str) {
        if self.kept.len() < KEPT_MAX && !self.kept.contains(name) {
            self.kept.insert(name.to_owned());
        }
    }
}
