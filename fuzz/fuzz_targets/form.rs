//! Any bytes as a form, and as an image: read or refused.
#![no_main]

use imgcost_core::{InputImage, Prompt};
use imgcost_wire::{Body, Measure, file_facts, image_size, referenced_image};
use libfuzzer_sys::fuzz_target;

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
    let _ = Body::read(Some("multipart/form-data; boundary=b"), body, &Uncounted);
    let _ = image_size(body);
    let _ = file_facts("image", body, 0).count();
});
