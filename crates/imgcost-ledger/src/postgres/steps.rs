//! The steps as statements, and their replies as the ledger's types.

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::budget::{Budget, Status};
use crate::engine;
use crate::error::Error;
use crate::hold::{Change, Changed, Held, Hold, HoldId, NewHold, State};
use crate::money::NanoUsd;
use crate::refusal::Refusal;
use crate::scope::{self, Scope};
use crate::shares;
use crate::window::{Period, Window};

use super::rows::{self, Prior, Reply, ToldCounter};
use super::schema;
use super::server::{Server, Value};

/// The statements for one schema, built once: they are also the keys of the prepared ones.
#[derive(Debug)]
pub(super) struct Statements {
    hold: String,
    change: String,
    budget: String,
    find: String,
    scopes: String,
    status: String,
}

impl Statements {
    pub(super) fn new(name: &str) -> Statements {
        let named = |sql: String| schema::named(&sql, name);
        let (of_step, of_table) = (rows::hold_columns("(h)"), rows::hold_columns("h"));
        Statements {
            hold: named(format!(
                "SELECT outcome, refused, told::text AS told, alerts::text AS alerts, money_left, {of_step}
                FROM imgcost.hold_v1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
            )),
            change: named(format!(
                "SELECT outcome, told::text AS told, alerts::text AS alerts, state_before, {of_step}
                FROM imgcost.change_v1($1, $2, $3, $4, $5, $6, $7)"
            )),
            budget: named(
                "SELECT prior::text AS told FROM imgcost.budget_v1($1, $2, $3, $4, $5, $6, $7, $8, $9) AS prior"
                    .to_owned(),
            ),
            find: named(format!("SELECT {of_table} FROM imgcost.hold h WHERE h.id = $1")),
            scopes: named("SELECT DISTINCT scope FROM imgcost.budget ORDER BY scope".to_owned()),
            // Uses the index of budgets, and for each the index of counters. The scopes below a
            // scope are between its name with '/' and its name with the character after '/'.
            status: named(format!(
                "SELECT {budget}, s.start, coalesce(c.held, 0) AS held,
                    coalesce(c.held_assumed, 0) AS held_assumed, coalesce(c.presumed, 0) AS presumed,
                    coalesce(c.settled, 0) AS settled, coalesce(c.overrun, 0) AS overrun,
                    coalesce(c.open, 0) AS open, coalesce(c.alerted, 0::smallint) AS alerted
                FROM (SELECT imgcost.starts_v1(coalesce($1::timestamptz, clock_timestamp())) AS all_starts
                    OFFSET 0) n
                CROSS JOIN imgcost.budget b
                CROSS JOIN LATERAL (SELECT n.all_starts[b.win + 1] AS start) s
                LEFT JOIN imgcost.counter c ON c.scope = b.scope AND c.win = b.win AND c.start = s.start
                WHERE $2::text IS NULL OR b.scope = ANY (imgcost.prefixes_v1($2::text))
                    OR (b.scope > $2::text || '/' AND b.scope < $2::text || '0')
                ORDER BY b.scope, b.win",
                budget = rows::BUDGET
            )),
        }
    }
}

/// A text parameter of a statement.
fn text(text: &str) -> Value {
    Box::new(text.to_owned())
}

impl Server {
    /// The time of the clock that replaces the server's; none for the server's.
    pub(super) fn now(&self) -> Option<Timestamp> {
        self.options.clock.as_ref().map(crate::clock::Clock::now)
    }

    fn reply<'a>(&'a self, row: &'a Row) -> Reply<'a> {
        Reply { row, store: &self.name }
    }

