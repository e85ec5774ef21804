//! The cheapest plan is the cheapest of all plans, and a budget buys what it can.

use std::cmp::Reverse;
use std::sync::LazyLock;

use crate::common::{BOOK, files, read};
use crate::tiny::TINY;
use imgcost_analysis::selector::{Pattern, select, suited};
use imgcost_analysis::solve::{Aspect, By, Goal, Job, Level, Reason, Solution, Unsolved, solve};
use imgcost_core::{
    Book, Date, Endpoint, InputImage, Model, Pixels, Prompt, Quality, Request, Size, Sizes, Tier, Usd,
};
use proptest::prelude::*;

const TODAY: Date = Date::constant(2026, 11, 21);
const IN_30_DAYS: Date = Date::constant(2026, 12, 21);

/// The book with a few hundred free sizes in place of 29,146, so that all of them can be quoted.
/// Without the provider whose price table has sizes beyond them.
static SMALL: LazyLock<Book> = LazyLock::new(|| {
    let mut files = files();
    files.retain(|(name, _)| *name != "providers/fal.toml");
    for (_, text) in &mut files {
        *text = text.replace("multiple_of = 16, max_edge = 3840", "multiple_of = 64, max_edge = 1536");
    }
    read(&files)
});

/// The patterns of a list; of an empty text none.
fn patterns(text: &str) -> Vec<Pattern> {
    match text {
        "" => Vec::new(),
        text => imgcost_analysis::selector::patterns("list", text).unwrap(),
    }
}

fn job(models: &str) -> Job {
    let mut job = Job::new(Request::new("openai", "", TODAY));
    job.models = patterns(models);
    job
}

fn solved<'b>(book: &'b Book, job: &Job) -> Solution<'b> {
    solve(book, job, 1).unwrap_or_else(|error| panic!("{error:?}"))
}

