//! What `imgcost budget` refuses and what fails it: exit codes, documents, and the words.

use std::fs;

use crate::common::ledger::{Books, CALL};
use crate::common::{finish, words};

#[test]
fn each_refusal_has_its_code_and_exit() {
    let books = Books::with("codes", "team/alice 1");
    let none = format!("h_{}", "0".repeat(32));
    for (line, exit, code) in [
        ("set Team 1".to_owned(), 2, "bad-input"),
        ("set team much".to_owned(), 2, "illegal-value"),
        ("set team -1".to_owned(), 2, "illegal-value"),
        ("set team".to_owned(), 2, "bad-input"),
        ("set team 1 --per decade".to_owned(), 2, "bad-input"),
        ("set team 1 --alerts 0".to_owned(), 2, "bad-input"),
        ("set team 1 --unlimited".to_owned(), 2, "bad-input"),
        ("hold".to_owned(), 2, "bad-input"),
        (format!("hold team/alcie {CALL}"), 3, "no-budget"),
        (format!("hold team/alice {CALL} --expires-in soon"), 2, "illegal-value"),
        (format!("hold team/alice {CALL} --key {}", "k".repeat(600)), 2, "bad-input"),
        ("hold team/alice -m nonsense --prompt-tokens 1".to_owned(), 2, "unknown-model"),
        ("hold team/alice --ceiling much".to_owned(), 2, "illegal-value"),
        (
            "hold team/alice -m gpt-image-2.6-flare -q low --prompt-tokens 9 --require-proven".to_owned(),
            3,
            "assumed-ceiling",
        ),
        ("hold team/alice --ceiling 0.1 --require-proven".to_owned(), 2, "bad-input"),
        ("hold team/alice --ceiling 2".to_owned(), 3, "over-budget"),
        (format!("settle {none} --cost 1"), 2, "no-hold"),
        (format!("settle {none} --usage nothing.json"), 2, "bad-input"),
        (format!("settle {none}"), 2, "bad-input"),
        ("settle h_1 --cost 1".to_owned(), 2, "bad-input"),
        (format!("release {none} --reason x"), 2, "no-hold"),
        (format!("release {none}"), 2, "bad-input"),
        (format!("presume {none}"), 2, "bad-input"),
        ("presume".to_owned(), 2, "bad-input"),
        ("log --since yesterday".to_owned(), 2, "illegal-value"),
        ("log --last -1".to_owned(), 2, "illegal-value"),
        ("show a//b".to_owned(), 2, "bad-input"),
        ("show --ledger mysql://root:secret@db/x".to_owned(), 2, "bad-input"),
        ("shwo".to_owned(), 2, "bad-input"),
    ] {
        let ran = books.run(&format!("{line} -f json"));
        assert_eq!((ran.code, ran.stderr.as_str()), (exit, ""), "{line}: {ran:?}");
        let error = ran.json()["error"].clone();
        assert_eq!(error["code"], code, "{line}: {error}");
        let plain = books.run(&line);
        assert_eq!((plain.code, plain.stdout.as_str()), (exit, ""), "{line}");
        assert!(
            plain.stderr.starts_with("imgcost: ")
                && plain.stderr.lines().skip(1).all(|line| line.starts_with("  see: imgcost help budget")
                    || line.starts_with("  try: imgcost budget ")),
            "{line}: {plain:?}"
        );
        assert!(!plain.stderr.contains("secret"), "{plain:?}");
    }
}

#[test]
fn a_bad_scope_comes_with_a_good_one_and_a_mistyped_one_with_the_nearest() {
    let books = Books::with("scopes", "team/alice 1");
    let error = books.run("set Team/Alice 1 -f json").json()["error"].clone();
    assert_eq!(error["nearest"], "team/alice");
    let error = books.run(&format!("hold team/alcie {CALL} -f json")).json()["error"].clone();
    assert_eq!((error["code"].as_str(), error["nearest"].as_str()), (Some("no-budget"), Some("team/alice")));
    assert!(error["message"].as_str().unwrap().contains("budget set"), "{error}");
}

#[test]
fn a_missing_ledger_is_5_and_tells_how_to_make_one() {
    let books = Books::new("missing");
    let none = format!("h_{}", "0".repeat(32));
    for line in [
        "show".to_owned(),
        format!("hold team {CALL}"),
        "remove team".to_owned(),
        format!("settle {none} --cost 1"),
        format!("release {none} --reason x"),
        "presume --expired".to_owned(),
        "log".to_owned(),
        "export".to_owned(),
        "doctor".to_owned(),
    ] {
        let ran = books.run(&line);
        assert_eq!((ran.code, ran.stdout.as_str()), (5, ""), "{line}: {ran:?}");
        assert!(ran.stderr.contains("there is no ledger at") && ran.stderr.contains("budget set"), "{ran:?}");
        let ran = books.run(&format!("{line} -f json"));
        assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (5, Some("no-ledger")), "{line}");
        assert!(!books.path().exists(), "{line} made a ledger");
    }
}

