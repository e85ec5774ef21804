//! The lines of a quote, by billing basis.

use arrayvec::ArrayVec;

use super::line::{LinePart, Price, QuoteLine, Rate, image_line};
use super::{MAX_LINES, images, tokens};
use crate::book::{DatedRow, FixedPrice, Offer, RatioCard, Sizes, Sourced};
use crate::estimate::{CeilingBasis, Estimate};
use crate::evidence::{Confidence, Evidence};
use crate::limits::ResolvedParams;
use crate::money::{Ratio, Usd, UsdPerMillion};
use crate::params::{Basis, Endpoint, Item, Pixels, Quality, Size, Unit};
use crate::request::Request;

/// A count with where it comes from.
struct Counted<'b> {
    item: Item,
    part: Option<LinePart>,
    quantity: Estimate<u64>,
    evidence: Evidence,
    source: &'b str,
}

impl<'b> Counted<'b> {
    fn by<T>(item: Item, quantity: Estimate<u64>, rule: &'b Sourced<T>) -> Self {
        let (evidence, source) = (rule.evidence, rule.source.as_str());
        let quantity = if evidence == Evidence::Assumed { quantity.assumed() } else { quantity };
        Counted { item, part: None, quantity, evidence, source }
    }
}

/// Fills in the lines of a request; none if a number is too large to be exact.
pub(super) fn price<'b>(
    offer: &Offer<'b>,
    request: &'b Request,
    chosen: ResolvedParams<'b>,
    lines: &mut ArrayVec<QuoteLine<'b>, MAX_LINES>,
) -> Option<()> {
    match offer.model.basis {
        Basis::Tokens => by_tokens(offer, request, chosen, lines),
        Basis::PerImage => by_image(offer, request, chosen, lines),
        Basis::PerCall => by_call(offer, request, lines),
        Basis::Ratio => by_ratio(offer, request, chosen, lines),
    }?;
    if !request.tier.is_usual() && offer.model.basis != Basis::Tokens {
        // Prices that name no tier are those of the ordinary one.
        lines.iter_mut().for_each(|line| line.price = None);
    }
    for price in lines.iter_mut().filter_map(|line| line.price.as_mut()) {
        if price.row.confidence == Confidence::Medium {
            // Read at a third party: no proof of what the provider asks.
            price.amount = price.amount.assumed();
        }
    }
    if lines.is_empty() {
        // A model that neither rules nor prices say anything of: an image of unknown price.
        lines.try_push(image_line(request.n.into(), None, offer.family.limits.source.as_str())).ok()?;
    }
    Some(())
}

type Lines<'b> = ArrayVec<QuoteLine<'b>, MAX_LINES>;

fn by_tokens<'b>(
    offer: &Offer<'b>,
    request: &'b Request,
    chosen: ResolvedParams<'b>,
    lines: &mut Lines<'b>,
) -> Option<()> {
    counted(offer, request, chosen, |count| push(lines, &count, offer.token_rate(request.tier, count.item)))?;
    uncounted(offer, request, lines)?;
    mainline(offer, request, lines)
}

/// What is billed by tokens and was asked for, of which the family has no rule: lines without a
/// price, so that the total is not taken for the whole.
fn uncounted<'b>(offer: &Offer<'b>, request: &'b Request, lines: &mut Lines<'b>) -> Option<()> {
    let (family, n) = (offer.family, u64::from(request.n));
    let source = family.limits.source.as_str();
    let mut push = |item, unit, count| {
        let (quantity, evidence) = (Estimate::exact(count), Evidence::Assumed);
        lines.try_push(QuoteLine { item, part: None, unit, quantity, price: None, evidence, source }).ok()
    };
    if let Some(prompt) = request.prompt.filter(|_| family.text_input.is_none()) {
        push(Item::TextInput, Unit::Token, prompt.tokens.checked_mul(n)?)?;
    }
    if family.image_input.is_none() && !request.images.is_empty() {
        let images = u64::try_from(request.images.len()).ok()?;
        push(Item::ImageInput, Unit::Image, images.checked_mul(n)?)?;
    }
    let partials = request.partial_images.filter(|_| family.partial_image.is_none());
    if let Some(partials) = partials.filter(|partials| *partials > 0) {
        push(Item::PartialImages, Unit::Image, u64::from(partials).checked_mul(n)?)?;
    }
    Some(())
}

