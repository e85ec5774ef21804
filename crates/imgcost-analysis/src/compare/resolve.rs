//! From lists and wildcards to what they match in a book.

use std::sync::Arc;

use imgcost_core::{
    Book, Code, Date, Error, Family, Limits, Model, Offer, Pixels, Provider, Quality, Request, Size, Sizes,
    Tier, printable,
};

use super::axes::{Axes, unique};
use crate::selector::{Pattern, Selector, names};

/// More legal sizes than this are no list: `all` then means the published ones.
const SIZES_MAX: usize = 64;
/// The sizes that are compared where none is named.
pub const USUAL_SIZES: [&str; 2] = ["1024x1024", "1536x1024"];
/// What `all` means beside them where a rule gives the sizes and no table names any.
const PORTRAIT: &str = "1024x1536";

/// One model at one provider: what its cells have in common.
#[derive(Debug)]
pub struct OfferGroup<'b> {
    provider: String,
    model: String,
    /// What all of its cells ask for, what depends on the offer filled in.
    pub(super) base: Request,
    /// The days, each with its offer or why there is none.
    pub(super) days: Vec<(Date, Result<Offer<'b>, Error>)>,
    pub(super) qualities: Vec<Option<Quality>>,
    pub(super) sizes: Vec<Option<Size>>,
    pub(super) tiers: Vec<Tier>,
    /// The quality and size that leaving them out means, where the model is known here.
    pub(super) defaults: (Option<Quality>, Option<Size>),
}

impl OfferGroup<'_> {
    /// The provider's id.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The model, as it was named.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// How many cells it has for each count.
    pub(super) fn cells(&self) -> usize {
        let lists = [self.days.len(), self.qualities.len(), self.sizes.len(), self.tiers.len()];
        lists.into_iter().fold(1, usize::saturating_mul)
    }
}

/// A model that a provider offers, or that was asked for by name where it is not offered.
struct Candidate<'b> {
    provider: &'b Provider,
    model: String,
    offered: Option<(&'b Model, &'b Family)>,
}

/// Every group of the axes, in order: models as they were named, each at the providers as they
/// were named.
pub(super) fn groups<'b>(
    book: &'b Book,
    axes: &Axes,
    base: &Request,
    fill: &mut dyn FnMut(&Offer<'_>, &mut Request),
) -> Result<Vec<Arc<OfferGroup<'b>>>, Error> {
    let days = if axes.days.is_empty() { vec![base.as_of] } else { unique(&axes.days) };
    let wanted = Wanted::read(axes, base)?;
    let candidates = candidates(book, axes, base, &days)?;
    wanted.check(&candidates)?;
    let mut groups = Vec::with_capacity(candidates.len());
    for Candidate { provider, model, offered } in candidates {
        let mut request = base.clone();
        request.provider = provider.id.clone();
        request.model = model;
        let days: Vec<_> =
            days.iter().map(|day| (*day, book.offer(&provider.id, &request.model, *day))).collect();
        if let Some(offer) = days.iter().find_map(|(_, offer)| offer.as_ref().ok()) {
            fill(offer, &mut request);
        }
        groups.push(Arc::new(OfferGroup {
            provider: provider.id.clone(),
            model: request.model.clone(),
            qualities: wanted.qualities(offered.map(|(_, family)| &family.limits.rule)),
            sizes: wanted.sizes(offered),
            tiers: wanted.tiers(offered.map(|(model, _)| model)),
            defaults: offered.map_or((None, None), |(_, family)| {
                let limits = &family.limits.rule;
                (limits.default_quality.clone(), Some(limits.default_size))
            }),
            base: request,
            days,
        }));
    }
    Ok(groups)
}

