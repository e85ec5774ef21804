//! What a guard lets in, and for how much.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use imgcost_core::{OutcomeResult, Usd};
use imgcost_ledger::SignedDuration;

use crate::booking::{Amount, DEFAULT_HOLD_TTL};
use crate::error::Error;
use crate::outage::Outage;

/// What to do with a call that goes over a limit: a budget, or the cap of one call.
///
/// Nobody is asked about a scope without any budget, which may be a typo and would spend
/// freely, nor about an assumed ceiling that a budget does not take: such calls are denied.
#[derive(Clone, Default)]
pub enum OnExceed {
    /// It is not made.
    #[default]
    Deny,
    /// It is made, booked all the same, and told as a [`Event`](crate::Event).
    Warn,
    /// The callback decides; yes means as [`Warn`](OnExceed::Warn). The question may
    /// take its time: no async worker waits for it.
    Ask(Arc<dyn Fn(&Error) -> bool + Send + Sync>),
}

impl OnExceed {
    /// Asks a function, which sees what would deny the call and says whether it may be made.
    pub fn ask(question: impl Fn(&Error) -> bool + Send + Sync + 'static) -> Self {
        OnExceed::Ask(Arc::new(question))
    }

    /// Whether to go on.
    pub(crate) fn admits(&self, error: &Error) -> bool {
        match self {
            _ if !error.is_over_budget() => false,
            OnExceed::Deny => false,
            OnExceed::Warn => true,
            // A question that panics is answered with no.
            OnExceed::Ask(question) => catch_unwind(AssertUnwindSafe(|| question(error))).unwrap_or_default(),
        }
    }

    /// What the ledger's journal says of an admitted call.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            OnExceed::Ask(_) => "the guard's policy asks, and the response was yes",
            _ => "the guard's policy warns only",
        }
    }
}

impl fmt::Debug for OnExceed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OnExceed::Deny => "Deny",
            OnExceed::Warn => "Warn",
            OnExceed::Ask(_) => "Ask",
        })
    }
}

/// Whether a guard denies calls or only tells which ones it would deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Calls that are denied are not made.
    #[default]
    Enforce,
    /// Every HTTP call passes, and is booked where its money can be held; what would have denied
    /// it is told as [`Event::WouldDeny`](crate::Event::WouldDeny). It is for finding out what a
    /// budget would do before it does it.
    Observe,
}

/// What to do with a request that has fields which are in no table of its API, and which may
/// have a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownFields {
    /// Its ceiling is assumed, and the fields are told as
    /// [`Event::UnknownFields`](crate::Event::UnknownFields). APIs grow faster than price
    /// books, and an old book must not be an outage.
    #[default]
    Assume,
    /// It is not made.
    Deny,
}

/// What to do with a call by an API of the provider's own that may make an image. What it would
/// cost can't be read from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unreadable {
    /// It is not made.
    #[default]
    Deny,
    /// It passes unmetered, which is told as [`Event::Unmetered`](crate::Event::Unmetered).
    Pass,
}

/// What a guard lets in, and for how much. The default is the strictest: calls are held at
/// their ceilings, and what goes over a limit or has no price is denied.
///
/// ```
/// use imgcost_guard::{OnExceed, Policy};
/// let policy = Policy::default()
///     .per_call_cap("0.50".parse()?)
///     .on_exceed(OnExceed::ask(|error| { eprintln!("{error}"); false }))
///     .allow_unpriced("my-fine-tune", "0.10".parse()?);
/// # drop(policy);
/// # Ok::<(), imgcost_core::ParseDecimalError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Policy {
    pub(crate) mode: Mode,
    pub(crate) amount: Amount,
    pub(crate) on_exceed: OnExceed,
    pub(crate) per_call_cap: Option<Usd>,
    pub(crate) unpriced: BTreeMap<String, Usd>,
    pub(crate) strict_outcomes: bool,
    pub(crate) outcomes: BTreeMap<u16, OutcomeResult>,
    pub(crate) outage: Outage,
    pub(crate) assume_prompt_tokens: Option<u64>,
    pub(crate) expires_in: SignedDuration,
    pub(crate) attempts: NonZeroU32,
    pub(crate) max_book_age: Option<u32>,
    pub(crate) unreadable: Unreadable,
    pub(crate) passed: Vec<String>,
    pub(crate) unknown_fields: UnknownFields,
    pub(crate) responses_images: Option<NonZeroU32>,
    #[cfg(feature = "rules")]
    pub(crate) rules: Option<Arc<imgcost_analysis::policy::Policy>>,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            mode: Mode::Enforce,
            amount: Amount::Ceiling,
            on_exceed: OnExceed::Deny,
            per_call_cap: None,
            unpriced: BTreeMap::new(),
            strict_outcomes: false,
            outcomes: BTreeMap::new(),
            outage: Outage::Deny,
            assume_prompt_tokens: None,
            expires_in: DEFAULT_HOLD_TTL,
            attempts: NonZeroU32::MIN,
            max_book_age: None,
            unreadable: Unreadable::Deny,
            passed: Vec::new(),
            unknown_fields: UnknownFields::Assume,
            responses_images: None,
            #[cfg(feature = "rules")]
            rules: None,
        }
    }
}

