//! Numbers that only grow, in plain atomics.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

/// The most members of a family. What comes after them counts together.
const MOST: usize = 256;

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, number: u64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counters by what they count. There are so many at most, whatever clients send.
pub(crate) struct Family<K> {
    members: RwLock<BTreeMap<K, Counter>>,
    /// What a member that there is no more room for counts as.
    other: fn(K) -> K,
}

impl<K: Ord + Clone> Family<K> {
    pub(crate) fn new(other: fn(K) -> K) -> Self {
        Family { members: RwLock::default(), other }
    }

    pub(crate) fn add(&self, member: K, number: u64) {
        if let Some(counter) = self.members.read().unwrap_or_else(PoisonError::into_inner).get(&member) {
            return counter.add(number);
        }
        let mut members = self.members.write().unwrap_or_else(PoisonError::into_inner);
        let member = if members.len() < MOST { member } else { (self.other)(member) };
        members.entry(member).or_default().add(number);
    }

    /// All members, sorted.
    pub(crate) fn all(&self) -> Vec<(K, u64)> {
        let members = self.members.read().unwrap_or_else(PoisonError::into_inner);
        members.iter().map(|(member, counter)| (member.clone(), counter.get())).collect()
    }
}

/// How many times were how long: by upper bounds in microseconds.
pub(crate) struct Histogram<const N: usize> {
    bounds: [u64; N],
    within: [Counter; N],
    count: Counter,
    sum: Counter,
}

impl<const N: usize> Histogram<N> {
    pub(crate) fn new(bounds: [u64; N]) -> Self {
        let within = std::array::from_fn(|_| Counter::default());
        Histogram { bounds, within, count: Counter::default(), sum: Counter::default() }
    }

    pub(crate) fn add(&self, time: Duration) {
        let micros = micros(time);
        let reached = self.bounds.iter().zip(&self.within).find(|(bound, _)| micros <= **bound);
        if let Some((_, counter)) = reached {
            counter.add(1);
        }
        self.count.add(1);
        self.sum.add(micros);
    }

    /// Each bound in seconds, and how many times were within it.
    pub(crate) fn within(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        let mut sum = 0;
        self.bounds.iter().zip(&self.within).map(move |(bound, counter)| {
            sum += counter.get();
            (seconds(*bound), sum)
        })
    }

    pub(crate) fn count(&self) -> u64 {
        self.count.get()
    }

    /// All times together, in seconds.
    pub(crate) fn sum(&self) -> f64 {
        seconds(self.sum.get())
    }
}

pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_has_no_more_members_than_fit() {
        let family = Family::new(|_| "other".to_owned());
        for index in 0..2 * MOST {
            family.add(format!("model-{index}"), 1);
        }
        let all = family.all();
        assert_eq!(all.len(), MOST + 1);
        assert_eq!(all.iter().map(|(_, count)| count).sum::<u64>(), 2 * MOST as u64);
        assert!(all.iter().any(|(member, count)| member == "other" && *count == MOST as u64));
    }

    #[test]
    fn a_histogram_counts_a_time_in_every_bound_that_it_is_within() {
        let histogram = Histogram::new([100, 1000]);
        for micros in [50, 100, 101, 5000] {
            histogram.add(Duration::from_micros(micros));
        }
        assert_eq!(histogram.within().collect::<Vec<_>>(), [(0.0001, 2), (0.001, 3)]);
        assert_eq!((histogram.count(), histogram.sum()), (4, 0.005_251));
    }
}
