//! Files that are read whole, up to a size.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::SetupError;

/// The text of a file.
pub(crate) fn text(path: &Path, most: u64) -> Result<String, SetupError> {
    let wrong = |why: String| SetupError::new(format!("{}: {why}", path.display()));
    let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
    let mut text = String::new();
    let read = file.take(most + 1).read_to_string(&mut text).map_err(|error| wrong(error.to_string()))?;
    if u64::try_from(read).unwrap_or(u64::MAX) > most {
        return Err(wrong(format!("it has more than {most} bytes")));
    }
    Ok(text)
}
