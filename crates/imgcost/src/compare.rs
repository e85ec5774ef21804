//! Several ways to make a call, priced side by side.

use imgcost_analysis::compare::{
    Axes, Cell, CellDocument, Cheapest, Grid, Sort, Summary, cheapest, complete,
};
use imgcost_core::{Book, OfferDefaults};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::estimator::Estimator;
use crate::request::Request;

/// Every combination of some values, priced.
#[derive(Debug, Clone)]
pub struct Comparison<'b> {
    cells: Vec<Cell<'b>>,
    combinations: usize,
    least: Option<Cheapest>,
}

impl Estimator {
    /// Prices every combination of some values of a call. Where none are named, the current models at
    /// every quality and the usual sizes are compared.
    ///
    /// ```
    /// use imgcost::analysis::compare::{Axes, Sort};
    /// use imgcost::{Estimator, Param, Request};
    /// let mut axes = Axes::default();
    /// axes.take(Param::Model, &["gpt-image-2", "gpt-image-2.5-flare"])?;
    /// axes.take(Param::Quality, &["high"])?;
    /// axes.take(Param::Size, &["1536x1024"])?;
    /// let estimator = Estimator::new();
    /// let on = Request::new("").on("2026-11-21".parse()?);
    /// let comparison = estimator.compare(&on, axes, &Sort::read("per-image")?)?;
    /// let least = &comparison.cells()[0];
    /// assert_eq!((least.model(), comparison.is_cheapest(least)), ("gpt-image-2.5-flare", true));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A name that nobody knows, a pattern that fits nothing, or too many combinations.
    pub fn compare(&self, request: &Request, axes: Axes, sort: &Sort) -> Result<Comparison<'_>, Error> {
        Comparison::new(self.book(), request, axes, sort)
    }
}

/// Prices every combination of some values of a call by the built-in price book.
///
/// # Errors
/// As [`Estimator::compare`].
#[cfg(feature = "prices")]
pub fn compare(request: &Request, axes: Axes, sort: &Sort) -> Result<Comparison<'static>, Error> {
    Comparison::new(imgcost_pricing::book(), request, axes, sort)
}

impl<'b> Comparison<'b> {
    fn new(book: &'b Book, request: &Request, mut axes: Axes, sort: &Sort) -> Result<Comparison<'b>, Error> {
        axes.fill(book);
        let (endpoint_known, defaults) = (request.names_endpoint(), OfferDefaults::default());
        let grid = Grid::new(book, &axes, &request.counts(), &mut |offer, request| {
            complete(offer, request, endpoint_known, &defaults);
        })?;
        let mut cells: Vec<&Cell<'_>> = grid.cells().iter().collect();
        sort.apply(&mut cells);
        let least = cheapest(&cells);
        let cells: Vec<Cell<'_>> = cells.into_iter().cloned().collect();
        Ok(Comparison { combinations: cells.len(), cells, least })
    }

    /// The combinations, in order.
    #[must_use]
    pub fn cells(&self) -> &[Cell<'b>] {
        &self.cells
    }

    /// Whether an image costs the least there, of all that were compared.
    #[must_use]
    pub fn is_cheapest(&self, cell: &Cell<'_>) -> bool {
        self.least.is_some_and(|least| least.is(cell))
    }

    /// The same, to keep.
    #[must_use]
    pub fn into_cells(self) -> Vec<Cell<'b>> {
        self.cells
    }

    /// The least that an image costs, of all that were compared.
    #[must_use]
    pub fn least(&self) -> Option<Cheapest> {
        self.least
    }

    /// The first of them alone.
    #[must_use]
    pub fn first(mut self, most: usize) -> Comparison<'b> {
        self.cells.truncate(most);
        self
    }
}

impl Serialize for Comparison<'_> {
    /// The document `imgcost.compare/1`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cells: Vec<_> = self.cells.iter().map(|cell| CellDocument::of(cell, self.least)).collect();
        let shown: Vec<_> = self.cells.iter().collect();
        let mut document = serializer.serialize_struct("Comparison", 3)?;
        document.serialize_field("schema", "imgcost.compare/1")?;
        document.serialize_field("cells", &cells)?;
        document.serialize_field("summary", &Summary::of(&shown, self.combinations, self.least))?;
        document.end()
    }
}
