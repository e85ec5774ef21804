//! A guard that is set to a provider with an API of its own lets nothing pass in silence.

use std::sync::{Arc, Mutex};

use crate::common::{self, Books, books, builder, holds};
use imgcost_guard::{Error, Guard, Policy, Unreadable};
use imgcost_ledger::State;

type Told = Arc<Mutex<Vec<String>>>;

fn guard_of(books: &Books, provider: &str, unreadable: Unreadable) -> (Guard, Told) {
    let told = Told::default();
    let heard = Arc::clone(&told);
    let tell = common::beside_calls(move |event| heard.lock().unwrap().push(event.to_string()));
    let policy = Policy::default().unreadable(unreadable);
    let guard = builder(books).provider(provider).policy(policy).on_event(tell);
    let guard = guard.deployment("1234567890", "gemini-2.5-flash");
    let guard = guard.deployment("my-images", "imagen-4.0-generate-001");
    (guard.build().unwrap(), told)
}

const BODY: &str = r#"{"prompt":"a fox","contents":[{"parts":[{"text":"a fox"}]}]}"#;

/// Calls that may make an image: all of them passed a guard with a cap of nothing.
const DRAWING: &[(&str, &str, &str)] = &[
    ("google-gemini-api", "/v1beta/models/gemini-2.5-flash-image:generateContent", BODY),
    ("google-gemini-api", "/v1beta/models/gemini-3-pro-image:streamGenerateContent?alt=sse", BODY),
    ("gemini", "https://host/v1beta/models/imagen-4.0-generate-001:predict", BODY),
    ("google-gemini-api", "/v1beta/models/Gemini-2.5-Flash-Image%3AgenerateContent", BODY),
    (
        "google-vertex-ai",
        "/v1/projects/p/locations/us-central1/publishers/google/models/imagen-4.0-generate-001:predict",
        BODY,
    ),
    (
        "google-vertex-ai",
        "/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash-image@001:generateContent",
        BODY,
    ),
    ("google-vertex-ai", "/v1/projects/p/locations/l/endpoints/99:predict", BODY),
    ("google-vertex-ai", "/v1/projects/p/locations/l/endpoints/my-images:predict", BODY),
    ("fal", "/fal-ai/flux/dev", BODY),
    ("fal", "/fal-ai/a-model-of-tomorrow", BODY),
    ("stability", "/v2beta/stable-image/generate/core", "--x"),
    ("bfl", "/v1/flux-2-pro", BODY),
    ("replicate", "/v1/predictions", BODY),
    ("replicate", "/v1/models/openai/gpt-image-1/predictions", BODY),
    ("aws-bedrock", "/model/amazon.nova-canvas-v1%3A0/invoke", BODY),
    ("aws-bedrock", "/model/eu.amazon.nova-canvas-v1:0/invoke", BODY),
    (
        "aws-bedrock",
        "/model/arn:aws:bedrock:us-east-1::foundation-model%2Famazon.nova-canvas-v1:0/invoke",
        BODY,
    ),
    ("aws-bedrock", "/model/arn:aws:bedrock:us-east-1:1:application-inference-profile%2Fabc/invoke", BODY),
    (
        "alibaba-dashscope",
        "/api/v1/services/aigc/text2image/image-synthesis",
        r#"{"model":"qwen-image-2.0","input":{"prompt":"a fox"}}"#,
    ),
    ("alibaba-dashscope", "/api/v1/services/aigc/multimodal-generation/generation", BODY),
    (
        "alibaba-dashscope",
        "/api/v1/services/aigc/multimodal-generation/generation",
        r#"{"model":"qwen-max","Model":"qwen-image-2.0"}"#,
    ),
    ("new-api", "/v1beta/models/gemini-2.5-flash-image:generateContent", BODY),
    ("azure-foundry", "/providers/blackforestlabs/v1/flux-2-pro?api-version=preview", BODY),
];

