//! Many processes at one ledger: no cap is passed, and the books balance.

use std::process::{Child, Stdio};

use crate::common::ledger::{Books, CALL};
use crate::common::words;

fn start(books: &Books, line: &str) -> Child {
    let mut command = books.program();
    command.args(words(line)).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn of_twenty_at_once_only_as_many_get_in_as_fit() {
    // Room for three of them, and not for four.
    let books = Books::with("race", "team 0.7");
    let line = format!("hold team {CALL} -f json");
    let children: Vec<Child> = (0..20).map(|_| start(&books, &line)).collect();
    let codes: Vec<i32> =
        children.into_iter().map(|child| child.wait_with_output().unwrap().status.code().unwrap()).collect();
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 3, "{codes:?}");
    assert!(codes.iter().all(|code| [0, 3].contains(code)), "{codes:?}");
    assert_eq!(books.status()["held"], "0.632385");
    assert_eq!(books.run("doctor").code, 0);
}

#[test]
fn the_last_cent_goes_to_one_of_two() {
    let books = Books::with("last-cent", "team 0.01");
    let two = [start(&books, "hold team/a --ceiling 0.01"), start(&books, "hold team/b --ceiling 0.01")];
    let mut codes = two.map(|child| child.wait_with_output().unwrap().status.code().unwrap());
    codes.sort_unstable();
    assert_eq!(codes, [0, 3]);
}

#[test]
fn one_key_is_one_hold_for_all_who_ask_at_once() {
    let books = Books::with("one-key", "team 1");
    let line = format!("hold team {CALL} --key job-1 -f json");
    let children: Vec<Child> = (0..8).map(|_| start(&books, &line)).collect();
    let mut names: Vec<String> = children
        .into_iter()
        .map(|child| {
            let output = child.wait_with_output().unwrap();
            let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            document["hold"].as_str().unwrap().to_owned()
        })
        .collect();
    names.dedup();
    assert_eq!(names.len(), 1);
    assert_eq!(books.status()["open"], 1);
}

#[test]
fn the_first_budget_may_be_set_by_several_at_once() {
    let books = Books::new("first-set");
    let children: Vec<Child> = (0..6).map(|index| start(&books, &format!("set team-{index} 1"))).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    assert_eq!(books.run("show -f json").json()["budgets"].as_array().unwrap().len(), 6);
}
