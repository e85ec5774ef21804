//! What a call brought: JSON or a form, read into the same shape.

use axum::http::HeaderMap;
use axum::http::request::Parts;
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Map, Value};

use super::Behaviour;
use super::image;

/// A call as it was received.
#[derive(Debug, Clone)]
pub struct Call {
    /// The path, such as `/v1/images/edits`.
    pub path: String,
    /// The headers in order, with the value of `authorization` left out.
    pub headers: Vec<(String, String)>,
    /// The JSON body, or a form's fields as the JSON body would have them; of a file only as
    /// much as tells its size. Null if it was neither.
    pub body: Value,
    /// A form's files.
    pub files: Vec<FilePart>,
    /// How many bytes the body had.
    pub body_bytes: usize,
    /// What became of it.
    pub behaviour: Behaviour,
}

/// A file of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePart {
    /// The field, such as `image[]`.
    pub field: String,
    /// The file's name, if it has one.
    pub name: Option<String>,
    /// Its length.
    pub bytes: usize,
}

impl Call {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(met, _)| met == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a call, whatever its body is.
pub(super) async fn read(parts: &Parts, bytes: Bytes, behaviour: Behaviour) -> Call {
    let content_type = text(&parts.headers, "content-type").unwrap_or_default();
    let body_bytes = bytes.len();
    let (body, files) = match multer::parse_boundary(&content_type) {
        Ok(boundary) => form(bytes, boundary).await.unwrap_or_default(),
        Err(_) => (serde_json::from_slice(&bytes).unwrap_or_default(), Vec::new()),
    };
    let path = parts.uri.path().to_owned();
    Call { path, headers: headers(&parts.headers), body, files, body_bytes, behaviour }
}

/// A header's value, if it is text.
pub(super) fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = |name: &str, value: &[u8]| match name {
        "authorization" => "(not kept)".to_owned(),
        _ => String::from_utf8_lossy(value).into_owned(),
    };
    headers.iter().map(|(name, value)| (name.to_string(), shown(name.as_str(), value.as_bytes()))).collect()
}

async fn form(bytes: Bytes, boundary: String) -> Result<(Value, Vec<FilePart>), multer::Error> {
    let body = stream::iter([Ok::<_, std::convert::Infallible>(bytes)]);
    let mut form = multer::Multipart::new(body, boundary);
    let (mut fields, mut files, mut images) = (Map::new(), Vec::new(), Vec::new());
    while let Some(part) = form.next_field().await? {
        let field = part.name().unwrap_or_default().to_owned();
        let name = part.file_name().map(str::to_owned);
        let content = part.bytes().await?;
        if name.is_none() && !matches!(field.as_str(), "image" | "image[]" | "mask") {
            let value = value(&field, &String::from_utf8_lossy(&content));
            fields.insert(field, value);
            continue;
        }
        if field == "mask" {
            fields.insert("mask".to_owned(), image::url(&content).into());
        } else {
            images.push(Value::from(image::url(&content)));
        }
        files.push(FilePart { field, name, bytes: content.len() });
    }
    if !images.is_empty() {
        fields.insert("image".to_owned(), images.into());
    }
    Ok((fields.into(), files))
}

/// A form's text as the JSON value of that field.
fn value(field: &str, text: &str) -> Value {
    match field {
        "n" | "partial_images" | "output_compression" | "stream" => {
            serde_json::from_str(text).unwrap_or_else(|_| text.into())
        }
        _ => text.into(),
    }
}
