//! Wall time: `cargo bench -p imgcost-benches --bench time`.
#![allow(missing_docs, clippy::unwrap_used)]

use std::sync::LazyLock;

use divan::{Bencher, black_box};
use imgcost_benches::{auto_request, book, exact_request};
use imgcost_core::{Book, Item};

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
