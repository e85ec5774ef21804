//! Quotes of past months: a price of the past changes only where a row was wrong.

use std::collections::BTreeMap;
use std::fmt::Write;

use imgcost_core::{
    Book, CeilingBasis, Date, Endpoint, Error, Family, InputImage, Model, Pixels, Prompt, Provider, Quality,
    Quote, Request, Size, Usd,
};

use super::held::{hold, known};

const FOLDER: &str = "months";
/// The months whose first days are quoted: from before every price to the one that follows the newest row.
const FIRST: Date = Date::constant(2022, 11, 1);
const LAST: Date = Date::constant(2026, 12, 1);

#[test]
fn quotes_of_past_months_are_what_the_record_has() {
    let book = super::quotes::book();
    let mut files = known(FOLDER, ToOwned::to_owned);
    for provider in book.providers() {
        let mut entries = BTreeMap::new();
        for model in &provider.models {
            let family = book.families().find(|family| family.id == model.family).unwrap();
            entries.extend(of(&book, provider, model, family));
        }
        let file = files.entry(format!("{FOLDER}/{}.txt", provider.id)).or_default();
        file.write(entries);
    }
    hold(&files);
}

/// A model's months, where a quote is another than in the month before.
fn of(book: &Book, provider: &Provider, model: &Model, family: &Family) -> Vec<(String, String)> {
    let limits = &family.limits.rule;
    let mut request = Request::new(&provider.id, &model.id, FIRST);
    request.prompt = Some(Prompt::of_tokens(40));
    if !limits.endpoints.contains(&Endpoint::Generations) {
        request.endpoint = limits.endpoints.first().copied().unwrap_or(Endpoint::Generations);
        if request.endpoint == Endpoint::Edits {
            request.images = vec![InputImage::Sized(Pixels::new(1024, 1024).unwrap())];
        }
    }
    // The default size, or the usual one where the API chooses.
    if limits.size_auto {
        request.size = Pixels::new(1024, 1024).map(Size::Exact);
    }
    let qualities: Vec<Option<Quality>> = match limits.qualities.as_slice() {
        [] => vec![None],
        all => all.iter().cloned().map(Some).collect(),
    };
    let mut entries = Vec::new();
    for quality in qualities {
        let name = quality.as_ref().map_or_else(String::new, |quality| format!(" {quality}"));
        request.quality = quality;
        let mut before = None;
        let mut month = FIRST;
        while month <= LAST {
            request.as_of = month;
            let now = outcome(&book.quote(&request));
            // What has no price yet is not listed until it has one.
            if before.is_some() || !now.starts_with("error") {
                if before.as_ref() != Some(&now) {
                    entries.push((format!("{}{name} {}", model.id, month.strftime("%Y-%m")), now.clone()));
                }
                before = Some(now);
            }
            month = month.checked_add(jiff::Span::new().months(1)).unwrap();
        }
    }
    entries
}

/// Floor, expected and ceiling, once where they are the same, and what the ceiling rests on.
fn outcome(quote: &Result<Quote<'_>, Error>) -> String {
    let quote = match quote {
        Ok(quote) => quote,
        Err(error) => return format!("error {}", error.code().as_str()),
    };
    let total = quote.total();
    let amounts = [total.floor, total.expected, total.ceiling];
    let shown = |amount: Option<Usd>| amount.map_or_else(|| "-".to_owned(), |usd| usd.to_string());
    let mut text = match amounts {
        [floor, expected, ceiling] if floor == expected && expected == ceiling => shown(floor),
        _ => amounts.map(shown).join(" "),
    };
    text.push_str(match total.basis {
        CeilingBasis::Proven => " proven",
        CeilingBasis::Assumed => " assumed",
    });
    for item in quote.unpriced() {
        write!(text, " unpriced={item}").unwrap();
    }
    text
}
