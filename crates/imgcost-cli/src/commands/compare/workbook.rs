//! A comparison as typed tables: the combinations, and where their prices are from.

use imgcost_analysis::compare::Cell;
use imgcost_core::{Item, Part, Rate, Row, Size, Total, Usd};

use super::notes::{self, word};
use super::page::places_of;
use super::{Compared, page};
use crate::render::item_words;
use crate::render::workbook::{Kind, TypedColumn, TypedRow, TypedTable, Value, Workbook};

/// The workbook of a comparison.
pub(super) fn workbook(compared: &Compared<'_>) -> Workbook {
    let mut lines = page::lines(compared, "");
    lines.extend(notes::reasons(compared).into_iter().map(|said| format!("{}: {}", said.word, said.message)));
    lines.extend(notes::notes(compared).into_iter().map(|said| said.message));
    Workbook { title: page::heading(compared), lines, tables: vec![cells(compared), sources(compared)] }
}

fn column(name: impl Into<String>, kind: Kind) -> TypedColumn {
    TypedColumn { name: name.into(), kind, bar: false, sum: false }
}

fn cells(compared: &Compared<'_>) -> TypedTable {
    let mut columns = vec![column("model", Kind::Text)];
    if compared.is_marked() {
        columns.push(column("status", Kind::Text));
    }
    columns.extend([
        column("provider", Kind::Text),
        column("quality", Kind::Text),
        column("size", Kind::Text),
        column("n", Kind::Count),
        column("as of", Kind::Day),
        column("tier", Kind::Text),
        TypedColumn { bar: true, ..column("per image", Kind::Usd) },
    ]);
    let converted = |what: &str| {
        let exchange = compared.exchange.as_ref();
        exchange.map(|exchange| column(format!("{} {what}", exchange.currency), Kind::Converted))
    };
    columns.extend(converted("per image"));
    columns.extend([
        column("per image, floor", Kind::Usd),
        column("per image, ceiling", Kind::Usd),
        // Alternatives are never added up.
        column("per call", Kind::Usd),
    ]);
    columns.extend(converted("per call"));
    columns.extend([column("per megapixel", Kind::Usd), column("tokens", Kind::Count)]);
    if compared.baseline.is_some() {
        columns.push(column("delta, USD", Kind::Text));
        columns.push(column("delta", Kind::Percent));
    }
    let shown = || compared.shown.iter();
    let places = Places {
        per_image: places_of(shown().filter_map(|cell| cell.per_image())),
        per_call: places_of(shown().filter_map(|cell| cell.per_call())),
    };
    TypedTable {
        name: "Comparison".to_owned(),
        columns,
        rows: compared.shown.iter().map(|cell| row(compared, cell, &places)).collect(),
        mark: "cheapest",
    }
}

/// The decimals of the dollar columns, which their amounts in another currency have too.
struct Places {
    per_image: u32,
    per_call: u32,
}

fn row(compared: &Compared<'_>, cell: &Cell<'_>, places: &Places) -> TypedRow {
    let missing = word(cell);
    let unknown = || missing.clone().map_or(Value::Empty, Value::Unknown);
    let usd = |usd: Option<Usd>| usd.map_or_else(unknown, Value::Usd);
    let is_expected = |amount: &Option<Total>| amount.is_some_and(|amount| amount.expected.is_some());
    let figure = |amount: Option<Total>| {
        usd(amount.and_then(|amount| amount.figure())).or_at_most(is_expected(&amount))
    };
    let converted = |amount: Option<Total>, places: u32| {
        compared.exchange.as_ref()?;
        let converted = compared.converted(amount.and_then(|amount| amount.figure()));
        let value = converted.map_or_else(unknown, |converted| Value::Converted(converted, places));
        Some(value.or_at_most(is_expected(&amount)))
    };
    let (per_image, per_call) = (cell.per_image(), cell.per_call());
    let tokens = cell.tokens();
    let mut cells = vec![Value::Text(cell.model().to_owned())];
    if compared.is_marked() {
        let availability = cell.availability();
        let mark = availability.is_marked().then(|| Value::Text(availability.to_string()));
        cells.push(mark.unwrap_or(Value::Empty));
    }
    cells.extend([
        Value::Text(cell.provider().to_owned()),
        cell.quality().map_or(Value::Empty, |quality| Value::Text(quality.to_string())),
        cell.size().map_or(Value::Empty, |size: Size| Value::Text(size.to_string())),
        Value::Count(cell.n().into()),
        Value::Day(cell.as_of()),
        Value::Text(cell.tier().to_string()),
        figure(per_image),
    ]);
    cells.extend(converted(per_image, places.per_image));
    cells.extend([
        usd(per_image.and_then(|amount| amount.floor)),
        usd(per_image.and_then(|amount| amount.ceiling)),
        figure(per_call),
    ]);
    cells.extend(converted(per_call, places.per_call));
    cells.extend([
        match cell.per_megapixel() {
            // An image whose size is left to the model has no price a megapixel.
            None if missing.is_none() => Value::Empty,
            amount => figure(amount),
        },
        tokens.map_or(Value::Empty, |range| {
            Value::Count(range.expected.unwrap_or(range.ceiling)).or_at_most(range.expected.is_some())
        }),
    ]);
    if let Some(baseline) = &compared.baseline {
        let delta = baseline.delta(cell);
        cells.push(delta.map_or_else(unknown, |delta| Value::Text(delta.usd.to_string())));
        cells.push(
            delta
                .and_then(|delta| delta.per_mille)
                .map_or(Value::Empty, |share| Value::PerMille(share.tenths_of_percent())),
        );
    }
    TypedRow { cells, marked: compared.is_cheapest(cell) }
}

