//! The fake image API responses as the real one does, and misbehaves as it is told.

use std::time::{Duration, Instant};

use crate::common::give_up;
use imgcost_core::Response as Reported;
use imgcost_fake::{Behaviour, Fake, FilePart};
use imgcost_wire::{End, Scan, Scanner};
use reqwest::Response;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

async fn post(
    fake: &Fake,
    path: &str,
    body: &Value,
    behaviour: Option<Behaviour>,
) -> reqwest::Result<Response> {
    let mut request = reqwest::Client::new().post(fake.at(path)).body(body.to_string());
    request = request.header("content-type", "application/json").header("authorization", "Bearer secret");
    if let Some(behaviour) = behaviour {
        request = request.header("x-fake", behaviour.as_str());
    }
    request.send().await
}

fn image(quality: &str) -> Value {
    json!({"model": "gpt-image-2", "prompt": "a fox", "size": "1024x1024", "quality": quality})
}

/// Scans a body as it arrives; says whether it arrived whole.
async fn scan(mut response: Response) -> (Scan, bool) {
    let mut scanner = Scanner::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => scanner.feed(&chunk),
            end => return (scanner.finish(), end.is_ok()),
        }
    }
}

async fn read(response: Response) -> Reported {
    assert_eq!(response.status(), 200);
    let (scan, whole) = scan(response).await;
    assert!(whole && scan.end == End::Complete, "{scan:?}");
    scan.response.unwrap()
}

#[tokio::test]
async fn a_generation_uses_what_the_price_book_says() {
    let fake = Fake::start().await;
    let mut body = image("high");
    body["n"] = 2.into();
    let response = post(&fake, "/images/generations", &body, None).await.unwrap();
    assert!(response.content_length().is_some());
    let text = response.text().await.unwrap();
    let response = imgcost_wire::response(&text).unwrap();
    assert_eq!((response.usage.output, response.usage.images), (Some(2 * 7024), Some(2)));
    assert_eq!(response.usage.image_output, Some(2 * 7024));
    assert_eq!(response.size.unwrap().to_string(), "1024x1024");
    let document: Value = serde_json::from_str(&text).unwrap();
    assert!(document["data"][1]["b64_json"].as_str().unwrap().starts_with("iVBORw0KGgo"));

    let calls = fake.calls();
    assert_eq!((calls.len(), &calls[0].body), (1, &body));
    assert_eq!(calls[0].path, "/v1/images/generations");
    assert!(!format!("{calls:?}").contains("secret"));
}

#[tokio::test]
async fn an_edit_may_be_a_form_or_json() {
    let fake = Fake::start().await;
    let png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x04\x00\x00\x00\x04\x00\x08\x02\x00\x00\x00";
    let file = |name: &str| Part::bytes(png.to_vec()).file_name(name.to_owned());
    let form = Form::new()
        .text("model", "gpt-image-2")
        .text("prompt", "make it night")
        .text("size", "1024x1024")
        .text("quality", "low")
        .text("n", "1")
        .part("image[]", file("a.png"))
        .part("image[]", file("b.png"));
    let request = reqwest::Client::new().post(fake.at("/images/edits")).multipart(form);
    let by_form = read(request.send().await.unwrap()).await;

    let call = fake.calls().remove(0);
    let part = |name: &str| FilePart { field: "image[]".into(), name: Some(name.into()), bytes: png.len() };
    assert_eq!(call.files, [part("a.png"), part("b.png")]);
    assert_eq!(call.body["n"], 1);
    assert!(call.header("content-type").unwrap().starts_with("multipart/form-data"));

    let by_json = read(post(&fake, "/images/edits", &call.body, None).await.unwrap()).await;
    assert_eq!(by_form, by_json);
    assert!(by_form.usage.image_input.unwrap() > 0);
}

#[tokio::test]
async fn a_stream_sends_partial_and_completed_images() {
    let fake = Fake::start().await;
    let mut body = image("low");
    body["n"] = 2.into();
    let plain = read(post(&fake, "/images/generations", &body, None).await.unwrap()).await;
    body["stream"] = true.into();
    body["partial_images"] = 2.into();
    let response = post(&fake, "/images/generations", &body, None).await.unwrap();
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/event-stream"));
    let text = response.text().await.unwrap();
    assert_eq!(text.matches("event: image_generation.partial_image").count(), 4);
    assert_eq!(text.matches("event: image_generation.completed").count(), 2);
    let streamed = imgcost_wire::response(&text).unwrap();
    assert_eq!(streamed.usage.images, Some(2));
    // Partial images are billed.
    assert!(streamed.usage.output > plain.usage.output);
}

#[tokio::test]
async fn the_responses_api_reports_two_models() {
    let fake = Fake::start().await;
    let tool =
        json!({"type": "image_generation", "model": "gpt-image-2", "size": "1024x1024", "quality": "high"});
    let mut body = json!({"model": "gpt-5", "input": "a fox", "tools": [tool]});
    let plain = read(post(&fake, "/responses", &body, None).await.unwrap()).await;
    assert_eq!((plain.usage.image_output, plain.usage.images), (Some(7024), Some(1)));
    assert_eq!(plain.responses_model.as_deref(), Some("gpt-5"));
    assert!(plain.usage.responses_output.unwrap() > 0);
    body["stream"] = true.into();
    body["tools"][0]["partial_images"] = 1.into();
    let streamed = read(post(&fake, "/responses", &body, None).await.unwrap()).await;
    assert_eq!(streamed.usage.images, Some(1));
    assert!(streamed.usage.image_output > plain.usage.image_output);
}

