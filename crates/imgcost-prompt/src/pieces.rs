//! Splits text into the pieces that are encoded separately.
//!
//! The vocabulary comes with a regular expression whose consecutive matches are the pieces. Its
//! seven alternatives, in the order in which they are tried:
//!
//! ```text
//! 1. [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//! 2. [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//! 3. \p{N}{1,3}
//! 4.  ?[^\s\p{L}\p{N}]+[\r\n/]*
//! 5. \s*[\r\n]+
//! 6. \s+(?!\S)
//! 7. \s+
//! ```
//!
//! This implements it by hand: no expression is compiled, and there is no backtracking. A piece is
//! never empty. No character is read more than a few times: if a function scans a run and takes
//! only a part of it, the next piece takes the rest, or all of it except one blank.

use crate::layout::class::{LOWER, MARK, NEWLINE, NUMBER, OTHER, SPACE, UNCASED, UPPER};

static BLOCKS: &[[u8; 256]] = include_bytes!(concat!(env!("OUT_DIR"), "/class_blocks")).as_chunks().0;
static BLOCK_NUMBERS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/class_block_numbers"));

/// `[^\r\n\p{L}\p{N}]`: what may precede a word and belong to it.
const PREFIX: u8 = OTHER | SPACE | MARK;
/// `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`: the head of a word.
const HEAD: u8 = UPPER | UNCASED | MARK;
/// `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`: the tail of a word.
const TAIL: u8 = LOWER | UNCASED | MARK;
/// `[^\s\p{L}\p{N}]`: punctuation, symbols, emoji.
const SYMBOL: u8 = OTHER | MARK;
/// `\s`.
const BLANK: u8 = SPACE | NEWLINE;
/// Past the last character.
const END: u8 = 0;

/// The pieces of a text, in order. Concatenated they are the text.
#[derive(Clone, Debug)]
pub(crate) struct Pieces<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Pieces<'t> {
    pub(crate) fn new(text: &'t str) -> Pieces<'t> {
        Pieces { text, at: 0 }
    }
}

impl<'t> Iterator for Pieces<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        let (class, next) = character(self.text, self.at);
        if class == END {
            return None;
        }
        let start = self.at;
        self.at = end_of_piece(self.text, start, class, next);
        self.text.as_bytes().get(start..self.at)
    }
}

/// The end of the piece that starts at `at` with a character of this class, which ends at `next`.
fn end_of_piece(text: &str, at: usize, class: u8, next: usize) -> usize {
    if class & NUMBER != 0 {
        return numbers(text, next);
    }
    // Alternatives with an optional prefix are tried with it first.
    let after_prefix = (class & PREFIX != 0).then_some(next);
    after_prefix
        .and_then(|at| word(text, at))
        .or_else(|| word(text, at))
        .or_else(|| after_prefix.and_then(|at| capitals(text, at)))
        .or_else(|| capitals(text, at))
        .or_else(|| symbols(text, at))
        .unwrap_or_else(|| blanks(text, at))
}

/// Alternative 1: `HEAD*TAIL+`, and a contraction.
///
/// The head takes all it can. If a lower-case letter stops it, the tail continues from there. If
/// not, the head gives back everything from the last character that the tail can take.
fn word(text: &str, start: usize) -> Option<usize> {
    let mut at = start;
    let mut last_in_both = None;
    let stopped_by = loop {
        let (class, next) = character(text, at);
        if class & HEAD == 0 {
            break class;
        }
        at = next;
        if class & TAIL != 0 {
            last_in_both = Some(at);
        }
    };
    let end = if stopped_by & TAIL != 0 { Some(run(text, at, TAIL)) } else { last_in_both };
    end.map(|end| contraction(text, end))
}

/// Alternative 2: `HEAD+TAIL*`, and a contraction.
///
/// If alternative 1 found nothing, the tail finds nothing either, and the head has only upper-case
/// letters.
fn capitals(text: &str, start: usize) -> Option<usize> {
    let end = run(text, start, UPPER);
    (end > start).then(|| contraction(text, end))
}

