//! Makes one quote over and over, for a profiler to look at: model and count as arguments.
use std::hint::black_box;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let model = arguments.next().unwrap_or_else(|| "gpt-image-2".to_owned());
    let count: u32 = arguments.next().map_or(Ok(1_000_000), |count| count.parse())?;
    let (book, request) = (imgcost_benches::book()?, imgcost_benches::exact_request(&model));
    for _ in 0..count {
        black_box(&book.quote(black_box(&request))).as_ref().map_err(Clone::clone)?;
    }
    Ok(())
}
