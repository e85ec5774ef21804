//! A comparison for people: what all cells share, the table, what is missing and why.

use imgcost_analysis::compare::{Axis, Cell, varying};
use imgcost_core::{Availability, InputImage, Tier, Total, Usd};

use super::notes::{self, Said};
use super::pivot::{self, Layout};
use super::table::PLACES_MAX;
use super::{Compared, sources, table};
use crate::report::{Only, Report, rounded};
use crate::terminal;

/// The most kinds of reasons and of notes below a table.
const SAID_MAX: usize = 8;

/// The axes in the order in which a combination is named.
const NAMED: [Axis; 7] =
    [Axis::Model, Axis::Quality, Axis::Size, Axis::Count, Axis::Provider, Axis::Day, Axis::Tier];

/// The report of a comparison.
pub(super) fn report<'c>(compared: &'c Compared<'_>, layout: Option<&Layout>) -> Report<'c> {
    let mut report = Report::default();
    report.heading(heading(compared));
    if compared.shown.is_empty() {
        report.table(table::table(compared).only(Only::Data));
        report.line("nothing fulfils the conditions");
        return report;
    }
    match layout {
        Some(layout) => {
            report.table(table::table(compared).only(Only::Data));
            pivot::show(&mut report, compared, layout);
        }
        None => report.table(table::table(compared)),
    }
    let star = if layout.is_none_or(Layout::is_starred) { "* " } else { "" };
    for line in lines(compared, star) {
        report.line(line);
    }
    if layout.is_some() {
        // A layout has no room for it beside a name.
        statuses(compared).into_iter().for_each(|line| report.line(line));
    }
    said(&mut report, &notes::reasons(compared), "reasons", reason);
    said(&mut report, &notes::notes(compared), "notes", |said| said.message.clone());
    report.table(sources::table(compared));
    report
}

/// The most sentences of a kind that are said, unless all are asked for.
const ALIKE: usize = 2;

/// What is said of cells. Of many of a kind the first stands for the others, unless all are asked for.
fn said(report: &mut Report<'_>, all: &[Said], what: &str, words: impl Fn(&Said) -> String) {
    if terminal::is_verbose() {
        return all.iter().for_each(|said| report.note(words(said)));
    }
    let mut kinds: Vec<Vec<&Said>> = Vec::new();
    for said in all {
        let is_alike = |kind: &&mut Vec<&Said>| {
            kind.first().is_some_and(|first| (first.code, &first.word) == (said.code, &said.word))
        };
        match kinds.iter_mut().find(is_alike) {
            Some(kind) => kind.push(said),
            None => kinds.push(vec![said]),
        }
    }
    for kind in kinds.iter().take(SAID_MAX) {
        match kind.as_slice() {
            [first, others @ ..] if kind.len() > ALIKE => {
                report.note(format!("{} (and {} more like it: --verbose)", words(first), others.len()));
            }
            few => few.iter().for_each(|said| report.note(words(said))),
        }
    }
    if kinds.len() > SAID_MAX {
        report.note(format!("{} more {what}: --verbose has all of them", kinds.len() - SAID_MAX));
    }
}

fn reason(said: &Said) -> String {
    match said.cells {
        1 => format!("{}: {}", said.word, said.message),
        cells => format!("{} ({cells} times): {}", said.word, said.message),
    }
}

/// How many combinations of what: everything that they share.
fn heading(compared: &Compared<'_>) -> String {
    let count = match (compared.shown.len(), compared.all) {
        (1, 1) => "1 combination".to_owned(),
        (shown, all) if shown == all => format!("{all} combinations"),
        (shown, all) => format!("{shown} of {all} combinations"),
    };
    let Some(cell) = compared.shown.first() else { return count };
    let varies = varying(&compared.shown);
    let fixed = |axis: Axis| (!varies.contains(&axis)).then(|| cell.label(axis));
    let place = match (fixed(Axis::Model), fixed(Axis::Provider)) {
        (Some(model), Some(provider)) => Some(format!("{model} at {provider}")),
        (Some(model), None) => Some(model),
        (None, Some(provider)) => Some(format!("models at {provider}")),
        (None, None) => None,
    };
    let mut parts: Vec<String> = place.into_iter().chain(fixed(Axis::Day)).collect();
    parts.extend(
        fixed(Axis::Quality).filter(|_| cell.quality().is_some()).map(|text| format!("quality {text}")),
    );
    parts.extend(fixed(Axis::Size).filter(|_| cell.size().is_some()).map(|text| format!("size {text}")));
    parts.extend(fixed(Axis::Count).map(|text| format!("n={text}")));
    if !varies.contains(&Axis::Tier) && cell.tier() == Tier::Batch {
        parts.push("Batch API".to_owned());
    }
    parts.extend(of_request(cell));
    parts.extend(compared.often.is_said().then(|| compared.often.words()));
    format!("{count}: {}", parts.join(", "))
}

