//! Fields of the providers' own dialects, as their documentation has them: what sets size, count or
//! price is read, and what can't be priced leaves no ceiling.

use crate::support::TODAY;
use imgcost_core::{InputImage, Prompt, Request};
use imgcost_wire::{Dialect, Measure, ParsedBody};
use serde_json::{Value, json};

/// Measures nothing: an image of these tests is `WIDTHxHEIGHT`, or an address.
struct Plain;

impl Measure for Plain {
    fn prompt(&self, text: &str) -> Prompt {
        Prompt::of_tokens(u64::try_from(text.len()).unwrap())
    }

    fn image(&self, reference: &str) -> InputImage {
        reference.parse().map_or(InputImage::Unsized, InputImage::Sized)
    }
}

fn request(dialect: Dialect, body: &Value) -> Request {
    let base = Request::new("openai", "m", TODAY);
    ParsedBody::read(dialect, body.as_object().unwrap(), &base, &Plain).unwrap().request
}

/// `size xn` of a body, or `least-n` where the count is a range; then what has no ceiling.
fn shown(dialect: Dialect, body: &Value) -> String {
    let request = request(dialect, body);
    let size = request.size.map_or("-".to_owned(), |size| size.to_string());
    let n = match request.least_n {
        Some(least) => format!("{least}-{}", request.n),
        None => request.n.to_string(),
    };
    let open = [request.unknown_fields, request.unseen_context].concat();
    [format!("{size} x{n}"), open.join(", ")].join(" ").trim_end().to_owned()
}

#[test]
fn sizes_and_counts_are_read_by_each_api_s_own_names() {
    for (dialect, body, expected) in [
        (Dialect::Gemini, json!({"generationConfig": {"imageConfig": {"imageSize": "2K"}}}), "2048x2048 x1"),
        (
            Dialect::Gemini,
            json!({"generation_config": {"image_config": {"image_size": "512"}, "candidate_count": 2}}),
            "512x512 x2",
        ),
        (Dialect::Imagen, json!({"instances": [{"prompt": "a"}]}), "- x1-4"),
        (
            Dialect::Imagen,
            json!({"instances": [{}], "parameters": {"sampleCount": 2, "sampleImageSize": "2K"}}),
            "2048x2048 x2",
        ),
        (Dialect::Xai, json!({"resolution": "1.5k", "n": 3}), "1536x1536 x3"),
        (Dialect::OpenRouterImages, json!({"resolution": "0.5K"}), "512x512 x1"),
        (Dialect::Seedream, json!({"size": "1.5K"}), "1536x1536 x1"),
        (
            Dialect::Seedream,
            json!({"size": "2304x1728", "sequential_image_generation": "auto",
                "sequential_image_generation_options": {"max_images": 3}}),
            "2304x1728 x1-3",
        ),
        (
            Dialect::Seedream,
            json!({"sequential_image_generation": "disabled", "sequential_image_generation_options": {"max_images": 3}}),
            "- x1",
        ),
        (Dialect::Seedream, json!({"sequential_image_generation": "auto"}), "- x1-15"),
        (Dialect::Ideogram, json!({"prompt": "a", "num_images": 4, "resolution": "1280x704"}), "- x4"),
        (
            Dialect::OpenAiChat,
            json!({"messages": [], "image_config": {"size": "1536x1024", "quality": "high"}}),
            "1536x1024 x1",
        ),
        (Dialect::Fal, json!({"image_size": "portrait_16_9", "num_images": 2}), "576x1024 x2"),
        (Dialect::Fal, json!({"image_size": {"width": 1000, "height": 900}}), "1000x900 x1"),
        (Dialect::Fal, json!({"image_size": "auto_2K", "num_images": 2, "max_images": 3}), "2048x2048 x2-6"),
        (Dialect::Bfl, json!({"width": 1440, "height": 1440, "input_image_8": "x"}), "1440x1440 x1"),
        (Dialect::Replicate, json!({"input": {"megapixels": "0.25", "num_outputs": 4}}), "512x512 x4"),
        (Dialect::Replicate, json!({"input": {"resolution": "2 MP"}}), "2048x1024 x1"),
        (Dialect::Replicate, json!({"input": {"resolution": "4K"}}), "4096x4096 x1"),
        (
            Dialect::Bedrock,
            json!({"taskType": "TEXT_IMAGE", "textToImageParams": {"text": "a"},
                "imageGenerationConfig": {"numberOfImages": 5, "width": 512, "height": 768}}),
            "512x768 x5",
        ),
        (
            Dialect::DashScope,
            json!({"model": "qwen-image-3.0", "input": {"messages": []}, "parameters": {"size": "1328*1328"}}),
            "1328x1328 x1",
        ),
        (Dialect::DashScope, json!({"model": "wan2.6-t2i", "input": {"prompt": "a"}}), "- x1-4"),
        (
            Dialect::DashScope,
            json!({"model": "wan2.6-t2i", "input": {"prompt": "a"}, "parameters": {"n": 2}}),
            "- x2",
        ),
    ] {
        assert_eq!(shown(dialect, &body), expected, "{dialect}: {body}");
    }
}

