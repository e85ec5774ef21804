//! `-o FILE.ext`: results as files. The ending of the name says the format.
//!
//! A file is written whole or not at all: beside its place first, then moved over it. Where
//! several were asked for, none is moved before all are written.

use std::ffi::OsStr;
use std::fmt::Display;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use imgcost_core::{Code, Error};
use serde::Serialize;

use super::workbook::Workbook;
use super::{Format, Page, Sheet, html, table};
use crate::failure::Failure;
use crate::plain;

/// How wide a table is in a text file.
const TEXT_WIDTH: u16 = 100;

/// What an ending stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As on standard output.
    As(Format),
    /// The table, as wide as a text file has it.
    Text,
    Html,
    #[cfg(feature = "xlsx")]
    Xlsx,
}

const ENDINGS: &[(&str, Form)] = &[
    ("csv", Form::As(Format::Csv)),
    ("tsv", Form::As(Format::Tsv)),
    ("md", Form::As(Format::Markdown)),
    ("markdown", Form::As(Format::Markdown)),
    ("json", Form::As(Format::Json)),
    ("jsonl", Form::As(Format::Jsonl)),
    ("txt", Form::Text),
    ("html", Form::Html),
    #[cfg(feature = "xlsx")]
    ("xlsx", Form::Xlsx),
];

/// A file to be written, in a format that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    path: PathBuf,
    form: Form,
}

/// Reads the endings, before anything is computed.
///
/// # Errors
/// An ending that no format has, or a file named twice.
pub(crate) fn check(paths: &[PathBuf]) -> Result<Vec<Target>, Error> {
    let mut targets: Vec<Target> = Vec::with_capacity(paths.len());
    for path in paths {
        if targets.iter().any(|target| target.path == *path) {
            return Err(Error::new(Code::IllegalCombination, format!("out: {} is named twice", name(path)))
                .field("out"));
        }
        targets.push(Target { path: path.clone(), form: form(path)? });
    }
    Ok(targets)
}

fn form(path: &Path) -> Result<Form, Error> {
    let refused = |why: String| {
        Error::new(Code::IllegalValue, format!("out: {why}"))
            .field("out")
            .allowed(ENDINGS.iter().map(|(ending, _)| format!(".{ending}")))
    };
    let Some(ending) = path.extension() else {
        return Err(refused(format!("{} has no ending that says the format", name(path))));
    };
    let ending = ending.to_string_lossy().to_ascii_lowercase();
    if let Some((_, form)) = ENDINGS.iter().find(|(known, _)| *known == ending) {
        return Ok(*form);
    }
    if ending == "xlsx" {
        return Err(refused("this imgcost was built without .xlsx, the cargo feature `xlsx`".to_owned()));
    }
    Err(refused(format!("no format has the ending of {}", name(path))).nearest_name(&format!(".{ending}")))
}

/// A result as the bytes of its files, which are not written yet.
pub(crate) struct Made<'t>(Vec<(&'t Target, Result<Vec<u8>, Failure>)>);

/// Makes a result's files, each in the format of its ending. What a format is made from is made
/// when a file of it was asked for.
///
/// # Errors
/// The result has nothing to draw and an SVG was asked for: that is refused before anything is
/// written.
pub(crate) fn make<D: Serialize>(
    targets: &[Target],
    page: impl Fn() -> Page,
    sheet: impl Fn() -> Sheet,
    document: impl Fn() -> D,
    workbook: impl Fn() -> Workbook,
) -> Result<Made<'_>, Failure> {
    let mut made = Vec::with_capacity(targets.len());
    for target in targets {
        let bytes = match target.form {
            Form::As(format) => {
                let mut bytes = Vec::new();
                super::write_all(&mut bytes, format, &page, &sheet, &document).map(|()| bytes)
            }
            Form::Text => Ok(table::page(&page(), TEXT_WIDTH).into_bytes()),
            Form::Html => Ok(html::document(&workbook()).into_bytes()),
            #[cfg(feature = "xlsx")]
            Form::Xlsx => super::xlsx::bytes(&workbook()).map_err(|error| failed(&target.path, error)),
        };
        made.push((target, bytes));
    }
    Ok(Made(made))
}

impl Made<'_> {
    /// Writes the files, after the result itself: where one fails, standard output still holds
    /// its one document.
    ///
    /// # Errors
    /// A file can't be written: no file is left half-written, and the error names it.
    pub(crate) fn write(self) -> Result<(), Failure> {
        let mut staged = Vec::with_capacity(self.0.len());
        for (Target { path, .. }, bytes) in self.0 {
            staged.push((path, Staged::new(path, &bytes?).map_err(|error| failed(path, error))?));
        }
        for (path, staged) in staged {
            staged.place().map_err(|error| failed(path, error))?;
        }
        Ok(())
    }
}

fn name(path: &Path) -> String {
    plain::line(path.display().to_string())
}

/// A failure that names the file. Never that of a reader who went away: files have none.
fn failed(path: &Path, error: impl Display) -> Failure {
    Failure::Output(io::Error::other(format!("{}: {error}", name(path))))
}

/// A file that is written and not yet in its place. Dropped before that, it is removed.
struct Staged {
    temporary: PathBuf,
    place: PathBuf,
}

