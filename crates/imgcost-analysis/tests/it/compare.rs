//! Grids: the product of their axes, priced as quotes price.

use std::collections::BTreeSet;

use crate::common::BOOK;
use imgcost_analysis::compare::{
    Axes, Axis, Baseline, CELLS_MAX, Cell, Filter, Grid, Key, Pivot, Sort, State, cheapest,
};
use imgcost_analysis::selector::Selector;
use imgcost_core::{Code, Date, Endpoint, Item, Prompt, Request, Tier};
use proptest::prelude::*;

const TODAY: Date = Date::constant(2026, 11, 21);

fn base() -> Request {
    Request::new("openai", "gpt-image-1", TODAY)
}

fn picks(text: &str) -> Vec<Selector> {
    if text.is_empty() { Vec::new() } else { Selector::list("axis", text).unwrap() }
}

/// Axes from `models; providers; qualities; sizes`.
fn axes(text: &str) -> Axes {
    let mut lists = text.split(';').map(|list| picks(list.trim()));
    let mut next = || lists.next().unwrap_or_default();
    let mut axes = Axes::default();
    (axes.models, axes.providers, axes.qualities, axes.sizes) = (next(), next(), next(), next());
    axes
}

fn made(axes: &Axes) -> Result<Grid<'static>, imgcost_core::Error> {
    Grid::new(&BOOK, axes, &base(), &mut |_, _| {})
}

fn grid(axes: &Axes) -> Grid<'static> {
    made(axes).unwrap()
}

fn labels(cell: &Cell<'_>) -> Vec<String> {
    Axis::ALL.map(|axis| cell.label(axis)).into()
}

fn cells<'g>(grid: &'g Grid<'static>) -> Vec<&'g Cell<'static>> {
    grid.cells().iter().collect()
}

