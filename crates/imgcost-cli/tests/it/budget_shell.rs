//! Budgets as a shell uses them: what was missing when the command was tried by new users, each
//! with the number that it had there.

use crate::common::ledger::{Books, CALL, CEILING};
use crate::common::{finish, words};

#[test]
fn k9_1_holds_are_listed_by_path_and_by_whether_their_time_is_over() {
    let books = Books::at("k9-1", "2031-08-17T09:26:53Z");
    assert_eq!(books.run("set team 25").code, 0);
    let open = books.hold("team/alice");
    let expired = books.hold_of(&format!("team/alice {CALL} --expires-in 0s"));
    let other = books.hold("team/bob");
    let ids = |line: &str| {
        let holds = books.run(&format!("{line} --json")).json()["holds"].clone();
        let id = |hold: &serde_json::Value| hold["hold"].as_str().unwrap().to_owned();
        holds.as_array().unwrap().iter().map(id).collect::<Vec<_>>()
    };
    let [open, expired, other] = [&open, &expired, &other].map(Clone::clone);
    assert_eq!(ids("holds"), [open.clone(), expired.clone(), other.clone()]);
    assert_eq!(ids("holds team/alice"), [open.clone(), expired.clone()]);
    assert_eq!(ids("holds --open"), [open.clone(), other]);
    assert_eq!(ids("holds team/alice --open"), [open]);
    assert_eq!(ids("holds --expired"), [expired]);
    assert_eq!(books.run("holds --open --expired").code, 2);
    let old = books.run("holds --scope team/alice");
    assert!(old.code == 2 && old.stderr.contains("nearest: SCOPE"), "{old:?}");
    let mut later = books.program();
    later.env("IMGCOST_NOW", "2031-08-17T12:00:00Z").env("COLUMNS", "100").arg("holds");
    let later = finish(&mut later, b"");
    let line = later.stdout.lines().nth(1).unwrap();
    assert!(line.contains(" team/alice 2 h 2031-08-17 10:26:53 0.210795 gpt-image-2"), "{later:?}");
}

#[test]
fn k9_2_a_damaged_ledger_comes_with_what_to_do() {
    let books = Books::with("k9-2", "team 100");
    for _ in 0..20 {
        books.hold("team");
    }
    let mut bytes = std::fs::read(books.path()).unwrap();
    let middle = bytes.len() / 3;
    bytes[4096..].iter_mut().skip(middle % 4096).for_each(|byte| *byte = 0xAA);
    std::fs::write(books.path(), bytes).unwrap();
    let ran = books.run("log");
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.stderr.contains("imgcost budget backup"), "{ran:?}");
}

#[test]
fn k9_4_a_total_never_starts_over_and_that_is_told() {
    let books = Books::new("k9-4");
    let told = "a total never starts over; --per day, week or month does";
    assert!(books.run("set team 20").stdout.contains(told));
    for line in ["set team 20 --per week", "set team --unlimited"] {
        assert!(!books.run(line).stdout.contains(told), "{line}");
    }
}

#[test]
fn k9_5_a_week_begins_on_monday() {
    let books = Books::at("k9-5", "2031-08-17T23:59:00Z");
    assert_eq!(books.run("set team 20 --per week").code, 0);
    books.hold("team");
    let budget = books.status();
    assert_eq!(budget["window"], "week");
    assert_eq!(budget["resets_at"], "2031-08-18T00:00:00Z");
    let monday =
        finish(books.program().env("IMGCOST_NOW", "2031-08-18T00:00:01Z").args(["show", "--json"]), b"");
    assert_eq!(monday.json()["budgets"][0]["held"], "0");
}

#[test]
fn k9_6_what_is_not_there_is_named_with_its_window() {
    let books = Books::with("k9-6", "team 5 --per day");
    assert_eq!(books.run("set team 50 --per month").code, 0);
    let ran = books.run("remove team");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("team has no total budget; allowed: day, month"), "{ran:?}");
}

#[test]
fn k9_7_entries_out_of_order_are_noted() {
    let books = Books::with("k9-7", "team 5");
    books.hold("team");
    let back = |line: &str| {
        finish(books.program().env("IMGCOST_NOW", "2031-08-16T00:00:00Z").args(words(line)), b"")
    };
    assert_eq!(back(&format!("hold team {CALL}")).code, 0);
    let doctor = books.run("doctor");
    assert!(doctor.code == 0 && doctor.stdout.contains("1 entries are earlier"), "{doctor:?}");
    assert_eq!(books.run("doctor --json").json()["out_of_order"], 1);
}

