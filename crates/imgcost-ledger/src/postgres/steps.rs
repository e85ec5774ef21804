//! The steps as statements, and their replies as the ledger's types.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::budget::{Budget, Status};
use crate::engine;
use crate::error::Error;
use crate::hold::{Change, Changed, Held, Hold, HoldId, Job, tags_json};
use crate::money::NanoUsd;
use crate::new_hold::NewHold;
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::shares;
use crate::window::{Period, Window};

use super::rows::{self, Prior, Reply, ToldCounter, number_of};
use super::schema;
use super::server::{Server, Value};

/// The statements for one schema, built once: they are also the keys of the prepared ones.
#[derive(Debug)]
pub(super) struct Statements {
    hold: String,
    change: String,
    budget: String,
    pub(super) late: String,
    pub(super) adjust: String,
    pub(super) pause: String,
    pub(super) job: String,
    find: String,
    find_job: String,
    places: String,
    places_from_end: String,
    status: String,
}

impl Statements {
    pub(super) fn new(name: &str) -> Statements {
        let named = |sql: String| schema::named(&sql, name);
        let (of_step, of_table) = (rows::hold_columns("(h)"), rows::hold_columns("h"));
        Statements {
            hold: named(format!(
                "SELECT outcome, refused, told::text AS told, alerts::text AS alerts, money_left, {of_step}
                FROM imgcost.hold_v2($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
            )),
            change: named(format!(
                "SELECT outcome, told::text AS told, alerts::text AS alerts, state_before, {of_step}
                FROM imgcost.change_v2($1, $2, $3, $4, $5, $6, $7)"
            )),
            budget: named(
                "SELECT prior::text AS told
                FROM imgcost.budget_v2($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS prior"
                    .to_owned(),
            ),
            late: named(format!(
                "SELECT outcome, told::text AS told, alerts::text AS alerts, {of_step}
                FROM imgcost.late_v2($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
                    $17, $18, $19, $20, $21, $22)"
            )),
            adjust: named(
                "SELECT outcome, told::text AS told, alerts::text AS alerts, counts_at, settled
                FROM imgcost.adjust_v2($1, $2, $3, $4, $5, $6, $7, $8)"
                    .to_owned(),
            ),
            pause: named(
                "SELECT pause::text AS told FROM imgcost.pause_v2($1, $2, $3, $4, $5) AS pause".to_owned(),
            ),
            job: named(format!("SELECT outcome, {of_step} FROM imgcost.job_v2($1, $2, $3, $4, $5, $6)")),
            find: named(format!("SELECT {of_table} FROM imgcost.hold h WHERE h.id = $1")),
            find_job: named(format!(
                "SELECT {of_table} FROM imgcost.hold h WHERE h.provider = $1 AND h.job = $2"
            )),
            places: named(
                "SELECT DISTINCT scope FROM imgcost.budget WHERE scope >= $1 AND scope < $2
                ORDER BY scope LIMIT $3"
                    .to_owned(),
            ),
            places_from_end: named(
                "SELECT DISTINCT scope FROM imgcost.budget WHERE scope >= $1 AND scope < $2
                ORDER BY scope DESC LIMIT $3"
                    .to_owned(),
            ),
            // Uses the index of budgets, and for each the index of counters. The scopes below a
            // scope are between its name with '/' and its name with the character after '/'. A
            // default is in force for the children without a budget of their own; those are listed
            // that have sums, and the one on the path of the scope.
            status: named(format!(
                "SELECT {budget}, b.is_default, s.start, coalesce(c.held, k.held, 0) AS held,
                    coalesce(c.held_assumed, k.held_assumed, 0) AS held_assumed,
                    coalesce(c.presumed, k.presumed, 0) AS presumed,
                    coalesce(c.settled, k.settled, 0) AS settled,
                    coalesce(c.overrun, k.overrun, 0) AS overrun, coalesce(c.open, k.open, 0) AS open,
                    coalesce(c.alerted, k.alerted, 0::smallint) AS alerted,
                    coalesce(c.held_over, k.held_over, 0) AS held_over
                FROM (SELECT imgcost.starts_v2(coalesce($1::timestamptz, clock_timestamp())) AS all_starts
                    OFFSET 0) n
                CROSS JOIN (
                    SELECT e.*, false AS is_default FROM imgcost.budget e WHERE right(e.scope, 2) <> '/*'
                    UNION ALL
                    SELECT h.scope, d.win, d.cap, d.assumed_ok, d.alerts, true
                    FROM imgcost.budget d
                    CROSS JOIN LATERAL (SELECT left(d.scope, -1) AS below) p
                    CROSS JOIN LATERAL (
                        SELECT q.scope FROM imgcost.scope q
                        WHERE q.scope > p.below AND q.scope < left(p.below, -1) || '0'
                            AND strpos(substr(q.scope, length(p.below) + 1), '/') = 0
                        UNION
                        SELECT m FROM unnest(imgcost.prefixes_v1(coalesce($2::text, ''))) AS m
                        WHERE starts_with(m, p.below)
                            AND strpos(substr(m, length(p.below) + 1), '/') = 0
                    ) h
                    WHERE right(d.scope, 2) = '/*' AND NOT EXISTS (
                        SELECT 1 FROM imgcost.budget o WHERE o.scope = h.scope AND o.win = d.win)
                ) b
                CROSS JOIN LATERAL (SELECT n.all_starts[b.win + 1] AS start) s
                LEFT JOIN imgcost.counter c
                    ON b.win < 4 AND c.scope = b.scope AND c.win = b.win AND c.start = s.start
                LEFT JOIN LATERAL (
                    SELECT t.* FROM imgcost.week_v2(b.scope, s.start) t WHERE b.win = 4 OFFSET 0
                ) k ON true
                WHERE ($2::text IS NULL OR b.scope = ANY (imgcost.prefixes_v1(coalesce($2::text, '')))
                        OR (b.scope > $2::text || '/' AND b.scope < $2::text || '0'))
                    AND (NOT b.is_default OR c.scope IS NOT NULL OR k.days > 0
                        OR b.scope = ANY (imgcost.prefixes_v1(coalesce($2::text, ''))))
                ORDER BY b.scope, b.win = 3, b.win",
                budget = rows::BUDGET
            )),
        }
    }
}

/// A text parameter of a statement.
pub(super) fn text(text: &str) -> Value {
    Box::new(text.to_owned())
}

impl Server {
    /// The time of the clock that replaces the server's; none for the server's.
    pub(super) fn now(&self) -> Option<Timestamp> {
        self.options.clock.as_ref().map(crate::clock::Clock::now)
    }

    pub(super) fn reply<'a>(&'a self, row: &'a Row) -> Reply<'a> {
        Reply { row, store: &self.name }
    }

    pub(super) async fn hold(&self, sql: &Statements, new: &NewHold) -> Result<Held, Error> {
        let expires_in = i64::try_from(new.expires_in.as_micros()).unwrap_or(i64::MAX);
        let values: [Value; 17] = [
            Box::new(self.now()),
            text(new.id.as_str()),
            Box::new(new.key.clone()),
            text(new.scope.as_str()),
            Box::new(new.ceiling.column()),
            Box::new(new.assumed),
            text(&new.quote),
            text(&new.book),
            text(&new.request),
            text(&new.terms),
            Box::new(expires_in),
            text(&new.by),
            Box::new(new.override_reason.clone()),
            Box::new(new.expected.map(NanoUsd::column)),
            Box::new(i64::try_from(new.calls).unwrap_or(i64::MAX)),
            Box::new(tags_json(&new.tags)),
            Box::new(new.request_id.clone()),
        ];
        let row = self.step(&sql.hold, &values).await?;
        let reply = self.reply(&row);
        let outcome: &str = reply.get("outcome")?;
        match outcome {
            "held" => Ok(Held {
                hold: new.made(reply.get("made_at")?, reply.get("expires_at")?),
                repeated: false,
                left: reply.money_or_none("money_left")?,
                refusal: refusal(new, reply)?,
                alerts: reply.alerts()?,
            }),
            // Both have a hold with the same key or id; the engine decides which of the two matches
            // and whether it may be returned again.
            "repeated" | "other-call" => Ok(Held {
                hold: engine::existing(new, reply.hold()?)?,
                repeated: true,
                left: reply.money_or_none("money_left")?,
                refusal: None,
                alerts: Vec::new(),
            }),
            "refused" => match refusal(new, reply)? {
                Some(refusal) => Err(refusal.into()),
                None => Err(reply.damaged("a step refused for no reason".to_owned())),
            },
            _ => Err(unlike(reply, outcome, &new.id, "ceiling")),
        }
    }

    pub(super) async fn change(
        &self,
        sql: &Statements,
        id: &HoldId,
        change: &Change,
        by: &str,
    ) -> Result<Changed, Error> {
        let wanted = change.leads_to();
        let (cost, usage, reason) = outcome_of(change);
        let values: [Value; 7] = [
            Box::new(self.now()),
            text(id.as_str()),
            text(wanted.as_str()),
            Box::new(cost),
            Box::new(usage),
            Box::new(reason),
            text(by),
        ];
        let row = self.step(&sql.change, &values).await?;
        let reply = self.reply(&row);
        let outcome: &str = reply.get("outcome")?;
        match outcome {
            "changed" | "repeated" => Ok(Changed {
                hold: reply.hold()?,
                before: reply.state("state_before")?,
                repeated: outcome == "repeated",
                alerts: reply.alerts()?,
            }),
            "no-hold" => Err(Error::NoHold(id.clone())),
            "conflict" => Err(engine::conflict(&reply.hold()?, wanted)),
            _ => {
                let field = if cost.is_some() { "cost" } else { "ceiling" };
                Err(unlike(reply, outcome, id, field))
            }
        }
    }

    /// Sets a budget and returns the one before; with `ensure`, only if there is none.
    pub(super) async fn set_budget(
        &self,
        sql: &Statements,
        budget: &Budget,
        ensure: bool,
        by: &str,
    ) -> Result<Option<Budget>, Error> {
        let cap = budget.cap.limit().map(NanoUsd::column);
        let alerts = budget.alerts.to_string();
        let written: [Value; 3] =
            [Box::new(cap), Box::new(budget.allow_assumed_ceiling), Box::new(Some(alerts))];
        let (scope, place) = (budget.scope.as_str(), budget.place());
        self.budget_step(sql, (scope, &place), budget.window, by, (ensure, Some(written))).await
    }

    /// Removes the budget of a scope, or at the place of the default of its children, and returns it.
    pub(super) async fn remove_budget(
        &self,
        sql: &Statements,
        (scope, place): (&str, &str),
        window: Window,
        by: &str,
    ) -> Result<Option<Budget>, Error> {
        self.budget_step(sql, (scope, place), window, by, (false, None)).await
    }

    async fn budget_step(
        &self,
        sql: &Statements,
        (scope, place): (&str, &str),
        window: Window,
        by: &str,
        (ensure, written): (bool, Option<[Value; 3]>),
    ) -> Result<Option<Budget>, Error> {
        let mut values: Vec<Value> = vec![
            Box::new(self.now()),
            Box::new(new_step()),
            text(by),
            Box::new(written.is_none()),
            Box::new(ensure),
            text(scope),
            text(place),
            Box::new(number_of(window)),
        ];
        let nothing: [Value; 3] = [Box::new(None::<i64>), Box::new(None::<bool>), Box::new(None::<String>)];
        values.extend(written.unwrap_or(nothing));
        let row = self.step(&sql.budget, &values).await?;
        let reply = self.reply(&row);
        let prior: Option<Prior> = reply.told()?;
        prior.map(|prior| reply.budget_of(place, window, &prior)).transpose()
    }

    pub(super) async fn find_job(&self, sql: &Statements, job: &Job) -> Result<Option<Hold>, Error> {
        let rows = self.ask(&sql.find_job, &[text(&job.provider), text(&job.id)]).await?;
        rows.first().map(|row| self.reply(row).hold()).transpose()
    }

    /// A range of places with budgets.
    pub(super) async fn places(
        &self,
        sql: &Statements,
        (low, high): (&str, &str),
        is_from_end: bool,
        most: usize,
    ) -> Result<Vec<String>, Error> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let sql = if is_from_end { &sql.places_from_end } else { &sql.places };
        let rows = self.ask(sql, &[text(low), text(high), Box::new(most)]).await?;
        rows.iter().map(|row| self.reply(row).get("scope")).collect()
    }

    pub(super) async fn find(&self, sql: &Statements, id: &HoldId) -> Result<Option<Hold>, Error> {
        let rows = self.ask(&sql.find, &[text(id.as_str())]).await?;
        rows.first().map(|row| self.reply(row).hold()).transpose()
    }

    pub(super) async fn status(&self, sql: &Statements, scope: Option<&Scope>) -> Result<Vec<Status>, Error> {
        let scope = scope.map(|scope| scope.as_str().to_owned());
        let rows = self.ask(&sql.status, &[Box::new(self.now()), Box::new(scope)]).await?;
        let status = |row: &Row| {
            let reply = self.reply(row);
            let counter = reply.counter()?;
            let is_default = reply.get("is_default")?;
            Ok(Status { budget: reply.budget()?, period: counter.period, sums: counter.sums, is_default })
        };
        rows.iter().map(status).collect()
    }
}

/// The refusal of a hold, or the one that was overridden.
fn refusal(new: &NewHold, reply: Reply<'_>) -> Result<Option<Refusal>, Error> {
    let scope = new.scope.clone();
    let refused: Option<&str> = reply.get("refused")?;
    let unsaid = || reply.damaged("a step refused and did not say by what".to_owned());
    Ok(match refused {
        None => None,
        Some("no-budget") => Some(Refusal::NoBudget { nearest: None, scope }),
        Some("paused") => {
            let pause = reply.pause_of(reply.told()?.ok_or_else(unsaid)?)?;
            Some(Refusal::Paused { scope, pause })
        }
        Some("assumed-ceiling") => {
            let budget: String = reply.told()?.ok_or_else(unsaid)?;
            let budget = Scope::stored(&budget).map_err(|error| reply.damaged(format!("{error}")))?;
            Some(Refusal::AssumedCeiling { scope, budget })
        }
        Some("full") => {
            let budgets = reply.blocks(new.ceiling)?;
            let left = budgets.iter().map(|block| block.left).min().unwrap_or_default();
            Some(Refusal::Full { scope, ceiling: new.ceiling, left, budgets })
        }
        Some(other) => return Err(reply.damaged(format!("a step refused with '{other}'"))),
    })
}

/// Cost, usage and reason of an outcome.
pub(super) fn outcome_of(change: &Change) -> (Option<i64>, Option<String>, Option<String>) {
    match change {
        Change::Settle { cost, usage } => (Some(cost.column()), usage.clone(), None),
        Change::Release { reason } | Change::Presume { reason } => (None, None, Some(reason.clone())),
    }
}

/// A name for a step, under which it finds what it has done before.
pub(super) fn new_step() -> String {
    format!("s_{}", uuid::Uuid::now_v7().simple())
}

/// Sums that can't take a hold, or an unknown outcome. The messages are the engine's.
pub(super) fn unlike(reply: Reply<'_>, outcome: &str, hold: &HoldId, field: &'static str) -> Error {
    let told = match reply.told::<ToldCounter>() {
        Ok(Some(told)) if outcome == "misfit" => told,
        Ok(_) => return reply.damaged(format!("a step ended in '{outcome}'")),
        Err(error) => return error,
    };
    let scope = &told.scope;
    if !told.short {
        let why = shares::too_much(scope);
        return Error::BadInput { field, why };
    }
    match reply.period(told.win, told.start) {
        Ok(Period { window, start }) => Error::Damaged {
            store: "counters".to_owned(),
            why: format!("the sums of {scope} for the {window} from {start} are less than its hold {hold}"),
        },
        Err(error) => error,
    }
}
