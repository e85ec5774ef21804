//! `imgcost compare --equivalent-to`: which quality of other models spends what a setting spends.

use imgcost_analysis::equivalent::{Equivalent, Equivalents, Kinship, Match, Outcome, Spend, equivalents};
use imgcost_analysis::selector::{Pattern, reference, select};
use imgcost_core::{Availability, Book, Date, Error, Offer, Quality, Request, Total};
use serde::Serialize;

use crate::failure::{End, Failure};
use crate::report::{Bounds, Column, Only, Output, Report, Table, Value, grouped};

/// Writes which quality of every candidate spends what the reference spends.
///
/// `text` is the reference, such as `gpt-image-2 medium 1024x1024`, over what `base` says; the
/// patterns choose the candidates, an empty list all that can be called on the day.
pub(crate) fn equivalent(
    output: &Output,
    book: &Book,
    text: &str,
    base: &Request,
    (providers, models): (&[Pattern], &[Pattern]),
) -> Result<End, Failure> {
    let reference = reference(book, text, base)?;
    let chosen = select(book, providers, models, base.as_of)?;
    let offers = chosen.offers.iter().map(|candidate| candidate.offer);
    let offers: Vec<Offer<'_>> =
        offers.filter(|offer| !models.is_empty() || !availability(offer).is_retired()).collect();
    let map = equivalents(book, &reference, &offers)?;
    output.write(&document(&map), || report(&map))?;
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
    tokens: Option<Bounds<u64>>,
    total: Total,
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
    let (found, error) = match &candidate.outcome {
        Outcome::Found(found) => (Some(found_row(map, found)), None),
        Outcome::Refused(error) => (None, Some(error)),
        Outcome::Unpriced => (None, None),
    };
    Row {
        provider: &candidate.offer.provider.id,
        model: &candidate.offer.model.id,
        availability: availability(&candidate.offer),
        kinship: candidate.outcome.as_str(),
        found,
        error,
    }
}

fn found_row<'m>(map: &'m Equivalents<'_>, found: &'m Match) -> FoundRow<'m> {
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
    SpendDocument { tokens: spend.tokens.map(Into::into), total: spend.usd }
}

fn report<'m>(map: &'m Equivalents<'_>) -> Report<'m> {
    let mut report = Report::default();
    let offer = &map.offer;
    let quality =
        map.request.quality.as_ref().map_or_else(String::new, |quality| format!(" quality {quality}"));
    report.heading(format!(
        "What spends as much as {}{quality} size {} at {}, {}",
        offer.model.id, map.size, offer.provider.id, offer.as_of
    ));
    let tokens = map.spend.tokens.map(|tokens| format!("{} tokens, ", tokens_words(tokens)));
    report.line(format!("one image: {}{}", tokens.unwrap_or_default(), map.spend.usd_words()));
    let is_found = |candidate: &&Equivalent<'_>| matches!(candidate.outcome, Outcome::Found(_));
    report.table(table(map, map.candidates.iter()).only(Only::Data));
    let found = table(map, map.candidates.iter().filter(is_found)).only(Only::People);
    if !found.rows.is_empty() {
        report.table(found);
    }
    notes(&mut report, map);
    report
}

fn tokens_words(tokens: imgcost_core::Estimate<u64>) -> String {
    match tokens.expected {
        Some(expected) => grouped(expected),
        None => format!("{} to {}", grouped(tokens.floor), grouped(tokens.ceiling)),
    }
}

