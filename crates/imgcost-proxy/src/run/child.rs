//! The command itself: its environment, its start, its end.

use std::env;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::process::ExitStatus;

use tokio::process::Command;

use super::places::Place;
use super::signals::Signals;
use super::tell;

/// The shells' code for a command that is not there, and for one that can't be run.
const NOT_FOUND: u8 = 127;
const NOT_RUN: u8 = 126;

/// The variables with the hosts that are called without a proxy of the environment's. Clients differ in
/// which of them they read first.
const NO_PROXY: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// A command that runs.
pub(super) struct Child {
    process: tokio::process::Child,
}

impl Child {
    /// Starts a command whose clients find their APIs at a proxy; a shell's exit code if it can't be started,
    /// which is told.
    pub(super) fn start(command: &[OsString], places: &[Place], proxy: SocketAddr) -> Result<Child, u8> {
        let Some((program, arguments)) = command.split_first() else { return Err(NOT_FOUND) };
        let mut started = Command::new(program);
        started.args(arguments);
        for place in places {
            let url = format!("http://{proxy}{}", place.path);
            started.envs(place.variables.iter().map(|variable| (variable, &url)));
        }
        let hosts = |name: &str| env::var(name).ok().filter(|hosts| !hosts.is_empty());
        let any = NO_PROXY.into_iter().find_map(hosts);
        for name in NO_PROXY {
            let direct = with_host(hosts(name).or_else(|| any.clone()), &proxy.ip().to_string());
            started.env(name, direct);
        }
        let process = started.spawn().map_err(|error| {
            tell(&format!("imgcost: {}: {error}\n", program.display()));
            if error.kind() == ErrorKind::NotFound { NOT_FOUND } else { NOT_RUN }
        })?;
        Ok(Child { process })
    }

    /// Waits for its end, and passes signals on meanwhile; its exit code.
    pub(super) async fn wait(mut self, signals: &mut Signals) -> u8 {
        let passing_on = signals.pass_on(self.process.id());
        let status = tokio::select! {
            status = self.process.wait() => status,
            never = passing_on => match never {},
        };
        match status {
            Ok(status) => code(status),
            Err(error) => {
                tell(&format!("imgcost: the command can't be waited for: {error}\n"));
                NOT_RUN
            }
        }
    }
}

/// A list of hosts with one more; a star is all of them, and only alone.
fn with_host(hosts: Option<String>, own: &str) -> String {
    match hosts {
        None => own.to_owned(),
        Some(hosts) if hosts == "*" || hosts.split(',').any(|host| host.trim() == own) => hosts,
        Some(hosts) => format!("{hosts},{own}"),
    }
}

/// The code of a command, as shells have it: 128 and the signal for one that was killed.
fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return u8::try_from(128 + signal).unwrap_or(u8::MAX);
    }
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
