//! The command `imgcost-proxy`, which `imgcost proxy` and `imgcost run` call.

mod args;
mod serve;

use std::io::Write;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser};
use imgcost_proxy::mcp::Mcp;
use imgcost_proxy::run::Run;
use imgcost_proxy::{SetupError, generate_key};
use mimalloc::MiMalloc;
use tokio::runtime::Runtime;

use args::{Cli, Command};

/// A call allocates some three hundred times, which was a fifth of its instructions with the system's allocator.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Wrong usage or configuration.
const USAGE: u8 = 2;
/// How long threads that are stuck may keep the program from ending.
const STUCK: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Proxy(args) => serve::proxy(&args),
        Command::Run(args) => run(args.run()),
        Command::Mcp(args) => mcp(args.mcp()),
        Command::Key => key(),
        Command::Man { command } => man(&command),
        Command::Options { command } => options(&command),
    };
    done.unwrap_or_else(|error| {
        // Which may be closed.
        let _ = writeln!(std::io::stderr(), "imgcost: {error}");
        ExitCode::from(USAGE)
    })
}

fn key() -> Result<ExitCode, SetupError> {
    let (key, sha256) = generate_key()?;
    println!("key: {key}\nsha256 = \"{sha256}\"");
    Ok(ExitCode::SUCCESS)
}

/// A command as people type it.
fn named(name: &str) -> Result<clap::Command, SetupError> {
    let mut root = Cli::command().name("imgcost").bin_name("imgcost");
    root.build();
    let found = root.find_subcommand(name).filter(|command| !command.is_hide_set());
    found.cloned().ok_or_else(|| SetupError::new(format!("no command '{name}'; allowed: run, proxy, mcp")))
}

/// The page of a command, as `imgcost man` writes those of its own.
fn man(name: &str) -> Result<ExitCode, SetupError> {
    let written = clap_mangen::Man::new(named(name)?).render(&mut std::io::stdout().lock());
    written.map_err(|error| SetupError::new(format!("the page can't be written: {error}")))?;
    Ok(ExitCode::SUCCESS)
}

/// The options of a command, a line each, for `imgcost completions`.
fn options(name: &str) -> Result<ExitCode, SetupError> {
    let mut list = String::new();
    for option in named(name)?.get_opts() {
        let letter = option.get_short().map(String::from).unwrap_or_default();
        let help = option.get_help().map(ToString::to_string).unwrap_or_default();
        let takes = option.get_action().takes_values();
        list.push_str(&format!("{}\t{letter}\t{takes}\t{help}\n", option.get_long().unwrap_or_default()));
    }
    let written = std::io::stdout().lock().write_all(list.as_bytes());
    written.map_err(|error| SetupError::new(format!("the options can't be written: {error}")))?;
    Ok(ExitCode::SUCCESS)
}

fn run(run: Run) -> Result<ExitCode, SetupError> {
    let runtime = runtime()?;
    let code = runtime.block_on(run.run());
    runtime.shutdown_timeout(STUCK);
    code.map(ExitCode::from)
}

fn mcp(mcp: Mcp) -> Result<ExitCode, SetupError> {
    let runtime = runtime()?;
    let served = runtime.block_on(mcp.serve());
    // A thread may still wait for stdin.
    runtime.shutdown_background();
    served.map(|()| ExitCode::SUCCESS)
}

fn runtime() -> Result<Runtime, SetupError> {
    // A call takes a worker a tenth of a millisecond. To wake a second one for half of a call takes longer
    // than that half; what may take its time has threads of its own.
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let workers = (cores / 2).max(1);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build();
    runtime.map_err(|error| SetupError::new(format!("no threads: {error}")))
}
