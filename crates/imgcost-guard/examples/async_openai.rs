//! A budget in front of an async-openai client: a generation, an edit and a stream.
//!
//! It spends up to ten cents at the API that `OPENAI_BASE_URL` names, and nothing at the fake one:
//!
//! ```sh
//! cargo run -p imgcost-fake -- --port 8080 &
//! OPENAI_BASE_URL=http://127.0.0.1:8080/v1 OPENAI_API_KEY=none \
//!     cargo run -p imgcost-guard --features async-openai --example async_openai
//! ```
//!
//! Copied into a project of your own, it needs:
//!
//! ```toml
//! async-openai = { version = "0.43", default-features = false, features = ["image", "middleware"] }
//! futures-util = "0.3"
//! imgcost-guard = { version = "0.1", features = ["async-openai"] }
//! imgcost-ledger = "0.1"
//! reqwest = { version = "0.13", default-features = false }
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! tower = "0.5"
//! ```

use std::error::Error;
use std::sync::Arc;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::{ReqwestService, retry::OpenAIRetryLayer};
use async_openai::types::images::{
    CreateImageEditRequestArgs, CreateImageRequestArgs, ImageInput, ImageModel, ImageQuality, ImageSize,
};
use futures_util::StreamExt;
use imgcost_guard::{Guard, async_openai::GuardLayer, built_in_book};
use imgcost_ledger::{Cap, Ledger, MemoryLedger, NanoUsd};
use tower::ServiceBuilder;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let named = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    run(&named("OPENAI_BASE_URL")?, &named("OPENAI_API_KEY")?).await
}

pub(crate) async fn run(base_url: &str, key: &str) -> Result<(), Box<dyn Error>> {
    // Ten cents a day for the team. A real program opens a ledger that outlives it.
    let ledger = Arc::new(MemoryLedger::new());

    // Retries around the guard, the guard around the transport.
    let guard = Guard::builder(built_in_book(), ledger.clone(), "team/alice".parse()?)
        .budget("team", Cap::usd("0.10")?.per_day())?
        .build()?;
    let service = ServiceBuilder::new()
        .layer(OpenAIRetryLayer::default())
        .layer(GuardLayer::new(guard))
        .service(ReqwestService::new(reqwest::Client::new()));
    let config = OpenAIConfig::new().with_api_base(base_url).with_api_key(key);
    let client = Client::with_config(config).with_http_service(service);

    let mut image = CreateImageRequestArgs::default();
    image.model(ImageModel::GptImage2).prompt("a red fox in the snow").size(ImageSize::S1024x1024);
    image.quality(ImageQuality::Low);

    show("before", &*ledger)?;
    client.images().generate(image.build()?).await?;
    show("after a generation", &*ledger)?;

    let fox = ImageInput::from_vec_u8("fox.png".to_owned(), png());
    let edit = CreateImageEditRequestArgs::default()
        .model(ImageModel::GptImage2)
        .prompt("make it night")
        .image(fox)
        .size(ImageSize::S1024x1024)
        .quality(ImageQuality::Low)
        .build()?;
    client.images().edit(edit).await?;
    show("after an edit", &*ledger)?;

    let mut events = client.images().generate_stream(image.build()?).await?;
    while let Some(event) = events.next().await {
        event?;
    }
    drop(events);
    show("after a stream", &*ledger)?;

    // Four images of the best quality do not fit any more: this is never sent.
    match client.images().generate(image.quality(ImageQuality::High).n(4_u8).build()?).await {
        Err(OpenAIError::Boxed(error)) => match error.downcast_ref::<imgcost_guard::Error>() {
            Some(denial) => println!("denied: {denial}"),
            None => return Err(error),
        },
        Err(error) => return Err(error.into()),
        Ok(_) => return Err("it should have been denied".into()),
    }
    show("after a denial", &*ledger)
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
