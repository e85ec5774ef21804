//! A JSON object that every server reads alike.

use std::fmt;

use imgcost_core::printable;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::map::Entry;
use serde_json::{Map, Value};

use crate::dialect::{Dialect, Field};

/// Reads an object. Of a member that is given twice, at whatever depth, some servers take the
/// first and some the last, so that nobody can say which of the two would be billed.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, String> {
    match serde_json::from_slice(body) {
        Ok(Unique(Value::Object(object))) => Ok(object),
        Ok(_) => Err("it is no JSON object".to_owned()),
        Err(error) if error.classify() == Category::Data => Err(error.to_string()),
        Err(error) => Err(format!("it is not JSON: {error}")),
    }
}

/// A JSON value in which no object has a member twice, at whatever depth: servers differ in which
/// of the two they take, so that deserialising one is an error that names the member.
///
/// ```
/// use imgcost_wire::Unique;
/// assert!(serde_json::from_str::<Unique>(r#"{"n":1}"#).is_ok());
/// let error = serde_json::from_str::<Unique>(r#"{"n":10,"n":1}"#).unwrap_err();
/// assert!(error.to_string().contains("n is given twice"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Unique(pub Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values).map(Unique)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Unique(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(array.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            match object.entry(name) {
                Entry::Vacant(entry) => {
                    let Unique(value) = members.next_value()?;
                    entry.insert(value);
                }
                Entry::Occupied(entry) => {
                    let message = format_args!("{} is given twice", printable(entry.key()));
                    return Err(A::Error::custom(message));
                }
            }
        }
        Ok(object.into())
    }
}

/// Members within messages and their parts that decide what a call costs, and one of the Responses
/// API that bounds it.
const OF_MESSAGES: [&str; 6] = ["content", "image[]", "image_url", "max_output_tokens", "text", "type"];

/// The member that decides what a call costs, if a name is that of one but for case, in any
/// dialect.
fn decisive(folded: &str) -> Option<&'static str> {
    let bodies = Dialect::ALL.into_iter().filter(|dialect| *dialect != Dialect::OpenAiBatch);
    let tables = bodies.flat_map(Dialect::fields);
    let fields = tables.flat_map(|fields| fields.iter()).filter(|(_, field)| *field != Field::Free);
    let names = fields.map(|(name, _)| name).chain(OF_MESSAGES);
    names.into_iter().find(|name| *name == folded)
}

/// A member that some servers read as another: Go's `encoding/json`, and so most relays, match
/// names without case. Looked at are the body itself, its tools, and its messages as far as
/// they are read; what else a client puts in, such as metadata, has names of its own.
pub(crate) fn differs_in_case(body: &Map<String, Value>) -> Option<String> {
    if let Some(slip) = slip_of(body) {
        return Some(slip);
    }
    let tools = body.get("tools").and_then(Value::as_array).into_iter().flatten();
    let slip = tools.filter_map(Value::as_object).find_map(slip_of);
    slip.or_else(|| ["input", "messages"].iter().filter_map(|name| body.get(*name)).find_map(slip_within))
}

fn slip_of(object: &Map<String, Value>) -> Option<String> {
    // Names as they should be, which are nearly all, are not looked up.
    let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    object.keys().filter(|name| !plain(name)).find_map(|name| {
        let folded = folded(name);
        let known = decisive(&folded).filter(|known| *known != name)?;
        Some(format!("some servers read {} as {known}; allowed: {known}", printable(name)))
    })
}

/// The same in a message, and in what it is made of.
fn slip_within(message: &Value) -> Option<String> {
    match message {
        Value::Array(items) => items.iter().find_map(slip_within),
        Value::Object(object) => slip_of(object).or_else(|| {
            let parts = ["content", "text", "image_url"].iter().filter_map(|name| object.get(*name));
            parts.into_iter().find_map(slip_within)
        }),
        _ => None,
    }
}

/// A name without case: also the long s and the sign of kelvin, which Go takes for s and k.
fn folded(name: &str) -> String {
    name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_reads_is_what_serde_json_reads() {
        let body = br#"{"a":[1,-2,0.5,1e400e,null,true,"\u00e4"],"b":{"a":{"a":{}}},"c":"d"}"#;
        assert!(object(body).unwrap_err().starts_with("it is not JSON"));
        let body = br#"{"a":[1,-2,0.5,18446744073709551615,null,true,"\u00e4"],"b":{"a":{"a":{}}},"c":"d"}"#;
        assert_eq!(Value::Object(object(body).unwrap()), serde_json::from_slice::<Value>(body).unwrap());
        for (body, why) in [(&b"[]"[..], "no JSON object"), (b"1", "no JSON object"), (b"{}x", "not JSON")] {
            assert!(object(body).unwrap_err().contains(why));
        }
        let deep = [b"{\"a\":".repeat(10_000), b"1".to_vec(), b"}".repeat(10_000)].concat();
        assert!(object(&deep).is_err());
    }

    #[test]
    fn a_member_is_refused_twice_at_any_depth() {
        for body in [
            r#"{"n":1,"\u006e":10}"#,
            r#"{"tools":[{"quality":"high","quality":"low"}]}"#,
            r#"{"a":[[{"b":{"c":1,"c":1}}]]}"#,
        ] {
            assert!(object(body.as_bytes()).unwrap_err().contains("is given twice"), "{body}");
        }
    }

    #[test]
    fn names_are_compared_without_case_where_they_decide() {
        for body in [
            r#"{"n":1,"N":10}"#,
            r#"{"Quality":"high"}"#,
            "{\"\u{17f}ize\":\"1024x1024\"}",
            r#"{"tools":[{"type":"web_search","Type":"image_generation"}]}"#,
            r#"{"messages":[{"content":[{"text":"a","Text":"b"}]}]}"#,
            r#"{"input":[{"Content":"a"}]}"#,
        ] {
            assert!(differs_in_case(&object(body.as_bytes()).unwrap()).is_some(), "{body}");
        }
        for body in [
            r#"{"n":1,"metadata":{"Size":"L","size":"M"}}"#,
            r#"{"tools":[{"type":"function","parameters":{"properties":{"N":{},"n":{}}}}]}"#,
            r#"{"messages":[{"role":"user","content":[{"type":"text","text":"Model N"}]}]}"#,
        ] {
            assert_eq!(differs_in_case(&object(body.as_bytes()).unwrap()), None, "{body}");
        }
    }
}
