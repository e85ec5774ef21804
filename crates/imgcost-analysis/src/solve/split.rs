//! How many images each call asks for: the cheapest split of n images, and the most images
//! for a budget, exactly.
//!
//! `f(k)` is the price of a call for k images. It need not be linear in k: tokens are rounded
//! up once a call. A split is a multiset of calls; its cost is the sum of their prices, compared
//! as the pair (cost, number of calls).
//!
//! Small n are solved by dynamic programming: `T(n) = min over k of T(n - k) + f(k)`.
//!
//! Large n by its period. Let b be the call size with the least pair (f(b), 1) / b. Of any b other
//! calls some, taken together, ask for a multiple of b images: two of the b + 1 prefix sums of
//! their sizes leave the same rest modulo b. Calls of size b in their place cost no more, as b
//! has the least price an image. So there is a best split with fewer than b other calls, which
//! ask for at most H = (b - 1) * m images, m being the largest call. For every n >= H it
//! therefore holds, with N0 the one number in H .. H + b that leaves the rest of n modulo b, that
//! `T(n) = T(N0) + (n - N0) / b * f(b)`.

use imgcost_core::Usd;

/// Prices by how many images a call asks for: the first for one. None: no such call.
pub(super) type Prices = Vec<Option<Usd>>;

/// A split: its cost in USD, how many calls, and how many calls of which size, largest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) images: u64,
    pub(super) cost: Usd,
    pub(super) calls: u64,
    pub(super) parts: Vec<(u32, u64)>,
}

/// The best way to so many images: cost, calls, and the size of the last call.
type State = Option<(Usd, u64, usize)>;

/// The splits of one price function.
pub(super) struct Splitter {
    /// The call size with the least price an image, and its price.
    best: (usize, Usd),
    /// H: from here on T repeats with period b.
    horizon: usize,
    table: Vec<State>,
}

impl Splitter {
    /// The splits of a price function up to `n` images, or to any number of them; none where
    /// nothing has a price, or an amount is too large to be exact.
    pub(super) fn new(prices: &Prices, up_to: Option<u64>) -> Option<Splitter> {
        let prices: Vec<(usize, Usd)> = prices
            .iter()
            .enumerate()
            .rev()
            .filter_map(|(index, price)| Some((index + 1, (*price)?)))
            .collect();
        let largest = prices.first()?.0;
        let mut best = *prices.first()?;
        for &(k, price) in &prices {
            // Strictly less, so that of equal prices an image the largest call stays.
            let (candidate, known) =
                (price.checked_mul(best.0.try_into().ok()?)?, best.1.checked_mul(k.try_into().ok()?)?);
            if candidate < known {
                best = (k, price);
            }
        }
        let horizon = (best.0 - 1) * largest;
        let all = horizon + best.0 - 1;
        let last = up_to.and_then(|n| usize::try_from(n).ok()).map_or(all, |n| n.min(all));
        let mut table: Vec<State> = Vec::with_capacity(last + 1);
        table.push(Some((Usd::ZERO, 0, 0)));
        for images in 1..=last {
            let mut found: State = None;
            for &(k, price) in &prices {
                let before = images.checked_sub(k).and_then(|rest| table.get(rest)).copied().flatten();
                let Some((cost, calls, _)) = before else { continue };
                let (cost, calls) = (cost.checked_add(price)?, calls + 1);
                if found.is_none_or(|(known, known_calls, _)| (cost, calls) < (known, known_calls)) {
                    found = Some((cost, calls, k));
                }
            }
            table.push(found);
        }
        Some(Splitter { best, horizon, table })
    }

    /// The best split of exactly n images; none where no calls make them, or the amount is too
    /// large to be exact.
    pub(super) fn of(&self, n: u64) -> Option<Split> {
        let (b, period_price) = (u64::try_from(self.best.0).ok()?, self.best.1);
        let horizon = u64::try_from(self.horizon).ok()?;
        let (start, periods) = match n.checked_sub(horizon) {
            Some(beyond) => (horizon + beyond % b, beyond / b),
            None => (n, 0),
        };
        let mut at = usize::try_from(start).ok()?;
        let (cost, calls, _) = (*self.table.get(at)?)?;
        let mut counts: Vec<(usize, u64)> = vec![(self.best.0, periods)];
        while at > 0 {
            let (_, _, k) = (*self.table.get(at)?)?;
            match counts.iter_mut().find(|(size, _)| *size == k) {
                Some((_, count)) => *count += 1,
                None => counts.push((k, 1)),
            }
            at -= k;
        }
        counts.retain(|(_, count)| *count > 0);
        counts.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
        let parts: Option<Vec<(u32, u64)>> =
            counts.into_iter().map(|(size, count)| Some((u32::try_from(size).ok()?, count))).collect();
        Some(Split {
            images: n,
            cost: cost.checked_add(period_price.checked_mul(periods)?)?,
            calls: calls.checked_add(periods)?,
            parts: parts?,
        })
    }

