//! Reading files and standard input: always bounded, always with a message that names the
//! file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

pub(crate) use imgcost_analysis::input::size_words;

use imgcost_analysis::input;
use imgcost_core::Error;

use crate::failure::bad_input;

/// Whether a path stands for standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A path as messages name it: a control character in it must not reach a terminal.
pub(crate) fn name(path: &Path) -> String {
    if is_stdin(path) {
        return "standard input".to_owned();
    }
    crate::plain::line(path.display().to_string())
}

/// Opens a file, or standard input.
pub(crate) fn open(field: &str, path: &Path) -> Result<Box<dyn Read>, Error> {
    if is_stdin(path) {
        return Ok(Box::new(io::stdin().lock()));
    }
    Ok(Box::new(open_file(field, path)?))
}

/// Opens a file that is no folder.
pub(crate) fn open_file(field: &str, path: &Path) -> Result<File, Error> {
    let failed = |error: io::Error| unreadable(field, path, &error);
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(bad_input(field, format!("can't read {}: it is a folder", name(path))));
    }
    Ok(file)
}

/// What to say of a file that can't be read.
pub(crate) fn unreadable(field: &str, path: &Path, error: &io::Error) -> Error {
    input::unreadable(field, &name(path), error)
}

/// All bytes of a file or of standard input, refused above `most`.
pub(crate) fn bytes(field: &str, path: &Path, most: u64) -> Result<Vec<u8>, Error> {
    input::bytes(field, &name(path), open(field, path)?, most)
}

/// The text of a file or of standard input, refused above `most` bytes or if it is not UTF-8.
pub(crate) fn text(field: &str, path: &Path, most: u64) -> Result<String, Error> {
    input::text(field, &name(path), open(field, path)?, most)
}
