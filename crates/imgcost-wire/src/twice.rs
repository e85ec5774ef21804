//! JSON in which a member is given more than once: readers differ in which of the values they take.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The most readings of one document.
const MOST: usize = 16;

/// A document by each reading of it: the first takes the last value of each member, as most
/// readers do, and every other value is in one of the rest.
#[derive(Debug, PartialEq)]
pub(crate) struct Alternatives(pub(crate) Vec<Value>);

impl Alternatives {
    fn one(value: impl Into<Value>) -> Alternatives {
        Alternatives(vec![value.into()])
    }

    /// The value of a reading; one with fewer values keeps its own.
    fn at(&self, reading: usize) -> Value {
        self.0.get(reading).or(self.0.first()).cloned().unwrap_or_default()
    }

    /// The only value, where there is but one reading.
    fn only(self) -> Value {
        self.0.into_iter().next().unwrap_or_default()
    }
}

/// The most readings of any of the parts.
fn most<'a>(parts: impl Iterator<Item = &'a Alternatives>) -> usize {
    parts.map(|part| part.0.len()).max().unwrap_or(1)
}

impl<'de> Deserialize<'de> for Alternatives {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Every)
    }
}

struct Every;

impl<'de> Visitor<'de> for Every {
    type Value = Alternatives;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Alternatives, E> {
        Ok(Alternatives::one(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Alternatives, E> {
        Ok(Alternatives::one(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Alternatives, E> {
        Ok(Alternatives::one(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Alternatives, E> {
        Ok(Alternatives::one(value))
    }

    fn visit_unit<E>(self) -> Result<Alternatives, E> {
        Ok(Alternatives::one(Value::Null))
    }

    fn visit_str<E>(self, value: &str) -> Result<Alternatives, E> {
        Ok(Alternatives::one(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Alternatives, A::Error> {
        let mut all: Vec<Alternatives> = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        let readings = most(all.iter());
        if readings == 1 {
            return Ok(Alternatives::one(all.into_iter().map(Alternatives::only).collect::<Vec<_>>()));
        }
        let list = |reading| Value::Array(all.iter().map(|item| item.at(reading)).collect());
        Ok(Alternatives((0..readings).map(list).collect()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Alternatives, A::Error> {
        let mut all: Vec<(String, Alternatives)> = Vec::new();
        while let Some((name, mut value)) = members.next_entry::<String, Alternatives>()? {
            match all.iter_mut().find(|(known, _)| *known == name) {
                Some((_, before)) => {
                    value.0.append(&mut before.0);
                    *before = value;
                }
                None => all.push((name, value)),
            }
        }
        let readings = most(all.iter().map(|(_, value)| value));
        if readings > MOST {
            return Err(A::Error::custom(format_args!("a member is given more than {MOST} times")));
        }
        if readings == 1 {
            let members = all.into_iter().map(|(name, value)| (name, value.only()));
            return Ok(Alternatives::one(members.collect::<Map<_, _>>()));
        }
        let object = |reading| {
            let members = all.iter().map(|(name, value)| (name.clone(), value.at(reading)));
            Value::Object(members.collect::<Map<_, _>>())
        };
        Ok(Alternatives((0..readings).map(object).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let Alternatives(all) = serde_json::from_str(text).unwrap();
        all.iter().map(Value::to_string).collect()
    }

    #[test]
    fn every_value_of_a_member_is_in_a_reading() {
        assert_eq!(read(r#"{"a":[1,2],"b":{"a":1}}"#), [r#"{"a":[1,2],"b":{"a":1}}"#]);
        assert_eq!(
            read(r#"{"a":[{"n":1,"m":2,"n":3}],"b":4,"b":5,"b":6}"#),
            [
                r#"{"a":[{"m":2,"n":3}],"b":6}"#,
                r#"{"a":[{"m":2,"n":1}],"b":5}"#,
                r#"{"a":[{"m":2,"n":3}],"b":4}"#
            ]
        );
    }

    #[test]
    fn too_many_values_are_not_read() {
        let many = format!("{{{}\"n\":0}}", "\"n\":1,".repeat(MOST));
        assert!(serde_json::from_str::<Alternatives>(&many).is_err());
    }
}