fn candidates<'b>(
    book: &'b Book,
    axes: &Axes,
    base: &Request,
    days: &[Date],
) -> Result<Vec<Candidate<'b>>, Error> {
    let default = [Selector::Exact(base.provider.clone())];
    let selectors = if axes.providers.is_empty() { default.as_slice() } else { &axes.providers };
    let providers = names::providers(book, selectors)?;
    let default = [Selector::Exact(base.model.clone())];
    let selectors = if axes.models.is_empty() { default.as_slice() } else { &axes.models };
    let mut found: Vec<Candidate<'b>> = Vec::new();
    for selector in selectors {
        let is_wanted = |provider: &Provider, name: &str| {
            *selector != Selector::Usual || days.iter().any(|day| is_current(book, provider, name, *day))
        };
        for (name, by_name) in names::models(selector, &providers)? {
            let mut is_current = false;
            for (provider, named) in providers.iter().filter(|(provider, _)| is_wanted(provider, &name)) {
                is_current = true;
                let offered = provider.model(&name).and_then(|model| Some((model, book.family_of(model)?)));
                let known = found.iter().any(|group| group.provider.id == provider.id && group.model == name);
                if !known && (offered.is_some() || (by_name && *named)) {
                    found.push(Candidate { provider, model: name.clone(), offered });
                }
            }
            if *selector == Selector::Usual && !is_current {
                continue;
            }
            let of_name = || found.iter().filter(|group| group.model == name);
            // The other providers are read for a model alone that none of these offers.
            let is_known = of_name().any(|group| group.offered.is_some())
                || (of_name().next().is_some()
                    && book.providers().any(|provider| provider.model(&name).is_some()));
            if let Some((first, _)) = providers.first().filter(|_| !is_known) {
                // The look-up names who offers it, or what is nearest.
                book.offer(&first.id, &name, base.as_of)?;
            }
        }
    }
    match (selectors.contains(&Selector::Usual) && found.is_empty(), providers.first(), days.first()) {
        (true, Some((first, _)), Some(day)) => {
            let message = format!("{} has no model that can be called on {day}: name one", first.id);
            let names = providers.iter().flat_map(|(provider, _)| &provider.models).map(|model| &model.id);
            Err(Error::new(Code::UnknownModel, message).field("model").allowed(names))
        }
        _ => Ok(found),
    }
}

/// Whether a provider's model can be called on a day, and has a price then.
fn is_current(book: &Book, provider: &Provider, model: &str, day: Date) -> bool {
    let offer = book.offer(&provider.id, model, day);
    offer.is_ok_and(|offer| !offer.model.availability(day).is_retired())
}

/// The axes that depend on the model, read.
struct Wanted {
    qualities: Vec<Selector<Quality>>,
    sizes: Vec<Selector<Size>>,
    tiers: Vec<Selector<Tier>>,
    base: (Option<Quality>, Option<Size>, Tier),
}

impl Wanted {
    fn read(axes: &Axes, base: &Request) -> Result<Wanted, Error> {
        Ok(Wanted {
            qualities: read(&axes.qualities, |text| match text.parse::<Quality>() {
                Ok(quality) => Ok(quality),
            })?,
            sizes: read(&axes.sizes, |text| {
                text.parse::<Size>().map_err(|_| {
                    let message =
                        format!("size = {}: expected WIDTHxHEIGHT in pixels, auto or all", printable(text));
                    Error::new(Code::IllegalValue, message).field("size")
                })
            })?,
            tiers: read(&axes.tiers, |text| {
                text.parse::<Tier>().map_err(|_| {
                    let message = format!("tier '{}' is not one of its values", printable(text));
                    let allowed = Tier::NAMES.iter().chain(&["all"]);
                    Error::new(Code::IllegalValue, message).field("tier").allowed(allowed).nearest_name(text)
                })
            })?,
            base: (base.quality.clone(), base.size, base.tier),
        })
    }

