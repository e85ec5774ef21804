//! The command `imgcost-proxy`, which `imgcost proxy` and `imgcost run` call.

mod args;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use imgcost_proxy::{Proxy, Server, SetupError, generate_key};

use imgcost_proxy::run::Run;
use tokio::runtime::Runtime;

use args::{Cli, Command, ProxyArgs};

/// Wrong usage or configuration.
const USAGE: u8 = 2;
/// It ended with calls whose cost nobody knows.
const PRESUMED: u8 = 4;

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Proxy(args) => proxy(*args),
        Command::Run(args) => run(args.run()),
        Command::Key => key(),
    };
    done.unwrap_or_else(|error| {
        eprintln!("imgcost: {error}");
        ExitCode::from(USAGE)
    })
}

fn key() -> Result<ExitCode, SetupError> {
    let (key, sha256) = generate_key()?;
    println!("key: {key}\nsha256 = \"{sha256}\"");
    Ok(ExitCode::SUCCESS)
}

fn proxy(args: ProxyArgs) -> Result<ExitCode, SetupError> {
    let config = args.config()?;
    let proxy = Arc::new(Proxy::new(&config, |event| eprintln!("{event}"))?);
    runtime()?.block_on(async {
        let server = match Server::bind(config.listen, proxy).await {
            Ok(server) => server,
            Err(error) => return Ok(failed(&format!("can't listen on {}: {error}", config.listen))),
        };
        if let Ok(address) = server.address() {
            eprintln!("imgcost: listening on http://{address}");
        }
        let all_ended = server.run(told_to_stop()).await;
        Ok(if all_ended { ExitCode::SUCCESS } else { ExitCode::from(PRESUMED) })
    })
}

fn run(run: Run) -> Result<ExitCode, SetupError> {
    runtime()?.block_on(run.run()).map(ExitCode::from)
}

fn runtime() -> Result<Runtime, SetupError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| SetupError::new(format!("no threads: {error}")))
}

fn failed(why: &str) -> ExitCode {
    eprintln!("imgcost: {why}");
    ExitCode::FAILURE
}

/// Waits for ^C or SIGTERM.
async fn told_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
