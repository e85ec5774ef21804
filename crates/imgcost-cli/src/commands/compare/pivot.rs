//! `--rows` and `--columns`: one value of each combination, laid out.

use imgcost_analysis::compare::{Axis, Cell, Pivot};
use imgcost_core::{Code, Error, Total};

use super::Compared;
use super::list::{marked, tokens};
use super::notes::word;
use super::page::{figure, places_of};
use crate::args::CompareArgs;
use crate::render::{Align, DASH, Page, Sheet, percent, table};

/// What may stand in a pivot, by name.
pub(crate) const SHOWN: [&str; 5] = ["per-image", "per-call", "per-megapixel", "tokens", "delta"];

/// What stands in a pivot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Show {
    PerImage,
    PerCall,
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
}

impl Layout {
    /// Whether a star marks the cheapest.
    pub(super) fn is_starred(&self) -> bool {
        self.show.is_by_image()
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
            Some("per-megapixel") => Show::PerMegapixel,
            Some("tokens") => Show::Tokens,
            Some("delta") => Show::Delta,
            _ => Show::PerImage,
        };
        if show == Show::Delta && args.baseline.is_none() {
            return refused("show delta needs a baseline", "show", &["--baseline WORDS", "--baseline first"]);
        }
        Ok(Some(Layout { rows, columns, show }))
    }
}

/// Adds the pivot to a page, as several tables where one would be too wide.
pub(super) fn tables(page: &mut Page, compared: &Compared<'_>, layout: &Layout, width: Option<u16>) {
    let Ok(pivot) = Pivot::new(&compared.shown, &layout.rows, &layout.columns) else { return };
    let values: Vec<String> = values(compared, layout.show);
    page.line(caption(&pivot, layout.show));
    let text = |place: &Option<usize>| match place {
        Some(index) => values.get(*index).cloned().unwrap_or_default(),
        None => DASH.to_owned(),
    };
    let names: Vec<String> =
        pivot.columns.iter().map(|labels| heading(labels, &pivot.column_axes, layout.show)).collect();
    let widths: Vec<usize> = names
        .iter()
        .enumerate()
        .map(|(column, name)| {
            let cells = pivot
                .places
                .iter()
                .filter_map(|row| row.get(column))
                .map(|place| table::columns(&text(place)));
            cells.chain([table::columns(name)]).max().unwrap_or(0) + 2
        })
        .collect();
    let labels = (0..pivot.row_axes.len())
        .map(|index| {
            let cells = pivot.rows.iter().filter_map(|row| row.get(index)).map(|label| table::columns(label));
            let name = pivot.row_axes.get(index).map_or(0, |axis| axis.words().len());
            cells.chain([name]).max().unwrap_or(0) + 2
        })
        .sum::<usize>();
    let room = width.map_or(usize::MAX, |width| usize::from(width).saturating_sub(labels));
    for part in parts(&widths, room) {
        let labels = pivot.row_axes.iter().map(|axis| (axis.words().to_owned(), Align::Left));
        let mut sheet = Sheet { columns: labels.collect(), rows: Vec::new() };
        let columns = || names.iter().skip(part.start).take(part.len());
        sheet.columns.extend(columns().map(|name| (name.clone(), Align::Right)));
        for (labels, places) in pivot.rows.iter().zip(&pivot.places) {
            let cells = places.iter().skip(part.start).take(part.len()).map(text);
            sheet.row(labels.iter().cloned().chain(cells));
        }
        page.table(sheet);
    }
    if pivot.places.iter().flatten().any(Option::is_none) {
        page.line(format!("{DASH} where there is no such combination, or none that fulfils the conditions"));
    }
}

/// Which columns go into one table: as many as fit, at least one.
fn parts(widths: &[usize], room: usize) -> Vec<std::ops::Range<usize>> {
    let mut parts = Vec::new();
    let (mut start, mut used) = (0, 0);
    for (index, width) in widths.iter().enumerate() {
        if index > start && used + width > room {
            parts.push(start..index);
            (start, used) = (index, 0);
        }
        used += width;
    }
    parts.push(start..widths.len());
    parts
}

fn caption(pivot: &Pivot, show: Show) -> String {
    let what = match show {
        Show::PerImage => "USD an image",
        Show::PerCall => "USD a call",
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

/// The value of each shown cell, all with as many decimals.
fn values(compared: &Compared<'_>, show: Show) -> Vec<String> {
    let of = |cell: &Cell<'_>| match show {
        Show::PerImage => cell.per_image(),
        Show::PerCall => cell.per_call(),
        Show::PerMegapixel => cell.per_megapixel(),
        Show::Tokens | Show::Delta => None,
    };
    let places = match show {
        Show::PerMegapixel => 4,
        _ => places_of(compared.shown.iter().filter_map(|cell| of(cell))),
    };
    let value = |cell: &&Cell<'_>| {
        let text = match (word(cell), show) {
            (Some(word), _) => return word,
            (None, Show::Tokens) => tokens(cell),
            (None, Show::Delta) => {
                let delta = compared.baseline.as_ref().and_then(|baseline| baseline.delta(cell));
                percent(delta.and_then(|delta| delta.per_mille))
            }
            (None, _) => of(cell).map_or_else(|| DASH.to_owned(), |amount: Total| figure(&amount, places)),
        };
        if show.is_by_image() { marked(compared, cell, text) } else { text }
    };
    compared.shown.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_parted_where_they_do_not_fit() {
        assert_eq!(parts(&[10, 10, 10], 30), vec![0..3; 1]);
        assert_eq!(parts(&[10, 10, 10], 25), [0..2, 2..3]);
        assert_eq!(parts(&[10, 10, 10], 0), [0..1, 1..2, 2..3]);
        assert_eq!(parts(&[], 10), vec![0..0; 1]);
    }
}
