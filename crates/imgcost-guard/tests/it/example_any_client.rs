//! The example with any client does what it says.
#![cfg(feature = "built-in-book")]

#[path = "../../examples/any_client.rs"]
#[allow(dead_code, reason = "its main is not run")]
mod example;

#[test]
fn the_example_with_any_client_runs() {
    let api = imgcost_fake::Fake::start_at(0).unwrap();
    example::run(&api.url(), "a key").unwrap();
}
