//! Every combination of the axes, priced.

use std::sync::Arc;

use imgcost_core::{Book, Code, Error, Offer, Request};

use super::axes::{Axes, unique};
use super::cell::{Cell, State};
use super::resolve::{OfferGroup, groups};

/// The most cells of a grid.
pub const CELLS_MAX: usize = 1_000_000;

/// Every combination of some axes, in order: models, then providers, qualities, sizes, counts,
/// days and tiers, each as they were listed, the last changing first.
#[derive(Debug, Clone)]
pub struct Grid<'b> {
    cells: Vec<Cell<'b>>,
}

impl<'b> Grid<'b> {
    /// Makes and prices a grid. What the axes leave out is the base request's; what depends on
    /// an offer (where the call goes, say) is for `fill` to set.
    ///
    /// `all` on the axis of sizes means those listed for the model. Where a rule gives the sizes
    /// and more than 64 keep it, it means those that the provider publishes prices for, else the
    /// legal ones of 1024x1024, 1536x1024 and 1024x1536.
    ///
    /// ```
    /// use imgcost_core::{Date, Request};
    /// use imgcost_analysis::compare::{Axes, Grid};
    /// use imgcost_analysis::selector::Selector;
    /// let book = imgcost_pricing::book();
    /// let base = Request::new("openai", "gpt-image-2", Date::constant(2026, 11, 21));
    /// let mut axes = Axes::default();
    /// axes.qualities = Selector::list("quality", "all")?;
    /// axes.sizes = Selector::list("size", "1024x1024,1536x1024")?;
    /// let grid = Grid::new(book, &axes, &base, &mut |_, _| {})?;
    /// assert_eq!(grid.cells().len(), 3 * 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A name that nobody knows, a pattern that fits nothing, a value that can't be read, or
    /// more than [`CELLS_MAX`] cells; nothing is priced then.
    pub fn new(
        book: &'b Book,
        axes: &Axes,
        base: &Request,
        fill: &mut dyn FnMut(&Offer<'_>, &mut Request),
    ) -> Result<Grid<'b>, Error> {
        let counts = if axes.counts.is_empty() { vec![base.n] } else { unique(&axes.counts) };
        let groups = groups(book, axes, base, fill)?;
        let count = groups
            .iter()
            .map(|group| group.cells().saturating_mul(counts.len()))
            .fold(0, usize::saturating_add);
        if count > CELLS_MAX {
            let message = format!("the grid has {count} combinations: at most {CELLS_MAX} are compared");
            return Err(Error::new(Code::TooLarge, message)
                .allowed(["fewer names on an axis", "several runs, each of a part"]));
        }
        let mut cells = Vec::with_capacity(count);
        for group in &groups {
            add(group, &counts, &mut cells);
        }
        Ok(Grid { cells })
    }

    /// The cells, in order.
    #[must_use]
    pub fn cells(&self) -> &[Cell<'b>] {
        &self.cells
    }
}

fn add<'b>(group: &Arc<OfferGroup<'b>>, counts: &[u32], cells: &mut Vec<Cell<'b>>) {
    let mut request = group.base.clone();
    for quality in &group.qualities {
        request.quality.clone_from(quality);
        for size in &group.sizes {
            request.size = *size;
            for n in counts {
                request.n = *n;
                for (day, (as_of, offer)) in group.days.iter().enumerate() {
                    request.as_of = *as_of;
                    for tier in &group.tiers {
                        request.tier = *tier;
                        cells.push(Cell {
                            group: Arc::clone(group),
                            day,
                            quality: quality.clone(),
                            size: *size,
                            n: *n,
                            tier: *tier,
                            state: state(offer, &request),
                        });
                    }
                }
            }
        }
    }
}

fn state(offer: &Result<Offer<'_>, Error>, request: &Request) -> State {
    match offer {
        Ok(offer) => {
            let offer: Offer<'_> = *offer;
            State::of(offer.quote(request))
        }
        Err(error) => State::Illegal(error.clone()),
    }
}
