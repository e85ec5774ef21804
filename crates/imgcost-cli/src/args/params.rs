//! The flags of the parameters: one for each of them but those that files give (images, mask) and
//! the day, which other commands take as well.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use imgcost_core::{Kind, Param};

/// Parameters as they were typed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Params(Vec<(Param, String)>);

impl Params {
    /// A parameter as it was typed.
    pub(crate) fn get(&self, param: Param) -> Option<&str> {
        self.iter().find(|(known, _)| *known == param).map(|(_, text)| text)
    }

    /// Sets a parameter as if it were typed so.
    pub(crate) fn set(&mut self, param: Param, text: String) {
        self.0.retain(|(known, _)| *known != param);
        self.0.push((param, text));
    }

    /// All of them that were typed.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Param, &str)> {
        self.0.iter().map(|(param, text)| (*param, text.as_str()))
    }

    /// All but these.
    pub(crate) fn without(mut self, params: &[Param]) -> Params {
        self.0.retain(|(param, _)| !params.contains(param));
        self
    }
}

/// What a parameter's flag looks like.
struct Help {
    short: Option<char>,
    value: &'static str,
    heading: Option<&'static str>,
}

/// The flag of each parameter that has one of its own here.
fn help(param: Param) -> Option<Help> {
    let call = |short, value| Some(Help { short: Some(short), value, heading: None });
    let under = |heading, value| Some(Help { short: None, value, heading: Some(heading) });
    let more = |value| under("More of the call", value);
    match param {
        Param::Model => call('m', "MODEL"),
        Param::Provider => call('p', "PROVIDER"),
        Param::Quality => call('q', "QUALITY"),
        Param::Size => call('s', "SIZE"),
        Param::N => call('n', "N"),
        Param::PromptTokens => under("Prompt", "N"),
        Param::InputFidelity => under("Input images", "FIDELITY"),
        Param::Endpoint => more("ENDPOINT"),
        Param::Stream => more(""),
        Param::PartialImages | Param::MaxToolCalls => more("N"),
        Param::Background => more("BACKGROUND"),
        Param::OutputFormat => more("FORMAT"),
        Param::OutputCompression => more("PERCENT"),
        Param::Tier => more("TIER"),
        Param::ResponsesModel => more("MODEL"),
        Param::GroupRatio => under("Prices", "RATIO"),
        Param::AsOf | Param::Images | Param::Mask => None,
    }
}

/// A parameter's flag as commands to type show it: the short one where there is one.
pub(crate) fn flag_of(param: Param) -> String {
    match help(param).and_then(|help| help.short) {
        Some(short) => format!("-{short}"),
        None => format!("--{}", long(param)),
    }
}

fn long(param: Param) -> String {
    param.as_str().replace('_', "-")
}

fn flag(param: Param, help: &Help) -> Arg {
    let mut arg = Arg::new(param.as_str()).long(long(param)).help(param.about());
    arg = match help.short {
        Some(short) => arg.short(short),
        None => arg,
    };
    // Headings come in the order of their first flags; within one, files come before counts.
    arg = match help.heading {
        Some("Prompt" | "Input images") => arg.help_heading(help.heading).display_order(900),
        heading => arg.help_heading(heading),
    };
    match param.kind() {
        Kind::Flag => arg.action(ArgAction::SetTrue),
        Kind::Word(names) => arg.value_name(help.value).value_parser(PossibleValuesParser::new(names)),
        Kind::Text if param != Param::GroupRatio => arg.value_name(help.value),
        Kind::Text | Kind::Number | Kind::Images => arg.value_name(help.value).allow_negative_numbers(true),
    }
}

impl Args for Params {
    fn augment_args(command: Command) -> Command {
        let mut flags: Vec<Arg> = Vec::new();
        for param in Param::ALL {
            flags.extend(help(*param).map(|help| flag(*param, &help)));
        }
        let order = [None, Some("Prompt"), Some("Input images"), Some("More of the call"), Some("Prices")];
        flags.sort_by_key(|flag| order.iter().position(|heading| *heading == flag.get_help_heading()));
        command.args(flags)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Params {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Params, clap::Error> {
        let mut params = Params::default();
        for param in Param::ALL.iter().filter(|param| help(**param).is_some()) {
            let name = param.as_str();
            let text = match param.kind() {
                Kind::Flag => matches.get_flag(name).then(|| "true".to_owned()),
                _ => matches.get_one::<String>(name).cloned(),
            };
            params.0.extend(text.map(|text| (*param, text)));
        }
        Ok(params)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Params::from_arg_matches(matches)?;
        Ok(())
    }
}
