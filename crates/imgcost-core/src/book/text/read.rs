//! From checked TOML to rows. The shapes have been checked before: what is missing here
//! has been reported there.

use std::str::FromStr;

use jiff::civil::Date;
use toml::de::{DeTable, DeValue};

use super::shape::{count, span};
use crate::book::{
    AutoSeen, CallPrice, CallingTokens, DatedRow, Family, FidelityTokens, FieldCost, FieldRule, FixedPrice,
    FreeSize, ImageInputRule, ImageOutputRule, ImagePrice, Limits, Model, OutcomeRule, Overhead, PartialRule,
    Provider, RateCard, RatioBase, RatioCard, ResponsesRule, SizeClass, Sizes, Source, SourceLocation,
    Sourced, TextInputRule, TextModel, TextOutputRule,
};
use crate::evidence::{Confidence, Evidence};
use crate::params::{Basis, Param, Quality, Size, Tier};

/// A checked table.
#[derive(Clone, Copy)]
pub(super) struct View<'t> {
    table: &'t DeTable<'t>,
    at: usize,
}

impl<'t> View<'t> {
    pub(super) fn new(table: &'t DeTable<'t>, at: usize) -> Self {
        View { table, at }
    }

    /// The byte offset of the table.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The byte offset of a key's value, or of the table where the key is left out.
    pub(super) fn at_key(&self, key: &str) -> usize {
        self.table.get(key).map_or(self.at, |value| value.span().start)
    }

    fn value(&self, key: &str) -> Option<&'t DeValue<'t>> {
        self.table.get(key).map(|value| value.get_ref())
    }

    pub(super) fn text(&self, key: &str) -> Option<&'t str> {
        self.value(key)?.as_str()
    }

    fn owned(&self, key: &str) -> Option<String> {
        self.text(key).map(str::to_owned)
    }

    pub(super) fn parse<T: FromStr>(&self, key: &str) -> Option<T> {
        self.text(key)?.parse().ok()
    }

    fn count(&self, key: &str) -> Option<u64> {
        count(self.value(key)?.as_integer()?.as_str())
    }

    fn count32(&self, key: &str) -> Option<u32> {
        u32::try_from(self.count(key)?).ok()
    }

    fn flag(&self, key: &str) -> bool {
        self.value(key).and_then(DeValue::as_bool).unwrap_or(false)
    }

    /// The texts of a list, as written.
    pub(super) fn texts(&self, key: &str) -> impl Iterator<Item = &'t str> {
        let items = self.value(key).and_then(DeValue::as_array);
        items.into_iter().flat_map(|items| items.iter()).filter_map(|item| item.get_ref().as_str())
    }

    fn list<T: FromStr>(&self, key: &str) -> Vec<T> {
        self.texts(key).filter_map(|text| text.parse().ok()).collect()
    }

    fn counts(&self, key: &str) -> Vec<u64> {
        let items = self.value(key).and_then(DeValue::as_array);
        items
            .into_iter()
            .flat_map(|items| items.iter())
            .filter_map(|item| count(item.get_ref().as_integer()?.as_str()))
            .collect()
    }

    fn view(&self, key: &str) -> Option<View<'t>> {
        let value = self.table.get(key)?;
        Some(View { table: value.get_ref().as_table()?, at: value.span().start })
    }

    pub(super) fn views(&self, key: &str) -> Vec<View<'t>> {
        let items = self.value(key).and_then(DeValue::as_array);
        let view = |item: &'t toml::Spanned<DeValue<'t>>| {
            Some(View { table: item.get_ref().as_table()?, at: item.span().start })
        };
        items.into_iter().flat_map(|items| items.iter()).filter_map(view).collect()
    }

    /// The entries of a table with free keys: key, value, byte offset of the value.
    fn entries<K: FromStr>(&self, key: &str) -> Vec<(K, &'t DeValue<'t>, usize)> {
        let table = self.value(key).and_then(DeValue::as_table);
        let entry =
            |(key, value): (&'t toml::Spanned<toml::de::DeString<'t>>, &'t toml::Spanned<DeValue<'t>>)| {
                Some((key.get_ref().parse().ok()?, value.get_ref(), value.span().start))
            };
        table.into_iter().flat_map(|table| table.iter()).filter_map(entry).collect()
    }

    fn priced<K: FromStr, V: FromStr>(&self, key: &str) -> Vec<(K, V)> {
        let entries = self.entries(key).into_iter();
        entries.filter_map(|(name, value, _)| Some((name, value.as_str()?.parse().ok()?))).collect()
    }
}

pub(super) fn source(view: &View<'_>) -> Option<Source> {
    let read = view.parse("read")?;
    Some(Source {
        id: view.owned("id")?,
        title: view.owned("title")?,
        address: view.owned("address"),
        read,
        learned: view.parse("learned").unwrap_or(read),
        kind: view.owned("kind")?,
        maps: view.list("maps"),
        note: view.owned("note"),
    })
}

