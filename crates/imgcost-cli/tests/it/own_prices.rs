//! Prices of one's own: the example of docs/prices.md, contracts of any day, wrong units.

use std::fs;
use std::path::Path;

use crate::common::{self, Ran, file, folder, imgcost};

/// What a user wrote first: a contract from the first day of a year, with what the built-in book
/// knows of the model left out.
const CONTRACT: &str = r#"schema = "imgcost.prices/1"
provider = "openai"
[[model]]
id = "gpt-image-2"
basis = "tokens"
[[model.rates]]
from = "2026-01-01"
image_output = "20"
reason = "our contract"
"#;

/// LiteLLM's figures, which are in USD per token, as rates.
const PER_TOKEN: &str = r#"schema = "imgcost.prices/1"
provider = "azure-openai"
[[model]]
id = "gpt-image-2"
family = "gpt-image-2"
basis = "tokens"
[[model.rates]]
tier = "standard"
from = "2026-01-01"
text_input = "0.000005"
image_input = "0.000008"
image_output = "0.00003"
reason = "contract"
"#;

const QUOTE: &str = "-m gpt-image-2 -q high -s 1024x1024 --prompt-tokens 3";

/// The section of docs/prices.md on prices of one's own.
fn guide() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/prices.md");
    let text = fs::read_to_string(path).unwrap();
    let (_, section) = text.split_once("\n## Prices of your own\n").unwrap();
    section.split("\n## ").next().unwrap().to_owned()
}

fn block(section: &str, language: &str) -> String {
    let (_, after) = section.split_once(&format!("```{language}\n")).unwrap();
    after.split("```").next().unwrap().to_owned()
}

fn has_note(ran: &Ran, code: &str) -> bool {
    ran.json()["notes"].as_array().unwrap().iter().any(|note| note["code"] == code)
}

#[test]
fn the_example_of_the_guide_does_what_the_guide_shows() {
    let folder = folder("own-guide");
    let section = guide();
    let book = file(&folder, "own.toml", block(&section, "toml"));
    assert_eq!(imgcost(&format!("prices lint {book}")).stdout, "1 file, no problems\n");
    let transcript = block(&section, "console");
    let (command, expected) = transcript.strip_prefix("$ imgcost ").unwrap().split_once('\n').unwrap();
    // Quotes of a shell are part of it.
    let command = command.replace("\"a red apple\"", "a-red-apple").replace("own.toml", &book);
    let arguments: Vec<String> =
        command.split(' ').map(|word| word.replace("a-red-apple", "a red apple")).collect();
    let ran = common::run(&arguments);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, expected), "{ran:?}");
    for line in [format!("prices show gpt-image-2 --prices {book}"), format!("diff --prices-new {book}")] {
        let ran = imgcost(&line);
        assert!(ran.code == 0 && ran.stdout.contains("20"), "{line}: {ran:?}");
    }
}

#[test]
fn a_contract_quotes_from_any_day_and_shows_no_list_price_of_others() {
    let folder = folder("own-contract");
    for from in ["2025-01-01", "2026-01-01", "2026-04-21", "2026-04-22", "2026-11-21"] {
        let book = file(&folder, "own.toml", CONTRACT.replace("2026-01-01", from));
        let ran = imgcost(&format!("{QUOTE} --prices {book}"));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{from}");
        assert!(ran.stdout.contains("0.140525") && !ran.stdout.contains("list price"), "{from}: {ran:?}");
        assert!(ran.stdout.contains("our contract"), "{from}: {ran:?}");
        assert_eq!(imgcost(&format!("prices lint {book}")).code, 0, "{from}");
    }
}

#[test]
fn rates_per_token_are_refused_by_lint_and_by_every_quote() {
    let folder = folder("own-per-token");
    let book = file(&folder, "own.toml", PER_TOKEN);
    let lint = imgcost(&format!("prices lint {book}"));
    assert_eq!(lint.code, 2);
    let jobs = file(&folder, "jobs.csv", "model,quality,size\ngpt-image-2,high,1024x1024\n");
    let response = file(&folder, "response.json", r#"{"usage": {"input_tokens": 9, "output_tokens": 7024}}"#);
    for line in [
        format!("{QUOTE} -p azure --cap 0.01"),
        format!("explain {QUOTE} -p azure"),
        format!("compare {QUOTE} -p azure"),
        format!("batch {jobs} -p azure"),
        format!("usage {response} -m gpt-image-2 -p azure"),
    ] {
        let ran = imgcost(&format!("{line} --prices {book}"));
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{line}");
        for (number, slip) in [
            (10, "text_input = \"0.000005\" is 1000000 times less than the built-in 5"),
            (11, "image_input = \"0.000008\" is 1000000 times less than the built-in 8"),
            (12, "image_output = \"0.00003\" is 1000000 times less than the built-in 30"),
        ] {
            assert!(ran.stderr.contains(&format!("{book}:{number}: {slip}")), "{line}: {ran:?}");
        }
        assert!(ran.stderr.contains("it looks like USD per token"), "{line}: {ran:?}");
    }
}

#[test]
fn a_rate_that_is_meant_is_quoted_and_its_amounts_never_show_as_zero() {
    let folder = folder("own-meant");
    let meant =
        PER_TOKEN.replace("0.000005", "0.000000005").replace("reason", "differs = \"a trial\"\nreason");
    let book = file(&folder, "own.toml", meant);
    let ran = imgcost(&format!("{QUOTE} -p azure --prices {book}"));
    assert_eq!(ran.code, 0, "{ran:?}");
    let prompt = ran.stdout.lines().find(|line| line.contains("text input")).unwrap();
    assert!(prompt.ends_with(" $0.000000000000045"), "{ran:?}");
    let document = imgcost(&format!("{QUOTE} -p azure --prices {book} -f json"));
    assert!(has_note(&document, "price-overridden"));
    assert_eq!(document.json()["lines"][0]["amount"]["expected"], "0.000000000000045", "{document:?}");
}

#[test]
fn litellms_map_is_refused_by_name_with_what_to_do() {
    let folder = folder("own-litellm");
    let map = r#"{"azure/gpt-image-2": {"input_cost_per_token": 5e-06, "output_cost_per_image_token": 3e-05, "litellm_provider": "azure", "mode": "image_generation"}}"#;
    let book = file(&folder, "litellm.json", map);
    for line in [format!("{QUOTE} -p azure --prices {book}"), format!("prices lint {book}")] {
        let ran = imgcost(&line);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.code, 2, "{line}");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("this is LiteLLM's map of prices, in JSON"), "{line}: {said}");
        assert!(said.contains("TOML") && said.contains("docs/prices.md"), "{line}: {said}");
    }
}
