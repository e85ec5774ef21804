//! Budgets for people, in 80 columns.

use imgcost_ledger::{NanoUsd, Status};

use super::Shown;
use crate::commands::budget::words;
use crate::render::{DASH, Page, Sheet};

/// Amounts have at least so many decimals.
const PLACES_MIN: u32 = 2;
/// How many characters a bar has.
const BAR: u64 = 10;
/// How many characters a page has for scopes and amounts, beside all else in 80 columns:
/// window, bar with percentage, when it resets, and a space between any two.
const ROOM: usize = 80 - "window".len() - "########## >999 %".len() - "in 119 min".len() - 8;

/// The page: a row a budget, then what to know.
pub(super) fn page(shown: &Shown<'_>) -> Page {
    let mut page = Page::default();
    if shown.budgets.is_empty() {
        page.heading(match shown.scope {
            Some(scope) => format!("no budget is set for {scope}, above it or below it"),
            None => "no budget is set".to_owned(),
        });
    } else {
        page.table(table(shown));
    }
    notes(&mut page, shown);
    page
}

fn table(shown: &Shown<'_>) -> Sheet {
    let places = places(shown);
    let mut sheet = Sheet::new(&["scope", "window", ">cap", ">held", ">booked", ">left", "used", "resets"]);
    for status in shown.budgets {
        let dash = || DASH.to_owned();
        sheet.row([
            status.budget.scope.to_string(),
            status.budget.window.to_string(),
            status.budget.cap.limit().map_or_else(|| "none".to_owned(), |cap| up(cap, places)),
            up(status.sums.held, places),
            up(booked(status), places),
            status.left().map_or_else(dash, |left| down(left, places)),
            bar(status).unwrap_or_else(dash),
            status.resets_at().map_or_else(|| "never".to_owned(), |at| words::until(at, shown.now)),
        ]);
    }
    sheet
}

/// The amounts of a budget: cap, held, booked, left.
fn amounts(status: &Status) -> [Option<NanoUsd>; 4] {
    [status.budget.cap.limit(), Some(status.sums.held), Some(booked(status)), status.left()]
}

/// How many decimals all amounts need to be exact.
fn needed(shown: &Shown<'_>) -> u32 {
    let all = shown.budgets.iter().flat_map(amounts).flatten();
    all.map(|amount| amount.usd().places()).max().unwrap_or(0).max(PLACES_MIN)
}

/// As many decimals as are needed and have room; what needs more is rounded, and said so.
fn places(shown: &Shown<'_>) -> u32 {
    let scope = shown.budgets.iter().map(|status| status.budget.scope.as_str().len()).max();
    let room = ROOM.saturating_sub(scope.unwrap_or(0));
    let fits = |places: &u32| {
        let width = |column: usize| {
            let cells = shown.budgets.iter().filter_map(|status| *amounts(status).get(column)?);
            cells.map(|amount| up(amount, *places).len()).max().unwrap_or(0).max("booked".len())
        };
        (0..4).map(width).sum::<usize>() <= room
    };
    (PLACES_MIN..=needed(shown)).rev().find(fits).unwrap_or(PLACES_MIN)
}

/// What is spent, for certain or presumably.
fn booked(status: &Status) -> NanoUsd {
    status.sums.settled.checked_add(status.sums.presumed).unwrap_or(NanoUsd::MAX)
}

/// The smallest step of so many decimals, in nano-dollars.
fn step(places: u32) -> u64 {
    10_u64.pow(9_u32.saturating_sub(places))
}

/// An amount that is used, never shown as less than it is.
fn up(amount: NanoUsd, places: u32) -> String {
    let step = step(places);
    let nano = amount.nano().div_ceil(step).saturating_mul(step);
    NanoUsd::new(nano).unwrap_or(amount).usd().rounded(places)
}

/// An amount that is left, never shown as more than it is.
fn down(amount: NanoUsd, places: u32) -> String {
    let step = step(places);
    NanoUsd::new(amount.nano() / step * step).unwrap_or(amount).usd().rounded(places)
}

/// A bar of what is booked (`#`), held (`=`) and left (`.`), with the percentage that is used,
/// rounded down: 100 only where nothing is left. None where there is no limit.
fn bar(status: &Status) -> Option<String> {
    let cap = u128::from(status.budget.cap.limit()?.nano());
    let used = u128::from(status.sums.used().nano());
    let share = |amount: u128, of: u128| amount.saturating_mul(of).checked_div(cap).unwrap_or(of).min(of);
    let length = u128::from(BAR);
    let (all, solid) = (share(used, length), share(u128::from(booked(status).nano()), length));
    let glyphs = [("#", solid), ("=", all - solid.min(all)), (".", length - all)];
    let bar: String =
        glyphs.iter().map(|(glyph, count)| glyph.repeat(usize::try_from(*count).unwrap_or(0))).collect();
    let percent = (used * 100).checked_div(cap).unwrap_or(100);
    Some(if percent > 999 { format!("{bar} >999 %") } else { format!("{bar} {percent:>3} %") })
}

