//! A quote for people, and as the JSON document.

use imgcost_analysis::currency::Exchange;
use imgcost_core::{
    CeilingBasis, Endpoint, Fidelity, Item, Note, Quote, QuoteDocument, QuoteLine, Rate, Tier, Unit, Usd,
};
use serde::Serialize;

use super::noted::{NotedQuote, total_in};
use super::row;
use crate::fields::shown;
use crate::report::{Column, ConvertedTotal, DASH, Only, Report, Table, Value, grouped};
use crate::request::MODEL_DEFAULTED;

/// The most decimals of an amount for each image; one that needs more is rounded, and marked so.
const PLACES_MAX: u32 = 9;

/// The JSON document of a quote, remarks among its notes.
pub(crate) fn document<'q>(priced: &NotedQuote<'q>) -> QuoteDocument<'q> {
    let mut document = priced.quote.document();
    document.notes.extend_from_slice(priced.remarks);
    document
}

/// The document of a quote with its total in another currency beside it.
#[derive(Serialize)]
pub(crate) struct InCurrency<'q> {
    #[serde(flatten)]
    quote: QuoteDocument<'q>,
    /// Whether nothing named the model.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    model_defaulted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedTotal<'q>>,
}

/// The JSON document of a quote, its total converted where a currency was asked for.
pub(crate) fn document_in<'q>(priced: &NotedQuote<'q>, exchange: Option<&'q Exchange>) -> InCurrency<'q> {
    InCurrency {
        quote: document(priced),
        model_defaulted: priced.is_model_defaulted(),
        converted: exchange.map(|exchange| total_in(priced.quote, exchange)),
    }
}

/// What was asked, the lines, the total, what is published, the notes; for programs a row.
pub(super) fn report<'q>(priced: &NotedQuote<'q>, exchange: Option<&Exchange>) -> Report<'q> {
    let quote = priced.quote;
    let mut report = Report::default();
    warning(&mut report, priced);
    report.heading(heading(quote));
    report.table(lines(quote));
    report.table(row::table(priced, exchange));
    if let Some(exchange) = exchange {
        report.line(total_in(quote, exchange).words());
    }
    if let Some(line) = below(quote) {
        report.line(line);
    }
    if priced.is_model_defaulted() {
        let rows = super::on_current_models(quote);
        if !rows.is_empty() {
            report.line("The same request on models you can call today:");
            let columns = [Column::name("model"), Column::number("USD"), Column::text("best").label("")];
            let mut table = Table::new("Current models", columns).only(Only::People);
            rows.into_iter().for_each(|row| table.row(row.into_iter().map(Value::from)));
            report.table(table);
        }
    }
    notes(&mut report, priced);
    report
}

/// Adds what to know before anything else.
pub(crate) fn warning(report: &mut Report<'_>, priced: &NotedQuote<'_>) {
    if let Some(note) = priced.defaulted() {
        report.heading(format!("warning: {}", note.message));
    }
}

/// Adds the quote's notes and the remarks; what two rows say alike is said once.
pub(crate) fn notes(report: &mut Report<'_>, priced: &NotedQuote<'_>) {
    let mut said = Vec::new();
    let first = |note: &&Note| note.code != MODEL_DEFAULTED;
    for note in priced.quote.notes().iter().chain(priced.remarks.iter().filter(first)) {
        if !said.contains(&note.message) {
            said.push(note.message.clone());
            report.note(note.message.clone());
        }
    }
}

/// What was asked, in a line.
pub(crate) fn heading(quote: &Quote<'_>) -> String {
    let (offer, request) = (quote.offer(), quote.request());
    let mut parts = Vec::new();
    parts.extend(quote.quality().map(|quality| format!("quality {quality}")));
    parts.push(format!("size {}", quote.chosen_size()));
    parts.push(format!("n = {}", request.n));
    match request.endpoint {
        Endpoint::Generations => {}
        Endpoint::Responses => {
            let by = request
                .responses_model
                .as_deref()
                .map_or_else(String::new, |model| format!(" by {}", shown(model)));
            parts.push(format!("responses{by}"));
        }
        other => parts.push(other.to_string()),
    }
    match request.images.len() {
        0 => {}
        1 => parts.push("1 input image".to_owned()),
        count => parts.push(format!("{count} input images")),
    }
    if request.mask {
        parts.push("mask".to_owned());
    }
    if request.input_fidelity == Some(Fidelity::High) {
        parts.push("high fidelity".to_owned());
    }
    if let Some(partials) = request.partial_images.filter(|partials| *partials > 0) {
        parts.push(format!("{partials} partial image{}", if partials == 1 { "" } else { "s" }));
    } else if request.stream {
        parts.push("streamed".to_owned());
    }
    if request.tier == Tier::Batch {
        parts.push("Batch API".to_owned());
    }
    if let Some(ratio) = request.group_ratio {
        parts.push(format!("group ratio {ratio}"));
    }
    format!("{} at {}, {}: {}", offer.model.id, offer.provider.id, offer.as_of, parts.join(", "))
}