#[test]
fn k9_8_a_quiet_hold_prints_its_id_alone() {
    let books = Books::with("k9-8", "team 5");
    let ran = books.run(&format!("hold team {CALL} --quiet"));
    let id = ran.stdout.trim_end();
    assert_eq!((ran.code, ran.stderr.as_str(), ran.stdout.lines().count()), (0, "", 1), "{ran:?}");
    assert_eq!(books.run(&format!("settle {id} --cost 0.2")).code, 0);
    assert_eq!(books.run("hold team --ceiling 0.5 --quiet").stdout.len(), 35);
}

#[test]
fn k9_9_the_first_characters_of_an_id_are_enough_where_no_other_begins_so() {
    let books = Books::with("k9-9", "team 50");
    let ids: Vec<String> = (0..4).map(|_| books.hold("team")).collect();
    // Ids begin with the time, which the tests' clock leaves the same for a while.
    let shortest = |id: &str| {
        let alone =
            |length: &usize| ids.iter().filter(|other| other.starts_with(&id[..*length])).count() == 1;
        id[..(3..=34).find(alone).unwrap()].to_owned()
    };
    let [first, second, third, fourth] = [0, 1, 2, 3].map(|at: usize| shortest(&ids[at]));
    let settled = books.run(&format!("settle {first} --cost 0.1 --json")).json();
    assert_eq!(settled["hold"].as_str(), Some(ids[0].as_str()));
    assert_eq!(books.run(&format!("release {second} --reason never-sent")).code, 0);
    assert_eq!(books.run(&format!("presume {third} --reason lost")).code, 0);
    assert_eq!(books.run(&format!("job {fourth} openai:batch_1")).code, 0);
    let log = books.run(&format!("log --hold {third} --json")).json();
    assert_eq!(log["entries"].as_array().unwrap().len(), 2);
    let several = books.run("settle h_ --cost 0.1");
    assert!(several.code == 2 && several.stderr.contains("expected"), "{several:?}");
    let several = books.run(&format!("settle {} --cost 0.1", &ids[0][..3]));
    assert!(several.code == 2 && several.stderr.contains("several holds begin with h_"), "{several:?}");
    let none = books.run("settle h_fffff --cost 0.1");
    assert!(none.code == 2 && none.stderr.contains("no hold begins with h_fffff"), "{none:?}");
}

