//! The steps beside a call: late calls, corrections, pauses and jobs.

use crate::adjustment::{Adjusted, Adjustment, Correction};
use crate::engine;
use crate::error::Error;
use crate::hold::{Changed, Hold, HoldId, Job, State, tags_json};
use crate::journal::Event;
use crate::money::NanoUsd;
use crate::new_hold::LateCall;
use crate::pause::Pause;
use crate::scope::Scope;
use crate::shares;
use crate::window::Period;

use super::rows::{NO_KEY, ToldCounter};
use super::server::{Server, Value};
use super::steps::{Statements, new_step, outcome_of, text, unlike};

impl Server {
    pub(super) async fn book_late(&self, sql: &Statements, late: &LateCall) -> Result<Changed, Error> {
        let LateCall { call, made_at, outcome } = late;
        let expires_in = i64::try_from(call.expires_in.as_micros()).unwrap_or(i64::MAX);
        let (cost, usage, reason) = outcome_of(outcome);
        let values: [Value; 22] = [
            Box::new(self.now()),
            text(call.id.as_str()),
            Box::new(call.key.clone()),
            text(call.scope.as_str()),
            Box::new(call.ceiling.column()),
            Box::new(call.assumed),
            text(&call.quote),
            text(&call.book),
            text(&call.request),
            text(&call.terms),
            Box::new(expires_in),
            text(&call.by),
            Box::new(call.override_reason.clone()),
            Box::new(call.expected.map(NanoUsd::column)),
            Box::new(i64::try_from(call.calls).unwrap_or(i64::MAX)),
            Box::new(tags_json(&call.tags)),
            Box::new(call.request_id.clone()),
            Box::new(engine::whole(*made_at)),
            text(outcome.leads_to().as_str()),
            Box::new(cost),
            Box::new(usage),
            Box::new(reason),
        ];
        let row = self.step(&sql.late, &values).await?;
        let reply = self.reply(&row);
        let said: &str = reply.get("outcome")?;
        match said {
            "booked" => Ok(Changed {
                hold: reply.hold()?,
                before: State::Held,
                repeated: false,
                alerts: reply.alerts()?,
            }),
            // The ledger had written the hold, and only its answer was lost.
            "found" => {
                let hold = reply.hold()?;
                match engine::other_call(call, &hold) {
                    Some(error) => Err(error),
                    None => self.change(sql, &hold.id, outcome, &call.by).await,
                }
            }
            _ => Err(unlike(reply, said, &call.id, if cost.is_some() { "cost" } else { "ceiling" })),
        }
    }

    pub(super) async fn adjust(&self, sql: &Statements, adjustment: &Adjustment) -> Result<Adjusted, Error> {
        let Adjustment { scope, correction, amount, at, reason, key, by } = adjustment;
        let event = match correction {
            Correction::Charge => Event::Charged,
            Correction::Credit => Event::Credited,
        };
        let values: [Value; 8] = [
            Box::new(self.now()),
            // No key of a caller's has a control character.
            Box::new(key.clone().unwrap_or_else(|| format!("{NO_KEY}{}", new_step()))),
            text(by),
            text(scope.as_str()),
            text(event.as_str()),
            Box::new(amount.column()),
            Box::new(at.map(engine::whole)),
            text(reason),
        ];
        let row = self.step(&sql.adjust, &values).await?;
        let reply = self.reply(&row);
        let outcome: &str = reply.get("outcome")?;
        match outcome {
            "adjusted" | "repeated" => Ok(Adjusted {
                counts_at: reply.get("counts_at")?,
                repeated: outcome == "repeated",
                alerts: reply.alerts()?,
            }),
            "other" => Err(engine::key_of_another(key.as_deref().unwrap_or_default())),
            _ => {
                let Some(told) = reply.told::<ToldCounter>()?.filter(|_| outcome == "misfit") else {
                    return Err(reply.damaged(format!("a step ended in '{outcome}'")));
                };
                let why = if told.short {
                    let settled = reply.money_or_none("settled")?.unwrap_or_default();
                    let Period { window, start } = reply.period(told.win, told.start)?;
                    engine::too_little(&told.scope, window, start, settled)
                } else {
                    shares::too_much(&told.scope)
                };
                Err(Error::BadInput { field: "amount", why })
            }
        }
    }

    /// Pauses a scope, or resumes it without a reason; the pause that is or was in force.
    pub(super) async fn pause(
        &self,
        sql: &Statements,
        scope: &Scope,
        reason: Option<&str>,
        by: &str,
    ) -> Result<Option<Pause>, Error> {
        let values: [Value; 5] = [
            Box::new(self.now()),
            Box::new(new_step()),
            text(by),
            text(scope.as_str()),
            Box::new(reason.map(str::to_owned)),
        ];
        let row = self.step(&sql.pause, &values).await?;
        let reply = self.reply(&row);
        reply.told()?.map(|told| reply.pause_of(told)).transpose()
    }

    pub(super) async fn set_job(
        &self,
        sql: &Statements,
        id: &HoldId,
        job: &Job,
        by: &str,
    ) -> Result<Hold, Error> {
        let details = job.to_string();
        let values: [Value; 6] = [
            Box::new(self.now()),
            text(id.as_str()),
            text(&job.provider),
            text(&job.id),
            text(by),
            text(&details),
        ];
        let row = self.step(&sql.job, &values).await?;
        let reply = self.reply(&row);
        let outcome: &str = reply.get("outcome")?;
        match outcome {
            "set" | "repeated" => reply.hold(),
            "no-hold" => Err(Error::NoHold(id.clone())),
            "other-call" => Err(engine::job_of_another(job, reply.hold()?)),
            "other-job" => {
                let hold = reply.hold()?;
                Err(engine::other_job(&hold.id, hold.job.as_ref().unwrap_or(job), job))
            }
            _ => Err(reply.damaged(format!("a step ended in '{outcome}'"))),
        }
    }
}
