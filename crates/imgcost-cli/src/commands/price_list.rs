//! `imgcost` alone: what an image costs on the models that can be called today.

use std::io::{self, Write};

use imgcost_analysis::compare::USUAL_SIZES;
use imgcost_core::{Book, CeilingBasis, Date, Model, Param, Provider, Quality, Request, Size, Usd};
use serde::Serialize;

use crate::args::BookArgs;
use crate::failure::{End, Failure, say};
use crate::report::{self, Column, DASH, Format, Only, Output, Report, Table, Value};
use crate::request;
use crate::settings::Settings;

/// What ends within so many days is not listed as something to begin with.
const SOON_DAYS: i32 = 30;
/// To which decimals of a dollar prices are rounded up, and how many such units a dollar has.
const PLACES: (u32, u32) = (4, 10_000);

/// What to type next.
const FIRST_COMMANDS: [[&str; 2]; 2] = [
    ["Quote: imgcost gpt-image-2 high 1536x1024 x4", "Others: imgcost models"],
    ["Cap:   imgcost run --cap 5 -- python make_images.py", "Help:   imgcost help"],
];
/// How many columns they take side by side.
const FIRST_COMMANDS_WIDTH: usize = 78;

/// The price of an image at a quality and size, without its prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Price {
    quality: String,
    size: String,
    floor: Option<Usd>,
    expected: Option<Usd>,
    ceiling: Option<Usd>,
    /// Whether no formula proves the ceiling.
    assumed: bool,
}

/// A model with its prices.
#[derive(Debug, Serialize)]
struct Listed<'b> {
    model: &'b str,
    prices: Vec<Price>,
}

/// A model that is about to end.
#[derive(Debug, Serialize)]
struct Ending<'b> {
    model: &'b str,
    retired: Date,
}

#[derive(Debug, Serialize)]
struct Document<'b> {
    schema: &'static str,
    provider: &'b str,
    as_of: Date,
    checked: Date,
    models: Vec<Listed<'b>>,
    ending: Vec<Ending<'b>>,
}

/// Prints the price list.
pub(crate) fn price_list(settings: &Settings, output: &Output) -> Result<End, Failure> {
    let day = request::as_of(&BookArgs::default(), settings)?;
    let name = settings.get(Param::Provider).unwrap_or(crate::book::DEFAULT_PROVIDER);
    let book = request::book(&BookArgs::default(), settings)?;
    let provider = book.provider(name)?;
    let (current, ending) = by_end(provider, day);
    let models = current.into_iter().map(|model| list(&book, provider, model, day)).collect();
    let document = Document {
        schema: "imgcost.price-list/1",
        provider: &provider.id,
        as_of: day,
        checked: provider.checked,
        models,
        ending,
    };
    output.write(&document, || listed(&document))?;
    if output.format() == Format::Table {
        let is_wide = report::width().is_none_or(|width| width >= FIRST_COMMANDS_WIDTH);
        let line = |[first, second]: [&str; 2]| match is_wide {
            true => format!("{first:<52}  {second}\n"),
            false => format!("{first}\n{second}\n"),
        };
        let lines = FIRST_COMMANDS.map(line).concat();
        let written = io::stdout().lock().write_all(lines.as_bytes());
        crate::failure::unless_gone(written.map_err(Failure::from))?;
    }
    if has_input() {
        say("imgcost: to quote the request on standard input: imgcost --request -");
    }
    Ok(End::Done)
}

/// The models that can be called, the oldest first, and those that end soon.
fn by_end(provider: &Provider, day: Date) -> (Vec<&Model>, Vec<Ending<'_>>) {
    let mut current = provider.current_models(day);
    current.sort_by(|one, other| (one.released, &one.id).cmp(&(other.released, &other.id)));
    let mut ending = Vec::new();
    current.retain(|model| match model.retired.filter(|retired| is_soon(day, *retired)) {
        Some(retired) => {
            ending.push(Ending { model: &model.id, retired });
            false
        }
        None => true,
    });
    (current, ending)
}

