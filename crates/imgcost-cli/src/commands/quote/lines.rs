//! The lines of a quote, its total and the list price: words for people, numbers for workbooks.

use imgcost_analysis::lacks_prompt;
use imgcost_core::{CeilingBasis, Item, LinePart, Quote, QuoteLine, Rate, SignedUsd, Usd};
use rust_decimal::RoundingStrategy;

use crate::report::{Bounds, Column, DASH, Only, Table, Value, grouped, money};

/// The most decimals of an amount for each image; one that needs more is rounded, and marked so.
const PLACES_MAX: u32 = 9;

/// A row as people see it: item, quantity, rate, amount, remark.
type Words = [String; 5];

/// The table.
pub(super) fn table<'q>(quote: &'q Quote<'q>) -> Table<'q> {
    let columns = [
        Column::name("item"),
        Column::name("counted").label("quantity").text_only(),
        Column::name("at").label("rate").text_only(),
        Column::name("usd").label("USD").text_only(),
        Column::text("remark").label("").text_only(),
        Column::estimate("quantity").data_only(),
        Column::text("unit").data_only(),
        Column::number("rate").data_only(),
        Column::number("per").data_only(),
        Column::estimate("amount").data_only(),
    ];
    let mut words: Vec<Words> = quote.lines().iter().map(|line| of_line(quote, line)).collect();
    let list = list_price(quote);
    words.push(total(quote, list.is_some()));
    words.extend(list);
    align(words.iter_mut().map(|[.., amount, _]| amount));
    let mut table = Table::new("Lines", columns).only(Only::People);
    table.headless = true;
    let mut words = words.into_iter().map(|words| words.map(Value::from));
    for line in quote.lines() {
        let numbers = [
            line.quantity.into(),
            line.unit.as_str().into(),
            line.price.map_or(Value::missing(), |price| Value::Number(digits(price.rate))),
            line.price.map(|price| price.rate.per()).into(),
            line.price.map_or(Value::Unknown("no price".into()), |price| price.amount.into()),
        ];
        table.row(words.next().into_iter().flatten().chain(numbers));
    }
    let none = [Value::Empty, Value::Empty, Value::Empty, Value::Empty];
    table.total =
        words.next().map(|words| words.into_iter().chain(none).chain([quote.total().into()]).collect());
    table.below = words.next().map(Vec::from);
    table
}

fn of_line(quote: &Quote<'_>, line: &QuoteLine<'_>) -> Words {
    let (amount, range) = match line.price.map(|price| Bounds::from(price.amount)) {
        Some(bounds) => amount(&bounds),
        None => ("no price".to_owned(), None),
    };
    [
        item_words(line.item, line.part.map(LinePart::as_str)),
        quantity(line, quote.request().n),
        rate_words(line),
        amount,
        range.unwrap_or_default(),
    ]
}

/// The sum, and what it lacks or rests on.
fn total(quote: &Quote<'_>, has_list_price: bool) -> Words {
    let total = quote.total();
    let (amount, range) = amount(&total.into());
    let mut remarks = Vec::new();
    match total.basis {
        CeilingBasis::Proven if total.is_exact() => remarks.push("exact".to_owned()),
        CeilingBasis::Assumed if total.ceiling.is_some() => {
            remarks.extend(range);
            remarks.push("ceiling assumed".to_owned());
        }
        _ => remarks.extend(range),
    }
    let unpriced = quote.lines().iter().filter(|line| line.price.is_none()).count();
    if unpriced > 0 {
        remarks.push(format!("{unpriced} unpriced"));
    }
    if lacks_prompt(quote) {
        remarks.push("prompt not counted".to_owned());
    }
    let n = quote.request().n;
    if let Some(expected) = total.expected.filter(|_| n > 1 && !has_list_price) {
        remarks.push(format!("{} an image", divided(expected, n)));
    }
    ["total".to_owned(), String::new(), String::new(), amount, remarks.join("; ")]
}

/// The published price of the images, and how far it is from what they will be billed.
fn list_price(quote: &Quote<'_>) -> Option<Words> {
    let each = quote.per_image_list_price()?;
    let n = quote.request().n;
    let all = each.checked_mul(n.into())?;
    let images = quote.lines().iter().find(|line| line.item == Item::ImageOutput);
    let billed = images.and_then(|line| line.price?.amount.expected);
    let remark = billed.and_then(|billed| {
        if billed == all {
            return Some("the same".to_owned());
        }
        let difference = SignedUsd::between(billed, all).per_mille_of(billed)?;
        let own = billed.decimal().checked_div(n.into())?;
        let places = each.decimal().normalize().scale();
        let nearest = own.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
        let why = if nearest == each.decimal() {
            format!(", rounded by {}", quote.offer().provider.id)
        } else {
            String::new()
        };
        Some(format!("{difference:+}{why}"))
    });
    let counted = if n > 1 { format!("{n} x {}", money(each)) } else { String::new() };
    Some(["list price".to_owned(), counted, String::new(), money(all), remark.unwrap_or_default()])
}

