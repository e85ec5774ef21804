//! Reads and checks the price book once, at build time, and writes it in a compact form that
//! the program decodes at start: parsing the TOML there would cost more than all else.
//!
//! The whole book is `book.bin`. Beside it stand parts of it, for each provider and for each
//! model of a provider: all that a quote needs, decoded in a fraction of the time. `parts.rs`
//! lists them.

use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;

use imgcost_core::{Book, File};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let files: Vec<File<'_>> =
        imgcost_pricing::BOOK.iter().map(|&(name, text)| File { name, text }).collect();
    let book = Book::read(&files)?;
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    std::fs::write(out.join("book.bin"), postcard::to_stdvec(&book)?)?;
    let mut list = String::from("&[\n");
    let mut count = 0;
    let mut part = |provider: &[&str], model: &[&str], book: &Book| -> Result<(), Box<dyn Error>> {
        let name = format!("part-{count}.bin");
        count += 1;
        std::fs::write(out.join(&name), postcard::to_stdvec(book)?)?;
        let bytes = format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}\"))");
        writeln!(list, "(&{provider:?}, &{model:?}, {bytes}),")?;
        Ok(())
    };
    for provider in book.providers() {
        let providers: Vec<&str> = names(&provider.id, &provider.aliases);
        for model in &provider.models {
            let of_model = book.for_quotes_of(&provider.id, &model.id).ok_or("a model has vanished")?;
            part(&providers, &names(&model.id, &model.aliases), &of_model)?;
        }
        part(&providers, &[], &book.for_quotes_at(&provider.id).ok_or("a provider has vanished")?)?;
    }
    list.push_str("]\n");
    std::fs::write(out.join("parts.rs"), list)?;
    Ok(())
}

fn names<'b>(id: &'b str, aliases: &'b [String]) -> Vec<&'b str> {
    std::iter::once(id).chain(aliases.iter().map(String::as_str)).collect()
}
