//! Holds that are open: `imgcost budget holds`, and how many there are for the other pages. They
//! count at their ceilings, expired or not.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use imgcost_guard::batch::requests_of;
use imgcost_ledger::{Error, Filter, Hold, HoldId, Job, Ledger, NanoUsd, Record, Scope, State, Timestamp};
use serde::Serialize;

use super::hold::basis;
use super::{Context, store, words};
use crate::args::BudgetHoldsArgs;
use crate::clock;
use crate::failure::{End, Failure};
use crate::report::{Column, Only, Report, Table, Value};

/// More than this many are not counted out.
const MOST: usize = 1000;
/// How to close what was left open.
const CLOSE: &str = "settle or release what is known, then: imgcost budget presume --expired";

/// How many holds there are.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Count {
    pub(super) count: usize,
    /// Whether there may be more.
    pub(super) or_more: bool,
}

impl Count {
    pub(super) fn of(count: usize) -> Count {
        Count { count: count.min(MOST), or_more: count > MOST }
    }

    /// The count with its noun: `1 hold`, `1000 or more holds`.
    pub(super) fn of_a(self, noun: &str) -> String {
        let Count { count, or_more } = self;
        format!(
            "{count}{} {noun}{}",
            if or_more { " or more" } else { "" },
            if count == 1 && !or_more { "" } else { "s" }
        )
    }
}

/// How many holds of a scope and below are open, and how many of these have expired.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Open {
    pub(super) open: Count,
    pub(super) expired: Count,
}

impl Open {
    pub(super) fn count(ledger: &dyn Ledger, scope: Option<&Scope>) -> Result<Open, Error> {
        let count = |what: Filter| {
            let holds = read(ledger, &what.holds().scope(scope.cloned()), MOST + 1)?;
            Ok::<_, Error>(Count::of(holds.len()))
        };
        let open = count(Filter::default().state(State::Held))?;
        let none = Count::of(0);
        let expired = if open.count == 0 { none } else { count(Filter::default().expired())? };
        Ok(Open { open, expired })
    }

    /// What to tell of them; none where there are none.
    pub(super) fn words(self) -> Option<String> {
        let Open { open, expired } = self;
        match (open.count, expired.count) {
            (0, _) => None,
            (_, 0) => Some(format!("{} open: imgcost budget holds", open.of_a("call"))),
            _ => Some(format!(
                "{} open, {} expired: imgcost budget holds --expired",
                open.of_a("call"),
                expired.of_a("hold")
            )),
        }
    }
}

/// The first so many holds of those that are asked for.
pub(super) fn read(ledger: &dyn Ledger, what: &Filter, most: usize) -> Result<Vec<Hold>, Error> {
    let mut holds = Vec::new();
    ledger.read(what, &mut |record| {
        if let Record::Hold(hold) = record {
            holds.push(hold);
        }
        if holds.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(holds)
}

#[derive(Serialize)]
struct Document<'h> {
    schema: &'static str,
    now: Timestamp,
    holds: Vec<Row<'h>>,
}

#[derive(Serialize)]
struct Row<'h> {
    hold: &'h HoldId,
    scope: &'h Scope,
    made_at: Timestamp,
    expires_at: Timestamp,
    ceiling: NanoUsd,
    ceiling_basis: &'static str,
    call: String,
    state: State,
    expired: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'h str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'h str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: &'h BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<&'h Job>,
}

/// Lists open holds.
pub(super) fn holds(args: &BudgetHoldsArgs, context: Context<'_>) -> Result<End, Failure> {
    let scope = words::some_scope(args.scope.as_deref())?;
    let what = Filter::default().holds().state(State::Held).scope(scope);
    let what = if args.expired { what.expired() } else { what };
    let mut found = read(&*store::open_to_read(&args.ledger, context)?, &what, usize::MAX)?;
    let now = clock::now();
    if args.open {
        found.retain(|hold| !hold.has_expired(now));
    }
    let rows = found.iter().map(|hold| Row {
        hold: &hold.id,
        scope: &hold.scope,
        made_at: hold.made_at,
        expires_at: hold.expires_at,
        ceiling: hold.ceiling,
        ceiling_basis: basis(hold),
        call: call(hold),
        state: hold.state,
        expired: args.expired || hold.has_expired(now),
        key: hold.key.as_deref(),
        request_id: hold.request_id.as_deref(),
        tags: &hold.tags,
        job: hold.job.as_ref(),
    });
    let document = Document { schema: "imgcost.holds/1", now, holds: rows.collect() };
    context.output.write(&document, || report(&document, args.expired))?;
    Ok(End::Done)
}

/// The call that a hold is for, by what the ledger keeps of its request.
fn call(hold: &Hold) -> String {
    if let Some(requests) = requests_of(hold) {
        return format!("batch of {requests} requests");
    }
    let request: serde_json::Value = serde_json::from_str(&hold.request).unwrap_or_default();
    let word = |name| match request.get(name)? {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let count = word("n").filter(|n| n != "1").map(|n| format!("x{n}"));
    let words: Vec<String> = ["model", "quality", "size"].into_iter().filter_map(word).chain(count).collect();
    if words.is_empty() { "not quoted".to_owned() } else { words.join(" ") }
}

fn report<'h>(document: &Document<'h>, only_expired: bool) -> Report<'h> {
    let mut report = Report::default();
    let table = Table::of("Holds", &document.holds)
        .column(Column::name("hold"), |row| Value::of(row.hold))
        .column(Column::name("scope"), |row| Value::of(row.scope))
        .column(Column::name("made_at").label("since (UTC)").if_room(3), |row| words::clock(row.made_at))
        .column(Column::number("age").if_room(1), |row| words::age(row.made_at, document.now))
        .column(Column::name("expires_at").label("expires").if_room(2), |row| words::clock(row.expires_at))
        .column(Column::number("ceiling").label("USD"), |row| row.ceiling)
        .column(Column::text("ceiling_basis").data_only(), |row| row.ceiling_basis)
        .column(Column::text("call").if_room(0), |row| row.call.clone())
        .column(Column::name("state"), |row| if row.expired { "expired" } else { "open" })
        .column(Column::text("key").data_only(), |row| row.key)
        .column(Column::text("request_id").data_only(), |row| row.request_id)
        .column(Column::text("tags").data_only(), |row| words::tag_list(row.tags))
        .column(Column::text("job").data_only(), |row| row.job.map(Value::of));
    if document.holds.is_empty() {
        report.heading(if only_expired { "no hold has expired" } else { "no hold is open" });
    }
    report.table(table.only(if document.holds.is_empty() { Only::Data } else { Only::Anyone }).end());
    if document.holds.iter().any(|row| row.expired) {
        report.line(CLOSE);
    }
    report
}
