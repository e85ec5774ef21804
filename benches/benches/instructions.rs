//! Instruction counts, the same on every run of one binary: `scripts/bench instructions`.
//! The limits are the project's bars; going over one fails the run.
#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use gungraun::prelude::*;
use gungraun::{Callgrind, EventKind};
use imgcost_benches::{book, exact_request};
use imgcost_core::{Book, Request};

type Input = Box<(Book, Request)>;

fn setup(model: &str) -> Input {
    let (book, request) = (book().unwrap(), exact_request(model));
    // Warm: the first quote pays for what the process does once.
    black_box(book.quote(&request).unwrap().total().ceiling);
    Box::new((book, request))
}

fn quote(input: &Input) {
    let (book, request) = &**input;
    // Looked at in place: moving the quote out of its result would be counted as well.
    black_box(book.quote(black_box(request)).as_ref().map(|quote| quote.total().ceiling).ok());
}

#[library_benchmark(setup = setup)]
#[bench::row_grid("gpt-image-1")]
#[bench::area_grid("gpt-image-2")]
fn exact_quote(input: Input) -> Input {
    quote(&input);
    input
}

// Three amounts a line instead of one: random text output.
#[library_benchmark(setup = setup)]
#[bench::text_output("gpt-image-1.5")]
fn ranged_quote(input: Input) -> Input {
    quote(&input);
    input
}

fn at_most(instructions: u64) -> LibraryBenchmarkConfig {
    LibraryBenchmarkConfig::default()
        .tool(Callgrind::default().hard_limits([(EventKind::Ir, instructions)]))
        .clone()
}

library_benchmark_group!(name = exact, config = at_most(2_000), benchmarks = exact_quote);
library_benchmark_group!(name = ranged, config = at_most(3_000), benchmarks = ranged_quote);

main!(library_benchmark_groups = exact, ranged);
