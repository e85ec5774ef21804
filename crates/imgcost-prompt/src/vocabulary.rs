//! The tables that the build script made from the vocabulary, and lookups in them.
//!
//! Built in, they are read-only data of the binary: nothing is decoded or allocated, and pages that no
//! prompt needs are never read from disk. Without that feature they are what was loaded.

use crate::layout::{self, Node, PAIR_SLOTS, PairHash, Slot};

#[cfg(feature = "built-in")]
mod read {
    //! The tables of the binary.

    pub(super) static TRIE: &[[u8; 4]] = include_bytes!(concat!(env!("OUT_DIR"), "/trie")).as_chunks().0;
    pub(super) static HALVES: &[[u8; 5]] = include_bytes!(concat!(env!("OUT_DIR"), "/halves")).as_chunks().0;
    pub(super) static FILTER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/filter"));
    pub(super) static PAIRS: &[[u8; 4]] = include_bytes!(concat!(env!("OUT_DIR"), "/pairs")).as_chunks().0;

    pub(super) fn trie() -> &'static [[u8; 4]] {
        TRIE
    }

    pub(super) fn halves() -> &'static [[u8; 5]] {
        HALVES
    }

    pub(super) fn filter() -> &'static [u8] {
        FILTER
    }

    pub(super) fn pairs() -> &'static [[u8; 4]] {
        PAIRS
    }

    pub(crate) fn is_ready() -> bool {
        true
    }
}

#[cfg(not(feature = "built-in"))]
mod read {
    //! The tables that were loaded; none before.

    use std::sync::OnceLock;

    use crate::tables::Tables;

    static LOADED: OnceLock<Tables> = OnceLock::new();

    fn table(of: fn(&Tables) -> &Vec<u8>) -> &'static [u8] {
        LOADED.get().map_or(&[], |tables| of(tables))
    }

    pub(super) fn trie() -> &'static [[u8; 4]] {
        table(|tables| &tables.trie).as_chunks().0
    }

    pub(super) fn halves() -> &'static [[u8; 5]] {
        table(|tables| &tables.halves).as_chunks().0
    }

    pub(super) fn filter() -> &'static [u8] {
        table(|tables| &tables.filter)
    }

    pub(super) fn pairs() -> &'static [[u8; 4]] {
        table(|tables| &tables.pairs).as_chunks().0
    }

    pub(crate) fn is_ready() -> bool {
        LOADED.get().is_some()
    }

    /// Tables that were loaded before stay.
    pub(crate) fn keep(tables: Tables) {
        let _ = LOADED.set(tables);
    }
}

pub(crate) use read::is_ready;
#[cfg(not(feature = "built-in"))]
pub(crate) use read::keep;

/// A token that is a prefix of a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prefix {
    /// The node of the trie where the token ends.
    node: Node,
    /// The number of its bytes.
    pub(crate) length: u32,
}

impl Prefix {
    /// The number of the token.
    pub(crate) fn token(self) -> u32 {
        if self.node.is_leaf() {
            self.node.payload()
        } else {
            node(layout::child(self.node.payload(), Node::END)).payload()
        }
    }
}

/// Replaces the contents of `found` by all tokens that are prefixes of `text`, shortest first.
///
/// Every byte is a token, so there is at least one unless `text` is empty. The longest token has
/// 128 bytes.
pub(crate) fn prefixes(text: &[u8], found: &mut Vec<Prefix>) {
    found.clear();
    let mut base = Node::ROOT;
    for (&byte, length) in text.iter().zip(1..) {
        let node = node(layout::child(base, byte));
        if !node.is_reached_by(byte) {
            break;
        }
        if node.is_token() {
            found.push(Prefix { node, length });
        }
        if node.is_leaf() {
            break;
        }
        base = node.payload();
    }
}

/// The two tokens whose merge makes this one.
pub(crate) fn halves(token: u32) -> (u32, u32) {
    read::halves().get(token as usize).map_or((0, 0), |packed| layout::unpack_halves(*packed))
}

/// The token that the merge of these two makes, if there is one.
pub(crate) fn merged(left: u32, right: u32) -> Option<u32> {
    let hash = PairHash::of(left, right);
    let (byte, bit) = hash.filter_bit();
    if read::filter().get(byte)? & bit == 0 {
        return None;
    }
    // One slot in four is vacant, so the search ends.
    let mut at = hash.home();
    loop {
        let slot = Slot(u32::from_le_bytes(*read::pairs().get(at)?));
        if slot == Slot::VACANT {
            return None;
        }
        if slot.has_mark_of(hash) && halves(slot.token()) == (left, right) {
            return Some(slot.token());
        }
        at = (at + 1) % PAIR_SLOTS;
    }
}

fn node(place: usize) -> Node {
    read::trie().get(place).map_or(Node::VACANT, |packed| Node(u32::from_le_bytes(*packed)))
}
