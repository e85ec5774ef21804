//! A comparison as the JSON document `imgcost.compare/1`.
//!
//! Amounts are decimal strings, counts are integers; a key that does not apply is left out, a
//! value that is unknown is null.

use std::collections::BTreeMap;

use imgcost_analysis::Volume;
use imgcost_analysis::compare::{self as cells, Cell, CellRequest, Delta, Summary};
use imgcost_analysis::currency::Converted;
use imgcost_core::{Date, Item, RangeDocument, TotalDocument, Usd};
use serde::Serialize;

use super::{Compared, notes};
use crate::report::{Bounds, ConvertedTotal, converted};
use crate::volume::Per;

/// The document.
#[derive(Serialize)]
pub(super) struct Document<'c> {
    schema: &'static str,
    /// How often each call is made, where it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    calls: Option<Volume>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per: Option<Per>,
    cells: Vec<CellDocument<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<BaselineDocument<'c>>,
    summary: Summary,
    notes: Vec<NoteDocument>,
    book: BookDocument<'c>,
}

#[derive(Serialize)]
struct CellDocument<'c> {
    #[serde(flatten)]
    cell: cells::CellDocument<'c>,
    /// What all calls come to, where it was said how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    bill: Option<TotalDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedDocument<'c>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tokens: BTreeMap<&'static str, RangeDocument<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<Delta>,
}

#[derive(Serialize)]
struct ConvertedDocument<'c> {
    #[serde(flatten)]
    per_call: ConvertedTotal<'c>,
    per_image: Bounds<Converted>,
}

#[derive(Serialize)]
struct BaselineDocument<'c> {
    request: CellRequest<'c>,
    per_image: Usd,
}

#[derive(Serialize)]
struct NoteDocument {
    code: &'static str,
    message: String,
    /// How many cells it is said of.
    cells: usize,
}

#[derive(Serialize)]
struct BookDocument<'c> {
    digest: &'c str,
    overrides: u32,
    /// The day that the prices of each shown provider were last checked.
    checked: BTreeMap<&'c str, Date>,
}

/// The document of a comparison.
pub(super) fn document<'c>(compared: &'c Compared<'_>) -> Document<'c> {
    let said = notes::reasons(compared).into_iter().chain(notes::notes(compared));
    Document {
        schema: "imgcost.compare/1",
        calls: compared.often.calls,
        per: compared.often.per,
        cells: compared.shown.iter().map(|cell| of_cell(compared, cell)).collect(),
        baseline: compared.baseline.as_ref().map(|baseline| BaselineDocument {
            request: CellRequest(baseline.cell()),
            per_image: baseline.figure(),
        }),
        summary: Summary::of(&compared.shown, compared.all, compared.cheapest),
        notes: said
            .map(|said| NoteDocument { code: said.code, message: said.message, cells: said.cells })
            .collect(),
        book: BookDocument {
            digest: compared.book.digest(),
            overrides: compared.book.overrides(),
            checked: checked(compared),
        },
    }
}

fn checked<'c>(compared: &'c Compared<'_>) -> BTreeMap<&'c str, Date> {
    let shown = compared.shown.iter().filter_map(|cell| compared.book.provider(cell.provider()).ok());
    shown.map(|provider| (provider.id.as_str(), provider.checked)).collect()
}

fn of_cell<'c>(compared: &'c Compared<'_>, cell: &'c Cell<'_>) -> CellDocument<'c> {
    let converted = compared.exchange.as_ref().zip(cell.per_call().zip(cell.per_image())).map(
        |(exchange, (per_call, per_image))| ConvertedDocument {
            per_call: converted(exchange, &per_call),
            per_image: Bounds::from(&per_image).map(|usd| exchange.convert(usd)),
        },
    );
    CellDocument {
        cell: cells::CellDocument::of(cell, compared.cheapest),
        bill: compared.often.calls.and(compared.bill(cell)).map(Into::into),
        converted,
        tokens: tokens(cell),
        delta: compared.baseline.as_ref().and_then(|baseline| baseline.delta(cell)),
    }
}

fn tokens(cell: &Cell<'_>) -> BTreeMap<&'static str, RangeDocument<u64>> {
    let items = [Item::TextInput, Item::ImageInput, Item::TextOutput, Item::ImageOutput];
    let items = items.iter().filter_map(|item| Some((item.as_str(), cell.tokens_of(*item)?)));
    items.chain(cell.tokens().map(|all| ("total", all))).map(|(name, tokens)| (name, tokens.into())).collect()
}
