//! What the typed formats have in common: a cell's exact number and its words, the sum of a
//! column, and the lengths of bars.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::table::columns;
use super::workbook::{Kind, TypedRow, TypedTable, Value};
use super::{currency, grouped};
use crate::plain;

impl Value {
    /// The number, exact and without its unit; a share as a fraction, 15.5 % as 0.155.
    pub(super) fn exact(&self) -> Option<String> {
        match self {
            Value::Count(count) => Some(count.to_string()),
            Value::Usd(usd) => Some(usd.to_string()),
            Value::Converted(amount, _) => Some(amount.to_string()),
            Value::AtMost(number) => number.exact(),
            Value::PerMille(tenths) => Some(Decimal::new(*tenths, 3).normalize().to_string()),
            Value::Empty | Value::Text(_) | Value::Day(_) | Value::Unknown(_) => None,
        }
    }

    /// The cell for people, on one line.
    pub(super) fn shown(&self) -> String {
        match self {
            Value::Empty => String::new(),
            Value::Text(text) | Value::Unknown(text) => plain::line(text),
            Value::Count(count) => grouped(*count),
            Value::Usd(usd) => format!("${usd}"),
            Value::Converted(amount, places) => currency::to_places(*amount, *places, false),
            Value::AtMost(number) => match number.as_ref() {
                Value::Converted(amount, places) => {
                    format!("≤ {}", currency::to_places(*amount, *places, true))
                }
                number => format!("≤ {}", number.shown()),
            },
            Value::PerMille(tenths) => {
                let (sign, size) = (if *tenths < 0 { "-" } else { "" }, tenths.unsigned_abs());
                format!("{sign}{}.{}%", size / 10, size % 10)
            }
            Value::Day(day) => day.to_string(),
        }
    }

    fn decimal(&self) -> Option<Decimal> {
        self.exact().and_then(|text| Decimal::from_str_exact(&text).ok())
    }
}

impl Kind {
    /// Whether its values are numbers.
    pub(super) fn is_number(self) -> bool {
        !matches!(self, Kind::Text | Kind::Day)
    }
}

impl TypedRow {
    /// The cell of a column; a row that is too short ends in empty cells.
    pub(super) fn cell(&self, column: usize) -> &Value {
        self.cells.get(column).unwrap_or(&Value::Empty)
    }
}

/// The sum of a column.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Total {
    /// The sum of what is known; none where nothing is, or where it is too large to be exact.
    pub(super) sum: Option<Value>,
    known: usize,
    /// How many cells are not known, by their reasons.
    missing: Vec<(String, usize)>,
}

/// The most reasons that a sum lists, and the longest of them in columns of a terminal.
const REASONS: (usize, usize) = (3, 24);

impl Total {
    /// The sum of a column that has one: of amounts in US dollars, or of counts. Amounts in
    /// another currency are never added up, nor are shares.
    pub(super) fn of(table: &TypedTable, column: usize) -> Option<Total> {
        let head = table.columns.get(column).filter(|head| head.sum)?;
        let zero = match head.kind {
            Kind::Usd => Value::Usd(imgcost_core::Usd::ZERO),
            Kind::Count => Value::Count(0),
            Kind::Text | Kind::Converted | Kind::Percent | Kind::Day => return None,
        };
        let mut total = Total { sum: Some(zero), known: 0, missing: Vec::new() };
        for cell in table.rows.iter().map(|row| row.cell(column)) {
            match cell {
                Value::Unknown(reason) => match total.missing.iter_mut().find(|(known, _)| known == reason) {
                    Some((_, count)) => *count += 1,
                    None => total.missing.push((reason.clone(), 1)),
                },
                Value::Empty => {}
                cell => {
                    total.known += 1;
                    total.sum = total.sum.and_then(|sum| plus(&sum, cell));
                }
            }
        }
        if total.known == 0 {
            total.sum = None;
        }
        Some(total)
    }

