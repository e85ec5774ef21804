//! The same tokens as two other implementations of `o200k_base`, which share no code with this one
//! or with each other: `tiktoken-rs`, made from the reference implementation's own code, and
//! `bpe-openai`, which is fast enough for all the rest.

use std::thread;

use imgcost_prompt::{count, tokens};
use proptest::prelude::*;

/// Text to test with has at most this many of the parts it is put together from.
const MANY: u64 = 40;

fn by_bpe_openai(text: &str) -> Vec<u32> {
    bpe_openai::o200k_base().encode(text)
}

fn by_tiktoken(text: &str) -> Vec<u32> {
    tiktoken_rs::o200k_base_singleton().encode_ordinary(text)
}

#[track_caller]
fn assert_same(text: &str, expected: &[u32]) {
    assert!(tokens(text).eq(expected.iter().copied()), "tokens of {text:?} instead of {expected:?}");
    assert_eq!(count(text), expected.len() as u64, "count of {text:?}");
}

#[track_caller]
fn assert_same_as_both(text: &str) {
    assert_same(text, &by_bpe_openai(text));
    assert_same(text, &by_tiktoken(text));
}

/// Runs the check for every Unicode scalar value but the surrogates, on all cores.
fn for_every_scalar(check: impl Fn(char) + Sync) {
    let threads = thread::available_parallelism().map_or(1, |number| number.get());
    thread::scope(|scope| {
        for first in 0..threads {
            let check = &check;
            scope.spawn(move || ('\0'..=char::MAX).skip(first).step_by(threads).for_each(check));
        }
    });
}

#[test]
fn every_scalar_alone() {
    for_every_scalar(|scalar| assert_same_as_both(scalar.encode_utf8(&mut [0; 4])));
}

#[test]
fn every_scalar_among_letters() {
    for_every_scalar(|scalar| {
        let text = format!("a{scalar}\nB{scalar}c\n{scalar}'s{scalar}Do");
        assert_same(&text, &by_bpe_openai(&text));
    });
}

#[test]
fn every_scalar_among_blanks_and_symbols() {
    for_every_scalar(|scalar| {
        let text = format!(" {scalar}\n{scalar} \u{301}!{scalar}/7{scalar}\u{a0}");
        assert_same(&text, &by_bpe_openai(&text));
    });
}

/// What texts are put together from: all that the pattern of the vocabulary tells apart, and what
/// is known to have gone wrong in other tokenizers.
const PARTS: &[&str] = &[
    // Contractions, in any case; the long s counts as an s.
    "'s",
    "'S",
    "'ſ",
    "'t",
    "'re",
    "'RE",
    "'vE",
    "'m",
    "'ll",
    "'Ll",
    "'d",
    "'",
    "’s",
    "''",
    // Letters: lower, upper, title, modifier, other; words.
    "a",
    "z",
    "ß",
    "é",
    "ﬁ",
    "A",
    "Z",
    "É",
    "Ǆ",
    "ǅ",
    "ᾈ",
    "ʰ",
    "ʼ",
    "ª",
    "ー",
    "あ",
    "漢",
    "字",
    "ไ",
    "ท",
    "ע",
    "ש",
    "ع",
    "ر",
    "क",
    "தமிழ்",
    "한국",
    "the",
    "The",
    "THE",
    "ing",
    "Water",
    "color",
    "HTTPServer",
    "camelCase",
    "поезд",
    "生成",
    "チャット",
    // Marks, alone and on letters.
    "\u{301}",
    "\u{308}",
    "\u{20dd}",
    "\u{93f}",
    "e\u{301}",
    "A\u{30a}",
    // Blanks and newlines.
    " ",
    "  ",
    "   ",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "\n\n",
    "\u{a0}",
    "\u{3000}",
    "\u{2028}",
    "\u{85}",
    "\u{b}",
    "\u{200b}",
    "\u{feff}",
    // Numbers.
    "0",
    "7",
    "42",
    "1234",
    "½",
    "²",
    "Ⅳ",
    "٣",
    "九",
    "𝟘",
    // Symbols.
    ".",
    ",",
    "!",
    "?",
    "/",
    "//",
    "-",
    "--",
    "_",
    "=",
    "==",
    "#",
    "*",
    "{",
    "}",
    "(\"",
    "\");",
    "~",
    "€",
    "→",
    "…",
    "\0",
    "\u{7f}",
    // Emoji.
    "😀",
    "🦊",
    "❤",
    "❤\u{fe0f}",
    "👍🏽",
    "👩‍👩‍👧",
    "🇩🇪",
    "\u{200d}",
    "\u{fe0f}",
    "🏽",
    // What are special tokens elsewhere.
    "<|endoftext|>",
    "<|endofprompt|>",
    "<|im_start|>",
    "<|",
];

/// Alphabets whose letters are not cut from each other, so that long pieces come out of them.
const ALPHABETS: &[&[&str]] = &[
    &["a"],
    &["a", "b"],
    &["a", "e", "h", "i", "n", "o", "r", "s", "t"],
    &["the", "ing", "ation", "un", "er", "in", "s"],
    &["生", "成", "人", "工", "智", "能", "的", "一", "畫", "ー", "ン"],
    &["ಸ", "\u{ccd}", "ा", "क"],
    &[" "],
    &[" ", "\t", "\u{a0}"],
    &["\n", "\r", " "],
    &["-"],
    &["-", "--------", "="],
    &["=", "*", "/", "#", "."],
    &["😀", "👍", "🏽", "\u{200d}", "\u{fe0f}"],
    &["\u{301}", "\u{308}"],
];

/// Numbers that look random and are the same each time (Marsaglia's xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn text(&mut self, parts: &[&'static str], length: u64) -> String {
        let number_of_parts = parts.len() as u64;
        (0..length).filter_map(|_| parts.get(self.below(number_of_parts) as usize)).copied().collect()
    }
}

#[test]
fn texts_of_everything_that_the_pattern_tells_apart() {
    let mut numbers = Numbers(0x1234_5678_9abc_def1);
    for _ in 0..20_000 {
        let length = 1 + numbers.below(MANY);
        assert_same_as_both(&numbers.text(PARTS, length));
    }
}

#[test]
fn texts_of_two_parts() {
    for first in PARTS {
        for second in PARTS {
            assert_same_as_both(&format!("{first}{second}"));
            assert_same_as_both(&format!("{first}{second}{first}"));
        }
    }
}

#[test]
fn long_pieces() {
    let mut numbers = Numbers(0xfeed_f00d_dead_beef);
    for alphabet in ALPHABETS {
        for length in [100, 257, 1_000, 4_000] {
            let text = numbers.text(alphabet, length);
            assert_same_as_both(&text);
            // The same with something else at either end, which may move all boundaries.
            assert_same_as_both(&format!("x{text}"));
            assert_same_as_both(&format!("{text}!x"));
        }
    }
}

#[test]
fn runs_of_all_lengths() {
    for unit in ["a", " ", "-", "=", "/", "*", "_", "\n", "\t", ".", "0", "😀", "ha", "中", "\u{301}"] {
        for length in 1..300 {
            assert_same_as_both(&unit.repeat(length));
        }
    }
}

proptest! {
    #[test]
    fn any_text(text in any::<String>()) {
        assert_same_as_both(&text);
    }

    #[test]
    fn any_words(text in r"([ '\r\n]{0,2}[\p{L}\p{M}]{1,8}[\p{N}\p{P}\p{Zs}]{0,3}){0,8}") {
        assert_same_as_both(&text);
    }
}
