//! `imgcost explain`: the chain from a total to its sources.

mod images;
mod steps;

use std::io;

use imgcost_analysis::currency::Exchange;
use imgcost_core::{Book, Confidence, Evidence, Item, Line, Quote, QuoteDocument, Rate, Row, Usd};
use serde::Serialize;
use serde_json::Value;

use crate::args::QuoteArgs;
use crate::commands::prices::{Cited, cited};
use crate::failure::{End, Failure};
use crate::render::currency::ConvertedDocument;
use crate::render::{self, Format, Page, Priced, Sheet};
use crate::request::{self, Asked, NoModel};
use crate::settings::Settings;

/// A line of the quote with everything that it rests on.
#[derive(Serialize)]
struct Link<'q> {
    item: Item,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<&'static str>,
    /// How the quantity comes about, in words with the numbers.
    quantity: Vec<String>,
    rule: Option<RuleDocument<'q>>,
    rate: Option<RateDocument<'q>>,
    /// Quantity times rate.
    amount: String,
}

/// The rule that counts, or the fact that stands for one.
#[derive(Serialize)]
struct RuleDocument<'q> {
    kind: String,
    parameters: Value,
    evidence: &'static str,
    source: &'q str,
    note: Option<&'q str>,
}

/// The price row that the rate stands in.
#[derive(Serialize)]
struct RateDocument<'q> {
    usd: String,
    per: u64,
    row: String,
    from: imgcost_core::Date,
    from_assumed: bool,
    to: Option<imgcost_core::Date>,
    evidence: &'static str,
    confidence: &'static str,
    source: &'q str,
    checked: Option<imgcost_core::Date>,
    note: Option<&'q str>,
    reason: Option<&'q str>,
}

#[derive(Serialize)]
struct Document<'q> {
    schema: &'static str,
    quote: QuoteDocument<'q>,
    /// Whether nothing named the model.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    model_defaulted: bool,
    chain: &'q [Link<'q>],
    total: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedDocument<'q>>,
    sources: &'q [Cited<'q>],
}

/// Quotes the call and shows how the quote comes about.
pub(crate) fn explain(args: &QuoteArgs, settings: &Settings, format: Format) -> Result<End, Failure> {
    let cap = request::cap(args.cap.as_deref(), settings)?;
    let exchange = args.currency.exchange()?;
    let exchange = exchange.as_ref();
    let book = request::book(&args.request.book, settings)?;
    let no_model = if cap.is_some() { NoModel::Refuse } else { NoModel::Default };
    let Asked { request, remarks } = request::asked(&args.request, settings, &book, no_model)?;
    let quote = book.quote(&request)?;
    super::quote::prompt_for_cap(args, cap, &quote)?;
    let priced = Priced { quote: &quote, remarks: &remarks };
    let chain: Vec<Link<'_>> = quote.lines().iter().map(|line| link(&quote, line)).collect();
    let total = total(&quote);
    let sources = cited(&book, source_ids(&quote));
    let mut out = io::stdout().lock();
    render::write(
        &mut out,
        format,
        || page(&priced, &chain, &total, exchange, &sources),
        || sheet(&chain),
        || Document {
            schema: "imgcost.explain/1",
            quote: render::document(&priced),
            model_defaulted: priced.is_model_defaulted(),
            chain: &chain,
            total: total.clone(),
            converted: exchange.map(|exchange| render::total_in(&quote, exchange)),
            sources: &sources,
        },
    )?;
    Ok(super::quote::end(&quote, cap))
}

fn link<'q>(quote: &'q Quote<'q>, line: &Line<'q>) -> Link<'q> {
    Link {
        item: line.item,
        part: line.part.map(imgcost_core::Part::as_str),
        quantity: steps::quantity(quote, line),
        rule: steps::rule(quote, line).map(|(parameters, evidence, source, note)| {
            let (kind, parameters) = kind_and_parameters(line.item, parameters);
            RuleDocument { kind, parameters, evidence: Evidence::as_str(evidence), source, note }
        }),
        rate: line.price.map(|price| rate(quote.offer().book, price.rate, price.row)),
        amount: steps::amount(line),
    }
}

/// `{"AreaGrid": {...}}` as kind `area-grid` and its parameters; items that only one kind of
/// rule counts have its name, as the price book writes it.
fn kind_and_parameters(item: Item, value: Value) -> (String, Value) {
    if let Value::Object(object) = &value
        && object.len() == 1
        && let Some((name, inner @ Value::Object(_))) = object.iter().next()
        && name.starts_with(|c: char| c.is_ascii_uppercase())
    {
        return (kebab(name), inner.clone());
    }
    if let Value::String(name) = &value {
        return (kebab(name), Value::Object(serde_json::Map::new()));
    }
    let kind = match item {
        Item::TextOutput => "per-image",
        _ => "mainline",
    };
    (kind.to_owned(), value)
}

/// `AreaGrid` as `area-grid`.
fn kebab(name: &str) -> String {
    let mut kind = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !kind.is_empty() {
            kind.push('-');
        }
        kind.push(c.to_ascii_lowercase());
    }
    kind
}

fn rate<'q>(book: &Book, rate: Rate, row: &'q Row) -> RateDocument<'q> {
    RateDocument {
        usd: rate.to_string(),
        per: rate.per(),
        row: book.place(row.place),
        from: row.from,
        from_assumed: row.from_assumed,
        to: row.to,
        evidence: row.evidence.as_str(),
        confidence: match row.confidence {
            Confidence::High => "high",
            Confidence::Medium => "medium",
        },
        source: &row.source,
        checked: row.checked,
        note: row.note.as_deref(),
        reason: row.reason.as_deref(),
    }
}

