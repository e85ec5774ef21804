//! Files that rows name: read only below the batch file's own folder, unless allowed.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use imgcost_core::{Error, Prompt};
use imgcost_wire::Measured;

use crate::failure::bad_input;
use crate::fields::shown;
use crate::images;
use crate::{inputs, request};

/// Which files rows may name.
pub(crate) struct Paths {
    /// Where relative paths start; none for rows from standard input.
    folder: Option<PathBuf>,
    anywhere: bool,
}

impl Paths {
    /// The rule for a batch file.
    pub(crate) fn new(file: &Path, anywhere: bool) -> Paths {
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
        // A link may lead elsewhere. What does not exist is told by whoever opens it.
        if let (Ok(real), Ok(folder)) = (path.canonicalize(), folder.canonicalize())
            && !real.starts_with(folder)
        {
            return Err(refused("it leads out of the batch file's folder"));
        }
        Ok(path)
    }

    /// The size of an image that a row names.
    pub(crate) fn image(&self, field: &str, named: &str) -> Result<Measured, Error> {
        if let Ok(size) = named.parse() {
            return Ok(Measured { size, turned: false });
        }
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

    /// The prompt in a file that a row names.
    pub(crate) fn prompt(&self, named: &str) -> Result<Prompt, Error> {
        if named == "-" {
            return Err(bad_input("prompt_file", "a row can't take its prompt from standard input"));
        }
        request::prompt_file(&self.resolve("prompt_file", named)?)
    }
}
