//! What may differ between the calls of a grid.

use imgcost_core::{
    Basis, Book, Code, Date, Endpoint, Error, Note, Offer, OfferDefaults, Param, Request, printable, read,
};

use crate::selector::{Pattern, Selector, entries};

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

impl Axes {
    /// The parameters that take lists.
    pub const PARAMS: [Param; 7] =
        [Param::Model, Param::Provider, Param::Quality, Param::Size, Param::N, Param::AsOf, Param::Tier];

    /// Takes the values of a parameter, by its name.
    ///
    /// ```
    /// use imgcost_analysis::compare::Axes;
    /// use imgcost_core::Param;
    /// let mut axes = Axes::default();
    /// axes.take(Param::N, &["1", "4"])?;
    /// assert_eq!(axes.counts, [1, 4]);
    /// assert_eq!(axes.take(Param::Background, &["auto"]).unwrap_err().field_name(), Some("background"));
    /// # Ok::<(), imgcost_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// A value can't be read, or the parameter takes no list.
    pub fn take(&mut self, param: Param, values: &[impl AsRef<str>]) -> Result<(), Error> {
        let field = param.as_str();
        let texts: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
        let selectors = || Selector::list(field, &texts.join(","));
        match param {
            Param::N => {
                self.counts = texts.iter().map(|text| read::whole(field, text)).collect::<Result<_, _>>()?;
            }
            Param::AsOf => {
                self.days = texts.iter().map(|text| read::date(field, text)).collect::<Result<_, _>>()?;
            }
            Param::Model => self.models = selectors()?,
            Param::Provider => self.providers = selectors()?,
            Param::Quality => self.qualities = selectors()?,
            Param::Size => self.sizes = selectors()?,
            Param::Tier => self.tiers = selectors()?,
            _ => return Err(Error::new(Code::BadInput, format!("{field} takes no list")).field(field)),
        }
        Ok(())
    }

    /// Fills in what is compared where nothing is named: the current models, every quality, the usual
    /// sizes, and the provider that each named model is usually called at.
    pub fn fill(&mut self, book: &Book) {
        for selectors in [&mut self.models, &mut self.qualities, &mut self.sizes] {
            if selectors.is_empty() {
                selectors.push(Selector::Usual);
            }
        }
        if self.providers.is_empty() {
            let mut names: Vec<&str> = Vec::new();
            for model in &self.models {
                if let Selector::Exact(name) = model
                    && let Ok(provider) = book.usual_provider(name)
                    && !names.contains(&provider.id.as_str())
                {
                    names.push(&provider.id);
                }
            }
            // As patterns: a pair that is not offered was not asked for.
            self.providers = names.into_iter().map(|name| Selector::Glob(Pattern::new(name))).collect();
        }
    }
}

/// Fills in what depends on the offer, as for a quote of it; what only some providers or endpoints take is
/// left out of the calls to others. What was assumed is told.
pub fn complete(
    offer: &Offer<'_>,
    request: &mut Request,
    endpoint_known: bool,
    defaults: &OfferDefaults,
) -> Option<Note> {
    let note = offer.complete(request, endpoint_known, defaults);
    if offer.model.basis != Basis::Ratio {
        request.group_ratio = None;
    }
    if request.endpoint != Endpoint::Responses {
        request.responses_model = None;
    }
    note
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
