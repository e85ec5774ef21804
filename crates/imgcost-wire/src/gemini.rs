//! Google's `generateContent`, whole and streamed, at the Gemini API and Vertex AI.

use std::borrow::Cow;

use imgcost_core::{Error, InputImage, Response, ServedTier, Tier, Usage, printable};
use serde_json::{Map, Value};

use crate::body::{Measure, ParsedBody, class, input_image, other_field, text, whole, within};
use crate::fields::Field::{Context, Free, Parameter};
use crate::fields::Fields;
use crate::reported::{day_of, owned, served};
use crate::tree::Tree;
use crate::usage;

/// The fields of a body, by the reference of the Gemini API (hexdocs.pm/geminix, made from it, and
/// firebase.google.com/docs/reference/js/ai.imageconfig) and, for what only Vertex AI takes, by
/// googleapis' google-genai, which names it when it refuses it. Both spellings are taken, which are
/// here in one.
pub(crate) const FIELDS: [&Fields; 3] = [&BODY, &IMAGE_CONFIG, &GENERATION_CONFIG];

const BODY: Fields = Fields {
    api: "generateContent",
    path: "",
    lists: &[&[
        ("contents", Parameter),
        ("systemInstruction", Parameter),
        ("generationConfig", Parameter),
        ("model", Parameter),
        ("serviceTier", Parameter),
        ("safetySettings", Free),
        ("toolConfig", Free),
        ("labels", Free),
        ("tools", Context),
        ("cachedContent", Context),
    ]],
};

const GENERATION_CONFIG: Fields = Fields {
    api: "generationConfig of generateContent",
    path: "generationConfig.",
    lists: &[&[
        ("candidateCount", Parameter),
        ("imageConfig", Parameter),
        ("responseModalities", Free),
        ("responseMimeType", Free),
        // What the model thinks is bounded by its output limit, which the ceiling covers.
        ("thinkingConfig", Free),
        ("maxOutputTokens", Free),
        ("temperature", Free),
        ("topP", Free),
        ("topK", Free),
        ("seed", Free),
        ("stopSequences", Free),
        ("audioTimestamp", Free),
        ("speechConfig", Free),
        ("presencePenalty", Free),
        ("frequencyPenalty", Free),
        ("responseLogprobs", Free),
        ("logprobs", Free),
        // It changes how many tokens an input image takes, by no rule that is known.
        ("mediaResolution", Context),
        // They choose another model, or go into the prompt.
        ("modelSelectionConfig", Context),
        ("routingConfig", Context),
        ("responseSchema", Context),
        ("responseJsonSchema", Context),
    ]],
};

const IMAGE_CONFIG: Fields = Fields {
    api: "imageConfig of generateContent",
    path: "generationConfig.imageConfig.",
    lists: &[&[
        ("imageSize", Parameter),
        ("aspectRatio", Free),
        ("personGeneration", Free),
        ("prominentPeople", Free),
        ("imageOutputOptions", Free),
        ("outputMimeType", Free),
        ("outputCompressionQuality", Free),
    ]],
};

/// What is read of a response.
pub(crate) const MEMBERS: [&str; 38] = [
    "cachedContentTokenCount",
    "cached_content_token_count",
    "candidates",
    "candidatesTokenCount",
    "candidatesTokensDetails",
    "candidates_token_count",
    "candidates_tokens_details",
    "content",
    "createTime",
    "create_time",
    "finishReason",
    "finish_reason",
    "inlineData",
    "inline_data",
    "fileData",
    "file_data",
    "modality",
    "modelVersion",
    "model_version",
    "parts",
    "promptTokenCount",
    "promptTokensDetails",
    "prompt_token_count",
    "prompt_tokens_details",
    "serviceTier",
    "thought",
    "thoughtsTokenCount",
    "thoughts_token_count",
    "tokenCount",
    "token_count",
    "toolUsePromptTokenCount",
    "tool_use_prompt_token_count",
    "totalTokenCount",
    "total_token_count",
    "trafficType",
    "traffic_type",
    "usageMetadata",
    "usage_metadata",
];

pub(crate) fn request(
    read: &mut ParsedBody,
    body: &Map<String, Value>,
    measure: &dyn Measure,
) -> Result<(), Error> {
    let mut texts = Vec::new();
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match camel(name).as_ref() {
            "contents" | "systemInstruction" => content(read, value, &mut texts, measure),
            "generationConfig" => generation_config(read, value)?,
            "model" => {
                let model = text(name, value)?;
                read.request.model = model.rsplit('/').next().unwrap_or(model).to_owned();
                read.names_model = true;
            }
            "serviceTier" => read.request.tier = crate::body::tier(read.request.tier, name, value)?,
            known => other_field(read, &BODY, listed(&BODY, known, name), value),
        }
    }
    if !texts.is_empty() {
        read.request.prompt = Some(measure.prompt(&texts.join("\n")));
    }
    Ok(())
}

