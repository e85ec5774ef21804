//! The columns of the tables, as the types of the ledger.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::Row;

use super::failure::StoreName;
use crate::budget::{Budget, Cap, Counter, Sums, scope_of_place};
use crate::error::Error;
use crate::hold::{Hold, Job, State};
use crate::journal::{Entry, Event};
use crate::money::NanoUsd;
use crate::pause::Pause;
use crate::scope::Scope;
use crate::window::{Period, Window};

/// The columns of a hold, or a SELECT of them with a condition.
macro_rules! holds {
    () => {
        "id, key, scope, made_at, expires_at, ceiling, assumed, state, cost, usage, reason, quote, book, \
         request, terms, expected, calls, tags, request_id, provider, job, late"
    };
    ($condition:literal) => {
        concat!("SELECT ", holds!(), " FROM hold WHERE ", $condition)
    };
}

/// The same of an entry.
macro_rules! entries {
    () => {
        "number, at, event, scope, hold, amount, overrun, before, quote, book, details, who, reason, \
         counts_at, step"
    };
    ($condition:literal) => {
        concat!("SELECT ", entries!(), " FROM journal WHERE ", $condition)
    };
}

pub(super) const BUDGET: &str = "scope, win, cap, assumed_ok, alerts";
/// By scope and window, in the order of [`Window::ALL`], where a week is before a month.
pub(super) const BUDGETS_SORTED: &str = "scope, win = 3, win";
pub(super) const SUMS: &str = "held, held_assumed, presumed, settled, overrun, open, alerted, held_over";
pub(super) const HOLD: &str = holds!();
pub(super) const HOLD_OF_ID: &str = holds!("id = ?1");
pub(super) const HOLD_OF_KEY: &str = holds!("key = ?1");
pub(super) const HOLD_OF_JOB: &str = holds!("provider = ?1 AND job = ?2");
pub(super) const ENTRY: &str = entries!();
pub(super) const ENTRY_OF_STEP: &str = entries!("step = ?1");

/// A scope's sums in the windows that are kept (parameters: scope, then the four starts), one row
/// each. The windows are listed first, so that each is one search by the whole key: a scope has a
/// row for every hour in which it was used.
pub(super) const KEPT: &str = "SELECT win, held, held_assumed, presumed, settled, overrun, open, alerted, \
                               held_over \
                               FROM (VALUES (0, ?2), (1, ?3), (2, ?4), (3, ?5)) AS w \
                               CROSS JOIN counter c ON c.scope = ?1 AND c.win = w.column1 \
                               AND c.start = w.column2";

/// What is set for a scope: its budgets, the defaults of its siblings (the second parameter is
/// their place), and whether it is paused, as a window of 9.
pub(super) const SETTINGS: &str = "SELECT scope, win, cap, assumed_ok, alerts FROM budget WHERE scope = ?1 \
     UNION ALL SELECT scope, win, cap, assumed_ok, alerts FROM budget WHERE scope = ?2 \
     UNION ALL SELECT scope, 9, at, who, reason FROM pause WHERE scope = ?1";
/// The window of a pause among the settings.
const PAUSE: i64 = 9;

/// The number of a window in its column.
pub(super) const fn win(window: Window) -> i64 {
    match window {
        Window::Total => 0,
        Window::Hour => 1,
        Window::Day => 2,
        Window::Month => 3,
        Window::Week => 4,
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

    fn scope(&mut self) -> Result<Scope, Error> {
        self.meant("scope", |text: String| Scope::stored(&text).ok())
    }

    fn maybe_time(&mut self) -> Result<Option<Timestamp>, Error> {
        self.meant("time", |micros: Option<i64>| match micros {
            Some(micros) => Timestamp::from_microsecond(micros).ok().map(Some),
            None => Some(None),
        })
    }

    fn tags(&mut self) -> Result<BTreeMap<String, String>, Error> {
        self.meant("list of tags", |json: Option<String>| match json {
            Some(json) => serde_json::from_str(&json).ok(),
            None => Some(BTreeMap::new()),
        })
    }

    fn window(&mut self) -> Result<Window, Error> {
        self.meant("window", |number: i64| Window::ALL.into_iter().find(|window| win(*window) == number))
    }
}

pub(super) fn budget(row: &Row<'_>, store: &StoreName) -> Result<Budget, Error> {
    let mut row = Reader::from(row, 0, store);
    let (scope, each_child) = row.meant("scope", |place: String| scope_of_place(&place).ok())?;
    Ok(Budget {
        scope,
        each_child,
        window: row.window()?,
        cap: row.maybe_money()?.map_or(Cap::Unlimited, Cap::Usd),
        allow_assumed_ceiling: row.get()?,
        alerts: row.parsed("list of thresholds")?,
    })
}

/// A row of [`SETTINGS`].
pub(super) enum Setting {
    Budget(Budget),
    Pause(Pause),
}

pub(super) fn setting(row: &Row<'_>, store: &StoreName) -> Result<Setting, Error> {
    let window: i64 = row.get(1).map_err(|error| store.failed(error))?;
    if window != PAUSE {
        return budget(row, store).map(Setting::Budget);
    }
    let mut row = Reader::from(row, 0, store);
    let scope = row.scope()?;
    row.next += 1;
    Ok(Setting::Pause(Pause { scope, since: row.time()?, by: row.get()?, reason: row.get()? }))
}

/// A row of the table of pauses.
pub(super) fn pause(row: &Row<'_>, store: &StoreName) -> Result<Pause, Error> {
    let mut row = Reader::from(row, 0, store);
    Ok(Pause { scope: row.scope()?, since: row.time()?, by: row.get()?, reason: row.get()? })
}

/// A row of [`KEPT`].
pub(super) fn kept(row: &Row<'_>, store: &StoreName) -> Result<(Window, Sums), Error> {
    let window = Reader::from(row, 0, store).window()?;
    Ok((window, sums(row, 1, store)?))
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
        held_over: row.money()?,
    })
}

/// A counter: scope, window and start, then the sums.
pub(super) fn counter(row: &Row<'_>, store: &StoreName) -> Result<Counter, Error> {
    let sums = sums(row, 3, store)?;
    let mut row = Reader::from(row, 0, store);
    let scope = row.scope()?;
    let period = Period { window: row.window()?, start: row.time()? };
    Ok(Counter { scope, period, sums })
}

pub(super) fn hold(row: &Row<'_>, store: &StoreName) -> Result<Hold, Error> {
    let mut row = Reader::from(row, 0, store);
    Ok(Hold {
        id: row.parsed("hold")?,
        key: row.get()?,
        scope: row.scope()?,
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
        expected: row.maybe_money()?,
        calls: row.count()?,
        tags: row.tags()?,
        request_id: row.get()?,
        job: match (row.get::<Option<String>>()?, row.get::<Option<String>>()?) {
            (Some(provider), Some(id)) => Some(Job { provider, id }),
            _ => None,
        },
        late: row.get()?,
    })
}

pub(super) fn entry(row: &Row<'_>, store: &StoreName) -> Result<Entry, Error> {
    let mut row = Reader::from(row, 0, store);
    Ok(Entry {
        number: row.count()?,
        at: row.time()?,
        event: row.meant("event", |name: String| Event::named(&name))?,
        scope: row.scope()?,
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
        counts_at: row.maybe_time()?,
        step: row.get()?,
    })
}
