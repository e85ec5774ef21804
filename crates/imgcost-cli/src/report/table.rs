//! Tables: columns that know how they are shown, and rows of values.

use std::borrow::Cow;

use super::figure::Part;
use super::value::Value;

/// The most decimals of an amount, unless its column has fewer.
const PLACES_MAX: u32 = 9;

/// A table. Tables of one name are one table to csv, tsv and xlsx: a page may split it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table<'a> {
    pub(crate) name: &'static str,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Row<'a>>,
    /// The row below a line, such as the total.
    pub(crate) total: Option<Vec<Value<'a>>>,
    /// A row below the total that is no part of it; for people only.
    pub(crate) below: Option<Vec<Value<'a>>>,
    /// Whether text has no heads over the columns.
    pub(crate) headless: bool,
    /// What the marked rows are, in a word: cheapest.
    pub(crate) mark: &'static str,
    /// Whether text may part it into several tables that have its names in front.
    pub(crate) splits: bool,
    pub(crate) only: Only,
}

/// Who gets a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Only {
    /// Everybody.
    #[default]
    Anyone,
    /// People; also a sheet of a workbook, but never csv.
    People,
    /// csv, tsv and workbooks.
    Data,
    /// Pages and workbooks, which have room for where things come from.
    Files,
}

impl Only {
    /// Whether text and Markdown leave it out.
    pub(super) fn is_for_files(self) -> bool {
        matches!(self, Only::Data | Only::Files)
    }
}

/// A row, with a cell a column.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row<'a> {
    pub(crate) cells: Vec<Value<'a>>,
    /// Whether it is highlighted, such as the cheapest.
    pub(crate) marked: bool,
}

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    /// Its name in csv and workbooks. An estimate has three: `key_floor` and so on.
    pub(crate) key: Cow<'static, str>,
    /// Its heading for people.
    pub(crate) label: Cow<'static, str>,
    pub(crate) kind: Kind,
    pub(crate) show: Show,
    /// The fewest and the most decimals of its amounts.
    places: (u32, u32),
    /// Whether a bar beside the number shows how it compares with the largest.
    pub(crate) bar: bool,
    /// What its cells are in a workbook, where a person may change what they are made of.
    pub(crate) formula: Option<Formula>,
}

/// How the cells of a column, or its total, are made of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Formula {
    /// The total is the sum of the column.
    Sum,
    /// A cell is the product of those of a column of counts and a column of prices; the total is the
    /// sum of the products, where each price is known.
    Product {
        /// Which of the table's columns has the counts.
        counts: usize,
        /// Which has the prices, and which part of them counts.
        prices: (usize, Part),
    },
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Names: the last to be broken where a page is narrow.
    Name,
    /// Words that may be broken.
    Text,
    /// Numbers, never broken.
    Number,
    /// Estimates, as the figure that they are compared by: `0.0165`, or `≤ 0.0253`.
    Figure,
    /// The same with a column behind it that has the range, where there is one. What is left out
    /// where there is no room is the range.
    Ranged(&'static str),
    /// Estimates, as their expected value or else their range: `0.0116 to 0.0215`.
    Range,
}

impl Kind {
    pub(super) fn is_number(self) -> bool {
        !matches!(self, Kind::Name | Kind::Text)
    }

    fn is_estimate(self) -> bool {
        matches!(self, Kind::Figure | Kind::Ranged(_) | Kind::Range)
    }
}

/// Where a column is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// Everywhere.
    Always,
    /// To people only where rows differ in it: the heading has what they share.
    IfVaries,
    /// To people only where there is room and something in it: the greatest numbers are the first
    /// to go.
    IfRoom(u8),
    /// In csv, tsv and workbooks only.
    DataOnly,
    /// To people only.
    TextOnly,
    /// The same where there is room.
    TextIfRoom(u8),
}

impl Show {
    /// The order in which columns go where there is no room for all: the greatest first.
    pub(super) fn order(self) -> Option<u8> {
        match self {
            Show::IfRoom(order) | Show::TextIfRoom(order) => Some(order),
            _ => None,
        }
    }
}

