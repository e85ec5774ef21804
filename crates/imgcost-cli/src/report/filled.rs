//! Tables of like things, told a column at a time: what it is called and what each thing has there.

use super::table::{Column, Only, Row, Show, Table};
use super::value::Value;

/// A table whose rows are things, and which gets its columns one after the other.
pub(crate) struct Filled<'a, T> {
    table: Table<'a>,
    things: Vec<T>,
    /// Whether columns that only programs see are filled.
    has_data: bool,
}

impl<'a> Table<'a> {
    /// A table with a row a thing, and no column yet.
    pub(crate) fn of<T: Copy>(name: &'static str, things: impl IntoIterator<Item = T>) -> Filled<'a, T> {
        let things: Vec<T> = things.into_iter().collect();
        let rows = things.iter().map(|_| Row::default()).collect();
        Filled { table: Table { name, rows, ..Table::default() }, things, has_data: true }
    }
}

impl<'a, T: Copy> Filled<'a, T> {
    /// Leaves out the columns that only programs see, unless one reads it.
    pub(crate) fn data_if(self, is_read: bool) -> Self {
        Filled { has_data: is_read, ..self }
    }

    /// Adds a column with what each thing has there.
    pub(crate) fn column<V: Into<Value<'a>>>(mut self, column: Column, cell: impl Fn(T) -> V) -> Self {
        if column.show == Show::DataOnly && !self.has_data {
            return self;
        }
        self.table.columns.push(column);
        for (row, thing) in self.table.rows.iter_mut().zip(&self.things) {
            row.cells.push(cell(*thing).into());
        }
        self
    }

    /// Adds a column that people see for a reason only, and programs always.
    pub(crate) fn column_if<V: Into<Value<'a>>>(
        self,
        is_shown: bool,
        column: Column,
        cell: impl Fn(T) -> V,
    ) -> Self {
        self.column(if is_shown { column } else { column.data_only() }, cell)
    }

    /// For some only.
    pub(crate) fn only(mut self, only: Only) -> Self {
        self.table.only = only;
        self
    }

    /// The table with all its columns.
    pub(crate) fn end(self) -> Table<'a> {
        self.table
    }
}