/// A price that some shown cell is priced by.
struct Used {
    model: String,
    provider: String,
    item: Item,
    part: Option<Part>,
    rate: Rate,
    row: Row,
    cells: u64,
}

fn sources(compared: &Compared<'_>) -> TypedTable {
    let names = [
        ("model", Kind::Text),
        ("provider", Kind::Text),
        ("item", Kind::Text),
        ("rate, USD", Kind::Text),
        ("per units", Kind::Count),
        ("from", Kind::Day),
        ("to", Kind::Day),
        ("evidence", Kind::Text),
        ("confidence", Kind::Text),
        ("checked", Kind::Day),
        ("source", Kind::Text),
        ("address", Kind::Text),
        ("read", Kind::Day),
        ("row", Kind::Text),
        ("combinations", Kind::Count),
    ];
    TypedTable {
        name: "Sources".to_owned(),
        columns: names.map(|(name, kind)| column(name, kind)).into(),
        rows: used(compared).into_iter().map(|used| source(compared, used)).collect(),
        mark: "",
    }
}

/// Each price that shown cells are priced by, once.
fn used(compared: &Compared<'_>) -> Vec<Used> {
    let mut found: Vec<Used> = Vec::new();
    for cell in &compared.shown {
        cell.ask(|quote| {
            for line in quote.lines() {
                let Some(price) = line.price else { continue };
                let same = |used: &&mut Used| {
                    used.row.place == price.row.place
                        && (used.item, used.part, used.rate) == (line.item, line.part, price.rate)
                        && used.model == cell.model()
                        && used.provider == cell.provider()
                };
                match found.iter_mut().find(same) {
                    Some(used) => used.cells += 1,
                    None => found.push(Used {
                        model: cell.model().to_owned(),
                        provider: cell.provider().to_owned(),
                        item: line.item,
                        part: line.part,
                        rate: price.rate,
                        row: price.row.clone(),
                        cells: 1,
                    }),
                }
            }
        });
    }
    found
}

fn source(compared: &Compared<'_>, used: Used) -> TypedRow {
    let row = &used.row;
    let source = compared.book.source(&row.source);
    let day = |day: Option<imgcost_core::Date>| day.map_or(Value::Empty, Value::Day);
    let title = source.map_or(row.source.as_str(), |source| source.title.as_str());
    let cells = vec![
        Value::Text(used.model),
        Value::Text(used.provider),
        Value::Text(item_words(used.item, used.part.map(Part::as_str))),
        Value::Text(used.rate.to_string()),
        Value::Count(used.rate.per()),
        Value::Day(row.from),
        day(row.to),
        Value::Text(row.evidence.as_str().to_owned()),
        Value::Text(row.confidence.as_str().to_owned()),
        day(row.checked),
        Value::Text(title.to_owned()),
        source.and_then(|source| source.address.clone()).map_or(Value::Empty, Value::Text),
        day(source.map(|source| source.read)),
        Value::Text(compared.book.place(row.place)),
        Value::Count(used.cells),
    ];
    TypedRow { cells, marked: false }
}
