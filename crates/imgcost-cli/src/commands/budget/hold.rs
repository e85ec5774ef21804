//! `imgcost budget hold`: sets money aside for a call, or tells why not and what would fit.

use std::collections::BTreeMap;
use std::path::Path;

use imgcost_core::{Code, Error, Item, Note, Quote};
use imgcost_guard::batch::requests_of;
use imgcost_guard::{Amount, DEFAULT_HOLD_TTL, HoldError};
use imgcost_ledger::{Alert, Held, Hold, HoldId, NanoUsd, NewHold, Scope, State, Timestamp};
use serde::Serialize;

use super::{Context, batch, store, words};
use crate::args::{BudgetHoldArgs, RequestArgs};
use crate::commands::quote::{heading, prompt_missing, proof};
use crate::failure::{End, Failure};
use crate::report::{Report, Value};
use crate::request::{self, Asked, NoModel};
use crate::terminal;
use crate::words as call;

/// What a hold without a quote has in place of a quote's id and of a book's digest.
const NONE: &str = "none";
/// The terms of a hold without a quote: it has no rates to be settled at.
pub(super) const NO_TERMS: &str = "{}";

#[derive(Serialize)]
struct Document<'h> {
    schema: &'static str,
    hold: &'h HoldId,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'h str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'h str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: &'h BTreeMap<String, String>,
    /// How many requests a batch file has.
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<u64>,
    scope: &'h Scope,
    state: State,
    ceiling: NanoUsd,
    ceiling_basis: &'static str,
    /// Absent where nothing on the path is limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<NanoUsd>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<&'h str>,
    made_at: Timestamp,
    expires_at: Timestamp,
    repeated: bool,
    alerts: &'h [Alert],
    notes: &'h [Note],
}

/// The request of a hold without a quote, as the ledger keeps it.
#[derive(Serialize)]
struct Given {
    ceiling: NanoUsd,
}

/// Holds a call's ceiling.
pub(super) fn hold(args: &BudgetHoldArgs, context: Context<'_>) -> Result<End, Failure> {
    let by = words::by(&args.by, context.settings);
    let (file, scope, of_call) = sorted(&args.words);
    let scope = words::scope(scope)?;
    if let Some(file) = file {
        if args.ceiling.is_some() || args.hold_expected {
            let message = "a file is held at its requests' ceilings: leave out --ceiling and --hold-expected";
            return Err(Error::new(Code::IllegalCombination, message).field("file").into());
        }
        let new = batch::new_hold(file, args, scope, &by, context)?;
        return write(&ask(args, context, new)?, None, &[], context);
    }
    match &args.ceiling {
        Some(text) => {
            if args.request.says_anything() || !of_call.is_empty() {
                let message = "a ceiling of your own is for a call that is not quoted: \
                               leave it out, or the options of the call";
                return Err(Error::new(Code::IllegalCombination, message).field("ceiling").into());
            }
            let ceiling = words::amount("ceiling", text)?;
            let held = ask(args, context, given(scope, ceiling, by))?;
            write(&held, None, &[], context)
        }
        None => {
            let mut asked = args.request.clone();
            call::one_call(of_call, &mut asked, context.settings)?;
            quoted(args, &asked, context, &scope, &by)
        }
    }
}

/// Words as a file or none, the scope, and those of the call: `FILE SCOPE`, or `SCOPE WORD...`.
fn sorted(words: &[String]) -> (Option<&Path>, &str, &[String]) {
    let names = crate::book::names();
    let is_of_call = |word: &str| call::meant(word, &names).is_some() || call::near(word, &names).is_some();
    match words {
        [file, scope] if Path::new(file).is_file() || !is_of_call(scope) => {
            (Some(Path::new(file)), scope, &[])
        }
        [scope, of_call @ ..] => (None, scope, of_call),
        [] => (None, "", &[]),
    }
}

fn quoted(
    args: &BudgetHoldArgs,
    asked: &RequestArgs,
    context: Context<'_>,
    scope: &Scope,
    by: &str,
) -> Result<End, Failure> {
    let book = request::book(&asked.book, context.settings)?;
    let Asked { request, remarks } = request::asked(asked, context.settings, &book, NoModel::Refuse)?;
    let quote = book.quote(&request)?;
    if args.require_proven
        && let Err(why) = proof(&quote)
    {
        return Err(Failure::Unproven(why));
    }
    let amount = if args.hold_expected { Amount::Expected } else { Amount::Ceiling };
    let new = imgcost_guard::new_hold(&quote, amount, scope, by).map_err(|why| cant_hold(why, &quote))?;
    let held = ask(args, context, new).map_err(|failure| with_fits(failure, &quote))?;
    let notes: Vec<Note> = quote.notes().into_iter().chain(remarks).collect();
    write(&held, Some(&quote), &notes, context)
}

