//! How often calls are made, as it was typed: `--calls` and `--per`.

use imgcost_analysis::Volume;
use imgcost_core::Error;
use serde::Serialize;

use crate::args::VolumeArgs;

/// What the bill is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Per {
    Day,
    Week,
    Month,
}

impl Per {
    /// The names.
    pub(crate) const NAMES: [&'static str; 3] = ["day", "week", "month"];

    fn named(name: &str) -> Option<Per> {
        Some(match name {
            "day" => Per::Day,
            "week" => Per::Week,
            "month" => Per::Month,
            _ => return None,
        })
    }

    /// Its name.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Per::Day => "day",
            Per::Week => "week",
            Per::Month => "month",
        }
    }
}

/// How often, and what that is for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Often {
    /// How often each call is made; none is once.
    pub(crate) calls: Option<Volume>,
    /// What the bill is for.
    pub(crate) per: Option<Per>,
}

impl Often {
    /// Reads the flags.
    ///
    /// # Errors
    /// No whole number of calls.
    pub(crate) fn read(args: &VolumeArgs) -> Result<Often, Error> {
        let calls = args.calls.as_deref().map(|text| Volume::read("calls", text)).transpose()?;
        Ok(Often { calls, per: args.per.as_deref().and_then(Per::named) })
    }

    /// Whether anything was said of it.
    pub(crate) const fn is_said(self) -> bool {
        self.calls.is_some() || self.per.is_some()
    }

    /// `10,000 calls a month`.
    pub(crate) fn words(self) -> String {
        let calls = self.calls.unwrap_or(Volume::ONCE);
        let s = if calls == Volume::ONCE { "" } else { "s" };
        format!("{calls} call{s}{}", self.label())
    }

    /// ` a month`; nothing where it was not said.
    pub(crate) fn label(self) -> String {
        self.per.map_or_else(String::new, |per| format!(" a {}", per.as_str()))
    }
}
