//! `imgcost explain`: the chain from a total to its sources.

mod agreement;
mod images;
mod steps;

use imgcost_analysis::currency::Exchange;
use imgcost_core::{Estimate, Evidence, Item, Price, Quote, QuoteDocument, QuoteLine, Usd};
use serde::Serialize;

use self::agreement::Maps;
use crate::args::QuoteArgs;
use crate::commands::prices::{Cited, Dated, cited, sources_table};
use crate::commands::quote::{self, NotedQuote};
use crate::failure::{End, Failure, bad_input};
use crate::report::{Column, ConvertedTotal, DASH, Only, Output, Report, Table, Value};
use crate::request::{self, Asked, NoModel};
use crate::settings::Settings;
use crate::volume::Often;

/// A line of the quote with everything that it rests on.
#[derive(Serialize)]
struct Link<'q> {
    item: Item,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<&'static str>,
    /// How many; a document has it in its quote.
    #[serde(skip)]
    count: Estimate<u64>,
    /// How the quantity comes about, in words with the numbers.
    quantity: Vec<String>,
    rule: Option<RuleDocument<'q>>,
    rate: Option<RateDocument<'q>>,
    /// What that costs, in USD; none where there is no price.
    #[serde(skip)]
    usd: Option<Estimate<Usd>>,
    /// Quantity times rate, in words with the numbers.
    amount: String,
}

/// The rule that counts, or the fact that stands for one.
#[derive(Serialize)]
struct RuleDocument<'q> {
    kind: String,
    parameters: serde_json::Value,
    evidence: &'static str,
    source: &'q str,
    note: Option<&'q str>,
}

/// The price row that the rate stands in.
#[derive(Serialize)]
struct RateDocument<'q> {
    usd: String,
    per: u64,
    #[serde(flatten)]
    dated: Dated<'q>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maps: Option<Maps>,
}

#[derive(Serialize)]
struct Explanation<'q> {
    schema: &'static str,
    quote: QuoteDocument<'q>,
    /// Whether nothing named the model.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    model_defaulted: bool,
    chain: Vec<Link<'q>>,
    total: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedTotal<'q>>,
    sources: Vec<Cited<'q>>,
}

/// Quotes the call and shows how the quote comes about.
pub(crate) fn explain(args: &QuoteArgs, settings: &Settings, output: &Output) -> Result<End, Failure> {
    if Often::read(&args.volume)?.is_said() {
        let message = "explain is of one call: imgcost quote takes --calls and --per";
        return Err(bad_input("calls", message).into());
    }
    let cap = request::cap(args.cap.as_deref(), settings)?;
    let exchange = args.currency.exchange()?;
    let exchange = exchange.as_ref();
    let book = request::book(&args.request.book, settings)?;
    let no_model = if cap.is_some() { NoModel::Refuse } else { NoModel::Default };
    let Asked { request, remarks } = request::asked(&args.request, settings, &book, no_model)?;
    let quoted = book.quote(&request)?;
    quote::prompt_for_cap(args, cap, &quoted)?;
    let priced = NotedQuote { quote: &quoted, remarks: &remarks };
    let explanation = Explanation {
        schema: "imgcost.explain/1",
        quote: quote::document(&priced),
        model_defaulted: priced.is_model_defaulted(),
        chain: quoted.lines().iter().map(|line| link(&quoted, line)).collect(),
        total: total(&quoted),
        converted: exchange.map(|exchange| quote::total_in(&quoted, exchange)),
        sources: cited(&book, source_ids(&quoted)),
    };
    output.write(&explanation, || report(&priced, &explanation, exchange))?;
    Ok(quote::end(&quoted, Often::default(), cap, args.require_proven))
}

fn link<'q>(quote: &'q Quote<'q>, line: &QuoteLine<'q>) -> Link<'q> {
    Link {
        item: line.item,
        part: line.part.map(imgcost_core::LinePart::as_str),
        count: line.quantity,
        quantity: steps::quantity(quote, line),
        rule: steps::rule(quote, line).map(|(parameters, evidence, source, note)| {
            let (kind, parameters) = kind_and_parameters(line.item, parameters);
            RuleDocument { kind, parameters, evidence: Evidence::as_str(evidence), source, note }
        }),
        rate: line.price.map(|price| rate(quote, line, price)),
        usd: line.price.map(|price| price.amount),
        amount: steps::amount(line),
    }
}

