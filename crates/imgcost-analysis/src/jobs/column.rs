//! What the columns of a table of jobs hold, be it a file or a data frame.

use imgcost_core::read::shown;
use imgcost_core::{Error, Param, Request, Value};

use super::field::{Field, near, plain};
use super::files::Outside;
use super::row::JobRow;
use crate::input::bad_input;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    Field(Field),
    Id,
    Tag(String),
    /// Without a name, as spreadsheets write columns that were used once.
    Nameless,
}

impl Column {
    /// The column of a name; one that is no field, nor near one, is a tag.
    pub(super) fn named(name: &str) -> Result<Column, Error> {
        Ok(match (name, name.strip_prefix("tag:").map(str::trim), Field::named(name)) {
            ("", ..) => Column::Nameless,
            (_, Some(tag), _) if !tag.is_empty() => Column::Tag(tag.to_owned()),
            (_, _, Some(field)) => Column::Field(field),
            _ if plain(name) == "id" => Column::Id,
            _ => match near("column", name) {
                Some(error) => return Err(error),
                None => Column::Tag(name.to_owned()),
            },
        })
    }

    /// Takes a cell into a row; an empty one is left out.
    pub(super) fn take(&self, row: &mut JobRow, text: &str, outside: &Outside) {
        // What surrounds a cell belongs to it in a prompt only.
        let text = if *self == Column::Field(Field::Prompt) { text } else { text.trim() };
        match self {
            Column::Tag(name) => row.tag(name, text),
            Column::Nameless => {}
            _ if text.is_empty() => {}
            Column::Id => row.id.push_str(text),
            Column::Field(Field::Param(Param::Images)) => images(row, text, outside),
            Column::Field(field) => {
                row.mark(*field);
                row.set(*field, Value::text(text), outside);
            }
        }
    }
}

/// Takes images separated by `;`.
pub(super) fn images(row: &mut JobRow, text: &str, outside: &Outside) {
    for (index, named) in text.split(';').map(str::trim).filter(|named| !named.is_empty()).enumerate() {
        row.image(index, named, outside);
    }
}

/// The columns of a table that is no file, such as a data frame.
///
/// ```
/// use imgcost_analysis::jobs::{Columns, Defaults, JobRow, NoFiles, Outside, RowResolver};
/// use imgcost_core::{Date, Request};
/// let today = Date::constant(2026, 11, 21);
/// let defaults = Defaults::new(Request::new("openai", "", today), "add the column model");
/// let mut resolver = RowResolver::new(imgcost_pricing::book(), defaults);
/// let outside = Outside::new(today, Box::new(NoFiles));
/// let columns = Columns::named(["model", "quality", "size"])?;
/// let mut row = JobRow::new(resolver.defaults());
/// columns.read(0, ["gpt-image-2", "low", "1024x1024"], resolver.defaults(), &mut row, &outside);
/// let quote = resolver.prepare(&mut row)?.quote(&row.request)?;
/// assert_eq!(quote.total().ceiling, "0.00588".parse().ok());
/// # Ok::<(), imgcost_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Columns(Vec<Column>);

impl Columns {
    /// The columns of these names, as in the header of a file.
    ///
    /// # Errors
    /// A name that no column has, or one that is there twice.
    pub fn named<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<Columns, Error> {
        let mut columns = Vec::new();
        for name in names {
            let column = Column::named(name)?;
            if column != Column::Nameless && columns.contains(&column) {
                return Err(bad_input("header", format!("column '{}' is there twice", shown(name))));
            }
            columns.push(column);
        }
        Ok(Columns(columns))
    }

    /// Whether a column says how often calls are made.
    #[must_use]
    pub fn have_calls(&self) -> bool {
        has_calls(&self.0)
    }

    /// Reads a row over the defaults, by its cells as text; what is wrong with it ends up in it.
    pub fn read<'c>(
        &self,
        line: u64,
        cells: impl IntoIterator<Item = &'c str>,
        defaults: &Request,
        row: &mut JobRow,
        outside: &Outside,
    ) {
        row.reset(defaults, line);
        for (column, cell) in self.0.iter().zip(cells) {
            column.take(row, cell, outside);
        }
    }
}

/// Whether one of some columns says how often calls are made.
pub(super) fn has_calls(columns: &[Column]) -> bool {
    [Field::Calls, Field::Share].into_iter().any(|field| columns.contains(&Column::Field(field)))
}
