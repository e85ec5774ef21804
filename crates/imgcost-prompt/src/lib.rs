//! Counts the tokens of a prompt in the vocabulary `o200k_base`.
//!
//! [`count`] returns the count of the reference tokenizer, for any text, in time proportional to its
//! length, even for adversarial text. Nothing is loaded before the first call: the vocabulary is
//! read-only data of the binary, laid out at build time, and a new process only pages in what its
//! text needs (less than 0.1 ms). There is no state, no unsafe code, no file and no network.
//!
//! ```
//! assert_eq!(imgcost_prompt::count("A watercolor painting of a fox in the snow"), 9);
//! assert_eq!(imgcost_prompt::count("生成AIチャットボットのアイコンを作成せよ"), 14);
//! ```
//!
//! An API call may bill more text tokens than its prompt has, because a request has overhead. The
//! price book covers that, not this crate.
//!
//! Without the feature `built-in` the vocabulary is not in the binary, which is 4.3 MB smaller, and a
//! program loads it as a file of its own: [`Loading`].
//!
//! # How it works
//!
//! A pattern that belongs to the vocabulary splits the text into pieces (`src/pieces.rs`), and each
//! piece is encoded separately by byte-pair merges (`src/merge.rs`, which explains why that takes
//! linear time). The build script checks the digest of the vocabulary file and makes the tables.

#![forbid(unsafe_code)]

mod apart;
mod layout;
mod load;
mod merge;
mod pieces;
mod tables;
mod vocabulary;

pub use layout::VOCABULARY_SHA256;
pub use load::{LoadError, Loading, is_ready};

use merge::Encoder;
use pieces::Pieces;

/// The name of the vocabulary.
pub const VOCABULARY: &str = "o200k_base";

/// The number of tokens of `text`.
///
/// The number of items of [`tokens`].
///
/// All text is ordinary text, as in a prompt: `<|endoftext|>` and the like are counted by their
/// characters, not as one special token.
///
/// The time is linear in the length of the text, even for a letter, a space or an emoji repeated a
/// million times. Memory is proportional to the longest piece (usually a word): 8 bytes for each of
/// its tokens and at most one bit for each of its bytes, plus about 10 kB.
///
/// Without the feature `built-in`, and before a vocabulary is loaded ([`Loading`]), it is the number of
/// bytes, than which no text has more tokens.
///
/// ```
/// use imgcost_prompt::count;
///
/// assert_eq!(count(""), 0);
/// assert_eq!(count("hello world"), 2);
/// assert_eq!(count("<|endoftext|>"), 7);
/// ```
#[must_use]
pub fn count(text: &str) -> u64 {
    if !vocabulary::is_ready() {
        // Every byte is a token: no text has more.
        return text.len() as u64;
    }
    let mut encoder = Encoder::default();
    Pieces::new(text).map(|piece| encoder.encode(piece).len() as u64).sum()
}

/// The tokens of `text`, by their numbers in the vocabulary.
///
/// Shows what is counted, for example to compare it with another tokenizer. Text is treated as by
/// [`count`], and split only as far as tokens are requested.
///
/// ```
/// let tokens: Vec<u32> = imgcost_prompt::tokens("hello world").collect();
/// assert_eq!(tokens, [24912, 2375]);
/// ```
#[must_use]
pub fn tokens(text: &str) -> Tokens<'_> {
    Tokens { pieces: Pieces::new(text), encoder: Encoder::default(), next: 0 }
}

/// An iterator over the tokens of a text; see [`tokens`].
#[derive(Clone, Debug)]
pub struct Tokens<'t> {
    pieces: Pieces<'t>,
    encoder: Encoder,
    /// The next token to yield of the last encoded piece.
    next: usize,
}

impl Iterator for Tokens<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        loop {
            if let Some(placed) = self.encoder.placed().get(self.next) {
                self.next += 1;
                return Some(placed.token);
            }
            self.encoder.encode(self.pieces.next()?);
            self.next = 0;
        }
    }
}
