//! `imgcost-proxy run`, around a program that makes calls: this test program, run again.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Output, Stdio};

use imgcost_fake::Fake;
use imgcost_ledger::{Budget, Cap, Ledger, SqliteLedger, Window};
use serde_json::Value;

use crate::common::{LOW, LOW_USD, holds};

/// What the program is to do.
const CALLS: &str = "IMGCOST_TEST_CALLS";

/// The program: makes the calls that the environment names, one quality a call, and prints their status.
#[test]
fn program() {
    let Ok(calls) = std::env::var(CALLS) else { return };
    let base = std::env::var("OPENAI_BASE_URL").unwrap();
    let (host, path) = base.strip_prefix("http://").unwrap().split_once('/').unwrap();
    for call in calls.split_whitespace() {
        let (end, body) = match call {
            "text" => ("chat/completions", r#"{"model":"gpt-5.1","messages":[]}"#.to_owned()),
            "deployment" => ("deployments/images-eu/images/generations", LOW.replace("gpt-image-2", "any")),
            "elsewhere" => ("../elsewhere", String::new()),
            quality => ("images/generations", LOW.replace("low", quality)),
        };
        let mut stream = TcpStream::connect(host).unwrap();
        let length = body.len();
        let head = format!(
            "POST /{path}/{end} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}"
        );
        stream
            .write_all(format!("{head}\r\ncontent-type: application/json\r\n\r\n{body}").as_bytes())
            .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        println!("{call} {}", response.split(' ').nth(1).unwrap());
    }
}

/// A program that ignores no signal: what the tests were told to ignore, as by `nohup`, stays so for all that
/// they start.
pub(crate) fn with_all_signals(program: &str) -> Command {
    if cfg!(not(target_os = "linux")) {
        return Command::new(program);
    }
    let mut command = Command::new("env");
    command.args(["--default-signal=HUP,INT,TERM,USR1", program]);
    command
}

pub(crate) fn run(fake: &Fake, options: &[&str]) -> Command {
    let mut command = with_all_signals(env!("CARGO_BIN_EXE_imgcost-proxy"));
    command
        .arg("run")
        .args(options)
        .env("OPENAI_BASE_URL", fake.url())
        .env_remove("OPENAI_API_BASE")
        .arg("--");
    command
}

/// A run of this program that makes calls.
pub(crate) fn program_of(fake: &Fake, options: &[&str], calls: &str) -> Command {
    let program = std::env::current_exe().unwrap();
    let mut command = run(fake, options);
    command.arg(program).args(["run::program", "--exact", "--nocapture"]).env(CALLS, calls);
    command
}

pub(crate) fn calling(fake: &Fake, options: &[&str], calls: &str) -> Output {
    program_of(fake, options, calls).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn a_command_spends_up_to_its_cap_and_the_summary_says_how_much() {
    let fake = Fake::start().await;
    let output = calling(&fake, &["--cap", "0.30"], "low high high text text");
    let (out, summary) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(3), "{out}{summary}");
    assert!(out.contains("low 200\nhigh 200\nhigh 402\ntext 200\ntext 200\n"), "{out}");
    let begin = "imgcost: 2 calls, $0.21668 spent of $0.3, $0.08332 left\n gpt-image-2  2 calls  $0.21668\n 1 call \
                 refused: over budget: ";
    assert!(summary.starts_with(begin), "{summary}");
    assert!(
        summary.ends_with(" 2 calls passed unmetered, nothing held: /v1/chat/completions\n"),
        "{summary}"
    );
    assert_eq!(fake.count(), 4);
}

#[tokio::test]
async fn the_exit_code_is_the_commands_or_says_what_happened() {
    let fake = Fake::start().await;
    let cap = &["--cap", "1"][..];
    let code = |output: Output| output.status.code();
    assert_eq!(code(calling(&fake, cap, "low")), Some(0));
    assert_eq!(code(calling(&fake, cap, "text")), Some(0), "a program of texts only");
    assert_eq!(code(calling(&fake, &["--observe"], "low")), Some(0));
    let shell = |options: &[&str], line: &str| run(&fake, options).args(["sh", "-c", line]).output().unwrap();
    assert_eq!(code(shell(cap, "exit 7")), Some(7));
    assert_eq!(code(shell(cap, "kill -9 $$")), Some(137));
    let silent = shell(cap, "exit 0");
    assert!(text(&silent.stderr).starts_with("imgcost: no call passed through; "));
    assert_eq!(code(silent), Some(4));
    let missing = run(&fake, cap).arg("no-such-command").output().unwrap();
    assert_eq!(text(&missing.stderr), "imgcost: no-such-command: No such file or directory (os error 2)\n");
    assert_eq!(code(missing), Some(127));
    assert_eq!(code(run(&fake, cap).arg("/").output().unwrap()), Some(126));
    let nowhere = run(&fake, &["--budget", "team"]).arg("true").output().unwrap();
    assert!(text(&nowhere.stderr).contains("with --ledger LEDGER"), "{}", text(&nowhere.stderr));
    assert_eq!(code(nowhere), Some(2));
    let unlimited = run(&fake, &[]).arg("true").output().unwrap();
    assert!(text(&unlimited.stderr).starts_with("imgcost: how much may it spend? --cap USD"));
    assert_eq!(code(unlimited), Some(2));
    let without_dashes = Command::new(env!("CARGO_BIN_EXE_imgcost-proxy"))
        .args(["run", "--cap", "1", "sh", "-c", "exit $1", "--", "8", "--cap"])
        .output();
    assert_eq!(code(without_dashes.unwrap()), Some(8));
    let mistyped = run(&fake, &["--caps", "1"]).arg("true").output().unwrap();
    assert!(text(&mistyped.stderr).contains("a similar argument exists: '--cap'"));
    assert_eq!(code(mistyped), Some(2));
    let astray = calling(&fake, cap, "elsewhere");
    assert!(
        text(&astray.stderr).ends_with("\n 1 call not passed on: bad-request\n"),
        "{}",
        text(&astray.stderr)
    );
    assert_eq!(code(astray), Some(4));
    fake.script(&[imgcost_fake::Behaviour::NoUsage]);
    assert_eq!(code(calling(&fake, cap, "low")), Some(4), "presumed");
}

#[tokio::test]
async fn the_summary_is_json_or_left_out_where_asked() {
    let fake = Fake::start().await;
    let output = calling(&fake, &["--cap", "0.01", "--json"], "low low");
    let summary: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!((&summary["schema"], &summary["spent"]), (&"imgcost.run/1".into(), &LOW_USD.into()));
    assert_eq!(
        (&summary["models"][0]["calls"], &summary["refused"][0]["code"]),
        (&1.into(), &"over-budget".into())
    );
    assert_eq!(text(&calling(&fake, &["--cap", "1", "-q"], "low").stderr), "");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.json").display().to_string();
    let output = calling(&fake, &["--cap", "1", "-q", "-o", &file], "low text text");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    let summary: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(
        (&summary["spent"], &summary["unmetered"]["calls"]),
        (&LOW_USD.into(), &2.into()),
        "{summary}"
    );
    let nowhere = folder.path().join("no/run.json").display().to_string();
    assert_eq!(calling(&fake, &["--cap", "1", "-o", &nowhere], "low").status.code(), Some(5));
    let observed = calling(&fake, &["--cap", "0", "--observe", "--json"], "low");
    let summary: Value = serde_json::from_slice(&observed.stderr).unwrap();
    assert_eq!((&summary["spent"], &summary["would_refuse"][0]["calls"]), (&LOW_USD.into(), &1.into()));
}

#[tokio::test]
async fn a_cap_is_that_of_the_run_within_the_budget_of_its_ledger() {
    let fake = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("budget.db");
    let place = file.display().to_string();
    let missing = calling(&fake, &["--ledger", &place, "--budget", "team/alice"], "low");
    assert!(
        text(&missing.stderr).contains("imgcost budget set SCOPE USD --ledger"),
        "{}",
        text(&missing.stderr)
    );
    let ledger = SqliteLedger::open(&file).unwrap();
    let budget = Budget::new("team".parse().unwrap(), Window::Total, Cap::usd("0.015").unwrap());
    ledger.set_budget(&budget, "test").unwrap();
    let options = ["--ledger", &place, "--budget", "team/alice"];
    let capped = [&options[..], &["--cap", "0.006"]].concat();
    assert_eq!(calling(&fake, &capped, "low low").status.code(), Some(3), "the run's own cap");
    assert_eq!(calling(&fake, &options, "low").status.code(), Some(0));
    assert_eq!(calling(&fake, &options, "low").status.code(), Some(3), "the team's");
    let scopes: Vec<_> = holds(&ledger).iter().map(|hold| hold.scope.to_string()).collect();
    assert!(
        scopes.len() == 2 && scopes.iter().any(|scope| scope.starts_with("team/alice/run-")),
        "{scopes:?}"
    );
}

#[tokio::test]
async fn signals_reach_the_command() {
    let fake = Fake::start().await;
    for (signal, code) in [("TERM", 21), ("INT", 22), ("HUP", 23), ("USR1", 24)] {
        let script = format!("trap 'exit {code}' {signal}; echo ready; while :; do sleep 0.05; done");
        let mut command = run(&fake, &["--cap", "1"]);
        let command = command.args(["sh", "-c", &script]).stdin(Stdio::null()).stderr(Stdio::null());
        let mut running = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = [0; 6];
        running.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
        Command::new("kill").args([format!("-{signal}"), running.id().to_string()]).status().unwrap();
        assert_eq!(running.wait().unwrap().code(), Some(code), "{signal}");
    }
}

#[tokio::test]
async fn the_commands_input_output_and_environment_are_its_own() {
    let fake = Fake::start().await;
    let mut command = run(&fake, &["--cap", "1", "--quiet"]);
    let line =
        "cat; echo $NO_PROXY; echo $GOOGLE_GEMINI_BASE_URL; echo ${AZURE_OPENAI_ENDPOINT-none}; echo err >&2";
    command.args(["sh", "-c", line]).env("NO_PROXY", "a.example").env_remove("AZURE_OPENAI_ENDPOINT");
    let mut running =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    running.stdin.take().unwrap().write_all(b"in\n").unwrap();
    let output = running.wait_with_output().unwrap();
    let out = text(&output.stdout);
    let lines: Vec<_> = out.lines().collect();
    assert_eq!((lines[0], lines[1], lines[3]), ("in", "a.example,127.0.0.1", "none"));
    let gemini = lines[2].strip_prefix("http://127.0.0.1:").unwrap();
    let [_, secret, name] = gemini.split('/').collect::<Vec<_>>()[..] else { panic!("{gemini}") };
    assert_eq!((secret.len(), name), (32, "gemini"));
    assert_eq!(text(&output.stderr), "err\n");
}
