//! The list of parameters.

use std::borrow::Cow;

use super::names::closed_names;
use super::{Endpoint, Fidelity, Tier, Value, read};
use crate::book::Limits;
use crate::error::{Code, Error};
use crate::money::MAX_TOKENS;
use crate::request::{InputImage, Prompt, Request};

closed_names! {
    /// A parameter of a call. Its name is that of the API, of columns and of keys; its flag is
    /// the name with dashes.
    ///
    /// ```
    /// use imgcost_core::{Date, Param, Request, Value};
    /// let mut request = Request::new("openai", "gpt-image-2", Date::constant(2026, 11, 21));
    /// Param::N.set(&mut request, Value::Number(4))?;
    /// Param::Quality.set(&mut request, Value::text("high"))?;
    /// let given: Vec<String> = Param::ALL
    ///     .iter()
    ///     .filter_map(|param| Some(format!("{param}={}", param.get(&request)?)))
    ///     .collect();
    /// assert_eq!(
    ///     given.join(" "),
    ///     "model=gpt-image-2 provider=openai as_of=2026-11-21 endpoint=generations quality=high n=4"
    /// );
    /// # Ok::<(), imgcost_core::Error>(())
    /// ```
    Param {
        /// The model, by id or alias.
        Model = "model",
        /// The provider, by id or alias.
        Provider = "provider",
        /// The day whose prices count.
        AsOf = "as_of",
        /// Where the call goes.
        Endpoint = "endpoint",
        /// The quality.
        Quality = "quality",
        /// The size of the image.
        Size = "size",
        /// How many images.
        N = "n",
        /// The prompt's `o200k_base` tokens.
        PromptTokens = "prompt_tokens",
        /// The input images.
        Images = "images",
        /// Whether a mask goes with the first input image.
        Mask = "mask",
        /// How closely to keep to the input images.
        InputFidelity = "input_fidelity",
        /// Whether the response is streamed.
        Stream = "stream",
        /// How many partial images are asked for while streaming.
        PartialImages = "partial_images",
        /// The background.
        Background = "background",
        /// The file format.
        OutputFormat = "output_format",
        /// The compression.
        OutputCompression = "output_compression",
        /// The price list.
        Tier = "tier",
        /// A gateway's group ratio.
        GroupRatio = "group_ratio",
        /// The model that runs the image tool of the Responses API.
        ResponsesModel = "responses_model",
        /// The most tool calls of a Responses API call.
        MaxToolCalls = "max_tool_calls",
    }
}

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// One of these names.
    Word(&'static [&'static str]),
    /// A whole number.
    Number,
    /// Yes or no.
    Flag,
    /// A list of sizes.
    Images,
}

impl Param {
    /// What it takes.
    #[must_use]
    pub const fn kind(self) -> Kind {
        match self {
            Param::Model
            | Param::Provider
            | Param::AsOf
            | Param::Quality
            | Param::Size
            | Param::Background
            | Param::OutputFormat
            | Param::GroupRatio
            | Param::ResponsesModel => Kind::Text,
            Param::Endpoint => Kind::Word(Endpoint::NAMES),
            Param::InputFidelity => Kind::Word(Fidelity::NAMES),
            Param::Tier => Kind::Word(Tier::NAMES),
            Param::N
            | Param::PromptTokens
            | Param::PartialImages
            | Param::OutputCompression
            | Param::MaxToolCalls => Kind::Number,
            Param::Mask | Param::Stream => Kind::Flag,
            Param::Images => Kind::Images,
        }
    }

