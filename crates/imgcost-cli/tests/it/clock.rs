//! The time of test builds comes from `IMGCOST_NOW`, everywhere in the program.

#![cfg(debug_assertions)]

use crate::common::ledger::{Books, CALL};
use crate::common::{Ran, file, finish, folder, program, words};

/// A moment of a leap day: still the 28th in America, already the 1st of March in Kiribati.
const LEAP_DAY: &str = "2028-02-29T10:30:00Z";

fn at(now: &str, line: &str) -> Ran {
    let mut command = program();
    command.env_remove("IMGCOST_AS_OF").env("IMGCOST_NOW", now);
    finish(command.args(words(line)), b"")
}

#[test]
fn a_quote_without_a_day_is_of_the_day_of_the_clock() {
    let quote = |now| {
        let document = at(now, "-m gpt-image-2 -q low -s 1024x1024 -f json").json();
        document["as_of"].as_str().unwrap().to_owned()
    };
    assert_eq!(quote(LEAP_DAY), "2028-02-29");
    assert_eq!(quote("2026-12-31T23:59:59.999999Z"), "2026-12-31");
    assert_eq!(quote("2027-01-01T00:00:00Z"), "2027-01-01");
}

#[test]
fn today_is_of_utc_in_every_time_zone() {
    for zone in ["UTC", "Pacific/Kiritimati", "America/Los_Angeles", "XYZ-14"] {
        let mut command = program();
        command.env_remove("IMGCOST_AS_OF").env("IMGCOST_NOW", LEAP_DAY).env("TZ", zone);
        let ran = finish(command.args(words("-m gpt-image-2 -q low -s 1024x1024 -f json")), b"");
        assert_eq!(ran.json()["as_of"], "2028-02-29", "{zone}");
    }
}

#[test]
fn the_word_today_is_the_day_of_the_clock_in_every_place_that_takes_it() {
    let folder = folder("clock-today");
    let jobs = file(&folder, "jobs.csv", "model,quality,size,as_of\ngpt-image-2,low,1024x1024,today\n");
    let batch = at(LEAP_DAY, &format!("batch {jobs} -f jsonl"));
    assert_eq!(batch.lines()[0]["quote"]["as_of"], "2028-02-29", "{batch:?}");
    let compare = at(LEAP_DAY, "compare -m gpt-image-2 -q low -s 1024x1024 --as-of 2026-11-21,today -f csv");
    assert!(compare.stdout.contains("2028-02-29"), "{compare:?}");
    let diff = at(LEAP_DAY, "diff --from 2026-11-21 --to today");
    assert!(diff.stdout.contains("2028-02-29"), "{diff:?}");
}

#[test]
fn a_ledger_keeps_the_time_of_the_clock() {
    let books = Books::at("clock", LEAP_DAY);
    assert_eq!(books.run("set team 1 --per day").code, 0);
    assert_eq!(books.run(&format!("hold team {CALL}")).code, 0);
    let shown = books.run("show -f json").json();
    assert!(shown["now"].as_str().unwrap().starts_with("2028-02-29T10:30:00"), "{shown}");
    assert_eq!(shown["budgets"][0]["resets_at"], "2028-03-01T00:00:00Z");
    let lines = books.run("export").lines();
    let of = |kind: &'static str| lines.iter().filter(move |line| line["kind"] == kind);
    let day = of("counter").find(|counter| counter["window"] == "day").unwrap();
    assert_eq!(day["start"], "2028-02-29T00:00:00Z");
    assert_eq!(of("entry").count(), 2);
    for entry in of("entry") {
        assert!(entry["at"].as_str().unwrap().starts_with("2028-02-29T10:30:00"), "{entry}");
    }
    // The next day's budget is whole again.
    let mut later = books.program();
    let later = finish(later.env("IMGCOST_NOW", "2028-03-01T00:00:00Z").args(words("show -f json")), b"");
    assert_eq!(later.json()["budgets"][0]["left"], "1", "{later:?}");
}

#[test]
fn a_clock_that_is_no_moment_is_refused_by_name() {
    for now in ["yesterday", "2031-08-17", "2029-02-29T00:00:00Z"] {
        let ran = at(now, "-m gpt-image-2 -q low -s 1024x1024");
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{now}");
        assert!(ran.stderr.contains("IMGCOST_NOW") && ran.stderr.contains(now), "{ran:?}");
        let error = at(now, "budget show -f json").json();
        assert_eq!(error["error"]["field"], "IMGCOST_NOW", "{error}");
    }
}
