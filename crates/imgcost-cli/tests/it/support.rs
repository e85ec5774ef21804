//! docs/support.md and README.md have the table of support, and its counts, as the command prints
//! them: `IMGCOST_UPDATE=1` writes them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::run;

/// Compares the part of a document between two marks with what it should be, or writes it.
fn current(document: &str, begin: &str, end: &str, wanted: &str) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(document);
    let text = fs::read_to_string(&path).unwrap();
    let (head, tail) = text.split_once(end).unwrap();
    let at = head.rfind(begin).unwrap() + begin.len();
    let wanted = format!("{}{wanted}{end}{tail}", &head[..at]);
    if std::env::var_os("IMGCOST_UPDATE").is_some() {
        fs::write(&path, &wanted).unwrap();
        return;
    }
    assert!(text == wanted, "{document} is not current: run with IMGCOST_UPDATE=1");
}

#[test]
fn the_documents_have_the_table() {
    let ran = run(&["models", "--support", "-f", "markdown"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let (_, counts) = ran.stdout.trim_end().rsplit_once('\n').unwrap();
    current("docs/support.md", "<!-- support -->\n", "<!-- end of support -->", &ran.stdout);
    current("README.md", "[", "](docs/support.md)", counts);
}

#[test]
fn support_is_shown_of_the_providers_that_are_named() {
    let ran = run(&["models", "--support", "XAI", "-p", "openai", "--json"]);
    let json = ran.json();
    assert_eq!((ran.code, json["schema"].as_str()), (0, Some("imgcost.support/1")), "{ran:?}");
    let names: Vec<_> = json["providers"].as_array().unwrap().iter().map(|one| &one["provider"]).collect();
    assert_eq!(names, ["openai", "xai"]);
    let ran = run(&["models", "--support", "gpt-image-2"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("no provider 'gpt-image-2'"), "{ran:?}");
}

#[test]
fn every_format_has_every_provider() {
    let table = run(&["models", "--support", "--json"]).json();
    let providers = table["providers"].as_array().unwrap();
    assert!(providers.len() > 15);
    for format in ["table", "csv", "tsv", "html", "jsonl"] {
        let text = run(&["models", "--support", "-f", format]).stdout;
        for one in providers {
            assert!(text.contains(one["provider"].as_str().unwrap()), "{format}: {one}");
        }
    }
}
