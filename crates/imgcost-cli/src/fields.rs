//! The fields of a request as text: one reading for flags, settings and batch rows.

use imgcost_core::{Code, Date, Error, Fidelity, Limits, Offer, Prompt, Ratio, Request, Tier, Usd};

/// A field that flags, rows and bodies share. Its name is the long flag with underscores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// The model.
    Model,
    /// The provider.
    Provider,
    /// The quality.
    Quality,
    /// The size.
    Size,
    /// The number of images.
    N,
    /// The prompt's text.
    Prompt,
    /// A file that holds the prompt.
    PromptFile,
    /// The prompt's tokens.
    PromptTokens,
    /// Input images.
    Images,
    /// The mask.
    Mask,
    /// Fidelity to the input images.
    InputFidelity,
    /// Whether to stream.
    Stream,
    /// Partial images.
    PartialImages,
    /// The background.
    Background,
    /// The file format.
    OutputFormat,
    /// The compression.
    OutputCompression,
    /// Where the call goes.
    Endpoint,
    /// Whether it goes through the Batch API.
    BatchApi,
    /// The day.
    AsOf,
    /// The group ratio.
    GroupRatio,
    /// The calling model of the Responses API.
    ResponsesModel,
    /// The most tool calls of a Responses API call.
    MaxToolCalls,
    /// Prompt tokens for a row without a prompt.
    AssumePromptTokens,
}

impl Field {
    /// Every field with its name, in the order of the help.
    pub(crate) const ALL: &'static [(&'static str, Field)] = &[
        ("model", Field::Model),
        ("provider", Field::Provider),
        ("quality", Field::Quality),
        ("size", Field::Size),
        ("n", Field::N),
        ("prompt", Field::Prompt),
        ("prompt_file", Field::PromptFile),
        ("prompt_tokens", Field::PromptTokens),
        ("images", Field::Images),
        ("mask", Field::Mask),
        ("input_fidelity", Field::InputFidelity),
        ("stream", Field::Stream),
        ("partial_images", Field::PartialImages),
        ("background", Field::Background),
        ("output_format", Field::OutputFormat),
        ("output_compression", Field::OutputCompression),
        ("endpoint", Field::Endpoint),
        ("batch_api", Field::BatchApi),
        ("as_of", Field::AsOf),
        ("group_ratio", Field::GroupRatio),
        ("responses_model", Field::ResponsesModel),
        ("max_tool_calls", Field::MaxToolCalls),
        ("assume_prompt_tokens", Field::AssumePromptTokens),
    ];

    /// The field of a name. `image` is taken for `images`.
    pub(crate) fn named(name: &str) -> Option<Field> {
        Some(match name {
            "model" => Field::Model,
            "provider" => Field::Provider,
            "quality" => Field::Quality,
            "size" => Field::Size,
            "n" => Field::N,
            "prompt" => Field::Prompt,
            "prompt_file" => Field::PromptFile,
            "prompt_tokens" => Field::PromptTokens,
            "images" | "image" => Field::Images,
            "mask" => Field::Mask,
            "input_fidelity" => Field::InputFidelity,
            "stream" => Field::Stream,
            "partial_images" => Field::PartialImages,
            "background" => Field::Background,
            "output_format" => Field::OutputFormat,
            "output_compression" => Field::OutputCompression,
            "endpoint" => Field::Endpoint,
            "batch_api" => Field::BatchApi,
            "as_of" => Field::AsOf,
            "group_ratio" => Field::GroupRatio,
            "responses_model" => Field::ResponsesModel,
            "max_tool_calls" => Field::MaxToolCalls,
            "assume_prompt_tokens" => Field::AssumePromptTokens,
            _ => return None,
        })
    }
}

/// A value that is not what its field takes. The value is shown shortened.
pub(crate) fn illegal(field: &str, value: &str, expected: &str) -> Error {
    Error::new(Code::IllegalValue, format!("{field} = {}: {expected}", shown(value))).field(field)
}

/// A value as messages show it: without control characters, cut to 64 characters.
pub(crate) fn shown(value: &str) -> String {
    if value.is_empty() {
        return "''".to_owned();
    }
    let mut text: String = value.chars().take(64).map(crate::plain::shown).collect();
    if value.chars().nth(64).is_some() {
        text.push('…');
    }
    text
}

/// A whole number that fits 32 bits.
pub(crate) fn whole(field: &str, text: &str) -> Result<u32, Error> {
    digits(text)
        .and_then(|value| u32::try_from(value).ok())
        .ok_or_else(|| illegal(field, text, "expected a whole number"))
}

/// A count of tokens.
pub(crate) fn tokens(field: &str, text: &str) -> Result<u64, Error> {
    digits(text).filter(|count| *count <= imgcost_core::MAX_TOKENS).ok_or_else(|| {
        illegal(field, text, "expected a whole number of tokens")
            .allowed([format!("0 to {}", imgcost_core::MAX_TOKENS)])
    })
}

fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.len() <= 19 && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.bytes().fold(0_u64, |sum, b| sum.wrapping_mul(10).wrapping_add(u64::from(b - b'0'))))
}

