//! Pipes, full disks, narrow pages, and the pages of the other subcommands.

use std::process::Stdio;

use crate::common::{file, folder, imgcost, program, run, snapshot, words};

const PAGES: &[&str] = &[
    "quote",
    "-m gpt-image-1.5 -q low -s 1024x1024 -n 10 --image 512x512 --image 800x600 --input-fidelity high --stream --partial-images 2 --prompt-tokens 9999",
    "-p new-api -m gpt-image-1 -q high -s 1536x1024 -n 10 --prompt-tokens 99 --group-ratio 0.123456",
    "-m gpt-image-2 -s 3840x2160 -q high --endpoint responses --responses-model gpt-5 --prompt-tokens 30000",
    "explain -m gpt-image-2 -q low -s 1024x704 --prompt-tokens 9",
    "explain -m gpt-image-1 --image 3000x2000 --input-fidelity high --stream -n 3 -q low -s 1024x1024 --prompt-tokens 9",
    "explain -p new-api -m dall-e-3",
    "explain -p aihubmix -m gpt-4o-image -n 1",
    "models",
    "models gpt-image-2",
    "prices show",
    "prices show gpt-image-2 --all",
    "prices sources",
    "prices lint",
];

#[test]
fn no_line_is_wider_than_80_columns() {
    for page in PAGES {
        let ran = imgcost(page);
        assert!(ran.code == 0 || ran.code == 4, "{page}: {ran:?}");
        for line in ran.stdout.lines() {
            let address = line.split_whitespace().count() == 1;
            assert!(line.chars().count() <= 80 || address, "{page}: {line}");
        }
        assert!(!ran.stdout.contains('\u{1b}'), "{page}: colour without a terminal");
    }
}

#[test]
fn every_page_has_every_format() {
    for page in PAGES {
        for format in ["json", "jsonl", "csv", "tsv", "md"] {
            let ran = imgcost(&format!("{page} -f {format}"));
            assert!(ran.code == 0 || ran.code == 4, "{page} -f {format}: {ran:?}");
            if format.starts_with("json") {
                assert!(ran.json()["schema"].as_str().unwrap().starts_with("imgcost."), "{page}");
            }
            if format == "jsonl" {
                assert_eq!(ran.stdout.lines().count(), 1, "{page}");
            }
            if format == "csv" {
                assert!(ran.stdout.lines().count() >= 1, "{page}");
            }
        }
    }
}

#[test]
fn explanations_name_rules_rates_and_sources() {
    let ran = imgcost("explain -m gpt-image-2 -q high -s 1536x1024 -n 4 --image 1024x1024 --prompt-tokens 9");
    snapshot("explain.txt", &ran.stdout);
    let document = imgcost("explain -m gpt-image-2 -q high -s 1536x1024 --prompt-tokens 9 -f json").json();
    assert_eq!(document["schema"], "imgcost.explain/1");
    assert_eq!(document["chain"][1]["rule"]["kind"], "area-grid");
    assert!(document["chain"][1]["rate"]["row"].as_str().unwrap().starts_with("providers/openai.toml:"));
    let cited: Vec<_> =
        document["sources"].as_array().unwrap().iter().map(|source| source["id"].clone()).collect();
    for link in document["chain"].as_array().unwrap() {
        assert!(cited.contains(&link["rule"]["source"]) && cited.contains(&link["rate"]["source"]), "{link}");
    }
}

#[test]
fn models_show_their_lifecycle() {
    let models = imgcost("models gpt-image-1 -p openai -f json").json();
    let model = &models["models"][0];
    assert_eq!(model["status"], "retired");
    assert_eq!(model["retired"], "2026-10-23");
    assert_eq!(model["replacement"], "gpt-image-2.5-sunburst");
    let earlier = imgcost("models gpt-image-1 -p openai --as-of 2026-09-01 -f json").json();
    assert_eq!(earlier["models"][0]["status"], "retires soon");
    assert!(imgcost("models mini -f csv").stdout.lines().nth(1).unwrap().contains("gpt-image-1-mini"));
}

#[test]
fn lint_names_every_problem_with_its_line() {
    assert_eq!(imgcost("prices lint").code, 0);
    let folder = folder("lint");
    let path = file(
        &folder,
        "mine.toml",
        "schema = \"imgcost.prices/1\"\nprovider = \"openai\"\ncolour = 1\n\n[[model]]\nid = \"gpt-image-2\"\n[[model.rates]]\ntier = \"standard\"\nfrom = \"2026-05-01\"\nimage_output = 15\n",
    );
    let ran = run(&["prices", "lint", &path, "-f", "json"]);
    assert_eq!(ran.code, 2);
    let problems = ran.json()["problems"].as_array().unwrap().clone();
    assert!(problems.len() >= 2, "{problems:?}");
    assert!(problems.iter().any(|problem| problem["line"] == 3));
    assert!(run(&["prices", "lint", &path]).stdout.contains("mine.toml:3: "));
}

#[test]
fn a_reader_that_goes_away_is_a_normal_end() {
    let rows = "{\"model\":\"gpt-image-2\",\"quality\":\"low\",\"size\":\"1024x1024\"}\n".repeat(20_000);
    let folder = folder("pipe");
    let path = file(&folder, "rows.jsonl", rows);
    for arguments in
        [vec!["batch", &path, "-f", "json"], vec!["batch", &path], vec!["prices", "show", "--all"]]
    {
        let mut child =
            program().args(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_fails_is_5() {
    for line in [
        "-m gpt-image-2",
        "models",
        "completions bash",
        "man",
        "prices schema",
        "--help",
        "-m nonsense -f json",
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let status = program().args(words(line)).stdout(full).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(5), "{line}");
    }
}

#[test]
fn completions_and_man_come_from_the_same_definition() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = imgcost(&format!("completions {shell}"));
        assert_eq!(ran.code, 0);
        assert!(ran.stdout.contains("input-fidelity") && ran.stdout.contains("allow-paths"), "{shell}");
        assert!(ran.stdout.contains("require-proven") && ran.stdout.contains("presume"), "{shell}");
    }
    let man = imgcost("man");
    assert_eq!(man.code, 0);
    for (page, words) in [("batch", "allow\\-paths"), ("budget hold", "expires\\-in"), ("man", "COMMAND")] {
        let ran = imgcost(&format!("man {page}"));
        assert!(ran.code == 0 && ran.stdout.contains(words), "{page}: {ran:?}");
    }
    assert_eq!(imgcost("man budget hodl").code, 2);
    for words in [".TH imgcost", "Exit codes", "IMGCOST\\_MODEL"] {
        assert!(man.stdout.contains(words) || man.stdout.contains(&words.replace("\\_", "_")), "{words}");
    }
    let help = imgcost("--help");
    assert_eq!(help.code, 0);
    for line in help.stdout.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}
