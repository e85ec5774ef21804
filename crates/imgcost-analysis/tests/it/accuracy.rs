//! Quotes compared with counts: what always holds.

use crate::common::BOOK;
use imgcost_analysis::accuracy::{
    Accuracy, Billed, Breach, Comparison, Finding, Money, OTHERS, Subject, Summary, Tolerance, Verdict,
    compare,
};
use imgcost_core::{Date, Item, Prompt, Request, Response, Usd};
use proptest::prelude::*;

fn request(model: &str, quality: &str, size: &str, prompt: Option<u64>) -> Request {
    let mut request = Request::new("openai", model, Date::constant(2026, 11, 21));
    request.quality = Some(quality.parse().unwrap());
    request.size = Some(size.parse().unwrap());
    request.prompt = prompt.map(Prompt::of_tokens);
    request
}

fn response(text: u64, output: u64) -> Response {
    let mut response = Response::default();
    let usage = &mut response.usage;
    usage.input = Some(text);
    usage.text_input = Some(text);
    usage.image_input = Some(0);
    usage.output = Some(output);
    usage.images = Some(1);
    response
}

fn of(comparison: &Comparison, subject: Subject) -> Finding {
    *comparison.findings().iter().find(|finding| finding.subject == subject).unwrap()
}

const OUTPUT: Subject = Subject::Tokens(Item::ImageOutput);

proptest! {
    #[test]
    fn the_money_of_a_token_is_its_distance_times_the_rate(output in 0_u64..20_000) {
        let request = request("gpt-image-2", "high", "1024x1024", Some(9));
        let quote = BOOK.quote(&request).unwrap();
        let findings = compare(&quote, &response(15, output), &Billed::AtQuotedRates);
        let finding = of(&findings, OUTPUT);
        let usd = |tokens: u64| format!("{}", Usd::from_nanos(tokens * 30_000));
        prop_assert_eq!(finding.over.unwrap().to_string(), usd(output.saturating_sub(7024)));
        prop_assert_eq!(finding.under.unwrap().to_string(), usd(7024_u64.saturating_sub(output)));
        prop_assert_eq!(finding.verdict == Verdict::Exact, output == 7024);
        prop_assert_eq!(finding.verdict.is_outside(), output != 7024);
        // The text is right, so that the total drifts by the images alone; an image that took
        // no tokens was not counted yet.
        let total = of(&findings, Subject::Total);
        prop_assert_eq!(total.verdict, if output == 0 { Verdict::Unknown } else { finding.verdict });
        if output > 0 {
            prop_assert_eq!((total.over, total.under), (finding.over, finding.under));
        }
    }

    #[test]
    fn sums_do_not_depend_on_the_order_and_split_logs_add_up(
        counts in prop::collection::vec((0_u64..12_000, 0_usize..3), 1..40), cut in 0_usize..40
    ) {
        let calls: Vec<(String, Comparison)> = counts
            .iter()
            .map(|(output, model)| {
                let model = ["gpt-image-1", "gpt-image-2", "gpt-image-1-mini"][*model];
                let request = request(model, "high", "1024x1024", Some(9));
                let quote = BOOK.quote(&request).unwrap();
                (model.to_owned(), compare(&quote, &response(15, *output), &Billed::AtQuotedRates))
            })
            .collect();
        let sum = |calls: &mut dyn Iterator<Item = &(String, Comparison)>| {
            let mut sums = Accuracy::new(100);
            calls.for_each(|(model, findings)| sums.add(std::slice::from_ref(model), "x", findings));
            sums
        };
        let forth = sum(&mut calls.iter());
        prop_assert_eq!(&forth.all(), &sum(&mut calls.iter().rev()).all());
        let cut = cut.min(calls.len());
        let (head, tail) = (sum(&mut calls[..cut].iter()), sum(&mut calls[cut..].iter()));
        for (subject, whole) in forth.all() {
            let mut both = Summary::default();
            for part in [&head, &tail] {
                part.all().iter().filter(|(known, _)| *known == subject).for_each(|(_, summary)| both.merge(summary));
            }
            prop_assert_eq!(&both, &whole);
            let verdicts: u64 = Verdict::ALL.into_iter().map(|verdict| whole.count(verdict)).sum();
            prop_assert_eq!(verdicts, calls.len() as u64);
        }
        let groups: u64 = forth.groups().filter(|group| group.subject == OUTPUT).map(|group| group.summary.compared()).sum();
        prop_assert_eq!(groups, calls.len() as u64);
    }

    #[test]
    fn a_tolerance_breaks_exactly_beyond_its_share(outside in 0_u64..50, inside in 1_u64..50, percent in 0_u64..=100) {
        let finding = |verdict| {
            let mut finding = Finding::new(Subject::Total, verdict);
            finding.paid = Some("1".parse().unwrap());
            finding.over = Some(if verdict == Verdict::Above { "1".parse().unwrap() } else { Usd::ZERO });
            finding.under = Some(Usd::ZERO);
            finding
        };
        let mut summary = Summary::default();
        (0..outside).for_each(|_| summary.add("a", &finding(Verdict::Above)));
        (0..inside).for_each(|_| summary.add("b", &finding(Verdict::Exact)));
        let share = percent.to_string().parse().unwrap();
        let is_beyond = outside * 100 > percent * (outside + inside);
        let outside_of = Tolerance::new(None, Some(share));
        prop_assert_eq!(outside_of.broken_by(&summary), is_beyond.then_some(Breach::Outside));
        let money = Tolerance::new(Some(share), None);
        prop_assert_eq!(money.broken_by(&summary), is_beyond.then_some(Breach::Money));
        prop_assert_eq!(Tolerance::default().broken_by(&summary).is_some(), outside > 0);
    }
}

