//! What holds where a flag is silent: the environment, then the file of `--config`, then the
//! user's settings file, then defaults.
//!
//! The user's file is the one that `IMGCOST_CONFIG` names, else `imgcost/config.toml` in
//! `$XDG_CONFIG_HOME` or `~/.config`. `check` and `batch` take a project's `imgcost.toml` in place
//! of `--config`, and say so; for all other commands the working directory is never looked into: a
//! folder that somebody else made must not change a price.

mod file;
mod project;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use imgcost_core::{Error, Param};

use crate::failure::bad_input;

pub(crate) use file::{PolicyPlace, Told};
pub(crate) use project::project_file;

/// Every environment variable that the shipped program reads, and what it does; test builds also
/// read the one of [`crate::clock`].
pub(crate) const ENVIRONMENT: &[(&str, &str)] = &[
    ("IMGCOST_MODEL", "the model where no -m is given"),
    ("IMGCOST_PROVIDER", "the provider where no -p is given"),
    ("IMGCOST_QUALITY", "the quality where no -q is given"),
    ("IMGCOST_SIZE", "the size where no -s is given"),
    ("IMGCOST_FORMAT", "the format where no -f is given"),
    ("IMGCOST_PRICES", "prices of your own, laid over the price book"),
    ("IMGCOST_BOOK", "a whole price book in place of the built-in one"),
    ("IMGCOST_ALLOW_OLDER_BOOK", "true: also where its prices were checked before the built-in one's"),
    ("IMGCOST_AS_OF", "the day whose prices count"),
    ("IMGCOST_CAP", "the cap of quote and batch, in US dollars"),
    ("IMGCOST_ASSUME_PROMPT_TOKENS", "prompt tokens where no prompt is given"),
    ("IMGCOST_GROUP_RATIO", "the group ratio, for providers that bill by ratio"),
    ("IMGCOST_RESPONSES_MODEL", "the calling model, for endpoint responses"),
    (
        "IMGCOST_RESPONSES_IMAGES",
        "images that a Responses call without max_tool_calls may make; 4 if not set",
    ),
    ("IMGCOST_IGNORE_FIELDS", "fields of a request body to ignore, with commas between"),
    ("IMGCOST_LEDGER", "the ledger where no --ledger is given"),
    ("IMGCOST_BY", "who writes into the ledger, where no --by is given"),
    ("IMGCOST_CONFIG", "the user's settings file; empty: none"),
    ("XDG_CONFIG_HOME", "where imgcost/config.toml is looked for"),
    ("XDG_DATA_HOME", "where imgcost/ledger.db is kept"),
    ("HOME", "where .config/imgcost and .local/share/imgcost are looked for"),
    ("USER, LOGNAME", "who writes into the ledger, where nothing else says"),
    ("NO_COLOR", "no colour, if not empty"),
    ("CLICOLOR_FORCE", "colour also where the output is no terminal, if not empty or 0"),
];

/// A setting: the key in the file; its variable is `IMGCOST_` and the key in capitals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// A parameter of the call, by its name.
    Param(Param),
    /// The output format.
    Format,
    /// The user's own prices.
    Prices,
    /// A whole book in place of the built-in one.
    Book,
    /// Whether it may be older than that.
    AllowOlderBook,
    /// The cap.
    Cap,
    /// Prompt tokens where no prompt is given.
    AssumePromptTokens,
    /// The most images of a Responses API call that sets no limit.
    ResponsesImages,
    /// Fields of a request body to ignore.
    IgnoreFields,
    /// The ledger.
    Ledger,
    /// Who writes into it.
    By,
}

impl Key {
    const ALL: [Key; 17] = [
        Key::Param(Param::Model),
        Key::Param(Param::Provider),
        Key::Param(Param::Quality),
        Key::Param(Param::Size),
        Key::Format,
        Key::Prices,
        Key::Book,
        Key::AllowOlderBook,
        Key::Param(Param::AsOf),
        Key::Cap,
        Key::AssumePromptTokens,
        Key::Param(Param::GroupRatio),
        Key::Param(Param::ResponsesModel),
        Key::ResponsesImages,
        Key::IgnoreFields,
        Key::Ledger,
        Key::By,
    ];

    fn name(self) -> &'static str {
        match self {
            Key::Param(param) => param.as_str(),
            Key::Format => "format",
            Key::Prices => "prices",
            Key::Book => "book",
            Key::AllowOlderBook => "allow_older_book",
            Key::Cap => "cap",
            Key::AssumePromptTokens => "assume_prompt_tokens",
            Key::ResponsesImages => "responses_images",
            Key::IgnoreFields => "ignore_fields",
            Key::Ledger => "ledger",
            Key::By => "by",
        }
    }

    fn variable(self) -> String {
        format!("IMGCOST_{}", self.name().to_uppercase())
    }

    fn named(name: &str) -> Option<Key> {
        Key::ALL.into_iter().find(|key| key.name() == name)
    }
}