/// Lists of names that exist, names that do not fit the models, and wildcards.
fn some_axes() -> impl Strategy<Value = Axes> {
    let list = |names: &'static [&'static str], least: usize| {
        proptest::sample::subsequence(names, least..=names.len().min(3)).prop_map(|names| names.join(","))
    };
    let days = vec![TODAY, Date::constant(2026, 1, 1), Date::constant(2022, 1, 1)];
    (
        list(&["gpt-image-1", "gpt-image-2", "gpt-image-1-mini", "dall-e-3", "gpt-image-*", "all"], 1),
        list(&["openai", "azure-openai", "aihubmix", "*api*", "all"], 1),
        list(&["low", "high", "standard", "nonsense", "all", "h*"], 0),
        list(&["1024x1024", "1536x1024", "1792x1024", "auto", "all", "1024x*"], 0),
        proptest::sample::subsequence(vec![1_u32, 2, 4, 10, 11], 0..=3),
        proptest::sample::subsequence(days, 0..=2),
        list(&["standard", "batch", "all"], 0),
    )
        .prop_map(|(models, providers, qualities, sizes, counts, days, tiers)| {
            let mut axes = Axes::default();
            axes.models = picks(&models);
            axes.providers = picks(&providers);
            axes.qualities = picks(&qualities);
            axes.sizes = picks(&sizes);
            axes.counts = counts;
            axes.days = days;
            axes.tiers = picks(&tiers);
            axes
        })
        .prop_filter("makes a grid", |axes| made(axes).is_ok())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_cell_is_the_quote_of_its_request(axes in some_axes()) {
        let mut request = base();
        request.prompt = Some(Prompt::of_tokens(50));
        let grid = Grid::new(&BOOK, &axes, &request, &mut |_, _| {}).unwrap();
        for cell in grid.cells() {
            let request = cell.request();
            match (BOOK.quote(&request), cell.state()) {
                (Ok(quote), State::Priced(figures)) => {
                    prop_assert!(quote.is_complete());
                    prop_assert_eq!(quote.total(), &figures.total);
                    prop_assert_eq!(quote.quality(), cell.quality());
                    prop_assert_eq!(Some(quote.chosen_size()), cell.size());
                    for item in [Item::TextInput, Item::ImageOutput] {
                        prop_assert_eq!(quote.tokens(item), cell.tokens_of(item));
                    }
                }
                (Ok(quote), State::Unpriced(figures, items)) => {
                    prop_assert!(!quote.is_complete() && !items.is_empty());
                    prop_assert_eq!(quote.total(), &figures.total);
                    prop_assert_eq!(cell.figure(), None);
                }
                (Err(met), State::Illegal(error)) => prop_assert_eq!(&met, error),
                (met, state) => prop_assert!(false, "{met:?} {state:?}"),
            }
        }
    }

    #[test]
    fn no_combination_stands_there_twice_and_the_order_is_always_the_same(axes in some_axes()) {
        let grid = grid(&axes);
        let all: BTreeSet<Vec<String>> = grid.cells().iter().map(labels).collect();
        prop_assert_eq!(all.len(), grid.cells().len());
        let again = made(&axes).unwrap();
        prop_assert!(again.cells().iter().map(labels).eq(grid.cells().iter().map(labels)));
    }

    #[test]
    fn the_cheapest_are_minimal_and_complete(axes in some_axes()) {
        let grid = grid(&axes);
        let shown = cells(&grid);
        let priced = || shown.iter().filter(|cell| matches!(cell.state(), State::Priced(_)));
        let callable = || priced().filter(|cell| !cell.availability().is_retired());
        match cheapest(&shown) {
            None => prop_assert!(callable().next().is_none()),
            Some(least) => {
                prop_assert!(callable().all(|cell| cell.figure().unwrap() >= least.figure));
                prop_assert!(callable().any(|cell| cell.figure() == Some(least.figure)));
                let marked: Vec<_> = shown.iter().filter(|cell| least.is(cell)).collect();
                prop_assert!(marked.iter().all(|cell| cell.figure() == Some(least.figure)));
                prop_assert!(marked.iter().all(|cell| !cell.availability().is_retired()));
                prop_assert!(marked.is_empty() || priced().count() > 1, "no mark on a single combination");
                let is_ceiling = |cell: &&&&Cell<'_>| cell.per_image().unwrap().expected.is_none();
                prop_assert!(marked.len() < 2 || !marked.iter().any(|cell| is_ceiling(&cell)));
            }
        }
    }

    #[test]
    fn sorting_only_moves_cells_and_what_is_not_known_comes_last(
        axes in some_axes(),
        key in proptest::sample::select(&Key::ALL[..]),
        down in any::<bool>(),
    ) {
        let grid = grid(&axes);
        let mut sorted = cells(&grid);
        let sort = format!("{}{}", if down { "-" } else { "" }, key.name().replace('_', "-"));
        Sort::read(&sort).unwrap().apply(&mut sorted);
        let names = |cells: &[&Cell<'_>]| cells.iter().map(|cell| labels(cell)).collect::<BTreeSet<_>>();
        prop_assert_eq!(sorted.len(), grid.cells().len());
        prop_assert_eq!(names(&sorted), names(&cells(&grid)));
        if key == Key::PerImage {
            let figures: Vec<_> =
                sorted.iter().map(|cell| cell.per_image().and_then(|amount| amount.figure())).collect();
            let known: Vec<_> = figures.iter().take_while(|figure| figure.is_some()).collect();
            prop_assert!(figures.iter().skip(known.len()).all(Option::is_none));
            let in_order = |pair: &[&Option<_>]| if down { pair[0] >= pair[1] } else { pair[0] <= pair[1] };
            prop_assert!(known.windows(2).all(in_order));
        }
    }

    #[test]
    fn a_condition_and_its_opposite_part_the_cells(axes in some_axes()) {
        let grid = grid(&axes);
        let kept = |text: &str| {
            let filter = Filter::read(text).unwrap();
            grid.cells().iter().filter(|cell| filter.keeps(cell)).map(labels).collect::<BTreeSet<_>>()
        };
        let all: BTreeSet<Vec<String>> = grid.cells().iter().map(labels).collect();
        for (one, other) in [
            ("model=gpt-image-1*", "model!=gpt-image-1*"),
            ("n<4", "n>=4"),
            ("n=1", "n!=1"),
            ("quality=high,low", "quality != high, low"),
        ] {
            let (one, other) = (kept(one), kept(other));
            prop_assert!(one.is_disjoint(&other));
            prop_assert_eq!(&one | &other, all.clone());
        }
        // What has no price is on neither side of one.
        let priced = kept("per_image>=0");
        prop_assert!(kept("state=illegal").is_disjoint(&priced));
        prop_assert_eq!(&kept("per_image<0.05") | &kept("per_image>=0.05"), priced);
    }

    #[test]
    fn a_pivot_shows_every_cell_once(
        axes in some_axes(),
        order in Just(Axis::ALL.to_vec()).prop_shuffle(),
        rows in 0_usize..=3,
        columns in 0_usize..=3,
    ) {
        let grid = grid(&axes);
        let shown = cells(&grid);
        let pivot = Pivot::new(&shown, &order[..rows], &order[rows..rows + columns]).unwrap();
        let mut seen: Vec<usize> = pivot.places.iter().flatten().flatten().copied().collect();
        seen.sort_unstable();
        prop_assert!(seen.into_iter().eq(0..shown.len()));
        let names: BTreeSet<&Vec<String>> = pivot.rows.iter().collect();
        prop_assert_eq!(names.len(), pivot.rows.len());
        for (labels, places) in pivot.rows.iter().zip(&pivot.places) {
            prop_assert_eq!(places.len(), pivot.columns.len());
            for (names, place) in pivot.columns.iter().zip(places) {
                let Some(cell) = place.map(|index| shown[index]) else { continue };
                let stands = |axes: &[Axis], names: &[String]| {
                    axes.iter().zip(names).all(|(axis, name)| cell.label(*axis) == *name)
                };
                prop_assert!(stands(&pivot.row_axes, labels) && stands(&pivot.column_axes, names));
            }
        }
    }

    #[test]
    fn no_expression_panics(text in "[a-z_<>=!, *0-9.$-]{0,24}") {
        let _ = Filter::read(&text);
        let _ = Sort::read(&text);
        let _ = Selector::list("model", &text);
        let _ = Axis::list("rows", &text);
        let grid = grid(&axes("gpt-image-2;;low;1024x1024"));
        let _ = Baseline::read(&BOOK, &text, &grid.cells()[0], &mut |_, _| {});
    }
}

