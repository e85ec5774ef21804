//! What an operator does beside the calls: defaults, weeks, pauses, corrections, and bulk release.

use crate::common::ledger::Books;

#[test]
fn a_default_is_in_force_for_every_child_and_shown() {
    let books = Books::at("defaults", "2026-05-13T10:00:00Z");
    let set = books.run("set studio/* 2 --per day -f json");
    assert_eq!((set.code, set.json()["budget"]["scope"].as_str()), (0, Some("studio/*")), "{set:?}");
    books.hold_of("studio/alice --ceiling 1.5");
    let refused = books.run("hold studio/alice/run --ceiling 1 -f json");
    assert_eq!((refused.code, refused.json()["error"]["left"].as_str()), (3, Some("0.5")), "{refused:?}");
    assert_eq!(refused.json()["error"]["budgets"][0]["short"], "0.5");
    let shown = books.run("show -f json").json();
    assert_eq!(shown["budgets"][0]["scope"], "studio/alice");
    assert_eq!(shown["budgets"][0]["default"], "studio/*");
    assert_eq!(shown["defaults"][0]["scope"], "studio/*");
    let page = books.run("show").stdout;
    assert!(page.contains("each scope below studio: $2 per day by default"), "{page}");
    assert!(page.contains(" h  default"), "{page}");
    // One of its own wins, and what is set already stays.
    assert_eq!(books.run("set studio/alice 9 --per day").code, 0);
    let kept = books.run("set studio/alice 3 --per day --if-absent -f json").json();
    assert_eq!(kept["budget"]["cap"], "9");
    books.hold_of("studio/alice --ceiling 7");
    assert_eq!(books.run("remove studio/* --per day").code, 0);
    assert_eq!(books.run("remove studio/* --per day").code, 2);
    assert_eq!(books.run("hold studio/bob --ceiling 0").code, 3);
    assert_eq!(books.run("doctor").code, 0);
}

#[test]
fn a_week_begins_on_monday() {
    // A Sunday.
    let mut books = Books::at("weeks", "2026-05-17T23:59:00Z");
    assert_eq!(books.run("set team 2 --per week").code, 0);
    books.hold_of("team --ceiling 2");
    assert_eq!(books.run("hold team --ceiling 0.01").code, 3);
    let status = books.status();
    assert_eq!(status["since"], "2026-05-11T00:00:00Z");
    assert_eq!(status["resets_at"], "2026-05-18T00:00:00Z");
    books.now = Some("2026-05-18T00:00:00Z");
    books.hold_of("team --ceiling 2");
}

#[test]
fn a_paused_scope_is_refused_with_who_and_why() {
    let books = Books::with("paused", "team 5");
    let paused = books.run("pause team/ci --reason runaway -f json");
    assert_eq!((paused.code, paused.json()["pause"]["by"].as_str()), (0, Some("tester")), "{paused:?}");
    let refused = books.run("hold team/ci/run --ceiling 0.1 -f json");
    assert_eq!((refused.code, refused.json()["error"]["code"].as_str()), (3, Some("paused")), "{refused:?}");
    let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("paused by tester") && message.contains("runaway"), "{message}");
    assert!(message.ends_with("imgcost budget resume team/ci ends it"), "{message}");
    assert!(books.run("show").stdout.contains("team/ci is paused since"));
    assert_eq!(books.run("show -f json").json()["paused"][0]["reason"], "runaway");
    let wrong = books.run("resume team");
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("team is not paused") && wrong.stderr.contains("team/ci"), "{wrong:?}");
    assert_eq!(books.run("resume team/ci").code, 0);
    books.hold_of("team/ci/run --ceiling 0.1");
}

