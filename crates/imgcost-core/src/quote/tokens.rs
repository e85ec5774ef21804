//! From a request to token counts, each a range.

use crate::book::{
    CallingTokens, Family, ImageInputRule, ImageOutputRule, Offer, ResponsesRule, TextInputRule, TokenSpan,
};
use crate::estimate::{CeilingBasis, Estimate};
use crate::limits::ResolvedParams;
use crate::money::Ratio;
use crate::params::{Endpoint, Fidelity, Pixels, Quality, Size};
use crate::request::{InputImage, Prompt, Request};
use crate::rules::partial_images::{self, Areas};
use crate::rules::{area_grid, row_grid, tiles};

/// Widens a range to cover another choice; there is no expected value between choices.
fn either(a: Option<Estimate<u64>>, b: Estimate<u64>) -> Estimate<u64> {
    match a {
        None => b,
        Some(a) => Estimate::new(a.floor.min(b.floor), None, a.ceiling.max(b.ceiling), a.basis.max(b.basis)),
    }
}

/// Tokens of the final images.
pub(super) fn image_output(offer: &Offer<'_>, chosen: ResolvedParams<'_>, n: u32) -> Option<Estimate<u64>> {
    let rule = &offer.family.image_output.as_ref()?.rule;
    if let ImageOutputRule::BySizeClass { tokens } = rule {
        return by_size_class(offer, tokens, chosen.size, n);
    }
    match chosen.quality {
        Some(quality) if *quality != Quality::Auto => images(offer, rule, quality, chosen.size, n),
        _ => {
            let mut all = None;
            for quality in &offer.family.limits.rule.qualities {
                all = Some(either(all, images(offer, rule, quality, chosen.size, n)?));
            }
            all
        }
    }
}

fn images(
    offer: &Offer<'_>,
    rule: &ImageOutputRule,
    quality: &Quality,
    size: Size,
    n: u32,
) -> Option<Estimate<u64>> {
    match rule {
        ImageOutputRule::RowGrid { base } => {
            let g = of_quality(base, quality)?;
            let one = |size| row_grid::tokens(size, g)?.checked_mul(n.into()).map(Estimate::exact);
            match size {
                Size::Exact(size) => one(size),
                Size::Auto => {
                    let mut all = None;
                    for size in offer.family.limits.rule.sizes.all() {
                        all = Some(either(all, one(size)?));
                    }
                    all
                }
            }
        }
        ImageOutputRule::AreaGrid { .. } => area_grid_images(offer.family, quality, size, n),
        ImageOutputRule::Scaled { of, floor, ceiling } => {
            let model = area_grid_images(offer.book.family(of)?, quality, size, n)?;
            let least = of_quality(floor, quality)?.of(model.floor)?.0;
            let most = of_quality(ceiling, quality)?.of(model.ceiling)?.1;
            Some(Estimate::new(least, None, most, CeilingBasis::Assumed))
        }
        ImageOutputRule::BySizeClass { tokens } => by_size_class(offer, tokens, size, n),
    }
}

fn by_size_class(
    offer: &Offer<'_>,
    tokens: &[(String, TokenSpan)],
    size: Size,
    n: u32,
) -> Option<Estimate<u64>> {
    let limits = &offer.family.limits.rule;
    let one = |span: &TokenSpan| {
        Estimate::new(span.floor, span.expected, span.ceiling, CeilingBasis::Proven).checked_mul(n.into())
    };
    match size {
        Size::Exact(size) => {
            let class = limits.size_class(size)?;
            one(&tokens.iter().find(|(name, _)| *name == class.name)?.1)
        }
        Size::Auto => {
            let mut all: Option<Estimate<u64>> = None;
            for (_, span) in tokens {
                let next = one(span)?;
                // Classes that take the same leave nothing open.
                all = Some(if all.is_none_or(|all| all == next) { next } else { either(all, next) });
            }
            all
        }
    }
}

