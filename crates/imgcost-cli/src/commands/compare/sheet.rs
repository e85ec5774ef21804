//! A comparison as csv and tsv: one row a combination. A cell is empty where its value is
//! unknown or does not apply, never zero.

use imgcost_analysis::compare::{Cell, State};
use imgcost_core::{CeilingBasis, Estimate, Item, PerMille, Size, Total};

use super::Compared;
use crate::render::{Align, Sheet};

const TEXT: [&str; 9] = ["provider", "model", "as_of", "tier", "endpoint", "quality", "size", "n", "state"];
const AMOUNTS: [&str; 3] = ["per_image", "per_call", "per_megapixel"];
const TOKENS: [(&str, Option<Item>); 5] = [
    ("tokens", None),
    ("text_input_tokens", Some(Item::TextInput)),
    ("image_input_tokens", Some(Item::ImageInput)),
    ("text_output_tokens", Some(Item::TextOutput)),
    ("image_output_tokens", Some(Item::ImageOutput)),
];
const LAST: [&str; 11] = [
    "ceiling_basis",
    "delta_usd",
    "delta_per_mille",
    "cheapest",
    "unpriced",
    "error_code",
    "error_field",
    "error_message",
    "error_nearest",
    "availability",
    "shutdown",
];

/// The sheet of a comparison.
pub(super) fn sheet(compared: &Compared<'_>) -> Sheet {
    let mut sheet = Sheet { columns: columns(compared), rows: Vec::with_capacity(compared.shown.len()) };
    sheet.rows.extend(compared.shown.iter().map(|cell| row(compared, cell)));
    sheet
}

fn columns(compared: &Compared<'_>) -> Vec<(String, Align)> {
    let mut columns: Vec<(String, Align)> = TEXT.map(|name| (name.to_owned(), Align::Left)).into();
    let mut three = |name: &str| {
        columns.extend(["floor", "expected", "ceiling"].map(|part| (format!("{name}_{part}"), Align::Right)));
    };
    AMOUNTS.iter().for_each(|name| three(name));
    TOKENS.iter().for_each(|(name, _)| three(name));
    columns.extend(LAST.map(|name| (name.to_owned(), Align::Left)));
    if compared.exchange.is_some() {
        let names = [
            "currency",
            "rate",
            "rate_date",
            "converted_floor",
            "converted_expected",
            "converted_ceiling",
            "converted_per_image_floor",
            "converted_per_image_expected",
            "converted_per_image_ceiling",
        ];
        columns.extend(names.map(|name| (name.to_owned(), Align::Left)));
    }
    columns
}

fn text<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn row(compared: &Compared<'_>, cell: &Cell<'_>) -> Vec<String> {
    let mut row = vec![
        cell.provider().to_owned(),
        cell.model().to_owned(),
        cell.as_of().to_string(),
        cell.tier().to_string(),
        cell.endpoint().to_string(),
        text(cell.quality()),
        text::<Size>(cell.size()),
        cell.n().to_string(),
        cell.state().name().to_owned(),
    ];
    let amount = |row: &mut Vec<String>, amount: Option<Total>| {
        let parts = amount.map_or([None; 3], |amount| [amount.floor, amount.expected, amount.ceiling]);
        row.extend(parts.map(text));
    };
    let per_call = cell.per_call();
    amount(&mut row, cell.per_image());
    amount(&mut row, per_call);
    amount(&mut row, cell.per_megapixel());
    for (_, item) in TOKENS {
        let range: Option<Estimate<u64>> = match item {
            Some(item) => cell.tokens_of(item),
            None => cell.tokens(),
        };
        let parts = range.map_or([None; 3], |range| [Some(range.floor), range.expected, Some(range.ceiling)]);
        row.extend(parts.map(text));
    }
    let basis = per_call.filter(|amount| amount.ceiling.is_some()).map(|amount| match amount.basis {
        CeilingBasis::Proven => "proven",
        CeilingBasis::Assumed => "assumed",
    });
    let delta = compared.baseline.as_ref().and_then(|baseline| baseline.delta(cell));
    let (unpriced, error) = match cell.state() {
        State::Priced(_) => (String::new(), None),
        State::Unpriced(_, items) => {
            (items.iter().map(|item| item.as_str()).collect::<Vec<_>>().join(";"), None)
        }
        State::Illegal(error) => (String::new(), Some(error)),
    };
    row.extend([
        text(basis),
        text(delta.map(|delta| delta.usd)),
        text(delta.and_then(|delta| delta.per_mille).map(PerMille::tenths_of_percent)),
        compared.is_cheapest(cell).to_string(),
        unpriced,
        text(error.map(|error| error.code().as_str())),
        text(error.and_then(|error| error.field_name())),
        text(error.map(|error| error.message())),
        text(error.and_then(|error| error.nearest_value())),
        cell.availability().as_str().to_owned(),
        text(cell.availability().day()),
    ]);
    if let Some(exchange) = &compared.exchange {
        row.extend([exchange.currency.clone(), exchange.rate.to_string(), exchange.date.to_string()]);
        for amount in [per_call, cell.per_image()] {
            let parts = amount.map_or([None; 3], |amount| [amount.floor, amount.expected, amount.ceiling]);
            row.extend(parts.map(|usd| text(compared.converted(usd))));
        }
    }
    row
}