/// Calls that make no image.
const TEXT: &[(&str, &str, &str)] = &[
    ("google-gemini-api", "/v1beta/models/gemini-2.5-flash:generateContent", BODY),
    ("google-gemini-api", "/v1beta/models/gemini-2.5-flash-image:countTokens", BODY),
    ("google-gemini-api", "/upload/v1beta/files", "a file"),
    ("google-vertex-ai", "/v1/projects/p/locations/l/endpoints/1234567890:generateContent", BODY),
    ("aws-bedrock", "/model/anthropic.claude-sonnet-4-v1%3A0/converse", BODY),
    (
        "aws-bedrock",
        "/model/arn:aws:bedrock:us-east-1:1:inference-profile%2Fus.anthropic.claude-sonnet-4-v1:0/converse",
        BODY,
    ),
    ("alibaba-dashscope", "/api/v1/services/aigc/text-generation/generation", r#"{"model":"qwen-max"}"#),
    ("replicate", "/v1/predictions/rrr4z55ocneqzikepnug6xezpe/cancel", ""),
    ("new-api", "/v1/embeddings", BODY),
];

#[test]
fn a_native_call_that_may_make_an_image_is_denied() {
    for (provider, path, body) in DRAWING {
        let books = books("0");
        let (guard, told) = guard_of(&books, provider, Unreadable::Deny);
        assert!(guard.watches("POST", path) && !guard.watches("GET", path), "{path}");
        let error = guard.before(path, Some("application/json"), body.as_bytes()).unwrap_err();
        match &error {
            // What is read has a ceiling, and there is no money for it.
            Error::Refused(_) | Error::NotQuotable(_) | Error::UnseenContext { .. } => {}
            Error::Unreadable { .. } => assert!(error.to_string().contains("read"), "{path}: {error}"),
            error => panic!("{path}: {error}"),
        }
        assert!(holds(&books).is_empty() && told.lock().unwrap().is_empty());
    }
}

#[test]
fn a_native_call_that_makes_none_passes_and_is_told_once_a_path() {
    for (provider, path, body) in TEXT {
        let books = books("0");
        let (guard, told) = guard_of(&books, provider, Unreadable::Deny);
        for _ in 0..3 {
            assert!(guard.before(path, None, body.as_bytes()).unwrap().is_none(), "{path}");
        }
        let told = told.lock().unwrap();
        assert!(told.len() == 1 && told[0].contains("unmetered") && told[0].contains(provider), "{told:?}");
    }
    let (guard, told) = guard_of(&books("0"), "replicate", Unreadable::Deny);
    for id in ["one", "two"] {
        guard.before(&format!("/v1/predictions/{id}/cancel"), None, b"").unwrap();
    }
    assert!(told.lock().unwrap()[..].iter().all(|notice| notice.contains("/v1/predictions/*/cancel")));
    assert_eq!(told.lock().unwrap().len(), 1);
}

#[test]
fn a_policy_lets_native_calls_pass_and_they_are_told() {
    for (provider, path, body) in DRAWING.iter().chain(TEXT) {
        let (guard, told) = guard_of(&books("0"), provider, Unreadable::Pass);
        match guard.before(path, None, body.as_bytes()) {
            Ok(None) => assert_eq!(told.lock().unwrap().len(), 1, "{path}"),
            // What is read is metered whatever the policy.
            Err(Error::Refused(_) | Error::NotQuotable(_) | Error::UnseenContext { .. }) => {
                assert!(guard.watches("POST", path), "{path}");
            }
            other => panic!("{path}: {other:?}"),
        }
    }
}

#[test]
fn calls_in_a_providers_own_dialect_are_held_and_settled_by_their_responses() {
    let gemini = r#"{"contents":[{"parts":[{"text":"a fox"}]}],"generationConfig":{"imageConfig":{"imageSize":"4K"}}}"#;
    for (provider, path, body, response, ceiling, booked) in [
        (
            "google-gemini-api",
            "/v1beta/models/gemini-3-pro-image:generateContent",
            gemini,
            r#"{"candidates":[{"content":{"parts":[{"inlineData":{"data":"x"}}]}}],"modelVersion":"gemini-3-pro-image",
                "usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2000,"totalTokenCount":2003,
                "candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":2000}]}}"#,
            "0.633226",
            "0.240006",
        ),
        (
            "fal",
            "https://queue.fal.run/fal-ai/flux/dev",
            r#"{"prompt":"a fox","image_size":"square_hd","num_images":2}"#,
            r#"{"images":[{"url":"u","width":1024,"height":1024},{"url":"u","width":1024,"height":1024}]}"#,
            "0.05",
            "0.05",
        ),
        (
            "fal",
            "https://queue.fal.run/fal-ai/flux/dev",
            r#"{"prompt":"a fox","image_size":"square_hd"}"#,
            r#"{"status":"IN_QUEUE","request_id":"1","response_url":"https://queue.fal.run/r/1"}"#,
            "0.025",
            "0.025",
        ),
        (
            "bfl",
            "/v1/flux-2-pro",
            r#"{"prompt":"a fox","width":1024,"height":1024}"#,
            r#"{"id":"x","status":"Ready","result":{"sample":"u"},"cost":3,"output_mp":1}"#,
            "0.03",
            "0.03",
        ),
    ] {
        let books = books("1");
        let (guard, _) = guard_of(&books, provider, Unreadable::Deny);
        let call = guard.before(path, Some("application/json"), body.as_bytes()).unwrap().unwrap();
        assert_eq!(call.hold().unwrap().amount().to_string(), ceiling, "{path}");
        let done = call.after(200, response.as_bytes()).unwrap();
        assert_eq!((done.state, done.amount.to_string().as_str()), (State::Settled, booked), "{path}");
    }
}

