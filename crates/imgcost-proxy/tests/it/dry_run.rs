//! Dry runs: nothing goes out, and image calls are answered with placeholders.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use imgcost_fake::Fake;
use imgcost_ledger::State;
use imgcost_proxy::config::Upstream;
use serde_json::{Value, json};

use crate::common::{LOW, Rig, config};

async fn rig(fake: &Fake) -> Rig {
    let mut config = config(&fake.url(), "1000000");
    config.dry_run = true;
    let url = fake.url().replace("/v1", "");
    let upstream = |path: &str, provider: &str| Upstream {
        url: url.clone(),
        path: Some(path.to_owned()),
        provider: Some(provider.to_owned()),
        ..Upstream::default()
    };
    config.upstreams.push(upstream("/gemini", "gemini"));
    config.upstreams.push(upstream("/xai", "xai"));
    config.upstreams.push(upstream("/apimart", "apimart"));
    Rig::start(config).await
}

async fn post(rig: &Rig, path: &str, body: &Value) -> (u16, String) {
    let response = rig.client.post(rig.at(path)).json(body).send().await.unwrap();
    let status = response.status().as_u16();
    if status == 200 {
        assert_eq!(response.headers()["x-imgcost-dry-run"], "1");
    }
    (status, response.text().await.unwrap())
}

/// The events of a stream, or the one document.
fn documents(text: &str) -> Vec<Value> {
    let data: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    if data.is_empty() { vec![serde_json::from_str(text).unwrap()] } else { data }
}

/// The size of a PNG, which decodes.
fn size_of(base64: &Value) -> (u32, u32) {
    let file = STANDARD.decode(base64.as_str().unwrap()).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width, info.height)
}

#[tokio::test]
async fn openais_images_have_the_size_that_was_asked_for() {
    let fake = Fake::start().await;
    let rig = rig(&fake).await;
    for (model, quality, size, n) in [
        ("gpt-image-2", "low", "1536x1024", 1),
        ("gpt-image-2", "high", "3840x2160", 2),
        ("gpt-image-1", "medium", "1024x1536", 3),
        ("gpt-image-2.5-flare", "max", "1024x1024", 1),
        ("dall-e-3", "hd", "1792x1024", 1),
    ] {
        let mut body = json!({"model": model, "prompt": "a fox", "quality": quality, "size": size, "n": n});
        for partials in [None, Some(0), Some(2)].iter().take(if model == "dall-e-3" { 1 } else { 3 }) {
            if let Some(partials) = partials {
                (body["stream"], body["partial_images"]) = (true.into(), (*partials).into());
            }
            let (status, text) = post(&rig, "/v1/images/generations", &body).await;
            assert_eq!(status, 200, "{body}: {text}");
            let documents = documents(&text);
            let images: Vec<&Value> = match documents.as_slice() {
                [whole] if partials.is_none() => {
                    whole["data"].as_array().unwrap().iter().map(|image| &image["b64_json"]).collect()
                }
                events => events.iter().map(|event| &event["b64_json"]).collect(),
            };
            assert_eq!(images.len(), n * (1 + partials.unwrap_or(0)), "{body}");
            for image in images {
                let (width, height) = size_of(image);
                assert_eq!(format!("{width}x{height}"), size);
            }
        }
    }
    assert_eq!(fake.count(), 0);
    booked_at_their_ceilings(&rig).await;
}

/// Its provider states no largest n.
#[tokio::test]
async fn no_number_of_images_fills_the_memory() {
    let fake = Fake::start().await;
    let rig = rig(&fake).await;
    let mut body = json!({"model": "gpt-image-2.5-ext", "prompt": "a fox", "size": "1024x1024", "n": 12});
    let (status, text) = post(&rig, "/apimart/v1/images/generations", &body).await;
    assert_eq!((status, documents(&text)[0]["data"].as_array().unwrap().len()), (200, 12), "{text}");
    body["n"] = 500_000.into();
    let (status, text) = post(&rig, "/apimart/v1/images/generations", &body).await;
    assert!(status == 402 && text.contains("at most 64 MB"), "{status} {text}");
}

