//! Scopes: the paths that budgets apply to, such as `team/alice/run-42`.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

/// The most levels in a path.
pub const MAX_LEVELS: usize = 8;
/// The most characters in the name of a level.
pub const MAX_NAME: usize = 64;

/// How much of a name that is too long for a level stays readable in its slug.
const READABLE: usize = 22;

/// A path of 1 to 8 names, each of 1 to 64 of the characters `a-z 0-9 . _ -`, and neither `.` nor
/// `..`.
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

    /// The scope one level below, of that name. A name with a slash is none, so that what a user
    /// types can't reach another user's scope. For names that are not in the alphabet of scopes,
    /// see [`Scope::slug`].
    ///
    /// ```
    /// use imgcost_ledger::Scope;
    /// let studio: Scope = "studio".parse()?;
    /// assert_eq!(studio.child("alice")?.as_str(), "studio/alice");
    /// assert!(studio.child("bob/secret").is_err());
    /// assert_eq!(studio.child(&Scope::slug("bob/secret"))?.as_str(), "studio/bob_2fsecret");
    /// # Ok::<(), imgcost_ledger::ParseScopeError>(())
    /// ```
    ///
    /// # Errors
    /// It is no name of one level, or the path would have too many levels.
    pub fn child(&self, name: &str) -> Result<Scope, ParseScopeError> {
        if name.contains('/') {
            let why = "it is one name, and has a slash".to_owned();
            return Err(ParseScopeError { text: name.chars().take(100).collect(), why });
        }
        format!("{self}/{name}").parse()
    }

    /// The scope one level above; none at the top.
    #[must_use]
    pub fn parent(&self) -> Option<Scope> {
        self.0.rsplit_once('/').map(|(above, _)| Scope(above.to_owned()))
    }

    /// A name for a level of a path made from any text, such as a user's name. Two texts never have
    /// the same slug: `a-z`, `0-9`, `.` and `-` stay, every other byte becomes `_` and two
    /// hex digits, and what is too long ends in `__` and a part of its SHA-256 digest.
    ///
    /// ```
    /// use imgcost_ledger::Scope;
    /// assert_eq!(Scope::slug("alice@example.com"), "alice_40example.com");
    /// assert_eq!(Scope::slug("Alice"), "_41lice");
    /// assert_eq!(Scope::slug("é"), "_c3_a9");
    /// ```
    #[must_use]
    pub fn slug(name: &str) -> String {
        let mut slug = String::new();
        for byte in name.bytes() {
            // Not the names `.` and `..`.
            let is_dot = byte == b'.' && slug.is_empty() && matches!(name, "." | "..");
            match byte {
                b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' if !is_dot => slug.push(char::from(byte)),
                _ => slug.push_str(&format!("_{byte:02x}")),
            }
        }
        if slug.is_empty() {
            // No byte becomes a lone `_`.
            return "_".to_owned();
        }
        if slug.len() > MAX_NAME {
            slug.truncate(READABLE);
            slug.push_str("__");
            let digest = Sha256::digest(name.as_bytes());
            digest.iter().take(20).for_each(|byte| slug.push_str(&format!("{byte:02x}")));
        }
        slug
    }

    /// A scope that a ledger has: earlier versions took `.` and `..` as names.
    pub(crate) fn stored(text: &str) -> Result<Self, ParseScopeError> {
        Scope::checked(text, false)
    }

    fn checked(text: &str, is_new: bool) -> Result<Self, ParseScopeError> {
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
            if is_new && matches!(name, "." | "..") {
                return Err(bad(format!("'{name}' is not allowed as a name")));
            }
        }
        Ok(Scope(text.to_owned()))
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
        Scope::checked(text, true)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_scopes() {
        for text in ["a", "team/alice/run-42", "a.b_c-9", "1/2/3/4/5/6/7/8"] {
            assert!(text.parse::<Scope>().is_ok(), "{text}");
        }
        for text in [
            "",
            "/",
            "a/",
            "/a",
            "a//b",
            "A",
            "a b",
            "é",
            "1/2/3/4/5/6/7/8/9",
            &"a".repeat(65),
            ".",
            "..",
            "a/./b",
            "a/../b",
        ] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_scope_covers_itself_and_what_is_below() {
        let team: Scope = "team".parse().unwrap();
        assert!(team.covers("team") && team.covers("team/alice"));
        assert!(!team.covers("teams") && !team.covers("tea"));
    }

    #[test]
    fn slugs_are_names_and_tell_all_texts_apart() {
        let long = "x".repeat(200);
        let texts = [
            "",
            "_",
            ".",
            "..",
            "_2e",
            "_2e.",
            "...",
            "a.b",
            "a_2eb",
            "alice@example.com",
            "Alice",
            "alice",
            "ALICE",
            "é",
            "e\u{301}",
            "bob/secret",
            "bob_2fsecret",
            "bob-secret",
            "a b",
            "a\0b",
            "日本語日本語日本語",
            &long,
            &long[1..],
        ];
        let slugs: std::collections::BTreeSet<String> = texts.iter().map(|text| Scope::slug(text)).collect();
        assert_eq!(slugs.len(), texts.len());
        let team: Scope = "team".parse().unwrap();
        for slug in slugs {
            assert_eq!(team.child(&slug).unwrap().parent(), Some(team.clone()), "{slug}");
        }
    }
}
