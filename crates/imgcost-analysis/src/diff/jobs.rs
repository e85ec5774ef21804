//! Two sets of rows against each other.

use std::cmp::Reverse;
use std::collections::{HashMap, VecDeque};

use imgcost_core::{SignedUsd, Total};
use serde::{Serialize, Serializer};

use super::delta::{Change, Deltas};
use super::job::{FieldChange, Job};
use crate::RowSum;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It asks for something else.
    Changed,
    /// It asks for the same, and that costs something else, or one side can't say what.
    Repriced,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

impl Kind {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Changed => "changed",
            Kind::Repriced => "repriced",
            Kind::Added => "added",
            Kind::Removed => "removed",
        }
    }
}

/// How rows are found to be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matching {
    /// By their ids; what is left, by what they ask for.
    ByName,
    /// By their places, as both sides are of one file.
    ByPlace,
}

/// How a pair was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MatchedBy {
    /// Both have this id.
    Id,
    /// Both ask for the same.
    Request,
    /// Both are in the same place.
    Place,
}

impl MatchedBy {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            MatchedBy::Id => "id",
            MatchedBy::Request => "request",
            MatchedBy::Place => "place",
        }
    }
}

/// A row that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// What became of it.
    pub kind: Kind,
    /// The old row; none where it was added.
    pub before: Option<Job>,
    /// The new row; none where it was removed.
    pub after: Option<Job>,
    /// How the two were matched; none where there is one only.
    pub matched: Option<MatchedBy>,
    /// What it asks for differently.
    pub fields: Vec<FieldChange>,
    /// What that does to its price. A row that is not there costs nothing.
    pub delta: Deltas,
}

impl Entry {
    /// Its row as it is now, else as it was.
    #[must_use]
    pub fn job(&self) -> Option<&Job> {
        self.after.as_ref().or(self.before.as_ref())
    }

    /// Its differences with their share in what it cost before.
    #[must_use]
    pub fn change(&self) -> Change {
        let before = self.before.as_ref().and_then(|job| job.cost.as_ref().ok());
        let per_mille = before.and_then(|before| self.delta.per_mille(before));
        Change { deltas: self.delta, per_mille }
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Members<'e> {
            kind: Kind,
            matched_by: Option<MatchedBy>,
            before: &'e Option<Job>,
            after: &'e Option<Job>,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            fields: &'e [FieldChange],
            delta: Change,
        }
        let Entry { kind, before, after, matched, fields, .. } = self;
        Members { kind: *kind, matched_by: *matched, before, after, fields, delta: self.change() }
            .serialize(serializer)
    }
}

/// What the rows of a side come to, each with whether its partner is in error.
fn sum<'j>(jobs: impl Iterator<Item = (&'j Job, bool)>) -> RowSum {
    let mut sum = RowSum::default();
    for (job, partner_in_error) in jobs {
        match &job.cost {
            Err(_) => sum.add_error(false),
            Ok(_) if partner_in_error => sum.add_left_out(),
            Ok(cost) => sum.add_total(cost, job.no_prompt),
        }
    }
    sum
}

/// What is different between two sets of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct JobDiff {
    /// The rows that differ: those whose difference is not known first, then the largest first.
    pub entries: Vec<Entry>,
    /// How many rows are the same on both sides.
    pub same: u64,
    /// Those of them that are in error on both sides, as they are in the new rows.
    pub same_errors: Vec<Job>,
    /// How many pairs were matched by id.
    pub by_id: u64,
    /// How many pairs were matched by what they ask for.
    pub by_request: u64,
    /// What the old rows come to.
    pub before: RowSum,
    /// What the new rows come to.
    pub after: RowSum,
    /// The differences of the totals.
    pub delta: Deltas,
}

/// How many rows became what, and how they were matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Counts {
    pub changed: usize,
    pub repriced: usize,
    pub added: usize,
    pub removed: usize,
    pub same: u64,
    pub matched_by_id: u64,
    pub matched_by_request: u64,
}

impl JobDiff {
    /// How many rows became what.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let count = |kind| self.entries.iter().filter(|entry| entry.kind == kind).count();
        Counts {
            changed: count(Kind::Changed),
            repriced: count(Kind::Repriced),
            added: count(Kind::Added),
            removed: count(Kind::Removed),
            same: self.same,
            matched_by_id: self.by_id,
            matched_by_request: self.by_request,
        }
    }

    /// The differences of the totals with their share in the old one.
    #[must_use]
    pub fn change(&self) -> Change {
        Change { deltas: self.delta, per_mille: self.delta.per_mille(&self.before.total()) }
    }
}

