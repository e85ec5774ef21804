//! A quote for people, and as the JSON document.

use imgcost_analysis::currency::Exchange;
use imgcost_analysis::{Volume, lacks_prompt};
use imgcost_core::{Availability, Endpoint, Fidelity, Note, Quality, Quote, QuoteDocument, Size, Tier, Usd};
use serde::Serialize;

use super::cap::CapDocument;
use super::noted::{NotedQuote, total_in};
use super::{lines, others, row};
use crate::commands::sums;
use crate::fields::shown;
use crate::report::{Bounds, ConvertedTotal, Report};
use crate::request::MODEL_DEFAULTED;
use crate::volume::{Often, Per};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    cap: Option<CapDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bill: Option<Bill>,
}

/// What many calls come to.
#[derive(Serialize)]
struct Bill {
    calls: Volume,
    #[serde(skip_serializing_if = "Option::is_none")]
    per: Option<Per>,
    #[serde(flatten)]
    total: Bounds<Usd>,
}

/// What the calls come to, where it was said how many or in what time.
fn bill(priced: &NotedQuote<'_>, often: Often) -> Option<Bill> {
    let calls = often.calls.unwrap_or(Volume::ONCE);
    let total = Bounds::from(&calls.of(priced.quote.total()));
    often.is_said().then_some(Bill { calls, per: often.per, total })
}

/// The JSON document of a quote, with what a cap has to do with it, its total converted where a
/// currency was asked for.
pub(crate) fn document_in<'q>(
    priced: &NotedQuote<'q>,
    often: Often,
    exchange: Option<&'q Exchange>,
    cap: Option<CapDocument>,
) -> InCurrency<'q> {
    InCurrency {
        quote: document(priced),
        model_defaulted: priced.is_model_defaulted(),
        converted: exchange.map(|exchange| total_in(priced.quote, exchange)),
        cap,
        bill: bill(priced, often),
    }
}

/// What was asked, the lines, the total, what is published, the notes; for programs a row.
pub(super) fn report<'q>(priced: &NotedQuote<'q>, often: Often, exchange: Option<&Exchange>) -> Report<'q> {
    let quote = priced.quote;
    let mut report = Report::default();
    warning(&mut report, priced);
    report.heading(heading(quote));
    report.table(lines::table(quote));
    let bill = bill(priced, often);
    let cells = bill.as_ref().map(|bill| (bill.calls, bill.per, bill.total));
    report.table(row::table(priced, cells, exchange));
    if let Some(bill) = bill {
        let words = sums::bill(bill.total.parts());
        let prompt = if lacks_prompt(quote) { "; prompt not counted" } else { "" };
        report.total(format!("{}: {words}{prompt}", often.words()));
    }
    if let Some(exchange) = exchange {
        report.line(total_in(quote, exchange).words());
    }
    others::choices(&mut report, quote);
    if priced.is_model_defaulted() {
        others::current_models(&mut report, quote);
    }
    // The warning and the total say these already.
    let is_said = |note: &Note| match note.code {
        "model-retired" => priced.is_model_defaulted(),
        "prompt-not-given" => quote.request().endpoint != Endpoint::Responses,
        _ => false,
    };
    add_notes(&mut report, priced, is_said);
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
    add_notes(report, priced, |_| false);
}

fn add_notes(report: &mut Report<'_>, priced: &NotedQuote<'_>, is_said: impl Fn(&Note) -> bool) {
    let mut said = Vec::new();
    let first = |note: &&Note| note.code != MODEL_DEFAULTED;
    for note in priced.quote.notes().iter().chain(priced.remarks.iter().filter(first)) {
        if !is_said(note) && !said.contains(&note.message) {
            said.push(note.message.clone());
            report.note(note.message.clone());
        }
    }
}

/// What was asked, in a line.
pub(crate) fn heading(quote: &Quote<'_>) -> String {
    let (offer, request) = (quote.offer(), quote.request());
    let model = match offer.model.availability(offer.as_of) {
        Availability::Current => offer.model.id.clone(),
        Availability::Retired(_) => format!("{} (shut down)", offer.model.id),
        ends @ Availability::Ends(_) => format!("{} ({ends})", offer.model.id),
    };
    let mut parts = vec![model, offer.provider.id.clone()];
    parts.extend(quote.quality().map(|quality| match quality {
        Quality::Auto => "quality auto".to_owned(),
        named => named.to_string(),
    }));
    parts.push(match quote.chosen_size() {
        Size::Auto => "size auto".to_owned(),
        size => size.to_string(),
    });
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
    parts.push(offer.as_of.to_string());
    parts.join(" · ")
}
