//! What several rows come to, in words: `batch`, `check` and `diff` say it alike.

use imgcost_analysis::RowSum;
use imgcost_analysis::currency::Exchange;
use imgcost_core::Usd;

use super::{currency, grouped};

/// The sum in a line, such as `at least $1.5, 3 unpriced`, in another currency too if one is
/// given.
pub(crate) fn sum_words(sum: &RowSum, exchange: Option<&Exchange>) -> String {
    let amounts = sum.total_of_all().amounts();
    let mut text = with_counts(amounts, sum);
    if let Some(exchange) = exchange.filter(|_| amounts[0].is_some()) {
        text.push_str(&format!("; {}", currency::converted(exchange, amounts).words()));
    }
    text
}

/// Amounts in words, with how many rows they leave out.
pub(crate) fn with_counts(amounts: [Option<Usd>; 3], sum: &RowSum) -> String {
    let mut text = match amounts {
        [Some(floor), Some(expected), Some(ceiling)] if floor == ceiling && floor == expected => {
            format!("${expected}")
        }
        [Some(floor), Some(expected), Some(ceiling)] => {
            format!("${expected} expected, ${floor} to ${ceiling}")
        }
        [Some(floor), None, Some(ceiling)] => format!("${floor} to ${ceiling}"),
        [Some(floor), _, None] => format!("at least ${floor}"),
        [None, _, _] => "no price".to_owned(),
    };
    for (count, what) in [
        (sum.unpriced, "unpriced"),
        (sum.errors, "in error"),
        (sum.left_out, "in error on the other side"),
        (sum.no_prompt, "without a prompt"),
    ] {
        if count > 0 {
            text.push_str(&format!(", {} {what}", grouped(count)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use imgcost_core::{CeilingBasis, Total};

    use super::*;

    #[test]
    fn a_sum_with_missing_rows_is_a_floor() {
        let usd = |text: &str| Some(text.parse::<Usd>().unwrap());
        let range =
            Total { floor: usd("1"), expected: usd("1.5"), ceiling: usd("2"), basis: CeilingBasis::Proven };
        let sum = |rows: &[(Total, bool)], errors: u64| {
            let mut sum = RowSum::default();
            rows.iter().for_each(|(total, no_prompt)| sum.add_total(total, *no_prompt));
            (0..errors).for_each(|_| sum.add_error(false));
            sum
        };
        assert_eq!(sum_words(&sum(&[(range, false)], 0), None), "$1.5 expected, $1 to $2");
        assert_eq!(sum_words(&sum(&[(range, true)], 0), None), "$1.5 expected, $1 to $2, 1 without a prompt");
        assert_eq!(sum_words(&sum(&[(range, false)], 6), None), "at least $1, 6 in error");
        assert_eq!(
            sum_words(&sum(&[(range, false), (Total::UNKNOWN, false)], 1200), None),
            "at least $1, 1 unpriced, 1,200 in error"
        );
        let mut left_out = sum(&[(range, false)], 0);
        left_out.add_left_out();
        assert_eq!(sum_words(&left_out, None), "at least $1, 1 in error on the other side");
        assert_eq!(sum_words(&sum(&[], 2), None), "no price, 2 in error");
        assert_eq!(sum_words(&sum(&[(Total::UNKNOWN, false)], 0), None), "no price, 1 unpriced");
        let euro = Exchange::new("EUR", "0.92@2026-11-20").unwrap();
        let small =
            Total { floor: usd("0.00219"), expected: usd("0.00219"), ceiling: usd("0.00219"), ..range };
        assert_eq!(
            sum_words(&sum(&[(small, false)], 0), Some(&euro)),
            "$0.00219; in EUR: 0.002015, at 1 USD = 0.92 EUR on 2026-11-20"
        );
        assert!(sum_words(&sum(&[(range, false)], 1), Some(&euro)).contains("; in EUR: at least 0.92,"));
    }
}
