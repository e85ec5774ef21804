//! `book.bin` and `book.sum` are made from the price files, here: `IMGCOST_UPDATE=1 cargo test -p
//! imgcost-pricing` writes them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;

use imgcost_core::{Book, File};
use imgcost_pricing::BOOK;

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
