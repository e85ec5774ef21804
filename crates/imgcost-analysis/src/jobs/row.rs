//! One row as a request, in buffers that are used again for the next one.

use imgcost_core::read::{self, shown};
use imgcost_core::{Code, Error, InputImage, Note, Param, Request, Value};

use super::field::Field;
use super::files::Outside;
use crate::{Share, Volume};

/// The row that is being read.
#[derive(Debug)]
pub struct JobRow {
    /// Its line.
    pub line: u64,
    /// Its own id; empty: none.
    pub id: String,
    /// Its tags, and those of longer rows before it, whose buffers are kept.
    tags: Vec<(String, String)>,
    tag_count: usize,
    /// What it asks for.
    pub request: Request,
    /// Whether it names where the call goes.
    pub endpoint_known: bool,
    /// What to know of how it was understood.
    pub remarks: Vec<Note>,
    /// The first thing that is wrong with it.
    pub error: Option<Error>,
    /// How often its call is made, where the row or what holds for all rows tells.
    pub calls: Option<Volume>,
    /// The same as a share of all calls.
    pub share: Option<Share>,
    /// Prompt tokens to assume where the row has no prompt.
    pub(crate) assumed: Option<u64>,
    /// Whether nothing of it can be relied on: it is no JSON, or its cells are not the header's.
    pub unread: bool,
    /// Whether it is a line of a Batch API file.
    pub batch_line: bool,
    /// Its keys that are no fields, and tags.
    pub(super) kept: Vec<String>,
    /// The fields that were given, by their bits.
    seen: u64,
    has_prompt: bool,
}

impl JobRow {
    /// A row of defaults.
    #[must_use]
    pub fn new(defaults: &Request) -> JobRow {
        JobRow {
            line: 0,
            id: String::new(),
            tags: Vec::new(),
            tag_count: 0,
            request: defaults.clone(),
            endpoint_known: false,
            remarks: Vec::new(),
            error: None,
            calls: None,
            share: None,
            assumed: None,
            unread: false,
            batch_line: false,
            kept: Vec::new(),
            seen: 0,
            has_prompt: false,
        }
    }

    /// Starts over with the defaults, keeping the buffers.
    pub(crate) fn reset(&mut self, defaults: &Request, line: u64) {
        self.line = line;
        self.id.clear();
        self.tag_count = 0;
        self.endpoint_known = false;
        self.remarks.clear();
        self.error = None;
        self.calls = None;
        self.share = None;
        self.assumed = None;
        self.unread = false;
        self.batch_line = false;
        self.kept.clear();
        self.seen = 0;
        self.has_prompt = false;
        self.request.copy_from(defaults);
    }

    /// Takes a tag.
    pub(crate) fn tag(&mut self, name: &str, value: &str) {
        match self.tags.get_mut(self.tag_count) {
            Some((old_name, old_value)) => {
                old_name.clear();
                old_name.push_str(name);
                old_value.clear();
                old_value.push_str(value);
            }
            None => self.tags.push((name.to_owned(), value.to_owned())),
        }
        self.tag_count += 1;
    }

    /// Its tags.
    #[must_use]
    pub fn tags(&self) -> &[(String, String)] {
        self.tags.get(..self.tag_count).unwrap_or_default()
    }