/// The models of a provider that are there to stay, the oldest first.
pub(super) fn current(provider: &Provider, day: Date) -> Vec<&Model> {
    by_end(provider, day).0
}

fn is_soon(day: Date, retired: Date) -> bool {
    day.until((jiff::Unit::Day, retired)).is_ok_and(|span| span.get_days() <= SOON_DAYS)
}

fn list<'b>(book: &'b Book, provider: &Provider, model: &'b Model, day: Date) -> Listed<'b> {
    Listed { model: &model.id, prices: choices(book, &Request::new(&provider.id, &model.id, day)) }
}

/// What a call costs at each quality and usual size, as far as it leaves them open.
pub(super) fn choices(book: &Book, call: &Request) -> Vec<Price> {
    let family = book.offer(&call.provider, &call.model, call.as_of).ok().map(|offer| offer.family);
    let own = family.map_or(&[][..], |family| &family.limits.rule.qualities);
    let qualities: Vec<Option<&Quality>> = match (&call.quality, own) {
        (Some(asked), _) if *asked != Quality::Auto => vec![Some(asked)],
        // A model without the parameter has one price for a size.
        (_, []) => vec![None],
        (_, some) => some.iter().map(Some).collect(),
    };
    let sizes: Vec<Size> = match call.size {
        Some(size @ Size::Exact(_)) => vec![size],
        _ => USUAL_SIZES.iter().filter_map(|size| size.parse().ok()).collect(),
    };
    let mut prices = Vec::new();
    for size in sizes {
        for quality in &qualities {
            let mut request = call.clone();
            (request.quality, request.size) = (quality.cloned(), Some(size));
            let Ok(quote) = book.quote(&request) else { continue };
            let total = quote.total();
            prices.push(Price {
                quality: quality.map_or_else(String::new, ToString::to_string),
                size: size.to_string(),
                floor: total.floor,
                expected: total.expected,
                ceiling: total.ceiling,
                assumed: total.basis == CeilingBasis::Assumed,
            });
        }
    }
    prices
}

/// Names of models that have the same in common, as a pattern where they begin alike:
/// `gpt-image-2.5-*`.
pub(super) fn grouped<'m, T: PartialEq>(models: impl IntoIterator<Item = (&'m str, T)>) -> Vec<(String, T)> {
    let mut groups: Vec<(Vec<&str>, T)> = Vec::new();
    for (name, what) in models {
        match groups.last_mut() {
            Some((names, same)) if *same == what && is_alike(names, name) => names.push(name),
            _ => groups.push((vec![name], what)),
        }
    }
    let name = |names: &[&str]| match names {
        [only] => (*only).to_owned(),
        names => format!("{}-*", stem(names.first().copied().unwrap_or_default())),
    };
    groups.into_iter().map(|(names, what)| (name(&names), what)).collect()
}

fn stem(name: &str) -> &str {
    name.rsplit_once('-').map_or(name, |(stem, _)| stem)
}

fn is_alike(names: &[&str], name: &str) -> bool {
    names.first().is_some_and(|first| stem(first) == stem(name) && *first != name)
}

/// An amount rounded up, so that nothing costs more than is shown.
pub(super) fn at_most(ceiling: Option<Usd>, is_exact: bool) -> String {
    let (places, units) = PLACES;
    let Some(usd) = ceiling.and_then(|usd| usd.rounded_up_to(units)) else { return DASH.to_owned() };
    let sign = if is_exact { "" } else { "≤" };
    format!("{sign}{}", usd.rounded(places))
}

impl Price {
    fn is_exact(&self) -> bool {
        self.floor == self.ceiling && !self.assumed
    }

    fn shown(&self) -> String {
        at_most(self.ceiling, self.is_exact())
    }
}

