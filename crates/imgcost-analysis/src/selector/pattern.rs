//! Names with `*` and `?`.

use std::str::Chars;

use imgcost_core::{Code, Error};

/// A name, or one with `*` for any characters and `?` for one.
///
/// ```
/// use imgcost_analysis::selector::Pattern;
/// let newer = Pattern::new("gpt-image-2.5-*");
/// assert!(newer.fits("gpt-image-2.5-flare") && !newer.fits("gpt-image-2"));
/// assert!(!newer.is_name() && Pattern::new("gpt-image-2").is_name());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// A pattern of its text, in which a plain `all` matches anything too.
    #[must_use]
    pub fn new(text: &str) -> Pattern {
        Pattern(if text == "all" { "*".to_owned() } else { text.to_owned() })
    }

    /// A pattern of its text, in which `all` is a name as any other.
    #[must_use]
    pub fn plain(text: &str) -> Pattern {
        Pattern(text.to_owned())
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether it matches one name only.
    #[must_use]
    pub fn is_name(&self) -> bool {
        !self.0.contains(['*', '?'])
    }

    /// Whether all of a name fits it, character by character; capitals count. Takes at most
    /// pattern times name steps.
    #[must_use]
    pub fn fits(&self, name: &str) -> bool {
        let (mut pattern, mut name) = (self.0.chars(), name.chars());
        // What follows the last star, and the rest of the name that was tried there last: a
        // mismatch goes back there and lets the star take one character more.
        let mut star: Option<(Chars<'_>, Chars<'_>)> = None;
        loop {
            let (mut wanted, mut rest) = (pattern.clone(), name.clone());
            match (wanted.next(), rest.next()) {
                (None, None) => return true,
                (Some('*'), _) => {
                    star = Some((wanted.clone(), name.clone()));
                    pattern = wanted;
                    continue;
                }
                (Some(c), Some(met)) if c == '?' || c == met => {
                    (pattern, name) = (wanted, rest);
                    continue;
                }
                _ => {}
            }
            let Some((after, tried)) = &mut star else { return false };
            if tried.next().is_none() {
                return false;
            }
            (pattern, name) = (after.clone(), tried.clone());
        }
    }
}

/// The patterns of a list with commas.
///
/// # Errors
/// The list or one of its entries is empty; the error has the field.
pub fn patterns(field: &str, text: &str) -> Result<Vec<Pattern>, Error> {
    Ok(entries(field, text)?.into_iter().map(Pattern::new).collect())
}

/// The entries of a list with commas.
///
/// # Errors
/// The list or one of its entries is empty; the error has the field.
pub(crate) fn entries<'t>(field: &str, text: &'t str) -> Result<Vec<&'t str>, Error> {
    let entries: Vec<&str> = text.split(',').map(str::trim).collect();
    if entries.iter().any(|entry| entry.is_empty()) {
        let message = format!("{field}: an entry of the list is empty");
        return Err(Error::new(Code::BadInput, message)
            .field(field)
            .allowed(["names with commas between them, such as a,b"]));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_take_any_characters_and_marks_one() {
        for (pattern, name, fits) in [
            ("*", "", true),
            ("all", "anything", true),
            ("gpt-*-mini", "gpt-image-1-mini", true),
            ("gpt-*-mini", "gpt-image-1-mini-2", false),
            ("*image*2*", "gpt-image-2.5", true),
            ("gpt-image-?", "gpt-image-2", true),
            ("gpt-image-?", "gpt-image-", false),
            ("gpt-image-?", "gpt-image-2.5", false),
            ("a*b*c", "a-b-b-c", true),
            ("", "", true),
            ("", "a", false),
            ("a", "", false),
            ("a*", "b", false),
            ("gpt-*-?", "gpt-image-2", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("*ab", "aab", true),
            ("?", "図", true),
            ("??", "図", false),
            ("*図?", "新図案", true),
            ("A", "a", false),
            ("[a]", "[a]", true),
        ] {
            assert_eq!(Pattern::new(pattern).fits(name), fits, "{pattern} {name}");
            let plain = Pattern::plain(pattern).fits(name);
            assert_eq!(plain, fits && pattern != "all", "{pattern} {name}");
        }
        assert!(Pattern::plain("all").fits("all") && !Pattern::plain("all").fits("one"));
        assert!(!Pattern::new(&"*a".repeat(2000)).fits(&"a".repeat(1999)));
    }

    #[test]
    fn lists_are_split_at_commas() {
        assert_eq!(patterns("model", " a, b*").unwrap(), [Pattern::new("a"), Pattern::new("b*")]);
        for text in ["", ",", "a,,b", "a, "] {
            assert_eq!(patterns("model", text).unwrap_err().field_name(), Some("model"), "{text}");
        }
    }
}
