//! The tables that the crate reads, made of the tokens of the vocabulary.
//!
//! Compiled twice: into the build script, which makes them of the vocabulary's file, and into the
//! crate, which makes the same of the compact form where a program loads that ([`crate::load`]).

#![allow(
    clippy::indexing_slicing,
    reason = "the tokens are those whose digest was checked when they were packed"
)]
#![allow(dead_code, reason = "the build script uses one part, the crate another")]

mod compact;
mod merges;
mod trie;

#[allow(unused_imports, reason = "the build script uses one part, the crate another")]
pub(crate) use compact::{checksum, pack, unpack};
pub(crate) use merges::Halving;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// All tables: see `layout.rs`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tables {
    pub(crate) trie: Vec<u8>,
    pub(crate) halves: Vec<u8>,
    pub(crate) pairs: Vec<u8>,
    pub(crate) filter: Vec<u8>,
}

impl Tables {
    /// The tables of tokens whose halves are known.
    pub(crate) fn of(tokens: &[Vec<u8>], halves: &[(u32, u32)]) -> Result<Tables> {
        Ok(Tables {
            trie: trie::table(tokens)?,
            halves: merges::halves_table(halves),
            pairs: merges::pairs_table(halves),
            filter: merges::filter_table(halves),
        })
    }
}
