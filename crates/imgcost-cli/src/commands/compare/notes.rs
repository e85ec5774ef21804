//! Why cells have no amount, and what to know of those that have one: each said once.

use std::collections::HashMap;

use imgcost_analysis::compare::{Baseline, Cell, State};
use imgcost_analysis::equivalent::swap;
use imgcost_core::{Code, Date, Error, Note, NoteKind, Quality, Quote, Size};

use super::Compared;

/// A sentence that several cells share.
pub(super) struct Said {
    /// The stable code.
    pub(super) code: &'static str,
    /// The word that stands in the cells, or nothing.
    pub(super) word: String,
    /// The sentence.
    pub(super) message: String,
    /// How many cells it is said of.
    pub(super) cells: usize,
}

/// Codes of notes that say why something has no price.
const UNPRICED: [&str; 2] = ["unpriced", "responses-model-unpriced"];
/// Codes of notes whose words depend on the price that a cell met.
const OF_A_PRICE: [&str; 3] = ["list-price-differs", "price-overridden", "price-from-assumed"];

/// Cells of one provider, model and day with the same codes say the same words, apart from
/// [`OF_A_PRICE`]: these are made once.
type Alike<'c> = (&'c str, &'c str, Date, (bool, bool), Vec<&'static str>);

/// The most characters of a list of allowed values that a reason shows.
const ALLOWED_MAX: usize = 100;

/// What stands for the amount of a cell that is not priced.
pub(super) fn word(cell: &Cell<'_>) -> Option<String> {
    match cell.state() {
        State::Priced(_) => None,
        State::Unpriced(..) => Some("unpriced".to_owned()),
        State::Illegal(error) => Some(word_of(error)),
    }
}

fn word_of(error: &Error) -> String {
    match (error.code(), error.field_name()) {
        (Code::NotOfferedHere | Code::UnknownModel | Code::UnknownProvider, _) => "not offered".to_owned(),
        (Code::BeforeFirstPrice, _) => "no price yet".to_owned(),
        (Code::NoBatchPrice, _) => "no batch".to_owned(),
        (Code::TooLarge, _) => "too large".to_owned(),
        (_, Some(field)) => format!("illegal {}", field.replace('_', " ")),
        _ => "illegal".to_owned(),
    }
}

/// Why shown cells are not priced.
pub(super) fn reasons(compared: &Compared<'_>) -> Vec<Said> {
    let mut said = Vec::new();
    for cell in &compared.shown {
        match cell.state() {
            State::Priced(_) => {}
            State::Illegal(error) => {
                add(&mut said, error.code().as_str(), &word_of(error), message(error));
            }
            State::Unpriced(..) => {
                let notes = cell.ask(|quote| quote.notes()).unwrap_or_default();
                for note in notes.into_iter().filter(|note| UNPRICED.contains(&note.code)) {
                    add(&mut said, note.code, "unpriced", note.message);
                }
            }
        }
    }
    said
}

/// What to know of the shown cells, apart from why they are not priced.
pub(super) fn notes(compared: &Compared<'_>) -> Vec<Said> {
    let mut said = Vec::new();
    for Note { code, message, .. } in &compared.remarks {
        add(&mut said, code, "", message.clone());
    }
    let mut known: HashMap<Alike<'_>, Vec<usize>> = HashMap::new();
    for cell in &compared.shown {
        cell.ask(|quote| {
            let kinds = quote.note_kinds();
            let codes: Vec<&'static str> = kinds.iter().map(NoteKind::code).collect();
            let same_words = !codes.iter().any(|code| OF_A_PRICE.contains(code));
            let auto = (cell.quality() == Some(&Quality::Auto), cell.size() == Some(Size::Auto));
            let alike = (cell.provider(), cell.model(), cell.as_of(), auto, codes);
            if let Some(places) = known.get(&alike).filter(|_| same_words) {
                for place in places {
                    if let Some(said) = said.get_mut(*place) {
                        said.cells += 1;
                    }
                }
                return;
            }
            let words = quote.notes().into_iter().zip(kinds);
            let places = words.filter(|(note, _)| !UNPRICED.contains(&note.code)).map(|(note, kind)| {
                let message = of_grid(quote, kind, note.message);
                add(&mut said, note.code, "", message)
            });
            let places = places.collect();
            known.insert(alike, places);
        });
    }
    for note in swaps(compared) {
        add(&mut said, note.code, "", note.message);
    }
    said
}

/// What a change of the model's name alone does to the spend: from the baseline's model, else
/// the first, to each other, at the first quality and size that both have.
fn swaps(compared: &Compared<'_>) -> Vec<Note> {
    let shown = &compared.shown;
    let Some(first) = compared.baseline.as_ref().map(Baseline::cell).or(shown.first().copied()) else {
        return Vec::new();
    };
    let of_first: Vec<&&Cell<'_>> = shown.iter().filter(|cell| cell.model() == first.model()).collect();
    let mut done: Vec<&str> = vec![first.model()];
    let mut notes = Vec::new();
    for cell in shown {
        if done.contains(&cell.model()) {
            continue;
        }
        let alike = |other: &&&&Cell<'_>| {
            (other.quality(), other.size(), other.as_of(), other.tier())
                == (cell.quality(), cell.size(), cell.as_of(), cell.tier())
        };
        let swapped = of_first
            .iter()
            .find(alike)
            .and_then(|from| swap(from.offer().ok()?, cell.offer().ok()?, cell.quality()?, cell.size()?));
        if let Some(swapped) = swapped {
            notes.push(swapped.note());
            done.push(cell.model());
        }
    }
    notes
}

/// A note in words that hold for the whole grid: a quote's say what the replacement of a retired
/// model costs for its request, and what was seen of one model's choices.
fn of_grid(quote: &Quote<'_>, kind: NoteKind<'_>, words: String) -> String {
    let model = quote.offer().model;
    let (day, tense) = match kind {
        NoteKind::ModelRetired(day) => (day, "was"),
        NoteKind::ModelRetiresSoon(day) => (day, "will be"),
        NoteKind::Auto => return words.split("; ").next().unwrap_or_default().to_owned(),
        _ => return words,
    };
    let instead = match &model.replacement {
        Some(replacement) => format!("; its replacement is {replacement}"),
        None => "; the price is its last".to_owned(),
    };
    format!("{} {tense} shut down on {day}{instead}", model.id)
}

/// Counts a sentence, a new one where it was not said yet; gives its place.
fn add(said: &mut Vec<Said>, code: &'static str, word: &str, message: String) -> usize {
    match said.iter().position(|known| known.code == code && known.message == message) {
        Some(place) => {
            if let Some(known) = said.get_mut(place) {
                known.cells += 1;
            }
            place
        }
        None => {
            said.push(Said { code, word: word.to_owned(), message, cells: 1 });
            said.len() - 1
        }
    }
}

/// An error in a line: a long list of what is allowed is left to the JSON document.
fn message(error: &Error) -> String {
    let mut text = error.message().to_owned();
    let allowed = error.allowed_values().join(", ");
    if !allowed.is_empty() && allowed.chars().count() <= ALLOWED_MAX {
        text.push_str(&format!("; allowed: {allowed}"));
    }
    if let Some(nearest) = error.nearest_value() {
        text.push_str(&format!("; nearest: {nearest}"));
    }
    text
}
