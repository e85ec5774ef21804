//! The columns of the tables, as the types of the ledger.

use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::Row;

use super::failure::StoreName;
use crate::budget::{Budget, Cap, Counter, Sums};
use crate::error::Error;
use crate::hold::{Hold, State};
use crate::journal::{Entry, Event};
use crate::money::NanoUsd;
use crate::window::{Period, Window};

pub(super) const BUDGET: &str = "scope, win, cap, assumed_ok, alerts";
pub(super) const SUMS: &str = "held, held_assumed, presumed, settled, overrun, open, alerted";
pub(super) const HOLD: &str = "id, key, scope, made_at, expires_at, ceiling, assumed, state, cost, usage, \
                               reason, quote, book, request, terms";
pub(super) const ENTRY: &str = "number, at, event, scope, hold, amount, overrun, before, quote, book, \
                                details, who, reason";

/// A scope's accounts in the four windows (parameters: scope, then the four starts), one row each.
/// The windows are listed first, so that each is one search by the whole key: a scope has a row for
/// every hour in which it was used.
pub(super) const ACCOUNTS: &str = "SELECT w.column1, cap, assumed_ok, alerts, held, held_assumed, presumed, \
                                 settled, overrun, open, alerted \
                                 FROM (VALUES (0, ?2), (1, ?3), (2, ?4), (3, ?5)) AS w \
                                 LEFT JOIN budget b ON b.scope = ?1 AND b.win = w.column1 \
                                 LEFT JOIN counter c ON c.scope = ?1 AND c.win = w.column1 \
                                 AND c.start = w.column2";

/// The number of a window in its column.
pub(super) const fn win(window: Window) -> i64 {
    match window {
        Window::Total => 0,
        Window::Hour => 1,
        Window::Day => 2,
        Window::Month => 3,
    }
}

/// Reads the columns of a row one after another.
struct Reader<'r, 's> {
    row: &'r Row<'s>,
    store: &'r StoreName,
    next: usize,
}

impl<'r, 's> Reader<'r, 's> {
    const fn from(row: &'r Row<'s>, next: usize, store: &'r StoreName) -> Self {
        Reader { row, store, next }
    }

    fn get<T: rusqlite::types::FromSql>(&mut self) -> Result<T, Error> {
        let value = self.row.get(self.next).map_err(|error| self.store.failed(error));
        self.next += 1;
        value
    }

    /// Converts a column, or reports it as damaged.
    fn meant<C, T>(&mut self, what: &str, meaning: impl Fn(C) -> Option<T>) -> Result<T, Error>
    where
        C: rusqlite::types::FromSql + Clone + std::fmt::Debug,
    {
        let column: C = self.get()?;
        meaning(column.clone()).ok_or_else(|| self.store.damaged(format!("{column:?} is not a valid {what}")))
    }

    fn parsed<T: FromStr>(&mut self, what: &str) -> Result<T, Error> {
        self.meant(what, |text: String| text.parse().ok())
    }

    fn money(&mut self) -> Result<NanoUsd, Error> {
        self.meant("amount", NanoUsd::from_column)
    }

    fn maybe_money(&mut self) -> Result<Option<NanoUsd>, Error> {
        self.meant("amount", |nano: Option<i64>| match nano {
            Some(nano) => NanoUsd::from_column(nano).map(Some),
            None => Some(None),
        })
    }

    fn count(&mut self) -> Result<u64, Error> {
        self.meant("count", |count: i64| u64::try_from(count).ok())
    }

    fn time(&mut self) -> Result<Timestamp, Error> {
        self.meant("time", |micros: i64| Timestamp::from_microsecond(micros).ok())
    }

    fn window(&mut self) -> Result<Window, Error> {
        self.meant("window", |number: i64| Window::ALL.into_iter().find(|window| win(*window) == number))
    }
}