impl Policy {
    /// Whether calls are denied, or only told.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// The rules of a policy file of `imgcost check`: a call that breaks one at level error is denied
    /// as [`Error::Forbidden`], such as a quality or size that is left to the model under
    /// `forbid_auto`. An exception covers a call by its model, by its [key](crate::Spend::key) as the
    /// row's id, and by its tags. Calls of models without a price, which
    /// [`allow_unpriced`](Policy::allow_unpriced) names, are judged by their amount alone.
    ///
    /// ```
    /// use imgcost_guard::{Policy, Rules};
    /// let rules = Rules::read("policy.toml", "forbid_auto = true\n").map_err(|mut all| all.remove(0).to_string())?;
    /// let policy = Policy::default().rules(rules);
    /// # drop(policy);
    /// # Ok::<(), String>(())
    /// ```
    #[cfg(feature = "rules")]
    #[must_use]
    pub fn rules(mut self, rules: imgcost_analysis::policy::Policy) -> Self {
        self.rules = Some(Arc::new(rules));
        self
    }

    /// How much to hold for a call.
    #[must_use]
    pub fn amount(mut self, amount: Amount) -> Self {
        self.amount = amount;
        self
    }

    /// What to do with a call that goes over a limit.
    #[must_use]
    pub fn on_exceed(mut self, on_exceed: OnExceed) -> Self {
        self.on_exceed = on_exceed;
        self
    }

    /// The most that one call may cost, in USD: its ceiling is compared, whatever is held.
    #[must_use]
    pub fn per_call_cap(mut self, cap: Usd) -> Self {
        self.per_call_cap = Some(cap);
        self
    }

    /// Lets calls of a model in that the price book has no price for, each held at a stated
    /// amount in USD and settled at it. A price in the book goes before it. The name also makes
    /// chat completions of that model image calls.
    ///
    /// A call whose request has context that it does not show (`previous_response_id`, stored
    /// prompts, earlier items) has no ceiling even where its model has a price: it is held at
    /// the amount too, and settled by its usage. Without an amount it is denied.
    #[must_use]
    pub fn allow_unpriced(mut self, model: impl Into<String>, usd_per_call: Usd) -> Self {
        self.unpriced.insert(model.into(), usd_per_call);
        self
    }

    /// Reads an outcome that is free by assumption only as unknown, so that it counts at the
    /// ceiling: a hold is then released only where the provider says in writing that the call
    /// was free.
    #[must_use]
    pub fn strict_outcomes(mut self, strict: bool) -> Self {
        self.strict_outcomes = strict;
        self
    }

    /// Says what a failed call costs that was answered with this status, whatever the provider's
    /// rules are: during an outage, `503` as [`OutcomeResult::Free`] keeps calls that were never
    /// served from filling a budget.
    #[must_use]
    pub fn outcome(mut self, status: u16, result: OutcomeResult) -> Self {
        self.outcomes.insert(status, result);
        self
    }

