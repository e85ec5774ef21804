//! What is wrong with sizes, classes of sizes and prices per image is told with its line.

use crate::small::*;

fn line_of(text: &str, part: &str) -> usize {
    1 + text.lines().position(|line| line.starts_with(part)).unwrap()
}

#[test]
fn every_bad_row_is_told_with_its_line() {
    let classes = family("[]", CLASSES, "");
    for (family, row, part, words) in [
        (
            &classes,
            "[[model.image]]\nusd = \"1\"\nclass = \"3K\"",
            "[[model.image",
            "class '3K' is not one of family f",
        ),
        (
            &flat_family(),
            "[[model.image]]\nusd = \"1\"\nclass = \"1K\"",
            "[[model.image",
            "family f has no size classes",
        ),
        (&classes, "[[model.image]]\nusd = \"1\"\nmegapixel = 1048576", "megapixel", "'megapixel' goes with"),
        (
            &classes,
            "[[model.image]]\nusd = \"1\"\nfurther_megapixel = \"1\"\nmegapixel = 0",
            "megapixel",
            "'megapixel' must be from 1",
        ),
        (
            &classes,
            "[[model.image]]\nusd = \"1\"\nsize = \"1024x1024\"\nclass = \"1K\"",
            "class",
            "'size' and 'class' exclude each other",
        ),
        (
            &classes,
            "[[model.image]]\nusd = \"1\"\nsize = \"8192x8192\"",
            "[[model.image",
            "size 8192x8192 is not one that the family accepts",
        ),
        (
            &classes,
            "[[model.image]]\nusd = \"1\"\nquality = \"high\"",
            "[[model.image",
            "quality 'high' is not one that the family accepts",
        ),
        (&classes, "[[model.image]]\nusd = 1", "usd", "usd: expected a decimal in quotes"),
        (
            &classes,
            "[[model.image]]\nusd = \"1\"\nper_megapixel = \"1\"",
            "per_megapixel",
            "unknown key 'per_megapixel'",
        ),
    ] {
        let text = provider("per-image", row);
        let found = problems(family, "per-image", row);
        let line = line_of(&text, part);
        let at = format!("providers/p.toml:{line}: ");
        assert!(
            found.iter().any(|found| found.starts_with(&at) && found.contains(words)),
            "{words}: {found:?}"
        );
    }
    let twice = "[[model.image]]\nusd = \"1\"\n[[model.image]]\nusd = \"2\"";
    let found = problems(&classes, "per-image", twice);
    assert!(
        found.iter().any(|found| found.contains("image price any image: from 2026-01-01 overlaps")),
        "{found:?}"
    );
    let table = "[[model.image]]\nusd = \"1\"\nquality = \"standard\"\nsize = \"1024x1024\"\n[[model.table]]\n\
                 [model.table.prices]\nstandard = { 1024x1024 = \"1\" }";
    let found = problems(&classes, "per-image", table);
    assert!(found.iter().any(|found| found.contains("image price standard 1024x1024")), "{found:?}");
    let wrong = RATES.replace("0.134", "0.234");
    let found = problems(&family("[]", CLASSES, TOKENS), "tokens", &wrong);
    assert!(
        found.iter().any(|found| found.contains("for 1K, but 1120 tokens x 120 are 0.1344")),
        "{found:?}"
    );
}

#[test]
fn every_bad_family_is_told() {
    let rule =
        |tokens: &str| TOKENS.replace("{ 1K = 1120, 2K = [1675, 1692], 4K = [1990, 2000, 2020] }", tokens);
    let both = format!("{ANY}\nsizes = [\"1024x1024\"]");
    let listed = "sizes = [\"1024x1024\"]\ndefault_size = \"1024x1024\"";
    let cases = [
        (family("[]", &both, ""), "'sizes' and 'any_size' exclude each other"),
        (
            family("[]", &format!("any_size = true\n{CLASSES}"), ""),
            "'size_class' and 'any_size' exclude each other",
        ),
        (family("[]", "default_size = \"1024x1024\"", ""), "allows a size"),
        (
            family("[]", "any_size = true\ndefault_size = \"auto\"", ""),
            "'default_size' is not an accepted size",
        ),
        (
            family("[]", "any_size = true\ndefault_size = \"1K\"", ""),
            "default_size = \"1K\": expected a size",
        ),
        (
            family("[]", &CLASSES.replace("\"1024x1024\"\nn_max", "\"1536x1024\"\nn_max"), ""),
            "'default_size' is not an accepted size",
        ),
        (family("[]", &CLASSES.replace("4400000", "1100000"), ""), "'2K' must hold more pixels"),
        (
            family("[]", &CLASSES.replace("name = \"2K\"", "name = \"1K\""), ""),
            "size class '1K' is listed twice",
        ),
        (
            family("[]", &CLASSES.replace("square = \"2048x2048\"", "square = \"512x512\""), ""),
            "does not lie in its size class '2K'",
        ),
        (family("[]", listed, TOKENS), "by-size-class needs a family with 'size_class'"),
        (family("[]", CLASSES, &rule("{ 1K = 1, 2K = 2 }")), "does not cover size class '4K'"),
        (
            family("[]", CLASSES, &rule("{ 1K = 1, 2K = 2, 4K = 3, 8K = 4 }")),
            "class '8K' is not one of family f",
        ),
        (family("[]", CLASSES, &rule("{ 1K = [2, 1], 2K = 2, 4K = 3 }")), "two or three that rise"),
        (family("[]", CLASSES, &rule("{ 1K = [], 2K = 2, 4K = 3 }")), "two or three that rise"),
        (
            family(
                "[\"low\"]",
                ANY,
                "[family.rules.image_output]\nkind = \"row-grid\"\nbase = { low = 16 }\nsource = \"page\"\nevidence = \"published\"",
            ),
            "needs qualities, and 'sizes' or 'free_size'",
        ),
        (
            family(
                "[\"low\"]",
                "sizes = [\"1024x1024\"]\ndefault_size = \"1024x1024\"\nlimits_unknown = true",
                "[family.rules.image_output]\nkind = \"row-grid\"\nbase = { low = 16 }\nsource = \"page\"\nevidence = \"published\"",
            ),
            "'limits_unknown' takes any quality",
        ),
    ];
    for (family, words) in cases {
        let found = problems(&family, "per-image", "");
        assert!(
            found.iter().any(|found| found.starts_with("families.toml:") && found.contains(words)),
            "{words}: {found:?}"
        );
    }
}
