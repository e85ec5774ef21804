//! Files of OpenAI's Batch API: each line wraps a body in one of the other dialects.

use crate::fields::Field::{Free, Parameter};
use crate::fields::Fields;
use crate::tree::Tree;

/// The keys of a line.
pub(crate) const FIELDS: Fields = Fields {
    api: "a line of a Batch API file",
    path: "",
    lists: &[&[("custom_id", Free), ("method", Free), ("url", Parameter), ("body", Parameter)]],
};

/// The response in a line of a batch's result, which wraps it; any other document as it is.
#[must_use]
pub fn batch_response<'t, 'd>(line: &'t Tree<'d>) -> &'t Tree<'d> {
    let body = line.get("body").filter(|body| body.is_object());
    body.filter(|_| line.get("status_code").is_some()).unwrap_or(line)
}
