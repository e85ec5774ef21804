//! What holds of any JSON, in every dialect.

use crate::support::{BOOK, TODAY};
use imgcost_core::{CeilingBasis, InputImage, Prompt, Request, Total};
use imgcost_wire::{Dialect, Measure, ParsedBody, Scanner, response};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A prompt takes a token a byte, so that a text that is lost shows.
struct Bytes;

impl Measure for Bytes {
    fn prompt(&self, text: &str) -> Prompt {
        Prompt::of_tokens(u64::try_from(text.len()).unwrap())
    }

    fn image(&self, reference: &str) -> InputImage {
        reference.parse().map_or(InputImage::Unsized, InputImage::Sized)
    }
}

/// The names of every dialect's fields, of responses, and of nothing.
fn name() -> impl Strategy<Value = String> {
    let fields = Dialect::ALL.iter().flat_map(|dialect| dialect.fields());
    let mut names: Vec<String> =
        fields.flat_map(|fields| fields.iter()).map(|(name, _)| name.to_owned()).collect();
    let others = [
        "usage",
        "data",
        "input_tokens",
        "output_tokens",
        "usageMetadata",
        "parts",
        "text",
        "type",
        "choices",
        "candidates",
        "output",
        "result",
        "sample",
        "response",
        "error",
        "status",
        "x",
        "",
        "é",
    ];
    names.extend(others.map(str::to_owned));
    prop::sample::select(names)
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~é]{0,8}".prop_map(Value::from),
        prop::sample::select(vec![
            "auto",
            "high",
            "1024x1024",
            "2K",
            "image_generation",
            "1 MP",
            "succeeded"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec((name(), any_json()), 0..8).prop_map(|members| members.into_iter().collect())
}

fn dialect() -> impl Strategy<Value = Dialect> {
    prop::sample::select(Dialect::ALL.to_vec())
}

/// A provider and a model of it for each dialect.
fn base(dialect: Dialect) -> Request {
    let (provider, model) = match dialect {
        Dialect::Gemini => ("google-gemini-api", "gemini-3-pro-image"),
        Dialect::Imagen => ("google-gemini-api", "imagen-3.0-generate-002"),
        Dialect::Xai => ("xai", "grok-imagine-image-2.0"),
        Dialect::OpenRouterImages => ("openrouter", "google/gemini-3-pro-image"),
        Dialect::Fal => ("fal", "fal-ai/flux/dev"),
        Dialect::Bfl => ("bfl", "flux-2-pro"),
        Dialect::Bedrock => ("aws-bedrock", "amazon.titan-image-generator-v2"),
        Dialect::DashScope => ("alibaba-dashscope", "qwen-image-3.0"),
        Dialect::Seedream => ("byteplus", "seedream-4-5-251128"),
        Dialect::Ideogram => ("ideogram", "ideogram-v3"),
        _ => ("openai", "gpt-image-2"),
    };
    Request::new(provider, model, TODAY)
}

/// The same value with the members of its objects the other way round, and spaces between all.
fn spread(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let members = object.iter().rev();
            let members: Vec<String> = members
                .map(|(name, value)| format!("\n {} : {}", Value::from(name.as_str()), spread(value)))
                .collect();
            format!("{{ {}\t}}", members.join(" ,"))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(spread).collect();
            format!("[ {} ]", items.join(" , "))
        }
        other => other.to_string(),
    }
}

