//! A JSON object that gives no member twice.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::printable::printable;

/// Reads an object. Of a member that is given twice some servers take the first and some the
/// last, so that nobody can say which of the two would be billed.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, String> {
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(_)) => {}
        Ok(_) => return Err("it is no JSON object".to_owned()),
        Err(error) => return Err(format!("it is not JSON: {error}")),
    }
    let Unique(object) = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    Ok(object)
}

struct Unique(Map<String, Value>);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unique, A::Error> {
        let mut object = Map::new();
        while let Some((name, value)) = members.next_entry::<String, Value>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!("{} is given twice", printable(&name))));
            }
            object.insert(name, value);
        }
        Ok(Unique(object))
    }
}