async fn booked_at_their_ceilings(rig: &Rig) {
    rig.ended().await;
    for hold in rig.holds() {
        assert_eq!((hold.state, hold.cost), (State::Settled, Some(hold.ceiling)), "{}", hold.request);
    }
}

#[tokio::test]
async fn edits_the_responses_api_and_gemini_are_answered_too() {
    let fake = Fake::start().await;
    let rig = rig(&fake).await;
    let form = reqwest::multipart::Form::new()
        .text("model", "gpt-image-1.5")
        .text("prompt", "a fox")
        .text("quality", "low")
        .text("size", "1024x1024")
        .part("image", reqwest::multipart::Part::bytes(image(640, 480)).file_name("a.png"));
    let edit = rig.client.post(rig.at("/v1/images/edits")).multipart(form).send().await.unwrap();
    assert_eq!(edit.status(), 200);
    let edit: Value = edit.json().await.unwrap();
    assert!(edit["usage"]["input_tokens_details"]["image_tokens"].as_u64().unwrap() > 0, "{}", edit["usage"]);

    let tool =
        json!({"type": "image_generation", "model": "gpt-image-2", "quality": "low", "size": "1024x1536"});
    let mut body = json!({"model": "gpt-5.1", "input": "draw a fox", "tools": [tool]});
    let (status, text) = post(&rig, "/v1/responses", &body).await;
    let whole: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, size_of(&whole["output"][0]["result"])), (200, (1024, 1536)));
    body["stream"] = true.into();
    let (_, text) = post(&rig, "/v1/responses", &body).await;
    let events = documents(&text);
    assert_eq!(
        (&events[0]["type"], &events[events.len() - 1]["type"]),
        (&"response.created".into(), &"response.completed".into())
    );

    let body = json!({
        "contents": [{"parts": [{"text": "a fox"}]}],
        "generationConfig": {"imageConfig": {"aspectRatio": "1:1", "imageSize": "2K"}},
    });
    for (end, is_list) in [
        ("generateContent", false),
        ("streamGenerateContent", true),
        ("streamGenerateContent?alt=sse", false),
    ] {
        let path = format!("/gemini/v1beta/models/gemini-3.1-flash-image-preview:{end}");
        let (status, text) = post(&rig, &path, &body).await;
        assert_eq!(status, 200, "{end}: {text}");
        let document = documents(&text).remove(0);
        let document = if is_list { &document[0] } else { &document };
        assert_eq!(
            size_of(&document["candidates"][0]["content"]["parts"][0]["inlineData"]["data"]),
            (2048, 2048)
        );
    }
    assert_eq!(fake.count(), 0);
    booked_at_their_ceilings(&rig).await;
}

/// A PNG of a size.
fn image(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    let pixels = vec![0; (width * height) as usize];
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    file
}

#[tokio::test]
async fn what_has_no_placeholder_gets_402_and_holds_nothing() {
    let fake = Fake::start().await;
    let rig = rig(&fake).await;
    let chat = json!({"model": "gpt-5.1", "messages": []});
    let grok = json!({"model": "grok-imagine-image", "prompt": "a fox"});
    for (path, body) in [("/v1/chat/completions", &chat), ("/xai/v1/images/generations", &grok)] {
        let (status, text) = post(&rig, path, body).await;
        let error: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((status, &error["error"]["code"]), (402, &"dry-run".into()), "{path}: {text}");
    }
    assert_eq!(rig.client.get(rig.at("/v1/models")).send().await.unwrap().status(), 402);
    assert!(rig.holds().iter().all(|hold| hold.state == State::Released));
    assert_eq!(fake.count(), 0);
}

#[tokio::test]
async fn a_budget_counts_in_a_dry_run_as_it_would() {
    let fake = Fake::start().await;
    let mut config = config(&fake.url(), "0.01");
    config.dry_run = true;
    let rig = Rig::start(config).await;
    assert_eq!(rig.images(LOW).send().await.unwrap().status(), 200);
    assert_eq!(rig.images(LOW).send().await.unwrap().status(), 402);
    assert_eq!(fake.count(), 0);
}
