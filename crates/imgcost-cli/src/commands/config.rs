//! `imgcost config`: the settings in force, and where each comes from.

use std::io;

use serde::Serialize;

use crate::args::GlobalArgs;
use crate::clock;
use crate::failure::{End, Failure, say_note};
use crate::render::{self, DASH, Format, Page, Sheet};
use crate::request;
use crate::settings::Settings;

/// A setting.
#[derive(Serialize)]
struct Setting {
    name: &'static str,
    value: Option<String>,
    /// The option, the variable, the file and line, or `default`; none where it is not set.
    from: Option<String>,
    variable: &'static str,
}

#[derive(Serialize)]
struct Document<'s> {
    schema: &'static str,
    file: Option<String>,
    settings: &'s [Setting],
}

/// Shows every setting.
pub(crate) fn config(global: &GlobalArgs, settings: &Settings, format: Format) -> Result<End, Failure> {
    let all = in_force(Some(global), settings);
    let file = settings.file().map(|path| path.display().to_string());
    let page = || {
        let mut page = Page::default();
        page.heading(match &file {
            Some(file) => format!("settings, from {file} among others"),
            None => "settings; there is no settings file".to_owned(),
        });
        page.table(sheet(&all));
        page
    };
    let document = || Document { schema: "imgcost.config/1", file: file.clone(), settings: &all };
    render::write(&mut io::stdout().lock(), format, page, || sheet(&all), document)?;
    Ok(End::Done)
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
    let of = |(name, variable, value): (&'static str, &'static str, Option<&str>)| {
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
        "provider" => request::DEFAULT_PROVIDER.to_owned(),
        "format" => "table".to_owned(),
        "as_of" => clock::today().to_string(),
        "responses_images" => "4".to_owned(),
        _ => return None,
    })
}

fn sheet(all: &[Setting]) -> Sheet {
    let mut sheet = Sheet::new(&["setting", "value", "from", "variable"]);
    for setting in all {
        let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| DASH.to_owned());
        sheet.row([
            setting.name.to_owned(),
            or_dash(&setting.value),
            or_dash(&setting.from),
            setting.variable.to_owned(),
        ]);
    }
    sheet
}
