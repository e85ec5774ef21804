//! The two tokens that each token is merged from, and the reverse.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::Result;
use crate::layout::{self, BYTES, FILTER_BYTES, PAIR_SLOTS, PairHash, Slot};

/// Finds the halves of every token: the two tokens whose merge makes it.
///
/// Byte-pair encoding is run on the bytes of each token. Two assumptions of the merge at run time
/// (`src/merge.rs`) are checked: the token is reached, so that its bytes alone encode to
/// itself; and its rank is above those of its halves, so that merges happen in the order of ranks.
pub(crate) struct Halving {
    ranks: Ranks,
    halves: Vec<(u32, u32)>,
}

/// The rank of each token, by its bytes.
type Ranks = HashMap<Vec<u8>, u32, BuildHasherDefault<Fnv>>;

impl Halving {
    pub(crate) fn new(tokens: &[Vec<u8>]) -> Result<Halving> {
        let mut ranks = Ranks::with_capacity_and_hasher(tokens.len(), BuildHasherDefault::default());
        for (bytes, rank) in tokens.iter().zip(0..) {
            if ranks.insert(bytes.clone(), rank).is_some() {
                return Err(format!("token {rank} is there twice").into());
            }
        }
        Ok(Halving { ranks, halves: Vec::with_capacity(tokens.len()) })
    }

    /// Goes on with so many tokens; whether all are done.
    pub(crate) fn step(&mut self, tokens: &[Vec<u8>], count: usize) -> Result<bool> {
        for bytes in tokens.iter().skip(self.halves.len()).take(count) {
            let rank = u32::try_from(self.halves.len())?;
            if rank < BYTES {
                self.halves.push((0, 0));
                continue;
            }
            let (left, right) = bytes.split_at(last_cut(bytes, &self.ranks)?);
            let (left, right) = (self.ranks[left], self.ranks[right]);
            if left >= rank || right >= rank {
                return Err(format!("token {rank} is merged from a later one").into());
            }
            self.halves.push((left, right));
        }
        Ok(self.halves.len() == tokens.len())
    }

    /// The halves that were found.
    pub(crate) fn halves(&self) -> &[(u32, u32)] {
        &self.halves
    }
}

/// The hash function FNV-1a: quick for some bytes, and nobody chooses them to collide.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

/// Merges the bytes of one token until two parts are left, and returns where the second begins.
fn last_cut(bytes: &[u8], ranks: &Ranks) -> Result<usize> {
    let mut cuts: Vec<usize> = (0..=bytes.len()).collect();
    while cuts.len() > 3 {
        // `min_by_key` returns the first of equals: the leftmost pair, as the reference does.
        let (_, pair) = (0..cuts.len() - 2)
            .filter_map(|at| Some((*ranks.get(&bytes[cuts[at]..cuts[at + 2]])?, at)))
            .min_by_key(|(rank, _)| *rank)
            .ok_or_else(|| format!("no merges lead to {bytes:?}"))?;
        cuts.remove(pair + 1);
    }
    Ok(cuts[1])
}

/// Five bytes per token: its halves.
pub(crate) fn halves_table(halves: &[(u32, u32)]) -> Vec<u8> {
    halves.iter().flat_map(|(left, right)| layout::pack_halves(*left, *right)).collect()
}

/// Four bytes per slot: the hash table from two halves to their merged token, with linear probing.
pub(crate) fn pairs_table(halves: &[(u32, u32)]) -> Vec<u8> {
    let mut slots = vec![Slot::VACANT; PAIR_SLOTS];
    for (&(left, right), token) in halves.iter().zip(0..).skip(BYTES as usize) {
        let hash = PairHash::of(left, right);
        let mut at = hash.home();
        while slots[at] != Slot::VACANT {
            at = (at + 1) % PAIR_SLOTS;
        }
        slots[at] = Slot::new(hash, token);
    }
    slots.iter().flat_map(|slot| slot.0.to_le_bytes()).collect()
}

/// The filter before that table.
pub(crate) fn filter_table(halves: &[(u32, u32)]) -> Vec<u8> {
    let mut filter = vec![0; FILTER_BYTES];
    for &(left, right) in halves.iter().skip(BYTES as usize) {
        let (at, bit) = PairHash::of(left, right).filter_bit();
        filter[at] |= bit;
    }
    filter
}
