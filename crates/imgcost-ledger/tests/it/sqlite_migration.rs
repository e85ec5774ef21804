//! Files of version 1 become files of version 2, whole, and programs of version 1 refuse them.
#![cfg(feature = "sqlite")]

use std::path::Path;

use imgcost_ledger::{Budget, Cap, Filter, Ledger, Record, SqliteLedger, State, Window, audit};
use rusqlite::Connection;

use crate::support::{audit_by_script, new_hold, run_audit_script, scope, usd};

/// A ledger as version 1 left it.
pub(crate) fn version_1(path: &Path, rows: &str) {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.execute_batch(include_str!("../../src/sqlite/tables_1.sql")).unwrap();
    connection.execute_batch(rows).unwrap();
    connection.execute_batch("PRAGMA application_id = 0x696d6763; PRAGMA user_version = 1").unwrap();
}

const ROWS: &str = include_str!("sqlite_version_1.sql");

fn version_of(path: &Path) -> i64 {
    Connection::open(path).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

#[test]
fn a_file_of_version_1_is_migrated_with_all_that_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    version_1(&path, ROWS);
    let ledger = SqliteLedger::open(&path).unwrap();
    assert_eq!(version_of(&path), 2);
    let found = audit(&ledger).unwrap();
    assert_eq!((found.problems, found.holds), (vec![], 5));
    assert_eq!(ledger.inspect().unwrap().problems, Vec::<String>::new());
    let mut states = Vec::new();
    ledger
        .read(&Filter::default().holds(), &mut |record| {
            if let Record::Hold(hold) = record {
                assert!(hold.calls == 1 && hold.tags.is_empty() && !hold.late && hold.expected.is_none());
                states.push((hold.scope.as_str().to_owned(), hold.state));
            }
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    let expected = [
        ("team/a", State::Settled),
        ("team/a/run", State::Presumed),
        ("team/b", State::Released),
        ("lab", State::Held),
        // A name that is refused today is still read, and can be closed.
        ("lab/..", State::Held),
    ];
    assert_eq!(states, expected.map(|(scope, state)| (scope.to_owned(), state)));
    let id = "h_00000000000000000000000000000001".parse().unwrap();
    ledger.release(&id, "not sent", "boss").unwrap();
    // Its budgets are in force, and what is new works on what is old.
    assert!(ledger.hold(&new_hold("team/a", usd("11"))).is_err());
    ledger.set_budget(&Budget::new(scope("team"), Window::Week, Cap::Usd(usd("9"))), "boss").unwrap();
    ledger.hold(&new_hold("team/a", usd("1")).expected(usd("0.5"))).unwrap();
    assert_eq!(audit(&ledger).unwrap().problems, Vec::<String>::new());
    drop(ledger);
    // Another look at it, without the rows that were written by hand.
    let path = folder.path().join("other.db");
    version_1(&path, ROWS);
    drop(SqliteLedger::open(&path).unwrap());
    audit_by_script(&[path.to_str().unwrap()]);
}

#[test]
fn the_script_finds_a_nano_dollar_and_a_hold_that_does_not_fit() {
    for (sql, words) in [
        ("UPDATE counter SET settled = settled + 1 WHERE scope = 'team/a' AND win = 0", "counter"),
        ("UPDATE hold SET ceiling = ceiling + 1 WHERE state = 'presumed'", "it is not that of hold"),
        ("UPDATE budget SET cap = cap + 1 WHERE scope = 'team'", "budgets differ"),
        ("INSERT INTO pause VALUES ('team', 0, 'x', 'y')", "pauses differ"),
        (
            "INSERT INTO journal (at, event, scope, amount, details, who) \
             VALUES (0, 'budget-set', 'team', 1, 'month, alerts none', 'x'); \
             UPDATE budget SET cap = 1 WHERE scope = 'team'; \
             INSERT INTO hold (id, scope, made_at, expires_at, ceiling, assumed, state, quote, book, request, \
             terms) VALUES ('h_2', 'team', 1778409000000000, 1, 5, 0, 'released', 'q', 'b', '{}', '{}'); \
             INSERT INTO journal (at, event, scope, hold, amount, who) \
             VALUES (1778409000000000, 'held', 'team', 'h_2', 5, 'x'), (1, 'released', 'team', 'h_2', 5, 'x')",
            "of 1 used",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        version_1(&path, ROWS);
        drop(SqliteLedger::open(&path).unwrap());
        Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let Some((is_sound, said)) = run_audit_script(&[path.to_str().unwrap()]) else { return };
        assert!(!is_sound && said.contains(words), "{sql}: {said}");
    }
}

#[test]
fn many_programs_that_find_version_1_migrate_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    version_1(&path, ROWS);
    std::thread::scope(|threads| {
        for _ in 0..8 {
            let path = &path;
            threads.spawn(move || {
                SqliteLedger::open(path).unwrap().hold(&new_hold("lab", usd("1"))).unwrap();
            });
        }
    });
    let ledger = SqliteLedger::open(&path).unwrap();
    let found = audit(&ledger).unwrap();
    assert_eq!((found.problems, found.holds), (vec![], 13));
}

#[test]
fn a_program_that_has_it_open_refuses_it_once_it_is_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    version_1(&path, ROWS);
    let ledger = SqliteLedger::open(&path).unwrap();
    // What the program of the version before meets: a version that it does not know.
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 3").unwrap();
    let error = ledger.hold(&new_hold("lab", usd("1"))).unwrap_err();
    let words =
        "its version is 3 and this program knows versions up to 2: use the newer program that wrote it";
    assert!(error.to_string().contains(words), "{error}");
    assert!(ledger.status(None).unwrap_err().to_string().contains(words));
}

#[test]
fn a_migration_that_fails_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    // A table in the way of one of its last statements.
    version_1(&path, &format!("{ROWS}; CREATE INDEX journal_step ON journal (at);"));
    let before = Connection::open(&path).unwrap();
    let dump = |of: &Connection| -> Vec<String> {
        let mut all = of.prepare("SELECT coalesce(sql, '') FROM sqlite_schema ORDER BY name").unwrap();
        all.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let schema = dump(&before);
    drop(before);
    let error = SqliteLedger::open(&path).unwrap_err();
    assert!(error.to_string().contains("journal_step"), "{error}");
    assert_eq!((version_of(&path), dump(&Connection::open(&path).unwrap())), (1, schema));
}

/// What a page of budgets asks for takes its index, however many holds there are.
#[test]
fn presumed_and_open_holds_are_found_by_their_indexes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    drop(SqliteLedger::open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    for (condition, index) in [
        ("made_at >= 0 AND state = 'presumed'", "hold_presumed"),
        ("state = 'presumed'", "hold_presumed"),
        ("state = 'held'", "hold_open"),
        ("provider = 'a' AND job = 'b'", "hold_job"),
    ] {
        let sql = format!("EXPLAIN QUERY PLAN SELECT id FROM hold WHERE {condition} ORDER BY +number");
        let plan: String = connection.query_row(&sql, [], |row| row.get("detail")).unwrap();
        assert!(plan.contains(index), "{condition}: {plan}");
    }
}
