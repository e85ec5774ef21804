//! The value of a parameter, as a file, a flag or a document gives it.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::request::InputImage;

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value<'v> {
    /// Text, as in `"high"`. Numbers and flags may come as text too.
    Text(Cow<'v, str>),
    /// A whole number.
    Number(u64),
    /// Yes or no.
    Flag(bool),
    /// Input images, by their sizes.
    Images(Cow<'v, [InputImage]>),
}

impl<'v> Value<'v> {
    /// A value as text: what a flag or a cell holds.
    pub fn text(text: impl Into<Cow<'v, str>>) -> Value<'v> {
        Value::Text(text.into())
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => f.write_str(text),
            Value::Number(number) => number.fmt(f),
            Value::Flag(flag) => flag.fmt(f),
            Value::Images(images) => {
                for (index, image) in images.iter().enumerate() {
                    f.write_str(if index > 0 { ";" } else { "" })?;
                    match image {
                        InputImage::Sized(size) => size.fmt(f)?,
                        InputImage::Unsized => f.write_str("?")?,
                    }
                }
                Ok(())
            }
        }
    }
}

/// As JSON: text, a number, a flag, or a list of sizes with null for one that is not known.
impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Text(text) => serializer.serialize_str(text),
            Value::Number(number) => serializer.serialize_u64(*number),
            Value::Flag(flag) => serializer.serialize_bool(*flag),
            Value::Images(images) => serializer.collect_seq(images.iter().map(|image| match image {
                InputImage::Sized(size) => Some(size),
                InputImage::Unsized => None,
            })),
        }
    }
}
