//! `imgcost prices sources`: every source that prices and rules cite.

use std::io;

use imgcost_core::{Book, Code, Date, Error, Source};
use serde::Serialize;

use crate::args::PricesSourcesArgs;
use crate::failure::{End, Failure};
use crate::render::{self, Format, Page, Sheet};
use crate::request;
use crate::settings::Settings;

/// A source, as documents show it.
#[derive(Debug, Clone, Serialize)]
pub(in crate::commands) struct Cited<'b> {
    id: &'b str,
    title: &'b str,
    address: Option<&'b str>,
    read: Date,
    kind: &'b str,
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
            kind: &source.kind,
            note: source.note.as_deref(),
        }
    }

    /// Adds the source to a page, in full.
    pub(in crate::commands) fn show(&self, page: &mut Page) {
        page.line(format!("{}: {}", self.id, self.title));
        if let Some(address) = self.address {
            page.item(address);
        }
        page.item(format!("{}, read {}", self.kind, self.read));
        if let Some(note) = self.note {
            page.item(note);
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
struct Document<'b> {
    schema: &'static str,
    sources: &'b [Cited<'b>],
}

/// Shows all sources, or one.
pub(super) fn sources(args: &PricesSourcesArgs, settings: &Settings, format: Format) -> Result<End, Failure> {
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
    let mut out = io::stdout().lock();
    let document = || Document { schema: "imgcost.source-list/1", sources: &sources };
    render::write(&mut out, format, || page(&sources), || sheet(&sources), document)?;
    Ok(End::Done)
}

fn page(sources: &[Cited<'_>]) -> Page {
    let mut page = Page::default();
    for source in sources {
        source.show(&mut page);
    }
    page
}

fn sheet(sources: &[Cited<'_>]) -> Sheet {
    let mut sheet = Sheet::new(&["id", "title", "address", "read", "kind", "note"]);
    for source in sources {
        let read = source.read.to_string();
        sheet.row([
            source.id,
            source.title,
            source.address.unwrap_or(""),
            &read,
            source.kind,
            source.note.unwrap_or(""),
        ]);
    }
    sheet
}
