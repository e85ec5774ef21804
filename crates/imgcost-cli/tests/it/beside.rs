//! `imgcost run`, `imgcost proxy` and `imgcost mcp`, which are another program's.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

/// A folder on the file system that this command is on.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// This command in a folder of its own.
fn alone(folder: &Path) -> Command {
    let copy = folder.join("imgcost");
    if !copy.exists() {
        std::fs::hard_link(env!("CARGO_BIN_EXE_imgcost"), &copy).unwrap();
    }
    let mut command = Command::new(copy);
    command.env("PATH", "/usr/bin:/bin");
    command
}

fn with_program(folder: &Path, words: &[&str]) -> Output {
    with_script(folder, "echo \"[$0]\"; for word; do echo \"$word\"; done; exit 9", words)
}

fn with_script(folder: &Path, script: &str, words: &[&str]) -> Output {
    let program = folder.join("imgcost-proxy");
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    for _ in 0..100 {
        let output = alone(folder).args(words).output().unwrap();
        // A process that another test is just starting may still have the script open.
        if !String::from_utf8_lossy(&output.stderr).contains("busy") {
            return output;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the script stays busy");
}

#[test]
fn a_program_that_is_missing_is_named_with_how_to_build_it() {
    let folder = folder();
    for words in [&["run", "--cap", "5", "--", "true"][..], &["proxy"], &["help", "run"]] {
        let output = alone(folder.path()).args(words).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        assert!(error.contains("needs the program imgcost-proxy"), "{error}");
        assert!(error.ends_with("\n  try: cargo build --release -p imgcost-proxy\n"), "{error}");
    }
}

#[test]
fn the_words_reach_the_program_beside_this_one_as_they_are() {
    let folder = folder();
    for (typed, passed) in [
        (
            &["run", "--cap", "5", "--", "x", "--help", "--json", "a b", ""][..],
            "run --cap 5 -- x --help --json a b ",
        ),
        (&["--json", "run", "--", "x"], "run --json -- x"),
        (&["help", "run"], "run --help"),
        (&["run", "help"], "run --help"),
        (&["run", "--", "help"], "run -- help"),
        (&["proxy", "--config", "proxy.toml"], "proxy --config proxy.toml"),
        (&["mcp", "--ledger", "budget.db"], "mcp --ledger budget.db"),
        (&["man", "run"], "man run"),
    ] {
        let output = with_program(folder.path(), typed);
        assert_eq!(output.status.code(), Some(9), "its exit code");
        let out = String::from_utf8(output.stdout).unwrap();
        let words: Vec<_> = out.lines().skip(1).collect();
        assert_eq!(words.join(" "), passed);
    }
}

/// Not the options that all other commands have: the program would refuse them.
#[test]
fn shells_complete_the_options_of_the_program_beside_this_one() {
    let folder = folder();
    let script =
        r#"[ "$1" = options ] && printf 'cap\t\ttrue\tSpend so much\nquiet\tq\tfalse\tNo summary\n'"#;
    let output = with_script(folder.path(), script, &["completions", "bash"]);
    let completions = String::from_utf8(output.stdout).unwrap();
    let of_run = completions.split("imgcost__subcmd__run)").nth(1).unwrap();
    let options = of_run.lines().find(|line| line.trim().starts_with("opts=")).unwrap();
    assert!(options.contains("--cap --quiet") || options.contains("-q --cap --quiet"), "{options}");
    assert!(!options.contains("--config"), "{options}");
}