    /// What stands behind the sum where cells are not known: how many, and why.
    pub(super) fn missing(&self) -> Option<String> {
        let (most, longest) = REASONS;
        if self.missing.is_empty() {
            return None;
        }
        if self.missing.len() > most || self.missing.iter().any(|(reason, _)| columns(reason) > longest) {
            return Some(format!("{} unknown", self.missing.iter().map(|(_, count)| count).sum::<usize>()));
        }
        let reasons =
            self.missing.iter().map(|(reason, count)| format!("{count} {}", plain::line(reason.as_str())));
        Some(reasons.collect::<Vec<_>>().join(", "))
    }

    /// The sum for people: at least so much, where cells are not known.
    pub(super) fn words(&self) -> String {
        let sum = self.sum.as_ref().map(Value::shown);
        match (sum, self.known, self.missing()) {
            (Some(sum), _, None) => sum,
            (Some(sum), _, Some(missing)) => format!("at least {sum}, {missing}"),
            (None, 0, missing) => missing.unwrap_or_default(),
            (None, _, _) => "too large to add up".to_owned(),
        }
    }
}

fn plus(sum: &Value, cell: &Value) -> Option<Value> {
    match (sum, cell) {
        (Value::Usd(sum), Value::Usd(usd)) => sum.checked_add(*usd).map(Value::Usd),
        (Value::Count(sum), Value::Count(count)) => sum.checked_add(*count).map(Value::Count),
        _ => None,
    }
}