    /// Whether some call is free, so that a budget never ends.
    pub(super) fn is_free(&self) -> bool {
        self.best.1 == Usd::ZERO
    }

    /// The best split of the most images whose cost stays within a budget; none where not one
    /// does. Needs the whole table.
    pub(super) fn most(&self, budget: Usd) -> Option<Split> {
        let mut most = 0_u64;
        for (images, state) in self.table.iter().enumerate() {
            let Some(rest) = state.and_then(|(cost, _, _)| budget.checked_sub(cost)) else { continue };
            let mut images = u64::try_from(images).ok()?;
            if images >= u64::try_from(self.horizon).ok()? {
                let periods = whole_times(rest, self.best.1)?;
                images = images.checked_add(periods.checked_mul(self.best.0.try_into().ok()?)?)?;
            }
            most = most.max(images);
        }
        if most == 0 { None } else { self.of(most) }
    }
}

/// How often a price goes into an amount.
fn whole_times(amount: Usd, price: Usd) -> Option<u64> {
    let guess = amount.decimal().checked_div(price.decimal())?.floor();
    let mut times = u64::try_from(guess).ok()?;
    // The quotient was rounded to 28 digits: exact products decide.
    while price.checked_mul(times)? > amount {
        times = times.checked_sub(1)?;
    }
    while price.checked_mul(times.checked_add(1)?)? <= amount {
        times += 1;
    }
    Some(times)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usd(nano: u64) -> Usd {
        Usd::from_nanos(nano)
    }

    /// T(n) for all n up to a bound, by the plain recurrence.
    fn by_hand(prices: &Prices, most: usize) -> Vec<Option<(Usd, u64)>> {
        let mut table = vec![Some((Usd::ZERO, 0))];
        for n in 1..=most {
            let ways = prices.iter().enumerate().filter_map(|(index, price)| {
                let (cost, calls): (Usd, u64) = table.get(n.checked_sub(index + 1)?).copied().flatten()?;
                Some((cost.checked_add((*price)?)?, calls + 1))
            });
            let best = ways.min();
            table.push(best);
        }
        table
    }

    fn prices() -> impl Strategy<Value = Prices> {
        // Close to linear, as rounded tokens are, or anything at all, with gaps.
        let linear = (1_u64..50, prop::collection::vec(0_u64..4, 1..11)).prop_map(|(each, more)| {
            let price = |(index, more): (usize, &u64)| Some(usd((index as u64 + 1) * each * 3 + more));
            more.iter().enumerate().map(price).collect()
        });
        let any = prop::collection::vec(prop::option::weighted(0.8, 1_u64..40), 1..9)
            .prop_map(|prices| prices.into_iter().map(|price| price.map(usd)).collect());
        prop_oneof![linear, any]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn every_split_is_the_best_of_all(prices in prices()) {
            let by_hand = by_hand(&prices, 400);
            let Some(splitter) = Splitter::new(&prices, None) else {
                prop_assert!(prices.iter().all(Option::is_none));
                return Ok(());
            };
            for n in 1..=400_u64 {
                let split = splitter.of(n);
                let known = by_hand[n as usize];
                prop_assert_eq!(split.as_ref().map(|split| (split.cost, split.calls)), known, "{}", n);
                let Some(split) = split else { continue };
                let images: u64 = split.parts.iter().map(|(k, count)| u64::from(*k) * count).sum();
                prop_assert_eq!(images, n);
                let mut cost = Usd::ZERO;
                for (k, count) in &split.parts {
                    let price = prices[*k as usize - 1].unwrap();
                    cost = cost.checked_add(price.checked_mul(*count).unwrap()).unwrap();
                }
                prop_assert_eq!(cost, split.cost);
                // A table that ends at n says the same.
                let short = Splitter::new(&prices, Some(n)).unwrap().of(n);
                prop_assert_eq!(short.map(|split| (split.cost, split.calls)), known);
            }
        }

        #[test]
        fn a_budget_buys_the_most_images(prices in prices(), budget in 0_u64..3000) {
            let Some(splitter) = Splitter::new(&prices, None) else { return Ok(()) };
            let by_hand = by_hand(&prices, 3100);
            let within = |n: &usize| by_hand[*n].is_some_and(|(cost, _)| cost <= usd(budget));
            let most = (1..=3100).rev().find(within);
            prop_assume!(most.is_none_or(|most| most < 3000));
            prop_assert_eq!(splitter.most(usd(budget)).map(|split| split.images as usize), most);
        }
    }

    #[test]
    fn a_million_images_take_no_longer_than_a_hundred() {
        let prices = vec![Some(usd(196)), Some(usd(391)), None, Some(usd(781))];
        let split = Splitter::new(&prices, Some(1_000_003)).unwrap().of(1_000_003).unwrap();
        assert_eq!(split.parts, [(4, 250_000), (2, 1), (1, 1)]);
        assert_eq!(split.cost, usd(250_000 * 781 + 391 + 196));
    }
}
