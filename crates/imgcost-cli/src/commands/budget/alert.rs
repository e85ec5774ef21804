//! `--on-alert`: the user's command where a budget has reached a threshold.
//!
//! The ledger tells each threshold of a window once, so that the command runs once too, whatever
//! number of processes share the ledger.

use std::io;
use std::process::{Command, ExitStatus, Stdio};

use imgcost_ledger::Alert;

use crate::failure::say;

/// Runs the command. How it ends changes nothing of how this program does: the money is booked.
pub(super) fn run(command: &str, alert: &Alert) {
    match status(command, alert) {
        Ok(status) if status.success() => {}
        Ok(status) => say(&format!("imgcost: --on-alert: the command ended with {status}")),
        Err(error) => say(&format!("imgcost: --on-alert: the command can't be run: {error}")),
    }
}

/// What it prints goes to stderr: standard output has the result.
fn status(command: &str, alert: &Alert) -> io::Result<ExitStatus> {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    Command::new(shell)
        .args([flag, command])
        .env("IMGCOST_ALERT", alert.to_string())
        .env("IMGCOST_ALERT_SCOPE", alert.scope.as_str())
        .env("IMGCOST_ALERT_WINDOW", alert.window.as_str())
        .env("IMGCOST_ALERT_PERCENT", alert.percent.to_string())
        .env("IMGCOST_ALERT_USED", alert.used.to_string())
        .env("IMGCOST_ALERT_CAP", alert.cap.to_string())
        .stdin(Stdio::null())
        .stdout(io::stderr())
        .status()
}
