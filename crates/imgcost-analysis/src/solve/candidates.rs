//! One provider's model at one quality and price list: which sizes are best.
//!
//! Where a call is billed by tokens of the area grid and nothing else depends on the size, the
//! size enters the price through its grid work alone: tokens are `ceil(n * work / divisor)`, a
//! rising function of the work for every n; a scaled rule multiplies and rounds that, still
//! rising; amounts are tokens times a rate, and a gateway's rounding to its unit rises too. So
//! for two sizes with `work(a) <= work(b)` every call, and with it every split, of a costs no
//! more than of b, and a budget buys no fewer. It is enough to search the sizes in the order of
//! their work and to stop once enough different prices were met: everything behind costs as
//! much or more. Sizes of equal price are next to each other, so that the tie is broken over all
//! of them. Which work counts follows what plans are compared by: the expected value comes of
//! the expected work, the ceiling of the greatest.
//!
//! Partial images add tokens that follow the area. Sizes whose partial images take the same
//! tokens are searched together, each such group as above: within it the work alone decides. A
//! price among the best few of all is among the best few of every group that it occurs in.
//!
//! Where images have a price each, the row of the price and the megapixels begun decide: one
//! size of each such pair is quoted, the one that wins the tie. Everywhere else every size is.

use std::cmp::{Ordering, Reverse};
use std::collections::hash_map::{Entry, HashMap};
use std::collections::{BTreeMap, BinaryHeap};

use imgcost_core::rules::{area_grid, megapixels, partial_images};
use imgcost_core::{
    Basis, Error, ImageOutputRule, ImagePrice, Offer, PartialRule, Pixels, Quality, Quote, Request, Size,
    Tier, Total, Usd,
};

use super::CALL_MAX;
use super::job::{By, Goal, Job, Level};
use super::split::{Prices, Split, Splitter};

/// One provider's model at one quality and price list.
pub(super) struct CandidateSet<'b, 's> {
    pub(super) offer: Offer<'b>,
    /// Whether its plans come after all others: the model is retired, or ends within 30 days and
    /// was not asked for by its name.
    pub(super) is_late: bool,
    /// The call; its size and n are set here.
    pub(super) request: Request,
    /// The sizes that the model takes and the job wants; `None` is the model's default.
    pub(super) sizes: &'s [Option<Pixels>],
}

/// What a search found.
#[derive(Default)]
pub(super) struct SearchResult<'b> {
    pub(super) candidates: Vec<Candidate<'b>>,
    pub(super) looked_at: u64,
    /// Whether something can't be priced.
    pub(super) unpriced: bool,
    /// Why the call is refused.
    pub(super) refusal: Option<Error>,
    /// Whether a budget has no end, as some call costs nothing.
    pub(super) endless: bool,
}

/// A plan before its calls are written out.
#[derive(Debug, Clone)]
pub(super) struct Candidate<'b> {
    pub(super) offer: Offer<'b>,
    pub(super) is_late: bool,
    pub(super) request: Request,
    pub(super) size: Option<Pixels>,
    pub(super) split: Split,
    /// Sizes of the set at this price, this one among them.
    pub(super) equal_sizes: u64,
}

/// What a size comes to: more images are better, then less money.
type Score = (Reverse<u64>, Usd);

/// Sizes that are priced alike: the one that wins a tie, and how many they are.
type EqualSizes = (Option<Pixels>, u64);

/// How the tokens of a candidate follow the size.
struct Grid {
    /// Cells along the long side.
    q: u32,
    area_offset: u64,
    /// Whether the expected work counts, or the greatest.
    expected: bool,
    /// What partial images add, where some may come.
    partial: Option<PartialRule>,
}

impl Grid {
    /// The work that decides among sizes whose partial images take the same tokens.
    fn work(&self, size: Pixels) -> Option<u64> {
        let work = area_grid::work(size, self.q, self.area_offset)?;
        Some(if self.expected { work.expected } else { work.greatest })
    }