/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)?`: the end of the contraction at `at`, or `at`.
///
/// Ignoring case, `s` is also the long s, U+017F.
fn contraction(text: &str, at: usize) -> usize {
    let length = match text.as_bytes().get(at..) {
        Some([b'\'', b's' | b'S' | b't' | b'T' | b'm' | b'M' | b'd' | b'D', ..]) => 2,
        Some([b'\'', b'r' | b'R' | b'v' | b'V', b'e' | b'E', ..]) => 3,
        Some([b'\'', b'l' | b'L', b'l' | b'L', ..]) => 3,
        Some([b'\'', 0xc5, 0xbf, ..]) => 3,
        _ => 0,
    };
    at + length
}

/// Alternative 3: up to three numbers, the first of which ends at `at`.
fn numbers(text: &str, mut at: usize) -> usize {
    for _ in 0..2 {
        let (class, next) = character(text, at);
        if class & NUMBER == 0 {
            break;
        }
        at = next;
    }
    at
}

/// Alternative 4: an optional space, symbols, then newlines and slashes.
fn symbols(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let start = if bytes.get(at) == Some(&b' ') { at + 1 } else { at };
    let end = run(text, start, SYMBOL);
    let after = bytes.get(end..)?.iter().take_while(|byte| matches!(byte, b'\r' | b'\n' | b'/'));
    (end > start).then(|| end + after.count())
}

/// Alternatives 5 to 7: the run of blanks at `at` up to its last newline. Without a newline: all of
/// it at the end of the text, otherwise all except its last character, which is left to the word or
/// symbols that follow, unless it is the only one.
fn blanks(text: &str, start: usize) -> usize {
    let mut at = start;
    let mut last = start;
    let mut after_newline = None;
    let stopped_by = loop {
        let (class, next) = character(text, at);
        if class & BLANK == 0 {
            break class;
        }
        last = at;
        at = next;
        if class & NEWLINE != 0 {
            after_newline = Some(at);
        }
    };
    match after_newline {
        Some(end) => end,
        None if stopped_by == END || last == start => at,
        None => last,
    }
}

/// The end of the longest run of characters of these classes.
fn run(text: &str, mut at: usize, classes: u8) -> usize {
    loop {
        let (class, next) = character(text, at);
        if class & classes == 0 {
            return at;
        }
        at = next;
    }
}

/// The class of the character at `at`, and its end. [`END`] is in no set of classes.
fn character(text: &str, at: usize) -> (u8, usize) {
    match text.as_bytes().get(at) {
        None => (END, at),
        Some(byte) if byte.is_ascii() => (class(u32::from(*byte)), at + 1),
        Some(_) => match text.get(at..).and_then(|rest| rest.chars().next()) {
            Some(character) => (class(u32::from(character)), at + character.len_utf8()),
            None => (END, at),
        },
    }
}

fn class(character: u32) -> u8 {
    let place = (character & 0xff) as usize;
    BLOCK_NUMBERS
        .get((character >> 8) as usize)
        .and_then(|number| BLOCKS.get(usize::from(*number))?.get(place).copied())
        .unwrap_or(OTHER)
}

#[cfg(test)]
mod tests {
    use super::Pieces;

    #[track_caller]
    fn assert_pieces(expected: &[&str]) {
        let text = expected.concat();
        let pieces: Vec<_> = Pieces::new(&text).map(String::from_utf8_lossy).collect();
        assert_eq!(pieces, expected);
    }

    #[test]
    fn words_take_one_character_before_them() {
        assert_pieces(&["Hello", ",", " world", "!"]);
        assert_pieces(&["\u{a0}word", "(word", "\tword", "¿qué"]);
        assert_pieces(&["\n", "word"]);
    }

    #[test]
    fn words_are_cut_before_capitals() {
        assert_pieces(&["camel", "Case", "HTTPServer", "XML"]);
        assert_pieces(&["abc", "ǅef", "GH"]);
        assert_pieces(&["生成AIチャットa", "B"]);
    }

    #[test]
    fn the_head_of_a_word_gives_back_up_to_an_uncased_letter() {
        assert_pieces(&["中", "ABC", "!"]);
        assert_pieces(&["AB中", "CD", " \u{301}", "EF"]);
    }

    #[test]
    fn contractions_stay_with_their_word() {
        assert_pieces(&["it's", " WE'LL", " I'd", "'ve", "'", " '", "x"]);
        assert_pieces(&["a'ſ", "b'Re", "c"]);
    }

    #[test]
    fn marks_are_prefix_word_and_symbol() {
        assert_pieces(&["e\u{301}a"]);
        assert_pieces(&["\u{301}a", "B"]);
        assert_pieces(&["!\u{301}", "1"]);
    }

    #[test]
    fn numbers_come_in_threes() {
        assert_pieces(&["123", "456", "7"]);
        assert_pieces(&["v", "2½Ⅳ", "9", "."]);
    }

    #[test]
    fn symbols_take_a_space_before_and_newlines_after() {
        assert_pieces(&[" !?\n\n", "a", "://\r\n//", "b"]);
        assert_pieces(&["\t", "!", " ", " /"]);
    }

    #[test]
    fn blanks_end_at_newlines_and_leave_one_for_the_next_word() {
        assert_pieces(&["a", "   ", " b"]);
        assert_pieces(&["a", " \n \r\n", "  ", " b", "  "]);
        assert_pieces(&["1", " ", "2", "  ", " ", "3"]);
    }
}
