//! Scopes: the paths that budgets apply to, such as `team/alice/run-42`.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// The most levels in a path.
pub const MAX_LEVELS: usize = 8;
/// The most characters in the name of a level.
pub const MAX_NAME: usize = 64;

/// A path of 1 to 8 names, each of 1 to 64 of the characters `a-z 0-9 . _ -`.
///
/// A call for `team/alice/run-42` counts there, at `team/alice` and at `team`, and every budget
/// on that path must have room for it.
///
/// ```
/// use imgcost_ledger::Scope;
/// let scope: Scope = "team/alice".parse()?;
/// let prefixes: Vec<&str> = scope.prefixes().collect();
/// assert_eq!(prefixes, ["team", "team/alice"]);
/// assert!("Team".parse::<Scope>().is_err());
/// # Ok::<(), imgcost_ledger::ParseScopeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(String);

/// A path that breaks the rules of [`Scope`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a scope: {why}")]
pub struct ParseScopeError {
    text: String,
    why: String,
}

impl Scope {
    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path itself and all paths above it, topmost first.
    pub fn prefixes(&self) -> impl Iterator<Item = &str> + '_ {
        let ends = self.0.match_indices('/').map(|(at, _)| at).chain([self.0.len()]);
        ends.map(|end| self.0.get(..end).unwrap_or_default())
    }

    /// Whether `other` is this scope or below it.
    #[must_use]
    pub fn covers(&self, other: &str) -> bool {
        other.strip_prefix(&self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl FromStr for Scope {
    type Err = ParseScopeError;

    fn from_str(text: &str) -> Result<Self, ParseScopeError> {
        let bad = |why: String| ParseScopeError { text: text.chars().take(100).collect(), why };
        let levels = text.split('/').count();
        if levels > MAX_LEVELS {
            return Err(bad(format!("it has {levels} levels, at most {MAX_LEVELS} are allowed")));
        }
        for name in text.split('/') {
            if name.is_empty() || name.len() > MAX_NAME {
                return Err(bad(format!("each name between slashes has 1 to {MAX_NAME} characters")));
            }
            let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(*c);
            if let Some(other) = name.chars().find(|c| !allowed(c)) {
                return Err(bad(format!("{other:?} is not among the allowed a-z, 0-9, '.', '_' and '-'")));
            }
        }
        Ok(Scope(text.to_owned()))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// The scope whose spelling is nearest, if any is similar.
pub(crate) fn nearest<'s>(scope: &Scope, others: impl Iterator<Item = &'s Scope>) -> Option<&'s Scope> {
    let likeness = |other: &&Scope| strsim::normalized_damerau_levenshtein(scope.as_str(), other.as_str());
    let likenesses = others.map(|other| (likeness(&other), other));
    let (likeness, best) = likenesses.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (likeness >= 0.5).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_scopes() {
        for text in ["a", "team/alice/run-42", "a.b_c-9", "1/2/3/4/5/6/7/8"] {
            assert!(text.parse::<Scope>().is_ok(), "{text}");
        }
        for text in ["", "/", "a/", "/a", "a//b", "A", "a b", "é", "1/2/3/4/5/6/7/8/9", &"a".repeat(65)] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_scope_covers_itself_and_what_is_below() {
        let team: Scope = "team".parse().unwrap();
        assert!(team.covers("team") && team.covers("team/alice"));
        assert!(!team.covers("teams") && !team.covers("tea"));
    }
}
