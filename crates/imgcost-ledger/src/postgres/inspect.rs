//! Facts about a server, and checks of its settings.

use jiff::{SignedDuration, Timestamp};

use crate::error::Error;
use crate::ledger::Inspection;

use super::rows::Reply;
use super::schema;
use super::server::Server;

/// The difference between the clocks that counts as a problem, since windows follow the server's.
const MOST_OFF: SignedDuration = SignedDuration::from_secs(5);

/// The sizes of growing tables are the planner's estimates, since counting would take too long.
const QUESTIONS: &str = "SELECT
    current_setting('server_version') AS version,
    current_setting('synchronous_commit') AS synchronous_commit,
    coalesce((SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'), '') AS its_own,
    current_setting('synchronous_standby_names', true) AS standbys,
    current_setting('fsync', true) AS fsync,
    current_setting('full_page_writes', true) AS full_page_writes,
    pg_is_in_recovery() AS in_recovery,
    coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS encrypted,
    clock_timestamp() AS now,
    (SELECT coalesce(max(version), 0) FROM imgcost.migration) AS schema_version,
    (SELECT count(*) FROM imgcost.budget) AS budgets,
    (SELECT count(*) FROM imgcost.hold WHERE state = 'held') AS open_holds,
    (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = $1::text::regclass) AS holds,
    (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = $2::text::regclass) AS entries,
    (SELECT count(*) FROM pg_trigger WHERE tgrelid = $2::text::regclass
        AND tgname IN ('append_only', 'append_only_truncate') AND tgenabled = 'O') AS triggers,
    (SELECT count(*) FROM pg_trigger WHERE tgrelid = $1::text::regclass
        AND tgname IN ('kept', 'kept_truncate') AND tgenabled = 'O') AS hold_triggers";

impl Server {
    pub(super) async fn inspect(&self) -> Result<Inspection, Error> {
        let named = |sql: &str| schema::named(sql, &self.options.schema);
        let tables = [named("imgcost.hold"), named("imgcost.journal")];
        let [hold, journal] = tables;
        let asked = Timestamp::now();
        let rows = self.ask(&named(QUESTIONS), &[Box::new(hold), Box::new(journal)]).await?;
        let answered = Timestamp::now();
        let nothing = || Error::Damaged { store: self.name.clone(), why: "no reply".to_owned() };
        let reply = Reply { row: rows.first().ok_or_else(nothing)?, store: &self.name };
        let now: Timestamp = reply.get("now")?;

        let mut facts: Vec<(String, String)> = Vec::new();
        let mut problems = Vec::new();
        let mut fact = |name: &str, value: String| facts.push((name.to_owned(), value));
        fact("server", format!("PostgreSQL {}", reply.get::<String>("version")?));
        fact("schema", self.options.schema.clone());
        fact("schema version", reply.get::<i32>("schema_version")?.to_string());
        let commit: String = reply.get("synchronous_commit")?;
        let its_own: String = reply.get("its_own")?;
        if !matches!(commit.as_str(), "on" | "remote_apply") {
            problems.push(format!("synchronous_commit is {commit}: a pooler drops what its sessions set"));
        }
        fact("synchronous_commit", format!("{commit} (the server's own: {its_own})"));
        let standbys: Option<String> = reply.get("standbys")?;
        let standbys = standbys.filter(|names| !names.is_empty()).unwrap_or_else(|| "none".to_owned());
        fact("synchronous standbys", standbys);
        for (setting, why) in [
            ("fsync", "fsync is off: a crash of the machine can lose or damage what was written"),
            (
                "full_page_writes",
                "full_page_writes is off: a crash of the machine can damage what was written",
            ),
        ] {
            let value: Option<String> = reply.get(setting)?;
            if value.as_deref() == Some("off") {
                problems.push(why.to_owned());
            }
            fact(setting, value.unwrap_or_else(|| "unknown".to_owned()));
        }
        let in_recovery: bool = reply.get("in_recovery")?;
        if in_recovery {
            problems.push("it is a standby and takes no writes".to_owned());
        }
        fact("in recovery", in_recovery.to_string());
        fact("connection encrypted", reply.get::<bool>("encrypted")?.to_string());
        let off = difference(now, asked, answered);
        if off.abs() > MOST_OFF {
            problems.push(format!("its clock is {off:#} off ours: windows open by its clock"));
        }
        fact("clock difference", format!("{off:#}"));
        fact("budgets", reply.get::<i64>("budgets")?.to_string());
        fact("open holds", reply.get::<i64>("open_holds")?.to_string());
        fact("holds", format!("about {}", reply.get::<i64>("holds")?));
        fact("journal entries", format!("about {}", reply.get::<i64>("entries")?));
        if reply.get::<i64>("triggers")? != 2 {
            problems
                .push("the triggers that keep the journal append-only are missing or disabled".to_owned());
        }
        if reply.get::<i64>("hold_triggers")? != 2 {
            problems.push("the triggers that keep every hold are missing or disabled".to_owned());
        }
        let now = self.now().unwrap_or(now);
        Ok(Inspection { kind: "postgresql", store: self.name.clone(), now, facts, problems })
    }
}

/// How far a clock is ahead of ours, which was read before and after it; zero if it may be right.
fn difference(theirs: Timestamp, before: Timestamp, after: Timestamp) -> SignedDuration {
    if theirs < before {
        theirs.duration_since(before)
    } else if theirs > after {
        theirs.duration_since(after)
    } else {
        SignedDuration::ZERO
    }
}
