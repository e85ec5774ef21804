//! Whether two neighbours are left as they are by byte-pair merges.

use crate::layout::{BYTES, pair_key};
use crate::vocabulary;

/// Answers [`stay_apart`], and remembers what it answered last: text that repeats itself asks the
/// same again and again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Boundaries {
    /// For each hash of a pair the last response: the pair's key above two bits, the upper of them
    /// set, the lower one the response. Zero where there is none.
    responses: Vec<u64>,
}

impl Boundaries {
    const RESPONSES: usize = 1024;

    pub(crate) fn stay_apart(&mut self, left: u32, right: u32) -> bool {
        let key = pair_key(left, right);
        let no = key << 2 | 2;
        let yes = no | 1;
        // The upper ten bits of the product: an index below 1024.
        let index = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54) as usize;
        match self.responses.get(index) {
            Some(response) if *response == yes => return true,
            Some(response) if *response == no => return false,
            Some(_) => {}
            None => self.responses = vec![0; Boundaries::RESPONSES],
        }
        let apart = stay_apart(left, right);
        if let Some(response) = self.responses.get_mut(index) {
            *response = if apart { yes } else { no };
        }
        apart
    }
}

/// Whether the bytes of both tokens, encoded together, give these two tokens.
///
/// They do unless, at some time during the merges that make the left token and the right one, what
/// then ends the left and what then starts the right are merged with each other. Every token ranks
/// above its halves, so merges happen in the order of ranks, and from left to right among equal
/// ranks; the ranks alone tell the times. They are gone through backwards: see whether the two
/// tokens that meet at the boundary would have been merged before the merge undone last, then undo
/// the later of the two merges that made them, until single bytes meet.
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
            // The merge undone lies further right, so at equal rank the one across was first.
            limit = right + 1;
            right = vocabulary::halves(right).0;
        }
    }
}
