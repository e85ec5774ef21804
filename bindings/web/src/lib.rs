//! The libraries for JavaScript: documents in, documents out, as text.
//!
//! `../js/index.js` is what users see of it. It reads and writes the JSON, fetches the vocabulary, and
//! knows the day.

mod compare;
mod documents;
mod input;
mod models;
mod surface;

use imgcost::{Error, Estimator};
use imgcost_prompt::Loading;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::input::Asked;

/// The document `imgcost.quote/1` of a request, as `imgcost --json` writes it.
///
/// # Errors
/// The document `imgcost.error/1`.
#[wasm_bindgen]
pub fn quote(request: &str, today: &str) -> Result<String, String> {
    let quote = || imgcost::quote(&Asked::read(request, today)?.request());
    written(quote().and_then(|quote| documents::text(&quote)))
}

/// The document `imgcost.usage/1` of a response and what is known of its request.
///
/// # Errors
/// The document `imgcost.error/1`.
#[wasm_bindgen]
pub fn charge(response: &[u8], request: &str, today: &str) -> Result<String, String> {
    let charge = || {
        let asked = Asked::read(request, today)?;
        let day_given = asked.day_given;
        // A day that nobody gave must not go before the response's.
        let charged = Estimator::new()
            .charge(response, if day_given { asked.request() } else { asked.on_day_of(response) })?;
        documents::text(&charged)
    };
    written(charge())
}

/// The document `imgcost.compare/1` of lists of values.
///
/// # Errors
/// The document `imgcost.error/1`.
#[wasm_bindgen]
pub fn compare(request: &str, today: &str) -> Result<String, String> {
    written(compare::compare(request, today))
}

/// The models of a provider with what they accept, or of all, on a day.
///
/// # Errors
/// The document `imgcost.error/1`.
#[wasm_bindgen]
pub fn models(provider: Option<String>, day: &str) -> Result<String, String> {
    written(models::models(provider.as_deref(), day))
}

/// The sources that quotes cite by their ids.
///
/// # Errors
/// None.
#[wasm_bindgen]
pub fn sources() -> Result<String, String> {
    written(models::sources())
}

/// Ceilings over a grid of widths and heights: NaN where the model takes none.
///
/// # Errors
/// The document `imgcost.error/1`.
#[wasm_bindgen]
pub fn surface(request: &str, today: &str, widths: &[u32], heights: &[u32]) -> Result<Vec<f64>, String> {
    surface::surface(request, today, widths, heights).map_err(|error| documents::error(&error))
}

/// The width and height of an image by its first bytes; nothing where they tell none.
#[wasm_bindgen]
#[must_use]
pub fn image_size(header: &[u8]) -> Option<String> {
    imgcost_wire::image_size(header).ok().map(|measured| measured.size.to_string())
}

/// How many of an image's first bytes tell its size.
#[wasm_bindgen]
#[must_use]
pub fn header_max() -> usize {
    imgcost_wire::HEADER_MAX
}

/// The `o200k_base` tokens of a text; nothing before the vocabulary is loaded.
#[wasm_bindgen]
#[must_use]
pub fn count_tokens(text: &str) -> Option<u32> {
    imgcost_prompt::is_ready().then(|| u32::try_from(imgcost_prompt::count(text)).ok()).flatten()
}

/// The vocabulary, as its tables are made step by step.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Vocabulary(Loading);

#[wasm_bindgen]
impl Vocabulary {
    /// Starts with the bytes of the file.
    ///
    /// # Errors
    /// They are cut off, or of another version.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: &[u8]) -> Result<Vocabulary, String> {
        Loading::new(bytes).map(Vocabulary).map_err(|error| error.to_string())
    }

    /// Does some milliseconds of work; whether prompts can be counted now.
    ///
    /// # Errors
    /// As [`Vocabulary::new`].
    pub fn step(&mut self) -> Result<bool, String> {
        self.0.step().map_err(|error| error.to_string())
    }
}

fn written(result: Result<String, Error>) -> Result<String, String> {
    result.map_err(|error| documents::error(&error))
}
