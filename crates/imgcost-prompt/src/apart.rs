//! Whether byte-pair merges leave two neighbouring tokens as they are.

use crate::layout::{BYTES, pair_key};
use crate::vocabulary;

/// Computes [`stay_apart`] and caches the results, since repetitive text needs the same ones again
/// and again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Boundaries {
    /// For each hash of a pair the last result: the pair's key above two bits, the upper of which is
    /// set while the lower is the result. Zero if there is none.
    results: Vec<u64>,
}

impl Boundaries {
    const RESULTS: usize = 1024;

    pub(crate) fn stay_apart(&mut self, left: u32, right: u32) -> bool {
        let key = pair_key(left, right);
        let no = key << 2 | 2;
        let yes = no | 1;
        // The upper ten bits of the product: an index below 1024.
        let index = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54) as usize;
        match self.results.get(index) {
            Some(result) if *result == yes => return true,
            Some(result) if *result == no => return false,
            Some(_) => {}
            None => self.results = vec![0; Boundaries::RESULTS],
        }
        let apart = stay_apart(left, right);
        if let Some(result) = self.results.get_mut(index) {
            *result = if apart { yes } else { no };
        }
        apart
    }
}

/// Whether the bytes of both tokens, encoded together, give these two tokens.
///
/// They do unless, at some point during the merges that make both tokens, the part that then ends
/// the left one and the part that then starts the right one are merged with each other. Every token
/// ranks above its halves, so merges happen in the order of ranks, and from left to right among
/// equal ranks; the ranks alone determine the order. It is followed backwards: check whether the
/// two tokens at the boundary would have been merged before the merge undone last, then undo the
/// later of the two merges that made them, until only single bytes are left.
fn stay_apart(mut left: u32, mut right: u32) -> bool {
    // A merge across the boundary would have been first if its rank is below this.
    let mut limit = u32::MAX;
    loop {
        if vocabulary::merged(left, right).is_some_and(|token| token < limit) {
            return false;
        }
        if left < BYTES && right < BYTES {
            return true;
        }
        if left > right {
            limit = left;
            left = vocabulary::halves(left).1;
        } else {
            // The undone merge is further right, so at equal rank the one across came first.
            limit = right + 1;
            right = vocabulary::halves(right).0;
        }
    }
}
