//! Calls of a provider's own API, which no dialect reads: what they cost can't be told.
//!
//! Whoever names such a provider and sets a cap has every reason to feel safe, so that none of
//! them passes in silence: one that may make an image is denied unless the policy lets it pass,
//! and one that makes none is told, once.

use imgcost_core::{Book, NativeApi};
use serde_json::Value;

use super::route::{plain, shown};
use crate::error::Error;
use crate::guard::Guard;
use crate::notice::Notice;
use crate::policy::Unreadable;

/// What a path alone tells of a native call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ByPath {
    /// It may make an image.
    MayDraw,
    /// It makes none that the price book knows.
    Free,
    /// The body names the model.
    AskBody,
}

impl Guard {
    /// Whether a `POST` to a path that no dialect reads has to be looked at before it is sent.
    pub(super) fn watches_native(&self, path: &str) -> bool {
        self.shared.policy.unreadable == Unreadable::Deny
            && !matches!(self.native(path), None | Some(ByPath::Free))
    }

    /// Lets a `POST` to a path that no dialect reads pass, or denies it. What passes is told.
    pub(super) fn before_native(&self, path: &str, body: &[u8]) -> Result<(), Error> {
        let Some(known) = self.native(path) else { return Ok(()) };
        let draws = match known {
            ByPath::MayDraw => true,
            ByPath::Free => false,
            ByPath::AskBody => body_may_draw(self, body),
        };
        match (draws, self.shared.policy.unreadable) {
            (true, Unreadable::Deny) => {
                let why = format!(
                    "it may make an image, and of {} only routes in the shape of OpenAI's are read; use one, \
                     or let such calls pass unmetered with Policy::unreadable",
                    self.shared.provider
                );
                Err(Error::Unreadable { path: shown(path), why })
            }
            _ => {
                self.tell_unmetered(path);
                Ok(())
            }
        }
    }

    /// Tells of a native call that passes: once a path.
    pub(super) fn tell_unmetered(&self, path: &str) {
        if self.native(path).is_none() {
            return;
        }
        let (path, provider) = (shape(&shown(path)), self.shared.provider.clone());
        if self.shared.told.is_news(&format!("POST {path}")) {
            self.shared.listener.tell(&Notice::Unmetered { provider, path });
        }
    }

    /// What the path tells; none if the provider has no API of its own.
    fn native(&self, path: &str) -> Option<ByPath> {
        let provider = self.shared.book.provider(&self.shared.provider).ok()?;
        let native = provider.native_api?;
        let path = plain(path);
        let path = path.trim_end_matches('/');
        Some(match native {
            // To give a call up must not be denied: it would go on and be billed.
            NativeApi::EveryPost if path.ends_with("/cancel") => ByPath::Free,
            NativeApi::EveryPost => ByPath::MayDraw,
            NativeApi::ModelInBody => ByPath::AskBody,
            NativeApi::ModelInPath if path_may_draw(self, path) => ByPath::MayDraw,
            NativeApi::ModelInPath => ByPath::Free,
        })
    }

    /// Whether a name is that of a model that makes images: one of the price book, wherever it
    /// is offered, or one that the policy states an amount for.
    fn draws(&self, name: &str) -> bool {
        let shared = &self.shared;
        let name = shared.deployments.get(name).map_or(name, String::as_str);
        let known = |name: &str| knows(&shared.book, name) || shared.policy.unpriced.contains_key(name);
        // `us.amazon.…` is a regional profile of `amazon.…`.
        known(name) || name.split_once('.').is_some_and(|(region, name)| region.len() <= 6 && known(name))
    }
}

fn knows(book: &Book, name: &str) -> bool {
    let is_it = |known: &String| known.eq_ignore_ascii_case(name);
    let mut models = book.providers().flat_map(|provider| &provider.models);
    models.any(|model| is_it(&model.id) || model.aliases.iter().any(is_it))
}

/// Whether any part of a path names a model that makes images, or names what may be one: a
/// resource of the account that stands for a model. Which model that is, a deployment tells.
fn path_may_draw(guard: &Guard, path: &str) -> bool {
    let mut deployments = guard.shared.deployments.iter();
    if let Some((_, model)) = deployments.find(|(name, _)| has_part(path, name)) {
        return guard.draws(model);
    }
    let mut before = "";
    path.split('/').any(|part| {
        let parent = std::mem::replace(&mut before, part);
        // `NAME:generateContent`, `NAME@001:predict`; but Bedrock has names with a colon in them.
        let (name, verb) = part.rsplit_once(':').unwrap_or((part, ""));
        let names = [part, name, name.split('@').next().unwrap_or(name)];
        // To count tokens makes nothing.
        let counts = matches!(verb, "countTokens" | "computeTokens");
        (!counts && names.iter().any(|name| guard.draws(name)))
            || (parent.eq_ignore_ascii_case("endpoints") && !verb.is_empty())
            || arn_kind(part).is_some_and(|kind| !matches!(kind, "foundation-model" | "inference-profile"))
    })
}

/// Whether a path has a name as one of its parts, or several.
fn has_part(path: &str, name: &str) -> bool {
    path.match_indices(name).any(|(at, _)| {
        let before = path.get(..at).unwrap_or_default();
        let after = path.get(at + name.len()..).unwrap_or_default();
        before.ends_with('/') && (after.is_empty() || after.starts_with(['/', ':', '@']))
    })
}

/// The kind of the resource that an ARN names: its sixth part. Those of the account itself do
/// not show which model they stand for.
fn arn_kind(part: &str) -> Option<&str> {
    part.strip_prefix("arn:")?.split(':').nth(4)
}

/// Whether a body names a model that makes images, or can't be read.
fn body_may_draw(guard: &Guard, body: &[u8]) -> bool {
    match super::json::object(body) {
        Ok(body) if super::json::differs_in_case(&body).is_none() => {
            body.get("model").and_then(Value::as_str).is_none_or(|model| guard.draws(model))
        }
        _ => true,
    }
}

/// A path without what differs from call to call.
fn shape(path: &str) -> String {
    match path.strip_suffix("/cancel").and_then(|path| path.rsplit_once('/')) {
        Some((path, _id)) => format!("{path}/*/cancel"),
        None => path.to_owned(),
    }
}
