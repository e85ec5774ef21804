//! A user's own book over the built-in one.

use std::collections::btree_map::Entry;

use jiff::civil::Date;

use super::problem::{Problem, Reporter};
use super::read::{self, OWN_BOOK};
use super::view::View;
use super::{BookErrors, File, Rows, digest, finish, parse, units};
use crate::book::packed::Shelf;
use crate::book::{Book, Model, Provider, Source, SourceLocation};

impl Book {
    /// The book with a user's own rows over it.
    ///
    /// The file has the form of a provider's file (`schema = "imgcost.prices/1"`), may list its
    /// own sources, and names models of the built-in book by their `id` alone. Every row
    /// needs a `reason`; a row replaces built-in ones on the days it holds, and every
    /// quote that uses it has a note. Rows of earlier overlays stay below later ones. A price that
    /// is a thousand times the built-in one or more, or a thousandth or less, is in another unit:
    /// it is refused, unless its row gives the reason in `differs`.
    ///
    /// # Errors
    /// Everything that is wrong in the file, with its lines.
    pub fn with_own(&self, file: File<'_>, read_on: Date) -> Result<Book, BookErrors> {
        let mut book = self.clone();
        let index = book.add_file(file.name);
        book.digest = digest(&[File { name: "built-in", text: &self.digest }, file]);
        let mut problems: Vec<Problem> = Vec::new();
        parse(file, &mut problems, |schema, view, reporter| {
            if schema == "imgcost.prices/1" {
                lay_over(&mut book, self, &view, index, read_on, reporter);
            } else {
                reporter.problem(0, "your own book must have schema = \"imgcost.prices/1\"");
            }
        });
        if !problems.is_empty() {
            // What the file means as a whole shows only when its rows are right.
            return Err(BookErrors::new(problems));
        }
        finish(book, problems)
    }
}

fn lay_over(
    book: &mut Book,
    base: &Book,
    file: &View<'_>,
    index: u16,
    read_on: Date,
    reporter: &mut Reporter<'_>,
) {
    let location = SourceLocation { file: index, line: reporter.line(file.at_key("provider")) };
    let Some(own) = read::provider(file, location) else { return };
    let title = book.files.get(usize::from(index)).cloned().unwrap_or_default();
    if let Entry::Vacant(entry) = book.sources.get_mut().entry(OWN_BOOK.to_owned()) {
        entry.insert(Source {
            id: OWN_BOOK.to_owned(),
            title: format!("your own price book, {title}"),
            address: None,
            read: read_on,
            learned: read_on,
            kind: "user".to_owned(),
            maps: Vec::new(),
            note: None,
        });
    }
    super::add_sources(book, file, reporter);
    let families: Vec<String> = book.families.iter().map(|family| family.id.clone()).collect();
    let shelf = match book.providers.iter().position(|shelf| shelf.id == own.id) {
        Some(known) => book.providers.get_mut(known),
        None => {
            let checked = if file.text("checked").is_some() { own.checked } else { read_on };
            book.providers.push(Shelf::new(Provider { checked, ..own.clone() }));
            book.providers.last_mut()
        }
    };
    let Some(provider) = shelf.map(Shelf::provider_mut) else { return };
    if own.ratio.is_some() {
        provider.ratio = own.ratio;
    }
    provider.makes.extend(own.makes);
    provider.native_api = own.native_api.or(provider.native_api);
    provider.hosts.extend(own.hosts);
    if !own.dialects.is_empty() {
        provider.dialects = own.dialects;
    }
    provider.stated_bill |= own.stated_bill;
    provider.default_model = own.default_model.or(provider.default_model.take());
    provider.fields.params.extend(own.fields.params);
    provider.fields.others.extend(own.fields.others);
    provider.outcomes.splice(0..0, own.outcomes);
    let mut rows = Rows { index, own: true, reporter };
    for view in file.views("text_model") {
        units::of_text_model(base, &own.id, &view, rows.reporter);
    }
    let texts = rows.each(&file.views("text_model"), read::text_model);
    let mut count = texts.len();
    provider.text_models.splice(0..0, texts);
    for view in file.views("model") {
        let Some(mut own) = read::model(&view, rows.location(view.at())) else { continue };
        rows.fill(&mut own, &view);
        units::of_model(base, &provider.id, &own, &view, rows.reporter);
        count += own.rows().count();
        let known =
            provider.models.iter_mut().find(|model| model.id == own.id || model.aliases.contains(&own.id));
        match known {
            Some(model) => lay_model_over(model, own, &view),
            None => {
                for key in ["family", "basis"].into_iter().filter(|key| view.text(key).is_none()) {
                    let message = format!(
                        "'{key}' is missing: {} has no model '{}' that could give it; families: {}",
                        provider.id,
                        own.id,
                        families.join(", ")
                    );
                    rows.reporter.problem(view.at(), message);
                }
                provider.models.push(own);
            }
        }
    }
    book.overrides = book.overrides.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
}

fn lay_model_over(model: &mut Model, own: Model, view: &View<'_>) {
    if view.text("family").is_some() {
        model.family = own.family;
    }
    if view.text("basis").is_some() {
        model.basis = own.basis;
    }
    model.released = own.released.or(model.released);
    model.retired = own.retired.or(model.retired);
    model.replacement = own.replacement.or(model.replacement.take());
    model.aliases.extend(own.aliases);
    model.rates.splice(0..0, own.rates);
    model.images.splice(0..0, own.images);
    model.calls.splice(0..0, own.calls);
    model.ratios.splice(0..0, own.ratios);
    model.fixed.splice(0..0, own.fixed);
}
