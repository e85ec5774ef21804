//! Reading, on separate connections: each read sees one consistent state while others write.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::columns;
use super::connection;
use super::failure::StoreName;
use super::ledger_file::LedgerFile;
use super::pending::lock;
use super::schema;
use super::sums::{budgets_at, sums_of};
use crate::budget::{Budget, Status, default_place_of};
use crate::error::Error;
use crate::hold::{Hold, HoldId, Job, State};
use crate::ledger::{Filter, Record, TagFilter};
use crate::nearest::nearest;
use crate::scope::Scope;
use crate::window::Period;

/// The most idle connections kept open.
const MOST_IDLE: usize = 4;

/// Whether a hold has a tag of a name, and of a name and a value.
const HAS_TAG: [&str; 2] = [
    "EXISTS (SELECT 1 FROM json_each(tags) tag WHERE tag.key = ?)",
    "EXISTS (SELECT 1 FROM json_each(tags) tag WHERE tag.key = ? AND tag.atom = ?)",
];

/// Whether an entry's hold has it.
const OF_TAGGED: [&str; 2] = [
    "hold IN (SELECT h.id FROM hold h, json_each(h.tags) tag WHERE tag.key = ?)",
    "hold IN (SELECT h.id FROM hold h, json_each(h.tags) tag WHERE tag.key = ? AND tag.atom = ?)",
];

