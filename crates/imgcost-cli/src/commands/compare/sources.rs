//! Where the prices of a comparison are from.

use imgcost_core::{DatedRow, Item, LinePart, Rate};

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
    let used = used(compared);
    let book = compared.book;
    let source = |used: &Used| book.source(&used.row.source);
    let title =
        |used: &Used| source(used).map_or_else(|| used.row.source.clone(), |source| source.title.clone());
    Table::of("Sources", &used)
        .column(Column::name("model"), |used| used.model.clone())
        .column(Column::name("provider"), |used| used.provider.clone())
        .column(Column::name("item"), |used| item_words(used.item, used.part.map(LinePart::as_str)))
        .column(Column::number("rate").label("rate, USD"), |used| Value::number(used.rate.to_string()))
        .column(Column::number("per").label("per units"), |used| used.rate.per())
        .column(Column::name("from"), |used| used.row.from)
        .column(Column::name("to"), |used| used.row.to)
        .column(Column::name("evidence"), |used| used.row.evidence.as_str())
        .column(Column::name("confidence"), |used| used.row.confidence.as_str())
        .column(Column::name("checked"), |used| used.row.checked)
        .column(Column::text("source"), title)
        .column(Column::text("address"), |used| source(used)?.address.as_ref())
        .column(Column::name("read"), |used| Some(source(used)?.read))
        .column(Column::text("row"), |used| book.location(used.row.location))
        .column(Column::number("combinations"), |used| used.cells)
        .only(Only::Files)
        .end()
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
