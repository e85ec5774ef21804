//! Reading, on separate connections: each read sees one consistent state while others write.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::batch::{budgets_at, sums_of};
use super::columns;
use super::connection;
use super::failure::StoreName;
use super::ledger_file::LedgerFile;
use super::pending::lock;
use super::schema;
use crate::budget::{Budget, Status};
use crate::error::Error;
use crate::hold::{Hold, HoldId, State};
use crate::ledger::{Filter, Record};
use crate::scope::Scope;

/// The most idle connections kept open.
const MOST_IDLE: usize = 4;

/// Connections for reading, opened on demand.
pub(super) struct Readers {
    file: Arc<LedgerFile>,
    wait: Duration,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) const fn new(file: Arc<LedgerFile>, wait: Duration) -> Self {
        Readers { file, wait, idle: Mutex::new(Vec::new()) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.file.path
    }

    /// Reads from one consistent state.
    pub(super) fn read<T>(&self, at: impl FnOnce(&View<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.file.check()?;
        let idle = lock(&self.idle).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connection::reader(&self.file, self.wait)?,
        };
        let seen = {
            let failed = |error| self.file.store.failed(error);
            let transaction = connection.unchecked_transaction().map_err(failed)?;
            schema::check_version(&connection, &self.file.store)?;
            let seen = at(&View { connection: &connection, file: &self.file })?;
            transaction.finish().map_err(failed)?;
            seen
        };
        // After an error or a panic the connection is dropped instead.
        let mut idle = lock(&self.idle);
        if idle.len() < MOST_IDLE {
            idle.push(connection);
        }
        Ok(seen)
    }
}

/// One consistent state of the file.
pub(super) struct View<'v> {
    pub(super) connection: &'v Connection,
    pub(super) file: &'v LedgerFile,
}

