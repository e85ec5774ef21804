//! JSON in which a member is given twice: readers differ in which of the two they take.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A document with the last value of each member, and with the first where that differs.
#[derive(Debug, PartialEq)]
pub(crate) struct Twice {
    /// As most readers have it.
    pub(crate) last: Value,
    /// As the others have it; none where no member is given twice.
    pub(crate) first: Option<Value>,
}

impl Twice {
    fn once(value: impl Into<Value>) -> Twice {
        Twice { last: value.into(), first: None }
    }
}

impl<'de> Deserialize<'de> for Twice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Both)
    }
}

struct Both;

impl<'de> Visitor<'de> for Both {
    type Value = Twice;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Twice, E> {
        Ok(Twice::once(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Twice, E> {
        Ok(Twice::once(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Twice, E> {
        Ok(Twice::once(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Twice, E> {
        Ok(Twice::once(value))
    }

    fn visit_unit<E>(self) -> Result<Twice, E> {
        Ok(Twice::once(Value::Null))
    }

    fn visit_str<E>(self, value: &str) -> Result<Twice, E> {
        Ok(Twice::once(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Twice, A::Error> {
        let (mut last, mut first): (Vec<Value>, Option<Vec<Value>>) = (Vec::new(), None);
        while let Some(item) = items.next_element::<Twice>()? {
            if item.first.is_some() && first.is_none() {
                first = Some(last.clone());
            }
            if let Some(first) = &mut first {
                first.push(item.first.unwrap_or_else(|| item.last.clone()));
            }
            last.push(item.last);
        }
        Ok(Twice { last: Value::Array(last), first: first.map(Value::Array) })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Twice, A::Error> {
        let (mut last, mut first): (Map<String, Value>, Option<Map<String, Value>>) = (Map::new(), None);
        while let Some((name, value)) = members.next_entry::<String, Twice>()? {
            let repeated = last.contains_key(&name);
            if (repeated || value.first.is_some()) && first.is_none() {
                first = Some(last.clone());
            }
            if let Some(first) = first.as_mut().filter(|_| !repeated) {
                first.insert(name.clone(), value.first.unwrap_or_else(|| value.last.clone()));
            }
            last.insert(name, value.last);
        }
        Ok(Twice { last: Value::Object(last), first: first.map(Value::Object) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_is_given_twice_has_both_values() {
        let read = |text: &str| serde_json::from_str::<Twice>(text).unwrap();
        let twice = read(r#"{"a":[{"n":1,"m":2,"n":3}],"b":4,"b":5}"#);
        assert_eq!(twice.last.to_string(), r#"{"a":[{"m":2,"n":3}],"b":5}"#);
        assert_eq!(twice.first.unwrap().to_string(), r#"{"a":[{"m":2,"n":1}],"b":4}"#);
        assert_eq!(read(r#"{"a":[1,2],"b":{"a":1}}"#).first, None);
    }
}