#[test]
fn routes_in_the_shape_of_openais_are_read_at_every_provider() {
    let body = r#"{"model":"gemini-2.5-flash-image","prompt":"a fox"}"#;
    for unreadable in [Unreadable::Deny, Unreadable::Pass] {
        let books = books("0");
        let (guard, told) = guard_of(&books, "google-gemini-api", unreadable);
        let path = "/v1beta/openai/images/generations";
        assert!(guard.watches("POST", path));
        let error = guard.before(path, Some("application/json"), body.as_bytes()).unwrap_err();
        assert!(!matches!(error, Error::Unreadable { .. }), "{error}");
        // A chat of a text model passes unmetered, and is told.
        assert!(told.lock().unwrap().is_empty());
        let chat = r#"{"model":"gemini-2.5-flash","messages":[]}"#;
        let path = "/v1beta/openai/chat/completions";
        assert!(guard.before(path, None, chat.as_bytes()).unwrap().is_none());
        assert_eq!(told.lock().unwrap().len(), 1);
    }
}

#[test]
fn of_openais_own_api_only_image_calls_and_what_nobody_knows_are_stopped() {
    let (guard, told) = guard_of(&books("0"), "openai", Unreadable::Deny);
    for path in ["/v1/files", "/v1/models", "/v1/moderations", "/v1/responses/resp_1/cancel"] {
        assert!(guard.before(path, None, b"").unwrap().is_none(), "{path}");
    }
    assert!(told.lock().unwrap().is_empty());
    for path in ["/v1/embeddings", "/v1/audio/speech", "/v1/batches"] {
        assert!(!guard.watches("POST", path));
        assert!(guard.before(path, None, b"").unwrap().is_none(), "{path}");
    }
    assert_eq!(told.lock().unwrap().len(), 3, "{told:?}");
    for path in ["/v1/images/remixes", "/v1beta/models_/gemini-2.5-flash-image:generateContent"] {
        assert!(guard.watches("POST", path) && !guard.watches("GET", path));
        let error = guard.before(path, None, b"").unwrap_err();
        assert!(error.to_string().contains("Policy::pass"), "{error}");
    }
    let policy = Policy::default().pass("/v1/images/remixes");
    let guard = builder(&books("0")).policy(policy).build().unwrap();
    assert!(guard.before("/v1/images/remixes?x=1", None, b"").unwrap().is_none());
}

const OPENAI: &str = r#"{"model":"gpt-image-2","prompt":"a fox","quality":"low","size":"1024x1024"}"#;

