//! Words of a command line: model, quality, size, xN and provider, in any order and any case.

use std::path::{Path, PathBuf};

use imgcost_core::{Code, Error, Param};

use crate::args::{BookArgs, RequestArgs};
use crate::book::Names;
use crate::failure::say_note;
use crate::request;
use crate::settings::Settings;

/// What a word names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A model.
    Model,
    /// A provider.
    Provider,
    /// A quality.
    Quality,
    /// A size.
    Size,
    /// How many images.
    N,
}

impl Kind {
    /// In the order in which a command is written.
    pub(crate) const ALL: [Kind; 5] = [Kind::Model, Kind::Quality, Kind::Size, Kind::N, Kind::Provider];

    /// The parameter.
    pub(crate) const fn param(self) -> Param {
        match self {
            Kind::Model => Param::Model,
            Kind::Provider => Param::Provider,
            Kind::Quality => Param::Quality,
            Kind::Size => Param::Size,
            Kind::N => Param::N,
        }
    }

    /// The parameter's name.
    pub(crate) fn name(self) -> &'static str {
        self.param().as_str()
    }
}

/// Pixels of an edge from which a number alone is a size.
const EDGE_LEAST: u32 = 64;

/// Qualities of all models.
pub(crate) const QUALITIES: [&str; 8] = ["low", "medium", "high", "xhigh", "max", "auto", "standard", "hd"];

/// Commands of before, and what to type for them.
pub(crate) const RENAMED_COMMANDS: &[(&str, &str)] =
    &[("drift", "imgcost usage LOG.jsonl"), ("reconcile", "imgcost usage LOG.jsonl --bill FILE")];

/// What a word names, and its value as the parameter has it.
pub(crate) fn meant(word: &str, names: &Names<'_>) -> Option<(Kind, String)> {
    if let Some(size) = size(word) {
        return Some((Kind::Size, size));
    }
    if let Some(n) = word.strip_prefix(['x', 'X', '×']).filter(|n| is_number(n)) {
        return Some((Kind::N, n.to_owned()));
    }
    let lower = word.to_ascii_lowercase();
    if QUALITIES.contains(&lower.as_str()) {
        return Some((Kind::Quality, lower));
    }
    if let Some(provider) = names.provider(word) {
        return Some((Kind::Provider, provider.to_owned()));
    }
    names.model(word).map(|model| (Kind::Model, model.to_owned()))
}

/// A size as the parameter has it: WxH with x, X, × or *, 1K, 2K, 4K, or one edge of a square.
pub(crate) fn size(text: &str) -> Option<String> {
    let plain = text.to_lowercase().replace(['×', '*'], "x");
    if matches!(plain.as_str(), "1k" | "2k" | "4k") {
        return Some(plain.to_uppercase());
    }
    if let Some((width, height)) = plain.split_once('x') {
        return (is_number(width) && is_number(height)).then_some(plain);
    }
    let edge: u32 = if is_number(&plain) { plain.parse().ok()? } else { return None };
    (edge >= EDGE_LEAST).then(|| format!("{edge}x{edge}"))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The names of the book that is in force.
pub(crate) fn with_names<T>(
    book: &BookArgs,
    settings: &Settings,
    then: impl FnOnce(&Names<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    if !request::has_own_book(book, settings) {
        return then(&crate::book::names());
    }
    let own = request::book(book, settings)?;
    then(&Names::of(&own))
}

/// Takes the files out of words: those that name nothing of a request, and are there.
pub(crate) fn take_files(
    words: &mut Vec<String>,
    book: &BookArgs,
    settings: &Settings,
) -> Result<Vec<PathBuf>, Error> {
    let is_file = |word: &String| word == "-" || Path::new(word).is_file();
    if !words.iter().any(is_file) {
        return Ok(Vec::new());
    }
    with_names(book, settings, |names| {
        let files = words.extract_if(.., |word| is_file(word) && meant(word, names).is_none());
        Ok(files.map(PathBuf::from).collect())
    })
}

/// Sorts words by what they name.
pub(crate) fn sorted(words: &[String], names: &Names<'_>) -> Result<Vec<(Kind, String)>, Error> {
    words.iter().map(|word| meant(word, names).ok_or_else(|| unknown(word, names))).collect()
}

/// That a word names nothing, with what comes near.
fn unknown(word: &str, names: &Names<'_>) -> Error {
    if let Some((_, now)) = RENAMED_COMMANDS.iter().find(|(name, _)| *name == word) {
        return Error::new(Code::BadInput, format!("{word} is part of usage now: {now}")).field("words");
    }
    let shown = crate::fields::shown(word);
    let is_file = word.ends_with(".json") || word.ends_with(".jsonl") || word.contains('/');
    let message = if is_file {
        format!("'{shown}' is no word of a request, and there is no such file")
    } else {
        format!("unknown word '{shown}'")
    };
    let error = Error::new(Code::BadInput, message).field("words");
    match near(word, names) {
        Some(near) => error.nearest(near),
        None => error,
    }
}

/// The model, quality or provider that is spelled most like a word.
pub(crate) fn near<'b>(word: &str, names: &Names<'b>) -> Option<&'b str> {
    imgcost_core::nearest_name(word, names.likely_models().chain(QUALITIES).chain(names.providers()))
}

