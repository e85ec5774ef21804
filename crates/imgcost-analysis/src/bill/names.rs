//! Which model an export means by a name or a line item.

use imgcost_core::{Book, Provider};

/// What a line item of a cost page is for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LineItem {
    /// A model of the book that draws.
    Model(String),
    /// All models that draw, in one sum.
    AllImages,
    /// Images by a model that is not in the book.
    UnknownImages,
    /// Nothing that draws.
    Other,
}

/// The names that a provider's models go by.
#[derive(Debug, Clone, Copy)]
pub struct Names<'b> {
    provider: Option<&'b Provider>,
}

impl<'b> Names<'b> {
    /// The names of a provider's models.
    #[must_use]
    pub fn of(book: &'b Book, provider: &str) -> Names<'b> {
        Names { provider: book.provider(provider).ok() }
    }

    /// The model of a name: its id, an alias, or either with the day of a snapshot behind it.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&'b str> {
        let provider = self.provider?;
        let known = |name: &str| provider.model(name).map(|model| model.id.as_str());
        known(name).or_else(|| known(without_day(name)?))
    }

    /// What a line item is for: it begins with a model's name, as in `gpt-image-2 image, output`,
    /// or is `Image models`.
    #[must_use]
    pub fn line_item(&self, text: &str) -> LineItem {
        let name = text.split([',', ' ']).next().unwrap_or_default();
        if let Some(model) = self.model(name) {
            return LineItem::Model(model.to_owned());
        }
        let lower = text.to_lowercase();
        if lower.starts_with("image models") {
            LineItem::AllImages
        } else if ["image", "dall-e", "dalle"].iter().any(|word| lower.contains(word)) {
            LineItem::UnknownImages
        } else {
            LineItem::Other
        }
    }

    /// Whether a name that is no model of the book looks like one that draws.
    #[must_use]
    pub fn looks_like_images(&self, name: &str) -> bool {
        self.line_item(name) == LineItem::UnknownImages
    }
}

/// A name without the `-2025-04-23` of a snapshot.
fn without_day(name: &str) -> Option<&str> {
    let (rest, day) = name.split_at_checked(name.len().checked_sub(11)?)?;
    let shape = day.bytes().zip(*b"-0000-00-00");
    shape
        .into_iter()
        .all(|(b, model)| if model == b'0' { b.is_ascii_digit() } else { b == model })
        .then_some(rest)
}
