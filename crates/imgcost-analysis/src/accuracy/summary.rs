//! Many calls: running sums by group.

use std::collections::BTreeMap;

use imgcost_core::Usd;
use serde::{Serialize, Serializer};

use super::finding::{Comparison, Finding, Subject, Verdict};
use crate::groups::Groups;

/// Sums by group. Its memory is bounded by the number of groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accuracy {
    groups: Groups<BTreeMap<Subject, Summary>>,
    records: u64,
}

/// A group's sums for one item or the total.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Group<'d> {
    /// What its calls have in common.
    pub keys: &'d [String],
    /// What was compared.
    pub subject: Subject,
    /// The sums.
    pub summary: &'d Summary,
}

/// Sums of findings. Sums of two logs add up to the sums of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    counts: [u64; Verdict::ALL.len()],
    /// The money of all findings that have any; none where it can't be added exactly.
    pub money: Option<Money>,
    /// Findings whose money can't be compared.
    pub without_money: u64,
    /// Those of them that lie outside their ranges.
    pub outside_without_money: u64,
    /// The finding that is worst: outside before inside, then by its difference in USD, over
    /// before under.
    pub worst: Option<Worst>,
}

/// Sums in USD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Money {
    /// What was paid, of the findings that could be compared.
    pub paid: Usd,
    /// What was paid beyond what was expected, of the findings that are over.
    pub over: Usd,
    /// What was expected beyond what was paid, of the findings that are under.
    pub under: Usd,
}

/// The worst finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Worst {
    /// Which call: its id or line.
    #[serde(rename = "record")]
    pub place: String,
    /// How it compares with its quote.
    pub verdict: Verdict,
    /// USD over what was expected.
    pub over: Usd,
    /// USD under it.
    pub under: Usd,
}

impl Serialize for Summary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Members<'t> {
            compared: u64,
            exact: u64,
            expected: u64,
            within: u64,
            below: u64,
            above: u64,
            unknown: u64,
            /// Null where it can't be added up exactly.
            paid: Option<Usd>,
            over: Option<Usd>,
            under: Option<Usd>,
            without_money: u64,
            outside_without_money: u64,
            worst: Option<&'t Worst>,
        }
        Members {
            compared: self.compared(),
            exact: self.count(Verdict::Exact),
            expected: self.count(Verdict::Expected),
            within: self.count(Verdict::Within),
            below: self.count(Verdict::Below),
            above: self.count(Verdict::Above),
            unknown: self.count(Verdict::Unknown),
            paid: self.money.map(|money| money.paid),
            over: self.money.map(|money| money.over),
            under: self.money.map(|money| money.under),
            without_money: self.without_money,
            outside_without_money: self.outside_without_money,
            worst: self.worst.as_ref(),
        }
        .serialize(serializer)
    }
}

impl Money {
    fn checked_add(self, other: Money) -> Option<Money> {
        Some(Money {
            paid: self.paid.checked_add(other.paid)?,
            over: self.over.checked_add(other.over)?,
            under: self.under.checked_add(other.under)?,
        })
    }
}

impl Worst {
    fn rank(&self) -> (bool, Usd, Usd, Verdict) {
        rank(self.verdict, self.over, self.under)
    }
}

/// How bad a finding is. Of two that are as far off, the one that is over counts, so that the
/// order of calls does not.
fn rank(verdict: Verdict, over: Usd, under: Usd) -> (bool, Usd, Usd, Verdict) {
    (verdict.is_outside(), over.max(under), over, verdict)
}

impl Default for Summary {
    fn default() -> Self {
        Summary {
            counts: [0; 6],
            money: Some(Money::default()),
            without_money: 0,
            outside_without_money: 0,
            worst: None,
        }
    }
}

