//! A plan: which call, how often, and what it comes to.

use imgcost_core::{
    Availability, CeilingBasis, Estimate, Item, Offer, PerMille, Pixels, Quality, Request, SignedUsd, Total,
    Usd,
};

use super::candidates::{Candidate, cost};
use super::job::{By, Goal, Job};
use super::split::{Prices, Splitter};
use crate::equivalent::quoted;
use crate::grouped;

/// So many calls that ask for the same.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Calls {
    /// How many images each asks for.
    pub images: u32,
    /// How many such calls.
    pub count: u64,
    /// What one of them costs, in USD.
    pub each: Total,
    /// Image output tokens of one of them, where it is counted in tokens.
    pub tokens: Option<Estimate<u64>>,
}

/// A way to do the job.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Plan<'b> {
    /// Whose terms.
    pub offer: Offer<'b>,
    /// The largest of its calls.
    pub request: Request,
    /// The quality; none where the model has no such parameter.
    pub quality: Option<Quality>,
    /// The size; none where it is the model's own default.
    pub size: Option<Pixels>,
    /// How many sizes cost the same, this one among them; it has the most pixels of them.
    pub equal_sizes: u64,
    /// How many images.
    pub images: u64,
    /// For a budget: how many images it buys if every call costs what is expected.
    pub images_expected: Option<u64>,
    /// The calls, those of most images first.
    pub calls: Vec<Calls>,
    /// What all calls cost, in USD.
    pub total: Total,
    /// Image output tokens of all calls, where they are counted in tokens.
    pub tokens: Option<Estimate<u64>>,
    /// What plans were compared by.
    pub by: By,
}

impl<'b> Plan<'b> {
    /// Writes a candidate out; none where a sum is too large to be exact.
    pub(super) fn of(candidate: Candidate<'b>, job: &Job) -> Option<Plan<'b>> {
        let Candidate { offer, mut request, size, split, equal_sizes, is_late: _ } = candidate;
        let mut calls = Vec::with_capacity(split.parts.len());
        for (images, count) in split.parts {
            request.n = images;
            let quote = quoted(&offer, &request).ok()?;
            let tokens = quote.lines().iter().find(|line| line.item == Item::ImageOutput);
            let tokens = tokens.map(|line| line.quantity);
            calls.push(Calls { images, count, each: *quote.total(), tokens });
        }
        let images_expected = match job.goal {
            Goal::Images(_) => None,
            Goal::Budget(budget) => by_expected(&offer, &request, budget),
        };
        request.n = calls.first()?.images;
        let drawn = quoted(&offer, &request).ok()?.size();
        Some(Plan {
            offer,
            quality: request.quality.clone(),
            request,
            size: size.or(drawn),
            equal_sizes,
            images: split.images,
            images_expected,
            total: total(&calls)?,
            tokens: tokens(&calls),
            calls,
            by: job.counts(),
        })
    }

    /// What the plan counts as: its expected cost or its ceiling, as plans were compared.
    #[must_use]
    pub fn cost(&self) -> Option<Usd> {
        cost(&self.total, self.by)
    }

    /// Whether its model can be called on the day, and how much longer.
    #[must_use]
    pub fn availability(&self) -> Availability {
        self.offer.model.availability(self.offer.as_of)
    }

    /// How many calls.
    #[must_use]
    pub fn call_count(&self) -> u64 {
        self.calls.iter().map(|calls| calls.count).sum()
    }

    /// Why this plan ranks behind a better one, in words such as `+12.5 %, 240 tokens more`.
    #[must_use]
    pub fn behind(&self, best: &Plan<'_>) -> String {
        let mut words = Vec::new();
        if self.images < best.images {
            let fewer = best.images - self.images;
            words.push(format!("{} image{} fewer", grouped(fewer), if fewer == 1 { "" } else { "s" }));
        }
        // For a budget the money of unlike numbers of images says nothing.
        if let (Some(cost), Some(base)) = (self.cost(), best.cost())
            && self.images == best.images
        {
            let change = SignedUsd::between(base, cost);
            let (sign, word) = if change.is_negative() { ("-", "less") } else { ("+", "more") };
            let apart = change.size();
            if !change.is_zero() {
                words.push(match percent(apart, base) {
                    Some(percent) => format!("{sign}{percent} %, ${apart} {word}"),
                    None => format!("${apart} {word}"),
                });
            }
        }
        if self.availability().is_marked() {
            words.push(self.availability().to_string());
        }
        if words.is_empty() {
            words.push(format!("costs the same, {}", self.tie(best)));
        }
        if let Some((own, other)) = expected(self.tokens).zip(expected(best.tokens))
            && self.images == best.images
            && own != other
        {
            let more = if own > other { "more" } else { "fewer" };
            let apart = own.abs_diff(other);
            words.push(format!("{} token{} {more}", grouped(apart), if apart == 1 { "" } else { "s" }));
        }
        words.join(", ")
    }

    /// What decided between plans of one price.
    fn tie(&self, best: &Plan<'_>) -> String {
        let area = |plan: &Plan<'_>| plan.size.map_or(0, Pixels::area);
        if area(self) < area(best) {
            return "with fewer pixels".to_owned();
        }
        if self.call_count() > best.call_count() {
            return "with more calls".to_owned();
        }
        "and comes later by name".to_owned()
    }
}

fn expected(tokens: Option<Estimate<u64>>) -> Option<u64> {
    tokens?.expected
}

/// How many images a budget buys where every call costs what is expected.
fn by_expected(offer: &Offer<'_>, request: &Request, budget: Usd) -> Option<u64> {
    let known = offer.family.limits.rule.n_max;
    let mut request = request.clone();
    let mut prices = Prices::new();
    for n in 1..=known.unwrap_or(1).min(super::CALL_MAX) {
        request.n = n;
        let total = quoted(offer, &request).ok().map(|quote| *quote.total());
        prices.push(total.and_then(|total| total.expected));
    }
    let splitter = Splitter::new(&prices, None).filter(|splitter| !splitter.is_free())?;
    splitter.most(budget).map(|split| split.images)
}

/// All calls together; none where a sum is too large to be exact.
fn total(calls: &[Calls]) -> Option<Total> {
    let sum = |part: fn(&Total) -> Option<Usd>| -> Option<Option<Usd>> {
        let mut sum = Some(Usd::ZERO);
        for call in calls {
            sum = match (sum, part(&call.each)) {
                (Some(sum), Some(each)) => Some(sum.checked_add(each.checked_mul(call.count)?)?),
                _ => None,
            };
        }
        Some(sum)
    };
    let basis = calls.iter().map(|call| call.each.basis).max().unwrap_or(CeilingBasis::Proven);
    let [floor, expected, ceiling] =
        [sum(|total| total.floor)?, sum(|total| total.expected)?, sum(|total| total.ceiling)?];
    Some(Total::new(floor, expected, ceiling, basis))
}

fn tokens(calls: &[Calls]) -> Option<Estimate<u64>> {
    let mut all = calls.iter().map(|call| call.tokens?.checked_mul(call.count));
    all.try_fold(Estimate::exact(0), |sum, tokens| sum.checked_add(&tokens?))
}

/// How many percent of an amount another one is, to one decimal.
fn percent(part: Usd, whole: Usd) -> Option<String> {
    Some(match PerMille::of(part, whole)?.tenths_of_percent() {
        // Something is never shown as nothing.
        0 => "<0.1".to_owned(),
        tenths if tenths % 10 == 0 => (tenths / 10).to_string(),
        tenths => format!("{}.{}", tenths / 10, tenths % 10),
    })
}