#[test]
fn a_grid_is_exactly_the_product_of_its_axes() {
    let mut axes = axes("gpt-image-1,gpt-image-2; openai,azure-openai; low,high; 1024x1024,1536x1024,auto");
    axes.counts = vec![1, 4, 1];
    axes.days = vec![TODAY, Date::constant(2026, 6, 1)];
    axes.tiers = picks("standard,batch");
    let mut expected = Vec::new();
    for model in ["gpt-image-1", "gpt-image-2"] {
        for provider in ["openai", "azure-openai"] {
            for quality in ["low", "high"] {
                for size in ["1024x1024", "1536x1024", "auto"] {
                    for n in ["1", "4"] {
                        for day in ["2026-11-21", "2026-06-01"] {
                            for tier in ["standard", "batch"] {
                                let names = [model, provider, quality, size, n, day, tier];
                                expected.push(Vec::from(names.map(str::to_owned)));
                            }
                        }
                    }
                }
            }
        }
    }
    assert_eq!(grid(&axes).cells().iter().map(labels).collect::<Vec<_>>(), expected);
}

#[test]
fn every_model_of_the_book_at_every_quality_and_size_is_in_one_of_three_states() {
    let mut axes = axes("all; all; all; all");
    axes.days = vec![TODAY, Date::constant(2025, 6, 1)];
    axes.tiers = picks("all");
    let fill = &mut |offer: &imgcost_core::Offer<'_>, request: &mut Request| {
        let endpoints = &offer.family.limits.rule.endpoints;
        request.endpoint = endpoints.first().copied().unwrap_or(Endpoint::Generations);
    };
    let grid = Grid::new(&BOOK, &axes, &base(), fill).unwrap();
    let pairs: BTreeSet<(&str, &str)> =
        grid.cells().iter().map(|cell| (cell.provider(), cell.model())).collect();
    for provider in BOOK.providers() {
        for model in &provider.models {
            assert!(pairs.contains(&(provider.id.as_str(), model.id.as_str())), "{}", model.id);
        }
    }
    for cell in grid.cells() {
        assert!(!matches!(cell.state(), State::Illegal(error) if error.code() == Code::NotOfferedHere));
        match cell.state() {
            State::Priced(_) => {
                let per_image = cell.per_image().unwrap();
                assert!(per_image.floor.is_some() && per_image.figure().is_some(), "{:?}", labels(cell));
            }
            State::Unpriced(_, items) => {
                assert!(!items.is_empty());
                assert_eq!((cell.figure(), cell.per_call().unwrap().ceiling), (None, None));
            }
            State::Illegal(error) => assert!(!error.message().is_empty() && cell.per_call().is_none()),
        }
    }
    assert!(grid.cells().iter().any(|cell| cell.state().name() == "priced"));
}

