//! The packed format of the tables.
//!
//! Compiled twice: into the build script, which writes the tables, and into the crate, which reads
//! them. A token is identified by its rank, which is also its number in the API: 0 to 199,997.

#![allow(dead_code, reason = "the build script uses one half, the crate the other")]

/// The SHA-256 digest of `vocabulary/o200k_base.tiktoken`, in hexadecimal.
pub const VOCABULARY_SHA256: &str = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d";

/// Tokens in the vocabulary. Every rank fits in [`TOKEN_BITS`].
pub(crate) const TOKENS: usize = 199_998;

/// The first 256 tokens are the single bytes; all others are made by merges.
pub(crate) const BYTES: u32 = 256;

const TOKEN_BITS: u32 = 18;
const TOKEN_MASK: u32 = (1 << TOKEN_BITS) - 1;

/// One node of the trie that holds all tokens, in four bytes: the byte on the edge that leads to
/// it (bits 0 to 7), its kind (8 and 9), and its payload (10 to 31).
///
/// The children of a node are at `base ^ byte`, and no two nodes share a base. So a node at that
/// position with a matching `byte` is a child of this node and of no other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node(pub(crate) u32);

impl Node {
    /// The base of the root, which has a child for each of the 256 bytes.
    pub(crate) const ROOT: u32 = 0;
    /// An unused position.
    pub(crate) const VACANT: Node = Node(0);
    /// The edge from a node that is both a token and the start of longer ones to the leaf that
    /// holds the token. No token has this byte anywhere but in its first place (the build script
    /// checks), so it never occurs as itself there.
    pub(crate) const END: u8 = 0xff;

    const INNER: u32 = 1;
    const INNER_TOKEN: u32 = 2;
    const LEAF: u32 = 3;

    /// A node with children. `token` is whether a token ends here too.
    pub(crate) fn inner(byte: u8, base: u32, token: bool) -> Node {
        let kind = if token { Node::INNER_TOKEN } else { Node::INNER };
        Node(u32::from(byte) | kind << 8 | base << 10)
    }

    /// A node without children, where a token ends.
    pub(crate) fn leaf(byte: u8, token: u32) -> Node {
        Node(u32::from(byte) | Node::LEAF << 8 | token << 10)
    }

    /// Whether this is a node reached by `byte`.
    pub(crate) fn is_reached_by(self, byte: u8) -> bool {
        self.0 & 0xff == u32::from(byte) && self.0 >> 8 & 3 != 0
    }

    /// Whether it has no children.
    pub(crate) fn is_leaf(self) -> bool {
        self.0 >> 8 & 3 == Node::LEAF
    }

    /// Whether a token ends here.
    pub(crate) fn is_token(self) -> bool {
        self.0 >> 8 & 2 != 0
    }

    /// The token of a leaf, or the base of an inner node.
    pub(crate) fn payload(self) -> u32 {
        self.0 >> 10
    }
}

/// The position of the child over a byte, for a node with this base.
pub(crate) fn child(base: u32, byte: u8) -> usize {
    (base ^ u32::from(byte)) as usize
}

/// The two tokens whose merge makes a token, in five bytes. A single byte has `(0, 0)`.
pub(crate) fn pack_halves(left: u32, right: u32) -> [u8; 5] {
    let [a, b, c, d, e, ..] = pair_key(right, left).to_le_bytes();
    [a, b, c, d, e]
}

/// Undoes [`pack_halves`].
pub(crate) fn unpack_halves([a, b, c, d, e]: [u8; 5]) -> (u32, u32) {
    let low = u32::from_le_bytes([a, b, c, d]);
    let right = low >> TOKEN_BITS | u32::from(e) << (32 - TOKEN_BITS);
    (low & TOKEN_MASK, right)
}

/// Two tokens as one number, of 36 bits.
pub(crate) fn pair_key(left: u32, right: u32) -> u64 {
    u64::from(left) << TOKEN_BITS | u64::from(right)
}

/// Slots of the hash table from two halves to their merged token. Three in four are used.
pub(crate) const PAIR_SLOTS: usize = 1 << PAIR_BITS;

/// Bytes of the filter before that table. Most neighbours have no merge; for nine in ten of them
/// one bit of the filter shows it, and the filter is small enough to stay in a cache.
pub(crate) const FILTER_BYTES: usize = 1 << (FILTER_BITS - 3);

const PAIR_BITS: u32 = 18;
const FILTER_BITS: u32 = 21;

/// The hash of two halves. Its upper bits are used, since all bits of the pair affect them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PairHash(u64);

impl PairHash {
    pub(crate) fn of(left: u32, right: u32) -> PairHash {
        let product = pair_key(left, right).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        PairHash((product ^ product >> 32).wrapping_mul(0xa076_1d64_78bd_642f))
    }

    /// The byte and bit of the filter that are set if this pair, or another with the same hash
    /// bits, has a merge.
    pub(crate) fn filter_bit(self) -> (usize, u8) {
        let bit = self.0 >> (64 - FILTER_BITS);
        ((bit / 8) as usize, 1 << (bit % 8))
    }

    /// The slot where the search for this pair starts.
    pub(crate) fn home(self) -> usize {
        (self.0 >> (64 - PAIR_BITS)) as usize
    }

    /// Fourteen more bits, which avoid nearly all failing comparisons.
    fn mark(self) -> u32 {
        ((self.0 >> (64 - PAIR_BITS - 14)) & 0x3fff) as u32
    }
}

/// One slot of the table: the merged token (bits 0 to 17) and the mark of the pair's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(pub(crate) u32);

impl Slot {
    /// A slot that no pair uses. Its token would be past the last one.
    pub(crate) const VACANT: Slot = Slot(u32::MAX);

    pub(crate) fn new(hash: PairHash, token: u32) -> Slot {
        Slot(hash.mark() << TOKEN_BITS | token)
    }

    /// Whether this may be the slot of a pair with this hash.
    pub(crate) fn has_mark_of(self, hash: PairHash) -> bool {
        self.0 >> TOKEN_BITS == hash.mark()
    }

    pub(crate) fn token(self) -> u32 {
        self.0 & TOKEN_MASK
    }
}

/// The character classes in the vocabulary's pattern: one bit each, so that its bracketed sets are
/// unions.
pub(crate) mod class {
    /// `\p{Lu}` and `\p{Lt}`: A, Ǆ, ǅ.
    pub(crate) const UPPER: u8 = 1;
    /// `\p{Ll}`: a, ß.
    pub(crate) const LOWER: u8 = 1 << 1;
    /// `\p{Lm}` and `\p{Lo}`, which have no case: ʰ, あ, 中.
    pub(crate) const UNCASED: u8 = 1 << 2;
    /// `\p{M}`: accents and other marks, which accompany letters.
    pub(crate) const MARK: u8 = 1 << 3;
    /// `\p{N}`: digits and other numbers: 7, ½, Ⅳ.
    pub(crate) const NUMBER: u8 = 1 << 4;
    /// `\r` and `\n`.
    pub(crate) const NEWLINE: u8 = 1 << 5;
    /// The rest of `\s`.
    pub(crate) const SPACE: u8 = 1 << 6;
    /// All other characters.
    pub(crate) const OTHER: u8 = 1 << 7;
}
