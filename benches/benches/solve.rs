//! The search for the cheapest plan: `cargo bench -p imgcost-benches --bench solve`.
//!
//! The bar: the full size space of one model, every quality, in under 50 ms.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::sync::LazyLock;

use divan::{Bencher, black_box};
use imgcost_analysis::selector::patterns;
use imgcost_analysis::solve::{Goal, Job, solve};
use imgcost_benches::book;
use imgcost_core::{Book, Date, Request};

static BOOK: LazyLock<Book> = LazyLock::new(|| book().unwrap());

fn main() {
    divan::main();
}

fn job(providers: &str, models: &str) -> Job {
    let mut job = Job::new(Request::new("openai", "", Date::constant(2026, 11, 21)));
    job.providers = patterns("provider", providers).unwrap_or_default();
    job.models = patterns("model", models).unwrap_or_default();
    job
}

fn run(bencher: Bencher<'_, '_>, job: &Job) {
    LazyLock::force(&BOOK);
    bencher.bench_local(|| solve(&BOOK, black_box(job), 1).expect("a plan").looked_at);
}

/// 29,146 sizes at each of three or five qualities.
#[divan::bench(args = ["gpt-image-2", "gpt-image-2.5-sunburst", "gpt-image-2.6-flare"])]
fn full_size_space(bencher: Bencher<'_, '_>, model: &str) {
    run(bencher, &job("openai", model));
}

/// The same with the Batch API and a split over 10,000 calls.
#[divan::bench]
fn full_size_space_of_100000_images(bencher: Bencher<'_, '_>) {
    let mut job = job("openai", "gpt-image-2.5-sunburst");
    job.allow_batch = true;
    job.goal = Goal::Images(100_000);
    run(bencher, &job);
}

#[divan::bench]
fn full_size_space_for_a_budget(bencher: Bencher<'_, '_>) {
    let mut job = job("openai", "gpt-image-2.5-sunburst");
    job.goal = Goal::Budget("5".parse().unwrap());
    run(bencher, &job);
}

/// Partial images: every size is quoted.
#[divan::bench]
fn full_size_space_by_quotes(bencher: Bencher<'_, '_>) {
    let mut job = job("openai", "gpt-image-2");
    job.base.stream = true;
    job.base.partial_images = Some(2);
    run(bencher, &job);
}

/// Every provider's every model.
#[divan::bench]
fn whole_book(bencher: Bencher<'_, '_>) {
    run(bencher, &job("all", "all"));
}
