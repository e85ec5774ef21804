//! A setting in a few words: `gpt-image-2 medium 1024x1024`.

use imgcost_core::{Basis, Book, Code, Error, Offer, Pixels, Quality, Request, Size, printable};

/// The words that are always qualities.
const QUALITIES: [Quality; 7] = [
    Quality::Low,
    Quality::Medium,
    Quality::High,
    Quality::Xhigh,
    Quality::Max,
    Quality::Standard,
    Quality::Hd,
];

/// What the words set so far.
#[derive(Default)]
struct Settings {
    provider: Option<String>,
    model: Option<String>,
    quality: Option<Quality>,
    size: Option<Size>,
}

/// A request of a few words over `base`: a model, and as wanted a provider, a quality and a size,
/// in any order, parted by spaces or commas. `quality=auto` and `size=auto` say which of the two
/// is left to the model. What the words leave out stays as in `base`; a model that `base`'s
/// provider does not have is asked from the only provider that has it.
///
/// ```
/// use imgcost_core::{Date, Request};
/// let book = imgcost_pricing::book();
/// let base = Request::new("openai", "gpt-image-1", Date::constant(2026, 11, 21));
/// let request = imgcost_analysis::selector::reference(book, "medium 1024x1024 gpt-image-2", &base)?;
/// assert_eq!(request.model, "gpt-image-2");
/// assert_eq!(request.quality.as_ref().map(|quality| quality.as_str()), Some("medium"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A word that is none of them or comes twice, named with what is allowed and the nearest; a
/// setting that the model does not take. The field is `reference`, or the request's own.
pub fn reference(book: &Book, text: &str, base: &Request) -> Result<Request, Error> {
    let mut settings = Settings::default();
    for word in text.split([' ', ',', '\t', '\n']).filter(|word| !word.is_empty()) {
        take(book, word, &mut settings)?;
    }
    let Some(model) = settings.model else {
        let message = if text.trim().is_empty() {
            "the reference is empty".to_owned()
        } else {
            format!("'{}' names no model", printable(text.trim()))
        };
        return Err(problem(message).allowed(allowed_words()));
    };
    let provider = settings.provider.unwrap_or_else(|| provider_of(book, &model, &base.provider));
    let offer = book.offer(&provider, &model, base.as_of)?;
    let mut request = suited(&offer, base);
    request.quality = settings.quality.or_else(|| base.quality.clone());
    request.size = settings.size.or(base.size);
    offer.quote(&request)?;
    Ok(request)
}

/// `base` asked of an offer: its provider and model, `chat` where the model answers only there,
/// and a group ratio only where one is billed.
#[must_use]
pub fn suited(offer: &Offer<'_>, base: &Request) -> Request {
    let mut request = base.clone();
    request.provider = offer.provider.id.clone();
    request.model = offer.model.id.clone();
    request.as_of = offer.as_of;
    request.endpoint = offer.endpoint(request.endpoint);
    if offer.model.basis != Basis::Ratio {
        request.group_ratio = None;
    }
    request
}

/// The provider that is meant where none is named: `usual`, or the only one that has the model.
fn provider_of(book: &Book, model: &str, usual: &str) -> String {
    let mut providers = book.providers().filter(|provider| provider.model(model).is_some());
    let usual_offers = book.provider(usual).is_ok_and(|provider| provider.model(model).is_some());
    match (usual_offers, providers.next(), providers.next()) {
        (false, Some(only), None) => only.id.clone(),
        _ => usual.to_owned(),
    }
}

fn take(book: &Book, word: &str, settings: &mut Settings) -> Result<(), Error> {
    if let Some((key, value)) = word.split_once('=') {
        return match key {
            "provider" => set(&mut settings.provider, "provider", value.to_owned(), word),
            "model" => set(&mut settings.model, "model", value.to_owned(), word),
            "quality" => {
                let Ok(quality) = value.parse::<Quality>();
                set(&mut settings.quality, "quality", quality, word)
            }
            "size" => set(&mut settings.size, "size", size(value)?, word),
            _ => Err(problem(format!("'{}' sets nothing of a reference", printable(word)))
                .allowed(["provider=", "model=", "quality=", "size="])
                .nearest_name(&format!("{key}="))),
        };
    }
    if word == "auto" {
        return Err(problem("'auto' may be the quality or the size").allowed(["quality=auto", "size=auto"]));
    }
    if let Ok(size) = word.parse::<Pixels>() {
        return set(&mut settings.size, "size", Size::Exact(size), word);
    }
    if book.providers().any(|provider| provider.model(word).is_some()) {
        return set(&mut settings.model, "model", word.to_owned(), word);
    }
    if let Ok(provider) = book.provider(word) {
        return set(&mut settings.provider, "provider", provider.id.clone(), word);
    }
    let Ok(quality) = word.parse::<Quality>();
    if QUALITIES.contains(&quality)
        || book.families().any(|family| family.limits.rule.qualities.contains(&quality))
    {
        return set(&mut settings.quality, "quality", quality, word);
    }
    if word.starts_with(|c: char| c.is_ascii_digit()) && word.contains(['x', 'X', '*']) {
        return size(word).map(|_| ());
    }
    Err(unknown(book, word))
}

fn size(text: &str) -> Result<Size, Error> {
    text.parse().map_err(|_| {
        let spelled = text.replace(['X', '*', '×'], "x");
        let error =
            problem(format!("'{}' is not a size", printable(text))).allowed(["WIDTHxHEIGHT in pixels"]);
        match spelled.parse::<Pixels>() {
            Ok(nearest) => error.nearest(nearest),
            Err(_) => error,
        }
    })
}

fn set<T>(place: &mut Option<T>, what: &str, value: T, word: &str) -> Result<(), Error> {
    if place.is_some() {
        return Err(problem(format!("'{}' is a second {what}: a reference has one", printable(word))));
    }
    *place = Some(value);
    Ok(())
}

fn problem(message: impl Into<String>) -> Error {
    Error::new(Code::BadInput, message).field("reference")
}

fn allowed_words() -> [&'static str; 4] {
    ["a model", "a provider", "a quality such as low, medium or high", "a size such as 1024x1024"]
}

fn unknown(book: &Book, word: &str) -> Error {
    let providers = book.providers();
    let models = providers.clone().flat_map(|provider| &provider.models).map(|model| model.id.as_str());
    let names = QUALITIES.iter().map(Quality::as_str);
    let every = names.chain(providers.map(|provider| provider.id.as_str())).chain(models);
    problem(format!("'{}' is no model, provider, quality or size", printable(word)))
        .allowed(every)
        .nearest_name(word)
        .allowed(allowed_words())
}
