//! The cheapest way to do a job, and how much a budget buys: the exact optimum over providers,
//! models, qualities, every legal size, the Batch API or not, and the split of the images over
//! calls.
//!
//! Nothing is sampled. A *candidate set* is one provider's model at one quality and one price list. Within a
//! set either every size is quoted, or the sizes are searched in the order of their grid work, of
//! which every price is a rising function (see `candidates.rs`); the split over calls is solved by
//! dynamic programming with a proven period (see `split.rs`). Models that end within 30 days come
//! after the others, unless they are asked for by name; those that are retired always do. Ties are broken in one order: more
//! pixels, fewer calls, then provider, model, quality and price list by name, then the wider size.

mod candidates;
mod job;
mod left_out;
mod plan;
mod shape;
mod sizes;
mod split;

use imgcost_core::{Availability, Book, Code, Error, Quality, Tier};

pub use job::{By, Goal, Job, Level};
pub use left_out::{LeftOut, Reason, Unsolved};
pub use plan::{Calls, Plan};
pub use shape::{Aspect, Shape};

use crate::selector::{SelectedOffer, Selection, select, suited};
use candidates::{Candidate, CandidateSet};

/// The most images of one call that splits are searched with; no API takes more today.
const CALL_MAX: u32 = 100;

/// What was found.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Solution<'b> {
    /// The best plan, then the next ones: at least the runner-up where there is one. Plans differ
    /// in provider, model, quality, price list or price; of sizes at one price only the best is here.
    pub plans: Vec<Plan<'b>>,
    /// A plan that would be better than the best if its model were not shut down within 30 days.
    pub ending: Option<Plan<'b>>,
    /// What was left out, and why.
    pub left_out: Vec<LeftOut>,
    /// How many combinations of provider, model, quality, price list and size were looked at.
    pub looked_at: u64,
}

/// Finds the best plans for a job; `top` of them, but two at least.
///
/// ```
/// use imgcost_core::{Date, Request};
/// use imgcost_analysis::solve::{Job, solve};
/// let book = imgcost_pricing::book();
/// let mut job = Job::new(Request::new("openai", "", Date::constant(2026, 11, 21)));
/// job.models = imgcost_analysis::selector::patterns("model", "gpt-image-2")?;
/// job.qualities = imgcost_analysis::selector::patterns("quality", "low")?;
/// job.shape.min_pixels = Some(1_000_000);
/// let solution = solve(book, &job, 1).map_err(|_| "not solved")?;
/// // Thin strips take fewer tokens than squares of the same area.
/// assert!(solution.plans[0].total.expected < Some("0.003".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A name that fits nothing, constraints that nothing legal meets, only candidates without a
/// price, or a budget that buys no image.
pub fn solve<'b>(book: &'b Book, job: &Job, top: usize) -> Result<Solution<'b>, Unsolved<'b>> {
    if job.goal == Goal::Images(0) {
        return Err(Error::new(Code::IllegalValue, "n = 0: there is nothing to do")
            .field("n")
            .nearest(1)
            .into());
    }
    job.shape.agrees()?;
    let keep = top.max(2);
    let mut search = Search::default();
    let selection = select(book, &job.providers, &job.models, job.base.as_of)?;
    left_out::known_qualities(book, &selection, job)?;
    search.note_not_yet(&selection);
    for selected in &selection.offers {
        search.model(selected, job, keep);
    }
    let Search { mut candidates, left_out, looked_at, endless } = search;
    if let (Goal::Budget(budget), true) = (job.goal, endless) {
        return Err(left_out::endless(book, job, budget, left_out));
    }
    if candidates.is_empty() {
        return Err(left_out::unsolved(book, &selection, job, left_out));
    }
    candidates.sort_by(Candidate::order);
    let ends = |candidate: &&Candidate<'_>| {
        candidate.is_late && !candidate.offer.model.availability(candidate.offer.as_of).is_retired()
    };
    let ending = match candidates.iter().find(ends).zip(candidates.first()) {
        Some((late, best)) if late.is_better(best) => {
            Some(Plan::of(late.clone(), job).ok_or_else(left_out::too_large)?)
        }
        _ => None,
    };
    let plans: Option<Vec<Plan<'b>>> =
        candidates.into_iter().take(keep).map(|candidate| Plan::of(candidate, job)).collect();
    let plans = plans.ok_or_else(left_out::too_large)?;
    Ok(Solution { plans, ending, left_out, looked_at })
}

