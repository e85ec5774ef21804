//! A result as typed tables, for files that tell numbers from text: html and xlsx.

use imgcost_analysis::currency::Converted;
use imgcost_core::Usd;

/// Typed tables with a title. The first table is the result; those after it say more, such as
/// where its prices are from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Workbook {
    /// What it is.
    pub(crate) title: String,
    /// Lines below the title, the most telling first: the day of the prices, what was left open.
    pub(crate) lines: Vec<String>,
    /// The tables.
    pub(crate) tables: Vec<TypedTable>,
}

/// How many lines stand above a result; more would push it out of sight.
const ABOVE: usize = 4;

impl Workbook {
    /// The lines that stand above the result, and those below it.
    pub(super) fn above_and_below(&self) -> (&[String], &[String]) {
        // One line alone is not worth a place of its own.
        let above = if self.lines.len() <= ABOVE + 1 { self.lines.len() } else { ABOVE };
        self.lines.split_at_checked(above).unwrap_or((&self.lines, &[]))
    }
}

/// A table of typed columns.
#[derive(Debug, Clone, Default)]
pub(crate) struct TypedTable {
    /// Its name, as of a sheet: short, without `[]:*?/\`.
    pub(crate) name: String,
    /// The columns.
    pub(crate) columns: Vec<TypedColumn>,
    /// The rows, each with a cell a column.
    pub(crate) rows: Vec<TypedRow>,
    /// What the marked rows are, in a word: cheapest. Nothing where no row is marked.
    pub(crate) mark: &'static str,
}

/// A column of one kind of value.
#[derive(Debug, Clone)]
pub(crate) struct TypedColumn {
    /// Its heading.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) kind: Kind,
    /// Whether a bar beside the number shows how it compares with the column's largest.
    pub(crate) bar: bool,
    /// Whether a sum of it says something.
    pub(crate) sum: bool,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Words.
    Text,
    /// Whole numbers.
    Count,
    /// US dollars.
    Usd,
    /// An amount in another currency.
    Converted,
    /// A share, as a percentage with one decimal.
    Percent,
    /// A day.
    Day,
}

/// A row.
#[derive(Debug, Clone, Default)]
pub(crate) struct TypedRow {
    /// Its cells, one a column.
    pub(crate) cells: Vec<Value>,
    /// Whether it stands out, such as the cheapest.
    pub(crate) marked: bool,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing to say.
    Empty,
    /// Words.
    Text(String),
    /// A whole number.
    Count(u64),
    /// US dollars, exact.
    Usd(Usd),
    /// An amount in another currency, exact, with the decimals of the dollars beside it.
    Converted(Converted, u32),
    /// Tenths of a percent, below zero too: 155 is 15.5 %.
    PerMille(i64),
    /// A day.
    Day(imgcost_core::Date),
    /// A ceiling, where no expected value is known.
    AtMost(Box<Value>),
    /// A number that is not known, with the reason in a word or two: unpriced, not legal.
    Unknown(String),
}

impl Value {
    /// The number that a value is compared by: as it is, or as a ceiling where there is no
    /// expected value.
    pub(crate) fn or_at_most(self, is_expected: bool) -> Value {
        match self {
            Value::Empty | Value::Text(_) | Value::Unknown(_) | Value::AtMost(_) => self,
            number if is_expected => number,
            number => Value::AtMost(Box::new(number)),
        }
    }
}
