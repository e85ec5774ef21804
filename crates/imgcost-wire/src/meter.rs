//! Counts prompts and measures images, in the usual way.

use imgcost_core::{InputImage, Prompt};

use crate::body::Measure;
use crate::images::referenced_image;

/// Counts the prompts of a request body and measures the images that it carries.
///
/// ```
/// use imgcost_core::{Date, Request};
/// use imgcost_wire::{Dialect, Meter, ParsedBody};
/// let base = Request::new("openai", "gpt-image-2", Date::constant(2026, 11, 21));
/// let body = serde_json::json!({"prompt": "a red apple on a wooden table"});
/// let request = ParsedBody::of_any(&Dialect::OPENAI, &body, &base, &Meter)?.request;
/// assert_eq!(request.prompt.map(|prompt| prompt.tokens), Some(7));
/// # Ok::<(), imgcost_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Meter;

impl Measure for Meter {
    fn prompt(&self, text: &str) -> Prompt {
        counted(text)
    }

    fn image(&self, reference: &str) -> InputImage {
        referenced_image(reference)
    }
}

/// Counts a prompt's tokens, characters and bytes.
#[must_use]
pub fn counted(text: &str) -> Prompt {
    let characters = u64::try_from(text.chars().count()).ok();
    Prompt::new(imgcost_prompt::count(text), characters, u64::try_from(text.len()).ok())
}