impl Column {
    fn new(key: impl Into<Cow<'static, str>>, kind: Kind) -> Column {
        let key = key.into();
        let label = if key.contains('_') { Cow::Owned(key.replace('_', " ")) } else { key.clone() };
        Column { key, label, kind, show: Show::Always, places: (2, PLACES_MAX), bar: false, formula: None }
    }

    /// A column of names.
    pub(crate) fn name(key: impl Into<Cow<'static, str>>) -> Column {
        Column::new(key, Kind::Name)
    }

    /// A column of words.
    pub(crate) fn text(key: impl Into<Cow<'static, str>>) -> Column {
        Column::new(key, Kind::Text)
    }

    /// A column of numbers.
    pub(crate) fn number(key: impl Into<Cow<'static, str>>) -> Column {
        Column::new(key, Kind::Number)
    }

    /// A column of estimates, shown by the figure that they are compared by.
    pub(crate) fn estimate(key: impl Into<Cow<'static, str>>) -> Column {
        Column::new(key, Kind::Figure)
    }

    /// With a heading of its own for people.
    pub(crate) fn label(self, label: impl Into<Cow<'static, str>>) -> Column {
        Column { label: label.into(), ..self }
    }

    /// With a column behind it that has the range of each estimate.
    pub(crate) fn ranged(self, label: &'static str) -> Column {
        Column { kind: Kind::Ranged(label), ..self }
    }

    /// With the range in place of a figure where no value is expected.
    pub(crate) fn or_range(self) -> Column {
        Column { kind: Kind::Range, ..self }
    }

    /// Shown to people only where rows differ in it.
    pub(crate) fn if_varies(self) -> Column {
        Column { show: Show::IfVaries, ..self }
    }

    /// Shown only where there is room; greater numbers go first.
    pub(crate) fn if_room(self, order: u8) -> Column {
        Column { show: Show::IfRoom(order), ..self }
    }

    /// For csv and workbooks only.
    pub(crate) fn data_only(self) -> Column {
        Column { show: Show::DataOnly, ..self }
    }

    /// For people only.
    pub(crate) fn text_only(self) -> Column {
        Column { show: Show::TextOnly, ..self }
    }

    /// For people only, and where there is room; greater numbers go first.
    pub(crate) fn text_if_room(self, order: u8) -> Column {
        Column { show: Show::TextIfRoom(order), ..self }
    }

    /// With at most so many decimals.
    pub(crate) fn places(self, places: u32) -> Column {
        Column { places: (2, places), ..self }
    }

    /// With so many decimals, whatever its amounts need.
    pub(crate) fn decimals(self, places: u32) -> Column {
        Column { places: (places, places), ..self }
    }

    /// With formulas in a workbook.
    pub(crate) fn formula(self, formula: Formula) -> Column {
        Column { formula: Some(formula), ..self }
    }

    /// With bars.
    pub(crate) fn bar(self) -> Column {
        Column { bar: true, ..self }
    }
}

/// A column of csv or a workbook: one of the table's, or a part of it.
#[derive(Debug, Clone)]
pub(super) struct DataColumn {
    pub(super) key: Cow<'static, str>,
    pub(super) from: usize,
    pub(super) part: Part,
}

/// The columns that programs get.
pub(super) fn data_columns(columns: &[Column]) -> Vec<DataColumn> {
    let mut all = Vec::with_capacity(columns.len());
    for (from, column) in columns.iter().enumerate() {
        if matches!(column.show, Show::TextOnly | Show::TextIfRoom(_)) {
            continue;
        }
        if column.kind.is_estimate() {
            for (name, part) in
                [("floor", Part::Floor), ("expected", Part::Expected), ("ceiling", Part::Ceiling)]
            {
                let key = format!("{}_{name}", column.key).into();
                all.push(DataColumn { key, from, part });
            }
        } else {
            all.push(DataColumn { key: column.key.clone(), from, part: Part::Whole });
        }
    }
    all
}

