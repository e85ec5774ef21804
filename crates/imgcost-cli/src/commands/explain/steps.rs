//! How each quantity comes about, in words with the numbers.

use imgcost_core::rules::{area_grid, row_grid, tiles};
use imgcost_core::{
    Estimate, Evidence, Family, Fidelity, ImageInputRule, ImageOutputRule, InputImage, Item, PartialRule,
    Pixels, Quality, Quote, QuoteLine, Rate, Sourced, TokenSpan, Unit,
};
use serde::Serialize;
use serde_json::Value;

use super::images;
use crate::report::grouped;

/// A rule's parameters, evidence, source and note.
type Rule<'q> = (Value, Evidence, &'q str, Option<&'q str>);

/// The rule that counts an item, where a rule does.
pub(super) fn rule<'q>(quote: &'q Quote<'q>, line: &QuoteLine<'_>) -> Option<Rule<'q>> {
    fn of<T: Serialize>(rule: Option<&Sourced<T>>) -> Option<Rule<'_>> {
        let rule = rule?;
        Some((serde_json::to_value(&rule.rule).ok()?, rule.evidence, &rule.source, rule.note.as_deref()))
    }
    let family = quote.offer().family;
    match line.item {
        // Billed by the megapixel, no token rule counts them.
        _ if line.unit == Unit::Megapixel => None,
        Item::TextInput => of(family.text_input.as_ref()),
        Item::ImageInput => of(family.image_input.as_ref()),
        Item::TextOutput => of(family.text_output.as_ref()),
        Item::ImageOutput => of(family.image_output.as_ref()),
        Item::PartialImages => of(family.partial_image.as_ref()),
        Item::ResponsesModel => of(family.responses.as_ref()),
        // Cached tokens are in responses only.
        Item::Image | Item::Call | Item::TextInputCached | Item::ImageInputCached => None,
    }
}

/// How the quantity of a line comes about.
pub(super) fn quantity(quote: &Quote<'_>, line: &QuoteLine<'_>) -> Vec<String> {
    let family = quote.offer().family;
    let mut steps = match line.item {
        Item::TextInput | Item::TextInputCached => text_input(quote, family),
        Item::ImageInput if line.unit == Unit::Megapixel => images::inputs(quote),
        Item::ImageInput | Item::ImageInputCached => image_input(quote, family),
        Item::TextOutput => text_output(quote, family),
        Item::ImageOutput => image_output(quote, family),
        Item::PartialImages => partial_images(quote, family),
        Item::ResponsesModel => {
            vec!["the calling model's own tokens, as recorded calls show them".to_owned()]
        }
        Item::Image => images::price(quote),
        Item::Call => vec![format!("n = {} images, in one call or as many", quote.request().n)],
    };
    let plural = if line.quantity.ceiling == 1 { "" } else { "s" };
    steps.push(format!("= {} {}{plural}", range_words(&line.quantity), line.unit.as_str()));
    steps
}

/// A count in words: exact, or expected with its range.
fn range_words(range: &Estimate<u64>) -> String {
    let basis = match range.basis {
        imgcost_core::CeilingBasis::Proven => "",
        imgcost_core::CeilingBasis::Assumed => ", ceiling assumed",
    };
    match range.expected {
        Some(expected) if range.floor == range.ceiling => grouped(expected),
        Some(expected) => format!(
            "{} expected ({} to {}{basis})",
            grouped(expected),
            grouped(range.floor),
            grouped(range.ceiling)
        ),
        None if basis.is_empty() => format!("{} to {}", grouped(range.floor), grouped(range.ceiling)),
        None => format!("{} to {} (ceiling assumed)", grouped(range.floor), grouped(range.ceiling)),
    }
}

fn text_input(quote: &Quote<'_>, family: &Family) -> Vec<String> {
    let (request, Some(rule)) = (quote.request(), &family.text_input) else { return Vec::new() };
    let prompt = request.prompt.map_or(0, |prompt| prompt.tokens);
    let Some(rule) = rule.rule.overhead() else {
        let text = format!("prompt {} by o200k_base, which is not this model's tokenizer", grouped(prompt));
        return vec![times_n(text, request.n)];
    };
    let mut text = format!("prompt {} + {} that every call adds", grouped(prompt), rule.per_call);
    if !request.images.is_empty() {
        text.push_str(&match request.images.len() {
            1 => " + what the input image adds".to_owned(),
            count => format!(" + what {count} input images add"),
        });
        if rule.per_image_by_tiles.is_empty() {
            text.push_str(&format!(" ({} each)", rule.per_image));
        } else {
            let by_tiles: Vec<String> = rule.per_image_by_tiles.iter().map(ToString::to_string).collect();
            text.push_str(&format!(" ({} for 1, 2, … tiles)", by_tiles.join(", ")));
        }
    }
    vec![times_n(text, request.n)]
}