fn push<'b>(
    lines: &mut Lines<'b>,
    count: &Counted<'b>,
    rate: Option<(UsdPerMillion, &'b DatedRow)>,
) -> Option<()> {
    let price = match rate {
        Some((rate, row)) => {
            let amount = count.quantity.try_map(|tokens| rate.checked_mul(tokens))?;
            Some(Price { rate: Rate::PerMillion(rate), amount, row })
        }
        None => None,
    };
    let Counted { item, part, quantity, evidence, source } = *count;
    lines.try_push(QuoteLine { item, part, unit: Unit::Token, quantity, price, evidence, source }).ok()
}

/// Counts every token item of the call, in the order in which quotes show them.
fn counted<'b>(
    offer: &Offer<'b>,
    request: &'b Request,
    chosen: ResolvedParams<'b>,
    mut take: impl FnMut(Counted<'b>) -> Option<()>,
) -> Option<()> {
    let n = u64::from(request.n);
    let family = offer.family;
    let mut take = |count: Counted<'b>| match request.endpoint {
        // Each tool call makes one image, of which `n` is none yet or the one that is likely.
        Endpoint::Responses => {
            take(Counted { quantity: tokens::by_tool_calls(count.quantity, request)?, ..count })
        }
        _ => take(count),
    };
    if let (Some(prompt), Some(rule)) = (request.prompt, &family.text_input) {
        let tokens = tokens::text_input(offer, request, prompt)?.checked_mul(n)?;
        take(Counted::by(Item::TextInput, tokens, rule))?;
    }
    if let Some(rule) = family.image_input.as_ref().filter(|_| !request.images.is_empty()) {
        take(Counted::by(Item::ImageInput, tokens::image_input(rule.rule, request)?.checked_mul(n)?, rule))?;
    }
    if let Some(rule) = &family.text_output {
        let one = tokens::text_output(offer, chosen)?;
        take(Counted::by(Item::TextOutput, one.checked_mul(n)?, rule))?;
    }
    if let Some(rule) = &family.image_output {
        take(Counted::by(Item::ImageOutput, tokens::image_output(offer, chosen, request.n)?, rule))?;
    }
    if let Some(rule) = family.partial_image.as_ref().filter(|_| may_send_partials(request)) {
        take(Counted::by(Item::PartialImages, tokens::partial_images(offer, request, chosen.size)?, rule))?;
    }
    Some(())
}

/// Partials come while streaming; asked for without it, they are priced all the same.
pub(super) fn may_send_partials(request: &Request) -> bool {
    match request.partial_images {
        Some(partials) => partials > 0,
        None => request.stream,
    }
}

/// The tokens of the model that runs the Responses API's image tool.
fn mainline<'b>(offer: &Offer<'b>, request: &'b Request, lines: &mut Lines<'b>) -> Option<()> {
    let Some(rule) = offer.family.responses.as_ref().filter(|_| request.endpoint == Endpoint::Responses)
    else {
        return Some(());
    };
    let model = request.responses_model.as_deref().and_then(|id| offer.text_model(id));
    let rates = request.responses_model.as_deref().and_then(|id| offer.text_rates(id, request.tier));
    let (input, output) = tokens::calling_model(rule.rule, model.map(|model| model.tokens), request)?;
    for (part, quantity) in [(LinePart::Input, input), (LinePart::Output, output)] {
        let count = Counted { part: Some(part), ..Counted::by(Item::ResponsesModel, quantity, rule) };
        let rate =
            rates.map(|model| (if part == LinePart::Input { model.input } else { model.output }, &model.row));
        push(lines, &count, rate)?;
    }
    Some(())
}

