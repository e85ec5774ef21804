//! What a call uses: the price book's own rules, so that a test can foretell it.

use imgcost_core::{
    Date, Endpoint, Error, Estimate, InputImage, Item, LinePart, Pixels, Prompt, Quality, Request, Size,
};
use imgcost_wire::{Dialect, Measure, ParsedBody, counted};
use serde_json::{Value, json};

use super::image;

/// The day that the API lives on.
const TODAY: Date = Date::constant(2026, 11, 21);

/// A call as the API understood it, and what it uses.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) request: Request,
    /// What the response says of the size, also where the request leaves it to the model.
    pub(super) size: Pixels,
    /// What the response says of the quality, if the model has any.
    pub(super) quality: Option<String>,
    /// The tokens of all images; none for a model that is not billed by tokens.
    pub(super) tokens: Option<Tokens>,
    /// The tokens of the model that ran the Responses API's tool: input and output.
    pub(super) responses: (u64, u64),
}

/// Token counts as `usage` reports them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tokens {
    pub(super) text_input: u64,
    pub(super) image_input: u64,
    pub(super) text_output: u64,
    pub(super) image_output: u64,
}

impl Tokens {
    /// The share of one of so many images; the first takes what does not divide.
    pub(super) fn share(self, index: u64, of: u64) -> Tokens {
        let part = |all: u64| all / of.max(1) + if index == 0 { all % of.max(1) } else { 0 };
        Tokens {
            text_input: part(self.text_input),
            image_input: part(self.image_input),
            text_output: part(self.text_output),
            image_output: part(self.image_output),
        }
    }

    /// The output of only so many of all images.
    pub(super) fn drawn(self, images: u64, of: u64) -> Tokens {
        let part = |all: u64| all * images / of.max(1);
        Tokens { text_output: part(self.text_output), image_output: part(self.image_output), ..self }
    }

    /// The `usage` object.
    pub(super) fn json(self) -> Value {
        let (input, output) = (self.text_input + self.image_input, self.text_output + self.image_output);
        json!({
            "input_tokens": input,
            "input_tokens_details": {"image_tokens": self.image_input, "text_tokens": self.text_input},
            "output_tokens": output,
            "output_tokens_details": {"image_tokens": self.image_output, "text_tokens": self.text_output},
            "total_tokens": input + output,
        })
    }
}

/// Counts prompts and reads sizes, as the guard does.
struct Meter;

impl Measure for Meter {
    fn prompt(&self, text: &str) -> Prompt {
        counted(text)
    }

    fn image(&self, reference: &str) -> InputImage {
        image::size_of_url(reference).map_or(InputImage::Unsized, InputImage::Sized)
    }
}

/// Reads a call and counts what it uses: what a quote expects or, with `dearest`, twice what it
/// holds possible.
///
/// # Errors
/// The API would refuse the request.
pub(super) fn order(endpoint: Endpoint, body: &Value, dearest: bool) -> Result<Order, Error> {
    let model = if endpoint == Endpoint::Variations { "dall-e-2" } else { "gpt-image-2" };
    let mut base = Request::new("openai", model, TODAY);
    base.endpoint = endpoint;
    let request = ParsedBody::of_any(&Dialect::OPENAI, body, &base, &Meter)?.request;
    let quote = imgcost_pricing::book().quote(&request)?;
    let count = |range: &Estimate<u64>| match range.expected {
        _ if dearest => range.ceiling.saturating_mul(2),
        Some(expected) => expected,
        None => range.ceiling,
    };
    let tokens = |item| quote.tokens(item).as_ref().map(count);
    let responses = |part| {
        let line =
            quote.lines().iter().find(|line| line.item == Item::ResponsesModel && line.part == Some(part));
        line.map_or(0, |line| count(&line.quantity))
    };
    let tokens = tokens(Item::ImageOutput).map(|image_output| Tokens {
        text_input: tokens(Item::TextInput).unwrap_or(0),
        image_input: tokens(Item::ImageInput).unwrap_or(0),
        text_output: tokens(Item::TextOutput).unwrap_or(0),
        image_output,
    });
    let responses = (responses(LinePart::Input), responses(LinePart::Output));
    let size = match quote.chosen_size() {
        Size::Exact(size) => Some(size),
        Size::Auto => Pixels::new(1024, 1024),
    };
    // A response names the quality that was used; of `auto` the dearest is counted.
    let quality = quote.quality().map(|quality| match quality {
        Quality::Auto => Quality::High.to_string(),
        quality => quality.to_string(),
    });
    let size = size.ok_or_else(|| Error::new(imgcost_core::Code::IllegalValue, "no size"))?;
    drop(quote);
    Ok(Order { request, size, quality, tokens, responses })
}