#[test]
fn a_host_that_is_none_of_the_provider_is_told_once() {
    for (provider, address, notice) in [
        ("openai", "https://api.openai.com/v1/images/generations", None),
        ("openai", "/v1/images/generations", None),
        (
            "openai",
            "https://gateway.example.com/v1/images/generations",
            Some("gateway.example.com is no host of openai"),
        ),
        (
            "openai",
            "https://openrouter.ai/api/v1/images/generations",
            Some("openrouter.ai is openrouter's host"),
        ),
        ("azure", "https://my-team.openai.azure.com/openai/v1/images/generations", None),
        (
            "azure",
            "https://openai.azure.com.example.com/openai/v1/images/generations",
            Some("is no host of azure"),
        ),
        // Its hosts are not known.
        ("laozhang", "https://gateway.example.com/v1/images/generations", None),
    ] {
        let (guard, told) = guard_of(&books("1"), provider, Unreadable::Deny);
        for _ in 0..2 {
            drop(guard.before(address, Some("application/json"), OPENAI.as_bytes()));
        }
        let told: Vec<String> =
            told.lock().unwrap().iter().filter(|told| told.contains("host")).cloned().collect();
        assert_eq!(told.len(), notice.iter().len(), "{address}: {told:?}");
        assert!(told.iter().zip(notice).all(|(told, notice)| told.contains(notice)), "{told:?}");
    }
    let told = Told::default();
    let heard = Arc::clone(&told);
    let guard = builder(&books("1")).host("Gateway.example.com");
    let tell = common::beside_calls(move |event| heard.lock().unwrap().push(event.to_string()));
    let guard = guard.on_event(tell).build().unwrap();
    drop(guard.before("https://gateway.example.com:8080/v1/images/generations", None, OPENAI.as_bytes()));
    assert!(told.lock().unwrap().iter().all(|told| !told.contains("host of")), "{told:?}");
}

#[test]
fn an_unlisted_path_passes_only_at_a_host_that_nobody_knows() {
    for (host, is_denied) in [
        ("", true),
        ("https://api.openai.com", true),
        ("https://openrouter.ai", true),
        ("https://gateway.example.com", false),
    ] {
        let (guard, told) = guard_of(&books("0"), "openai", Unreadable::Deny);
        let address = format!("{host}/v1/images/remixes");
        for _ in 0..2 {
            let passed = guard.before(&address, None, b"{}");
            assert_eq!(matches!(passed, Err(Error::Unreadable { .. })), is_denied, "{address}: {passed:?}");
        }
        assert_eq!(told.lock().unwrap().len(), usize::from(!is_denied), "{address}");
    }
}

#[test]
fn a_body_without_a_model_is_of_the_one_that_its_provider_has() {
    let body = r#"{"prompt":"a fox","size":"1024x1024"}"#;
    let (guard, _) = guard_of(&books("1"), "new-api", Unreadable::Deny);
    // Which has no price there.
    let error =
        guard.before("/v1/images/generations", Some("application/json"), body.as_bytes()).unwrap_err();
    assert!(matches!(&error, Error::HoldError { model, .. } if model == "dall-e-2"), "{error:?}");
    let (guard, _) = guard_of(&books("1"), "openai", Unreadable::Deny);
    assert!(guard.before("/v1/images/generations", Some("application/json"), body.as_bytes()).is_err());
}

#[cfg(all(feature = "async-openai", feature = "reqwest-middleware"))]
mod through_adapters {
    use super::*;
    use crate::common::adapters::{Adapter, denial};
    use imgcost_fake::Fake;
    use reqwest::{Client, Request};

    fn request(fake: &Fake, path: &str, body: &str) -> Request {
        let path = path.trim_start_matches("https://host");
        let address = fake.url().replace("/v1", path);
        let request = Client::new().post(address).header("content-type", "application/json");
        request.body(body.to_owned()).build().unwrap()
    }

    #[tokio::test]
    async fn every_adapter_agrees() {
        for adapter in Adapter::ALL {
            let fake = Fake::start().await;
            for (provider, path, body) in DRAWING {
                let (guard, told) = guard_of(&books("0"), provider, Unreadable::Deny);
                let error =
                    adapter.send(&guard, &Client::new(), request(&fake, path, body)).await.unwrap_err();
                let alone = guard.before(path, Some("application/json"), body.as_bytes()).unwrap_err();
                assert_eq!(denial(&error).code(), alone.code(), "{adapter:?} {path}");
                assert!(told.lock().unwrap().is_empty());
            }
            assert_eq!(fake.count(), 0);
            for (provider, path, body) in TEXT {
                let (guard, told) = guard_of(&books("0"), provider, Unreadable::Deny);
                for _ in 0..2 {
                    adapter.send(&guard, &Client::new(), request(&fake, path, body)).await.unwrap();
                }
                assert_eq!(told.lock().unwrap().len(), 1, "{adapter:?} {path}");
            }
            assert_eq!(fake.count(), 2 * TEXT.len());
        }
    }
}
