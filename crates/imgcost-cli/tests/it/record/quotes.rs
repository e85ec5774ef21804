//! Quotes of every model at every provider.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use imgcost_core::{Book, CeilingBasis, Error, File, InputImage, Quality, Quote, Request, Size, Tier, Usd};

use super::asked;
use super::held::{hold, known};
use super::renamed::Renamed;

/// Where the files of quotes are.
const FOLDER: &str = "quotes";

#[test]
fn quotes_are_what_the_record_has() {
    let book = book();
    let renamed = Renamed::read();
    let mut files = known(FOLDER, |outcome| in_order(&renamed.outcome(outcome)));
    for provider in book.providers() {
        let mut entries = BTreeMap::new();
        let mut add = |request: &Request| {
            let outcome = outcome(&book.quote(request));
            let asked = words(request);
            let before = entries.insert(asked.clone(), outcome.clone());
            assert!(before.is_none_or(|before| before == outcome), "two requests in the same words: {asked}");
        };
        for model in &provider.models {
            let family = book.families().find(|family| family.id == model.family).unwrap();
            asked::of(provider, model, family).iter().for_each(&mut add);
        }
        asked::not_offered(provider).iter().for_each(&mut add);
        let file = files.entry(format!("{FOLDER}/{}.txt", provider.id)).or_default();
        file.write(entries);
    }
    hold(&files);
}

/// The price book as its files are.
pub(super) fn book() -> Book {
    let files: Vec<File<'_>> =
        imgcost_pricing::BOOK.iter().map(|&(name, text)| File::new(name, text)).collect();
    Book::read(&files).unwrap()
}

/// An outcome with its notes in order, which a new name may have changed.
fn in_order(outcome: &str) -> String {
    let Some((amounts, notes)) = outcome.split_once("; ") else { return outcome.to_owned() };
    let mut notes: Vec<&str> = notes.split(' ').collect();
    notes.sort_unstable();
    format!("{amounts}; {}", notes.join(" "))
}

/// A request in few words: what is left out is not named, nor is the usual day.
fn words(request: &Request) -> String {
    let mut text = request.model.clone();
    let mut add = |word: std::fmt::Arguments<'_>| write!(text, " {word}").unwrap();
    match &request.quality {
        Some(Quality::Auto) => add(format_args!("quality=auto")),
        Some(quality) => add(format_args!("{quality}")),
        None => {}
    }
    match request.size {
        Some(Size::Auto) => add(format_args!("size=auto")),
        Some(size) => add(format_args!("{size}")),
        None => {}
    }
    if request.n != 1 {
        add(format_args!("x{}", request.n));
    }
    add(format_args!("{}", request.endpoint));
    if let [first, rest @ ..] = request.images.as_slice()
        && rest.len() > 2
        && rest.iter().all(|image| image == first)
    {
        add(format_args!("image={}x{}", request.images.len(), image(first)));
    } else {
        request.images.iter().for_each(|given| add(format_args!("image={}", image(given))));
    }
    for (is, word) in [(request.mask, "mask"), (request.stream, "stream")] {
        if is {
            add(format_args!("{word}"));
        }
    }
    let named = [
        ("fidelity", request.input_fidelity.map(|it| it.to_string())),
        ("partials", request.partial_images.map(|it| it.to_string())),
        ("tier", Some(request.tier).filter(|it| *it != Tier::Standard).map(|it| it.to_string())),
        ("ratio", request.group_ratio.map(|it| it.to_string())),
        ("caller", request.responses_model.clone()),
        ("calls", request.max_tool_calls.map(|it| it.to_string())),
        ("images", request.responses_images.map(|it| it.to_string())),
        ("background", request.background.clone()),
        ("format", request.output_format.clone()),
        ("compression", request.output_compression.map(|it| it.to_string())),
        ("unknown", request.unknown_fields.first().cloned()),
        ("unseen", request.unseen_context.first().cloned()),
        ("on", Some(request.as_of).filter(|day| *day != asked::DAY).map(|day| day.to_string())),
    ];
    for (name, value) in named {
        if let Some(value) = value {
            add(format_args!("{name}={value}"));
        }
    }
    match request.prompt {
        None => add(format_args!("no-prompt")),
        Some(prompt) if prompt.characters.is_none() && prompt.tokens == 40 => {}
        Some(prompt) => {
            add(format_args!("tokens={}", prompt.tokens));
            if let Some(characters) = prompt.characters {
                add(format_args!("characters={characters}"));
            }
        }
    }
    text
}

fn image(image: &InputImage) -> String {
    match image {
        InputImage::Sized(size) => size.to_string(),
        InputImage::Unsized => "?".to_owned(),
    }
}

/// Floor, expected and ceiling (once where they are the same), what the ceiling rests on, the items
/// without a price, the notes; or the error's code and field.
fn outcome(quote: &Result<Quote<'_>, Error>) -> String {
    let quote = match quote {
        Ok(quote) => quote,
        Err(error) => {
            let field = error.field_name().unwrap_or("-");
            return format!("error {} {field}", error.code().as_str());
        }
    };
    let total = quote.total();
    let amounts = [total.floor, total.expected, total.ceiling];
    let shown = |amount: Option<Usd>| amount.map_or_else(|| "-".to_owned(), |usd| usd.to_string());
    let mut text = match amounts {
        [floor, expected, ceiling] if floor == expected && expected == ceiling => shown(floor),
        _ => amounts.map(shown).join(" "),
    };
    text.push_str(match total.basis {
        CeilingBasis::Proven => " proven",
        CeilingBasis::Assumed => " assumed",
    });
    for item in quote.unpriced() {
        write!(text, " unpriced={item}").unwrap();
    }
    let notes: BTreeSet<&str> = quote.note_codes().collect();
    let notes: Vec<&str> = notes.into_iter().collect();
    text + if notes.is_empty() { "" } else { "; " } + &notes.join(" ")
}
