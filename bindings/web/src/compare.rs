//! Several ways to make a call, priced side by side.

use imgcost::Error;
use imgcost::analysis::compare::{Axes, Sort};
use serde_json::Value as Json;

use crate::documents;
use crate::input::{Asked, members};

/// The document of a comparison.
pub(crate) fn compare(request: &str, today: &str) -> Result<String, Error> {
    let mut given = members(request)?;
    let mut axes = Axes::default();
    let sort = match given.remove("sort") {
        Some(Json::String(words)) => Sort::read(&words)?,
        _ => Sort::default(),
    };
    for param in Axes::PARAMS {
        let values = given.remove(param.as_str()).map(|value| values(&value)).unwrap_or_default();
        if !values.is_empty() {
            axes.take(param, &values)?;
        }
    }
    let request = Asked::of(&given, today)?.request();
    documents::text(&imgcost::compare(&request, axes, &sort)?)
}

/// One value or several, as text.
fn values(value: &Json) -> Vec<String> {
    match value {
        Json::Null => Vec::new(),
        Json::Array(values) => values.iter().flat_map(self::values).collect(),
        Json::String(text) => text.split(',').map(|name| name.trim().to_owned()).collect(),
        other => vec![other.to_string()],
    }
}
