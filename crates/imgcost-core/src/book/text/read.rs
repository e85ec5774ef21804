//! From checked TOML to rows. The shapes have been checked before: what is missing here
//! has been reported there.

use jiff::civil::Date;

use super::view::View;
use crate::book::packed::Section;
use crate::book::{
    CallPrice, CallingTokens, DatedRow, FieldCost, FieldRule, FixedPrice, ImagePrice, Model, OutcomeRule,
    Provider, RateCard, RatioBase, RatioCard, Source, SourceLocation, TextModel,
};
use crate::evidence::{Confidence, Evidence};
use crate::params::{Basis, Param, Quality, Tier};

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
        text_models: Section::default(),
        models: Vec::new(),
        location,
    })
}

pub(super) fn field_rule(view: &View<'_>) -> Option<FieldRule> {
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
        tier: view.parse("tier").unwrap_or(Tier::Standard),
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
