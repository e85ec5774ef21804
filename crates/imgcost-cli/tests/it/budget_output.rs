//! What `imgcost budget` prints: pages in 80 columns, documents, the journal, exports.

use crate::common::ledger::{Books, CALL, masked};
use crate::common::{finish, snapshot};

/// A ledger in which everything has happened once.
fn eventful(name: &str) -> Books {
    filled(Books::new(name))
}

/// Has everything happen once.
fn filled(books: Books) -> Books {
    assert_eq!(books.run("set team 25 --per month --alerts 1,50").code, 0);
    assert_eq!(books.run("set team/alice 2.5").code, 0);
    assert_eq!(books.run("set team/bob 0.4 --require-proven").code, 0);
    assert_eq!(books.run("set team/carol --unlimited").code, 0);
    let settled = books.hold("team/alice/run-42");
    assert_eq!(books.run(&format!("settle {settled} --cost 0.21013")).code, 0);
    let overrun = books.hold("team/bob");
    assert_eq!(books.run(&format!("settle {overrun} --cost 0.5")).code, 3);
    let presumed = books.hold("team/carol");
    assert_eq!(books.run(&format!("presume {presumed} --reason timeout")).code, 0);
    let released = books.hold("team/alice");
    assert_eq!(books.run(&format!("release {released} --reason not-sent")).code, 0);
    books.hold_of("team/alice --ceiling 1.123456789");
    books.hold_of(&format!("team/alice {CALL} --expires-in 0s"));
    books
}

#[test]
fn show_is_a_table_of_80_columns() {
    // The time until the month ends is a column.
    let books = filled(Books::at("show", "2031-08-17T09:26:53Z"));
    let ran = books.run("show");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    for line in ran.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(!ran.stdout.contains('\u{1b}'), "colour without a terminal");
    snapshot("budget-show.txt", &masked(&ran.stdout));
    let long =
        Books::with("wide", "department-of-images/team-of-alice/run-2026-11-21-attempt-17 999999.999999999");
    assert_eq!(long.run("set department-of-images 1000000 --per month").code, 0);
    long.hold("department-of-images/team-of-alice/run-2026-11-21-attempt-17");
    for line in long.run("show").stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn show_adds_up_to_the_caps() {
    let books = Books::at("adds-up", "2031-08-31T11:00:00Z");
    for budget in ["studio 200 --per month", "studio/ci 5 --per day", "studio/web 20 --per day"] {
        assert_eq!(books.run(&format!("set {budget} --alerts 90")).code, 0);
    }
    for (scope, cost) in [("studio", "126.481"), ("studio/ci", "4.81"), ("studio/web", "9.758")] {
        let hold = books.hold_of(&format!("{scope} --ceiling {cost}"));
        assert_eq!(books.run(&format!("settle {hold} --cost {cost}")).code, 0);
    }
    for _ in 0..6 {
        let presumed = books.hold("studio/web");
        assert_eq!(books.run(&format!("presume {presumed} --reason timeout")).code, 0);
    }
    (0..2).for_each(|_| drop(books.hold("studio/web")));
    books.hold_of(&format!("studio/web {CALL} --expires-in 0s"));
    snapshot("budget-adds-up.txt", &books.run("show").stdout);
}

#[test]
fn open_holds_are_listed_with_their_calls() {
    let books = Books::at("holds", "2031-08-17T09:26:53Z");
    assert_eq!(books.run("set team 25").code, 0);
    assert_eq!(books.run("holds").stdout, "no hold is open\n");
    books.hold("team/alice");
    books.hold_of("team/bob --ceiling 1.5 --key job-7");
    books.hold_of(&format!("team/bob {CALL} -n 2 --expires-in 0s"));
    let settled = books.hold("team");
    assert_eq!(books.run(&format!("settle {settled} --cost 0.2")).code, 0);
    snapshot("budget-holds.txt", &masked(&books.run("holds").stdout));
    let document = books.run("holds team/bob --json").json();
    assert_eq!(document["schema"], "imgcost.holds/1");
    let holds = document["holds"].as_array().unwrap();
    let of = |name: &str| holds.iter().map(|hold| hold[name].to_string()).collect::<Vec<_>>();
    assert_eq!(of("call"), ["\"not quoted\"", "\"gpt-image-2 high 1024x1024 x2\""]);
    assert_eq!(
        (of("expired"), of("key")),
        (vec!["false".into(), "true".into()], vec!["\"job-7\"".into(), "null".into()])
    );
    let expired = books.run("holds --expired --json").json();
    assert_eq!(expired["holds"].as_array().unwrap(), &holds[1..]);
    assert_eq!(books.run("holds team/alice --expired").stdout, "no hold has expired\n");
}

#[test]
fn documents_have_their_shape() {
    let books = eventful("documents");
    for (name, line) in [
        ("budget-show.json", "show -f json"),
        ("budget-hold.json", &format!("hold team/alice {CALL} -f json") as &str),
        ("budget-refused.json", &format!("hold team/bob {CALL} -f json")),
        ("budget-log.json", "log team/carol -f json"),
    ] {
        let ran = books.run(line);
        assert!(ran.code == 0 || ran.code == 3, "{line}: {ran:?}");
        assert!(ran.json()["schema"].as_str().unwrap().starts_with("imgcost."), "{line}");
        snapshot(name, &masked(&ran.stdout));
    }
}

#[test]
fn every_page_has_every_format() {
    let books = eventful("formats");
    for line in ["show", "holds", "log", "doctor", "set other 1", "presume --expired"] {
        for format in ["table", "json", "jsonl", "csv", "tsv", "md", "html"] {
            let ran = books.run(&format!("{line} -f {format}"));
            assert_eq!(ran.code, 0, "{line} -f {format}: {ran:?}");
            assert!(ran.stdout.lines().count() >= 1, "{line} -f {format}");
            if format == "json" {
                assert!(ran.json()["schema"].as_str().unwrap().starts_with("imgcost."), "{line}");
            }
        }
    }
    let table = books.run("show -f csv").stdout;
    assert!(table.starts_with("scope,window,cap,held,"), "{table}");
    assert_eq!(table.lines().count(), 6);
}

#[test]
fn a_file_has_what_standard_output_has() {
    let books = eventful("files");
    let file = books.folder.join("out.csv");
    for line in ["show", "log", "log --last 3 -f jsonl", "doctor", "set other 1"] {
        assert_eq!(books.run(&format!("{line} -o {}", file.display())).code, 0, "{line}");
        let line = line.replace("-f jsonl", "");
        let written = std::fs::read_to_string(&file).unwrap();
        assert_eq!(written, books.run(&format!("{line} -f csv")).stdout, "{line}");
    }
    let refused = books.run(&format!("export -o {}", file.display()));
    assert!(refused.code == 2 && refused.stderr.contains("standard output only"), "{refused:?}");
}

#[test]
fn the_journal_tells_all_in_order() {
    let books = eventful("journal");
    let ran = books.run("log");
    for line in ran.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    snapshot("budget-log.txt", &masked(&ran.stdout));
    let entries = books.run("log -f jsonl").lines();
    let numbers: Vec<u64> = entries.iter().map(|entry| entry["number"].as_u64().unwrap()).collect();
    assert!(numbers.is_sorted() && numbers.len() > 10);
    assert_eq!(books.run("log --last 2 -f jsonl").lines(), entries[entries.len() - 2..]);
    let hold = entries.iter().find(|entry| entry["event"] == "settled").unwrap()["hold"].as_str().unwrap();
    let of_hold = books.run(&format!("log --hold {hold} -f jsonl")).lines();
    assert!(of_hold.iter().all(|entry| entry["hold"] == hold) && of_hold.len() >= 2);
    assert_eq!(books.run("log --since 9000-01-01 -f jsonl").stdout, "");
    assert_eq!(books.run("log --since 2020-01-01T00:00:00Z -f jsonl").lines(), entries);
    let below = books.run("log team/carol -f jsonl").lines();
    assert!(below.iter().all(|entry| entry["scope"] == "team/carol"));
}

#[test]
fn an_export_has_everything() {
    let books = eventful("export");
    let lines = books.run("export").lines();
    assert_eq!(lines[0]["schema"], "imgcost.ledger/1");
    let count = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).count();
    assert_eq!((count("budget"), count("hold")), (4, 6));
    assert!(count("counter") >= 16 && count("entry") >= 15, "{}", lines.len());
    let scoped = books.run("export --scope team/bob").lines();
    assert!(scoped[1..].iter().all(|line| line["scope"] == "team/bob"));
    let holds = books.run("export -f csv").stdout;
    assert_eq!(holds.lines().count(), 7);
    let mut reader = csv::Reader::from_reader(holds.as_bytes());
    assert!(reader.records().all(|record| record.unwrap().len() == 22));
    assert_eq!(books.run("export -f md").code, 2);
}