fn listed<'p>(document: &'p Document<'_>) -> Report<'p> {
    let mut report = Report::default();
    report.heading(format!(
        "{}, USD per image, prompt extra · {} (prices checked {})",
        document.provider, document.as_of, document.checked
    ));
    let priced = document.models.iter().filter(|listed| !listed.prices.is_empty());
    let groups = grouped(priced.map(|listed| (listed.model, listed.prices.as_slice())));
    let is_rounded_only = groups.iter().all(|(_, prices)| prices.iter().all(Price::is_exact));
    report.table(grid(&groups));
    report.table(data(document));
    let mut ending = document.ending.iter().peekable();
    while let Some(first) = ending.next() {
        let mut names = vec![first.model];
        while let Some(next) = ending.next_if(|next| next.retired == first.retired) {
            names.push(next.model);
        }
        let when = match document.as_of.tomorrow() {
            Ok(tomorrow) if tomorrow == first.retired => "ends tomorrow".to_owned(),
            _ => format!("ends on {}", first.retired),
        };
        report.line(format!("{when}: {}", names.join(", ")));
    }
    report.line(match is_rounded_only {
        true => "rounded up",
        false => "rounded up · ≤ no published formula: the most it may cost",
    });
    report
}

/// Prices with qualities across and models and sizes down; without the models where they have no
/// names.
pub(super) fn grid(groups: &[(String, &[Price])]) -> Table<'static> {
    let all = || groups.iter().flat_map(|(_, prices)| prices.iter());
    let mut qualities: Vec<&str> = Vec::new();
    let mut sizes: Vec<&str> = Vec::new();
    for Price { quality, size, .. } in all() {
        if !qualities.contains(&quality.as_str()) {
            qualities.push(quality);
        }
        if !sizes.contains(&size.as_str()) {
            sizes.push(size);
        }
    }
    let named = usize::from(groups.iter().any(|(name, _)| !name.is_empty()));
    let head = |quality: &&str| if quality.is_empty() { "any".to_owned() } else { (*quality).to_owned() };
    let columns = [Column::name("model"), Column::name("size")].into_iter().skip(1 - named);
    let columns = columns.chain(qualities.iter().map(|quality| Column::number(head(quality))));
    let mut table = Table::new("Price list", columns).only(Only::People);
    table.splits = true;
    for (name, prices) in groups {
        let mut name = Some(name.clone());
        for size in &sizes {
            let of = |quality: &&str| {
                prices
                    .iter()
                    .find(|price| price.size == *size && price.quality == **quality)
                    .map(Price::shown)
            };
            let cells: Vec<Option<String>> = qualities.iter().map(of).collect();
            if cells.iter().all(Option::is_none) {
                continue;
            }
            let row = [name.take().into(), Value::of(size)].into_iter().skip(1 - named);
            table.row(row.chain(cells.into_iter().map(Value::from)));
        }
    }
    table
}

/// The exact prices, for programs.
fn data<'p>(document: &'p Document<'_>) -> Table<'p> {
    let columns = ["model", "quality", "size"].map(Column::name).into_iter();
    let columns = columns.chain(["floor", "expected", "ceiling"].map(Column::number));
    let mut table = Table::new("Prices", columns).only(Only::Data);
    for (listed, price) in
        document.models.iter().flat_map(|listed| listed.prices.iter().map(move |price| (listed, price)))
    {
        let Price { quality, size, floor, expected, ceiling, .. } = price;
        let amounts = [floor, expected, ceiling].map(|usd| Value::from(*usd));
        table.row(
            [listed.model.into(), quality.as_str().into(), size.as_str().into()].into_iter().chain(amounts),
        );
    }
    table
}

/// Whether something is written to standard input by another program.
#[cfg(unix)]
fn has_input() -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::FileTypeExt;
    let input = io::stdin().as_fd().try_clone_to_owned().map(std::fs::File::from);
    input.and_then(|file| file.metadata()).is_ok_and(|data| data.file_type().is_fifo())
}

/// Whether something is written to standard input by another program.
#[cfg(not(unix))]
fn has_input() -> bool {
    false
}
