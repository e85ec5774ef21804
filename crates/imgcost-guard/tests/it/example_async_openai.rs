//! The example with async-openai does what it says.
#![cfg(all(feature = "async-openai", feature = "built-in-book"))]

#[path = "../../examples/async_openai.rs"]
#[allow(dead_code, reason = "its main is not run")]
mod example;

#[tokio::test]
async fn the_example_with_async_openai_runs() {
    let api = imgcost_fake::Fake::start().await;
    example::run(&api.url(), "a key").await.unwrap();
}
