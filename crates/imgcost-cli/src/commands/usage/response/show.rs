//! A charge as page, rows and document.

use imgcost_analysis::accuracy::{Comparison, Finding, Verdict};
use imgcost_core::{Estimate, Item, Pixels, Quality, QuoteDocument, Rate, SignedUsd, Usd};
use serde::Serialize;

use super::Charged;
use crate::render::currency::{ConvertedDocument, converted};
use crate::render::{DASH, Page, Sheet, grouped, item_words};

/// From floor to ceiling, with the expected value between.
#[derive(Serialize)]
struct Span<T> {
    floor: T,
    expected: Option<T>,
    ceiling: T,
}

impl<T: Copy> From<Estimate<T>> for Span<T> {
    fn from(range: Estimate<T>) -> Self {
        Span { floor: range.floor, expected: range.expected, ceiling: range.ceiling }
    }
}

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
    lines: Vec<Line>,
    total: Total,
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedDocument<'c>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<ComparisonDocument>,
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

#[derive(Serialize)]
struct Line {
    item: Item,
    quantity: u64,
    rate: Option<String>,
    per: Option<u64>,
    amount: Option<Span<Usd>>,
}

#[derive(Serialize)]
struct Total {
    floor: Option<Usd>,
    expected: Option<Usd>,
    ceiling: Option<Usd>,
    currency: &'static str,
}

#[derive(Serialize)]
struct ComparisonDocument {
    items: Vec<ItemDocument>,
    total: Verdict,
    difference: Option<SignedUsd>,
}

#[derive(Serialize)]
struct ItemDocument {
    item: Item,
    quoted: Option<Span<u64>>,
    actual: Option<u64>,
    verdict: Verdict,
}

/// The sum: none where nothing has a price, no ceiling where something has none or was not
/// reported. A response that reports that nothing was used did cost nothing.
fn total(charged: &Charged<'_>) -> Total {
    let charge = &charged.charge;
    let known = charge.complete && charge.settles;
    let any = charge.lines.iter().any(|line| line.amount.is_some()) || (known && charge.lines.is_empty());
    Total {
        floor: any.then_some(charge.total.floor),
        expected: charge.total.expected.filter(|_| any && known),
        ceiling: (any && known).then_some(charge.total.ceiling),
        currency: "USD",
    }
}

/// The sum in another currency, where one was asked for.
fn in_currency<'c>(charged: &'c Charged<'_>) -> Option<ConvertedDocument<'c>> {
    let total = total(charged);
    let exchange = charged.exchange.as_ref()?;
    Some(converted(exchange, [total.floor, total.expected, total.ceiling]))
}

/// The charge as a document.
pub(super) fn document<'c>(charged: &'c Charged<'_>) -> Document<'c> {
    let (response, offer) = (charged.response, charged.quote.offer());
    let line = |line: &imgcost_core::ChargeLine| Line {
        item: line.item,
        quantity: line.quantity,
        rate: line.rate.map(|rate| rate.to_string()),
        per: line.rate.map(Rate::per),
        amount: line.amount.map(Span::from),
    };
    let item = |(item, finding): (Item, &Finding)| ItemDocument {
        item,
        quoted: finding.quoted.map(Span::from),
        actual: finding.actual,
        verdict: finding.verdict,
    };
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
        lines: charged.charge.lines.iter().map(line).collect(),
        total: total(charged),
        converted: in_currency(charged),
        comparison: charged.comparison.as_ref().map(|comparison| ComparisonDocument {
            items: comparison.items().map(item).collect(),
            total: comparison.total(),
            difference: comparison.difference(),
        }),
        quote: charged.comparison.as_ref().map(|_| charged.quote.document()),
        notes: &charged.remarks,
    }
}

/// The charge for people.
pub(super) fn page(charged: &Charged<'_>) -> Page {
    let mut page = Page::default();
    let offer = charged.quote.offer();
    let mut about = Vec::new();
    about.extend(
        charged
            .response
            .quality
            .as_ref()
            .map(|quality| format!("quality {}", crate::fields::shown(quality.as_str()))),
    );
    about.extend(charged.response.size.map(|size| format!("size {size}")));
    about.extend(
        charged
            .response
            .usage
            .images
            .map(|count| format!("{count} image{}", if count == 1 { "" } else { "s" })),
    );
    let about = if about.is_empty() { String::new() } else { format!(": {}", about.join(", ")) };
    page.heading(format!("charge of {} at {}, {}{about}", offer.model.id, offer.provider.id, offer.as_of));
    let total = total(charged);
    let mut sheet = Sheet::new(&["item", ">used", ">rate", ">USD"]);
    for line in &charged.charge.lines {
        let rate = line.rate.map_or_else(
            || DASH.to_owned(),
            |rate| match rate {
                Rate::PerMillion(rate) => format!("{rate}/1M"),
                Rate::Each(usd) => format!("{usd} each"),
            },
        );
        let amount = line
            .amount
            .map_or_else(|| "no price".to_owned(), |range| words(Some(range.floor), Some(range.ceiling)));
        sheet.row([item_words(line.item, None), grouped(line.quantity), rate, amount]);
    }
    sheet.row(["total".to_owned(), String::new(), String::new(), words(total.floor, total.ceiling)]);
    page.table(sheet);
    if let Some(converted) = in_currency(charged) {
        page.line(converted.words());
    }
    let unpriced = charged.charge.lines.iter().filter(|line| line.amount.is_none()).count();
    if unpriced > 0 {
        page.line(format!("{unpriced} unpriced"));
    }
    if let Some(comparison) = &charged.comparison {
        compared(&mut page, charged, comparison);
    }
    for remark in &charged.remarks {
        page.note(remark.clone());
    }
    page
}

