//! `imgcost quote`: what a call will cost.

use std::io;

use imgcost_core::{Code, Error, NoteKind, Offer, Quote, Request, Usd};

use crate::args::QuoteArgs;
use crate::failure::{End, Failure, say};
use crate::render::{self, Format, Priced, Sheet, flat};
use crate::request::{self, Asked};
use crate::settings::Settings;

/// Quotes the call, and holds it against the cap.
pub(crate) fn quote(args: &QuoteArgs, settings: &Settings, format: Format) -> Result<End, Failure> {
    let cap = request::cap(args.cap.as_deref(), settings)?;
    let book = request::book_for_quotes(&args.request, settings)?;
    let Asked { request, remarks } = request::asked(&args.request, settings, &book)?;
    let quote = book.quote(&request)?;
    if cap.is_some() {
        needs_prompt(&quote)?;
    }
    let priced = Priced { quote: &quote, remarks: &remarks };
    write(&priced, format)?;
    Ok(end(&quote, cap))
}

/// How a quote ends: over the cap, incomplete, or done.
pub(super) fn end(quote: &Quote<'_>, cap: Option<Usd>) -> End {
    let complete = if quote.is_complete() { End::Done } else { End::Incomplete };
    complete.and(cap.map_or(End::Done, |cap| hold_against(quote, cap)))
}

/// Writes a quote.
fn write(priced: &Priced<'_>, format: Format) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    render::write(
        &mut out,
        format,
        || render::quote_page(priced),
        || sheet(priced),
        || render::document(priced),
    )
}

/// A quote as one row with a header.
fn sheet(priced: &Priced<'_>) -> Sheet {
    let mut sheet = Sheet::new(flat::COLUMNS);
    sheet.columns.push(("id".to_owned(), render::Align::Left));
    let mut cells = Vec::new();
    flat::cells(priced, &mut flat::Scratch::default(), &mut cells);
    cells.push(priced.quote.id());
    sheet.rows.push(cells);
    sheet
}

/// A cap says something only where the whole call is priced: the prompt too, if it costs.
pub(super) fn needs_prompt(quote: &Quote<'_>) -> Result<(), Error> {
    if !quote.note_kinds().contains(&NoteKind::PromptNotGiven) {
        return Ok(());
    }
    let message = "a cap needs the prompt, as its tokens cost too";
    Err(Error::new(Code::IllegalCombination, message).field("prompt").allowed([
        "--prompt TEXT",
        "--prompt-file FILE",
        "--prompt-tokens N",
        "--assume-prompt-tokens N",
    ]))
}

/// Whether the call stays under the cap whatever happens; if not, says by how much it may go
/// over, and what would fit.
fn hold_against(quote: &Quote<'_>, cap: Usd) -> End {
    let Some(ceiling) = quote.total().ceiling else {
        say(&format!(
            "imgcost: over the cap of ${cap}: the call has no known ceiling, as something has no price"
        ));
        return End::Over;
    };
    let Some(excess) = ceiling.minus(cap).filter(|excess| *excess > Usd::ZERO) else { return End::Done };
    let fits = what_fits(quote, cap);
    let fits = if fits.is_empty() {
        "; fewer pictures or a lower quality would not fit".to_owned()
    } else {
        format!("; {} would fit", fits.join(", or "))
    };
    say(&format!(
        "imgcost: over the cap of ${cap}: the call may cost up to ${ceiling}, ${excess} more{fits}"
    ));
    End::Over
}

/// The largest n and the best quality that stay under the cap, everything else the same.
fn what_fits(quote: &Quote<'_>, cap: Usd) -> Vec<String> {
    let (offer, request) = (quote.offer(), quote.request());
    let mut found = Vec::new();
    for n in (1..request.n).rev() {
        if let Some(ceiling) = ceiling_within(offer, &Request { n, ..request.clone() }, cap) {
            found.push(format!("n = {n} (${ceiling})"));
            break;
        }
    }
    // Qualities stand in the book cheapest first.
    let qualities = &offer.family.limits.rule.qualities;
    let asked = quote.quality().and_then(|asked| qualities.iter().position(|quality| quality == asked));
    for quality in qualities.iter().take(asked.unwrap_or(qualities.len())).rev() {
        let request = Request { quality: Some(quality.clone()), ..request.clone() };
        if let Some(ceiling) = ceiling_within(offer, &request, cap) {
            found.push(format!("quality {quality} (${ceiling})"));
            break;
        }
    }
    found
}

fn ceiling_within(offer: &Offer<'_>, request: &Request, cap: Usd) -> Option<Usd> {
    let offer: Offer<'_> = *offer;
    let quote = offer.quote(request).ok()?;
    quote.total().ceiling.filter(|ceiling| *ceiling <= cap)
}
