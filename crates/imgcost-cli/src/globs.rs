//! Files by patterns, for commands that take several: `jobs/*.csv`, `**/jobs.csv`. Shells expand them
//! too, but not all shells do, and none where a workflow quotes them.

use std::path::{Component, Path, PathBuf};

use imgcost_analysis::selector::Pattern;
use imgcost_core::Error;

use crate::failure::bad_input;
use crate::inputs;

/// The files that arguments name, each once: of a pattern those that fit it, by name.
///
/// # Errors
/// A pattern fits no file.
pub(crate) fn files(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut files: Vec<PathBuf> = Vec::new();
    for argument in arguments {
        let mut found = match pattern_of(argument) {
            Some(pattern) => matching(pattern),
            None => vec![argument.clone()],
        };
        if found.is_empty() {
            return Err(bad_input("file", format!("{} matches no file", inputs::name(argument))));
        }
        found.retain(|file| !files.contains(file));
        files.extend(found);
    }
    Ok(files)
}

/// The text of an argument that is a pattern: a file of that name comes first.
fn pattern_of(argument: &Path) -> Option<&str> {
    let text = argument.to_str().filter(|text| text.contains(['*', '?']))?;
    (!argument.exists()).then_some(text)
}

/// The files that fit a pattern, by name.
fn matching(pattern: &str) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in Path::new(pattern).components() {
        let part = match part {
            Component::Normal(part) => part.to_string_lossy(),
            // The root, `.` and `..`.
            other => {
                found.iter_mut().for_each(|path| path.push(other.as_os_str()));
                continue;
            }
        };
        found = match part.as_ref() {
            "**" => found.iter().flat_map(|folder| with_all_below(folder)).collect(),
            plain if !plain.contains(['*', '?']) => {
                found.iter().map(|folder| folder.join(plain)).filter(|path| path.exists()).collect()
            }
            part => {
                let pattern = Pattern::plain(part);
                let fits = |name: &str| pattern.fits(name) && (part.starts_with('.') || !is_hidden(name));
                found.iter().flat_map(|folder| names(folder, &fits)).collect()
            }
        };
    }
    found.retain(|path| path.is_file());
    found.sort();
    found.dedup();
    found
}

fn is_hidden(name: &str) -> bool {
    name.starts_with('.')
}

/// What is in a folder and has a name that fits.
fn names(folder: &Path, fits: &dyn Fn(&str) -> bool) -> Vec<PathBuf> {
    let place = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let names = entries.flatten().map(|entry| entry.file_name());
    names.filter(|name| name.to_str().is_some_and(fits)).map(|name| folder.join(name)).collect()
}

/// A folder and all folders below it, without hidden ones and links.
fn with_all_below(folder: &Path) -> Vec<PathBuf> {
    let mut folders = vec![folder.to_owned()];
    let mut at = 0;
    while let Some(next) = folders.get(at) {
        let below = names(next, &|name| !is_hidden(name));
        folders.extend(below.into_iter().filter(|path| path.is_dir() && !path.is_symlink()));
        at += 1;
    }
    folders
}
