//! The scope that was probably meant, for a path without a budget.
//!
//! It looks at the names beside the first one that is wrong, and at no more than [`AROUND`] budgets
//! on either side of each, so that it takes no longer however many budgets there are.

use std::collections::BTreeSet;

use crate::budget::{default_place_of, scope_of_place};
use crate::scope::{MAX_LEVELS, Scope};

/// So many places on either side of the wrong name are looked at.
const AROUND: usize = 64;
/// How alike two names must be.
const ALIKE: f64 = 0.5;

/// A range of places with budgets: from `low` on and before `high`, from its beginning or its end,
/// at most so many, each once.
pub(crate) struct Range<'r> {
    pub(crate) low: &'r str,
    pub(crate) high: &'r str,
    pub(crate) is_from_end: bool,
    pub(crate) most: usize,
}

type Places<'p, E> = &'p mut dyn FnMut(&Range<'_>) -> Result<Vec<String>, E>;

/// The scope with a budget that is nearest to a path without one. `places` lists places in
/// ascending order of their bytes, or descending from the end.
pub(crate) fn nearest<E>(
    scope: &Scope,
    mut places: impl FnMut(&Range<'_>) -> Result<Vec<String>, E>,
) -> Result<Option<Scope>, E> {
    mended(scope, &mut places, MAX_LEVELS)
}

/// As [`nearest`], mending at most so many names.
fn mended<E>(scope: &Scope, places: Places<'_, E>, most: usize) -> Result<Option<Scope>, E> {
    let (above, name, rest) = first_unknown(scope, places)?;
    let (low, high) = below(above);
    let wrong = format!("{low}{name}");
    let before = Range { low: &low, high: &wrong, is_from_end: true, most: AROUND };
    let behind = Range { low: &wrong, high: &high, is_from_end: false, most: AROUND };
    let mut around = places(&before)?;
    around.extend(places(&behind)?);
    let level = |place: &String| {
        let name = place.get(low.len()..)?.split('/').next()?;
        (name != "*").then(|| name.to_owned())
    };
    let names: BTreeSet<String> = around.iter().filter_map(level).collect();
    let likeness = |other: &String| strsim::normalized_damerau_levenshtein(name, other);
    // The first of those that are equally alike.
    let best = names.iter().rev().map(|name| (likeness(name), name)).max_by(|a, b| a.0.total_cmp(&b.0));
    let Some((_, best)) = best.filter(|(likeness, _)| *likeness >= ALIKE) else { return Ok(None) };
    let meant = format!("{low}{best}{rest}");
    if let Ok(meant) = meant.parse::<Scope>() {
        let paths: Vec<&str> = meant.prefixes().collect();
        for path in paths.into_iter().rev().filter(|path| path.len() > low.len()) {
            if has_budget(path, places)? {
                return Ok(path.parse().ok());
            }
        }
        // The next name may be wrong too.
        if meant != *scope && most > 1 {
            let mended = mended(&meant, places, most - 1)?;
            if mended.is_some() {
                return Ok(mended);
            }
        }
    }
    // No budget is on that path, but one is below it.
    let at = format!("{low}{best}");
    let inside = |place: &&String| {
        place.strip_prefix(&at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    Ok(around
        .iter()
        .filter(inside)
        .min()
        .and_then(|place| scope_of_place(place).ok())
        .map(|(scope, _)| scope))
}

/// The deepest path with budgets below it, the name after it, and the rest of the path.
fn first_unknown<'s, E>(
    scope: &'s Scope,
    places: Places<'_, E>,
) -> Result<(Option<&'s str>, &'s str, &'s str), E> {
    let mut above: Vec<Option<&str>> = scope.prefixes().map(Some).collect();
    above.pop();
    above.insert(0, None);
    let mut found = None;
    for path in above.into_iter().rev() {
        let (low, high) = below(path);
        if path.is_none()
            || !places(&Range { low: &low, high: &high, is_from_end: false, most: 1 })?.is_empty()
        {
            found = path;
            break;
        }
    }
    let after = found.map_or(scope.as_str(), |path| scope.as_str().get(path.len() + 1..).unwrap_or_default());
    let end = after.find('/').unwrap_or(after.len());
    Ok((found, after.get(..end).unwrap_or_default(), after.get(end..).unwrap_or_default()))
}

/// What is below a path is from the first text on and before the second: `0` follows the slash in
/// ASCII, and `~` all characters of names.
fn below(path: Option<&str>) -> (String, String) {
    path.map_or((String::new(), "~".to_owned()), |path| (format!("{path}/"), format!("{path}0")))
}

/// Whether a scope has a budget, its own or the default of its siblings.
fn has_budget<E>(path: &str, places: Places<'_, E>) -> Result<bool, E> {
    for place in [Some(path.to_owned()), default_place_of(path)].into_iter().flatten() {
        let behind = format!("{place}!");
        if !places(&Range { low: &place, high: &behind, is_from_end: false, most: 1 })?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(scope: &str, budgets: &[String]) -> Option<String> {
        let mut sorted = budgets.to_vec();
        sorted.sort_unstable();
        let mut looked_at = 0;
        let found = nearest(&scope.parse().unwrap(), |range| {
            let inside = sorted.iter().filter(|place| (range.low..range.high).contains(&place.as_str()));
            let inside: Vec<String> = match range.is_from_end {
                true => inside.rev().take(range.most).cloned().collect(),
                false => inside.take(range.most).cloned().collect(),
            };
            looked_at += inside.len();
            Ok::<_, ()>(inside)
        });
        assert!(looked_at <= 2 * (2 * AROUND + 32), "{looked_at}");
        found.unwrap().map(|scope| scope.as_str().to_owned())
    }

    #[test]
    fn the_name_that_is_wrong_is_replaced_by_its_nearest_sibling() {
        let budgets = ["team/alice", "team/bob", "other", "lab/x/run", "studio/*"].map(str::to_owned);
        for (scope, expected) in [
            ("taem/alice", Some("team/alice")),
            ("team/alcie", Some("team/alice")),
            ("team/alcie/run-7", Some("team/alice")),
            ("team", Some("team/alice")),
            ("othr/deep/below", Some("other")),
            ("lab/y", Some("lab/x/run")),
            ("stduio/carol", Some("studio/carol")),
            ("nothing-like-it", None),
        ] {
            let expected = expected.filter(|_| scope != "lab/y");
            assert_eq!(of(scope, &budgets).as_deref(), expected, "{scope}");
        }
    }

    #[test]
    fn a_hundred_thousand_budgets_are_not_looked_through() {
        let budgets: Vec<String> = (0..100_000).map(|number| format!("team/user-{number:06}")).collect();
        assert_eq!(of("team/user-04200x", &budgets).as_deref(), Some("team/user-042000"));
        assert_eq!(of("tema/user-042000", &budgets).as_deref(), Some("team/user-042000"));
        assert_eq!(of("tema/user-04200", &budgets).as_deref(), Some("team/user-042000"));
        assert_eq!(of("nobody/user-042000", &budgets), None);
    }
}
