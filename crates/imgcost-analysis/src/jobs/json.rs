//! A row of JSON Lines.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use imgcost_core::{Code, Error, Kind, Param, Value};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use serde_json::value::RawValue;

use super::field::{Field, near};
use super::files::Outside;
use super::lines::ROW_MAX;
use super::row::{JobRow, not_text};
use super::too_long;

/// Keys that only a line of a Batch API file has.
const BATCH_KEYS: [&str; 2] = ["custom_id", "body"];

/// Reads a line into a row; what is wrong with it ends up in the row. A line of a Batch API file
/// may be longer than others, and nothing of such a line is taken here.
pub(crate) fn read(line: &[u8], row: &mut JobRow, outside: &Outside) -> Read {
    // Checked once for the whole line, which is cheaper than for each text in it.
    let Ok(line) = std::str::from_utf8(line) else {
        row.fail_unread(Error::new(Code::BadInput, "the row is not UTF-8"));
        return Read::Row;
    };
    let mut input = serde_json::Deserializer::from_str(line);
    let (mut is_batch_line, mut number) = (false, None);
    let seed = Object {
        row: &mut *row,
        outside,
        is_batch_line: &mut is_batch_line,
        number: &mut number,
        only_look: line.len() > ROW_MAX,
    };
    let outcome = seed.deserialize(&mut input).and_then(|()| input.end());
    if is_batch_line {
        return Read::BatchLine;
    }
    if line.len() > ROW_MAX {
        row.fail_unread(too_long(ROW_MAX));
    } else if let Err(error) = outcome {
        row.fail_unread(Error::new(Code::BadInput, format!("not a JSON object: {error}")));
    } else if let Some((field, digits)) = number.and_then(|field| Some((field, digits(line, field)?))) {
        row.error = None;
        set(row, field, Cell::Number(digits), outside);
    }
    Read::Row
}

/// The number of a field as it was written: read, it may have lost digits.
fn digits(line: &str, field: Field) -> Option<String> {
    let values: BTreeMap<String, &RawValue> = serde_json::from_str(line).ok()?;
    let (_, value) = values.into_iter().find(|(key, _)| Field::named(key) == Some(field))?;
    Some(value.get().to_owned())
}

/// What a line turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read {
    /// A row, which was read.
    Row,
    /// A line of a Batch API file, which was not.
    BatchLine,
}

struct Object<'r> {
    row: &'r mut JobRow,
    outside: &'r Outside,
    is_batch_line: &'r mut bool,
    /// The field whose number is the first thing that is wrong with the row.
    number: &'r mut Option<Field>,
    /// Whether the line is too long for a row.
    only_look: bool,
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(Text(key)) = entries.next_key()? {
            if BATCH_KEYS.contains(&key.as_ref()) {
                *self.is_batch_line = true;
                return Err(A::Error::custom("a line of a Batch API file"));
            }
            match Field::named(&key) {
                _ if self.only_look => {
                    entries.next_value::<IgnoredAny>()?;
                }
                Some(field @ Field::Param(Param::Images)) => {
                    self.row.mark(field);
                    entries.next_value_seed(Images { row: &mut *self.row, outside: self.outside })?;
                }
                Some(field) => match entries.next_value::<Cell<'de>>()? {
                    Cell::Null => {}
                    cell => {
                        self.row.mark(field);
                        let is_number = self.row.error.is_none() && matches!(cell, Cell::Number(_));
                        set(self.row, field, cell, self.outside);
                        if is_number && self.row.error.is_some() {
                            *self.number = Some(field);
                        }
                    }
                },
                None if key == "id" => match entries.next_value::<Cell<'de>>()? {
                    Cell::Null => {}
                    Cell::Number(_) | Cell::Nested => self.row.fail(inexact("id")),
                    _ if !self.row.id.is_empty() => {
                        self.row.fail(Error::new(Code::BadInput, "id is given twice").field("id"));
                    }
                    cell => cell.as_text(&mut |text| self.row.id.push_str(text)),
                },
                None if key == "tags" => {
                    entries.next_value_seed(Tags { row: &mut *self.row })?;
                }
                None => match near("key", &key) {
                    Some(error) => {
                        self.row.fail(error);
                        entries.next_value::<IgnoredAny>()?;
                    }
                    None => {
                        let cell = entries.next_value::<Cell<'de>>()?;
                        cell.as_text(&mut |text| self.row.keep(&key, text));
                    }
                },
            }
        }
        Ok(())
    }
}

