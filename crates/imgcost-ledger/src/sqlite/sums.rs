//! Budgets and sums by their keys, for writers and readers.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::columns::{self, win};
use super::failure::StoreName;
use crate::budget::{Budget, Sums};
use crate::error::Error;
use crate::window::{Period, Window};

/// The budgets at a place, by window.
pub(super) fn budgets_at(
    connection: &Connection,
    place: &str,
    store: &StoreName,
) -> Result<Vec<Budget>, Error> {
    let failed = |error| store.failed(error);
    let sql = "SELECT scope, win, cap, assumed_ok, alerts FROM budget WHERE scope = ?1 ORDER BY win = 3, win";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let mut rows = statement.query([place]).map_err(failed)?;
    let mut budgets = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        budgets.push(columns::budget(row, store)?);
    }
    Ok(budgets)
}

/// The sums of a scope in a period; none if nothing was ever counted there.
pub(super) fn sums_of(
    connection: &Connection,
    scope: &str,
    period: Period,
    store: &StoreName,
) -> Result<Option<Sums>, Error> {
    if period.window == Window::Week {
        let days = days_of(connection, scope, period, store)?;
        if days.is_empty() {
            return Ok(None);
        }
        let alerted = week_alert(connection, scope, period, store)?;
        return Ok(Some(Sums { alerted, ..Sums::together(days.into_iter().map(|(_, sums)| sums)) }));
    }
    let failed = |error| store.failed(error);
    let sql = "SELECT held, held_assumed, presumed, settled, overrun, open, alerted, held_over FROM counter \
               WHERE scope = ?1 AND win = ?2 AND start = ?3";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let values = params![scope, win(period.window), period.start.as_microsecond()];
    let sums = statement.query_row(values, |row| Ok(columns::sums(row, 0, store)));
    sums.optional().map_err(failed)?.transpose()
}

/// The sums of those days of a week that have any.
pub(super) fn days_of(
    connection: &Connection,
    scope: &str,
    week: Period,
    store: &StoreName,
) -> Result<Vec<(Timestamp, Sums)>, Error> {
    let failed = |error| store.failed(error);
    let sql = "SELECT start, held, held_assumed, presumed, settled, overrun, open, alerted, held_over \
               FROM counter WHERE scope = ?1 AND win = 2 AND start >= ?2 AND start < ?3";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let end = week.end().map_or(i64::MAX, |end| end.as_microsecond());
    let mut rows = statement.query(params![scope, week.start.as_microsecond(), end]).map_err(failed)?;
    let mut days = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let micros: i64 = row.get(0).map_err(failed)?;
        let start = Timestamp::from_microsecond(micros).map_err(|error| store.damaged(error.to_string()))?;
        days.push((start, columns::sums(row, 1, store)?));
    }
    Ok(days)
}

/// What was alerted for a scope in a week.
pub(super) fn week_alert(
    connection: &Connection,
    scope: &str,
    week: Period,
    store: &StoreName,
) -> Result<u8, Error> {
    let failed = |error| store.failed(error);
    let sql = "SELECT alerted FROM week_alert WHERE scope = ?1 AND start = ?2";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let alerted = statement.query_row(params![scope, week.start.as_microsecond()], |row| row.get(0));
    alerted.optional().map_err(failed).map(Option::unwrap_or_default)
}
