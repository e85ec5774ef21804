//! `imgcost compare LOG`: what the calls of a log would have cost on other models or tiers.

use imgcost_analysis::calls::Unused;
use imgcost_analysis::compare::{Candidate, LogComparison, Stay};
use imgcost_analysis::selector::{Pattern, patterns, select};
use imgcost_core::{Availability, Book, Date, Error, Param, PerMille, SignedUsd, Tier, Usd};
use serde::Serialize;

use crate::args::CompareArgs;
use crate::book::Names;
use crate::commands::sums::counted;
use crate::commands::usage::SumOfCharges;
use crate::commands::usage::calls::{self, Read, Source};
use crate::commands::usage::kind::{Input, Kind};
use crate::failure::{End, Failure, bad_input};
use crate::report::{Bounds, Column, Output, Report, Table, Value};
use crate::settings::Settings;
use crate::{fields, request, words};

/// The most decimals of an amount for people.
const PLACES: u32 = 6;
/// So many reasons why calls stay are told to people.
const TOLD_MAX: usize = 12;

/// What was found.
struct Found<'b> {
    book: &'b Book,
    /// The day whose prices and shutdowns count for a move.
    as_of: Date,
    sums: LogComparison<'b>,
    read: Read,
}

/// Compares the calls of logs.
pub(super) fn compare(args: &CompareArgs, settings: &Settings, output: &Output) -> Result<End, Failure> {
    if let Some(field) = args.of_prices() {
        let message = "a log's calls are compared as they are: only --model, --provider, --tier, --as-of, \
                       --since and --until go with it";
        return Err(bad_input(field, message).into());
    }
    let [first, more @ ..] = args.logs.as_slice() else { return Ok(End::Done) };
    let book = request::book(&args.request.book, settings)?;
    let as_of = request::as_of(&args.request.book, settings)?;
    let candidates = candidates(args, settings, &book, as_of)?;
    let day = args.request.book.as_of.as_ref().map(|_| as_of);
    let mut sums = LogComparison::new(&book, candidates, day);
    let mut of_calls = args.request.clone();
    of_calls.params = of_calls.params.without(&[Param::Model, Param::Provider, Param::Tier]);
    let days = (args.since.as_deref(), args.until.as_deref());
    let mut defaults = calls::defaults(&of_calls, days, settings, &book)?;
    // What the API chose is what another model is asked for.
    defaults.as_returned = true;
    let input = Input::open(first)?;
    let (kind, name) = (input.kind(), input.name());
    let read = calls::read_with(&defaults, false, Source::Logs(input, more), |call| sums.add(call))?;
    let is_empty = sums.actual().sum.rows == 0 && read.other_days == 0;
    if let Some(unused) = read.errors.named.first().filter(|_| is_empty && kind != Kind::Log) {
        let message = format!("{name} is no log of calls: {}: {}", unused.record, unused.error.message());
        return Err(bad_input("file", message).into());
    }
    let found = Found { book: &book, as_of, sums, read };
    output.write(&document(&found), || report(&found))?;
    found.read.errors.say();
    Ok(found.end())
}

/// Where the calls might go: the models that were asked for, at each of the tiers.
fn candidates(
    args: &CompareArgs,
    settings: &Settings,
    book: &Book,
    as_of: Date,
) -> Result<Vec<Candidate>, Error> {
    let given = |param: Param| args.request.get(param);
    let tier = |name: &str| {
        let wrong = || fields::illegal("tier", name, "no such tier").allowed(Tier::NAMES).nearest_name(name);
        name.parse::<Tier>().map_err(|_| wrong())
    };
    let tiers: Vec<Option<Tier>> = match given(Param::Tier) {
        None => vec![None],
        Some("all") => Tier::ALL.iter().copied().map(Some).collect(),
        Some(list) => list.split(',').map(|name| tier(name.trim()).map(Some)).collect::<Result<_, _>>()?,
    };
    let offers: Vec<Option<(String, String)>> =
        match (given(Param::Model), given(Param::Provider), given(Param::Tier)) {
            (None, None, Some(_)) => vec![None],
            (models, providers, _) => {
                let providers = match (providers, models, settings.get(Param::Provider)) {
                    (Some(list), ..) => patterns("provider", list)?,
                    (None, Some(models), None) => {
                        words::providers_of(models, &Names::of(book)).into_iter().map(Pattern::new).collect()
                    }
                    (None, _, set) => vec![Pattern::new(set.unwrap_or(crate::book::DEFAULT_PROVIDER))],
                };
                let named = models.map(|list| patterns("model", list)).transpose()?.unwrap_or_default();
                let offers = select(book, &providers, &named, as_of)?.offers.into_iter();
                let offers = offers
                    .map(|chosen| chosen.offer)
                    .filter(|offer| !named.is_empty() || !offer.model.availability(as_of).is_retired());
                offers.map(|offer| Some((offer.provider.id.clone(), offer.model.id.clone()))).collect()
            }
        };
    let at = |offer: &Option<(String, String)>| {
        let offer = offer.clone();
        tiers.iter().map(move |tier| Candidate::new(offer.clone(), *tier)).collect::<Vec<_>>()
    };
    Ok(offers.iter().flat_map(at).collect())
}

