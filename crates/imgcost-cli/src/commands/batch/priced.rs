//! Rows of pages and workbooks: the columns that were there, and beside them what each row costs. In a
//! workbook, bills and totals are formulas over prices and calls.

use imgcost_analysis::jobs::{Field, JobRow};
use imgcost_analysis::{RowSum, Volume};
use imgcost_core::{Error, Kind};

use super::write::{Layout, Tags, bill, tags};
use crate::commands::quote::NotedQuote;
use crate::commands::sums;
use crate::failure::Failure;
use crate::report::{Bounds, Column, Formula, Part, Row, Table, Value};

/// The columns of a row that names none of its own.
const NAMED: [&str; 6] = ["id", "provider", "model", "quality", "size", "n"];

/// Where the column of calls is, if the file has one.
fn own_calls(own: &[String]) -> Option<usize> {
    own.iter().position(|name| Field::named(name) == Some(Field::Calls))
}

/// The table without rows.
pub(super) fn table(layout: &Layout) -> Table<'static> {
    let mut columns: Vec<Column> = vec![Column::number("line").data_only()];
    match &layout.own {
        Some(own) => columns.extend(own.iter().map(|name| match is_number(name) {
            true => Column::number(name.clone()),
            false => Column::name(name.clone()),
        })),
        None => {
            columns.extend(NAMED.map(Column::name));
            columns.push(Column::text("tags").data_only());
        }
    }
    let own = layout.own.as_deref().and_then(own_calls).map(|at| at + 1);
    let calls = own.unwrap_or(columns.len());
    match columns.get_mut(calls) {
        Some(column) => column.formula = Some(Formula::Sum),
        None => columns.push(Column::number("calls").formula(Formula::Sum)),
    }
    let price = columns.len();
    let product = |part| Formula::Product { counts: calls, prices: (price, part) };
    columns.extend([
        Column::estimate("price").label("USD a call").places(6).ranged("floor to ceiling"),
        Column::number("bill_expected").formula(product(Part::Expected)),
        Column::number("bill_at_most").formula(product(Part::Ceiling)),
        Column::text("status").if_room(1),
        Column::text("error").if_room(0),
    ]);
    Table::new("Rows", columns)
}

fn is_number(name: &str) -> bool {
    match Field::named(name) {
        Some(Field::Param(param)) => param.kind() == Kind::Number,
        Some(Field::Calls | Field::Share) => true,
        _ => false,
    }
}

/// A row below [`table`].
pub(super) fn row(
    layout: &Layout,
    row: &JobRow,
    own: &[String],
    quoted: Result<&NotedQuote<'_>, &Error>,
) -> Result<Row<'static>, Failure> {
    let calls = row.calls.unwrap_or(Volume::ONCE);
    let mut cells: Vec<Value<'static>> = vec![row.line.into()];
    let has_calls = match &layout.own {
        Some(names) => {
            let cell = |(at, name): (usize, &String)| match own.get(at).map(|text| text.trim()) {
                None | Some("") => Value::Empty,
                Some(text) if is_number(name) => Value::number(text.to_owned()),
                _ => own.get(at).cloned().into(),
            };
            cells.extend(names.iter().enumerate().map(cell));
            let at = own_calls(names);
            if let Some(cell) = at.and_then(|at| cells.get_mut(at + 1)) {
                *cell = calls.into();
            }
            at.is_some()
        }
        None => {
            let request = &row.request;
            let quote = quoted.ok().map(|priced| priced.quote);
            let offer = quote.map(imgcost_core::Quote::offer);
            cells.extend([
                row.id.clone().into(),
                offer.map_or_else(|| request.provider.clone(), |offer| offer.provider.id.clone()).into(),
                offer.map_or_else(|| request.model.clone(), |offer| offer.model.id.clone()).into(),
                quote.and_then(|quote| quote.quality()).map(ToString::to_string).into(),
                quote.map(imgcost_core::Quote::chosen_size).into(),
                request.n.into(),
            ]);
            cells.extend(tags(row, &Tags::Json)?.into_iter().map(Value::into_owned));
            false
        }
    };
    if !has_calls {
        cells.push(calls.into());
    }
    let price = quoted.ok().map(|priced| Bounds::from(priced.quote.total()));
    let bill = quoted.ok().map(|priced| bill(calls, priced));
    let status = quoted.ok().and_then(|priced| {
        let offer = priced.quote.offer();
        let availability = offer.model.availability(offer.as_of);
        availability.is_marked().then(|| availability.to_string())
    });
    cells.extend([
        price.map_or(Value::Empty, Value::from),
        bill.and_then(|bill| bill.expected).into(),
        bill.and_then(|bill| bill.ceiling).into(),
        status.into(),
        quoted.err().map(ToString::to_string).into(),
    ]);
    Ok(Row { cells, marked: false })
}

/// The total below the rows.
pub(super) fn total(table: &Table<'_>, sum: &RowSum) -> Vec<Value<'static>> {
    let total = sum.total_of_all();
    let bill = |key: &str| match key {
        "bill_expected" => Some(total.expected),
        "bill_at_most" => Some(total.ceiling),
        _ => None,
    };
    let unknown = || Value::Unknown("unknown".into());
    let cell = |(at, column): (usize, &Column)| match (column.formula, bill(&column.key)) {
        (Some(Formula::Sum), _) => sum.calls.into(),
        (Some(_), Some(amount)) => amount.map_or_else(unknown, Value::from),
        _ if at == 1 => sums::counted(sum.rows, "row").into(),
        _ => Value::Empty,
    };
    table.columns.iter().enumerate().map(cell).collect()
}
