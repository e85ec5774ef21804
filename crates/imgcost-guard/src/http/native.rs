//! Calls that no dialect reads: what they cost can't be told.
//!
//! A user who names such a provider and sets a cap has every reason to feel safe, so that none of
//! them passes in silence: one that may make an image is denied unless the policy lets it pass,
//! and one that makes none is told, once.

use imgcost_core::Book;
use imgcost_wire::{
    Dialect, Native, Route, body_may_draw, host, names_of, native, native_of_openai, shown_path, without_ids,
};

use crate::error::Error;
use crate::event::Event;
use crate::guard::Guard;
use crate::policy::Unreadable;

impl Guard {
    /// The route of a path that some dialect of the provider reads, where it makes an image or its
    /// body tells. Of other APIs than OpenAI's, the path names a model that does.
    pub(super) fn route(&self, path: &str) -> Option<Route> {
        let provider = self.shared.book.provider(&self.shared.provider).ok();
        let taken = provider.map(Dialect::taken_by).unwrap_or_default();
        let route = Route::of(&taken, path)?;
        let is_openai = Dialect::OPENAI.contains(&route.dialect);
        let named = route.model.as_deref().filter(|_| !is_openai);
        named.is_none_or(|model| self.draws(model)).then_some(route)
    }

    /// Whether a `POST` to a path that no dialect reads has to be looked at before it is sent.
    pub(super) fn watches_native(&self, path: &str) -> bool {
        self.shared.policy.unreadable == Unreadable::Deny
            && !matches!(self.native(path), None | Some(Native::Free))
    }

    /// What becomes of a call in a dialect of the provider's own that could not be read.
    pub(super) fn unreadable_native(&self, route: &Route, path: &str, error: Error) -> Result<(), Error> {
        let may_pass = self.shared.policy.unreadable == Unreadable::Pass;
        if may_pass && !Dialect::OPENAI.contains(&route.dialect) && matches!(error, Error::Unreadable { .. })
        {
            self.tell_unmetered(path);
            return Ok(());
        }
        Err(error)
    }

    /// Whether a call goes to a host that is known for no provider. What has no host, and a provider
    /// whose hosts are not known, tell nothing.
    fn is_elsewhere(&self, address: &str) -> bool {
        self.other_host(address).is_some_and(|host| self.shared.book.provider_at(host).is_none())
    }

    /// The host of a call, where it is none of the provider's.
    fn other_host<'a>(&self, address: &'a str) -> Option<&'a str> {
        let provider = self.shared.book.provider(&self.shared.provider).ok()?;
        let host = host(address).filter(|host| !provider.hosts.is_empty() && !provider.has_host(host))?;
        let is_named = self.shared.hosts.iter().any(|named| named.eq_ignore_ascii_case(host));
        (!is_named).then_some(host)
    }

    /// Tells of a call to a host that is none of the provider's: once a host.
    pub(super) fn tell_other_host(&self, address: &str) {
        let Some(host) = self.other_host(address) else { return };
        if self.shared.told.is_news(&format!("host {host}")) {
            let of = self.shared.book.provider_at(host).map(|provider| provider.id.clone());
            let (provider, host) = (self.shared.provider.clone(), host.to_owned());
            self.shared.listener.tell(&Event::OtherHost { provider, host, of });
        }
    }

    /// Lets a `POST` to a path that no dialect reads pass, or denies it. What passes is told.
    pub(super) fn before_native(&self, path: &str, body: &[u8]) -> Result<(), Error> {
        let Some(known) = self.native(path) else { return Ok(()) };
        let draws = match known {
            Native::MayDraw => true,
            Native::Free => false,
            Native::AskBody => body_may_draw(body, |name| self.draws(name)),
        };
        match (draws, self.shared.policy.unreadable) {
            (true, Unreadable::Deny) => {
                let why = format!(
                    "it may make an image, and no dialect of {} reads it; use a route that is read, or let \
                     such calls pass unmetered: this path with Policy::pass, all with Policy::unreadable",
                    self.shared.provider
                );
                Err(Error::Unreadable { path: shown_path(path), why })
            }
            _ => {
                self.tell_unmetered(path);
                Ok(())
            }
        }
    }

    /// Tells of a call that passes and may be billed: once a path.
    pub(super) fn tell_unmetered(&self, path: &str) {
        let (path, provider) = (without_ids(&shown_path(path)), self.shared.provider.clone());
        if self.shared.told.is_news(&format!("POST {path}")) {
            self.shared.listener.tell(&Event::Unmetered { provider, path });
        }
    }

    /// What the path tells; none if it makes nothing that is billed, or the policy names it.
    pub(super) fn native(&self, path: &str) -> Option<Native> {
        let provider = self.shared.book.provider(&self.shared.provider).ok()?;
        let named = &self.shared.policy.passed;
        if named.iter().any(|named| shown_path(path).trim_end_matches('/') == named) {
            return Some(Native::Free);
        }
        let Some(api) = provider.native_api else {
            let known = native_of_openai(path);
            // What else a gateway of one's own has makes no image that is known.
            let passes = known == Some(Native::MayDraw) && self.is_elsewhere(path);
            return if passes { Some(Native::Free) } else { known };
        };
        let deployments = &self.shared.deployments;
        let deployments = deployments.iter().map(|(name, model)| (name.as_str(), model.as_str()));
        Some(native(api, path, deployments, |name| self.draws(name)))
    }

    /// Whether a name is that of a model that makes images: one of the price book, wherever it
    /// is offered, or one that the policy states an amount for.
    pub(super) fn draws(&self, name: &str) -> bool {
        self.drawing(name).is_some()
    }

    /// The name by which such a model is known.
    pub(super) fn drawing<'n>(&'n self, name: &'n str) -> Option<&'n str> {
        let shared = &self.shared;
        let name = shared.deployments.get(name).map_or(name, String::as_str);
        names_of(name).find(|name| knows(&shared.book, name) || shared.policy.unpriced.contains_key(*name))
    }
}

fn knows(book: &Book, name: &str) -> bool {
    let is_it = |known: &String| known.eq_ignore_ascii_case(name);
    let mut models = book.providers().flat_map(|provider| &provider.models);
    models.any(|model| is_it(&model.id) || model.aliases.iter().any(is_it))
}
