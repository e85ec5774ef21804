//! A JSON value that borrows its texts: what the readers of responses look at. A log has hundreds
//! of thousands of responses, and of each only some numbers are read, so that a value that owns its
//! names and texts would take longer to make than to read.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Longer texts are left empty: no name, count or address that is read is as long.
const TEXT_MAX: usize = 1024;

/// A JSON value over the text that it was read from, in order and without its long texts. Of a
/// member that is given twice, the last counts.
///
/// ```
/// use imgcost_wire::Tree;
/// let tree: Tree<'_> = serde_json::from_str(r#"{"usage": {"output_tokens": 196}}"#)?;
/// let output = tree.get("usage").and_then(|usage| usage.get("output_tokens"));
/// assert_eq!(output.and_then(Tree::as_u64), Some(196));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Tree<'d> {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    String(Cow<'d, str>),
    /// A list.
    Array(Vec<Tree<'d>>),
    /// An object: its members in order.
    Object(Vec<(Cow<'d, str>, Tree<'d>)>),
}

impl<'d> Tree<'d> {
    /// `null`, where nothing else is.
    pub(crate) const NULL: &'static Tree<'static> = &Tree::Null;

    /// The member of an object by this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Tree<'d>> {
        let Tree::Object(members) = self else { return None };
        members.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// A text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Tree::String(text) = self { Some(text) } else { None }
    }

    /// A whole number that is not negative.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        if let Tree::Number(number) = self { number.as_u64() } else { None }
    }

    /// A whole number.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        if let Tree::Number(number) = self { number.as_i64() } else { None }
    }

    /// A number.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        if let Tree::Number(number) = self { number.as_f64() } else { None }
    }

    /// The items of a list.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Tree<'d>]> {
        if let Tree::Array(items) = self { Some(items) } else { None }
    }

    /// The members of an object, in order.
    #[must_use]
    pub fn as_object(&self) -> Option<&[(Cow<'d, str>, Tree<'d>)]> {
        if let Tree::Object(members) = self { Some(members) } else { None }
    }

    /// An object with one more member, which counts in place of one of the same name; anything else
    /// as it is.
    #[must_use]
    pub fn with(mut self, name: &'d str, value: Tree<'d>) -> Tree<'d> {
        if let Tree::Object(members) = &mut self {
            members.push((Cow::Borrowed(name), value));
        }
        self
    }

    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Tree::Null)
    }

    /// Whether it is a text.
    #[must_use]
    pub fn is_string(&self) -> bool {
        matches!(self, Tree::String(_))
    }

    /// Whether it is a list.
    #[must_use]
    pub fn is_array(&self) -> bool {
        matches!(self, Tree::Array(_))
    }

    /// Whether it is an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        matches!(self, Tree::Object(_))
    }

    /// Whether an object in it has a member twice, at whatever depth.
    #[must_use]
    pub fn has_twice(&self) -> bool {
        match self {
            Tree::Array(items) => items.iter().any(Tree::has_twice),
            Tree::Object(members) => is_twice(members) || members.iter().any(|(_, value)| value.has_twice()),
            _ => false,
        }
    }
}

/// Whether a name is there twice: all are compared where they are few, else they are sorted.
fn is_twice(members: &[(Cow<'_, str>, Tree<'_>)]) -> bool {
    const FEW: usize = 32;
    if members.len() > FEW {
        let mut names: Vec<&str> = members.iter().map(|(name, _)| &**name).collect();
        names.sort_unstable();
        return names.array_windows().any(|[name, next]| name == next);
    }
    let mut rest = members;
    while let Some(((name, _), others)) = rest.split_first() {
        if others.iter().any(|(other, _)| other == name) {
            return true;
        }
        rest = others;
    }
    false
}

