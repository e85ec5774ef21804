//! By what cells are chosen and ordered, and which of them are the cheapest.

use std::cmp::Reverse;

use imgcost_core::{Code, Date, Error, Quality, Size, Usd, printable};

use super::cell::Cell;
use crate::selector::entries;

macro_rules! keys {
    ($($(#[$doc:meta])* $variant:ident = $name:literal;)+) => {
        /// Something that cells differ in.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Key { $($(#[$doc])* $variant,)+ }

        impl Key {
            /// Every key, in order.
            pub const ALL: [Key; 13] = [$(Key::$variant,)+];
            /// The names, in the same order.
            pub const NAMES: [&'static str; 13] = [$($name,)+];

            /// The name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Key::$variant => $name,)+ }
            }
        }
    };
}

keys! {
    /// The model.
    Model = "model";
    /// The provider.
    Provider = "provider";
    /// The quality.
    Quality = "quality";
    /// The size; ordered by area.
    Size = "size";
    /// Images a call.
    Count = "n";
    /// The day.
    Day = "as_of";
    /// Standard or the Batch API.
    Tier = "tier";
    /// `priced`, `unpriced` or `illegal`.
    State = "state";
    /// USD an image.
    PerImage = "per_image";
    /// USD a call.
    PerCall = "per_call";
    /// USD a million pixels.
    PerMegapixel = "per_megapixel";
    /// Tokens a call.
    Tokens = "tokens";
    /// Pixels of an image.
    Pixels = "pixels";
}

/// What a cell has at a key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value<'c> {
    Text(std::borrow::Cow<'c, str>),
    Quality(&'c Quality),
    /// A size: its area, then its width.
    Size(u64, u32),
    Count(u64),
    Usd(Usd),
    Day(Date),
}

impl Key {
    /// The key of a name; `_` and `-` count alike.
    pub(super) fn named(field: &str, name: &str) -> Result<Key, Error> {
        let plain = name.replace('-', "_");
        Key::ALL.into_iter().find(|key| key.name() == plain).ok_or_else(|| {
            Error::new(Code::BadInput, format!("{field}: there is no key '{}'", printable(name)))
                .field(field)
                .allowed(Key::NAMES)
                .nearest_name(&plain)
        })
    }

    /// What a cell has there; none where it is not known. Ranges count by their expected value,
    /// else by their ceiling; an amount only where everything has a price.
    pub(super) fn of<'c>(self, cell: &'c Cell<'_>) -> Option<Value<'c>> {
        let text = |text: &'c str| Value::Text(text.into());
        Some(match self {
            Key::Model => text(cell.model()),
            Key::Provider => text(cell.provider()),
            Key::Quality => Value::Quality(cell.quality()?),
            Key::Size => match cell.size()? {
                Size::Auto => Value::Size(0, 0),
                Size::Exact(size) => Value::Size(size.area(), size.width()),
            },
            Key::Count => Value::Count(cell.n().into()),
            Key::Day => Value::Day(cell.as_of()),
            Key::Tier => text(cell.tier().as_str()),
            Key::State => text(cell.state().name()),
            Key::PerImage => Value::Usd(cell.per_image()?.figure()?),
            Key::PerCall => Value::Usd(cell.per_call()?.figure()?),
            Key::PerMegapixel => Value::Usd(cell.per_megapixel()?.figure()?),
            Key::Tokens => {
                let tokens = cell.tokens()?;
                Value::Count(tokens.expected.unwrap_or(tokens.ceiling))
            }
            Key::Pixels => Value::Count(cell.pixels()?),
        })
    }
}

/// An order of cells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sort {
    keys: Vec<(Key, bool)>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Directed<T> {
    Up(T),
    Down(Reverse<T>),
    /// What is not known comes last in either direction.
    Unknown,
}

impl Sort {
    /// Reads a list such as `per-image` or `model,-tokens`; a dash in front turns the order.
    ///
    /// # Errors
    /// An entry is empty or no key; the error lists them and names the nearest.
    pub fn read(text: &str) -> Result<Sort, Error> {
        let key = |name: &str| match name.strip_prefix('-') {
            Some(name) => Key::named("sort", name).map(|key| (key, true)),
            None => Key::named("sort", name).map(|key| (key, false)),
        };
        Ok(Sort { keys: entries("sort", text)?.into_iter().map(key).collect::<Result<_, Error>>()? })
    }

    /// Orders cells; those that are alike keep their order, those whose value is not known come
    /// last.
    pub fn apply(&self, cells: &mut [&Cell<'_>]) {
        if self.keys.is_empty() {
            return;
        }
        cells.sort_by_cached_key(|cell| {
            let rank = |(key, down): &(Key, bool)| match (key.of(cell), down) {
                (Some(value), false) => Directed::Up(value),
                (Some(value), true) => Directed::Down(Reverse(value)),
                (None, _) => Directed::Unknown,
            };
            self.keys.iter().map(rank).collect::<Vec<_>>()
        });
    }
}

/// The least that an image costs among cells in which everything has a price and whose model
/// can still be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cheapest {
    /// The least figure, in USD an image.
    pub figure: Usd,
    /// Whether the cells with this figure may be called the cheapest: not where nothing else has
    /// a price, nor where several of them share it and it is no more than a ceiling of one.
    pub is_certain: bool,
}

impl Cheapest {
    /// Whether a cell is one of the cheapest.
    #[must_use]
    pub fn is(&self, cell: &Cell<'_>) -> bool {
        self.is_certain && !cell.availability().is_retired() && cell.figure() == Some(self.figure)
    }
}

/// The least that an image costs among cells; none where no model that can still be called has
/// a price.
#[must_use]
pub fn cheapest(cells: &[&Cell<'_>]) -> Option<Cheapest> {
    let candidates = || cells.iter().filter(|cell| !cell.availability().is_retired());
    let figure = candidates().filter_map(|cell| cell.figure()).min()?;
    let is_ceiling = |cell: &&&Cell<'_>| cell.per_image().is_some_and(|amount| amount.expected.is_none());
    let of_figure = || candidates().filter(|cell| cell.figure() == Some(figure));
    let is_only_one = cells.iter().filter(|cell| cell.figure().is_some()).nth(1).is_none();
    let is_tie_of_ceilings = of_figure().nth(1).is_some() && of_figure().any(|cell| is_ceiling(&cell));
    Some(Cheapest { figure, is_certain: !is_only_one && !is_tie_of_ceilings })
}
