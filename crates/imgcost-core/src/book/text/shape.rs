//! What a price book file may contain, as data: one description feeds the check with file
//! and line, and the JSON Schema.

use jiff::civil::Date;
use serde_json::{Map, Value, json};
use toml::de::{DeTable, DeValue};

use super::problem::Reporter;
use crate::book::TokenSpan;
use crate::money::{Ratio, Usd};
use crate::nearest;
use crate::params::Pixels;

/// A table and its keys.
pub(super) struct Shape {
    /// One sentence on what the table is.
    pub doc: &'static str,
    /// Its keys.
    pub fields: &'static [Field],
}

/// A key of a table.
pub(super) struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    pub doc: &'static str,
}

/// What the value of a key is.
pub(super) enum Kind {
    /// Any text.
    Text,
    /// Lower-case letters, digits, dots, dashes, underscores and slashes.
    Id,
    /// A model's name as its provider writes it: as an id, and with capitals and colons.
    Model,
    /// The name of a host in lower case; `*.` before it stands for any name.
    Host,
    /// Exactly this text.
    Only(&'static str),
    /// One of these words.
    Word(&'static [&'static str]),
    /// A quoted `YYYY-MM-DD`.
    Day,
    /// A quoted decimal: US dollars, or US dollars per million tokens.
    Price,
    /// A quoted decimal without a unit.
    Ratio,
    /// A quoted percentage that is taken off: more than 0 and less than 100.
    Discount,
    /// A whole number from 0.
    Count,
    /// A whole number, or a list of two or three that rise: least, perhaps probably, most.
    Span,
    /// `true` or `false`.
    Flag,
    /// A quoted `WIDTHxHEIGHT`.
    Pixels,
    /// A quality, or `quality@WIDTHxHEIGHT`.
    QualityAt,
    /// A quoted `WIDTHxHEIGHT` or `auto`.
    Size,
    /// A list.
    List(&'static Kind),
    /// A table with free keys: what a key and a value is.
    Map(&'static Kind, &'static Kind),
    /// A table.
    Table(&'static Shape),
    /// Tables of one shape.
    Tables(&'static Shape),
    /// A table whose shape depends on its `kind`.
    Choice(&'static [(&'static str, &'static Shape)]),
}

impl Kind {
    fn expects(&self) -> String {
        match self {
            Kind::Text => "text in quotes".into(),
            Kind::Id => "a name in quotes, of a-z 0-9 . _ / -".into(),
            Kind::Model => "a model's name in quotes, of A-Z a-z 0-9 . _ : / -".into(),
            Kind::Host => "a host in quotes, such as \"api.openai.com\" or \"*.openai.azure.com\"".into(),
            Kind::Only(text) => format!("\"{text}\""),
            Kind::Word(words) => format!("one of {}", words.join(", ")),
            Kind::Day => "a day in quotes, such as \"2026-11-21\"".into(),
            Kind::Price => "a decimal in quotes, such as \"0.042\"".into(),
            Kind::Ratio => "a ratio in quotes, such as \"1.25\"".into(),
            Kind::Discount => "a percentage in quotes from 0.001% to 99.999%, such as \"20%\"".into(),
            Kind::Count => "a whole number from 0".into(),
            Kind::Span => "a whole number, or two or three that rise, such as [1675, 1692]".into(),
            Kind::Flag => "true or false".into(),
            Kind::Pixels => "a size in quotes, such as \"1024x1024\"".into(),
            Kind::Size => "a size in quotes, such as \"1024x1024\", or \"auto\"".into(),
            Kind::List(kind) => format!("a list of: {}", kind.expects()),
            Kind::QualityAt => "a quality, or such as \"high@1024x1024\"".into(),
            Kind::Map(_, kind) => format!("a table of: {}", kind.expects()),
            Kind::Table(_) | Kind::Choice(_) => "a table".into(),
            Kind::Tables(_) => "tables in [[double brackets]]".into(),
        }
    }

    fn accepts_text(&self, text: &str) -> bool {
        match self {
            Kind::Text => true,
            Kind::Id => {
                let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._/-".contains(&b);
                !text.is_empty() && text.len() <= 128 && text.bytes().all(plain)
            }
            Kind::Model => {
                let plain = |b: u8| b.is_ascii_alphanumeric() || b"._:/-".contains(&b);
                !text.is_empty() && text.len() <= 128 && text.bytes().all(plain)
            }
            Kind::Host => {
                let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-".contains(&b);
                let name = text.strip_prefix("*.").unwrap_or(text);
                !name.is_empty() && text.len() <= 128 && !name.starts_with('.') && name.bytes().all(plain)
            }
            Kind::Only(only) => text == *only,
            Kind::Word(words) => words.contains(&text),
            Kind::Day => text.len() == 10 && text.parse::<Date>().is_ok(),
            Kind::Price => text.parse::<Usd>().is_ok(),
            Kind::Ratio => text.parse::<Ratio>().is_ok(),
            Kind::Discount => super::discount::left(text).is_some(),
            Kind::Pixels => text.parse::<Pixels>().is_ok(),
            Kind::QualityAt => text.split_once('@').is_none_or(|(_, size)| size.parse::<Pixels>().is_ok()),
            // The names of squares are for requests: a book has pixels.
            Kind::Size => text == "auto" || text.parse::<Pixels>().is_ok(),
            _ => false,
        }
    }

    /// Reports everything about a value that is not as described.
    fn check(&self, key: &str, value: &DeValue<'_>, at: usize, reporter: &mut Reporter<'_>) {
        match (self, value) {
            (Kind::Count, DeValue::Integer(number))
                if number.radix() == 10 && count(number.as_str()).is_some() => {}
            (Kind::Span, value) if span(value).is_some() => {}
            (Kind::Flag, DeValue::Boolean(_)) => {}
            (Kind::List(kind), DeValue::Array(items)) => {
                for item in items.iter() {
                    kind.check(key, item.get_ref(), item.span().start, reporter);
                }
            }
            (Kind::Map(names, kind), DeValue::Table(table)) => {
                for (name, item) in table.iter() {
                    if !names.accepts_text(name.get_ref()) {
                        let (at, expected) = (name.span().start, names.expects());
                        reporter.problem(at, format!("{key}: '{}': expected {expected}", name.get_ref()));
                    }
                    kind.check(name.get_ref(), item.get_ref(), item.span().start, reporter);
                }
            }
            (Kind::Table(shape), DeValue::Table(table)) => shape.check(table, at, reporter),
            (Kind::Tables(shape), DeValue::Array(items)) => {
                for item in items.iter() {
                    match item.get_ref() {
                        DeValue::Table(table) => shape.check(table, item.span().start, reporter),
                        _ => {
                            reporter.problem(item.span().start, format!("{key}: expected {}", self.expects()))
                        }
                    }
                }
            }
            (Kind::Choice(choices), DeValue::Table(table)) => {
                match table.get("kind").map(|kind| kind.get_ref()) {
                    Some(DeValue::String(kind)) => match choices.iter().find(|(name, _)| name == kind) {
                        Some((_, shape)) => shape.check(table, at, reporter),
                        None => {
                            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
                            reporter.problem(
                                at,
                                format!("{key}: kind \"{kind}\" is not one of {}", names.join(", ")),
                            );
                        }
                    },
                    _ => reporter.problem(at, format!("{key}: 'kind' is missing")),
                }
            }
            (_, DeValue::String(text)) if self.accepts_text(text) => {}
            (_, DeValue::String(text)) => {
                reporter.problem(at, format!("{key} = \"{text}\": expected {}", self.expects()));
            }
            (_, other) => {
                reporter
                    .problem(at, format!("{key}: expected {}, found {}", self.expects(), other.type_str()));
            }
        }
    }

    fn schema(&self) -> Value {
        match self {
            Kind::Text => json!({ "type": "string" }),
            Kind::Id => json!({ "type": "string", "pattern": "^[a-z0-9._/-]{1,128}$" }),
            Kind::Model => json!({ "type": "string", "pattern": "^[A-Za-z0-9._:/-]{1,128}$" }),
            Kind::Host => json!({ "type": "string", "pattern": "^([*]\\.)?[a-z0-9-][a-z0-9.-]{0,125}$" }),
            Kind::Only(text) => json!({ "const": text }),
            Kind::Word(words) => json!({ "enum": words }),
            Kind::Day => json!({ "type": "string", "format": "date" }),
            Kind::Price | Kind::Ratio => {
                json!({ "type": "string", "pattern": "^[0-9]{1,7}(\\.[0-9]{1,9})?$" })
            }
            Kind::Discount => {
                json!({ "type": "string", "pattern": "^[0-9]{1,2}(\\.[0-9]{1,3})?%$" })
            }
            Kind::Count => json!({ "type": "integer", "minimum": 0 }),
            Kind::Span => {
                let count = json!({ "type": "integer", "minimum": 0 });
                json!({ "oneOf": [count, { "type": "array", "items": count, "minItems": 2, "maxItems": 3 }] })
            }
            Kind::Flag => json!({ "type": "boolean" }),
            Kind::Pixels => json!({ "type": "string", "pattern": "^[1-9][0-9]{0,4}x[1-9][0-9]{0,4}$" }),
            Kind::Size => json!({ "type": "string", "pattern": "^(auto|[1-9][0-9]{0,4}x[1-9][0-9]{0,4})$" }),
            Kind::List(kind) => json!({ "type": "array", "items": kind.schema() }),
            Kind::QualityAt => {
                json!({ "type": "string", "pattern": "^[^@]*(@[1-9][0-9]{0,4}x[1-9][0-9]{0,4})?$" })
            }
            Kind::Map(Kind::Text, kind) => json!({ "type": "object", "additionalProperties": kind.schema() }),
            Kind::Map(names, kind) => json!({
                "type": "object", "propertyNames": names.schema(), "additionalProperties": kind.schema()
            }),
            Kind::Table(shape) => shape.schema(),
            Kind::Tables(shape) => json!({ "type": "array", "items": shape.schema() }),
            Kind::Choice(choices) => {
                json!({ "oneOf": choices.iter().map(|(_, shape)| shape.schema()).collect::<Vec<_>>() })
            }
        }
    }
}

impl Shape {
    /// Reports unknown keys, missing keys and values that are not as described.
    pub(super) fn check(&self, table: &DeTable<'_>, at: usize, reporter: &mut Reporter<'_>) {
        for (key, value) in table.iter() {
            match self.fields.iter().find(|field| field.name == key.get_ref().as_ref()) {
                Some(field) => field.kind.check(field.name, value.get_ref(), value.span().start, reporter),
                None => {
                    let known = self.fields.iter().map(|field| field.name);
                    let near = nearest::name(key.get_ref(), known.clone()).map_or_else(
                        || known.collect::<Vec<_>>().join(", "),
                        |name| format!("did you mean '{name}'?"),
                    );
                    reporter.problem(key.span().start, format!("unknown key '{}'; {near}", key.get_ref()));
                }
            }
        }
        for field in self.fields.iter().filter(|field| field.required && !table.contains_key(field.name)) {
            reporter.problem(at, format!("'{}' is missing: {}", field.name, field.doc));
        }
    }

    /// The JSON Schema of the table.
    pub(super) fn schema(&self) -> Value {
        let mut properties = Map::new();
        for field in self.fields {
            let mut schema = field.kind.schema();
            if let Value::Object(object) = &mut schema {
                object.insert("description".into(), field.doc.into());
            }
            properties.insert(field.name.into(), schema);
        }
        let required: Vec<_> =
            self.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
        json!({
            "type": "object",
            "description": self.doc,
            "additionalProperties": false,
            "required": required,
            "properties": properties,
        })
    }
}

/// Tokens as one number, or as two or three that rise.
pub(super) fn span(value: &DeValue<'_>) -> Option<TokenSpan> {
    let number = |value: &DeValue<'_>| {
        let number = value.as_integer()?;
        (number.radix() == 10).then(|| count(number.as_str())).flatten()
    };
    let items = match value {
        DeValue::Array(items) => {
            items.iter().map(|item| number(item.get_ref())).collect::<Option<Vec<_>>>()?
        }
        _ => vec![number(value)?],
    };
    match *items {
        [all] => Some(TokenSpan { floor: all, expected: Some(all), ceiling: all }),
        [floor, ceiling] if floor < ceiling => Some(TokenSpan { floor, expected: None, ceiling }),
        [floor, expected, ceiling] if floor <= expected && expected <= ceiling => {
            Some(TokenSpan { floor, expected: Some(expected), ceiling })
        }
        _ => None,
    }
}

/// A whole number as TOML writes it.
pub(super) fn count(text: &str) -> Option<u64> {
    text.replace('_', "").parse().ok()
}
