//! Quote against actual.

use imgcost_core::{Answer, Charge, Item, Quote, Range};
use serde::Serialize;

/// How an actual count stands to its quoted range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verdict {
    /// The quote was exact, and right.
    Exact,
    /// Between floor and ceiling.
    Within,
    /// Less than the floor.
    Below,
    /// More than the ceiling.
    Above,
    /// One of the two is not known.
    Unknown,
}

impl Verdict {
    /// The word that people read.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Verdict::Exact => "exact",
            Verdict::Within => "within",
            Verdict::Below => "outside, below",
            Verdict::Above => "outside, above",
            Verdict::Unknown => "—",
        }
    }
}

/// One item, quoted and actual.
#[derive(Debug)]
pub(super) struct Compared {
    /// What it is.
    pub(super) item: Item,
    /// The quoted tokens.
    pub(super) quoted: Option<Range<u64>>,
    /// The reported tokens.
    pub(super) actual: Option<u64>,
    /// How they compare.
    pub(super) verdict: Verdict,
}

/// A quote against what it was quoted for.
#[derive(Debug)]
pub(super) struct Comparison {
    /// Every item that either of the two has.
    pub(super) items: Vec<Compared>,
    /// The money.
    pub(super) verdict: Verdict,
    /// Actual less expected, in USD, signed.
    pub(super) difference: Option<String>,
}

/// Compares a quote with the usage that the call reported.
pub(super) fn compare(quote: &Quote<'_>, answer: &Answer, charge: &Charge) -> Comparison {
    let usage = &answer.usage;
    let only_text = quote.request().images.is_empty() && usage.image_input.unwrap_or(0) == 0;
    let only_pictures = quote.tokens(Item::TextOutput).is_none() && usage.text_output.unwrap_or(0) == 0;
    let actual = |item| match item {
        Item::TextInput => usage.text_input.or(usage.input.filter(|_| only_text)),
        Item::ImageInput => usage.image_input.filter(|tokens| *tokens > 0 || !only_text),
        Item::TextOutput => usage.text_output.filter(|tokens| *tokens > 0 || !only_pictures),
        Item::ImageOutput => usage.image_output.or(usage.output.filter(|_| only_pictures)),
        _ => None,
    };
    let mut items = Vec::new();
    for item in [Item::TextInput, Item::ImageInput, Item::TextOutput, Item::ImageOutput] {
        let (quoted, actual) = (quote.tokens(item), actual(item));
        if quoted.is_some() || actual.is_some() {
            items.push(Compared { item, quoted, actual, verdict: verdict(quoted, actual) });
        }
    }
    let total = quote.total();
    let money = match (total.floor, total.ceiling, charge.complete && charge.settles) {
        (Some(floor), Some(ceiling), true) => {
            let (low, high) = (charge.total.floor, charge.total.ceiling);
            if floor == ceiling && low == high && low == floor {
                Verdict::Exact
            } else if high > ceiling {
                Verdict::Above
            } else if low < floor {
                Verdict::Below
            } else {
                Verdict::Within
            }
        }
        _ => Verdict::Unknown,
    };
    let difference =
        match (charge.total.expected.filter(|_| charge.complete && charge.settles), total.expected) {
            (Some(actual), Some(expected)) => actual.decimal().checked_sub(expected.decimal()),
            _ => None,
        };
    Comparison { items, verdict: money, difference: difference.map(|usd| usd.normalize().to_string()) }
}

fn verdict(quoted: Option<Range<u64>>, actual: Option<u64>) -> Verdict {
    match (quoted, actual) {
        (Some(range), Some(count)) if range.is_exact() && range.floor == count => Verdict::Exact,
        (Some(range), Some(count)) if range.contains(count) => Verdict::Within,
        (Some(range), Some(count)) if count < range.floor => Verdict::Below,
        (Some(_), Some(_)) => Verdict::Above,
        _ => Verdict::Unknown,
    }
}
