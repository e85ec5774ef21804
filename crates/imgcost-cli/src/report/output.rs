//! Where a result goes: standard output in one format, and files of which the ending of each name
//! is the format.
//!
//! A file is written whole or not at all: beside its place first, then moved over it. Where
//! several were asked for, none is moved before all are written.

use std::io::{self, Write};
use std::path::PathBuf;

use imgcost_core::{Code, Error};
use serde::Serialize;

use super::format::{Format, bytes, format_of, has_room};
use super::sink::{Sink, name, place};
use super::{Report, text};
use crate::failure::{Failure, unless_gone};

/// Where a result goes.
#[derive(Debug)]
pub(crate) struct Output {
    format: Format,
    files: Vec<Target>,
}

/// A file to be written, in a format that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    path: PathBuf,
    format: Format,
}

impl Output {
    /// Reads the endings, before anything is computed.
    ///
    /// # Errors
    /// An ending that no format has, or a file named twice.
    pub(crate) fn new(format: Format, paths: &[PathBuf]) -> Result<Output, Error> {
        let mut files: Vec<Target> = Vec::with_capacity(paths.len());
        for path in paths {
            if files.iter().any(|target| target.path == *path) {
                let message = format!("out: {} is named twice", name(path));
                return Err(Error::new(Code::IllegalCombination, message).field("out"));
            }
            files.push(Target { path: path.clone(), format: format_of(path)? });
        }
        Ok(Output { format, files })
    }

    /// The format of standard output.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// The format of standard output, of a command that writes no files.
    ///
    /// # Errors
    /// Files were asked for.
    pub(crate) fn stdout_only(&self) -> Result<Format, Error> {
        if self.files.is_empty() {
            return Ok(self.format);
        }
        Err(Error::new(Code::IllegalCombination, "this command writes to standard output only").field("out"))
    }

    /// Every format that is asked for.
    fn formats(&self) -> impl Iterator<Item = Format> {
        std::iter::once(self.format).chain(self.files.iter().map(|target| target.format))
    }

    /// Whether a program reads the tables: a format is other than a page.
    pub(crate) fn has_data(&self) -> bool {
        self.formats().any(|format| format != Format::Table)
    }

    /// Refuses the formats of findings.
    ///
    /// # Errors
    /// One was asked for.
    pub(crate) fn without_findings(&self) -> Result<(), Error> {
        if self.formats().any(|format| matches!(format, Format::Sarif | Format::Github)) {
            return Err(
                Error::new(Code::IllegalCombination, "only check writes sarif and github").field("format")
            );
        }
        Ok(())
    }

