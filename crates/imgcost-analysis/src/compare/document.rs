//! Cells as members of the JSON document `imgcost.compare/1`.
//!
//! Amounts are decimal strings, counts are integers; a key that does not apply is left out, a
//! value that is unknown is null.

use imgcost_core::{Availability, Date, Error, Item, Param, TotalDocument, Usd};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::cell::{Cell, State};
use super::sort::Cheapest;

/// A cell: what it asks for, its state, and its amounts in USD.
#[derive(Debug, Serialize)]
pub struct CellDocument<'c> {
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
    #[serde(skip_serializing_if = "Option::is_none")]
    per_megapixel: Option<TotalDocument>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cheapest: bool,
    #[serde(skip_serializing_if = "<[Item]>::is_empty")]
    unpriced: &'c [Item],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'c Error>,
    notes: Vec<&'static str>,
}

impl<'c> CellDocument<'c> {
    /// A cell, beside the least that an image costs among those with it.
    #[must_use]
    pub fn of(cell: &'c Cell<'_>, least: Option<Cheapest>) -> CellDocument<'c> {
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

/// What a cell asks for, the model's defaults filled in: its parameters by their names.
#[derive(Debug, Clone, Copy)]
pub struct CellRequest<'c>(pub &'c Cell<'c>);

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

/// How many cells there are, and the least of them.
#[derive(Debug, Serialize)]
pub struct Summary {
    combinations: usize,
    shown: usize,
    priced: usize,
    unpriced: usize,
    illegal: usize,
    /// What an image costs at the least, in USD; null where no model that can still be called is priced.
    cheapest_per_image: Option<Usd>,
}

impl Summary {
    /// Counts the cells that are shown of all.
    #[must_use]
    pub fn of(shown: &[&Cell<'_>], combinations: usize, least: Option<Cheapest>) -> Summary {
        let count = |is_one: fn(&State) -> bool| shown.iter().filter(|cell| is_one(cell.state())).count();
        Summary {
            combinations,
            shown: shown.len(),
            priced: count(|state| matches!(state, State::Priced(_))),
            unpriced: count(|state| matches!(state, State::Unpriced(..))),
            illegal: count(|state| matches!(state, State::Illegal(_))),
            cheapest_per_image: least.map(|least| least.figure),
        }
    }
}
