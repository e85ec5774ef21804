//! What the API would refuse, refused before anything is priced.
//!
//! Every error names the request field, what is allowed, and the nearest legal value.

use crate::book::{FreeSize, Limits, Offer, SizeClass, Sizes};
use crate::error::{Code, Error};
use crate::field_rules;
use crate::params::{Basis, Endpoint, Fidelity, Quality, Size, Tier};
use crate::request::Request;

/// The quality and size that the call will have, after defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ResolvedParams<'a> {
    /// None where the model has no quality parameter.
    pub quality: Option<&'a Quality>,
    pub size: Size,
}

/// Checks a request against the limits of an offer.
pub(crate) fn check<'a>(request: &'a Request, offer: &Offer<'a>) -> Result<ResolvedParams<'a>, Error> {
    let limits = &offer.family.limits.rule;
    let model = offer.model.id.as_str();
    endpoint(request, limits, model)?;
    let quality = quality(request, limits, model)?;
    let size = size(request, limits, model)?;
    let n_max = if request.endpoint == Endpoint::Responses { Some(1) } else { limits.n_max };
    count("n", u64::from(request.n), 1, n_max.map(u64::from), model)?;
    streaming(request, limits, model)?;
    prompt(request, limits, model)?;
    images(request, limits, model)?;
    output(request, limits, model)?;
    tier(request, offer)?;
    field_rules::check(request, offer)?;
    if request.group_ratio.is_some() && offer.model.basis != Basis::Ratio {
        let message =
            format!("group_ratio is for gateways that bill by ratio; {} does not", offer.provider.id);
        return Err(Error::new(Code::IllegalCombination, message).field("group_ratio"));
    }
    if request.responses_model.is_some() && request.endpoint != Endpoint::Responses {
        let message = "responses_model goes with endpoint responses only";
        return Err(Error::new(Code::IllegalCombination, message).field("responses_model"));
    }
    Ok(ResolvedParams { quality, size })
}

fn refused(field: &'static str, model: &str) -> Error {
    Error::new(Code::IllegalValue, format!("{model} does not take {field}")).field(field)
}

fn endpoint(request: &Request, limits: &Limits, model: &str) -> Result<(), Error> {
    if limits.endpoints.contains(&request.endpoint) {
        return Ok(());
    }
    let message = format!("{model} does not answer at {}", request.endpoint);
    Err(Error::new(Code::IllegalValue, message)
        .field("endpoint")
        .allowed(&limits.endpoints)
        .nearest_name(request.endpoint.as_str()))
}

fn quality<'a>(request: &'a Request, limits: &'a Limits, model: &str) -> Result<Option<&'a Quality>, Error> {
    let Some(quality) = &request.quality else {
        return Ok(limits.default_quality.as_ref());
    };
    let accepted = limits.qualities.contains(quality)
        || (limits.quality_auto && *quality == Quality::Auto)
        || limits.unknown;
    if accepted {
        return Ok(Some(quality));
    }
    if limits.qualities.is_empty() {
        return Err(refused("quality", model));
    }
    let auto = limits.quality_auto.then_some(&Quality::Auto);
    let message = format!("quality '{}' is not one of {model}'s", crate::book::printable(quality.as_str()));
    let error =
        Error::new(Code::IllegalValue, message).field("quality").allowed(limits.qualities.iter().chain(auto));
    // The words of one family for another's: standard is the plain one, hd the better one.
    let meant = match quality {
        Quality::Standard => Some(Quality::Medium),
        Quality::Hd | Quality::Xhigh | Quality::Max => Some(Quality::High),
        Quality::Low | Quality::Medium | Quality::Auto => Some(Quality::Standard),
        Quality::High => Some(Quality::Hd),
        Quality::Other(_) => None,
    };
    Err(match meant.filter(|meant| limits.qualities.contains(meant)) {
        Some(meant) => error.nearest(meant),
        None if *quality == Quality::High => error.nearest(&Quality::Standard),
        None => error.nearest_name(quality.as_str()),
    })
}

