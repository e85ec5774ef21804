//! `--rows` and `--columns`: one value of each combination, laid out.

use imgcost_analysis::compare::{Axis, Cell, Pivot};
use imgcost_core::{Code, Error, Total, Usd};

use super::Compared;
use super::notes::word;
use super::table::{PLACES_MAX, amount, marked};
use crate::args::CompareArgs;
use crate::report::{Column, DASH, Only, Report, Table, Value};

/// What may stand in a pivot, by name.
pub(crate) const SHOWN: [&str; 6] = ["per-image", "per-call", "bill", "per-megapixel", "tokens", "delta"];

/// The most decimals of amounts that are for an overview, or by the megapixel.
const PLACES_FEW: u32 = 4;

/// What stands in a pivot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Show {
    PerImage,
    PerCall,
    Bill,
    PerMegapixel,
    Tokens,
    Delta,
}

impl Show {
    /// Whether it goes by the price of an image, which is what the cheapest is found by.
    const fn is_by_image(self) -> bool {
        matches!(self, Show::PerImage | Show::Delta)
    }

    /// The heading where no axis goes across.
    const fn words(self) -> &'static str {
        match self {
            Show::PerImage => "per image",
            Show::PerCall => "per call",
            Show::Bill => "bill",
            Show::PerMegapixel => "per MP",
            Show::Tokens => "tokens",
            Show::Delta => "delta",
        }
    }
}

/// How a pivot is laid out.
#[derive(Debug)]
pub(super) struct Layout {
    rows: Vec<Axis>,
    columns: Vec<Axis>,
    show: Show,
    /// The most decimals of an amount.
    places: u32,
    /// Whether amounts are rounded up to them, as those of the price list are.
    rounds_up: bool,
}

impl Layout {
    /// Whether a star marks the cheapest.
    pub(super) fn is_starred(&self) -> bool {
        self.show.is_by_image()
    }

    /// Qualities side by side: where none was named, all of them are compared.
    pub(super) fn by_quality() -> Layout {
        Layout {
            rows: Vec::new(),
            columns: vec![Axis::Quality],
            show: Show::PerImage,
            places: PLACES_FEW,
            rounds_up: true,
        }
    }

    /// Reads the flags; none of them means a list.
    ///
    /// # Errors
    /// An axis that is none or stands on both sides, or a value that nothing is there for.
    pub(super) fn read(args: &CompareArgs) -> Result<Option<Layout>, Error> {
        let axes = |field: &str, text: &Option<String>| match text {
            Some(text) => Axis::list(field, text),
            None => Ok(Vec::new()),
        };
        let (rows, columns) = (axes("rows", &args.rows)?, axes("columns", &args.columns)?);
        let refused = |message: &str, field: &str, allowed: &[&str]| {
            Err(Error::new(Code::IllegalCombination, message).field(field).allowed(allowed))
        };
        if rows.is_empty() && columns.is_empty() {
            return match &args.show {
                None => Ok(None),
                Some(_) => refused(
                    "show goes with rows or columns: a list shows everything",
                    "show",
                    &["--rows AXES", "--columns AXES"],
                ),
            };
        }
        // Told here too, before anything is priced.
        Pivot::new(&[], &rows, &columns)?;
        let show = match args.show.as_deref() {
            Some("per-call") => Show::PerCall,
            Some("bill") => Show::Bill,
            None if args.volume.calls.is_some() => Show::Bill,
            Some("per-megapixel") => Show::PerMegapixel,
            Some("tokens") => Show::Tokens,
            Some("delta") => Show::Delta,
            _ => Show::PerImage,
        };
        if show == Show::Delta && args.baseline.is_none() {
            return refused("show delta needs a baseline", "show", &["--baseline WORDS", "--baseline first"]);
        }
        if show == Show::Bill && args.volume.calls.is_none() {
            return refused("show bill needs calls", "show", &["--calls N"]);
        }
        let places = if show == Show::PerMegapixel { PLACES_FEW } else { PLACES_MAX };
        Ok(Some(Layout { rows, columns, show, places, rounds_up: false }))
    }
}

