//! What can't be accepted: exit 2, one clear message, JSON where JSON was asked for.

use crate::common::{file, finish, folder, imgcost, program, run, run_with, words};

#[test]
fn each_refusal_names_field_allowed_values_and_the_nearest() {
    for (line, code, field, nearest) in [
        ("-m gpt-imgae-2", "unknown-model", "model", Some("gpt-image-2")),
        ("-p opnai", "unknown-provider", "provider", Some("openai")),
        ("-p openai -m gpt-4o-image", "not-offered-here", "provider", None),
        ("-m gpt-image-2 -q hihg", "illegal-value", "quality", Some("high")),
        ("-m gpt-image-2 -q hd", "illegal-value", "quality", Some("high")),
        ("-m gpt-image-2 -s 1000x1000", "illegal-value", "size", Some("1008x1008")),
        ("-m gpt-image-2 -s big", "illegal-value", "size", None),
        ("-m gpt-image-2 -n 0", "illegal-value", "n", Some("1")),
        ("-m gpt-image-2 -n 11", "illegal-value", "n", Some("10")),
        ("-m gpt-image-2 -n -1", "illegal-value", "n", None),
        ("-m gpt-image-2 -n abc", "illegal-value", "n", None),
        ("-m gpt-image-2 --stream --partial-images 9", "illegal-value", "partial_images", Some("3")),
        ("-m gpt-image-2 --input-fidelity high --image 1024x1024", "illegal-value", "input_fidelity", None),
        ("-m gpt-image-2 --output-compression 101", "illegal-value", "output_compression", Some("100")),
        ("-m dall-e-2 --prompt-tokens 5000", "illegal-value", "prompt", None),
        ("-m gpt-image-1 --as-of 2025-01-01", "before-first-price", "as_of", Some("2025-04-23")),
        ("--as-of 2026-13-01", "illegal-value", "as_of", None),
        ("--cap much", "illegal-value", "cap", None),
        ("--input-fidelity hgih", "bad-input", "input_fidelity", Some("high")),
        ("--endpoint edit", "bad-input", "endpoint", Some("edits")),
        ("--qualty high", "bad-input", "qualty", Some("--quality")),
        ("modles", "bad-input", "words", None),
        ("--image nothing.png", "bad-input", "image", None),
        ("--mask nothing.png", "bad-input", "mask", None),
        ("--image 0x10", "bad-input", "image", None),
        ("--prompt-file nothing.txt", "bad-input", "prompt_file", None),
        ("--request nothing.json", "bad-input", "request", None),
        ("--prices nothing.toml", "bad-input", "prices", None),
        ("usage nothing.json", "bad-input", "file", None),
        ("batch nothing.csv", "bad-input", "file", None),
        ("prices sources openai-pricin", "bad-input", "id", Some("openai-pricing")),
        ("prices schema price", "bad-input", "name", Some("prices")),
        ("models gpt-imgae", "unknown-model", "model", None),
    ] {
        let format = if line.contains("schema") { "" } else { " -f json" };
        let ran = run(&words(&format!("{line}{format}")));
        assert_eq!((ran.code, ran.stderr.as_str()), (2, ""), "{line}: {ran:?}");
        let document = ran.json();
        assert_eq!(document["schema"], "imgcost.error/1", "{line}");
        let error = &document["error"];
        assert_eq!(error["code"], code, "{line}: {error}");
        assert_eq!(error["field"], field, "{line}: {error}");
        if nearest.is_some() {
            assert_eq!(error["nearest"].as_str(), nearest, "{line}: {error}");
        }
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{line}");
        let plain = run(&words(line));
        if !line.contains("schema") {
            assert_eq!((plain.code, plain.stdout.as_str()), (2, ""), "{line}");
            assert!(
                plain.stderr.starts_with("imgcost: ")
                    && plain
                        .stderr
                        .lines()
                        .skip(1)
                        .all(|line| line.starts_with("  try: imgcost")
                            || line.starts_with("  see: imgcost help")),
                "{line}: {}",
                plain.stderr
            );
        }
    }
}

#[test]
fn numbers_name_n_and_its_range() {
    for n in ["0", "-1", "abc", "1.5", "99999999999"] {
        let ran = imgcost(&format!("-m gpt-image-2 -n {n}"));
        assert!(ran.stderr.contains(n) && ran.stderr.contains("1 to 10"), "{ran:?}");
    }
}

#[test]
fn a_model_offered_elsewhere_says_where() {
    let ran = imgcost("-p azure-openai -m gpt-image-2.6-flare");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("offered by") && ran.stderr.contains("openai"), "{ran:?}");
}

#[test]
fn a_prompt_that_is_not_utf8_names_the_byte() {
    let folder = folder("utf8");
    let path = file(&folder, "prompt.txt", b"good \xff bad");
    for ran in [run(&["--prompt-file", &path]), run_with(&["--prompt-file", "-"], b"good \xff bad")] {
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains("offset 5"), "{ran:?}");
    }
}

#[cfg(unix)]
#[test]
fn arguments_that_are_not_utf8_are_refused() {
    use std::os::unix::ffi::OsStrExt;
    let bad = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    for flag in ["--prompt", "-m", "-s", "--image", "--mask", "--request", "--as-of", "-f", "--prices"] {
        let ran = finish(program().arg(flag).arg(bad), b"");
        assert_eq!(ran.code, 2, "{flag}: {ran:?}");
    }
}

#[test]
fn the_environment_asks_for_json_too() {
    let ran = finish(program().env("IMGCOST_FORMAT", "json").arg("--nonsense"), b"");
    assert_eq!(ran.code, 2);
    assert_eq!(ran.json()["schema"], "imgcost.error/1");
}
