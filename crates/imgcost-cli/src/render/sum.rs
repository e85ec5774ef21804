//! What several rows come to, in words: `batch`, `check` and `diff` say it alike.

use imgcost_analysis::currency::Exchange;
use imgcost_core::Usd;

use super::{currency, grouped};

/// The sum of some rows, and how many of them it says nothing or too little of.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    /// Floor, expected value and ceiling in US dollars of the rows that have a quote.
    pub(crate) amounts: [Option<Usd>; 3],
    /// Rows of which something has no price.
    pub(crate) unpriced: u64,
    /// Rows in error.
    pub(crate) errors: u64,
    /// Rows that are left out, as what they are compared with is in error.
    pub(crate) left_out: u64,
    /// Rows without a prompt: with their images only.
    pub(crate) no_prompt: u64,
}

impl Sum {
    /// The amounts that may be said of all rows: where some are missing, the floor alone.
    fn of_all(&self) -> [Option<Usd>; 3] {
        let is_whole = self.unpriced == 0 && self.errors == 0 && self.left_out == 0;
        if is_whole { self.amounts } else { [self.amounts[0], None, None] }
    }

    /// The sum in a line, such as `at least $1.5, 3 unpriced`, in another currency too if one is
    /// given.
    pub(crate) fn words(&self, exchange: Option<&Exchange>) -> String {
        let mut text = match self.of_all() {
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
            (self.unpriced, "unpriced"),
            (self.errors, "in error"),
            (self.left_out, "in error on the other side"),
            (self.no_prompt, "without a prompt"),
        ] {
            if count > 0 {
                text.push_str(&format!(", {} {what}", grouped(count)));
            }
        }
        if let Some(exchange) = exchange.filter(|_| self.amounts[0].is_some()) {
            text.push_str(&format!("; {}", currency::converted(exchange, self.of_all()).words()));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_sum_with_missing_rows_is_a_floor() {
        let usd = |text: &str| Some(text.parse::<Usd>().unwrap());
        let amounts = [usd("1"), usd("1.5"), usd("2")];
        let sum = Sum { amounts, ..Sum::default() };
        assert_eq!(sum.words(None), "$1.5 expected, $1 to $2");
        assert_eq!(Sum { no_prompt: 3, ..sum }.words(None), "$1.5 expected, $1 to $2, 3 without a prompt");
        assert_eq!(Sum { errors: 6, ..sum }.words(None), "at least $1, 6 in error");
        assert_eq!(
            Sum { unpriced: 1, errors: 1200, ..sum }.words(None),
            "at least $1, 1 unpriced, 1,200 in error"
        );
        assert_eq!(Sum { left_out: 1, ..sum }.words(None), "at least $1, 1 in error on the other side");
        assert_eq!(Sum { errors: 2, ..Sum::default() }.words(None), "no price, 2 in error");
        let euro = Exchange::new("EUR", "0.92@2026-11-20").unwrap();
        let small = Sum { amounts: [usd("0.00219"); 3], ..Sum::default() };
        assert_eq!(small.words(Some(&euro)), "$0.00219; in EUR: 0.002015, at 1 USD = 0.92 EUR on 2026-11-20");
        assert!(Sum { errors: 1, ..sum }.words(Some(&euro)).contains("; in EUR: at least 0.92,"));
    }
}