fn generation_config(read: &mut ParsedBody, config: &Value) -> Result<(), Error> {
    for (name, value) in within(config) {
        match camel(name).as_ref() {
            "candidateCount" => read.request.n = whole(name, value)?,
            "imageConfig" => {
                for (name, value) in within(value) {
                    match camel(name).as_ref() {
                        "imageSize" => read.request.size = Some(class(name, value)?),
                        known => other_field(read, &IMAGE_CONFIG, listed(&IMAGE_CONFIG, known, name), value),
                    }
                }
            }
            known => other_field(read, &GENERATION_CONFIG, listed(&GENERATION_CONFIG, known, name), value),
        }
    }
    Ok(())
}

/// The name by which a table lists a field; one that it does not list as it was sent.
fn listed<'n>(fields: &Fields, known: &'n str, sent: &'n str) -> &'n str {
    if fields.get(known).is_some() { known } else { sent }
}

/// `imageSize` of `image_size`, as Google's servers take both.
fn camel(name: &str) -> Cow<'_, str> {
    if !name.contains('_') {
        return Cow::Borrowed(name);
    }
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    Cow::Owned(camel)
}

/// Collects the texts and images of a content, or of several.
fn content<'v>(read: &mut ParsedBody, value: &'v Value, texts: &mut Vec<&'v str>, measure: &dyn Measure) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| content(read, item, texts, measure)),
        Value::Object(_) => {
            for (name, value) in within(value) {
                match camel(name).as_ref() {
                    "parts" => content(read, value, texts, measure),
                    "text" => texts.extend(value.as_str()),
                    "inlineData" => inline(read, value, measure),
                    "fileData" => input_image(read, InputImage::Unsized),
                    "role" | "thought" | "thoughtSignature" => {}
                    _ => unseen(read, format!("{} in a part", printable(name))),
                }
            }
        }
        _ => unseen(read, "a part that is neither text nor object".to_owned()),
    }
}

fn inline(read: &mut ParsedBody, value: &Value, measure: &dyn Measure) {
    let member = |names: [&str; 2]| names.iter().find_map(|name| value.get(*name)?.as_str());
    let kind = member(["mimeType", "mime_type"]).unwrap_or("image/");
    if !kind.starts_with("image/") {
        return unseen(read, format!("a part of type {}", printable(kind)));
    }
    let data = member(["data", "data"]);
    input_image(read, data.map_or(InputImage::Unsized, |data| measure.image(data)));
}

fn unseen(read: &mut ParsedBody, what: String) {
    let known = &mut read.request.unseen_context;
    if !known.contains(&what) {
        known.push(what);
    }
}

/// Whether a response is one of Gemini.
pub(crate) fn is_response(value: &Tree<'_>) -> bool {
    either(value, "candidates", "candidates").is_some() || metadata(value).is_some()
}

fn metadata<'t, 'd>(value: &'t Tree<'d>) -> Option<&'t Tree<'d>> {
    either(value, "usageMetadata", "usage_metadata")
}

fn either<'t, 'd>(value: &'t Tree<'d>, camel: &str, snake: &str) -> Option<&'t Tree<'d>> {
    value.get(camel).or_else(|| value.get(snake)).filter(|value| !value.is_null())
}

/// Whether a document of a stream says that it is the last.
pub(crate) fn is_last(value: &Tree<'_>) -> bool {
    let candidates = value.get("candidates").and_then(Tree::as_array).into_iter().flatten();
    candidates.into_iter().any(|candidate| either(candidate, "finishReason", "finish_reason").is_some())
}

/// How many images a response brings; those of its thoughts are drafts.
pub(crate) fn images_of(value: &Tree<'_>) -> Option<u64> {
    let candidates = value.get("candidates").and_then(Tree::as_array).unwrap_or_default();
    let parts = candidates.iter().filter_map(|candidate| candidate.get("content")?.get("parts")?.as_array());
    let is_image = |part: &&Tree<'_>| {
        let data =
            either(part, "inlineData", "inline_data").or_else(|| either(part, "fileData", "file_data"));
        data.is_some() && part.get("thought") != Some(&Tree::Bool(true))
    };
    u64::try_from(parts.flatten().filter(is_image).count()).ok()
}