#[derive(Default)]
struct Search<'b> {
    candidates: Vec<Candidate<'b>>,
    left_out: Vec<LeftOut>,
    looked_at: u64,
    endless: bool,
}

impl<'b> Search<'b> {
    fn note_not_yet(&mut self, selection: &Selection<'b>) {
        for (provider, model, error) in &selection.not_yet {
            self.left_out.push(LeftOut {
                provider: (*provider).to_owned(),
                model: (*model).to_owned(),
                qualities: Vec::new(),
                reason: Reason::NotYet,
                message: error.message().to_owned(),
            });
        }
    }

    /// Searches every candidate set of one model.
    fn model(&mut self, selected: &SelectedOffer<'b>, job: &Job, keep: usize) {
        let offer = selected.offer;
        let leave_some = |left_out: &mut Vec<LeftOut>, reason, qualities, message: String| {
            left_out.push(LeftOut {
                provider: offer.provider.id.clone(),
                model: offer.model.id.clone(),
                qualities,
                reason,
                message,
            });
        };
        let leave = |left_out: &mut Vec<LeftOut>, reason, message: String| {
            leave_some(left_out, reason, Vec::new(), message);
        };
        if let Some(day) = offer.model.retired.filter(|_| !selected.by_name)
            && offer.model.is_retired_on(offer.as_of)
        {
            let message = format!("was shut down on {day}; name it to count it in");
            return leave(&mut self.left_out, Reason::Retired, message);
        }
        let is_late = match offer.model.availability(offer.as_of) {
            Availability::Current => false,
            Availability::Ends(_) => !selected.by_name,
            Availability::Retired(_) => true,
        };
        let qualities = match job.qualities_of(&offer) {
            Ok(qualities) => qualities,
            Err(message) => return leave(&mut self.left_out, Reason::Quality, message),
        };
        let sizes = match job.shape.sizes_of(&offer) {
            Ok(sizes) => sizes,
            Err(message) => return leave(&mut self.left_out, Reason::Size, message),
        };
        let (mut refusal, mut found, mut endless): (Option<Error>, bool, bool) = (None, false, false);
        let (mut any_unpriced, mut unpriced): (bool, Vec<Quality>) = (false, Vec::new());
        for quality in qualities {
            let (mut found_here, mut unpriced_here) = (false, false);
            for tier in job.tiers() {
                let mut request = suited(&offer, &job.base);
                request.quality = quality.clone();
                request.tier = tier;
                let result = CandidateSet { offer, is_late, request, sizes: &sizes }.search(job, keep);
                self.looked_at += result.looked_at;
                found_here |= !result.candidates.is_empty();
                endless |= result.endless;
                unpriced_here |= result.unpriced;
                // That a provider has no Batch price leaves nothing out: the standard one remains.
                if tier == Tier::Standard || job.base.tier == Tier::Batch {
                    refusal = refusal.or(result.refusal);
                }
                self.candidates.extend(result.candidates);
            }
            found |= found_here;
            any_unpriced |= unpriced_here;
            unpriced.extend(quality.filter(|_| unpriced_here && !found_here));
        }
        self.endless |= endless;
        let left_out = &mut self.left_out;
        match (found || endless, any_unpriced, refusal) {
            (true, _, _) if unpriced.is_empty() => {}
            (true, _, _) => {
                let names: Vec<&str> = unpriced.iter().map(Quality::as_str).collect();
                let message = format!("has no price for quality {}", names.join(", "));
                leave_some(left_out, Reason::Unpriced, unpriced, message);
            }
            (false, true, _) => leave(left_out, Reason::Unpriced, left_out::no_price(&offer, &job.base)),
            (false, false, Some(error)) => leave(left_out, Reason::Refused, error.message().to_owned()),
            (false, false, None) => leave(left_out, Reason::Budget, "the budget buys none of it".to_owned()),
        }
    }
}
