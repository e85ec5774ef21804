//! `book.bin` and `book.sum` are made from the price files, and `recorded.tsv` from the recorded calls,
//! here: `IMGCOST_UPDATE=1 cargo test -p imgcost-pricing` writes them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use imgcost_core::{Book, File};
use imgcost_pricing::{BOOK, MEASURED};
use serde::Deserialize;

include!("../../src/sum.rs");

const UPDATE: &str = "IMGCOST_UPDATE";

/// Compares a file with what it should be, or writes it where that is asked for.
fn current(name: &str, wanted: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, wanted).unwrap();
    }
    let found = fs::read(&path).unwrap_or_default();
    assert!(found == wanted, "{name} is not current: {UPDATE}=1 cargo test -p imgcost-pricing writes it");
}

fn read() -> Book {
    let files: Vec<File<'_>> = BOOK.iter().map(|&(name, text)| File::new(name, text)).collect();
    Book::read(&files).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn the_bytes_of_the_book_are_those_of_its_files() {
    current("book.bin", &read().pack());
    let mut files = BOOK.to_vec();
    files.sort_unstable();
    let mut sum = Sum::new();
    files.iter().for_each(|(name, text)| sum.add(name, text));
    current("book.sum", format!("{sum}\n").as_bytes());
}

#[test]
fn every_part_of_the_book_is_what_the_files_say() {
    // A run that writes the book was built with the one before.
    if std::env::var_os(UPDATE).is_none() {
        assert!(*imgcost_pricing::book() == read());
    }
}

#[test]
fn each_maker_offers_the_models_that_it_makes_and_is_their_usual_provider() {
    let book = read();
    let mut begins: Vec<&str> = Vec::new();
    for provider in book.providers() {
        for begin in &provider.makes {
            assert!(!begins.iter().any(|known| known.starts_with(begin) || begin.starts_with(known)));
            begins.push(begin);
            let own = provider.models.iter().filter(|model| model.id.starts_with(begin));
            let mut usual = own.filter_map(|model| book.usual_provider(&model.id).ok()).peekable();
            assert!(usual.peek().is_some(), "{} offers no {begin}", provider.id);
            assert!(usual.all(|usual| usual.id == provider.id), "{begin}");
        }
    }
    assert!(begins.contains(&"gemini") && begins.contains(&"flux"));
    assert_eq!(book.usual_provider("gpt-image-2").map(|provider| provider.id.as_str()), Ok("openai"));
}

/// Of a recorded call or response, what counts it.
#[derive(Deserialize)]
struct Recorded {
    id: String,
    provider: String,
    #[serde(default)]
    grade: String,
}

#[derive(Deserialize)]
struct Measured {
    call: Vec<Recorded>,
}

/// A call and its response may both be recorded, under one id.
#[test]
fn the_recorded_calls_of_each_provider_are_counted() {
    let book = read();
    let measured = MEASURED.iter().flat_map(|(_, text)| toml::from_str::<Measured>(text).unwrap().call);
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../crates/imgcost-wire/tests/it/recorded/responses.jsonl");
    let responses = fs::read_to_string(path).unwrap();
    let responses = responses.lines().map(|line| serde_json::from_str::<Recorded>(line).unwrap());
    let mut calls: BTreeMap<String, Recorded> = BTreeMap::new();
    for call in measured.chain(responses) {
        calls.entry(call.id.clone()).or_insert(call);
    }
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for call in calls.values().filter(|call| call.grade != "illustrative") {
        if let Ok(provider) = book.provider(&call.provider) {
            *counts.entry(&provider.id).or_default() += 1;
        }
    }
    let rows: String = counts.iter().map(|(provider, calls)| format!("{provider}\t{calls}\n")).collect();
    assert!(counts["openai"] > 100, "{rows}");
    current("recorded.tsv", rows.as_bytes());
}