fn refusal(job: &Job) -> imgcost_core::Error {
    match solve(&BOOK, job, 1) {
        Err(Unsolved::Refused(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// A plan found by quoting everything: what it costs, and all that ties are broken by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    late: bool,
    fewer: Reverse<u64>,
    cost: Usd,
    area: Reverse<u64>,
    calls: u64,
    provider: String,
    model: String,
    quality: (Option<usize>, Option<Quality>),
    batch: bool,
    long: u32,
    width: Reverse<u32>,
}

/// Whether a model's plans come after all others: it is retired, or ends within 30 days and is
/// not asked for by its name.
fn is_late(job: &Job, model: &Model) -> bool {
    let by_name = job.models.iter().any(|pattern| pattern.is_name() && pattern.fits(&model.id));
    model.is_retired_on(TODAY) || (model.is_retired_on(IN_30_DAYS) && !by_name)
}

/// T(n) by the plain recurrence: the least cost and calls of n images.
fn table(prices: &[Option<Usd>], most: usize) -> Vec<Option<(Usd, u64)>> {
    let mut table: Vec<Option<(Usd, u64)>> = vec![Some((Usd::ZERO, 0))];
    for n in 1..=most {
        let ways = prices.iter().enumerate().filter_map(|(index, price)| {
            let (cost, calls) = table.get(n.checked_sub(index + 1)?).copied().flatten()?;
            Some((cost.checked_add((*price)?)?, calls + 1))
        });
        let best = ways.min();
        table.push(best);
    }
    table
}

/// Every plan there is, by quoting every size at every quality, price list and n.
fn by_hand(book: &Book, job: &Job, most: usize) -> Vec<Found> {
    let mut found = Vec::new();
    let chosen = select(book, &job.providers, &job.models, job.base.as_of).unwrap();
    for candidate in chosen.offers {
        let offer = candidate.offer;
        if offer.model.is_retired_on(TODAY) && !candidate.by_name {
            continue;
        }
        let limits = &offer.family.limits.rule;
        let listed = matches!(&limits.sizes, Sizes::Listed(_) | Sizes::Free(_));
        let sizes: Vec<Option<Pixels>> = match listed {
            true => limits.sizes.all().filter(|size| job.shape.fits(*size)).map(Some).collect(),
            // Where sizes are neither listed nor free, what is searched is a rule of its own.
            false => job.shape.sizes_of(&offer).unwrap_or_default(),
        };
        let n_max = limits.n_max;
        let qualities: Vec<Option<Quality>> = match limits.qualities.is_empty() {
            true => vec![None],
            false => limits.qualities.iter().cloned().map(Some).collect(),
        };
        let tiers: &[Tier] = if job.allow_batch { &[Tier::Standard, Tier::Batch] } else { &[Tier::Standard] };
        for quality in qualities {
            let asked = |quality: &Quality| {
                job.qualities.is_empty() || job.qualities.iter().any(|own| own.fits(quality.as_str()))
            };
            let enough = |quality: &Quality| {
                let level = job.min_quality.as_ref().and_then(Level::of);
                level.is_none_or(|level| level.reached_by(quality) == Some(true))
            };
            match &quality {
                Some(quality) if !asked(quality) || !enough(quality) => continue,
                None if !job.qualities.is_empty() || job.min_quality.is_some() => continue,
                _ => {}
            }
            for tier in tiers {
                for size in &sizes {
                    let mut request = suited(&offer, &job.base);
                    request.quality = quality.clone();
                    request.size = size.map(Size::Exact);
                    request.tier = *tier;
                    let mut prices = Vec::new();
                    for n in 1..=n_max.unwrap_or(1).min(100) {
                        request.n = n;
                        let total = book.quote(&request).ok().map(|quote| *quote.total());
                        let by_ceiling = job.by == By::Ceiling || matches!(job.goal, Goal::Budget(_));
                        prices.push(total.and_then(|total| match (by_ceiling, total.expected) {
                            (false, Some(expected)) => Some(expected),
                            _ => total.ceiling,
                        }));
                    }
                    let table = table(&prices, most);
                    let best = match job.goal {
                        Goal::Images(n) => table[n as usize].map(|(cost, calls)| (n, cost, calls)),
                        Goal::Budget(budget) => (1..=most).rev().find_map(|n| {
                            let (cost, calls) = table[n].filter(|(cost, _)| *cost <= budget)?;
                            Some((n as u64, cost, calls))
                        }),
                    };
                    let Some((images, cost, calls)) = best else { continue };
                    let rank = Level::NAMES
                        .iter()
                        .position(|name| Some(*name) == quality.as_ref().map(Quality::as_str));
                    found.push(Found {
                        late: is_late(job, offer.model),
                        fewer: Reverse(images),
                        cost,
                        area: Reverse(size.map_or(0, Pixels::area)),
                        calls,
                        provider: offer.provider.id.clone(),
                        model: offer.model.id.clone(),
                        quality: (rank, quality.clone()),
                        batch: *tier == Tier::Batch,
                        long: size.map_or(0, Pixels::long),
                        width: Reverse(size.map_or(0, Pixels::width)),
                    });
                }
            }
        }
    }
    found.sort();
    found
}

/// A plan as the search by hand writes it.
fn written(solution: &Solution<'_>, index: usize, job: &Job) -> Found {
    let plan = &solution.plans[index];
    let size = match plan.request.size {
        Some(Size::Exact(size)) => Some(size),
        _ => None,
    };
    let quality = plan.quality.clone();
    let rank = Level::NAMES.iter().position(|name| Some(*name) == quality.as_ref().map(Quality::as_str));
    Found {
        late: is_late(job, plan.offer.model),
        fewer: Reverse(plan.images),
        cost: plan.cost().unwrap(),
        area: Reverse(size.map_or(0, Pixels::area)),
        calls: plan.call_count(),
        provider: plan.offer.provider.id.clone(),
        model: plan.offer.model.id.clone(),
        quality: (rank, quality),
        batch: plan.request.tier == Tier::Batch,
        long: size.map_or(0, Pixels::long),
        width: Reverse(size.map_or(0, Pixels::width)),
    }
}

fn constraints() -> impl Strategy<Value = Job> {
    let models = prop::sample::select(vec![
        "gpt-image-2",
        "gpt-image-2.5-flare",
        "gpt-image-2.6-flare",
        "gpt-image-1,gpt-image-1.5",
        "dall-e-*,dall-e-2,dall-e-3",
        "gpt-image-2,gpt-image-2.5-*,gpt-image-1-mini",
        "gpt-4o-image*",
        "all",
    ]);
    let providers = prop::sample::select(vec!["openai", "all", "aihubmix", "new-api", "azure-openai"]);
    let qualities = prop::sample::select(vec!["", "low", "low,medium", "high,hd", "x*,max", "standard"]);
    let least = prop::option::weighted(0.4, prop::sample::select(Level::NAMES.to_vec()));
    let aspect = prop::option::weighted(
        0.4,
        (
            prop::sample::select(vec!["3:2", "1:1", "2:3", "16:9", "3:1"]),
            prop::sample::select(vec!["0", "2%", "15%"]),
        ),
    );
    let pixels = prop::option::weighted(0.5, 600_000_u64..1_600_000);
    (
        (models, providers, qualities, least),
        (aspect, pixels.clone(), pixels, prop::option::weighted(0.3, 512_u32..1400)),
        (any::<bool>(), any::<bool>(), 1_u64..26, prop::option::weighted(0.3, 0_u64..300_000_000)),
        (prop::option::of(0_u64..300), 0_usize..3, prop::option::weighted(0.2, 0_u32..4), any::<bool>()),
    )
        .prop_map(
            |(
                (models, providers, qualities, least),
                (aspect, low, high, width),
                (batch, ceiling, n, budget),
                more,
            )| {
                let (prompt, images, partials, stream) = more;
                let mut job = job(models);
                job.providers = patterns(providers);
                job.qualities = patterns(qualities);
                job.min_quality = least.map(|least| least.parse().unwrap());
                job.shape.aspect =
                    aspect.map(|(ratio, tolerance)| Aspect::parse(ratio, Some(tolerance)).unwrap());
                job.shape.min_pixels = low;
                job.shape.max_pixels = high;
                job.shape.min_width = width;
                job.allow_batch = batch;
                job.by = if ceiling { By::Ceiling } else { By::Expected };
                job.goal = budget.map_or(Goal::Images(n), |nano| Goal::Budget(Usd::from_nanos(nano)));
                job.base.prompt = prompt.map(Prompt::of_tokens);
                job.base.images = vec![InputImage::Sized("800x600".parse().unwrap()); images];
                if images == 2 {
                    job.base.images.push(InputImage::Unsized);
                }
                if images > 0 {
                    job.base.endpoint = Endpoint::Edits;
                }
                job.base.partial_images = partials;
                job.base.stream = stream && partials.is_some();
                job
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_best_plan_is_the_best_of_all(job in constraints()) {
        // What a name does not fit is refused before anything is searched.
        prop_assume!(select(&SMALL, &job.providers, &job.models, TODAY).is_ok());
        let all = by_hand(&SMALL, &job, 450);
        // A budget that reaches the end of the table by hand proves nothing.
        prop_assume!(all.first().is_none_or(|found| found.fewer.0 < 450));
        match solve(&SMALL, &job, 5) {
            Ok(solution) => {
                prop_assert_eq!(&written(&solution, 0, &job), &all[0]);
                // One plan a candidate set and price, in the same order.
                let mut seen = Vec::new();
                let expected = all.iter().filter(|found| {
                    let set = (&found.provider, &found.model, &found.quality, found.batch);
                    let new = !seen.contains(&(set, found.fewer, found.cost));
                    seen.push((set, found.fewer, found.cost));
                    new
                });
                let expected: Vec<&Found> = expected.take(5).collect();
                let plans: Vec<Found> =
                    (0..solution.plans.len()).map(|index| written(&solution, index, &job)).collect();
                prop_assert_eq!(plans.iter().collect::<Vec<_>>(), expected);
                for plan in &solution.plans {
                    let images: u64 = plan.calls.iter().map(|c| u64::from(c.images) * c.count).sum();
                    prop_assert_eq!(images, plan.images);
                    let same = all.iter().filter(|found| {
                        found.fewer.0 == plan.images && Some(found.cost) == plan.cost()
                            && found.model == plan.offer.model.id && found.provider == plan.offer.provider.id
                            && found.quality.1 == plan.quality
                            && found.batch == (plan.request.tier == Tier::Batch)
                    });
                    prop_assert_eq!(plan.equal_sizes, same.count() as u64);
                }
            }
            Err(unsolved) => prop_assert!(all.is_empty(), "{:?}", unsolved),
        }
    }
}

#[test]
fn a_first_question_has_its_response() {
    let mut job = job("gpt-image-2");
    job.qualities = patterns("low");
    job.shape.min_pixels = Some(1_000_000);
    let solution = solved(&BOOK, &job);
    // By hand over all 29,146 sizes: no size of a million pixels or more has fewer tokens.
    let least = BOOK
        .offer("openai", "gpt-image-2", TODAY)
        .unwrap()
        .family
        .limits
        .rule
        .sizes
        .all()
        .filter(|size| size.area() >= 1_000_000)
        .map(|size| {
            let work = imgcost_core::rules::area_grid::work(size, 16, 2_000_000).unwrap();
            imgcost_core::rules::area_grid::tokens(work.expected, 1, 4_000_000).unwrap()
        })
        .min();
    assert_eq!(solution.plans[0].tokens.unwrap().expected, least);
    assert!(solution.plans[0].size.unwrap().area() >= 1_000_000);
    assert_eq!(solution.looked_at, 29_146 - under_a_million());
    assert!(solution.plans[1].behind(&solution.plans[0]).starts_with('+'));
}

fn under_a_million() -> u64 {
    let offer = BOOK.offer("openai", "gpt-image-2", TODAY).unwrap();
    offer.family.limits.rule.sizes.all().filter(|size| size.area() < 1_000_000).count() as u64
}

#[test]
fn calls_are_split_where_it_saves_a_token() {
    let mut job = job("gpt-image-2");
    job.qualities = patterns("low");
    job.shape.exact = "1024x1024".parse().ok();
    job.goal = Goal::Images(100_000);
    let plan = solved(&BOOK, &job).plans.remove(0);
    // 195.11 tokens an image: nine are 1,756, nearly what they take before rounding up, and ten
    // 1,952. The last ten go as one call: as cheap as nine and one, and a call less.
    let parts: Vec<(u32, u64)> = plan.calls.iter().map(|calls| (calls.images, calls.count)).collect();
    assert_eq!(parts, [(10, 1), (9, 11_110)]);
    assert_eq!(plan.tokens.unwrap().expected, Some(11_110 * 1756 + 1952));
}

#[test]
fn the_batch_price_list_wins_where_it_may() {
    let mut job = job("gpt-image-2");
    job.qualities = patterns("high");
    let standard = solved(&BOOK, &job).plans[0].cost().unwrap();
    job.allow_batch = true;
    let both = solved(&BOOK, &job);
    assert_eq!(both.plans[0].request.tier, Tier::Batch);
    assert_eq!(both.plans[0].cost().unwrap().checked_mul(2), Some(standard));
}

#[test]
fn what_is_left_out_says_why() {
    let mut job = job("all");
    job.providers = patterns("openai");
    job.min_quality = Some(Quality::Medium);
    let solution = solved(&BOOK, &job);
    let reason =
        |model: &str| solution.left_out.iter().find(|left| left.model == model).map(|left| left.reason);
    assert_eq!(reason("gpt-image-1"), Some(Reason::Retired));
    job.models = patterns("dall-e-3,gpt-image-2");
    let solution = solved(&BOOK, &job);
    let left = solution.left_out.iter().find(|left| left.model == "dall-e-3").unwrap();
    assert_eq!(left.reason, Reason::Quality);
    assert!(left.message.contains("can't be compared with medium"), "{left:?}");
    // By name a retired model counts.
    job.min_quality = Some(Quality::Standard);
    assert_eq!(solved(&BOOK, &job).plans[0].offer.model.id, "dall-e-3");
}

#[test]
fn nothing_that_fits_names_what_is_nearest() {
    let mut wide = job("gpt-image-1");
    wide.shape.aspect = Some(Aspect::parse("16:9", None).unwrap());
    assert_eq!(refusal(&wide).nearest_value(), Some("1536x1024"));
    let mut large = job("gpt-image-2");
    large.shape.min_pixels = Some(9_000_000);
    let error = refusal(&large);
    assert_eq!((error.field_name(), error.nearest_value()), (Some("size"), Some("2880x2880")), "{error}");
    let mut exact = job("gpt-image-2");
    exact.shape.exact = "1000x1000".parse().ok();
    assert_eq!(refusal(&exact).nearest_value(), Some("1008x1008"));
    let mut quality = job("gpt-image-2");
    quality.qualities = patterns("hihg");
    let error = refusal(&quality);
    assert_eq!((error.field_name(), error.nearest_value()), (Some("quality"), Some("high")), "{error}");
    quality.qualities.clear();
    quality.min_quality = Some(Quality::Hd);
    assert!(refusal(&quality).message().contains("quality hd or better"));
    let mut none = job("gpt-image-2");
    none.goal = Goal::Images(0);
    assert_eq!(refusal(&none).field_name(), Some("n"));
    let retired = job("gpt-image-1*");
    let mut retired = retired;
    retired.providers = patterns("openai");
    retired.base.as_of = Date::constant(2027, 1, 1);
    assert!(refusal(&retired).message().contains("retired"));
}

#[test]
fn a_model_without_a_price_is_no_plan_of_nothing() {
    let mut job = job("gpt-image-2");
    job.providers = patterns("new-api");
    match solve(&BOOK, &job, 1) {
        Err(Unsolved::Unpriced(left_out)) => assert_eq!(left_out[0].reason, Reason::Unpriced),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_budget_too_small_names_the_cheapest_image() {
    let mut job = job("gpt-image-2");
    job.goal = Goal::Budget("0.001".parse().unwrap());
    match solve(&BOOK, &job, 1) {
        Err(Unsolved::Budget { cheapest: Some(cheapest), .. }) => {
            // 480x1408 and its like: 54 tokens, the cheapest legal image.
            assert_eq!(cheapest.tokens.unwrap().expected, Some(54));
            assert_eq!(cheapest.total.ceiling, Some("0.00162".parse().unwrap()));
        }
        other => panic!("{other:?}"),
    }
    job.goal = Goal::Budget("0.00162".parse().unwrap());
    assert_eq!(solved(&BOOK, &job).plans[0].images, 1);
}

#[test]
fn a_gateway_that_charges_nothing_buys_no_endless_images() {
    let mut job = job("gpt-image-1");
    job.providers = patterns("new-api");
    job.base.group_ratio = "0".parse().ok();
    job.goal = Goal::Budget("1".parse().unwrap());
    match solve(&BOOK, &job, 1) {
        Err(Unsolved::Endless { free: Some(free), budget, .. }) => {
            assert_eq!((free.total.ceiling, budget.to_string()), (Some(Usd::ZERO), "1".into()));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_ceiling_counts_halves_up_and_an_expected_cost_to_even() {
    // At 2.5 medium 1024x704 has 16.5 rows: 262 tokens by the calculator, 278 at most. 1088x704
    // has 16 in any case, 266 tokens.
    let mut job = job("gpt-image-2.5-flare");
    job.qualities = patterns("medium");
    job.shape.min_width = Some(1024);
    job.shape.min_height = Some(704);
    job.shape.max_pixels = Some(770_000);
    for (by, size) in [(By::Expected, "1024x704"), (By::Ceiling, "1088x704")] {
        job.by = by;
        let solution = solved(&SMALL, &job);
        assert_eq!(solution.plans[0].size, size.parse().ok(), "{by:?}");
        assert_eq!(Some(&written(&solution, 0, &job)), by_hand(&SMALL, &job, 1).first());
    }
}

#[test]
fn partial_images_make_the_area_count() {
    // Three partials take more tokens than a low image, and theirs follow the area.
    let mut job = job("gpt-image-2");
    job.qualities = patterns("low");
    job.base.partial_images = Some(3);
    job.shape.min_pixels = Some(1_000_000);
    job.shape.max_pixels = Some(1_100_000);
    let solution = solved(&BOOK, &job);
    assert_eq!(Some(&written(&solution, 0, &job)), by_hand(&BOOK, &job, 1).first());
    job.base.partial_images = None;
    assert_ne!(solved(&BOOK, &job).plans[0].size, solution.plans[0].size);
}

/// Every size of up to so many pixels.
fn every_size(most: u32) -> impl Iterator<Item = Pixels> {
    (1..=most).flat_map(move |width| (1..=most / width).filter_map(move |height| Pixels::new(width, height)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn classes_and_megapixels_are_searched_to_the_last_pixel(
        model in prop::sample::select(vec!["classes", "megapixels", "flat"]),
        (low, high) in (prop::option::of(1_u64..5000), prop::option::of(1_u64..5000)),
        (width, height) in (prop::option::of(1_u32..100), prop::option::of(1_u32..100)),
        aspect in prop::option::of((prop::sample::select(vec!["3:2", "16:9", "1:4"]), prop::sample::select(vec!["0", "10%"]))),
    ) {
        let mut job = job(model);
        job.providers = patterns("tiny");
        job.shape.min_pixels = low;
        job.shape.max_pixels = high;
        job.shape.min_width = width;
        job.shape.min_height = height;
        job.shape.aspect = aspect.map(|(ratio, tolerance)| Aspect::parse(ratio, Some(tolerance)).unwrap());
        let mut request = Request::new("tiny", model, TODAY);
        // Beyond 6,000 pixels nothing is cheaper.
        let mut least: Option<Usd> = None;
        for size in every_size(6_000).filter(|size| job.shape.fits(*size)) {
            request.size = Some(Size::Exact(size));
            let Ok(quote) = TINY.quote(&request) else { continue };
            let cost = quote.total().expected.unwrap();
            least = Some(least.map_or(cost, |least| least.min(cost)));
        }
        match solve(&TINY, &job, 1) {
            Ok(solution) => {
                let plan = &solution.plans[0];
                let size = plan.size.unwrap();
                prop_assert!(job.shape.fits(size), "{}", size);
                // What is larger than was looked at by hand costs more.
                prop_assert_eq!(plan.cost().filter(|_| size.area() <= 6_000 || least.is_some()), least);
                prop_assert_eq!(plan.size, match plan.request.size { Some(Size::Exact(size)) => Some(size), _ => None });
            }
            Err(unsolved) => prop_assert_eq!(least, None, "{:?}", unsolved),
        }
    }
}

#[test]
fn a_class_is_searched_where_its_square_does_not_fit() {
    let google = |set: &dyn Fn(&mut Job)| {
        let mut job = job("gemini-*");
        job.providers = patterns("google-gemini-api");
        set(&mut job);
        let plan = solved(&BOOK, &job).plans.remove(0);
        (plan.offer.model.id.clone(), plan.size.unwrap(), plan.cost().unwrap().to_string())
    };
    let (model, size, cost) = google(&|job| job.shape.min_width = Some(1200));
    // 1,120 image tokens at $30, and probably 400 of text at $1.50.
    assert_eq!((model.as_str(), cost.as_str()), ("gemini-3.1-flash-lite-image", "0.0342"));
    assert!(size.width() >= 1200 && size.long() <= 3 * size.short(), "{size}");
    let (_, size, _) = google(&|job| {
        job.shape.min_pixels = Some(700_000);
        job.shape.max_pixels = Some(1_000_000);
    });
    assert_eq!(size.to_string(), "1000x1000");
    let (_, size, _) = google(&|job| {
        job.shape.aspect = Some(Aspect::parse("16:9", None).unwrap());
        job.shape.max_pixels = Some(500_000);
    });
    assert_eq!(size.to_string(), "928x522");
    // The square of a class stays where it fits.
    assert_eq!(google(&|_| {}).1.to_string(), "1024x1024");
}

#[test]
fn any_size_keeps_the_model_s_own_where_it_fits() {
    let flat = |set: &dyn Fn(&mut Job)| {
        let mut job = job("flat");
        job.providers = patterns("tiny");
        set(&mut job);
        let plan = solved(&TINY, &job).plans.remove(0);
        (plan.size.unwrap().to_string(), plan.cost().unwrap().to_string())
    };
    // 30x30 has a price of its own: another size of as many pixels is cheaper.
    assert_eq!(flat(&|_| {}).1, "0.02");
    assert_eq!(flat(&|job| job.shape.min_pixels = Some(2_000_000)), ("1600x1250".into(), "0.02".into()));
    assert_eq!(flat(&|job| job.shape.max_pixels = Some(100)), ("10x10".into(), "0.02".into()));
}

#[test]
fn a_slip_beside_a_quality_is_told() {
    for (qualities, nearest) in [("low,hgh", Some("high")), ("low,auto", None), ("h*,lwo", Some("low"))] {
        let mut job = job("gpt-image-2");
        job.qualities = patterns(qualities);
        let error = refusal(&job);
        assert_eq!((error.field_name(), error.nearest_value()), (Some("quality"), nearest), "{qualities}");
    }
    // Another model has it.
    let mut job = job("gpt-image-2");
    job.qualities = patterns("low,hd");
    assert_eq!(solved(&BOOK, &job).plans[0].quality, Some(Quality::Low));
}
