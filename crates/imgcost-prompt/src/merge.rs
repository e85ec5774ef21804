//! Byte-pair encoding of one piece of text, in linear time.
//!
//! # What is computed
//!
//! The reference starts from single bytes and merges, again and again, the two neighbours whose
//! merged token has the lowest rank, the leftmost first, until no neighbours can be merged. Done
//! as described that takes quadratic time, or `n log n` with a heap. The same result is found from
//! left to right:
//!
//! 1. Two tokens *stay apart* if the bytes of both, encoded together, give just these two
//!    (`src/apart.rs`). A sequence of tokens is the encoding of its bytes if and only if all
//!    neighbours in it stay apart. For merges do not depend on what lies beyond boundaries that
//!    none has crossed: inside a stretch of text whose ends no merge has crossed so far, the merges
//!    done are those that the stretch alone would have seen, in the same order. So the first merge
//!    across a boundary of the sequence would also happen if only the two tokens at that boundary
//!    were there; and if none would, none does.
//! 2. Encoding has one result. So at each position at most one sequence of tokens that stay apart
//!    ends there: the encoding of the text before it.
//!
//! The search places one token after the other, the longest first. If no token fits at a position
//! then, by 2, there is no other way to come to it either: no boundary of the encoding is there.
//! The position is a dead end and never tried again, and the token that led there is taken back
//! for another.
//!
//! # Why it is linear
//!
//! Each position is entered at most once and left backwards at most once. Tokens are looked up for
//! a position when it is entered, and perhaps again when another position has been left for it:
//! less than two look-ups a byte in all, of at most 128 steps each (the longest token). After a
//! look-up at most 85 tokens are tried (so many spaces are prefixes of one another), and a trial
//! goes through the merges along one side of either token. All these bounds are constants of the
//! vocabulary. The usual cost is one look-up and one trial a token, or some 20 to 60 ns; the worst
//! text found among repetitions of all 198,000 tokens, a run of dashes, takes 0.15 to 0.2 µs a byte.

use crate::apart::Boundaries;
use crate::vocabulary::{self, Prefix};

/// Encodes pieces one after the other, and keeps its memory from one to the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Encoder {
    placed: Vec<Placed>,
    dead_ends: Positions,
    boundaries: Boundaries,
    /// What is left to try at the position in hand, and at the one before it.
    candidates: Candidates,
    candidates_before: Candidates,
}

/// A token in its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub(crate) token: u32,
    length: u32,
}

/// Tokens to try at a position, the next one last.
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
        // No position of this piece, whatever was left there by the last one.
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
                // Every text has an encoding, so there is always a token left to take back.
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

    /// Makes the candidates those at `at`, where `back` was taken back.
    ///
    /// If they have to be looked up again, some may be tried twice: they fail as they did.
    fn return_to(&mut self, piece: &[u8], at: usize, back: u32) {
        if self.candidates_before.at == at {
            std::mem::swap(&mut self.candidates, &mut self.candidates_before);
        } else {
            self.candidates.look_up(piece, at);
        }
        // The merge that makes `back` does not happen here, so most likely its left half stands
        // here. Tried first it spares long runs of a character most of their dead ends.
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
