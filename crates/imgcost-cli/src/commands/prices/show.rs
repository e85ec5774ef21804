//! `imgcost prices show`: dated prices with their sources.

use std::io;

use imgcost_core::{Availability, Book, Date, Model, PriceRow, Provider, Row};
use serde::Serialize;

use crate::args::PricesShowArgs;
use crate::commands::models;
use crate::failure::{End, Failure};
use crate::render::{self, Format, Page, Sheet};
use crate::request;
use crate::settings::Settings;

/// One dated price.
#[derive(Debug, Serialize)]
struct Priced<'b> {
    provider: &'b str,
    model: &'b str,
    basis: &'static str,
    item: String,
    /// USD, or a gateway's ratio where `per` says so.
    value: String,
    per: &'static str,
    from: Date,
    to: Option<Date>,
    from_assumed: bool,
    evidence: &'static str,
    confidence: &'static str,
    source: &'b str,
    checked: Option<Date>,
    row: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'b str>,
    /// `current`, `ends` (within 30 days) or `retired` on the day.
    availability: Availability,
}

#[derive(Serialize)]
struct Document<'b> {
    schema: &'static str,
    as_of: Option<Date>,
    prices: &'b [Priced<'b>],
}

/// Shows the prices of a day, or all.
pub(super) fn show(args: &PricesShowArgs, settings: &Settings, format: Format) -> Result<End, Failure> {
    let day = request::as_of(&args.book, settings)?;
    let book = request::book(&args.book, settings)?;
    let providers = models::providers(&book, &args.provider)?;
    let found = models::matching(&providers, args.model.as_deref())?;
    let holds = |row: &Row| args.all || row.holds_on(day);
    let mut prices = Vec::new();
    for (provider, model) in &found {
        collect((&book, day), provider, model, &holds, &mut prices);
    }
    let mut out = io::stdout().lock();
    let document =
        || Document { schema: "imgcost.price-rows/1", as_of: (!args.all).then_some(day), prices: &prices };
    render::write(&mut out, format, || page(&found, &prices), || sheet(&prices), document)?;
    Ok(End::Done)
}

fn collect<'b>(
    (book, day): (&Book, Date),
    provider: &'b Provider,
    model: &'b Model,
    holds: &dyn Fn(&Row) -> bool,
    prices: &mut Vec<Priced<'b>>,
) {
    for listed in model.listed().into_iter().filter(|listed| holds(listed.row)) {
        prices.push(priced((book, day), provider, model, listed));
    }
}

fn priced<'b>(
    (book, day): (&Book, Date),
    provider: &'b Provider,
    model: &'b Model,
    listed: PriceRow<'b>,
) -> Priced<'b> {
    let PriceRow { item, value, per, row } = listed;
    Priced {
        provider: &provider.id,
        model: &model.id,
        basis: model.basis.as_str(),
        item,
        value,
        per,
        from: row.from,
        to: row.to,
        from_assumed: row.from_assumed,
        evidence: row.evidence.as_str(),
        confidence: match row.confidence {
            imgcost_core::Confidence::High => "high",
            imgcost_core::Confidence::Medium => "medium",
        },
        source: &row.source,
        checked: row.checked,
        row: book.place(row.place),
        note: row.note.as_deref(),
        reason: row.reason.as_deref(),
        availability: model.availability(day),
    }
}

fn page(found: &[(&Provider, &Model)], prices: &[Priced<'_>]) -> Page {
    let mut page = Page::default();
    for (provider, model) in found {
        let own = || prices.iter().filter(|price| price.provider == provider.id && price.model == model.id);
        if !page.parts.is_empty() {
            page.gap();
        }
        let mark = own().next().map(|price| price.availability).filter(|mark| mark.is_marked());
        page.heading(format!(
            "{} at {}, billed by {}{}",
            model.id,
            provider.id,
            model.basis.as_str().trim_start_matches("per-"),
            mark.map_or_else(String::new, |mark| format!(", {mark}"))
        ));
        if own().next().is_none() {
            page.line("no price");
            continue;
        }
        let mut sheet = Sheet::new(&["item", ">USD", "per", "from", "to", "evidence"]);
        for price in own() {
            let from = format!("{}{}", price.from, if price.from_assumed { " (assumed)" } else { "" });
            let to = price.to.map_or_else(String::new, |to| to.to_string());
            sheet.row([&price.item, &price.value, price.per, &from, &to, price.evidence]);
        }
        page.table(sheet);
        // The prices of a table stand on lines of their own; where they come from is said
        // once, with the first of them.
        let mut said = Vec::new();
        for price in own() {
            let origin_key = (price.source, price.checked, price.from, price.note, price.reason);
            if !said.contains(&origin_key) {
                said.push(origin_key);
                origin(&mut page, price);
            }
        }
    }
    page
}

/// Where a row comes from.
fn origin(page: &mut Page, price: &Priced<'_>) {
    let checked = price.checked.map_or_else(String::new, |day| format!(", checked {day}"));
    let confidence = if price.confidence == "high" { "" } else { ", medium confidence" };
    let text = format!("{}: {}{checked}{confidence}", price.row, price.source);
    page.item(text);
    for note in [price.note, price.reason].into_iter().flatten() {
        page.item(note);
    }
}

fn sheet(prices: &[Priced<'_>]) -> Sheet {
    let mut sheet = Sheet::new(&[
        "provider",
        "model",
        "basis",
        "item",
        ">value",
        "per",
        "from",
        "to",
        "from_assumed",
        "evidence",
        "confidence",
        "source",
        "checked",
        "row",
        "note",
        "reason",
        "availability",
    ]);
    let day = |day: Option<Date>| day.map_or_else(String::new, |day| day.to_string());
    for price in prices {
        sheet.row([
            price.provider,
            price.model,
            price.basis,
            &price.item,
            &price.value,
            price.per,
            &price.from.to_string(),
            &day(price.to),
            if price.from_assumed { "true" } else { "false" },
            price.evidence,
            price.confidence,
            price.source,
            &day(price.checked),
            &price.row,
            price.note.unwrap_or(""),
            price.reason.unwrap_or(""),
            price.availability.as_str(),
        ]);
    }
    sheet
}
