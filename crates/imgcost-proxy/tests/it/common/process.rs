//! The program itself, which can be killed.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// `imgcost-proxy proxy` on a free port, until it is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Process {
    /// Starts it before an upstream, over a ledger that has its budgets.
    pub(crate) fn start(upstream: &str, ledger: &str, more: &[&str]) -> Process {
        Process::trusting("", upstream, ledger, more)
    }

    /// The same, where the system's authorities are those of a file.
    pub(crate) fn trusting(authorities: &str, upstream: &str, ledger: &str, more: &[&str]) -> Process {
        Process::with(&[("SSL_CERT_FILE", authorities)], upstream, ledger, more)
    }

    /// The same, with these variables.
    pub(crate) fn with(variables: &[(&str, &str)], upstream: &str, ledger: &str, more: &[&str]) -> Process {
        let mut child = Command::new(env!("CARGO_BIN_EXE_imgcost-proxy"))
            .args(["proxy", "--listen", "127.0.0.1:0", "--budget", "team/alice", "--provider", "openai"])
            .args(["--upstream", upstream])
            .args(more)
            // An address may hold a password.
            .env("IMGCOST_LEDGER", ledger)
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                line.split_once("http://")?.1.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok()
            })
            .expect("it says where it listens");
        // It must not wait for somebody to read on.
        std::thread::spawn(move || lines.for_each(drop));
        Process { child, address }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Tells it to stop, as `kill` does, and waits for its exit code.
    pub(crate) fn terminate(&mut self) -> Option<i32> {
        let told = Command::new("kill").arg(self.id().to_string()).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap().code()
    }

    /// Kills it at once, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How much memory a process has, in KiB; none where the system does not tell.
pub(crate) fn resident(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok())
}
