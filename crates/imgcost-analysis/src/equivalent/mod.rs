//! Which quality of another model spends what a known setting spends.
//!
//! Quality words are not comparable across families: `high` of gpt-image-2.5 draws on the grid
//! of gpt-image-2's `medium`, and so spends as many tokens. [`equivalents`] finds the quality of
//! each candidate whose spend on one image of the same size is nearest; [`swap`] tells what
//! happens where only the model's name is changed.
//!
//! Spend is compared in image output tokens where both settings are counted in them, else in
//! money. A spend that is only known as a range is taken at the end that is farther away, so
//! that "nearest" holds whatever the bill turns out to be, and it is never called the same.

mod spend;
mod swap;

use imgcost_core::{Book, Code, Error, Offer, Pixels, Quality, Request, Size};

pub use spend::{Spend, SpendUnit};
pub use swap::{Swap, swap};

use crate::selector::suited;

/// What a reference spends, and the setting of each candidate that spends nearest to it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Equivalents<'b> {
    /// The reference's terms.
    pub offer: Offer<'b>,
    /// The reference as it was compared: one image.
    pub request: Request,
    /// The reference's size.
    pub size: Pixels,
    /// What the reference spends on one image.
    pub spend: Spend,
    /// One entry a candidate, in their order, without the reference's own offer.
    pub candidates: Vec<Equivalent<'b>>,
}

/// A candidate and what was found of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Equivalent<'b> {
    /// The candidate's terms.
    pub offer: Offer<'b>,
    /// What was found.
    pub outcome: Outcome,
}

/// What was found of a candidate.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The setting that spends nearest to the reference.
    Found(Match),
    /// The candidate does not take the call.
    Refused(Error),
    /// Nothing can be compared: no price is known of the candidate or of the reference.
    Unpriced,
}

impl Outcome {
    /// Its word in output.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Outcome::Found(found) => found.kinship.as_str(),
            Outcome::Refused(_) => "refused",
            Outcome::Unpriced => "unpriced",
        }
    }
}

/// How a setting compares with the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kinship {
    /// It spends exactly as much.
    Same,
    /// No other quality of the model spends nearer to it.
    Nearest,
    /// The model has no other quality.
    Only,
}

impl Kinship {
    /// Its word in output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Kinship::Same => "same",
            Kinship::Nearest => "nearest",
            Kinship::Only => "only",
        }
    }
}

/// A candidate's setting that spends nearest to the reference.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Match {
    /// The quality; none where the model has no such parameter.
    pub quality: Option<Quality>,
    /// The size: the reference's, or the nearest that the model takes.
    pub size: Pixels,
    /// What one image spends.
    pub spend: Spend,
    /// How it compares with the reference.
    pub kinship: Kinship,
    /// What the spends were compared in.
    pub measure: SpendUnit,
    /// Other qualities that are as near; the chosen one is the cheapest of them.
    pub ties: Vec<Quality>,
}

/// Finds each candidate's nearest setting; see the [module](self).
///
/// ```
/// use imgcost_core::{Date, Request};
/// use imgcost_analysis::equivalent::{Outcome, Kinship, equivalents};
/// let book = imgcost_pricing::book();
/// let day = Date::constant(2026, 11, 21);
/// let mut reference = Request::new("openai", "gpt-image-2", day);
/// reference.quality = "medium".parse().ok();
/// reference.size = Some("1024x1024".parse()?);
/// let newer = book.offer("openai", "gpt-image-2.5-sunburst", day)?;
/// let map = equivalents(book, &reference, &[newer])?;
/// let Outcome::Found(found) = &map.candidates[0].outcome else { return Err("not found".into()) };
/// assert_eq!(found.kinship, Kinship::Same);
/// assert_eq!(found.quality, "high".parse().ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The reference can't be quoted, or leaves its quality or size to the model.
pub fn equivalents<'b>(
    book: &'b Book,
    reference: &Request,
    candidates: &[Offer<'b>],
) -> Result<Equivalents<'b>, Error> {
    let offer = book.offer(&reference.provider, &reference.model, reference.as_of)?;
    let mut request = reference.clone();
    request.n = 1;
    let (size, spend) = settled(&offer, &request)?;
    let others = candidates
        .iter()
        .filter(|other| (&other.provider.id, &other.model.id) != (&offer.provider.id, &offer.model.id));
    let candidates = others
        .map(|other| Equivalent { offer: *other, outcome: nearest(other, &request, size, &spend) })
        .collect();
    Ok(Equivalents { offer, request, size, spend, candidates })
}