#[test]
fn wildcards_give_what_is_sold_and_names_give_what_was_asked() {
    let any = grid(&axes("dall-e-2,gpt-image-1; all"));
    for cell in any.cells() {
        let provider = BOOK.provider(cell.provider()).unwrap();
        assert!(provider.model(cell.model()).is_some(), "{:?}", labels(cell));
    }
    let other = BOOK.providers().find(|provider| provider.model("dall-e-2").is_none()).unwrap();
    let named = grid(&axes(&format!("dall-e-2; openai,{}", other.id)));
    let [offered, not_offered] = named.cells() else { panic!("{named:?}") };
    assert!(offered.figures().is_some());
    let State::Illegal(error) = not_offered.state() else { panic!("{not_offered:?}") };
    assert_eq!(error.code(), Code::NotOfferedHere);
    assert!(error.allowed_values().contains(&"openai".to_owned()), "{error}");
    assert_eq!(grid(&axes("gpt-image-1; openai; all; all")).cells().len(), 3 * 3);
    let bare = BOOK.families().find(|family| family.limits.rule.qualities.is_empty()).unwrap();
    let offered =
        |provider: &&imgcost_core::Provider| provider.models.iter().any(|model| model.family == bare.id);
    let provider = BOOK.providers().find(offered).unwrap();
    let model = provider.models.iter().find(|model| model.family == bare.id).unwrap();
    let no_parameter = grid(&axes(&format!("{}; {}; all", model.id, provider.id)));
    assert_eq!(no_parameter.cells().len(), 1);
    assert_eq!(no_parameter.cells()[0].request().quality, None);
    let free = grid(&axes("gpt-image-2; openai; low; all"));
    let free: Vec<String> = free.cells().iter().map(|cell| cell.label(Axis::Size)).collect();
    assert!(free.len() <= 64 && free.contains(&"1024x1024".to_owned()), "{free:?}");
}

#[test]
fn what_nobody_has_is_refused_with_what_is_nearest() {
    for (text, field, nearest) in [
        ("gpt-imgae-1", "model", Some("gpt-image-1")),
        ("gpt-imgae-1*", "model", Some("gpt-image-1")),
        ("gpt-image-1; opnai", "provider", Some("openai")),
        ("gpt-image-1; no-such-*", "provider", None),
        ("gpt-image-1; openai; hihg*", "quality", Some("high")),
        ("gpt-image-1; openai; high; 1024x1025*", "size", Some("1024x1024")),
        ("gpt-image-1; openai; high; big", "size", None),
    ] {
        let error = made(&axes(text)).unwrap_err();
        assert_eq!(error.field_name(), Some(field), "{text}: {error}");
        if nearest.is_some() {
            assert_eq!(error.nearest_value(), nearest, "{text}: {error}");
        }
    }
    let mut tier = Axes::default();
    tier.tiers = picks("bacth");
    assert_eq!(made(&tier).unwrap_err().nearest_value(), Some("batch"));
}