/// An amount as it is compared, and its range where it has one.
pub(super) fn amount(bounds: &Bounds<Usd>) -> (String, Option<String>) {
    let range = || Some(amount_words(bounds.floor, bounds.ceiling));
    match (bounds.expected, bounds.ceiling) {
        (Some(expected), Some(_)) => (money(expected), range().filter(|_| !bounds.is_exact())),
        (None, Some(ceiling)) => (format!("≤{}", money(ceiling)), range()),
        (_, None) => (amount_words(bounds.floor, None), None),
    }
}

/// Puts the decimal points of amounts below each other.
pub(super) fn align<'t>(texts: impl IntoIterator<Item = &'t mut String>) {
    let before = |text: &str| text.split('.').next().unwrap_or(text).chars().count();
    let is_amount = |text: &&mut String| text.trim_start_matches('≤').starts_with('$');
    let amounts: Vec<&mut String> = texts.into_iter().filter(is_amount).collect();
    let widest = amounts.iter().map(|text| before(text)).max().unwrap_or(0);
    for text in amounts {
        text.insert_str(0, &" ".repeat(widest.saturating_sub(before(text))));
    }
}

fn digits(rate: Rate) -> rust_decimal::Decimal {
    match rate {
        Rate::PerMillion(rate) => rate.decimal(),
        Rate::Each(usd) => usd.decimal(),
    }
}

fn quantity(line: &QuoteLine<'_>, n: u32) -> String {
    let count = &line.quantity;
    let all = u64::from(n);
    let (times, count) = match (count.expected, count.floor == count.ceiling) {
        (Some(all_images), true)
            if n > 1 && line.item == Item::ImageOutput && all_images.is_multiple_of(all) =>
        {
            (format!("{n} x "), grouped(all_images / all))
        }
        (Some(expected), _) => (String::new(), grouped(expected)),
        (None, _) => (String::new(), format!("{} to {}", grouped(count.floor), grouped(count.ceiling))),
    };
    let plural = if line.quantity.ceiling == 1 { "" } else { "s" };
    format!("{times}{count} {}{plural}", line.unit.as_str())
}

fn rate_words(line: &QuoteLine<'_>) -> String {
    match line.price.map(|price| price.rate) {
        None => DASH.to_owned(),
        Some(rate @ Rate::PerMillion(_)) => format!("${rate}/1M"),
        Some(rate @ Rate::Each(_)) => format!("${rate} each"),
    }
}

/// An item's name as people read it.
pub(crate) fn item_words(item: Item, part: Option<&str>) -> String {
    let words = item.as_str().replace('_', " ");
    match part {
        Some(part) => format!("{words}, {part}"),
        None => words,
    }
}

/// A total in words, as messages and summaries say it: never a zero for what is unknown.
pub(crate) fn amount_words(floor: Option<Usd>, ceiling: Option<Usd>) -> String {
    match (floor, ceiling) {
        (Some(floor), Some(ceiling)) if floor == ceiling => money(ceiling),
        (Some(floor), Some(ceiling)) => format!("{} to {}", money(floor), money(ceiling)),
        (Some(floor), None) if floor > Usd::ZERO => format!("at least {}", money(floor)),
        _ => DASH.to_owned(),
    }
}

/// An amount for each of `n`, marked where it had to be rounded.
fn divided(amount: Usd, n: u32) -> String {
    let Some(each) = amount.decimal().checked_div(n.into()) else { return DASH.to_owned() };
    let shown = each.round_dp_with_strategy(PLACES_MAX, RoundingStrategy::MidpointAwayFromZero);
    if shown.is_zero() && !each.is_zero() {
        return format!("<${}", Usd::from_nanos(1));
    }
    format!("{}${}", if shown == each { "" } else { "≈" }, shown.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_for_each_is_never_zero() {
        assert_eq!(divided("0.000000001".parse().unwrap(), 4), "<$0.000000001");
    }

    #[test]
    fn nothing_known_is_a_dash_and_never_zero() {
        assert_eq!(amount_words(None, None), "—");
        assert_eq!(amount_words(Some(Usd::ZERO), None), "—");
    }

    #[test]
    fn points_are_below_each_other() {
        let mut texts = ["$0.5", "≤$12.25", "no price", "$3"].map(str::to_owned);
        align(&mut texts);
        assert_eq!(texts, ["  $0.5", "≤$12.25", "no price", "  $3"]);
    }
}
