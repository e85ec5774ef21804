//! What only shows when the book is looked at as a whole.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::Problem;
use crate::book::{
    Book, DatedRow, Family, ImageInputRule, ImageOutputRule, Model, PartialRule, Provider, Sizes,
    SourceLocation,
};
use crate::nearest;
use crate::params::{Basis, Endpoint, Quality};

pub(super) struct Check<'b> {
    pub(super) book: &'b Book,
    pub(super) problems: &'b mut Vec<Problem>,
}

/// Names that must exist, names that must not exist twice, days that must not overlap.
pub(super) fn references(book: &Book, problems: &mut Vec<Problem>) {
    let mut check = Check { book, problems };
    for family in book.families() {
        check.family(family);
    }
    check.unique("family", book.families().map(|family| (&family.id, family.location)));
    let names = book
        .providers()
        .flat_map(|p| std::iter::once(&p.id).chain(&p.aliases).map(|name| (name, p.location)));
    check.unique("provider", names);
    for provider in book.providers() {
        check.provider(provider);
    }
}

impl Check<'_> {
    pub(super) fn at(&mut self, location: SourceLocation, message: impl Into<String>) {
        let file = self.book.files.get(usize::from(location.file)).cloned().unwrap_or_default();
        self.problems.push(Problem { file, line: location.line, message: message.into() });
    }

    fn unique<'n>(&mut self, what: &str, names: impl Iterator<Item = (&'n String, SourceLocation)>) {
        let mut seen = BTreeSet::new();
        for (name, location) in names {
            if !seen.insert(name) {
                self.at(location, format!("{what} '{name}' is listed twice"));
            }
        }
    }

    fn source(&mut self, id: &str, location: SourceLocation) {
        if !self.book.sources().contains_key(id) {
            let near = nearest::name(id, self.book.sources().keys().map(String::as_str));
            let hint = near.map(|name| format!("; did you mean '{name}'?")).unwrap_or_default();
            self.at(location, format!("source '{id}' is not in sources.toml{hint}"));
        }
    }

    fn family(&mut self, family: &Family) {
        let limits = &family.limits.rule;
        self.sizes(family);
        let rules = [
            family.image_output.as_ref().map(|rule| &rule.source),
            family.partial_image.as_ref().map(|rule| &rule.source),
            family.image_input.as_ref().map(|rule| &rule.source),
            family.text_input.as_ref().map(|rule| &rule.source),
            family.text_output.as_ref().map(|rule| &rule.source),
            family.responses.as_ref().map(|rule| &rule.source),
        ];
        let of_fields = family.limits.rule.fields.iter().filter_map(|field| field.source.as_ref());
        for source in rules.into_iter().flatten().chain([&family.limits.source]).chain(of_fields) {
            self.source(source, family.location);
        }
        let accepted = |quality| {
            limits.qualities.contains(quality) || (limits.quality_auto && *quality == Quality::Auto)
        };
        if limits.default_quality.as_ref().is_some_and(|quality| !accepted(quality)) {
            self.at(family.location, "'default_quality' is not an accepted quality");
        }
        if limits.n_max.is_some_and(|most| most == 0 || most > 1000) {
            self.at(family.location, "'n_max' must be from 1 to 1000");
        }
        self.output_rule(family);
        let with_images = [Endpoint::Edits, Endpoint::Responses, Endpoint::Chat];
        let takes_images = limits.input_images_max != Some(0)
            && limits.endpoints.iter().any(|endpoint| with_images.contains(endpoint));
        if family.image_output.is_some() && family.image_input.is_none() && takes_images {
            self.at(
                family.location,
                "input images are taken and no image_input rule counts them: add one, or 'input_images_max = 0'",
            );
        }
        let zero_divisor = matches!(
            family.partial_image.as_ref().map(|rule| rule.rule),
            Some(PartialRule::AreaScaled { area_divisor: 0, .. })
        );
        let zero_edge = match family.image_input.as_ref().map(|rule| rule.rule) {
            Some(ImageInputRule::Tiles { fit, short_side, tile, .. }) => {
                fit == 0 || short_side == 0 || tile == 0
            }
            Some(ImageInputRule::Patches(rule)) => {
                rule.patch == 0 || rule.max_patches == 0 || rule.upscale_max == 0
            }
            Some(ImageInputRule::Flat { .. }) | None => false,
        };
        if zero_divisor || zero_edge {
            self.at(family.location, "a rule divides by zero");
        }
    }

    fn output_rule(&mut self, family: &Family) {
        let Some(rule) = family.image_output.as_ref().map(|rule| &rule.rule) else { return };
        let covered: Vec<&Quality> = match rule {
            ImageOutputRule::RowGrid { base } | ImageOutputRule::AreaGrid { base, .. } => {
                if base.iter().any(|(_, cells)| *cells == 0 || *cells > 10_000) {
                    self.at(family.location, "'base' must be from 1 to 10000");
                }
                base.iter().map(|(quality, _)| quality).collect()
            }
            ImageOutputRule::BySizeClass { tokens } => return self.class_tokens(family, tokens),
            ImageOutputRule::Scaled { of, floor, ceiling } => {
                let other = self.book.family(of).and_then(|family| family.image_output.as_ref());
                if !matches!(other.map(|rule| &rule.rule), Some(ImageOutputRule::AreaGrid { .. })) {
                    self.at(family.location, format!("'of' = '{of}' is not a family with an area grid"));
                }
                floor
                    .iter()
                    .map(|(quality, _)| quality)
                    .filter(|q| ceiling.iter().any(|(c, _)| c == *q))
                    .collect()
            }
        };
        let limits = &family.limits.rule;
        if matches!(limits.sizes, Sizes::Any | Sizes::UpTo(_) | Sizes::Classes(_))
            || limits.qualities.is_empty()
        {
            self.at(
                family.location,
                "an image_output rule of this kind needs qualities, and 'sizes' or 'free_size'",
            );
        }
        if limits.unknown {
            self.at(
                family.location,
                "'limits_unknown' takes any quality, and the image_output rule counts by it",
            );
        }
        for quality in family.limits.rule.qualities.iter().filter(|quality| !covered.contains(quality)) {
            self.at(family.location, format!("the image_output rule does not cover quality '{quality}'"));
        }
        if matches!(rule, ImageOutputRule::AreaGrid { area_divisor: 0, .. }) {
            self.at(family.location, "'area_divisor' must not be 0");
        }
    }

    fn provider(&mut self, provider: &Provider) {
        let names = (provider.models.iter()).flat_map(|model| {
            std::iter::once(&model.id).chain(&model.aliases).map(|name| (name, model.location))
        });
        self.unique("model", names);
        if let Some(ratio) = &provider.ratio {
            self.source(&ratio.source, provider.location);
        }
        for source in provider.outcomes.iter().filter_map(|outcome| outcome.source.as_ref()) {
            self.source(source, provider.location);
        }
        for source in provider.fields.iter().filter_map(|field| field.source.as_ref()) {
            self.source(source, provider.location);
        }
        for model in provider.text_models() {
            self.source(&model.row.source, model.row.location);
        }
        let texts = provider.text_models().iter();
        self.overlaps("text_model", texts.map(|model| (format!("{}, {}", model.id, model.tier), &model.row)));
        for model in &provider.models {
            self.model(provider, model);
        }
    }

    /// Rows of one kind and key must not hold on the same day, unless one is the user's own.
    fn overlaps<'r, K: Ord + std::fmt::Display>(
        &mut self,
        what: &str,
        rows: impl Iterator<Item = (K, &'r DatedRow)>,
    ) {
        let mut by_key: BTreeMap<K, Vec<&DatedRow>> = BTreeMap::new();
        for (key, row) in rows.filter(|(_, row)| row.reason.is_none()) {
            by_key.entry(key).or_default().push(row);
        }
        for (key, mut rows) in by_key {
            rows.sort_by_key(|row| row.from);
            for pair in rows.windows(2) {
                let [first, second] = pair else { continue };
                if first.to.is_none_or(|to| second.from < to) {
                    let other = self.book.location(first.location);
                    self.at(
                        second.location,
                        format!("{what} {key}: from {} overlaps the row at {other}", second.from),
                    );
                }
            }
        }
    }

    fn model(&mut self, provider: &Provider, model: &Model) {
        for row in model.rows() {
            self.source(&row.source, row.location);
        }
        if let Some(source) = &model.lifecycle_source {
            self.source(source, model.location);
        }
        if let Some(replacement) = model.replacement.as_deref().filter(|name| provider.model(name).is_none())
        {
            self.at(model.location, format!("replacement '{replacement}' is not a model of {}", provider.id));
        }
        if model.retired.zip(model.released).is_some_and(|(retired, released)| retired <= released) {
            self.at(model.location, "'retired' must be after 'released'");
        }
        self.overlaps("rates", model.rates.iter().map(|card| (card.tier.as_str(), &card.row)));
        self.overlaps("image price", model.images.iter().map(|price| (price.what_for(), &price.row)));
        self.overlaps("call", model.calls.iter().map(|price| ("price", &price.row)));
        let gateway =
            model.ratios.iter().map(|card| &card.row).chain(model.fixed.iter().map(|price| &price.row));
        self.overlaps("ratio or fixed", gateway.map(|row| ("price", row)));
        if model.basis == Basis::Ratio && provider.ratio.is_none() {
            self.at(model.location, format!("basis ratio needs a [ratio] table in {}", provider.id));
        }
        let Some(family) = self.book.family(&model.family) else {
            self.at(model.location, format!("family '{}' is not in families.toml", model.family));
            return;
        };
        self.image_prices(model, family);
        if matches!(model.basis, Basis::Tokens) && family.image_output.is_none() {
            self.at(
                model.location,
                format!("basis tokens needs an image_output rule in family {}", family.id),
            );
        }
    }
}
