//! Options of every command, before or after its name.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{ArgAction, Args};

use crate::report::Format;

/// How results are written and shown.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// table, json, jsonl, csv, tsv, markdown, html or xlsx.
    #[arg(short, long, value_name = "FORMAT", value_parser = PossibleValuesParser::new(Format::names()), hide_possible_values = true, global = true)]
    pub(crate) format: Option<String>,

    /// Same as --format json.
    #[arg(long, global = true, conflicts_with = "format")]
    pub(crate) json: bool,

    /// Write a file too, in the format of its ending.
    #[arg(short, long, value_name = "FILE", global = true)]
    pub(crate) out: Vec<PathBuf>,

    /// Read settings from this file, such as a project's imgcost.toml, before the user's own.
    #[arg(long, value_name = "FILE", global = true, hide_short_help = true)]
    pub(crate) config: Option<PathBuf>,

    /// Colour: auto, always or never [default: auto].
    #[arg(long, value_name = "WHEN", value_parser = PossibleValuesParser::new(["auto", "always", "never"]), hide_possible_values = true, global = true)]
    pub(crate) color: Option<String>,

    /// Print results and errors only, without notes.
    #[arg(long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Show the settings in force on stderr.
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) verbose: bool,

    /// Print help; --help prints more than -h.
    #[arg(short, long, action = ArgAction::Help, global = true)]
    pub(crate) help: Option<bool>,
}

impl GlobalArgs {
    /// The name of the format that was asked for.
    pub(crate) fn format_name(&self) -> Option<&str> {
        if self.json { Some("json") } else { self.format.as_deref() }
    }

    /// The format that was asked for.
    pub(crate) fn format(&self) -> Option<Format> {
        Format::named(self.format_name()?)
    }
}
