//! Any bytes as a response, at once and in chunks: read alike or refused, in bounded memory.
#![no_main]

use imgcost_wire::{Scanner, response};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let at_once = response(body).ok();
    for size in [1, 7, body.len().max(1)] {
        let mut scanner = Scanner::new();
        for chunk in body.chunks(size) {
            scanner.feed(chunk);
            assert!(scanner.buffered() <= Scanner::MOST_BUFFERED);
        }
        assert_eq!(scanner.finish().response_of("the response").ok(), at_once);
    }
});