/// The id of the source that a user's own rows have when they name none.
pub(super) const OWN_BOOK: &str = "own-book";

/// What every dated row carries. A user's own row may leave its source out.
pub(super) fn row(view: &View<'_>, location: SourceLocation) -> Option<DatedRow> {
    Some(DatedRow {
        from: view.parse("from")?,
        to: view.parse("to"),
        from_assumed: view.flag("from_assumed"),
        source: view.text("source").unwrap_or(OWN_BOOK).to_owned(),
        evidence: view.parse("evidence").unwrap_or(Evidence::Assumed),
        confidence: view.parse("confidence").unwrap_or(Confidence::High),
        checked: view.parse("checked"),
        note: view.owned("note"),
        reason: view.owned("reason"),
        location,
    })
}

/// A provider's file without its models.
pub(super) fn provider(view: &View<'_>, location: SourceLocation) -> Option<Provider> {
    let id = view.owned("provider")?;
    Some(Provider {
        title: view.owned("title").unwrap_or_else(|| id.clone()),
        id,
        aliases: view.list("aliases"),
        checked: view.parse("checked").unwrap_or(Date::ZERO),
        makes: view.list("makes"),
        native_api: view.parse("native_api"),
        hosts: view.list("hosts"),
        dialects: view.list("dialects"),
        stated_bill: view.flag("stated_bill"),
        default_model: view.owned("default_model"),
        fields: view.views("field").iter().filter_map(field_rule).collect(),
        note: view.owned("note"),
        ratio: view.view("ratio").and_then(|ratio| {
            Some(RatioBase {
                usd_per_million: ratio.parse("usd_per_million")?,
                quota_per_usd: ratio.count32("quota_per_usd")?,
                source: ratio.owned("source")?,
                evidence: ratio.parse("evidence")?,
            })
        }),
        outcomes: view.views("outcome").iter().filter_map(outcome).collect(),
        text_models: Vec::new(),
        models: Vec::new(),
        location,
    })
}

fn field_rule(view: &View<'_>) -> Option<FieldRule> {
    let field = view.owned("name")?;
    let conditions = |key: &str| {
        let entries = view.entries::<Param>(key).into_iter();
        entries.filter_map(|(param, value, _)| Some((param, value.as_str()?.to_owned()))).collect()
    };
    Some(FieldRule {
        param: field.parse().ok(),
        field,
        allowed: view.list("allowed"),
        refused: view.list("refused"),
        least: view.count("least"),
        most: view.count("most"),
        with: conditions("with"),
        unless: conditions("unless"),
        cost: view.parse("cost").unwrap_or(FieldCost::Free),
        evidence: view.parse("evidence"),
        source: view.owned("source"),
        note: view.owned("note"),
    })
}

fn outcome(view: &View<'_>) -> Option<OutcomeRule> {
    Some(OutcomeRule {
        event: view.parse("event")?,
        status: view.list::<String>("status").iter().filter_map(|text| status(text)).collect(),
        error_type: view.owned("error_type"),
        error_code: view.owned("error_code"),
        result: view.parse("result")?,
        evidence: view.parse("evidence")?,
        source: view.owned("source"),
        note: view.owned("note"),
    })
}

/// `429` or `5xx` as first and last status.
pub(super) fn status(text: &str) -> Option<(u16, u16)> {
    match text.strip_suffix("xx") {
        Some(class) => {
            let class: u16 = class.parse().ok().filter(|class| (1..=5).contains(class))?;
            Some((class * 100, class * 100 + 99))
        }
        None => {
            let one = text.parse().ok().filter(|status| (100..=599).contains(status))?;
            Some((one, one))
        }
    }
}

pub(super) fn text_model(view: &View<'_>, location: SourceLocation) -> Option<TextModel> {
    Some(TextModel {
        id: view.owned("id")?,
        input: view.parse("input")?,
        input_cached: view.parse("input_cached"),
        output: view.parse("output")?,
        tokens: CallingTokens {
            context_expected: view.count("context_expected"),
            output_expected: view.count("output_expected"),
            view: view.count("view"),
            input_image: view.count("input_image").zip(view.count("input_image_tile")),
        },
        row: row(view, location)?,
    })
}

/// A model without its rows. A user's own book may name one of the built-in book by its id alone.
pub(super) fn model(view: &View<'_>, location: SourceLocation) -> Option<Model> {
    Some(Model {
        id: view.owned("id")?,
        aliases: view.list("aliases"),
        family: view.owned("family").unwrap_or_default(),
        basis: view.parse("basis").unwrap_or(Basis::Tokens),
        rounds_up_per_usd: view.count32("rounds_up_per_usd").filter(|units| *units > 0),
        released: view.parse("released"),
        retired: view.parse("retired"),
        replacement: view.owned("replacement"),
        lifecycle_source: view.owned("lifecycle_source"),
        note: view.owned("note"),
        rates: Vec::new(),
        images: Vec::new(),
        calls: Vec::new(),
        ratios: Vec::new(),
        fixed: Vec::new(),
        family_index: u16::MAX,
        first_price: None,
        location,
    })
}

