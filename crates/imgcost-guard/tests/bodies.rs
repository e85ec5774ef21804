//! Bodies pass through unchanged, whatever their size, and so does all else of a message.
//!
//! A program of its own: it looks at the most memory that its process has held.
#![cfg(all(feature = "async-openai", feature = "reqwest-middleware"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "it/common/mod.rs"]
mod common;
use bytes::Bytes;
use common::adapters::{Adapter, denial};
use common::{books, builder, guard, image, only_hold, slow_books};
use imgcost_fake::Fake;
use imgcost_guard::Error;
use imgcost_ledger::State;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Request, Response};

fn png(width: u32, height: u32, length: usize) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend(b"\x08\x02\0\0\0\0\0\0\0");
    bytes.resize(length.max(bytes.len()), b'x');
    bytes
}

fn request(fake: &Fake, image_bytes: u64) -> Request {
    let request =
        Client::new().post(fake.at("/images/generations")).header("content-type", "application/json");
    let request = request.header("x-fake-image-bytes", image_bytes.to_string());
    request.body(image().to_string()).build().unwrap()
}

/// Reads two responses in step, and makes sure that they are the same; says how long they are.
async fn compare(mut one: Response, mut other: Response) -> usize {
    let (mut ours, mut theirs, mut length) = (Bytes::new(), Bytes::new(), 0);
    loop {
        if ours.is_empty() {
            ours = one.chunk().await.unwrap().unwrap_or_default();
        }
        if theirs.is_empty() {
            theirs = other.chunk().await.unwrap().unwrap_or_default();
        }
        let common = ours.len().min(theirs.len());
        if common == 0 {
            assert!(ours.is_empty() && theirs.is_empty(), "one is longer");
            return length;
        }
        assert!(ours.split_to(common) == theirs.split_to(common), "they differ after {length} bytes");
        length += common;
    }
}

/// The most memory that this process ever had, in bytes. The kernel counts by processor and adds up only
/// roughly, so a later reading may be a few pages below an earlier one.
#[cfg(target_os = "linux")]
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn two_hundred_megabytes_pass_unchanged_in_constant_memory() {
    let fake = Fake::start().await;
    let plain = async |bytes| Client::new().execute(request(&fake, bytes)).await.unwrap();
    // Everything has run once before memory is looked at.
    for adapter in Adapter::ALL {
        let response = adapter.send(&guard(&books("1")), &Client::new(), request(&fake, 1 << 20)).await;
        compare(plain(1 << 20).await, response.unwrap()).await;
    }
    let before = peak_memory();
    for adapter in Adapter::ALL {
        let books = slow_books("1");
        let response = adapter.send(&guard(&books), &Client::new(), request(&fake, 200 << 20)).await.unwrap();
        assert!(compare(plain(200 << 20).await, response).await > 200 << 20, "{adapter:?}");
        assert_eq!(only_hold(&books).state, State::Settled);
    }
    let grown = peak_memory().saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes more");
}

#[tokio::test]
async fn status_headers_address_and_version_pass_unchanged() {
    let fake = Fake::start().await;
    let plain = Client::new().execute(request(&fake, 1000)).await.unwrap();
    for adapter in Adapter::ALL {
        let books = books("1");
        let response = adapter.send(&guard(&books), &Client::new(), request(&fake, 1000)).await.unwrap();
        assert_eq!(response.status(), plain.status());
        assert_eq!(response.version(), plain.version());
        assert_eq!(response.content_length(), plain.content_length());
        let headers = |response: &Response| {
            let mut headers = response.headers().clone();
            headers.remove("date");
            headers
        };
        assert_eq!(headers(&response), headers(&plain));
        // The adapter of this test drops what only reqwest knows; the others keep it.
        if adapter != Adapter::Tower {
            assert_eq!(response.url(), plain.url(), "{adapter:?}");
            assert_eq!(response.remote_addr(), plain.remote_addr());
        }
    }
}