/// The sum of the lines in words.
fn total(quote: &Quote<'_>) -> String {
    let parts: Vec<String> = quote
        .lines()
        .iter()
        .map(|line| match line.price {
            Some(price) => match price.amount.expected {
                Some(expected) => expected.to_string(),
                None => format!("({} to {})", price.amount.floor, price.amount.ceiling),
            },
            None => "?".to_owned(),
        })
        .collect();
    let total = quote.total();
    let range = render::amount_words(total.floor, total.ceiling);
    match total.expected {
        Some(expected) if total.floor == total.ceiling => format!("{} = ${expected}", parts.join(" + ")),
        Some(expected) => format!("{} = ${expected} expected, {range}", parts.join(" + ")),
        None => format!("{} = {range}", parts.join(" + ")),
    }
}

/// How the total becomes an amount in another currency, unrounded.
fn conversion(quote: &Quote<'_>, exchange: &Exchange) -> String {
    let total = quote.total();
    let step = |usd: Usd| {
        let product =
            exchange.convert(usd).map_or_else(|| render::DASH.to_owned(), |amount| amount.to_string());
        format!("{usd} x {} = {product} {}", exchange.rate, exchange.currency)
    };
    let known = match total.expected {
        Some(expected) if total.floor == total.ceiling => vec![expected],
        _ => [total.floor, total.expected, total.ceiling].into_iter().flatten().collect(),
    };
    if known.is_empty() {
        return render::DASH.to_owned();
    }
    known.into_iter().map(step).collect::<Vec<_>>().join("; ")
}

/// Every source that the quote rests on: of counts, of rates, of the lifecycle and limits.
fn source_ids<'q>(quote: &'q Quote<'q>) -> impl Iterator<Item = &'q str> {
    let offer = quote.offer();
    let lines = quote
        .lines()
        .iter()
        .flat_map(|line| [Some(line.source), line.price.map(|price| price.row.source.as_str())]);
    let others = [offer.model.lifecycle_source.as_deref(), Some(offer.family.limits.source.as_str())];
    lines.chain(others).flatten()
}

fn page(
    priced: &Priced<'_>,
    chain: &[Link<'_>],
    total: &str,
    exchange: Option<&Exchange>,
    sources: &[Cited<'_>],
) -> Page {
    let quote = priced.quote;
    let mut page = Page::default();
    render::warning(&mut page, priced);
    page.heading(render::quote_heading(quote));
    for link in chain {
        page.gap();
        page.heading(render::item_words(link.item, link.part));
        for step in &link.quantity {
            page.line(step.clone());
        }
        if let Some(rule) = &link.rule {
            page.item(format!("rule {} ({}, {})", rule.kind, rule.evidence, rule.source));
            if let Some(note) = rule.note {
                page.item(note);
            }
        }
        if let Some(rate) = &link.rate {
            show_rate(&mut page, rate);
        }
        page.line(link.amount.clone());
    }
    page.gap();
    page.heading("total");
    page.line(total);
    if let Some(exchange) = exchange {
        page.line(conversion(quote, exchange));
        page.line(render::total_in(quote, exchange).words());
    }
    render::notes(&mut page, priced);
    page.gap();
    page.heading("sources");
    for source in sources {
        source.show(&mut page);
    }
    page
}

fn show_rate(page: &mut Page, rate: &RateDocument<'_>) {
    let per = if rate.per == 1 { "each".to_owned() } else { "per 1M tokens".to_owned() };
    let from = if rate.from_assumed { format!("{} (assumed)", rate.from) } else { rate.from.to_string() };
    let to = rate.to.map_or_else(String::new, |to| format!(" up to {to}"));
    page.line(format!("${} {per}, since {from}{to}", rate.usd));
    let checked = rate.checked.map_or_else(String::new, |day| format!(", checked {day}"));
    let confidence = if rate.confidence == "high" { "" } else { ", medium confidence" };
    page.item(format!("{} ({}, {}{checked}{confidence})", rate.row, rate.evidence, rate.source));
    for note in [rate.note, rate.reason].into_iter().flatten() {
        page.item(note);
    }
}

fn sheet(chain: &[Link<'_>]) -> Sheet {
    let mut sheet = Sheet::new(&[
        "item",
        "part",
        "quantity",
        "rule",
        "rule_evidence",
        "rule_source",
        "rate",
        "per",
        "rate_row",
        "rate_from",
        "rate_evidence",
        "rate_source",
        "rate_checked",
        "amount",
    ]);
    for link in chain {
        let (rule, rate) = (link.rule.as_ref(), link.rate.as_ref());
        let of_rate = |cell: &dyn Fn(&RateDocument<'_>) -> String| rate.map_or_else(String::new, cell);
        sheet.row([
            link.item.to_string(),
            link.part.unwrap_or("").to_owned(),
            link.quantity.join("; "),
            rule.map_or_else(String::new, |rule| rule.kind.clone()),
            rule.map_or("", |rule| rule.evidence).to_owned(),
            rule.map_or("", |rule| rule.source).to_owned(),
            of_rate(&|rate| rate.usd.clone()),
            of_rate(&|rate| rate.per.to_string()),
            of_rate(&|rate| rate.row.clone()),
            of_rate(&|rate| rate.from.to_string()),
            of_rate(&|rate| rate.evidence.to_owned()),
            of_rate(&|rate| rate.source.to_owned()),
            of_rate(&|rate| rate.checked.map_or_else(String::new, |day| day.to_string())),
            link.amount.clone(),
        ]);
    }
    sheet
}
