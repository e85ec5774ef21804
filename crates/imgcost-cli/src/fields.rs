//! The readings that parameters, settings and other options share.

use imgcost_core::{Code, Error, Offer, Param};

pub(crate) use imgcost_core::read::{date, illegal, ratio, shown, tokens, usd, whole};

/// Adds a model's own range to the error of a value that is no whole number.
pub(crate) fn with_range(error: Error, offer: Option<&Offer<'_>>) -> Error {
    if error.code() != Code::IllegalValue || !error.allowed_values().is_empty() {
        return error;
    }
    let param = error.field_name().and_then(|field| field.parse::<Param>().ok());
    match param.zip(offer).and_then(|(param, offer)| param.range(&offer.family.limits.rule)) {
        Some(range) => error.allowed([range]),
        None => error,
    }
}
