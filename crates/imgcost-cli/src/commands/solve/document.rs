//! The JSON document of a solution, schema `imgcost.solution/1`.

use imgcost_analysis::solve::{Calls, Goal, LeftOut, Plan};
use imgcost_core::{Availability, Date, Note, Quality, TotalDocument, Usd};
use serde::Serialize;

use super::Found;
use crate::report::{Bounds, ConvertedTotal, converted};

#[derive(Serialize)]
pub(super) struct Document<'f> {
    schema: &'static str,
    as_of: Date,
    job: JobDocument<'f>,
    looked_at: u64,
    /// The plans, best first; empty where a budget buys no image.
    plans: Vec<PlanDocument<'f>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    runner_up: Option<RunnerUp<'f>>,
    /// What would be better than the best plan if its model did not end soon.
    #[serde(skip_serializing_if = "Option::is_none")]
    ending: Option<RunnerUp<'f>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cheapest: Option<PlanDocument<'f>>,
    /// The cheapest image costs nothing: the budget has no end.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    endless: bool,
    left_out: &'f [LeftOut],
    notes: &'f [Note],
}

#[derive(Serialize)]
struct JobDocument<'f> {
    #[serde(skip_serializing_if = "Option::is_none")]
    images: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<Usd>,
    by: &'static str,
    providers: Vec<&'f str>,
    models: Vec<&'f str>,
    qualities: Vec<&'f str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_quality: Option<&'f str>,
    size: String,
    allow_batch: bool,
}

#[derive(Serialize)]
struct PlanDocument<'f> {
    provider: &'f str,
    model: &'f str,
    quality: Option<&'f str>,
    size: Option<String>,
    tier: &'static str,
    /// `current`, `ends` (within 30 days) or `retired`.
    availability: Availability,
    /// The day of the shutdown, where one is near or past.
    #[serde(skip_serializing_if = "Option::is_none")]
    shutdown: Option<Date>,
    images: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    images_expected: Option<u64>,
    /// How many sizes cost the same, this one among them.
    equal_sizes: u64,
    calls: Vec<CallsDocument>,
    tokens: Option<Bounds<u64>>,
    total: TotalDocument,
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<ConvertedTotal<'f>>,
}

#[derive(Serialize)]
struct CallsDocument {
    count: u64,
    images: u32,
    tokens: Option<Bounds<u64>>,
    total: TotalDocument,
    command: String,
}

#[derive(Serialize)]
struct RunnerUp<'f> {
    #[serde(flatten)]
    plan: PlanDocument<'f>,
    behind: String,
}

pub(super) fn document<'f>(found: &'f Found<'_>) -> Document<'f> {
    let best = found.plans.first();
    let beside = |plan: &'f Option<Plan<'_>>| {
        plan.as_ref()
            .zip(best)
            .map(|(plan, best)| RunnerUp { plan: plan_document(found, plan), behind: plan.behind(best) })
    };
    Document {
        schema: "imgcost.solution/1",
        as_of: found.day,
        job: job(found),
        looked_at: found.looked_at,
        plans: found.plans.iter().map(|plan| plan_document(found, plan)).collect(),
        runner_up: beside(&found.runner_up),
        ending: beside(&found.ending),
        cheapest: found.cheapest.as_ref().map(|plan| plan_document(found, plan)),
        endless: found.endless,
        left_out: &found.left_out,
        notes: &found.notes,
    }
}

fn job<'f>(found: &'f Found<'_>) -> JobDocument<'f> {
    let job = &found.job;
    let texts =
        |patterns: &'f [imgcost_analysis::selector::Pattern]| patterns.iter().map(|p| p.text()).collect();
    let (images, budget, by) = match job.goal {
        Goal::Images(n) => (Some(n), None, job.by.as_str()),
        Goal::Budget(budget) => (None, Some(budget), "ceiling"),
    };
    JobDocument {
        images,
        budget,
        by,
        providers: texts(&job.providers),
        models: texts(&job.models),
        qualities: texts(&job.qualities),
        min_quality: job.min_quality.as_ref().map(Quality::as_str),
        size: job.shape.to_string(),
        allow_batch: job.allow_batch,
    }
}

fn plan_document<'f>(found: &'f Found<'_>, plan: &'f Plan<'_>) -> PlanDocument<'f> {
    PlanDocument {
        provider: &plan.offer.provider.id,
        model: &plan.offer.model.id,
        quality: plan.quality.as_ref().map(Quality::as_str),
        size: plan.size.map(|size| size.to_string()),
        tier: plan.request.tier.as_str(),
        availability: plan.availability(),
        shutdown: plan.availability().day(),
        images: plan.images,
        images_expected: plan.images_expected,
        equal_sizes: plan.equal_sizes,
        calls: plan.calls.iter().map(|calls| calls_document(found, plan, calls)).collect(),
        tokens: plan.tokens.map(Into::into),
        total: plan.total.into(),
        converted: found.exchange.as_ref().map(|exchange| converted(exchange, &plan.total)),
    }
}

fn calls_document(found: &Found<'_>, plan: &Plan<'_>, calls: &Calls) -> CallsDocument {
    CallsDocument {
        count: calls.count,
        images: calls.images,
        tokens: calls.tokens.map(Into::into),
        total: calls.each.into(),
        command: found.typed.command(plan, calls),
    }
}
