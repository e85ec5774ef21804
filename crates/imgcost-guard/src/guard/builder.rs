//! How a guard is set up.

use std::collections::BTreeMap;
use std::sync::Arc;
#[cfg(feature = "__http")]
use std::time::Duration;

use imgcost_core::{Book, BookErrors, Code, Date, File, printable, utc_day};
use imgcost_ledger::{Budget, Cap, Ledger, NanoUsd, NewHold, Scope, Window};

use super::Guard;
use super::shared::Shared;
use super::told::Told;
use crate::error::Error;
use crate::event::{Event, Listener};
use crate::hold::Hold;
use crate::outage::Allowance;
use crate::policy::Policy;
#[cfg(feature = "async")]
use crate::queue::Queue;
use crate::step::Step;
use crate::unbooked::Unbooked;

/// The most bytes of a request body that are read, where nothing else is said.
const BODY_LIMIT: usize = 64 << 20;
/// How long the end of a response waits for its booking, where nothing else is said.
#[cfg(feature = "__http")]
const END_WAIT: Duration = Duration::from_secs(5);

/// Why a guard can't be built.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The price book does not know what is named.
    #[error(transparent)]
    NotInBook(imgcost_core::Error),
    /// No ledger would take a hold of the guard.
    #[error(transparent)]
    NotForLedgers(imgcost_ledger::Error),
}

/// Sets a [`Guard`] up.
///
/// ```
/// use std::sync::Arc;
/// use imgcost_guard::{Guard, Policy, built_in_book};
/// use imgcost_ledger::MemoryLedger;
/// let guard = Guard::builder(built_in_book(), Arc::new(MemoryLedger::new()), "team/alice".parse()?)
///     .provider("azure-openai")
///     .deployment("images-eu", "gpt-image-1.5")
///     .policy(Policy::default().per_call_cap("2.00".parse()?))
///     .on_event(|event| eprintln!("{event}"))
///     .build()?;
/// # drop(guard);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing is guarded until it is built"]
pub struct Builder {
    scope: Scope,
    shared: Shared,
}

impl Builder {
    pub(super) fn new(book: Arc<Book>, ledger: Arc<dyn Ledger>, scope: Scope) -> Self {
        let shared = Shared {
            book,
            ledger,
            provider: imgcost_core::DEFAULT_PROVIDER.to_owned(),
            policy: Policy::default(),
            by: "imgcost-guard".to_owned(),
            listener: Listener::default(),
            told: Told::default(),
            unbooked: Unbooked::default(),
            allowance: None,
            #[cfg(feature = "async")]
            queue: Queue::default(),
            day: Box::new(|| utc_day(imgcost_ledger::Clock::system().now())),
            hosts: Vec::new(),
            deployments: BTreeMap::new(),
            default_model: None,
            body_limit: BODY_LIMIT,
            #[cfg(feature = "__http")]
            end_wait: END_WAIT,
        };
        Builder { scope, shared }
    }

    /// Whose money is spent where a call does not [say](crate::Spend).
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Makes sure that a scope has a budget: what was set before stays as it is, so that a program
    /// that starts again undoes nothing. `studio/*` is the default of every scope right below
    /// `studio`. It is written at once, and blocks until the ledger has answered.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use imgcost_guard::{Guard, built_in_book};
    /// # use imgcost_ledger::{Cap, MemoryLedger};
    /// # let builder = Guard::builder(built_in_book(), Arc::new(MemoryLedger::new()), "studio/alice".parse()?);
    /// let guard = builder
    ///     .budget("studio", Cap::usd("20")?.per_month())?
    ///     .budget("studio/*", Cap::usd("2")?.per_day())?
    ///     .build()?;
    /// # drop(guard);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Scope`], or [`Error::Ledger`] if the ledger fails.
    pub fn budget(self, place: &str, (cap, window): (Cap, Window)) -> Result<Self, Error> {
        let (scope, each_child) = match place.strip_suffix("/*") {
            Some(above) => (above, true),
            None => (place, false),
        };
        let budget = Budget::new(scope.parse().map_err(Error::Scope)?, window, cap);
        let budget = if each_child { budget.each_child() } else { budget };
        self.shared.ledger.ensure_budget(&budget, &self.shared.by).map_err(Error::Ledger)?;
        Ok(self)
    }

    /// The provider, by id or alias; `openai` where nothing is said.
    pub fn provider(mut self, provider: impl Into<String>) -> Self {
        self.shared.provider = provider.into();
        self
    }

    /// A whole price book in one file, as `imgcost prices pack` writes it, in place of the one that
    /// was given. It is checked as the built-in one was when it was built in.
    ///
    /// # Errors
    /// Everything that is wrong in the text, with its lines, and where its prices were last checked
    /// on an earlier day than those it replaces: [`Book::read_whole`] takes an older one.
    pub fn book_file(mut self, text: &str) -> Result<Self, BookErrors> {
        self.shared.book = Arc::new(self.shared.book.replaced_by(File::new("book", text))?);
        Ok(self)
    }