#[test]
fn what_is_not_quoted_or_not_reported_is_unknown() {
    // No prompt: the text was not quoted, and the total covers the images only.
    let request = request("gpt-image-2", "high", "1024x1024", None);
    let quote = BOOK.quote(&request).unwrap();
    let findings = compare(&quote, &response(15, 7024), &Billed::AtQuotedRates);
    assert_eq!(of(&findings, OUTPUT).verdict, Verdict::Exact);
    assert_eq!(of(&findings, Subject::Tokens(Item::TextInput)).verdict, Verdict::Unknown);
    assert_eq!(of(&findings, Subject::Total).verdict, Verdict::Unknown);
    // No counts: nothing is known of any item.
    let findings = compare(&quote, &Response::default(), &Billed::AtQuotedRates);
    assert!(
        findings
            .findings()
            .iter()
            .all(|finding| finding.verdict == Verdict::Unknown && finding.over.is_none())
    );
}

#[test]
fn without_an_expected_value_the_range_counts() {
    let request = request("gpt-image-1", "auto", "1024x1024", Some(9));
    let quote = BOOK.quote(&request).unwrap();
    let range = quote.tokens(Item::ImageOutput).unwrap();
    assert!(range.expected.is_none());
    let finding = |output| of(&compare(&quote, &response(15, output), &Billed::AtQuotedRates), OUTPUT);
    let inside = finding(range.floor + 1);
    assert_eq!(
        (inside.verdict, inside.over, inside.under),
        (Verdict::Within, Some(Usd::ZERO), Some(Usd::ZERO))
    );
    assert_eq!(finding(range.ceiling + 1).over.unwrap().to_string(), "0.00004");
    assert_eq!(finding(range.floor - 1).under.unwrap().to_string(), "0.00004");
}

#[test]
fn a_bill_counts_before_the_usage() {
    let request = request("gpt-image-2", "high", "1024x1024", Some(9));
    let quote = BOOK.quote(&request).unwrap();
    let total = |usd: &str| {
        let billed = Billed::Amount(usd.parse().unwrap());
        of(&compare(&quote, &response(15, 7024), &billed), Subject::Total)
    };
    assert_eq!(total("0.210795").verdict, Verdict::Exact);
    let dearer = total("0.25");
    assert_eq!((dearer.verdict, dearer.over.unwrap().to_string().as_str()), (Verdict::Above, "0.039205"));
}

#[test]
fn groups_are_bounded_and_nothing_is_lost() {
    let request = request("gpt-image-2", "high", "1024x1024", Some(9));
    let quote = BOOK.quote(&request).unwrap();
    let findings = compare(&quote, &response(15, 7030), &Billed::AtQuotedRates);
    let mut sums = Accuracy::new(3);
    for call in 0..10 {
        sums.add(&[format!("g{call}")], "x", &findings);
    }
    let names: std::collections::BTreeSet<&str> = sums.groups().map(|group| group.keys[0].as_str()).collect();
    assert_eq!(names, [OTHERS, "g0", "g1", "g2"].into_iter().collect());
    assert_eq!((sums.records(), sums.spilled()), (10, 7));
    let all = sums.all();
    let (_, output) = all.iter().find(|(subject, _)| *subject == OUTPUT).unwrap();
    let Money { over, .. } = output.money.unwrap();
    assert_eq!((output.count(Verdict::Above), over.to_string().as_str()), (10, "0.0018"));
}

#[test]
fn outside_without_money_breaks_every_tolerance_of_money() {
    let finding = |verdict| Finding::new(Subject::Total, verdict);
    let mut summary = Summary::default();
    summary.add("inside", &finding(Verdict::Within));
    let percent = |text: &str| Some(text.parse().unwrap());
    let money = Tolerance::new(percent("100"), None);
    assert_eq!((money.broken_by(&summary), summary.without_money), (None, 1));
    let mut other = Summary::default();
    other.add("outside", &finding(Verdict::Above));
    summary.merge(&other);
    assert_eq!((summary.without_money, summary.outside_without_money), (2, 1));
    assert_eq!(money.broken_by(&summary), Some(Breach::MoneyUnknown));
    let both = Tolerance::new(percent("100"), percent("100"));
    assert_eq!(both.broken_by(&summary), Some(Breach::MoneyUnknown));
    assert_eq!(Tolerance::new(None, percent("50")).broken_by(&summary), None);
}

#[test]
fn of_two_calls_as_far_off_the_one_over_is_the_worst_in_any_order() {
    let request = request("gpt-image-2", "high", "1024x1024", Some(9));
    let quote = BOOK.quote(&request).unwrap();
    // 7,024 are right.
    let findings = |output| compare(&quote, &response(15, output), &Billed::AtQuotedRates);
    for outputs in [[7124, 6924], [6924, 7124]] {
        let mut sums = Accuracy::new(1);
        outputs.iter().for_each(|output| sums.add(&[], &output.to_string(), &findings(*output)));
        let all = sums.all();
        let (_, total) = all.iter().find(|(subject, _)| *subject == Subject::Total).unwrap();
        assert_eq!(total.worst.as_ref().map(|worst| worst.place.as_str()), Some("7124"));
    }
}