    /// Tokens of one partial image.
    fn partial(&self, size: Pixels) -> Option<u64> {
        let Some(rule) = self.partial else { return Some(0) };
        let areas = partial_images::Areas::exact(size.area());
        partial_images::tokens(rule, Some(1), 1, areas)?.expected
    }
}

/// The order of sizes that are priced alike: more pixels, the squarer, the wider.
fn in_tie(size: Option<Pixels>) -> (Reverse<u64>, u32, Reverse<u32>) {
    let Some(size) = size else { return (Reverse(0), 0, Reverse(0)) };
    (Reverse(size.area()), size.long(), Reverse(size.width()))
}

impl Candidate<'_> {
    fn score(&self) -> Score {
        (Reverse(self.split.images), self.split.cost)
    }

    /// Whether it makes more images than another one, or as many for less.
    pub(super) fn is_better(&self, other: &Self) -> bool {
        self.score() < other.score()
    }

    /// Of sizes at one price: more pixels, fewer calls, the squarer one, the wider one.
    fn order_at_one_price(&self, other: &Self) -> Ordering {
        let key = |candidate: &Self| {
            let (area, long, width) = in_tie(candidate.size);
            (area, candidate.split.calls, long, width)
        };
        key(self).cmp(&key(other))
    }

    /// The order of plans: models that end soon after the others, then images, price, pixels,
    /// calls, names, the squarer and the wider size.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let area = |candidate: &Self| Reverse(candidate.size.map_or(0, Pixels::area));
        let names = |candidate: &Self| {
            let quality = candidate.request.quality.as_ref();
            let rank = Level::NAMES.iter().position(|name| Some(*name) == quality.map(Quality::as_str));
            (rank, quality.cloned(), candidate.request.tier == Tier::Batch)
        };
        (self.is_late.cmp(&other.is_late))
            .then_with(|| self.score().cmp(&other.score()))
            .then_with(|| area(self).cmp(&area(other)))
            .then_with(|| self.split.calls.cmp(&other.split.calls))
            .then_with(|| self.offer.provider.id.cmp(&other.offer.provider.id))
            .then_with(|| self.offer.model.id.cmp(&other.offer.model.id))
            .then_with(|| names(self).cmp(&names(other)))
            .then_with(|| self.order_at_one_price(other))
    }
}

/// What a total counts as: its ceiling, or its expected value where there is one.
pub(super) fn cost(total: &Total, by: By) -> Option<Usd> {
    // Without a ceiling something is unpriced: an expected value can't be whole then.
    let ceiling = total.ceiling?;
    Some(match by {
        By::Expected => total.expected.unwrap_or(ceiling),
        By::Ceiling => ceiling,
    })
}