#[tokio::test]
async fn a_variation_reports_images_and_no_tokens() {
    let fake = Fake::start().await;
    let form = Form::new().text("n", "2").text("size", "512x512").part("image", Part::bytes(b"x".to_vec()));
    let request = reqwest::Client::new().post(fake.at("/images/variations")).multipart(form);
    let usage = read(request.send().await.unwrap()).await.usage;
    assert_eq!((usage.images, usage.has_tokens()), (Some(2), false));
}

#[tokio::test]
async fn refusals_have_the_names_that_outcome_rules_ask_for() {
    let fake = Fake::start().await;
    for (behaviour, status, code) in [
        (Behaviour::InvalidRequest, 400, Some("invalid_value")),
        (Behaviour::ModerationBlocked, 400, Some("moderation_blocked")),
        (Behaviour::Unauthorized, 401, Some("invalid_api_key")),
        (Behaviour::Forbidden, 403, Some("unsupported_country_region_territory")),
        (Behaviour::NotFound, 404, Some("model_not_found")),
        (Behaviour::TooLarge, 413, Some("request_too_large")),
        (Behaviour::RateLimited, 429, Some("rate_limit_exceeded")),
        (Behaviour::NoQuota, 429, Some("insufficient_quota")),
        (Behaviour::ServerError, 500, Some("server_error")),
        (Behaviour::Unavailable, 503, None),
    ] {
        let response = post(&fake, "/images/generations", &image("low"), Some(behaviour)).await.unwrap();
        assert_eq!(response.status(), status, "{behaviour:?}");
        let failure = scan(response).await.0.failure;
        assert_eq!(failure.and_then(|failure| failure.error_code).as_deref(), code, "{behaviour:?}");
    }
    let unknown = json!({"model": "gpt-image-99", "prompt": "x"});
    assert_eq!(post(&fake, "/images/generations", &unknown, None).await.unwrap().status(), 400);
    assert_eq!(post(&fake, "/embeddings", &unknown, None).await.unwrap().status(), 404);
}

#[tokio::test]
async fn usage_may_be_missing_partly_missing_or_wrong() {
    let fake = Fake::start().await;
    let mut body = image("high");
    body["n"] = 2.into();
    fake.script(&[
        Behaviour::NoUsage,
        Behaviour::NoSplit,
        Behaviour::TokenDetails,
        Behaviour::FewerImages,
        Behaviour::AboveCeiling,
        Behaviour::Chunked,
    ]);
    let mut usages = Vec::new();
    for _ in 0..6 {
        usages.push(read(post(&fake, "/images/generations", &body, None).await.unwrap()).await.usage);
    }
    let seen: Vec<_> = usages.iter().map(|usage| (usage.images, usage.output, usage.image_output)).collect();
    let tokens = Some(14_048);
    assert_eq!(
        seen[..4],
        [
            (Some(2), None, None),
            (Some(2), tokens, None),
            (Some(2), tokens, tokens),
            (Some(1), Some(7024), Some(7024)),
        ]
    );
    assert_eq!(seen[4].1, Some(2 * 14_048));
    assert_eq!(seen[5], (Some(2), tokens, tokens));
}

#[tokio::test]
async fn a_response_may_break_off_be_late_or_never_come() {
    let fake = Fake::start().await;
    let body = image("low");
    let response = post(&fake, "/images/generations", &body, Some(Behaviour::Torn)).await.unwrap();
    let (torn, whole) = scan(response).await;
    assert_eq!((torn.response, torn.end, whole), (None, End::CutOff, false));

    assert!(post(&fake, "/images/generations", &body, Some(Behaviour::Reset)).await.is_err());

    let start = Instant::now();
    read(post(&fake, "/images/generations", &body, Some(Behaviour::Slow)).await.unwrap()).await;
    assert!(start.elapsed() > Duration::from_millis(250));

    let hung = post(&fake, "/images/generations", &body, Some(Behaviour::Hang));
    give_up(&fake, 4, hung).await;
}

#[tokio::test]
async fn a_stream_may_end_in_an_error() {
    let fake = Fake::start().await;
    let mut body = image("low");
    body["stream"] = true.into();
    let response = post(&fake, "/images/generations", &body, Some(Behaviour::StreamError)).await.unwrap();
    let (scan, whole) = scan(response).await;
    assert!(whole && scan.response.is_none() && scan.end == End::Complete);
    assert_eq!(scan.failure.unwrap().error_code.as_deref(), Some("moderation_blocked"));
}

#[tokio::test]
async fn images_may_be_of_any_length() {
    let fake = Fake::start().await;
    fake.set_image_bytes(64_000_000);
    let mut response = post(&fake, "/images/generations", &image("low"), None).await.unwrap();
    let (mut bytes, mut scanner) = (0, Scanner::new());
    while let Some(chunk) = response.chunk().await.unwrap() {
        bytes += chunk.len();
        scanner.feed(&chunk);
        assert!(scanner.buffered() < 4_096);
    }
    assert!(bytes > 64_000_000 && scanner.is_complete());
}

#[tokio::test]
async fn it_stops_when_it_is_dropped() {
    let fake = Fake::start().await;
    let address = fake.at("/images/generations");
    drop(fake);
    assert!(reqwest::Client::new().post(address).send().await.unwrap_err().is_connect());
}
