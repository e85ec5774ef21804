//! A price of a user's own in another unit than the book's: USD per token where the book takes
//! USD per million tokens, or the reverse.
//!
//! Such a price is a million times off the one that it replaces, and no contract is: what is a
//! thousand times off, or more, is refused unless its row gives a reason in `differs`. A
//! price of zero is free, and not a slip.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::problem::Reporter;
use super::view::View;
use crate::book::{Book, DatedRow, ImagePrice, Model};
use crate::params::{Item, Tier};

/// So many times more or less than what it replaces is another unit.
const FAR: i64 = 1_000;

/// A likely price is within so many times of what it replaces.
const NEAR: i64 = 10;

/// What an amount of money is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Per {
    Million,
    Image,
    Call,
}

impl Per {
    fn words(self) -> &'static str {
        match self {
            Per::Million => "USD per million tokens",
            Per::Image => "USD per image",
            Per::Call => "USD per call",
        }
    }
}

/// Reports the prices of a model of a user's own that must be in another unit than the
/// `base` book's. What the provider itself does not have, such as a tier or a whole
/// model, is compared with what the book has for the same family elsewhere.
pub(super) fn of_model(
    base: &Book,
    provider: &str,
    own: &Model,
    view: &View<'_>,
    reporter: &mut Reporter<'_>,
) {
    let known = base.provider(provider).ok().and_then(|provider| provider.model(&own.id));
    let family = known.filter(|_| own.family.is_empty()).map_or(own.family.as_str(), |model| &model.family);
    let elsewhere = base.providers().flat_map(|provider| &provider.models);
    let elsewhere: Vec<&Model> = elsewhere.filter(|model| model.family == family).collect();
    let compared = |of: &dyn Fn(&Model) -> Option<Decimal>| {
        known.and_then(of).or_else(|| elsewhere.iter().find_map(|model| of(model)))
    };
    for card in view.views("rates").iter().filter(|card| !is_meant(card)) {
        let (tier, from) = (card.parse("tier").unwrap_or(Tier::Standard), card.parse("from"));
        for item in RATED {
            let replaced = || compared(&|model| rate(model, item, tier, from));
            check(card, item.as_str(), Per::Million, replaced, reporter);
        }
    }
    for image in own.images.iter().filter(|image| image.differs.is_none()) {
        let same = |price: &&ImagePrice| is_built_in(&price.row) && price.what_for() == image.what_for();
        let built_in = compared(&|model| Some(model.images.iter().find(same)?.usd.decimal()));
        if let Some(slip) = built_in.and_then(|usd| slip("usd", image.usd.decimal(), usd, Per::Image)) {
            reporter.problem_on(image.row.location.line, format!("{}: {slip}", image.what_for()));
        }
    }
    for call in view.views("call").iter().filter(|call| !is_meant(call)) {
        let built_in = |model: &Model| {
            let mut calls = model.calls.iter().filter(|price| is_built_in(&price.row));
            calls.next().map(|price| price.usd.decimal())
        };
        check(call, "usd", Per::Call, || compared(&built_in), reporter);
    }
}

/// The same for a model that calls the Responses API's image tool.
pub(super) fn of_text_model(base: &Book, provider: &str, view: &View<'_>, reporter: &mut Reporter<'_>) {
    if is_meant(view) {
        return;
    }
    let id = view.text("id");
    let providers = base.provider(provider).ok().into_iter().chain(base.providers());
    let mut models = providers.flat_map(|provider| provider.text_models());
    let known = models.find(|model| Some(model.id.as_str()) == id && is_built_in(&model.row));
    check(view, "input", Per::Million, || Some(known?.input.decimal()), reporter);
    check(view, "output", Per::Million, || Some(known?.output.decimal()), reporter);
}

fn is_meant(view: &View<'_>) -> bool {
    view.text("differs").is_some()
}

fn is_built_in(row: &DatedRow) -> bool {
    row.reason.is_none()
}

/// The items that a rate card has a price for.
const RATED: [Item; 6] = [
    Item::TextInput,
    Item::TextInputCached,
    Item::ImageInput,
    Item::ImageInputCached,
    Item::ImageOutput,
    Item::TextOutput,
];

/// The built-in rate of an item: of the tier and the day, else of the tier, else of any.
fn rate(model: &Model, item: Item, tier: Tier, from: Option<Date>) -> Option<Decimal> {
    let built_in = model.rates.iter().filter(|card| is_built_in(&card.row));
    let rated = built_in.filter_map(|card| {
        let holds = from.is_some_and(|day| card.row.holds_on(day));
        Some(((card.tier == tier, holds), card.rate(item)?.decimal()))
    });
    rated.max_by_key(|(fit, _)| *fit).map(|(_, rate)| rate)
}

fn check(
    view: &View<'_>,
    key: &str,
    per: Per,
    replaced: impl FnOnce() -> Option<Decimal>,
    reporter: &mut Reporter<'_>,
) {
    let Some(own) = view.text(key).and_then(|text| Decimal::from_str_exact(text).ok()) else { return };
    if let Some(message) = replaced().and_then(|built_in| slip(key, own, built_in, per)) {
        reporter.problem(view.at_key(key), message);
    }
}

/// What is wrong with a price in place of a built-in one, if it is too far off.
fn slip(key: &str, own: Decimal, built_in: Decimal, per: Per) -> Option<String> {
    if own.is_zero() || built_in.is_zero() || within(own, built_in, FAR) {
        return None;
    }
    let (more, times) = if own > built_in { ("more", own / built_in) } else { ("less", built_in / own) };
    let (times, built_in, unit) = (times.round(), built_in.normalize(), per.words());
    let own_text = own.normalize();
    let looks = match likely(own, built_in, per) {
        Some((words, price)) => format!("it looks like {words}, and the book takes {unit}: \"{price}\""),
        None => format!("the book takes {unit}"),
    };
    Some(format!(
        "{key} = \"{own_text}\" is {times} times {more} than the built-in {built_in}: {looks}; if it is meant, say why in 'differs'"
    ))
}

/// The unit that a price seems to be in, and what it is in the book's.
fn likely(own: Decimal, built_in: Decimal, per: Per) -> Option<(&'static str, Decimal)> {
    let (million, thousand) = (Decimal::from(1_000_000), Decimal::from(1_000));
    let tokens = [("USD per token", own * million), ("USD per 1,000 tokens", own * thousand)];
    let parts = [("millionths of a dollar", own / million), ("thousandths of a dollar", own / thousand)];
    let of_tokens = tokens.into_iter().filter(|_| per == Per::Million);
    let mut all = of_tokens.chain(parts).map(|(words, price)| (words, price.normalize()));
    all.find(|(_, price)| within(*price, built_in, NEAR))
}

/// Whether two prices are less than so many times apart.
fn within(a: Decimal, b: Decimal, times: i64) -> bool {
    let times = Decimal::from(times);
    a < b * times && b < a * times
}