#[test]
fn what_is_no_ledger_is_5() {
    let books = Books::new("unfit");
    let text = books.folder.join("notes.txt");
    fs::write(&text, "Not a database, but long enough to be looked at. ".repeat(100)).unwrap();
    let folder = books.folder.join("folder");
    fs::create_dir(&folder).unwrap();
    for path in [text, folder, books.folder.join("missing/ledger.db")] {
        for line in ["show", "set team 1"] {
            let ran = finish(
                books.program().args(words(line)).arg("--ledger").arg(&path).args(["-f", "json"]),
                b"",
            );
            assert_eq!(ran.code, 5, "{line} {path:?}: {ran:?}");
            let code = ran.json()["error"]["code"].as_str().unwrap().to_owned();
            assert!(
                ["no-ledger", "ledger-unfit", "ledger-unavailable", "ledger-damaged"]
                    .contains(&code.as_str())
            );
        }
    }
}

#[test]
fn books_that_do_not_balance_are_5() {
    let books = Books::with("imbalance", "team 1");
    books.hold("team");
    let connection = rusqlite::Connection::open(books.path()).unwrap();
    connection.execute("UPDATE counter SET settled = settled + 1 WHERE win = 0", []).unwrap();
    drop(connection);
    let ran = books.run("doctor -f json");
    assert_eq!((ran.code, ran.json()["ok"].as_bool()), (5, Some(false)), "{ran:?}");
    assert_eq!(ran.json()["differences"], 1);
    let ran = books.run("doctor");
    assert!(ran.code == 5 && ran.stdout.contains("problem"), "{ran:?}");
}

#[test]
fn a_damaged_ledger_is_5() {
    let books = Books::with("damaged", "team 1");
    books.hold("team");
    let mut bytes = fs::read(books.path()).unwrap();
    bytes[4096..].fill(0xa5);
    fs::write(books.path(), bytes).unwrap();
    for line in ["show".to_owned(), "doctor".to_owned(), format!("hold team {CALL}")] {
        let ran = books.run(&format!("{line} -f json"));
        assert_eq!(ran.code, 5, "{line}: {ran:?}");
        ran.json();
    }
}

#[cfg(unix)]
#[test]
fn a_ledger_that_may_not_be_written_is_5() {
    use std::os::unix::fs::PermissionsExt;
    let books = Books::with("read-only", "team 1");
    let mode =
        |path: &std::path::Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(&books.path(), 0o400);
    mode(&books.folder, 0o500);
    // An administrator may write all the same.
    let may_write = fs::OpenOptions::new().append(true).open(books.path()).is_ok();
    let ran = books.run(&format!("hold team {CALL} -f json"));
    mode(&books.folder, 0o700);
    assert_eq!(ran.code, if may_write { 0 } else { 5 }, "{ran:?}");
}

#[cfg(not(feature = "postgres"))]
#[test]
fn a_server_needs_the_feature_and_its_password_is_never_shown() {
    let books = Books::new("postgres");
    for address in ["postgres://me:secret@db.example/x", "postgresql://me:secret@db.example/x"] {
        for format in ["table", "json"] {
            let ran = books.run(&format!("show --ledger {address} -f {format}"));
            assert_eq!(ran.code, 2, "{ran:?}");
            let told = ran.stdout + &ran.stderr;
            assert!(told.contains("--features postgres") && !told.contains("secret"), "{told}");
        }
    }
}

#[test]
fn an_unpriced_call_is_over_every_budget() {
    let books = Books::with("unpriced", "team 1");
    let call = "-p new-api -m gpt-image-2 -q low -s 1024x1024 --prompt-tokens 9";
    let ran = books.run(&format!("hold team {call} -f json"));
    assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (3, Some("unpriced")), "{ran:?}");
    let ran = books.run(&format!("hold team {call}"));
    assert!(ran.code == 3 && ran.stdout.is_empty() && ran.stderr.contains("--ceiling USD"), "{ran:?}");
    assert_eq!(books.status()["open"], 0);
}

#[cfg(target_os = "linux")]
#[test]
fn an_output_that_fails_is_5_and_the_hold_is_kept() {
    let books = Books::with("full", "team 1");
    for line in ["show", "log", "export", "doctor", "show -f json"] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let status =
            books.program().args(words(line)).stdout(full).stderr(std::process::Stdio::null()).status();
        assert_eq!(status.unwrap().code(), Some(5), "{line}");
    }
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let line = format!("hold team {CALL}");
    let status = books.program().args(words(&line)).stdout(full).stderr(std::process::Stdio::null()).status();
    assert_eq!(status.unwrap().code(), Some(5));
    assert_eq!(books.status()["open"], 1);
}
