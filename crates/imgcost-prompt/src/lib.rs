//! How many tokens a prompt has, in the vocabulary `o200k_base`.
//!
//! [`count`] gives the number that the reference tokenizer gives, for any text. It takes time in
//! proportion to the text, however it was made up. Nothing is loaded before the first call: the
//! vocabulary is read-only data of the binary, laid out at build time, and a fresh process only has
//! to page in what its text touches (less than 0.1 ms). There is no state, no unsafe code, no file
//! and no network.
//!
//! ```
//! assert_eq!(imgcost_prompt::count("A watercolor painting of a fox in the snow"), 9);
//! assert_eq!(imgcost_prompt::count("生成AIチャットボットのアイコンを作成せよ"), 14);
//! ```
//!
//! What an API call bills for text can be more than its prompt's count: a request has overhead of
//! its own. That is a matter of the price book, not of this crate.
//!
//! # How it works
//!
//! Text is cut into pieces by a pattern that is part of the vocabulary (`src/pieces.rs`), and each
//! piece is encoded on its own by byte-pair merges (`src/merge.rs`, with the reason why that takes
//! linear time). The build script checks the vocabulary file's digest and makes its tables.

#![forbid(unsafe_code)]

mod apart;
mod layout;
mod merge;
mod pieces;
mod vocabulary;

pub use layout::VOCABULARY_SHA256;

use merge::Encoder;
use pieces::Pieces;

/// The name of the vocabulary that tokens are counted in.
pub const VOCABULARY: &str = "o200k_base";

/// The number of tokens of `text`.
///
/// The same as the length of what [`tokens`] yields, without making it.
///
/// All of the text is ordinary text, as it is in a prompt: `<|endoftext|>` and its like are counted
/// by their characters, not as the one special token.
///
/// The time is linear in the length of the text, also for a single letter, a space or an emoji
/// repeated a million times. Memory is taken in proportion to the longest run of text without a
/// place to cut it (for usual text: a word): 8 bytes for each of its tokens and at most one bit for
/// each of its bytes, beside some 10 kB.
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
    let mut encoder = Encoder::default();
    Pieces::new(text).map(|piece| encoder.encode(piece).len() as u64).sum()
}

/// The tokens of `text`, by their numbers in the vocabulary.
///
/// For those who want to see what is counted, or to compare it with another tokenizer. Text is
/// taken as [`count`] takes it, and cut as far as tokens are asked for.
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
    /// The first token of the piece encoded last that was not yet yielded.
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
