//! Wall time: `cargo bench -p imgcost-benches --bench time`.
#![allow(missing_docs, clippy::unwrap_used)]

use std::sync::LazyLock;

use divan::{Bencher, black_box};
use imgcost_benches::{auto_request, book, exact_request};
use imgcost_core::{Book, InputImage, Item, Prompt};
use imgcost_wire::{Body, Dialect, Measure, ParsedBody};

/// Shows allocations beside the times: an exact quote makes none.
#[global_allocator]
static ALLOCATIONS: divan::AllocProfiler = divan::AllocProfiler::system();

static BOOK: LazyLock<Book> = LazyLock::new(|| book().unwrap());

fn main() {
    divan::main();
}

#[divan::bench(args = ["gpt-image-1", "gpt-image-1.5", "gpt-image-2", "gpt-image-2.5-flare"])]
fn quote_exact(bencher: Bencher<'_, '_>, model: &str) {
    let request = exact_request(model);
    LazyLock::force(&BOOK);
    bencher.bench_local(|| {
        let quote = BOOK.quote(black_box(&request)).unwrap();
        black_box(quote.total().expected)
    });
}

#[divan::bench(args = ["gpt-image-1", "gpt-image-2"])]
fn quote_auto(bencher: Bencher<'_, '_>, model: &str) {
    let request = auto_request(model);
    LazyLock::force(&BOOK);
    bencher.bench_local(|| black_box(BOOK.quote(black_box(&request)).unwrap().total().ceiling));
}

#[divan::bench]
fn quote_id(bencher: Bencher<'_, '_>) {
    let request = exact_request("gpt-image-2");
    let quote = BOOK.quote(&request).unwrap();
    bencher.bench_local(|| black_box(&quote).id());
}

#[divan::bench]
fn quote_json(bencher: Bencher<'_, '_>) {
    let request = exact_request("gpt-image-2");
    let quote = BOOK.quote(&request).unwrap();
    bencher.bench_local(|| black_box(&quote).document().lines.len());
}

#[divan::bench]
fn charge(bencher: Bencher<'_, '_>) {
    let request = exact_request("gpt-image-2");
    let quote = BOOK.quote(&request).unwrap();
    let terms = quote.terms();
    let text = quote.tokens(Item::TextInput).unwrap().ceiling;
    let image = quote.tokens(Item::ImageOutput).unwrap().ceiling;
    let response = format!(r#"{{"input_tokens":{text},"output_tokens":{image}}}"#);
    let response = imgcost_wire::response(&response).unwrap();
    bencher.bench_local(|| terms.charge(black_box(&response)));
}

#[divan::bench]
fn parse_the_book_from_toml() -> Book {
    book().unwrap()
}

#[divan::bench(args = [("english", "a red apple on a wooden table, studio light "), ("letters", "a"), ("emoji", "🍎"), ("spaces", " ")])]
fn count_100_kb(bencher: Bencher<'_, '_>, (_, unit): (&str, &str)) {
    let text = unit.repeat(100_000 / unit.len());
    bencher
        .counter(divan::counter::BytesCount::of_str(&text))
        .bench_local(|| imgcost_prompt::count(black_box(&text)));
}

const BODY: &str = r#"{"model":"gpt-image-2","prompt":"PROMPT","quality":"high","size":"1536x1024","n":2,"background":"opaque","output_format":"png","moderation":"low","user":"user-1234"}"#;

/// A body of 1 KB as a client sends it; its prompt is not counted.
#[divan::bench]
fn read_a_body_of_1_kb(bencher: Bencher<'_, '_>) {
    let prompt = "a red apple on a wooden table, studio light, ".repeat(20);
    let body = BODY.replace("PROMPT", &prompt);
    let base = exact_request("gpt-image-2");
    bencher.bench_local(|| {
        let fields = Body::read(None, black_box(body.as_bytes()), &Uncounted).unwrap().fields;
        ParsedBody::of_any(&Dialect::OPENAI, &fields.into(), &base, &Uncounted).unwrap().request.n
    });
}

struct Uncounted;

impl Measure for Uncounted {
    fn prompt(&self, _: &str) -> Prompt {
        Prompt::of_tokens(1)
    }

    fn image(&self, _: &str) -> InputImage {
        InputImage::Unsized
    }
}

const RESPONSE: &str = r#"{"created":1789000000,"background":"opaque","data":[{"b64_json":"iVBORw0KGgo"}],"output_format":"png","quality":"high","size":"1536x1024","usage":{"input_tokens":1631,"input_tokens_details":{"image_tokens":1452,"text_tokens":179},"output_tokens":1510,"output_tokens_details":{"image_tokens":1510,"text_tokens":0},"total_tokens":3141}}"#;

#[divan::bench]
fn read_a_response(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| imgcost_wire::response(black_box(RESPONSE)).unwrap().usage);
}
