//! Differences are their own mirror images, and their parts add up.

use crate::common::BOOK;
use imgcost_analysis::Volume;
use imgcost_analysis::diff::{Entry, Event, Job, JobDiff, Kind, MatchedBy, Matching, jobs, prices};
use imgcost_core::{Date, PerMille, Prompt, Request, SignedUsd, Usd};
use proptest::prelude::*;

const TODAY: Date = Date::constant(2026, 11, 21);

/// A row: id, model, quality, size, n.
type Spec = (&'static str, &'static str, &'static str, &'static str, u32);

fn job(line: u64, (id, model, quality, size, n): Spec, day: Date, with_day: bool) -> Job {
    let mut request = Request::new("openai", model, day);
    request.quality = Some(quality.parse().unwrap());
    request.size = Some(size.parse().unwrap());
    request.n = n;
    request.prompt = Some(Prompt::of_tokens(10));
    let quoted = BOOK.quote(&request);
    Job::new((line, id, Volume::ONCE), &request, quoted.as_ref(), with_day)
}

fn all(rows: &[Spec]) -> Vec<Job> {
    (2..).zip(rows).map(|(line, row)| job(line, *row, TODAY, true)).collect()
}

fn diff(before: &[Spec], after: &[Spec]) -> JobDiff {
    jobs(all(before), all(after), Matching::ByName)
}

fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}

const CARD: Spec = ("card", "gpt-image-2", "low", "1024x1024", 1);
const HERO: Spec = ("hero", "gpt-image-2", "high", "1024x1024", 2);

#[test]
fn rows_are_matched_by_id_and_say_what_changed() {
    let found = diff(&[CARD, HERO], &[("hero", "gpt-image-2", "medium", "1024x1024", 2), CARD]);
    let [entry] = found.entries.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        (entry.kind, entry.matched, found.same, found.by_id),
        (Kind::Changed, Some(MatchedBy::Id), 1, 2)
    );
    assert_eq!(entry.fields.len(), 1);
    let change = &entry.fields[0];
    assert_eq!(
        (change.field.as_str(), change.before.as_deref(), change.after.as_deref()),
        ("quality", Some("high"), Some("medium"))
    );
    assert!(entry.delta.main().unwrap().is_negative());
    assert_eq!(found.delta, entry.delta);
}

#[test]
fn rows_without_ids_are_matched_by_what_they_ask_for() {
    let (low, high) =
        (("", "gpt-image-2", "low", "1024x1024", 1), ("", "gpt-image-2", "high", "1024x1024", 1));
    let found = diff(&[low, low, high], &[high, low]);
    assert_eq!((found.same, found.by_request, found.entries.len()), (2, 2, 1));
    assert_eq!((found.entries[0].kind, found.entries[0].before.as_ref().unwrap().line), (Kind::Removed, 3));
    // A new id on the same request is a change of its name, not of its price.
    let named = diff(&[low], &[("cover", "gpt-image-2", "low", "1024x1024", 1)]);
    assert_eq!((named.entries[0].kind, named.entries[0].fields[0].field.as_str()), (Kind::Changed, "id"));
    assert!(!named.entries[0].delta.is_some());
}

#[test]
fn a_default_that_is_written_out_is_no_change() {
    let mut request = Request::new("openai", "dall-e-3", TODAY);
    let left_out = BOOK.quote(&request).map(|quote| (quote.quality().cloned(), quote.chosen_size()));
    let (quality, size) = left_out.unwrap();
    let before = Job::new((2, "", Volume::ONCE), &request.clone(), BOOK.quote(&request).as_ref(), true);
    request.quality = quality;
    request.size = Some(size);
    let after = Job::new((2, "", Volume::ONCE), &request, BOOK.quote(&request).as_ref(), true);
    assert_eq!(jobs(vec![before], vec![after], Matching::ByName).entries, []);
}

#[test]
fn a_row_in_error_has_no_difference_and_is_in_no_sum() {
    let bad = ("hero", "gpt-image-2", "high", "1000x1000", 2);
    let found = diff(&[HERO, CARD], &[bad, CARD]);
    let [entry] = found.entries.as_slice() else { panic!("{found:?}") };
    assert_eq!(entry.delta.main(), None);
    assert_eq!((found.after.errors, found.after.left_out, found.before.left_out), (1, 0, 1));
    assert!(!found.after.is_complete() && !found.before.is_complete());
    // In neither total: what is known is the same on both sides.
    assert_eq!(found.after.total(), diff(&[CARD], &[CARD]).after.total());
    assert_eq!(found.before.total(), found.after.total());
    assert_eq!(found.delta.expected, Some(SignedUsd::ZERO));
    let same = diff(&[bad], &[bad]);
    assert_eq!((same.entries.len(), same.same, same.same_errors.len()), (0, 1, 1));
    // Where nothing is known, the total is none; where there is nothing, it is zero.
    let nothing = diff(&[HERO], &[bad]);
    for totals in [nothing.before, nothing.after, same.before] {
        assert_eq!(totals.total().amounts(), [None; 3], "{totals:?}");
    }
    assert_eq!(nothing.delta.main(), None);
    assert_eq!(diff(&[], &[bad]).before.ceiling_of_quoted(), Some(Usd::ZERO));
}

#[test]
fn two_days_reprice_the_same_rows() {
    let day = |day| vec![job(2, ("", "gpt-image-2.5-flare", "low", "1024x1024", 1), day, false)];
    let found = jobs(day(Date::constant(2026, 1, 1)), day(TODAY), Matching::ByPlace);
    assert_eq!((found.entries[0].kind, found.entries[0].fields.len()), (Kind::Repriced, 0), "{found:?}");
    assert_eq!(found.before.errors, 1, "not offered yet");
}

