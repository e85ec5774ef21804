//! `imgcost compare --equivalent-to`: which quality of other models spends what a setting spends.

use std::io::Write;

use imgcost_analysis::equivalent::{Equivalent, Equivalents, Found, Kinship, Outcome, Spend, equivalents};
use imgcost_analysis::selector::{Pattern, reference, select};
use imgcost_core::{Availability, Book, Date, Error, Offer, Quality, Request, Total, Usd};
use serde::Serialize;

use crate::failure::{End, Failure};
use crate::render::{self, DASH, Format, Page, Sheet, grouped};

/// The most decimals of an amount in a table.
const PLACES_MAX: u32 = 9;

/// Writes which quality of every candidate spends what the reference spends.
///
/// `text` is the reference, such as `gpt-image-2 medium 1024x1024`, over what `base` says; the
/// patterns choose the candidates, an empty list all that can be called on the day.
pub(crate) fn equivalent(
    out: &mut impl Write,
    book: &Book,
    text: &str,
    base: &Request,
    (providers, models): (&[Pattern], &[Pattern]),
    format: Format,
) -> Result<End, Failure> {
    let reference = reference(book, text, base)?;
    let chosen = select(book, providers, models, base.as_of)?;
    let offers = chosen.candidates.iter().map(|candidate| candidate.offer);
    let offers: Vec<Offer<'_>> =
        offers.filter(|offer| !models.is_empty() || !availability(offer).is_retired()).collect();
    let map = equivalents(book, &reference, &offers)?;
    render::write(out, format, || page(&map), || sheet(&map), || document(&map))?;
    let any = map.candidates.iter().any(|candidate| matches!(candidate.outcome, Outcome::Found(_)));
    Ok(if any || map.candidates.is_empty() { End::Done } else { End::Incomplete })
}

fn availability(offer: &Offer<'_>) -> Availability {
    offer.model.availability(offer.as_of)
}

/// The document of the contract, schema `imgcost.equivalents/1`.
#[derive(Serialize)]
struct Document<'m> {
    schema: &'static str,
    as_of: Date,
    reference: Setting<'m>,
    equivalents: Vec<Row<'m>>,
}

#[derive(Serialize)]
struct Setting<'m> {
    provider: &'m str,
    model: &'m str,
    quality: Option<&'m str>,
    size: String,
    #[serde(flatten)]
    spend: SpendDocument,
}

/// What one image spends. A value that is not known is null, never zero.
#[derive(Serialize)]
struct SpendDocument {
    tokens: Option<Ends<u64>>,
    total: Ends<Usd>,
}

#[derive(Serialize)]
struct Ends<T> {
    floor: Option<T>,
    expected: Option<T>,
    ceiling: Option<T>,
}

#[derive(Serialize)]
struct Row<'m> {
    provider: &'m str,
    model: &'m str,
    availability: Availability,
    /// `same`, `nearest`, `only`, `refused` or `unpriced`.
    kinship: &'static str,
    #[serde(flatten)]
    found: Option<FoundRow<'m>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'m Error>,
}

#[derive(Serialize)]
struct FoundRow<'m> {
    measure: &'static str,
    quality: Option<&'m str>,
    size: String,
    #[serde(flatten)]
    spend: SpendDocument,
    tokens_difference: Option<i64>,
    usd_difference: Option<String>,
    ties: Vec<&'m str>,
}

fn document<'m>(map: &'m Equivalents<'_>) -> Document<'m> {
    Document {
        schema: "imgcost.equivalents/1",
        as_of: map.offer.as_of,
        reference: Setting {
            provider: &map.offer.provider.id,
            model: &map.offer.model.id,
            quality: map.request.quality.as_ref().map(Quality::as_str),
            size: map.size.to_string(),
            spend: spend_document(&map.spend),
        },
        equivalents: map.candidates.iter().map(|candidate| row(map, candidate)).collect(),
    }
}

