//! How a `run` ends: calls that are open, signals, a terminal, nobody who reads.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use imgcost_fake::{Behaviour, Fake};

use crate::run::{calling, program_of, run, text, with_all_signals};

fn signal(name: &str, process: u32) {
    let told = Command::new("kill").args([format!("-{name}"), process.to_string()]).status().unwrap();
    assert!(told.success());
}

/// Waits until there is a file.
fn wait_for(file: &Path) {
    for _ in 0..400 {
        if file.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    panic!("{} does not come", file.display());
}

#[tokio::test]
async fn a_call_that_is_open_at_the_end_is_waited_for_until_a_signal_says_otherwise() {
    let fake = Fake::start().await;
    fake.script(&[Behaviour::Hang]);
    let mut command = program_of(&fake, &["--cap", "1"], "low");
    let mut running = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let run = running.id();
    let began = Instant::now();
    while fake.count() == 0 {
        assert!(began.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    // As ^C does: the command ends, and the signal that ended it does not cut its call off.
    signal("INT", run);
    let mut lines = BufReader::new(running.stderr.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    assert_eq!(
        line,
        "imgcost: stopping: 1 request still open, which may take 60 s; told again, it ends at once"
    );
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(running.try_wait().unwrap().is_none());
    signal("INT", run);
    let rest: Vec<_> = lines.map(Result::unwrap).collect();
    assert_eq!(rest[1], "imgcost: 1 call, $0.00592 spent of $1, $0.99408 left");
    assert!(rest[2].ends_with(", $0.00592 of it presumed for 1 call"), "{rest:?}");
    assert_eq!(running.wait().unwrap().code(), Some(130));
    assert!(began.elapsed() < Duration::from_secs(40));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_signal_that_is_ignored_stays_ignored_for_the_command() {
    let fake = Fake::start().await;
    let run = run(&fake, &["--cap", "1", "-q"]);
    // All but what gives it the signals.
    let words = run.get_args().skip(1).map(|word| word.to_str().unwrap().to_owned());
    let command = format!("{} sh -c 'kill -HUP $$; exit 7'", words.collect::<Vec<_>>().join(" "));
    let shell = |line: &str| with_all_signals("sh").args(["-c", line]).output().unwrap();
    // As nohup does.
    let output = shell(&format!("trap '' HUP; {command}"));
    assert_eq!(output.status.code(), Some(7), "{}", text(&output.stderr));
    let output = shell(&command);
    assert_eq!(output.status.code(), Some(129), "{}", text(&output.stderr));
}

/// A key of the terminal reaches all programs in its foreground, whatever their input and output are.
#[tokio::test]
async fn a_command_gets_the_keys_of_its_terminal_once() {
    let terminal = Command::new("script").arg("--version").output();
    if !terminal.is_ok_and(|output| text(&output.stdout).contains("util-linux")) {
        return eprintln!("skipped: no script of util-linux, which makes terminals");
    }
    let fake = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (ready, keys) = (folder.path().join("ready"), folder.path().join("keys"));
    let script = folder.path().join("count.sh");
    // It never sleeps: two signals at a sleeping one would be as one.
    let count = format!(
        "trap 'echo key >> {keys}; left=200000' INT\nleft=20000000\necho > {ready}\n\
         while [ $left -gt 0 ]; do left=$((left - 1)); done\nexit 9\n",
        keys = keys.display(),
        ready = ready.display()
    );
    std::fs::write(&script, count).unwrap();
    // A shell that stays in between would get the key as well, and some end by it.
    let line = format!(
        "exec {} run --cap 1 -q -- sh {} </dev/null 2>/dev/null",
        env!("CARGO_BIN_EXE_imgcost-proxy"),
        script.display()
    );
    let mut command = with_all_signals("script");
    command.args(["-qec", &line, "/dev/null"]).env("OPENAI_BASE_URL", fake.url());
    let mut running = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    wait_for(&ready);
    let mut stdin = running.stdin.take().unwrap();
    stdin.write_all(b"\x03").unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(9));
    assert_eq!(std::fs::read_to_string(keys).unwrap(), "key\n");
    drop(stdin);
}

#[tokio::test]
async fn a_summary_that_nobody_reads_changes_nothing() {
    let fake = Fake::start().await;
    let mut command = program_of(&fake, &["--cap", "0.001"], "low");
    let mut running = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(running.stderr.take());
    running.stdout.take().unwrap().read_to_end(&mut Vec::new()).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(3));
    assert_eq!(calling(&fake, &["--cap", "0.001"], "low").status.code(), Some(3));
}
