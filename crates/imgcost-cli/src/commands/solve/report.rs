//! A solution for people, and as rows.

use imgcost_analysis::currency::Exchange;
use imgcost_analysis::solve::{By, Goal, LeftOut, Plan, Reason};
use imgcost_core::{CeilingBasis, Quality, Sizes, Tier, Usd};

use super::Found;
use crate::book::DEFAULT_PROVIDER;
use crate::commands::quote::amount_words;
use crate::report::{Bounds, Column, Only, Report, Table, Value, grouped};
use crate::terminal;

/// The most models that are listed for a reason, where the list is not asked for.
const LISTED: usize = 6;

/// The plans, what comes second, how to quote it, what was left out.
pub(super) fn report<'f>(found: &'f Found<'_>) -> Report<'f> {
    let mut report = Report::default();
    report.heading(heading(found));
    no_plan(found).into_iter().for_each(|line| report.line(line));
    let shown = match &found.cheapest {
        Some(cheapest) => std::slice::from_ref(cheapest),
        None => found.plans.as_slice(),
    };
    report.table(table(found, ranked(found)).only(Only::Data));
    if !shown.is_empty() {
        report.table(table(found, shown.iter()).only(Only::People));
    }
    if let Some(best) = found.plans.first() {
        commands(&mut report, found, best);
        below(found, best).into_iter().for_each(|line| report.line(line));
    }
    left_out(found).into_iter().for_each(|line| report.line(line));
    found.notes.iter().for_each(|note| report.note(note.message.as_str()));
    report.table(left_out_table(found));
    report
}

/// The plans in their order, the runner-up after the best where only that one was asked for.
fn ranked<'f, 'b>(found: &'f Found<'b>) -> impl Iterator<Item = &'f Plan<'b>> {
    let second = found.runner_up.iter().filter(|_| found.plans.len() == 1);
    found.plans.iter().chain(second)
}

fn heading(found: &Found<'_>) -> String {
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

fn table<'f, 'b: 'f>(found: &'f Found<'b>, plans: impl Iterator<Item = &'f Plan<'b>>) -> Table<'f> {
    let every = || found.plans.iter().chain(&found.runner_up).chain(&found.cheapest);
    let several = every().any(|plan| plan.offer.provider.id != DEFAULT_PROVIDER);
    let batch = every().any(|plan| plan.request.tier == Tier::Batch);
    let budget = matches!(found.job.goal, Goal::Budget(_));
    let calls = |plan: &Plan<'_>| {
        let calls = plan.calls.iter().map(|calls| format!("{}x{}", calls.count, calls.images));
        calls.collect::<Vec<_>>().join(";")
    };
    let mut table = Table::of("Plans", plans.enumerate())
        .column(Column::number("rank").data_only(), |(index, _)| index + 1)
        .column_if(several, Column::name("provider"), |(_, plan)| &plan.offer.provider.id)
        .column(Column::name("model"), |(_, plan)| &plan.offer.model.id)
        .column(Column::name("quality"), |(_, plan)| Value::known(plan.quality.as_ref().map(Value::of)))
        .column(Column::name("size"), |(_, plan)| Value::known(plan.size.map(Value::of)));
    if every().any(|plan| plan.availability().is_marked()) {
        table = table.column(Column::name("status").text_only(), |(_, plan)| Value::of(plan.availability()));
    }
    let mut table = table
        .column_if(batch, Column::name("tier").label("prices"), |(_, plan)| plan.request.tier.as_str())
        .column_if(budget, Column::number("images"), |(_, plan)| plan.images)
        .column_if(budget, Column::number("images_expected").label("expected").if_room(2), |(_, plan)| {
            Value::known(plan.images_expected)
        })
        .column(Column::text("calls").data_only(), |(_, plan)| calls(plan))
        .column(Column::number("call_count").label("calls").if_room(1).text_only(), |(_, plan)| {
            plan.call_count()
        })
        .column(Column::number("equal_sizes").data_only(), |(_, plan)| plan.equal_sizes)
        .column(Column::estimate("tokens").or_range().if_room(3), |(_, plan)| Value::known(plan.tokens))
        .column(
            Column::estimate("usd").label("USD").ranged("from floor to ceiling").if_room(4).bar(),
            |(_, plan)| &plan.total,
        )
        .column(Column::text("ceiling_basis").data_only(), |(_, plan)| plan.total.basis.as_str())
        .column(Column::text("behind").data_only(), |(index, plan)| {
            Some(plan.behind(found.plans.first().filter(|_| index > 0)?))
        })
        .column(Column::text("command").data_only(), |(_, plan)| {
            Some(found.typed.command(plan, plan.calls.first()?))
        })
        .column(Column::text("availability").data_only(), |(_, plan)| plan.availability().as_str())
        .column(Column::text("shutdown").data_only(), |(_, plan)| plan.availability().day())
        .end();
    table.mark = "best";
    table.rows.first_mut().into_iter().for_each(|row| row.marked = true);
    table
}

