//! Numbers as people read them: an estimate by its figure or its range, amounts rounded to their
//! side, counts in groups of three digits.

use imgcost_analysis::currency::Converted;
use imgcost_analysis::grouped;
use imgcost_core::{Estimate, Total, Usd};

/// What is shown for a value that is unknown.
pub(crate) const DASH: &str = "—";
/// The most decimals that an amount is lengthened to, so that it does not read as nothing.
const PLACES_SEEN: u32 = 15;

/// An estimate of which any part may be unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Bounds<T> {
    pub(crate) floor: Option<T>,
    pub(crate) expected: Option<T>,
    pub(crate) ceiling: Option<T>,
}

impl<T: Copy + PartialEq> Bounds<T> {
    /// What it is compared by: the expected value, or else the ceiling.
    pub(crate) fn figure(&self) -> Option<T> {
        self.expected.or(self.ceiling)
    }

    /// Whether all three are known and equal.
    pub(crate) fn is_exact(&self) -> bool {
        self.ceiling.is_some() && self.floor == self.ceiling && self.expected == self.ceiling
    }

    /// Floor, expected value and ceiling.
    pub(crate) fn parts(&self) -> [Option<T>; 3] {
        [self.floor, self.expected, self.ceiling]
    }

    /// One of them; of all, the expected value.
    pub(crate) fn part(&self, part: Part) -> Option<T> {
        match part {
            Part::Floor => self.floor,
            Part::Whole | Part::Expected => self.expected,
            Part::Ceiling => self.ceiling,
        }
    }

    /// Another unit of each part.
    pub(crate) fn map<U>(self, change: impl Fn(T) -> Option<U>) -> Bounds<U> {
        let [floor, expected, ceiling] = self.parts().map(|part| part.and_then(&change));
        Bounds { floor, expected, ceiling }
    }
}

impl<T> From<[Option<T>; 3]> for Bounds<T> {
    fn from([floor, expected, ceiling]: [Option<T>; 3]) -> Self {
        Bounds { floor, expected, ceiling }
    }
}

impl<T> From<Estimate<T>> for Bounds<T> {
    fn from(estimate: Estimate<T>) -> Self {
        Bounds { floor: Some(estimate.floor), expected: estimate.expected, ceiling: Some(estimate.ceiling) }
    }
}

impl From<&Total> for Bounds<Usd> {
    fn from(total: &Total) -> Self {
        Bounds { floor: total.floor, expected: total.expected, ceiling: total.ceiling }
    }
}

/// Which cell of an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it, or a value that is no estimate.
    Whole,
    Floor,
    Expected,
    Ceiling,
}

/// To which side an amount is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Near,
    Up,
}

pub(super) fn figure<T: Copy + PartialEq>(bounds: &Bounds<T>, shown: impl Fn(T, Side) -> String) -> String {
    match (bounds.expected, bounds.ceiling) {
        (Some(expected), Some(_)) => shown(expected, Side::Near),
        (None, Some(ceiling)) => format!("≤ {}", shown(ceiling, Side::Up)),
        _ => DASH.to_owned(),
    }
}

pub(super) fn range<T: Copy + PartialEq>(bounds: &Bounds<T>, shown: impl Fn(T, Side) -> String) -> String {
    match (bounds.floor, bounds.ceiling) {
        (Some(_), Some(_)) if bounds.is_exact() => String::new(),
        (Some(floor), Some(ceiling)) => {
            format!("{} to {}", shown(floor, Side::Near), shown(ceiling, Side::Up))
        }
        (Some(floor), None) => format!("at least {}", shown(floor, Side::Near)),
        _ => DASH.to_owned(),
    }
}

pub(super) fn dollars(usd: Usd, places: u32, side: Side) -> String {
    let up = || 10_u32.checked_pow(places).and_then(|units| usd.rounded_up_to(units));
    rounded(if side == Side::Up { up().unwrap_or(usd) } else { usd }, places)
}

/// An amount to as many decimals as the dollars beside it have; to more where it would read as
/// nothing.
pub(super) fn converted(amount: Converted, places: u32, side: Side) -> String {
    let exact = amount.to_string();
    let shown = |places| if side == Side::Up { amount.rounded_up(places) } else { amount.rounded(places) };
    if reads_as_nothing(&exact) {
        return shown(places);
    }
    let seen = (places..places.max(PLACES_SEEN)).map(shown).find(|text| !reads_as_nothing(text));
    seen.unwrap_or(exact)
}

fn reads_as_nothing(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0' | b'.'))
}

/// An amount to so many places; one that would show as zero and is not, is below the last place.
pub(crate) fn rounded(usd: Usd, places: u32) -> String {
    let text = usd.rounded(places);
    match text.strip_suffix('0') {
        Some(rest) if usd > Usd::ZERO && reads_as_nothing(&text) => format!("<{rest}1"),
        _ => in_groups(text),
    }
}

/// A decimal with a comma between each three of its whole digits.
pub(super) fn in_groups(text: String) -> String {
    let (whole, point, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, ".", fraction),
        None => (text.as_str(), "", ""),
    };
    match whole.parse::<u64>() {
        Ok(whole) if whole >= 1000 => format!("{}{point}{fraction}", grouped(whole)),
        _ => text,
    }
}

/// An exact amount as people read it: with its cents, and a comma between each three digits.
pub(crate) fn money(usd: Usd) -> String {
    format!("${}", in_groups(usd.rounded(usd.places().max(2))))
}

pub(super) fn changed(change: i64) -> String {
    let sign = match change {
        0 => "",
        1.. => "+",
        _ => "-",
    };
    format!("{sign}{}", grouped(change.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use imgcost_analysis::currency::Exchange;

    #[test]
    fn a_positive_amount_never_reads_as_nothing() {
        let euro = Exchange::new("EUR", "0.86@2026-11-28").unwrap();
        for (usd, places, shown) in [
            ("0.00497", 5, "0.00427"),
            ("0.00497", 2, "0.004"),
            ("0.000000001", 2, "0.000000001"),
            ("12.5", 2, "10.75"),
            ("0", 5, "0.00000"),
        ] {
            let amount = euro.convert(usd.parse().unwrap()).unwrap();
            assert_eq!(converted(amount, places, Side::Near), shown, "{usd}");
        }
    }

    #[test]
    fn a_ceiling_is_rounded_up() {
        let euro = Exchange::new("EUR", "0.86@2026-11-28").unwrap();
        // 0.1812192 exactly.
        let amount = euro.convert("0.21072".parse().unwrap()).unwrap();
        assert_eq!(
            (converted(amount, 5, Side::Near), converted(amount, 5, Side::Up)),
            ("0.18122".into(), "0.18122".into())
        );
        assert_eq!(
            (converted(amount, 6, Side::Near), converted(amount, 6, Side::Up)),
            ("0.181219".into(), "0.181220".into())
        );
    }

    #[test]
    fn counts_are_grouped_by_three() {
        assert_eq!(
            [0, 999, 1000, 21_949, 1_000_000].map(grouped),
            ["0", "999", "1,000", "21,949", "1,000,000"]
        );
    }

    #[test]
    fn what_is_too_small_to_show_is_below_the_last_place_and_never_zero() {
        for (usd, shown) in
            [("0", "0.0000"), ("0.00001", "<0.0001"), ("0.00005", "0.0001"), ("0.12344", "0.1234")]
        {
            assert_eq!(rounded(usd.parse().unwrap(), 4), shown, "{usd}");
        }
        assert_eq!(rounded("0.4".parse().unwrap(), 0), "<1");
    }
}