    /// Prices of your own over the book, as `imgcost prices init` writes them.
    ///
    /// # Errors
    /// Everything that is wrong in the text, with its lines.
    pub fn prices(mut self, text: &str) -> Result<Self, BookErrors> {
        self.shared.book =
            Arc::new(self.shared.book.with_own(File::new("prices", text), (self.shared.day)())?);
        Ok(self)
    }

    /// What is admitted, and for how much.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.shared.policy = policy;
        self
    }

    /// Who acts, as the ledger's journal will name them: 1 to 512 bytes.
    pub fn by(mut self, by: impl Into<String>) -> Self {
        self.shared.by = by.into();
        self
    }

    /// Where events go: calls held, denied and booked, alerts and problems. It is called where they
    /// come up, also on async workers, so it must not block. If it panics, only that event is lost.
    pub fn on_event(mut self, listen: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.shared.listener = Listener::new(listen);
        self
    }

    /// The day whose prices count; today in UTC where nothing is said.
    pub fn day(mut self, day: impl Fn() -> Date + Send + Sync + 'static) -> Self {
        self.shared.day = Box::new(day);
        self
    }

    /// One more host at which the provider's API is, such as that of a gateway of one's own. The first
    /// call to a host that is neither this nor in the price book is told as
    /// [`Event::OtherHost`]: the prices may be another's.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.shared.hosts.push(host.into());
        self
    }

    /// Says which model a deployment stands for, as Azure has them in paths and bodies. A name
    /// that is not mapped is taken for the model's own, or an alias of it in the price book.
    pub fn deployment(mut self, deployment: impl Into<String>, model: impl Into<String>) -> Self {
        self.shared.deployments.insert(deployment.into(), model.into());
        self
    }

    /// The model of requests that name none, where the API chooses one. Without it that of the
    /// price book's provider counts, and if that has none either, such requests are denied, since
    /// their price can't be told.
    pub fn default_model(mut self, model: impl Into<String>) -> Self {
        self.shared.default_model = Some(model.into());
        self
    }

    /// The most bytes of an image call's body that are read; 64 MiB where nothing is said.
    /// Larger ones are denied. A body is kept in memory until its call is admitted.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.shared.body_limit = bytes;
        self
    }

    /// How long the end of a response is held back at most until it is booked; 5 seconds where
    /// nothing is said. After that its reader goes on, and the booking too.
    #[cfg(feature = "__http")]
    pub fn end_wait(mut self, wait: Duration) -> Self {
        self.shared.end_wait = wait;
        self
    }

    /// The guard.
    ///
    /// # Errors
    /// What would deny every call is wrong: a provider or a default model that the price book does
    /// not know, unless the policy names models without a price; a name to act by, or a time to
    /// expire in, that no ledger takes.
    pub fn build(self) -> Result<Guard, BuildError> {
        self.check()?;
        Ok(self.unchecked())
    }

    fn check(&self) -> Result<(), BuildError> {
        let Shared { book, policy, deployments, .. } = &self.shared;
        NewHold::new(self.scope.clone(), NanoUsd::ZERO, self.shared.by.clone())
            .expires_in(policy.expires_in)
            .check()
            .map_err(BuildError::NotForLedgers)?;
        // Of what the policy names, the caller knows what the book does not.
        if !policy.unpriced.is_empty() {
            return Ok(());
        }
        let provider = book.provider(&self.shared.provider).map_err(BuildError::NotInBook)?;
        let default = self.shared.default_model.as_deref();
        let model = default.map(|name| deployments.get(name).map_or(name, String::as_str));
        match model.filter(|model| provider.model(model).is_none()) {
            None => Ok(()),
            Some(model) => Err(BuildError::NotInBook(
                imgcost_core::Error::new(
                    Code::UnknownModel,
                    format!("no model '{}' at {} for default_model", printable(model), provider.id),
                )
                .field("default_model")
                .allowed(provider.models.iter().map(|model| &model.id))
                .nearest_name(model),
            )),
        }
    }

    /// The guard, of which nothing is looked at.
    pub(super) fn unchecked(mut self) -> Guard {
        let allowance = Allowance::open(&self.shared.policy.outage, &self.shared.by);
        let (allowance, left) =
            allowance.map_or((None, Vec::new()), |(allowance, left)| (Some(allowance), left));
        self.shared.allowance = allowance;
        let shared = Arc::new(self.shared);
        for (new, made_at) in left {
            let hold = Hold::of_journal(Arc::clone(&shared), new, made_at);
            shared.unbooked.push(hold, Step::presume("the program ended before the call was booked"));
        }
        Guard { shared, scope: Arc::new(self.scope), spend: Arc::default() }
    }
}
