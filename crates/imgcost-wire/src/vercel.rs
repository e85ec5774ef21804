//! Results of gateways that wrap a provider's usage in their own: Vercel's AI SDK, and task APIs
//! with a `rawUsage`.

use imgcost_core::{Code, Error, Response};

use crate::fields::Fields;
use crate::reported::{count, owned};
use crate::tree::Tree;
use crate::usage::{self, Readings};

/// It has no requests of its own: each goes out in the provider's dialect.
pub(crate) const FIELDS: Fields = Fields { api: "a gateway's result", path: "", lists: &[] };

/// What is read of a response.
pub(crate) const MEMBERS: [&str; 10] = [
    "gateway",
    "imageCount",
    "images",
    "modelId",
    "providerMetadata",
    "rawUsage",
    "raw_usage",
    "responses",
    "taskId",
    "image_count",
];

pub(crate) fn request() -> Result<(), Error> {
    let message = "dialect vercel is for results: a request goes out in the provider's own dialect";
    Err(Error::new(Code::BadInput, message).field("dialect"))
}

pub(crate) fn is_response(value: &Tree<'_>) -> bool {
    value.get("providerMetadata").is_some() || value.get("usage").is_some_and(|usage| raw(usage).is_some())
}

/// The provider's own usage within a gateway's.
fn raw<'t, 'd>(usage: &'t Tree<'d>) -> Option<&'t Tree<'d>> {
    usage.get("rawUsage").or_else(|| usage.get("raw_usage")).filter(|raw| raw.is_object())
}

pub(crate) fn images_of(value: &Tree<'_>) -> Option<u64> {
    let usage = value.get("usage").unwrap_or(Tree::NULL);
    let counted = usage.get("imageCount").or_else(|| raw(usage)?.get("image_count"));
    let listed = || value.get("images")?.as_array().and_then(|images| u64::try_from(images.len()).ok());
    counted.and_then(usage::whole).or_else(listed)
}

pub(crate) fn response(value: &Tree<'_>, response: &mut Response) -> Result<(), Error> {
    if let Some(usage) = value.get("usage").filter(|usage| !usage.is_null()) {
        count(response, Readings::of(raw(usage).unwrap_or(usage))?);
    }
    let model = value.get("responses").and_then(|responses| owned(responses.as_array()?.first()?, "modelId"));
    response.model = response.model.take().or(model);
    // Vercel's gateway states what it charges beside the provider's own data.
    let cost = value.get("providerMetadata").and_then(|data| data.get("gateway")?.get("cost"));
    if let Some(cost) = cost.filter(|cost| !cost.is_null()) {
        match usage::usd(cost) {
            Ok(cost) => response.stated = Some(cost),
            Err(()) => response.uncounted = true,
        }
    }
    Ok(())
}
