//! A subcommand's options, made when it is the one that was typed: making all of them would cost
//! a quote more than its own work.

use clap::{ArgMatches, Args, Command, FromArgMatches};

/// Options that long help has and short help leaves out.
const RARE: &[&str] = &[
    "allow_older_book",
    "assume_prompt_tokens",
    "allow_paths",
    "api_key_id",
    "as_of",
    "as_returned",
    "aspect_tolerance",
    "background",
    "book",
    "currency",
    "dialect",
    "endpoint",
    "equivalent_to",
    "fx",
    "group_ratio",
    "ignore_field",
    "input_fidelity",
    "input_format",
    "mask",
    "max_height",
    "max_outside_share",
    "max_pixels",
    "max_tool_calls",
    "max_width",
    "min_height",
    "min_pixels",
    "min_width",
    "no_dedupe",
    "no_progress",
    "output_compression",
    "output_format",
    "partial_images",
    "prices",
    "progress",
    "project",
    "prompt_file",
    "responses_model",
    "since",
    "stream",
    "threads",
    "tier",
    "until",
];

/// The same of `usage`, where most calls are told by their response.
const RARE_OF_USAGE: &[&str] = &["image", "prompt", "prompt_tokens"];

/// The same of `quote` and `explain`.
const RARE_OF_QUOTES: &[&str] = &["require_proven"];

/// Arguments that are made when they are needed.
#[derive(Debug)]
pub(crate) struct Lazy<T>(pub(crate) T);

impl<T> std::ops::Deref for Lazy<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Adds the arguments, and keeps what the subcommand says of itself.
fn made<T: Args>(command: Command) -> Command {
    let about = command.get_about().cloned();
    let rare_here = match command.get_name() {
        "usage" => RARE_OF_USAGE,
        "quote" | "explain" => RARE_OF_QUOTES,
        _ => &[],
    };
    let command = T::augment_args(command).mut_args(|arg| {
        let id = arg.get_id().as_str();
        let is_rare = RARE.contains(&id) || rare_here.contains(&id);
        if is_rare { arg.hide_short_help(true) } else { arg }
    });
    match about {
        Some(about) => command.about(about).long_about(None),
        None => command,
    }
}

impl<T: Args> Args for Lazy<T> {
    fn augment_args(command: Command) -> Command {
        command.defer(made::<T>)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<T: FromArgMatches> FromArgMatches for Lazy<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        T::from_arg_matches(matches).map(Lazy)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}