    /// What it is, in a few words: for help and schemas.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Param::Model => "The model; a cap or budget needs one",
            Param::Provider => "The provider [default: openai]",
            Param::AsOf => "The day whose prices count, YYYY-MM-DD in UTC [default: today]",
            Param::Endpoint => "Where the call goes [default: edits with input images, else generations]",
            Param::Quality => "The quality; left out, the model's default",
            Param::Size => "1024x1024, 1024, 1K, 2K, 4K or auto",
            Param::N => "How many images [default: 1]",
            Param::PromptTokens => "How many o200k_base tokens the prompt has",
            Param::Images => "The sizes of the input images, such as 1024x768",
            Param::Mask => "A mask goes with the first input image",
            Param::InputFidelity => "How closely to keep to the input images",
            Param::Stream => "Stream the response",
            Param::PartialImages => "Partial images to send while streaming",
            Param::Background => "transparent, opaque or auto",
            Param::OutputFormat => "png, jpeg or webp",
            Param::OutputCompression => "0 to 100, for jpeg and webp",
            Param::Tier => "The price list of the call; batch: the Batch API's [default: standard]",
            Param::GroupRatio => "A gateway's group ratio",
            Param::ResponsesModel => "The model that runs the image tool of the Responses API",
            Param::MaxToolCalls => {
                "The most tool calls of the Responses API call, and so the most images it can make"
            }
        }
    }

    /// Whether it may change the price. What may not is in no id.
    #[must_use]
    pub const fn changes_the_price(self) -> bool {
        match self {
            Param::Background | Param::OutputFormat | Param::OutputCompression => false,
            Param::Model
            | Param::Provider
            | Param::AsOf
            | Param::Endpoint
            | Param::Quality
            | Param::Size
            | Param::N
            | Param::PromptTokens
            | Param::Images
            | Param::Mask
            | Param::InputFidelity
            | Param::Stream
            | Param::PartialImages
            | Param::Tier
            | Param::GroupRatio
            | Param::ResponsesModel
            | Param::MaxToolCalls => true,
        }
    }

    /// What a request says of it; none where it is left out or what leaving it out means.
    #[must_use]
    pub fn get(self, request: &Request) -> Option<Value<'_>> {
        match self {
            Param::Model => Some(Value::text(&*request.model)),
            Param::Provider => Some(Value::text(&*request.provider)),
            Param::AsOf => Some(Value::text(request.as_of.to_string())),
            Param::Endpoint => Some(Value::text(request.endpoint.as_str())),
            Param::Quality => request.quality.as_ref().map(|quality| Value::text(quality.as_str())),
            Param::Size => request.size.map(|size| Value::text(size.to_string())),
            Param::N => Some(number(request.n)),
            Param::PromptTokens => request.prompt.map(|prompt| Value::Number(prompt.tokens)),
            Param::Images => some_images(&request.images),
            Param::Mask => some_flag(request.mask),
            Param::InputFidelity => request.input_fidelity.map(|fidelity| Value::text(fidelity.as_str())),
            Param::Stream => some_flag(request.stream),
            Param::PartialImages => request.partial_images.map(number),
            Param::Background => request.background.as_deref().map(Value::text),
            Param::OutputFormat => request.output_format.as_deref().map(Value::text),
            Param::OutputCompression => request.output_compression.map(number),
            Param::Tier => Some(request.tier)
                .filter(|tier| *tier != Tier::Standard)
                .map(|tier| Value::text(tier.as_str())),
            Param::GroupRatio => request.group_ratio.map(|ratio| Value::text(ratio.to_string())),
            Param::ResponsesModel => request.responses_model.as_deref().map(Value::text),
            Param::MaxToolCalls => request.max_tool_calls.map(number),
        }
    }

    /// Sets it. Whether the model takes the value is left to the quote.
    ///
    /// # Errors
    /// The value is none that the parameter can have.
    pub fn set(self, request: &mut Request, value: Value<'_>) -> Result<(), Error> {
        match self {
            Param::Model => self.replace(&mut request.model, &value)?,
            Param::Provider => self.replace(&mut request.provider, &value)?,
            Param::AsOf => request.as_of = read::date(self.as_str(), self.text(&value)?)?,
            Param::Endpoint => request.endpoint = self.word(&value, Endpoint::NAMES)?,
            Param::Quality => request.quality = self.text(&value)?.parse().ok(),
            Param::Size => {
                let expected = "expected WIDTHxHEIGHT in pixels, such as 1024x1024, or 1K, 2K, 4K, auto";
                let text = self.text(&value)?;
                request.size = Some(text.parse().map_err(|_| read::illegal(self.as_str(), text, expected))?);
            }
            Param::N => request.n = self.whole(&value)?,
            Param::PromptTokens => {
                let tokens = match value {
                    Value::Number(tokens) if tokens <= MAX_TOKENS => tokens,
                    other => read::tokens(self.as_str(), &written(&other))?,
                };
                request.prompt = Some(Prompt::of_tokens(tokens));
            }
            Param::Images => request.images = self.images(value)?,
            Param::Mask => request.mask = self.flag(&value)?,
            Param::InputFidelity => request.input_fidelity = Some(self.word(&value, Fidelity::NAMES)?),
            Param::Stream => request.stream = self.flag(&value)?,
            Param::PartialImages => request.partial_images = Some(self.whole(&value)?),
            Param::Background => self.keep(&mut request.background, &value)?,
            Param::OutputFormat => self.keep(&mut request.output_format, &value)?,
            Param::OutputCompression => request.output_compression = Some(self.whole(&value)?),
            Param::Tier => request.tier = self.word(&value, Tier::NAMES)?,
            Param::GroupRatio => {
                request.group_ratio = Some(read::ratio(self.as_str(), self.text(&value)?)?);
            }
            Param::ResponsesModel => self.keep(&mut request.responses_model, &value)?,
            Param::MaxToolCalls => request.max_tool_calls = Some(self.whole(&value)?),
        }
        Ok(())
    }

    /// The whole numbers that it can be, as far as a model's limits bound it.
    #[must_use]
    pub fn range(self, limits: &Limits) -> Option<String> {
        let (least, most) = match self {
            Param::N => match limits.n_max {
                Some(most) => (1, most),
                None => return Some("1 or more".to_owned()),
            },
            Param::PartialImages => (0, limits.partial_images_max),
            Param::OutputCompression => (0, 100),
            _ => return None,
        };
        Some(if least == most { least.to_string() } else { format!("{least} to {most}") })
    }

    fn text<'v>(self, value: &'v Value<'_>) -> Result<&'v str, Error> {
        match value {
            Value::Text(text) => Ok(text),
            other => {
                let message = format!("{self} = {}: expected text", read::shown(&other.to_string()));
                Err(Error::new(Code::BadInput, message).field(self.as_str()))
            }
        }
    }

    fn word<T: std::str::FromStr>(self, value: &Value<'_>, names: &[&str]) -> Result<T, Error> {
        read::word(self.as_str(), self.text(value)?, names)
    }

    fn whole(self, value: &Value<'_>) -> Result<u32, Error> {
        match value {
            Value::Text(text) => read::whole(self.as_str(), text),
            // As text only where it is refused: rows in JSON come with numbers.
            Value::Number(number) => {
                u32::try_from(*number).or_else(|_| read::whole(self.as_str(), &number.to_string()))
            }
            other => read::whole(self.as_str(), &other.to_string()),
        }
    }

    fn flag(self, value: &Value<'_>) -> Result<bool, Error> {
        match value {
            Value::Flag(flag) => Ok(*flag),
            other => read::flag(self.as_str(), &written(other)),
        }
    }

    /// Sizes in a list, or in text with `;` between them.
    fn images(self, value: Value<'_>) -> Result<Vec<InputImage>, Error> {
        if let Value::Images(images) = value {
            return Ok(images.into_owned());
        }
        let sizes = self.text(&value)?.split(';').map(str::trim).filter(|size| !size.is_empty());
        sizes
            .map(|size| match size.parse() {
                Ok(size) => Ok(InputImage::Sized(size)),
                Err(_) => Err(read::illegal(self.as_str(), size, "expected a size such as 1024x1024")),
            })
            .collect()
    }

    /// Takes text into a buffer that rows use again.
    fn replace(self, target: &mut String, value: &Value<'_>) -> Result<(), Error> {
        self.text(value)?.clone_into(target);
        Ok(())
    }

    fn keep(self, target: &mut Option<String>, value: &Value<'_>) -> Result<(), Error> {
        self.replace(target.get_or_insert_default(), value)
    }
}

