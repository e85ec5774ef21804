//! One transaction on the file, shared by any number of steps.

use std::collections::HashMap;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, params};

use super::columns::{self, win};
use super::failure::{StoreName, may_be_done};
use super::schema;
use crate::budget::{Budget, Sums};
use crate::engine::Transaction;
use crate::error::Error;
use crate::hold::{Hold, HoldId};
use crate::journal::Entry;
use crate::scope::Scope;
use crate::window::{Period, Window};

/// An open transaction. Dropped without [`Batch::commit`], it is rolled back.
///
/// Sums and budgets are read once and cached while it is open: many holds on one scope write many
/// holds and one row of sums.
pub(super) struct Batch<'c> {
    connection: &'c Connection,
    store: &'c StoreName,
    accounts: HashMap<String, Vec<CachedAccount>>,
}

/// One scope in one period, as read or as changed by a step.
struct CachedAccount {
    period: Period,
    budget: Option<Budget>,
    sums: Sums,
    /// Changed and not written yet.
    is_new: bool,
}

/// Why a batch was not committed.
pub(super) enum Failure {
    /// Nothing was written, and retrying now is useless.
    Closed(Error),
    /// Everything was rolled back; the cause may be in one step.
    RolledBack(Error),
    /// It is unknown whether it was committed.
    Unknown(Error),
}

impl Failure {
    pub(super) fn into_error(self) -> Error {
        match self {
            Failure::Closed(error) | Failure::RolledBack(error) | Failure::Unknown(error) => error,
        }
    }
}

impl<'c> Batch<'c> {
    /// Begins a write transaction; waits up to the connection's limit.
    pub(super) fn begin(connection: &'c Connection, store: &'c StoreName) -> Result<Self, Error> {
        let batch = Batch { connection, store, accounts: HashMap::new() };
        batch.execute("BEGIN IMMEDIATE", [])?;
        schema::check_version(connection, store)?;
        Ok(batch)
    }

    /// Writes the sums and commits. When it returns, everything is on the disk.
    pub(super) fn commit(mut self) -> Result<(), Failure> {
        self.write_sums().map_err(Failure::RolledBack)?;
        let Err(error) = self.prepare("COMMIT").and_then(|mut commit| commit.execute([])) else {
            return Ok(());
        };
        let may_be_done = may_be_done(&error);
        let why = self.store.failed(error);
        // A failed COMMIT either rolled the transaction back or left it open, to be rolled back
        // here.
        let rolled_back = self.connection.is_autocommit()
            || self.prepare("ROLLBACK").and_then(|mut s| s.execute([])).is_ok();
        if rolled_back && !may_be_done {
            Err(Failure::RolledBack(why))
        } else {
            Err(Failure::Unknown(self.store.unknown(why.to_string())))
        }
    }

    fn write_sums(&mut self) -> Result<(), Error> {
        let mut write = self
            .prepare(
                "INSERT INTO counter (scope, win, start, held, held_assumed, presumed, settled, overrun, \
                 open, alerted) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) \
                 ON CONFLICT DO UPDATE SET held = ?4, held_assumed = ?5, presumed = ?6, settled = ?7, \
                 overrun = ?8, open = ?9, alerted = ?10",
            )
            .map_err(|error| self.store.failed(error))?;
        for (scope, accounts) in &self.accounts {
            for CachedAccount { period, sums, .. } in accounts.iter().filter(|account| account.is_new) {
                write
                    .execute(params![
                        scope,
                        win(period.window),
                        period.start.as_microsecond(),
                        sums.held.column(),
                        sums.held_assumed.column(),
                        sums.presumed.column(),
                        sums.settled.column(),
                        sums.overrun.column(),
                        i64::try_from(sums.open).unwrap_or(i64::MAX),
                        sums.alerted
                    ])
                    .map_err(|error| self.store.failed(error))?;
            }
        }
        Ok(())
    }

