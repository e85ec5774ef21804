//! Byte-pair encoding of one piece of text, in linear time.
//!
//! # What is computed
//!
//! The reference starts from single bytes and repeatedly merges the two neighbours whose merged
//! token has the lowest rank, leftmost first, until no neighbours can be merged. Implemented
//! directly, that takes quadratic time, or `n log n` with a heap. The same result can be found from
//! left to right:
//!
//! 1. Two tokens *stay apart* if the bytes of both, encoded together, give just these two
//!    (`src/apart.rs`). A sequence of tokens is the encoding of its bytes if and only if all
//!    neighbours in it stay apart. The reason is that merges don't depend on text beyond boundaries
//!    that no merge has crossed: inside a section whose ends no merge has crossed so far, the merges
//!    are those of the section alone, in the same order. So the first merge across a boundary of the
//!    sequence would also happen with only the two tokens at that boundary; if none would, none
//!    does.
//! 2. Encoding has one result. So at each position at most one sequence of tokens that stay apart
//!    ends there: the encoding of the text before it.
//!
//! The search places one token after another, longest first. If no token fits at a position then,
//! by 2, no other sequence leads to it either, so the encoding has no boundary there. The position
//! is a dead end that is never tried again, and the token that led there is replaced by another.
//!
//! # Why it is linear
//!
//! Each position is entered at most once and backtracked from at most once. Tokens are looked up
//! for a position when it is entered, and possibly again after backtracking to it: less than two
//! lookups per byte in total, of at most 128 steps each (the longest token). After a lookup at most
//! 85 tokens are tried (the longest chain of prefixes, all spaces), and a trial follows the merges
//! along one side of either token. All these bounds are constants of the vocabulary. The usual cost
//! is one lookup and one trial per token, about 20 to 60 ns; the worst text found among repetitions
//! of all 198,000 tokens, a run of dashes, takes 0.15 to 0.2 µs per byte.

use crate::apart::Boundaries;
use crate::vocabulary::{self, Prefix};

/// Encodes pieces one after another, and reuses its memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Encoder {
    placed: Vec<Placed>,
    dead_ends: Positions,
    boundaries: Boundaries,
    /// The tokens left to try at the current position, and at the one before it.
    candidates: Candidates,
    candidates_before: Candidates,
}

/// A token that the search has placed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub(crate) token: u32,
    length: u32,
}

/// Tokens to try at a position; the next one is last.
#[derive(Clone, Debug, Default)]
struct Candidates {
    at: usize,
    tokens: Vec<Prefix>,
}

impl Encoder {
    /// The tokens of one piece.
    pub(crate) fn encode(&mut self, piece: &[u8]) -> &[Placed] {
        self.placed.clear();
        self.dead_ends.clear();
        // An invalid position, in case the last piece left a valid one.
        self.candidates_before.at = usize::MAX;
        self.candidates.look_up(piece, 0);
        let mut at = 0;
        while at < piece.len() {
            if let Some(candidate) = self.candidates.tokens.pop() {
                let end = at + candidate.length as usize;
                if !self.dead_ends.contains(end) && self.may_follow(candidate.token()) {
                    self.placed.push(Placed { token: candidate.token(), length: candidate.length });
                    std::mem::swap(&mut self.candidates, &mut self.candidates_before);
                    self.candidates.look_up(piece, end);
                    at = end;
                }
            } else {
                self.dead_ends.insert(at);
                // Every text has an encoding, so there is always a token to backtrack from.
                let Some(back) = self.placed.pop() else { break };
                at -= back.length as usize;
                self.return_to(piece, at, back.token);
            }
        }
        &self.placed
    }

    /// The tokens that [`Encoder::encode`] found last.
    pub(crate) fn placed(&self) -> &[Placed] {
        &self.placed
    }

    fn may_follow(&mut self, token: u32) -> bool {
        self.placed.last().is_none_or(|last| self.boundaries.stay_apart(last.token, token))
    }