pub(super) fn rates(view: &View<'_>, location: SourceLocation) -> Option<RateCard> {
    Some(RateCard {
        tier: view.parse("tier").unwrap_or(Tier::Standard),
        text_input: view.parse("text_input"),
        text_input_cached: view.parse("text_input_cached"),
        image_input: view.parse("image_input"),
        image_input_cached: view.parse("image_input_cached"),
        image_output: view.parse("image_output"),
        text_output: view.parse("text_output"),
        row: row(view, location)?,
    })
}

/// The pixels of a megapixel where a row does not say.
const MEGAPIXEL: u64 = 1_000_000;

pub(super) fn image(view: &View<'_>, location: SourceLocation) -> Option<ImagePrice> {
    Some(ImagePrice {
        quality: view.parse("quality"),
        size: view.parse("size"),
        class: view.owned("class"),
        usd: view.parse("usd")?,
        further_megapixel: view.parse("further_megapixel"),
        input_megapixel: view.parse("input_megapixel"),
        input_image: view.parse("input_image"),
        megapixel: view.count("megapixel").unwrap_or(MEGAPIXEL),
        rounding_assumed: view.flag("rounding_assumed"),
        differs: view.owned("differs"),
        row: row(view, location)?,
    })
}

/// Keys of an image row that do not go together, with their byte offsets.
pub(super) fn image_slips(view: &View<'_>) -> Vec<(usize, String)> {
    let has = |key: &str| view.value(key).is_some();
    let mut slips = Vec::new();
    if has("size") && has("class") {
        slips.push((view.at_key("class"), "'size' and 'class' exclude each other".to_owned()));
    }
    if has("input_megapixel") && has("input_image") {
        let slip = "'input_megapixel' and 'input_image' exclude each other".to_owned();
        slips.push((view.at_key("input_image"), slip));
    }
    let by_megapixel = has("further_megapixel") || has("input_megapixel");
    for key in ["megapixel", "rounding_assumed"].into_iter().filter(|key| !by_megapixel && has(key)) {
        let slip = format!("'{key}' goes with 'further_megapixel' or 'input_megapixel'");
        slips.push((view.at_key(key), slip));
    }
    if view.count("megapixel") == Some(0) {
        slips.push((view.at_key("megapixel"), "'megapixel' must be from 1".to_owned()));
    }
    slips
}

/// The prices of a table, each with the byte offset of its own line.
pub(super) fn table(view: &View<'_>, location: impl Fn(usize) -> SourceLocation) -> Vec<ImagePrice> {
    let mut prices = Vec::new();
    for (quality, sizes, at) in view.entries::<Quality>("prices") {
        let Some(sizes) = sizes.as_table() else { continue };
        for (size, usd) in sizes.iter() {
            let parsed = (size.get_ref().parse(), usd.get_ref().as_str().map(str::parse));
            if let ((Ok(size), Some(Ok(usd))), Some(row)) = (parsed, row(view, location(at))) {
                prices.push(ImagePrice {
                    quality: Some(quality.clone()),
                    size: Some(size),
                    class: None,
                    usd,
                    further_megapixel: None,
                    input_megapixel: None,
                    input_image: None,
                    megapixel: MEGAPIXEL,
                    rounding_assumed: false,
                    differs: view.owned("differs"),
                    row,
                });
            }
        }
    }
    prices
}

pub(super) fn call(view: &View<'_>, location: SourceLocation) -> Option<CallPrice> {
    Some(CallPrice { usd: view.parse("usd")?, row: row(view, location)? })
}

pub(super) fn ratio(view: &View<'_>, location: SourceLocation) -> Option<RatioCard> {
    Some(RatioCard {
        model: view.parse("model")?,
        completion: view.parse("completion")?,
        image: view.parse("image")?,
        row: row(view, location)?,
    })
}

pub(super) fn fixed(view: &View<'_>, location: SourceLocation) -> Option<FixedPrice> {
    let quality = |(key, ratio): (String, _)| match key.split_once('@') {
        Some((quality, size)) => Some((quality.parse().ok()?, Some(size.parse().ok()?), ratio)),
        None => Some((key.parse().ok()?, None, ratio)),
    };
    Some(FixedPrice {
        usd: view.parse("usd")?,
        size_ratio: view.priced("size_ratio"),
        quality_ratio: view.priced("quality_ratio").into_iter().filter_map(quality).collect(),
        row: row(view, location)?,
    })
}

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
