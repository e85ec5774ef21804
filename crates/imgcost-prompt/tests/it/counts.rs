//! Counts that hold by themselves: figures of the reference implementation (Python `tiktoken`
//! 0.14.0), and texts that would take an algorithm of more than linear time very long.

use imgcost_prompt::{VOCABULARY_SHA256, count, tokens};

#[test]
fn figures_of_the_reference() {
    for (text, expected) in [
        ("", 0),
        ("a", 1),
        (" ", 1),
        ("hello world", 2),
        ("Hello, world!", 4),
        ("A watercolor painting of a fox in the snow", 9),
        ("生成AIチャットボットのアイコンを作成せよ", 14),
        ("👩‍👩‍👧‍👦", 11),
        ("<|endoftext|>", 7),
        ("it's It'S don't WE'LL", 7),
        ("1234567", 3),
        ("  \n\n  indented\r\n", 5),
    ] {
        assert_eq!(count(text), expected, "{text:?}");
    }
}

#[test]
fn tokens_have_the_numbers_of_the_vocabulary() {
    assert_eq!(tokens("hello world").collect::<Vec<_>>(), [24912, 2375]);
    assert_eq!(tokens("\0").collect::<Vec<_>>(), [188]);
    assert_eq!(tokens("").next(), None);
}

#[test]
fn megabytes_without_a_place_to_cut_take_linear_time() {
    for (unit, repetitions, expected) in [
        ("a", 1_000_000, 125_000),
        ("A", 1_000_000, 125_000),
        (" ", 1_000_000, 7_813),
        ("-", 1_000_000, 15_625),
        ("=", 1_000_000, 15_625),
        ("\n", 1_000_000, 62_500),
        ("😀", 250_000, 250_000),
        ("中", 333_333, 333_333),
    ] {
        assert_eq!(count(&unit.repeat(repetitions)), expected, "{unit:?}");
    }
}

#[test]
fn the_embedded_vocabulary_is_the_named_one() {
    assert_eq!(VOCABULARY_SHA256.len(), 64);
    assert!(VOCABULARY_SHA256.bytes().all(|digit| digit.is_ascii_hexdigit()));
}
