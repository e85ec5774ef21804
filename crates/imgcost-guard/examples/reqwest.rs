//! A budget in front of a reqwest client, as a middleware and by hand: a generation, an edit
//! and a stream each.
//!
//! It spends up to ten cents at the API that `OPENAI_BASE_URL` names, and nothing at the fake one:
//!
//! ```sh
//! cargo run -p imgcost-fake -- --port 8080 &
//! OPENAI_BASE_URL=http://127.0.0.1:8080/v1 OPENAI_API_KEY=none \
//!     cargo run -p imgcost-guard --features reqwest-middleware --example reqwest
//! ```
//!
//! Copied into a project of your own, it needs:
//!
//! ```toml
//! imgcost-guard = { version = "0.1", features = ["reqwest-middleware"] }
//! imgcost-ledger = "0.1"
//! reqwest = { version = "0.13", default-features = false, features = ["multipart", "stream"] }
//! reqwest-middleware = { version = "0.5", default-features = false }
//! serde_json = "1"
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! ```

use std::error::Error;
use std::sync::Arc;

use imgcost_guard::reqwest_middleware::GuardMiddleware;
use imgcost_guard::{Guard, built_in_book};
use imgcost_ledger::{Cap, Ledger, MemoryLedger, NanoUsd};
use reqwest::multipart::{Form, Part};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let named = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    run(&named("OPENAI_BASE_URL")?, &named("OPENAI_API_KEY")?).await
}

pub(crate) async fn run(base_url: &str, key: &str) -> Result<(), Box<dyn Error>> {
    // Ten cents a day for the team. A real program opens a ledger that outlives it.
    let ledger = Arc::new(MemoryLedger::new());

    let guard = Guard::builder(built_in_book(), ledger.clone(), "team/alice".parse()?)
        .budget("team", Cap::usd("0.10")?.per_day())?
        .build()?;
    by_hand(&guard, base_url, key).await?;
    show("by hand", &*ledger)?;

    // The same by a middleware, which sees to all of it.
    let plain = reqwest::Client::new();
    let client =
        reqwest_middleware::ClientBuilder::new(plain.clone()).with(GuardMiddleware::new(guard)).build();
    let post = |path: &str, body: &serde_json::Value| {
        let request = client
            .post(format!("{base_url}{path}"))
            .bearer_auth(key)
            .header("content-type", "application/json");
        request.body(body.to_string())
    };
    let image = |quality: &str, n: u32, stream: bool| {
        json!({
            "model": "gpt-image-2", "prompt": "a red fox in the snow", "size": "1024x1024",
            "quality": quality, "n": n, "stream": stream,
        })
    };

    show("before", &*ledger)?;
    post("/images/generations", &image("low", 1, false)).send().await?.bytes().await?;
    show("after a generation", &*ledger)?;

    let form = Form::new()
        .text("model", "gpt-image-2")
        .text("prompt", "make it night")
        .text("size", "1024x1024")
        .text("quality", "low")
        .part("image", Part::bytes(png()).file_name("fox.png"));
    let edit = plain.post(format!("{base_url}/images/edits")).bearer_auth(key).multipart(form).build()?;
    client.execute(edit).await?.bytes().await?;
    show("after an edit", &*ledger)?;

    let mut events = post("/images/generations", &image("low", 1, true)).send().await?;
    while let Some(chunk) = events.chunk().await? {
        println!("  {} bytes of events", chunk.len());
    }
    show("after a stream", &*ledger)?;

    // Four images of the best quality do not fit any more: this is never sent.
    match post("/images/generations", &image("high", 4, false)).send().await {
        Err(reqwest_middleware::Error::Middleware(error)) => {
            println!("denied: {}", error.downcast::<imgcost_guard::Error>()?);
        }
        Err(error) => return Err(error.into()),
        Ok(_) => return Err("it should have been denied".into()),
    }
    show("after a denial", &*ledger)
}

/// A generation, an edit and a stream with nothing but reqwest's own client.
async fn by_hand(guard: &Guard, base_url: &str, key: &str) -> Result<(), Box<dyn Error>> {
    let json = "application/json";
    let (model, size, quality) = ("gpt-image-2", "1024x1024", "low");
    let image = json!({"model": model, "prompt": "a red fox", "size": size, "quality": quality});
    let edit = json!({
        "model": model, "prompt": "make it night", "size": size, "quality": quality,
        "images": [{"file_id": "file-fox"}],
    });
    let stream = json!({"model": model, "prompt": "a fox", "size": size, "quality": quality, "stream": true});
    // A client that follows redirects or retries by itself returns the error of its last try, which
    // says nothing about a try before it that was sent.
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .build()?;
    for (path, body) in
        [("/images/generations", image), ("/images/edits", edit), ("/images/generations", stream)]
    {
        let body = body.to_string();
        let call = guard.before_async(path, Some(json), body.as_str()).await?.ok_or("no image call")?;
        let request =
            client.post(format!("{base_url}{path}")).bearer_auth(key).header("content-type", json).body(body);
        let mut response = match request.send().await {
            Ok(response) => response,
            // Of such a client, a failed connection says for sure that nothing was sent.
            Err(error) if error.is_connect() => {
                call.not_sent()?;
                return Err(error.into());
            }
            // Dropped, the call counts as sent and never answered.
            Err(error) => return Err(error.into()),
        };
        let mut watch = call.answered(response.status().as_u16());
        while let Some(chunk) = response.chunk().await? {
            watch.feed_async(&chunk).await;
        }
        println!("by hand {path}: ${}", watch.end_async().await?.amount);
    }
    Ok(())
}

/// Prints what the budget has come to.
fn show(when: &str, ledger: &dyn Ledger) -> Result<(), Box<dyn Error>> {
    for status in ledger.status(None)? {
        let left = status.left().unwrap_or(NanoUsd::ZERO);
        println!("{when}: ${} spent, ${} held, ${left} left", status.sums.settled, status.sums.held);
    }
    Ok(())
}

/// The header of a PNG of 1024x1024, which is all that is looked at.
fn png() -> Vec<u8> {
    b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x04\0\0\0\x04\0\x08\x02\0\0\0\0\0\0\0".to_vec()
}