    /// Restores the candidates at `at`, after backtracking from `back`.
    ///
    /// If they have to be looked up again, some may be tried twice: they fail again.
    fn return_to(&mut self, piece: &[u8], at: usize, back: u32) {
        if self.candidates_before.at == at {
            std::mem::swap(&mut self.candidates, &mut self.candidates_before);
        } else {
            self.candidates.look_up(piece, at);
        }
        // The merge that makes `back` does not happen here, so its left half is most likely here.
        // Trying that first avoids most dead ends in long runs of a character.
        let (half, _) = vocabulary::halves(back);
        let tokens = &mut self.candidates.tokens;
        if let Some(candidate) = tokens.iter().find(|candidate| candidate.token() == half) {
            tokens.push(*candidate);
        }
    }
}

impl Candidates {
    fn look_up(&mut self, piece: &[u8], at: usize) {
        self.at = at;
        vocabulary::prefixes(piece.get(at..).unwrap_or_default(), &mut self.tokens);
    }
}

/// A set of positions, one bit each.
#[derive(Clone, Debug, Default)]
struct Positions {
    words: Vec<u64>,
}

impl Positions {
    fn clear(&mut self) {
        self.words.clear();
    }

    fn contains(&self, position: usize) -> bool {
        self.words.get(position / 64).is_some_and(|word| word >> (position % 64) & 1 != 0)
    }

    fn insert(&mut self, position: usize) {
        let index = position / 64;
        if self.words.len() <= index {
            self.words.resize(index + 1, 0);
        }
        if let Some(word) = self.words.get_mut(index) {
            *word |= 1 << (position % 64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Encoder;
    use crate::layout::TOKENS;
    use crate::vocabulary;

    /// The token with these bytes.
    fn token(bytes: &[u8]) -> Option<u32> {
        let mut found = Vec::new();
        vocabulary::prefixes(bytes, &mut found);
        found.last().filter(|last| last.length as usize == bytes.len()).map(|last| last.token())
    }

    /// Byte-pair encoding as it is defined: merge the leftmost pair of the lowest rank.
    fn by_definition(piece: &[u8]) -> Vec<u32> {
        let mut parts: Vec<Vec<u8>> = piece.iter().map(|byte| vec![*byte]).collect();
        loop {
            let merges = parts.windows(2).enumerate();
            let lowest = merges
                .filter_map(|(at, pair)| Some((token(&pair.concat())?, at)))
                .min_by_key(|(rank, _)| *rank);
            let Some((_, at)) = lowest else { break };
            let right = parts.remove(at + 1);
            parts[at].extend(right);
        }
        parts.iter().filter_map(|part| token(part)).collect()
    }

    fn encoded(encoder: &mut Encoder, piece: &[u8]) -> Vec<u32> {
        encoder.encode(piece).iter().map(|placed| placed.token).collect()
    }

    /// The bytes of a token, from the bytes that its merges started with.
    fn bytes(rank: u32) -> Vec<u8> {
        let single = |rank| (0..=255).find(|byte| token(&[*byte]) == Some(rank));
        match vocabulary::halves(rank) {
            (0, 0) => single(rank).into_iter().collect(),
            (left, right) => [bytes(left), bytes(right)].concat(),
        }
    }

    #[test]
    fn tokens_encode_to_themselves() {
        let mut encoder = Encoder::default();
        for rank in (0..TOKENS as u32).step_by(97) {
            assert_eq!(encoded(&mut encoder, &bytes(rank)), [rank]);
        }
    }

    #[test]
    fn neighbours_are_merged_as_defined() {
        let mut encoder = Encoder::default();
        for rank in (0..TOKENS as u32).step_by(1_009) {
            for other in (0..TOKENS as u32).step_by(1_511) {
                let piece = [bytes(rank), bytes(other)].concat();
                assert_eq!(encoded(&mut encoder, &piece), by_definition(&piece));
            }
        }
    }

    #[test]
    fn any_bytes_are_merged_as_defined() {
        let mut encoder = Encoder::default();
        let mut state: u32 = 0x2545_f491;
        for alphabet in [&b"ab"[..], b"-=", b"-------------x", b"etaoinshr", b"\xe4\xb8\xad\xad", b" "] {
            for length in 0..200 {
                let mut next = || {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    alphabet[(state >> 16) as usize % alphabet.len()]
                };
                let piece: Vec<u8> = (0..length).map(|_| next()).collect();
                assert_eq!(encoded(&mut encoder, &piece), by_definition(&piece), "{piece:?}");
            }
        }
    }
}
