//! `imgcost quote`: what a call will cost.

mod cap;
mod lines;
mod noted;
mod others;
mod report;
pub(crate) mod row;

use imgcost_analysis::lacks_prompt;
use imgcost_core::{Code, Error, Quote, Usd};

use crate::args::QuoteArgs;
use crate::failure::{End, Failure, say, say_note};
use crate::report::{Output, money};
use crate::request::{self, Asked, NoModel};
use crate::settings::Settings;
use crate::volume::Often;

use cap::Capped;
pub(crate) use lines::{amount_words, item_words};
pub(crate) use noted::{NotedQuote, total_in};
pub(crate) use report::{document, heading, notes, warning};

/// Quotes the call, and checks it against the cap.
pub(crate) fn quote(args: &QuoteArgs, settings: &Settings, output: &Output) -> Result<End, Failure> {
    let cap = request::cap(args.cap.as_deref(), settings)?;
    let exchange = args.currency.exchange()?;
    let often = Often::read(&args.volume)?;
    let book = request::book(&args.request.book, settings)?;
    let no_model = if cap.is_some() { NoModel::Refuse } else { NoModel::Default };
    let Asked { request, remarks } = request::asked(&args.request, settings, &book, no_model)?;
    let quote = book.quote(&request)?;
    prompt_for_cap(args, cap, &quote)?;
    let priced = NotedQuote { quote: &quote, remarks: &remarks };
    let exchange = exchange.as_ref();
    let capped = cap.map(|cap| Capped::new(&quote, often, cap).document());
    let document = report::document_in(&priced, often, exchange, capped);
    output.write(&document, || report::report(&priced, often, exchange))?;
    Ok(end(&quote, often, cap, args.require_proven))
}

/// How a quote ends: over the cap or not proven, incomplete, or done.
pub(super) fn end(quote: &Quote<'_>, often: Often, cap: Option<Usd>, require_proven: bool) -> End {
    let complete = if quote.is_complete() { End::Done } else { End::Incomplete };
    let ended = complete.and(cap.map_or(End::Done, |cap| Capped::new(quote, often, cap).end()));
    match proof(quote).err().filter(|_| require_proven) {
        Some(why) => {
            say(&format!("imgcost: {why}"));
            ended.and(End::Over)
        }
        None => ended,
    }
}

/// That the ceiling is proven, or why it is not.
pub(super) fn proof(quote: &Quote<'_>) -> Result<(), String> {
    match quote.total().ceiling {
        _ if quote.total().is_proven() => Ok(()),
        Some(ceiling) => Err(format!("not proven: the ceiling of {} is assumed", money(ceiling))),
        None => Err(format!("not proven: the call has no known ceiling, as {}", why_open(quote))),
    }
}

/// Refuses a call without its prompt.
pub(super) fn needs_prompt(quote: &Quote<'_>) -> Result<(), Error> {
    if lacks_prompt(quote) { Err(prompt_missing("a cap")) } else { Ok(()) }
}

/// A cap is for the whole call, the prompt too if it costs. One that was set for every call, and
/// not for this one, is compared with the images alone where no prompt is given.
pub(super) fn prompt_for_cap(args: &QuoteArgs, cap: Option<Usd>, quote: &Quote<'_>) -> Result<(), Error> {
    if args.require_proven && lacks_prompt(quote) {
        return Err(prompt_missing("a proven ceiling"));
    }
    match (cap, args.cap.is_some()) {
        (Some(_), true) => needs_prompt(quote),
        (Some(cap), false) if lacks_prompt(quote) => {
            let cap = money(cap);
            say_note(&format!("no prompt given: the cap of {cap} is compared with the images only"));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// That a cap or a hold can't do without the prompt, and how to give it.
pub(super) fn prompt_missing(what: &str) -> Error {
    let message = format!("{what} needs the prompt: its tokens are billed too");
    Error::new(Code::IllegalCombination, message).field("prompt").allowed([
        "--prompt TEXT",
        "--prompt-file FILE",
        "--prompt-tokens N",
        "--assume-prompt-tokens N",
    ])
}

/// Why a quote has no ceiling.
pub(super) fn why_open(quote: &Quote<'_>) -> String {
    let request = quote.request();
    match (request.unseen_context.as_slice(), quote.unpriced().next()) {
        ([], Some(_)) => "something has no price".to_owned(),
        ([], None) => format!("{} may decide the price", request.unknown_fields.join(", ")),
        (context, _) => format!("context can't be counted: {}", context.join(", ")),
    }
}