#[test]
fn what_is_edited_keeps_its_size_by_which_it_is_billed() {
    let edit = |image: &str| {
        json!({"taskType": "INPAINTING", "inPaintingParams": {"image": image, "maskPrompt": "sky"},
            "imageGenerationConfig": {"numberOfImages": 1, "width": 512, "height": 512}})
    };
    assert_eq!(shown(Dialect::Bedrock, &edit("1536x1536")), "1536x1536 x1");
    let open = shown(Dialect::Bedrock, &edit("https://example.com/a.png"));
    assert_eq!(open, "512x512 x1 the size of the image that is edited");
}

#[test]
fn what_may_change_the_price_unseen_leaves_no_ceiling() {
    for (dialect, body, what) in [
        (Dialect::Gemini, json!({"tools": [{"google_search": {}}]}), "tools"),
        (
            Dialect::Gemini,
            json!({"generationConfig": {"mediaResolution": "MEDIA_RESOLUTION_HIGH"}}),
            "generationConfig.mediaResolution",
        ),
        (
            Dialect::Gemini,
            json!({"generationConfig": {"routingConfig": {"autoMode": {}}}}),
            "generationConfig.routingConfig",
        ),
        (
            Dialect::OpenAiChat,
            json!({"messages": [], "image_config": {"font_inputs": [{"text": "a"}]}}),
            "image_config.font_inputs",
        ),
        (
            Dialect::OpenAiChat,
            json!({"messages": [], "image_config": {"super_resolution_references": ["u"]}}),
            "image_config.super_resolution_references",
        ),
        (Dialect::OpenAiChat, json!({"messages": [], "plugins": [{"id": "web"}]}), "plugins"),
        (Dialect::Replicate, json!({"input": {"resolution": "match_input_image"}}), "input.resolution"),
        (
            Dialect::Bedrock,
            json!({"taskType": "VIRTUAL_TRY_ON", "virtualTryOnParams": {"sourceImage": "a"}}),
            "virtualTryOnParams",
        ),
        (Dialect::Imagen, json!({"instances": [], "parameters": {"mode": "upscale"}}), "parameters.mode"),
        (Dialect::Seedream, json!({"tools": [{"type": "web_search"}]}), "tools"),
        (Dialect::Ideogram, json!({"character_reference_images": true}), "character_reference_images"),
    ] {
        let request = request(dialect, &body);
        assert_eq!(request.unseen_context, [what], "{dialect}: {body}");
    }
    // Of a dialect that is read for requests only, so does any field that is not listed.
    for (dialect, body, field) in [
        (Dialect::Fal, json!({"enable_web_search": true}), "enable_web_search"),
        (Dialect::Bfl, json!({"finetune_id": "f"}), "finetune_id"),
        (Dialect::Replicate, json!({"input": {"max_images": 4}}), "input.max_images"),
        (
            Dialect::DashScope,
            json!({"parameters": {"enable_interleave": true}}),
            "parameters.enable_interleave",
        ),
        (Dialect::Stability, json!({"creativity": 0.3}), "creativity"),
        (Dialect::Seedream, json!({"controlnet": {}}), "controlnet"),
        (Dialect::Ideogram, json!({"upscale_factor": 2}), "upscale_factor"),
        (Dialect::OpenRouterImages, json!({"font_inputs": []}), "font_inputs"),
    ] {
        let request = request(dialect, &body);
        assert_eq!(request.unknown_fields, [field], "{dialect}: {body}");
        assert_eq!(request.unseen_context.len(), 1, "{dialect}: {body}");
    }
}

