//! Any bytes as the body of a request, in every dialect: read or refused.
#![no_main]

use imgcost_core::{Date, InputImage, Prompt, Request};
use imgcost_wire::{Body, Dialect, Measure, ParsedBody, referenced_image};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

struct Uncounted;

impl Measure for Uncounted {
    fn prompt(&self, _: &str) -> Prompt {
        Prompt::of_tokens(1)
    }

    fn image(&self, reference: &str) -> InputImage {
        referenced_image(reference)
    }
}

fuzz_target!(|body: &[u8]| {
    let Ok(Body { fields, .. }) = Body::read(None, body, &Uncounted) else { return };
    let base = Request::new("openai", "gpt-image-2", Date::constant(2026, 11, 21));
    for dialect in Dialect::ALL {
        let _ = ParsedBody::read(dialect, &fields, &base, &Uncounted);
    }
    let _ = ParsedBody::of_any(&Dialect::ALL, &Value::Object(fields), &base, &Uncounted);
});
