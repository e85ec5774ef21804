//! The compact form of the vocabulary: what its tables can be made of again, in half of the bytes of
//! its file, and well compressible (738 kB by brotli).
//!
//! The 256 single bytes in the order of their ranks, then every other token in the order of ranks, each
//! ended by a byte that no token has but in its first place.

use super::Result;
use crate::layout::{BYTES, Node, TOKENS};

/// The compact form of the tokens.
pub(crate) fn pack(tokens: &[Vec<u8>]) -> Result<Vec<u8>> {
    let (single, longer) = tokens.split_at(BYTES as usize);
    let mut packed = single.concat();
    for token in longer {
        if token.len() < 2 || token.contains(&Node::END) {
            return Err(format!("{token:?} can't be packed").into());
        }
        packed.extend_from_slice(token);
        packed.push(Node::END);
    }
    Ok(packed)
}

/// The tokens of the compact form.
pub(crate) fn unpack(packed: &[u8]) -> Result<Vec<Vec<u8>>> {
    let (single, longer) = packed.split_at_checked(BYTES as usize).ok_or("too short for a vocabulary")?;
    let longer = longer.strip_suffix(&[Node::END]).ok_or("cut off")?;
    let longer = longer.split(|byte| *byte == Node::END).map(<[u8]>::to_vec);
    let tokens: Vec<Vec<u8>> = single.iter().map(|byte| vec![*byte]).chain(longer).collect();
    if tokens.len() != TOKENS {
        return Err(format!("{} tokens instead of {TOKENS}", tokens.len()).into());
    }
    Ok(tokens)
}

/// A checksum of the compact form (FNV-1a), against files that are cut off or of another version.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum: u64, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