/// A request to hold the most that a call may cost according to the user: an assumed ceiling.
fn given(scope: Scope, ceiling: NanoUsd, by: String) -> NewHold {
    NewHold::new(scope, ceiling, by)
        .assumed(true)
        .quote(NONE, NONE)
        .details(serde_json::to_string(&Given { ceiling }).unwrap_or_default(), NO_TERMS)
        .expires_in(DEFAULT_HOLD_TTL)
}

fn ask(args: &BudgetHoldArgs, context: Context<'_>, mut new: NewHold) -> Result<Held, Failure> {
    if let Some(text) = &args.expires_in {
        new.expires_in = words::duration("expires_in", text)?;
    }
    new.key.clone_from(&args.key);
    new.request_id.clone_from(&args.request_id);
    new.tags = words::tags(&args.tag)?;
    Ok(store::open(&args.ledger, context)?.hold(&new)?)
}

fn cant_hold(why: HoldError, quote: &Quote<'_>) -> Failure {
    match why {
        HoldError::NoPrompt => prompt_missing("a hold").into(),
        HoldError::Unpriced => {
            let items: Vec<&str> = quote.unpriced().map(Item::as_str).collect();
            let items = if items.is_empty() { String::new() } else { format!(" ({})", items.join(", ")) };
            Failure::Unpriced(format!("{why}{items}; --ceiling USD holds an amount of your own"), End::Over)
        }
        HoldError::Unbounded => {
            let what = quote.request().unseen_context.join(", ");
            Failure::Unpriced(format!("{why} ({what}); --ceiling USD holds an amount of your own"), End::Over)
        }
        HoldError::TooLarge => Error::new(Code::TooLarge, why.to_string()).into(),
    }
}

/// A refusal for want of room, with what would fit into what is left.
fn with_fits(failure: Failure, quote: &Quote<'_>) -> Failure {
    match failure {
        Failure::Ledger { error, fits } => {
            let left = error.refusal().and_then(imgcost_ledger::Refusal::left);
            let fits = left.map(|left| quote.alternatives_under(left.usd())).or(fits);
            Failure::Ledger { error, fits }
        }
        other => other,
    }
}

fn write(
    held: &Held,
    quote: Option<&Quote<'_>>,
    notes: &[Note],
    context: Context<'_>,
) -> Result<End, Failure> {
    let document = document(held, notes);
    context.output.write(&document, || report(&document, quote))?;
    context.tell(&held.alerts);
    Ok(End::Done)
}

pub(super) fn basis(hold: &Hold) -> &'static str {
    if hold.assumed { "assumed" } else { "proven" }
}

fn document<'h>(held: &'h Held, notes: &'h [Note]) -> Document<'h> {
    let hold = &held.hold;
    Document {
        schema: "imgcost.hold/1",
        hold: &hold.id,
        key: hold.key.as_deref(),
        request_id: hold.request_id.as_deref(),
        tags: &hold.tags,
        requests: requests_of(hold),
        scope: &hold.scope,
        state: hold.state,
        ceiling: hold.ceiling,
        ceiling_basis: basis(hold),
        left: held.left,
        quote: Some(hold.quote.as_str()).filter(|quote| *quote != NONE),
        made_at: hold.made_at,
        expires_at: hold.expires_at,
        repeated: held.repeated,
        alerts: &held.alerts,
        notes,
    }
}

/// The hold's name alone on the first line, for scripts.
fn report<'h>(document: &Document<'h>, quote: Option<&Quote<'_>>) -> Report<'h> {
    let Document { hold, scope, ceiling, left, expires_at, .. } = document;
    let mut report = Report::default();
    report.heading(hold.as_str());
    if terminal::is_quiet() {
        return report;
    }
    if let Some(quote) = quote {
        report.line(heading(quote));
    }
    if let Some(requests) = document.requests {
        report.line(format!("batch of {requests} requests"));
    }
    let until = words::clock(*expires_at);
    let is_less = quote.and_then(|quote| quote.total().ceiling).is_some_and(|most| ceiling.usd() < most);
    let what =
        if is_less { "expected amount".to_owned() } else { format!("{} ceiling", document.ceiling_basis) };
    report.line(format!("${ceiling} held for {scope}, {what}, until {until} UTC"));
    report.line(match left {
        Some(left) => format!("${left} left"),
        None => "nothing on its path is limited".to_owned(),
    });
    if document.repeated {
        report.note("this hold was made before, by the same key");
    }
    let mut said: Vec<&str> = Vec::new();
    for note in document.notes {
        if !said.contains(&note.message.as_str()) {
            said.push(&note.message);
            report.note(&note.message);
        }
    }
    report.data(
        "Hold",
        vec![
            ("hold", Value::of(hold)),
            ("scope", Value::of(scope)),
            ("ceiling", (*ceiling).into()),
            ("ceiling_basis", document.ceiling_basis.into()),
            ("left", (*left).into()),
            ("quote", document.quote.into()),
            ("expires_at", Value::of(expires_at)),
            ("repeated", document.repeated.into()),
        ],
    );
    report
}
