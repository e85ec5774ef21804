//! One combination that others are compared with.

use imgcost_core::{Book, Code, Error, Offer, Param, PerMille, Request, SignedUsd, Usd, Value};

use super::axes::{Axes, Axis};
use super::cell::{Cell, State};
use super::grid::Grid;
use crate::selector::reference;

/// What an image of the baseline costs.
#[derive(Debug, Clone)]
pub struct Baseline<'b> {
    cell: Cell<'b>,
    figure: Usd,
}

/// How a cell differs from the baseline, an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Delta {
    /// In USD.
    pub usd: SignedUsd,
    /// In tenths of a percent of the baseline, rounded; none where that is free.
    pub per_mille: Option<PerMille>,
}

impl<'b> Baseline<'b> {
    /// A cell as the baseline.
    ///
    /// # Errors
    /// The cell is not priced: there is nothing to compare others with.
    pub fn new(cell: &Cell<'b>) -> Result<Baseline<'b>, Error> {
        if let Some(figure) = cell.figure() {
            return Ok(Baseline { cell: cell.clone(), figure });
        }
        let name = Axis::ALL.map(|axis| cell.label(axis)).join(" ");
        let why = match cell.state() {
            State::Illegal(error) => return Err(prefixed(error)),
            State::Unpriced(_, items) => items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            State::Priced(_) => "its size".to_owned(),
        };
        Err(Error::new(Code::BadInput, format!("baseline: {name} has no price for {why}")).field("baseline"))
    }

    /// Reads a baseline: a model, a provider, a quality and a size in any order, as for
    /// [`reference()`], and `n=4`, `as-of=DATE` and `tier=batch`. What it leaves out is as in
    /// `first`, the first cell of a grid.
    ///
    /// # Errors
    /// A word is none of these, two are of one kind, or the combination is not priced.
    pub fn read(
        book: &'b Book,
        text: &str,
        first: &Cell<'_>,
        fill: &mut dyn FnMut(&Offer<'_>, &mut Request),
    ) -> Result<Baseline<'b>, Error> {
        let mut base = first.request();
        let mut rest: Vec<&str> = Vec::new();
        for word in text.split_whitespace() {
            if !set(&mut base, word)? {
                rest.push(word);
            }
        }
        if text.trim().is_empty() {
            return Err(bad("no combination is named".to_owned())
                .allowed(["first", "words such as gpt-image-1 high 1024x1024 n=4"]));
        }
        let is_model = |word: &&str| {
            word.starts_with("model=") || book.providers().any(|provider| provider.model(word).is_some())
        };
        let model = format!("model={}", base.model);
        if !rest.iter().any(is_model) {
            rest.push(&model);
        }
        let base = reference(book, &rest.join(" "), &base).map_err(|error| prefixed(&error))?;
        let grid = Grid::new(book, &Axes::default(), &base, fill).map_err(|error| prefixed(&error))?;
        match grid.cells() {
            [cell] => Baseline::new(cell),
            _ => Err(bad("names more than one combination".to_owned())),
        }
    }

    /// The cell.
    #[must_use]
    pub fn cell(&self) -> &Cell<'b> {
        &self.cell
    }

    /// What one of its images costs.
    #[must_use]
    pub fn figure(&self) -> Usd {
        self.figure
    }

    /// How a cell differs from it; none where the cell is not priced.
    #[must_use]
    pub fn delta(&self, cell: &Cell<'_>) -> Option<Delta> {
        let usd = SignedUsd::between(self.figure, cell.figure()?);
        Some(Delta { usd, per_mille: usd.per_mille_of(self.figure) })
    }
}

fn bad(why: String) -> Error {
    Error::new(Code::BadInput, format!("baseline: {why}")).field("baseline")
}

/// An error of the combination, said of the baseline.
fn prefixed(error: &Error) -> Error {
    let mut said = Error::new(error.code(), format!("baseline: {}", error.message()))
        .field("baseline")
        .allowed(error.allowed_values());
    if let Some(nearest) = error.nearest_value() {
        said = said.nearest(nearest);
    }
    said
}

/// Sets the parameter of a word such as `n=4`; false where it is no word of the baseline's own.
fn set(request: &mut Request, word: &str) -> Result<bool, Error> {
    let Some((key, value)) = word.split_once('=') else { return Ok(false) };
    let param = match key {
        "n" => Param::N,
        "as-of" | "as_of" => Param::AsOf,
        "tier" => Param::Tier,
        _ => return Ok(false),
    };
    param.set(request, Value::text(value)).map_err(|error| prefixed(&error))?;
    Ok(true)
}