/// Makes words and flags the request of one call: in the book's spelling, and with the provider
/// that a model without one is taken from.
pub(crate) fn one_call(
    words: &[String],
    request: &mut RequestArgs,
    settings: &Settings,
) -> Result<(), Error> {
    let is_plain =
        words.is_empty() && request.get(Param::Model).is_none() && request.get(Param::Provider).is_none();
    if is_plain && settings.get(Param::Model).is_none() {
        spell(request);
        return Ok(());
    }
    let own = request.book.clone();
    with_names(&own, settings, |names| {
        for (kind, value) in sorted(words, names)? {
            match request.get(kind.param()) {
                None => request.params.set(kind.param(), value),
                Some(given) if given.eq_ignore_ascii_case(&value) => {}
                Some(given) => return Err(several(kind, given, &value)),
            }
        }
        spell(request);
        for kind in Kind::ALL {
            if let Some((first, rest)) = request.get(kind.param()).and_then(|list| list.split_once(',')) {
                return Err(several(kind, first, rest));
            }
        }
        if let Some(name) = request.get(Param::Provider).and_then(|name| names.provider(name)) {
            request.params.set(Param::Provider, name.to_owned());
        }
        let at = request.get(Param::Provider);
        let is_spelled = |model: &&str| at.is_some_and(|provider| names.offers(provider, model));
        if let Some(name) =
            request.get(Param::Model).filter(|name| !is_spelled(name)).and_then(|name| names.model(name))
        {
            request.params.set(Param::Model, name.to_owned());
        }
        choose_provider(request, settings, names);
        Ok(())
    })
}

/// Makes words the lists of a comparison or a search.
pub(crate) fn lists(words: &[String], request: &mut RequestArgs, settings: &Settings) -> Result<(), Error> {
    let own = request.book.clone();
    // A name with a star is a pattern of models.
    let (patterns, words): (Vec<String>, Vec<String>) =
        words.iter().cloned().partition(|word| word.contains('*') && size(word).is_none());
    let sorted = match words.as_slice() {
        [] => Vec::new(),
        words => with_names(&own, settings, |names| sorted(words, names))?,
    };
    let patterns = patterns.into_iter().map(|pattern| (Kind::Model, pattern));
    for (kind, value) in patterns.chain(sorted) {
        let list = match request.get(kind.param()) {
            Some(list) => format!("{list},{value}"),
            None => value,
        };
        request.params.set(kind.param(), list);
    }
    spell(request);
    Ok(())
}

/// Sizes and qualities of flags, also of lists, in the spelling of the API.
fn spell(request: &mut RequestArgs) {
    if let Some(sizes) = request.get(Param::Size) {
        let one = |text: &str| size(text.trim()).unwrap_or_else(|| text.to_owned());
        let sizes = sizes.split(',').map(one).collect::<Vec<_>>().join(",");
        request.params.set(Param::Size, sizes);
    }
    if let Some(quality) = request.get(Param::Quality).map(str::to_ascii_lowercase) {
        request.params.set(Param::Quality, quality);
    }
}

fn several(kind: Kind, first: &str, second: &str) -> Error {
    let shown = crate::fields::shown;
    let message = format!("a quote takes one {}, got {} and {}", kind.name(), shown(first), shown(second));
    Error::new(Code::BadInput, message).field(kind.name())
}

/// The provider of a model that names none: openai where it offers the model, else the model's
/// maker, else the only one that does. Any but openai is told.
fn choose_provider(request: &mut RequestArgs, settings: &Settings, names: &Names<'_>) {
    if request.get(Param::Provider).is_some() || settings.get(Param::Provider).is_some() {
        return;
    }
    let Some(model) = request.get(Param::Model).or_else(|| settings.get(Param::Model)) else { return };
    if let Some((provider, why)) = names.other_provider(model) {
        say_note(&format!("provider {provider}, {why} {model}"));
        let provider = provider.to_owned();
        request.params.set(Param::Provider, provider);
    }
}

/// The providers of a list of models where none is named: openai, and that of each model which
/// openai does not offer.
pub(crate) fn providers_of<'b>(models: &str, names: &Names<'b>) -> Vec<&'b str> {
    let mut providers = Vec::new();
    for model in models.split(',').map(str::trim) {
        let provider =
            names.other_provider(model).map_or(crate::book::DEFAULT_PROVIDER, |(provider, _)| provider);
        if !providers.contains(&provider) {
            providers.push(provider);
        }
    }
    providers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_names_two_things() {
        let names = crate::book::names();
        for word in names.providers() {
            assert!(names.model(word).is_none(), "{word}");
        }
        for word in names.models().chain(names.providers()) {
            assert!(size(word).is_none() && !QUALITIES.contains(&word.to_lowercase().as_str()), "{word}");
        }
    }

    #[test]
    fn sizes_are_written_many_ways() {
        for (text, expected) in [
            ("1024x1024", "1024x1024"),
            ("1024X1536", "1024x1536"),
            ("1024×1536", "1024x1536"),
            ("1024*1536", "1024x1536"),
            ("2k", "2K"),
            ("1024", "1024x1024"),
            ("64", "64x64"),
        ] {
            assert_eq!(size(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["63", "x4", "1024x", "16:9", "square", "", "1024x1024x4", "99999999999"] {
            assert_eq!(size(text), None, "{text}");
        }
    }

    #[test]
    fn a_word_names_one_thing_in_any_case() {
        let names = crate::book::names();
        for (word, kind, value) in [
            ("GPT-Image-2", Kind::Model, "gpt-image-2"),
            ("High", Kind::Quality, "high"),
            ("x4", Kind::N, "4"),
            ("X10", Kind::N, "10"),
            ("OpenAI", Kind::Provider, "openai"),
            ("1024", Kind::Size, "1024x1024"),
        ] {
            assert_eq!(meant(word, &names), Some((kind, value.to_owned())), "{word}");
        }
        for word in ["", "hgih", "4", "gpt-image-2,gpt-image-1", "help"] {
            assert_eq!(meant(word, &names), None, "{word}");
        }
    }
}
