//! The combinations as a table: for people a column for each axis that varies and the amounts; for
//! programs everything.

use imgcost_analysis::compare::{Cell, State};
use imgcost_core::{CeilingBasis, Item, Total, Usd};

use super::Compared;
use super::notes::word;
use crate::report::{Bounds, Column, Row, Table, Value};

/// The most decimals of an amount.
pub(super) const PLACES_MAX: u32 = 6;

/// The items that have columns of their own.
const ITEMS: [(&str, Item); 4] = [
    ("text_input_tokens", Item::TextInput),
    ("image_input_tokens", Item::ImageInput),
    ("text_output_tokens", Item::TextOutput),
    ("image_output_tokens", Item::ImageOutput),
];

/// The table.
pub(super) fn table<'c>(compared: &'c Compared<'_>) -> Table<'c> {
    let mut table = Table::new("Comparison", columns(compared));
    table.mark = "cheapest";
    table.rows = compared.shown.iter().map(|cell| row(compared, cell)).collect();
    table
}

fn columns(compared: &Compared<'_>) -> Vec<Column> {
    let shown = &compared.shown;
    let where_any = |any: bool, column: Column| if any { column } else { column.data_only() };
    let converted = |key: &'static str, what: &str| {
        let exchange = compared.exchange.as_ref();
        let label = exchange.map(|exchange| format!("{} {what}", exchange.currency));
        label.map(|label| Column::estimate(key).label(label).if_room(2))
    };
    let has_calls = shown.iter().any(|cell| cell.n() > 1);
    let mut columns = vec![
        Column::name("provider").if_varies(),
        Column::name("model").if_varies(),
        Column::name("quality").if_varies(),
        Column::name("size").if_varies(),
        Column::number("n").if_varies(),
        Column::name("as_of").if_varies(),
        Column::name("tier").if_varies(),
        Column::name("endpoint").data_only(),
        Column::name("state").data_only(),
    ];
    if compared.is_marked() {
        columns.push(Column::name("status").text_only());
    }
    columns
        .push(Column::estimate("per_image").places(PLACES_MAX).ranged("floor to ceiling").if_room(6).bar());
    columns.extend(converted("converted_per_image", "per image"));
    columns.push(where_any(has_calls, Column::estimate("per_call").places(PLACES_MAX).if_room(3)));
    columns.extend(converted("converted", "per call").map(|column| where_any(has_calls, column)));
    let has_area = shown.iter().any(|cell| cell.per_megapixel().is_some());
    let per_megapixel = Column::estimate("per_megapixel").label("per MP").places(4).if_room(5);
    columns.push(where_any(has_area, per_megapixel));
    let has_tokens = shown.iter().any(|cell| cell.tokens().is_some());
    columns.push(where_any(has_tokens, Column::estimate("tokens").if_room(4)));
    columns.extend(ITEMS.map(|(key, _)| Column::estimate(key).data_only()));
    let has_delta = compared.baseline.is_some();
    let delta = Column::number("delta_usd").label("delta").places(PLACES_MAX).if_room(1);
    columns.extend([
        Column::text("ceiling_basis").data_only(),
        where_any(has_delta, delta),
        where_any(has_delta, Column::number("delta_per_mille").label("%")),
        Column::text("cheapest").data_only(),
        Column::text("unpriced").data_only(),
        Column::text("error_code").data_only(),
        Column::text("error_field").data_only(),
        Column::text("error_message").data_only(),
        Column::text("error_nearest").data_only(),
        Column::text("availability").data_only(),
        Column::text("shutdown").data_only(),
    ]);
    if compared.exchange.is_some() {
        columns.extend([
            Column::text("currency").data_only(),
            Column::number("rate").data_only(),
            Column::text("rate_date").data_only(),
        ]);
    }
    columns
}

/// An amount of a cell; where the cell has none, the words instead.
pub(super) fn amount<'c>(amount: Option<Total>, missing: Option<&str>) -> Value<'c> {
    match (amount, missing) {
        (Some(amount), None) => (&amount).into(),
        (Some(amount), Some(words)) => Value::Open((&amount).into(), words.to_owned().into()),
        (None, words) => Value::Unknown(words.unwrap_or_default().to_owned().into()),
    }
}

/// The cheapest has a mark.
pub(super) fn marked<'c>(compared: &Compared<'_>, cell: &Cell<'_>, value: Value<'c>) -> Value<'c> {
    if compared.is_cheapest(cell) { Value::Best(Box::new(value)) } else { value }
}

fn row<'c>(compared: &'c Compared<'_>, cell: &'c Cell<'_>) -> Row<'c> {
    let missing = word(cell);
    // The amount for people says why it is missing; one word is enough.
    let other = missing.as_deref().map(|_| "");
    let availability = cell.availability();
    let (per_image, per_call) = (cell.per_image(), cell.per_call());
    let converted = |amount: Option<Total>| {
        let exchange = compared.exchange.as_ref()?;
        let bounds = amount.map(|amount| Bounds::from(&amount).map(|usd: Usd| exchange.convert(usd)));
        Some(bounds.map_or(Value::missing(), Value::Converted))
    };
    let mut cells: Vec<Value<'c>> = vec![
        cell.provider().into(),
        cell.model().into(),
        cell.quality().map(|quality| quality.as_str()).into(),
        cell.size().map(|size| size.to_string()).into(),
        cell.n().into(),
        cell.as_of().into(),
        cell.tier().as_str().into(),
        cell.endpoint().as_str().into(),
        cell.state().name().into(),
    ];
    if compared.is_marked() {
        cells.push(availability.to_string().into());
    }
    cells.push(marked(compared, cell, amount(per_image, missing.as_deref())));
    cells.extend(converted(per_image));
    cells.push(amount(per_call, other));
    cells.extend(converted(per_call));
    cells.push(amount(cell.per_megapixel(), other));
    cells.push(cell.tokens().map_or(Value::missing(), Into::into));
    cells.extend(ITEMS.map(|(_, item)| Value::from(cell.tokens_of(item))));
    let basis = per_call.filter(|amount| amount.ceiling.is_some()).map(|amount| match amount.basis {
        CeilingBasis::Proven => "proven",
        CeilingBasis::Assumed => "assumed",
    });
    let delta = compared.baseline.as_ref().and_then(|baseline| baseline.delta(cell));
    let (unpriced, error) = match cell.state() {
        State::Priced(_) => (None, None),
        State::Unpriced(_, items) => {
            (Some(items.iter().map(|item| item.as_str()).collect::<Vec<_>>().join(";")), None)
        }
        State::Illegal(error) => (None, Some(error)),
    };
    cells.extend([
        basis.into(),
        delta.map_or(Value::missing(), |delta| delta.usd.into()),
        delta.and_then(|delta| delta.per_mille).map_or(Value::missing(), Into::into),
        compared.is_cheapest(cell).into(),
        unpriced.into(),
        error.map(|error| error.code().as_str()).into(),
        error.and_then(|error| error.field_name()).into(),
        error.map(|error| error.message()).into(),
        error.and_then(|error| error.nearest_value()).into(),
        availability.as_str().into(),
        availability.day().into(),
    ]);
    if let Some(exchange) = &compared.exchange {
        cells.extend([
            exchange.currency.as_str().into(),
            Value::number(exchange.rate.to_string()),
            exchange.date.into(),
        ]);
    }
    Row { cells, marked: compared.is_cheapest(cell) }
}
