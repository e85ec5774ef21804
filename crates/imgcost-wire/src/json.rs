//! A JSON object that every server reads alike.

use std::fmt;

use imgcost_core::printable;
use memchr::{memchr, memchr2};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::map::Entry;
use serde_json::{Map, Value};

/// The most bytes of a body outside of its texts. Images in base64 make bodies long, but they are
/// texts; a list of numbers takes fifteen times its length in memory once it is read.
const MOST_OUTSIDE_TEXTS: usize = 1 << 20;

/// Reads an object. Of a member that is given twice, at whatever depth, some servers take the
/// first and some the last, so that nobody can say which of the two would be billed.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, String> {
    if body.len() > MOST_OUTSIDE_TEXTS && outside_texts(body) > MOST_OUTSIDE_TEXTS {
        let most = MOST_OUTSIDE_TEXTS >> 20;
        return Err(format!("it has more than {most} MiB outside of its texts; allowed: {most} MiB"));
    }
    match serde_json::from_slice(body) {
        Ok(Unique(Value::Object(object))) => Ok(object),
        Ok(_) => Err("it is no JSON object".to_owned()),
        Err(error) if error.classify() == Category::Data => Err(error.to_string()),
        Err(error) => Err(format!("it is not JSON: {error}")),
    }
}

/// How many bytes are outside of quotation marks, which count themselves.
fn outside_texts(body: &[u8]) -> usize {
    let mut outside = 0;
    let mut rest = body;
    while let Some(open) = memchr(b'"', rest) {
        outside += open + 2;
        rest = rest.get(open + 1..).unwrap_or_default();
        while let Some(at) = memchr2(b'"', b'\\', rest) {
            let is_end = rest.get(at) == Some(&b'"');
            rest = rest.get(at + if is_end { 1 } else { 2 }..).unwrap_or_default();
            if is_end {
                break;
            }
        }
    }
    outside + rest.len()
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
    fn what_is_long_outside_of_texts_is_refused_before_it_is_read() {
        let list = |item: &str, bytes: usize| {
            let item = format!("{item},");
            format!(r#"{{"z":[{}0]}}"#, item.repeat(bytes / item.len()))
        };
        for item in ["0", "[]", "{}", r#""""#, r#""\"""#, r#"{"a":0}"#, "         0", "null"] {
            let refused = object(list(item, 2 * MOST_OUTSIDE_TEXTS).as_bytes()).unwrap_err();
            assert!(refused.contains("allowed: 1 MiB"), "{item}: {refused}");
            assert!(object(list(item, MOST_OUTSIDE_TEXTS / 2).as_bytes()).is_ok(), "{item}");
        }
        // An image in base64, and a text that looks like a list.
        for text in ["A".repeat(3 * MOST_OUTSIDE_TEXTS), r#"[0,\"\\\\"#.repeat(MOST_OUTSIDE_TEXTS / 2)] {
            assert!(object(format!(r#"{{"image":"{text}","n":1}}"#).as_bytes()).is_ok());
        }
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
}
