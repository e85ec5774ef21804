//! Calls that no dialect reads: only whether one may make an image is told, by its path and by the
//! model that it names.

use imgcost_core::NativeApi;
use serde_json::Value;

use crate::paths::plain;
use crate::{case, json};

/// What a path alone tells of a `POST` to a provider's own API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Native {
    /// It may make an image.
    MayDraw,
    /// It makes none that is known.
    Free,
    /// The body names the model: [`body_may_draw`].
    AskBody,
}

/// Paths of OpenAI's API that make nothing that is billed, by their parts.
const FREE: [&str; 9] = [
    "cancel",
    "files",
    "input_items",
    "input_tokens",
    "models",
    "moderations",
    "organization",
    "uploads",
    "usage",
];

/// Paths of OpenAI's API that bill something else than an image call, or lines that are uploaded.
const OTHER: [&str; 18] = [
    "assistants",
    "audio",
    "batches",
    "chatkit",
    "completions",
    "containers",
    "conversations",
    "embeddings",
    "evals",
    "fine_tuning",
    "messages",
    "realtime",
    "rerank",
    "responses",
    "threads",
    "tokenize",
    "vector_stores",
    "videos",
];

/// What the path of a `POST` tells at a provider whose API is OpenAI's, where it is no image call:
/// none if it makes nothing that is billed.
///
/// ```
/// use imgcost_wire::{Native, native_of_openai};
/// assert_eq!(native_of_openai("/v1/files"), None);
/// assert_eq!(native_of_openai("/v1/embeddings"), Some(Native::Free));
/// assert_eq!(native_of_openai("/v1/images/remixes"), Some(Native::MayDraw));
/// ```
#[must_use]
pub fn native_of_openai(path: &str) -> Option<Native> {
    let path = plain(path).to_ascii_lowercase();
    let has = |names: &[&str]| path.split('/').any(|part| names.contains(&part));
    if has(&FREE) {
        return None;
    }
    Some(if has(&OTHER) { Native::Free } else { Native::MayDraw })
}

/// What a path tells of a call: `draws` says whether a name is that of a model that makes images,
/// and `deployments` are the names in paths that stand for a model, with that.
pub fn native<'d>(
    api: NativeApi,
    path: &str,
    deployments: impl IntoIterator<Item = (&'d str, &'d str)>,
    draws: impl Fn(&str) -> bool,
) -> Native {
    let path = plain(path);
    let path = &*path;
    match api {
        // To give a call up must not be denied: it would go on and be billed.
        NativeApi::EveryPost if path.ends_with("/cancel") => Native::Free,
        NativeApi::EveryPost => Native::MayDraw,
        NativeApi::ModelInBody => Native::AskBody,
        NativeApi::ModelInPath => {
            let deployment = deployments.into_iter().find(|(name, _)| has_part(path, name));
            let may_draw = deployment.map_or_else(|| path_may_draw(path, &draws), |(_, model)| draws(model));
            if may_draw { Native::MayDraw } else { Native::Free }
        }
    }
}

/// Whether any part of a path names a model that makes images, or names what may be one: a
/// resource of the account that stands for a model. Which model that is, a deployment tells.
fn path_may_draw(path: &str, draws: impl Fn(&str) -> bool) -> bool {
    let mut before = "";
    path.split('/').any(|part| {
        let parent = std::mem::replace(&mut before, part);
        // `NAME:generateContent`, `NAME@001:predict`; but Bedrock has names with a colon in them.
        let (name, verb) = part.rsplit_once(':').unwrap_or((part, ""));
        let names = [part, name, name.split('@').next().unwrap_or(name)];
        // To count tokens makes nothing.
        let counts = matches!(verb, "countTokens" | "computeTokens");
        (!counts && names.iter().any(|name| draws(name)))
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

/// The names that a model's name may be known by: `us.amazon.…` is a regional profile of `amazon.…`.
pub fn names_of(model: &str) -> impl Iterator<Item = &str> {
    let regional = model.split_once('.').filter(|(region, _)| region.len() <= 6);
    std::iter::once(model).chain(regional.map(|(_, name)| name))
}

/// Whether a body names a model that makes images, or can't be read.
pub fn body_may_draw(body: &[u8], draws: impl Fn(&str) -> bool) -> bool {
    match json::object(body) {
        Ok(body) if case::differs_in_case(&body).is_none() => {
            body.get("model").and_then(Value::as_str).is_none_or(draws)
        }
        _ => true,
    }
}

/// A path without what differs from call to call.
#[must_use]
pub fn without_ids(path: &str) -> String {
    match path.strip_suffix("/cancel").and_then(|path| path.rsplit_once('/')) {
        Some((path, _id)) => format!("{path}/*/cancel"),
        None => path.to_owned(),
    }
}
