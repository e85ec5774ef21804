//! `imgcost prices show`: dated prices with their sources.

use imgcost_core::{Availability, Book, Date, DatedRow, Model, PriceRow, Provider};
use serde::Serialize;

use super::Dated;
use crate::args::PricesShowArgs;
use crate::commands::models;
use crate::failure::{End, Failure};
use crate::report::{Column, Output, Report, Table, Value};
use crate::request;
use crate::settings::Settings;

/// One dated price.
#[derive(Debug, Serialize)]
struct DatedPrice<'b> {
    provider: &'b str,
    model: &'b str,
    basis: &'static str,
    item: String,
    /// USD, or a gateway's ratio where `per` says so.
    value: String,
    per: &'static str,
    #[serde(flatten)]
    dated: Dated<'b>,
    /// `current`, `ends` (within 30 days) or `retired` on the day.
    availability: Availability,
}

#[derive(Serialize)]
struct Prices<'b> {
    schema: &'static str,
    as_of: Option<Date>,
    prices: Vec<DatedPrice<'b>>,
}

/// Shows the prices of a day, or all.
pub(super) fn show(args: &PricesShowArgs, settings: &Settings, output: &Output) -> Result<End, Failure> {
    let day = request::as_of(&args.book, settings)?;
    let book = request::book(&args.book, settings)?;
    let providers = models::providers(&book, &args.provider)?;
    let found = models::matching(&providers, args.model.as_deref())?;
    let holds = |row: &DatedRow| args.all || row.holds_on(day);
    let mut prices = Vec::new();
    for (provider, model) in &found {
        let rows = model.price_rows().into_iter().filter(|listed| holds(listed.row));
        prices.extend(rows.map(|listed| priced((&book, day), provider, model, listed)));
    }
    let as_of = (!args.all).then_some(day);
    let prices = Prices { schema: "imgcost.price-rows/1", as_of, prices };
    output.write(&prices, || report(&found, &prices.prices))?;
    Ok(End::Done)
}

fn priced<'b>(
    (book, day): (&Book, Date),
    provider: &'b Provider,
    model: &'b Model,
    listed: PriceRow<'b>,
) -> DatedPrice<'b> {
    let PriceRow { item, value, per, row, .. } = listed;
    DatedPrice {
        provider: &provider.id,
        model: &model.id,
        basis: model.basis.as_str(),
        item,
        value,
        per,
        dated: Dated::of(book, row),
        availability: model.availability(day),
    }
}

fn table<'p>(prices: impl Iterator<Item = &'p DatedPrice<'p>>) -> Table<'p> {
    Table::of("Prices", prices)
        .column(Column::name("provider").data_only(), |price| price.provider)
        .column(Column::name("model").data_only(), |price| price.model)
        .column(Column::text("basis").data_only(), |price| price.basis)
        .column(Column::text("item"), |price| &price.item)
        .column(Column::number("value").label("USD"), |price| Value::number(&price.value))
        .column(Column::name("per"), |price| price.per)
        .column(Column::name("from").data_only(), |price| price.dated.from)
        .column(Column::name("since").label("from").text_only(), |price| price.dated.since())
        .column(Column::name("to"), |price| price.dated.to)
        .column(Column::text("from_assumed").data_only(), |price| price.dated.from_assumed)
        .column(Column::name("evidence"), |price| price.dated.evidence)
        .column(Column::text("confidence").data_only(), |price| price.dated.confidence)
        .column(Column::text("source").data_only(), |price| price.dated.source)
        .column(Column::text("checked").data_only(), |price| price.dated.checked)
        .column(Column::text("row").data_only(), |price| &price.dated.row)
        .column(Column::text("note").data_only(), |price| price.dated.note)
        .column(Column::text("reason").data_only(), |price| price.dated.reason)
        .column(Column::text("availability").data_only(), |price| price.availability.as_str())
        .end()
}

/// A table a model, and where its prices come from.
fn report<'p>(found: &[(&Provider, &Model)], prices: &'p [DatedPrice<'_>]) -> Report<'p> {
    let mut report = Report::default();
    for (provider, model) in found {
        let own = || prices.iter().filter(|price| price.provider == provider.id && price.model == model.id);
        if !report.is_empty() {
            report.gap();
        }
        let mark = own().next().map(|price| price.availability).filter(|mark| mark.is_marked());
        report.heading(format!(
            "{} at {}, billed by {}{}",
            model.id,
            provider.id,
            model.basis.as_str().trim_start_matches("per-"),
            mark.map_or_else(String::new, |mark| format!(", {mark}"))
        ));
        if own().next().is_none() {
            report.line("no price");
            continue;
        }
        report.table(table(own()));
        // Where the prices of a table come from is written once, with the first of them.
        let mut written = Vec::new();
        for price in own() {
            let Dated { source, checked, from, note, reason, .. } = price.dated;
            let key = (source, checked, from, note, reason);
            if !written.contains(&key) {
                written.push(key);
                report.item(format!("{}: {}", price.dated.row, price.dated.source_words()));
                price.dated.notes(&mut report);
            }
        }
    }
    report
}