fn set(row: &mut JobRow, field: Field, cell: Cell<'_>, outside: &Outside) {
    let takes_text = |field| match field {
        Field::Param(param) => matches!(param.kind(), Kind::Text | Kind::Word(_)),
        Field::Prompt | Field::PromptFile | Field::AssumePromptTokens => true,
        Field::Calls | Field::Share => false,
    };
    let value = match cell {
        Cell::Text(text) => Value::Text(text),
        Cell::Bool(flag) => Value::Flag(flag),
        Cell::Whole(number) => Value::Number(number),
        // No field takes it: reading its text gives the error.
        other => {
            let mut met = String::new();
            other.as_text(&mut |text| met.push_str(text));
            if takes_text(field) {
                return row.fail(not_text(field, &met));
            }
            Value::text(met)
        }
    };
    row.set(field, value, outside);
}

/// A fraction or a huge number would come out otherwise than it was written.
fn inexact(field: &str) -> Error {
    Error::new(
        Code::BadInput,
        format!("{field}: expected text or a whole number; put other numbers in quotes"),
    )
    .field(field)
}

/// A key, borrowed where it has no escapes.
struct Text<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// A value of a field.
enum Cell<'de> {
    Null,
    Text(Cow<'de, str>),
    Bool(bool),
    Whole(u64),
    /// A number that no field takes.
    Number(String),
    /// A list or an object.
    Nested,
}

impl Cell<'_> {
    /// Gives the value as text.
    fn as_text(&self, take: &mut dyn FnMut(&str)) {
        match self {
            Cell::Null => take("null"),
            Cell::Text(text) => take(text),
            Cell::Bool(true) => take("true"),
            Cell::Bool(false) => take("false"),
            Cell::Whole(number) => take(itoa::Buffer::new().format(*number)),
            Cell::Number(text) => take(text),
            Cell::Nested => take("a list or object"),
        }
    }
}

impl<'de> Deserialize<'de> for Cell<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor)
    }
}

struct CellVisitor;

impl<'de> Visitor<'de> for CellVisitor {
    type Value = Cell<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Cell<'de>, E> {
        Ok(Cell::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Cell<'de>, E> {
        Ok(Cell::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Cell<'de>, E> {
        Ok(Cell::Whole(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Cell<'de>, E> {
        Ok(Cell::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Cell<'de>, E> {
        Ok(Cell::Number(value.to_string()))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Cell<'de>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Cell::Nested)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Cell<'de>, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Cell::Nested)
    }
}

/// A list of sizes or paths; one text is a list of one, or of several with `;`.
struct Images<'r> {
    row: &'r mut JobRow,
    outside: &'r Outside,
}

impl<'de> DeserializeSeed<'de> for Images<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Images<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of sizes or paths")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        super::column::images(self.row, text, self.outside);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0;
        while let Some(cell) = items.next_element::<Cell<'de>>()? {
            match cell {
                Cell::Text(text) => self.row.image(index, &text, self.outside),
                _ => self.row.fail(
                    Error::new(Code::BadInput, "images: expected a list of sizes or paths").field("images"),
                ),
            }
            index += 1;
        }
        if index == 0 {
            self.row.request.images.clear();
        }
        Ok(())
    }
}

/// An object of plain values.
struct Tags<'r> {
    row: &'r mut JobRow,
}

impl<'de> DeserializeSeed<'de> for Tags<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tags<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tags")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some((Text(key), cell)) = entries.next_entry::<Text<'de>, Cell<'de>>()? {
            match cell {
                Cell::Null => {}
                Cell::Number(_) | Cell::Nested => self.row.fail(inexact("tags")),
                cell => cell.as_text(&mut |text| self.row.tag(&key, text)),
            }
        }
        Ok(())
    }
}