impl View<'_> {
    fn store(&self) -> &StoreName {
        &self.file.store
    }

    pub(super) fn find(&self, id: &HoldId) -> Result<Option<Hold>, Error> {
        let mut found = None;
        let query = Query::of("hold", columns::HOLD).and("id = ?", id.as_str().to_owned());
        self.each(&query, columns::hold, &mut |hold| {
            found = Some(hold);
            ControlFlow::Break(())
        })?;
        Ok(found)
    }

    /// The scope with a budget whose spelling is nearest.
    pub(super) fn nearest(&self, scope: &Scope) -> Result<Option<Scope>, Error> {
        let failed = |error| self.store().failed(error);
        let mut statement =
            self.connection.prepare_cached("SELECT DISTINCT scope FROM budget").map_err(failed)?;
        let names = statement.query_map([], |row| row.get::<_, String>(0)).map_err(failed)?;
        let mut scopes = Vec::new();
        for name in names {
            scopes.extend(name.map_err(failed)?.parse::<Scope>());
        }
        Ok(crate::scope::nearest(scope, scopes.iter()).cloned())
    }

    /// Every sum is looked up by its key, so the number of holds does not matter.
    pub(super) fn status(&self, scope: Option<&Scope>, now: Timestamp) -> Result<Vec<Status>, Error> {
        let mut budgets = Vec::new();
        if let Some(scope) = scope {
            for above in scope.prefixes().filter(|prefix| *prefix != scope.as_str()) {
                budgets.extend(budgets_at(self.connection, above, self.store())?);
            }
        }
        let query = Query::of("budget", columns::BUDGET).inside(scope).sorted("scope, win");
        self.each(&query, columns::budget, &mut |budget| {
            budgets.push(budget);
            ControlFlow::Continue(())
        })?;
        let status = |budget: Budget| {
            let period = budget.window.at(now);
            let sums = sums_of(self.connection, budget.scope.as_str(), period, self.store())?;
            Ok(Status { budget, period, sums })
        };
        budgets.into_iter().map(status).collect()
    }

    pub(super) fn read(
        &self,
        what: &Filter,
        now: Timestamp,
        each: &mut dyn FnMut(Record) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let inside = what.scope.as_ref();
        let hold = what.hold.as_ref().map(|hold| hold.as_str().to_owned());
        let since = what.since.map(Timestamp::as_microsecond);
        let mut goes_on = true;
        if what.budgets {
            let query = Query::of("budget", columns::BUDGET).inside(inside).sorted("scope, win");
            goes_on = self.each(&query, columns::budget, &mut |budget| each(Record::Budget(budget)))?;
        }
        if what.counters && goes_on {
            let counter = format!("scope, win, start, {}", columns::SUMS);
            let query = Query::of("counter", &counter).inside(inside).sorted("scope, win, start");
            goes_on = self.each(&query, columns::counter, &mut |counter| each(Record::Counter(counter)))?;
        }
        if what.holds && goes_on {
            let mut query = Query::of("hold", columns::HOLD).inside(inside).sorted("number");
            query = query.and_if("id = ?", hold.clone()).and_if("made_at >= ?", since);
            match what.state {
                // Written out, so that the index of open holds is used.
                Some(State::Held) => query.conditions.push("state = 'held'"),
                state => query = query.and_if("state = ?", state.map(|state| state.as_str().to_owned())),
            }
            if what.expired {
                query = query.and("state = 'held' AND expires_at < ?", now.as_microsecond());
            }
            goes_on = self.each(&query, columns::hold, &mut |hold| each(Record::Hold(hold)))?;
        }
        if what.journal && goes_on {
            let mut query = Query::of("journal", columns::ENTRY).inside(inside).sorted("number");
            query = query.and_if("hold = ?", hold).and_if("at >= ?", since);
            if let Some(last) = what.last {
                query = query.last(last);
            }
            self.each(&query, columns::entry, &mut |entry| each(Record::Entry(entry)))?;
        }
        Ok(())
    }

    /// Passes one row after another to `each`, with one in memory at a time. False if `each`
    /// stopped early.
    fn each<T>(
        &self,
        query: &Query,
        column: impl Fn(&Row<'_>, &StoreName) -> Result<T, Error>,
        each: &mut dyn FnMut(T) -> ControlFlow<()>,
    ) -> Result<bool, Error> {
        let failed = |error| self.store().failed(error);
        let mut statement = self.connection.prepare_cached(&query.sql()).map_err(failed)?;
        let mut rows = statement.query(params_from_iter(&query.values)).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            if each(column(row, self.store())?).is_break() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// A SELECT with only the requested conditions, so that each can use its index. All text in it is
/// constant; values from callers are bound.
struct Query {
    columns: String,
    table: &'static str,
    conditions: Vec<&'static str>,
    values: Vec<Value>,
    order: &'static str,
    has_last: bool,
}

impl Query {
    fn of(table: &'static str, columns: &str) -> Self {
        let (conditions, values) = (Vec::new(), Vec::new());
        Query { columns: columns.to_owned(), table, conditions, values, order: "1", has_last: false }
    }

    fn and(mut self, condition: &'static str, value: impl Into<Value>) -> Self {
        self.conditions.push(condition);
        self.values.push(value.into());
        self
    }

    fn and_if(self, condition: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.and(condition, value),
            None => self,
        }
    }

    /// A scope and those below it: `team`, and the names between `team/` and `team0`, since `0`
    /// follows the slash in ASCII. An index can use these two bounds.
    fn inside(mut self, scope: Option<&Scope>) -> Self {
        if let Some(scope) = scope {
            let (name, below, behind) = (scope.as_str().to_owned(), format!("{scope}/"), format!("{scope}0"));
            self.conditions.push("scope >= ? AND scope < ? AND (scope = ? OR scope > ?)");
            self.values.extend([name.clone(), behind, name, below].map(Value::from));
        }
        self
    }

    const fn sorted(mut self, order: &'static str) -> Self {
        self.order = order;
        self
    }

    /// Only the last rows, still in ascending order.
    fn last(mut self, rows: u64) -> Self {
        self.has_last = true;
        self.values.push(Value::from(i64::try_from(rows).unwrap_or(i64::MAX)));
        self
    }

    fn sql(&self) -> String {
        let Query { columns, table, conditions, order, .. } = self;
        let conditions = if conditions.is_empty() { "1".to_owned() } else { conditions.join(" AND ") };
        let select = format!("SELECT {columns} FROM {table} WHERE {conditions} ORDER BY {order}");
        if self.has_last { format!("SELECT * FROM ({select} DESC LIMIT ?) ORDER BY {order}") } else { select }
    }
}
