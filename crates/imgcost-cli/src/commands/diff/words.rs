//! Differences in words.

use imgcost_analysis::diff::{Cost, Delta, Deltas, FieldChange, Job};
use imgcost_core::Usd;

use crate::render;

/// A cost in words: what it will probably be, else from least to most.
pub(super) fn cost(cost: &Cost) -> String {
    match cost.expected {
        Some(expected) => format!("${expected}"),
        None => render::amount_words(cost.floor, cost.ceiling),
    }
}

/// A row's cost in words.
pub(super) fn job_cost(job: Option<&Job>) -> String {
    match job.map(|job| &job.cost) {
        None => String::new(),
        Some(Ok(found)) => cost(found),
        Some(Err(_)) => "in error".to_owned(),
    }
}

/// The difference to show where there is room for one.
pub(super) fn delta(deltas: &Deltas) -> String {
    deltas.main().map_or_else(|| "unknown".to_owned(), |delta| delta.to_string())
}

/// The share of a difference in what was there before.
pub(super) fn per_mille(deltas: &Deltas, before: &Cost) -> Option<i64> {
    let of = |delta: Option<Delta>, amount: Option<Usd>| delta.zip(amount);
    let (delta, amount) = of(deltas.expected, before.expected)
        .or(of(deltas.ceiling, before.ceiling))
        .or(of(deltas.floor, before.floor))?;
    delta.per_mille(amount)
}

/// Which terms became which.
pub(super) fn fields(changes: &[FieldChange]) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let words: Vec<String> = changes
        .iter()
        .map(|change| format!("{} {} → {}", change.field, value(&change.before), value(&change.after)))
        .collect();
    words.join(", ")
}

/// A difference as a plain decimal, below zero with a minus.
pub(super) fn signed(delta: Delta) -> String {
    let sign = if delta.is_down() && delta.is_some() { "-" } else { "" };
    format!("{sign}{}", delta.size())
}
