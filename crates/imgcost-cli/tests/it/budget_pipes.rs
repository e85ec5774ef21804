//! Closed pipes, texts of others that would change a terminal, and work
//! that breaks off in the middle.

use std::process::{Command, Stdio};

use crate::common::ledger::{Books, CALL};
use crate::common::{Ran, finish, program, words};

/// Runs a command whose stdout is closed.
fn unread(command: &mut Command) -> i32 {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::null()).status();
    status.unwrap().code().unwrap()
}

#[test]
fn a_closed_pipe_changes_no_response() {
    let books = Books::with("unread", "team 0.3");
    let none = Books::new("unread-none");
    let hold = format!("hold team {CALL}");
    assert_eq!(books.run(&hold).code, 0);
    let over = books.hold_of("team --ceiling 0.01");
    for (books, line, code) in [
        (&books, hold.clone(), 3),
        (&books, format!("hold nowhere {CALL}"), 3),
        (&books, "set team".to_owned(), 2),
        (&none, "show".to_owned(), 5),
        (&none, hold, 5),
        (&books, "show".to_owned(), 0),
        (&books, "show --fail-above 10".to_owned(), 3),
        (&books, "log".to_owned(), 0),
        (&books, "export".to_owned(), 0),
        (&books, format!("settle {over} --cost 0.02"), 3),
        (&books, format!("settle {over} --cost 0.02"), 3),
    ] {
        for format in ["json", "jsonl", "table", "csv"] {
            let code_found = unread(books.program().args(words(&line)).args(["-f", format]));
            assert_eq!(code_found, code, "{line} -f {format}");
        }
    }
    let connection = rusqlite::Connection::open(books.path()).unwrap();
    connection.execute("UPDATE counter SET settled = settled + 1 WHERE win = 0", []).unwrap();
    drop(connection);
    assert_eq!(unread(books.program().args(["doctor", "-f", "json"])), 5);
    for (line, code) in [("-m gpt-image-2 -q high -s 1024x1024 --prompt-tokens 9 --cap 0.1", 3), ("-m x", 2)]
    {
        assert_eq!(unread(program().args(words(line)).args(["-f", "json"])), code, "{line}");
    }
}

fn quiet(ran: &Ran) {
    for c in ['\u{1b}', '\u{9b}', '\u{202e}', '\u{2066}'] {
        assert!(!ran.stdout.contains(c) && !ran.stderr.contains(c), "{c:?}: {ran:?}");
    }
    assert!(ran.stdout.lines().all(|line| !line.starts_with("forged")), "{ran:?}");
}

#[test]
fn texts_of_others_do_nothing_to_a_terminal() {
    let odd = "\u{1b}[2J\u{9b}31m\u{202e}x\u{2066}\r\nforged";
    // The ledger takes no control characters; those that only turn text around, it may.
    for text in [odd, "\u{202e}x\u{2066}"] {
        let books = Books::with("texts", "team 1");
        let hold = books.hold("team");
        let run = |arguments: &[&str]| finish(books.program().args(arguments), b"");
        quiet(&run(&["release", &hold, "--reason", text, "--by", text]));
        quiet(&run(&["hold", "team", "--ceiling", "0.1", "--key", text, "--by", text]));
        quiet(&run(&["hold", "team", "--ceiling", "0.2", "--key", text]));
        let held = books.hold_of("team --ceiling 0.1 --expires-in 0s");
        quiet(&run(&["presume", "--expired", "--reason", text]));
        quiet(&run(&["presume", &held, "--reason", text]));
        for format in ["table", "md"] {
            quiet(&run(&["log", "-f", format]));
            quiet(&run(&["doctor", "-f", format]));
        }
        quiet(&run(&["settle", text, "--cost", "1"]));
        quiet(&run(&["show", "--ledger", text]));
        quiet(&run(&["show", text]));
    }
}

#[test]
fn what_was_presumed_before_a_failure_is_told() {
    let broken = |name: &str| {
        let books = Books::with(name, "a 1");
        assert_eq!(books.run("set b 1").code, 0);
        let first = books.hold_of("a --ceiling 0.1 --expires-in 0s");
        books.hold_of("b --ceiling 0.1 --expires-in 0s");
        let connection = rusqlite::Connection::open(books.path()).unwrap();
        connection.execute("UPDATE counter SET held = 0, held_assumed = 0 WHERE scope = 'b'", []).unwrap();
        (books, first)
    };
    let (books, first) = broken("midway");
    let ran = books.run("presume --expired -f json");
    assert_eq!((ran.code, ran.stderr.as_str()), (5, ""), "{ran:?}");
    let document = ran.json();
    assert_eq!(
        (document["presumed"].as_u64(), document["holds"][0]["hold"].as_str()),
        (Some(1), Some(&*first))
    );
    assert_eq!(document["error"]["code"], "ledger-damaged", "{document}");
    let (books, first) = broken("midway-plain");
    let ran = books.run("presume --expired");
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.stdout.contains(&first) && ran.stderr.contains("not all were presumed"), "{ran:?}");
    // With nothing done, it is a failure as any other.
    let ran = books.run("presume --expired -f json");
    assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (5, Some("ledger-damaged")), "{ran:?}");
    assert_eq!(ran.json()["schema"], "imgcost.error/1");
}

#[test]
fn what_looks_like_an_address_is_neither_a_file_nor_repeated() {
    let books = Books::new("addresses");
    for address in [
        "host=db user=me password=s3cret",
        "host=db Password = s3cret",
        "postgres:/me:s3cret@db/x",
        "postgres:me:s3cret@db/x",
        "me:s3cret@db:5432/x",
        "mysql://root:s3cret@db/x",
        "host=db password=s3cret options=http://x",
    ] {
        for line in ["show", "set team 1", "show -f json"] {
            let mut command = books.program();
            let ran = finish(
                command.args(words(line)).arg("--ledger").arg(address).current_dir(&books.folder),
                b"",
            );
            assert_eq!(ran.code, 2, "{address}: {ran:?}");
            assert!(!format!("{ran:?}").contains("s3cret"), "{ran:?}");
        }
    }
    assert_eq!(std::fs::read_dir(&books.folder).unwrap().count(), 0, "no file was made");
    for name in ["me@home.db", "a:b.db", "./a:b@c.db"] {
        let mut command = books.program();
        let ran =
            finish(command.args(["set", "team", "1", "--ledger", name]).current_dir(&books.folder), b"");
        assert_eq!(ran.code, 0, "{name}: {ran:?}");
    }
}

#[test]
fn a_budget_looks_the_same_everywhere() {
    let books = Books::with("same", "team 1.5 --per day");
    assert_eq!(books.run("set team --unlimited").code, 0);
    let exported = books.run("export").lines();
    let exported: Vec<_> = exported.iter().filter(|line| line["kind"] == "budget").collect();
    let shown = books.run("show -f json").json();
    for (line, shown) in exported.iter().zip(shown["budgets"].as_array().unwrap()) {
        for field in ["scope", "window", "unlimited", "cap", "alerts", "allow_assumed_ceiling"] {
            assert_eq!(line[field], shown[field], "{field}");
        }
    }
    assert_eq!(exported.len(), 2);
    assert!(exported.iter().any(|line| line["cap"] == "1.5" && line["unlimited"] == false));
    assert_eq!(books.run("export -f json").lines().len(), books.run("export -f jsonl").lines().len());
}

#[test]
fn a_share_has_one_percent_sign_at_most() {
    let books = Books::with("percent", "team 1");
    assert_eq!(books.run("show --fail-above 90%").code, 0);
    assert_eq!(books.run("show --fail-above 90%%").code, 2);
}
