//! One response: what it cost, and how that compares with its quote.

mod show;

use imgcost_analysis::accuracy::{self, Billed, Comparison, Verdict};
use imgcost_analysis::currency::Exchange;
use imgcost_core::{
    Basis, Book, Charge, Code, Error, Note, NoteKind, Param, Quote, Request, Response, ServedTier,
};

use super::kind::{Input, Kind};
use crate::args::UsageArgs;
use crate::failure::{End, Failure, bad_input};
use crate::report::Output;
use crate::request::{self, Asked, NoModel};
use crate::responses;
use crate::settings::Settings;

/// A charge with the quote whose terms it was made at.
struct Charged<'q> {
    response: &'q Response,
    quote: &'q Quote<'q>,
    charge: Charge,
    /// Only where flags describe the call.
    comparison: Option<Comparison>,
    /// Where another currency was asked for.
    exchange: Option<Exchange>,
    remarks: Vec<String>,
}

/// Prices a response.
pub(super) fn usage(
    args: &UsageArgs,
    settings: &Settings,
    output: &Output,
    input: Input<'_>,
) -> Result<End, Failure> {
    let exchange = args.currency.exchange()?;
    let book = request::book(&args.request.book, settings)?;
    let path = input.path();
    let is_known = input.kind() != Kind::Unknown;
    let response = responses::read_from(path, &mut input.into_reader()).map_err(|error| {
        if is_known { error } else { bad_input("file", format!("{error}, nor a log of calls")) }
    })?;
    let mut asked = asked(args, settings, &book, &response)?;
    let served = served(args, settings, &book, &response, &mut asked.request);
    asked.remarks.extend(served);
    let quote = book.quote(&asked.request)?;
    let mut terms = quote.terms();
    if !args.request.describes_a_call() {
        terms = terms.undescribed();
    }
    if matches!(response.tier, Some(ServedTier::Other(_))) {
        terms = terms.without_rates();
    }
    let terms = terms.with_writer(quote.offer(), &response);
    let charge = terms.charge(&response).ok_or_else(too_large)?;
    let comparison = args
        .request
        .describes_a_call()
        .then(|| accuracy::compare(&quote, &response, &Billed::Charged(&charge)));
    let charged = Charged {
        remarks: remarks(&quote, &charge, &response, &asked),
        response: &response,
        quote: &quote,
        charge,
        comparison,
        exchange,
    };
    let charge_end =
        if charged.charge.complete && charged.charge.settles { End::Done } else { End::Incomplete };
    let end = charge_end.and(charged.comparison.as_ref().map_or(End::Done, end_of));
    output.write(&show::document(&charged), || show::report(&charged))?;
    Ok(end)
}

/// How the command ends by a comparison: outside the quote as over a limit, a total that can't be
/// compared as incomplete. A log of this one call ends alike.
fn end_of(comparison: &Comparison) -> End {
    if comparison.is_outside() {
        End::Over
    } else if comparison.total() == Verdict::Unknown {
        End::Incomplete
    } else {
        End::Done
    }
}

fn too_large() -> Error {
    Error::new(Code::TooLarge, "the usage is too large to be priced exactly").field("usage")
}

/// What the call asked for: flags first, then what the response echoes and counts.
fn asked(args: &UsageArgs, settings: &Settings, book: &Book, response: &Response) -> Result<Asked, Error> {
    let described = args.request.request.is_some();
    let with = |echo: bool| {
        let fill = |request: &mut Request| {
            if !described && echo {
                request.take_echo(response);
            } else if let Some(named) = response.model.as_deref().filter(|_| request.model.is_empty()) {
                named.clone_into(&mut request.model);
            }
        };
        let asked = request::asked_over(&args.request, settings, book, NoModel::Refuse, &fill)?;
        book.quote(&asked.request)?;
        Ok(asked)
    };
    // What a response echoes may be nothing that could be asked for; its tokens count all the same.
    match with(true) {
        Err(_) if !args.request.describes_a_call() => with(false),
        outcome => outcome,
    }
}

/// Takes what the response reports of itself, model, tier and day, over what flags and files say
/// of the call, and tells where that differs. A day that is given goes before the response's.
fn served(
    args: &UsageArgs,
    settings: &Settings,
    book: &Book,
    response: &Response,
    request: &mut Request,
) -> Vec<Note> {
    let day_is_given = args.request.book.as_of.is_some() || settings.get(Param::AsOf).is_some();
    let mut notes: Vec<Note> = Vec::new();
    let served = request.take_served(book, response);
    notes.extend(served.model.into_iter().chain(served.tier));
    notes.extend(if day_is_given { None } else { take_day(book, response, request) });
    notes
}

/// Takes the day on which the response was made, if the model had a price then.
fn take_day(book: &Book, response: &Response, request: &mut Request) -> Option<Note> {
    let day = response.day.filter(|day| *day != request.as_of)?;
    if book.offer(&request.provider, &request.model, day).is_ok() {
        request.as_of = day;
        return None;
    }
    let (model, as_of) = (&request.model, request.as_of);
    let message = format!("the response is dated {day}, when {model} had no price: priced on {as_of}");
    Some(Note::new("day-not-known", message))
}

/// What to know about the charge; the quote's notes about the request do not apply.
fn remarks(quote: &Quote<'_>, charge: &Charge, response: &Response, asked: &Asked) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(stated) = charge.billed {
        let computed = charge.lines.iter().any(|line| line.amount.is_some());
        let is_bill = quote.offer().provider.stated_bill;
        let beside = match (is_bill, computed) {
            (true, true) if (charge.by_rates.floor, charge.by_rates.ceiling) != (stated, stated) => {
                let most = if charge.by_rates.is_exact() { "" } else { "at most " };
                format!(", which is the total; by its rates it is {most}${}", charge.by_rates.ceiling)
            }
            (false, true) => ", which the total covers beside what the rates make of the usage".to_owned(),
            _ => String::new(),
        };
        remarks.push(format!("the provider states a bill of ${stated}{beside}"));
    }
    if let Some(contradiction) = response.contradiction {
        remarks.push(format!("{contradiction}: the counts contradict each other, and the amount is a range"));
    }
    if !charge.settles {
        let ceiling = quote.total().ceiling.map_or_else(String::new, |usd| format!(", ${usd}"));
        remarks.push(format!(
            "the response does not say what the price depends on: the call counts at its ceiling{ceiling}"
        ));
    }
    let open = response.contradiction.is_none()
        && charge.lines.iter().any(|line| line.amount.is_some_and(|amount| !amount.is_exact()));
    if open {
        let why = if quote.offer().model.basis == Basis::PerCall {
            "whether a call for several images counts as one or as several is not known"
        } else {
            "the response does not say which of two rates applies"
        };
        remarks.push(format!("{why}: the amount is a range"));
    }
    let about_prices = |kind: &NoteKind<'_>| {
        matches!(
            kind,
            NoteKind::PriceOverridden(_)
                | NoteKind::PriceFromAssumed(_)
                | NoteKind::PriceSecondHand
                | NoteKind::PricesOld(_)
                | NoteKind::GatewayDefaults
                | NoteKind::Unpriced(_)
                | NoteKind::TierUnpriced(_)
                | NoteKind::ModelRetired(_)
        )
    };
    for (kind, note) in quote.note_kinds().iter().zip(quote.notes()) {
        if about_prices(kind) {
            remarks.push(note.message);
        }
    }
    remarks.extend(asked.remarks.iter().map(|note| note.message.clone()));
    remarks
}
