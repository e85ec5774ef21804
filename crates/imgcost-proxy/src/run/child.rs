//! The command itself: its environment, its signals, its end.

use std::env;
use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal};
use std::net::SocketAddr;
use std::process::ExitStatus;

use tokio::process::Command;

use super::places::Place;
use signals::Signals;

/// The shells' code for a command that is not there, and for one that can't be run.
const NOT_FOUND: u8 = 127;
const NOT_RUN: u8 = 126;

/// A command that runs.
pub(super) struct Child {
    process: tokio::process::Child,
    signals: Signals,
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
        for name in ["NO_PROXY", "no_proxy"] {
            started.env(name, with_loopback(env::var(name).ok().as_deref(), &proxy.ip().to_string()));
        }
        // Before there is a process that somebody might want to stop.
        let signals = Signals::listen();
        let process = started.spawn().map_err(|error| {
            eprintln!("imgcost: {}: {error}", program.display());
            if error.kind() == ErrorKind::NotFound { NOT_FOUND } else { NOT_RUN }
        })?;
        Ok(Child { process, signals })
    }

    /// Waits for its end, and passes signals on meanwhile; its exit code.
    pub(super) async fn wait(mut self) -> u8 {
        let passing_on = self.signals.pass_on(self.process.id());
        let status = tokio::select! {
            status = self.process.wait() => status,
            never = passing_on => match never {},
        };
        match status {
            Ok(status) => code(status),
            Err(error) => {
                eprintln!("imgcost: the command can't be waited for: {error}");
                NOT_RUN
            }
        }
    }
}

/// A list of hosts that are called without the environment's own proxy, and this one.
fn with_loopback(hosts: Option<&str>, own: &str) -> String {
    match hosts.filter(|hosts| !hosts.is_empty()) {
        Some(hosts) => format!("{hosts},{own}"),
        None => own.to_owned(),
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

#[cfg(unix)]
mod signals {
    use std::convert::Infallible;

    use rustix::process::{Pid, Signal, kill_process};
    use tokio::signal::unix::{self, SignalKind, signal};

    use super::IsTerminal;

    /// What is passed on. A terminal sends the signals of its keys, which are marked, to the whole group.
    const PASSED: [(SignalKind, Signal, bool); 6] = [
        (SignalKind::interrupt(), Signal::INT, true),
        (SignalKind::quit(), Signal::QUIT, true),
        (SignalKind::terminate(), Signal::TERM, false),
        (SignalKind::hangup(), Signal::HUP, false),
        (SignalKind::user_defined1(), Signal::USR1, false),
        (SignalKind::user_defined2(), Signal::USR2, false),
    ];

    /// Signals that no longer end this program.
    pub(super) struct Signals(Vec<(unix::Signal, Option<Signal>)>);

    impl Signals {
        pub(super) fn listen() -> Self {
            let by_terminal = std::io::stdin().is_terminal() || std::io::stderr().is_terminal();
            let signals = PASSED.into_iter().filter_map(|(kind, number, is_key)| {
                // What the process got from the terminal must not reach it twice.
                let passed = (!(is_key && by_terminal)).then_some(number);
                Some((signal(kind).ok()?, passed))
            });
            Signals(signals.collect())
        }

        /// Passes them on to a process.
        pub(super) async fn pass_on(&mut self, process: Option<u32>) -> Infallible {
            let process = process.and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
            loop {
                let next = std::future::poll_fn(|cx| {
                    let ready = self
                        .0
                        .iter_mut()
                        .find_map(|(signal, number)| signal.poll_recv(cx).is_ready().then_some(*number));
                    ready.map_or(std::task::Poll::Pending, std::task::Poll::Ready)
                });
                if let (Some(number), Some(process)) = (next.await, process) {
                    // It may have ended already.
                    let _ = kill_process(process, number);
                }
            }
        }
    }
}

#[cfg(not(unix))]
mod signals {
    use std::convert::Infallible;

    /// ^C, which reaches the process by itself and must not end its proxy.
    pub(super) struct Signals;

    impl Signals {
        pub(super) fn listen() -> Self {
            Signals
        }

        pub(super) async fn pass_on(&mut self, _process: Option<u32>) -> Infallible {
            loop {
                let _ = tokio::signal::ctrl_c().await;
            }
        }
    }
}