#[test]
fn a_sound_ledger_passes_the_doctor() {
    let books = eventful("doctor");
    let ran = books.run("doctor");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("sqlite") && ran.stdout.contains("ok"), "{ran:?}");
    assert!(ran.stdout.contains("2 calls open, 1 hold expired"), "{ran:?}");
    for line in ran.stdout.lines() {
        assert!(line.chars().count() <= 80 || line.contains("ledger.db"), "{line}");
    }
    let document = books.run("doctor -f json").json();
    assert_eq!((document["ok"].as_bool(), document["kind"].as_str()), (Some(true), Some("sqlite")));
    assert_eq!(document["holds"], 6);
}

#[test]
fn a_pipe_is_not_coloured() {
    let books = eventful("colour");
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "xterm-256color")] {
        let ran = finish(books.program().env(name, value).arg("show"), b"");
        assert!(ran.code == 0 && !ran.stdout.contains('\u{1b}'), "{name}");
    }
}

#[test]
fn a_reader_that_goes_away_is_a_normal_end() {
    let books = eventful("gone");
    for line in ["show", "holds", "log", "export", "doctor"] {
        let mut command = books.program();
        command.arg(line).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{line}: {output:?}");
    }
}

#[test]
fn a_backup_is_a_ledger_with_the_same_books() {
    let books = eventful("backup");
    let copy = books.folder.join("copy.db");
    let name = copy.to_str().unwrap();
    let ran = books.run(&format!("backup {name}"));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert!(ran.stdout.contains("copied to") && ran.stdout.contains(name), "{ran:?}");
    let export = |line: &str| books.run(line).stdout.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(export(&format!("export --ledger {name}")), export("export"));
    // Never over what is there, be it the ledger itself.
    let again = books.run(&format!("backup {name} -f json"));
    assert_eq!(again.code, 2, "{again:?}");
    assert!(again.json()["error"]["message"].as_str().unwrap().contains("overwrites nothing"), "{again:?}");
    let other = books.folder.join("other.db");
    let document = books.run(&format!("backup {} -f json", other.display())).json();
    assert_eq!(document["schema"], "imgcost.backup/1");
    assert_eq!(document["backup"].as_str(), other.to_str());
    let server = books.run("backup x.db --ledger postgres://user@127.0.0.1:1/none");
    assert_eq!(server.code, 2, "{server:?}");
    assert!(server.stderr.contains("pg_dump"), "{server:?}");
}
