//! Quotes in every format, and the exit codes of the contract.

use crate::common::{self, file, folder, imgcost, run, run_with, snapshot};

#[test]
fn a_quote_in_every_format() {
    for format in ["table", "json", "jsonl", "csv", "tsv", "markdown"] {
        let ran =
            imgcost(&format!("-m gpt-image-2 -q high -s 1536x1024 -n 4 --prompt-tokens 50 -f {format}"));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{format}");
        snapshot(&format!("quote.{format}"), &ran.stdout);
    }
}

#[test]
fn what_tables_say_of_ranges_retirement_and_missing_prices() {
    for (name, line) in [
        ("retired-auto", "quote"),
        ("mixed-units", "-p aihubmix -m gpt-image-1 --prompt-tokens 9 -q high -s 1024x1024 -n 2"),
        ("unpriced", "-p new-api -m gpt-image-2 -q low -s 1024x1024 --prompt-tokens 9"),
        ("guessed", "-m gpt-image-2.6-flare -q low -s 1024x1024 --prompt-tokens 9"),
        (
            "edit",
            "-m gpt-image-1.5 -q low -s 1024x1024 -n 2 --image 512x512 --image 800x600 --input-fidelity high --stream --partial-images 2 --prompt-tokens 9",
        ),
        (
            "responses",
            "-m gpt-image-2 -q low -s 1024x1024 --endpoint responses --responses-model gpt-5 --prompt-tokens 9",
        ),
        ("mini", "-m gpt-image-1-mini -q low -s 1024x1024 --prompt-tokens 9"),
    ] {
        snapshot(&format!("quote-{name}.txt"), &imgcost(line).stdout);
    }
}

#[test]
fn quote_is_the_default_subcommand() {
    let options = "-m gpt-image-2 -q low -s 1024x1024 -f json";
    assert_eq!(imgcost(options).stdout, imgcost(&format!("quote {options}")).stdout);
}

#[test]
fn the_document_keeps_the_contract() {
    let quote = imgcost("-m gpt-image-2 -q high -s 1024x1024 -f json").json();
    assert_eq!(quote["schema"], "imgcost.quote/1");
    assert_eq!(quote["total"]["expected"], "0.21072");
    assert_eq!(quote["lines"][0]["quantity"]["floor"], 7024);
    assert_eq!(quote["per_image_list_price"], "0.211");
    assert!(quote["id"].as_str().unwrap().starts_with("q_"));
    assert_eq!(quote["notes"][0]["code"], "prompt-not-given");
    assert!(quote["tokens"].get("text_input").is_none());
}

#[test]
fn what_is_unknown_is_null_and_never_zero() {
    let ran = imgcost("-p new-api -m gpt-image-2 -q low -s 1024x1024 -f json");
    assert_eq!(ran.code, 4);
    let quote = ran.json();
    assert_eq!(quote["complete"], false);
    assert!(quote["lines"][0]["amount"].is_null() && quote["lines"][0]["rate"].is_null());
    for part in ["floor", "expected", "ceiling"] {
        assert!(quote["total"][part].is_null(), "{part}");
    }
    let table = imgcost("-p new-api -m gpt-image-2 -q low -s 1024x1024").stdout;
    assert!(table.contains("no price") && !table.contains("$0"), "{table}");
}

#[test]
fn prompts_come_as_text_file_standard_input_or_count() {
    let folder = folder("prompts");
    let prompt = "A watercolor painting of a fox in the snow";
    let path = file(&folder, "prompt.txt", prompt);
    let total = |ran: common::Ran| ran.json()["tokens"]["text_input"]["expected"].as_u64();
    let base = ["-m", "gpt-image-2", "-q", "low", "-s", "1024x1024", "-f", "json"];
    let with = |more: &[&'static str]| -> Vec<String> {
        base.iter().chain(more).map(|word| (*word).to_owned()).collect()
    };
    assert_eq!(total(run(&with(&["--prompt", prompt]))), Some(9 + 6));
    let from_file = [&base[..], &["--prompt-file", &path]].concat();
    assert_eq!(total(run(&from_file)), Some(9 + 6));
    assert_eq!(total(run_with(&with(&["--prompt-file", "-"]), prompt.as_bytes())), Some(9 + 6));
    assert_eq!(total(run(&with(&["--prompt-tokens", "9"]))), Some(9 + 6));
    assert_eq!(total(run(&with(&["--prompt", ""]))), Some(6));
    assert_eq!(total(run(&with(&["--prompt-tokens", "0"]))), Some(6));
    assert_eq!(total(run(&base)), None);
    let assumed = run(&with(&["--assume-prompt-tokens", "11"])).json();
    assert_eq!(assumed["tokens"]["text_input"]["expected"], 17);
    assert_eq!(assumed["notes"][0]["code"], "prompt-assumed");
}

