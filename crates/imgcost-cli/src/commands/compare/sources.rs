//! Where the prices of a comparison are from.

use imgcost_core::{Confidence, DatedRow, Item, LinePart, Rate};

use super::Compared;
use crate::commands::quote::item_words;
use crate::report::{Column, Only, Table, Value};

/// A price that some shown cell is priced by.
struct Used {
    model: String,
    provider: String,
    item: Item,
    part: Option<LinePart>,
    rate: Rate,
    row: DatedRow,
    cells: u64,
}

/// The prices, each once, with their sources.
pub(super) fn table<'c>(compared: &'c Compared<'_>) -> Table<'c> {
    let columns = [
        Column::name("model"),
        Column::name("provider"),
        Column::name("item"),
        Column::number("rate").label("rate, USD"),
        Column::number("per").label("per units"),
        Column::name("from"),
        Column::name("to"),
        Column::name("evidence"),
        Column::name("confidence"),
        Column::name("checked"),
        Column::text("source"),
        Column::text("address"),
        Column::name("read"),
        Column::text("row"),
        Column::number("combinations"),
    ];
    let mut table = Table::new("Sources", columns).only(Only::Files);
    for used in used(compared) {
        table.row(source(compared, used));
    }
    table
}

/// Each price that shown cells are priced by, once.
fn used(compared: &Compared<'_>) -> Vec<Used> {
    let mut found: Vec<Used> = Vec::new();
    for cell in &compared.shown {
        cell.ask(|quote| {
            for line in quote.lines() {
                let Some(price) = line.price else { continue };
                let same = |used: &&mut Used| {
                    used.row.location == price.row.location
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

fn source<'c>(compared: &'c Compared<'_>, used: Used) -> [Value<'c>; 15] {
    let row = &used.row;
    let source = compared.book.source(&row.source);
    let confidence = match row.confidence {
        Confidence::High => "high",
        Confidence::Medium => "medium",
    };
    let title = source.map_or_else(|| row.source.clone(), |source| source.title.clone());
    [
        used.model.into(),
        used.provider.into(),
        item_words(used.item, used.part.map(LinePart::as_str)).into(),
        Value::number(used.rate.to_string()),
        used.rate.per().into(),
        row.from.into(),
        row.to.into(),
        row.evidence.as_str().into(),
        confidence.into(),
        row.checked.into(),
        title.into(),
        source.and_then(|source| source.address.as_deref()).into(),
        source.map(|source| source.read).into(),
        compared.book.location(row.location).into(),
        used.cells.into(),
    ]
}
