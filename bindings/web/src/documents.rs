//! Results as JSON, with the members that the command's have.

use imgcost::{Error, Problem};
use imgcost_core::Code;
use serde::Serialize;

#[derive(Serialize)]
struct ErrorDocument<'e> {
    schema: &'static str,
    error: &'e Error,
}

/// A document as text.
pub(crate) fn text(document: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(document).map_err(|error| Problem::new(Code::BadInput, error.to_string()).into())
}

pub(crate) fn error(error: &Error) -> String {
    serde_json::to_string(&ErrorDocument { schema: "imgcost.error/1", error }).unwrap_or_default()
}