#[test]
fn too_large_a_grid_is_refused_before_it_is_priced() {
    let mut axes = axes("all; all; all; all");
    axes.counts = (1..=10_000).collect();
    axes.days = (1..=28).map(|day| Date::constant(2026, 10, day)).collect();
    let error = made(&axes).unwrap_err();
    assert_eq!(error.code(), Code::TooLarge);
    assert!(error.message().contains(&CELLS_MAX.to_string()), "{error}");
}

#[test]
fn figures_are_divided_exactly() {
    let mut axes = axes("gpt-image-1; openai; high; 1024x1024,auto");
    axes.counts = vec![3];
    let grid = grid(&axes);
    let [exact, auto] = grid.cells() else { panic!("{grid:?}") };
    assert_eq!(exact.per_call().unwrap().expected.unwrap().to_string(), "0.4992");
    assert_eq!(exact.per_image().unwrap().expected.unwrap().to_string(), "0.1664");
    // 0.1664 / 1.048576 = 0.15869140625
    assert_eq!(exact.per_megapixel().unwrap().expected.unwrap().to_string(), "0.158691406");
    assert_eq!(exact.tokens().unwrap().expected, Some(3 * 4160));
    assert!(auto.per_megapixel().is_none());
    let per_image = auto.per_image().unwrap();
    assert_eq!((per_image.expected, per_image.figure()), (None, per_image.ceiling));
}

#[test]
fn a_baseline_takes_words_in_any_order() {
    let grid = grid(&axes("gpt-image-2; openai; medium; 1024x1024"));
    let first = &grid.cells()[0];
    let read = |text: &str| Baseline::read(&BOOK, text, first, &mut |_, _| {});
    for text in
        ["gpt-image-1 high 1024x1024", "1024x1024 openai gpt-image-1 high", "quality=high model=gpt-image-1"]
    {
        let baseline = read(text).unwrap();
        assert_eq!(baseline.figure().to_string(), "0.1664", "{text}");
        let delta = baseline.delta(first).unwrap();
        // gpt-image-2 medium 1024x1024 is 0.05268: 0.11372 less.
        assert_eq!(
            (delta.usd.to_string(), delta.per_mille.map(imgcost_core::PerMille::tenths_of_percent)),
            ("-0.11372".to_owned(), Some(-683))
        );
    }
    assert_eq!(read("n=4").unwrap().cell().n(), 4);
    assert_eq!(read("tier=batch").unwrap().cell().tier(), Tier::Batch);
    for (text, word) in [
        ("gpt-image-1 gpt-image-2", "second model"),
        ("gpt-image-1 hihg", "'hihg'"),
        ("", "no combination"),
        ("n=x", "whole number"),
        ("qualty=high", "qualty"),
        ("dall-e-3 medium", "baseline:"),
        ("as-of=2020-01-01", "first"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.message().contains(word), "{text}: {error}");
    }
}

#[test]
fn conditions_name_what_is_wrong_with_them() {
    for (text, word, nearest) in [
        ("per_imgae<0.05", "per_imgae", Some("per_image")),
        ("per_image", "a key, an operator and a value", None),
        ("", "a key, an operator and a value", None),
        ("model<gpt", "= and != only", None),
        ("size<1024x1024", "= and != only", Some("pixels")),
        ("per_image<cheap", "US dollars", None),
        ("per_image<-1", "US dollars", None),
        ("n<1.5", "whole number", None),
        ("tokens!2", "a key, an operator and a value", None),
        ("as_of=today", "a date", None),
        ("state=pirced", "no state", Some("priced")),
        ("model=", "empty", None),
    ] {
        let error = Filter::read(text).unwrap_err();
        assert!(error.message().contains(word), "{text}: {error}");
        assert_eq!(error.nearest_value(), nearest, "{text}: {error}");
    }
    assert_eq!(Sort::read("per-imge").unwrap_err().nearest_value(), Some("per_image"));
    assert_eq!(Axis::list("rows", "modle").unwrap_err().nearest_value(), Some("model"));
    assert!(Axis::list("rows", "model,model").is_err());
    let error = Pivot::new(&[], &[Axis::Model], &[Axis::Model]).unwrap_err();
    assert!(error.message().contains("model"), "{error}");
}