    /// The files to write.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        self.files.iter().map(|target| target.path.clone()).collect()
    }

    /// Where a result goes that is written piece by piece: standard output first, then the files.
    ///
    /// # Errors
    /// A file can't be made.
    pub(crate) fn sinks(&self) -> Result<Vec<(Format, Sink)>, Failure> {
        let mut sinks = vec![(self.format, Sink::Stdout(io::stdout().lock()))];
        for Target { path, format } in &self.files {
            sinks.push((*format, Sink::file(path)?));
        }
        Ok(sinks)
    }

    /// Writes a result: as it is in json and jsonl, and as its report in every other format.
    /// Files are made before anything is written, and take their places after standard output:
    /// where one fails, that still holds its one document. That its reader went away is no failure.
    pub(crate) fn write<'a, T: Serialize>(
        &self,
        result: &T,
        report: impl FnOnce() -> Report<'a>,
    ) -> Result<(), Failure> {
        self.write_with(result, report, |_| None)
    }

    /// The same of a command that has some formats of its own.
    pub(crate) fn write_with<'a, T: Serialize>(
        &self,
        result: &T,
        report: impl FnOnce() -> Report<'a>,
        own: impl Fn(Format) -> Option<Vec<u8>>,
    ) -> Result<(), Failure> {
        let report = self.formats().any(|format| !format.is_json()).then(report).unwrap_or_default();
        for format in self.formats() {
            has_room(format, &report)?;
        }
        let bytes = |format: Format, page: fn(&Report<'_>) -> String| {
            own(format).map_or_else(|| bytes(format, result, &report, page), Ok)
        };
        let made: Vec<Vec<u8>> = self
            .files
            .iter()
            .map(|target| bytes(target.format, |report| text::report(report, None)))
            .collect::<Result<_, _>>()?;
        let shown = bytes(self.format, text::on_stdout)?;
        let mut out = io::stdout().lock();
        let written = out.write_all(&shown).and_then(|()| out.flush()).map_err(Failure::Output);
        unless_gone(written)?;
        place(self.files.iter().map(|target| target.path.as_path()).zip(made))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::report::{Column, Table};

    fn output(folder: &Path, names: &[&str]) -> Output {
        let out: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
        Output::new(Format::Json, &out).unwrap()
    }

    fn refused(names: &[&str]) -> Error {
        let out: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
        Output::new(Format::Json, &out).unwrap_err()
    }

    fn table(rows: usize) -> Report<'static> {
        let mut report = Report::default();
        let mut table = Table::new("t", [Column::text("a"), Column::number("b")]);
        (0..rows).for_each(|_| table.row(["x".into(), 1_u64.into()]));
        report.table(table);
        report
    }

    fn written(output: &Output) -> Result<(), Failure> {
        output.write(&serde_json::json!({"a": "x"}), || table(1))
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
    fn an_unknown_ending_names_what_is_allowed_and_the_nearest() {
        let error = refused(&["ok.csv", "out/a.htm"]);
        assert_eq!(error.field_name(), Some("out"));
        assert_eq!(error.message(), "out: no format has the ending of out/a.htm");
        assert!(error.allowed_values().contains(&".jsonl".to_owned()));
        assert_eq!(error.nearest_value(), Some(".html"));
        for path in ["csv", "-", ".csv", "a.", "", "a.svg", "a.table"] {
            refused(&[path]);
        }
    }

    #[cfg(not(feature = "xlsx"))]
    #[test]
    fn a_build_without_workbooks_names_the_feature() {
        let error = refused(&["a.xlsx"]);
        assert!(error.message().contains("cargo feature `xlsx`"), "{error}");
    }

    #[test]
    fn a_file_named_twice_is_refused() {
        assert_eq!(refused(&["a.csv", "b.csv", "a.csv"]).message(), "out: a.csv is named twice");
    }

    #[test]
    fn each_file_has_the_bytes_of_its_format_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let asked = ["a.csv", "a.html", "a.json", "a.jsonl", "a.md", "a.tsv", "a.txt"];
        written(&output(folder.path(), &asked)).unwrap();
        assert_eq!(names(folder.path()), asked);
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("a.csv"), "a,b\nx,1\n");
        assert_eq!(read("a.tsv"), "a\tb\nx\t1\n");
        assert_eq!(read("a.jsonl"), "{\"a\":\"x\"}\n");
        assert_eq!(read("a.json"), "{\n  \"a\": \"x\"\n}\n");
        assert_eq!(read("a.md"), "| a | b |\n| --- | ---: |\n| x | 1 |\n");
        assert_eq!(read("a.txt"), " a  b\n x  1\n");
        assert!(read("a.html").starts_with("<!doctype html>"));
    }

    #[test]
    fn where_one_file_fails_none_is_written_and_the_old_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("old.csv"), "before").unwrap();
        fs::create_dir(folder.path().join("folder.md")).unwrap();
        for bad in ["missing/a.csv", "folder.md"] {
            let failure = written(&output(folder.path(), &["old.csv", "new.json", bad])).unwrap_err();
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
        written(&output(folder.path(), &["link.csv"])).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "a,b\nx,1\n");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).unwrap();
        assert!(matches!(written(&output(folder.path(), &["link.csv"])), Err(Failure::Output(_))));
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/null", folder.path().join("null.csv")).unwrap();
        assert!(matches!(written(&output(folder.path(), &["null.csv"])), Err(Failure::Output(_))));
    }
}