fn area_grid_images(family: &Family, quality: &Quality, size: Size, n: u32) -> Option<Estimate<u64>> {
    let ImageOutputRule::AreaGrid { base, area_offset, area_divisor, .. } =
        &family.image_output.as_ref()?.rule
    else {
        return None;
    };
    let tokens = |work| area_grid::tokens(work, n, *area_divisor);
    match size {
        Size::Exact(size) => {
            let work = area_grid::work(size, of_quality(base, quality)?, *area_offset)?;
            let expected = tokens(work.expected)?;
            if work.least == work.greatest {
                return Some(Estimate::exact(expected));
            }
            Some(Estimate::new(
                tokens(work.least)?,
                Some(expected),
                tokens(work.greatest)?,
                CeilingBasis::Proven,
            ))
        }
        Size::Auto => {
            let extreme = family.extremes.iter().find(|extreme| extreme.quality == *quality)?;
            Some(Estimate::new(tokens(extreme.least)?, None, tokens(extreme.greatest)?, CeilingBasis::Proven))
        }
    }
}

fn of_quality<T: Copy>(table: &[(Quality, T)], quality: &Quality) -> Option<T> {
    table.iter().find(|(name, _)| name == quality).map(|(_, value)| *value)
}

/// Tokens of partial images, where the response is streamed or partials were asked for.
pub(super) fn partial_images(offer: &Offer<'_>, request: &Request, size: Size) -> Option<Estimate<u64>> {
    let rule = offer.family.partial_image.as_ref()?.rule;
    let areas = match size {
        Size::Exact(size) => Areas::exact(size.area()),
        Size::Auto => {
            let (least, greatest) = offer.family.limits.rule.sizes.areas();
            Areas { least, greatest }
        }
    };
    partial_images::tokens(rule, request.partial_images, request.n, areas)
}

/// Text tokens that one image's output has beside it: expected as measured at its quality or in
/// its class of sizes, where they were measured apart.
pub(super) fn text_output(offer: &Offer<'_>, chosen: ResolvedParams<'_>) -> Option<Estimate<u64>> {
    let rule = &offer.family.text_output.as_ref()?.rule;
    let class = match chosen.size {
        Size::Exact(size) => offer.family.limits.rule.size_class(size).map(|class| class.name.as_str()),
        Size::Auto => None,
    };
    let quality = chosen.quality.map(Quality::as_str);
    let apart = rule.expected_by.iter().find(|(name, _)| [quality, class].contains(&Some(name.as_str())));
    let expected = apart.map(|(_, tokens)| *tokens).or(rule.expected);
    Some(Estimate::new(rule.floor, expected, rule.ceiling, CeilingBasis::Assumed))
}

/// Tokens of the input images of one image.
pub(super) fn image_input(rule: ImageInputRule, request: &Request) -> Option<Estimate<u64>> {
    let high = request.input_fidelity == Some(Fidelity::High);
    let mut sum = Estimate::exact(0);
    for image in &request.images {
        sum = sum.checked_add(&one_input(rule, *image, high)?)?;
    }
    Some(sum)
}

fn one_input(rule: ImageInputRule, image: InputImage, high: bool) -> Option<Estimate<u64>> {
    match (rule, image) {
        (ImageInputRule::Patches(rule), InputImage::Sized(size)) => rule.tokens(size),
        (ImageInputRule::Patches(rule), InputImage::Unsized) => {
            Some(Estimate::new(1, None, rule.max_patches.into(), CeilingBasis::Proven))
        }
        (ImageInputRule::Flat { tokens }, _) => {
            Some(Estimate::new(tokens.floor, tokens.expected, tokens.ceiling, CeilingBasis::Proven))
        }
        (ImageInputRule::Tiles { base, per_tile, fidelity_high, .. }, image) => {
            let tiles = tile_count(rule, image)?;
            let plain = tiles.try_map(|tiles| per_tile.checked_mul(tiles)?.checked_add(base))?;
            match fidelity_high.filter(|_| high) {
                None => Some(plain),
                Some(tokens) => plain.checked_add(&fidelity(tokens, image)),
            }
        }
    }
}