fn size(request: &Request, limits: &Limits, model: &str) -> Result<Size, Error> {
    // Where input images go along, an omitted size may be theirs.
    let of_edits = limits.default_size_edits.filter(|_| !request.images.is_empty());
    let default = of_edits.unwrap_or(limits.default_size);
    let size = request.size.unwrap_or(default);
    let accepted = match size {
        Size::Auto => limits.size_auto || default == Size::Auto,
        Size::Exact(pixels) => limits.sizes.accepts(pixels),
    };
    if accepted {
        return Ok(size);
    }
    let error = Error::new(Code::IllegalValue, format!("size {size} is not one of {model}'s")).field("size");
    let auto = limits.size_auto.then(|| "auto".to_owned());
    let error = match &limits.sizes {
        Sizes::Listed(sizes) => error.allowed(sizes.iter().map(ToString::to_string).chain(auto)),
        Sizes::Free(rule) => error.allowed(free_size_words(rule).into_iter().chain(auto)),
        Sizes::Any => error.allowed(["WIDTHxHEIGHT"]),
        Sizes::UpTo(most) => {
            error.allowed([format!("WIDTHxHEIGHT up to {most} pixels in all")].into_iter().chain(auto))
        }
        Sizes::Classes(classes) => error.allowed(classes.iter().map(class_words).chain(auto)),
    };
    Err(match size {
        Size::Exact(pixels) => match limits.sizes.nearest(pixels) {
            Some(nearest) => error.nearest(nearest),
            None => error,
        },
        Size::Auto => error.nearest(limits.default_size),
    })
}

fn free_size_words(rule: &FreeSize) -> Vec<String> {
    vec![
        format!("edges in multiples of {}", rule.multiple_of),
        format!("longest edge up to {}", rule.max_edge),
        format!("ratio up to {}:1", rule.max_ratio),
        format!("{} to {} pixels in all", rule.min_pixels, rule.max_pixels),
    ]
}

/// A class of sizes as errors and lists show it.
fn class_words(class: &SizeClass) -> String {
    format!("{} ({}; up to {} pixels)", class.name, class.square, class.max_pixels)
}

/// Whether a count is one that the model takes; the most is none where it is not known.
fn count(field: &'static str, value: u64, least: u64, most: Option<u64>, model: &str) -> Result<(), Error> {
    if least <= value && most.is_none_or(|most| value <= most) {
        return Ok(());
    }
    let Some(most) = most else {
        let message = format!("{model} takes {field} = {least} or more (got {value})");
        let error = Error::new(Code::IllegalValue, message).field(field);
        return Err(error.allowed([format!("{least} or more")]).nearest(least));
    };
    let message = if least == most {
        format!("{model} supports only {field} = {least} (got {value})")
    } else {
        format!("{model} takes {field} = {least} to {most} (got {value})")
    };
    let allowed = if least == most { least.to_string() } else { format!("{least} to {most}") };
    Err(Error::new(Code::IllegalValue, message)
        .field(field)
        .allowed([allowed])
        .nearest(value.clamp(least, most)))
}

fn streaming(request: &Request, limits: &Limits, model: &str) -> Result<(), Error> {
    if limits.unknown && limits.partial_images_max == 0 {
        return Ok(());
    }
    if let Some(partials) = request.partial_images {
        if limits.partial_images_max == 0 && partials > 0 {
            return Err(refused("partial_images", model));
        }
        count("partial_images", partials.into(), 0, Some(limits.partial_images_max.into()), model)?;
    }
    let never_streams = limits.partial_images_max == 0 && request.endpoint != Endpoint::Chat;
    if request.stream && never_streams { Err(refused("stream", model)) } else { Ok(()) }
}

fn prompt(request: &Request, limits: &Limits, model: &str) -> Result<(), Error> {
    let (Some(prompt), Some(most)) = (request.prompt, limits.prompt_max_chars) else { return Ok(()) };
    // A character is at most four bytes, and so at most four tokens.
    let too_long = match prompt.characters {
        Some(characters) => characters > most,
        None => prompt.tokens > most.saturating_mul(4),
    };
    if !too_long {
        return Ok(());
    }
    let met = match prompt.characters {
        Some(characters) => format!("{characters} characters"),
        None => format!("{} tokens", prompt.tokens),
    };
    let message = format!("the prompt has {met}; {model} takes up to {most} characters");
    Err(Error::new(Code::IllegalValue, message).field("prompt").allowed([format!("up to {most} characters")]))
}

fn images(request: &Request, limits: &Limits, model: &str) -> Result<(), Error> {
    let given = u64::try_from(request.images.len()).unwrap_or(u64::MAX);
    let takes_images = matches!(
        request.endpoint,
        Endpoint::Edits | Endpoint::Variations | Endpoint::Responses | Endpoint::Chat
    );
    if given > 0 && !takes_images {
        let message = format!("input images go to endpoint edits, not {}", request.endpoint);
        return Err(Error::new(Code::IllegalCombination, message).field("image").nearest(Endpoint::Edits));
    }
    if given > 0 && limits.input_images_max == Some(0) {
        return Err(refused("image", model));
    }
    let least = match request.endpoint {
        Endpoint::Edits | Endpoint::Variations => 1,
        _ => 0,
    };
    let variation = request.endpoint == Endpoint::Variations;
    let most = if variation { Some(1) } else { limits.input_images_max.map(u64::from) };
    if given < least {
        let message = format!("endpoint {} needs an input image", request.endpoint);
        return Err(Error::new(Code::IllegalCombination, message).field("image").allowed([match most {
            Some(most) => format!("{least} to {most} images"),
            None => format!("{least} or more images"),
        }]));
    }
    if given > 0 {
        count("image", given, least, most, model)?;
    }
    if request.mask && !limits.mask && !limits.unknown {
        return Err(refused("mask", model));
    }
    if request.mask && given == 0 {
        return Err(Error::new(Code::IllegalCombination, "a mask requires an input image").field("mask"));
    }
    fidelity(request, limits, model)
}

