//! A solution for people, and as rows.

use imgcost_analysis::solve::{By, Goal, LeftOut, Plan, Reason};
use imgcost_core::{CeilingBasis, Quality, Sizes, Tier, Usd};

use super::Found;
use crate::render::currency::to_places;
use crate::render::table::narrowed;
use crate::render::{DASH, Page, Sheet, amount_words, grouped};

/// The most decimals of an amount in a table.
const PLACES_MAX: u32 = 9;

/// Columns that are left out where a page is too narrow, the first of them first.
const SPARED: [&str; 4] = ["from floor to ceiling", "tokens", "expected", "calls"];

/// What a reader sees: the plans, what comes second, how to quote it, what was left out.
/// Where it has a width, what does not fit is left out.
pub(super) fn page(found: &Found<'_>, width: Option<u16>) -> Page {
    let mut page = Page::default();
    page.heading(heading(found));
    let shown: &[Plan<'_>] = match &found.cheapest {
        Some(cheapest) => std::slice::from_ref(cheapest),
        None => &found.plans,
    };
    no_plan(found).into_iter().for_each(|line| page.line(line));
    if !shown.is_empty() {
        let mut sheet = table(found, shown);
        let spared = width.map(|width| narrowed(&mut sheet, width, &SPARED)).unwrap_or_default();
        page.table(sheet);
        if !spared.is_empty() {
            let names = spared.join(", ");
            page.line(format!("left out, as it is too wide: {names}; --format csv has everything"));
        }
    }
    if let Some(best) = found.plans.first() {
        commands(&mut page, found, best);
        below(found, best).into_iter().for_each(|line| page.line(line));
    }
    left_out(found).into_iter().for_each(|line| page.line(line));
    for note in &found.notes {
        page.note(note.message.clone());
    }
    page
}

/// What a file says beside its tables.
pub(super) fn lines(found: &Found<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(no_plan(found));
    lines.extend(found.plans.first().map(|best| below(found, best)).unwrap_or_default());
    lines.extend(found.notes.iter().map(|note| note.message.clone()));
    lines
}

/// The plans in their order, the runner-up after the best where only that one was asked for.
pub(super) fn ranked<'f, 'b>(found: &'f Found<'b>) -> impl Iterator<Item = &'f Plan<'b>> {
    let second = found.runner_up.iter().filter(|_| found.plans.len() == 1);
    found.plans.iter().chain(second)
}

pub(super) fn heading(found: &Found<'_>) -> String {
    let job = &found.job;
    let mut limits = Vec::new();
    if !job.qualities.is_empty() {
        let names: Vec<&str> = job.qualities.iter().map(|pattern| pattern.text()).collect();
        limits.push(format!("quality {}", names.join(",")));
    }
    limits.extend(job.min_quality.as_ref().map(|least| format!("quality {least} or better")));
    limits.push(job.shape.to_string());
    let limits = limits.join(", ");
    match job.goal {
        Goal::Images(1) => format!("Cheapest image on {}: {limits}", found.day),
        Goal::Images(n) => format!("Cheapest {} images on {}: {limits}", grouped(n), found.day),
        Goal::Budget(budget) => format!("What ${budget} buys on {}: {limits}", found.day),
    }
}

/// Why a budget has no plan.
fn no_plan(found: &Found<'_>) -> Option<String> {
    let Goal::Budget(budget) = found.job.goal else { return None };
    if !found.plans.is_empty() {
        return None;
    }
    Some(match found.cheapest.as_ref().filter(|_| found.endless) {
        Some(free) => format!("{} costs nothing: the budget of ${budget} has no end", name(free)),
        None if found.endless => format!("some image costs nothing: the budget of ${budget} has no end"),
        None => buys_nothing(budget, found.cheapest.as_ref()),
    })
}

/// That a budget buys no image, and what one costs.
pub(super) fn buys_nothing(budget: Usd, cheapest: Option<&Plan<'_>>) -> String {
    match cheapest.and_then(|plan| plan.total.ceiling) {
        Some(ceiling) => {
            format!("the budget of ${budget} buys no image: the cheapest may cost up to ${ceiling}")
        }
        None => format!("the budget of ${budget} buys no image"),
    }
}

/// The decimals that the amounts of some plans are shown with.
pub(super) fn places<'p, 'b: 'p>(plans: impl Iterator<Item = &'p Plan<'b>>) -> u32 {
    let amounts = plans.flat_map(|plan| [plan.total.floor, plan.total.expected, plan.total.ceiling]);
    amounts.flatten().map(Usd::places).max().unwrap_or(2).clamp(2, PLACES_MAX)
}

