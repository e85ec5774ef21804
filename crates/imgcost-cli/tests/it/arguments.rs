//! Whatever is typed or read, the program ends with one of its own exit codes.

use crate::common::{run, run_with, words};
use proptest::prelude::*;

const FLAGS: &[&str] = &[
    "-m",
    "-p",
    "-q",
    "-s",
    "-n",
    "--prompt",
    "--prompt-file",
    "--prompt-tokens",
    "--assume-prompt-tokens",
    "--image",
    "--mask",
    "--input-fidelity",
    "--stream",
    "--partial-images",
    "--background",
    "--output-format",
    "--output-compression",
    "--endpoint",
    "--tier",
    "--as-of",
    "--cap",
    "--prices",
    "--group-ratio",
    "--responses-model",
    "--request",
    "-f",
    "quote",
    "explain",
    "models",
    "prices",
    "show",
    "lint",
    "sources",
    "schema",
    "usage",
    "batch",
    "budget",
    "set",
    "hold",
    "release",
    "log",
    "--ceiling",
    "--reason",
    "--all",
    "--summary",
    "--input-format",
    "--",
    "-",
];

const VALUES: &[&str] = &[
    "gpt-image-1",
    "gpt-image-2",
    "gpt-image-1.5",
    "gpt-4o-image",
    "openai",
    "aihubmix",
    "new-api",
    "low",
    "high",
    "auto",
    "1024x1024",
    "65535x65535",
    "0x0",
    "1x",
    "0",
    "1",
    "10",
    "-1",
    "4294967295",
    "18446744073709551615",
    "99999999999999999999",
    "0.000000001",
    "1000000",
    "1e9",
    "NaN",
    "today",
    "2026-11-21",
    "0000-01-01",
    "9999-12-31",
    "json",
    "csv",
    "edits",
    "responses",
    "chat",
    "transparent",
    "jpeg",
    "",
    "ünï©ödé",
    "\u{1f9fe}",
    "a\nb",
];

fn argument() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(FLAGS).prop_map(str::to_owned),
        3 => prop::sample::select(VALUES).prop_map(str::to_owned),
        1 => "[^\u{0}]{0,12}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_arguments_end_in_a_panic(arguments in prop::collection::vec(argument(), 0..12)) {
        let ran = run(&arguments);
        prop_assert!([0, 2, 3, 4, 5].contains(&ran.code), "{arguments:?}: {ran:?}");
        prop_assert!(!ran.stderr.contains("panicked"), "{arguments:?}: {ran:?}");
    }

    #[test]
    fn no_body_ends_in_a_panic(body in "[{}\\[\\]\",:a-z0-9 ]{0,80}", line in prop::sample::select(vec!["--request -", "usage -", "batch -", "batch - --input-format csv", "--prompt-file -"])) {
        let ran = run_with(&words(line), body.as_bytes());
        prop_assert!([0, 2, 4].contains(&ran.code), "{line} {body:?}: {ran:?}");
    }

    #[test]
    fn no_bytes_end_in_a_panic(body in prop::collection::vec(any::<u8>(), 0..200), line in prop::sample::select(vec!["--request -", "usage -", "batch -", "batch - --input-format tsv", "--prompt-file -"])) {
        let ran = run_with(&words(line), &body);
        prop_assert!([0, 2, 4].contains(&ran.code), "{line} {body:?}: {ran:?}");
    }
}