#[test]
fn over_the_cap_is_3_and_says_what_fits() {
    let call = "-m gpt-image-2 -q high -s 1024x1024 -n 4 --prompt-tokens 5";
    let over = imgcost(&format!("{call} --cap 0.5"));
    assert_eq!(over.code, 3);
    assert!(over.stdout.contains("total"), "{over:?}");
    for words in ["over the cap of $0.5", "n = 2 ($0.42155)", "quality medium"] {
        assert!(over.stderr.contains(words), "{over:?}");
    }
    assert_eq!(imgcost(&format!("{call} --cap $5")).code, 0);
    let exact = imgcost(&format!("{call} -f json")).json()["total"]["ceiling"].as_str().unwrap().to_owned();
    assert_eq!(imgcost(&format!("{call} --cap {exact}")).code, 0);
}

#[test]
fn a_cap_needs_the_prompt_where_it_costs() {
    let call = "-m gpt-image-2 -q low -s 1024x1024 --cap 1";
    assert_eq!(imgcost(call).code, 2);
    assert_eq!(imgcost(&format!("{call} --assume-prompt-tokens 100")).code, 0);
    assert_eq!(imgcost("-m dall-e-3 --cap 1").code, 0);
    assert_eq!(imgcost("-p aihubmix -m gpt-4o-image --cap 1").code, 0);
}

#[test]
fn a_proven_ceiling_can_be_required() {
    let folder = folder("require-proven");
    let rows = |name: &str, model: &str| {
        let rows = format!("model,quality,size,prompt_tokens\n{model},low,1024x1024,9\n");
        file(&folder, name, rows)
    };
    let (proven, assumed) = (rows("proven.csv", "gpt-image-2"), rows("assumed.csv", "gpt-image-2.6-flare"));
    let call = "low 1024 --prompt-tokens 9 --require-proven";
    for (line, code) in [
        (format!("gpt-image-2 {call}"), 0),
        (format!("gpt-image-2.6-flare {call}"), 3),
        (format!("explain gpt-image-2.6-flare {call} --cap 1"), 3),
        (format!("gpt-image-2 {call} --cap 0.001"), 3),
        (format!("-p new-api gpt-image-2 {call}"), 3),
        ("gpt-image-2 low 1024 --require-proven".to_owned(), 2),
        (format!("batch {proven} --require-proven"), 0),
        (format!("batch {assumed} --require-proven --cap 1"), 3),
        (format!("batch {assumed} --cap 1"), 0),
        (format!("check {proven} --require-proven"), 0),
        (format!("check {assumed} --require-proven"), 3),
        (format!("check {assumed}"), 0),
    ] {
        let ran = imgcost(&line);
        assert_eq!(ran.code, code, "{line}: {ran:?}");
        let says = format!("{}{}", ran.stdout, ran.stderr).contains("not proven");
        assert!(says || code != 3 || line.contains("--cap 0.001"), "{line}: {ran:?}");
    }
}

#[test]
fn without_a_ceiling_a_cap_is_not_kept() {
    let ran = imgcost("-p new-api -m gpt-image-2 -q low -s 1024x1024 --prompt-tokens 9 --cap 100");
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("no known ceiling"), "{ran:?}");
}

#[test]
fn a_part_of_the_book_quotes_as_the_whole() {
    // explain reads the whole book; quote the part of the model.
    for line in [
        "-m gpt-image-1 -q low -s 1024x1024",
        "-m gpt-image-2.6-flare -q low -s 1024x1024",
        "-m gpt-image-1-2025-04-23 --prompt-tokens 3",
        "-p azure -m gpt-image-2 -q max",
        "-p newapi -m gpt-image-1 --group-ratio 0.5",
        "-p openai -m gpt-4o-image",
        "-p nobody -m gpt-image-1",
        "-m gpt-image-9",
    ] {
        let (part, whole) =
            (imgcost(&format!("{line} -f json")), imgcost(&format!("explain {line} -f json")));
        assert_eq!(part.code, whole.code, "{line}");
        // The command to type instead is that of each.
        let without_try = |mut document: serde_json::Value| {
            document.as_object_mut().and_then(|all| all.get_mut("error")?.as_object_mut()?.remove("try"));
            document
        };
        let (part, whole) = (without_try(part.json()), without_try(whole.json()));
        assert_eq!(&part, whole.get("quote").unwrap_or(&whole), "{line}");
    }
}

#[test]
fn a_reverse_model_is_asked_by_chat_where_there_are_images() {
    let ran =
        run(&["-p", "aihubmix", "-m", "gpt-4o-image", "--image", "512x512", "--prompt", "x", "-f", "json"]);
    assert_eq!(
        (ran.code, ran.json()["request"]["endpoint"].as_str().unwrap().to_owned()),
        (0, "chat".to_owned())
    );
    assert_eq!(ran.json()["total"]["expected"], "0.005");
}