impl Staged {
    fn new(path: &Path, bytes: &[u8]) -> io::Result<Staged> {
        // What a link leads to is replaced, not the link.
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let before = match fs::metadata(&place) {
            Ok(found) if !found.is_file() => return Err(io::Error::other("is there and is not a file")),
            Ok(found) if found.permissions().readonly() => {
                return Err(io::Error::other("is there and may not be written"));
            }
            Ok(found) => Some(found.permissions()),
            Err(_) => None,
        };
        let (temporary, mut file) = beside(&place)?;
        let staged = Staged { temporary, place };
        file.write_all(bytes)?;
        if let Some(permissions) = before {
            file.set_permissions(permissions)?;
        }
        Ok(staged)
    }

    fn place(self) -> io::Result<()> {
        fs::rename(&self.temporary, &self.place)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Gone already where it was moved; nobody to tell where it can't be removed.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// A new file in the same folder, so that it can be moved in one step.
fn beside(place: &Path) -> io::Result<(PathBuf, fs::File)> {
    let folder = place.parent().filter(|folder| *folder != OsStr::new("")).unwrap_or(Path::new("."));
    let mut number = 0_u32;
    loop {
        let temporary = folder.join(format!(".imgcost-{}-{number}.tmp", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            // Left behind by a process of the same number that was killed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 1000 => number += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::cells::tests::nasty;

    fn targets(folder: &Path, names: &[&str]) -> Vec<Target> {
        check(&names.iter().map(|name| folder.join(name)).collect::<Vec<_>>()).unwrap()
    }

    fn written(targets: &[Target]) -> Result<(), Failure> {
        let sheet = || {
            let mut sheet = Sheet::new(&["a", ">b"]);
            sheet.row(["x", "1"]);
            sheet
        };
        let page = || {
            let mut page = Page::default();
            page.table(sheet());
            page
        };
        make(targets, page, sheet, || serde_json::json!({"a": "x"}), nasty)?.write()
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn an_ending_says_the_format() {
        for (path, form) in [
            ("a.csv", Form::As(Format::Csv)),
            ("a.b.TSV", Form::As(Format::Tsv)),
            ("./x/a.markdown", Form::As(Format::Markdown)),
            ("a.txt", Form::Text),
        ] {
            assert_eq!(check(&[path.into()]).unwrap()[0].form, form, "{path}");
        }
    }

    #[test]
    fn an_unknown_ending_names_what_is_allowed_and_the_nearest() {
        let error = check(&["ok.csv".into(), "out/a.htm".into()]).unwrap_err();
        assert_eq!(error.field_name(), Some("out"));
        assert_eq!(error.message(), "out: no format has the ending of out/a.htm");
        assert!(error.allowed_values().contains(&".html".to_owned()));
        assert_eq!(error.nearest_value(), Some(".html"));
        for path in ["csv", "-", ".csv", "a.", ""] {
            assert!(check(&[path.into()]).is_err(), "{path:?}");
        }
    }

    #[cfg(not(feature = "xlsx"))]
    #[test]
    fn a_build_without_workbooks_says_so() {
        let error = check(&["a.xlsx".into()]).unwrap_err();
        assert!(error.message().contains("cargo feature `xlsx`"), "{error}");
    }

    #[test]
    fn a_file_named_twice_is_refused() {
        let error = check(&["a.csv".into(), "b.csv".into(), "a.csv".into()]).unwrap_err();
        assert_eq!(error.message(), "out: a.csv is named twice");
    }

    #[test]
    fn each_file_has_the_bytes_of_its_format_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let asked = ["a.csv", "a.html", "a.json", "a.jsonl", "a.md", "a.tsv", "a.txt"];
        written(&targets(folder.path(), &asked)).unwrap();
        assert_eq!(names(folder.path()), asked);
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("a.csv"), "a,b\nx,1\n");
        assert_eq!(read("a.tsv"), "a\tb\nx\t1\n");
        assert_eq!(read("a.jsonl"), "{\"a\":\"x\"}\n");
        assert_eq!(read("a.json"), "{\n  \"a\": \"x\"\n}\n");
        assert_eq!(read("a.md"), "| a | b |\n| --- | ---: |\n| x | 1 |\n");
        assert!(read("a.html").starts_with("<!doctype html>"));
    }

    #[test]
    fn where_one_file_fails_none_is_written_and_the_old_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("old.csv"), "before").unwrap();
        fs::create_dir(folder.path().join("folder.md")).unwrap();
        for bad in ["missing/a.csv", "folder.md"] {
            let failure = written(&targets(folder.path(), &["old.csv", "new.json", bad])).unwrap_err();
            let Failure::Output(error) = failure else { panic!("{failure:?}") };
            assert!(error.to_string().contains(bad), "{error}");
            assert_eq!(names(folder.path()), ["folder.md", "old.csv"]);
            assert_eq!(fs::read_to_string(folder.path().join("old.csv")).unwrap(), "before");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_replaced_keeps_its_mode_and_a_link_stays_a_link() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("real.csv"), folder.path().join("link.csv"));
        fs::write(&file, "before").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        written(&targets(folder.path(), &["link.csv"])).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "a,b\nx,1\n");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).unwrap();
        assert!(matches!(written(&targets(folder.path(), &["link.csv"])), Err(Failure::Output(_))));
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/null", folder.path().join("null.csv")).unwrap();
        assert!(matches!(written(&targets(folder.path(), &["null.csv"])), Err(Failure::Output(_))));
    }
}