impl From<Param> for Key {
    fn from(param: Param) -> Key {
        Key::Param(param)
    }
}

/// A value, and where it comes from.
#[derive(Debug)]
struct Set {
    key: Key,
    value: String,
    /// The variable, or the file and line.
    origin: String,
}

/// The settings of the environment and the files, as text; the first of a key is in force.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    values: Vec<Set>,
    files: Vec<PathBuf>,
    /// The project's file, where it was looked for and found.
    project: Option<PathBuf>,
    /// The policy of the first file that has one.
    policy: Option<PolicyPlace>,
    /// The user's own names of models.
    aliases: Vec<Told>,
    /// Budgets to set, by scope.
    budgets: Vec<Told>,
}

impl Settings {
    /// Reads the environment, the file that was named or else that of the project if it is asked
    /// for, and the user's settings file if there is one.
    pub(crate) fn load(named: Option<&Path>, of_project: bool) -> Result<Settings, Error> {
        let mut settings = Settings::default();
        for key in Key::ALL {
            let origin = key.variable();
            if let Some(value) = variable_text(&origin)? {
                settings.values.push(Set { key, value, origin });
            }
        }
        if of_project && named.is_none() {
            settings.project = project_file();
        }
        let project = settings.project.clone();
        for path in named.map(Path::to_owned).into_iter().chain(project).chain(file_path()?) {
            settings.read_file(&path)?;
            settings.files.push(path);
        }
        Ok(settings)
    }

    /// The value of a setting, if it is set.
    pub(crate) fn get(&self, key: impl Into<Key>) -> Option<&str> {
        self.set(key.into()).map(|set| set.value.as_str())
    }

    /// Where the value of a field comes from: the variable, or the file and line.
    pub(crate) fn origin(&self, field: &str) -> Option<&str> {
        self.set(Key::named(field)?).map(|set| set.origin.as_str())
    }

    /// Every setting: its name, its variable and its value.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, String, Option<&str>)> {
        Key::ALL.into_iter().map(|key| (key.name(), key.variable(), self.get(key)))
    }

    /// The project's file, where it was looked for and found.
    pub(crate) fn project(&self) -> Option<&Path> {
        self.project.as_deref()
    }

    /// Where the policy is, if a file has one.
    pub(crate) fn policy(&self) -> Option<&PolicyPlace> {
        self.policy.as_ref()
    }

    /// The user's own names, each with the model that it is for.
    pub(crate) fn aliases(&self) -> &[Told] {
        &self.aliases
    }

    /// The budgets of the files, each by its scope: `20 per month`.
    pub(crate) fn budgets(&self) -> &[Told] {
        &self.budgets
    }

    /// The settings files that were read, the one in force first.
    pub(crate) fn files(&self) -> &[PathBuf] {
        &self.files
    }

    fn set(&self, key: Key) -> Option<&Set> {
        self.values.iter().find(|set| set.key == key)
    }
}

fn variable_text(variable: &str) -> Result<Option<String>, Error> {
    let Some(value) = env::var_os(variable).filter(|value| !value.is_empty()) else { return Ok(None) };
    let text =
        value.into_string().map_err(|_: OsString| bad_input(variable, format!("{variable} is not UTF-8")))?;
    Ok(Some(text))
}

/// The settings file, if one was named or is in its place.
fn file_path() -> Result<Option<PathBuf>, Error> {
    if let Some(named) = env::var_os("IMGCOST_CONFIG") {
        return Ok((!named.is_empty()).then(|| PathBuf::from(named)));
    }
    let base = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let base =
        base.or_else(|| env::home_dir().filter(|home| home.is_absolute()).map(|home| home.join(".config")));
    Ok(base.map(|base| base.join("imgcost").join("config.toml")).filter(|path| path.exists()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_documented() {
        for key in Key::ALL {
            let variable = key.variable();
            assert!(ENVIRONMENT.iter().any(|(name, _)| *name == variable), "{variable}");
        }
        let guide = include_str!("../../../../docs/ci.md");
        let line = guide.lines().find(|line| line.contains("`[defaults]` has the keys ")).unwrap();
        let names = line.split_once("has the keys ").unwrap().1.split_once("; a settings").unwrap().0;
        let mut listed: Vec<&str> = names.split('`').skip(1).step_by(2).collect();
        let mut known = Key::ALL.map(Key::name).to_vec();
        listed.sort_unstable();
        known.sort_unstable();
        assert_eq!(listed, known);
    }
}
