//! Reading an API answer of any size in little memory.
//!
//! An answer carries its pictures as base64, megabytes of text that say nothing about the
//! price. Long texts are dropped while parsing, so that one at a time is in memory.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use imgcost_core::{Answer, Error};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::failure::bad_input;
use crate::inputs;

/// The most bytes of an answer.
const ANSWER_MAX: u64 = 512 << 20;
/// Longer texts are dropped.
const TEXT_MAX: usize = 1024;

/// Reads an answer from a file or standard input: JSON, or server-sent events.
pub(crate) fn read(path: &Path) -> Result<Answer, Error> {
    let input = inputs::open("file", path)?;
    let mut reader = BufReader::with_capacity(1 << 16, Bounded { input, left: ANSWER_MAX });
    let failed = |error: std::io::Error| inputs::unreadable("file", path, &error);
    skip_to_content(&mut reader).map_err(failed)?;
    if reader.fill_buf().map_err(failed)?.first() == Some(&b'{') {
        let Slim(value) = serde_json::from_reader(reader).map_err(|error| {
            bad_input("file", format!("{} is not a JSON answer: {error}", inputs::name(path)))
        })?;
        return Answer::from_value(&value);
    }
    // Each event is made small and put back in its place.
    let mut events = String::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line).map_err(failed)? == 0 {
            break;
        }
        let Some(event) = line.strip_prefix(b"data:") else { continue };
        let Ok(Slim(value)) = serde_json::from_slice::<Slim>(event) else { continue };
        events.push_str("data: ");
        events.push_str(&value.to_string());
        events.push('\n');
    }
    Answer::read(&events)
}

/// Passes over a byte order mark and white space.
fn skip_to_content(reader: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        let blank = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, 0xEF | 0xBB | 0xBF);
        let count = buffer.iter().take_while(|byte| blank(byte)).count();
        let ended = buffer.is_empty() || count < buffer.len();
        reader.consume(count);
        if ended {
            return Ok(());
        }
    }
}

/// A reader that refuses to go on after so many bytes, instead of ending as if it were all.
struct Bounded<R> {
    input: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.left = self.left.checked_sub(u64::try_from(count).unwrap_or(u64::MAX)).ok_or_else(|| {
            std::io::Error::other(format!("it has more than {}", inputs::size_words(ANSWER_MAX)))
        })?;
        Ok(count)
    }
}

/// A JSON value without its long texts.
pub(crate) struct Slim(pub(crate) Value);

impl<'de> Deserialize<'de> for Slim {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SlimVisitor).map(Slim)
    }
}

struct SlimVisitor;

impl<'de> Visitor<'de> for SlimVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(if text.len() > TEXT_MAX { String::new() } else { text.to_owned() }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Slim(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Slim(value))) = entries.next_entry::<String, Slim>()? {
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}