/// How many tiles an input image takes: 1 to the longest strip's where its size is unknown.
fn tile_count(rule: ImageInputRule, image: InputImage) -> Option<Estimate<u64>> {
    let ImageInputRule::Tiles { fit, short_side, tile, .. } = rule else { return None };
    match image {
        InputImage::Sized(size) => tiles::count(size, fit, short_side, tile).map(Estimate::exact),
        InputImage::Unsized => {
            Some(Estimate::new(1, None, most_tiles(fit, short_side, tile)?, CeilingBasis::Proven))
        }
    }
}

/// What high fidelity adds. Where square ends is not published: a square is exact, a clear
/// portrait or landscape too, and between them the ceiling is the dearer one.
fn fidelity(tokens: crate::book::FidelityTokens, image: InputImage) -> Estimate<u64> {
    let shape = |size: Pixels, ratio: Ratio| ratio.is_exceeded_by(size.long(), size.short());
    let (least, most) = (tokens.square.min(tokens.other), tokens.square.max(tokens.other));
    match image {
        InputImage::Unsized => Estimate::new(least, None, most, CeilingBasis::Proven),
        InputImage::Sized(size) if size.width() == size.height() => Estimate::exact(tokens.square),
        InputImage::Sized(size) if !shape(size, tokens.clear_ratio) => {
            let expected = if shape(size, tokens.square_ratio) { tokens.other } else { tokens.square };
            Estimate::new(least, Some(expected), most, CeilingBasis::Proven)
        }
        InputImage::Sized(_) => Estimate::exact(tokens.other),
    }
}

/// Text tokens of one image: the prompt and what the API adds to it.
pub(super) fn text_input(offer: &Offer<'_>, request: &Request, prompt: Prompt) -> Option<Estimate<u64>> {
    let prompt_tokens = prompt.tokens;
    let rule = match &offer.family.text_input.as_ref()?.rule {
        TextInputRule::Overhead(rule) => rule,
        TextInputRule::OwnTokenizer => return Some(own_tokenizer(prompt)),
    };
    let mut sum = Estimate::exact(prompt_tokens.checked_add(rule.per_call)?);
    if request.endpoint == Endpoint::Responses {
        // The tool is given the prompt as the calling model rewrites it.
        if let Some(responses) = &offer.family.responses {
            let most = prompt_tokens.max(responses.rule.revised_prompt_ceiling).checked_add(rule.per_call)?;
            sum = Estimate::new(rule.per_call, sum.expected, most, CeilingBasis::Assumed);
        }
    }
    let tiles_rule = offer.family.image_input.as_ref().map(|rule| rule.rule);
    for image in &request.images {
        let added = if rule.per_image_by_tiles.is_empty() {
            let most = rule.per_image_ceiling.unwrap_or(rule.per_image);
            let basis = if most > rule.per_image { CeilingBasis::Assumed } else { CeilingBasis::Proven };
            Estimate::new(rule.per_image, Some(rule.per_image), most, basis)
        } else {
            let tiles = tile_count(tiles_rule?, *image)?;
            let beyond = tiles.ceiling > u64::try_from(rule.per_image_by_tiles.len()).ok()?;
            let added = tiles.try_map(|tiles| by_tiles(&rule.per_image_by_tiles, tiles))?;
            if beyond { added.assumed() } else { added }
        };
        sum = sum.checked_add(&added)?;
    }
    Some(sum)
}

/// What a Responses API call takes of something that each of its images takes: none if its model
/// answers in words, probably one, at most as many as its tool calls may make.
pub(super) fn by_tool_calls(one: Estimate<u64>, request: &Request) -> Option<Estimate<u64>> {
    let ceiling = one.ceiling.checked_mul(request.most_images().into())?;
    Some(Estimate::new(0, one.expected, ceiling, CeilingBasis::Assumed))
}

/// The width and height that the calling model's view of an image is fitted to, its short side,
/// and the edge of its tiles, in pixels: the rule of gpt-4o-mini.
const VIEW: (u32, u32, u32) = (2048, 768, 512);

