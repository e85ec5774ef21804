//! `imgcost compare`: every combination of some settings, priced side by side; or the calls of a
//! log at other models and tiers.

mod asked;
mod document;
mod equivalent;
mod log;
mod notes;
mod pivot;
mod report;
mod sources;
mod table;

use imgcost_analysis::Volume;
use imgcost_analysis::compare::{Baseline, Cell, Cheapest, Filter, Grid, Sort, State, cheapest};
use imgcost_analysis::currency::Exchange;
use imgcost_analysis::selector::{Pattern, Selector, patterns};
use imgcost_core::{Book, Error, Note, Offer, Param, Request, Total};

use crate::args::CompareArgs;
use crate::failure::{End, Failure, bad_input};
use crate::fields;
use crate::report::Output;
use crate::settings::Settings;
use crate::volume::Often;

pub(crate) use pivot::SHOWN;

use asked::Asked;
use pivot::Layout;

/// What a comparison came to.
struct Compared<'r> {
    book: &'r Book,
    /// The cells that are shown, in their order.
    shown: Vec<&'r Cell<'r>>,
    /// How many there were before conditions.
    all: usize,
    /// The least that an image costs among the shown.
    cheapest: Option<Cheapest>,
    baseline: Option<Baseline<'r>>,
    exchange: Option<Exchange>,
    often: Often,
    /// What a reader should know of how the request was understood.
    remarks: Vec<Note>,
    /// Whether providers are searched for by `all` or a pattern: of those that are found, some may have no
    /// price.
    searches: bool,
}

impl Compared<'_> {
    fn is_cheapest(&self, cell: &Cell<'_>) -> bool {
        self.cheapest.is_some_and(|cheapest| cheapest.is(cell))
    }

    /// Whether a shown model was shut down, or will be soon.
    fn is_marked(&self) -> bool {
        self.shown.iter().any(|cell| cell.availability().is_marked())
    }

    /// What all calls of a cell come to.
    fn bill(&self, cell: &Cell<'_>) -> Option<Total> {
        Some(self.often.calls.unwrap_or(Volume::ONCE).of(&cell.per_call()?))
    }

    fn end(&self) -> End {
        let is_unpriced = |cell: &&Cell<'_>| matches!(cell.state(), State::Unpriced(..));
        let is_priced = |cell: &&Cell<'_>| matches!(cell.state(), State::Priced(_));
        let unpriced =
            self.shown.iter().any(is_unpriced) && !(self.searches && self.shown.iter().any(is_priced));
        let illegal = self.shown.iter().all(|cell| matches!(cell.state(), State::Illegal(_)));
        match (unpriced, illegal && !self.shown.is_empty()) {
            (true, _) => End::Incomplete,
            (_, true) => End::Refused,
            _ => End::Done,
        }
    }
}

/// Prices a grid and shows it.
pub(crate) fn compare(args: &CompareArgs, settings: &Settings, output: &Output) -> Result<End, Failure> {
    if !args.logs.is_empty() {
        return log::compare(args, settings, output);
    }
    if let Some(field) =
        [("since", &args.since), ("until", &args.until)].iter().find(|(_, day)| day.is_some())
    {
        return Err(bad_input(field.0, format!("--{} goes with a log of calls", field.0)).into());
    }
    let exchange = args.currency.exchange()?;
    let filters = filters(args)?;
    let often = Often::read(&args.volume)?;
    // Of so many calls each, what one costs ranks their bills.
    let by_bill = often.calls.map(|_| "per_call");
    let sort = args.sort.as_deref().or(by_bill).map(Sort::read).transpose()?.unwrap_or_default();
    let mut layout = Layout::read(args)?;
    let book = crate::request::book(&args.request.book, settings)?;
    let mut asked = Asked::read(args, settings, &book)?;
    if let Some(words) = &args.equivalent_to {
        return equivalents(args, &asked, &book, words, output);
    }
    let (axes, base) = (asked.axes.clone(), asked.base.clone());
    let grid = Grid::new(&book, &axes, &base, &mut |offer, request| asked.fill(offer, request))?;
    let baseline = match (args.baseline.as_deref(), grid.cells().first()) {
        (None, _) | (_, None) => None,
        (Some("first"), Some(first)) => Some(Baseline::new(first)?),
        (Some(words), Some(first)) => {
            let fill = &mut |offer: &Offer<'_>, request: &mut Request| asked.fill(offer, request);
            Some(Baseline::read(&book, words, first, fill)?)
        }
    };
    let keeps = |cell: &&Cell<'_>| filters.iter().all(|filter| filter.keeps(cell));
    let mut shown: Vec<&Cell<'_>> = grid.cells().iter().filter(keeps).collect();
    sort.apply(&mut shown);
    let is_plain = args.sort.is_none() && args.baseline.is_none() && exchange.is_none() && !often.is_said();
    let has_quality = shown.iter().any(|cell| cell.quality().is_some());
    if is_plain && has_quality && axes.qualities == [Selector::Usual] {
        layout.get_or_insert_with(Layout::by_quality);
    }
    let compared = Compared {
        book: &book,
        all: grid.cells().len(),
        cheapest: cheapest(&shown),
        shown,
        baseline,
        exchange,
        often,
        remarks: asked.remarks,
        searches: args
            .request
            .get(Param::Provider)
            .is_some_and(|names| names == "all" || names.contains('*')),
    };
    output.write(&document::document(&compared), || report::report(&compared, layout.as_ref()))?;
    Ok(compared.end())
}

/// Whether anything of a grid could be called.
///
/// # Errors
/// It can't be accepted, or all of it would be refused: why the first of it would.
pub(crate) fn check(args: &CompareArgs, settings: &Settings) -> Result<(), Error> {
    let book = crate::request::book(&args.request.book, settings)?;
    let mut asked = Asked::read(args, settings, &book)?;
    let (axes, base) = (asked.axes.clone(), asked.base.clone());
    let grid = Grid::new(&book, &axes, &base, &mut |offer, request| asked.fill(offer, request))?;
    let refused = |cell: &Cell<'_>| match cell.state() {
        State::Illegal(error) => Some(error.clone()),
        State::Priced(_) | State::Unpriced(..) => None,
    };
    let refused: Option<Vec<Error>> = grid.cells().iter().map(refused).collect();
    refused.and_then(|errors| errors.into_iter().next()).map_or(Ok(()), Err)
}

/// What spends as much as a setting, among the models that were asked for: all of the provider's
/// where none was.
fn equivalents(
    args: &CompareArgs,
    asked: &Asked,
    book: &Book,
    words: &str,
    output: &Output,
) -> Result<End, Failure> {
    let base = asked.of_one_day()?;
    let given = |param: Param| match args.request.get(param) {
        Some(text) => patterns(param.as_str(), text),
        None => Ok(Vec::new()),
    };
    let mut providers = given(Param::Provider)?;
    if providers.is_empty() {
        providers.push(Pattern::new(&base.provider));
    }
    let chosen = (providers.as_slice(), given(Param::Model)?);
    equivalent::equivalent(output, book, words, &base, (chosen.0, &chosen.1))
}

fn filters(args: &CompareArgs) -> Result<Vec<Filter>, Failure> {
    let mut filters = args.filters.iter().map(|text| Filter::read(text)).collect::<Result<Vec<_>, _>>()?;
    if let Some(text) = &args.max_per_image {
        filters.push(Filter::at_most(fields::usd("max_per_image", text)?));
    }
    Ok(filters)
}
