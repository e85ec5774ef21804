//! Names with `*` and `?`, and the offers that they choose.

use std::str::Chars;

use imgcost_core::{Book, Code, Date, Error, Model, Offer, Provider};

/// A name, or one with `*` for any characters and `?` for one.
///
/// ```
/// use imgcost_analysis::words::Pattern;
/// let newer = Pattern::new("gpt-image-2.5-*");
/// assert!(newer.fits("gpt-image-2.5-flare") && !newer.fits("gpt-image-2"));
/// assert!(!newer.is_name() && Pattern::new("gpt-image-2").is_name());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// A pattern of its text, in which a plain `all` stands for anything too.
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

    /// Whether it stands for one name only.
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

/// An offer that was chosen.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'b> {
    /// The offer.
    pub offer: Offer<'b>,
    /// Whether its model was asked for by its name, not by a pattern.
    pub by_name: bool,
}

/// The offers that patterns choose.
#[derive(Debug, Clone, Default)]
pub struct Selection<'b> {
    /// In the order of the book: providers by id, models as they stand.
    pub candidates: Vec<Candidate<'b>>,
    /// Provider, model and reason of what was chosen and has no price on the day yet.
    pub not_yet: Vec<(&'b str, &'b str, Error)>,
}

/// The offers of every provider and model that a pattern fits. An empty list fits all.
///
/// A model's other names are found where they are typed in full.
///
/// # Errors
/// A pattern that fits nothing: the error names it, what is allowed, and the nearest name. A
/// day before the first price of all that was chosen.
pub fn select<'b>(
    book: &'b Book,
    providers: &[Pattern],
    models: &[Pattern],
    as_of: Date,
) -> Result<Selection<'b>, Error> {
    let providers = matching_providers(book, providers)?;
    for pattern in models {
        let sold = |provider: &&Provider| provider.models.iter().any(|model| chooses(pattern, model));
        if !providers.iter().any(sold) {
            return Err(nobody_sells(book, &providers, pattern, as_of));
        }
    }
    let mut selection = Selection::default();
    for (provider, model) in
        providers.iter().flat_map(|provider| provider.models.iter().map(move |model| (*provider, model)))
    {
        if !models.is_empty() && !models.iter().any(|pattern| chooses(pattern, model)) {
            continue;
        }
        let by_name = models.iter().any(|pattern| pattern.is_name() && chooses(pattern, model));
        match book.offer(&provider.id, &model.id, as_of) {
            Ok(offer) => selection.candidates.push(Candidate { offer, by_name }),
            Err(error) => selection.not_yet.push((&provider.id, &model.id, error)),
        }
    }
    match (selection.candidates.is_empty(), selection.not_yet.first()) {
        (true, Some((_, _, error))) => Err(error.clone()),
        _ => Ok(selection),
    }
}

fn chooses(pattern: &Pattern, model: &Model) -> bool {
    pattern.fits(&model.id)
        || (pattern.is_name() && model.aliases.iter().any(|alias| alias == pattern.text()))
}

fn matching_providers<'b>(book: &'b Book, patterns: &[Pattern]) -> Result<Vec<&'b Provider>, Error> {
    let all = || book.providers();
    let mut chosen: Vec<&Provider> = Vec::new();
    for pattern in patterns {
        let mut found: Vec<&Provider> = all().filter(|provider| pattern.fits(&provider.id)).collect();
        if found.is_empty() && pattern.is_name() {
            // An alias, or the error that lists the providers.
            found.push(book.provider(pattern.text())?);
        }
        if found.is_empty() {
            let message = format!("no provider's name fits '{}'", shown(pattern.text()));
            return Err(Error::new(Code::UnknownProvider, message)
                .field("provider")
                .allowed(all().map(|provider| &provider.id))
                .nearest_name(pattern.text()));
        }
        chosen.extend(found);
    }
    if patterns.is_empty() {
        return Ok(all().collect());
    }
    Ok(all().filter(|provider| chosen.iter().any(|known| known.id == provider.id)).collect())
}

fn nobody_sells(book: &Book, providers: &[&Provider], pattern: &Pattern, as_of: Date) -> Error {
    if let ([provider], true) = (providers, pattern.is_name())
        && let Err(error) = book.offer(&provider.id, pattern.text(), as_of)
    {
        return error;
    }
    let mut names: Vec<&str> =
        providers.iter().flat_map(|provider| &provider.models).map(|model| model.id.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let message = format!("no model's name fits '{}'", shown(pattern.text()));
    Error::new(Code::UnknownModel, message).field("model").allowed(names).nearest_name(pattern.text())
}

/// A word as messages show it: without control characters, cut to 64 characters.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(64).map(|c| if c.is_control() { '?' } else { c }).collect()
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