/// Reads a response. Text is what of the candidates is no image, and all that was thought, which
/// may be in the total alone.
pub(crate) fn response(value: &Tree<'_>, response: &mut Response) -> Result<(), Error> {
    response.cumulative = true;
    if let Some(model) = owned(value, "modelVersion").or_else(|| owned(value, "model_version")) {
        response.model = Some(model.rsplit('/').next().unwrap_or(&model).to_owned());
    }
    response.day = response.day.or_else(|| day_of(either(value, "createTime", "create_time")?));
    let Some(metadata) = metadata(value) else { return Ok(()) };
    let tier = either(metadata, "serviceTier", "service_tier").and_then(served);
    response.tier = tier.or_else(|| traffic(either(metadata, "trafficType", "traffic_type")?.as_str()?));
    let count = |camel: &str, snake: &str| count(metadata, camel, snake);
    let details = |camel: &str, snake: &str, kind: &str| match either(metadata, camel, snake) {
        Some(items) => of_kind(items, kind),
        None => Ok(None),
    };
    let of_prompt = |kind| details("promptTokensDetails", "prompt_tokens_details", kind);
    let of_tools = count("toolUsePromptTokenCount", "tool_use_prompt_token_count")?;
    let prompt = count("promptTokenCount", "prompt_token_count")?;
    let input = prompt.map(|prompt| prompt.saturating_add(of_tools.unwrap_or(0)));
    let candidates = count("candidatesTokenCount", "candidates_token_count")?;
    let thoughts = count("thoughtsTokenCount", "thoughts_token_count")?.unwrap_or(0);
    let total = count("totalTokenCount", "total_token_count")?;
    let image = details("candidatesTokensDetails", "candidates_tokens_details", "IMAGE")?;
    let counted = candidates.unwrap_or(0).saturating_add(thoughts);
    // What was thought may be in the total alone.
    let of_total = total.zip(input).map(|(total, input)| total.saturating_sub(input));
    let output = match (candidates, of_total) {
        (None, None) => None,
        (_, of_total) => Some(counted.max(of_total.unwrap_or(0))),
    };
    response.usage = Usage::default();
    let usage = &mut response.usage;
    usage.input = input;
    usage.text_input = of_prompt("TEXT")?.map(|text| text.saturating_add(of_tools.unwrap_or(0)));
    usage.image_input = of_prompt("IMAGE")?;
    usage.output = output;
    usage.text_output = image.zip(output).map(|(image, output)| output.saturating_sub(image));
    usage.image_output = image;
    usage.cached_input =
        count("cachedContentTokenCount", "cached_content_token_count")?.filter(|count| *count > 0);
    if image > output {
        response.contradiction = Some("the images are more than the output");
        let mut drawn = response.usage;
        drawn.output = image;
        response.other_readings = vec![drawn];
    }
    if total.zip(input).is_some_and(|(total, input)| total < input.saturating_add(counted)) {
        let output = of_total;
        let mut less = response.usage;
        less.output = output;
        (less.text_output, less.image_output) = (None, None);
        response.contradiction.get_or_insert("totalTokenCount is less than its parts");
        response.other_readings.push(less);
    }
    Ok(())
}

/// A count in either spelling.
fn count(object: &Tree<'_>, camel: &str, snake: &str) -> Result<Option<u64>, Error> {
    usage::count(object, if object.get(camel).is_some() { camel } else { snake })
}

/// The tokens of one kind in a list of details; none where it is no list.
fn of_kind(details: &Tree<'_>, kind: &str) -> Result<Option<u64>, Error> {
    let Some(items) = details.as_array() else { return Ok(None) };
    let mut sum = 0_u64;
    for item in items.iter().filter(|item| modality(item) == kind) {
        // Google leaves out what is zero.
        sum = sum.saturating_add(count(item, "tokenCount", "token_count")?.unwrap_or(0));
    }
    Ok(Some(sum))
}

/// The modality of a detail.
fn modality<'t>(detail: &'t Tree<'_>) -> &'t str {
    detail.get("modality").and_then(Tree::as_str).unwrap_or_default()
}

/// The price list that Vertex names by its kind of traffic; none for the ordinary one.
fn traffic(kind: &str) -> Option<ServedTier> {
    match kind {
        "ON_DEMAND" | "TRAFFIC_TYPE_UNSPECIFIED" => None,
        "ON_DEMAND_FLEX" => Some(ServedTier::Known(Tier::Flex)),
        "ON_DEMAND_PRIORITY" => Some(ServedTier::Known(Tier::Priority)),
        other => Some(ServedTier::Other(printable(other))),
    }
}

/// The model that a path names: `models/NAME:generateContent`.
pub(crate) fn model_in(path: &str) -> Option<&str> {
    let (model, verb) = path.rsplit('/').next()?.rsplit_once(':')?;
    let model = model.split('@').next().unwrap_or(model);
    matches!(verb, "generateContent" | "streamGenerateContent").then_some(model)
}
