//! Comparing 10,000 combinations: `cargo bench -p imgcost-benches --bench compare`.
//!
//! What is held: making and pricing the grid, finding the cheapest and ordering it all takes
//! less than 100 ms.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use imgcost_analysis::compare::{Axes, Cell, Filter, Grid, Pivot, Sort, cheapest, varying};
use imgcost_analysis::selector::Selector;
use imgcost_benches::{auto_request, book};
use imgcost_core::{Date, Prompt};

/// The most that the whole comparison may take.
const BAR: Duration = Duration::from_millis(100);
/// How often each part is measured; the median counts.
const ROUNDS: usize = 15;

fn main() {
    // `cargo test` runs benchmarks too, without optimisation: nothing to learn there.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let book = book().unwrap();
    let mut base = auto_request("gpt-image-2");
    base.prompt = Some(Prompt::of_tokens(94));
    let picks = |text: &str| Selector::list("axis", text).unwrap();
    let mut axes = Axes::default();
    axes.models = picks("gpt-image-1,gpt-image-1.5,gpt-image-2,gpt-image-2.5-flare,gpt-image-2.5-sunburst");
    axes.providers = picks("openai");
    axes.qualities = picks("low,medium,high,auto");
    axes.sizes = picks("1024x1024,1536x1024,1024x1536,auto,1024x1056");
    axes.counts = (1..=10).collect();
    axes.days = (1..=7).map(|day| Date::constant(2026, 11, day)).collect();
    axes.tiers = picks("standard,batch");
    let grid = Grid::new(&book, &axes, &base, &mut |_, _| {}).unwrap();
    let cells = grid.cells().len();
    assert!((10_000..20_000).contains(&cells), "{cells}");
    let filter = Filter::read("per_image<0.1").unwrap();
    let sort = Sort::read("per-image,model").unwrap();
    let made = median(|| {
        black_box(Grid::new(&book, &axes, &base, &mut |_, _| {}).unwrap());
    });
    let whole = median(|| {
        let grid = Grid::new(&book, &axes, &base, &mut |_, _| {}).unwrap();
        let mut shown: Vec<&Cell<'_>> = grid.cells().iter().filter(|cell| filter.keeps(cell)).collect();
        sort.apply(&mut shown);
        black_box((cheapest(&shown), varying(&shown)));
        black_box(Pivot::new(&shown, &[], &[]).unwrap());
    });
    println!("{cells} combinations priced: {made:.1?}");
    println!("the same, chosen, ordered and laid out: {whole:.1?} (bar {BAR:.0?})");
    assert!(whole < BAR, "{whole:?}");
}

fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[ROUNDS / 2]
}
