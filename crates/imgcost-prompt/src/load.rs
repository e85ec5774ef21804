//! The vocabulary from a file of its own, where it is not in the binary.

use std::fmt;

use crate::tables::{self, Halving, Tables};
use crate::vocabulary;

static CHECKSUM: &[u8; 8] = include_bytes!(concat!(env!("OUT_DIR"), "/compact_checksum"));

/// Makes the tables of the vocabulary from its compact form, in steps of some milliseconds, so that a
/// page stays responsive meanwhile. The example `compact` writes that form.
///
/// ```no_run
/// let mut loading = imgcost_prompt::Loading::new(&std::fs::read("o200k_base.bin")?)?;
/// while !loading.step()? {}
/// assert!(imgcost_prompt::is_ready());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct Loading {
    tokens: Vec<Vec<u8>>,
    halving: Option<Halving>,
}

impl fmt::Debug for Loading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loading").finish_non_exhaustive()
    }
}

impl Loading {
    /// So many tokens a step.
    const TOKENS: usize = 8_192;

    /// Starts with the bytes of the compact form.
    ///
    /// # Errors
    /// They are not those that this version of the crate was built with.
    pub fn new(compact: &[u8]) -> Result<Loading, LoadError> {
        if tables::checksum(compact).to_le_bytes() != *CHECKSUM {
            return Err(LoadError("the vocabulary is cut off, or of another version".to_owned()));
        }
        Ok(Loading { tokens: tables::unpack(compact).map_err(LoadError::of)?, halving: None })
    }

    /// Does a part of the work; whether all is done, and [`count`](crate::count) exact.
    ///
    /// # Errors
    /// None, once [`Loading::new`] has taken the bytes.
    pub fn step(&mut self) -> Result<bool, LoadError> {
        self.tables().map(|tables| {
            let done = tables.is_some();
            #[cfg(not(feature = "built-in"))]
            tables.map(vocabulary::keep);
            done
        })
    }

    fn tables(&mut self) -> Result<Option<Tables>, LoadError> {
        let Some(halving) = &mut self.halving else {
            self.halving = Some(Halving::new(&self.tokens).map_err(LoadError::of)?);
            return Ok(None);
        };
        if halving.halves().len() < self.tokens.len() {
            halving.step(&self.tokens, Loading::TOKENS).map_err(LoadError::of)?;
            return Ok(None);
        }
        Tables::of(&self.tokens, halving.halves()).map(Some).map_err(LoadError::of)
    }
}

/// Whether prompts are counted exactly: always, where the vocabulary is built in.
#[must_use]
pub fn is_ready() -> bool {
    vocabulary::is_ready()
}

/// Why a vocabulary can't be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError(String);

impl LoadError {
    fn of(error: impl fmt::Display) -> LoadError {
        LoadError(error.to_string())
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LoadError {}

#[cfg(all(test, feature = "built-in"))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Loading;
    use crate::tables::Tables;

    static COMPACT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/compact"));

    #[test]
    fn the_compact_form_gives_the_tables_of_the_binary() {
        let mut loading = Loading::new(COMPACT).unwrap();
        let made = loop {
            if let Some(tables) = loading.tables().unwrap() {
                break tables;
            }
        };
        let built_in = Tables {
            trie: include_bytes!(concat!(env!("OUT_DIR"), "/trie")).to_vec(),
            halves: include_bytes!(concat!(env!("OUT_DIR"), "/halves")).to_vec(),
            pairs: include_bytes!(concat!(env!("OUT_DIR"), "/pairs")).to_vec(),
            filter: include_bytes!(concat!(env!("OUT_DIR"), "/filter")).to_vec(),
        };
        assert!(made == built_in);
    }

    #[test]
    fn other_bytes_are_refused() {
        assert!(Loading::new(&COMPACT[..1_000]).is_err());
        let mut changed = COMPACT.to_vec();
        changed[500_000] ^= 1;
        assert!(Loading::new(&changed).is_err());
    }
}