fn times_n(text: String, n: u32) -> String {
    if n > 1 { format!("({text}) × n = {n}") } else { text }
}

fn image_input(quote: &Quote<'_>, family: &Family) -> Vec<String> {
    let (request, Some(rule)) = (quote.request(), &family.image_input) else { return Vec::new() };
    let high = request.input_fidelity == Some(Fidelity::High);
    let mut steps: Vec<String> =
        request.images.iter().map(|image| one_input(rule.rule, *image, high)).collect();
    if request.n > 1 {
        steps.push(format!("all of it × n = {}", request.n));
    }
    steps
}

fn one_input(rule: ImageInputRule, image: InputImage, high: bool) -> String {
    if let ImageInputRule::Flat { tokens } = rule {
        let TokenSpan { floor, ceiling, .. } = tokens;
        let count =
            if floor == ceiling { grouped(floor) } else { format!("{floor} to {}", grouped(ceiling)) };
        return format!("{count} tokens for an image of any size");
    }
    let InputImage::Sized(size) = image else {
        return "an image of unknown size: from the fewest tokens to the most".to_owned();
    };
    match rule {
        ImageInputRule::Flat { .. } => String::new(),
        ImageInputRule::Patches(rule) => {
            let tokens = rule.tokens(size).map_or_else(|| "?".to_owned(), |range| range_words(&range));
            format!("{size}: {tokens} patches of {0}x{0}, at most {1}", rule.patch, rule.max_patches)
        }
        ImageInputRule::Tiles { fit, short_side, tile, base, per_tile, fidelity_high } => {
            let count = tiles::count(size, fit, short_side, tile).unwrap_or(0);
            let more = match fidelity_high.filter(|_| high) {
                Some(tokens) => format!(
                    " + high fidelity ({} if square, {} if not)",
                    grouped(tokens.square),
                    grouped(tokens.other)
                ),
                None => String::new(),
            };
            format!("{size}: {base} + {per_tile} × {count} tile{}{more}", if count == 1 { "" } else { "s" })
        }
    }
}

fn text_output(quote: &Quote<'_>, family: &Family) -> Vec<String> {
    let Some(rule) = &family.text_output else { return Vec::new() };
    let rule = &rule.rule;
    let line = quote.lines().iter().find(|line| line.item == Item::TextOutput);
    let images = u64::from(quote.request().n).max(1);
    let usual = match line.and_then(|line| line.quantity.expected).map(|all| all / images) {
        Some(expected) => format!("about {expected}"),
        None => "what is usual is not known".to_owned(),
    };
    vec![format!("text that the model adds to each image: {} to {}, {usual}", rule.floor, rule.ceiling)]
}

fn image_output(quote: &Quote<'_>, family: &Family) -> Vec<String> {
    let Some(rule) = &family.image_output else { return Vec::new() };
    let n = quote.request().n;
    if let (ImageOutputRule::BySizeClass { tokens }, Some(size)) = (&rule.rule, quote.size()) {
        return by_size_class(family, tokens, size, n);
    }
    let chosen = quote.quality().filter(|quality| **quality != Quality::Auto);
    let (Some(quality), Some(size)) = (chosen, quote.size()) else {
        return vec!["left to the model: from its cheapest to its dearest choice".to_owned()];
    };
    match &rule.rule {
        ImageOutputRule::RowGrid { base } => {
            let Some(g) = of_quality(base, quality) else { return Vec::new() };
            let tokens = row_grid::tokens(size, g).unwrap_or(0);
            let cells = |edge: u32| u64::from(g) * u64::from(edge) / u64::from(size.short());
            let (columns, rows) = (cells(size.width()), cells(size.height()));
            let one = format!(
                "{quality} has {g} cells along the short side: {columns} columns × {rows} rows + {rows} row ends = {}",
                grouped(tokens)
            );
            vec![times_n(one, n)]
        }
        ImageOutputRule::AreaGrid { base, area_offset, area_divisor, .. } => {
            let Some(q) = of_quality(base, quality) else { return Vec::new() };
            area_grid_steps(quality, size, n, q, (*area_offset, *area_divisor))
        }
        ImageOutputRule::BySizeClass { .. } => Vec::new(),
        ImageOutputRule::Scaled { of, floor, ceiling } => {
            let factor = |table: &[(Quality, imgcost_core::Ratio)]| {
                of_quality(table, quality).map_or_else(
                    || "?".to_owned(),
                    |ratio| {
                        serde_json::to_value(ratio)
                            .ok()
                            .and_then(|ratio| ratio.as_str().map(str::to_owned))
                            .unwrap_or_default()
                    },
                )
            };
            vec![format!(
                "no formula is known: {} to {} times the count of {of}",
                factor(floor),
                factor(ceiling)
            )]
        }
    }
}