pub(super) fn budget(row: &Row<'_>, store: &StoreName) -> Result<Budget, Error> {
    let mut row = Reader::from(row, 0, store);
    Ok(Budget {
        scope: row.parsed("scope")?,
        window: row.window()?,
        cap: row.maybe_money()?.map_or(Cap::Unlimited, Cap::Usd),
        allow_assumed_ceiling: row.get()?,
        alerts: row.parsed("list of thresholds")?,
    })
}

/// A row of [`ACCOUNTS`].
pub(super) fn account(
    row: &Row<'_>,
    scope: &str,
    store: &StoreName,
) -> Result<(Window, Option<Budget>, Sums), Error> {
    let mut first = Reader::from(row, 0, store);
    let window = first.window()?;
    let cap = first.maybe_money()?;
    // A budget may have no cap, but always has a list of thresholds.
    let (assumed, alerts): (Option<bool>, Option<String>) = (first.get()?, first.get()?);
    let budget = match (assumed, alerts) {
        (Some(allow_assumed_ceiling), Some(alerts)) => Some(Budget {
            scope: scope.parse().map_err(|error| store.damaged(format!("{error}")))?,
            window,
            cap: cap.map_or(Cap::Unlimited, Cap::Usd),
            allow_assumed_ceiling,
            alerts: alerts.parse().map_err(|error| store.damaged(format!("{error}")))?,
        }),
        _ => None,
    };
    let held: Option<i64> = row.get(4).map_err(|error| store.failed(error))?;
    let sums = if held.is_some() { sums(row, 4, store)? } else { Sums::default() };
    Ok((window, budget, sums))
}

/// The sums in the columns from `first` on.
pub(super) fn sums(row: &Row<'_>, first: usize, store: &StoreName) -> Result<Sums, Error> {
    let mut row = Reader::from(row, first, store);
    Ok(Sums {
        held: row.money()?,
        held_assumed: row.money()?,
        presumed: row.money()?,
        settled: row.money()?,
        overrun: row.money()?,
        open: row.count()?,
        alerted: row.get()?,
    })
}

/// A counter: scope, window and start, then the sums.
pub(super) fn counter(row: &Row<'_>, store: &StoreName) -> Result<Counter, Error> {
    let sums = sums(row, 3, store)?;
    let mut row = Reader::from(row, 0, store);
    let scope = row.parsed("scope")?;
    let period = Period { window: row.window()?, start: row.time()? };
    Ok(Counter { scope, period, sums })
}

pub(super) fn hold(row: &Row<'_>, store: &StoreName) -> Result<Hold, Error> {
    let mut row = Reader::from(row, 0, store);
    Ok(Hold {
        id: row.parsed("hold")?,
        key: row.get()?,
        scope: row.parsed("scope")?,
        made_at: row.time()?,
        expires_at: row.time()?,
        ceiling: row.money()?,
        assumed: row.get()?,
        state: row.meant("state", |name: String| State::named(&name))?,
        cost: row.maybe_money()?,
        usage: row.get()?,
        reason: row.get()?,
        quote: row.get()?,
        book: row.get()?,
        request: row.get()?,
        terms: row.get()?,
    })
}

pub(super) fn entry(row: &Row<'_>, store: &StoreName) -> Result<Entry, Error> {
    let mut row = Reader::from(row, 0, store);
    Ok(Entry {
        number: row.count()?,
        at: row.time()?,
        event: row.meant("event", |name: String| Event::named(&name))?,
        scope: row.parsed("scope")?,
        hold: row
            .meant("hold", |id: Option<String>| id.map_or(Some(None), |id| id.parse().ok().map(Some)))?,
        amount: row.maybe_money()?,
        overrun: row.maybe_money()?,
        before: row.meant("state", |name: Option<String>| {
            name.map_or(Some(None), |name| State::named(&name).map(Some))
        })?,
        quote: row.get()?,
        book: row.get()?,
        details: row.get()?,
        by: row.get()?,
        reason: row.get()?,
    })
}
