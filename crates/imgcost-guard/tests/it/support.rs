//! The table of support is true of the guard: what it calls held is read, and what it calls passed
//! or denied is.

use crate::common::{books, builder};
use imgcost_analysis::support::{Others, support};
use imgcost_guard::{Error, Guard, Policy, Unreadable, built_in_book};

fn guard(provider: &str, unreadable: Unreadable) -> Guard {
    builder(&books("0")).provider(provider).policy(Policy::default().unreadable(unreadable)).build().unwrap()
}

/// A path of an image call in each dialect, where the guard holds such calls.
fn path(dialect: &str) -> &'static str {
    match dialect {
        "openai-images" | "xai" | "seedream" => "/v1/images/generations",
        "openai-chat" => "/v1/chat/completions",
        "openai-responses" => "/v1/responses",
        "openrouter-images" => "/api/v1/images",
        "gemini" => "/v1beta/models/gemini-2.5-flash-image:generateContent",
        "imagen" => "/v1beta/models/imagen-4.0-generate-001:predict",
        "bedrock" => "/model/amazon.nova-canvas-v1:0/invoke",
        "bfl" => "/v1/flux-2-pro",
        "fal" => "/fal-ai/flux/dev",
        "replicate" => "/v1/models/openai/gpt-image-1/predictions",
        "stability" => "/v2beta/stable-image/generate/sd3",
        "ideogram" => "/v1/ideogram-v3/generate",
        "dashscope" => "/api/v1/services/aigc/multimodal-generation/generation",
        // The file of a batch.
        _ => "/v1/files",
    }
}

#[test]
fn what_the_table_calls_held_is_looked_at() {
    for one in support(&built_in_book(), []) {
        // What this guard looks at, it can read.
        let guard = guard(one.provider, Unreadable::Pass);
        for read in &one.dialects {
            let path = path(read.dialect);
            assert_eq!(guard.watches("POST", path), read.is_held, "{} {path}", one.provider);
        }
    }
}

#[test]
fn other_calls_pass_or_are_denied_as_the_table_says() {
    const TEXT: &[u8] = br#"{"model": "a-model-of-text"}"#;
    const IMAGE: &[u8] = br#"{"model": "gpt-image-2"}"#;
    let (plain, named) = ("/v1/embeddings", "/v1/embeddings/gpt-image-2:make");
    let unknown = "/v1/calls-of-tomorrow";
    for one in support(&built_in_book(), []) {
        let guard = guard(one.provider, Unreadable::Deny);
        let passes = |path: &str, body: &[u8]| match guard.before(path, Some("application/json"), body) {
            Ok(None) => true,
            Err(Error::Unreadable { .. }) => false,
            other => panic!("{} {path}: {other:?}", one.provider),
        };
        let found = [passes(plain, TEXT), passes(named, TEXT), passes(plain, IMAGE), passes(unknown, TEXT)];
        let wanted = match one.other_calls {
            Others::DeniedIfUnknown => [true, true, true, false],
            Others::DeniedByPath => [true, false, true, true],
            Others::DeniedByBody => [true, true, false, true],
            Others::Denied => [false; 4],
            other => panic!("{other:?}"),
        };
        assert_eq!(found, wanted, "{}", one.provider);
    }
}
