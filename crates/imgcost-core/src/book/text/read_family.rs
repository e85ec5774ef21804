//! From checked TOML to families: limits and token rules.

use super::read::field_rule;
use super::shape::{count, span};
use super::view::View;
use crate::book::{
    AutoSeen, Family, FidelityTokens, FreeSize, ImageInputRule, ImageOutputRule, Limits, Overhead,
    PartialRule, ResponsesRule, SizeClass, Sizes, SourceLocation, Sourced, TextInputRule, TextOutputRule,
};
use crate::evidence::Evidence;
use crate::params::{Quality, Size};

fn sourced<T>(view: &View<'_>, rule: T) -> Option<Sourced<T>> {
    Some(Sourced {
        rule,
        evidence: view.parse("evidence")?,
        source: view.owned("source")?,
        note: view.owned("note"),
    })
}

/// Keeps counts that a rule multiplies small enough never to overflow.
fn base(view: &View<'_>) -> Vec<(Quality, u32)> {
    let entries = view.entries("base").into_iter();
    let mut base: Vec<(Quality, u32)> = entries
        .filter_map(|(name, value, _)| {
            Some((name, u32::try_from(count(value.as_integer()?.as_str())?).ok()?))
        })
        .collect();
    base.sort_by_key(|(_, cells)| *cells);
    base
}

pub(super) fn family(view: &View<'_>, location: SourceLocation) -> Option<Family> {
    let limits = view.view("limits")?;
    let rules = view.view("rules");
    let rule = |key: &str| rules.and_then(|rules| rules.view(key));
    Some(Family {
        id: view.owned("id")?,
        title: view.owned("title")?,
        limits: sourced(&limits, limits_of(&limits)?)?,
        image_output: rule("image_output").and_then(|view| sourced(&view, image_output(&view)?)),
        partial_image: rule("partial_image").and_then(|view| sourced(&view, partial_image(&view)?)),
        image_input: rule("image_input").and_then(|view| sourced(&view, image_input(&view)?)),
        text_input: rule("text_input").and_then(|view| sourced(&view, text_input(&view)?)),
        text_output: rule("text_output").and_then(|view| sourced(&view, text_output(&view)?)),
        responses: rule("responses").and_then(|view| sourced(&view, responses(&view)?)),
        auto_seen: view.view("auto_seen").and_then(|seen| {
            let (calls, least) = (seen.count("calls")?, seen.count("least")?);
            Some(AutoSeen { calls, least, greatest: seen.count("greatest")? })
        }),
        extremes: Vec::new(),
        location,
    })
}

fn limits_of(view: &View<'_>) -> Option<Limits> {
    let free = view.view("free_size").and_then(|free| {
        Some(Sizes::Free(FreeSize {
            multiple_of: free.count32("multiple_of")?,
            max_edge: free.count32("max_edge")?,
            max_ratio: free.count32("max_ratio")?,
            min_pixels: free.count("min_pixels")?,
            max_pixels: free.count("max_pixels")?,
        }))
    });
    let classes: Vec<SizeClass> = (view.views("size_class").iter())
        .filter_map(|class| {
            Some(SizeClass {
                name: class.owned("name")?,
                square: class.parse("square")?,
                max_pixels: class.count("max_pixels")?,
                max_edge: class.count32("max_edge"),
            })
        })
        .collect();
    let sizes = match free {
        Some(free) => free,
        None if !classes.is_empty() => Sizes::Classes(classes),
        None if view.flag("any_size") => view.count("max_pixels").map_or(Sizes::Any, Sizes::UpTo),
        None => Sizes::Listed(view.list("sizes")),
    };
    Some(Limits {
        endpoints: view.list("endpoints"),
        qualities: view.list("qualities"),
        quality_auto: view.flag("quality_auto"),
        default_quality: view.parse("default_quality"),
        sizes,
        size_auto: view.flag("size_auto"),
        default_size: view.parse::<Size>("default_size")?,
        default_size_edits: view.parse("default_size_edits"),
        n_max: view.count32("n_max"),
        partial_images_max: view.count32("partial_images_max").unwrap_or(0),
        input_images_max: view.count32("input_images_max"),
        input_fidelities: view.list("input_fidelities"),
        mask: view.flag("mask"),
        mask_evidence: view.parse("mask_evidence").unwrap_or(Evidence::Assumed),
        backgrounds: view.list("backgrounds"),
        output_formats: view.list("output_formats"),
        prompt_max_chars: view.count("prompt_max_chars"),
        fields: view.views("field").iter().filter_map(field_rule).collect(),
        unknown: view.flag("limits_unknown"),
    })
}

