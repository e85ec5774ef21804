//! `imgcost models --support`: what is supported of each provider.

use imgcost_analysis::support::{Read, Support, support};
use imgcost_core::Error;
use serde::Serialize;

use crate::args::ModelsArgs;
use crate::failure::{End, Failure};
use crate::report::{Column, Output, Report, Table};
use crate::request;
use crate::settings::Settings;

/// What was found out.
#[derive(Serialize)]
struct Document<'b> {
    schema: &'static str,
    providers: Vec<Support<'b>>,
}

/// Shows what is supported of the providers that are named, or of all.
pub(super) fn show(args: &ModelsArgs, settings: &Settings, output: &Output) -> Result<End, Failure> {
    let book = request::book(&args.book, settings)?;
    let names = args.words.iter().chain(args.provider.as_ref()).filter(|name| *name != "all");
    let named: Vec<&str> = names
        .map(|name| Ok(book.provider(&name.to_lowercase())?.id.as_str()))
        .collect::<Result<_, Error>>()?;
    let mut providers = support(&book, imgcost_pricing::recorded_calls());
    providers.retain(|one| named.is_empty() || named.contains(&one.provider));
    let document = Document { schema: "imgcost.support/1", providers };
    output.write(&document, || report(&document.providers))?;
    Ok(End::Done)
}

fn report<'s>(providers: &'s [Support<'_>]) -> Report<'s> {
    let table = Table::of("Support", providers)
        .column(Column::name("provider"), |one| one.provider)
        .column(Column::number("priced").label("models with a price"), |one| one.priced)
        .column(Column::number("models").data_only(), |one| one.models)
        .column(Column::text("requests").label("requests read"), requests)
        .column(Column::text("responses").label("responses read"), responses)
        .column(Column::text("guard").label("guarded"), guard)
        .column(Column::text("other_calls").data_only(), |one| one.other_calls.words())
        .column(Column::text("dialects_assumed").data_only(), |one| one.dialects_assumed)
        .column(Column::number("recorded_calls").label("recorded calls"), |one| one.recorded_calls)
        .end();
    let mut report = Report::default();
    report.table(table);
    let quoted = providers.iter().filter(|one| one.priced > 0).count();
    let read = providers.iter().filter(|one| one.is_read()).count();
    let proven = providers.iter().filter(|one| one.recorded_calls > 0).count();
    report.line(format!(
        "{quoted} providers quoted, {read} read in their own dialects, {proven} with recorded calls"
    ));
    report
}

/// The dialects whose requests are read.
fn requests(one: &Support<'_>) -> String {
    if one.dialects_assumed {
        return "OpenAI's dialects only".to_owned();
    }
    names(&one.dialects, |_| true)
}

/// What is read of the responses.
fn responses(one: &Support<'_>) -> String {
    const COUNTED: &str = "count and stated bill";
    if one.dialects_assumed {
        return "whole, where like OpenAI's".to_owned();
    }
    let of_part = || names(&one.dialects, |read| !read.is_whole);
    match (one.dialects.iter().any(|read| read.is_whole), one.dialects.iter().any(|read| !read.is_whole)) {
        (true, false) => "whole".to_owned(),
        (false, _) => COUNTED.to_owned(),
        (true, true) => format!("whole; {}: {COUNTED}", of_part()),
    }
}

/// What the guard does with calls.
fn guard(one: &Support<'_>) -> String {
    let others = one.other_calls.words();
    match names(&one.dialects, |read| !read.is_held) {
        passed if passed.is_empty() => format!("held; others {others}"),
        passed => format!("held but {passed}; others {others}"),
    }
}

fn names(dialects: &[Read], is_meant: impl Fn(&Read) -> bool) -> String {
    let names: Vec<&str> = dialects.iter().filter(|read| is_meant(read)).map(|read| read.dialect).collect();
    names.join(", ")
}