    fn prepare(&self, sql: &str) -> rusqlite::Result<CachedStatement<'c>> {
        self.connection.prepare_cached(sql)
    }

    fn execute(&self, sql: &str, values: impl Params) -> Result<(), Error> {
        let done = self.prepare(sql).and_then(|mut statement| statement.execute(values));
        done.map(|_| ()).map_err(|error| self.store.failed(error))
    }

    fn hold_where(&self, sql: &str, value: &str) -> Result<Option<Hold>, Error> {
        let mut statement = self.prepare(sql).map_err(|error| self.store.failed(error))?;
        let mut rows = statement.query([value]).map_err(|error| self.store.failed(error))?;
        let row = rows.next().map_err(|error| self.store.failed(error))?;
        row.map(|row| columns::hold(row, self.store)).transpose()
    }

    fn cached(&mut self, scope: &str, period: Period) -> Option<&mut CachedAccount> {
        self.accounts.get_mut(scope)?.iter_mut().find(|account| account.period == period)
    }

    /// Updates a budget in the cache after a step changed it.
    fn update_cached_budget(&mut self, scope: &Scope, window: Window, budget: Option<&Budget>) {
        let accounts = self.accounts.get_mut(scope.as_str()).into_iter().flatten();
        for account in accounts.filter(|account| account.period.window == window) {
            account.budget = budget.cloned();
        }
    }

    /// Reads a scope's accounts with one query, except those in the cache: what a step of this
    /// transaction left is newer than the row.
    fn read_accounts(&mut self, scope: &str, periods: [Period; 4]) -> Result<(), Error> {
        let failed = |error| self.store.failed(error);
        let mut statement = self.connection.prepare_cached(columns::ACCOUNTS).map_err(failed)?;
        let [a, b, c, d] = periods.map(|period| period.start.as_microsecond());
        let mut rows = statement.query(params![scope, a, b, c, d]).map_err(failed)?;
        let mut found = periods.map(|period| (period, None, Sums::default()));
        while let Some(row) = rows.next().map_err(failed)? {
            let (window, budget, sums) = columns::account(row, scope, self.store)?;
            if let Some(account) = found.iter_mut().find(|(period, _, _)| period.window == window) {
                (account.1, account.2) = (budget, sums);
            }
        }
        let accounts = match self.accounts.get_mut(scope) {
            Some(accounts) => accounts,
            None => self.accounts.entry(scope.to_owned()).or_default(),
        };
        for (period, budget, sums) in found {
            if !accounts.iter().any(|account| account.period == period) {
                accounts.push(CachedAccount { period, budget, sums, is_new: false });
            }
        }
        Ok(())
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        // If even this fails the connection is broken, and the next BEGIN fails.
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

impl Transaction for Batch<'_> {
    fn budget(&mut self, scope: &Scope, window: Window) -> Result<Option<Budget>, Error> {
        let budgets = budgets_at(self.connection, scope.as_str(), self.store)?;
        Ok(budgets.into_iter().find(|budget| budget.window == window))
    }

    fn put_budget(&mut self, budget: &Budget) -> Result<(), Error> {
        self.update_cached_budget(&budget.scope, budget.window, Some(budget));
        self.execute(
            "INSERT INTO budget (scope, win, cap, assumed_ok, alerts) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT DO UPDATE SET cap = ?3, assumed_ok = ?4, alerts = ?5",
            params![
                budget.scope.as_str(),
                win(budget.window),
                budget.cap.limit().map(|limit| limit.column()),
                budget.allow_assumed_ceiling,
                budget.alerts.to_string()
            ],
        )
    }

    fn remove_budget(&mut self, scope: &Scope, window: Window) -> Result<(), Error> {
        self.update_cached_budget(scope, window, None);
        self.execute("DELETE FROM budget WHERE scope = ?1 AND win = ?2", params![scope.as_str(), win(window)])
    }

    fn accounts(&mut self, scope: &str, periods: [Period; 4]) -> Result<[(Sums, Option<Budget>); 4], Error> {
        if !periods.iter().all(|period| self.cached(scope, *period).is_some()) {
            self.read_accounts(scope, periods)?;
        }
        let account = |account: &mut CachedAccount| (account.sums, account.budget.clone());
        Ok(periods.map(|period| self.cached(scope, period).map(account).unwrap_or_default()))
    }

    fn put_sums(&mut self, scope: &str, period: Period, sums: Sums) -> Result<(), Error> {
        let store = self.store;
        let unread = || store.damaged(format!("sums of {scope} were to be written that were not read"));
        let account = self.cached(scope, period).ok_or_else(unread)?;
        (account.sums, account.is_new) = (sums, true);
        Ok(())
    }

    fn hold_of_id(&mut self, id: &HoldId) -> Result<Option<Hold>, Error> {
        self.hold_where(
            "SELECT id, key, scope, made_at, expires_at, ceiling, assumed, state, cost, usage, reason, \
             quote, book, request, terms FROM hold WHERE id = ?1",
            id.as_str(),
        )
    }

    fn hold_of_key(&mut self, key: &str) -> Result<Option<Hold>, Error> {
        self.hold_where(
            "SELECT id, key, scope, made_at, expires_at, ceiling, assumed, state, cost, usage, reason, \
             quote, book, request, terms FROM hold WHERE key = ?1",
            key,
        )
    }

    fn add_hold(&mut self, hold: &Hold) -> Result<(), Error> {
        self.execute(
            "INSERT INTO hold (id, key, scope, made_at, expires_at, ceiling, assumed, state, cost, usage, \
             reason, quote, book, request, terms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            params![
                hold.id.as_str(),
                hold.key,
                hold.scope.as_str(),
                hold.made_at.as_microsecond(),
                hold.expires_at.as_microsecond(),
                hold.ceiling.column(),
                hold.assumed,
                hold.state.as_str(),
                hold.cost.map(|cost| cost.column()),
                hold.usage,
                hold.reason,
                hold.quote,
                hold.book,
                hold.request,
                hold.terms
            ],
        )
    }

    fn put_hold(&mut self, hold: &Hold) -> Result<(), Error> {
        self.execute(
            "UPDATE hold SET state = ?2, cost = ?3, usage = ?4, reason = ?5 WHERE id = ?1",
            params![
                hold.id.as_str(),
                hold.state.as_str(),
                hold.cost.map(|cost| cost.column()),
                hold.usage,
                hold.reason
            ],
        )
    }

    fn add_entry(&mut self, entry: Entry) -> Result<(), Error> {
        self.execute(
            "INSERT INTO journal (at, event, scope, hold, amount, overrun, before, quote, book, details, \
             who, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                entry.at.as_microsecond(),
                entry.event.as_str(),
                entry.scope.as_str(),
                entry.hold.as_ref().map(HoldId::as_str),
                entry.amount.map(|amount| amount.column()),
                entry.overrun.map(|overrun| overrun.column()),
                entry.before.map(|before| before.as_str()),
                entry.quote,
                entry.book,
                entry.details,
                entry.by,
                entry.reason
            ],
        )
    }
}

/// The budgets of a scope, by window.
pub(super) fn budgets_at(
    connection: &Connection,
    scope: &str,
    store: &StoreName,
) -> Result<Vec<Budget>, Error> {
    let failed = |error| store.failed(error);
    let sql = "SELECT scope, win, cap, assumed_ok, alerts FROM budget WHERE scope = ?1 ORDER BY win";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let mut rows = statement.query([scope]).map_err(failed)?;
    let mut budgets = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        budgets.push(columns::budget(row, store)?);
    }
    Ok(budgets)
}

/// The sums of a scope in a period; zero if it has no row.
pub(super) fn sums_of(
    connection: &Connection,
    scope: &str,
    period: Period,
    store: &StoreName,
) -> Result<Sums, Error> {
    let failed = |error| store.failed(error);
    let sql = "SELECT held, held_assumed, presumed, settled, overrun, open, alerted FROM counter \
               WHERE scope = ?1 AND win = ?2 AND start = ?3";
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let values = params![scope, win(period.window), period.start.as_microsecond()];
    let sums = statement.query_row(values, |row| Ok(columns::sums(row, 0, store)));
    sums.optional().map_err(failed)?.transpose().map(Option::unwrap_or_default)
}
