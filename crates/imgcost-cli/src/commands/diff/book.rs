//! Two days of the price book, or two books.

use std::io;

use imgcost_analysis::diff::{self, BookDiff, Event, ModelChange, PriceChange};
use imgcost_analysis::selector::Pattern;
use imgcost_core::{Code, Date, Error, Model, Param, Provider};
use serde::Serialize;

use super::Side;
use crate::args::DiffArgs;
use crate::failure::{End, Failure, bad_input};
use crate::fields::shown;
use crate::render::{self, DASH, Format, Page, Sheet, grouped, percent};

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
    format: Format,
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
    let mut out = io::stdout().lock();
    let side = |side: &'_ Side| side.book.digest().to_owned();
    let (before, after) = (side(old), side(new));
    render::write(
        &mut out,
        format,
        || page(&diff, old, new, top),
        || sheet(&diff),
        || Document {
            schema: "imgcost.price-diff/1",
            before: SideDocument { as_of: old.day, book: &before },
            after: SideDocument { as_of: new.day, book: &after },
            diff: &diff,
        },
    )?;
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

fn page(diff: &BookDiff, old: &Side, new: &Side, top: usize) -> Page {
    let counted = |count: usize| grouped(u64::try_from(count).unwrap_or(u64::MAX));
    let mut page = Page::default();
    let books = if old.book.digest() == new.book.digest() { "" } else { ", of two price books" };
    page.heading(format!(
        "{} prices changed from {} to {}{books}, {} the same",
        counted(diff.prices.len()),
        old.day,
        new.day,
        grouped(diff.same)
    ));
    for change in diff.models.iter().take(top) {
        page.item(event(change));
    }
    if diff.models.len() > top {
        page.item(format!("… and {} more models", counted(diff.models.len() - top)));
    }
    if diff.prices.is_empty() {
        return page;
    }
    let marked = diff.prices.iter().any(|change| change.availability.is_marked());
    let mut columns = vec!["provider", "model", "item", "per", ">before", ">after", ">share", "since"];
    columns.extend(marked.then_some("status"));
    let mut sheet = Sheet::new(&columns);
    let price = |price: &Option<String>| price.clone().unwrap_or_else(|| DASH.to_owned());
    // Those that are others before those that came or went with their models.
    let both = |change: &&PriceChange| change.before.is_some() && change.after.is_some();
    let (changed, moved): (Vec<_>, Vec<_>) = diff.prices.iter().partition(both);
    for change in changed.into_iter().chain(moved).take(top) {
        let mut cells = vec![
            change.provider.clone(),
            change.model.clone(),
            change.item.clone(),
            change.per.to_owned(),
            price(&change.before),
            price(&change.after),
            percent(change.per_mille),
            change.since.map_or_else(String::new, |day| day.to_string()),
        ];
        cells.extend(marked.then(|| change.availability.to_string()));
        sheet.row(cells);
    }
    page.gap();
    page.table(sheet);
    if diff.prices.len() > top {
        page.gap();
        page.line(format!("… and {} more", counted(diff.prices.len() - top)));
    }
    page
}

fn sheet(diff: &BookDiff) -> Sheet {
    let mut sheet = Sheet::new(&[
        "kind",
        "provider",
        "model",
        "item",
        "per",
        "before",
        "after",
        "per_mille",
        "since",
        "source",
        "availability",
    ]);
    let none = String::new;
    for change in &diff.models {
        let day = change.day.map_or_else(none, |day| day.to_string());
        let kind = match change.event {
            Event::Added => "model-added",
            Event::Removed => "model-removed",
            Event::Retired => "model-retired",
            Event::Returned => "model-returned",
        };
        let cells = [kind, &change.provider, &change.model, "", "", "", "", "", &day, "", ""];
        sheet.row(cells);
    }
    for change in &diff.prices {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        sheet.row([
            "price".to_owned(),
            change.provider.clone(),
            change.model.clone(),
            change.item.clone(),
            change.per.to_owned(),
            text(&change.before),
            text(&change.after),
            change.per_mille.map_or_else(none, |share| share.tenths_of_percent().to_string()),
            change.since.map_or_else(none, |day| day.to_string()),
            change.source.clone(),
            change.availability.as_str().to_owned(),
        ]);
    }
    sheet
}
