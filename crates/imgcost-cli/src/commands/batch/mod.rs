//! `imgcost batch`: a quote for every row of a file, in one pass and constant memory.

mod crew;
mod progress;
mod sums;
mod tables;
mod tally;
mod totals;
mod work;
mod write;

use std::io::Read;
use std::thread;

use imgcost_analysis::jobs::Splitter;
use imgcost_core::{Code, Error};

use self::crew::Crew;
use self::progress::Progress;
use self::tables::Tables;
use self::tally::Tally;
use self::work::{Clerk, Rules, Work};
use self::write::{Tags, Writer};
use crate::args::BatchArgs;
use crate::failure::{End, Failure, bad_input};
use crate::report::Format;
use crate::settings::Settings;
use crate::{fields, inputs, jobs, request};

/// The most threads that may be asked for.
const THREADS_MAX: usize = 256;

/// Quotes every row.
pub(crate) fn batch(args: &BatchArgs, settings: &Settings, format: Format) -> Result<End, Failure> {
    if !matches!(format, Format::Table | Format::Markdown | Format::Csv | Format::Tsv) && !format.is_json() {
        return Err(crate::render::not_yet().into());
    }
    let others = [&args.request.request, &args.request.prompt_file];
    if inputs::is_stdin(&args.file) && others.into_iter().flatten().any(|path| inputs::is_stdin(path)) {
        return Err(bad_input("file", "standard input can be the rows or the request, not both").into());
    }
    let threads = threads(args.threads.as_deref())?;
    let keys = totals::keys(&args.totals)?;
    let exchange = args.currency.exchange()?;
    let cap = request::cap(args.cap.as_deref(), settings)?;
    let book = request::book(&args.request.book, settings)?;
    let desk = jobs::desk(&args.request, settings, &book)?;
    let file = jobs::open(&args.file, args.input_format.as_deref(), args.allow_paths)?;
    let tags = file.tag_columns().map_or(Tags::Json, Tags::Columns);
    let (mut splitter, parser) = file.parts();
    let rules = Rules { parser: &parser, keys: &keys, is_capped: cap.is_some() };
    let clerk = || Clerk::new(&rules, desk.another(), Writer::new(format, tags.clone()));

    let mut writer = Writer::new(format, tags.clone());
    let mut tally = Tally::new(cap, Tables::new(&keys), Progress::new(args));
    let mut header = Vec::new();
    writer.header(&mut header)?;
    tally.write(&header)?;
    let ran = if threads == 1 {
        alone(&mut splitter, clerk(), &mut tally)
    } else {
        thread::scope(|scope| {
            let clerks = std::iter::repeat_with(clerk).take(threads);
            together(&mut splitter, Crew::hire(scope, clerks)?, &mut tally)
        })
    };
    tally.quiet();
    tally.end(ran?, &mut writer, args.summary, exchange.as_ref())
}

/// Piece by piece in this thread. False where rows were left, as nobody reads on.
fn alone(
    splitter: &mut Splitter<impl Read>,
    mut clerk: Clerk<'_, '_>,
    tally: &mut Tally,
) -> Result<bool, Failure> {
    let mut work = Work::default();
    loop {
        let more = work.fill(splitter);
        clerk.run(&mut work);
        tally.take(&mut work, splitter.passed())?;
        // What was read before the file failed is written first.
        if !more? {
            return Ok(true);
        }
        if tally.is_done() {
            return Ok(false);
        }
    }
}

/// This thread reads and writes, others quote. False where rows were left, as nobody reads on.
fn together(splitter: &mut Splitter<impl Read>, mut crew: Crew, tally: &mut Tally) -> Result<bool, Failure> {
    let mut spare: Vec<Work> = Vec::new();
    let mut more = Ok(true);
    while matches!(more, Ok(true)) && !tally.is_done() {
        let mut work = spare.pop().unwrap_or_default();
        more = work.fill(splitter);
        if !work.is_empty() {
            crew.give(work)?;
        }
        while crew.is_full()
            && let Some(mut work) = crew.take()?
        {
            tally.take(&mut work, splitter.passed())?;
            spare.push(work);
        }
    }
    while let Some(mut work) = crew.take()? {
        tally.take(&mut work, splitter.passed())?;
    }
    Ok(!more?)
}

/// How many threads quote.
fn threads(text: Option<&str>) -> Result<usize, Error> {
    let Some(text) = text else { return Ok(1) };
    let asked = fields::whole("threads", text).ok().and_then(|count| usize::try_from(count).ok());
    match asked.filter(|count| *count <= THREADS_MAX) {
        Some(0) => Ok(thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX)),
        Some(count) => Ok(count),
        None => {
            let message = format!("threads = {}: expected a whole number", fields::shown(text));
            let error = Error::new(Code::IllegalValue, message).field("threads");
            Err(error.allowed([format!("0 to {THREADS_MAX}; 0 is as many as the machine has")]))
        }
    }
}
