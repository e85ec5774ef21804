//! `imgcost diff`: what changes in price between two files of jobs, or two days.

mod book;
mod jobs;
mod limit;

use std::borrow::Cow;
use std::path::Path;

use imgcost_core::{Book, Date, Error};

use crate::args::DiffArgs;
use crate::failure::{End, Failure, bad_input};
use crate::report::Output;
use crate::request;
use crate::settings::Settings;
use crate::{clock, fields, inputs};

/// How many rows are shown by default.
const TOP: usize = 25;

/// The prices of one side.
struct Side {
    book: Cow<'static, Book>,
    day: Date,
    /// Whether the day was given for this side: then rows have no days of their own.
    fixed: bool,
}

/// Compares.
pub(crate) fn diff(args: &DiffArgs, settings: &Settings, output: &Output) -> Result<End, Failure> {
    let limit = args.fail_above.as_deref().map(limit::Limit::read).transpose()?;
    let top = top(args)?;
    let base = request::base_book(&args.request.book, settings)?;
    let old = side(args, settings, base.clone(), args.prices_old.as_deref(), ("from", args.from.as_deref()))?;
    let base = match &args.book_new {
        Some(path) => Cow::Owned(crate::book::read_whole(path, args.request.book.allow_older_book)?),
        None => base,
    };
    let new = side(args, settings, base, args.prices_new.as_deref(), ("to", args.to.as_deref()))?;
    let own = [&args.prices_old, &args.prices_new, &args.book_new];
    let two_prices = old.fixed || new.fixed || own.into_iter().any(Option::is_some);
    match args.files.as_slice() {
        [before, after] => jobs::diff(args, settings, output, (before, &old), (after, &new), (limit, top)),
        [_] | [] if !two_prices => Err(nothing_to_compare(args).into()),
        [file] => jobs::diff(args, settings, output, (file, &old), (file, &new), (limit, top)),
        [] if limit.is_some() => {
            let message = "fail_above holds the total of a file of jobs, and there is none";
            Err(bad_input("fail_above", message).into())
        }
        _ => book::diff(args, output, &old, &new, top),
    }
}

/// How many rows tables and Markdown show.
fn top(args: &DiffArgs) -> Result<usize, Error> {
    let Some(text) = args.top.as_deref() else { return Ok(TOP) };
    let allowed = |error: Error| error.allowed(["a whole number from 1"]);
    match fields::whole("top", text).map_err(allowed)? {
        0 => Err(allowed(fields::illegal("top", text, "out of range")).nearest(1)),
        top => Ok(usize::try_from(top).unwrap_or(usize::MAX)),
    }
}

fn nothing_to_compare(args: &DiffArgs) -> Error {
    let what = if args.files.is_empty() { "the price book" } else { "one file" };
    bad_input("files", format!("there is nothing to compare {what} with")).allowed([
        "OLD NEW",
        "FILE --from DATE",
        "--from DATE",
        "--prices-old FILE",
        "--prices-new FILE",
        "--book-new FILE",
    ])
}

/// The book and day of a side: its own flags, else those of both.
fn side(
    args: &DiffArgs,
    settings: &Settings,
    base: Cow<'static, Book>,
    own: Option<&Path>,
    (field, day): (&str, Option<&str>),
) -> Result<Side, Error> {
    let common = &args.request.book;
    let book = request::over(base, own.map(Path::to_owned), common, settings)?;
    let fixed = day.is_some();
    let day = match day {
        None => request::as_of(common, settings)?,
        Some("today") => clock::today(),
        Some(text) => fields::date(field, text).map_err(|error| error.allowed(["YYYY-MM-DD", "today"]))?,
    };
    Ok(Side { book, day, fixed })
}

/// Standard input can be one side only.
fn one_stdin(before: &Path, after: &Path, args: &DiffArgs) -> Result<(), Error> {
    let others = [&args.request.request, &args.request.prompt_file];
    let paths = [Some(before), Some(after)].into_iter().chain(others.into_iter().map(|path| path.as_deref()));
    if paths.flatten().filter(|path| inputs::is_stdin(path)).count() > 1 {
        let message = "standard input can be read once only: give a file";
        return Err(bad_input("files", message));
    }
    Ok(())
}