/// A day as it is written in files and flags: exactly `2026-11-21`.
pub(crate) fn date(field: &str, text: &str) -> Result<Date, Error> {
    let part = |from: usize, to: usize| {
        text.get(from..to).and_then(digits).and_then(|part| i16::try_from(part).ok())
    };
    let plain = text.len() == 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    plain
        .then(|| {
            let (month, day) = (i8::try_from(part(5, 7)?).ok()?, i8::try_from(part(8, 10)?).ok()?);
            Date::new(part(0, 4)?, month, day).ok()
        })
        .flatten()
        .ok_or_else(|| illegal(field, text, "expected a date such as 2026-11-21"))
}

/// An amount in US dollars; a leading `$` is let pass.
pub(crate) fn usd(field: &str, text: &str) -> Result<Usd, Error> {
    text.strip_prefix('$').unwrap_or(text).parse().map_err(|_| {
        illegal(
            field,
            text,
            "expected an amount in US dollars from 0 to 1000000 with at most 9 decimals, such as 0.25",
        )
    })
}

/// A ratio.
pub(crate) fn ratio(field: &str, text: &str) -> Result<Ratio, Error> {
    text.parse().map_err(|_| illegal(field, text, "expected a plain decimal such as 0.8"))
}

/// Yes or no, as rows write it.
pub(crate) fn flag(field: &str, text: &str) -> Result<bool, Error> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        _ => Err(illegal(field, text, "expected true or false").allowed(["true", "false"])),
    }
}

/// Sets a field that plain text describes. Prompts given as text, files and images are the
/// caller's: they touch the world.
pub(crate) fn set(request: &mut Request, field: Field, text: &str) -> Result<(), Error> {
    match field {
        Field::Model => replace(&mut request.model, text),
        Field::Provider => replace(&mut request.provider, text),
        Field::Quality => request.quality = text.parse().ok(),
        Field::Size => {
            let size = text.parse().map_err(|_| {
                illegal(
                    "size",
                    text,
                    "expected WIDTHxHEIGHT in pixels, such as 1024x1024, or 1K, 2K, 4K, auto",
                )
            });
            request.size = Some(size?);
        }
        Field::N => request.n = whole("n", text)?,
        Field::PromptTokens => request.prompt = Some(Prompt::of_tokens(tokens("prompt_tokens", text)?)),
        Field::InputFidelity => {
            request.input_fidelity = Some(word("input_fidelity", text, Fidelity::NAMES)?);
        }
        Field::Stream => request.stream = flag("stream", text)?,
        Field::PartialImages => request.partial_images = Some(whole("partial_images", text)?),
        Field::Background => request.background = Some(text.to_owned()),
        Field::OutputFormat => request.output_format = Some(text.to_owned()),
        Field::OutputCompression => request.output_compression = Some(whole("output_compression", text)?),
        Field::Endpoint => request.endpoint = word("endpoint", text, imgcost_core::Endpoint::NAMES)?,
        Field::BatchApi => request.tier = if flag("batch_api", text)? { Tier::Batch } else { Tier::Standard },
        Field::AsOf => request.as_of = date("as_of", text)?,
        Field::GroupRatio => request.group_ratio = Some(ratio("group_ratio", text)?),
        Field::ResponsesModel => request.responses_model = Some(text.to_owned()),
        Field::MaxToolCalls => request.max_tool_calls = Some(whole("max_tool_calls", text)?),
        Field::Prompt | Field::PromptFile | Field::Images | Field::Mask | Field::AssumePromptTokens => {}
    }
    Ok(())
}

fn replace(target: &mut String, text: &str) {
    target.clear();
    target.push_str(text);
}

fn word<T: std::str::FromStr>(field: &str, text: &str, names: &[&str]) -> Result<T, Error> {
    text.parse().map_err(|_| {
        Error::new(Code::IllegalValue, format!("{field} '{}' is not one of its values", shown(text)))
            .field(field)
            .allowed(names)
            .nearest_name(text)
    })
}

/// Adds a model's own range to what [`set`] says of a value that is no whole number.
pub(crate) fn with_range(error: Error, offer: Option<&Offer<'_>>) -> Error {
    if error.code() != Code::IllegalValue || !error.allowed_values().is_empty() {
        return error;
    }
    let limits: Option<&Limits> = offer.map(|offer| &offer.family.limits.rule);
    let (least, most) = match (error.field_name(), limits) {
        (Some("n"), Some(limits)) => match limits.n_max {
            Some(most) => (1, most),
            None => return error.allowed(["1 or more"]),
        },
        (Some("partial_images"), Some(limits)) => (0, limits.partial_images_max),
        (Some("output_compression"), _) => (0, 100),
        _ => return error,
    };
    error.allowed([if least == most { least.to_string() } else { format!("{least} to {most}") }])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn dates_are_written_one_way() {
        assert_eq!(date("as_of", "2026-11-21").unwrap(), Date::constant(2026, 11, 21));
        for text in [
            "",
            "today",
            "2026-2-1",
            "2026-02-30",
            "20261121",
            "2026-11-21T00:00",
            "2026/11/21",
            "+026-11-21",
        ] {
            assert!(date("as_of", text).is_err(), "{text}");
        }
    }

    #[test]
    fn whole_numbers_are_plain_digits() {
        assert_eq!(whole("n", "10").unwrap(), 10);
        for text in ["", "-1", "+1", "1.0", "1e3", "abc", "4294967296", "99999999999999999999999"] {
            assert!(whole("n", text).unwrap_err().message().starts_with("n = "), "{text}");
        }
    }

    #[test]
    fn every_field_is_found_by_its_name() {
        for (name, field) in Field::ALL {
            assert_eq!(Field::named(name), Some(*field));
        }
    }
}
