//! Shares in words: the one place where thousandths become a percentage with a sign.

use super::DASH;

/// Thousandths as a percentage with one decimal and a sign; a dash where there is no share.
pub(crate) fn percent(per_mille: Option<i64>) -> String {
    let Some(per_mille) = per_mille else { return DASH.to_owned() };
    let sign = match per_mille {
        0 => "±",
        1.. => "+",
        _ => "-",
    };
    let size = per_mille.unsigned_abs();
    format!("{sign}{}.{}%", size / 10, size % 10)
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn a_share_has_a_sign_and_one_decimal() {
        for (per_mille, words) in [
            (Some(1), "+0.1%"),
            (Some(-448), "-44.8%"),
            (Some(0), "±0.0%"),
            (Some(1500), "+150.0%"),
            (None, "—"),
        ] {
            assert_eq!(percent(per_mille), words);
        }
    }
}
