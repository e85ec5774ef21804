//! What rows take from outside: the day, and files that they name.

use std::fmt;

use imgcost_core::{Code, Date, Error, Prompt, Request};
use imgcost_wire::Measured;

use super::JobRow;
use super::field::{Field, unknown};

/// What rows take from outside.
#[non_exhaustive]
pub struct Outside {
    /// The day that `as_of = today` is.
    pub today: Date,
    /// Reads the files that rows name.
    pub files: Box<dyn Files>,
    /// What holds for every row, whatever its own values are.
    pub(super) set: Vec<(Field, String)>,
}

impl Outside {
    /// A day, and what reads files.
    #[must_use]
    pub fn new(today: Date, files: Box<dyn Files>) -> Outside {
        Outside { today, files, set: Vec::new() }
    }

    /// Sets a field of every row, whatever the row's own value is.
    ///
    /// # Errors
    /// There is no such field, it is set twice, or the value can't be accepted.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let field = Field::named(name).ok_or_else(|| unknown("field", name))?;
        if self.overrides(field) {
            let message = format!("set: {} is set twice", field.name());
            return Err(Error::new(Code::IllegalCombination, message).field(field.name()));
        }
        self.set.push((field, value.to_owned()));
        let mut row = JobRow::new(&Request::new("", "", self.today));
        row.override_with(self);
        row.error.map_or(Ok(()), Err)
    }

    /// Whether a row's own value of a field does not count.
    pub(super) fn overrides(&self, field: Field) -> bool {
        let is_same = |own: Field| own == field || (own.is_prompt() && field.is_prompt());
        !self.set.is_empty() && self.set.iter().any(|(own, _)| is_same(*own))
    }

    /// The size of an image: as it is given, else of the file that is named.
    pub(super) fn image(&self, field: &str, named: &str) -> Result<Measured, Error> {
        match named.parse() {
            Ok(size) => Ok(Measured { size, turned: false }),
            Err(_) => self.files.image(field, named),
        }
    }
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside").field("today", &self.today).finish_non_exhaustive()
    }
}

/// Reads files that rows name, as far as they may.
pub trait Files: Send + Sync {
    /// The size of the image in a file.
    ///
    /// # Errors
    /// It may not or can't be read, or is no image.
    fn image(&self, field: &str, name: &str) -> Result<Measured, Error>;

    /// The prompt in a file.
    ///
    /// # Errors
    /// It may not or can't be read, or is no text.
    fn prompt(&self, name: &str) -> Result<Prompt, Error>;
}

/// For rows that may name no files.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFiles;

impl NoFiles {
    fn refused(field: &str) -> Error {
        Error::new(Code::BadInput, "rows name no files here").field(field)
    }
}

impl Files for NoFiles {
    fn image(&self, field: &str, _: &str) -> Result<Measured, Error> {
        Err(NoFiles::refused(field))
    }

    fn prompt(&self, _: &str) -> Result<Prompt, Error> {
        Err(NoFiles::refused("prompt_file"))
    }
}
