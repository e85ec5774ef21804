//! One row as a request, in buffers that are used again for the next one.

use imgcost_core::{Code, Error, InputImage, Note, Request};

use super::paths::Paths;
use crate::fields::{self, Field};
use crate::{clock, request};

/// The row that is being read.
pub(crate) struct Row {
    /// The line on which it stands.
    pub(crate) line: u64,
    /// Its own id; empty: none.
    pub(crate) id: String,
    /// Its tags, and those of longer rows before it, whose buffers are kept.
    tags: Vec<(String, String)>,
    tag_count: usize,
    /// What it asks for.
    pub(crate) request: Request,
    /// Whether it says where the call goes.
    pub(crate) endpoint_known: bool,
    /// What to know of how it was understood.
    pub(crate) remarks: Vec<Note>,
    /// The first thing that is wrong with it.
    pub(crate) error: Option<Error>,
    /// Prompt tokens to assume where the row has no prompt.
    pub(crate) assumed: Option<u64>,
    /// Whether nothing of it can be relied on: it is no JSON, or its cells are not the header's.
    pub(crate) unread: bool,
    /// Whether it is a line of a Batch API file.
    pub(crate) batch_line: bool,
    seen: u32,
}

impl Row {
    /// A row of defaults.
    pub(crate) fn new(defaults: &Request) -> Row {
        Row {
            line: 0,
            id: String::new(),
            tags: Vec::new(),
            tag_count: 0,
            request: defaults.clone(),
            endpoint_known: false,
            remarks: Vec::new(),
            error: None,
            assumed: None,
            unread: false,
            batch_line: false,
            seen: 0,
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
        self.assumed = None;
        self.unread = false;
        self.batch_line = false;
        self.seen = 0;
        let request = &mut self.request;
        request.provider.clone_from(&defaults.provider);
        request.model.clone_from(&defaults.model);
        request.as_of = defaults.as_of;
        request.endpoint = defaults.endpoint;
        request.quality.clone_from(&defaults.quality);
        request.size = defaults.size;
        request.n = defaults.n;
        request.prompt = defaults.prompt;
        request.images.clone_from(&defaults.images);
        request.mask = defaults.mask;
        request.input_fidelity = defaults.input_fidelity;
        request.stream = defaults.stream;
        request.partial_images = defaults.partial_images;
        request.background.clone_from(&defaults.background);
        request.output_format.clone_from(&defaults.output_format);
        request.output_compression = defaults.output_compression;
        request.tier = defaults.tier;
        request.group_ratio = defaults.group_ratio;
        request.responses_model.clone_from(&defaults.responses_model);
        request.max_tool_calls = defaults.max_tool_calls;
        request.responses_images = defaults.responses_images;
        request.unknown_fields.clone_from(&defaults.unknown_fields);
        request.unseen_context.clone_from(&defaults.unseen_context);
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
    pub(crate) fn tags(&self) -> &[(String, String)] {
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

    /// Marks a field as given; a second time is an error.
    pub(crate) fn mark(&mut self, field: Field) {
        let bit = 1_u32 << (field as u32);
        if self.seen & bit != 0 {
            self.fail(
                Error::new(Code::BadInput, format!("{} is given twice", name(field))).field(name(field)),
            );
        }
        let prompts =
            [Field::Prompt, Field::PromptFile, Field::PromptTokens].map(|field| 1_u32 << (field as u32));
        let all = prompts.iter().fold(0, |all, bit| all | bit);
        if bit & all != 0 && self.seen & all & !bit != 0 {
            let message = "a row has one of prompt, prompt_file and prompt_tokens";
            self.fail(Error::new(Code::IllegalCombination, message).field(name(field)));
        }
        self.seen |= bit;
    }

    /// Sets a field from text.
    pub(crate) fn text(&mut self, field: Field, text: &str, paths: &Paths) {
        let outcome = match field {
            Field::Prompt => {
                self.request.prompt = Some(imgcost_guard::counted(text));
                Ok(())
            }
            Field::PromptFile => paths.prompt(text).map(|prompt| self.request.prompt = Some(prompt)),
            Field::AssumePromptTokens => {
                fields::tokens(name(field), text).map(|tokens| self.assumed = Some(tokens))
            }
            Field::AsOf if text == "today" => {
                self.request.as_of = clock::today();
                Ok(())
            }
            Field::Mask => match fields::flag("mask", text) {
                Ok(mask) => {
                    self.request.mask = mask;
                    Ok(())
                }
                Err(_) => paths.image("mask", text).map(|_| self.request.mask = true),
            },
            Field::Endpoint => {
                self.endpoint_known = true;
                fields::set(&mut self.request, field, text)
            }
            field => fields::set(&mut self.request, field, text),
        };
        if let Err(error) = outcome {
            self.fail(error);
        }
    }

    /// Takes an input image; the first one of a row replaces the defaults' images.
    pub(crate) fn image(&mut self, index: usize, named: &str, paths: &Paths) {
        if index == 0 {
            self.request.images.clear();
        }
        match paths.image("images", named) {
            Ok(measured) => {
                if measured.turned {
                    self.remarks.push(request::turned(named, measured));
                }
                self.request.images.push(InputImage::Sized(measured.size));
            }
            Err(error) => self.fail(error),
        }
    }
}

/// The name of a field.
pub(crate) fn name(field: Field) -> &'static str {
    Field::ALL.iter().find(|(_, known)| *known == field).map_or("?", |(name, _)| name)
}

/// A key or column that is no field, with the nearest one.
pub(crate) fn unknown(what: &str, named: &str) -> Error {
    let known = Field::ALL.iter().map(|(name, _)| *name).chain(["id", "tags"]);
    Error::new(Code::BadInput, format!("there is no {what} '{}'", fields::shown(named)))
        .field(fields::shown(named))
        .allowed(known)
        .nearest_name(named)
}
