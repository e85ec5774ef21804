//! Token counts at the ceiling of a quote.

use imgcost_core::{Item, LinePart, Quote};
use serde_json::{Value, json};

/// The tokens of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tokens {
    pub(super) text_input: u64,
    pub(super) image_input: u64,
    pub(super) text_output: u64,
    pub(super) image_output: u64,
}

impl Tokens {
    /// The most that a quote foresees; none for a model that is not billed by tokens.
    pub(super) fn at_ceiling(quote: &Quote<'_>) -> Option<Tokens> {
        let most = |item| quote.tokens(item).map(|range| range.ceiling);
        Some(Tokens {
            image_output: most(Item::ImageOutput)?,
            text_input: most(Item::TextInput).unwrap_or(0),
            image_input: most(Item::ImageInput).unwrap_or(0),
            text_output: most(Item::TextOutput).unwrap_or(0),
        })
    }

    /// The share of one of so many images; the first takes what does not divide.
    pub(super) fn share(self, index: u32, of: u32) -> Tokens {
        let of = u64::from(of.max(1));
        let part = |all: u64| all / of + if index == 0 { all % of } else { 0 };
        Tokens {
            text_input: part(self.text_input),
            image_input: part(self.image_input),
            text_output: part(self.text_output),
            image_output: part(self.image_output),
        }
    }

    pub(super) const fn input(self) -> u64 {
        self.text_input + self.image_input
    }

    pub(super) const fn output(self) -> u64 {
        self.text_output + self.image_output
    }

    /// OpenAI's `usage`.
    pub(super) fn json(self) -> Value {
        json!({
            "input_tokens": self.input(),
            "input_tokens_details": {"text_tokens": self.text_input, "image_tokens": self.image_input},
            "output_tokens": self.output(),
            "output_tokens_details": {"text_tokens": self.text_output, "image_tokens": self.image_output},
            "total_tokens": self.input() + self.output(),
        })
    }
}

/// The most tokens of the model that runs the Responses API's image tool: input and output.
pub(super) fn calling_model(quote: &Quote<'_>) -> (u64, u64) {
    let most = |part| {
        let mut lines = quote.lines().iter();
        let line = lines.find(|line| line.item == Item::ResponsesModel && line.part == Some(part));
        line.map_or(0, |line| line.quantity.ceiling)
    };
    (most(LinePart::Input), most(LinePart::Output))
}
