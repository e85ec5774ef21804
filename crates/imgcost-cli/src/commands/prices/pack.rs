//! `imgcost prices pack`: a whole price book as one file, for `--book`.

use std::fs;
use std::path::{Path, PathBuf};

use imgcost_core::{Book, Error, File, pack_book};

use super::lint::FILE_MAX;
use crate::args::PricesPackArgs;
use crate::failure::bad_input;
use crate::inputs;

/// The text of the file: the built-in book, or the TOML files of a folder as `pricing/` has them,
/// checked as that was when it was built in.
pub(crate) fn file(args: &PricesPackArgs) -> Result<String, Error> {
    let Some(folder) = &args.folder else {
        let files: Vec<File<'_>> =
            imgcost_pricing::BOOK.iter().map(|&(name, text)| File::new(name, text)).collect();
        return Ok(pack_book(&files));
    };
    let mut texts = Vec::new();
    for name in names(folder)? {
        texts.push((shown(&name), inputs::text("folder", &folder.join(&name), FILE_MAX)?));
    }
    let files: Vec<File<'_>> = texts.iter().map(|(name, text)| File::new(name, text)).collect();
    match Book::read(&files) {
        Ok(book) if book.providers().len() > 0 => Ok(pack_book(&files)),
        Ok(_) => {
            let message =
                format!("{} has no provider's file (schema imgcost.prices/1)", inputs::name(folder));
            Err(bad_input("folder", message))
        }
        Err(errors) => Err(bad_input("folder", format!("{}: {errors}", inputs::name(folder)))),
    }
}

/// The files of the book by their names below the folder, in order.
fn names(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut names = Vec::new();
    for below in ["", "providers"] {
        let path = folder.join(below);
        if !below.is_empty() && !path.exists() {
            continue;
        }
        let failed = |error| inputs::unreadable("folder", &path, &error);
        for entry in fs::read_dir(&path).map_err(failed)? {
            let name = Path::new(below).join(entry.map_err(failed)?.file_name());
            if name.extension().is_some_and(|end| end == "toml") && name != Path::new("Cargo.toml") {
                names.push(name);
            }
        }
    }
    names.sort();
    Ok(names)
}

/// With the same separator on every system, so that the digest is the same.
fn shown(name: &Path) -> String {
    name.to_string_lossy().replace('\\', "/")
}
