//! What all rows come to, in words and in documents.

use imgcost_analysis::RowSum;
use imgcost_analysis::currency::Exchange;
use imgcost_core::Usd;
use serde::Serialize;

use crate::render::currency::{ConvertedDocument, converted};
use crate::render::{grouped, sum_words};

/// The sums as the last line of a batch shows them.
#[derive(Debug, Serialize)]
pub(super) struct SumsDocument<'x> {
    pub(super) rows: u64,
    quoted: u64,
    pub(super) images: u64,
    pub(super) errors: u64,
    pub(super) unpriced: u64,
    /// Rows without a prompt, though it costs: in the sums with their images only.
    without_prompt: u64,
    pub(super) total: TotalDocument,
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedDocument<'x>>,
}

/// Money of all rows; null where it is unknown.
#[derive(Debug, Serialize)]
pub(super) struct TotalDocument {
    pub(super) floor: Option<Usd>,
    pub(super) expected: Option<Usd>,
    pub(super) ceiling: Option<Usd>,
    currency: &'static str,
}

/// The sums, with nothing known as none; converted too if a currency is given.
pub(super) fn document<'x>(sum: &RowSum, exchange: Option<&'x Exchange>) -> SumsDocument<'x> {
    let [floor, expected, ceiling] = sum.total().amounts().map(|usd| usd.filter(|_| sum.rows > 0));
    SumsDocument {
        rows: sum.rows,
        quoted: sum.rows - sum.errors,
        images: sum.images,
        errors: sum.errors,
        unpriced: sum.unpriced,
        without_prompt: sum.no_prompt,
        total: TotalDocument { floor, expected, ceiling, currency: "USD" },
        converted: exchange.map(|exchange| converted(exchange, [floor, expected, ceiling])),
    }
}

/// What the rows may cost, as far as it is known: to tell dear from cheap.
pub(super) fn weight(sum: &RowSum) -> Usd {
    let [floor, expected, ceiling] = sum.total().amounts();
    ceiling.or(expected).or(floor).unwrap_or(Usd::ZERO)
}

/// The sums in a line, with another currency beside if one is given.
pub(super) fn words(sum: &RowSum, exchange: Option<&Exchange>) -> String {
    let rows = if sum.rows == 1 { "1 row".to_owned() } else { format!("{} rows", grouped(sum.rows)) };
    if sum.rows == 0 { rows } else { format!("{rows}: {}", sum_words(sum, exchange)) }
}
