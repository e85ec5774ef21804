//! A comparison as the JSON document `imgcost.compare/1`.
//!
//! Amounts are decimal strings, counts are integers; a key that does not apply is left out, a
//! value that is unknown is null.

use std::collections::BTreeMap;

use imgcost_analysis::Volume;
use imgcost_analysis::compare::{Cell, Delta, State};
use imgcost_analysis::currency::Converted;
use imgcost_core::{Availability, Date, Error, Item, Param, RangeDocument, TotalDocument, Usd};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

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
    request: CellRequest<'c>,
    state: &'static str,
    /// `current`, `ends` (within 30 days) or `retired` on the day of the request.
    availability: Availability,
    /// The day of the shutdown, where one is near or past.
    #[serde(skip_serializing_if = "Option::is_none")]
    shutdown: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_image: Option<TotalDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_call: Option<TotalDocument>,
    /// What all calls come to, where it was said how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    bill: Option<TotalDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_megapixel: Option<TotalDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedDocument<'c>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tokens: BTreeMap<&'static str, RangeDocument<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<Delta>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cheapest: bool,
    #[serde(skip_serializing_if = "<[Item]>::is_empty")]
    unpriced: &'c [Item],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'c Error>,
    notes: Vec<&'static str>,
}

/// What a cell asks for, the model's defaults filled in: its parameters by their names.
struct CellRequest<'c>(&'c Cell<'c>);

impl Serialize for CellRequest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let CellRequest(cell) = self;
        let mut request = cell.request();
        (request.quality, request.size) = (cell.quality().cloned(), cell.size());
        let mut map = serializer.serialize_map(None)?;
        for param in Param::ALL.iter().filter(|param| **param != Param::Tier) {
            if let Some(value) = param.get(&request) {
                map.serialize_entry(param.as_str(), &value)?;
            }
        }
        map.serialize_entry(Param::Tier.as_str(), cell.tier().as_str())?;
        map.end()
    }
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
struct Summary {
    combinations: usize,
    shown: usize,
    priced: usize,
    unpriced: usize,
    illegal: usize,
    /// What an image costs at the least; null where no model that can still be called is priced.
    cheapest_per_image: Option<Usd>,
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
        summary: Summary {
            combinations: compared.all,
            shown: compared.shown.len(),
            priced: compared.count("priced"),
            unpriced: compared.count("unpriced"),
            illegal: compared.count("illegal"),
            cheapest_per_image: compared.cheapest.map(|cheapest| cheapest.figure),
        },
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
    let per_call = cell.per_call();
    let converted = compared.exchange.as_ref().zip(per_call.zip(cell.per_image())).map(
        |(exchange, (per_call, per_image))| ConvertedDocument {
            per_call: converted(exchange, &per_call),
            per_image: Bounds::from(&per_image).map(|usd| exchange.convert(usd)),
        },
    );
    let (unpriced, error): (&[Item], _) = match cell.state() {
        State::Priced(_) => (&[], None),
        State::Unpriced(_, items) => (items, None),
        State::Illegal(error) => (&[], Some(error)),
    };
    CellDocument {
        request: CellRequest(cell),
        state: cell.state().name(),
        availability: cell.availability(),
        shutdown: cell.availability().day(),
        per_image: cell.per_image().map(Into::into),
        per_call: per_call.map(Into::into),
        bill: compared.often.calls.and(compared.bill(cell)).map(Into::into),
        per_megapixel: cell.per_megapixel().map(Into::into),
        converted,
        tokens: tokens(cell),
        delta: compared.baseline.as_ref().and_then(|baseline| baseline.delta(cell)),
        cheapest: compared.is_cheapest(cell),
        unpriced,
        error,
        notes: cell.ask(|quote| quote.note_codes().collect()).unwrap_or_default(),
    }
}

fn tokens(cell: &Cell<'_>) -> BTreeMap<&'static str, RangeDocument<u64>> {
    let items = [Item::TextInput, Item::ImageInput, Item::TextOutput, Item::ImageOutput];
    let items = items.iter().filter_map(|item| Some((item.as_str(), cell.tokens_of(*item)?)));
    items.chain(cell.tokens().map(|all| ("total", all))).map(|(name, tokens)| (name, tokens.into())).collect()
}
