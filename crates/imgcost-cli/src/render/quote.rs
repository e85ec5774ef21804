//! A quote for people, and as the JSON document.

use imgcost_core::{
    CeilingBasis, Endpoint, Estimate, Fidelity, Item, Line, Note, NoteDocument, Quote, QuoteDocument, Rate,
    Tier, Unit, Usd,
};

use imgcost_analysis::currency::Exchange;
use serde::Serialize;

use super::currency::{ConvertedDocument, converted};
use super::{Page, Sheet};
use crate::fields::shown;
use crate::request::MODEL_DEFAULTED;

/// What stands for a value that is unknown.
pub(crate) const DASH: &str = "—";
/// The most decimals that a table shows; amounts that need more are rounded, and marked so.
const PLACES_MAX: u32 = 9;

/// A quote with what a reader should know of how the request was understood.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Priced<'q> {
    /// The quote.
    pub(crate) quote: &'q Quote<'q>,
    /// The remarks; they stand with the quote's own notes.
    pub(crate) remarks: &'q [Note],
}

/// The JSON document of a quote, remarks among its notes.
pub(crate) fn document<'q>(priced: &Priced<'q>) -> QuoteDocument<'q> {
    let mut document = priced.quote.document();
    let remarks =
        priced.remarks.iter().map(|note| NoteDocument { code: note.code, message: note.message.clone() });
    document.notes.extend(remarks);
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
    converted: Option<ConvertedDocument<'q>>,
}

/// The JSON document of a quote, its total converted where a currency was asked for.
pub(crate) fn document_in<'q>(priced: &Priced<'q>, exchange: Option<&'q Exchange>) -> InCurrency<'q> {
    InCurrency {
        quote: document(priced),
        model_defaulted: priced.is_model_defaulted(),
        converted: exchange.map(|exchange| total_in(priced.quote, exchange)),
    }
}

/// A quote's total in another currency.
pub(crate) fn total_in<'x>(quote: &Quote<'_>, exchange: &'x Exchange) -> ConvertedDocument<'x> {
    let total = quote.total();
    converted(exchange, [total.floor, total.expected, total.ceiling])
}

/// A quote as a page: what was asked, the lines, the total, what is published, the notes.
pub(crate) fn page(priced: &Priced<'_>, exchange: Option<&Exchange>) -> Page {
    let quote = priced.quote;
    let mut page = Page::default();
    warning(&mut page, priced);
    page.heading(heading(quote));
    page.table(lines(quote));
    if let Some(exchange) = exchange {
        page.line(total_in(quote, exchange).words());
    }
    if let Some(line) = below(quote) {
        page.line(line);
    }
    notes(&mut page, priced);
    page
}

impl Priced<'_> {
    /// What to know before anything else: that the model is the default one.
    fn defaulted(&self) -> Option<&Note> {
        self.remarks.iter().find(|note| note.code == MODEL_DEFAULTED)
    }

    /// Whether nothing named the model.
    pub(crate) fn is_model_defaulted(&self) -> bool {
        self.defaulted().is_some()
    }
}

/// Adds what to know before anything else.
pub(crate) fn warning(page: &mut Page, priced: &Priced<'_>) {
    if let Some(note) = priced.defaulted() {
        page.heading(format!("warning: {}", note.message));
    }
}

