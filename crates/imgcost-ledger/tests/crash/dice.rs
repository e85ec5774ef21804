//! Random numbers that a seed repeats.

/// `SplitMix64`: small, and good enough to choose moments and amounts.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

/// One seed out of several numbers.
pub(crate) fn mixed(parts: &[u64]) -> u64 {
    parts.iter().fold(0, |seed, part| Dice(seed ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15)).next())
}

impl Dice {
    pub(crate) fn of(parts: &[u64]) -> Self {
        Dice(mixed(parts))
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From `low` to `high`, both included.
    pub(crate) const fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    pub(crate) const fn percent(&mut self, chance: u64) -> bool {
        self.next() % 100 < chance
    }

    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        let last = u64::try_from(choices.len()).unwrap() - 1;
        choices[usize::try_from(self.between(0, last)).unwrap()]
    }
}