/// Matches old rows with new ones, and says what is different.
#[must_use]
pub fn jobs(before: Vec<Job>, after: Vec<Job>, matching: Matching) -> JobDiff {
    let pairs = match matching {
        Matching::ByName => by_name(&before, &after),
        Matching::ByPlace => by_place(&before, &after),
    };
    let (totals_before, totals_after) = totals(&before, &after, &pairs);
    let mut before: Vec<Option<Job>> = before.into_iter().map(Some).collect();
    let mut after: Vec<Option<Job>> = after.into_iter().map(Some).collect();
    let count =
        |by: MatchedBy| u64::try_from(pairs.iter().filter(|pair| pair.2 == by).count()).unwrap_or(u64::MAX);
    let (by_id, by_request) = (count(MatchedBy::Id), count(MatchedBy::Request));
    let (mut same, mut same_errors) = (0, Vec::new());
    let mut entries = Vec::new();
    for (old, new, by) in pairs {
        let taken = |side: &mut Vec<Option<Job>>, index: usize| side.get_mut(index).and_then(Option::take);
        if let (Some(old), Some(new)) = (taken(&mut before, old), taken(&mut after, new)) {
            match pair(old, new, by) {
                Ok(entry) => entries.push(entry),
                Err(job) => {
                    same += 1;
                    same_errors.extend(job.cost.is_err().then_some(*job));
                }
            }
        }
    }
    entries.extend(before.into_iter().flatten().map(|job| alone(Kind::Removed, job)));
    entries.extend(after.into_iter().flatten().map(|job| alone(Kind::Added, job)));
    entries.sort_by_cached_key(|entry| {
        let line = |job: &Option<Job>| job.as_ref().map(|job| job.line);
        let main = entry.delta.main().map(SignedUsd::size);
        (main.is_some(), Reverse(main), entry.kind, line(&entry.after), line(&entry.before))
    });
    let delta = Deltas::between(&totals_before.total(), &totals_after.total());
    JobDiff {
        entries,
        same,
        same_errors,
        by_id,
        by_request,
        before: totals_before,
        after: totals_after,
        delta,
    }
}

/// What both sides come to. A pair of which one is in error is in neither, as its difference
/// would be that of a price and nothing.
fn totals(before: &[Job], after: &[Job], pairs: &[MatchedPair]) -> (RowSum, RowSum) {
    let (mut old_broken, mut new_broken) = (vec![false; before.len()], vec![false; after.len()]);
    let in_error = |jobs: &[Job], index: usize| jobs.get(index).is_some_and(|job| job.cost.is_err());
    for (old, new, _) in pairs {
        if let Some(slot) = old_broken.get_mut(*old) {
            *slot = in_error(after, *new);
        }
        if let Some(slot) = new_broken.get_mut(*new) {
            *slot = in_error(before, *old);
        }
    }
    (sum(before.iter().zip(old_broken)), sum(after.iter().zip(new_broken)))
}

type MatchedPair = (usize, usize, MatchedBy);
type Key = fn(&Job) -> &str;

fn by_place(before: &[Job], after: &[Job]) -> Vec<MatchedPair> {
    (0..before.len().min(after.len())).map(|index| (index, index, MatchedBy::Place)).collect()
}

/// By id first; what is left, by what it asks for. Of several with the same name the first goes
/// with the first, the second with the second.
fn by_name(before: &[Job], after: &[Job]) -> Vec<MatchedPair> {
    let mut old_left = vec![true; before.len()];
    let mut new_left = vec![true; after.len()];
    let mut pairs = Vec::new();
    let keys: [(MatchedBy, Key); 2] =
        [(MatchedBy::Id, |job| &job.id), (MatchedBy::Request, |job| &job.terms)];
    for (by, key) in keys {
        let mut waiting: HashMap<&str, VecDeque<usize>> = HashMap::new();
        for ((index, job), left) in after.iter().enumerate().zip(&new_left) {
            if *left && !key(job).is_empty() {
                waiting.entry(key(job)).or_default().push_back(index);
            }
        }
        for ((index, job), left) in before.iter().enumerate().zip(&mut old_left) {
            let found = waiting.get_mut(key(job)).filter(|_| *left).and_then(VecDeque::pop_front);
            if let Some(other) = found {
                *left = false;
                if let Some(slot) = new_left.get_mut(other) {
                    *slot = false;
                }
                pairs.push((index, other, by));
            }
        }
    }
    pairs
}

/// A pair that is not the same, else the new one of the two.
fn pair(before: Job, after: Job, by: MatchedBy) -> Result<Entry, Box<Job>> {
    let fields = if before.terms == after.terms && before.id == after.id && before.calls == after.calls {
        Vec::new()
    } else {
        before.changes_to(&after)
    };
    // What a ceiling rests on is no part of the price.
    let cost = |job: &Job| job.cost.clone().map(|total| total.amounts());
    let kind = match (fields.is_empty(), cost(&before) == cost(&after)) {
        (true, true) => return Err(Box::new(after)),
        (true, false) => Kind::Repriced,
        (false, _) => Kind::Changed,
    };
    let delta = match (&before.cost, &after.cost) {
        (Ok(before), Ok(after)) => Deltas::between(before, after),
        _ => Deltas::UNKNOWN,
    };
    Ok(Entry { kind, before: Some(before), after: Some(after), matched: Some(by), fields, delta })
}

/// A row that is there on one side only.
fn alone(kind: Kind, job: Job) -> Entry {
    let delta = match (&job.cost, kind) {
        (Ok(cost), Kind::Removed) => Deltas::between(cost, &Total::ZERO),
        (Ok(cost), _) => Deltas::between(&Total::ZERO, cost),
        (Err(_), _) => Deltas::UNKNOWN,
    };
    let (before, after) = if kind == Kind::Removed { (Some(job), None) } else { (None, Some(job)) };
    Entry { kind, before, after, matched: None, fields: Vec::new(), delta }
}