impl Summary {
    /// How many findings have a verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> u64 {
        let all = Verdict::ALL.iter().zip(self.counts);
        all.filter(|(known, _)| **known == verdict).map(|(_, count)| count).sum()
    }

    /// How many findings could be compared.
    #[must_use]
    pub fn compared(&self) -> u64 {
        let known = Verdict::ALL.into_iter().filter(|verdict| *verdict != Verdict::Unknown);
        known.map(|verdict| self.count(verdict)).sum()
    }

    /// How many lie outside their ranges.
    #[must_use]
    pub fn outside(&self) -> u64 {
        self.count(Verdict::Below) + self.count(Verdict::Above)
    }

    /// Adds a finding of a call.
    pub fn add(&mut self, place: &str, finding: &Finding) {
        for (known, count) in Verdict::ALL.iter().zip(&mut self.counts) {
            *count += u64::from(*known == finding.verdict);
        }
        let money = match (finding.paid, finding.over, finding.under) {
            (Some(paid), Some(over), Some(under)) => Some(Money { paid, over, under }),
            _ => None,
        };
        match money {
            Some(money) => self.money = self.money.and_then(|sum| sum.checked_add(money)),
            None if finding.verdict != Verdict::Unknown => {
                self.without_money += 1;
                self.outside_without_money += u64::from(finding.verdict.is_outside());
            }
            None => {}
        }
        let (over, under) = money.map_or((Usd::ZERO, Usd::ZERO), |money| (money.over, money.under));
        let is_off = finding.verdict.is_outside() || over.max(under) > Usd::ZERO;
        if is_off {
            // The name is made only where it stays.
            let rank = rank(finding.verdict, over, under);
            if self.worst.as_ref().is_none_or(|worst| rank > worst.rank()) {
                let (place, verdict) = (place.to_owned(), finding.verdict);
                self.worst = Some(Worst { place, verdict, over, under });
            }
        }
    }

    /// Adds other sums; of two findings equally bad the first stays.
    pub fn merge(&mut self, other: &Summary) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
        self.money = self.money.zip(other.money).and_then(|(sum, more)| sum.checked_add(more));
        self.without_money += other.without_money;
        self.outside_without_money += other.outside_without_money;
        if let Some(worst) = &other.worst
            && self.worst.as_ref().is_none_or(|mine| worst.rank() > mine.rank())
        {
            self.worst = Some(worst.clone());
        }
    }
}

impl Accuracy {
    /// No calls yet. Up to `most` groups are kept apart; what comes after them is summed under
    /// [`OTHERS`](super::OTHERS).
    #[must_use]
    pub fn new(most: usize) -> Accuracy {
        Accuracy { groups: Groups::new(most), records: 0 }
    }

    /// Adds the comparison of a call. `place` names the call, by its id or line.
    pub fn add(&mut self, keys: &[String], place: &str, comparison: &Comparison) {
        self.records += 1;
        self.groups.add(keys, |group| {
            for finding in comparison.findings() {
                group.entry(finding.subject).or_default().add(place, finding);
            }
        });
    }

    /// How many calls were added.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// How many of them were added to [`OTHERS`](super::OTHERS).
    #[must_use]
    pub fn spilled(&self) -> u64 {
        self.groups.spilled()
    }

    /// The sums of each group, sorted, items in the order of [`Subject::ALL`].
    pub fn groups(&self) -> impl Iterator<Item = Group<'_>> {
        self.groups.iter().flat_map(|(keys, subjects)| {
            Subject::ALL.into_iter().filter_map(move |subject| {
                subjects.get(&subject).map(|summary| Group { keys, subject, summary })
            })
        })
    }

    /// The sums of all groups, by item.
    #[must_use]
    pub fn all(&self) -> Vec<(Subject, Summary)> {
        let mut sums = Vec::new();
        for subject in Subject::ALL {
            let mut tallies =
                self.groups.iter().filter_map(|(_, subjects)| subjects.get(&subject)).peekable();
            if tallies.peek().is_some() {
                let mut sum = Summary::default();
                tallies.for_each(|summary| sum.merge(summary));
                sums.push((subject, sum));
            }
        }
        sums
    }
}
