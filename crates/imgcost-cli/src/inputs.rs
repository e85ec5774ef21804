//! Reading files and standard input: always bounded, always with a message that names the
//! file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

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
    bad_input(field, format!("can't read {}: {error}", name(path)))
}

/// All bytes of a file or of standard input, refused above `most`.
pub(crate) fn bytes(field: &str, path: &Path, most: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut reader = open(field, path)?.take(most.saturating_add(1));
    reader.read_to_end(&mut bytes).map_err(|error| unreadable(field, path, &error))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
        return Err(bad_input(field, format!("{} has more than {}", name(path), size_words(most))));
    }
    Ok(bytes)
}

/// The text of a file or of standard input, refused above `most` bytes or if it is not UTF-8.
pub(crate) fn text(field: &str, path: &Path, most: u64) -> Result<String, Error> {
    String::from_utf8(bytes(field, path, most)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        bad_input(
            field,
            format!("{} is not UTF-8: the byte at offset {at} is not part of a character", name(path)),
        )
    })
}

/// A bound in words.
pub(crate) fn size_words(bytes: u64) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{} KiB", bytes >> 10) }
}
