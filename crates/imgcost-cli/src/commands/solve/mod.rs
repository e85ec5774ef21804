//! `imgcost solve`: the cheapest way to do a job, and how much a budget buys.

mod command;
mod document;
mod report;

use imgcost_analysis::currency::Exchange;
use imgcost_analysis::selector::{patterns, select};
use imgcost_analysis::solve::{Aspect, By, Goal, Job, LeftOut, Plan, Shape, Unsolved, solve as find};
use imgcost_core::{Book, Code, Date, Endpoint, Error, Note, Param, Size};

use crate::args::{RequestArgs, SolveArgs};
use crate::book::Names;
use crate::failure::{End, Failure, bad_input, say};
use crate::fields;
use crate::report::Output;
use crate::request::{self, Given};
use crate::settings::Settings;
use crate::words;

use command::Typed;

/// The most plans that are shown.
const TOP_MAX: u32 = 100;

/// What was found, with all that a reader should know of it.
struct Found<'b> {
    job: Job,
    day: Date,
    /// The plans to show; empty where a budget buys nothing.
    plans: Vec<Plan<'b>>,
    runner_up: Option<Plan<'b>>,
    /// A plan that would be better than the best if its model did not end soon.
    ending: Option<Plan<'b>>,
    /// Where a budget buys nothing, or has no end: the cheapest image.
    cheapest: Option<Plan<'b>>,
    /// Whether the budget has no end, as the cheapest image costs nothing.
    endless: bool,
    /// How solve was called.
    typed: Typed,
    left_out: Vec<LeftOut>,
    looked_at: u64,
    notes: Vec<Note>,
    exchange: Option<Exchange>,
}

/// Finds the best plans and writes them.
pub(crate) fn solve(args: &SolveArgs, settings: &Settings, output: &Output) -> Result<End, Failure> {
    let exchange = args.currency.exchange()?;
    let top = top(args)?;
    let book = request::book(&args.request.book, settings)?;
    let (job, remarks) = job(args, settings, &book)?;
    let day = job.base.as_of;
    let typed = Typed::new(&args.request, settings, day);
    let mut found = Found {
        job,
        day,
        plans: Vec::new(),
        runner_up: None,
        ending: None,
        cheapest: None,
        endless: false,
        typed,
        left_out: Vec::new(),
        looked_at: 0,
        notes: Vec::new(),
        exchange,
    };
    let end = match find(&book, &found.job, top) {
        Ok(solution) => {
            found.plans = solution.plans;
            found.runner_up = found.plans.get(1).cloned();
            found.plans.truncate(top);
            found.ending = solution.ending;
            (found.left_out, found.looked_at) = (solution.left_out, solution.looked_at);
            End::Done
        }
        Err(Unsolved::Budget { budget, cheapest, left_out }) => {
            found.cheapest = cheapest.map(|plan| *plan);
            found.left_out = left_out;
            say(&format!("imgcost: {}", report::buys_nothing(budget, found.cheapest.as_ref())));
            End::Over
        }
        Err(Unsolved::Endless { free, left_out, .. }) => {
            found.cheapest = free.map(|plan| *plan);
            (found.left_out, found.endless) = (left_out, true);
            End::Done
        }
        Err(Unsolved::Refused(error)) => return Err(error.into()),
        Err(Unsolved::Unpriced(left_out)) => {
            let name = |left: &LeftOut| format!("{} at {} {}", left.model, left.provider, left.message);
            let unpriced = left_out.iter().filter(|left| left.reason.as_str() == "unpriced");
            let words: Vec<String> = unpriced.map(name).collect();
            return Err(Failure::Unpriced(
                format!("nothing that fits has a price: {}", words.join("; ")),
                End::Incomplete,
            ));
        }
    };
    let best = found.plans.first().or(found.cheapest.as_ref());
    found.notes = notes(&book, &found.job, best, remarks);
    output.write(&document::document(&found), || report::report(&found))?;
    Ok(end)
}

fn top(args: &SolveArgs) -> Result<usize, Error> {
    let Some(text) = args.top.as_deref() else { return Ok(1) };
    let range = || [format!("1 to {TOP_MAX}")];
    let top = fields::whole("top", text).map_err(|error| error.allowed(range()))?;
    if !(1..=TOP_MAX).contains(&top) {
        let error = fields::illegal("top", text, "out of range").allowed(range());
        return Err(error.nearest(top.clamp(1, TOP_MAX)));
    }
    Ok(usize::try_from(top).unwrap_or(1))
}

