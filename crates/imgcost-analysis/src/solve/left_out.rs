//! What a search left out, and what to say where nothing is left.

use imgcost_core::{Book, Code, Endpoint, Error, Offer, Quality, Request, Sizes, Usd, printable};

use super::{Goal, Job, Plan, solve};
use crate::selector::{Pattern, Selection};

/// Why a model was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reason {
    /// It was shut down, and not asked for by its name.
    Retired,
    /// It has no price on the day yet.
    NotYet,
    /// No quality of it is one of those wanted, or none can be said to be.
    Quality,
    /// No size of it is one of those wanted.
    Size,
    /// It does not take the call.
    Refused,
    /// It has no price.
    Unpriced,
    /// The budget does not buy an image of it.
    Budget,
}

impl Reason {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Reason::Retired => "retired",
            Reason::NotYet => "not-yet",
            Reason::Quality => "quality",
            Reason::Size => "size",
            Reason::Refused => "refused",
            Reason::Unpriced => "unpriced",
            Reason::Budget => "budget",
        }
    }
}

/// A model that was left out.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct LeftOut {
    /// The provider.
    pub provider: String,
    /// The model.
    pub model: String,
    /// Which qualities of it; empty: all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub qualities: Vec<Quality>,
    /// Why.
    pub reason: Reason,
    /// Why, in words that follow the model's name.
    pub message: String,
}

/// Why there is no plan.
#[derive(Debug, Clone)]
pub enum Unsolved<'b> {
    /// A name that fits nothing, or constraints that nothing legal meets.
    Refused(Error),
    /// What meets the constraints has no price.
    Unpriced(Vec<LeftOut>),
    /// The budget buys no image.
    Budget {
        /// The budget, in USD.
        budget: Usd,
        /// The plan for one image with the lowest ceiling, if any has one.
        cheapest: Option<Box<Plan<'b>>>,
        /// What was left out.
        left_out: Vec<LeftOut>,
    },
    /// Something costs nothing, so that the budget never ends.
    Endless {
        /// The budget, in USD.
        budget: Usd,
        /// The plan for one image of it.
        free: Option<Box<Plan<'b>>>,
        /// What was left out.
        left_out: Vec<LeftOut>,
    },
}

impl From<Error> for Unsolved<'_> {
    fn from(error: Error) -> Self {
        Unsolved::Refused(error)
    }
}

/// That a sum is too large to be exact.
pub(super) fn too_large() -> Error {
    Error::new(Code::TooLarge, "the job is too large to be priced exactly").field("n")
}

/// The plan for one image with the lowest ceiling.
fn cheapest<'b>(book: &'b Book, job: &Job) -> Option<Box<Plan<'b>>> {
    let one = Job { goal: Goal::Images(1), by: super::By::Ceiling, ..job.clone() };
    solve(book, &one, 1).ok()?.plans.into_iter().next().map(Box::new)
}

/// That a budget has no end.
pub(super) fn endless<'b>(book: &'b Book, job: &Job, budget: Usd, left_out: Vec<LeftOut>) -> Unsolved<'b> {
    Unsolved::Endless { budget, free: cheapest(book, job), left_out }
}

/// That a model has no price for the call, and what of the call that is where it is not the model.
pub(super) fn no_price(offer: &Offer<'_>, call: &Request) -> String {
    if call.endpoint != Endpoint::Responses {
        return "has no price for it".to_owned();
    }
    match &call.responses_model {
        None => {
            "has no price for the model that calls the image tool: name it by --responses-model".to_owned()
        }
        Some(name) if offer.text_model(name).is_none() => {
            format!("has no price for {}, which calls the image tool", printable(name))
        }
        Some(_) => "has no price for it".to_owned(),
    }
}

/// Every quality that was asked for has to be one of some model's, and to have a price: a slip
/// beside a quality that there is would be left out unseen. One that the chosen models do not
/// have, but others do, is no slip.
pub(super) fn known_qualities(book: &Book, selection: &Selection<'_>, job: &Job) -> Result<(), Error> {
    let every = || book.families().flat_map(|family| &family.limits.rule.qualities);
    let fits = |pattern: &&Pattern| !every().any(|quality| pattern.fits(quality.as_str()));
    let Some(slip) = job.qualities.iter().find(fits).map(Pattern::text) else { return Ok(()) };
    let mut known = qualities_of(selection);
    if known.is_empty() {
        known = unique(every());
    }
    let message = match slip {
        "auto" => "quality auto is never chosen: nobody can say what it costs".to_owned(),
        _ => format!("no model has quality {}", printable(slip)),
    };
    Err(Error::new(Code::IllegalValue, message).field("quality").allowed(known).nearest_name(slip))
}

fn qualities_of<'b>(selection: &Selection<'b>) -> Vec<&'b Quality> {
    let families = selection.offers.iter().map(|selected| selected.offer.family);
    unique(families.flat_map(|family| &family.limits.rule.qualities))
}

fn unique<'b>(qualities: impl Iterator<Item = &'b Quality>) -> Vec<&'b Quality> {
    let mut known: Vec<&Quality> = Vec::new();
    for quality in qualities {
        if !known.contains(&quality) {
            known.push(quality);
        }
    }
    known
}

