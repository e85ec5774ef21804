//! Two days of the price book, or two books.

use imgcost_analysis::diff::{self, BookDiff, Event, ModelChange, PriceChange};
use imgcost_analysis::selector::Pattern;
use imgcost_core::{Code, Date, Error, Model, Param, Provider};
use serde::Serialize;

use super::Side;
use crate::args::DiffArgs;
use crate::failure::{End, Failure, bad_input};
use crate::fields::shown;
use crate::report::{Column, Only, Output, Report, Table, Value, grouped};

#[derive(Serialize)]
struct Document<'d> {
    schema: &'static str,
    before: SideDocument<'d>,
    after: SideDocument<'d>,
    #[serde(flatten)]
    diff: &'d BookDiff,
}

#[derive(Serialize)]
struct SideDocument<'d> {
    as_of: Date,
    book: &'d str,
}

/// Compares the prices of the models that are wanted.
pub(super) fn diff(
    args: &DiffArgs,
    output: &Output,
    old: &Side,
    new: &Side,
    top: usize,
) -> Result<End, Failure> {
    if args.request.describes_a_call() {
        let message = "without a file of jobs the price book is compared, and only -m and -p say of what";
        return Err(bad_input("files", message).into());
    }
    let model = args.request.get(Param::Model).map(Pattern::new);
    let provider = args.request.get(Param::Provider).map(Pattern::new);
    let any = |pattern: &Option<Pattern>, id: &String, aliases: &[String]| {
        pattern
            .as_ref()
            .is_none_or(|pattern| std::iter::once(id).chain(aliases).any(|name| pattern.fits(name)))
    };
    let wanted =
        |at: &Provider, of: &Model| any(&provider, &at.id, &at.aliases) && any(&model, &of.id, &of.aliases);
    found_any(args, old, new, &wanted)?;
    let diff = diff::prices((&old.book, old.day), (&new.book, new.day), &wanted);
    let document = Document {
        schema: "imgcost.price-diff/1",
        before: SideDocument { as_of: old.day, book: old.book.digest() },
        after: SideDocument { as_of: new.day, book: new.book.digest() },
        diff: &diff,
    };
    output.write(&document, || report(&diff, old, new, top))?;
    Ok(End::Done)
}

/// Names that match nothing are a slip, not an empty difference.
fn found_any(
    args: &DiffArgs,
    old: &Side,
    new: &Side,
    wanted: &dyn Fn(&Provider, &Model) -> bool,
) -> Result<(), Error> {
    let all = || {
        [old, new]
            .into_iter()
            .flat_map(|side| side.book.providers())
            .flat_map(|provider| provider.models.iter().map(move |model| (provider, model)))
    };
    if all().any(|(provider, model)| wanted(provider, model)) {
        return Ok(());
    }
    let name = args.request.get(Param::Model).or(args.request.get(Param::Provider)).unwrap_or_default();
    let mut names: Vec<&str> = match args.request.get(Param::Model) {
        Some(_) => all().map(|(_, model)| model.id.as_str()).collect(),
        None => all().map(|(provider, _)| provider.id.as_str()).collect(),
    };
    names.sort_unstable();
    names.dedup();
    let (code, field) = match args.request.get(Param::Model) {
        Some(_) => (Code::UnknownModel, "model"),
        None => (Code::UnknownProvider, "provider"),
    };
    Err(Error::new(code, format!("no model or provider in the price book matches '{}'", shown(name)))
        .field(field)
        .allowed(names)
        .nearest_name(name))
}

fn event(change: &ModelChange) -> String {
    let what = match change.event {
        Event::Added => "new",
        Event::Removed => "gone",
        Event::Retired => "shut down",
        Event::Returned => "no longer shut down",
    };
    let day = change.day.map_or_else(String::new, |day| format!(" on {day}"));
    let replacement = match (&change.event, &change.replacement) {
        (Event::Retired, Some(name)) => format!(", replaced by {name}"),
        _ => String::new(),
    };
    format!("{} at {}: {what}{day}{replacement}", change.model, change.provider)
}

/// What became of models, and the prices that differ.
fn report<'d>(diff: &'d BookDiff, old: &Side, new: &Side, top: usize) -> Report<'d> {
    let mut report = Report::default();
    let books = if old.book.digest() == new.book.digest() { "" } else { ", of two price books" };
    let count = |is_one: fn(&PriceChange) -> bool| {
        grouped(diff.prices.iter().filter(|change| is_one(change)).count())
    };
    let changed = count(|change| change.before.is_some() && change.after.is_some());
    let (new_ones, gone) = (count(|change| change.before.is_none()), count(|change| change.after.is_none()));
    report.heading(format!(
        "{changed} prices changed from {} to {}{books}, {new_ones} new, {gone} gone, {} the same",
        old.day,
        new.day,
        grouped(diff.same)
    ));
    diff.models.iter().take(top).for_each(|change| report.item(event(change)));
    if let Some(more) = diff.models.len().checked_sub(top).filter(|more| *more > 0) {
        report.item(format!("… and {} more models", grouped(more)));
    }
    let is_marked = diff.prices.iter().any(|change| change.availability.is_marked());
    report.table(table(is_marked, diff.models.iter().map(Changed::Model)).only(Only::Data));
    // Those that are others before those that came or went with their models.
    let both = |change: &&PriceChange| change.before.is_some() && change.after.is_some();
    let (mut prices, moved): (Vec<_>, Vec<_>) = diff.prices.iter().partition(both);
    prices.extend(moved);
    let (shown, rest) = prices.split_at(prices.len().min(top));
    for (part, only) in [(shown, Only::Anyone), (rest, Only::Data)] {
        if !part.is_empty() {
            report.gap();
            report.table(table(is_marked, part.iter().copied().map(Changed::Price)).only(only));
        }
    }
    if !rest.is_empty() {
        report.line(format!("… and {} more", grouped(rest.len())));
    }
    report
}

/// What became of models, then prices.
#[derive(Clone, Copy)]
enum Changed<'d> {
    Model(&'d ModelChange),
    Price(&'d PriceChange),
}

fn table<'d>(is_marked: bool, changes: impl Iterator<Item = Changed<'d>>) -> Table<'d> {
    use Changed::{Model, Price};
    let price = |change: Changed<'d>| match change {
        Price(change) => Some(change),
        Model(_) => None,
    };
    let number = |text: &Option<String>| text.clone().map_or(Value::missing(), Value::number);
    Table::of("Prices", changes)
        .column(Column::name("kind").data_only(), |change| match change {
            Model(change) => format!("model-{}", change.event.as_str()),
            Price(_) => "price".to_owned(),
        })
        .column(Column::name("provider"), |change| match change {
            Model(change) => &change.provider,
            Price(change) => &change.provider,
        })
        .column(Column::name("model"), |change| match change {
            Model(change) => &change.model,
            Price(change) => &change.model,
        })
        .column(Column::text("item"), |change| Some(&price(change)?.item))
        .column(Column::text("per"), |change| Some(price(change)?.per))
        .column(Column::number("before"), |change| Some(number(&price(change)?.before)))
        .column(Column::number("after"), |change| Some(number(&price(change)?.after)))
        .column(Column::number("per_mille").label("share"), |change| {
            Some(Value::known(price(change)?.per_mille))
        })
        .column(Column::name("since"), |change| match change {
            Model(change) => change.day,
            Price(change) => change.since,
        })
        .column(Column::text("source").data_only(), |change| Some(&price(change)?.source))
        .column_if(is_marked, Column::text("availability").label("status"), |change| {
            Some(price(change)?.availability.as_str())
        })
        .end()
}
