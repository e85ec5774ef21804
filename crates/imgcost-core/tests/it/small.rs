//! Small books made by hand, and what is asked of them in few words.

use crate::support::edited;
use imgcost_core::{Book, Date, File, Quote, Request, Response, Terms, Usd};

pub(crate) const SOURCES: &str = r#"
schema = "imgcost.sources/1"
[[source]]
id = "page"
title = "A price page"
read = "2026-11-21"
kind = "vendor"
"#;

pub(crate) const ANY: &str =
    "any_size = true\nsize_auto = true\ndefault_size = \"auto\"\nn_max = 10\ninput_images_max = 4";

pub(crate) const CLASSES: &str = r#"size_auto = true
default_size = "1024x1024"
n_max = 10
input_images_max = 4
[[family.limits.size_class]]
name = "1K"
square = "1024x1024"
max_pixels = 1100000
[[family.limits.size_class]]
name = "2K"
square = "2048x2048"
max_pixels = 4400000
[[family.limits.size_class]]
name = "4K"
square = "4096x4096"
max_pixels = 17000000"#;

/// A family with these limits and rules.
pub(crate) fn family(qualities: &str, limits: &str, rules: &str) -> String {
    format!(
        "schema = \"imgcost.families/1\"\n[[family]]\nid = \"f\"\ntitle = \"F\"\n[family.limits]\n\
         source = \"page\"\nevidence = \"published\"\nendpoints = [\"generations\", \"edits\"]\n\
         qualities = {qualities}\n{limits}\n{rules}\n"
    )
}

/// A provider of a model `m` with these rows; a line `[[x]]` gets a row's usual keys.
pub(crate) fn provider(basis: &str, rows: &str) -> String {
    let rows =
        rows.replace("]]\n", "]]\nfrom = \"2026-01-01\"\nsource = \"page\"\nevidence = \"published\"\n");
    format!(
        "schema = \"imgcost.prices/1\"\nprovider = \"p\"\ntitle = \"P\"\nchecked = \"2026-11-21\"\n\
         [[model]]\nid = \"m\"\nfamily = \"f\"\nbasis = \"{basis}\"\n{rows}\n"
    )
}

pub(crate) fn read(family: &str, provider: &str) -> Result<Book, Vec<String>> {
    let files = [("sources.toml", SOURCES), ("families.toml", family), ("providers/p.toml", provider)];
    Book::read(&files.map(|(name, text)| File::new(name, text)))
        .map_err(|errors| errors.problems().iter().map(ToString::to_string).collect())
}

pub(crate) fn flat_family() -> String {
    family("[]", ANY, "")
}

pub(crate) fn book(family: &str, rows: &str) -> Book {
    read(family, &provider("per-image", rows)).unwrap_or_else(|problems| panic!("{problems:?}"))
}

pub(crate) fn ask(size: Option<&str>, quality: Option<&str>, n: u32) -> Request {
    let mut request = Request::new("p", "m", Date::constant(2026, 11, 21));
    request.size = size.map(|size| size.parse().unwrap());
    request.quality = quality.map(|quality| quality.parse().unwrap());
    request.n = n;
    request
}

/// `floor expected ceiling` of a total.
pub(crate) fn total(quote: &Quote<'_>) -> String {
    let word = |usd: Option<Usd>| usd.map_or_else(|| "-".to_owned(), |usd| usd.to_string());
    let total = quote.total();
    format!("{} {} {}", word(total.floor), word(total.expected), word(total.ceiling))
}

pub(crate) fn cost(book: &Book, request: &Request) -> String {
    total(&book.quote(request).unwrap())
}

pub(crate) fn codes(quote: &Quote<'_>) -> Vec<&'static str> {
    quote.note_codes().collect()
}

/// What a response of `images` images is charged at these terms, floor and ceiling.
pub(crate) fn charge(
    terms: &Terms,
    images: u64,
    size: Option<&str>,
    quality: Option<&str>,
) -> (String, String, bool) {
    let response = edited(Response::default(), |response| {
        response.usage.images = Some(images);
        response.size = size.map(|size| size.parse().unwrap());
        response.quality = quality.map(|quality| quality.parse().unwrap());
    });
    let charge = terms.charge(&response).unwrap();
    assert!(charge.settles);
    (charge.total.floor.to_string(), charge.total.ceiling.to_string(), charge.complete)
}

pub(crate) fn charged(terms: &Terms, images: u64, size: Option<&str>, quality: Option<&str>) -> String {
    let (floor, ceiling, complete) = charge(terms, images, size, quality);
    assert!(complete);
    if floor == ceiling { floor } else { format!("{floor} to {ceiling}") }
}

pub(crate) const BY_CLASS: &str = "[[model.image]]\nusd = \"0.02\"\nclass = \"1K\"\n[[model.image]]\nusd = \"0.05\"\nclass = \"2K\"\n\
                        [[model.image]]\nusd = \"0.1\"\nclass = \"4K\"";

pub(crate) const TOKENS: &str = "[family.rules.image_output]\nkind = \"by-size-class\"\nsource = \"page\"\nevidence = \"published\"\n\
                      tokens = { 1K = 1120, 2K = [1675, 1692], 4K = [1990, 2000, 2020] }\n\
                      [family.rules.image_input]\nkind = \"flat\"\ntokens = 560\nsource = \"page\"\nevidence = \"published\"\n\
                      [family.rules.text_input]\nkind = \"own-tokenizer\"\nsource = \"page\"\nevidence = \"published\"\n\
                      [family.rules.text_output]\nkind = \"per-image\"\nfloor = 0\nexpected = 0\nceiling = 32768\nsource = \"page\"\nevidence = \"assumed\"";
pub(crate) const RATES: &str = "[[model.rates]]\ntext_input = \"2\"\nimage_input = \"2\"\nimage_output = \"120\"\ntext_output = \"12\"\n\
                     [[model.image]]\nclass = \"1K\"\nusd = \"0.134\"";

/// The problems of a book with these parts.
pub(crate) fn problems(family: &str, basis: &str, rows: &str) -> Vec<String> {
    read(family, &provider(basis, rows)).err().unwrap_or_default()
}