#[test]
fn fields_of_the_documentation_are_known() {
    for (dialect, body) in [
        (
            Dialect::Gemini,
            json!({"contents": [{"role": "user", "parts": [{"text": "a"}]}], "safetySettings": [{}],
                "generationConfig": {"responseModalities": ["IMAGE"], "thinkingConfig": {}, "seed": 1,
                "imageConfig": {"aspectRatio": "16:9", "personGeneration": "ALLOW_ALL",
                "prominentPeople": "BLOCK_PROMINENT_PEOPLE", "imageOutputOptions": {"mimeType": "image/png"}}}}),
        ),
        (
            Dialect::Imagen,
            json!({"instances": [{"prompt": "a"}], "parameters": {"aspectRatio": "1:1", "addWatermark": true,
                "personGeneration": "allow_adult", "safetySetting": "block_only_high", "seed": 1,
                "enhancePrompt": true, "includeRaiReason": true, "negativePrompt": "b", "storageUri": "gs://b"}}),
        ),
        (
            Dialect::Xai,
            json!({"model": "grok-imagine-image-2.0", "prompt": "a", "quality": "medium",
                "aspect_ratio": "16:9", "response_format": "url", "image": {"url": "u", "type": "image_url"}}),
        ),
        (
            Dialect::Fal,
            json!({"prompt": "a", "guidance_scale": 3.5, "num_inference_steps": 28, "seed": 1,
                "enable_safety_checker": true, "safety_tolerance": "2", "output_format": "jpeg",
                "acceleration": "none", "sync_mode": false, "enhance_prompt_mode": "fast"}),
        ),
        (
            Dialect::Seedream,
            json!({"model": "seedream-4-0-250828", "prompt": "a", "image": ["u", "u"], "size": "2K",
                "sequential_image_generation": "auto", "sequential_image_generation_options": {"max_images": 3},
                "stream": true, "response_format": "url", "watermark": false, "seed": 1,
                "optimize_prompt_options": {"mode": "standard"}}),
        ),
        (
            Dialect::Ideogram,
            json!({"prompt": "a", "rendering_speed": "TURBO", "num_images": 2, "aspect_ratio": "16x9", "seed": 1,
                "magic_prompt": "OFF", "negative_prompt": "b", "style_type": "REALISTIC", "style_codes": ["AAFF5733"],
                "color_palette": {"name": "EMBER"}, "style_reference_images": true}),
        ),
        (
            Dialect::Bfl,
            json!({"prompt": "a", "width": 1024, "height": 1024, "seed": 1, "safety_tolerance": 2,
                "output_format": "png", "webhook_url": "u", "webhook_secret": "s", "steps": 50,
                "guidance": 4.5, "prompt_upsampling": true, "input_image": "u", "input_image_2": "u"}),
        ),
        (
            Dialect::Replicate,
            json!({"version": "v", "input": {"prompt": "a", "go_fast": true, "num_outputs": 1,
                "aspect_ratio": "1:1", "output_format": "webp", "output_quality": 80,
                "num_inference_steps": 4, "disable_safety_checker": false, "input_images": ["u"]}}),
        ),
        (
            Dialect::Bedrock,
            json!({"taskType": "IMAGE_VARIATION", "imageVariationParams": {"text": "a", "images": ["u"],
                "similarityStrength": 0.7, "negativeText": "b"},
                "imageGenerationConfig": {"quality": "premium", "cfgScale": 6.5, "seed": 12}}),
        ),
        (
            Dialect::Stability,
            json!({"prompt": "a", "mode": "text-to-image", "model": "sd3.5-large", "aspect_ratio": "1:1",
                "seed": 0, "output_format": "png", "style_preset": "anime", "negative_prompt": "b",
                "cfg_scale": 4}),
        ),
        (
            Dialect::DashScope,
            json!({"model": "qwen-image-3.0-pro", "input": {"messages": [{"role": "user", "content":
                [{"image": "u"}, {"text": "a"}]}]}, "parameters": {"n": 2, "negative_prompt": "b",
                "prompt_extend": true, "watermark": false, "seed": 1}}),
        ),
    ] {
        let request = request(dialect, &body);
        assert_eq!(request.unknown_fields, [""; 0], "{dialect}: {body}");
        assert_eq!(request.unseen_context, [""; 0], "{dialect}: {body}");
    }
}