/// A body of each dialect, and what it was made from: the size and the number of images.
fn made() -> impl Strategy<Value = (Dialect, Value, Request)> {
    let dialects = vec![
        Dialect::OpenAiImages,
        Dialect::OpenAiResponses,
        Dialect::OpenAiChat,
        Dialect::Gemini,
        Dialect::Imagen,
        Dialect::Xai,
        Dialect::OpenRouterImages,
        Dialect::Fal,
        Dialect::Bfl,
        Dialect::Replicate,
        Dialect::Bedrock,
        Dialect::Stability,
        Dialect::Seedream,
        Dialect::Ideogram,
        Dialect::DashScope,
    ];
    let parts = (prop::sample::select(dialects), "[a-z ]{1,40}", 1_u32..=4, 1_u32..=8, 1_u32..=8, 0_usize..3);
    parts.prop_map(|(dialect, prompt, n, width, height, images)| {
        let mut request = base(dialect);
        let class = prop_class(width);
        let (width, height) = (width * 256, height * 256);
        let images: Vec<String> = (0..images).map(|at| format!("{}x{}", 256 * (at + 1), 512)).collect();
        let exact = format!("{width}x{height}");
        request.prompt = Some(Bytes.prompt(&prompt));
        request.images = images.iter().map(|image| Bytes.image(image)).collect();
        let (body, size, n) = match dialect {
            Dialect::OpenAiImages => {
                (json!({"prompt": prompt, "size": exact, "n": n, "image": images}), Some(exact), n)
            }
            Dialect::OpenAiResponses => {
                let images = images.iter().map(|image| json!({"type": "input_image", "image_url": image}));
                let content: Vec<Value> = std::iter::once(json!({"type": "input_text", "text": prompt})).chain(images).collect();
                let tools = json!([{"type": "image_generation", "size": exact}]);
                (json!({"input": [{"role": "user", "content": content}], "tools": tools}), Some(exact), 1)
            }
            Dialect::OpenAiChat => {
                let images = images.iter().map(|image| json!({"type": "image_url", "image_url": {"url": image}}));
                let content: Vec<Value> = std::iter::once(json!({"type": "text", "text": prompt})).chain(images).collect();
                let body = json!({"messages": [{"role": "user", "content": content}], "image_config": {"image_size": class.0}});
                (body, Some(class.1), 1)
            }
            Dialect::Gemini => {
                let images = images.iter().map(|image| json!({"inlineData": {"mimeType": "image/png", "data": image}}));
                let parts: Vec<Value> = std::iter::once(json!({"text": prompt})).chain(images).collect();
                let config = json!({"candidateCount": n, "imageConfig": {"imageSize": class.0}});
                (json!({"contents": [{"parts": parts}], "generationConfig": config}), Some(class.1), n)
            }
            Dialect::Imagen => {
                request.images.clear();
                (json!({"instances": [{"prompt": prompt}], "parameters": {"sampleCount": n}}), None, n)
            }
            Dialect::Xai => (
                json!({"prompt": prompt, "n": n, "resolution": class.0, "images": images}),
                Some(class.1),
                n,
            ),
            Dialect::OpenRouterImages => {
                (json!({"prompt": prompt, "n": n, "size": exact, "input_references": images}), Some(exact), n)
            }
            Dialect::Seedream => (json!({"prompt": prompt, "size": exact, "image": images}), Some(exact), 1),
            Dialect::Ideogram => {
                request.images.clear();
                (json!({"prompt": prompt, "num_images": n, "magic_prompt": "OFF"}), None, n)
            }
            Dialect::Fal => {
                let size = json!({"width": width, "height": height});
                (json!({"prompt": prompt, "num_images": n, "image_size": size, "image_urls": images}), Some(exact), n)
            }
            Dialect::Bfl => {
                let mut body = json!({"prompt": prompt, "width": width, "height": height});
                for (at, image) in images.iter().enumerate() {
                    let name = if at == 0 { "input_image".to_owned() } else { format!("input_image_{}", at + 1) };
                    body[name] = json!(image);
                }
                (body, Some(exact), 1)
            }
            Dialect::Replicate => {
                let input = json!({"prompt": prompt, "num_outputs": n, "width": width, "height": height, "input_images": images});
                (json!({"input": input}), Some(exact), n)
            }
            Dialect::Bedrock => {
                let config = json!({"numberOfImages": n, "width": width, "height": height});
                let task = json!({"text": prompt, "images": images});
                (json!({"taskType": "IMAGE_VARIATION", "imageVariationParams": task, "imageGenerationConfig": config}), Some(exact), n)
            }
            Dialect::Stability => {
                request.images.clear();
                (json!({"prompt": prompt}), None, 1)
            }
            _ => {
                let images = images.iter().map(|image| json!({"image": image}));
                let content: Vec<Value> = images.chain([json!({"text": prompt})]).collect();
                let parameters = json!({"n": n, "size": format!("{width}*{height}")});
                let input = json!({"messages": [{"role": "user", "content": content}]});
                (json!({"model": "qwen-image-3.0", "input": input, "parameters": parameters}), Some(exact), n)
            }
        };
        request.size = size.map(|size| size.parse().unwrap());
        request.n = n;
        (dialect, body, request)
    })
}

