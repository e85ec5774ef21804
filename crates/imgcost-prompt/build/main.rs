//! Turns the vocabulary file and the Unicode classes into the read-only tables that the crate
//! embeds. No work is left for run time, so the first count of a process costs no more than the
//! next.
//!
//! Everything the crate relies on is checked here: a change in the file breaks the build, never a
//! count.

#![allow(clippy::indexing_slicing, reason = "a build script that stops on a wrong index does what it should")]

mod classes;

#[path = "../src/layout.rs"]
#[allow(unreachable_pub, reason = "public in the crate, which reads the tables")]
mod layout;

#[path = "../src/tables/mod.rs"]
mod tables;

use std::path::{Path, PathBuf};
use std::{env, fs};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use tables::{Halving, Result, Tables};

const VOCABULARY: &str = "vocabulary/o200k_base.tiktoken";

fn main() -> Result<()> {
    for input in [VOCABULARY, "build", "src/layout.rs", "src/tables"] {
        println!("cargo::rerun-if-changed={input}");
    }
    let file = fs::read(Path::new(&env::var("CARGO_MANIFEST_DIR")?).join(VOCABULARY))?;
    check_digest(&file)?;
    let tokens = read_tokens(std::str::from_utf8(&file)?)?;
    let mut halving = Halving::new(&tokens)?;
    halving.step(&tokens, tokens.len())?;
    let tables = Tables::of(&tokens, halving.halves())?;
    let (blocks, block_numbers) = classes::tables()?;
    let compact = tables::pack(&tokens)?;

    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("trie"), tables.trie)?;
    fs::write(out.join("halves"), tables.halves)?;
    fs::write(out.join("pairs"), tables.pairs)?;
    fs::write(out.join("filter"), tables.filter)?;
    fs::write(out.join("class_blocks"), blocks)?;
    fs::write(out.join("class_block_numbers"), block_numbers)?;
    fs::write(out.join("compact_checksum"), tables::checksum(&compact).to_le_bytes())?;
    fs::write(out.join("compact"), compact)?;
    Ok(())
}

fn check_digest(file: &[u8]) -> Result<()> {
    let digest: String = Sha256::digest(file).iter().map(|byte| format!("{byte:02x}")).collect();
    if digest != layout::VOCABULARY_SHA256 {
        return Err(format!("{VOCABULARY} has the SHA-256 digest {digest}").into());
    }
    Ok(())
}

/// The bytes of each token. A line of the file is the token in base64, a space and its rank.
fn read_tokens(file: &str) -> Result<Vec<Vec<u8>>> {
    let mut tokens = Vec::with_capacity(layout::TOKENS);
    for line in file.lines() {
        let (bytes, rank) = line.split_once(' ').ok_or("a line without a space")?;
        if rank.parse() != Ok(tokens.len()) {
            return Err(format!("rank {rank} is not in its place").into());
        }
        tokens.push(STANDARD.decode(bytes)?);
    }
    if tokens.len() != layout::TOKENS {
        return Err(format!("{} tokens instead of {}", tokens.len(), layout::TOKENS).into());
    }
    if tokens.iter().take(layout::BYTES as usize).any(|token| token.len() != 1) {
        return Err("the first 256 tokens are not the single bytes".into());
    }
    Ok(tokens)
}