#[test]
fn differences_know_their_sign_and_share() {
    let delta = |before: &str, after: &str| SignedUsd::between(usd(before), usd(after));
    assert_eq!(delta("0.1", "0.35").to_string(), "0.25");
    assert_eq!(delta("0.35", "0.10").to_string(), "-0.25");
    assert_eq!(delta("2", "2.00").to_string(), "0");
    assert_eq!(delta("2", "3").per_mille_of(usd("2")), Some(PerMille::from(500)));
    assert_eq!(delta("3", "2").per_mille_of(usd("3")), Some(PerMille::from(-333)));
    assert_eq!(delta("0", "2").per_mille_of(usd("0")), None);
    assert_eq!(delta("1", "2").checked_add(delta("5", "3")).unwrap().to_string(), "-1");
    assert_eq!(-delta("0", "0"), SignedUsd::ZERO);
}

#[test]
fn the_book_says_what_became_of_models_and_prices() {
    let openai = |provider: &imgcost_core::Provider, _: &imgcost_core::Model| provider.id == "openai";
    let (from, to) = (Date::constant(2026, 3, 1), TODAY);
    let found = prices((&BOOK, from), (&BOOK, to), &openai);
    let event =
        |model: &str| found.models.iter().find(|change| change.model == model).map(|change| change.event);
    assert_eq!(event("dall-e-3"), Some(Event::Retired));
    assert_eq!(event("gpt-image-2"), Some(Event::Added));
    assert_eq!(event("gpt-image-1.5"), None);
    assert!(found.prices.iter().all(|change| change.provider == "openai" && change.before != change.after));
    let back = prices((&BOOK, to), (&BOOK, from), &openai);
    assert_eq!((back.same, back.prices.len()), (found.same, found.prices.len()));
    for (there, here) in found.prices.iter().zip(&back.prices) {
        assert_eq!((&there.before, &there.after, &there.item), (&here.after, &here.before, &here.item));
    }
    let none = prices((&BOOK, TODAY), (&BOOK, TODAY), &|_, _| true);
    assert!(none.prices.is_empty() && none.models.is_empty() && none.same > 100, "{}", none.same);
}

fn spec() -> impl Strategy<Value = Spec> {
    (
        prop::sample::select(vec!["", "a", "b", "c"]),
        prop::sample::select(vec!["gpt-image-2", "gpt-image-1", "dall-e-3", "none-such"]),
        prop::sample::select(vec!["low", "high", "auto"]),
        prop::sample::select(vec!["1024x1024", "1000x1000", "auto"]),
        1_u32..4,
    )
}

fn mirrored(entry: &Entry) -> Entry {
    let kind = match entry.kind {
        Kind::Added => Kind::Removed,
        Kind::Removed => Kind::Added,
        kind => kind,
    };
    let mut fields = entry.fields.clone();
    fields.iter_mut().for_each(|change| std::mem::swap(&mut change.before, &mut change.after));
    let mut mirrored = entry.clone();
    std::mem::swap(&mut mirrored.before, &mut mirrored.after);
    (mirrored.kind, mirrored.fields, mirrored.delta) = (kind, fields, entry.delta.mirrored());
    mirrored
}

/// In an order that does not depend on the direction.
fn sorted(mut entries: Vec<Entry>) -> Vec<Entry> {
    for entry in &mut entries {
        entry.fields.sort_by(|a, b| a.field.cmp(&b.field));
    }
    entries.sort_by_key(|entry| {
        let line = |job: &Option<Job>| job.as_ref().map(|job| job.line);
        (line(&entry.before), line(&entry.after))
    });
    entries
}

proptest! {
    #[test]
    fn nothing_differs_from_itself(rows in prop::collection::vec(spec(), 0..12)) {
        let found = diff(&rows, &rows);
        prop_assert!(found.entries.is_empty());
        prop_assert_eq!(found.same, rows.len() as u64);
        prop_assert!(!found.delta.is_some());
    }

    #[test]
    fn the_way_back_is_the_mirror_image(a in prop::collection::vec(spec(), 0..10), b in prop::collection::vec(spec(), 0..10)) {
        let (there, back) = (diff(&a, &b), diff(&b, &a));
        prop_assert_eq!(sorted(there.entries.iter().map(mirrored).collect()), sorted(back.entries));
        prop_assert_eq!(there.delta.mirrored(), back.delta);
        prop_assert_eq!((there.same, there.by_id, there.by_request), (back.same, back.by_id, back.by_request));
    }

    #[test]
    fn every_row_is_told_of_once_and_the_differences_add_up(a in prop::collection::vec(spec(), 0..10), b in prop::collection::vec(spec(), 0..10)) {
        let found = diff(&a, &b);
        let count = |side: fn(&Entry) -> bool| found.entries.iter().filter(|entry| side(entry)).count();
        prop_assert_eq!(count(|entry| entry.before.is_some()) as u64 + found.same, a.len() as u64);
        prop_assert_eq!(count(|entry| entry.after.is_some()) as u64 + found.same, b.len() as u64);
        if found.before.is_complete() && found.after.is_complete() {
            let sum = found.entries.iter().try_fold(SignedUsd::ZERO, |sum, entry| sum.checked_add(entry.delta.ceiling?));
            prop_assert_eq!(sum, found.delta.ceiling);
        }
    }
}