    pub(super) async fn hold(&self, sql: &Statements, new: &NewHold) -> Result<Held, Error> {
        let expires_in = i64::try_from(new.expires_in.as_micros()).unwrap_or(i64::MAX);
        let values: [Value; 13] = [
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
        ];
        let row = self.step(&sql.hold, &values).await?;
        let reply = self.reply(&row);
        let outcome: &str = reply.get("outcome")?;
        match outcome {
            "held" => Ok(Held {
                hold: fresh(new, reply.get("made_at")?, reply.get("expires_at")?),
                repeated: false,
                left: reply.money_or_none("money_left")?,
                refusal: self.refusal(sql, new, reply).await?,
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
            "refused" => match self.refusal(sql, new, reply).await? {
                Some(refusal) => Err(refusal.into()),
                None => Err(reply.damaged("a step refused for no reason".to_owned())),
            },
            _ => Err(unlike(reply, outcome, &new.id, "ceiling")),
        }
    }

    /// The refusal of a hold, or the one that was overridden.
    async fn refusal(
        &self,
        sql: &Statements,
        new: &NewHold,
        reply: Reply<'_>,
    ) -> Result<Option<Refusal>, Error> {
        let scope = new.scope.clone();
        let refused: Option<&str> = reply.get("refused")?;
        Ok(match refused {
            None => None,
            // The hold is decided, and a failed suggestion must not turn it into a failure.
            Some("no-budget") => {
                Some(Refusal::NoBudget { nearest: self.nearest(sql, &scope).await.unwrap_or(None), scope })
            }
            Some("assumed-ceiling") => {
                let budget: String = reply.told()?.unwrap_or_default();
                let budget = budget.parse().map_err(|error| reply.damaged(format!("{error}")))?;
                Some(Refusal::AssumedCeiling { scope, budget })
            }
            Some("full") => {
                let budgets = reply.blocks()?;
                let left = budgets.iter().map(|block| block.left).min().unwrap_or_default();
                Some(Refusal::Full { scope, ceiling: new.ceiling, left, budgets })
            }
            Some(other) => return Err(reply.damaged(format!("a step refused with '{other}'"))),
        })
    }

    pub(super) async fn change(
        &self,
        sql: &Statements,
        id: &HoldId,
        change: &Change,
        by: &str,
    ) -> Result<Changed, Error> {
        let wanted = change.leads_to();
        let (cost, usage, reason) = match change {
            Change::Settle { cost, usage } => (Some(cost.column()), usage.clone(), None),
            Change::Release { reason } | Change::Presume { reason } => (None, None, Some(reason.clone())),
        };
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

    /// Sets a budget and returns the one before.
    pub(super) async fn set_budget(
        &self,
        sql: &Statements,
        budget: &Budget,
        by: &str,
    ) -> Result<Option<Budget>, Error> {
        let cap = budget.cap.limit().map(NanoUsd::column);
        let alerts = budget.alerts.to_string();
        let written: [Value; 3] =
            [Box::new(cap), Box::new(budget.allow_assumed_ceiling), Box::new(Some(alerts))];
        self.budget_step(sql, &budget.scope, budget.window, by, Some(written)).await
    }

    /// Removes a budget and returns it.
    pub(super) async fn remove_budget(
        &self,
        sql: &Statements,
        scope: &Scope,
        window: Window,
        by: &str,
    ) -> Result<Option<Budget>, Error> {
        self.budget_step(sql, scope, window, by, None).await
    }

    async fn budget_step(
        &self,
        sql: &Statements,
        scope: &Scope,
        window: Window,
        by: &str,
        written: Option<[Value; 3]>,
    ) -> Result<Option<Budget>, Error> {
        let step = format!("s_{}", uuid::Uuid::now_v7().simple());
        let mut values: Vec<Value> = vec![
            Box::new(self.now()),
            Box::new(step),
            text(by),
            Box::new(written.is_none()),
            text(scope.as_str()),
            Box::new(number_of(window)),
        ];
        let nothing: [Value; 3] = [Box::new(None::<i64>), Box::new(None::<bool>), Box::new(None::<String>)];
        values.extend(written.unwrap_or(nothing));
        let row = self.step(&sql.budget, &values).await?;
        let reply = self.reply(&row);
        let prior: Option<Prior> = reply.told()?;
        prior.map(|prior| reply.budget_of(scope.clone(), window, &prior)).transpose()
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
            Ok(Status { budget: reply.budget()?, period: counter.period, sums: counter.sums })
        };
        rows.iter().map(status).collect()
    }

    /// The scope with a budget whose spelling is nearest. It only helps with a mistyped scope, so
    /// it is looked up separately, after the step.
    async fn nearest(&self, sql: &Statements, of: &Scope) -> Result<Option<Scope>, Error> {
        let rows = self.ask(&sql.scopes, &[]).await?;
        let scopes: Vec<Scope> = rows
            .iter()
            .map(|row| {
                let reply = self.reply(row);
                let text: &str = reply.get("scope")?;
                text.parse().map_err(|error| reply.damaged(format!("{error}")))
            })
            .collect::<Result<_, Error>>()?;
        Ok(scope::nearest(of, scopes.iter()).cloned())
    }
}

/// The numbers of windows in the tables.
pub(super) fn number_of(window: Window) -> i16 {
    match window {
        Window::Total => 0,
        Window::Hour => 1,
        Window::Day => 2,
        Window::Month => 3,
    }
}

fn fresh(new: &NewHold, made_at: Timestamp, expires_at: Timestamp) -> Hold {
    Hold {
        id: new.id.clone(),
        key: new.key.clone(),
        scope: new.scope.clone(),
        made_at,
        expires_at,
        ceiling: new.ceiling,
        assumed: new.assumed,
        state: State::Held,
        cost: None,
        usage: None,
        reason: None,
        quote: new.quote.clone(),
        book: new.book.clone(),
        request: new.request.clone(),
        terms: new.terms.clone(),
    }
}

/// Sums that can't take a hold, or an unknown outcome. The messages are the engine's.
fn unlike(reply: Reply<'_>, outcome: &str, hold: &HoldId, field: &'static str) -> Error {
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