impl<'a> Table<'a> {
    /// A table without rows.
    pub(crate) fn new(name: &'static str, columns: impl IntoIterator<Item = Column>) -> Table<'a> {
        Table { name, columns: columns.into_iter().collect(), ..Table::default() }
    }

    /// For some only.
    pub(crate) fn only(self, only: Only) -> Table<'a> {
        Table { only, ..self }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Value<'a>>) {
        self.rows.push(Row { cells: cells.into_iter().collect(), marked: false });
    }

    /// How many decimals the amounts of a column have: as many as one of them needs, up to the
    /// column's most. Amounts in another currency have as many as the dollars before them.
    pub(super) fn places(&self, column: usize) -> u32 {
        let rows = || self.rows.iter().map(|row| row.cells.as_slice()).chain(self.total.as_deref());
        let cells = |at: usize| rows().filter_map(move |cells| cells.get(at));
        let at = match cells(column).any(|cell| matches!(cell, Value::Converted(_))) {
            true => (0..column).rev().find(|at| cells(*at).any(|cell| cell.places().is_some())),
            false => Some(column),
        };
        let Some((at, head)) = at.and_then(|at| Some((at, self.columns.get(at)?))) else { return 2 };
        cells(at).filter_map(Value::places).max().unwrap_or(2).clamp(head.places.0, head.places.1)
    }
}

/// A table as people see it: its columns and the words in them.
#[derive(Debug)]
pub(crate) struct Grid {
    pub(super) heads: Vec<Head>,
    pub(super) rows: Vec<Vec<String>>,
    pub(super) total: Option<Vec<String>>,
    pub(super) below: Option<Vec<String>>,
}

/// A column as people see it.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(super) label: String,
    pub(super) kind: Kind,
    pub(super) show: Show,
    /// Which of the table's columns, and whether it is the range of that one.
    pub(super) from: usize,
    pub(super) is_range: bool,
    /// How many decimals.
    pub(super) places: u32,
}

impl Head {
    /// A cell in words.
    pub(super) fn cell(&self, value: &Value<'_>) -> String {
        if self.is_range {
            return value.range(self.places);
        }
        match (self.kind, value) {
            (Kind::Range, value) if value.has_range() => match value.part(Part::Expected) {
                Value::Empty => value.range(self.places),
                expected => expected.shown(self.places),
            },
            (_, value) => value.shown(self.places),
        }
    }
}

impl Grid {
    /// What people see of a table.
    pub(super) fn of(table: &Table<'_>) -> Grid {
        let heads = heads(table);
        let row = |cells: &[Value<'_>]| -> Vec<String> {
            heads.iter().map(|head| head.cell(cells.get(head.from).unwrap_or(&Value::Empty))).collect()
        };
        Grid {
            rows: table.rows.iter().map(|of| row(&of.cells)).collect(),
            total: table.total.as_ref().map(|cells| row(cells)),
            below: table.below.as_ref().map(|cells| row(cells)),
            heads,
        }
    }
}

/// The columns that people see.
pub(super) fn heads(table: &Table<'_>) -> Vec<Head> {
    let mut heads = Vec::new();
    for (from, column) in table.columns.iter().enumerate() {
        let cells = || table.rows.iter().filter_map(|row| row.cells.get(from));
        let varies = || cells().zip(cells().skip(1)).any(|(one, next)| one != next);
        let has_nothing = || !table.rows.is_empty() && cells().all(|cell| *cell == Value::Empty);
        let is_hidden = match column.show {
            Show::DataOnly => true,
            Show::IfVaries => !varies(),
            Show::IfRoom(_) | Show::TextIfRoom(_) => has_nothing(),
            Show::Always | Show::TextOnly => false,
        };
        if is_hidden {
            continue;
        }
        let head = Head {
            label: crate::plain::line(column.label.as_ref()),
            kind: column.kind,
            show: column.show,
            from,
            is_range: false,
            places: table.places(from),
        };
        let total = table.total.iter().filter_map(|cells| cells.get(from));
        let has_range = cells().chain(total).any(Value::has_range);
        let Kind::Ranged(label) = column.kind else {
            heads.push(head);
            continue;
        };
        heads.push(Head { show: Show::Always, ..head.clone() });
        if has_range {
            heads.push(Head { label: label.to_owned(), is_range: true, ..head });
        }
    }
    heads
}