impl<'b> CandidateSet<'b, '_> {
    /// The best sizes of the set: one for each of the `keep` best prices.
    pub(super) fn search(mut self, job: &Job, keep: usize) -> SearchResult<'b> {
        let mut result = SearchResult::default();
        let Some(first) = self.sizes.first() else { return result };
        // Whether the call is taken and priced does not depend on the size, save where prices
        // are named by size; those are all quoted below.
        match self.total(*first, 1) {
            Err(error) => {
                result.refusal = Some(error);
                return result;
            }
            Ok(total) => match self.grid(&total, job.counts()) {
                // Rates do not depend on the size: without one for this, there is none for any.
                Some(_) if total.ceiling.is_none() => result.unpriced = true,
                Some(grid) => self.by_work(job, keep, &grid, &mut result),
                None => self.by_quotes(job, keep, &mut result),
            },
        }
        result.looked_at = u64::try_from(self.sizes.len()).unwrap_or(u64::MAX);
        result
    }

    fn total(&mut self, size: Option<Pixels>, n: u32) -> Result<Total, Error> {
        self.request.size = size.map(Size::Exact);
        self.request.n = n;
        let quote: Quote<'_> = crate::equivalent::quoted(&self.offer, &self.request)?;
        Ok(*quote.total())
    }

    /// The grid that decides the price of a size, where it alone does.
    fn grid(&self, total: &Total, by: By) -> Option<Grid> {
        let offer = self.offer;
        let by_tokens = match offer.model.basis {
            Basis::Tokens => true,
            Basis::Ratio => offer.fixed_price().is_none(),
            _ => false,
        };
        let rule = match &offer.family.image_output.as_ref().filter(|_| by_tokens)?.rule {
            ImageOutputRule::Scaled { of, .. } => &offer.book.family(of)?.image_output.as_ref()?.rule,
            rule => rule,
        };
        let ImageOutputRule::AreaGrid { base, area_offset, .. } = rule else { return None };
        let quality = self.request.quality.as_ref()?;
        let q = base.iter().find(|(name, _)| name == quality)?.1;
        let some = self.request.stream || self.request.partial_images.is_some_and(|partials| partials > 0);
        Some(Grid {
            q,
            area_offset: *area_offset,
            expected: by == By::Expected && total.expected.is_some(),
            partial: offer.family.partial_image.as_ref().filter(|_| some).map(|partial| partial.rule),
        })
    }

    fn by_work(&mut self, job: &Job, keep: usize, grid: &Grid, result: &mut SearchResult<'b>) {
        let mut groups: BTreeMap<u64, Vec<Reverse<(u64, Pixels)>>> = BTreeMap::new();
        for size in self.sizes.iter().flatten() {
            if let (Some(work), Some(partial)) = (grid.work(*size), grid.partial(*size)) {
                groups.entry(partial).or_default().push(Reverse((work, *size)));
            }
        }
        let mut best = Best::default();
        for sizes in groups.into_values() {
            for candidate in self.of_group(job, keep, BinaryHeap::from(sizes), result) {
                best.take(candidate);
            }
        }
        result.candidates = best.candidates(keep);
    }

    /// The best sizes of a group in which the work alone decides, one for each price.
    fn of_group(
        &mut self,
        job: &Job,
        keep: usize,
        mut heap: BinaryHeap<Reverse<(u64, Pixels)>>,
        result: &mut SearchResult<'b>,
    ) -> Vec<Candidate<'b>> {
        let mut candidates: Vec<Candidate<'b>> = Vec::new();
        let mut known: Option<(u64, Option<Split>)> = None;
        while let Some(Reverse((work, size))) = heap.pop() {
            let split = match &known {
                Some((same, split)) if *same == work => split.clone(),
                _ => {
                    let prices = self.prices(Some(size), job, result);
                    let split = best_split(&prices, job, result);
                    known = Some((work, split.clone()));
                    split
                }
            };
            let Some(split) = split else {
                // A budget that does not buy the cheapest size buys no other.
                if matches!(job.goal, Goal::Budget(_)) {
                    break;
                }
                continue;
            };
            let candidate = self.candidate(Some(size), split, 1);
            let full = candidates.len() >= keep;
            match candidates.last_mut() {
                Some(last) if last.score() == candidate.score() => join(last, candidate),
                _ if full => break,
                _ => candidates.push(candidate),
            }
        }
        candidates
    }

    fn by_quotes(&mut self, job: &Job, keep: usize, result: &mut SearchResult<'b>) {
        let mut splits: HashMap<Prices, Option<Split>> = HashMap::new();
        let mut best = Best::default();
        for (size, count) in self.equal_sizes() {
            let prices = self.prices(size, job, result);
            let split = match splits.entry(prices) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => {
                    let split = best_split(place.key(), job, result);
                    place.insert(split)
                }
            };
            let Some(split) = split.clone() else { continue };
            best.take(self.candidate(size, split, count));
        }
        result.candidates = best.candidates(keep);
    }

    /// The sizes to quote: of those whose images are sure to have one price, one.
    fn equal_sizes(&self) -> Vec<EqualSizes> {
        let one_by_one = || self.sizes.iter().map(|size| (*size, 1)).collect();
        match self.offer.model.basis {
            Basis::PerImage => {}
            Basis::PerCall => return self.groups(|_| ()),
            _ => return one_by_one(),
        }
        let standard = Quality::Standard;
        let quality = self.request.quality.as_ref().unwrap_or(&standard);
        self.groups(|size| {
            let row: Option<&ImagePrice> = self.offer.image_price(quality, size);
            let begun = row.filter(|row| row.further_megapixel.is_some());
            (row.map(std::ptr::from_ref), begun.and_then(|row| megapixels::begun(size.area(), row.megapixel)))
        })
    }

    fn groups<K: std::hash::Hash + Eq>(&self, key: impl Fn(Pixels) -> K) -> Vec<EqualSizes> {
        // None in place of a key: left to the model.
        let mut groups: HashMap<Option<K>, EqualSizes> = HashMap::new();
        for size in self.sizes {
            let (best, count) = groups.entry(size.map(&key)).or_insert((*size, 0));
            *count += 1;
            if in_tie(*size) < in_tie(*best) {
                *best = *size;
            }
        }
        groups.into_values().collect()
    }

    fn candidate(&self, size: Option<Pixels>, split: Split, equal_sizes: u64) -> Candidate<'b> {
        let mut request = self.request.clone();
        request.size = size.map(Size::Exact);
        Candidate { offer: self.offer, is_late: self.is_late, request, size, split, equal_sizes }
    }

    /// The price of a call by how many images it asks for.
    fn prices(&mut self, size: Option<Pixels>, job: &Job, result: &mut SearchResult<'b>) -> Prices {
        let known = self.offer.family.limits.rule.n_max;
        let wanted = match job.goal {
            Goal::Images(n) => u32::try_from(n).unwrap_or(u32::MAX),
            Goal::Budget(_) => u32::MAX,
        };
        // Where nobody says how many a call may ask for, one is what surely works.
        let most = known.unwrap_or(1).min(wanted).min(CALL_MAX);
        let mut prices = Prices::with_capacity(most.try_into().unwrap_or(0));
        for n in 1..=most {
            prices.push(match self.total(size, n) {
                Ok(total) => {
                    let cost = cost(&total, job.counts());
                    result.unpriced |= cost.is_none();
                    cost
                }
                Err(error) => {
                    result.refusal.get_or_insert(error);
                    None
                }
            });
        }
        prices
    }
}

