//! The class of every character, from the Unicode tables of `regex-syntax`: the ones that the
//! reference implementation matches with.

use regex_syntax::hir::{Class, HirKind};

use crate::Result;
use crate::layout::class;

const CHARACTERS: usize = 0x11_0000;
const BLOCK: usize = 256;

/// Two tables: blocks of 256 classes, each different block once, and the number of the block for
/// each 256 characters.
pub(crate) fn tables() -> Result<(Vec<u8>, Vec<u8>)> {
    let mut classes = vec![class::OTHER; CHARACTERS];
    for (pattern, class) in [
        (r"[\p{Lu}\p{Lt}]", class::UPPER),
        (r"\p{Ll}", class::LOWER),
        (r"[\p{Lm}\p{Lo}]", class::UNCASED),
        (r"\p{M}", class::MARK),
        (r"\p{N}", class::NUMBER),
        (r"\s", class::SPACE),
        (r"[\r\n]", class::NEWLINE),
    ] {
        let HirKind::Class(Class::Unicode(set)) = regex_syntax::parse(pattern)?.into_kind() else {
            return Err(format!("{pattern} is not a set of characters").into());
        };
        for range in set.iter() {
            classes[range.start() as usize..=range.end() as usize].fill(class);
        }
    }

    let mut blocks: Vec<&[u8]> = Vec::new();
    let mut numbers = Vec::new();
    for block in classes.chunks(BLOCK) {
        let number = blocks.iter().position(|known| *known == block).unwrap_or_else(|| {
            blocks.push(block);
            blocks.len() - 1
        });
        numbers.push(u8::try_from(number)?);
    }
    Ok((blocks.concat(), numbers))
}