impl<'d> From<&'d Value> for Tree<'d> {
    fn from(value: &'d Value) -> Self {
        match value {
            Value::Null => Tree::Null,
            Value::Bool(value) => Tree::Bool(*value),
            Value::Number(number) => Tree::Number(number.clone()),
            Value::String(text) => Tree::String(Cow::Borrowed(text)),
            Value::Array(items) => Tree::Array(items.iter().map(Tree::from).collect()),
            Value::Object(members) => {
                Tree::Object(members.iter().map(|(name, value)| (name.into(), value.into())).collect())
            }
        }
    }
}

impl From<&Tree<'_>> for Value {
    fn from(tree: &Tree<'_>) -> Self {
        match tree {
            Tree::Null => Value::Null,
            Tree::Bool(value) => Value::Bool(*value),
            Tree::Number(number) => Value::Number(number.clone()),
            Tree::String(text) => Value::String(text.clone().into_owned()),
            Tree::Array(items) => Value::Array(items.iter().map(Value::from).collect()),
            Tree::Object(members) => {
                let members = members.iter().map(|(name, value)| (name.clone().into_owned(), value.into()));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }
}

/// As JSON.
impl fmt::Display for Tree<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Value::from(self).fmt(f)
    }
}

impl<'de> Deserialize<'de> for Tree<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Tree<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Tree<'de>, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree<'de>, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree<'de>, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree<'de>, E> {
        Ok(Number::from_f64(value).map_or(Tree::Null, Tree::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Tree<'de>, E> {
        Ok(Tree::String(Cow::Borrowed(if text.len() > TEXT_MAX { "" } else { text })))
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree<'de>, E> {
        Ok(Tree::String(if text.len() > TEXT_MAX { "".into() } else { text.to_owned().into() }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree<'de>, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Tree::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tree<'de>, A::Error> {
        let mut all = Vec::new();
        while let Some((Name(name), value)) = members.next_entry()? {
            if all.is_empty() {
                // Enough for nearly all, so that it does not grow twice.
                all.reserve_exact(8);
            }
            all.push((name, value));
        }
        Ok(Tree::Object(all))
    }
}

/// The name of a member, borrowed where it has no escapes.
#[derive(Debug)]
pub struct Name<'d>(pub Cow<'d, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Names)
    }
}

struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_what_serde_json_reads() {
        let text = r#"{"a":[1,-2,0.5,18446744073709551615,null,true,"\u00e4"],"b":{"a":{"a":{}}},"c\n":"d"}"#;
        let tree: Tree<'_> = serde_json::from_str(text).unwrap();
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(Value::from(&tree), value);
        assert_eq!((Tree::from(&value), tree.to_string()), (tree.clone(), value.to_string()));
    }

    #[test]
    fn a_member_twice_is_told_at_any_depth_and_the_last_counts() {
        for (text, twice) in [
            (r#"{"a":1,"b":{"a":1},"c":[{"a":1}]}"#.to_owned(), false),
            (r#"{"a":1,"\u0061":2}"#.to_owned(), true),
            (r#"{"c":[{"a":1},{"b":{"a":1,"b":2,"a":2}}]}"#.to_owned(), true),
            (format!("{{{}\"x7\":0}}", (0..99).map(|n| format!("\"x{n}\":0,")).collect::<String>()), true),
        ] {
            let tree: Tree<'_> = serde_json::from_str(&text).unwrap();
            assert_eq!(tree.has_twice(), twice, "{text}");
        }
        let tree: Tree<'_> = serde_json::from_str(r#"{"a":1,"a":2}"#).unwrap();
        assert_eq!(tree.get("a").and_then(Tree::as_u64), Some(2));
    }

    #[test]
    fn long_texts_are_left_empty() {
        for text in ["x".repeat(TEXT_MAX + 1), format!("\\n{}", "x".repeat(TEXT_MAX))] {
            let json = format!("\"{text}\"");
            assert_eq!(serde_json::from_str::<Tree<'_>>(&json).unwrap().as_str(), Some(""));
        }
    }
}