/// More than one way of saying which sizes are accepted, or half of one, with the byte offset.
pub(super) fn size_slips(family: &View<'_>) -> Option<(usize, String)> {
    let limits = family.view("limits")?;
    let has = |key: &&str| match *key {
        "any_size" => limits.flag("any_size"),
        key => limits.value(key).is_some(),
    };
    if limits.value("max_pixels").is_some() && !limits.flag("any_size") {
        return Some((limits.at_key("max_pixels"), "'max_pixels' goes with 'any_size'".to_owned()));
    }
    let mut ways = ["sizes", "free_size", "size_class", "any_size"].into_iter().filter(has);
    let (first, second) = (ways.next()?, ways.next()?);
    Some((limits.at_key(second), format!("'{first}' and '{second}' exclude each other")))
}

fn image_output(view: &View<'_>) -> Option<ImageOutputRule> {
    Some(match view.text("kind")? {
        "row-grid" => ImageOutputRule::RowGrid { base: base(view) },
        "area-grid" => ImageOutputRule::AreaGrid {
            base: base(view),
            area_offset: view.count("area_offset")?,
            area_divisor: view.count("area_divisor")?,
            auto_seen_max: view.count("auto_seen_max"),
        },
        "by-size-class" => ImageOutputRule::BySizeClass {
            tokens: (view.entries("tokens").into_iter())
                .filter_map(|(class, value, _)| Some((class, span(value)?)))
                .collect(),
        },
        _ => ImageOutputRule::Scaled {
            of: view.owned("of")?,
            floor: view.priced("floor"),
            ceiling: view.priced("ceiling"),
        },
    })
}

fn partial_image(view: &View<'_>) -> Option<PartialRule> {
    let tokens = view.count("tokens")?;
    Some(match view.text("kind")? {
        "flat" => PartialRule::Flat { tokens },
        _ => PartialRule::AreaScaled {
            tokens,
            area_offset: view.count("area_offset")?,
            area_divisor: view.count("area_divisor")?,
        },
    })
}

fn image_input(view: &View<'_>) -> Option<ImageInputRule> {
    Some(match view.text("kind")? {
        "tiles" => ImageInputRule::Tiles {
            fit: view.count32("fit")?,
            short_side: view.count32("short_side")?,
            tile: view.count32("tile")?,
            base: view.count("base")?,
            per_tile: view.count("per_tile")?,
            fidelity_high: view.view("fidelity_high").and_then(|high| {
                Some(FidelityTokens {
                    square: high.count("square")?,
                    other: high.count("other")?,
                    square_ratio: high.parse("square_ratio")?,
                    clear_ratio: high.parse("clear_ratio")?,
                })
            }),
        },
        "flat" => ImageInputRule::Flat { tokens: span(view.value("tokens")?)? },
        _ => ImageInputRule::Patches(crate::rules::patches::Patches {
            patch: view.count32("patch")?,
            max_patches: view.count32("max_patches")?,
            upscale_below: view.count32("upscale_below")?,
            upscale_max: view.count32("upscale_max")?,
        }),
    })
}

fn text_input(view: &View<'_>) -> Option<TextInputRule> {
    if view.text("kind")? == "own-tokenizer" {
        return Some(TextInputRule::OwnTokenizer);
    }
    Some(TextInputRule::Overhead(Overhead {
        per_call: view.count("per_call")?,
        per_image: view.count("per_image").unwrap_or(0),
        per_image_by_tiles: view.counts("per_image_by_tiles"),
        per_image_ceiling: view.count("per_image_ceiling"),
    }))
}

fn text_output(view: &View<'_>) -> Option<TextOutputRule> {
    Some(TextOutputRule {
        floor: view.count("floor")?,
        expected: view.count("expected"),
        expected_by: (view.entries("expected_by").into_iter())
            .filter_map(|(name, value, _)| Some((name, count(value.as_integer()?.as_str())?)))
            .collect(),
        ceiling: view.count("ceiling")?,
    })
}

fn responses(view: &View<'_>) -> Option<ResponsesRule> {
    Some(ResponsesRule {
        context_expected: view.count("context_expected")?,
        context_ceiling: view.count("context_ceiling")?,
        view_ceiling: view.count("view_ceiling")?,
        input_image_ceiling: view.count("input_image_ceiling")?,
        output_expected: view.count("output_expected")?,
        output_ceiling: view.count("output_ceiling")?,
        revised_prompt_ceiling: view.count("revised_prompt_ceiling")?,
    })
}
