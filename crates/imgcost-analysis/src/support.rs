//! What is supported of each provider: what has a price, which requests and responses are read,
//! what the guard does with its calls, and on how many recorded calls all of that was tried.

use imgcost_core::{Book, NativeApi, Provider};
use imgcost_wire::Dialect;
use serde::Serialize;

/// What is supported of a provider.
///
/// ```
/// use imgcost_analysis::support::{Others, support};
/// let book = imgcost_pricing::book();
/// let found = support(book, imgcost_pricing::recorded_calls());
/// let openai = found.iter().find(|one| one.provider == "openai").ok_or("no openai")?;
/// assert!(openai.priced > 0 && openai.dialects.iter().all(|one| one.is_whole));
/// assert_eq!(openai.other_calls, Others::DeniedIfUnknown);
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Support<'b> {
    /// The provider.
    pub provider: &'b str,
    /// Its name for people.
    pub title: &'b str,
    /// How many of its models are in the book.
    pub models: usize,
    /// How many of these have a price.
    pub priced: usize,
    /// The dialects in which its requests and responses are read.
    pub dialects: Vec<Read>,
    /// Whether its price file names none, so that OpenAI's are tried.
    pub dialects_assumed: bool,
    /// What the guard does with a `POST` that none of these dialects reads.
    pub other_calls: Others,
    /// How many recorded calls tests compare with its prices and dialects.
    pub recorded_calls: u32,
}

/// How a dialect is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Read {
    /// Its name.
    pub dialect: &'static str,
    /// Whether responses are read whole; else for a count of images and a stated bill.
    pub is_whole: bool,
    /// Whether the guard holds its calls.
    pub is_held: bool,
}

impl Read {
    fn of(dialect: Dialect) -> Read {
        // A file of a batch is uploaded like any other, and makes nothing yet; of Vercel's dialect
        // there are only results.
        let is_held = !matches!(dialect, Dialect::OpenAiBatch | Dialect::Vercel);
        Read { dialect: dialect.name(), is_whole: dialect.is_whole(), is_held }
    }
}

/// What the guard does with a `POST` that no dialect of the provider reads, by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Others {
    /// It is denied where its path is in no list of OpenAI's API, which the provider's is like.
    DeniedIfUnknown,
    /// It is denied where its path names a model that makes images.
    DeniedByPath,
    /// It is denied where its body names a model that makes images, or can't be read.
    DeniedByBody,
    /// It is denied.
    Denied,
}

impl Others {
    fn of(provider: &Provider) -> Others {
        match provider.native_api {
            None => Others::DeniedIfUnknown,
            Some(NativeApi::ModelInPath) => Others::DeniedByPath,
            Some(NativeApi::ModelInBody) => Others::DeniedByBody,
            Some(NativeApi::EveryPost) => Others::Denied,
        }
    }

    /// In a few words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Others::DeniedIfUnknown => "denied if the path is unknown",
            Others::DeniedByPath => "denied if the path names an image model",
            Others::DeniedByBody => "denied if the body names an image model",
            Others::Denied => "denied",
        }
    }
}

impl Support<'_> {
    /// Whether its price file names a dialect, so that its own requests are read.
    #[must_use]
    pub const fn is_read(&self) -> bool {
        !self.dialects_assumed
    }
}

/// What is supported of each provider of a book, of whose calls so many were recorded.
pub fn support<'b, 'r>(
    book: &'b Book,
    recorded: impl IntoIterator<Item = (&'r str, u32)>,
) -> Vec<Support<'b>> {
    let recorded: Vec<(&str, u32)> = recorded.into_iter().collect();
    let of = |provider: &'b Provider| Support {
        provider: &provider.id,
        title: &provider.title,
        models: provider.models.len(),
        priced: provider.models.iter().filter(|model| model.first_price.is_some()).count(),
        dialects: Dialect::taken_by(provider).into_iter().map(Read::of).collect(),
        dialects_assumed: provider.dialects.is_empty(),
        other_calls: Others::of(provider),
        recorded_calls: recorded.iter().find(|(id, _)| *id == provider.id).map_or(0, |(_, calls)| *calls),
    };
    book.providers().map(of).collect()
}