/// A class of sizes, and its square.
fn prop_class(number: u32) -> (&'static str, String) {
    let (name, edge) =
        [("1K", 1024), ("2K", 2048), ("4K", 4096), ("512", 512)][usize::try_from(number % 4).unwrap()];
    (name, format!("{edge}x{edge}"))
}

fn total(request: &Request) -> Option<Total> {
    BOOK.quote(request).ok().map(|quote| *quote.total())
}

proptest! {
    #[test]
    fn any_request_is_read_or_refused(dialect in dialect(), body in object()) {
        if let Ok(read) = ParsedBody::read(dialect, &body, &base(dialect), &Bytes) {
            let _ = BOOK.quote(&read.request).map(|quote| *quote.total());
        }
        let _ = ParsedBody::of_any(&Dialect::ALL, &Value::Object(body), &base(dialect), &Bytes);
    }

    #[test]
    fn any_response_is_read_or_refused_in_bounded_memory(body in any_json(), cut in any::<prop::sample::Index>()) {
        let text = body.to_string();
        let _ = response(&text);
        let _ = imgcost_wire::response_of_tree(&(&body).into());
        let bytes = text.as_bytes();
        for part in [bytes, &bytes[..cut.index(bytes.len())]] {
            let mut scanner = Scanner::new();
            for chunk in part.chunks(7) {
                scanner.feed(chunk);
                prop_assert!(scanner.buffered() <= Scanner::MOST_BUFFERED);
            }
            // Read in passing or at once, it is the same.
            let scan = scanner.finish().response_of("the response");
            prop_assert_eq!(scan.ok(), response(part).ok());
        }
    }

    #[test]
    fn the_order_of_members_and_spaces_change_nothing(body in object(), dialect in dialect()) {
        let (plain, spread) = (Value::Object(body.clone()).to_string(), spread(&Value::Object(body.clone())));
        prop_assert_eq!(response(plain).ok(), response(&spread).ok());
        let read = |text: &str| {
            let body = imgcost_wire::Body::read(None, text.as_bytes(), &Bytes).ok()?;
            ParsedBody::read(dialect, &body.fields, &base(dialect), &Bytes).ok()
        };
        prop_assert_eq!(read(&Value::Object(body).to_string()), read(&spread));
    }

    #[test]
    fn a_request_is_read_as_what_it_was_made_from((dialect, body, made) in made()) {
        let read = ParsedBody::of_any(&[dialect], &body, &base(dialect), &Bytes).unwrap();
        prop_assert_eq!(read.dialect(), dialect);
        let of = |request: &Request| (request.size, request.n, request.prompt, request.images.clone());
        prop_assert_eq!(of(&read.request), of(&made), "{}", body);
        prop_assert!(read.request.unknown_fields.is_empty() && read.request.unseen_context.is_empty(), "{}", body);
        prop_assert_eq!(read.request.least_n, None);
    }

    #[test]
    fn one_more_unknown_field_never_gives_a_proven_ceiling_in_any_dialect(
        (dialect, body, _) in made(),
        name in "x_[a-z]{1,12}",
        value in any_json(),
    ) {
        let read = |body: &Value| ParsedBody::of_any(&[dialect], body, &base(dialect), &Bytes).unwrap().request;
        let mut more = body.clone();
        more[&name] = if value.is_null() { json!(1) } else { value };
        let (before, after) = (read(&body), read(&more));
        prop_assert_eq!(&after.unknown_fields, &[name]);
        if let (Some(before), Some(after)) = (total(&before), total(&after)) {
            prop_assert!(after.ceiling.is_none() || after.basis == CeilingBasis::Assumed);
            prop_assert!(after.ceiling.is_none() || before.ceiling <= after.ceiling);
            prop_assert!(dialect.is_whole() || after.ceiling.is_none());
        }
    }
}
