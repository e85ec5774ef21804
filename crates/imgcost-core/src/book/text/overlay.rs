//! A user's own book over the built-in one.

use std::collections::btree_map::Entry;

use jiff::civil::Date;

use super::discount::Discount;
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
    /// it is refused, unless its row gives the reason in `differs`. A `discount` is taken off every
    /// built-in price of the provider, or of the model that has it, before the file's own rows are laid over them.
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
    let discounted = take_off(provider, &title, file, reporter);
    let mut rows = Rows { index, own: true, reporter };
    for view in file.views("text_model") {
        units::of_text_model(base, &own.id, &view, rows.reporter);
    }
    let texts = rows.each(&file.views("text_model"), read::text_model);
    let mut count = texts.len() + discounted;
    provider.text_models.get_mut().splice(0..0, texts);
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

/// Takes discounts off the built-in prices: a model's own, else the provider's. How many rows have one.
fn take_off(provider: &mut Provider, name: &str, file: &View<'_>, reporter: &mut Reporter<'_>) -> usize {
    let read = |view: &View<'_>, reporter: &Reporter<'_>| {
        Discount::read(view, &format!("{name}:{}", reporter.line(view.at_key("discount"))))
    };
    let (of_all, mut count) = (read(file, reporter), 0);
    let mut own: Vec<(String, Discount, usize)> = Vec::new();
    for view in std::iter::once(*file).chain(file.views("model")) {
        if view.text("discount_from").is_some() && view.text("discount").is_none() {
            reporter.problem(view.at_key("discount_from"), "'discount_from' goes with 'discount'");
        }
    }
    for view in file.views("model") {
        let (Some(id), Some(discount)) = (view.text("id"), read(&view, reporter)) else { continue };
        let at = view.at_key("discount");
        match provider.model(id) {
            None => {
                let message = format!("there is no built-in price of {id} at {} to take it off", provider.id);
                reporter.problem(at, message);
            }
            Some(model) if model.rounds_up_per_usd.is_some() => reporter.problem(
                at,
                "the bill of a whole call is rounded up, before or after a discount: give its prices instead",
            ),
            Some(model) => own.push((model.id.clone(), discount, at)),
        }
    }
    let at = file.at_key("discount");
    if of_all.is_some() && provider.models.is_empty() && provider.text_models().is_empty() {
        let message = format!("there is no built-in price of {} to take it off", provider.id);
        reporter.problem(at, message);
    }
    for model in &mut provider.models {
        // Rounded before or after a discount, which is not known: its list price is the ceiling.
        let of_all = of_all.as_ref().filter(|_| model.rounds_up_per_usd.is_none()).map(|all| (all, at));
        let own = own.iter().find(|(id, _, _)| *id == model.id).map(|(_, discount, at)| (discount, *at));
        let Some((discount, at)) = own.or(of_all) else { continue };
        match discount.of_model(model) {
            Some(rows) => count += rows,
            None => {
                let message = format!("the prices of {} less the discount have too many decimals", model.id);
                reporter.problem(at, message);
            }
        }
    }
    if let Some(discount) = &of_all {
        match discount.of_text_models(provider.text_models.get_mut()) {
            Some(rows) => count += rows,
            None => {
                reporter.problem(at, "the prices of a calling model less the discount have too many decimals")
            }
        }
    }
    count
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
