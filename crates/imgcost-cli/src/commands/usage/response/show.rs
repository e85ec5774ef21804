//! A charge as document and report.

use imgcost_analysis::accuracy::Comparison;
use imgcost_core::{ChargeLine, Pixels, Quality, QuoteDocument, Rate, TotalDocument};
use serde::Serialize;

use super::Charged;
use crate::commands::quote::item_words;
use crate::report::{Bounds, Column, ConvertedTotal, Only, Report, Table, Value, converted};

/// The JSON document.
#[derive(Serialize)]
pub(super) struct Document<'c> {
    schema: &'static str,
    provider: &'c str,
    model: &'c str,
    as_of: imgcost_core::Date,
    complete: bool,
    settles: bool,
    response: Echo<'c>,
    lines: &'c [ChargeLine],
    total: TotalDocument,
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedTotal<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<&'c Comparison>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<QuoteDocument<'c>>,
    notes: &'c [String],
}

#[derive(Serialize)]
struct Echo<'c> {
    model: Option<&'c str>,
    quality: Option<&'c Quality>,
    size: Option<Pixels>,
    images: Option<u64>,
}

/// The sum in another currency, where one was asked for.
fn in_currency<'c>(charged: &'c Charged<'_>) -> Option<ConvertedTotal<'c>> {
    Some(converted(charged.exchange.as_ref()?, &charged.charge.known_total()))
}

/// The charge as a document.
pub(super) fn document<'c>(charged: &'c Charged<'_>) -> Document<'c> {
    let (response, offer) = (charged.response, charged.quote.offer());
    Document {
        schema: "imgcost.usage/1",
        provider: &offer.provider.id,
        model: &offer.model.id,
        as_of: offer.as_of,
        complete: charged.charge.complete,
        settles: charged.charge.settles,
        response: Echo {
            model: response.model.as_deref(),
            quality: response.quality.as_ref(),
            size: response.size,
            images: response.usage.images,
        },
        lines: &charged.charge.lines,
        total: charged.charge.known_total().into(),
        converted: in_currency(charged),
        comparison: charged.comparison.as_ref(),
        quote: charged.comparison.as_ref().map(|_| charged.quote.document()),
        notes: &charged.remarks,
    }
}

/// What was charged for, its items and their sum, and how they compare with the quote.
pub(super) fn report<'c>(charged: &'c Charged<'_>) -> Report<'c> {
    let mut report = Report::default();
    let (response, offer) = (charged.response, charged.quote.offer());
    let mut about = Vec::new();
    let quality = response.quality.as_ref();
    about.extend(quality.map(|quality| format!("quality {}", crate::fields::shown(quality.as_str()))));
    about.extend(response.size.map(|size| format!("size {size}")));
    let plural = |count: u64| if count == 1 { "" } else { "s" };
    about.extend(response.usage.images.map(|count| format!("{count} image{}", plural(count))));
    let about = if about.is_empty() { String::new() } else { format!(": {}", about.join(", ")) };
    report.heading(format!("charge of {} at {}, {}{about}", offer.model.id, offer.provider.id, offer.as_of));
    report.table(lines(charged));
    if let Some(converted) = in_currency(charged) {
        report.line(converted.words());
    }
    let unpriced = charged.charge.lines.iter().filter(|line| line.amount.is_none()).count();
    if unpriced > 0 {
        report.line(format!("{unpriced} unpriced"));
    }
    if let Some(comparison) = &charged.comparison {
        compared(&mut report, charged, comparison);
    }
    charged.remarks.iter().for_each(|remark| report.note(remark));
    report
}

/// A row an item, the total last.
fn lines<'c>(charged: &'c Charged<'_>) -> Table<'c> {
    let comparison = charged.comparison.as_ref();
    let finding = |line: Option<&ChargeLine>| comparison?.item(line?.item);
    let total = charged.charge.known_total();
    let each = |rate: Rate| match rate {
        Rate::PerMillion(rate) => format!("{rate}/1M"),
        Rate::Each(usd) => format!("{usd} each"),
    };
    let bounds = |line: Option<&ChargeLine>| match line {
        Some(line) => line.amount.map(Bounds::from),
        None => Some(Bounds::from(&total)),
    };
    let data = |key: &'static str| Column::number(key).data_only();
    let mut table = Table::of("Charge", charged.charge.lines.iter().map(Some).chain([None]))
        .column(Column::name("what").label("item").text_only(), |line| {
            line.map_or_else(|| "total".to_owned(), |line| item_words(line.item, None))
        })
        .column(Column::name("item").data_only(), |line| line.map_or("total", |line| line.item.as_str()))
        .column(Column::number("quantity").label("used"), |line| Some(line?.quantity))
        .column(Column::number("each").label("rate").text_only(), |line| {
            Some(Value::known(line?.rate.map(each)))
        })
        .column(Column::estimate("amount").label("USD").ranged("from floor to ceiling").text_only(), |line| {
            bounds(line).map_or(Value::Unknown("no price".into()), Value::from)
        })
        .column(data("rate"), |line| Some(Value::number(line?.rate?.to_string())))
        .column(data("per"), |line| Some(line?.rate?.per()))
        .column(data("floor"), |line| bounds(line)?.floor)
        .column(data("expected"), |line| bounds(line)?.expected)
        .column(data("ceiling"), |line| bounds(line)?.ceiling)
        .column(Column::estimate("quoted").data_only(), |line| match line {
            Some(_) => finding(line).and_then(|finding| finding.quoted).into(),
            None => Value::from(comparison.map(|_| charged.quote.total())),
        })
        .column(Column::text("verdict").data_only(), |line| match line {
            Some(_) => Some(finding(line)?.verdict.as_str()),
            None => Some(comparison?.total().as_str()),
        })
        .end();
    if let Some(converted) = in_currency(charged) {
        table.columns.extend(ConvertedTotal::columns());
        table.rows.last_mut().into_iter().for_each(|row| row.cells.extend(converted.cells()));
    }
    table
}

fn compared(report: &mut Report<'_>, charged: &Charged<'_>, comparison: &Comparison) {
    report.gap();
    report.heading("quote against actual");
    let columns = [
        Column::name("item"),
        Column::number("floor"),
        Column::number("expected"),
        Column::number("ceiling"),
        Column::estimate("actual").or_range(),
        Column::name("verdict"),
    ];
    let mut table = Table::new("Comparison", columns).only(Only::People);
    for (item, finding) in comparison.items() {
        table.row([
            item_words(item, None).into(),
            Value::known(finding.quoted.map(|quoted| quoted.floor)),
            Value::known(finding.quoted.and_then(|quoted| quoted.expected)),
            Value::known(finding.quoted.map(|quoted| quoted.ceiling)),
            Value::known(finding.actual),
            finding.verdict.as_str().into(),
        ]);
    }
    let quoted = charged.quote.total();
    table.row([
        "total, USD".into(),
        Value::known(quoted.floor),
        Value::known(quoted.expected),
        Value::known(quoted.ceiling),
        (&charged.charge.known_total()).into(),
        comparison.total().as_str().into(),
    ]);
    report.table(table);
    if comparison.lacks_prompt() {
        report.line("no prompt given: the total can't be compared");
    }
    if let Some(difference) = comparison.difference() {
        let size = difference.size();
        report.line(match difference.is_negative() {
            _ if difference.is_zero() => "the bill is what was expected".to_owned(),
            true => format!("the bill is ${size} less than expected"),
            false => format!("the bill is ${size} more than expected"),
        });
    }
}
