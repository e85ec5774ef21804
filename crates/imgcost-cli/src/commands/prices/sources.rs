//! `imgcost prices sources`: every source that prices and rules cite.

use imgcost_core::{Book, Code, Date, Error, Source};
use serde::Serialize;

use crate::args::PricesSourcesArgs;
use crate::failure::{End, Failure};
use crate::report::{Column, Only, Output, Report, Table};
use crate::request;
use crate::settings::Settings;

/// A source, as documents show it.
#[derive(Debug, Clone, Serialize)]
pub(in crate::commands) struct Cited<'b> {
    id: &'b str,
    title: &'b str,
    address: Option<&'b str>,
    read: Date,
    learned: Date,
    kind: &'b str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    maps: &'b [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'b str>,
}

impl<'b> Cited<'b> {
    fn new(source: &'b Source) -> Cited<'b> {
        Cited {
            id: &source.id,
            title: &source.title,
            address: source.address.as_deref(),
            read: source.read,
            learned: source.learned,
            kind: &source.kind,
            maps: &source.maps,
            note: source.note.as_deref(),
        }
    }

    /// Adds the source to a report, in full.
    pub(in crate::commands) fn show(&self, report: &mut Report<'_>) {
        report.line(format!("{}: {}", self.id, self.title));
        if let Some(address) = self.address {
            report.item(address);
        }
        let maps = match self.maps {
            [] => String::new(),
            maps => format!(" through {}", maps.join(" and ")),
        };
        report.item(format!("{}, read {}{maps}, in the book since {}", self.kind, self.read, self.learned));
        if let Some(note) = self.note {
            report.item(note);
        }
    }
}

/// The sources of these ids, each once, in the order in which they come.
pub(in crate::commands) fn cited<'b>(book: &'b Book, ids: impl Iterator<Item = &'b str>) -> Vec<Cited<'b>> {
    let mut found: Vec<Cited<'b>> = Vec::new();
    for source in ids.filter_map(|id| book.source(id)) {
        if !found.iter().any(|known| known.id == source.id) {
            found.push(Cited::new(source));
        }
    }
    found
}

#[derive(Serialize)]
struct Sources<'b> {
    schema: &'static str,
    sources: Vec<Cited<'b>>,
}

/// Shows all sources, or one.
pub(super) fn sources(
    args: &PricesSourcesArgs,
    settings: &Settings,
    output: &Output,
) -> Result<End, Failure> {
    let book = request::book(&args.book, settings)?;
    let sources: Vec<Cited<'_>> = match &args.id {
        None => book.sources().values().map(Cited::new).collect(),
        Some(id) => {
            let unknown = || {
                Error::new(Code::BadInput, format!("there is no source '{}'", crate::fields::shown(id)))
                    .field("id")
                    .allowed(book.sources().keys())
                    .nearest_name(id)
            };
            vec![Cited::new(book.source(id).ok_or_else(unknown)?)]
        }
    };
    let sources = Sources { schema: "imgcost.source-list/1", sources };
    output.write(&sources, || report(&sources.sources))?;
    Ok(End::Done)
}

fn report<'s>(sources: &'s [Cited<'_>]) -> Report<'s> {
    let mut report = Report::default();
    sources.iter().for_each(|source| source.show(&mut report));
    report.table(table(sources).only(Only::Data));
    report
}

/// Sources as a table.
pub(in crate::commands) fn table<'s>(sources: &'s [Cited<'_>]) -> Table<'s> {
    Table::of("Sources", sources)
        .column(Column::name("id"), |source| source.id)
        .column(Column::text("title"), |source| source.title)
        .column(Column::text("address"), |source| source.address)
        .column(Column::name("read"), |source| source.read)
        .column(Column::name("learned"), |source| source.learned)
        .column(Column::name("kind"), |source| source.kind)
        .column(Column::text("maps"), |source| source.maps.join(", "))
        .column(Column::text("note"), |source| source.note)
        .end()
}
