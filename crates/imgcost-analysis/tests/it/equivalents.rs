//! Which quality of another model spends what a known setting spends, and references in words.

use crate::common::BOOK;
use imgcost_analysis::equivalent::{Kinship, Match, Outcome, SpendUnit, equivalents, swap};
use imgcost_analysis::selector::{Pattern, patterns, reference, select};
use imgcost_core::{Date, Endpoint, Item, Offer, Pixels, Quality, Request, Size, Usd};
use proptest::prelude::*;

const TODAY: Date = Date::constant(2026, 11, 21);

fn base() -> Request {
    Request::new("openai", "gpt-image-1", TODAY)
}

fn offer(name: &str) -> Offer<'static> {
    let (provider, model) = name.split_once('/').unwrap_or(("openai", name));
    BOOK.offer(provider, model, TODAY).unwrap()
}

fn outcome(words: &str, model: &str) -> Outcome {
    let request = reference(&BOOK, words, &base()).unwrap();
    let mut map = equivalents(&BOOK, &request, &[offer(model)]).unwrap();
    map.candidates.remove(0).outcome
}

fn found(words: &str, model: &str) -> Match {
    match outcome(words, model) {
        Outcome::Found(found) => found,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_known_equivalences_hold() {
    for (words, model, quality, kinship) in [
        ("gpt-image-2 medium 1024x1024", "gpt-image-2.5-sunburst", "high", Kinship::Same),
        ("gpt-image-2 medium 1536x1024", "gpt-image-2.5-flare", "high", Kinship::Same),
        ("gpt-image-2 high 1024x1024", "gpt-image-2.5-flare", "max", Kinship::Same),
        ("gpt-image-2 low 3840x2160", "gpt-image-2.5-flare", "low", Kinship::Same),
        ("gpt-image-2.5-flare medium 1024x1024", "gpt-image-2", "low", Kinship::Nearest),
        ("gpt-image-2.5-flare xhigh 1024x1024", "gpt-image-2", "medium", Kinship::Nearest),
        ("gpt-image-1 high 1024x1024", "gpt-image-1-mini", "high", Kinship::Same),
        ("gpt-image-1 medium 1536x1024", "gpt-image-2", "medium", Kinship::Nearest),
    ] {
        let found = found(words, model);
        assert_eq!(found.quality.as_ref().map(Quality::as_str), Some(quality), "{words} -> {model}");
        assert_eq!((found.kinship, found.measure), (kinship, SpendUnit::Tokens), "{words} -> {model}");
    }
}

#[test]
fn the_same_spend_has_no_difference_and_another_has_one() {
    let request = reference(&BOOK, "gpt-image-2 medium 1024x1024", &base()).unwrap();
    let map = equivalents(&BOOK, &request, &[offer("gpt-image-2.5-flare"), offer("gpt-image-1")]).unwrap();
    let found = |index: usize| match &map.candidates[index].outcome {
        Outcome::Found(found) => found,
        other => panic!("{other:?}"),
    };
    assert_eq!(found(0).spend.tokens_difference(&map.spend), Some(0));
    // 1056 tokens of gpt-image-1 are nearer to 1756 than 4160 are.
    assert_eq!(found(1).spend.tokens_difference(&map.spend), Some(-700));
    assert_eq!(found(1).spend.usd_difference(&map.spend).unwrap().to_string(), "-0.01044");
}

#[test]
fn a_guessed_spend_is_never_called_the_same() {
    // The ceiling of 2.6 medium is 1756 tokens too, but it may be 439.
    let found = found("gpt-image-2 medium 1024x1024", "gpt-image-2.6-flare");
    assert_eq!(found.quality, Some(Quality::High));
    assert_eq!(found.kinship, Kinship::Nearest);
    assert_eq!(found.spend.tokens.unwrap().expected, None);
}

#[test]
fn a_model_billed_by_the_image_is_compared_in_money() {
    let found = found("gpt-image-2 medium 1024x1024", "dall-e-3");
    assert_eq!(found.measure, SpendUnit::Money);
    // $0.05268: $0.040 for standard is nearer than $0.080 for hd.
    assert_eq!(found.quality, Some(Quality::Standard));
    assert_eq!(found.spend.usd.expected, Some("0.04".parse::<Usd>().unwrap()));
}

#[test]
fn a_size_that_a_model_does_not_take_moves_to_its_nearest() {
    let found = found("gpt-image-2 low 1920x1088", "gpt-image-1");
    assert_eq!(found.size.to_string(), "1536x1024");
}

#[test]
fn a_model_with_one_quality_is_the_only_one() {
    let found = found("gpt-image-2 low 1024x1024", "dall-e-2");
    assert_eq!((found.kinship, found.quality), (Kinship::Only, Some(Quality::Standard)));
}

#[test]
fn a_model_without_a_price_is_compared_in_tokens_or_named() {
    // Token rules, but no price.
    let found = found("gpt-image-2 medium 1024x1024", "new-api/gpt-image-2");
    assert_eq!((found.kinship, found.spend.usd.floor), (Kinship::Same, None));
    assert_eq!(found.spend.usd_words(), "no price");
    assert!(matches!(outcome("dall-e-3 hd 1024x1024", "new-api/gpt-image-2"), Outcome::Unpriced));
}

#[test]
fn a_candidate_that_refuses_the_call_says_why() {
    let mut request = reference(&BOOK, "gpt-image-2 low 1024x1024", &base()).unwrap();
    request.endpoint = imgcost_core::Endpoint::Edits;
    request.images = vec![imgcost_core::InputImage::Sized("512x512".parse().unwrap())];
    let map = equivalents(&BOOK, &request, &[offer("dall-e-3")]).unwrap();
    let Outcome::Refused(error) = &map.candidates[0].outcome else { panic!("{map:?}") };
    assert_eq!(error.field_name(), Some("endpoint"));
}

#[test]
fn a_reference_that_leaves_its_spend_open_is_refused() {
    for (words, field) in [("gpt-image-2 1024x1024", "quality"), ("gpt-image-2 low", "size")] {
        let request = reference(&BOOK, words, &base()).unwrap();
        let error = equivalents(&BOOK, &request, &[offer("gpt-image-1")]).unwrap_err();
        assert_eq!(error.field_name(), Some(field), "{words}");
        assert!(!error.allowed_values().is_empty(), "{words}");
    }
}

#[test]
fn a_swapped_model_says_what_changes_and_what_keeps_the_spend() {
    let (old, new) = (offer("gpt-image-2"), offer("gpt-image-2.5-sunburst"));
    let square = Size::Exact("1024x1024".parse().unwrap());
    let note = swap(&old, &new, &Quality::Medium, square).unwrap().note();
    assert_eq!(note.code, "swapped-model");
    assert_eq!(
        note.message,
        "at quality medium a 1024x1024 image spends 439 tokens ($0.01317) with gpt-image-2.5-sunburst \
         where it spent 1756 tokens ($0.05268) with gpt-image-2; quality high keeps the spend"
    );
    // Low draws on the same grid in both.
    assert!(swap(&old, &new, &Quality::Low, square).is_none());
    assert!(swap(&old, &old, &Quality::Medium, square).is_none());
    // gpt-image-2 has no max.
    assert!(swap(&new, &old, &Quality::Max, square).is_none());
    let back = swap(&new, &old, &Quality::Medium, square).unwrap();
    assert_eq!(back.keeps.unwrap().quality, Some(Quality::Low));
    let open = swap(&old, &new, &Quality::Medium, Size::Auto).unwrap();
    assert!(open.keeps.is_none() && open.note().message.contains(" to "), "{}", open.note().message);
}

#[test]
fn references_are_words_in_any_order() {
    for (words, expected) in [
        ("gpt-image-2 medium 1024x1024", "openai gpt-image-2 medium 1024x1024"),
        ("1024x1024,medium,gpt-image-2", "openai gpt-image-2 medium 1024x1024"),
        (" azure  gpt-image-1 high 1536x1024 ", "azure-openai gpt-image-1 high 1536x1024"),
        ("gpt-image-2 quality=auto size=auto", "openai gpt-image-2 auto auto"),
        ("model=dall-e-3 hd size=1024x1024", "openai dall-e-3 hd 1024x1024"),
    ] {
        let request = reference(&BOOK, words, &base()).unwrap();
        let quality = request.quality.as_ref().map_or("-".to_owned(), ToString::to_string);
        let size = request.size.map_or("-".to_owned(), |size| size.to_string());
        assert_eq!(format!("{} {} {quality} {size}", request.provider, request.model), expected, "{words}");
    }
    // A provider need not be said where only one has the model.
    let providers = |model: &str| BOOK.providers().filter(|provider| provider.model(model).is_some()).count();
    let mut offered =
        BOOK.providers().flat_map(|provider| provider.models.iter().map(move |model| (provider, model)));
    let (provider, model) =
        offered.find(|(provider, model)| provider.id != "openai" && providers(&model.id) == 1).unwrap();
    assert_eq!(reference(&BOOK, &model.id, &base()).unwrap().provider, provider.id);
    let mut usual = base();
    usual.quality = Some(Quality::Low);
    assert_eq!(reference(&BOOK, "gpt-image-2", &usual).unwrap().quality, Some(Quality::Low));
}

#[test]
fn a_wrong_word_is_named_with_the_nearest() {
    for (words, message, nearest) in [
        ("gpt-imgae-2 medium", "'gpt-imgae-2' is no model", Some("gpt-image-2")),
        ("gpt-image-2 mediun", "'mediun' is no model, provider, quality", Some("medium")),
        ("gpt-image-2 1024*1024", "'1024*1024' is not a size", Some("1024x1024")),
        ("gpt-image-2 low high", "'high' is a second quality", None),
        ("gpt-image-2 auto", "'auto' may be the quality or the size", None),
        ("gpt-image-2 qualty=low", "'qualty=low' sets nothing", Some("quality=")),
        ("medium 1024x1024", "'medium 1024x1024' names no model", None),
        ("", "the reference is empty", None),
        ("gpt-image-1 xhigh 1024x1024", "quality 'xhigh' is not one of gpt-image-1's", Some("high")),
        ("gpt-image-1 low 1000x1000", "size 1000x1000 is not one of gpt-image-1's", Some("1024x1024")),
    ] {
        let error = reference(&BOOK, words, &base()).unwrap_err();
        assert!(error.message().contains(message), "{words}: {error}");
        assert_eq!(error.nearest_value(), nearest, "{words}: {error}");
        assert!(error.field_name().is_some(), "{words}");
    }
}

#[test]
fn patterns_choose_offers() {
    let names = |providers: &str, models: &str| -> Vec<String> {
        let chosen = select(
            &BOOK,
            &patterns("provider", providers).unwrap(),
            &patterns("model", models).unwrap(),
            TODAY,
        )
        .unwrap();
        let name = |found: &imgcost_analysis::selector::SelectedOffer<'_>| {
            format!("{}/{}", found.offer.provider.id, found.offer.model.id)
        };
        chosen.offers.iter().map(name).collect()
    };
    assert_eq!(
        names("openai", "gpt-image-2.5-*,gpt-image-2"),
        ["openai/gpt-image-2", "openai/gpt-image-2.5-flare", "openai/gpt-image-2.5-sunburst"]
    );
    // A dated snapshot is another name of the model.
    assert_eq!(names("openai", "gpt-image-1-2025-04-23"), ["openai/gpt-image-1"]);
    let providers = names("all", "gpt-image-2");
    for provider in ["azure-openai", "new-api", "openai"] {
        assert!(providers.contains(&format!("{provider}/gpt-image-2")), "{providers:?}");
    }
    let wrong = |providers: &str, models: &str| {
        select(&BOOK, &patterns("provider", providers).unwrap(), &patterns("model", models).unwrap(), TODAY)
            .unwrap_err()
    };
    assert_eq!(wrong("opnai", "all").nearest_value(), Some("openai"));
    assert_eq!(wrong("openai", "gpt-imag-2").nearest_value(), Some("gpt-image-2"));
    assert!(wrong("openai", "zzz*").message().contains("zzz*"));
    let early =
        select(&BOOK, &[Pattern::new("openai")], &[Pattern::new("gpt-image-2")], Date::constant(2025, 1, 1));
    assert_eq!(early.unwrap_err().code().as_str(), "before-first-price");
}

/// Every legal setting at listed or typical sizes, of models that draw without an input image.
fn setting() -> impl Strategy<Value = (Offer<'static>, Quality, Pixels)> {
    let mut offers: Vec<Offer<'static>> =
        select(&BOOK, &[], &[], TODAY).unwrap().offers.iter().map(|found| found.offer).collect();
    offers.retain(|offer| {
        let endpoints = &offer.family.limits.rule.endpoints;
        endpoints.contains(&Endpoint::Generations) || endpoints.contains(&Endpoint::Chat)
    });
    let sizes = ["1024x1024", "1536x1024", "1024x1536", "2048x1152", "1920x1088", "480x1408", "256x256"];
    (prop::sample::select(offers), 0_usize..5, prop::sample::select(sizes.to_vec())).prop_filter_map(
        "a legal setting",
        |(offer, index, size)| {
            let quality = offer.family.limits.rule.qualities.get(index)?.clone();
            let size: Pixels = size.parse().unwrap();
            offer.family.limits.rule.sizes.accepts(size).then_some((offer, quality, size))
        },
    )
}

fn tokens_and_usd(offer: &Offer<'_>, quality: &Quality, size: Pixels) -> Option<(Option<u64>, Option<Usd>)> {
    let mut request = Request::new(&offer.provider.id, &offer.model.id, TODAY);
    request.quality = Some(quality.clone());
    request.size = Some(Size::Exact(size));
    if !offer.family.limits.rule.endpoints.contains(&request.endpoint) {
        request.endpoint = Endpoint::Chat;
    }
    let quote = BOOK.quote(&request).ok()?;
    let tokens = quote.lines().iter().find(|line| line.item == Item::ImageOutput).map(|line| line.quantity);
    Some((tokens.and_then(|tokens| tokens.expected), quote.total().expected))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_other_quality_is_nearer((from, quality, size) in setting(), (to, _, _) in setting()) {
        prop_assume!((&from.provider.id, &from.model.id) != (&to.provider.id, &to.model.id));
        let mut request = Request::new(&from.provider.id, &from.model.id, TODAY);
        request.quality = Some(quality.clone());
        request.size = Some(Size::Exact(size));
        if !from.family.limits.rule.endpoints.contains(&request.endpoint) {
            request.endpoint = Endpoint::Chat;
        }
        let map = equivalents(&BOOK, &request, &[to]).unwrap();
        let Outcome::Found(found) = &map.candidates[0].outcome else { return Ok(()) };
        prop_assert!(to.family.limits.rule.sizes.accepts(found.size));
        let (known_tokens, known_usd) = tokens_and_usd(&from, &quality, size).unwrap();
        let far = |quality: &Quality| -> Option<u128> {
            let (tokens, usd) = tokens_and_usd(&to, quality, found.size)?;
            Some(match found.measure {
                SpendUnit::Tokens => u128::from(tokens?.abs_diff(known_tokens?)),
                SpendUnit::Money => {
                    let (a, b) = (usd?, known_usd?);
                    a.checked_sub(b).or_else(|| b.checked_sub(a))?.decimal().normalize().mantissa().unsigned_abs()
                        * 10_u128.pow(12 - a.checked_sub(b).or_else(|| b.checked_sub(a))?.decimal().normalize().scale())
                }
            })
        };
        if let Some(chosen) = found.quality.as_ref().and_then(far) {
            let others = &to.family.limits.rule.qualities;
            for other in others.iter().filter_map(far) {
                prop_assert!(chosen <= other, "{} {quality} {size} -> {found:?}", from.model.id);
            }
            prop_assert_eq!(found.kinship == Kinship::Same, chosen == 0);
            for tie in &found.ties {
                prop_assert_eq!(far(tie), Some(chosen));
            }
        }
    }
}