/// What to say where no model is left.
pub(super) fn unsolved<'b>(
    book: &'b Book,
    selection: &Selection<'b>,
    job: &Job,
    left_out: Vec<LeftOut>,
) -> Unsolved<'b> {
    let any = |reason| left_out.iter().any(|left| left.reason == reason);
    if let (Goal::Budget(budget), true) = (job.goal, any(Reason::Budget)) {
        return Unsolved::Budget { budget, cheapest: cheapest(book, job), left_out };
    }
    if any(Reason::Unpriced) {
        return Unsolved::Unpriced(left_out);
    }
    Unsolved::Refused(constraints(selection, job, &left_out))
}

/// Which constraint nothing meets, with what is nearest to it.
fn constraints(selection: &Selection<'_>, job: &Job, left_out: &[LeftOut]) -> Error {
    let of = |reason| left_out.iter().filter(move |left| left.reason == reason);
    if of(Reason::Size).next().is_some() {
        return no_size(selection, job, left_out);
    }
    if of(Reason::Quality).next().is_some() {
        return no_quality(selection, job);
    }
    if let Some(left) = of(Reason::Refused).next() {
        let message = format!("no model takes the call; {} says: {}", left.model, left.message);
        return Error::new(Code::IllegalCombination, message);
    }
    let names: Vec<&str> = of(Reason::Retired).map(|left| left.model.as_str()).collect();
    let message = format!("every model that was asked for is retired: {}", printable(&names.join(", ")));
    Error::new(Code::IllegalCombination, message).field("model").allowed(["retired models by name"])
}

fn no_size(selection: &Selection<'_>, job: &Job, left_out: &[LeftOut]) -> Error {
    let by_size = |provider: &str, model: &str| {
        left_out
            .iter()
            .any(|left| left.reason == Reason::Size && left.provider == provider && left.model == model)
    };
    let mut nearest: Option<(f64, String)> = None;
    let offers = selection.offers.iter().map(|selected| selected.offer);
    for offer in offers.filter(|offer| by_size(&offer.provider.id, &offer.model.id)) {
        let sizes: &Sizes = &offer.family.limits.rule.sizes;
        // Of classes the largest of the wanted ratio too: their squares may be far from it.
        let aspect = super::Shape { aspect: job.shape.aspect, ..super::Shape::default() };
        let of_ratio = match sizes {
            Sizes::Classes(_) => aspect.sizes_of(&offer).unwrap_or_default(),
            _ => Vec::new(),
        };
        let near = match job.shape.exact {
            Some(exact) => sizes.nearest(exact),
            None => sizes.all().chain(of_ratio.into_iter().flatten()).min_by(|a, b| {
                // Of sizes that are as near the squarest.
                let apart = job.shape.distance(*a).total_cmp(&job.shape.distance(*b));
                apart.then_with(|| (a.long() - a.short()).cmp(&(b.long() - b.short())))
            }),
        };
        let Some(size) = near else { continue };
        let off = match job.shape.exact {
            Some(exact) => edges_apart(size, exact),
            None => job.shape.distance(size),
        };
        if nearest.as_ref().is_none_or(|(known, _)| off < *known) {
            nearest = Some((off, size.to_string()));
        }
    }
    let message = format!("no model that is left draws {}", job.shape);
    let error = Error::new(Code::IllegalValue, message).field("size");
    match nearest {
        Some((_, size)) => error.nearest(size),
        None => error,
    }
}

fn edges_apart(a: imgcost_core::Pixels, b: imgcost_core::Pixels) -> f64 {
    let off = |a: u32, b: u32| f64::from(a.max(b)) / f64::from(a.min(b).max(1));
    off(a.width(), b.width()) * off(a.height(), b.height())
}

fn no_quality(selection: &Selection<'_>, job: &Job) -> Error {
    // Retired models are left out before their qualities are looked at: said of both.
    let retired = selection.offers.iter().filter(|selected| !selected.by_name);
    let retired =
        retired.map(|candidate| candidate.offer).filter(|offer| offer.model.is_retired_on(offer.as_of));
    let have: Vec<&str> = retired
        .filter(|offer| job.qualities_of(offer).is_ok())
        .map(|offer| offer.model.id.as_str())
        .collect();
    let known = qualities_of(selection);
    let asked: Vec<&str> = job.qualities.iter().map(Pattern::text).collect();
    let message = match (&job.min_quality, asked.is_empty()) {
        (Some(least), true) => format!("no model that is left has quality {least} or better"),
        (Some(least), false) => {
            format!("no model that is left has quality {} of at least {least}", printable(&asked.join(", ")))
        }
        (None, _) => format!("no model that is left has quality {}", printable(&asked.join(", "))),
    };
    if !have.is_empty() {
        let message = format!("{message}; retired models do: {}", printable(&have.join(", ")));
        let error = Error::new(Code::IllegalValue, message).field("quality");
        return error.allowed(["retired models by name"]);
    }
    let error = Error::new(Code::IllegalValue, message).field("quality").allowed(&known);
    match asked.first() {
        Some(asked) => error.nearest_name(asked),
        None => error,
    }
}