fn by_size_class(family: &Family, tokens: &[(String, TokenSpan)], size: Pixels, n: u32) -> Vec<String> {
    let Some(class) = family.limits.rule.size_class(size) else { return Vec::new() };
    let mut steps = vec![images::class_words(size, class)];
    if let Some((_, span)) = tokens.iter().find(|(name, _)| *name == class.name) {
        let (floor, ceiling) = (grouped(span.floor), grouped(span.ceiling));
        let one = if span.floor == span.ceiling { ceiling } else { format!("{floor} to {ceiling}") };
        steps.push(times_n(format!("{one} tokens an image"), n));
    }
    steps
}

fn area_grid_steps(
    quality: &Quality,
    size: Pixels,
    n: u32,
    q: u32,
    (offset, divisor): (u64, u64),
) -> Vec<String> {
    let Some(work) = area_grid::work(size, q, offset) else { return Vec::new() };
    let area = offset + size.area();
    let rows = work.expected.checked_div(u64::from(q).saturating_mul(area)).unwrap_or(0);
    let mut steps = vec![
        format!(
            "{quality} has {q} cells along the long side, and {rows} along the short one: {q} × {} / {}, rounded",
            size.short(),
            size.long()
        ),
        format!(
            "{}{q} × {rows} × ({} + {} × {}) / {}, rounded up",
            if n > 1 { format!("n = {n} × ") } else { String::new() },
            grouped(offset),
            size.width(),
            size.height(),
            grouped(divisor)
        ),
    ];
    if work.least != work.greatest {
        steps.push("an exact half: which way the bill rounds it is not known".to_owned());
    }
    steps
}

fn of_quality<T: Copy>(table: &[(Quality, T)], quality: &Quality) -> Option<T> {
    table.iter().find(|(name, _)| name == quality).map(|(_, value)| *value)
}

fn partial_images(quote: &Quote<'_>, family: &Family) -> Vec<String> {
    let (request, Some(rule)) = (quote.request(), &family.partial_image) else { return Vec::new() };
    let asked = match request.partial_images {
        Some(asked) => format!("{asked} asked for"),
        None => "none asked for, one may come".to_owned(),
    };
    let each = match rule.rule {
        PartialRule::Flat { tokens } => format!("{tokens} tokens each"),
        PartialRule::AreaScaled { tokens, area_offset, area_divisor } => format!(
            "{tokens} × ({} + area) / {} tokens each, rounded up; held at {tokens} where that is more",
            grouped(area_offset),
            grouped(area_divisor)
        ),
    };
    vec![times_n(format!("{asked}, {each}"), request.n)]
}

/// Quantity times rate, in words.
pub(super) fn amount(line: &QuoteLine<'_>) -> String {
    let Some(price) = line.price else { return "no price is known".to_owned() };
    let by_rate = match price.rate {
        Rate::PerMillion(rate) => format!("× {rate} / 1,000,000"),
        Rate::Each(usd) => format!("× {usd}"),
    };
    let of = |quantity: u64, usd: imgcost_core::Usd| format!("{} {by_rate} = ${usd}", grouped(quantity));
    match (line.quantity.expected, price.amount.expected) {
        (Some(quantity), Some(usd)) if price.amount.is_exact() => match price.rate.checked_mul(quantity) {
            Some(product) if product != usd => {
                format!("{}, rounded with the whole call: ${usd}", of(quantity, product))
            }
            _ => of(quantity, usd),
        },
        (Some(quantity), Some(usd)) => {
            format!("{}; ${} to ${}", of(quantity, usd), price.amount.floor, price.amount.ceiling)
        }
        _ if line.quantity.floor == line.quantity.ceiling => {
            format!(
                "{} at ${} to ${} in all",
                grouped(line.quantity.floor),
                price.amount.floor,
                price.amount.ceiling
            )
        }
        _ => format!(
            "{} to {}",
            of(line.quantity.floor, price.amount.floor),
            of(line.quantity.ceiling, price.amount.ceiling)
        ),
    }
}
