//! Whose money one request spends, and under which name.

use std::collections::BTreeMap;

use imgcost_ledger::{NewHold, Scope};

/// Whose money a request spends, and under which name, where that differs from call to call.
///
/// Give it to a guard with [`Guard::spending`](crate::Guard::spending), or to one request as an
/// extension: `http::Request::extensions_mut` for the tower layer,
/// `RequestBuilder::with_extension` of reqwest-middleware.
///
/// ```
/// use imgcost_guard::Spend;
/// let spend = Spend::of("studio/alice".parse()?).key("job-17").tag("order", "4711");
/// # drop(spend);
/// # Ok::<(), imgcost_ledger::ParseScopeError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spend {
    pub(crate) scope: Option<Scope>,
    pub(crate) key: Option<String>,
    tags: BTreeMap<String, String>,
    request_id: Option<String>,
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

    /// A name and a value to find the call by in the ledger, or to add up by: up to 16, each up to
    /// 64 bytes.
    #[must_use]
    pub fn tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Spend {
        self.tags.insert(name.into(), value.into());
        self
    }

    /// The id of the request that the call is made for, to find the one by the other: up to 512
    /// bytes.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Spend {
        self.request_id = Some(id.into());
        self
    }

    /// The tags, sorted.
    #[cfg(feature = "rules")]
    pub(crate) fn tags(&self) -> impl Iterator<Item = (&String, &String)> {
        self.tags.iter()
    }

    /// What is held, under this name.
    pub(crate) fn name(&self, mut new: NewHold) -> NewHold {
        new.key.clone_from(&self.key);
        new.tags.clone_from(&self.tags);
        new.request_id.clone_from(&self.request_id);
        new
    }
}
