//! `imgcost budget show`: each budget with what is spent, held and left of it.
//!
//! Budgets count in those above them, so that there is no sum of all: it would count the same
//! money several times.

use imgcost_core::Error;
use imgcost_ledger::{Budget, Filter, Ledger, NanoUsd, Pause, Record, Scope, State, Status, Timestamp};
use serde::Serialize;

use super::holds::{Count, Open};
use super::{Context, log, store, words};
use crate::args::BudgetShowArgs;
use crate::failure::{End, Failure};
use crate::report::{Column, Only, Report, Table, Value};
use crate::{clock, fields};

/// Amounts are shown in cents, and in hundredths of a cent beside a cap below a dollar.
const PLACES: (u32, u32) = (2, 4);
const DOLLAR: u64 = 1_000_000_000;

/// What there is to show.
#[derive(Serialize)]
struct Shown {
    schema: &'static str,
    now: Timestamp,
    budgets: Vec<Status>,
    /// Open holds of these budgets' scopes and below.
    #[serde(flatten)]
    calls: Open,
    /// What these budgets' periods count at ceilings, as their outcome is unknown.
    presumed: Presumed,
    /// The defaults that are set for the children of these scopes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    defaults: Vec<Budget>,
    /// The paused scopes on the path and below.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    paused: Vec<Pause>,
}

/// Calls of unknown outcome.
#[derive(Serialize)]
struct Presumed {
    calls: u64,
    amount: NanoUsd,
}

/// Shows budgets.
pub(super) fn show(args: &BudgetShowArgs, context: Context<'_>) -> Result<End, Failure> {
    let scope = words::some_scope(args.scope.as_deref())?;
    let limit = args.fail_above.as_deref().map(percent).transpose()?;
    let ledger = store::open_to_read(&args.ledger, context)?;
    let mut budgets = ledger.status(scope.as_ref())?;
    // What is below a scope follows it, though a `-` sorts before a `/`.
    budgets.sort_by(|one, other| levels(one).cmp(levels(other)));
    let calls = Open::count(&*ledger, scope.as_ref())?;
    let presumed = presumed(&*ledger, &budgets)?;
    let defaults = defaults(&*ledger, scope.as_ref())?;
    let mut paused = log::pauses(&*ledger, None)?;
    paused.retain(|pause| {
        let near = |scope: &Scope| scope.covers(pause.scope.as_str()) || pause.scope.covers(scope.as_str());
        scope.as_ref().is_none_or(near)
    });
    let (schema, now) = ("imgcost.budget/1", clock::now());
    let shown = Shown { schema, now, budgets, calls, presumed, defaults, paused };
    context.output.write(&shown, || report(&shown, scope.as_ref()))?;
    let Some(limit) = limit else { return Ok(End::Done) };
    let above: Vec<&Status> = shown.budgets.iter().filter(|status| is_above(status, limit)).collect();
    for status in &above {
        let name = name(status);
        context.say(&format!("imgcost: more than {limit} % of the budget of {name} is held or spent"));
    }
    Ok(if above.is_empty() { End::Done } else { End::Over })
}

/// Each call once, however many budgets count it.
fn presumed(ledger: &dyn Ledger, budgets: &[Status]) -> Result<Presumed, Failure> {
    let mut found = Presumed { calls: 0, amount: NanoUsd::ZERO };
    let counting = || budgets.iter().filter(|status| status.sums.presumed > NanoUsd::ZERO);
    let Some(since) = counting().map(|status| status.period.start).min() else { return Ok(found) };
    let what = Filter::default().holds().state(State::Presumed).since(since);
    log::stream(ledger, &what, |record| {
        if let Record::Hold(hold) = record {
            let counts = |status: &Status| {
                status.budget.scope.covers(hold.scope.as_str()) && hold.made_at >= status.period.start
            };
            if counting().any(counts) {
                found.calls += 1;
                found.amount = found.amount.checked_add(hold.ceiling).unwrap_or(NanoUsd::MAX);
            }
        }
        Ok(())
    })?;
    Ok(found)
}

/// The defaults for the children of a scope and of those below it.
fn defaults(ledger: &dyn Ledger, scope: Option<&Scope>) -> Result<Vec<Budget>, Failure> {
    let mut defaults = Vec::new();
    log::stream(ledger, &Filter::default().budgets().scope(scope.cloned()), |record| {
        if let Record::Budget(budget) = record {
            defaults.extend(budget.each_child.then_some(budget));
        }
        Ok(())
    })?;
    Ok(defaults)
}

fn levels(status: &Status) -> impl Iterator<Item = &str> {
    status.budget.scope.as_str().split('/')
}

fn percent(text: &str) -> Result<u32, Error> {
    let number = text.strip_suffix('%').unwrap_or(text);
    fields::whole("fail_above", number).map_err(|error| error.allowed(["a percentage"]))
}

