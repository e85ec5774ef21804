//! Recorded responses, figures only, as providers sent them: each is read, and charged with the
//! built-in book at the model and provider of its call.
//!
//! `billed` is what the provider or its owner's bill states; `usd` was worked out apart from this
//! code, by hand from the published rates, where a response has the counts for it.

use std::collections::BTreeMap;

use crate::support::{BOOK, TODAY};
use imgcost_core::{Charge, Date, Endpoint, Request, Response, Usd};
use imgcost_wire::response as read;
use serde_json::Value;

/// The responses that have no price, or not for all that they report, by id, and why.
const WITHOUT_A_PRICE: [(&str, &str); 4] = [
    ("v025", "openai has no Batch API price for gpt-image-2.5-sunburst on 2026-09-10"),
    ("v067", "no model 'gpt-image-1 (azure)' at openai"),
    ("v094", "no model 'gemini-2.0-flash-preview-image-generation' at google-gemini-api"),
    ("v122", "no rate for text_output"),
];

/// The bills that the book's rates do not come to, which are the stated ones all the same: two
/// source images of v117 are in no count.
const BEYOND_THE_RATES: [&str; 1] = ["v117"];

/// The responses without any count of what was drawn: the Responses API before it reported its tool's
/// usage. They are charged for the calling model alone, and settle nothing.
const OF_THE_CALLER: [&str; 12] =
    ["v042", "v044", "v046", "v047", "v049", "v051", "v053", "v055", "v057", "v059", "v061", "v063"];

struct Recorded {
    line: Value,
    request: Request,
    response: Response,
}

impl Recorded {
    fn of(line: &str) -> Recorded {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line.get(name).and_then(Value::as_str);
        let response = read(line["raw"].to_string()).unwrap_or_else(|error| panic!("{line}: {error}"));
        // Some relays write 0 for the time.
        let day = response.day.filter(|day| *day > Date::constant(2025, 1, 1)).unwrap_or(TODAY);
        let mut request = Request::new(text("provider").unwrap(), text("model").unwrap(), day);
        if let Some(endpoint) = text("endpoint") {
            request.endpoint = endpoint.parse().unwrap();
        }
        if let Some(tier) = text("tier") {
            request.tier = tier.parse().unwrap();
        }
        if response.of_responses {
            request.endpoint = Endpoint::Responses;
            request.responses_model.clone_from(&response.responses_model);
        }
        Recorded { line, request, response }
    }

    fn id(&self) -> &str {
        self.line["id"].as_str().unwrap()
    }

    fn charge(&self) -> Result<Charge, String> {
        let mut request = self.request.clone();
        let served = request.take_served(&BOOK, &self.response);
        assert!(!served.is_unpriced && !served.is_unknown, "{}: {served:?}", self.id());
        let terms = BOOK.served_terms(&request).map_err(|error| error.message().to_owned())?;
        let charge = terms.charge(&self.response).unwrap();
        match charge.lines.iter().find(|line| line.amount.is_none()) {
            Some(line) if charge.billed.is_none() => Err(format!("no rate for {}", line.item)),
            _ => Ok(charge),
        }
    }
}

fn recorded() -> Vec<Recorded> {
    include_str!("recorded/responses.jsonl").lines().map(Recorded::of).collect()
}

/// An amount as a bill with so few digits has it.
fn rounded(amount: Usd, bill: &str) -> String {
    let places = bill.split_once('.').map_or(0, |(_, places)| places.len());
    amount.rounded(u32::try_from(places).unwrap())
}