/// A ledger with calls of two days, two models and two orders, and a correction.
fn spent(name: &str) -> Books {
    let books = Books::at(name, "2031-08-16T09:00:00Z");
    assert_eq!(books.run("set team 25").code, 0);
    for (line, cost) in [
        ("team/alice --tag order=17 -m gpt-image-2 -q high -s 1024x1024 --prompt-tokens 9", Some("0.2107")),
        ("team/alice --tag order=18 -m gpt-image-2 -q low -s 1024x1024 --prompt-tokens 9", Some("0.0058")),
        ("team/bob --tag order=17 -m gpt-image-1.5 -q low -s 1024x1024 --prompt-tokens 9", None),
    ] {
        let hold = books.hold_of(line);
        let ran = match cost {
            Some(cost) => books.run(&format!("settle {hold} --cost {cost}")),
            None => books.run(&format!("presume {hold} --reason timeout")),
        };
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let released = books.hold("team/bob");
    assert_eq!(books.run(&format!("release {released} --reason never-sent")).code, 0);
    let books = Books { now: Some("2031-08-17T09:00:00Z"), ..books };
    books.hold("team/bob");
    assert_eq!(books.run("adjust team/alice -0.01 --reason refund --at 2031-08-16T09:30:00Z").code, 0);
    books
}

#[test]
fn who_spent_what_adds_up_to_what_the_budgets_count() {
    let books = spent("report");
    let groups = |line: &str| {
        let report = books.run(&format!("report {line} --json")).json();
        let amounts = |group: &serde_json::Value| {
            let names = group["group"].as_object().unwrap().values();
            let names: Vec<_> = names.map(|name| name.as_str().unwrap_or("-").to_owned()).collect();
            format!("{} {} {} {}", names.join(" "), group["calls"], group["spent"], group["held"])
                .replace('"', "")
        };
        report["groups"].as_array().unwrap().iter().map(amounts).collect::<Vec<_>>()
    };
    assert_eq!(groups(""), ["team/alice 2 0.2065 0", &format!("team/bob 2 0.018779 {CEILING}")]);
    assert_eq!(groups("--by day"), ["2031-08-16 3 0.225279 0", &format!("2031-08-17 1 0 {CEILING}")]);
    assert_eq!(groups("--by month,scope").len(), 2);
    assert_eq!(groups("--by day --since 2031-08-17"), [format!("2031-08-17 1 0 {CEILING}")]);
    assert_eq!(groups("--by day --until 2031-08-16"), ["2031-08-16 3 0.225279 0"]);
    assert_eq!(groups("team/bob --by model").len(), 2);
    assert_eq!(
        groups("--by tag:order --until 2031-08-16"),
        ["17 2 0.229479 0", "18 1 0.0058 0", "- 0 -0.01 0"]
    );
    let report = books.run("report --by quality,size --json").json();
    let team = books.status();
    let settled: f64 = team["settled"].as_str().unwrap().parse().unwrap();
    let presumed: f64 = team["presumed"].as_str().unwrap().parse().unwrap();
    let total: f64 = report["total"]["spent"].as_str().unwrap().parse().unwrap();
    assert!((settled + presumed - total).abs() < 1e-9, "{team} {report}");
    assert_eq!(report["total"]["held"], team["held"]);
    for (line, words) in [
        ("report --by modle", "nearest: model"),
        ("report --since 2031-08-17 --until 2031-08-16", "until is before since"),
    ] {
        let ran = books.run(line);
        assert!(ran.code == 2 && ran.stderr.contains(words), "{ran:?}");
    }
    assert_eq!(books.run("report team/nobody").stdout, "nothing was spent\n");
}

#[test]
fn what_was_spent_is_written_in_every_format() {
    let books = spent("report-formats");
    assert_eq!(
        books.run("report").stdout,
        " scope       calls     spent  presumed      held\n \
         team/alice      2  0.206500  0.000000  0.000000\n \
         team/bob        2  0.018779  0.018779  0.210795\n \
         total           4  0.225279  0.018779  0.210795\n \
         spent includes what is presumed: calls whose outcome is unknown\n"
    );
    assert_eq!(books.run("report -f csv").stdout.lines().next(), Some("scope,calls,spent,presumed,held"));
    for format in ["tsv", "jsonl", "markdown", "html"] {
        let ran = books.run(&format!("report -f {format}"));
        assert!(ran.code == 0 && ran.stdout.contains("team/alice"), "{format}: {ran:?}");
    }
    for file in ["report.csv", "report.md"] {
        let path = books.folder.join(file);
        assert_eq!(books.run(&format!("report -o {}", path.display())).code, 0);
        assert!(std::fs::read_to_string(path).unwrap().contains("team/alice"));
    }
}

#[cfg(unix)]
#[test]
fn a_command_runs_once_for_each_threshold_and_changes_no_result() {
    let books = Books::with("on-alert", "team 1 --per day --alerts 50,90");
    let told = books.folder.join("told.txt");
    let hold = |command: &str| {
        let mut program = books.program();
        program.args(words("hold team --ceiling 0.3 --json --on-alert")).arg(command);
        finish(&mut program, b"")
    };
    let note =
        "echo \"$IMGCOST_ALERT_SCOPE $IMGCOST_ALERT_WINDOW $IMGCOST_ALERT_PERCENT $IMGCOST_ALERT_USED \
                $IMGCOST_ALERT_CAP\" >> TOLD; echo on stdout"
            .replace("TOLD", told.to_str().unwrap());
    for _ in 0..3 {
        let ran = hold(&note);
        assert!(ran.code == 0 && ran.json()["hold"].is_string(), "{ran:?}");
    }
    assert_eq!(std::fs::read_to_string(&told).unwrap(), "team day 50 0.6 1\nteam day 90 0.9 1\n");
    // How it ends is told, and the hold is made all the same.
    let books = Books::with("on-alert-fails", "team 1 --alerts 10");
    let mut program = books.program();
    let ran = finish(program.args(words("hold team --ceiling 0.3 --quiet --on-alert")).arg("exit 7"), b"");
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 1), "{ran:?}");
    assert!(ran.stderr.contains("--on-alert: the command ended with exit status: 7"), "{ran:?}");
}
