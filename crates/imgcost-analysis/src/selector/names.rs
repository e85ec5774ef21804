//! The names of a book that lists and patterns stand for.

use imgcost_core::{Book, Code, Error, Provider, printable};

use super::{Pattern, Pick};

/// The providers that a list stands for, in its order, and whether it names them themselves.
///
/// # Errors
/// An entry stands for nothing: the error names it, what is allowed and the nearest name.
pub(crate) fn providers<'b>(book: &'b Book, picks: &[Pick]) -> Result<Vec<(&'b Provider, bool)>, Error> {
    let mut found: Vec<(&Provider, bool)> = Vec::new();
    for pick in picks {
        let by_name = matches!(pick, Pick::Is(_));
        let chosen: Vec<&Provider> = match pick {
            Pick::All | Pick::Usual => book.providers().collect(),
            Pick::Like(pattern) => {
                let fits = |provider: &&Provider| pattern.fits(&provider.id);
                book.providers().filter(fits).collect()
            }
            Pick::Is(name) => vec![book.provider(name)?],
        };
        if let (Pick::Like(pattern), []) = (pick, chosen.as_slice()) {
            let ids = book.providers().map(|provider| provider.id.as_str());
            return Err(nothing(Code::UnknownProvider, "provider", pattern, ids));
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

/// The names that a pick stands for, and whether it named them itself.
pub(crate) fn models(pick: &Pick, providers: &[(&Provider, bool)]) -> Result<Vec<(String, bool)>, Error> {
    let fits = |name: &str| match pick {
        Pick::All | Pick::Usual => true,
        Pick::Like(pattern) => pattern.fits(name),
        Pick::Is(_) => false,
    };
    if let Pick::Is(name) = pick {
        return Ok(vec![(name.clone(), true)]);
    }
    let sold = || providers.iter().flat_map(|(provider, _)| &provider.models).map(|model| model.id.as_str());
    let mut names: Vec<(String, bool)> = Vec::new();
    for name in sold().filter(|name| fits(name)) {
        if !names.iter().any(|(known, _)| known == name) {
            names.push((name.to_owned(), false));
        }
    }
    match pick {
        Pick::Like(pattern) if names.is_empty() => Err(nothing(Code::UnknownModel, "model", pattern, sold())),
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