/// Adds the pivot.
pub(super) fn show<'c>(report: &mut Report<'c>, compared: &Compared<'_>, layout: &Layout) {
    let Ok(pivot) = Pivot::new(&compared.shown, &layout.rows, &layout.columns) else { return };
    let rounded = if layout.rounds_up { "; rounded up" } else { "" };
    report.line(format!("{}{rounded}", caption(&pivot, layout.show)));
    let values: Vec<Value<'c>> = compared.shown.iter().map(|cell| value(compared, cell, layout)).collect();
    let places = values.iter().filter_map(Value::places).max().unwrap_or(2);
    let labels = pivot.row_axes.iter().map(|axis| Column::name(axis.words()));
    let columns = pivot.columns.iter().map(|labels| {
        let heading = heading(labels, &pivot.column_axes, layout.show);
        match layout.show {
            Show::Delta => Column::number(heading),
            _ => Column::estimate(heading).decimals(places.clamp(2, layout.places)),
        }
    });
    let mut table = Table::new("Grid", labels.chain(columns)).only(Only::People);
    table.splits = true;
    for (labels, places) in pivot.rows.iter().zip(&pivot.places) {
        let value = |place: &Option<usize>| {
            place.and_then(|index| values.get(index).cloned()).unwrap_or(Value::missing())
        };
        table.row(labels.iter().map(|label| label.clone().into()).chain(places.iter().map(value)));
    }
    report.table(table);
    if pivot.places.iter().flatten().any(Option::is_none) {
        report
            .line(format!("{DASH} where there is no such combination, or none that fulfils the conditions"));
    }
}

fn caption(pivot: &Pivot, show: Show) -> String {
    let what = match show {
        Show::PerImage => "USD an image",
        Show::PerCall => "USD a call",
        Show::Bill => "USD of all calls",
        Show::PerMegapixel => "USD a megapixel",
        Show::Tokens => "tokens a call",
        Show::Delta => "difference from the baseline, an image",
    };
    let names = |axes: &[Axis]| axes.iter().map(|axis| axis.words()).collect::<Vec<_>>().join(", ");
    match (names(&pivot.row_axes), names(&pivot.column_axes)) {
        (rows, columns) if columns.is_empty() => format!("{what}, by {rows}"),
        (rows, columns) if rows.is_empty() => format!("{what}, by {columns}"),
        (rows, columns) => format!("{what}: {rows} down; {columns} across"),
    }
}

fn heading(labels: &[String], axes: &[Axis], show: Show) -> String {
    if labels.is_empty() {
        return show.words().to_owned();
    }
    let label = |(label, axis): (&String, &Axis)| match axis {
        Axis::Count => format!("n={label}"),
        _ => label.clone(),
    };
    labels.iter().zip(axes).map(label).collect::<Vec<_>>().join(" ")
}

/// What stands in the pivot for a cell.
fn value<'c>(compared: &Compared<'_>, cell: &Cell<'_>, layout: &Layout) -> Value<'c> {
    let show = layout.show;
    if let Some(word) = word(cell) {
        return Value::Unknown(word.into());
    }
    let delta = || compared.baseline.as_ref()?.delta(cell)?.per_mille;
    let value = match show {
        Show::PerImage if layout.rounds_up => amount(cell.per_image().map(rounded_up), None),
        Show::PerImage => amount(cell.per_image(), None),
        Show::PerCall => amount(cell.per_call(), None),
        Show::Bill => amount(compared.bill(cell), None),
        Show::PerMegapixel => amount(cell.per_megapixel(), None),
        Show::Tokens => cell.tokens().map_or(Value::missing(), Into::into),
        Show::Delta => delta().map_or(Value::missing(), Into::into),
    };
    if show.is_by_image() { marked(compared, cell, value) } else { value }
}

/// An amount with each part rounded up to the few decimals of an overview.
fn rounded_up(mut total: Total) -> Total {
    let up = |part: Option<Usd>| part.map(|usd| usd.rounded_up_to(10_u32.pow(PLACES_FEW)).unwrap_or(usd));
    (total.floor, total.expected, total.ceiling) = (up(total.floor), up(total.expected), up(total.ceiling));
    total
}
