//! Rows of the server as the types of the ledger.

use serde::Deserialize;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use crate::budget::{Alert, Budget, Cap, Counter, Sums, Thresholds, scope_of_place};
use crate::error::Error;
use crate::hold::{Hold, HoldId, Job, State};
use crate::journal::{Entry, Event};
use crate::money::NanoUsd;
use crate::pause::Pause;
use crate::refusal::Block;
use crate::scope::Scope;
use crate::window::{Period, Window};
use jiff::Timestamp;

/// How the name of a correction without a key begins.
pub(super) const NO_KEY: char = '\u{1}';

/// The numbers of windows in the tables.
pub(super) const fn number_of(window: Window) -> i16 {
    match window {
        Window::Total => 0,
        Window::Hour => 1,
        Window::Day => 2,
        Window::Month => 3,
        Window::Week => 4,
    }
}

pub(super) const BUDGET: &str =
    "b.scope, b.win, b.cap, b.assumed_ok, array_to_string(b.alerts, ',') AS alerts";
pub(super) const COUNTER: &str = "c.scope, c.win, c.start, c.held, c.held_assumed, c.presumed, c.settled, c.overrun, c.open, c.alerted, \
     c.held_over";
pub(super) const ENTRY: &str = "j.number, j.at, j.event, j.scope, j.hold, j.amount, j.overrun, \
    j.before, j.quote, j.book, j.details, j.by, j.reason, j.counts_at, j.step";

/// The columns of a hold, for a table's alias or a value such as `(h)`.
pub(super) fn hold_columns(of: &str) -> String {
    let names = "id key scope made_at expires_at ceiling assumed state cost usage reason quote book request terms \
         expected calls tags request_id provider job late";
    let columns: Vec<String> = names.split(' ').map(|name| format!("{of}.{name}")).collect();
    columns.join(", ")
}

/// A row, and the store it is from.
#[derive(Clone, Copy)]
pub(super) struct Reply<'a> {
    pub(super) row: &'a Row,
    pub(super) store: &'a str,
}

