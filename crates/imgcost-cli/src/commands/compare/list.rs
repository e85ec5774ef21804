//! A line a combination, with a column for each axis that varies.

use imgcost_analysis::compare::{Axis, Cell, varying};
use imgcost_core::Total;

use super::Compared;
use super::notes::word;
use super::page::{figure, is_range, places_of, span};
use crate::render::currency::to_places;
use crate::render::{Align, DASH, Page, Sheet, grouped, percent, table};

/// Columns that are left out where a page is too narrow, the first of them first.
const SPARED: [&str; 4] = [RANGE, MEGAPIXEL, TOKENS, CALL];
const RANGE: &str = "floor to ceiling";
const MEGAPIXEL: &str = "per MP";
const TOKENS: &str = "tokens";
const CALL: &str = "per call";

/// Adds the list to a page.
pub(super) fn table(page: &mut Page, compared: &Compared<'_>, width: Option<u16>) {
    let mut sheet = sheet(compared);
    let mut spared = Vec::new();
    for name in SPARED {
        if width.is_none_or(|width| natural(&sheet) <= usize::from(width)) {
            break;
        }
        if let Some(index) = sheet.columns.iter().position(|(column, _)| column == name) {
            sheet.columns.remove(index);
            sheet.rows.iter_mut().for_each(|row| drop(row.remove(index)));
            spared.push(name);
        }
    }
    let converted = compared.exchange.as_ref().map(|exchange| format!("{} per image", exchange.currency));
    if let Some(width) = width {
        let more: Vec<&str> = ["delta"].into_iter().chain(converted.as_deref()).collect();
        spared.extend(table::narrowed(&mut sheet, width, &more));
    }
    page.table(sheet);
    if !spared.is_empty() {
        page.line(format!("left out, as it is too wide: {}; --format csv has everything", spared.join(", ")));
    }
}

/// How wide a table is at least in which nothing is broken.
fn natural(sheet: &Sheet) -> usize {
    let widest = |(index, (name, _)): (usize, &(String, Align))| {
        let cells = sheet.rows.iter().filter_map(|row| row.get(index)).map(|cell| table::columns(cell));
        cells.chain([table::columns(name)]).max().unwrap_or(0) + 1
    };
    sheet.columns.iter().enumerate().map(widest).sum()
}

fn sheet(compared: &Compared<'_>) -> Sheet {
    let columns = Columns::of(compared);
    let mut sheet = Sheet::default();
    for axis in &columns.axes {
        let align = if *axis == Axis::Count { Align::Right } else { Align::Left };
        sheet.columns.push((axis.words().to_owned(), align));
    }
    if columns.status {
        sheet.columns.push(("status".to_owned(), Align::Left));
    }
    let mut number = |name: &str| sheet.columns.push((name.to_owned(), Align::Right));
    number("per image");
    if columns.ranges {
        number(RANGE);
    }
    if let Some(exchange) = &compared.exchange {
        number(&format!("{} per image", exchange.currency));
    }
    if columns.calls {
        number(CALL);
    }
    if columns.megapixels {
        number(MEGAPIXEL);
    }
    if columns.tokens {
        number(TOKENS);
    }
    if compared.baseline.is_some() {
        number("delta");
        number("%");
    }
    for cell in &compared.shown {
        sheet.row(columns.row(compared, cell));
    }
    sheet
}

/// Which columns there are, and with how many decimals.
struct Columns {
    axes: Vec<Axis>,
    status: bool,
    ranges: bool,
    calls: bool,
    megapixels: bool,
    tokens: bool,
    per_image: u32,
    per_call: u32,
    delta: u32,
}

impl Columns {
    fn of(compared: &Compared<'_>) -> Columns {
        let shown = &compared.shown;
        let per_image = || shown.iter().filter_map(|cell| cell.per_image());
        let figures =
            shown.iter().filter_map(|cell| Some(compared.baseline.as_ref()?.delta(cell)?.usd.size()));
        Columns {
            axes: varying(shown),
            status: compared.is_marked(),
            ranges: per_image()
                .any(|amount| is_range(&amount) || amount.ceiling.is_none() && amount.floor.is_some()),
            calls: shown.iter().any(|cell| cell.n() > 1),
            megapixels: shown.iter().any(|cell| cell.per_megapixel().is_some()),
            tokens: shown.iter().any(|cell| cell.tokens().is_some()),
            per_image: places_of(per_image()),
            per_call: places_of(shown.iter().filter_map(|cell| cell.per_call())),
            delta: figures.map(super::page::places).max().unwrap_or(2),
        }
    }

    fn row(&self, compared: &Compared<'_>, cell: &Cell<'_>) -> Vec<String> {
        let mut row: Vec<String> = self.axes.iter().map(|axis| cell.label(*axis)).collect();
        if self.status {
            row.push(cell.availability().to_string());
        }
        let missing = word(cell);
        let amount = |amount: Option<Total>, places| match amount {
            Some(amount) if missing.is_none() => figure(&amount, places),
            _ => DASH.to_owned(),
        };
        row.push(match &missing {
            Some(word) => word.clone(),
            None => marked(compared, cell, amount(cell.per_image(), self.per_image)),
        });
        if self.ranges {
            row.push(cell.per_image().map_or_else(String::new, |amount| span(&amount, self.per_image)));
        }
        if compared.exchange.is_some() {
            let amount = cell.per_image().filter(|_| missing.is_none());
            let converted = compared.converted(amount.and_then(|amount| amount.figure()));
            row.push(converted.zip(amount).map_or_else(
                || DASH.to_owned(),
                |(converted, amount)| {
                    let is_ceiling = amount.expected.is_none();
                    let sign = if is_ceiling { "≤ " } else { "" };
                    format!("{sign}{}", to_places(converted, self.per_image, is_ceiling))
                },
            ));
        }
        if self.calls {
            row.push(amount(cell.per_call(), self.per_call));
        }
        if self.megapixels {
            row.push(amount(cell.per_megapixel(), 4));
        }
        if self.tokens {
            row.push(tokens(cell));
        }
        if let Some(baseline) = &compared.baseline {
            let delta = baseline.delta(cell);
            row.push(delta.map_or_else(|| DASH.to_owned(), |delta| delta.usd.rounded(self.delta)));
            row.push(percent(delta.and_then(|delta| delta.per_mille)));
        }
        row
    }
}

/// The tokens that a cell is compared by.
pub(super) fn tokens(cell: &Cell<'_>) -> String {
    match cell.tokens() {
        Some(range) => match range.expected {
            Some(expected) => grouped(expected),
            None => format!("≤ {}", grouped(range.ceiling)),
        },
        None => DASH.to_owned(),
    }
}

/// The cheapest have a star before their number.
pub(super) fn marked(compared: &Compared<'_>, cell: &Cell<'_>, text: String) -> String {
    if compared.is_cheapest(cell) { format!("*{text}") } else { text }
}
