//! Whose money one request spends, and under which name.

use imgcost_ledger::Scope;

/// Whose money a request spends, and under which name, where that differs from call to call.
///
/// Give it to a guard with [`Guard::spending`](crate::Guard::spending), or to one request as an
/// extension: `http::Request::extensions_mut` for the tower layer,
/// `RequestBuilder::with_extension` of reqwest-middleware.
///
/// ```
/// use imgcost_guard::Spend;
/// let spend = Spend::of("studio/alice".parse()?).key("job-17");
/// # drop(spend);
/// # Ok::<(), imgcost_ledger::ParseScopeError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spend {
    pub(crate) scope: Option<Scope>,
    pub(crate) key: Option<String>,
}

impl Spend {
    /// Money of a scope.
    #[must_use]
    pub fn of(scope: Scope) -> Spend {
        Spend { scope: Some(scope), ..Spend::default() }
    }

    /// Money of the guard's own scope.
    #[must_use]
    pub fn new() -> Spend {
        Spend::default()
    }

    /// A name for the call, 1 to 512 bytes: the same call again under this key is not held a
    /// second time while its hold is open, and denied once it is closed.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Spend {
        self.key = Some(key.into());
        self
    }
}
