//! `imgcost batch`: a quote for every row of a file, in one pass and constant memory.

mod chunk;
mod groups;
mod pool;
mod priced;
mod progress;
mod said;
mod summary;
mod write;

use std::io::Read;
use std::thread;

use imgcost_analysis::jobs::Splitter;
use imgcost_core::{Code, Error};

use self::chunk::{Chunk, Rules, Worker};
use self::groups::Groupings;
use self::pool::WorkerPool;
use self::progress::Progress;
use self::summary::Summary;
use self::write::{Layout, Tags, Writer};
use crate::args::BatchArgs;
use crate::commands::by::By;
use crate::failure::{End, Failure, bad_input};
use crate::report::Output;
use crate::settings::Settings;
use crate::volume::Often;
use crate::{fields, inputs, jobs, request};

/// The most threads that may be asked for.
const THREADS_MAX: usize = 256;

/// Quotes every row.
pub(crate) fn batch(args: &BatchArgs, settings: &Settings, output: &Output) -> Result<End, Failure> {
    let others = [&args.request.request, &args.request.prompt_file];
    if inputs::is_stdin(&args.file) && others.into_iter().flatten().any(|path| inputs::is_stdin(path)) {
        return Err(bad_input("file", "standard input can be the rows or the request, not both").into());
    }
    let threads = threads(args.threads.as_deref())?;
    let keys: Vec<Vec<By>> = args.by.iter().map(|text| By::list(text, false)).collect::<Result<_, _>>()?;
    let exchange = args.currency.exchange()?;
    let cap = request::cap(args.cap.as_deref(), settings)?;
    let book = request::book(&args.request.book, settings)?;
    let often = Often::read(&args.volume)?;
    let resolver = jobs::resolver(&args.request, often, settings, &book)?;
    let file = jobs::open(&args.file, &args.rows)?;
    let mut met = file.met().clone();
    let tags = file.tag_columns().map_or(Tags::Json, Tags::Columns);
    let layout = Layout {
        tags,
        has_calls: often.calls.is_some() || file.has_calls(),
        own: file.columns().map(<[String]>::to_vec),
    };
    let (mut splitter, parser) = file.parts();
    let outputs = output.sinks()?;
    let formats: Vec<_> = outputs.iter().map(|(format, _)| *format).collect();
    let has_notes = formats.iter().any(|format| !format.is_json() && !format.is_separated());
    let is_capped = cap.is_some() || args.require_proven;
    let rules = Rules {
        parser: &parser,
        keys: &keys,
        has_notes,
        is_capped,
        keeps: formats.iter().any(|format| format.is_kept()),
    };
    let writers = || -> Vec<Writer> {
        formats
            .iter()
            .enumerate()
            .map(|(at, format)| Writer::new(*format, &layout, at == 0, args.summary))
            .collect()
    };
    let worker = || Worker::new(&rules, resolver.another(), writers());

    let mut writers_at_ends = writers();
    let mut summary =
        Summary::new(outputs, (cap, args.require_proven), Groupings::new(&keys), Progress::new(args));
    summary.per = often.per;
    for (at, writer) in writers_at_ends.iter().enumerate() {
        let mut header = Vec::new();
        writer.header(&mut header);
        summary.write(at, &header)?;
    }
    let ran = if threads == 1 {
        alone(&mut splitter, worker(), &mut summary)
    } else {
        thread::scope(|scope| {
            let workers = std::iter::repeat_with(worker).take(threads);
            together(&mut splitter, WorkerPool::start(scope, workers)?, &mut summary)
        })
    };
    summary.quiet();
    let ran = ran?;
    met.merge(summary.met());
    if ran {
        resolver.check_shares(&met)?;
    }
    jobs::tell(&met, &args.request);
    summary.file = inputs::name(&args.file);
    summary.end(ran, &mut writers_at_ends, args.summary, exchange.as_ref())
}

/// Chunk by chunk in this thread. False where rows were left, as the reader is gone.
fn alone(
    splitter: &mut Splitter<impl Read>,
    mut worker: Worker<'_, '_>,
    summary: &mut Summary,
) -> Result<bool, Failure> {
    let mut chunk = Chunk::default();
    loop {
        let more = chunk.fill(splitter);
        worker.run(&mut chunk);
        summary.take(&mut chunk, splitter.passed())?;
        // What was read before the file failed is written first.
        if !more? {
            return Ok(true);
        }
        if summary.is_done() {
            return Ok(false);
        }
    }
}

/// This thread reads and writes, others quote. False where rows were left, as the reader is gone.
fn together(
    splitter: &mut Splitter<impl Read>,
    mut pool: WorkerPool,
    summary: &mut Summary,
) -> Result<bool, Failure> {
    let mut spare: Vec<Chunk> = Vec::new();
    let mut more = Ok(true);
    while matches!(more, Ok(true)) && !summary.is_done() {
        let mut chunk = spare.pop().unwrap_or_default();
        more = chunk.fill(splitter);
        if !chunk.is_empty() {
            pool.give(chunk)?;
        }
        while pool.is_full()
            && let Some(mut chunk) = pool.take()?
        {
            summary.take(&mut chunk, splitter.passed())?;
            spare.push(chunk);
        }
    }
    while let Some(mut chunk) = pool.take()? {
        summary.take(&mut chunk, splitter.passed())?;
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
