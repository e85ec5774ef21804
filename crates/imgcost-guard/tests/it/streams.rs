//! Streams pass event by event; the hold is booked by the event that reports usage.
#![cfg(all(feature = "async-openai", feature = "reqwest-middleware"))]

use crate::common::adapters::Adapter;
use crate::common::{Books, booked, books, guard, image, only_hold, slow_books};
use imgcost_fake::{Behaviour, Fake};
use imgcost_ledger::State;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Request, Response};
use serde_json::{Value, json};

fn streamed() -> Value {
    let mut body = image();
    body["stream"] = true.into();
    body["partial_images"] = 1.into();
    body
}

fn json_request(fake: &Fake, path: &str, body: &Value, behaviour: Behaviour) -> Request {
    let request = Client::new().post(fake.at(path)).header("content-type", "application/json");
    request.header("x-fake", behaviour.as_str()).body(body.to_string()).build().unwrap()
}

async fn open(adapter: Adapter, books: &Books, request: Request) -> Response {
    adapter.send(&guard(books), &Client::new(), request).await.unwrap()
}

/// Reads until a text was seen, and not one chunk further.
async fn read_up_to(response: &mut Response, text: &str) -> String {
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains(text) {
        seen.extend(response.chunk().await.unwrap().expect("the stream ended before"));
    }
    String::from_utf8(seen).unwrap()
}

#[tokio::test]
async fn a_stream_is_settled_by_its_completed_event() {
    for adapter in Adapter::ALL {
        for books in [books("1"), slow_books("1")] {
            let fake = Fake::start().await;
            let request = json_request(&fake, "/images/generations", &streamed(), Behaviour::Ok);
            let text = open(adapter, &books, request).await.text().await.unwrap();
            assert!(
                text.contains("image_generation.partial_image")
                    && text.contains("image_generation.completed")
            );
            let hold = only_hold(&books);
            assert_eq!(hold.state, State::Settled);
            assert!(hold.cost.unwrap() <= hold.ceiling);
        }
    }
}

#[tokio::test]
async fn streams_of_edits_and_of_the_responses_api_are_settled_too() {
    let tool =
        json!({"type": "image_generation", "model": "gpt-image-2", "size": "1024x1024", "quality": "low"});
    let responses = json!({"model": "gpt-5", "input": "draw a fox", "stream": true, "tools": [tool]});
    for stream in [true, false] {
        for adapter in Adapter::ALL {
            let (fake, books) = (Fake::start().await, slow_books("5"));
            let mut body = responses.clone();
            body["stream"] = stream.into();
            let request = json_request(&fake, "/responses", &body, Behaviour::Ok);
            open(adapter, &books, request).await.bytes().await.unwrap();
            let hold = only_hold(&books);
            assert_eq!(hold.state, State::Settled, "{:?}", hold.reason);
            assert!(hold.usage.unwrap().contains("responses_input"));

            let books = slow_books("5");
            let png = Part::bytes(png(1024, 1024)).file_name("a.png");
            let form = Form::new().text("model", "gpt-image-2").text("prompt", "at night").part("image", png);
            let form =
                form.text("size", "1024x1024").text("quality", "low").text("stream", stream.to_string());
            let request = Client::new().post(fake.at("/images/edits")).multipart(form).build().unwrap();
            open(adapter, &books, request).await.bytes().await.unwrap();
            let hold = only_hold(&books);
            assert_eq!(hold.state, State::Settled, "{:?}", hold.reason);
        }
    }
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend(b"\x08\x02\0\0\0\0\0\0\0");
    bytes
}

#[tokio::test]
async fn a_stream_of_several_images_is_settled_by_their_sum() {
    let mut body = streamed();
    body["n"] = 3.into();
    for adapter in Adapter::ALL {
        let (fake, books) = (Fake::start().await, slow_books("1"));
        let request = json_request(&fake, "/images/generations", &body, Behaviour::Ok);
        open(adapter, &books, request).await.bytes().await.unwrap();
        let hold = only_hold(&books);
        assert_eq!(hold.state, State::Settled);
        assert!(hold.usage.unwrap().contains("\"images\":3"));
    }
}

#[tokio::test]
async fn a_stream_that_is_given_up_is_presumed() {
    for (n, until) in [(1, "image_generation.partial_image"), (3, "image_generation.completed")] {
        let mut body = streamed();
        body["n"] = n.into();
        for adapter in Adapter::ALL {
            for books in [books("1"), slow_books("1")] {
                let fake = Fake::start().await;
                let request = json_request(&fake, "/images/generations", &body, Behaviour::Slow);
                let mut response = open(adapter, &books, request).await;
                let seen = read_up_to(&mut response, until).await;
                if seen.matches("\"usage\"").count() == n {
                    // On a busy machine all of it may have come at once.
                    continue;
                }
                assert_eq!(only_hold(&books).state, State::Held);
                drop(response);
                let hold = booked(&books).await;
                assert_eq!(hold.state, State::Presumed, "{n}: {:?}", hold.reason);
            }
        }
    }
}

#[tokio::test]
async fn a_stream_that_is_given_up_after_its_last_event_is_settled() {
    for adapter in Adapter::ALL {
        for books in [books("1"), slow_books("1")] {
            let fake = Fake::start().await;
            let request = json_request(&fake, "/images/generations", &streamed(), Behaviour::Ok);
            let mut response = open(adapter, &books, request).await;
            let mut seen = read_up_to(&mut response, "\"usage\"").await;
            // The event may end in a chunk after.
            while !seen.ends_with("\n\n") {
                seen += &read_up_to(&mut response, "\n").await;
            }
            drop(response);
            assert_eq!(booked(&books).await.state, State::Settled);
        }
    }
}

#[tokio::test]
async fn an_error_in_a_stream_is_presumed() {
    for adapter in Adapter::ALL {
        for behaviour in [Behaviour::StreamError, Behaviour::Torn, Behaviour::NoUsage] {
            let (fake, books) = (Fake::start().await, slow_books("1"));
            let request = json_request(&fake, "/images/generations", &streamed(), behaviour);
            let _ = open(adapter, &books, request).await.bytes().await;
            let hold = booked(&books).await;
            assert_eq!(hold.state, State::Presumed, "{behaviour:?}: {:?}", hold.reason);
        }
    }
}

#[tokio::test]
async fn each_chunk_passes_when_it_comes() {
    for adapter in Adapter::ALL {
        let (fake, books) = (Fake::start().await, slow_books("1"));
        let request = json_request(&fake, "/images/generations", &image(), Behaviour::Slow);
        let mut response = open(adapter, &books, request).await;
        let (mut chunks, mut length) = (0, 0);
        while let Some(chunk) = response.chunk().await.unwrap() {
            (chunks, length) = (chunks + 1, length + chunk.len());
            if length < 40_000 {
                assert_eq!(only_hold(&books).state, State::Held);
            }
        }
        // It is sent in ten parts with pauses, which a busy machine may join in part.
        assert!(chunks > 1, "{adapter:?}: one chunk of {length} bytes");
        assert_eq!(only_hold(&books).state, State::Settled);
    }
}
