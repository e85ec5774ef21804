//! Differences in words.

use imgcost_analysis::diff::{Deltas, FieldChange, Job};
use imgcost_core::Total;

use crate::render;

/// A cost in words: what it will probably be, else from least to most.
pub(super) fn cost(cost: &Total) -> String {
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

/// The difference to show where there is room for one: `+$0.5`, `-$0.5` or `±$0`.
pub(super) fn delta(deltas: &Deltas) -> String {
    let Some(delta) = deltas.main() else { return "unknown".to_owned() };
    let sign = match (delta.is_zero(), delta.is_negative()) {
        (true, _) => "±",
        (false, true) => "-",
        (false, false) => "+",
    };
    format!("{sign}${}", delta.size())
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
