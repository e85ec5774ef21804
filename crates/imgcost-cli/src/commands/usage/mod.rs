//! `imgcost usage`: what calls cost by what was reported of them, and how that compares with their
//! quotes: one response, a log of calls, or a log and the bill of its provider.

mod bill;
pub(super) mod calls;
pub(super) mod kind;
mod log;
mod response;

pub(super) use log::SumOfCharges;

use self::calls::Source;
use self::kind::{Input, Kind};
use crate::args::UsageArgs;
use crate::failure::{End, Failure, bad_input};
use crate::inputs;
use crate::report::Output;
use crate::settings::Settings;

/// Charges a response, or compares a log with its quotes or its bill.
pub(crate) fn usage(args: &UsageArgs, settings: &Settings, output: &Output) -> Result<End, Failure> {
    let source = match (&args.ledger, &args.file) {
        (Some(path), _) => Source::Ledger(path),
        (None, Some(path)) => {
            refuse_stdin_twice(args)?;
            let input = Input::open(path)?;
            match (input.kind(), args.of_a_log()) {
                (Kind::Log, _) | (Kind::Unknown, Some(_)) => Source::Logs(input, &args.more),
                _ if !args.more.is_empty() => Source::Logs(input, &args.more),
                (Kind::Response | Kind::Events, Some(option)) => {
                    let message =
                        format!("{option} takes a log of calls, and {} is one response", input.name());
                    return Err(bad_input("file", message).into());
                }
                (Kind::Response | Kind::Events | Kind::Unknown, None) => {
                    return response::usage(args, settings, output, input);
                }
            }
        }
        (None, None) => return Err(bad_input("file", "a response, a log or a ledger is needed").into()),
    };
    if args.request.describes_a_call() {
        let message = "options of a request describe one call, and each call of a log has its own; \
                       only --model, --provider and --as-of fill in what calls leave out";
        return Err(bad_input("request", message).into());
    }
    if args.currency.exchange()?.is_some() {
        return Err(bad_input("currency", "currency goes with one response, not with a log").into());
    }
    if args.bill.is_empty() {
        log::charge(args, settings, output, source)
    } else {
        bill::compare(args, settings, output, source)
    }
}

fn refuse_stdin_twice(args: &UsageArgs) -> Result<(), Failure> {
    let request = [&args.request.request, &args.request.prompt_file].into_iter().flatten();
    let files = args.file.iter().chain(&args.more).chain(request).chain(&args.bill);
    if files.filter(|path| inputs::is_stdin(path)).count() > 1 {
        return Err(bad_input("file", "standard input can be one of the files only").into());
    }
    Ok(())
}
