//! What only shows of sizes, classes of sizes and prices per image when they meet.

use super::check::Check;
use super::problem::Problem;
use crate::book::{Book, Family, ImageOutputRule, ImagePrice, Model, SizeClass, Sizes, TokenSpan};
use crate::nearest;
use crate::params::{Basis, Quality, Size, Tier};
use crate::rules::{area_grid, row_grid};

/// Published prices per image against tokens times rate, where the model is billed by tokens.
pub(super) fn tables(book: &Book, problems: &mut Vec<Problem>) {
    let mut check = Check { book, problems };
    for model in book.providers().flat_map(|provider| &provider.models) {
        if let (Basis::Tokens, Some(family)) = (model.basis, book.family(&model.family)) {
            check.table(model, family);
        }
    }
}

impl Check<'_> {
    pub(super) fn sizes(&mut self, family: &Family) {
        let limits = &family.limits.rule;
        if let Sizes::Classes(classes) = &limits.sizes {
            self.classes(family, classes);
        } else if !matches!(limits.sizes, Sizes::Any | Sizes::UpTo(1..))
            && limits.sizes.all().next().is_none()
        {
            self.at(
                family.location,
                "none of 'sizes', 'free_size', 'any_size' and 'size_class' allows a size",
            );
        }
        let of_edits = limits.default_size_edits;
        if of_edits.is_some_and(|size| matches!(size, Size::Exact(size) if !limits.sizes.accepts(size))) {
            self.at(family.location, "'default_size_edits' is not an accepted size");
        }
        let default_fits = match (limits.default_size, &limits.sizes) {
            (Size::Auto, _) => limits.size_auto,
            (Size::Exact(size), Sizes::Classes(classes)) => classes.iter().any(|class| class.square == size),
            (Size::Exact(size), sizes) => sizes.accepts(size),
        };
        if !default_fits {
            self.at(family.location, "'default_size' is not an accepted size");
        }
    }

    fn classes(&mut self, family: &Family, classes: &[SizeClass]) {
        let mut before = 0;
        for (index, class) in classes.iter().enumerate() {
            let name = &class.name;
            if classes.iter().take(index).any(|other| other.name == *name) {
                self.at(family.location, format!("size class '{name}' is listed twice"));
            }
            if name.is_empty() || name.len() > 32 || name.chars().any(char::is_control) {
                self.at(family.location, "the name of a size class must have 1 to 32 characters");
            }
            if class.max_pixels <= before {
                self.at(
                    family.location,
                    format!("size class '{name}' must hold more pixels than the one before"),
                );
            }
            if class.square.area() <= before || !class.holds(class.square) {
                let square = class.square;
                self.at(
                    family.location,
                    format!("the square {square} does not lie in its size class '{name}'"),
                );
            }
            before = class.max_pixels;
        }
    }

    pub(super) fn class_tokens(&mut self, family: &Family, tokens: &[(String, TokenSpan)]) {
        let Sizes::Classes(classes) = &family.limits.rule.sizes else {
            self.at(family.location, "an image_output rule by-size-class needs a family with 'size_class'");
            return;
        };
        for class in classes.iter().filter(|class| tokens.iter().all(|(name, _)| *name != class.name)) {
            let name = &class.name;
            self.at(family.location, format!("the image_output rule does not cover size class '{name}'"));
        }
        for (name, _) in tokens {
            self.class_name(name, family, family.location);
        }
    }

    fn class_name(&mut self, name: &str, family: &Family, location: crate::book::SourceLocation) {
        let Sizes::Classes(classes) = &family.limits.rule.sizes else {
            self.at(location, format!("class '{name}': family {} has no size classes", family.id));
            return;
        };
        if classes.iter().any(|class| class.name == name) {
            return;
        }
        let names: Vec<&str> = classes.iter().map(|class| class.name.as_str()).collect();
        let hint = match nearest::name(name, names.iter().copied()) {
            Some(near) => format!("did you mean '{near}'?"),
            None => names.join(", "),
        };
        self.at(location, format!("class '{name}' is not one of family {}; {hint}", family.id));
    }

    pub(super) fn image_prices(&mut self, model: &Model, family: &Family) {
        let limits = &family.limits.rule;
        for price in &model.images {
            if let Some(size) = price.size.filter(|size| !limits.sizes.accepts(*size)) {
                self.at(price.row.location, format!("size {size} is not one that the family accepts"));
            }
            if let Some(class) = &price.class {
                self.class_name(class, family, price.row.location);
            }
            let Some(quality) = &price.quality else { continue };
            let plain = limits.qualities.is_empty() && *quality == Quality::Standard;
            let auto = limits.quality_auto && *quality == Quality::Auto;
            if !plain && !auto && !limits.qualities.contains(quality) {
                self.at(
                    price.row.location,
                    format!("quality '{quality}' is not one that the family accepts"),
                );
            }
        }
    }

    fn table(&mut self, model: &Model, family: &Family) {
        for price in model.images.iter().filter(|price| price.differs.is_none()) {
            // What a provider publishes is a view of its own rates, not of a user's contract.
            let may_be_own = price.row.reason.is_some();
            let card = (model.rates.iter())
                .filter(|card| may_be_own || card.row.reason.is_none())
                .filter(|card| card.tier == Tier::Standard && card.row.holds_on(price.row.from))
                .find_map(|card| card.image_output);
            let Some((tokens, rate)) = tokens_of(price, family).zip(card) else { continue };
            let (Some(least), Some(most)) =
                (rate.checked_mul(tokens.floor), rate.checked_mul(tokens.ceiling))
            else {
                continue;
            };
            let billed = if price.usd < least { least } else { most.min(price.usd) };
            if price.usd.distance(billed) > price.usd.last_place() {
                let (what, usd) = (price.what_for(), price.usd);
                let (tokens, billed) = if tokens.floor == tokens.ceiling {
                    (tokens.floor.to_string(), format!("are {billed}"))
                } else {
                    (format!("{} to {}", tokens.floor, tokens.ceiling), format!("are {least} to {most}"))
                };
                let message = format!(
                    "table says {usd} for {what}, but {tokens} tokens x {rate} {billed}: say why in 'differs'"
                );
                self.at(price.row.location, message);
            }
        }
    }
}

/// The tokens of the image that a price is for, where the price names enough of it.
fn tokens_of(price: &ImagePrice, family: &Family) -> Option<TokenSpan> {
    let exact = |tokens| TokenSpan { floor: tokens, expected: Some(tokens), ceiling: tokens };
    let of_quality = |base: &[(Quality, u32)]| {
        base.iter().find(|(quality, _)| Some(quality) == price.quality.as_ref()).map(|(_, cells)| *cells)
    };
    match &family.image_output.as_ref()?.rule {
        ImageOutputRule::RowGrid { base } => row_grid::tokens(price.size?, of_quality(base)?).map(exact),
        ImageOutputRule::AreaGrid { base, area_offset, area_divisor, .. } => {
            let work = area_grid::work(price.size?, of_quality(base)?, *area_offset)?;
            area_grid::tokens(work.expected, 1, *area_divisor).map(exact)
        }
        ImageOutputRule::BySizeClass { tokens } => {
            let of_size =
                || price.size.and_then(|size| Some(family.limits.rule.size_class(size)?.name.as_str()));
            let class = price.class.as_deref().or_else(of_size)?;
            tokens.iter().find(|(name, _)| name == class).map(|(_, span)| *span)
        }
        ImageOutputRule::Scaled { .. } => None,
    }
}