fn row<'m>(map: &'m Equivalents<'_>, candidate: &'m Equivalent<'_>) -> Row<'m> {
    let (kinship, found, error) = match &candidate.outcome {
        Outcome::Found(found) => (found.kinship.as_str(), Some(found_row(map, found)), None),
        Outcome::Refused(error) => ("refused", None, Some(error)),
        Outcome::Unpriced => ("unpriced", None, None),
    };
    Row {
        provider: &candidate.offer.provider.id,
        model: &candidate.offer.model.id,
        availability: availability(&candidate.offer),
        kinship,
        found,
        error,
    }
}

fn found_row<'m>(map: &'m Equivalents<'_>, found: &'m Found) -> FoundRow<'m> {
    FoundRow {
        measure: found.measure.as_str(),
        quality: found.quality.as_ref().map(Quality::as_str),
        size: found.size.to_string(),
        spend: spend_document(&found.spend),
        tokens_difference: found.spend.tokens_difference(&map.spend),
        usd_difference: found.spend.usd_difference(&map.spend).map(|difference| format!("{difference:+}")),
        ties: found.ties.iter().map(Quality::as_str).collect(),
    }
}

fn spend_document(spend: &Spend) -> SpendDocument {
    let tokens = spend.tokens.map(|tokens| Ends {
        floor: Some(tokens.floor),
        expected: tokens.expected,
        ceiling: Some(tokens.ceiling),
    });
    let Total { floor, expected, ceiling, .. } = spend.usd;
    SpendDocument { tokens, total: Ends { floor, expected, ceiling } }
}

/// The most decimals that an amount of the table needs.
fn places(map: &Equivalents<'_>) -> u32 {
    let found = map.candidates.iter().filter_map(|candidate| match &candidate.outcome {
        Outcome::Found(found) => Some(&found.spend.usd),
        _ => None,
    });
    let amounts = found.flat_map(|usd| [usd.floor, usd.expected, usd.ceiling]).flatten();
    amounts.map(Usd::places).max().unwrap_or(2).clamp(2, PLACES_MAX)
}

fn page(map: &Equivalents<'_>) -> Page {
    let mut page = Page::default();
    let offer = &map.offer;
    let quality =
        map.request.quality.as_ref().map_or_else(String::new, |quality| format!(" quality {quality}"));
    page.heading(format!(
        "What spends as much as {}{quality} size {} at {}, {}",
        offer.model.id, map.size, offer.provider.id, offer.as_of
    ));
    let count =
        map.spend.tokens.map_or_else(String::new, |_| format!("{} tokens, ", tokens_words(&map.spend)));
    page.line(format!("one image: {count}{}", map.spend.usd_words()));
    let several = map.candidates.iter().any(|other| other.offer.provider.id != offer.provider.id);
    let moved = map
        .candidates
        .iter()
        .any(|other| matches!(&other.outcome, Outcome::Found(found) if found.size != map.size));
    let mut columns = vec!["model", "quality"];
    if several {
        columns.insert(0, "provider");
    }
    if moved {
        columns.push("size");
    }
    columns.extend([">tokens", ">+/-", ">USD", "spend"]);
    let mut sheet = Sheet::new(&columns);
    let places = places(map);
    for candidate in &map.candidates {
        let Outcome::Found(found) = &candidate.outcome else { continue };
        let mut cells = vec![candidate.offer.model.id.clone()];
        if several {
            cells.insert(0, candidate.offer.provider.id.clone());
        }
        cells.push(found.quality.as_ref().map_or_else(|| DASH.to_owned(), ToString::to_string));
        if moved {
            cells.push(found.size.to_string());
        }
        cells.extend([
            tokens_words(&found.spend),
            tokens_change(found.spend.tokens_difference(&map.spend)),
            usd_words(&found.spend, places),
            found.kinship.as_str().to_owned(),
        ]);
        sheet.row(cells);
    }
    if !sheet.rows.is_empty() {
        page.table(sheet);
    }
    notes(&mut page, map);
    page
}