/// `{"AreaGrid": {...}}` as kind `area-grid` and its parameters; items that only one kind of
/// rule counts have its name, as the price book writes it.
fn kind_and_parameters(item: Item, value: serde_json::Value) -> (String, serde_json::Value) {
    use serde_json::Value;

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

fn rate<'q>(quote: &Quote<'_>, line: &QuoteLine<'_>, price: Price<'q>) -> RateDocument<'q> {
    let Price { rate, row, .. } = price;
    RateDocument {
        usd: rate.to_string(),
        per: rate.per(),
        dated: Dated::of(quote.offer().book, row),
        maps: agreement::of(quote, line),
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
    let range = quote::amount_words(total.floor, total.ceiling);
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
        let product = exchange.convert(usd).map_or_else(|| DASH.to_owned(), |amount| amount.to_string());
        format!("{usd} x {} = {product} {}", exchange.rate, exchange.currency)
    };
    let known = match total.expected {
        Some(expected) if total.floor == total.ceiling => vec![expected],
        _ => [total.floor, total.expected, total.ceiling].into_iter().flatten().collect(),
    };
    if known.is_empty() {
        return DASH.to_owned();
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

fn report<'e>(
    priced: &NotedQuote<'_>,
    explanation: &'e Explanation<'_>,
    exchange: Option<&Exchange>,
) -> Report<'e> {
    let mut report = Report::default();
    quote::warning(&mut report, priced);
    report.heading(quote::heading(priced.quote));
    for link in &explanation.chain {
        report.gap();
        report.heading(quote::item_words(link.item, link.part));
        for step in &link.quantity {
            report.line(step.as_str());
        }
        if let Some(rule) = &link.rule {
            report.item(format!("rule {} ({}, {})", rule.kind, rule.evidence, rule.source));
            if let Some(note) = rule.note {
                report.item(note);
            }
        }
        if let Some(rate) = &link.rate {
            show_rate(&mut report, rate);
        }
        report.line(link.amount.as_str());
    }
    report.table(chain(&explanation.chain));
    report.gap();
    report.heading("total");
    report.line(explanation.total.as_str());
    if let (Some(exchange), Some(converted)) = (exchange, &explanation.converted) {
        report.line(conversion(priced.quote, exchange));
        report.line(converted.words());
    }
    quote::notes(&mut report, priced);
    report.gap();
    report.heading("sources");
    explanation.sources.iter().for_each(|source| source.show(&mut report));
    report.table(sources_table(&explanation.sources).only(Only::Data));
    report
}

fn show_rate(report: &mut Report<'_>, rate: &RateDocument<'_>) {
    let dated = &rate.dated;
    let per = if rate.per == 1 { "each" } else { "per 1M tokens" };
    let to = dated.to.map_or_else(String::new, |to| format!(" up to {to}"));
    report.line(format!("${} {per}, since {}{to}", rate.usd, dated.since()));
    report.item(format!("{} ({}, {})", dated.row, dated.evidence, dated.source_words()));
    dated.notes(report);
    if let Some(maps) = &rate.maps {
        report.item(maps.words());
    }
}

/// The chain as a table, for programs.
fn chain<'e>(chain: &'e [Link<'_>]) -> Table<'e> {
    Table::of("Chain", chain)
        .column(Column::name("item"), |link| link.item.as_str())
        .column(Column::text("part"), |link| link.part)
        .column(Column::estimate("quantity"), |link| Value::Tokens(link.count.into()))
        .column(Column::text("count"), |link| link.quantity.join("; "))
        .column(Column::text("rule"), |link| Some(&link.rule.as_ref()?.kind))
        .column(Column::text("rule_evidence"), |link| Some(link.rule.as_ref()?.evidence))
        .column(Column::text("rule_source"), |link| Some(link.rule.as_ref()?.source))
        .column(Column::number("rate"), |link| Some(Value::number(&link.rate.as_ref()?.usd)))
        .column(Column::number("per"), |link| Some(link.rate.as_ref()?.per))
        .column(Column::text("rate_row"), |link| Some(&link.rate.as_ref()?.dated.row))
        .column(Column::text("rate_from"), |link| Some(link.rate.as_ref()?.dated.from))
        .column(Column::text("rate_evidence"), |link| Some(link.rate.as_ref()?.dated.evidence))
        .column(Column::text("rate_source"), |link| Some(link.rate.as_ref()?.dated.source))
        .column(Column::text("rate_checked"), |link| link.rate.as_ref()?.dated.checked)
        .column(Column::text("rate_maps"), |link| link.rate.as_ref()?.maps.as_ref().map(Maps::words))
        .column(Column::estimate("amount"), |link| link.usd.map(|usd| Value::Estimate(usd.into())))
        .column(Column::text("product"), |link| &link.amount)
        .only(Only::Data)
        .end()
}