/// What was left out, with the reason of each.
fn left_out_table<'f>(found: &'f Found<'_>) -> Table<'f> {
    Table::of("Left out", &found.left_out)
        .column(Column::name("model"), left_model)
        .column(Column::name("provider"), |left| &left.provider)
        .column(Column::name("reason"), |left| left.reason.as_str())
        .column(Column::text("why"), |left| &left.message)
        .only(Only::Files)
        .end()
}

/// How to quote the calls of the best plan.
fn commands(report: &mut Report<'_>, found: &Found<'_>, best: &Plan<'_>) {
    for calls in &best.calls {
        let command = found.typed.command(best, calls);
        if best.call_count() == 1 {
            report.line(format!("quote it: {command}"));
            continue;
        }
        let times =
            if calls.count == 1 { "once".to_owned() } else { format!("{} times", grouped(calls.count)) };
        let images = if calls.images == 1 { "image" } else { "images" };
        let each = amount_words(calls.each.floor, calls.each.ceiling);
        report.line(format!("{times} {} {images}, {each} a call:", calls.images));
        report.item(command);
    }
}

/// What comes second, and what was looked at.
fn below(found: &Found<'_>, best: &Plan<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(found.exchange.as_ref().map(|exchange| in_currency(found, best, exchange)));
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

/// What a plan costs in another currency, with the decimals of the dollars.
fn in_currency(found: &Found<'_>, plan: &Plan<'_>, exchange: &Exchange) -> String {
    let every = found.plans.iter().map(|plan| Value::from(&plan.total));
    let places = every.filter_map(|total| total.places()).max().unwrap_or(2).clamp(2, 9);
    let converted = Bounds::from(&plan.total).map(|usd| exchange.convert(usd));
    format!("in {}: {} ({exchange})", exchange.currency, Value::Converted(converted).shown(places))
}

/// A plan's settings in a few words.
fn name(plan: &Plan<'_>) -> String {
    let mut words = vec![plan.offer.model.id.clone()];
    words.extend(plan.quality.as_ref().map(Quality::to_string));
    words.extend(plan.size.map(|size| size.to_string()));
    if plan.offer.provider.id != DEFAULT_PROVIDER {
        words.push(format!("at {}", plan.offer.provider.id));
    }
    if plan.request.tier == Tier::Batch {
        words.push("by the Batch API".to_owned());
    }
    words.join(" ")
}

/// A model that was left out, with its qualities where only some were.
fn left_model(left: &LeftOut) -> String {
    let names: Vec<&str> = left.qualities.iter().map(Quality::as_str).collect();
    if names.is_empty() { left.model.clone() } else { format!("{} {}", left.model, names.join("/")) }
}

/// Which models were left out, one line a reason.
fn left_out(found: &Found<'_>) -> Vec<String> {
    let several = found.left_out.iter().any(|left| left.provider != DEFAULT_PROVIDER);
    let mut lines = Vec::new();
    for (reason, words) in [
        (Reason::Retired, "retired"),
        (Reason::NotYet, "not offered yet"),
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
        match names.len() {
            0 => {}
            count if count > LISTED && !terminal::is_verbose() => {
                lines.push(format!("left out {words}: {count} models (--verbose lists them)"));
            }
            _ => lines.push(format!("left out {words}: {}", names.join(", "))),
        }
    }
    lines
}