fn tokens_words(spend: &Spend) -> String {
    match spend.tokens {
        None => DASH.to_owned(),
        Some(tokens) => match tokens.expected {
            Some(expected) => grouped(expected),
            None => format!("{}–{}", grouped(tokens.floor), grouped(tokens.ceiling)),
        },
    }
}

fn tokens_change(difference: Option<i64>) -> String {
    let Some(difference) = difference else { return DASH.to_owned() };
    let size = grouped(difference.unsigned_abs());
    match difference {
        0 => "0".to_owned(),
        1.. => format!("+{size}"),
        _ => format!("-{size}"),
    }
}

fn usd_words(spend: &Spend, places: u32) -> String {
    match (spend.usd.expected, spend.usd.floor, spend.usd.ceiling) {
        (Some(expected), _, _) => expected.rounded(places),
        (None, Some(floor), Some(ceiling)) => {
            format!("{}–{}", floor.rounded(places), ceiling.rounded(places))
        }
        (None, Some(floor), None) => format!("at least {}", floor.rounded(places)),
        _ => "no price".to_owned(),
    }
}

/// What the table does not show: moved sizes, ties, what was compared in money, and who is left
/// out.
fn notes(page: &mut Page, map: &Equivalents<'_>) {
    let several = map.candidates.iter().any(|other| other.offer.provider.id != map.offer.provider.id);
    let name = |candidate: &Equivalent<'_>| match several {
        true => format!("{} at {}", candidate.offer.model.id, candidate.offer.provider.id),
        false => candidate.offer.model.id.clone(),
    };
    let found = || {
        map.candidates.iter().filter_map(|candidate| match &candidate.outcome {
            Outcome::Found(found) => Some((candidate, found)),
            _ => None,
        })
    };
    let said = |page: &mut Page, names: Vec<String>, words: &str| {
        if !names.is_empty() {
            page.note(format!("{words}: {}", names.join(", ")));
        }
    };
    let moved = found().filter(|(_, found)| found.size != map.size);
    let words = format!("does not take size {}; shown at its nearest size", map.size);
    said(
        page,
        moved.map(|(candidate, found)| format!("{} ({})", name(candidate), found.size)).collect(),
        &words,
    );
    let tied = found().filter(|(_, found)| !found.ties.is_empty());
    let ties = |(candidate, found): (&Equivalent<'_>, &Found)| {
        let ties: Vec<&str> = found.ties.iter().map(Quality::as_str).collect();
        format!("{} ({})", name(candidate), ties.join(", "))
    };
    said(page, tied.map(ties).collect(), "as near is");
    let guessed =
        found().filter(|(_, found)| found.spend.tokens.is_some_and(|tokens| tokens.expected.is_none()));
    said(
        page,
        guessed.map(|(candidate, _)| name(candidate)).collect(),
        "no formula is known, compared at the farther end of its range",
    );
    let money = map.spend.tokens.is_some();
    let by_money = found().filter(|(_, found)| money && found.spend.tokens.is_none());
    said(
        page,
        by_money.map(|(candidate, _)| name(candidate)).collect(),
        "not billed by tokens, compared in money",
    );
    let only = found().filter(|(_, found)| found.kinship == Kinship::Only);
    said(page, only.map(|(candidate, _)| name(candidate)).collect(), "has no other quality");
    let marked = || map.candidates.iter().filter(|other| availability(&other.offer).is_marked());
    let mut marks: Vec<String> = marked().map(|other| availability(&other.offer).to_string()).collect();
    marks.sort_unstable();
    marks.dedup();
    for mark in marks {
        let of_mark = marked().filter(|other| availability(&other.offer).to_string() == mark);
        said(page, of_mark.map(name).collect(), &mark);
    }
    let unpriced = map.candidates.iter().filter(|other| matches!(other.outcome, Outcome::Unpriced));
    said(page, unpriced.map(name).collect(), "no price is known");
    for candidate in &map.candidates {
        if let Outcome::Refused(error) = &candidate.outcome {
            page.note(format!("{} is left out: {}", name(candidate), error.message()));
        }
    }
}