fn by_image<'b>(
    offer: &Offer<'b>,
    request: &'b Request,
    chosen: ResolvedParams<'b>,
    lines: &mut Lines<'b>,
) -> Option<()> {
    let priced = images::image_lines(offer, request, chosen)?;
    let inputs_have_a_price = priced.inputs.is_some();
    // A provider that bills by the image may bill input tokens on top: those it names are
    // priced, those its model has and it does not name are unpriced.
    let mut images = Some([priced.inputs, Some(priced.image)]);
    let mut show = |lines: &mut Lines<'b>| {
        images.take().into_iter().flatten().flatten().try_for_each(|line| lines.try_push(line).ok())
    };
    counted(offer, request, chosen, |count| match count.item {
        Item::ImageOutput => show(lines),
        Item::TextOutput => Some(()),
        Item::ImageInput if inputs_have_a_price => Some(()),
        item => push(lines, &count, offer.token_rate(request.tier, item)),
    })?;
    show(lines)?;
    match offer.model.rounds_up_per_usd {
        Some(units) => round_up_whole(lines, units),
        None => Some(()),
    }
}

/// Rounds what the whole call costs up to a unit. The images' line takes the difference, so that
/// the lines add up.
fn round_up_whole(lines: &mut Lines<'_>, units_per_usd: u32) -> Option<()> {
    if lines.iter().any(|line| line.price.is_none()) {
        return Some(());
    }
    let all = super::sum(lines)?;
    let Some(price) =
        lines.iter_mut().find(|line| line.item == Item::Image).and_then(|line| line.price.as_mut())
    else {
        return Some(());
    };
    let up = |own: Usd, all: Option<Usd>| {
        let all = all?;
        own.checked_add(all.rounded_up_to(units_per_usd)?.distance(all))
    };
    let amount = price.amount;
    price.amount = Estimate {
        floor: up(amount.floor, all.floor)?,
        expected: amount.expected.and_then(|own| up(own, all.expected)),
        ceiling: up(amount.ceiling, all.ceiling)?,
        ..amount
    };
    Some(())
}

/// One price a call. Whether a call for several images counts as one or as several is not
/// said anywhere, so that it is a range.
fn by_call<'b>(offer: &Offer<'b>, request: &'b Request, lines: &mut Lines<'b>) -> Option<()> {
    let n = u64::from(request.n);
    let quantity = if n == 1 { Estimate::exact(1) } else { Estimate::new(1, None, n, CeilingBasis::Assumed) };
    let call = offer.call_price();
    let price = match call {
        Some(call) => {
            let amount = quantity.try_map(|calls| call.usd.checked_mul(calls))?;
            Some(Price { rate: Rate::Each(call.usd), amount, row: &call.row })
        }
        None => None,
    };
    let (evidence, source) = match call {
        Some(call) => (call.row.evidence, call.row.source.as_str()),
        None => (Evidence::Assumed, offer.family.limits.source.as_str()),
    };
    lines
        .try_push(QuoteLine {
            item: Item::Call,
            part: None,
            unit: Unit::Call,
            quantity,
            price,
            evidence,
            source,
        })
        .ok()
}

fn by_ratio<'b>(
    offer: &Offer<'b>,
    request: &'b Request,
    chosen: ResolvedParams<'b>,
    lines: &mut Lines<'b>,
) -> Option<()> {
    let group = request.group_ratio.unwrap_or(Ratio::ONE);
    if let Some(fixed) = offer.fixed_price() {
        return by_fixed_price(offer, fixed, group, request, chosen, lines);
    }
    let base = offer.provider.ratio.as_ref();
    let card = offer.ratios();
    counted(offer, request, chosen, |count| {
        let rate = match (base, card) {
            (Some(base), Some(card)) => {
                Some((base.usd_per_million.checked_scale(item_ratio(card, count.item, group)?)?, &card.row))
            }
            _ => None,
        };
        push(lines, &count, rate)
    })?;
    uncounted(offer, request, lines)?;
    if let Some(base) = base {
        round_to_units(lines, base.quota_per_usd)?;
    }
    Some(())
}

