//! The names of a book that lists and patterns match.

use imgcost_core::{Book, Code, Error, Provider, printable};

use super::{Pattern, Selector};

/// The providers that a list matches, in its order, and whether it names them themselves.
///
/// # Errors
/// An entry matches nothing: the error names it, what is allowed and the nearest name.
pub(crate) fn providers<'b>(
    book: &'b Book,
    selectors: &[Selector],
) -> Result<Vec<(&'b Provider, bool)>, Error> {
    let mut found: Vec<(&Provider, bool)> = Vec::new();
    for selector in selectors {
        let by_name = matches!(selector, Selector::Exact(_));
        let chosen: Vec<&Provider> = match selector {
            Selector::All | Selector::Usual => book.providers().collect(),
            Selector::Glob(pattern) => {
                // Only those that fit are read.
                let fitting = book.provider_ids().filter(|id| pattern.fits(id));
                fitting.filter_map(|id| book.provider(id).ok()).collect()
            }
            Selector::Exact(name) => vec![book.provider(name)?],
        };
        if let (Selector::Glob(pattern), []) = (selector, chosen.as_slice()) {
            return Err(nothing(Code::UnknownProvider, "provider", pattern, book.provider_ids()));
        }
        for provider in chosen {
            match found.iter_mut().find(|(known, _)| known.id == provider.id) {
                Some((_, named)) => *named |= by_name,
                None => found.push((provider, by_name)),
            }
        }
    }
    Ok(found)
}

/// The names that a selector matches, and whether it named them itself.
pub(crate) fn models(
    selector: &Selector,
    providers: &[(&Provider, bool)],
) -> Result<Vec<(String, bool)>, Error> {
    let fits = |name: &str| match selector {
        Selector::All | Selector::Usual => true,
        Selector::Glob(pattern) => pattern.fits(name),
        Selector::Exact(_) => false,
    };
    if let Selector::Exact(name) = selector {
        return Ok(vec![(name.clone(), true)]);
    }
    let offered =
        || providers.iter().flat_map(|(provider, _)| &provider.models).map(|model| model.id.as_str());
    let mut names: Vec<(String, bool)> = Vec::new();
    for name in offered().filter(|name| fits(name)) {
        if !names.iter().any(|(known, _)| known == name) {
            names.push((name.to_owned(), false));
        }
    }
    match selector {
        Selector::Glob(pattern) if names.is_empty() => {
            Err(nothing(Code::UnknownModel, "model", pattern, offered()))
        }
        _ => Ok(names),
    }
}

/// That a pattern fits none of the names.
pub(crate) fn nothing<'n>(
    code: Code,
    field: &'static str,
    pattern: &Pattern,
    names: impl Iterator<Item = &'n str>,
) -> Error {
    let mut allowed: Vec<&str> = Vec::new();
    for name in names {
        if !allowed.contains(&name) {
            allowed.push(name);
        }
    }
    let message = format!("no {field} fits '{}'", printable(pattern.text()));
    Error::new(code, message)
        .field(field)
        .allowed(allowed)
        .nearest_name(&pattern.text().replace(['*', '?'], ""))
}
