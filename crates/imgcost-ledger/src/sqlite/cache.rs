//! What is known of scopes, so that it need not be read again.
//!
//! A step reads the settings and sums of every scope on its path: a quarter of its time. What a
//! transaction has read or written is still true in the next one, unless another connection has
//! committed in between, which SQLite tells by `PRAGMA data_version`.

use std::collections::HashMap;

use crate::budget::Sums;
use crate::engine::InForce;
use crate::pause::Pause;
use crate::window::Period;

/// The most that is kept from one transaction to the next, in sums and settings: about 1 MB.
const MOST: usize = 4096;

/// What is set for a scope.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) in_force: InForce,
    pub(super) pause: Option<Pause>,
}

/// The sums of a scope in one period; of a week only what was alerted.
#[derive(Debug, Clone, Copy)]
pub(super) struct CachedSums {
    pub(super) period: Period,
    pub(super) sums: Sums,
    /// What the file has of them; none if it has no row.
    pub(super) row: Option<Sums>,
    is_changed: bool,
}

#[derive(Debug, Default)]
struct CachedScope {
    settings: Option<Settings>,
    sums: Vec<CachedSums>,
    /// Whether any of the sums is.
    is_changed: bool,
}

/// What is known of scopes, as read or as changed by a step.
#[derive(Debug, Default)]
pub(super) struct Cache {
    scopes: HashMap<String, CachedScope>,
    /// The scopes whose sums are to be written.
    changed: Vec<String>,
    /// How much was read.
    size: usize,
}

impl Cache {
    fn scope(&mut self, scope: &str) -> &mut CachedScope {
        // Looked up first: a name is made only for a scope that is new.
        if !self.scopes.contains_key(scope) {
            self.scopes.insert(scope.to_owned(), CachedScope::default());
        }
        self.scopes.entry(scope.to_owned()).or_default()
    }

    pub(super) fn settings(&self, scope: &str) -> Option<&Settings> {
        self.scopes.get(scope)?.settings.as_ref()
    }

    pub(super) fn add_settings(&mut self, scope: &str, settings: Settings) {
        self.size += 1;
        self.scope(scope).settings = Some(settings);
    }

    /// After a budget or a pause was changed: a default is in force for any number of scopes.
    pub(super) fn forget_settings(&mut self) {
        self.scopes.values_mut().for_each(|cached| cached.settings = None);
    }

    /// The sums of a scope in several periods; none if one of them is not known.
    pub(super) fn sums<const N: usize>(&self, scope: &str, periods: [Period; N]) -> Option<[Sums; N]> {
        let known = &self.scopes.get(scope)?.sums;
        let mut sums = [Sums::default(); N];
        for (place, period) in sums.iter_mut().zip(periods) {
            *place = known.iter().find(|known| known.period == period)?.sums;
        }
        Some(sums)
    }

    /// Adds what was read, where nothing is known: what a step left is newer than its row.
    pub(super) fn add_sums(&mut self, scope: &str, period: Period, row: Option<Sums>) {
        let known = &mut self.scope(scope).sums;
        if known.iter().all(|known| known.period != period) {
            known.push(CachedSums { period, sums: row.unwrap_or_default(), row, is_changed: false });
            self.size += 1;
        }
    }

    /// Changes what is known; false if nothing is.
    pub(super) fn change_sums(&mut self, scope: &str, period: Period, sums: Sums) -> bool {
        let Some(known) = self.scopes.get_mut(scope) else { return false };
        let Some(place) = known.sums.iter_mut().find(|known| known.period == period) else { return false };
        (place.sums, place.is_changed) = (sums, true);
        if !std::mem::replace(&mut known.is_changed, true) {
            self.changed.push(scope.to_owned());
        }
        true
    }

    /// What was changed and is not written yet.
    pub(super) fn changed(&self) -> impl Iterator<Item = (&str, &CachedSums)> {
        let known = |scope: &String| self.scopes.get(scope).map_or(&[][..], |known| &known.sums);
        let sums = move |scope| known(scope).iter().map(|sums| (scope.as_str(), sums));
        self.changed.iter().flat_map(sums).filter(|(_, sums)| sums.is_changed)
    }

    /// What the next transaction begins with, after all changes were written and committed.
    pub(super) fn committed(mut self) -> Cache {
        if self.size > MOST {
            return Cache::default();
        }
        for scope in std::mem::take(&mut self.changed) {
            let Some(known) = self.scopes.get_mut(&scope) else { continue };
            known.is_changed = false;
            for known in known.sums.iter_mut().filter(|known| known.is_changed) {
                (known.row, known.is_changed) = (Some(known.sums), false);
            }
        }
        self
    }
}

/// What a connection remembers from one transaction to the next.
#[derive(Debug, Default)]
pub(super) struct Memory {
    cache: Cache,
    /// The number that SQLite had for the state of the file.
    version: Option<i64>,
}

impl Memory {
    /// What is known at the begin of a transaction that sees this version of the file, and whether
    /// the file is still as this connection left it. Nothing is known after a transaction that was
    /// not committed.
    pub(super) fn take(&mut self, version: i64) -> (Cache, bool) {
        let cache = std::mem::take(&mut self.cache);
        if self.version == Some(version) { (cache, true) } else { (Cache::default(), false) }
    }

    /// Remembers what a transaction has committed on this version of the file.
    pub(super) fn keep(&mut self, cache: Cache, version: i64) {
        (self.cache, self.version) = (cache.committed(), Some(version));
    }
}
