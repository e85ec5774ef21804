//! Amazon Bedrock's image models, whose path names the model: Titan and Nova Canvas, and those of
//! Stability AI.

use imgcost_core::{Error, InputImage, Quality, Size};
use serde_json::{Map, Value};

use crate::body::{Measure, ParsedBody, input_images, other_field, pixels, text, whole, within};
use crate::fields::Field::{Context, Free, Parameter};
use crate::fields::Fields;
use crate::tree::Tree;

/// The fields of a body, by the descriptions of the models (docs.aws.amazon.com: Amazon Nova, "Image
/// generation and editing" and "Virtual try-on"; Amazon Bedrock, "Stable Diffusion 3").
pub(crate) const FIELDS: [&Fields; 3] = [&BODY, &CONFIG, &TASK];

const BODY: Fields = Fields {
    api: "Amazon Bedrock's image models",
    path: "",
    lists: &[
        &[
            ("taskType", Parameter),
            ("imageGenerationConfig", Parameter),
            ("textToImageParams", Parameter),
            ("inPaintingParams", Parameter),
            ("outPaintingParams", Parameter),
            ("imageVariationParams", Parameter),
            ("colorGuidedGenerationParams", Parameter),
            ("backgroundRemovalParams", Parameter),
            ("virtualTryOnParams", Context),
        ],
        // Of Stability AI.
        &[
            ("prompt", Parameter),
            ("text_prompts", Parameter),
            ("width", Parameter),
            ("height", Parameter),
            ("steps", Parameter),
            ("image", Parameter),
            ("init_image", Parameter),
            ("mode", Free),
            ("aspect_ratio", Free),
            ("negative_prompt", Free),
            ("output_format", Free),
            ("strength", Free),
            ("image_strength", Free),
            ("init_image_mode", Free),
            ("cfg_scale", Free),
            ("clip_guidance_preset", Free),
            ("sampler", Free),
            ("seed", Free),
            ("style_preset", Free),
            ("extras", Free),
        ],
    ],
};

/// The tasks that change an image.
const EDITS: [&str; 3] = ["inPaintingParams", "outPaintingParams", "backgroundRemovalParams"];

const CONFIG: Fields = Fields {
    api: "imageGenerationConfig",
    path: "imageGenerationConfig.",
    lists: &[&[
        ("numberOfImages", Parameter),
        ("width", Parameter),
        ("height", Parameter),
        ("quality", Parameter),
        ("cfgScale", Free),
        ("seed", Free),
    ]],
};

const TASK: Fields = Fields {
    api: "the parameters of a task",
    path: "textToImageParams.",
    lists: &[&[
        ("text", Parameter),
        ("image", Parameter),
        ("images", Parameter),
        ("conditionImage", Parameter),
        ("referenceImage", Parameter),
        ("maskImage", Parameter),
        ("maskPrompt", Free),
        ("negativeText", Free),
        ("style", Free),
        ("controlMode", Free),
        ("controlStrength", Free),
        ("similarityStrength", Free),
        ("outPaintingMode", Free),
        ("returnMask", Free),
        ("colors", Free),
    ]],
};

/// What is read of a response.
pub(crate) const MEMBERS: [&str; 2] = ["images", "artifacts"];

pub(crate) fn request(
    read: &mut ParsedBody,
    body: &Map<String, Value>,
    measure: &dyn Measure,
) -> Result<(), Error> {
    let mut texts = Vec::new();
    let mut edges = (None, None);
    let mut edits = false;
    for (name, value) in body.iter().filter(|(_, value)| !value.is_null()) {
        match name.as_str() {
            "imageGenerationConfig" => {
                for (name, value) in within(value) {
                    match name {
                        "numberOfImages" => read.request.n = whole(name, value)?,
                        "width" => edges.0 = Some(whole(name, value)?),
                        "height" => edges.1 = Some(whole(name, value)?),
                        "quality" => read.request.quality = text(name, value)?.parse().ok(),
                        name => other_field(read, &CONFIG, name, value),
                    }
                }
            }
            name if name.ends_with("Params") && BODY.get(name) == Some(Parameter) => {
                edits |= EDITS.contains(&name);
                task(read, value, &mut texts, measure);
            }
            "prompt" => texts.push(text(name, value)?),
            "text_prompts" => {
                let prompts = value.as_array().into_iter().flatten();
                texts.extend(prompts.filter_map(|prompt| prompt.get("text").and_then(Value::as_str)));
            }
            "width" => edges.0 = Some(whole(name, value)?),
            "height" => edges.1 = Some(whole(name, value)?),
            "image" | "init_image" => input_images(read, value, measure),
            // Stable Diffusion XL is billed by its steps, which are its quality in the price book.
            "steps" => read.request.quality = steps(whole(name, value)?),
            name => other_field(read, &BODY, name, value),
        }
    }
    if !texts.is_empty() {
        read.request.prompt = Some(measure.prompt(&texts.join("\n")));
    }
    if let Some(size) = pixels("imageGenerationConfig.width", edges.0, edges.1)? {
        read.request.size = Some(size);
    }
    // What is edited keeps the size of the image that was sent, by which it is billed.
    if edits {
        match read.request.images.first() {
            Some(InputImage::Sized(size)) => read.request.size = Some(Size::Exact(*size)),
            _ => read.request.unseen_context.push("the size of the image that is edited".to_owned()),
        }
    }
    Ok(())
}

fn task<'v>(read: &mut ParsedBody, value: &'v Value, texts: &mut Vec<&'v str>, measure: &dyn Measure) {
    for (name, value) in within(value) {
        match name {
            "text" => texts.extend(value.as_str()),
            "image" | "images" | "conditionImage" | "referenceImage" => input_images(read, value, measure),
            "maskImage" => read.request.mask = true,
            name => other_field(read, &TASK, name, value),
        }
    }
}

fn steps(steps: u32) -> Option<Quality> {
    if steps > 50 { "max-steps" } else { "50-steps" }.parse().ok()
}

pub(crate) fn is_response(value: &Tree<'_>) -> bool {
    let images = value.get("images").and_then(Tree::as_array);
    images.is_some_and(|images| images.iter().all(Tree::is_string))
}

pub(crate) fn images_of(value: &Tree<'_>) -> Option<u64> {
    u64::try_from(value.get("images")?.as_array()?.len()).ok()
}

/// The model that a path names: `/model/NAME/invoke`.
pub(crate) fn model_in(path: &str) -> Option<&str> {
    let (before, verb) = path.rsplit_once('/')?;
    let (parent, model) = before.rsplit_once('/')?;
    (verb == "invoke" && parent.ends_with("/model")).then_some(model)
}