/// Input and output tokens of the model that runs the image tool: it reads the prompt, which the
/// ceiling counts twice, its own output, the input images, and a view of each image made.
pub(super) fn calling_model(
    rule: ResponsesRule,
    model: Option<CallingTokens>,
    request: &Request,
) -> Option<(Estimate<u64>, Estimate<u64>)> {
    let model = model.unwrap_or_default();
    let prompt = request.prompt.map_or(0, |prompt| prompt.tokens);
    let usual = model.output_expected.unwrap_or(rule.output_expected);
    let output = Estimate::new(0, Some(usual), rule.output_ceiling, CeilingBasis::Assumed);

    let view = model.view.unwrap_or(rule.view_ceiling).checked_mul(request.most_images().into())?;
    let mut images = Estimate::exact(0);
    for image in &request.images {
        images = images.checked_add(&viewed(rule, model, *image)?)?;
    }
    let ceiling = (prompt.checked_mul(2)?)
        .checked_add(rule.output_ceiling)?
        .checked_add(view)?
        .checked_add(images.ceiling)?
        .checked_add(rule.context_ceiling)?;
    let context = model.context_expected.unwrap_or(rule.context_expected);
    let expected = match images.expected {
        Some(images) => Some(prompt.checked_add(usual)?.checked_add(context)?.checked_add(images)?),
        None => None,
    };
    Some((Estimate::new(prompt, expected, ceiling, CeilingBasis::Assumed), output))
}

/// What an input image takes of the calling model's input.
fn viewed(rule: ResponsesRule, model: CallingTokens, image: InputImage) -> Option<Estimate<u64>> {
    let Some((base, per_tile)) = model.input_image else {
        return Some(Estimate::new(0, None, rule.input_image_ceiling, CeilingBasis::Assumed));
    };
    let (fit, short_side, tile) = VIEW;
    let tiles = match image {
        InputImage::Sized(size) => Estimate::exact(tiles::count(size, fit, short_side, tile)?),
        InputImage::Unsized => {
            Estimate::new(1, None, most_tiles(fit, short_side, tile)?, CeilingBasis::Proven)
        }
    };
    tiles.try_map(|tiles| per_tile.checked_mul(tiles)?.checked_add(base))
}

/// The most tiles that an image of any size takes: those of the longest strip.
fn most_tiles(fit: u32, short_side: u32, tile: u32) -> Option<u64> {
    let tile = u64::from(tile.max(1));
    u64::from(fit).div_ceil(tile).checked_mul(u64::from(short_side).div_ceil(tile))
}

/// A prompt that another tokenizer counts: a count that was given is taken, one of ours is a
/// guess, and no tokenizer makes more tokens of a text than it has bytes.
fn own_tokenizer(prompt: Prompt) -> Estimate<u64> {
    match prompt.most_bytes() {
        None | Some(0) => Estimate::exact(prompt.tokens),
        Some(bytes) => Estimate::new(0, Some(prompt.tokens), bytes, CeilingBasis::Assumed),
    }
}

/// The entry for a count of tiles; beyond the list it grows by the last difference.
fn by_tiles(list: &[u64], tiles: u64) -> Option<u64> {
    let index = usize::try_from(tiles.checked_sub(1)?).ok()?;
    if let Some(added) = list.get(index) {
        return Some(*added);
    }
    let last = *list.last()?;
    let before = list.len().checked_sub(2).and_then(|index| list.get(index)).copied().unwrap_or(0);
    let beyond = u64::try_from(index - (list.len() - 1)).ok()?;
    last.checked_add(last.checked_sub(before)?.checked_mul(beyond)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_overhead_grows_beyond_the_list() {
        assert_eq!(
            [1, 2, 3, 4, 5].map(|tiles| by_tiles(&[16, 26, 38], tiles)),
            [Some(16), Some(26), Some(38), Some(50), Some(62)]
        );
    }
}