fn lines<'q>(quote: &'q Quote<'q>) -> Table<'q> {
    let unit = unit_of(quote);
    let (counted, rate) = match unit {
        Some(Unit::Token) => ("tokens", "USD/1M"),
        Some(Unit::Image) => ("images", "USD each"),
        Some(Unit::Call) => ("calls", "USD each"),
        Some(Unit::Megapixel) => ("megapixels", "USD each"),
        None => ("quantity", "USD"),
    };
    let mut columns = vec![
        Column::name("item"),
        Column::estimate("quantity").or_range().label(counted),
        Column::text("unit").data_only(),
        Column::number("rate").label(rate),
        Column::number("per").data_only(),
        Column::estimate("amount").label("USD").ranged("from floor to ceiling"),
    ];
    if unit.is_none() {
        // Each cell has its unit.
        columns = columns
            .into_iter()
            .map(|column| match column.key.as_ref() {
                "quantity" | "rate" => column.data_only(),
                _ => column,
            })
            .collect();
        columns.insert(1, Column::number("counted").label(counted).text_only());
        columns.insert(2, Column::number("each").label(rate).text_only());
    }
    let mut table = Table::new("Lines", columns).only(Only::People);
    for line in quote.lines() {
        let mut cells = vec![
            item_words(line.item, line.part.map(imgcost_core::LinePart::as_str)).into(),
            line.quantity.into(),
            line.unit.as_str().into(),
            line.price.map_or(Value::missing(), |price| Value::Number(digits(price.rate))),
            line.price.map(|price| price.rate.per()).into(),
            line.price.map_or(Value::Unknown("no price".into()), |price| price.amount.into()),
        ];
        if unit.is_none() {
            cells.insert(1, quantity(line).into());
            cells.insert(2, rate_words(line).into());
        }
        table.row(cells);
    }
    let mut total = vec![Value::Empty; table.columns.len()];
    if let [first, .., last] = total.as_mut_slice() {
        (*first, *last) = ("total".into(), quote.total().into());
    }
    table.total = Some(total);
    table
}

fn digits(rate: Rate) -> rust_decimal::Decimal {
    match rate {
        Rate::PerMillion(rate) => rate.decimal(),
        Rate::Each(usd) => usd.decimal(),
    }
}

/// The unit that all lines share, if they do.
fn unit_of(quote: &Quote<'_>) -> Option<Unit> {
    let mut units = quote.lines().iter().map(|line| line.unit);
    let first = units.next()?;
    units.all(|unit| unit == first).then_some(first)
}

fn quantity(line: &QuoteLine<'_>) -> String {
    let count = match line.quantity.expected {
        Some(expected) => grouped(expected),
        None => format!("{} to {}", grouped(line.quantity.floor), grouped(line.quantity.ceiling)),
    };
    let plural = if line.quantity.ceiling == 1 { "" } else { "s" };
    format!("{count} {}{plural}", line.unit.as_str())
}

fn rate_words(line: &QuoteLine<'_>) -> String {
    match line.price.map(|price| price.rate) {
        None => DASH.to_owned(),
        Some(rate @ Rate::PerMillion(_)) => format!("{rate}/1M"),
        Some(rate @ Rate::Each(_)) => format!("{rate} each"),
    }
}

/// An item's name as people read it.
pub(crate) fn item_words(item: Item, part: Option<&str>) -> String {
    let words = item.as_str().replace('_', " ");
    match part {
        Some(part) => format!("{words}, {part}"),
        None => words,
    }
}

/// A total in words, as messages and summaries say it: never a zero for what is unknown.
pub(crate) fn amount_words(floor: Option<Usd>, ceiling: Option<Usd>) -> String {
    match (floor, ceiling) {
        (Some(floor), Some(ceiling)) if floor == ceiling => format!("${ceiling}"),
        (Some(floor), Some(ceiling)) => format!("${floor} to ${ceiling}"),
        (Some(floor), None) => format!("at least ${floor}"),
        _ => DASH.to_owned(),
    }
}

/// The line below the table: the price of one image, what is published beside it, and
/// what the sum lacks or rests on.
fn below(quote: &Quote<'_>) -> Option<String> {
    let mut parts = Vec::new();
    let unpriced = quote.lines().iter().filter(|line| line.price.is_none()).count();
    if unpriced > 0 {
        let priced = quote
            .total()
            .floor
            .map_or_else(|| "no price known".to_owned(), |floor| amount_words(Some(floor), None));
        parts.push(format!("{priced}, {unpriced} unpriced"));
    }
    let n = quote.request().n;
    if let Some(expected) = quote.total().expected.filter(|_| n > 1) {
        parts.push(format!("per image {}", divided(expected, n)));
    }
    if let Some(listed) = quote.per_image_list_price() {
        parts.push(format!("list price per image {listed}"));
    }
    if quote.total().ceiling.is_some() && quote.total().basis == CeilingBasis::Assumed {
        parts.push("the ceiling is assumed, not proven".to_owned());
    }
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// An amount for each of `n`, marked where it had to be rounded.
fn divided(amount: Usd, n: u32) -> String {
    let Some(each) = amount.decimal().checked_div(n.into()) else { return DASH.to_owned() };
    let shown = each.round_dp_with_strategy(PLACES_MAX, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    if shown.is_zero() && !each.is_zero() {
        return format!("<{}", Usd::from_nanos(1));
    }
    format!("{}{}", if shown == each { "" } else { "≈ " }, shown.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_for_each_is_never_zero() {
        assert_eq!(divided("0.000000001".parse().unwrap(), 4), "<0.000000001");
    }

    #[test]
    fn nothing_known_is_a_dash_and_never_zero() {
        assert_eq!(amount_words(None, None), "—");
        assert_eq!(amount_words(Some(Usd::ZERO), None), "at least $0");
    }
}
