//! Files of jobs, opened: `batch`, `check` and `diff` read the same rows, with the same errors for
//! bad ones. Files that rows name are read only below the job file's own folder, unless allowed.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use imgcost_analysis::jobs::{Defaults, Files, Format, JobFile, Met, Outside, RowResolver};
use imgcost_core::{Book, Error, Param, Prompt};
use imgcost_wire::Measured;

use crate::args::params::flag_of;
use crate::args::{RequestArgs, RowsArgs};
use crate::failure::{bad_input, say_note};
use crate::fields::shown;
use crate::request::{self, Given, NAME_A_MODEL};
use crate::settings::Settings;
use crate::volume::Often;
use crate::{clock, images, inputs};

/// Opens a file of jobs, or standard input. Without a format its name decides, else its first
/// byte.
///
/// # Errors
/// It can't be read, or its header names a column that there is not.
pub(crate) fn open(path: &Path, rows: &RowsArgs) -> Result<JobFile<Box<dyn Read>>, Error> {
    let length = std::fs::metadata(path).ok().filter(|found| found.is_file()).map(|found| found.len());
    let extension = path.extension().and_then(OsStr::to_str);
    let format = match &rows.input_format {
        Some(name) => Format::named(name),
        None => extension.and_then(Format::of_extension),
    };
    let mut outside = Outside::new(clock::today(), Box::new(Paths::new(path, rows.allow_paths)));
    for text in &rows.set {
        let Some((name, value)) = text.split_once('=') else {
            let message = format!("set = {}: expected KEY=VALUE", shown(text));
            return Err(bad_input("set", message).allowed(["model=gpt-image-2"]));
        };
        outside.set(name.trim(), value.trim())?;
    }
    let file = JobFile::new(&inputs::name(path), inputs::open("file", path)?, format, outside)?;
    Ok(file.of_length(length.filter(|_| !inputs::is_stdin(path))))
}

/// What flags and settings say for all rows.
///
/// # Errors
/// A flag or setting can't be accepted.
pub(crate) fn resolver<'b>(
    args: &RequestArgs,
    often: Often,
    settings: &Settings,
    book: &'b Book,
) -> Result<RowResolver<'b>, Error> {
    request::settings_are_known(args, settings, book)?;
    let Given { request, endpoint_known, .. } = request::given(args, settings, book, &|_| {})?;
    let mut defaults = Defaults::new(request, NAME_A_MODEL);
    defaults.endpoint_known = endpoint_known;
    defaults.calls = often.calls;
    defaults.offer = request::offer_defaults(args, settings)?;
    Ok(RowResolver::new(book, defaults))
}

/// Tells what was made of names that are no fields, and of flags that rows have values of their own
/// for.
pub(crate) fn tell(met: &Met, args: &RequestArgs) {
    if !met.kept.is_empty() {
        let names: Vec<String> = met.kept.iter().map(|name| shown(name)).collect();
        let what = if names.len() == 1 {
            "is no field, and kept as a tag"
        } else {
            "are no fields, and kept as tags"
        };
        say_note(&format!("{} {what}", names.join(", ")));
    }
    let both: Vec<(Param, &str)> = args.params.iter().filter(|(param, _)| met.gives(*param)).collect();
    if let Some((param, value)) = both.first() {
        let flags: Vec<String> = both.iter().map(|(param, _)| flag_of(*param)).collect();
        let (flags, is) = (flags.join(", "), if both.len() == 1 { "is" } else { "are" });
        say_note(&format!(
            "{flags} {is} for rows without a value of their own; --set {param}={} is for every row",
            shown(value),
        ));
    }
}

/// Which files rows may name.
struct Paths {
    /// Where relative paths start; none for rows from standard input.
    folder: Option<PathBuf>,
    anywhere: bool,
}

impl Paths {
    /// The rule for a batch file.
    fn new(file: &Path, anywhere: bool) -> Paths {
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Paths { folder: (!inputs::is_stdin(file)).then(|| parent.to_owned()), anywhere }
    }

    /// The file that a row names, if it may be read.
    fn resolve(&self, field: &str, named: &str) -> Result<PathBuf, Error> {
        let path = Path::new(named);
        if self.anywhere {
            return Ok(self.folder.as_deref().unwrap_or(Path::new("")).join(path));
        }
        let refused = |why: &str| {
            bad_input(field, format!("{}: {why}; --allow-paths lets rows name any file", shown(named)))
        };
        let Some(folder) = &self.folder else {
            return Err(refused("rows from standard input name no files"));
        };
        let plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        if !path.components().all(plain) {
            return Err(refused("it is not below the batch file's folder"));
        }
        let path = folder.join(path);
        // A link may lead elsewhere. What does not exist is an error when it is opened.
        if let (Ok(real), Ok(folder)) = (path.canonicalize(), folder.canonicalize())
            && !real.starts_with(folder)
        {
            return Err(refused("it leads out of the batch file's folder"));
        }
        Ok(path)
    }
}

impl Files for Paths {
    fn image(&self, field: &str, named: &str) -> Result<Measured, Error> {
        images::measure(field, OsStr::new(self.resolve(field, named)?.as_os_str())).map_err(|error| {
            if named.contains('/') || named.contains('.') {
                error
            } else {
                bad_input(
                    field,
                    format!("{}: neither a size such as 1024x1024 nor a readable file", shown(named)),
                )
            }
        })
    }

    fn prompt(&self, named: &str) -> Result<Prompt, Error> {
        if named == "-" {
            return Err(bad_input("prompt_file", "a row can't take its prompt from standard input"));
        }
        request::prompt_file(&self.resolve("prompt_file", named)?)
    }
}
