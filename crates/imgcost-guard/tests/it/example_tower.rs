//! The example with a tower service does what it says.
#![cfg(all(feature = "tower", feature = "built-in-book"))]

#[path = "../../examples/tower.rs"]
#[allow(dead_code, reason = "its main is not run")]
mod example;

#[tokio::test]
async fn the_example_with_tower_runs() {
    let api = imgcost_fake::Fake::start().await;
    example::run(&api.url(), "a key").await.unwrap();
}