#[test]
fn every_recorded_response_is_read_and_has_a_price_or_a_reason() {
    let all = recorded();
    assert_eq!(all.len(), 65);
    let reasons: BTreeMap<&str, &str> = WITHOUT_A_PRICE.into_iter().collect();
    for one in &all {
        let id = one.id();
        match (one.charge(), reasons.get(id)) {
            (Ok(charge), None) => {
                assert_eq!(charge.settles, !OF_THE_CALLER.contains(&id) && id != "v065", "{id}");
            }
            (Err(error), Some(why)) => assert!(error.starts_with(why), "{id}: {error}"),
            (Err(error), None) => panic!("{id} has no price: {error}"),
            (Ok(_), Some(why)) => panic!("{id} has a price now: take it from the list ({why})"),
        }
    }
    assert!(reasons.keys().all(|id| all.iter().any(|one| one.id() == *id)));
}

#[test]
fn a_stated_bill_is_the_charge_to_its_last_digit() {
    let mut checked = 0;
    for one in recorded() {
        let Some(bill) = one.line.get("billed").and_then(Value::as_str) else { continue };
        let Ok(charge) = one.charge() else { continue };
        let id = one.id();
        let ends = |low: Usd, high: Usd| (rounded(low, bill), rounded(high, bill));
        let exactly = (bill.to_owned(), bill.to_owned());
        assert_eq!(ends(charge.total.floor, charge.total.ceiling), exactly, "{id}");
        let by_rates = ends(charge.by_rates.floor, charge.by_rates.ceiling);
        assert_eq!(by_rates == exactly, !BEYOND_THE_RATES.contains(&id), "{id}: {by_rates:?}");
        checked += 1;
    }
    assert_eq!(checked, 9);
}

#[test]
fn what_published_rates_make_of_the_counts_is_the_charge() {
    let mut checked = 0;
    for one in recorded() {
        let (low, high) = match one.line.get("usd") {
            Some(Value::String(usd)) => (usd.as_str(), usd.as_str()),
            // Text and images of the input are not told apart.
            Some(Value::Array(ends)) => (ends[0].as_str().unwrap(), ends[1].as_str().unwrap()),
            _ => continue,
        };
        let Ok(charge) = one.charge() else { continue };
        let found = (charge.total.floor.to_string(), charge.total.ceiling.to_string());
        assert_eq!(found, (low.to_owned(), high.to_owned()), "{}", one.id());
        checked += 1;
    }
    assert_eq!(checked, 52);
}

/// docs/accuracy.md counts them: `IMGCOST_UPDATE=1` writes it.
#[test]
fn the_document_counts_the_responses() {
    let mut rows: BTreeMap<String, [u32; 5]> = BTreeMap::new();
    for one in recorded() {
        let row = rows.entry(one.line["provider"].as_str().unwrap().to_owned()).or_default();
        row[0] += 1;
        let Ok(charge) = one.charge() else { continue };
        row[1] += 1;
        row[2] += u32::from(charge.settles);
        if one.line.get("billed").is_some() {
            row[3] += 1;
            row[4] += u32::from(!BEYOND_THE_RATES.contains(&one.id()));
        }
    }
    let mut text =
        "| provider | responses | priced | settles | bill stated | same by the rates |\n".to_owned();
    text.push_str("|---|--:|--:|--:|--:|--:|\n");
    let mut sum = [0; 5];
    for (provider, counts) in &rows {
        text.push_str(&format!("| {provider} | {} |\n", counts.map(|count| count.to_string()).join(" | ")));
        sum.iter_mut().zip(counts).for_each(|(all, count)| *all += count);
    }
    text.push_str(&format!("| **all** | {} |\n", sum.map(|count| format!("**{count}**")).join(" | ")));

    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/accuracy.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = document.split_once("<!-- responses -->\n").unwrap();
    let (_, tail) = rest.split_once("<!-- end of responses -->").unwrap();
    let wanted = format!("{head}<!-- responses -->\n{text}<!-- end of responses -->{tail}");
    if std::env::var_os("IMGCOST_UPDATE").is_some() {
        std::fs::write(&path, wanted).unwrap();
    } else {
        assert!(document == wanted, "docs/accuracy.md is not current: run with IMGCOST_UPDATE=1");
    }
}