/// Adds the quote's notes and the remarks; what two rows say alike is said once.
pub(crate) fn notes(page: &mut Page, priced: &Priced<'_>) {
    let mut said = Vec::new();
    let first = |note: &&Note| note.code != MODEL_DEFAULTED;
    for note in priced.quote.notes().iter().chain(priced.remarks.iter().filter(first)) {
        if !said.contains(&note.message) {
            said.push(note.message.clone());
            page.note(note.message.clone());
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

fn lines(quote: &Quote<'_>) -> Sheet {
    let total = quote.total();
    let unit = unit_of(quote);
    let amounts = quote.lines().iter().filter_map(|line| line.price).map(|price| price.amount);
    let shown = amounts.clone().flat_map(|range| [Some(range.floor), range.expected, Some(range.ceiling)]);
    let totals = [total.floor, total.expected, total.ceiling];
    let places = shown.chain(totals).flatten().map(Usd::places).max().unwrap_or(2).clamp(2, PLACES_MAX);
    let total_open = total.floor != total.ceiling || total.expected.is_none();
    let any_range = amounts.clone().any(|range| !range.is_exact()) || total_open;

    let (counted, rate) = match unit {
        Some(Unit::Token) => (">tokens", ">USD/1M"),
        Some(Unit::Image) => (">images", ">USD each"),
        Some(Unit::Call) => (">calls", ">USD each"),
        Some(Unit::Megapixel) => (">megapixels", ">USD each"),
        None => (">quantity", ">USD"),
    };
    let mut columns = vec!["item", counted, rate, ">USD"];
    if any_range {
        columns.push(">from floor to ceiling");
    }
    let mut sheet = Sheet::new(&columns);
    for line in quote.lines() {
        let mut cells = vec![
            item_words(line.item, line.part.map(imgcost_core::Part::as_str)),
            quantity(line, unit),
            rate_words(line, unit),
        ];
        match line.price {
            Some(price) => {
                cells.push(price.amount.expected.map_or_else(|| DASH.to_owned(), |usd| rounded(usd, places)));
                cells.push(if price.amount.is_exact() { String::new() } else { span(&price.amount, places) });
            }
            None => cells.extend(["no price".to_owned(), DASH.to_owned()]),
        }
        cells.truncate(columns.len());
        sheet.row(cells);
    }
    let mut cells = vec!["total".to_owned(), String::new(), String::new()];
    cells.push(total.expected.map_or_else(|| DASH.to_owned(), |usd| rounded(usd, places)));
    cells.push(match (total.floor, total.ceiling) {
        (Some(floor), Some(ceiling)) if total_open => {
            format!("{} to {}", rounded(floor, places), rounded(ceiling, places))
        }
        (Some(_), Some(_)) => String::new(),
        (Some(floor), None) => format!("at least {}", rounded(floor, places)),
        _ => DASH.to_owned(),
    });
    cells.truncate(columns.len());
    sheet.row(cells);
    sheet
}

/// The unit that all lines share, if they do.
fn unit_of(quote: &Quote<'_>) -> Option<Unit> {
    let mut units = quote.lines().iter().map(|line| line.unit);
    let first = units.next()?;
    units.all(|unit| unit == first).then_some(first)
}

fn span(range: &Estimate<Usd>, places: u32) -> String {
    format!("{} to {}", rounded(range.floor, places), rounded(range.ceiling, places))
}

fn quantity(line: &Line<'_>, shared: Option<Unit>) -> String {
    let count = match line.quantity.expected {
        Some(expected) => grouped(expected),
        None => format!("{} to {}", grouped(line.quantity.floor), grouped(line.quantity.ceiling)),
    };
    if shared.is_some() {
        return count;
    }
    let unit = line.unit.as_str();
    if line.quantity.ceiling == 1 { format!("{count} {unit}") } else { format!("{count} {unit}s") }
}

fn rate_words(line: &Line<'_>, shared: Option<Unit>) -> String {
    match line.price.map(|price| price.rate) {
        None => DASH.to_owned(),
        Some(rate) if shared.is_some() => rate.to_string(),
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

/// An amount to so many places; one that would show as zero and is not, is below the last place.
pub(crate) fn rounded(usd: Usd, places: u32) -> String {
    let text = usd.rounded(places);
    let shows_nothing = usd > Usd::ZERO && text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    match (shows_nothing, text.strip_suffix('0')) {
        (true, Some(rest)) => format!("<{rest}1"),
        _ => text,
    }
}

/// A count with a comma between each three digits.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
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
    fn counts_are_grouped_by_three() {
        assert_eq!(
            [0, 999, 1000, 21_949, 1_000_000].map(grouped),
            ["0", "999", "1,000", "21,949", "1,000,000"]
        );
    }

    #[test]
    fn what_is_too_small_to_show_is_below_the_last_place_and_never_zero() {
        for (usd, shown) in
            [("0", "0.0000"), ("0.00001", "<0.0001"), ("0.00005", "0.0001"), ("0.12344", "0.1234")]
        {
            assert_eq!(rounded(usd.parse().unwrap(), 4), shown, "{usd}");
        }
        assert_eq!(rounded("0.4".parse().unwrap(), 0), "<1");
        assert_eq!(divided("0.000000001".parse().unwrap(), 4), "<0.000000001");
    }

    #[test]
    fn nothing_known_is_a_dash_and_never_zero() {
        assert_eq!(amount_words(None, None), "—");
        assert_eq!(amount_words(Some(Usd::ZERO), None), "at least $0");
    }
}
