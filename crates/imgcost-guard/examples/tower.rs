//! A budget in front of a tower service of `http` requests, here hyper's own client: a generation with
//! its cost, a stream, and a call that is denied.
//!
//! It spends up to ten cents at the API that `OPENAI_BASE_URL` names, and nothing at the fake one:
//!
//! ```sh
//! cargo run -p imgcost-fake -- --port 8080 &
//! OPENAI_BASE_URL=http://127.0.0.1:8080/v1 OPENAI_API_KEY=none \
//!     cargo run -p imgcost-guard --features tower --example tower
//! ```
//!
//! Copied into a project of your own, it needs (and for `https` a connector such as hyper-rustls):
//!
//! ```toml
//! bytes = "1"
//! http = "1"
//! http-body-util = "0.1"
//! hyper-util = { version = "0.1", default-features = false, features = ["client-legacy", "http1", "tokio"] }
//! imgcost-guard = { version = "0.1", features = ["tower"] }
//! imgcost-ledger = "0.1"
//! serde_json = "1"
//! tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
//! tower = { version = "0.5", features = ["util"] }
//! ```

use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::TokioExecutor;
use imgcost_guard::tower::GuardLayer;
use imgcost_guard::{Guard, Spend, booked, built_in_book};
use imgcost_ledger::{Cap, Ledger, MemoryLedger, NanoUsd};
use serde_json::json;
use tower::{ServiceBuilder, ServiceExt};

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

    // hyper's client follows no redirect and sends nothing twice, so that a failed connection is a
    // call that was not sent. Leave that line out for a service that does either.
    let was_not_sent = |error: &(dyn Error + 'static)| {
        error.downcast_ref::<ClientError>().is_some_and(ClientError::is_connect)
    };
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let client = ServiceBuilder::new().layer(GuardLayer::new(guard).not_sent(was_not_sent)).service(client);

    let image = |quality: &str, n: u32, stream: bool| {
        let body = json!({
            "model": "gpt-image-2", "prompt": "a red fox in the snow", "size": "1024x1024",
            "quality": quality, "n": n, "stream": stream,
        });
        // Whose money it is, and names to find the call by.
        let spend = Spend::of("team/bob".parse()?).tag("order", "7");
        let request = Request::post(format!("{base_url}/images/generations"))
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json")
            .extension(spend);
        Ok::<_, Box<dyn Error>>(request.body(Full::from(body.to_string()))?)
    };

    let response =
        client.clone().oneshot(image("low", 1, false)?).await.map_err(|error| -> Box<dyn Error> { error })?;
    let cost = booked(response.extensions());
    response.into_body().collect().await?;
    println!("a generation: ${}", cost.await.ok_or("it is no image call")?.amount);
    show("after a generation", &*ledger)?;

    let response =
        client.clone().oneshot(image("low", 1, true)?).await.map_err(|error| -> Box<dyn Error> { error })?;
    let mut events = response.into_body();
    while let Some(frame) = events.frame().await {
        println!("  {} bytes of events", frame?.data_ref().map_or(0, Bytes::len));
    }
    show("after a stream", &*ledger)?;

    // Four images of the best quality do not fit any more: this is never sent.
    match client.oneshot(image("high", 4, false)?).await {
        Err(error) => println!(
            "denied: {}",
            error.downcast::<imgcost_guard::Error>().map_err(|error| -> Box<dyn Error> { error })?
        ),
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