fn notes(page: &mut Page, shown: &Shown<'_>) {
    if places(shown) < needed(shown) {
        page.line("rounded: what is used up, what is left down; --format json has all digits");
    }
    for status in shown.budgets {
        let (scope, per) = (&status.budget.scope, words::per(status.budget.window));
        let (over, overrun) = (status.over(), status.sums.overrun);
        if over > NanoUsd::ZERO {
            page.note(format!("{scope} is ${over} over its cap{per}: it admits nothing"));
        }
        if overrun > NanoUsd::ZERO {
            page.note(format!("{scope}{per}: bills went ${overrun} above their ceilings, booked in full"));
        }
        if status.sums.held_assumed > NanoUsd::ZERO {
            let assumed = status.sums.held_assumed;
            page.note(format!("{scope}{per}: ${assumed} is held at assumed ceilings"));
        }
    }
    if let Some(words) = shown.expired.words() {
        page.note(words);
    }
}

#[cfg(test)]
mod tests {
    use imgcost_ledger::{Budget, Cap, SignedDuration, Sums, Timestamp, Window};

    use super::*;
    use crate::commands::budget::expired::Expired;
    use crate::render::table;

    fn status(cap: u64, held: u64, settled: u64) -> Status {
        let usd = |nano| NanoUsd::new(nano).unwrap();
        let mut sums = Sums::default();
        (sums.held, sums.settled) = (usd(held), usd(settled));
        let budget = Budget::new("team".parse().unwrap(), Window::Total, Cap::Usd(usd(cap)));
        Status::new(budget, Window::Total.at(Timestamp::UNIX_EPOCH), sums)
    }

    #[test]
    fn a_bar_is_full_only_where_nothing_is_left() {
        for (cap, held, settled, expected) in [
            (100, 0, 0, "..........   0 %"),
            (100, 20, 35, "###==.....  55 %"),
            (1000, 0, 999, "#########.  99 %"),
            (1000, 1, 999, "#########= 100 %"),
            (1000, 0, 2500, "########## 250 %"),
            (0, 0, 0, "########## 100 %"),
            (1, 0, 5000, "########## >999 %"),
        ] {
            assert_eq!(bar(&status(cap, held, settled)).unwrap(), expected, "{cap} {held} {settled}");
        }
    }

    #[test]
    fn a_page_fits_in_80_columns_whenever_a_budget_resets() {
        let start: Timestamp = "2031-08-01T00:00:00Z".parse().unwrap();
        let wide = "department-of-images/team-of-alice/run-2031-08-17";
        let budgets: Vec<Status> = [("team", 25_000_000_000), (wide, 999_999_999_999_999)]
            .into_iter()
            .map(|(scope, cap)| {
                let mut status = status(cap, 123_456_789, 1);
                status.budget.scope = scope.parse().unwrap();
                status.budget.window = Window::Month;
                status.period = Window::Month.at(start);
                status
            })
            .collect();
        let end = budgets[0].resets_at().unwrap();
        assert_eq!(end.duration_since(start).as_hours(), 31 * 24);
        let mut resets = std::collections::BTreeSet::new();
        // Every second of the last minutes, then every minute of the month.
        for seconds in (0..=180).chain((240..=31 * 86_400).step_by(60)) {
            let now = end - SignedDuration::from_secs(seconds);
            if !resets.insert(words::until(end, now)) {
                continue;
            }
            for some in [&budgets[..1], &budgets[1..], &budgets[..]] {
                let shown =
                    Shown { scope: None, budgets: some, expired: Expired { count: 0, or_more: false }, now };
                let page = table::page(&page(&shown), 80);
                for line in page.lines() {
                    assert!(line.chars().count() <= 80, "{line}");
                }
                assert!(page.contains(&words::until(end, now)), "{page}");
            }
        }
        assert!(resets.len() > 119 + 46 + 29, "{resets:?}");
    }

    #[test]
    fn rounding_never_flatters() {
        let amount = NanoUsd::new(1_234_567_891).unwrap();
        assert_eq!((up(amount, 4), down(amount, 4)), ("1.2346".to_owned(), "1.2345".to_owned()));
        let exact = NanoUsd::new(1_200_000_000).unwrap();
        assert_eq!((up(exact, 4), down(exact, 4)), ("1.2000".to_owned(), "1.2000".to_owned()));
    }
}
