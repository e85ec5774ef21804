//! What several rows come to, in words and in documents: `batch`, `check` and `diff` alike.

use imgcost_analysis::currency::Exchange;
use imgcost_analysis::{RowSum, Volume};
use imgcost_core::Usd;
use serde::Serialize;

use crate::report::{Bounds, Column, ConvertedTotal, Only, Table, converted, grouped, money};
use crate::volume::Per;

/// The cents of a dollar.
const CENTS: u32 = 100;

/// The sums as documents have them.
#[derive(Debug, Serialize)]
pub(super) struct Sums<'x> {
    #[serde(flatten)]
    pub(super) counts: Counts,
    /// What the total is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) per: Option<Per>,
    pub(super) total: Amounts,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) converted: Option<ConvertedTotal<'x>>,
}

/// How many rows there are of each kind.
#[derive(Debug, Serialize)]
pub(super) struct Counts {
    rows: u64,
    quoted: u64,
    calls: Volume,
    images: Volume,
    errors: u64,
    unpriced: u64,
    /// Rows without a prompt, though it costs: in the sums with their images only.
    without_prompt: u64,
}

/// Money of all rows; null where it is unknown.
#[derive(Debug, Serialize)]
pub(super) struct Amounts {
    #[serde(flatten)]
    pub(super) bounds: Bounds<Usd>,
    currency: &'static str,
}

/// Floor, expected value and ceiling of what could be quoted; nothing where there are no rows.
pub(super) fn amounts(sum: &RowSum) -> [Option<Usd>; 3] {
    sum.total().amounts().map(|usd| usd.filter(|_| sum.rows > 0))
}

/// The sums, converted too if a currency is given.
pub(super) fn document<'x>(sum: &RowSum, per: Option<Per>, exchange: Option<&'x Exchange>) -> Sums<'x> {
    let RowSum { rows, calls, images, errors, unpriced, no_prompt: without_prompt, .. } = *sum;
    let bounds = Bounds::from(amounts(sum));
    Sums {
        counts: Counts { rows, quoted: rows - errors, calls, images, errors, unpriced, without_prompt },
        per,
        total: Amounts { bounds, currency: "USD" },
        converted: exchange.map(|exchange| converted(exchange, bounds)),
    }
}

/// The sums as a row for programs.
pub(super) fn table(sum: &RowSum, per: Option<Per>) -> Table<'static> {
    let columns = ["rows", "calls", "images", "errors", "unpriced", "without_prompt"].map(Column::number);
    let mut table = Table::new("Sums", columns).only(Only::Data);
    table.columns.extend([Column::estimate("total"), Column::text("currency"), Column::text("per")]);
    let counts =
        [sum.rows.into(), sum.calls.into(), sum.images.into(), sum.errors.into(), sum.unpriced.into()];
    let rest =
        [sum.no_prompt.into(), Bounds::from(amounts(sum)).into(), "USD".into(), per.map(Per::as_str).into()];
    table.row(counts.into_iter().chain(rest));
    table
}