impl Reply<'_> {
    pub(super) fn get<'r, T: FromSql<'r>>(&'r self, name: &str) -> Result<T, Error> {
        self.row.try_get(name).map_err(|error| self.damaged(super::failure::chain(&error)))
    }

    pub(super) fn damaged(&self, why: String) -> Error {
        Error::Damaged { store: self.store.to_owned(), why }
    }

    fn money(&self, name: &str) -> Result<NanoUsd, Error> {
        self.amount(name, self.get(name)?)
    }

    pub(super) fn money_or_none(&self, name: &str) -> Result<Option<NanoUsd>, Error> {
        let amount: Option<i64> = self.get(name)?;
        amount.map(|amount| self.amount(name, amount)).transpose()
    }

    fn amount(&self, name: &str, amount: i64) -> Result<NanoUsd, Error> {
        NanoUsd::from_column(amount).ok_or_else(|| self.damaged(format!("{name} is {amount}")))
    }

    fn parsed<T: std::str::FromStr>(&self, text: &str) -> Result<T, Error>
    where
        T::Err: std::fmt::Display,
    {
        text.parse().map_err(|error: T::Err| self.damaged(error.to_string()))
    }

    fn text<T: std::str::FromStr>(&self, name: &str) -> Result<T, Error>
    where
        T::Err: std::fmt::Display,
    {
        self.parsed(self.get(name)?)
    }

    pub(super) fn state(&self, name: &str) -> Result<State, Error> {
        let text: &str = self.get(name)?;
        State::named(text).ok_or_else(|| self.damaged(format!("'{text}' is no state")))
    }

    pub(super) fn window(&self, number: i16) -> Result<Window, Error> {
        let found = Window::ALL.into_iter().find(|window| number_of(*window) == number);
        found.ok_or_else(|| self.damaged(format!("{number} is no window")))
    }

    fn count(&self, name: &str) -> Result<u64, Error> {
        let count: i64 = self.get(name)?;
        u64::try_from(count).map_err(|_| self.damaged(format!("{name} is {count}")))
    }

    fn scope(&self, name: &str) -> Result<Scope, Error> {
        Scope::stored(self.get(name)?).map_err(|error| self.damaged(error.to_string()))
    }

    fn time(&self, micros: i64) -> Result<Timestamp, Error> {
        Timestamp::from_microsecond(micros).map_err(|error| self.damaged(error.to_string()))
    }

    pub(super) fn hold(&self) -> Result<Hold, Error> {
        Ok(Hold {
            id: self.text("id")?,
            key: self.get("key")?,
            scope: self.scope("scope")?,
            made_at: self.get("made_at")?,
            expires_at: self.get("expires_at")?,
            ceiling: self.money("ceiling")?,
            assumed: self.get("assumed")?,
            state: self.state("state")?,
            cost: self.money_or_none("cost")?,
            usage: self.get("usage")?,
            reason: self.get("reason")?,
            quote: self.get("quote")?,
            book: self.get("book")?,
            request: self.get("request")?,
            terms: self.get("terms")?,
            expected: self.money_or_none("expected")?,
            calls: self.count("calls")?,
            tags: self.json("tags")?.unwrap_or_default(),
            request_id: self.get("request_id")?,
            job: match (self.get("provider")?, self.get("job")?) {
                (Some(provider), Some(id)) => Some(Job { provider, id }),
                _ => None,
            },
            late: self.get("late")?,
        })
    }

    pub(super) fn budget(&self) -> Result<Budget, Error> {
        let prior =
            Prior { cap: self.get("cap")?, assumed_ok: self.get("assumed_ok")?, alerts: self.get("alerts")? };
        self.budget_of(self.get("scope")?, self.window(self.get("win")?)?, &prior)
    }

    /// The budget at a place.
    pub(super) fn budget_of(&self, place: &str, window: Window, prior: &Prior) -> Result<Budget, Error> {
        let (scope, each_child) = scope_of_place(place).map_err(|error| self.damaged(error.to_string()))?;
        let cap = match prior.cap {
            Some(cap) => Cap::Usd(self.amount("cap", cap)?),
            None => Cap::Unlimited,
        };
        let alerts: Thresholds = self.parsed(&prior.alerts)?;
        Ok(Budget { scope, each_child, window, cap, allow_assumed_ceiling: prior.assumed_ok, alerts })
    }

    pub(super) fn sums(&self) -> Result<Sums, Error> {
        let alerted: i16 = self.get("alerted")?;
        Ok(Sums {
            held: self.money("held")?,
            held_assumed: self.money("held_assumed")?,
            presumed: self.money("presumed")?,
            settled: self.money("settled")?,
            overrun: self.money("overrun")?,
            open: self.count("open")?,
            alerted: u8::try_from(alerted).map_err(|_| self.damaged(format!("alerted is {alerted}")))?,
            held_over: self.money("held_over")?,
        })
    }

    pub(super) fn counter(&self) -> Result<Counter, Error> {
        let period = Period { window: self.window(self.get("win")?)?, start: self.get("start")? };
        Ok(Counter { scope: self.scope("scope")?, period, sums: self.sums()? })
    }

    pub(super) fn entry(&self) -> Result<Entry, Error> {
        let number: i64 = self.get("number")?;
        let event: &str = self.get("event")?;
        let hold: Option<&str> = self.get("hold")?;
        let before: Option<&str> = self.get("before")?;
        Ok(Entry {
            number: u64::try_from(number).map_err(|_| self.damaged(format!("entry {number}")))?,
            at: self.get("at")?,
            event: Event::named(event).ok_or_else(|| self.damaged(format!("'{event}' is no event")))?,
            scope: self.scope("scope")?,
            hold: hold.map(|hold| self.parsed::<HoldId>(hold)).transpose()?,
            amount: self.money_or_none("amount")?,
            overrun: self.money_or_none("overrun")?,
            before: before.map(|_| self.state("before")).transpose()?,
            quote: self.get("quote")?,
            book: self.get("book")?,
            details: self.get("details")?,
            by: self.get("by")?,
            reason: self.get("reason")?,
            counts_at: self.get("counts_at")?,
            // Those that are no keys of the caller's only make a repeated step find itself.
            step: self
                .get::<Option<String>>("step")?
                .filter(|step| matches!(event, "charged" | "credited") && !step.starts_with(NO_KEY)),
        })
    }

    /// A row of the table of pauses.
    pub(super) fn pause(&self) -> Result<Pause, Error> {
        let (since, by, reason) = (self.get("at")?, self.get("by")?, self.get("reason")?);
        Ok(Pause { scope: self.scope("scope")?, since, by, reason })
    }

    pub(super) fn pause_of(&self, told: ToldPause) -> Result<Pause, Error> {
        let scope = Scope::stored(&told.scope).map_err(|error| self.damaged(error.to_string()))?;
        Ok(Pause { scope, since: self.time(told.at)?, by: told.by, reason: told.reason })
    }

    /// The details of a step beside its outcome, if it has any.
    pub(super) fn told<T: for<'d> Deserialize<'d>>(&self) -> Result<Option<T>, Error> {
        self.json("told")
    }

    fn json<T: for<'d> Deserialize<'d>>(&self, name: &str) -> Result<Option<T>, Error> {
        let json: Option<&str> = self.get(name)?;
        json.map(|json| serde_json::from_str(json).map_err(|error| self.damaged(error.to_string())))
            .transpose()
    }

    pub(super) fn alerts(&self) -> Result<Vec<Alert>, Error> {
        let told: Vec<ToldAlert> = self.json("alerts")?.unwrap_or_default();
        let alert = |told: ToldAlert| {
            Ok(Alert {
                scope: self.parsed(&told.scope)?,
                window: self.window(told.win)?,
                percent: told.percent,
                used: self.amount("used", told.used)?,
                cap: self.amount("cap", told.cap)?,
            })
        };
        told.into_iter().map(alert).collect()
    }

    /// The budgets without room for an amount.
    pub(super) fn blocks(&self, ceiling: NanoUsd) -> Result<Vec<Block>, Error> {
        let told: Vec<ToldBlock> = self.told()?.unwrap_or_default();
        told.into_iter().map(|told| self.block(&told, ceiling)).collect()
    }

    fn block(&self, told: &ToldBlock, ceiling: NanoUsd) -> Result<Block, Error> {
        let left = self.amount("left", told.left)?;
        let period = self.period(told.win, told.start)?;
        Ok(Block {
            scope: Scope::stored(&told.scope).map_err(|error| self.damaged(error.to_string()))?,
            window: period.window,
            cap: self.amount("cap", told.cap)?,
            left,
            short: ceiling.less(left),
            sums: Sums {
                held: self.amount("held", told.held)?,
                held_assumed: self.amount("held_assumed", told.held_assumed)?,
                presumed: self.amount("presumed", told.presumed)?,
                settled: self.amount("settled", told.settled)?,
                overrun: self.amount("overrun", told.overrun)?,
                open: told.open,
                alerted: told.alerted,
                held_over: self.amount("held_over", told.held_over)?,
            },
            resets_at: period.end(),
        })
    }

    /// A period with its start in microseconds since 1970.
    pub(super) fn period(&self, win: i16, start: i64) -> Result<Period, Error> {
        Ok(Period { window: self.window(win)?, start: self.time(start)? })
    }
}

/// A budget as a step returns it.
#[derive(Debug, Deserialize)]
pub(super) struct Prior {
    cap: Option<i64>,
    assumed_ok: bool,
    alerts: String,
}

#[derive(Debug, Deserialize)]
struct ToldAlert {
    scope: String,
    win: i16,
    percent: u8,
    used: i64,
    cap: i64,
}

#[derive(Debug, Deserialize)]
struct ToldBlock {
    scope: String,
    win: i16,
    start: i64,
    cap: i64,
    left: i64,
    held: i64,
    held_assumed: i64,
    presumed: i64,
    settled: i64,
    overrun: i64,
    open: u64,
    alerted: u8,
    held_over: i64,
}

/// A pause.
#[derive(Debug, Deserialize)]
pub(super) struct ToldPause {
    scope: String,
    at: i64,
    by: String,
    reason: String,
}

/// The counter that can't take a hold, and whether because it is less than the hold's share.
#[derive(Debug, Deserialize)]
pub(super) struct ToldCounter {
    pub(super) scope: String,
    pub(super) win: i16,
    pub(super) start: i64,
    pub(super) short: bool,
}
