//! The combinations as a table: for people a column for each axis that varies and the amounts; for
//! programs everything.

use imgcost_analysis::compare::{Cell, State};
use imgcost_core::{Item, Total, Usd};

use super::Compared;
use super::notes::word;
use crate::report::{Bounds, Column, Table, Value};
use crate::volume::Per;

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
    let shown = &compared.shown;
    let any = |has: fn(&Cell<'_>) -> bool| shown.iter().any(|cell| has(cell));
    let exchange = compared.exchange.as_ref();
    let converted = |amount: Option<Total>| {
        let bounds = amount.map(|amount| Bounds::from(&amount).map(|usd: Usd| exchange?.convert(usd)));
        bounds.map_or(Value::missing(), Value::Converted)
    };
    let other = |cell: &Cell<'_>, total: Option<Total>| {
        // The amount for people says why it is missing; one word is enough.
        amount(total, word(cell).map(|_| ""))
    };
    let error = |cell: &'c Cell<'_>| match cell.state() {
        State::Illegal(error) => Some(error),
        State::Priced(_) | State::Unpriced(..) => None,
    };
    let delta = |cell: &Cell<'_>| compared.baseline.as_ref()?.delta(cell);
    let has_calls = any(|cell| cell.n() > 1);
    let mut table = Table::of("Comparison", shown.iter().copied())
        .column(Column::name("provider").if_varies(), Cell::provider)
        .column(Column::name("model").if_varies(), Cell::model)
        .column(Column::name("quality").if_varies(), |cell| Some(cell.quality()?.as_str()))
        .column(Column::name("size").if_varies(), |cell| cell.size().map(Value::of))
        .column(Column::number("n").if_varies(), Cell::n)
        .column(Column::name("as_of").if_varies(), Cell::as_of)
        .column(Column::name("tier").if_varies(), |cell| cell.tier().as_str())
        .column(Column::name("endpoint").data_only(), |cell| cell.endpoint().as_str())
        .column(Column::name("state").data_only(), |cell| cell.state().name());
    if compared.is_marked() {
        table = table.column(Column::name("status").text_only(), |cell| Value::of(cell.availability()));
    }
    let per_image = Column::estimate("per_image").places(PLACES_MAX).ranged("floor to ceiling");
    table = table.column(per_image.if_room(6).bar(), |cell| {
        marked(compared, cell, amount(cell.per_image(), word(cell).as_deref()))
    });
    let in_currency = |key: &'static str, what: &str| {
        let label = exchange.map(|exchange| format!("{} {what}", exchange.currency));
        label.map(|label| Column::estimate(key).label(label).if_room(2))
    };
    if let Some(column) = in_currency("converted_per_image", "per image") {
        table = table.column(column, |cell| converted(cell.per_image()));
    }
    let per_call = Column::estimate("per_call").places(PLACES_MAX).if_room(3);
    table = table.column_if(has_calls, per_call, |cell| other(cell, cell.per_call()));
    if let Some(column) = in_currency("converted", "per call") {
        table = table.column_if(has_calls, column, |cell| converted(cell.per_call()));
    }
    if let Some(calls) = compared.often.calls {
        let bill = |cell: &Cell<'_>| compared.bill(cell).filter(|_| word(cell).is_none());
        table = table
            .column(Column::number("calls").data_only(), move |_| calls)
            .column(Column::text("per").data_only(), |_| compared.often.per.map(Per::as_str))
            .column(Column::estimate("bill").data_only(), |cell| other(cell, compared.bill(cell)))
            .column(Column::number("expected").text_only(), |cell| {
                Value::known(bill(cell).and_then(|bill| bill.expected))
            })
            .column(Column::number("most").label("at most").text_only(), |cell| {
                Value::known(bill(cell).and_then(|bill| bill.ceiling))
            });
    }
    let per_megapixel = Column::estimate("per_megapixel").label("per MP").places(4).if_room(5);
    table = table
        .column_if(any(|cell| cell.per_megapixel().is_some()), per_megapixel, |cell| {
            other(cell, cell.per_megapixel())
        })
        .column_if(any(|cell| cell.tokens().is_some()), Column::estimate("tokens").if_room(4), |cell| {
            Value::known(cell.tokens())
        });
    for (key, item) in ITEMS {
        table = table.column(Column::estimate(key).data_only(), |cell| cell.tokens_of(item));
    }
    let has_delta = compared.baseline.is_some();
    table = table
        .column(Column::text("ceiling_basis").data_only(), |cell| {
            let amount = cell.per_call().filter(|amount| amount.ceiling.is_some())?;
            Some(amount.basis.as_str())
        })
        .column_if(
            has_delta,
            Column::number("delta_usd").label("delta").places(PLACES_MAX).if_room(1),
            |cell| Value::known(delta(cell).map(|delta| delta.usd)),
        )
        .column_if(has_delta, Column::number("delta_per_mille").label("%"), |cell| {
            Value::known(delta(cell).and_then(|delta| delta.per_mille))
        })
        .column(Column::text("cheapest").data_only(), |cell| compared.is_cheapest(cell))
        .column(Column::text("unpriced").data_only(), |cell| match cell.state() {
            State::Unpriced(_, items) => {
                Some(items.iter().map(|item| item.as_str()).collect::<Vec<_>>().join(";"))
            }
            State::Priced(_) | State::Illegal(_) => None,
        })
        .column(Column::text("error_code").data_only(), |cell| Some(error(cell)?.code().as_str()))
        .column(Column::text("error_field").data_only(), |cell| error(cell)?.field_name())
        .column(Column::text("error_message").data_only(), |cell| Some(error(cell)?.message()))
        .column(Column::text("error_nearest").data_only(), |cell| error(cell)?.nearest_value())
        .column(Column::text("availability").data_only(), |cell| cell.availability().as_str())
        .column(Column::text("shutdown").data_only(), |cell| cell.availability().day());
    if let Some(exchange) = exchange {
        table = table
            .column(Column::text("currency").data_only(), |_| exchange.currency.as_str())
            .column(Column::number("rate").data_only(), |_| Value::number(exchange.rate.to_string()))
            .column(Column::text("rate_date").data_only(), |_| exchange.date);
    }
    let mut table = table.end();
    table.mark = "cheapest";
    for (row, cell) in table.rows.iter_mut().zip(shown) {
        row.marked = compared.is_cheapest(cell);
    }
    table
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
