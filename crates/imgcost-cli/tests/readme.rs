//! The transcripts of README.md, docs and docs/worked, run: `TRYCMD=overwrite cargo test -p imgcost-cli
//! --test readme` writes them anew.
//!
//! A program of its own: trycmd runs commands in the folder of the process, which is changed here.
//!
//! They run in a folder of their own that looks like the repository's root as far as they need
//! it: the input files of the guides lie where a reader has them, and what a command writes
//! stays there.

#![allow(clippy::unwrap_used)]

#[path = "it/common/mod.rs"]
mod common;

use std::fs;
use std::path::Path;

#[test]
fn the_transcripts_are_what_the_program_prints() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
    // Budgets begin with an empty ledger.
    let _ = fs::remove_dir_all(&folder);
    for files in ["docs/worked/files", "docs/ci"] {
        fs::create_dir_all(folder.join(files)).unwrap();
        for entry in fs::read_dir(repository.join(files)).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.join(files).join(path.file_name().unwrap())).unwrap();
        }
    }

    // Nothing else runs in this process, and trycmd runs commands where it is itself.
    std::env::set_current_dir(&folder).unwrap();
    let cases = trycmd::TestCases::new();
    for (name, value) in common::surroundings() {
        cases.env(name, value.to_str().unwrap());
    }
    cases
        .env("IMGCOST_LEDGER", folder.join("ledger.db").to_str().unwrap())
        .env("NO_COLOR", "1")
        .env("COLUMNS", "80")
        .case(repository.join("README.md"));
    for entry in fs::read_dir(repository.join("docs/worked")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            cases.case(path);
        }
    }
    for guide in ["check", "ci", "ledger"] {
        cases.case(repository.join(format!("docs/{guide}.md")));
    }
    cases.run();
}