/// The best size of each price.
#[derive(Default)]
struct Best<'b>(HashMap<Score, Candidate<'b>>);

impl<'b> Best<'b> {
    fn take(&mut self, candidate: Candidate<'b>) {
        match self.0.entry(candidate.score()) {
            Entry::Occupied(mut known) => join(known.get_mut(), candidate),
            Entry::Vacant(place) => {
                place.insert(candidate);
            }
        }
    }

    /// Those of the best prices, in order.
    fn candidates(self, keep: usize) -> Vec<Candidate<'b>> {
        let mut candidates: Vec<Candidate<'b>> = self.0.into_values().collect();
        candidates.sort_by_key(Candidate::score);
        candidates.truncate(keep);
        candidates
    }
}

/// Keeps the better of two sizes at one price, and counts both.
fn join<'b>(known: &mut Candidate<'b>, mut other: Candidate<'b>) {
    let count = known.equal_sizes + other.equal_sizes;
    if other.order_at_one_price(known) == Ordering::Less {
        std::mem::swap(known, &mut other);
    }
    known.equal_sizes = count;
}

fn best_split(prices: &Prices, job: &Job, result: &mut SearchResult<'_>) -> Option<Split> {
    match job.goal {
        Goal::Images(n) => Splitter::new(prices, Some(n))?.of(n),
        Goal::Budget(budget) => {
            let splitter = Splitter::new(prices, None)?;
            if splitter.is_free() {
                result.endless = true;
                return None;
            }
            splitter.most(budget)
        }
    }
}
