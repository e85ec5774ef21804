//! The project's file: `imgcost.toml` in the working directory or in the nearest folder above it.

use std::env;
use std::path::{Path, PathBuf};

/// Its name.
const PROJECT_FILE: &str = "imgcost.toml";

/// The project's file, as a path from the working directory: `imgcost.toml`, `../imgcost.toml`.
pub(crate) fn project_file() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    let up = here.ancestors().position(|folder| folder.join(PROJECT_FILE).is_file())?;
    let folders = std::iter::repeat_n(Path::new(".."), up);
    Some(folders.chain([Path::new(PROJECT_FILE)]).collect())
}
