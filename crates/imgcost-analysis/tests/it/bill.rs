//! A log against pages: what always holds.

use crate::common::BOOK;
use imgcost_analysis::bill::{
    Amount, BillComparison, CostResult, LineItem, Logged, Measure, Names, Standing, UsageKind, UsageResult,
    Weight,
};
use imgcost_core::{Date, Ratio, SignedUsd, Usd};
use proptest::prelude::*;

const MODELS: [&str; 3] = ["gpt-image-1", "gpt-image-1-mini", "gpt-image-2"];

fn names() -> Names<'static> {
    Names::of(&BOOK, "openai")
}

fn nothing() -> Ratio {
    "0".parse().unwrap()
}

fn day(offset: i8) -> Date {
    Date::constant(2026, 11, 1 + offset)
}

fn call(offset: i8, model: usize, tokens: u64) -> Logged {
    let mut call = Logged::new(day(offset), MODELS[model].to_owned(), "1024x1024".to_owned());
    (call.images, call.input, call.output) = (Some(1), Some(15), Some(tokens));
    call.usd = Some(Usd::from_nanos(tokens * 30_000));
    call
}

/// Adds what pages say of a call that was billed as it was logged.
fn billed(comparison: &mut BillComparison<'_>, call: &Logged) {
    let usage = |kind| {
        let mut result = UsageResult::new(kind, call.day);
        result.model = Some(call.model.clone());
        (result.requests, result.images) = (Some(1), Some(1));
        (result.input, result.output) = (Some(15), call.output);
        result
    };
    comparison.usage_day(call.day);
    comparison.cost_day(call.day);
    comparison.usage(&usage(UsageKind::Images));
    comparison.usage(&usage(UsageKind::Completions));
    let line_item = Some(format!("{} image, output", call.model));
    comparison.cost(&CostResult::new(call.day, line_item, call.usd.unwrap().into()));
}

proptest! {
    #[test]
    fn what_was_billed_as_logged_matches_and_one_call_less_does_not(
        calls in prop::collection::vec((0_i8..4, 0_usize..3, 1_u64..20_000), 1..40), lost in 0_usize..40
    ) {
        let calls: Vec<Logged> = calls.into_iter().map(|(offset, model, tokens)| call(offset, model, tokens)).collect();
        let mut comparison = BillComparison::new(names());
        calls.iter().for_each(|call| comparison.logged(call));
        calls.iter().rev().for_each(|call| billed(&mut comparison, call));
        let outcome = comparison.finish(nothing());
        prop_assert_eq!(outcome.weight(), Weight::Note, "{:?}", outcome);
        prop_assert!(outcome.rows.iter().all(|row| row.standing == Standing::Matched));
        // The sums of the rows are the sums of the calls.
        let rows = outcome.rows.iter().filter(|row| row.measure == Measure::Usd);
        let sum = rows.filter_map(|row| match row.export { Some(Amount::Usd(usd)) => Some(usd), _ => None });
        let sum = sum.fold(SignedUsd::ZERO, |sum, usd| sum.checked_add(usd).unwrap());
        let all: u64 = calls.iter().map(|call| call.output.unwrap() * 30_000).sum();
        prop_assert_eq!(sum, SignedUsd::from(Usd::from_nanos(all)));
        // One call that nobody logged is noticed.
        let lost = lost % calls.len();
        let mut comparison = BillComparison::new(names());
        calls.iter().enumerate().filter(|(index, _)| *index != lost).for_each(|(_, call)| comparison.logged(call));
        calls.iter().for_each(|call| billed(&mut comparison, call));
        prop_assert!(comparison.finish(nothing()).weight() >= Weight::Unmatched);
    }

    #[test]
    fn amounts_read_back_and_sums_are_those_of_whole_numbers(a in -1_000_000_000_i64..1_000_000_000, b in -1_000_000_000_i64..1_000_000_000) {
        let usd = |units: i64| format!("{units}e-6").parse::<SignedUsd>().unwrap();
        prop_assert_eq!(usd(a).checked_add(usd(b)).unwrap(), usd(a + b));
        prop_assert_eq!(usd(a).checked_sub(usd(b)).unwrap(), usd(a - b));
        prop_assert_eq!(usd(a).to_string().parse::<SignedUsd>().unwrap(), usd(a));
    }

    #[test]
    fn any_text_is_an_amount_or_none(text in "\\PC{0,20}") {
        if let Ok(usd) = text.parse::<SignedUsd>() {
            prop_assert_eq!(usd.to_string().parse::<SignedUsd>(), Ok(usd));
        }
    }
}