/// So many of a thing: `1 row`, `1,200 rows`.
pub(super) fn counted(count: u64, what: &str) -> String {
    format!("{} {what}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// The calls and images of rows: the calls where they are not one a row.
pub(super) fn volumes(sum: &RowSum) -> String {
    let of =
        |count: Volume, what: &str| format!("{count} {what}{}", if count == Volume::ONCE { "" } else { "s" });
    let calls = if is_once_each(sum) { String::new() } else { of(sum.calls, "call") + ", " };
    calls + &of(sum.images, "image")
}

/// Whether the call of each row is made once.
pub(super) fn is_once_each(sum: &RowSum) -> bool {
    sum.calls == Volume::whole(sum.rows - sum.errors)
}

/// A bill in words: what is expected of it and what it comes to at most, always both.
pub(super) fn bill([floor, expected, ceiling]: [Option<Usd>; 3]) -> String {
    match (expected, ceiling) {
        (Some(expected), Some(ceiling)) if expected == ceiling => {
            format!("{}, expected and at most", money(ceiling))
        }
        (Some(expected), Some(ceiling)) => {
            format!("{} expected, at most {}", money(expected), money(ceiling))
        }
        (None, Some(ceiling)) => format!("at most {}, no expected value", money(ceiling)),
        (_, None) => {
            floor.map_or_else(|| "no price".to_owned(), |floor| format!("at least {}", money(floor)))
        }
    }
}

/// The sum in a line, such as `at least $1.50, 3 unpriced`, in another currency too if one is
/// given.
pub(super) fn words(sum: &RowSum, exchange: Option<&Exchange>) -> String {
    with_counts(sum.total_of_all().amounts(), sum) + &in_currency(sum, exchange)
}

/// The bill of rows in a line, with how many rows are not in it.
pub(super) fn bill_words(sum: &RowSum, exchange: Option<&Exchange>) -> String {
    with_missing(bill(sum.total_of_all().amounts()), sum) + &in_currency(sum, exchange)
}

/// The sum in another currency, if one is given.
pub(super) fn in_currency(sum: &RowSum, exchange: Option<&Exchange>) -> String {
    let amounts = sum.total_of_all().amounts();
    let exchange = exchange.filter(|_| amounts[0].is_some());
    exchange.map_or_else(String::new, |exchange| format!("; {}", converted(exchange, amounts).words()))
}

/// The most that all rows come to, beside a limit if there is one: `at most $0.69 of $1.00`.
pub(super) fn most(sum: &RowSum, limit: Option<Usd>) -> String {
    let amounts = sum.total_of_all().amounts();
    let Some(ceiling) = amounts[2] else { return with_counts(amounts, sum) };
    // In whole cents, but for small sums and those that would round to beyond their limit.
    let is_over = |usd: Usd| limit.is_some_and(|limit| usd > limit);
    let fits = |cents: &Usd| ceiling.rounded(1) != "0.0" && is_over(*cents) == is_over(ceiling);
    let most = money(ceiling.rounded_up_to(CENTS).filter(fits).unwrap_or(ceiling));
    let limit = limit.map_or_else(String::new, |limit| format!(" of {}", money(limit)));
    let prompts = match sum.no_prompt {
        0 => String::new(),
        count => format!(" without {}", counted(count, "prompt")),
    };
    format!("at most {most}{limit}{prompts}")
}

/// Amounts in words, with how many rows they leave out.
pub(super) fn with_counts(amounts: [Option<Usd>; 3], sum: &RowSum) -> String {
    let mut text = match amounts {
        [Some(floor), Some(expected), Some(ceiling)] if floor == ceiling && floor == expected => {
            money(expected)
        }
        [Some(floor), Some(expected), Some(ceiling)] => {
            format!("{} expected, {} to {}", money(expected), money(floor), money(ceiling))
        }
        [Some(floor), None, Some(ceiling)] => format!("{} to {}", money(floor), money(ceiling)),
        [Some(floor), _, None] => format!("at least {}", money(floor)),
        [None, _, _] => "no price".to_owned(),
    };
    with_missing(std::mem::take(&mut text), sum)
}

/// An amount with how many rows it leaves out.
fn with_missing(mut text: String, sum: &RowSum) -> String {
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
        let range = Total::new(usd("1"), usd("1.5"), usd("2"), CeilingBasis::Proven);
        let sum = |rows: &[(Total, bool)], errors: u64| {
            let mut sum = RowSum::default();
            rows.iter().for_each(|(total, no_prompt)| sum.add_total(total, *no_prompt));
            (0..errors).for_each(|_| sum.add_error(false));
            sum
        };
        assert_eq!(words(&sum(&[(range, false)], 0), None), "$1.50 expected, $1.00 to $2.00");
        assert_eq!(
            words(&sum(&[(range, true)], 0), None),
            "$1.50 expected, $1.00 to $2.00, 1 without a prompt"
        );
        assert_eq!(words(&sum(&[(range, false)], 6), None), "at least $1.00, 6 in error");
        assert_eq!(
            words(&sum(&[(range, false), (Total::UNKNOWN, false)], 1200), None),
            "at least $1.00, 1 unpriced, 1,200 in error"
        );
        let mut left_out = sum(&[(range, false)], 0);
        left_out.add_left_out();
        assert_eq!(words(&left_out, None), "at least $1.00, 1 in error on the other side");
        assert_eq!(words(&sum(&[], 2), None), "no price, 2 in error");
        assert_eq!(words(&sum(&[(Total::UNKNOWN, false)], 0), None), "no price, 1 unpriced");
        let euro = Exchange::new("EUR", "0.92@2026-11-20").unwrap();
        let exact = usd("0.00219");
        let small = Total::new(exact, exact, exact, CeilingBasis::Proven);
        assert_eq!(
            words(&sum(&[(small, false)], 0), Some(&euro)),
            "$0.00219; in EUR: 0.002015, at 1 USD = 0.92 EUR on 2026-11-20"
        );
        assert!(words(&sum(&[(range, false)], 1), Some(&euro)).contains("; in EUR: at least 0.92,"));
    }
}