fn fidelity(request: &Request, limits: &Limits, model: &str) -> Result<(), Error> {
    let Some(fidelity) = request.input_fidelity else { return Ok(()) };
    let known = !(limits.unknown && limits.input_fidelities.is_empty());
    if known && limits.input_fidelities.is_empty() {
        return Err(refused("input_fidelity", model));
    }
    if known && !limits.input_fidelities.contains(&fidelity) {
        let message = format!("input_fidelity '{fidelity}' is not one of {model}'s");
        return Err(Error::new(Code::IllegalValue, message)
            .field("input_fidelity")
            .allowed(&limits.input_fidelities));
    }
    if request.images.is_empty() && fidelity == Fidelity::High {
        let message = "input_fidelity requires at least one input image";
        return Err(Error::new(Code::IllegalCombination, message).field("input_fidelity"));
    }
    Ok(())
}

fn output(request: &Request, limits: &Limits, model: &str) -> Result<(), Error> {
    if (&request.background, &request.output_format, request.output_compression) == (&None, &None, None) {
        return Ok(());
    }
    for (field, value, allowed) in [
        ("background", request.background.as_deref(), &limits.backgrounds),
        ("output_format", request.output_format.as_deref(), &limits.output_formats),
    ] {
        if !(limits.unknown && allowed.is_empty()) {
            one_of(field, value, allowed, model)?;
        }
    }
    let format = request.output_format.as_deref().unwrap_or("png");
    if request.background.as_deref() == Some("transparent") && format == "jpeg" {
        let message = "jpeg has no transparency: background transparent needs output_format png or webp";
        return Err(Error::new(Code::IllegalCombination, message)
            .field("output_format")
            .allowed(["png", "webp"])
            .nearest("png"));
    }
    if let Some(compression) = request.output_compression {
        if limits.output_formats.is_empty() && !limits.unknown {
            return Err(refused("output_compression", model));
        }
        count("output_compression", compression.into(), 0, Some(100), model)?;
        if compression < 100 && format == "png" {
            let message =
                "png is not compressed: output_compression below 100 needs output_format jpeg or webp";
            return Err(Error::new(Code::IllegalCombination, message)
                .field("output_compression")
                .allowed(["100 with png", "0 to 100 with jpeg or webp"])
                .nearest(100));
        }
    }
    Ok(())
}

fn one_of(field: &'static str, value: Option<&str>, allowed: &[String], model: &str) -> Result<(), Error> {
    let Some(value) = value.filter(|value| !allowed.iter().any(|a| a == value)) else { return Ok(()) };
    if allowed.is_empty() {
        return Err(refused(field, model));
    }
    let message = format!("{field} '{}' is not one of {model}'s", crate::book::printable(value));
    Err(Error::new(Code::IllegalValue, message).field(field).allowed(allowed).nearest_name(value))
}

fn tier(request: &Request, offer: &Offer<'_>) -> Result<(), Error> {
    // A tier other than the Batch API's is legal, and without a price where the book has none.
    if request.tier != Tier::Batch {
        return Ok(());
    }
    if request.stream {
        let message = "the Batch API does not stream";
        return Err(Error::new(Code::IllegalCombination, message).field("stream"));
    }
    if offer.rates(Tier::Batch).next().is_some() {
        return Ok(());
    }
    let (provider, model) = (&offer.provider.id, &offer.model.id);
    let first =
        offer.model.rates.iter().filter(|card| card.tier == Tier::Batch).map(|card| card.row.from).min();
    let error = match first {
        Some(first) => {
            let message = format!(
                "{provider} has no Batch API price for {model} on {}: the first is of {first}",
                offer.as_of
            );
            Error::new(Code::NoBatchPrice, message).nearest(first)
        }
        None => Error::new(Code::NoBatchPrice, format!("{provider} has no Batch API price for {model}")),
    };
    Err(error.field("tier"))
}
