//! The share of one amount in another: the one place where a percentage is rounded.

use imgcost_core::Usd;

/// Thousandths of `whole` that `part` is, rounded half away from zero; none of nothing, and none
/// beyond exact decimals.
///
/// $0.0001 of $0.2 is half a thousandth, and counts as one.
pub(crate) fn per_mille(part: Usd, whole: Usd) -> Option<i64> {
    let (part, whole) = (part.decimal(), whole.decimal());
    // Both at one scale: their digits have the same ratio.
    let scale = part.scale().max(whole.scale());
    let digits = |mantissa: i128, own: u32| mantissa.checked_mul(10_i128.checked_pow(scale - own)?);
    let above = digits(part.mantissa(), part.scale())?.checked_mul(2000)?;
    let below = digits(whole.mantissa(), whole.scale())?;
    let rounded = above.checked_add(below)?.checked_div(below.checked_mul(2)?)?;
    i64::try_from(rounded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(part: &str, whole: &str) -> Option<i64> {
        per_mille(part.parse().unwrap(), whole.parse().unwrap())
    }

    #[test]
    fn a_share_is_rounded_half_away_from_zero() {
        for (part, whole, expected) in [
            ("0.0001", "0.2", 1),
            ("0.00009999", "0.2", 0),
            ("0.0003", "0.2", 2),
            ("0.0005", "0.2", 3),
            ("0.05", "0.2", 250),
            ("0.2", "0.3", 667),
            ("0", "0.3", 0),
            ("1000000", "0.000000001", 1_000_000_000_000_000_000),
        ] {
            assert_eq!(share(part, whole), Some(expected), "{part} of {whole}");
        }
    }

    #[test]
    fn nothing_has_no_shares() {
        assert_eq!(share("0.1", "0"), None);
        assert_eq!(share("0", "0"), None);
    }
}