fn table<'m>(map: &'m Equivalents<'_>, candidates: impl Iterator<Item = &'m Equivalent<'m>>) -> Table<'m> {
    let several = map.candidates.iter().any(|other| other.offer.provider.id != map.offer.provider.id);
    let found = |candidate: &'m Equivalent<'m>| match &candidate.outcome {
        Outcome::Found(found) => Some(found),
        Outcome::Refused(_) | Outcome::Unpriced => None,
    };
    let is_moved = map.candidates.iter().filter_map(found).any(|found| found.size != map.size);
    Table::of("Equivalents", candidates)
        .column_if(several, Column::name("provider"), |other| &other.offer.provider.id)
        .column(Column::name("model"), |other| &other.offer.model.id)
        .column(Column::text("measure").data_only(), |other| Some(found(other)?.measure.as_str()))
        .column(Column::name("quality"), |other| {
            Some(Value::known(found(other)?.quality.as_ref().map(Quality::as_str)))
        })
        .column_if(is_moved, Column::name("size"), |other| Some(Value::of(found(other)?.size)))
        .column(Column::estimate("tokens").or_range(), |other| Some(Value::known(found(other)?.spend.tokens)))
        .column(Column::number("tokens_difference").label("+/-"), |other| {
            let difference = found(other).and_then(|found| found.spend.tokens_difference(&map.spend));
            difference.map_or(Value::missing(), Value::Change)
        })
        .column(Column::estimate("usd").label("USD").ranged("floor to ceiling").if_room(1), |other| {
            Some(Value::from(&found(other)?.spend.usd))
        })
        .column(Column::number("usd_difference").data_only(), |other| {
            found(other)?.spend.usd_difference(&map.spend)
        })
        .column(Column::name("kinship").label("spend"), |other| other.outcome.as_str())
        .column(Column::text("ties").data_only(), |other| {
            Some(found(other)?.ties.iter().map(Quality::as_str).collect::<Vec<_>>().join(";"))
        })
        .column(Column::text("error").data_only(), |other| match &other.outcome {
            Outcome::Refused(error) => Some(error.message()),
            Outcome::Found(_) | Outcome::Unpriced => None,
        })
        .column(Column::text("availability").data_only(), |other| availability(&other.offer).as_str())
        .end()
}

/// What the table does not show: moved sizes, ties, what was compared in money, and who is left
/// out.
fn notes(report: &mut Report<'_>, map: &Equivalents<'_>) {
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
    let said = |report: &mut Report<'_>, names: Vec<String>, words: &str| {
        if !names.is_empty() {
            report.note(format!("{words}: {}", names.join(", ")));
        }
    };
    let moved = found().filter(|(_, found)| found.size != map.size);
    let words = format!("does not take size {}; shown at its nearest size", map.size);
    said(
        report,
        moved.map(|(candidate, found)| format!("{} ({})", name(candidate), found.size)).collect(),
        &words,
    );
    let tied = found().filter(|(_, found)| !found.ties.is_empty());
    let ties = |(candidate, found): (&Equivalent<'_>, &Match)| {
        let ties: Vec<&str> = found.ties.iter().map(Quality::as_str).collect();
        format!("{} ({})", name(candidate), ties.join(", "))
    };
    said(report, tied.map(ties).collect(), "as near is");
    let guessed =
        found().filter(|(_, found)| found.spend.tokens.is_some_and(|tokens| tokens.expected.is_none()));
    said(
        report,
        guessed.map(|(candidate, _)| name(candidate)).collect(),
        "no formula is known, compared at the farther end of its range",
    );
    let money = map.spend.tokens.is_some();
    let by_money = found().filter(|(_, found)| money && found.spend.tokens.is_none());
    said(
        report,
        by_money.map(|(candidate, _)| name(candidate)).collect(),
        "not billed by tokens, compared in money",
    );
    let only = found().filter(|(_, found)| found.kinship == Kinship::Only);
    said(report, only.map(|(candidate, _)| name(candidate)).collect(), "has no other quality");
    let marked = || map.candidates.iter().filter(|other| availability(&other.offer).is_marked());
    let mut marks: Vec<String> = marked().map(|other| availability(&other.offer).to_string()).collect();
    marks.sort_unstable();
    marks.dedup();
    for mark in marks {
        let of_mark = marked().filter(|other| availability(&other.offer).to_string() == mark);
        said(report, of_mark.map(name).collect(), &mark);
    }
    let unpriced = map.candidates.iter().filter(|other| matches!(other.outcome, Outcome::Unpriced));
    said(report, unpriced.map(name).collect(), "no price is known");
    for candidate in &map.candidates {
        if let Outcome::Refused(error) = &candidate.outcome {
            report.note(format!("{} is left out: {}", name(candidate), error.message()));
        }
    }
}