/// A value as it is written, borrowed where it is text.
fn written<'v>(value: &'v Value<'_>) -> Cow<'v, str> {
    match value {
        Value::Text(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

fn number<'v>(number: u32) -> Value<'v> {
    Value::Number(number.into())
}

fn some_flag<'v>(flag: bool) -> Option<Value<'v>> {
    flag.then_some(Value::Flag(true))
}

fn some_images(images: &[InputImage]) -> Option<Value<'_>> {
    (!images.is_empty()).then_some(Value::Images(Cow::Borrowed(images)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::Date;

    use super::*;

    /// A value of each parameter that is not its default.
    fn example(param: Param) -> Value<'static> {
        match param.kind() {
            Kind::Word(names) => Value::text(*names.last().unwrap()),
            Kind::Number => Value::Number(3),
            Kind::Flag => Value::Flag(true),
            Kind::Images => Value::text("512x512;480x1408"),
            Kind::Text => Value::text(match param {
                Param::AsOf => "2026-11-22",
                Param::Size => "1536x1024",
                Param::GroupRatio => "0.8",
                _ => "high",
            }),
        }
    }

    #[test]
    fn what_is_set_is_what_is_got() {
        for param in Param::ALL {
            let mut request = Request::new("", "", Date::constant(2026, 11, 21));
            let before = request.clone();
            param.set(&mut request, example(*param)).unwrap();
            assert_ne!(request, before, "{param}");
            let got = param.get(&request).unwrap();
            assert_eq!(got.to_string(), example(*param).to_string());
            // Text is read the same way: flags and cells are text.
            let mut of_text = before.clone();
            param.set(&mut of_text, Value::text(got.to_string())).unwrap();
            assert_eq!(of_text, request, "{param}");
            // And nothing else has changed.
            let others = Param::ALL.iter().filter(|other| *other != param);
            assert!(others.into_iter().all(|other| other.get(&request) == other.get(&before)), "{param}");
        }
    }

    #[test]
    fn what_is_no_value_names_the_parameter() {
        for param in Param::ALL {
            let mut request = Request::new("", "", Date::constant(2026, 11, 21));
            let wrong = match param.kind() {
                Kind::Text => Value::Number(1),
                _ => Value::text("nonsense"),
            };
            let error = param.set(&mut request, wrong).unwrap_err();
            assert_eq!(error.field_name(), Some(param.as_str()), "{error}");
        }
    }
}