/// What all calls ask for beside the axes.
fn of_request(cell: &Cell<'_>) -> Vec<String> {
    let request = cell.request();
    let mut parts = Vec::new();
    match request.images.as_slice() {
        [] => {}
        [InputImage::Sized(size)] => parts.push(format!("1 input image of {size}")),
        [_] => parts.push("1 input image".to_owned()),
        images => parts.push(format!("{} input images", images.len())),
    }
    parts.extend(request.input_fidelity.map(|fidelity| format!("{fidelity} fidelity")));
    match request.partial_images.filter(|partials| *partials > 0) {
        Some(1) => parts.push("1 partial image".to_owned()),
        Some(partials) => parts.push(format!("{partials} partial images")),
        None if request.stream => parts.push("streamed".to_owned()),
        None => {}
    }
    parts.extend(request.prompt.map(|prompt| match prompt.tokens {
        1 => "a prompt of 1 token".to_owned(),
        tokens => format!("a prompt of {tokens} tokens"),
    }));
    parts
}

/// The lines below the table: the cheapest behind its mark, the baseline, how ranges count, the
/// currency.
fn lines(compared: &Compared<'_>, mark: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let cheapest: Vec<&&Cell<'_>> = compared.shown.iter().filter(|cell| compared.is_cheapest(cell)).collect();
    if let (Some(usd), Some(first)) = (compared.cheapest.map(|cheapest| cheapest.figure), cheapest.first()) {
        let varies = varying(&compared.shown);
        let axes: Vec<Axis> = NAMED.into_iter().filter(|axis| varies.contains(axis)).collect();
        let name = name(first, &axes);
        let name = if name.is_empty() { first.model().to_owned() } else { name };
        let more = match cheapest.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let ends = match first.availability() {
            Availability::Ends(day) if cheapest.len() == 1 => format!(" (ends {day})"),
            _ => String::new(),
        };
        let is_ceiling = first.per_image().is_some_and(|amount| amount.expected.is_none());
        let sign = if is_ceiling { "at most " } else { "" };
        let usd = rounded(usd, places(usd));
        lines.push(format!("{mark}the cheapest: {name}{ends}{more}, {sign}${usd} an image"));
    }
    if let Some(baseline) = &compared.baseline {
        let cell = baseline.cell();
        let usd = baseline.figure();
        lines.push(format!("delta: an image against {}, ${}", name(cell, &NAMED), rounded(usd, places(usd))));
    }
    if compared.shown.iter().any(|cell| cell.per_image().is_some_and(|amount| is_range(&amount))) {
        lines
            .push("a range counts by its expected value, or by its ceiling (≤) where it has none".to_owned());
    }
    lines.extend(compared.exchange.as_ref().map(ToString::to_string));
    lines
}

/// Which shown models are retired or end soon, a line a mark.
fn statuses(compared: &Compared<'_>) -> Vec<String> {
    let mut marked: Vec<(String, Vec<&str>)> = Vec::new();
    for cell in compared.shown.iter().filter(|cell| cell.availability().is_marked()) {
        let status = cell.availability().to_string();
        match marked.iter_mut().find(|(known, _)| *known == status) {
            Some((_, models)) if models.contains(&cell.model()) => {}
            Some((_, models)) => models.push(cell.model()),
            None => marked.push((status, vec![cell.model()])),
        }
    }
    marked.into_iter().map(|(status, models)| format!("{status}: {}", models.join(", "))).collect()
}

/// A cell in a few words: where it stands on some axes.
fn name(cell: &Cell<'_>, axes: &[Axis]) -> String {
    let word = |axis: &Axis| match axis {
        Axis::Count => format!("n={}", cell.n()),
        Axis::Provider => format!("at {}", cell.provider()),
        Axis::Day => format!("on {}", cell.as_of()),
        Axis::Tier if cell.tier() == Tier::Batch => "by the Batch API".to_owned(),
        Axis::Tier => String::new(),
        Axis::Quality if cell.quality().is_none() => String::new(),
        axis => cell.label(*axis),
    };
    axes.iter().map(word).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether an amount is known, but not to the last digit.
fn is_range(amount: &Total) -> bool {
    amount.ceiling.is_some() && !amount.is_exact()
}

/// The decimals that an amount is shown with.
fn places(usd: Usd) -> u32 {
    usd.places().clamp(2, PLACES_MAX)
}
