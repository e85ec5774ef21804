//! The same rows, scopes, lock and durability, as one would write them by hand for this one
//! case: no rules beyond it, no checks of what callers say, sums added up inside SQL.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use imgcost_ledger::{NewHold, Timestamp, Window};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, params};

pub(crate) struct ByHand {
    connection: Connection,
    gate: File,
}

/// The starts of the four windows at a moment, in microseconds.
fn starts(now: i64) -> [i64; 4] {
    let now = Timestamp::from_microsecond(now).unwrap();
    [Window::Total, Window::Hour, Window::Day, Window::Month]
        .map(|window| window.at(now).start.as_microsecond())
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as i64
}

impl ByHand {
    /// A file that the ledger has made, with its tables.
    pub(crate) fn open(path: &Path) -> Self {
        let connection = Connection::open(path).unwrap();
        connection.busy_timeout(Duration::from_secs(30)).unwrap();
        connection.pragma_update(None, "synchronous", "FULL").unwrap();
        connection.pragma_update(None, "foreign_keys", "ON").unwrap();
        connection.set_prepared_statement_cache_capacity(64);
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
        let gate = File::open(format!("{}.lock", path.display())).unwrap();
        ByHand { connection, gate }
    }

    fn execute(&self, sql: &str, values: impl rusqlite::Params) {
        self.connection.prepare_cached(sql).unwrap().execute(values).unwrap();
    }

    fn in_turn<T>(&mut self, step: impl FnOnce(&Self) -> T) -> T {
        self.gate.lock().unwrap();
        self.execute("BEGIN IMMEDIATE", []);
        let reply = step(self);
        self.execute("COMMIT", []);
        self.gate.unlock().unwrap();
        reply
    }

    pub(crate) fn hold(&mut self, new: &NewHold) -> bool {
        self.in_turn(|this| this.hold_inside(new))
    }

    fn hold_inside(&self, new: &NewHold) -> bool {
        let now = now();
        let starts = starts(now);
        let ceiling = new.ceiling.column();
        for prefix in new.scope.prefixes() {
            let mut fits = self
                .connection
                .prepare_cached(
                    "SELECT cap - coalesce(held + presumed + settled, 0) >= ?6 FROM budget b \
                     LEFT JOIN counter c ON c.scope = b.scope AND c.win = b.win AND c.start = \
                     CASE b.win WHEN 0 THEN ?2 WHEN 1 THEN ?3 WHEN 2 THEN ?4 ELSE ?5 END WHERE b.scope = ?1",
                )
                .unwrap();
            let values = params![prefix, starts[0], starts[1], starts[2], starts[3], ceiling];
            let mut rows = fits.query(values).unwrap();
            while let Some(row) = rows.next().unwrap() {
                if !row.get::<_, Option<bool>>(0).unwrap().unwrap_or(true) {
                    return false;
                }
            }
        }
        self.execute(
            "INSERT INTO hold (id, key, scope, made_at, expires_at, ceiling, assumed, state, quote, book, \
             request, terms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'held', ?8, ?9, ?10, ?11)",
            params![
                new.id.as_str(),
                new.key,
                new.scope.as_str(),
                now,
                now + 600_000_000,
                ceiling,
                new.assumed,
                new.quote,
                new.book,
                new.request,
                new.terms
            ],
        );
        self.execute(
            "INSERT INTO journal (at, event, scope, hold, amount, quote, book, details, who) \
             VALUES (?1, 'held', ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                now,
                new.scope.as_str(),
                new.id.as_str(),
                ceiling,
                new.quote,
                new.book,
                new.request,
                new.by
            ],
        );
        for prefix in new.scope.prefixes() {
            for (window, start) in starts.iter().enumerate() {
                self.execute(
                    "INSERT INTO counter (scope, win, start, held, held_assumed, presumed, settled, overrun, \
                     open, alerted) VALUES (?1, ?2, ?3, ?4, 0, 0, 0, 0, 1, 0) \
                     ON CONFLICT DO UPDATE SET held = held + ?4, open = open + 1",
                    params![prefix, window as i64, start, ceiling],
                );
            }
        }
        true
    }

    pub(crate) fn settle(&mut self, id: &str, cost: i64, usage: &str) {
        self.in_turn(|this| {
            let (scope, made_at, ceiling): (String, i64, i64) = this
                .connection
                .prepare_cached("SELECT scope, made_at, ceiling FROM hold WHERE id = ?1 AND state = 'held'")
                .unwrap()
                .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .unwrap();
            this.execute(
                "UPDATE hold SET state = 'settled', cost = ?2, usage = ?3 WHERE id = ?1",
                params![id, cost, usage],
            );
            this.execute(
                "INSERT INTO journal (at, event, scope, hold, amount, details, who) \
                 VALUES (?1, 'settled', ?2, ?3, ?4, ?5, 'bench')",
                params![now(), scope, id, cost, usage],
            );
            let ends = scope.match_indices('/').map(|(at, _)| at).chain([scope.len()]);
            for prefix in ends.map(|end| &scope[..end]) {
                for (window, start) in starts(made_at).iter().enumerate() {
                    this.execute(
                        "UPDATE counter SET held = held - ?4, settled = settled + ?5, open = open - 1 \
                         WHERE scope = ?1 AND win = ?2 AND start = ?3",
                        params![prefix, window as i64, start, ceiling, cost],
                    );
                }
            }
        });
    }

    /// Many holds at once, to have them there.
    pub(crate) fn fill(&mut self, holds: u32, like: &NewHold) {
        self.in_turn(|this| {
            for _ in 0..holds {
                assert!(this.hold_inside(&like.clone().id(imgcost_ledger::HoldId::random())));
            }
        });
    }
}