/// How long the bars of a column are, in thousandths of the longest; none where the cell has no
/// number. What is more than nothing has a bar that can be seen.
pub(super) fn bars(table: &TypedTable, column: usize) -> Vec<Option<u16>> {
    let numbers: Vec<Option<Decimal>> = table.rows.iter().map(|row| row.cell(column).decimal()).collect();
    let largest = numbers.iter().flatten().max().copied().filter(|largest| *largest > Decimal::ZERO);
    let length = |number: Decimal| match largest {
        Some(largest) if number > Decimal::ZERO => {
            let share = number.checked_div(largest).unwrap_or_default();
            (share * Decimal::ONE_THOUSAND).round().to_u16().unwrap_or(0).max(1)
        }
        _ => 0,
    };
    numbers.into_iter().map(|number| number.map(length)).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::render::workbook::{TypedColumn, Workbook};
    use imgcost_analysis::currency::Exchange;

    fn column(name: &str, kind: Kind, bar: bool, sum: bool) -> TypedColumn {
        TypedColumn { name: name.to_owned(), kind, bar, sum }
    }

    fn row(cells: Vec<Value>, marked: bool) -> TypedRow {
        TypedRow { cells, marked }
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn usd(text: &str) -> Value {
        Value::Usd(text.parse().unwrap())
    }

    fn yen(usd: &str) -> Value {
        let exchange = Exchange::new("JPY", "149.8@2026-11-20").unwrap();
        Value::Converted(exchange.convert(usd.parse().unwrap()).unwrap(), 2)
    }

    /// A result with everything that a format may trip over.
    pub(in crate::render) fn nasty() -> Workbook {
        let day = "2026-11-21".parse().unwrap();
        Workbook {
            title: "A <script>alert(1)</script> & \"title\"".to_owned(),
            lines: vec!["prices of 2026-11-21 ]]> --> \u{7}\u{202e}".to_owned()],
            tables: vec![
                TypedTable {
                    name: "offers [all]: 1/2".to_owned(),
                    columns: vec![
                        column("model", Kind::Text, false, false),
                        column("expected", Kind::Usd, true, true),
                        column("JPY", Kind::Converted, false, true),
                        column("tokens", Kind::Count, false, true),
                        column("over", Kind::Percent, false, false),
                        column("day", Kind::Day, false, false),
                    ],
                    rows: vec![
                        row(
                            vec![
                                text("=1+1"),
                                usd("0.1"),
                                yen("0.1"),
                                Value::Count(7024),
                                Value::PerMille(155),
                                Value::Day(day),
                            ],
                            false,
                        ),
                        row(
                            vec![
                                text("</td><script>alert('x')</script>"),
                                usd("0.05"),
                                yen("0.05"),
                                Value::Count(1),
                                Value::PerMille(-5),
                                Value::Empty,
                            ],
                            true,
                        ),
                        row(
                            vec![
                                text("@SUM(A1) \u{1b}[2J\0\u{FFFF}"),
                                Value::Unknown("unpriced <b>".to_owned()),
                                Value::Empty,
                                Value::Unknown("no rule".to_owned()),
                                Value::Empty,
                                Value::Empty,
                            ],
                            false,
                        ),
                        row(
                            vec![
                                text("+1"),
                                usd("0.000000001"),
                                yen("0.000000001"),
                                Value::Count(u64::from(u32::MAX)),
                                Value::PerMille(0),
                                Value::Day(day),
                            ],
                            false,
                        ),
                    ],
                    mark: "cheapest",
                },
                TypedTable {
                    name: "sources".to_owned(),
                    columns: vec![
                        column("id", Kind::Text, false, false),
                        column("address", Kind::Text, false, false),
                    ],
                    rows: vec![
                        row(vec![text("-a"), text("https://example.com/?a=1&b=\"2\"")], false),
                        row(vec![text("b"), text("javascript:alert(1)")], false),
                    ],
                    mark: "",
                },
            ],
        }
    }

    #[test]
    fn a_sum_is_exact_and_says_what_it_lacks() {
        let book = nasty();
        let table = &book.tables[0];
        assert_eq!(Total::of(table, 1).unwrap().words(), "at least $0.150000001, 1 unpriced <b>");
        assert_eq!(Total::of(table, 3).unwrap().words(), "at least 4,294,974,320, 1 no rule");
        for not_summed in [0, 2, 4, 5, 6] {
            assert_eq!(Total::of(table, not_summed), None, "{not_summed}");
        }
    }

    #[test]
    fn a_sum_lists_a_few_short_reasons_and_counts_many() {
        let mut table = nasty().tables.remove(0);
        let mut words = |reason: &str| {
            table.rows.push(row(vec![text("x"), Value::Unknown(reason.to_owned())], false));
            Total::of(&table, 1).unwrap().words()
        };
        assert_eq!(words("not sold"), "at least $0.150000001, 1 unpriced <b>, 1 not sold");
        assert_eq!(words("not sold"), "at least $0.150000001, 1 unpriced <b>, 2 not sold");
        words("illegal size");
        assert_eq!(words("no batch"), "at least $0.150000001, 5 unknown");
        table.rows.truncate(4);
        table.rows.push(row(vec![text("x"), Value::Unknown("a reason ".repeat(9))], false));
        assert_eq!(Total::of(&table, 1).unwrap().words(), "at least $0.150000001, 2 unknown");
    }

    #[test]
    fn a_sum_of_nothing_known_is_no_amount() {
        let mut table = nasty().tables.remove(0);
        table.rows.retain(|row| matches!(row.cell(1), Value::Unknown(_)));
        assert_eq!(Total::of(&table, 1).unwrap().words(), "1 unpriced <b>");
        table.rows.clear();
        assert_eq!(Total::of(&table, 1).unwrap().words(), "");
    }

    #[test]
    fn a_sum_beyond_exact_decimals_is_not_rounded() {
        let mut table = nasty().tables.remove(0);
        table.rows.push(row(vec![text("x"), Value::Empty, Value::Empty, Value::Count(u64::MAX)], false));
        assert_eq!(Total::of(&table, 3).unwrap().words(), "too large to add up");
    }

    #[test]
    fn bars_are_shares_of_the_longest() {
        assert_eq!(bars(&nasty().tables[0], 1), [Some(1000), Some(500), None, Some(1)]);
        assert_eq!(bars(&nasty().tables[0], 4), [Some(1000), Some(0), None, Some(0)]);
    }

    #[test]
    fn shares_have_a_sign_and_one_decimal() {
        for (tenths, shown, exact) in [(155, "15.5%", "0.155"), (-5, "-0.5%", "-0.005"), (0, "0.0%", "0")] {
            assert_eq!(Value::PerMille(tenths).shown(), shown);
            assert_eq!(Value::PerMille(tenths).exact().unwrap(), exact);
        }
    }
}
