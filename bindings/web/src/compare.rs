//! Several ways to make a call, priced side by side.

use imgcost::{Error, Problem};
use imgcost_analysis::compare::{Axes, Cell, Cheapest, Grid, Sort, State, cheapest};
use imgcost_analysis::selector::{Pattern, Selector};
use imgcost_core::{
    Availability, Basis, Book, Code, Date, Endpoint, Item, Offer, OfferDefaults, Param, Request as Counts,
    TotalDocument, read,
};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use crate::documents;
use crate::input::{Asked, members};

/// The parameters that take lists.
const LISTS: [Param; 7] =
    [Param::Model, Param::Provider, Param::Quality, Param::Size, Param::N, Param::Tier, Param::AsOf];

/// The document of a comparison.
pub(crate) fn compare(request: &str, today: &str) -> Result<String, Error> {
    let mut given = members(request)?;
    let mut axes = Axes::default();
    let sort = match given.remove("sort") {
        Some(Json::String(words)) => Sort::read(&words)?,
        _ => Sort::default(),
    };
    for param in LISTS {
        let values = given.remove(param.as_str()).map(|value| values(&value)).unwrap_or_default();
        if !values.is_empty() {
            take(&mut axes, param, &values)?;
        }
    }
    let book = imgcost_pricing::book();
    fill_axes(&mut axes, book);
    let request = Asked::of(&given, today)?.request();
    let endpoint_known = request.names_endpoint();
    let grid = Grid::new(book, &axes, &request.counts(), &mut |offer, request| {
        fill(offer, request, endpoint_known);
    })?;
    let mut cells: Vec<&Cell<'_>> = grid.cells().iter().collect();
    sort.apply(&mut cells);
    let least = cheapest(&cells);
    let cells = cells.into_iter().map(|cell| CellDocument::of(cell, least)).collect();
    documents::text(&Document { schema: "imgcost.compare/1", cells })
}

/// One value or several, as text.
fn values(value: &Json) -> Vec<String> {
    match value {
        Json::Null => Vec::new(),
        Json::Array(values) => values.iter().flat_map(self::values).collect(),
        Json::String(text) => text.split(',').map(|name| name.trim().to_owned()).collect(),
        other => vec![other.to_string()],
    }
}

fn take(axes: &mut Axes, param: Param, values: &[String]) -> Result<(), Problem> {
    let field = param.as_str();
    match param {
        Param::N => {
            axes.counts = values.iter().map(|text| read::whole(field, text)).collect::<Result<_, _>>()?
        }
        Param::AsOf => {
            axes.days = values.iter().map(|text| read::date(field, text)).collect::<Result<_, _>>()?
        }
        Param::Model => axes.models = Selector::list(field, &values.join(","))?,
        Param::Provider => axes.providers = Selector::list(field, &values.join(","))?,
        Param::Quality => axes.qualities = Selector::list(field, &values.join(","))?,
        Param::Size => axes.sizes = Selector::list(field, &values.join(","))?,
        Param::Tier => axes.tiers = Selector::list(field, &values.join(","))?,
        _ => return Err(Problem::new(Code::BadInput, format!("{field} takes no list")).field(field)),
    }
    Ok(())
}

/// What is compared where nothing is named: the current models, every quality, the usual sizes.
fn fill_axes(axes: &mut Axes, book: &Book) {
    for selectors in [&mut axes.models, &mut axes.qualities, &mut axes.sizes] {
        if selectors.is_empty() {
            selectors.push(Selector::Usual);
        }
    }
    if axes.providers.is_empty() {
        let mut names: Vec<&str> = Vec::new();
        for model in &axes.models {
            if let Selector::Exact(name) = model
                && let Ok(provider) = book.usual_provider(name)
                && !names.contains(&provider.id.as_str())
            {
                names.push(&provider.id);
            }
        }
        // As patterns: a pair that is not offered was not asked for.
        axes.providers = names.into_iter().map(|name| Selector::Glob(Pattern::new(name))).collect();
    }
}

/// Fills in what depends on the offer; what only some providers or endpoints take is left out of the
/// calls to others.
fn fill(offer: &Offer<'_>, request: &mut Counts, endpoint_known: bool) {
    offer.complete(request, endpoint_known, &OfferDefaults::default());
    if offer.model.basis != Basis::Ratio {
        request.group_ratio = None;
    }
    if request.endpoint != Endpoint::Responses {
        request.responses_model = None;
    }
}

#[derive(Serialize)]
struct Document<'c> {
    schema: &'static str,
    cells: Vec<CellDocument<'c>>,
}

/// A cell, with the members that cells of `imgcost compare --json` have.
#[derive(Serialize)]
struct CellDocument<'c> {
    request: CellRequest<'c>,
    state: &'static str,
    availability: Availability,
    #[serde(skip_serializing_if = "Option::is_none")]
    shutdown: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_image: Option<TotalDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_call: Option<TotalDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_megapixel: Option<TotalDocument>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cheapest: bool,
    #[serde(skip_serializing_if = "<[Item]>::is_empty")]
    unpriced: &'c [Item],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'c Problem>,
    notes: Vec<&'static str>,
}

impl<'c> CellDocument<'c> {
    fn of(cell: &'c Cell<'_>, least: Option<Cheapest>) -> CellDocument<'c> {
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
            per_call: cell.per_call().map(Into::into),
            per_megapixel: cell.per_megapixel().map(Into::into),
            cheapest: least.is_some_and(|least| least.is(cell)),
            unpriced,
            error,
            notes: cell.ask(|quote| quote.note_codes().collect()).unwrap_or_default(),
        }
    }
}

/// What a cell asks for, the model's defaults filled in.
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
