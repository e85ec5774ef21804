//! One transaction on the file, shared by any number of steps.

use rusqlite::{CachedStatement, Connection, Params, params};

use super::cache::{Cache, CachedSums, Memory, Settings};
use super::columns::{self, Setting, win};
use super::failure::{StoreName, may_be_done};
use super::schema;
use super::sums::{budgets_at, days_of, week_alert};
use crate::budget::{Budget, Sums, default_place_of};
use crate::engine::{InForce, Transaction};
use crate::error::Error;
use crate::hold::{Hold, HoldId, Job};
use crate::journal::Entry;
use crate::pause::Pause;
use crate::scope::Scope;
use crate::window::{Period, Window};

const ADD_SUMS: &str = "INSERT INTO counter (scope, win, start, held, held_assumed, presumed, settled, overrun, \
                        open, alerted, held_over) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
const PUT_SUMS: &str = "UPDATE counter SET held = ?4, held_assumed = ?5, presumed = ?6, settled = ?7, \
                        overrun = ?8, open = ?9, alerted = ?10, held_over = ?11 \
                        WHERE scope = ?1 AND win = ?2 AND start = ?3";
/// The same where only what is held has changed, as by every hold: each column that is written is
/// checked too, which takes longer than the row.
const PUT_HELD: &str = "UPDATE counter SET held = ?4, held_assumed = ?5, held_over = ?6, open = ?7 \
                        WHERE scope = ?1 AND win = ?2 AND start = ?3";
const WRITE_WEEK: &str = "INSERT INTO week_alert (scope, start, alerted) VALUES (?1, ?2, ?3) \
                          ON CONFLICT DO UPDATE SET alerted = ?3";

