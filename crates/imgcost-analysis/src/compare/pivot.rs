//! Cells laid out in rows and columns.

use std::collections::HashMap;

use imgcost_core::{Code, Error};

use super::axes::Axis;
use super::cell::Cell;

/// A table that has each cell once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pivot {
    /// The axes of the rows: those asked for, then those that vary and are nowhere else.
    pub row_axes: Vec<Axis>,
    /// The axes of the columns.
    pub column_axes: Vec<Axis>,
    /// What each row is of, a label an axis.
    pub rows: Vec<Vec<String>>,
    /// What each column is of, a label an axis.
    pub columns: Vec<Vec<String>>,
    /// For each row and column, which cell is there; none where the combination is not one
    /// of them.
    pub places: Vec<Vec<Option<usize>>>,
}

impl Pivot {
    /// Lays cells out. Rows and columns come in the order in which the cells do.
    ///
    /// # Errors
    /// An axis is asked for on both sides.
    pub fn new(cells: &[&Cell<'_>], rows: &[Axis], columns: &[Axis]) -> Result<Pivot, Error> {
        if let Some(axis) = rows.iter().find(|axis| columns.contains(axis)) {
            let message = format!("'{}' can't be on the rows and on the columns", axis.name());
            return Err(Error::new(Code::IllegalCombination, message).field("columns"));
        }
        let mut pivot = Pivot {
            row_axes: rows.to_vec(),
            column_axes: columns.to_vec(),
            rows: Vec::new(),
            columns: Vec::new(),
            places: Vec::new(),
        };
        let more = varying(cells).into_iter().filter(|axis| !rows.contains(axis) && !columns.contains(axis));
        pivot.row_axes.extend(more);
        let labels = |cell: &Cell<'_>, axes: &[Axis]| axes.iter().map(|axis| cell.label(*axis)).collect();
        let mut known_rows: HashMap<Vec<String>, usize> = HashMap::new();
        let mut known_columns: HashMap<Vec<String>, usize> = HashMap::new();
        for (index, cell) in cells.iter().enumerate() {
            let column = number(&mut known_columns, &mut pivot.columns, labels(cell, columns));
            let names: Vec<String> = labels(cell, &pivot.row_axes);
            let row = number(&mut known_rows, &mut pivot.rows, names.clone());
            if pivot.place(row, column).is_some() {
                // Two cells of one name: a row of its own, so that neither hides the other.
                known_rows.insert(names.clone(), pivot.rows.len());
                pivot.rows.push(names);
                pivot.put(pivot.rows.len() - 1, column, index);
            } else {
                pivot.put(row, column, index);
            }
        }
        pivot.places.iter_mut().for_each(|row| row.resize(pivot.columns.len(), None));
        Ok(pivot)
    }

    fn place(&self, row: usize, column: usize) -> Option<usize> {
        *self.places.get(row)?.get(column)?
    }

    fn put(&mut self, row: usize, column: usize, index: usize) {
        if self.places.len() <= row {
            self.places.resize(row + 1, Vec::new());
        }
        if let Some(places) = self.places.get_mut(row) {
            if places.len() <= column {
                places.resize(column + 1, None);
            }
            if let Some(place) = places.get_mut(column) {
                *place = Some(index);
            }
        }
    }
}

/// The axes on which cells differ, in order.
#[must_use]
pub fn varying(cells: &[&Cell<'_>]) -> Vec<Axis> {
    let Some((first, rest)) = cells.split_first() else { return Vec::new() };
    let differs = |axis: &Axis| match axis {
        // Most cells have what their neighbour has: no label is made for these.
        Axis::Model => rest.iter().any(|cell| cell.model() != first.model()),
        Axis::Provider => rest.iter().any(|cell| cell.provider() != first.provider()),
        Axis::Quality => rest.iter().any(|cell| cell.quality() != first.quality()),
        Axis::Size => rest.iter().any(|cell| cell.size() != first.size()),
        Axis::Count => rest.iter().any(|cell| cell.n() != first.n()),
        Axis::Day => rest.iter().any(|cell| cell.as_of() != first.as_of()),
        Axis::Tier => rest.iter().any(|cell| cell.tier() != first.tier()),
    };
    Axis::ALL.into_iter().filter(differs).collect()
}

/// The number of a row or column, a new one where it is not known yet.
fn number(known: &mut HashMap<Vec<String>, usize>, all: &mut Vec<Vec<String>>, names: Vec<String>) -> usize {
    if let Some(index) = known.get(&names) {
        return *index;
    }
    known.insert(names.clone(), all.len());
    all.push(names);
    all.len() - 1
}
