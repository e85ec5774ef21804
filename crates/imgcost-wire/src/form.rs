//! The body of a request, JSON or a form, as the one object that every server reads it as.

use imgcost_core::{Endpoint, InputImage, Request, printable};
use serde_json::{Map, Value};

use crate::body::Measure;
use crate::images::{file_facts, image_size, mask_fact};
use crate::openai_images::{FLAGS, NUMBERS};
use crate::{case, json, multipart};

/// A request's body: its fields, and what a form has beside them.
#[derive(Debug, Clone, PartialEq)]
pub struct Body {
    /// The fields; those of a form as the JSON that would say the same.
    pub fields: Map<String, Value>,
    /// The files of a form.
    pub files: Files,
}

/// The images of a form, whether it has a mask, and what their bytes show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Files {
    images: Vec<InputImage>,
    mask: bool,
    facts: Vec<(String, String)>,
}

impl Body {
    /// Reads a body with this content type.
    ///
    /// # Errors
    /// It can't be read, or two servers may read it differently: a member is given twice, or equals
    /// a known one but for case.
    pub fn read(content_type: Option<&str>, body: &[u8], measure: &dyn Measure) -> Result<Body, String> {
        let read = match content_type.filter(|kind| is_form(kind)) {
            Some(kind) => form(kind, body, measure)?,
            None => Body { fields: json::object(body)?, files: Files::default() },
        };
        match case::differs_in_case(&read.fields) {
            Some(slip) => Err(slip),
            None => Ok(read),
        }
    }
}

impl Files {
    /// Adds the files to the request that was read from the fields.
    pub fn add_to(self, request: &mut Request) {
        if !self.images.is_empty() && request.endpoint == Endpoint::Generations {
            request.endpoint = Endpoint::Edits;
        }
        request.images.extend(self.images);
        request.mask |= self.mask;
        request.files.extend(self.facts);
    }
}

fn is_form(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("multipart/form-data")
}

/// A form's texts as JSON, and its files. Of a file only the header is looked at.
fn form(content_type: &str, body: &[u8], measure: &dyn Measure) -> Result<Body, String> {
    let mut fields = Map::new();
    let mut files = Files::default();
    let twice = |name: &str| format!("{} is given twice", printable(name));
    let (mut image, mut mask) = (None, None);
    for part in multipart::parts(content_type, body)? {
        // Clients number the images of a list in several ways.
        let name = part.name.split('[').next().unwrap_or_default();
        let field = match name {
            "image" | "images" => Some(("image", &mut image)),
            "mask" => Some(("mask", &mut mask)),
            _ => None,
        };
        if let Some((field, size)) = field.filter(|_| part.is_file) {
            let length = u64::try_from(part.content.len()).unwrap_or(u64::MAX);
            files.facts.extend(file_facts(field, part.content, length));
            *size = size.or_else(|| image_size(part.content).ok().map(|found| found.size));
        }
        match name {
            "image" | "images" => files.images.push(match part.is_file {
                true => image_size(part.content)
                    .map_or(InputImage::Unsized, |found| InputImage::Sized(found.size)),
                false => measure.image(&String::from_utf8_lossy(part.content)),
            }),
            "mask" => files.mask = true,
            _ if part.is_file => {
                let shown = twice(name);
                if fields.insert(part.name, Value::Bool(true)).is_some() {
                    return Err(shown);
                }
            }
            _ => {
                let text = std::str::from_utf8(part.content)
                    .map_err(|_| format!("{} is not UTF-8", printable(name)))?;
                let value = match text.parse::<u64>() {
                    Ok(number) if NUMBERS.contains(&name) => Value::from(number),
                    _ if FLAGS.contains(&name) => {
                        Value::Bool(flag(text).ok_or_else(|| format!("{name} is neither true nor false"))?)
                    }
                    _ => Value::from(text),
                };
                if fields.insert(part.name.clone(), value).is_some() {
                    return Err(twice(name));
                }
            }
        }
    }
    files.facts.extend(image.zip(mask).map(|(image, mask)| mask_fact(image, mask)));
    Ok(Body { fields, files })
}

/// A yes or no, where no server can read it otherwise.
fn flag(text: &str) -> Option<bool> {
    match text {
        "1" => Some(true),
        "0" => Some(false),
        text if text.eq_ignore_ascii_case("true") => Some(true),
        text if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}
