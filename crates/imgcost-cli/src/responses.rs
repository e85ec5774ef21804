//! Reading an API response of any size in little memory.
//!
//! A response carries its images as base64, megabytes of text that say nothing about the price.
//! It is read by the scanner that the guard reads responses with, which keeps the few hundred
//! bytes that count.

use std::fmt;
use std::io::Read;
use std::path::Path;

use imgcost_core::{Error, Response};
use imgcost_guard::{End, Scanner};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::failure::bad_input;
use crate::inputs;

/// The most bytes of a response.
const RESPONSE_MAX: u64 = 512 << 20;
/// How much of it is read at once.
const CHUNK: usize = 1 << 16;
/// Longer texts are dropped.
const TEXT_MAX: usize = 1024;

/// Reads a response from a file or standard input: JSON, or server-sent events. One that breaks
/// off, or has an error among its events, is not counted whole: [`Response::uncounted`].
pub(crate) fn read(path: &Path) -> Result<Response, Error> {
    read_from(path, &mut inputs::open("file", path)?, "")
}

/// The same of a file that is open; `nor` says what else it might have been.
pub(crate) fn read_from(path: &Path, input: &mut impl Read, nor: &str) -> Result<Response, Error> {
    let mut scanner = Scanner::new();
    let mut chunk = vec![0; CHUNK];
    let mut left = RESPONSE_MAX;
    loop {
        let count = input.read(&mut chunk).map_err(|error| inputs::unreadable("file", path, &error))?;
        if count == 0 {
            break;
        }
        left = left.checked_sub(u64::try_from(count).unwrap_or(u64::MAX)).ok_or_else(|| {
            let most = inputs::size_words(RESPONSE_MAX);
            bad_input("file", format!("{} has more than {most}", inputs::name(path)))
        })?;
        scanner.feed(chunk.get(..count).unwrap_or_default());
    }
    let scan = scanner.finish();
    let name = inputs::name(path);
    let cut = matches!(scan.end, End::CutOff | End::TooLarge);
    match scan.response {
        Some(response) => {
            let uncounted = response.uncounted || cut || scan.failure.is_some();
            Ok(Response { uncounted, ..response })
        }
        None if scan.end == End::Empty => Err(bad_input("usage", format!("{name} is empty"))),
        None if cut => Err(bad_input("usage", format!("{name} ends before the response is complete"))),
        None => Err(scan.problem.unwrap_or_else(|| {
            bad_input(
                "usage",
                format!("{name} is neither a JSON response nor a stream of events with usage{nor}"),
            )
        })),
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