    /// Notes what is wrong; the first thing counts.
    pub(crate) fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }

    /// Notes that it can't be read at all, whatever else was found.
    pub(crate) fn fail_unread(&mut self, error: Error) {
        self.error = Some(error);
        self.unread = true;
    }

    /// Keeps a key that is no field as a tag.
    pub(crate) fn keep(&mut self, name: &str, value: &str) {
        self.tag(name, value);
        self.kept.push(name.to_owned());
    }

    /// Whether it gives a value of its own for a parameter.
    #[must_use]
    pub fn gives(&self, param: Param) -> bool {
        self.seen & Field::Param(param).bit() != 0
    }

    /// The fields that it gives, as a set that is for [`Met`](super::Met) to read.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    /// Marks a field as given; a second time is an error.
    pub(crate) fn mark(&mut self, field: Field) {
        let name = field.name();
        if self.seen & field.bit() != 0 {
            self.fail(Error::new(Code::BadInput, format!("{name} is given twice")).field(name));
        } else if field.is_prompt() && self.has_prompt {
            let message = "a row has one of prompt, prompt_file and prompt_tokens";
            self.fail(Error::new(Code::IllegalCombination, message).field(name));
        }
        self.seen |= field.bit();
        self.has_prompt |= field.is_prompt();
    }

    /// Sets what holds for every row, whatever its own values are.
    pub(crate) fn override_with(&mut self, outside: &Outside) {
        for (field, text) in &outside.set {
            match field {
                Field::Param(Param::Images) => {
                    let named = text.split(';').map(str::trim).filter(|named| !named.is_empty());
                    named.enumerate().for_each(|(index, named)| self.take_image(index, named, outside));
                }
                field => self.take(*field, Value::text(text.as_str()), outside),
            }
        }
    }

    /// Sets a field, unless another value holds for every row.
    pub(crate) fn set(&mut self, field: Field, value: Value<'_>, outside: &Outside) {
        if !outside.overrides(field) {
            self.take(field, value, outside);
        }
    }

    fn take(&mut self, field: Field, value: Value<'_>, outside: &Outside) {
        let outcome = match (field, value) {
            (Field::Prompt, Value::Text(text)) => {
                self.request.prompt = Some(imgcost_wire::counted(&text));
                Ok(())
            }
            (Field::PromptFile, Value::Text(text)) => {
                outside.files.prompt(&text).map(|prompt| self.request.prompt = Some(prompt))
            }
            (Field::Param(Param::AsOf), Value::Text(text)) if text == "today" => {
                self.request.as_of = outside.today;
                Ok(())
            }
            // A file or a size is a mask as well.
            (Field::Param(Param::Mask), Value::Text(text)) => {
                match Param::Mask.set(&mut self.request, Value::text(&*text)) {
                    Ok(()) => Ok(()),
                    Err(_) => outside.image("mask", &text).map(|_| self.request.mask = true),
                }
            }
            (Field::AssumePromptTokens, Value::Text(text)) => {
                read::tokens(field.name(), &text).map(|tokens| self.assumed = Some(tokens))
            }
            (Field::Calls, value) => {
                Volume::read(field.name(), &value.to_string()).map(|calls| self.calls = Some(calls))
            }
            (Field::Share, value) => {
                Share::read(field.name(), &value.to_string()).map(|share| self.share = Some(share))
            }
            (Field::Param(param), value) => {
                self.endpoint_known |= param == Param::Endpoint;
                param.set(&mut self.request, value)
            }
            (Field::Prompt | Field::PromptFile | Field::AssumePromptTokens, value) => {
                Err(not_text(field, &value.to_string()))
            }
        };
        if let Err(error) = outcome {
            self.fail(error);
        }
    }

    /// Takes an input image; the first one of a row replaces the defaults' images.
    pub(crate) fn image(&mut self, index: usize, named: &str, outside: &Outside) {
        if !outside.overrides(Field::Param(Param::Images)) {
            self.take_image(index, named, outside);
        }
    }

    fn take_image(&mut self, index: usize, named: &str, outside: &Outside) {
        if index == 0 {
            self.request.images.clear();
        }
        match outside.image("images", named) {
            Ok(measured) => {
                self.remarks.extend(measured.note(named));
                self.request.images.push(InputImage::Sized(measured.size));
            }
            Err(error) => self.fail(error),
        }
    }
}

/// That a field takes text, and was given something else.
pub(crate) fn not_text(field: Field, met: &str) -> Error {
    let name = field.name();
    let message = format!("{name} = {}: expected text", shown(met));
    Error::new(Code::BadInput, message).field(name)
}