fn words(floor: Option<Usd>, ceiling: Option<Usd>) -> String {
    match (floor, ceiling) {
        (Some(floor), Some(ceiling)) if floor == ceiling => floor.to_string(),
        (Some(floor), Some(ceiling)) => format!("{floor} to {ceiling}"),
        (Some(floor), None) => format!("at least {floor}"),
        _ => DASH.to_owned(),
    }
}

fn compared(page: &mut Page, charged: &Charged<'_>, comparison: &Comparison) {
    let total = charged.quote.total();
    page.gap();
    page.heading("quote against actual");
    let mut sheet = Sheet::new(&["item", ">floor", ">expected", ">ceiling", ">actual", "verdict"]);
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| DASH.to_owned());
    for (item, finding) in comparison.items() {
        sheet.row([
            item_words(item, None),
            or_dash(finding.quoted.map(|range| grouped(range.floor))),
            or_dash(finding.quoted.and_then(|range| range.expected).map(grouped)),
            or_dash(finding.quoted.map(|range| grouped(range.ceiling))),
            or_dash(finding.actual.map(grouped)),
            finding.verdict.as_str().to_owned(),
        ]);
    }
    let actual = self::total(charged);
    let usd = |usd: Option<Usd>| or_dash(usd.map(|usd| usd.to_string()));
    sheet.row([
        "total, USD".to_owned(),
        usd(total.floor),
        usd(total.expected),
        usd(total.ceiling),
        words(actual.floor, actual.ceiling),
        comparison.total().as_str().to_owned(),
    ]);
    page.table(sheet);
    if comparison.lacks_prompt() {
        page.line("no prompt given: the total can't be compared");
    }
    if let Some(difference) = comparison.difference() {
        let sign = if difference.is_negative() { "less" } else { "more" };
        let size = difference.size();
        page.line(if difference.is_zero() {
            "the bill is what was expected".to_owned()
        } else {
            format!("the bill is ${size} {sign} than expected")
        });
    }
}

/// The charge as one row an item, the total last.
pub(super) fn sheet(charged: &Charged<'_>) -> Sheet {
    let mut sheet = Sheet::new(&[
        "item",
        ">quantity",
        ">rate",
        ">per",
        ">floor",
        ">expected",
        ">ceiling",
        ">quoted_floor",
        ">quoted_expected",
        ">quoted_ceiling",
        "verdict",
    ]);
    let cell = |usd: Option<Usd>| usd.map_or_else(String::new, |usd| usd.to_string());
    for line in &charged.charge.lines {
        let compared = charged.comparison.as_ref().and_then(|comparison| comparison.item(line.item));
        let quoted = compared.and_then(|compared| compared.quoted);
        sheet.row([
            line.item.to_string(),
            line.quantity.to_string(),
            line.rate.map_or_else(String::new, |rate| rate.to_string()),
            line.rate.map_or_else(String::new, |rate| rate.per().to_string()),
            cell(line.amount.map(|amount| amount.floor)),
            cell(line.amount.and_then(|amount| amount.expected)),
            cell(line.amount.map(|amount| amount.ceiling)),
            quoted.map_or_else(String::new, |range| range.floor.to_string()),
            quoted.and_then(|range| range.expected).map_or_else(String::new, |tokens| tokens.to_string()),
            quoted.map_or_else(String::new, |range| range.ceiling.to_string()),
            compared.map_or("", |compared| compared.verdict.as_str()).to_owned(),
        ]);
    }
    let total = total(charged);
    let comparison = charged.comparison.as_ref();
    let quoted = |usd: Option<Usd>| cell(usd.filter(|_| comparison.is_some()));
    let of_quote = charged.quote.total();
    sheet.row([
        "total".to_owned(),
        String::new(),
        String::new(),
        String::new(),
        cell(total.floor),
        cell(total.expected),
        cell(total.ceiling),
        quoted(of_quote.floor),
        quoted(of_quote.expected),
        quoted(of_quote.ceiling),
        comparison.map_or("", |comparison| comparison.total().as_str()).to_owned(),
    ]);
    if let Some(converted) = in_currency(charged) {
        converted.add_to(&mut sheet);
    }
    sheet
}