#[test]
fn line_items_name_models() {
    let model = |id: &str| LineItem::Model(id.to_owned());
    for (text, item) in [
        ("gpt-image-2 image, output", model("gpt-image-2")),
        ("gpt-image-2, input", model("gpt-image-2")),
        ("gpt-image-1", model("gpt-image-1")),
        ("gpt-image-1-mini text, cached input", model("gpt-image-1-mini")),
        ("gpt-image-1-2025-04-23 image, output", model("gpt-image-1")),
        ("Image models", LineItem::AllImages),
        ("gpt-image-99 image, output", LineItem::UnknownImages),
        ("dall-e-9", LineItem::UnknownImages),
        ("gpt-5-2025-08-07, output", LineItem::Other),
        ("", LineItem::Other),
    ] {
        assert_eq!(names().line_item(text), item, "{text}");
    }
}

#[test]
fn a_sum_too_large_is_said_and_never_wrong() {
    let mut comparison = BillComparison::new(names());
    comparison.logged(&call(0, 2, 7024));
    comparison.cost_day(day(0));
    let huge: SignedUsd = "79000000000000000000000000000".parse().unwrap();
    for amount in [huge, "0.00000000000000000001".parse().unwrap()] {
        let line_item = Some("gpt-image-2 image, output".to_owned());
        comparison.cost(&CostResult::new(day(0), line_item, amount));
    }
    let outcome = comparison.finish(nothing());
    let row = outcome.rows.iter().find(|row| row.measure == Measure::Usd).unwrap();
    assert_eq!((row.standing, row.export), (Standing::TooLarge, None));
}

/// The rows of two calls of $0.21072 on a day, against what `pages` says.
fn held_against(pages: impl Fn(&mut BillComparison<'_>)) -> Vec<(Measure, Standing)> {
    let mut comparison = BillComparison::new(names());
    (0..2).for_each(|_| comparison.logged(&call(0, 2, 7024)));
    pages(&mut comparison);
    comparison.finish(nothing()).rows.iter().map(|row| (row.measure, row.standing)).collect()
}

#[test]
fn counts_that_a_result_does_not_say_are_no_zeros() {
    let usage = |requests, images| {
        held_against(move |comparison| {
            comparison.usage_day(day(0));
            let mut result = UsageResult::new(UsageKind::Images, day(0));
            result.model = Some("gpt-image-2".to_owned());
            (result.requests, result.images) = (requests, images);
            comparison.usage(&result);
        })
    };
    let both = |requests, images| vec![(Measure::Requests, requests), (Measure::Images, images)];
    assert_eq!(usage(None, Some(2)), both(Standing::Open, Standing::Matched));
    assert_eq!(usage(Some(2), None), both(Standing::Matched, Standing::Open));
    assert_eq!(usage(Some(0), Some(3)), both(Standing::OnlyLog, Standing::Differs));
}

#[test]
fn what_was_left_out_of_costs_is_not_zero() {
    let costs = |usd: &'static str, left_out: Option<(i8, i8)>| {
        held_against(move |comparison| {
            comparison.cost_day(day(0));
            let line_item = Some("gpt-image-2".to_owned());
            comparison.cost(&CostResult::new(day(0), line_item, usd.parse().unwrap()));
            if let Some((first, last)) = left_out {
                comparison.costs_left_out(day(first), day(last));
            }
        })
    };
    let row = |standing| vec![(Measure::Usd, standing)];
    assert_eq!(costs("0.4", None), row(Standing::Differs));
    assert_eq!(costs("0.4", Some((0, 0))), row(Standing::Open));
    assert_eq!(costs("0.4", Some((1, 1))), row(Standing::Differs));
    assert_eq!(costs("0", None), row(Standing::OnlyLog));
    for days in [(0, 0), (0, 3)] {
        assert_eq!(costs("0", Some(days)), row(Standing::Open));
    }
    // More than the log has is more, whatever else there is.
    assert_eq!(costs("9", Some((0, 0))), row(Standing::Differs));
}