impl Found<'_> {
    fn availability(&self, candidate: &Candidate) -> Availability {
        let model = candidate.offer.as_ref();
        let model = model.and_then(|(provider, model)| self.book.provider(provider).ok()?.model(model));
        model.map_or(Availability::Current, |model| model.availability(self.as_of))
    }

    /// The least of all bills at a model that can be called.
    fn cheapest(&self) -> Option<Usd> {
        let ranked = self.sums.ranked().into_iter();
        let mut callable = ranked.filter(|candidate| !self.availability(candidate).is_retired());
        callable.find_map(Candidate::figure)
    }

    fn is_cheapest(&self, candidate: &Candidate) -> bool {
        let figure = candidate.figure();
        figure.is_some() && figure == self.cheapest() && !self.availability(candidate).is_retired()
    }

    /// A candidate's bill less the charge, where both are known.
    fn difference(&self, candidate: &Candidate) -> Option<(SignedUsd, Option<PerMille>)> {
        let charged = self.sums.actual().sum.total_of_all().figure()?;
        let difference = SignedUsd::between(charged, candidate.figure()?);
        Some((difference, difference.per_mille_of(charged)))
    }

    fn end(&self) -> End {
        let sum = self.sums.actual().sum;
        let none_moves = self.sums.ranked().iter().all(|candidate| candidate.moved == 0);
        let is_whole = self.read.errors.count == 0 && sum.rows > 0 && sum.is_complete() && !none_moves;
        if is_whole { End::Done } else { End::Incomplete }
    }
}

/// The JSON document.
#[derive(Serialize)]
struct Document<'f> {
    schema: &'static str,
    as_of: Date,
    actual: SumOfCharges,
    candidates: Vec<CandidateDocument<'f>>,
    unused: u64,
    unused_records: &'f [Unused],
    duplicates: u64,
    other_days: u64,
}

#[derive(Serialize)]
struct CandidateDocument<'f> {
    provider: Option<&'f str>,
    model: Option<&'f str>,
    tier: Option<Tier>,
    availability: Availability,
    moved: u64,
    stay: u64,
    without_prompt: u64,
    total: Bounds<Usd>,
    difference: Option<SignedUsd>,
    per_mille: Option<PerMille>,
    cheapest: bool,
    reasons: Vec<Reason<'f>>,
}

#[derive(Serialize)]
struct Reason<'f> {
    code: &'static str,
    field: &'f str,
    message: &'f str,
    calls: u64,
}

fn document<'f>(found: &'f Found<'_>) -> Document<'f> {
    Document {
        schema: "imgcost.compare-log/1",
        as_of: found.as_of,
        actual: (&found.sums.actual()).into(),
        candidates: found.sums.ranked().into_iter().map(|candidate| one(found, candidate)).collect(),
        unused: found.read.errors.count,
        unused_records: &found.read.errors.named,
        duplicates: found.read.duplicates,
        other_days: found.read.other_days,
    }
}

fn one<'f>(found: &'f Found<'_>, candidate: &'f Candidate) -> CandidateDocument<'f> {
    let difference = found.difference(candidate);
    CandidateDocument {
        provider: candidate.offer.as_ref().map(|(provider, _)| provider.as_str()),
        model: candidate.offer.as_ref().map(|(_, model)| model.as_str()),
        tier: candidate.tier,
        availability: found.availability(candidate),
        moved: candidate.moved,
        stay: candidate.stay(),
        without_prompt: candidate.bill.no_prompt,
        total: (&candidate.bill.total_of_all()).into(),
        difference: difference.map(|(usd, _)| usd),
        per_mille: difference.and_then(|(_, share)| share),
        cheapest: found.is_cheapest(candidate),
        reasons: (candidate.reasons.iter())
            .map(|((code, field), stay)| Reason { code, field, message: &stay.message, calls: stay.calls })
            .collect(),
    }
}