fn table(found: &Found<'_>, plans: &[Plan<'_>]) -> Sheet {
    let every = || plans.iter().chain(&found.runner_up);
    let several = every().any(|plan| plan.offer.provider.id != "openai");
    let batch = every().any(|plan| plan.request.tier == Tier::Batch);
    let marked = plans.iter().any(|plan| plan.availability().is_marked());
    let budget = matches!(found.job.goal, Goal::Budget(_));
    let open = plans.iter().any(|plan| plan.total.floor != plan.total.ceiling);
    let mut columns = vec!["model", "quality", "size"];
    if several {
        columns.insert(0, "provider");
    }
    if marked {
        columns.push("status");
    }
    if batch {
        columns.push("prices");
    }
    if budget {
        columns.extend([">images", ">expected"]);
    }
    columns.extend([">calls", ">tokens", ">USD"]);
    if open {
        columns.push(">from floor to ceiling");
    }
    let places = places(plans.iter());
    let rounded = |usd: Option<Usd>| usd.map_or_else(|| DASH.to_owned(), |usd| usd.rounded(places));
    let mut sheet = Sheet::new(&columns);
    for plan in plans {
        let mut cells = Vec::new();
        if several {
            cells.push(plan.offer.provider.id.clone());
        }
        cells.extend([
            plan.offer.model.id.clone(),
            plan.quality.as_ref().map_or_else(|| DASH.to_owned(), ToString::to_string),
            plan.size.map_or_else(|| DASH.to_owned(), |size| size.to_string()),
        ]);
        if marked {
            cells.push(plan.availability().to_string());
        }
        if batch {
            cells.push(if plan.request.tier == Tier::Batch { "batch" } else { "standard" }.to_owned());
        }
        if budget {
            cells.push(grouped(plan.images));
            cells.push(plan.images_expected.map_or_else(|| DASH.to_owned(), grouped));
        }
        cells.push(grouped(plan.call_count()));
        cells.push(match plan.tokens.map(|tokens| (tokens.expected, tokens)) {
            None => DASH.to_owned(),
            Some((Some(expected), _)) => grouped(expected),
            Some((None, tokens)) => format!("{} to {}", grouped(tokens.floor), grouped(tokens.ceiling)),
        });
        cells.push(rounded(plan.total.expected));
        if open {
            let exact = plan.total.floor == plan.total.ceiling;
            let span = format!("{} to {}", rounded(plan.total.floor), rounded(plan.total.ceiling));
            cells.push(if exact { String::new() } else { span });
        }
        sheet.row(cells);
    }
    sheet
}

/// How to quote the calls of the best plan.
fn commands(page: &mut Page, found: &Found<'_>, best: &Plan<'_>) {
    for calls in &best.calls {
        let command = found.typed.command(best, calls);
        if best.call_count() == 1 {
            page.line(format!("quote it: {command}"));
            continue;
        }
        let times =
            if calls.count == 1 { "once".to_owned() } else { format!("{} times", grouped(calls.count)) };
        let images = if calls.images == 1 { "image" } else { "images" };
        let each = amount_words(calls.each.floor, calls.each.ceiling);
        page.line(format!("{times} {} {images}, {each} a call:", calls.images));
        page.item(command);
    }
}

/// What comes second, and what was looked at.
fn below(found: &Found<'_>, best: &Plan<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(exchange) = &found.exchange {
        let converted = best.cost().and_then(|cost| exchange.convert(cost));
        let places = places(found.plans.iter());
        let is_ceiling = best.cost() != best.total.expected;
        let amount =
            converted.map_or_else(|| DASH.to_owned(), |converted| to_places(converted, places, is_ceiling));
        let sign = if is_ceiling { "≤ " } else { "" };
        lines.push(format!("in {}: {sign}{amount} ({exchange})", exchange.currency));
    }
    let all_searched = matches!(best.offer.family.limits.rule.sizes, Sizes::Listed(_) | Sizes::Free(_));
    if best.equal_sizes > 1 && all_searched {
        lines.push(format!("{} sizes cost this; it has the most pixels of them", grouped(best.equal_sizes)));
    }
    if best.total.basis == CeilingBasis::Assumed {
        lines.push("the ceiling is assumed, not proven".to_owned());
    }
    lines.push(match &found.runner_up {
        Some(second) => format!("runner-up: {}: {}", name(second), second.behind(best)),
        None => "no other plan fits".to_owned(),
    });
    if let Some(ending) = &found.ending {
        lines.push(format!("cheaper for now: {}: {}", name(ending), ending.behind(best)));
    }
    let by = match found.job.goal {
        Goal::Images(_) if found.job.by == By::Expected => "expected cost",
        _ => "the most it may cost",
    };
    let settings = if found.looked_at == 1 { "setting" } else { "settings" };
    lines.push(format!("compared by {by}; {} {settings} looked at", grouped(found.looked_at)));
    lines
}

