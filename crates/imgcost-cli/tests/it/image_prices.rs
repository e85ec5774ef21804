//! Prices per image by size class, megapixel and flat, from the quote to the settled bill.

use crate::common::ledger::Books;
use crate::common::{Ran, file, finish, folder, imgcost, program, snapshot, words};

const OWN: &str = r#"
schema = "imgcost.prices/1"
provider = "studio"
[[model]]
id = "by-megapixel"
family = "images-any-size-both"
basis = "per-image"
[[model.image]]
usd = "0.03"
further_megapixel = "0.015"
input_megapixel = "0.01"
from = "2026-01-01"
reason = "a contract"
[[model]]
id = "flat"
family = "images-any-size-both"
basis = "per-image"
[[model.image]]
usd = "0.04"
from = "2026-01-01"
reason = "a contract"
"#;

fn studio(name: &str, line: &str) -> Ran {
    let folder = folder(&format!("images-{name}"));
    file(&folder, "own.toml", OWN);
    // A name without folders: their length would change where lines are broken.
    let arguments = words(line).into_iter().chain(["--prices", "own.toml"]);
    finish(program().current_dir(folder).args(arguments), b"")
}

#[test]
fn a_megapixel_price_is_shown_explained_and_listed() {
    let edit = "-p studio -m by-megapixel -s 1024x1024 --endpoint edits --image 2048x1024 -n 2";
    for (name, line) in [
        ("quote-megapixel.txt", edit.to_owned()),
        ("explain-megapixel.txt", format!("explain {edit}")),
        ("models-unknown-limits.txt", "models by-megapixel -p studio".to_owned()),
        ("prices-megapixel.txt", "prices show by-megapixel -p studio".to_owned()),
    ] {
        let ran = studio("shown", &line);
        assert_eq!(ran.code, 0, "{ran:?}");
        let text = ran.stdout.split("\nsources\n").next().unwrap();
        snapshot(name, text);
    }
}

#[test]
fn a_line_of_megapixels_is_in_the_document() {
    let ran = studio(
        "document",
        "-p studio -m by-megapixel -s 1024x1024 --endpoint edits --image 2048x1024 -f json",
    );
    let quote = ran.json();
    // Two megapixels begun: 0.03 + 0.015. Three of the input image: 0.03.
    assert_eq!(quote["total"]["expected"], "0.075");
    let inputs = &quote["lines"][0];
    assert_eq!((inputs["item"].as_str(), inputs["unit"].as_str()), (Some("image_input"), Some("megapixel")));
    assert_eq!((inputs["quantity"]["expected"].as_u64(), inputs["rate"].as_str()), (Some(3), Some("0.01")));
    assert_eq!(
        (quote["lines"][1]["rate"].as_str(), quote["lines"][1]["per"].as_u64()),
        (Some("0.045"), Some(1))
    );
    assert!(quote["tokens"].get("image_input").is_none());
    assert!(quote["notes"].as_array().unwrap().iter().any(|note| note["code"] == "limits-unknown"));
    // No size: no ceiling, exit 4.
    let open = studio("open", "-p studio -m by-megapixel -s auto -f json");
    assert_eq!((open.code, open.json()["total"]["ceiling"].is_null()), (4, true));
    let models = studio("models", "models by-megapixel -p studio -f json").json();
    let model = &models["models"][0];
    assert!(model["n_max"].is_null() && model["limits_unknown"] == true, "{model}");
}

#[test]
fn a_hold_is_settled_at_the_row_that_covers_the_response() {
    let books = Books::with("images", "shop 1");
    let own = file(&books.folder, "own.toml", OWN);
    for (line, response, cost) in [
        ("-m flat -s 640x480", r#"{"created":1,"size":"512x512","data":[{"b64_json":"aGk="}]}"#, "0.04"),
        ("-m by-megapixel -s 2048x2048", r#"{"created":1,"data":[{"b64_json":"aGk="}]}"#, "0.09"),
        (
            "-m by-megapixel -s 2048x2048",
            r#"{"created":1,"size":"1024x1024","data":[{"b64_json":"aGk="}]}"#,
            "0.045",
        ),
    ] {
        let hold = books.hold_of(&format!("shop -p studio {line} --prompt-tokens 9 --prices {own}"));
        let ran = books.run_with(&format!("settle {hold} --usage - -f json"), response);
        assert_eq!(ran.json()["cost"].as_str(), Some(cost), "{line}: {ran:?}");
    }
}

#[test]
fn names_of_squares_are_sizes_of_every_model() {
    for name in ["2K", "2k"] {
        let named = imgcost(&format!("-m gpt-image-2 -q low -s {name} -f json")).json();
        let pixels = imgcost("-m gpt-image-2 -q low -s 2048x2048 -f json").json();
        assert_eq!(named, pixels);
    }
    let ran = imgcost("-m gpt-image-2 -q low -s 3K");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("1K, 2K, 4K"), "{}", ran.stderr);
}

#[test]
fn classes_of_sizes_are_named_where_they_decide() {
    let line = "-p google-gemini-api -m gemini-3-pro-image -s 1536x1024 --prompt-tokens 9";
    let quote = imgcost(&format!("{line} -f json")).json();
    let note = quote["notes"].as_array().unwrap().iter().find(|note| note["code"] == "size-class").unwrap();
    assert_eq!(note["message"], "the provider takes size classes: 1536x1024 is priced as 2K");
    let explained = imgcost(&format!("explain {line}"));
    assert!(
        explained.stdout.contains("1536x1024 has 1,572,864 pixels: size class 2K"),
        "{}",
        explained.stdout
    );
    let refused = imgcost("-p google-gemini-api -m gemini-3-pro-image -s 9000x9000 -f json");
    assert_eq!((refused.code, refused.json()["error"]["nearest"].as_str()), (2, Some("4096x4096")));
}
