//! The guard itself: quotes a request and holds its money.

mod builder;
pub(crate) mod quoting;
pub(crate) mod shared;
mod told;

use std::fmt;
use std::sync::Arc;

use imgcost_core::{Book, Request};
use imgcost_ledger::{Ledger, Scope};

pub use builder::{BuildError, Builder};

use shared::Shared;

#[cfg(all(feature = "sqlite", feature = "built-in-book"))]
use crate::error::Error;
use crate::policy::Mode;
#[cfg(feature = "async")]
use crate::policy::OnExceed;
#[cfg(feature = "async")]
use crate::queue;
use crate::spend::Spend;

/// Lets calls in if their money can be held, and books what became of them.
///
/// Cheap to clone; clones share everything. One guard stands for one provider, one policy and
/// one scope; [`Guard::for_scope`] makes one for another scope.
///
/// ```
/// use std::sync::Arc;
/// use imgcost_core::{Response, Prompt};
/// use imgcost_guard::Guard;
/// use imgcost_ledger::{Budget, Cap, Ledger, MemoryLedger, NanoUsd, Window};
///
/// let ledger = Arc::new(MemoryLedger::new());
/// let cap = Cap::Usd(NanoUsd::from_usd("1.00".parse()?).unwrap_or(NanoUsd::ZERO));
/// ledger.set_budget(&Budget::new("team".parse()?, Window::Total, cap), "me")?;
/// let guard = Guard::with_built_in_book(ledger, "team/alice".parse()?);
///
/// let mut request = guard.request("gpt-image-2");
/// request.size = Some("1024x1024".parse()?);
/// request.prompt = Some(Prompt::of_tokens(12));
/// let hold = guard.hold(&request)?;
/// // The call is made here; its response is:
/// let response = imgcost_wire::response(r#"{"usage":{"input_tokens":12,"output_tokens":272}}"#)?;
/// let booked = hold.settle(&response)?;
/// assert_eq!(booked.amount.to_string(), "0.00822");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Guard {
    pub(crate) shared: Arc<Shared>,
    pub(crate) scope: Arc<Scope>,
    pub(crate) spend: Arc<Spend>,
}

impl Guard {
    /// A guard over a price book and a ledger, for a scope.
    pub fn builder(book: impl Into<Arc<Book>>, ledger: Arc<dyn Ledger>, scope: Scope) -> Builder {
        Builder::new(book.into(), ledger, scope)
    }

    /// A guard of OpenAI calls by the built-in price book, with the default policy.
    ///
    /// All of them share the book.
    #[cfg(feature = "built-in-book")]
    #[must_use]
    pub fn with_built_in_book(ledger: Arc<dyn Ledger>, scope: Scope) -> Guard {
        Guard::builder(crate::built_in_book(), ledger, scope).unchecked()
    }

    /// Sets up a guard of OpenAI calls by the built-in price book, over a ledger in a file, which is
    /// made if it is not there. It spends the money of the scope `app` until
    /// [`Builder::scope`] or a [`Spend`] names another.
    ///
    /// ```no_run
    /// use imgcost_guard::Guard;
    /// use imgcost_ledger::Cap;
    /// let guard = Guard::open("ledger.db")?.budget("app", Cap::usd("20")?.per_month())?.build()?;
    /// # drop(guard);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Ledger`]: the file can't be opened.
    #[cfg(all(feature = "sqlite", feature = "built-in-book"))]
    pub fn open(path: impl AsRef<std::path::Path>) -> Result<Builder, Error> {
        let ledger = imgcost_ledger::SqliteLedger::open(path).map_err(Error::Ledger)?;
        let scope = "app".parse().map_err(Error::Scope)?;
        Ok(Guard::builder(crate::built_in_book(), Arc::new(ledger), scope))
    }

    /// The same guard for another scope.
    #[must_use]
    pub fn for_scope(&self, scope: Scope) -> Guard {
        Guard { scope: Arc::new(scope), ..self.clone() }
    }

    /// The same guard for one call: its scope, if it names one, and its key.
    #[must_use]
    pub fn spending(&self, spend: Spend) -> Guard {
        let scope = spend.scope.clone().map_or_else(|| Arc::clone(&self.scope), Arc::new);
        Guard { shared: Arc::clone(&self.shared), scope, spend: Arc::new(spend) }
    }

    /// The guard for a request with these extensions.
    #[cfg(feature = "__http")]
    pub(crate) fn spending_of(self, extensions: &http::Extensions) -> Guard {
        match extensions.get::<Spend>() {
            Some(spend) => self.spending(spend.clone()),
            None => self,
        }
    }

    /// The price book that calls are quoted by.
    #[must_use]
    pub fn book(&self) -> &Book {
        &self.shared.book
    }

    /// The scope whose money it holds.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// A request for one image from a model, at the guard's provider and on its day.
    #[must_use]
    pub fn request(&self, model: &str) -> Request {
        Request::new(self.shared.provider.as_str(), model, (self.shared.day)())
    }

    /// How often a client may send one call behind the guard's back; as it likes if the guard only
    /// observes.
    #[cfg(any(feature = "async-openai", feature = "reqwest-middleware"))]
    pub(crate) fn attempts(&self) -> u32 {
        if self.observes() { u32::MAX } else { self.shared.policy.attempts.get() }
    }

    /// Whether a hold can be made where nothing may block.
    #[cfg(feature = "async")]
    pub(crate) fn answers_at_once(&self) -> bool {
        self.shared.ledger.answers_at_once() && !self.asks()
    }

    /// The most bytes of a body that are collected.
    #[cfg(feature = "__http")]
    pub(crate) fn read_at_most(&self) -> usize {
        if self.observes() { usize::MAX } else { self.shared.body_limit }
    }

    /// Whether it only tells what it would deny.
    pub(crate) fn observes(&self) -> bool {
        self.shared.policy.mode == Mode::Observe
    }

    /// Whether a hold may wait for a person.
    #[cfg(feature = "async")]
    pub(crate) fn asks(&self) -> bool {
        matches!(self.shared.policy.on_exceed, OnExceed::Ask(_))
    }

    /// Books what could not be booked before, in the order in which it came, until that fails
    /// again. Returns how many bookings are left. The guard does it by itself after each booking
    /// that works.
    pub fn retry_unbooked(&self) -> usize {
        self.shared.unbooked.retry()
    }

    /// Waits until everything is booked that is on its way to the ledger, and tries once more what
    /// could not be. Returns how many bookings the ledger did not take. Say it before the program
    /// ends, after the last response was read.
    #[cfg(feature = "async")]
    pub fn drain(&self) -> usize {
        self.shared.queue.wait_until_empty();
        self.retry_unbooked()
    }

    /// [`Guard::drain`] for async code.
    #[cfg(feature = "async")]
    pub async fn drain_async(&self) -> usize {
        let guard = self.clone();
        queue::aside(move || guard.drain()).await.unwrap_or_default()
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("scope", &self.scope.as_str())
            .field("provider", &self.shared.provider)
            .field("policy", &self.shared.policy)
            .finish_non_exhaustive()
    }
}