/// A plan's settings in a few words.
fn name(plan: &Plan<'_>) -> String {
    let mut words = vec![plan.offer.model.id.clone()];
    words.extend(plan.quality.as_ref().map(Quality::to_string));
    words.extend(plan.size.map(|size| size.to_string()));
    if plan.offer.provider.id != "openai" {
        words.push(format!("at {}", plan.offer.provider.id));
    }
    if plan.request.tier == Tier::Batch {
        words.push("by the Batch API".to_owned());
    }
    words.join(" ")
}

/// A model that was left out, with its qualities where only some were.
pub(super) fn left_model(left: &LeftOut) -> String {
    let names: Vec<&str> = left.qualities.iter().map(Quality::as_str).collect();
    if names.is_empty() { left.model.clone() } else { format!("{} {}", left.model, names.join("/")) }
}

/// Which models were left out, one line a reason.
fn left_out(found: &Found<'_>) -> Vec<String> {
    let several = found.left_out.iter().any(|left| left.provider != "openai");
    let mut lines = Vec::new();
    for (reason, words) in [
        (Reason::Retired, "retired"),
        (Reason::NotYet, "not sold yet"),
        (Reason::Quality, "for its quality"),
        (Reason::Size, "for its sizes"),
        (Reason::Refused, "as it refuses the call"),
        (Reason::Unpriced, "without a price"),
        (Reason::Budget, "too dear for the budget"),
    ] {
        let of_reason = found.left_out.iter().filter(|left| left.reason == reason);
        let names: Vec<String> = of_reason
            .map(|left| match several {
                true => format!("{} at {}", left_model(left), left.provider),
                false => left_model(left),
            })
            .collect();
        if !names.is_empty() {
            lines.push(format!("left out {words}: {}", names.join(", ")));
        }
    }
    lines
}

/// One row a plan, the runner-up after the last where only one was asked for.
pub(super) fn sheet(found: &Found<'_>) -> Sheet {
    let mut sheet = Sheet::new(&[
        ">rank",
        "provider",
        "model",
        "quality",
        "size",
        "tier",
        ">images",
        ">images_expected",
        "calls",
        ">equal_sizes",
        ">tokens_floor",
        ">tokens_expected",
        ">tokens_ceiling",
        ">usd_floor",
        ">usd_expected",
        ">usd_ceiling",
        "ceiling_basis",
        "behind",
        "command",
        "availability",
        "shutdown",
    ]);
    for (index, plan) in ranked(found).enumerate() {
        let text = |count: Option<u64>| count.map_or_else(String::new, |count| count.to_string());
        let usd = |usd: Option<Usd>| usd.map_or_else(String::new, |usd| usd.to_string());
        let best = found.plans.first().filter(|_| index > 0);
        let calls: Vec<String> =
            plan.calls.iter().map(|calls| format!("{}x{}", calls.count, calls.images)).collect();
        sheet.row([
            (index + 1).to_string(),
            plan.offer.provider.id.clone(),
            plan.offer.model.id.clone(),
            plan.quality.as_ref().map_or_else(String::new, ToString::to_string),
            plan.size.map_or_else(String::new, |size| size.to_string()),
            plan.request.tier.to_string(),
            plan.images.to_string(),
            text(plan.images_expected),
            calls.join(";"),
            plan.equal_sizes.to_string(),
            text(plan.tokens.map(|tokens| tokens.floor)),
            text(plan.tokens.and_then(|tokens| tokens.expected)),
            text(plan.tokens.map(|tokens| tokens.ceiling)),
            usd(plan.total.floor),
            usd(plan.total.expected),
            usd(plan.total.ceiling),
            match plan.total.basis {
                CeilingBasis::Proven => "proven",
                CeilingBasis::Assumed => "assumed",
            }
            .to_owned(),
            best.map_or_else(String::new, |best| plan.behind(best)),
            plan.calls.first().map_or_else(String::new, |calls| found.typed.command(plan, calls)),
            plan.availability().as_str().to_owned(),
            plan.availability().day().map_or_else(String::new, |day| day.to_string()),
        ]);
    }
    sheet
}