#[tokio::test]
async fn requests_arrive_as_they_were_sent() {
    for adapter in Adapter::ALL {
        let (fake, books) = (Fake::start().await, books("1"));
        let sent = request(&fake, 1000);
        let bytes = sent.body().unwrap().as_bytes().unwrap().len();
        adapter.send(&guard(&books), &Client::new(), sent).await.unwrap();
        let call = fake.calls().pop().unwrap();
        assert_eq!((&call.body, call.body_bytes), (&image(), bytes));
        assert_eq!(call.header("content-length"), Some(bytes.to_string().as_str()));
        assert_eq!(call.header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn an_edit_with_sixteen_images_is_quoted_by_their_sizes() {
    for adapter in Adapter::ALL {
        let (fake, books) = (Fake::start().await, slow_books("20"));
        let mut form = Form::new().text("model", "gpt-image-2").text("prompt", "all of them at one table");
        form = form.text("quality", "low").text("size", "1024x1024").text("n", "2");
        for index in 0..16 {
            let part = Part::bytes(png(1024, 1536, 100_000)).file_name(format!("ein bild \"{index}\".png"));
            form = form.part("image[]", part.mime_str("image/png").unwrap());
        }
        form = form.part("mask", Part::bytes(png(1024, 1536, 100)).file_name("mask.png"));
        let request = Client::new().post(fake.at("/images/edits")).multipart(form).build().unwrap();
        let response = adapter.send(&guard(&books), &Client::new(), request).await.unwrap();
        assert_eq!(response.status(), 200);
        response.bytes().await.unwrap();
        let hold = only_hold(&books);
        // The fake counts by the sizes that it found: so did the guard, or it would be an overrun.
        assert_eq!((hold.state, hold.overrun().nano()), (State::Settled, 0));
        assert!(hold.request.contains("1024x1536"), "{}", hold.request);
        let call = fake.calls().pop().unwrap();
        assert_eq!(call.files.len(), 17);
        assert!(call.files[..16].iter().all(|file| file.field == "image[]" && file.bytes == 100_000));
    }
}

#[tokio::test]
async fn what_is_too_large_or_unreadable_is_denied_and_not_sent() {
    for adapter in Adapter::ALL {
        let (fake, books) = (Fake::start().await, books("1"));
        let guard = builder(&books).body_limit(10_000).build().unwrap();
        let post = |path: &str, kind: &str, body: Vec<u8>| {
            Client::new().post(fake.at(path)).header("content-type", kind).body(body).build().unwrap()
        };
        let large = format!("{{\"prompt\":\"{}\"}}", "x".repeat(10_000)).into_bytes();
        let error =
            adapter.send(&guard, &Client::new(), post("/images/edits", "application/json", large)).await;
        assert!(matches!(denial(&error.unwrap_err()), Error::BodyTooLarge { limit: 10_000 }));
        for (path, kind, body, word) in [
            ("/images/generations", "application/json", &b"{\"model\""[..], "JSON"),
            ("/images/edits", "multipart/form-data; boundary=x", b"--x\r\nhello", "breaks off"),
            ("/images/generations", "application/json", br#"{"prompt":"a"}"#, "gpt-image-2.5-flare"),
            ("/images/generations", "application/json", br#"{"body":{},"url":"/v1/images/edits"}"#, "Batch"),
            ("/images/generations", "application/json", br#"{"messages":[],"model":"gpt-image-2"}"#, "chat"),
            ("/responses", "application/json", b"[]", "object"),
        ] {
            let error =
                adapter.send(&guard, &Client::new(), post(path, kind, body.to_vec())).await.unwrap_err();
            let error = denial(&error);
            assert!(matches!(error, Error::Unreadable { .. }) && error.to_string().contains(word), "{error}");
        }
        let encoded = Client::new().post(fake.at("/images/generations")).header("content-encoding", "gzip");
        let encoded = encoded.header("content-type", "application/json").body("x").build().unwrap();
        let error = adapter.send(&guard, &Client::new(), encoded).await.unwrap_err();
        assert!(denial(&error).to_string().contains("encoding"));
        let mut twice = post("/images/generations", "application/json", image().to_string().into_bytes());
        twice.headers_mut().append("content-type", "multipart/form-data; boundary=x".parse().unwrap());
        let error = adapter.send(&guard, &Client::new(), twice).await.unwrap_err();
        assert!(denial(&error).to_string().contains("several content types"));
        assert_eq!((fake.count(), common::holds(&books).len()), (0, 0));
    }
}

#[tokio::test]
async fn everything_else_passes_untouched() {
    for adapter in Adapter::ALL {
        // A ledger without any budget would deny every image call.
        let books: common::Books = std::sync::Arc::new(imgcost_ledger::MemoryLedger::new());
        let (fake, guard) = (Fake::start().await, guard(&books));
        let body = vec![b'x'; 1 << 20];
        for (path, body) in [
            ("/files", body),
            ("/batches", b"{}".to_vec()),
            ("/responses", br#"{"model":"gpt-5","input":"hello"}"#.to_vec()),
            ("/chat/completions", br#"{"model":"gpt-5","messages":[],"tools":[{}]}"#.to_vec()),
        ] {
            let bytes = body.len();
            let request = Client::new().post(fake.at(path)).body(body).build().unwrap();
            let response = adapter.send(&guard, &Client::new(), request).await.unwrap();
            response.bytes().await.unwrap();
            let call = fake.calls().pop().unwrap();
            assert_eq!((call.path.as_str(), call.body_bytes), (format!("/v1{path}").as_str(), bytes));
        }
        let get = Client::new().get(fake.at("/images/generations")).build().unwrap();
        assert!(adapter.send(&guard, &Client::new(), get).await.is_ok());
        assert!(common::holds(&books).is_empty());
    }
}