pub(super) fn item_ratio(card: &RatioCard, item: Item, group: Ratio) -> Option<Ratio> {
    let own = match item {
        Item::ImageInput => card.image,
        Item::ImageOutput | Item::PartialImages | Item::TextOutput => card.completion,
        _ => Ratio::ONE,
    };
    card.model.checked_mul(own)?.checked_mul(group)
}

fn by_fixed_price<'b>(
    offer: &Offer<'b>,
    fixed: &'b FixedPrice,
    group: Ratio,
    request: &'b Request,
    chosen: ResolvedParams<'b>,
    lines: &mut Lines<'b>,
) -> Option<()> {
    let n = u64::from(request.n);
    let qualities = &offer.family.limits.rule.qualities;
    let mut amount: Option<Estimate<Usd>> = None;
    let mut most = fixed.usd;
    let plain = [Quality::Standard];
    let choices: &[Quality] = match chosen.quality {
        Some(Quality::Auto) if qualities.is_empty() => &plain,
        Some(Quality::Auto) => qualities,
        Some(quality) => std::slice::from_ref(quality),
        None => &plain,
    };
    let mut take = |size| {
        for quality in choices {
            let each = fixed.usd.checked_scale(fixed.ratio(quality, size)?.checked_mul(group)?)?;
            let all = each.checked_mul(n)?;
            most = most.max(each);
            amount = Some(match amount {
                None => Estimate::exact(all),
                Some(range) => {
                    Estimate::new(range.floor.min(all), None, range.ceiling.max(all), CeilingBasis::Proven)
                }
            });
        }
        Some(())
    };
    match chosen.size {
        Size::Exact(size) => take(size)?,
        Size::Auto => fixed_sizes(offer, fixed).try_for_each(&mut take)?,
    }
    let amount = amount?;
    let price = Some(Price { rate: Rate::Each(most), amount, row: &fixed.row });
    lines.try_push(image_line(n, price, fixed.row.source.as_str())).ok()?;
    match &offer.provider.ratio {
        Some(base) => round_to_units(lines, base.quota_per_usd),
        None => Some(()),
    }
}

/// The sizes that a fixed price may tell from each other: where any is taken, those that it
/// names and one that it does not.
pub(super) fn fixed_sizes<'b>(
    offer: &Offer<'b>,
    fixed: &'b FixedPrice,
) -> impl Iterator<Item = Pixels> + use<'b> {
    let sizes = &offer.family.limits.rule.sizes;
    let any = matches!(sizes, Sizes::Any | Sizes::UpTo(_));
    let named = fixed.size_ratio.iter().map(|(size, _)| *size);
    let named = named.chain(fixed.quality_ratio.iter().filter_map(|(_, size, _)| *size));
    let other = Pixels::new(1, 1).into_iter();
    sizes.all().chain(named.chain(other).filter(move |_| any))
}

/// A gateway bills whole units, rounding the call's sum to the nearest. Each line's floor is
/// rounded down to the unit and its ceiling up, so that the sums cover that rounding.
fn round_to_units(lines: &mut Lines<'_>, units_per_usd: u32) -> Option<()> {
    for price in lines.iter_mut().filter_map(|line| line.price.as_mut()) {
        let floor = price.amount.floor.rounded_down_to(units_per_usd)?;
        let ceiling = price.amount.ceiling.rounded_up_to(units_per_usd)?;
        price.amount = Estimate { floor, ceiling, ..price.amount };
    }
    Some(())
}