fn report<'f>(found: &'f Found<'_>) -> Report<'f> {
    let mut report = Report::default();
    let actual = found.sums.actual();
    report.heading(format!("{}: what they would have cost", counted(actual.sum.rows, "call")));
    let ranked = found.sums.ranked();
    // The calls as they were, then each candidate.
    let rows = std::iter::once(None).chain(ranked.iter().copied().map(Some));
    let total = |candidate: Option<&Candidate>| {
        let sum = candidate.map_or(actual.sum, |candidate| candidate.bill);
        let total = sum.total_of_all();
        let value = match sum.is_complete() {
            true => Value::from(&total),
            false => Value::Open((&total).into(), total.to_string().into()),
        };
        if candidate.is_some_and(|candidate| found.is_cheapest(candidate)) { value.best() } else { value }
    };
    let difference = |candidate: Option<&Candidate>| candidate.map(|candidate| found.difference(candidate));
    let reasons = |candidate: Option<&'f Candidate>| {
        let reason = |((code, field), stay): (&(&str, String), &Stay)| {
            format!("{} {code} {field}", stay.calls).trim_end().to_owned()
        };
        Some(candidate?.reasons.iter().map(reason).collect::<Vec<_>>().join(";"))
    };
    let mut table = Table::of("Moves", rows)
        .column(Column::text("what").label("calls at").text_only(), |candidate| {
            candidate.map_or_else(|| "as they were".to_owned(), name)
        })
        .column(Column::name("provider").data_only(), |candidate| Some(&candidate?.offer.as_ref()?.0))
        .column(Column::name("model").data_only(), |candidate| Some(&candidate?.offer.as_ref()?.1))
        .column(Column::name("tier").data_only(), |candidate| Some(candidate?.tier?.as_str()))
        .column(Column::number("moved"), |candidate| candidate.map_or(0, |candidate| candidate.moved))
        .column(Column::number("stay"), |candidate| candidate.map_or(actual.sum.rows, Candidate::stay))
        .column(
            Column::estimate("total").label("USD").places(PLACES).ranged("from floor to ceiling").if_room(1),
            total,
        )
        .column(Column::number("difference").label("+/-").places(PLACES).if_room(2), |candidate| {
            difference(candidate).map(|difference| Value::known(difference.map(|(usd, _)| usd)))
        })
        .column(Column::number("per_mille").label("%"), |candidate| {
            difference(candidate).map(|difference| Value::known(difference.and_then(|(_, share)| share)))
        })
        .column(Column::number("without_prompt").data_only(), |candidate| Some(candidate?.bill.no_prompt))
        .column(Column::text("cheapest").data_only(), |candidate| Some(found.is_cheapest(candidate?)))
        .column(Column::text("reasons").data_only(), reasons)
        .column(Column::name("availability").data_only(), |candidate| {
            Some(found.availability(candidate?).as_str())
        })
        .column(Column::name("status").label("").text_only(), |candidate| {
            Some(found.availability(candidate?).to_string())
        })
        .end();
    table.mark = "cheapest";
    report.table(table);
    notes(&mut report, found);
    report
}

/// The model and tier of a candidate.
fn name(candidate: &Candidate) -> String {
    let model = match &candidate.offer {
        None => "their own models".to_owned(),
        Some((provider, model)) if provider == crate::book::DEFAULT_PROVIDER => model.clone(),
        Some((provider, model)) => format!("{model} at {provider}"),
    };
    candidate.tier.map_or(model.clone(), |tier| format!("{model}, {tier}"))
}

/// Why calls stay, and what to know of the sums.
fn notes(report: &mut Report<'_>, found: &Found<'_>) {
    let ranked = found.sums.ranked();
    let stays = || {
        let all = ranked.iter();
        all.flat_map(|candidate| candidate.reasons.values().map(move |stay| (name(candidate), stay)))
    };
    for (name, stay) in stays().take(TOLD_MAX) {
        let verb = if stay.calls == 1 { "stays" } else { "stay" };
        report.note(format!("{name}: {} {verb}: {}", counted(stay.calls, "call"), stay.message));
    }
    let untold = stays().count().saturating_sub(TOLD_MAX);
    if untold > 0 {
        report.note(format!(
            "and {}; --json has all",
            counted(u64::try_from(untold).unwrap_or(0), "more reason")
        ));
    }
    if ranked.iter().any(|candidate| candidate.moved > 0) {
        report.note(
            "a call that moves is quoted at its own quality and size, which may spend and look otherwise \
             there (compare --equivalent-to); one that stays is in the sum with what it cost"
                .to_owned(),
        );
    }
    let prompts = ranked.iter().map(|candidate| candidate.bill.no_prompt).max().unwrap_or(0);
    if prompts > 0 {
        report.note(format!("{} without a prompt: in the sums by images alone", counted(prompts, "call")));
    }
    let read = &found.read;
    if read.duplicates > 0 {
        report.note(format!("{} there twice, and counted once", counted(read.duplicates, "response")));
    }
    if read.other_days > 0 {
        report.note(format!("{} of other days", counted(read.other_days, "record")));
    }
    if read.errors.count > 0 {
        report.note(format!("{} could not be used", counted(read.errors.count, "record")));
    }
}