    /// Each pattern has to fit something of some model.
    fn check(&self, candidates: &[Candidate<'_>]) -> Result<(), Error> {
        let offered = || candidates.iter().filter_map(|candidate| candidate.offered);
        let qualities = || offered().flat_map(|(_, family)| &family.limits.rule.qualities);
        for pattern in patterns(&self.qualities) {
            if !qualities().any(|quality| pattern.fits(quality.as_str())) {
                let names = qualities().map(Quality::as_str);
                return Err(names::nothing(Code::IllegalValue, "quality", pattern, names));
            }
        }
        for pattern in patterns(&self.sizes) {
            let names: Vec<String> = offered()
                .flat_map(|(model, family)| own_sizes(model, &family.limits.rule))
                .map(|size| size.to_string())
                .collect();
            if !names.iter().any(|name| pattern.fits(name)) {
                let names = names.iter().map(String::as_str);
                return Err(names::nothing(Code::IllegalValue, "size", pattern, names));
            }
        }
        for pattern in patterns(&self.tiers) {
            if !Tier::NAMES.iter().any(|name| pattern.fits(name)) {
                return Err(names::nothing(Code::IllegalValue, "tier", pattern, Tier::NAMES.iter().copied()));
            }
        }
        Ok(())
    }

    fn qualities(&self, limits: Option<&Limits>) -> Vec<Option<Quality>> {
        let own = limits.map(|limits| limits.qualities.clone());
        expand(&self.qualities, &self.base.0, own, |quality| quality.as_str().to_owned())
    }

    fn sizes(&self, offered: Option<(&Model, &Family)>) -> Vec<Option<Size>> {
        let is_usual = self.sizes.contains(&Selector::Usual);
        let own = offered.map(|(model, family)| {
            let limits = &family.limits.rule;
            let own = if is_usual { usual_sizes(limits, None) } else { own_sizes(model, limits) };
            own.into_iter().map(Size::Exact).collect()
        });
        expand(&self.sizes, &self.base.1, own, Size::to_string)
    }

    fn tiers(&self, model: Option<&Model>) -> Vec<Tier> {
        let own = model.map(|model| {
            let has = |tier: &Tier| model.rates.iter().any(|card| card.tier == *tier);
            Tier::ALL.iter().copied().filter(|tier| *tier == Tier::Standard || has(tier)).collect()
        });
        let name = |tier: &Tier| tier.as_str().to_owned();
        expand(&self.tiers, &Some(self.base.2), own, name).into_iter().flatten().collect()
    }
}

fn patterns<T>(selectors: &[Selector<T>]) -> impl Iterator<Item = &Pattern> {
    selectors.iter().filter_map(|selector| match selector {
        Selector::Glob(pattern) => Some(pattern),
        _ => None,
    })
}

fn read<T>(
    selectors: &[Selector],
    one: impl Fn(&str) -> Result<T, Error>,
) -> Result<Vec<Selector<T>>, Error> {
    selectors.iter().map(|selector| selector.try_map(&one)).collect()
}

/// The values of one model on an axis. Without entries it is the base's; a wildcard where the
/// model has no values of its own, or is not offered, is the base's too, so that it is not lost.
fn expand<T: Clone + PartialEq>(
    selectors: &[Selector<T>],
    base: &Option<T>,
    own: Option<Vec<T>>,
    name: impl Fn(&T) -> String,
) -> Vec<Option<T>> {
    let mut values: Vec<Option<T>> = Vec::new();
    let mut add = |value: Option<T>| {
        if !values.contains(&value) {
            values.push(value);
        }
    };
    let is_open = own.is_none();
    let own = own.unwrap_or_default();
    for selector in selectors {
        match selector {
            Selector::Exact(value) => add(Some(value.clone())),
            Selector::All | Selector::Usual if own.is_empty() && !is_open => add(None),
            Selector::All | Selector::Usual => own.iter().cloned().for_each(|value| add(Some(value))),
            Selector::Glob(pattern) => {
                let fits = own.iter().filter(|value| pattern.fits(&name(value)));
                fits.cloned().for_each(|value| add(Some(value)));
            }
        }
    }
    if selectors.is_empty() || (values.is_empty() && is_open) {
        values.push(base.clone());
    }
    values
}

/// The sizes that `all` means for a model: those listed; where a rule gives too many, those that
/// have a published price; where none has, the usual ones.
fn own_sizes(model: &Model, limits: &Limits) -> Vec<Pixels> {
    if let Sizes::Listed(sizes) = &limits.sizes {
        return sizes.clone();
    }
    let legal: Vec<Pixels> = limits.sizes.all().take(SIZES_MAX + 1).collect();
    if (1..=SIZES_MAX).contains(&legal.len()) {
        return legal;
    }
    let mut published = Vec::new();
    for size in published_sizes(model).filter(|size| limits.sizes.accepts(*size)) {
        if !published.contains(&size) {
            published.push(size);
        }
    }
    if published.is_empty() { usual_sizes(limits, Some(PORTRAIT)) } else { published }
}

/// The legal ones of the usual sizes, and of one more.
fn usual_sizes(limits: &Limits, more: Option<&str>) -> Vec<Pixels> {
    let sizes = USUAL_SIZES.into_iter().chain(more).filter_map(|size| size.parse().ok());
    sizes.filter(|size| limits.sizes.accepts(*size)).collect()
}

/// The sizes that the provider publishes prices for, on any day.
fn published_sizes(model: &Model) -> impl Iterator<Item = Pixels> {
    model.images.iter().filter_map(|price| price.size)
}