fn is_above(status: &Status, percent: u32) -> bool {
    let used = u128::from(status.sums.used().nano());
    status.budget.cap.limit().is_some_and(|cap| used * 100 > u128::from(cap.nano()) * u128::from(percent))
}

/// A budget's scope with its window: `team per month`.
fn name(status: &Status) -> String {
    format!("{}{}", status.budget.scope, words::per(status.budget.window))
}

fn table<'s>(page: &'s Shown, places: u32) -> Table<'s> {
    let shown = |amount: NanoUsd| amount.usd().rounded(places);
    // What is shown adds up: what is left is that of the amounts beside it.
    let left = |status: &Status| {
        let (spent, held) = (up(spent(status), places), up(status.sums.held, places));
        Some(down(status.budget.cap.limit()?, places).less(spent).less(held))
    };
    let unlimited = || Value::from("unlimited");
    Table::of("Budgets", &page.budgets)
        .column(Column::name("path").label("scope").text_only(), |status| {
            path(&status.budget.scope, &page.budgets)
        })
        .column(Column::name("scope").data_only(), |status| status.budget.scope.as_str())
        .column(Column::name("window").label("per"), |status| Value::of(status.budget.window))
        .column(Column::number("limit").label("cap").text_only(), |status| {
            status.budget.cap.limit().map_or_else(unlimited, |cap| shown(down(cap, places)).into())
        })
        .column(Column::number("spent").text_only(), |status| shown(up(spent(status), places)))
        .column(Column::number("on_hold").label("held").text_only(), |status| {
            shown(up(status.sums.held, places))
        })
        .column(Column::number("room").label("left").text_only(), |status| {
            Value::known(left(status).map(shown))
        })
        .column(Column::number("share").label("used").text_only(), |status| Value::known(share(status)))
        .column(Column::text("note").label("").text_only(), |status| note(status, page.now))
        .column(Column::number("cap").data_only(), |status| {
            status.budget.cap.limit().map_or_else(unlimited, Value::from)
        })
        .column(Column::number("held").data_only(), |status| status.sums.held)
        .column(Column::number("held_assumed").data_only(), |status| status.sums.held_assumed)
        .column(Column::number("held_over").data_only(), |status| status.sums.held_over)
        .column(Column::number("presumed").data_only(), |status| status.sums.presumed)
        .column(Column::number("settled").data_only(), |status| status.sums.settled)
        .column(Column::number("overrun").data_only(), |status| status.sums.overrun)
        .column(Column::number("open").data_only(), |status| status.sums.open)
        .column(Column::number("left").data_only(), Status::left)
        .column(Column::number("over").data_only(), Status::over)
        .column(Column::name("resets_at").data_only(), |status| status.resets_at().map(Value::of))
        .column(Column::text("alerts").data_only(), |status| Value::of(&status.budget.alerts))
        .column(Column::number("alerted").data_only(), |status| u32::from(status.sums.alerted))
        .column(Column::text("allow_assumed_ceiling").data_only(), |status| {
            status.budget.allow_assumed_ceiling
        })
        .only(if page.budgets.is_empty() { Only::Data } else { Only::Anyone })
        .end()
}

fn report<'s>(shown: &'s Shown, scope: Option<&Scope>) -> Report<'s> {
    let mut report = Report::default();
    if shown.budgets.is_empty() && shown.defaults.is_empty() {
        report.heading(match scope {
            Some(scope) => format!("no budget is set for {scope}, above it or below it"),
            None => "no budget is set".to_owned(),
        });
    }
    let amounts = |status: &Status| {
        [status.budget.cap.limit(), Some(status.sums.held), Some(spent(status)), status.left()]
    };
    let all = shown.budgets.iter().flat_map(amounts).flatten();
    let needed = all.map(|amount| amount.usd().places()).max().unwrap_or(0);
    let is_small = |cap: NanoUsd| cap > NanoUsd::ZERO && cap.nano() < DOLLAR;
    let has_small = shown.budgets.iter().filter_map(|status| status.budget.cap.limit()).any(is_small);
    let places = needed.clamp(PLACES.0, if has_small { PLACES.1 } else { PLACES.0 });
    report.table(table(shown, places));
    if places < needed {
        report.line("spent and held are rounded up, left is rounded down; --json has every digit");
    }
    let Presumed { calls, amount } = shown.presumed;
    if calls > 0 {
        let calls = Count { count: usize::try_from(calls).unwrap_or(usize::MAX), or_more: false };
        let calls = calls.of_a("call");
        report.line(format!("spent includes ${amount} presumed: {calls} whose outcome is unknown"));
    }
    if let Some(words) = shown.calls.words() {
        report.line(words);
    }
    for default in &shown.defaults {
        report.line(format!("each scope below {}: {} by default", default.scope, words::cap(default)));
    }
    for pause in &shown.paused {
        let (since, by) = (words::clock(pause.since), &pause.by);
        report.note(format!("{} is paused since {since} by {by}: {}", pause.scope, pause.reason));
    }
    for status in &shown.budgets {
        let (name, sums, over) = (name(status), &status.sums, status.over());
        if over > NanoUsd::ZERO {
            report.note(format!("{name} is ${over} over its cap: it admits nothing"));
        }
        if sums.overrun > NanoUsd::ZERO {
            let overrun = sums.overrun;
            report.note(format!("{name}: bills went ${overrun} above their ceilings, booked in full"));
        }
        if sums.held_assumed > NanoUsd::ZERO {
            report.note(format!("{name}: ${} is held at assumed ceilings", sums.held_assumed));
        }
    }
    report
}