#[test]
fn a_correction_is_an_entry_of_its_own() {
    let books = Books::at("adjust", "2026-05-13T10:00:00Z");
    assert_eq!(books.run("set team 5 --per month").code, 0);
    let line = "adjust team/ci 1.2 --reason invoice --key may -f json";
    let first = books.run(line).json();
    assert_eq!((first["event"].as_str(), first["repeated"].as_bool()), (Some("charged"), Some(false)));
    assert_eq!(books.run(line).json()["repeated"], true);
    assert_eq!(books.status()["settled"], "1.2");
    let off = books.run("adjust team/ci -0.7 --reason refunded");
    assert!(off.code == 0 && off.stdout.contains("$0.7 taken off what team/ci has spent"), "{off:?}");
    assert_eq!(books.status()["settled"], "0.5");
    let too_much = books.run("adjust team/ci -0.6 --reason refunded");
    assert_eq!(too_much.code, 2);
    assert!(too_much.stderr.contains("only $0.5 is settled"), "{too_much:?}");
    assert_eq!(books.run("adjust team/ci 3 --reason april --at 2026-04-30").code, 0);
    assert_eq!(books.status()["settled"], "0.5");
    let log = books.run("log").stdout;
    assert!(log.contains("credited") && log.contains("april, counts at"), "{log}");
    assert_eq!(books.run("doctor").code, 0);
}

#[test]
fn the_journal_of_a_tag_is_that_of_its_holds() {
    let books = Books::with("tag", "team 50");
    let first = books.hold_of("team/a --ceiling 1 --tag order=17 --tag run=a");
    let other = books.hold_of("team/a --ceiling 1 --tag order=18");
    books.hold_of("team/a --ceiling 1");
    assert_eq!(books.run(&format!("settle {first} --cost 0.5")).code, 0);
    let entries = |options: &str| -> Vec<(String, String)> {
        let ran = books.run(&format!("log {options} -f json"));
        assert_eq!(ran.code, 0, "{ran:?}");
        let text = |entry: &serde_json::Value, name: &str| entry[name].as_str().unwrap().to_owned();
        let document = ran.json();
        document["entries"].as_array().unwrap().iter().map(|e| (text(e, "event"), text(e, "hold"))).collect()
    };
    let entry = |event: &str, hold: &str| (event.to_owned(), hold.to_owned());
    let of_first = [entry("held", &first), entry("settled", &first)];
    assert_eq!(entries("--tag order=17"), of_first);
    assert_eq!(entries("--tag run"), of_first);
    assert_eq!(
        entries("--tag order"),
        [entry("held", &first), entry("held", &other), entry("settled", &first)]
    );
    assert_eq!(entries("team/a --tag order --last 1"), [entry("settled", &first)]);
    assert_eq!(entries("--tag order="), []);
    let wrong = books.run("log --tag =17");
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("NAME=VALUE"), "{wrong:?}");
}

#[test]
fn an_outage_is_released_at_once() {
    let books = Books::with("outage", "team 50");
    let presume = |reason: &str| {
        let hold = books.hold_of("team/a --ceiling 1");
        let ran = books.run(&format!("presume {hold} --reason {reason}"));
        assert_eq!(ran.code, 0, "{ran:?}");
    };
    for reason in ["answered-503", "answered-503-overloaded", "answered-500"] {
        presume(reason);
    }
    let since = books.run("release --presumed --since 2999-01-01 --reason outage -f json");
    assert_eq!((since.code, since.json()["released"].as_u64()), (0, Some(0)), "{since:?}");
    let released = books.run("release --presumed --reason-like answered-503 --reason outage -f json");
    let document = released.json();
    assert_eq!(document["schema"], "imgcost.released/1");
    assert_eq!(
        (document["released"].as_u64(), document["total"].as_str()),
        (Some(2), Some("2")),
        "{released:?}"
    );
    assert_eq!(books.status()["presumed"], "1");
    let log = books.run("log -f json").json();
    let entries = log["entries"].as_array().unwrap();
    assert_eq!(entries.iter().filter(|entry| entry["event"] == "released").count(), 2);
    assert_eq!(books.run("release --reason outage").code, 2);
    assert_eq!(books.run("release --reason-like x --reason outage").code, 2);
    let none = books.run("release --presumed --scope other --reason outage");
    assert!(none.stdout.contains("no such call is presumed"), "{none:?}");
}
