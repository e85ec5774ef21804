//! What may differ between the calls of a grid.

use imgcost_core::{Code, Date, Error, printable};

use crate::selector::{Selector, entries};

/// What differs. An axis without entries stays as the base request has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Axes {
    /// Models, by id or alias. `all` and patterns give those that the chosen providers offer.
    pub models: Vec<Selector>,
    /// Providers, by id or alias. `all` and patterns give those that offer the model.
    pub providers: Vec<Selector>,
    /// Qualities. `all` gives the model's own, apart from `auto`.
    pub qualities: Vec<Selector>,
    /// Sizes. `all` gives the model's own, apart from `auto`; see [`Grid::new`](super::Grid::new).
    pub sizes: Vec<Selector>,
    /// Images a call.
    pub counts: Vec<u32>,
    /// Days whose prices count.
    pub days: Vec<Date>,
    /// `standard` and `batch`. `all` gives those that the model has prices for.
    pub tiers: Vec<Selector>,
}

macro_rules! axis {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $words:literal;)+) => {
        /// One of the things that may differ.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Axis { $($(#[$doc])* $variant,)+ }

        impl Axis {
            /// Every axis, in the order in which a grid counts them up: the first changes last.
            pub const ALL: [Axis; 7] = [$(Axis::$variant,)+];
            /// The names, in the same order.
            pub const NAMES: [&'static str; 7] = [$($name,)+];

            /// The name, as of a flag without its dashes.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Axis::$variant => $name,)+ }
            }

            /// The name as people read it.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self { $(Axis::$variant => $words,)+ }
            }
        }
    };
}

axis! {
    /// The model.
    Model = "model", "model";
    /// The provider.
    Provider = "provider", "provider";
    /// The quality.
    Quality = "quality", "quality";
    /// The size.
    Size = "size", "size";
    /// Images a call.
    Count = "n", "n";
    /// The day.
    Day = "as-of", "as of";
    /// Standard or the Batch API.
    Tier = "tier", "tier";
}

impl Axis {
    /// The axis of a name; `_` and `-` count alike.
    ///
    /// # Errors
    /// There is no such axis; the error lists them and names the nearest.
    pub fn named(field: &str, name: &str) -> Result<Axis, Error> {
        let plain = name.replace('_', "-");
        Axis::ALL.into_iter().find(|axis| axis.name() == plain).ok_or_else(|| {
            Error::new(Code::BadInput, format!("{field}: there is no axis '{}'", printable(name)))
                .field(field)
                .allowed(Axis::NAMES)
                .nearest_name(&plain)
        })
    }

    /// Reads a list such as `model,quality`.
    ///
    /// # Errors
    /// An entry is empty, is no axis, or is there twice.
    pub fn list(field: &str, text: &str) -> Result<Vec<Axis>, Error> {
        let mut axes = Vec::new();
        for name in entries(field, text)? {
            let axis = Axis::named(field, name)?;
            if axes.contains(&axis) {
                let message = format!("{field}: '{}' is there twice", axis.name());
                return Err(Error::new(Code::BadInput, message).field(field));
            }
            axes.push(axis);
        }
        Ok(axes)
    }
}

/// Each value once, in the order of first use.
pub(super) fn unique<T: Copy + PartialEq>(values: &[T]) -> Vec<T> {
    let mut found = Vec::with_capacity(values.len());
    for value in values {
        if !found.contains(value) {
            found.push(*value);
        }
    }
    found
}
