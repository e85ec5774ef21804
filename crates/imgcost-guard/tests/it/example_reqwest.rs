//! The example with reqwest does what it says.
#![cfg(all(feature = "reqwest-middleware", feature = "built-in-book"))]

#[path = "../../examples/reqwest.rs"]
#[allow(dead_code, reason = "its main is not run")]
mod example;

#[tokio::test]
async fn the_example_with_reqwest_runs() {
    let api = imgcost_fake::Fake::start().await;
    example::run(&api.url(), "a key").await.unwrap();
}
