//! `imgcost config`: the settings in force, and where each comes from.

use std::collections::BTreeMap;

use imgcost_core::Date;
use serde::Serialize;

use crate::args::{BookArgs, GlobalArgs};
use crate::failure::{End, Failure, say_note};
use crate::report::{Column, Output, Report, Table, Value};
use crate::settings::{PolicyPlace, Settings, project_file};
use crate::{clock, request};

/// So many characters of a digest are shown to people.
const DIGEST_SHOWN: usize = "sha256:0123456789ab".len();

/// A setting.
#[derive(Serialize)]
struct Setting {
    name: &'static str,
    value: Option<String>,
    /// The option, the variable, the file and line, or `default`; none where it is not set.
    from: Option<String>,
    variable: String,
}

/// The price book in force.
#[derive(Serialize)]
struct InForce {
    digest: String,
    /// The day its prices were last checked.
    checked: Date,
    /// How many rows of the user's own prices are laid over it.
    overrides: u32,
}

#[derive(Serialize)]
struct Document<'s> {
    schema: &'static str,
    /// The settings files, the one in force first.
    files: Vec<String>,
    /// The project's file, which `check` and `batch` take from this working directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    /// Where `check` has its policy from.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<String>,
    /// The user's own names of models.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    aliases: BTreeMap<&'s str, &'s str>,
    settings: &'s [Setting],
    book: InForce,
}

/// Shows every setting.
pub(crate) fn config(global: &GlobalArgs, settings: &Settings, output: &Output) -> Result<End, Failure> {
    let all = in_force(Some(global), settings);
    let files = settings.files().iter().map(|path| path.display().to_string()).collect();
    let book = request::book(&BookArgs::default(), settings)?;
    let book =
        InForce { digest: book.digest().to_owned(), checked: book.checked(), overrides: book.overrides() };
    let project = project_file().map(|path| path.display().to_string());
    let policy = settings.policy().map(|place| match place {
        PolicyPlace::File(path) => path.display().to_string(),
        PolicyPlace::Table(path) => format!("[policy] of {}", path.display()),
    });
    let aliases = settings.aliases().iter().map(|told| (told.name.as_str(), told.value.as_str())).collect();
    let document =
        Document { schema: "imgcost.config/1", files, project, policy, aliases, settings: &all, book };
    output.write(&document, || report(&document))?;
    Ok(End::Done)
}

fn report<'s>(document: &Document<'s>) -> Report<'s> {
    let mut report = Report::default();
    report.heading(match document.files.as_slice() {
        [] => "settings; there is no settings file".to_owned(),
        files => format!("settings, from {} among others", files.join(" and ")),
    });
    let columns = ["setting", "value", "from", "variable"].map(Column::name);
    let mut table = Table::new("Settings", columns);
    for Setting { name, value, from, variable } in document.settings {
        let [value, from] = [value, from].map(|text| Value::known(text.as_deref()));
        table.row([(*name).into(), value, from, variable.as_str().into()]);
    }
    report.table(table);
    let InForce { digest, checked, overrides } = &document.book;
    for (alias, model) in &document.aliases {
        report.line(format!("alias {alias}: {model}"));
    }
    if let Some(policy) = &document.policy {
        report.line(format!("policy of check: {policy}"));
    }
    // Enough to tell books apart at a glance; JSON has all of it.
    let digest: String = digest.chars().take(DIGEST_SHOWN).collect();
    let own = if *overrides == 0 { String::new() } else { format!(", {overrides} rows of your own") };
    report.gap();
    report.line(format!("price book {digest}…, prices checked {checked}{own}"));
    if let Some(project) = &document.project {
        report.line(format!("check and batch take {project} here, where --config names no other file"));
    }
    report
}

/// Tells on stderr which settings are not the default's.
pub(crate) fn tell_settings(settings: &Settings) {
    for setting in in_force(None, settings) {
        if let (Some(value), Some(from)) = (&setting.value, setting.from.filter(|from| from != "default")) {
            say_note(&format!("{} = {value} (from {from})", setting.name));
        }
    }
}

fn in_force(global: Option<&GlobalArgs>, settings: &Settings) -> Vec<Setting> {
    let of = |(name, variable, value): (&'static str, String, Option<&str>)| {
        let flag = global.filter(|_| name == "format").and_then(GlobalArgs::format_name);
        let (value, from) = match (flag, value, default(name)) {
            (Some(format), _, _) => (Some(format.to_owned()), Some("--format".to_owned())),
            (None, Some(value), _) => (Some(value.to_owned()), settings.origin(name).map(str::to_owned)),
            (None, None, Some(value)) => (Some(value), Some("default".to_owned())),
            (None, None, None) => (None, None),
        };
        Setting { name, value, from, variable }
    };
    settings.all().map(of).collect()
}

/// What holds where a setting is not set.
fn default(name: &str) -> Option<String> {
    Some(match name {
        "provider" => crate::book::DEFAULT_PROVIDER.to_owned(),
        "format" => "table".to_owned(),
        "as_of" => clock::today().to_string(),
        "responses_images" => "4".to_owned(),
        _ => return None,
    })
}