fn sheet(map: &Equivalents<'_>) -> Sheet {
    let mut sheet = Sheet::new(&[
        "provider",
        "model",
        "kinship",
        "measure",
        "quality",
        "size",
        ">tokens_floor",
        ">tokens_expected",
        ">tokens_ceiling",
        ">tokens_difference",
        ">usd_floor",
        ">usd_expected",
        ">usd_ceiling",
        ">usd_difference",
        "ties",
        "error",
        "availability",
    ]);
    for candidate in &map.candidates {
        let row = row(map, candidate);
        let mut cells = vec![row.provider.to_owned(), row.model.to_owned(), row.kinship.to_owned()];
        match row.found {
            Some(found) => {
                let FoundRow { measure, quality, size, spend, tokens_difference, usd_difference, ties } =
                    found;
                let tokens = spend.tokens.unwrap_or(Ends { floor: None, expected: None, ceiling: None });
                cells.extend([measure.to_owned(), quality.unwrap_or_default().to_owned(), size]);
                cells.extend([tokens.floor, tokens.expected, tokens.ceiling].map(text));
                cells.push(text(tokens_difference));
                cells.extend([spend.total.floor, spend.total.expected, spend.total.ceiling].map(text));
                cells.extend([text(usd_difference), ties.join(";"), String::new()]);
            }
            None => {
                cells.resize(15, String::new());
                cells.push(row.error.map_or_else(String::new, |error| error.message().to_owned()));
            }
        }
        cells.push(row.availability.as_str().to_owned());
        sheet.row(cells);
    }
    sheet
}

/// A cell; empty where its value is not known.
fn text<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use imgcost_analysis::selector::patterns;

    fn written(text: &str, (providers, models): (&str, &str), format: Format) -> (String, End) {
        let book = crate::book::built_in();
        let base = Request::new("openai", "gpt-image-1", Date::constant(2026, 11, 21));
        let mut out = Vec::new();
        let patterns = (patterns("provider", providers).unwrap(), patterns("model", models).unwrap());
        let end = equivalent(&mut out, &book, text, &base, (&patterns.0, &patterns.1), format).unwrap();
        (String::from_utf8(out).unwrap(), end)
    }

    #[test]
    fn the_document_names_what_spends_the_same() {
        let (text, end) =
            written("gpt-image-2 medium 1024x1024", ("openai", "gpt-image-2.5-flare,dall-e-3"), Format::Json);
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(end, End::Done);
        assert_eq!(document["schema"], "imgcost.equivalents/1");
        assert_eq!(document["reference"]["tokens"]["expected"], 1756);
        let (table, tokens) = (&document["equivalents"][0], &document["equivalents"][1]);
        assert_eq!((&table["model"], &table["measure"]), (&"dall-e-3".into(), &"money".into()));
        assert!(table["tokens"].is_null() && table["tokens_difference"].is_null());
        assert_eq!((&tokens["kinship"], &tokens["quality"]), (&"same".into(), &"high".into()));
        assert_eq!(tokens["tokens_difference"], 0);
    }

    #[test]
    fn every_format_has_a_row_a_candidate() {
        let models = "gpt-image-2.5-flare,gpt-image-2.6-flare,gpt-image-1,dall-e-2";
        let (table, _) = written("gpt-image-2 medium 1920x1088", ("openai", models), Format::Table);
        assert!(table.contains("gpt-image-2.5-flare") && table.contains("does not take size"), "{table}");
        assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
        let (csv, _) = written("gpt-image-2 medium 1920x1088", ("openai", models), Format::Csv);
        assert_eq!(csv.lines().count(), 5, "{csv}");
        assert!(csv.lines().all(|line| line.split(',').count() == 17), "{csv}");
    }

    #[test]
    fn without_any_response_the_result_is_incomplete() {
        let (text, end) = written("dall-e-3 hd 1024x1024", ("new-api", "gpt-image-2"), Format::Table);
        assert!(text.contains("no price is known: gpt-image-2"), "{text}");
        assert_eq!(end, End::Incomplete);
    }
}
