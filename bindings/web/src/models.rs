//! What there is to choose from: for forms.

use std::collections::BTreeMap;

use imgcost::{Date, Error};
use imgcost_core::{Book, Limits, Model, Provider, Sizes, read};
use serde::Serialize;

use crate::documents;

#[derive(Serialize)]
struct Document<'b> {
    schema: &'static str,
    checked: Date,
    digest: &'b str,
    providers: Vec<Offers<'b>>,
}

#[derive(Serialize)]
struct Offers<'b> {
    provider: &'b str,
    title: &'b str,
    models: Vec<Listed<'b>>,
}

#[derive(Serialize)]
struct Listed<'b> {
    model: &'b str,
    basis: &'static str,
    released: Option<Date>,
    retired: Option<Date>,
    current: bool,
    endpoints: Vec<&'static str>,
    qualities: Vec<&'b str>,
    quality_auto: bool,
    default_quality: Option<&'b str>,
    sizes: Vec<String>,
    size_auto: bool,
    default_size: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    free_sizes: Option<FreeSizes>,
    n_max: Option<u32>,
    partial_images_max: u32,
    input_images_max: Option<u32>,
    input_fidelities: Vec<&'static str>,
    mask: bool,
    backgrounds: &'b [String],
    output_formats: &'b [String],
    tiers: Vec<&'static str>,
    limits_unknown: bool,
    text_models: Vec<&'b str>,
}

#[derive(Serialize)]
struct FreeSizes {
    multiple_of: u32,
    max_edge: u32,
    max_ratio: u32,
    min_pixels: u64,
    max_pixels: u64,
}

/// The models that have a price on a day.
pub(crate) fn models(provider: Option<&str>, day: &str) -> Result<String, Error> {
    let (book, day) = (imgcost_pricing::book(), read::date("as_of", day)?);
    let providers = match provider {
        Some(id) => vec![offers(book, book.provider(id)?, day)],
        None => book.providers().map(|provider| offers(book, provider, day)).collect(),
    };
    let providers = providers.into_iter().filter(|offers| !offers.models.is_empty()).collect();
    documents::text(&Document {
        schema: "imgcost.offers/1",
        checked: book.checked(),
        digest: book.digest(),
        providers,
    })
}

/// The ids of providers, none of which is read for it, and the sources that rows cite.
pub(crate) fn sources() -> Result<String, Error> {
    #[derive(Serialize)]
    struct Cited<'b> {
        title: &'b str,
        address: Option<&'b str>,
        read: Date,
        kind: &'b str,
        note: Option<&'b str>,
    }
    let sources = imgcost_pricing::book().sources().iter().map(|(id, source)| {
        let cited = Cited {
            title: &source.title,
            address: source.address.as_deref(),
            read: source.read,
            kind: &source.kind,
            note: source.note.as_deref(),
        };
        (id.as_str(), cited)
    });
    documents::text(&sources.collect::<BTreeMap<_, _>>())
}

fn offers<'b>(book: &'b Book, provider: &'b Provider, day: Date) -> Offers<'b> {
    let priced = provider.models.iter().filter(|model| model.first_price.is_some_and(|first| first <= day));
    let listed =
        priced.filter_map(|model| Some(listed(provider, model, &book.family_of(model)?.limits.rule, day)));
    Offers { provider: &provider.id, title: &provider.title, models: listed.collect() }
}

fn listed<'b>(provider: &'b Provider, model: &'b Model, limits: &'b Limits, day: Date) -> Listed<'b> {
    let free = match &limits.sizes {
        Sizes::Free(rule) => Some(FreeSizes {
            multiple_of: rule.multiple_of,
            max_edge: rule.max_edge,
            max_ratio: rule.max_ratio,
            min_pixels: rule.min_pixels,
            max_pixels: rule.max_pixels,
        }),
        _ => None,
    };
    let sizes: Vec<String> = match &limits.sizes {
        Sizes::Listed(sizes) => sizes.iter().map(ToString::to_string).collect(),
        Sizes::Classes(classes) => classes.iter().map(|class| class.square.to_string()).collect(),
        Sizes::Free(_) | Sizes::Any | Sizes::UpTo(_) => Vec::new(),
    };
    let mut tiers: Vec<&'static str> = vec!["standard"];
    for tier in model.rates.iter().map(|card| card.tier.as_str()) {
        if !tiers.contains(&tier) {
            tiers.push(tier);
        }
    }
    let mut text_models: Vec<&str> = provider.text_models().iter().map(|text| text.id.as_str()).collect();
    text_models.dedup();
    Listed {
        model: &model.id,
        basis: model.basis.as_str(),
        released: model.released,
        retired: model.retired,
        current: !model.is_retired_on(day),
        endpoints: limits.endpoints.iter().map(|endpoint| endpoint.as_str()).collect(),
        qualities: limits.qualities.iter().map(|quality| quality.as_str()).collect(),
        quality_auto: limits.quality_auto,
        default_quality: limits.default_quality.as_ref().map(|quality| quality.as_str()),
        sizes,
        size_auto: limits.size_auto,
        default_size: limits.default_size.to_string(),
        free_sizes: free,
        n_max: limits.n_max,
        partial_images_max: limits.partial_images_max,
        input_images_max: limits.input_images_max,
        input_fidelities: limits.input_fidelities.iter().map(|fidelity| fidelity.as_str()).collect(),
        mask: limits.mask,
        backgrounds: &limits.backgrounds,
        output_formats: &limits.output_formats,
        tiers,
        limits_unknown: limits.unknown,
        text_models,
    }
}
