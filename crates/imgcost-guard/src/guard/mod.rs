//! The guard itself: quotes a request and holds its money.

mod builder;
pub(crate) mod quoting;
mod told;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use imgcost_core::{Book, Date, Request};
use imgcost_ledger::{Ledger, Scope};

pub use builder::Builder;
pub(crate) use told::Told;

use crate::error::Error;
use crate::hold::Hold;
use crate::notice::Listener;
#[cfg(feature = "async")]
use crate::policy::OnExceed;
use crate::policy::Policy;
#[cfg(feature = "async")]
use crate::pool;

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
}

/// What all clones of a guard, and all holds of it, have in common.
pub(crate) struct Shared {
    pub(crate) book: Arc<Book>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) provider: String,
    pub(crate) policy: Policy,
    pub(crate) by: String,
    pub(crate) listener: Listener,
    /// What the listener was told that it is told once.
    pub(crate) told: Told,
    pub(crate) day: Box<dyn Fn() -> Date + Send + Sync>,
    /// Which model a deployment stands for.
    pub(crate) deployments: BTreeMap<String, String>,
    pub(crate) default_model: Option<String>,
    pub(crate) body_limit: usize,
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
        Guard::builder(crate::built_in_book(), ledger, scope).build()
    }

    /// The same guard for another scope.
    #[must_use]
    pub fn for_scope(&self, scope: Scope) -> Guard {
        Guard { shared: Arc::clone(&self.shared), scope: Arc::new(scope) }
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

    /// Quotes a call and holds its money, and blocks until the ledger has answered. The call
    /// may be made if this returns a hold, and only then.
    ///
    /// # Errors
    /// The call is denied: [`Error`] says why and, where that is known, what would fit.
    pub fn hold(&self, request: &Request) -> Result<Hold, Error> {
        quoting::hold(self, request)
    }

    /// [`Guard::hold`] for async code. A ledger that responses at once is asked where this is
    /// called; any other on tokio's blocking pool. Outside of a tokio runtime there is no such
    /// pool, and this blocks.
    ///
    /// If the future is dropped while the ledger is being asked, a hold may have been written
    /// that nobody knows of: it stays open, counts, and expires in time.
    ///
    /// # Errors
    /// As [`Guard::hold`], and [`Error::Interrupted`].
    #[cfg(feature = "async")]
    pub async fn hold_async(&self, request: &Request) -> Result<Hold, Error> {
        if self.answers_at_once() {
            return self.hold(request);
        }
        let (guard, request) = (self.clone(), request.clone());
        pool::run(move || guard.hold(&request)).await?
    }

    /// How often a client may send one call behind the guard's back.
    #[cfg(any(feature = "async-openai", feature = "reqwest-middleware"))]
    pub(crate) fn attempts(&self) -> u32 {
        self.shared.policy.attempts.get()
    }

    /// Whether a hold can be made where nothing may block.
    #[cfg(feature = "async")]
    pub(crate) fn answers_at_once(&self) -> bool {
        self.shared.ledger.answers_at_once() && !matches!(self.shared.policy.on_exceed, OnExceed::Ask(_))
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