/// Connections for reading, opened on demand.
pub(super) struct Readers {
    file: Arc<LedgerFile>,
    wait: Duration,
    is_read_only: bool,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) const fn new(file: Arc<LedgerFile>, wait: Duration) -> Self {
        Readers { file, wait, is_read_only: false, idle: Mutex::new(Vec::new()) }
    }

    /// Of a user who may not write.
    pub(super) const fn read_only(file: Arc<LedgerFile>, wait: Duration) -> Self {
        Readers { file, wait, is_read_only: true, idle: Mutex::new(Vec::new()) }
    }

    /// The failure of every step that writes.
    pub(super) fn read_only_error(&self) -> Error {
        self.file.store.unavailable(
            "it is open for reading only; this user must be allowed to read and write the file and its folder"
                .to_owned(),
        )
    }

    pub(super) fn path(&self) -> &Path {
        &self.file.path
    }

    /// Reads from one consistent state.
    pub(super) fn read<T>(&self, at: impl FnOnce(&View<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.file.check()?;
        if self.is_read_only {
            return self.read_once(at);
        }
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

impl Readers {
    /// Reads with a connection of its own: whether there is a log may change in between.
    fn read_once<T>(&self, at: impl FnOnce(&View<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let failed = |error| self.file.store.failed(error);
        let before = state_of(&self.file.path);
        let (connection, has_log) = connection::read_only(&self.file, self.wait)?;
        let transaction = connection.unchecked_transaction().map_err(failed)?;
        let seen = at(&View { connection: &connection, file: &self.file })?;
        transaction.finish().map_err(failed)?;
        if !has_log && (connection::has_log(&self.file.path) || state_of(&self.file.path) != before) {
            let why = "others began to write while it was read; read it again";
            return Err(self.file.store.unavailable(why.to_owned()));
        }
        Ok(seen)
    }
}

/// What changes when a file is written.
fn state_of(path: &Path) -> Option<(u64, SystemTime)> {
    let found = std::fs::metadata(path).ok()?;
    Some((found.len(), found.modified().ok()?))
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

    pub(super) fn find_job(&self, job: &Job) -> Result<Option<Hold>, Error> {
        let mut found = None;
        let query = Query::of("hold", columns::HOLD).and("provider = ?", job.provider.clone());
        self.each(&query.and("job = ?", job.id.clone()), columns::hold, &mut |hold| {
            found = Some(hold);
            ControlFlow::Break(())
        })?;
        Ok(found)
    }

    /// The scope with a budget whose spelling is nearest.
    pub(super) fn nearest(&self, scope: &Scope) -> Result<Option<Scope>, Error> {
        let failed = |error| self.store().failed(error);
        nearest(scope, |range| {
            let sql = match range.is_from_end {
                true => {
                    "SELECT DISTINCT scope FROM budget WHERE scope >= ? AND scope < ? ORDER BY scope DESC LIMIT ?"
                }
                false => {
                    "SELECT DISTINCT scope FROM budget WHERE scope >= ? AND scope < ? ORDER BY scope LIMIT ?"
                }
            };
            let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
            let most = i64::try_from(range.most).unwrap_or(i64::MAX);
            let places = statement.query_map(params![range.low, range.high, most], |row| row.get(0));
            places.and_then(Iterator::collect::<rusqlite::Result<Vec<String>>>).map_err(failed)
        })
    }

    /// Every sum is looked up by its key, so the number of holds does not matter.
    pub(super) fn status(&self, scope: Option<&Scope>, now: Timestamp) -> Result<Vec<Status>, Error> {
        let mut budgets = Vec::new();
        if let Some(scope) = scope {
            for above in scope.prefixes().filter(|prefix| *prefix != scope.as_str()) {
                budgets.extend(budgets_at(self.connection, above, self.store())?);
            }
            for path in scope.prefixes() {
                if let Some(place) = default_place_of(path) {
                    budgets.extend(budgets_at(self.connection, &place, self.store())?);
                }
            }
        }
        let query = Query::of("budget", columns::BUDGET).inside(scope).sorted(columns::BUDGETS_SORTED);
        self.each(&query, columns::budget, &mut |budget| {
            budgets.push(budget);
            ControlFlow::Continue(())
        })?;
        let mut all = Vec::new();
        for budget in budgets {
            let period = budget.window.at(now);
            if budget.each_child {
                self.defaults(&budget, scope, period, &mut all)?;
            } else {
                let sums = sums_of(self.connection, budget.scope.as_str(), period, self.store())?;
                all.push(Status::new(budget, period, sums.unwrap_or_default()));
            }
        }
        all.sort_by(|a, b| (&a.budget.scope, a.budget.window).cmp(&(&b.budget.scope, b.budget.window)));
        Ok(all)
    }

    /// Adds a default for each child that it is in force for and that has sums, and for the one on
    /// the path of a scope.
    fn defaults(
        &self,
        default: &Budget,
        scope: Option<&Scope>,
        period: Period,
        all: &mut Vec<Status>,
    ) -> Result<(), Error> {
        let parent = &default.scope;
        let on_path = scope.filter(|scope| parent.covers(scope.as_str()) && *scope != parent);
        let children = match on_path {
            Some(scope) => {
                let child = scope.prefixes().find(|path| path.len() > parent.as_str().len());
                child.map(str::to_owned).into_iter().collect()
            }
            None => self.children(parent)?,
        };
        for child in children {
            let own = budgets_at(self.connection, &child, self.store())?;
            let sums = sums_of(self.connection, &child, period, self.store())?;
            let is_own = own.iter().any(|own| own.window == default.window);
            if !is_own && (on_path.is_some() || sums.is_some()) {
                let child = Scope::stored(&child).map_err(|error| self.store().damaged(error.to_string()))?;
                let (budget, sums) = (default.clone().of_child(child), sums.unwrap_or_default());
                all.push(Status { budget, period, sums, is_default: true });
            }
        }
        Ok(())
    }

    /// The scopes one level below another that anything was counted for. Each is one search, not a
    /// scan of what was counted there.
    fn children(&self, parent: &Scope) -> Result<Vec<String>, Error> {
        let failed = |error| self.store().failed(error);
        let sql = "SELECT min(scope) FROM counter WHERE scope >= ?1 AND scope < ?2";
        let mut statement = self.connection.prepare_cached(sql).map_err(failed)?;
        let (mut from, end) = (format!("{parent}/"), format!("{parent}0"));
        let mut children = Vec::new();
        loop {
            let found: Option<String> =
                statement.query_row([&from, &end], |row| row.get(0)).map_err(failed)?;
            let Some(found) = found else { return Ok(children) };
            let name = found.get(parent.as_str().len() + 1..).unwrap_or_default();
            from = match name.split_once('/') {
                // Below a child, which has sums too and was found before: on with what is behind it.
                Some((name, _)) => format!("{parent}/{name}0"),
                None => format!("{found}!"),
            };
            if !name.contains('/') {
                children.push(found);
            }
        }
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
            let query = Query::of("budget", columns::BUDGET).inside(inside).sorted(columns::BUDGETS_SORTED);
            goes_on = self.each(&query, columns::budget, &mut |budget| each(Record::Budget(budget)))?;
        }
        if what.pauses && goes_on {
            let query = Query::of("pause", "scope, at, who, reason").inside(inside).sorted("scope");
            goes_on = self.each(&query, columns::pause, &mut |pause| each(Record::Pause(pause)))?;
        }
        if what.counters && goes_on {
            let counter = format!("scope, win, start, {}", columns::SUMS);
            let query = Query::of("counter", &counter).inside(inside).sorted("scope, win, start");
            goes_on = self.each(&query, columns::counter, &mut |counter| each(Record::Counter(counter)))?;
        }
        if what.holds && goes_on {
            let mut query = Query::of("hold", columns::HOLD).inside(inside).sorted("number");
            query = query.and_if("id = ?", hold.clone()).and_if("made_at >= ?", since);
            // Few of all: found by an index and sorted, where the order would else be that of a scan.
            if what.expired || hold.is_some() || matches!(what.state, Some(State::Held | State::Presumed)) {
                query = query.sorted("+number");
            }
            match what.state {
                // Written out, so that the indexes of open and presumed holds are used.
                Some(State::Held) => query.conditions.push("state = 'held'"),
                Some(State::Presumed) => query.conditions.push("state = 'presumed'"),
                state => query = query.and_if("state = ?", state.map(|state| state.as_str().to_owned())),
            }
            if what.expired {
                query = query.and("state = 'held' AND expires_at < ?", now.as_microsecond());
            }
            query = query.and_if("instr(reason, ?) > 0", what.reason_like.clone());
            if let Some(start) = &what.id_start {
                // A range, so that the ids' index is used: no id has a letter behind `f`.
                query =
                    query.and("id >= ?", start.clone()).and("id < ?", format!("{start}g")).sorted("+number");
            }
            query = query.tagged(HAS_TAG, what.tag.as_ref());
            goes_on = self.each(&query, columns::hold, &mut |hold| each(Record::Hold(hold)))?;
        }
        if what.journal && goes_on {
            let mut query = Query::of("journal", columns::ENTRY).inside(inside).sorted("number");
            query = query.and_if("hold = ?", hold).and_if("at >= ?", since);
            query = query.tagged(OF_TAGGED, what.tag.as_ref());
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

    /// Only what belongs to holds with a tag, by the condition for its name and the one for its
    /// value too.
    fn tagged(self, [named, valued]: [&'static str; 2], tag: Option<&TagFilter>) -> Self {
        match tag {
            None => self,
            Some(TagFilter { name, value: None }) => self.and(named, name.clone()),
            Some(TagFilter { name, value: Some(value) }) => {
                let mut query = self.and(valued, name.clone());
                query.values.push(Value::from(value.clone()));
                query
            }
        }
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
