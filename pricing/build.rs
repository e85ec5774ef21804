//! Warns when a price file has changed since `book.bin` was written, which a test does: so nothing
//! reads the files at build time.

use std::fs;
use std::path::{Path, PathBuf};

// The same sum as the test has.
include!("src/sum.rs");

fn main() {
    let mut sum = Sum::new();
    for path in price_files() {
        println!("cargo::rerun-if-changed={}", path.display());
        sum.add(&path.to_string_lossy(), &fs::read_to_string(&path).unwrap_or_default());
    }
    // The folders themselves, for files that come or go.
    for name in [".", "providers", "book.sum", "build.rs", "src/sum.rs"] {
        println!("cargo::rerun-if-changed={name}");
    }
    let written = fs::read_to_string("book.sum").unwrap_or_default();
    if written.trim() != sum.to_string() {
        println!(
            "cargo::warning=the price files have changed since book.bin was written, and quotes are still of \
             the old prices: IMGCOST_UPDATE=1 cargo test -p imgcost-pricing writes it"
        );
    }
}

/// The files of the book by their names below this folder, in order.
fn price_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in ["", "providers"] {
        let entries = fs::read_dir(Path::new(".").join(folder)).into_iter().flatten().flatten();
        let names = entries.map(|entry| Path::new(folder).join(entry.file_name()));
        files.extend(names.filter(|name| name.extension().is_some_and(|end| end == "toml")));
    }
    files.retain(|name| name != Path::new("Cargo.toml"));
    files.sort();
    files
}
