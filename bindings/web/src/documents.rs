//! Results as JSON, with the members that the command's have.

use imgcost::{ChargeLine, Charged, Date, Error, Problem};
use imgcost_core::{Code, TotalDocument};
use serde::Serialize;

#[derive(Serialize)]
struct ChargeDocument<'c> {
    schema: &'static str,
    provider: &'c str,
    model: &'c str,
    as_of: Date,
    complete: bool,
    settles: bool,
    lines: &'c [ChargeLine],
    total: TotalDocument,
    notes: Vec<&'c str>,
}

#[derive(Serialize)]
struct ErrorDocument<'e> {
    schema: &'static str,
    error: Details<'e>,
}

#[derive(Serialize)]
struct Details<'e> {
    code: &'static str,
    field: Option<&'e str>,
    message: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    allowed: &'e [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<&'e str>,
}

/// A document as text.
pub(crate) fn text(document: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(document).map_err(|error| Problem::new(Code::BadInput, error.to_string()).into())
}

pub(crate) fn charge(charged: &Charged) -> Result<String, Error> {
    text(&ChargeDocument {
        schema: "imgcost.usage/1",
        provider: &charged.provider,
        model: &charged.model,
        as_of: charged.day,
        complete: charged.complete,
        settles: charged.settles,
        lines: &charged.lines,
        total: charged.known_total().into(),
        notes: charged.notes.iter().map(|note| note.message.as_str()).collect(),
    })
}

pub(crate) fn error(error: &Error) -> String {
    let document = ErrorDocument {
        schema: "imgcost.error/1",
        error: Details {
            code: error.code().unwrap_or(Code::BadInput).as_str(),
            field: error.field(),
            message: error.to_string(),
            allowed: error.allowed(),
            nearest: error.nearest(),
        },
    };
    serde_json::to_string(&document).unwrap_or_default()
}