/// A scope as it is listed: below the scopes above it that are listed, without what it shares
/// with them.
fn path(scope: &Scope, budgets: &[Status]) -> String {
    let mut above: Vec<&Scope> = budgets.iter().map(|status| &status.budget.scope).collect();
    above.retain(|above| *above != scope && above.covers(scope.as_str()));
    above.dedup();
    let rest = above.last().and_then(|above| scope.as_str().strip_prefix(above.as_str())?.strip_prefix('/'));
    format!("{}{}", "  ".repeat(above.len()), rest.unwrap_or(scope.as_str()))
}

/// What is spent, for certain or presumably.
fn spent(status: &Status) -> NanoUsd {
    status.sums.settled.checked_add(status.sums.presumed).unwrap_or(NanoUsd::MAX)
}

/// The percentage that is used, rounded down: 100 only where nothing is left. None where there is
/// no limit.
fn share(status: &Status) -> Option<String> {
    let cap = u128::from(status.budget.cap.limit()?.nano());
    let percent = (u128::from(status.sums.used().nano()) * 100).checked_div(cap).unwrap_or(100);
    Some(if percent > 999 { ">999 %".to_owned() } else { format!("{percent} %") })
}

fn note(status: &Status, now: Timestamp) -> String {
    let resets = status.resets_at().map(|at| format!("resets {}", words::until(at, now)));
    let alert = (status.sums.alerted > 0).then(|| "ALERT".to_owned());
    let default = status.is_default.then(|| "default".to_owned());
    resets.into_iter().chain(default).chain(alert).collect::<Vec<_>>().join("  ")
}

/// The smallest step of so many decimals, in nano-dollars.
fn step(places: u32) -> u64 {
    10_u64.pow(9_u32.saturating_sub(places))
}

/// An amount that is used, never shown as less than it is.
fn up(amount: NanoUsd, places: u32) -> NanoUsd {
    let step = step(places);
    NanoUsd::new(amount.nano().div_ceil(step).saturating_mul(step)).unwrap_or(amount)
}

/// An amount that is left, never shown as more than it is.
fn down(amount: NanoUsd, places: u32) -> NanoUsd {
    let step = step(places);
    NanoUsd::new(amount.nano() / step * step).unwrap_or(amount)
}

#[cfg(test)]
mod tests {
    use imgcost_ledger::{Cap, Sums, Window};

    use super::*;

    fn status(scope: &str, cap: u64, held: u64, settled: u64) -> Status {
        let usd = |nano| NanoUsd::new(nano).unwrap();
        let mut sums = Sums::default();
        (sums.held, sums.settled) = (usd(held), usd(settled));
        let budget = Budget::new(scope.parse().unwrap(), Window::Total, Cap::Usd(usd(cap)));
        Status::new(budget, Window::Total.at(Timestamp::UNIX_EPOCH), sums)
    }

    #[test]
    fn all_is_used_only_where_nothing_is_left() {
        for (cap, held, settled, expected) in [
            (100, 0, 0, "0 %"),
            (100, 20, 35, "55 %"),
            (1000, 0, 999, "99 %"),
            (1000, 1, 999, "100 %"),
            (1000, 0, 2500, "250 %"),
            (0, 0, 0, "100 %"),
            (1, 0, 5000, ">999 %"),
        ] {
            let share = share(&status("team", cap, held, settled));
            assert_eq!(share.unwrap(), expected, "{cap} {held} {settled}");
        }
    }

    #[test]
    fn a_scope_is_listed_below_those_above_it() {
        let scopes = ["team", "team/a", "team/a", "team/a/b/c", "team/b", "teams/a"];
        let budgets = scopes.map(|scope| status(scope, 1, 0, 0));
        let paths = budgets.each_ref().map(|status| path(&status.budget.scope, &budgets));
        assert_eq!(paths, ["team", "  a", "  a", "    b/c", "  b", "teams/a"]);
    }

    #[test]
    fn rounding_never_flatters() {
        let usd = |nano| NanoUsd::new(nano).unwrap();
        let amount = usd(1_234_567_891);
        assert_eq!((up(amount, 4), down(amount, 4)), (usd(1_234_600_000), usd(1_234_500_000)));
        let exact = usd(1_200_000_000);
        assert_eq!((up(exact, 4), down(exact, 4)), (exact, exact));
    }
}