    /// What to do with calls while the ledger can't answer.
    ///
    /// ```
    /// use imgcost_guard::{Outage, Policy};
    /// use imgcost_ledger::NanoUsd;
    /// let per_hour = NanoUsd::from_usd("5".parse()?).unwrap_or(NanoUsd::ZERO);
    /// let policy = Policy::default().outage(Outage::Allow { per_hour, journal: "outage.jsonl".into() });
    /// # drop(policy);
    /// # Ok::<(), imgcost_core::ParseDecimalError>(())
    /// ```
    #[must_use]
    pub fn outage(mut self, outage: Outage) -> Self {
        self.outage = outage;
        self
    }

    /// Takes so many prompt tokens for a request that gives no prompt, instead of denying it.
    #[must_use]
    pub fn assume_prompt_tokens(mut self, tokens: u64) -> Self {
        self.assume_prompt_tokens = Some(tokens);
        self
    }

    /// After which time an open hold counts as expired; an hour where nothing is said.
    #[must_use]
    pub fn expires_in(mut self, expires_in: SignedDuration) -> Self {
        self.expires_in = expires_in;
        self
    }

    /// The most days since the prices were last checked for which ceilings are proven. Those of
    /// an older book are assumed, so that a budget of proven ceilings refuses them. Without it
    /// the age of the book changes no ceiling.
    ///
    /// In either case a book older than 60 days is told as
    /// [`Event::PricesOld`](crate::Event::PricesOld). Hold and settlement use the same rates:
    /// after a price rise the difference to the real bill shows nowhere else.
    #[must_use]
    pub fn max_book_age(mut self, days: u32) -> Self {
        self.max_book_age = Some(days);
        self
    }

    /// What to do with requests that have fields which are in no table of their API.
    #[must_use]
    pub fn unknown_fields(mut self, unknown_fields: UnknownFields) -> Self {
        self.unknown_fields = unknown_fields;
        self
    }

    /// How many images a call of the Responses API is held for if it has no `max_tool_calls`;
    /// [`Request::RESPONSES_IMAGES`](imgcost_core::Request::RESPONSES_IMAGES) where nothing is
    /// set. The API itself sets no limit, so that this ceiling is assumed.
    #[must_use]
    pub fn responses_images(mut self, images: NonZeroU32) -> Self {
        self.responses_images = Some(images);
        self
    }

    /// What to do with calls by an API of the provider's own that no dialect reads: those that may
    /// make an image are denied unless this lets them pass. Which these are, the price book's
    /// `native_api` tells: every `POST` of a provider that makes images only; else those that name
    /// an image model of the book, or a deployment that is not
    /// [mapped](crate::Builder::deployment). All others of such a provider pass unmetered. Of one
    /// whose API is like OpenAI's, it is a path that is in no list of that API. Calls in the
    /// provider's dialects, and routes in the shape of OpenAI's, are read in any case.
    #[must_use]
    pub fn unreadable(mut self, unreadable: Unreadable) -> Self {
        self.unreadable = unreadable;
        self
    }

    /// Lets every `POST` to a path pass unmetered, such as `/v1/rankings`, which no dialect reads: at
    /// a provider that makes images, a path that is in no list of its API is denied otherwise.
    ///
    /// ```
    /// let policy = imgcost_guard::Policy::default().pass("/v1/rankings");
    /// # let _ = policy;
    /// ```
    #[must_use]
    pub fn pass(mut self, path: impl Into<String>) -> Self {
        self.passed.push(path.into());
        self
    }

    /// How often the client may send a call behind the guard's back: so many times the ceiling
    /// is held.
    ///
    /// A guard belongs inside the retry layer, where every attempt has a hold of its own and
    /// this stays 1. Where it can't be, the guard sees only the last attempt's response. The
    /// attempts before it may have been billed too, so that the hold is settled at the usage of
    /// that response and a ceiling for each of the others, and a failure never gives the money
    /// back. How many there were the async-openai adapter counts; everywhere else all of them
    /// count, unless [`Hold::attempts_made`](crate::Hold::attempts_made) says how many it was.
    ///
    /// With 1, the adapters for reqwest send a body that can't be cloned, so that reqwest's own
    /// retries (`reqwest::retry`) and redirects can't send the call again. With more they may,
    /// and so may a retry middleware inside the guard.
    #[must_use]
    pub fn attempts(mut self, attempts: NonZeroU32) -> Self {
        self.attempts = attempts;
        self
    }
}
