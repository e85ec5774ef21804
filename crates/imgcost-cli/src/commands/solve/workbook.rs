//! A solution as typed tables: the plans, and what was left out.

use imgcost_analysis::solve::Plan;
use imgcost_core::{Quality, Usd};

use super::{Found, page};
use crate::render::workbook::{Kind, TypedColumn, TypedRow, TypedTable, Value, Workbook};

/// The workbook of a solution.
pub(super) fn workbook(found: &Found<'_>) -> Workbook {
    let mut tables = vec![plans(found)];
    if !found.left_out.is_empty() {
        tables.push(left_out(found));
    }
    Workbook { title: page::heading(found), lines: page::lines(found), tables }
}

fn column(name: impl Into<String>, kind: Kind) -> TypedColumn {
    TypedColumn { name: name.into(), kind, bar: false, sum: false }
}

fn plans(found: &Found<'_>) -> TypedTable {
    let mut columns = vec![
        column("model", Kind::Text),
        column("status", Kind::Text),
        column("provider", Kind::Text),
        column("quality", Kind::Text),
        column("size", Kind::Text),
        column("tier", Kind::Text),
        column("images", Kind::Count),
        column("calls", Kind::Count),
        column("tokens", Kind::Count),
        TypedColumn { bar: true, ..column("cost", Kind::Usd) },
        column("floor", Kind::Usd),
        column("ceiling", Kind::Usd),
    ];
    if let Some(exchange) = &found.exchange {
        columns.push(column(format!("cost in {}", exchange.currency), Kind::Converted));
    }
    columns.extend([column("behind the best", Kind::Text), column("command", Kind::Text)]);
    let best = found.plans.first();
    let ranked = page::ranked(found).enumerate();
    let rows = ranked.map(|(index, plan)| row(found, plan, best.filter(|_| index > 0), index == 0));
    TypedTable { name: "Plans".to_owned(), columns, rows: rows.collect(), mark: "best" }
}

fn row(found: &Found<'_>, plan: &Plan<'_>, best: Option<&Plan<'_>>, marked: bool) -> TypedRow {
    let usd = |usd: Option<Usd>| usd.map_or_else(|| Value::Unknown("no price".to_owned()), Value::Usd);
    let text = |text: Option<String>| text.map_or(Value::Empty, Value::Text);
    let tokens = plan.tokens.map(|tokens| {
        Value::Count(tokens.expected.unwrap_or(tokens.ceiling)).or_at_most(tokens.expected.is_some())
    });
    let is_expected = plan.cost() == plan.total.expected;
    let mut cells = vec![
        Value::Text(plan.offer.model.id.clone()),
        text(Some(plan.availability().to_string()).filter(|status| !status.is_empty())),
        Value::Text(plan.offer.provider.id.clone()),
        text(plan.quality.as_ref().map(Quality::to_string)),
        text(plan.size.map(|size| size.to_string())),
        Value::Text(plan.request.tier.to_string()),
        Value::Count(plan.images),
        Value::Count(plan.call_count()),
        tokens.unwrap_or(Value::Empty),
        usd(plan.cost()).or_at_most(is_expected),
        usd(plan.total.floor),
        usd(plan.total.ceiling),
    ];
    if let Some(exchange) = &found.exchange {
        let converted = plan.cost().and_then(|cost| exchange.convert(cost));
        let places = page::places(page::ranked(found));
        let converted = converted.map_or(Value::Empty, |converted| Value::Converted(converted, places));
        cells.push(converted.or_at_most(is_expected));
    }
    cells.push(text(best.map(|best| plan.behind(best))));
    cells.push(text(plan.calls.first().map(|calls| found.typed.command(plan, calls))));
    TypedRow { cells, marked }
}

fn left_out(found: &Found<'_>) -> TypedTable {
    let columns =
        ["model", "provider", "reason", "why"].into_iter().map(|name| column(name, Kind::Text)).collect();
    let row = |left: &imgcost_analysis::solve::LeftOut| TypedRow {
        cells: vec![
            Value::Text(page::left_model(left)),
            Value::Text(left.provider.clone()),
            Value::Text(left.reason.as_str().to_owned()),
            Value::Text(left.message.clone()),
        ],
        marked: false,
    };
    TypedTable {
        name: "Left out".to_owned(),
        columns,
        rows: found.left_out.iter().map(row).collect(),
        mark: "",
    }
}