/// An open transaction. Dropped without [`Batch::commit`], it is rolled back.
///
/// Sums and budgets are read once and cached: many holds on one scope write many holds and one row
/// of sums.
pub(super) struct Batch<'c> {
    connection: &'c Connection,
    store: &'c StoreName,
    memory: &'c mut Memory,
    cache: Cache,
    /// SQLite's number for the state of the file.
    version: i64,
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
    pub(super) fn begin(
        connection: &'c Connection,
        store: &'c StoreName,
        memory: &'c mut Memory,
    ) -> Result<Self, Error> {
        let mut batch = Batch { connection, store, memory, cache: Cache::default(), version: 0 };
        batch.execute("BEGIN IMMEDIATE", [])?;
        batch.version = batch.version_of_file()?;
        let (cache, is_same) = batch.memory.take(batch.version);
        batch.cache = cache;
        if !is_same {
            schema::check_version(connection, store)?;
        }
        Ok(batch)
    }

    /// A number that changes when another connection commits, and can't change any more in this
    /// transaction.
    fn version_of_file(&self) -> Result<i64, Error> {
        let mut ask = self.prepare("PRAGMA data_version").map_err(|error| self.store.failed(error))?;
        ask.query_row([], |row| row.get(0)).map_err(|error| self.store.failed(error))
    }

    /// Writes the sums and commits. When it returns, everything is on the disk.
    pub(super) fn commit(mut self) -> Result<(), Failure> {
        self.write_sums().map_err(Failure::RolledBack)?;
        let Err(error) = self.prepare("COMMIT").and_then(|mut commit| commit.execute([])) else {
            self.memory.keep(std::mem::take(&mut self.cache), self.version);
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

    fn write_sums(&self) -> Result<(), Error> {
        let failed = |error| self.store.failed(error);
        let mut put = self.prepare(PUT_SUMS).map_err(failed)?;
        let mut put_held = self.prepare(PUT_HELD).map_err(failed)?;
        for (scope, CachedSums { period, sums, row, .. }) in self.cache.changed() {
            let start = period.start.as_microsecond();
            if period.window == Window::Week {
                self.execute(WRITE_WEEK, params![scope, start, sums.alerted])?;
                continue;
            }
            let Sums { held, held_assumed, held_over, open, .. } = *sums;
            let (win, number) = (win(period.window), i64::try_from(open).unwrap_or(i64::MAX));
            let all = params![
                scope,
                win,
                start,
                held.column(),
                held_assumed.column(),
                sums.presumed.column(),
                sums.settled.column(),
                sums.overrun.column(),
                number,
                sums.alerted,
                held_over.column()
            ];
            let rows = match row {
                None => self.prepare(ADD_SUMS).and_then(|mut add| add.execute(all)),
                Some(row) if *sums == (Sums { held, held_assumed, held_over, open, ..*row }) => {
                    let held = [held, held_assumed, held_over].map(|amount| amount.column());
                    put_held.execute(params![scope, win, start, held[0], held[1], held[2], number])
                }
                Some(_) => put.execute(all),
            };
            if rows.map_err(failed)? != 1 {
                return Err(self.store.damaged(format!("the sums of {scope} were there and are gone")));
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

    fn hold_where(&self, sql: &str, values: impl Params) -> Result<Option<Hold>, Error> {
        let mut statement = self.prepare(sql).map_err(|error| self.store.failed(error))?;
        let mut rows = statement.query(values).map_err(|error| self.store.failed(error))?;
        let row = rows.next().map_err(|error| self.store.failed(error))?;
        row.map(|row| columns::hold(row, self.store)).transpose()
    }

    fn settings(&mut self, scope: &str) -> Result<&Settings, Error> {
        if self.cache.settings(scope).is_none() {
            let settings = self.read_settings(scope)?;
            self.cache.add_settings(scope, settings);
        }
        let lost = || self.store.damaged(format!("the settings of {scope} were read and are gone"));
        self.cache.settings(scope).ok_or_else(lost)
    }

    fn read_settings(&self, scope: &str) -> Result<Settings, Error> {
        let failed = |error| self.store.failed(error);
        let mut statement = self.prepare(columns::SETTINGS).map_err(failed)?;
        let mut rows = statement.query(params![scope, default_place_of(scope)]).map_err(failed)?;
        let mut settings = Settings::default();
        while let Some(row) = rows.next().map_err(failed)? {
            match columns::setting(row, self.store)? {
                Setting::Pause(pause) => settings.pause = Some(pause),
                Setting::Budget(budget) => {
                    let at = Window::ALL.iter().position(|window| *window == budget.window);
                    let Some(place) = at.and_then(|at| settings.in_force.get_mut(at)) else { continue };
                    // The scope's own budgets come first.
                    if place.is_none() {
                        let scope = if budget.each_child { Scope::stored(scope).ok() } else { None };
                        *place = Some(match scope {
                            Some(scope) => budget.of_child(scope),
                            None => budget,
                        });
                    }
                }
            }
        }
        Ok(settings)
    }

    /// Reads a scope's sums with one query, except those in the cache.
    fn read_sums(&mut self, scope: &str, periods: [Period; 4]) -> Result<(), Error> {
        let failed = |error| self.store.failed(error);
        let mut statement = self.connection.prepare_cached(columns::KEPT).map_err(failed)?;
        let [a, b, c, d] = periods.map(|period| period.start.as_microsecond());
        let mut rows = statement.query(params![scope, a, b, c, d]).map_err(failed)?;
        let mut found = periods.map(|period| (period, None));
        while let Some(row) = rows.next().map_err(failed)? {
            let (window, sums) = columns::kept(row, self.store)?;
            if let Some(place) = found.iter_mut().find(|(period, _)| period.window == window) {
                place.1 = Some(sums);
            }
        }
        for (period, sums) in found {
            self.cache.add_sums(scope, period, sums);
        }
        Ok(())
    }

    /// What was alerted in a week.
    fn week_alert(&mut self, scope: &str, week: Period) -> Result<u8, Error> {
        if let Some([sums]) = self.cache.sums(scope, [week]) {
            return Ok(sums.alerted);
        }
        let alerted = week_alert(self.connection, scope, week, self.store)?;
        self.cache.add_sums(scope, week, Some(Sums { alerted, ..Sums::default() }));
        Ok(alerted)
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
    fn budget(&mut self, place: &str, window: Window) -> Result<Option<Budget>, Error> {
        let budgets = budgets_at(self.connection, place, self.store)?;
        Ok(budgets.into_iter().find(|budget| budget.window == window))
    }

    fn put_budget(&mut self, budget: &Budget) -> Result<(), Error> {
        self.cache.forget_settings();
        self.execute(
            "INSERT INTO budget (scope, win, cap, assumed_ok, alerts) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT DO UPDATE SET cap = ?3, assumed_ok = ?4, alerts = ?5",
            params![
                budget.place(),
                win(budget.window),
                budget.cap.limit().map(|limit| limit.column()),
                budget.allow_assumed_ceiling,
                budget.alerts.to_string()
            ],
        )
    }

    fn remove_budget(&mut self, place: &str, window: Window) -> Result<(), Error> {
        self.cache.forget_settings();
        self.execute("DELETE FROM budget WHERE scope = ?1 AND win = ?2", params![place, win(window)])
    }

    fn pause(&mut self, scope: &str) -> Result<Option<Pause>, Error> {
        Ok(self.settings(scope)?.pause.clone())
    }

    fn put_pause(&mut self, pause: &Pause) -> Result<(), Error> {
        self.cache.forget_settings();
        let Pause { scope, since, by, reason } = pause;
        self.execute(
            "INSERT INTO pause (scope, at, who, reason) VALUES (?1, ?2, ?3, ?4)",
            params![scope.as_str(), since.as_microsecond(), by, reason],
        )
    }

    fn remove_pause(&mut self, scope: &Scope) -> Result<(), Error> {
        self.cache.forget_settings();
        self.execute("DELETE FROM pause WHERE scope = ?1", params![scope.as_str()])
    }

    fn in_force(&mut self, scope: &str) -> Result<InForce, Error> {
        Ok(self.settings(scope)?.in_force.clone())
    }

    fn sums(&mut self, scope: &str, periods: [Period; 4]) -> Result<[Sums; 4], Error> {
        if self.cache.sums(scope, periods).is_none() {
            self.read_sums(scope, periods)?;
        }
        let lost = || self.store.damaged(format!("the sums of {scope} were read and are gone"));
        self.cache.sums(scope, periods).ok_or_else(lost)
    }

    fn week_sums(&mut self, scope: &str, week: Period) -> Result<Sums, Error> {
        let mut days = days_of(self.connection, scope, week, self.store)?;
        // What steps of this transaction left is newer than the rows.
        for day in week.days() {
            if let Some([sums]) = self.cache.sums(scope, [day]) {
                days.retain(|(start, _)| *start != day.start);
                days.push((day.start, sums));
            }
        }
        let alerted = self.week_alert(scope, week)?;
        Ok(Sums { alerted, ..Sums::together(days.into_iter().map(|(_, sums)| sums)) })
    }

    fn put_sums(&mut self, scope: &str, period: Period, sums: Sums) -> Result<(), Error> {
        if self.cache.change_sums(scope, period, sums) {
            return Ok(());
        }
        Err(self.store.damaged(format!("sums of {scope} were to be written that were not read")))
    }

    fn hold_of_id(&mut self, id: &HoldId) -> Result<Option<Hold>, Error> {
        self.hold_where(columns::HOLD_OF_ID, [id.as_str()])
    }

    fn hold_of_key(&mut self, key: &str) -> Result<Option<Hold>, Error> {
        self.hold_where(columns::HOLD_OF_KEY, [key])
    }

    fn hold_of_job(&mut self, job: &Job) -> Result<Option<Hold>, Error> {
        self.hold_where(columns::HOLD_OF_JOB, [&job.provider, &job.id])
    }

    fn add_hold(&mut self, hold: &Hold) -> Result<(), Error> {
        self.execute(
            "INSERT INTO hold (id, key, scope, made_at, expires_at, ceiling, assumed, state, cost, usage, \
             reason, quote, book, request, terms, expected, calls, tags, request_id, late) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
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
                hold.terms,
                hold.expected.map(|expected| expected.column()),
                i64::try_from(hold.calls).unwrap_or(i64::MAX),
                hold.tags_json(),
                hold.request_id,
                hold.late
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

    fn put_job(&mut self, id: &HoldId, job: &Job) -> Result<(), Error> {
        self.execute(
            "UPDATE hold SET provider = ?2, job = ?3 WHERE id = ?1",
            params![id.as_str(), job.provider, job.id],
        )
    }

    fn add_entry(&mut self, entry: Entry) -> Result<(), Error> {
        self.execute(
            "INSERT INTO journal (at, event, scope, hold, amount, overrun, before, quote, book, details, \
             who, reason, counts_at, step) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
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
                entry.reason,
                entry.counts_at.map(|at| at.as_microsecond()),
                entry.step
            ],
        )
    }

    fn entry_of_step(&mut self, step: &str) -> Result<Option<Entry>, Error> {
        let failed = |error| self.store.failed(error);
        let mut statement = self.prepare(columns::ENTRY_OF_STEP).map_err(failed)?;
        let mut rows = statement.query([step]).map_err(failed)?;
        let row = rows.next().map_err(failed)?;
        row.map(|row| columns::entry(row, self.store)).transpose()
    }
}
