//! Facts about a ledger file, and SQLite's own check.

use jiff::Timestamp;

use super::ledger_file::beside;
use super::reader::View;
use super::schema;
use crate::error::Error;
use crate::ledger::Inspection;

pub(super) fn inspect(view: &View<'_>, now: Timestamp) -> Result<Inspection, Error> {
    let file = view.file;
    let pragma = |name: &str| {
        view.connection
            .pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
            .map_err(|error| file.store.failed(error))
    };
    let synchronous = match pragma("synchronous")? {
        rusqlite::types::Value::Integer(2) => "full".to_owned(),
        rusqlite::types::Value::Integer(3) => "extra".to_owned(),
        other => format!("{other:?}: too little"),
    };
    let size = |ending: &str| std::fs::metadata(beside(&file.path, ending)).map_or(0, |file| file.len());
    let version = schema::version(view.connection, &file.store)?;
    let facts = [
        ("library", format!("SQLite {}", rusqlite::version())),
        ("schema version", version.to_string()),
        ("journal mode", text(&pragma("journal_mode")?)),
        ("synchronous", synchronous),
        ("file size", format!("{} bytes", size(""))),
        ("log size", format!("{} bytes", size("-wal"))),
    ];
    Ok(Inspection {
        kind: "sqlite",
        store: file.store.name(),
        now,
        facts: facts.map(|(name, value)| (name.to_owned(), value)).to_vec(),
        problems: problems(view)?,
    })
}

/// The first problems that SQLite finds in the file.
fn problems(view: &View<'_>) -> Result<Vec<String>, Error> {
    let failed = |error| view.file.store.failed(error);
    let mut problems = missing_triggers(view)?;
    // Slower than quick_check, but it also compares indexes with their tables.
    let mut check = view.connection.prepare("PRAGMA integrity_check(20)").map_err(failed)?;
    let mut rows = check.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let said: String = row.get(0).map_err(failed)?;
        if said != "ok" {
            problems.push(said);
        }
    }
    let mut check = view.connection.prepare("PRAGMA foreign_key_check").map_err(failed)?;
    let mut rows = check.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)?
        && problems.len() < 20
    {
        let (table, number): (String, Option<i64>) =
            (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
        problems.push(format!("row {} of {table} refers to nothing", number.unwrap_or_default()));
    }
    Ok(problems)
}

/// The missing triggers among those that protect the journal and the holds.
fn missing_triggers(view: &View<'_>) -> Result<Vec<String>, Error> {
    let failed = |error| view.file.store.failed(error);
    let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND name = ?1";
    let mut look = view.connection.prepare(sql).map_err(failed)?;
    let mut problems = Vec::new();
    for name in schema::TRIGGERS {
        let found: i64 = look.query_row([name], |row| row.get(0)).map_err(failed)?;
        if found == 0 {
            problems.push(format!("the trigger {name} is gone, which protects what was written"));
        }
    }
    Ok(problems)
}

fn text(value: &rusqlite::types::Value) -> String {
    match value {
        rusqlite::types::Value::Text(text) => text.clone(),
        other => format!("{other:?}"),
    }
}