/// The reference's size and spend, where neither size nor quality is left to the model.
fn settled(offer: &Offer<'_>, request: &Request) -> Result<(Pixels, Spend), Error> {
    let open = |field: &str| {
        let message = format!("the reference leaves its {field} to the model: what it spends is not known");
        Error::new(Code::IllegalCombination, message).field(field)
    };
    let quote = quoted(offer, request)?;
    let qualities = &offer.family.limits.rule.qualities;
    if quote.quality() == Some(&Quality::Auto) && qualities.len() > 1 {
        return Err(open("quality").allowed(qualities));
    }
    let Some(size) = quote.size() else {
        return Err(open("size").allowed(["WIDTHxHEIGHT in pixels"]).nearest("1024x1024"));
    };
    Ok((size, Spend::of(&quote)))
}

/// An offer's quote; the offer is taken for as long as the request lives.
pub(crate) fn quoted<'a>(offer: &Offer<'a>, request: &'a Request) -> Result<imgcost_core::Quote<'a>, Error> {
    let offer: Offer<'a> = *offer;
    offer.quote(request)
}

/// The setting of an offer whose spend is nearest to a known one.
fn nearest(offer: &Offer<'_>, reference: &Request, size: Pixels, spend: &Spend) -> Outcome {
    let limits = &offer.family.limits.rule;
    let size = if limits.sizes.accepts(size) { size } else { limits.sizes.nearest(size).unwrap_or(size) };
    let of_quality = |quality: Option<&Quality>| {
        let mut request = suited(offer, reference);
        request.quality = quality.cloned();
        request.size = Some(Size::Exact(size));
        quoted(offer, &request).map(|quote| Spend::of(&quote))
    };
    // A model without qualities is asked for none.
    let choices: Vec<Option<&Quality>> =
        if limits.qualities.is_empty() { vec![None] } else { limits.qualities.iter().map(Some).collect() };
    let mut spends = Vec::new();
    let mut refusal = None;
    for quality in &choices {
        match of_quality(*quality) {
            Ok(found) => spends.push((*quality, found)),
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    if let (true, Some(error)) = (spends.is_empty(), refusal) {
        return Outcome::Refused(error);
    }
    let by_tokens = spends.iter().all(|(_, other)| SpendUnit::Tokens.compares(spend, other));
    let measure = if by_tokens { SpendUnit::Tokens } else { SpendUnit::Money };
    let mut ranked: Vec<_> = (spends.into_iter())
        .filter_map(|(quality, other)| Some((measure.distance(spend, &other)?, quality, other)))
        .collect();
    // Stable, so that of equally near ones the lower quality stays first: books name them
    // cheapest first.
    ranked.sort_by_key(|(distance, _, _)| *distance);
    let mut ranked = ranked.into_iter();
    let Some((distance, quality, found)) = ranked.next() else { return Outcome::Unpriced };
    let ties =
        ranked.take_while(|(other, _, _)| *other == distance).filter_map(|(_, quality, _)| quality.cloned());
    let kinship = if measure.same(spend, &found) {
        Kinship::Same
    } else if choices.len() > 1 {
        Kinship::Nearest
    } else {
        Kinship::Only
    };
    Outcome::Found(Match {
        quality: quality.cloned(),
        size,
        ties: ties.collect(),
        spend: found,
        kinship,
        measure,
    })
}
