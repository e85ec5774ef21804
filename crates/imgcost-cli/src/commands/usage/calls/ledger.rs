//! The settled holds of a ledger as calls.
//!
//! A ledger keeps the request in a few words, the rates it was quoted at and the reported
//! counts. It does not keep the response: what quality and size came back is not known.

use std::path::Path;

use imgcost_analysis::calls::{Call, Defaults, Paid, Unused};
use imgcost_core::{Code, Error, InputImage, Param, Response, Terms, Usage, Value};
use imgcost_guard::batch::requests_of;
use imgcost_ledger::{Filter, Hold, Record, State};
use serde_json::{Map, Value as Json};

use super::{Read, Take};
use crate::commands::budget;
use crate::failure::{Failure, bad_input};

/// Reads the holds of a ledger.
pub(super) fn read(
    path: &Path,
    defaults: &Defaults<'_>,
    read: &mut Read,
    take: &mut Take<'_>,
) -> Result<(), Failure> {
    let ledger = budget::open_ledger(path)?;
    let since = defaults.since.and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC).ok());
    let since = since.map(|midnight| midnight.timestamp());
    budget::stream(&*ledger, &Filter::default().holds().since(since), |record| {
        let Record::Hold(hold) = record else { return Ok(()) };
        if hold.state != State::Settled {
            *read.without_usage.entry(hold.state.as_str()).or_default() += 1;
            return Ok(());
        }
        take(call(&hold, defaults).map_err(|error| Unused::new(hold.id.to_string(), error)), read);
        Ok(())
    })
}

fn call(hold: &Hold, defaults: &Defaults<'_>) -> Result<Call, Error> {
    let day = imgcost_core::utc_day(hold.made_at);
    let damaged = |what: &str| Error::new(Code::BadInput, format!("the hold's {what} can't be read"));
    let summary: Json = serde_json::from_str(&hold.request).map_err(|_| damaged("request"))?;
    if let Some(requests) = requests_of(hold) {
        let message = format!(
            "the hold is of a batch of {requests} requests: compare them with the batch's output file"
        );
        return Err(bad_input("request", message));
    }
    let Some(words) = summary.as_object().filter(|words| words.contains_key("model")) else {
        let message = "the hold was made without a quote (--ceiling): there is nothing to compare";
        return Err(bad_input("request", message));
    };
    let mut request = defaults.base(None, Some(day));
    set(&mut request, words)?;
    let usage: Option<Usage> =
        hold.usage.as_deref().map(serde_json::from_str).transpose().map_err(|_| damaged("usage"))?;
    let paid = match (&usage, hold.cost) {
        (None, Some(cost)) => Paid::Amount(cost.usd()),
        (None, None) => Paid::NotSaid,
        (Some(_), _) => {
            let terms: Terms = serde_json::from_str(&hold.terms).map_err(|_| damaged("terms"))?;
            Paid::Terms(Box::new(terms))
        }
    };
    let response = Response::from(usage.unwrap_or_default());
    let (place, scope) = (hold.id.to_string(), Some(hold.scope.to_string()));
    let mut call = Call::new(place, request, response);
    (call.day, call.endpoint_known, call.paid, call.scope) = (Some(day), true, paid, scope);
    Ok(call)
}

/// Sets what the words of a hold's request say.
fn set(request: &mut imgcost_core::Request, words: &Map<String, Json>) -> Result<(), Error> {
    for (name, value) in words {
        // Beside parameters it holds what follows from them.
        let Ok(param) = name.parse::<Param>() else { continue };
        let value = match value {
            Json::String(text) => Value::text(text),
            Json::Number(number) => {
                number.as_u64().map_or_else(|| Value::text(number.to_string()), Value::Number)
            }
            Json::Bool(flag) => Value::Flag(*flag),
            Json::Array(sizes) => {
                let size = |size: &Json| match size.as_str() {
                    Some(text) => text.parse().map_or(InputImage::Unsized, InputImage::Sized),
                    None => InputImage::Unsized,
                };
                Value::Images(sizes.iter().map(size).collect())
            }
            Json::Null | Json::Object(_) => continue,
        };
        param.set(request, value)?;
    }
    Ok(())
}