/// Understands the arguments. Settings give the provider, the prompt to assume and the like, but
/// neither model, quality nor size: those are searched.
fn job(args: &SolveArgs, settings: &Settings, book: &Book) -> Result<(Job, Vec<Note>), Error> {
    let asked = &args.request;
    if asked.request.is_some() {
        return Err(bad_input("request", "solve takes no request body: it chooses model, quality and size"));
    }
    let shape = shape(args)?;
    // Over as many calls as it takes: the range is not that of one call.
    let call = RequestArgs { params: asked.params.clone().without(&[Param::N]), ..asked.clone() };
    let Given { mut request, mut remarks, endpoint_known, .. } =
        request::given(&call, settings, book, &|_| {})?;
    if !endpoint_known && !request.images.is_empty() {
        request.endpoint = Endpoint::Edits;
    }
    let goal = match &args.budget {
        Some(budget) => Goal::Budget(fields::usd("budget", budget)?),
        None => Goal::Images(whole("n", asked.get(Param::N), 1)?.unwrap_or(1).into()),
    };
    let providers = match asked.get(Param::Provider).or_else(|| settings.get(Param::Provider)) {
        Some(named) => named.to_owned(),
        None => words::providers_of(asked.get(Param::Model).unwrap_or_default(), &Names::of(book)).join(","),
    };
    let mut job = Job::new(request);
    job.goal = goal;
    let list = |field: &str, text: Option<&str>| text.map_or(Ok(Vec::new()), |text| patterns(field, text));
    job.providers = patterns("provider", &providers)?;
    job.models = list("model", asked.get(Param::Model))?;
    job.qualities = list("quality", asked.get(Param::Quality))?;
    job.min_quality = args.min_quality.as_deref().and_then(|name| name.parse().ok());
    job.shape = shape;
    job.allow_batch = args.allow_batch;
    job.by = args.by.as_deref().and_then(By::named).unwrap_or_default();
    job.base.quality = None;
    job.base.size = None;
    let defaults = request::offer_defaults(asked, settings)?;
    for candidate in select(book, &job.providers, &job.models, job.base.as_of)?.offers {
        // What only some providers take is kept for them alone when a call is made.
        remarks.extend(candidate.offer.complete(&mut job.base, true, &defaults));
    }
    Ok((job, remarks))
}

/// A whole number of 32 bits; whether it is too small is said by what takes it.
fn whole(field: &str, text: Option<&str>, least: u32) -> Result<Option<u32>, Error> {
    let Some(text) = text else { return Ok(None) };
    let error = |error: Error| error.allowed([format!("{least} to {}", u32::MAX)]);
    fields::whole(field, text).map(Some).map_err(error)
}

fn shape(args: &SolveArgs) -> Result<Shape, Error> {
    let (min_pixels, max_pixels) = (
        whole("min_pixels", args.min_pixels.as_deref(), 0)?,
        whole("max_pixels", args.max_pixels.as_deref(), 0)?,
    );
    if let (Some(least), Some(most)) = (min_pixels, max_pixels)
        && least > most
    {
        let message = format!("min_pixels = {least} is more than max_pixels = {most}");
        return Err(Error::new(Code::IllegalCombination, message).field("min_pixels").nearest(most));
    }
    let aspect = args.aspect.as_deref();
    let exact = match args.request.get(Param::Size).map(str::parse::<Size>) {
        Some(Ok(Size::Exact(size))) => Some(size),
        Some(_) => {
            let text = args.request.get(Param::Size).unwrap_or_default();
            let error = fields::illegal("size", text, "solve chooses the size, or takes one in pixels");
            return Err(error.allowed(["WIDTHxHEIGHT", "left out"]));
        }
        None => None,
    };
    let mut shape = Shape::default();
    shape.exact = exact;
    shape.min_pixels = min_pixels.map(u64::from);
    shape.max_pixels = max_pixels.map(u64::from);
    shape.min_width = whole("min_width", args.min_width.as_deref(), 0)?;
    shape.min_height = whole("min_height", args.min_height.as_deref(), 0)?;
    shape.aspect = aspect.map(|text| Aspect::parse(text, args.aspect_tolerance.as_deref())).transpose()?;
    Ok(shape)
}

/// What a reader should know: of the best plan, of how the job was understood, and that quality
/// words of several families are not alike.
fn notes(book: &Book, job: &Job, best: Option<&Plan<'_>>, remarks: Vec<Note>) -> Vec<Note> {
    let mut notes = Vec::new();
    if let Some(plan) = best
        && let Ok(quote) = book.quote(&plan.request)
    {
        notes.extend(quote.notes());
    }
    notes.extend(remarks);
    let by_word = job.min_quality.is_some() || !job.qualities.is_empty();
    let chosen = select(book, &job.providers, &job.models, job.base.as_of);
    let mut families: Vec<&str> = chosen
        .iter()
        .flat_map(|chosen| &chosen.offers)
        .map(|candidate| candidate.offer.family.id.as_str())
        .collect();
    families.sort_unstable();
    families.dedup();
    if by_word && families.len() > 1 {
        notes.push(Note::new(
            "quality-words",
            "quality words are not alike across families: imgcost compare --equivalent-to shows \
                      what spends as much"
                .to_owned(),
        ));
    }
    notes
}
