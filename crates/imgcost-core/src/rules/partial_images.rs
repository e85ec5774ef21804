//! Output tokens of partial images while streaming.
//!
//! OpenAI's guide says 100 tokens each. gpt-image-1 bills so. gpt-image-2 and 2.5 were
//! measured below that at 1024 x 1024: `ceil(100 * (2,000,000 + area) / 4,000,000)` = 77;
//! that it grows with the area is assumed. Fewer partials than asked for may arrive, and
//! only those are billed; a stream that asked for none was seen to bill one.

use crate::book::PartialRule;
use crate::estimate::{CeilingBasis, Estimate};

/// The least and greatest area that the image may have, equal when its size is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Areas {
    /// In pixels.
    pub least: u64,
    /// In pixels.
    pub greatest: u64,
}

impl Areas {
    /// An area that is known.
    #[must_use]
    pub const fn exact(area: u64) -> Areas {
        Areas { least: area, greatest: area }
    }
}

/// Tokens of the partial images of `n` images, each with `asked` partials (`None`: the
/// count was left out).
#[must_use]
pub fn tokens(rule: PartialRule, asked: Option<u32>, n: u32, areas: Areas) -> Option<Estimate<u64>> {
    let expected_count = u64::from(asked.unwrap_or(0)).checked_mul(n.into())?;
    let most_count = u64::from(asked.unwrap_or(1)).checked_mul(n.into())?;
    let (expected_each, most_each, basis) = match rule {
        PartialRule::Flat { tokens } => (Some(tokens), tokens, CeilingBasis::Proven),
        PartialRule::AreaScaled { tokens, area_offset, area_divisor } => {
            let scaled = |area: u64| {
                let product = u128::from(tokens) * (u128::from(area_offset) + u128::from(area));
                (area_divisor > 0)
                    .then(|| u64::try_from(product.div_ceil(area_divisor.into())).ok())
                    .flatten()
            };
            let most = scaled(areas.greatest)?;
            let basis = if most > tokens { CeilingBasis::Assumed } else { CeilingBasis::Proven };
            ((areas.least == areas.greatest).then_some(most), most.max(tokens), basis)
        }
    };
    let expected = match expected_each {
        _ if expected_count == 0 => Some(0),
        Some(each) => Some(each.checked_mul(expected_count)?),
        None => None,
    };
    Some(Estimate::new(0, expected, most_each.checked_mul(most_count)?, basis))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: Areas = Areas::exact(1 << 20);

    #[test]
    fn the_older_family_bills_100_each_and_fewer_may_come() {
        let three = tokens(PartialRule::Flat { tokens: 100 }, Some(3), 1, SQUARE).unwrap();
        assert_eq!((three.floor, three.expected, three.ceiling), (0, Some(300), 300));
    }

    #[test]
    fn a_stream_that_asked_for_none_may_bill_one() {
        let one = tokens(PartialRule::Flat { tokens: 100 }, None, 2, SQUARE).unwrap();
        assert_eq!((one.floor, one.expected, one.ceiling), (0, Some(0), 200));
        let none = tokens(PartialRule::Flat { tokens: 100 }, Some(0), 2, SQUARE).unwrap();
        assert!(none.is_exact());
    }

    #[test]
    fn the_newer_families_are_expected_at_77_and_held_at_100() {
        let rule = PartialRule::AreaScaled { tokens: 100, area_offset: 2_000_000, area_divisor: 4_000_000 };
        let two = tokens(rule, Some(2), 1, SQUARE).unwrap();
        assert_eq!((two.floor, two.expected, two.ceiling), (0, Some(154), 200));
        let open = tokens(rule, Some(1), 1, Areas { least: 655_360, greatest: 8_294_400 }).unwrap();
        assert_eq!((open.expected, open.ceiling, open.basis), (None, 258, CeilingBasis::Assumed));
    }
}
