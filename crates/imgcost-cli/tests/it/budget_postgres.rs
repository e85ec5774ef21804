//! `imgcost budget` with a ledger on a PostgreSQL server.

use crate::common::ledger::{CALL, CEILING};
use crate::common::{Ran, finish, program, words};
use crate::server::{self, ESCAPED, PASSWORD};

fn run(address: &str, line: &str) -> Ran {
    let mut command = program();
    command.env("IMGCOST_LEDGER", address).env("IMGCOST_BY", "tester").arg("budget");
    finish(command.args(words(line)), b"")
}

#[test]
fn a_fleets_ledger_works_as_a_file_does() {
    let address = server::shared().tcp(ESCAPED, "127.0.0.1", "sslmode=require");
    let set = run(&address, "set team/alice 0.25 --per day");
    assert_eq!(set.code, 0, "{set:?}");
    let held = run(&address, &format!("hold team/alice {CALL} -f json"));
    assert_eq!((held.code, held.json()["ceiling"].as_str()), (0, Some(CEILING)), "{held:?}");
    let refused = run(&address, &format!("hold team/alice {CALL} -f json"));
    assert_eq!((refused.code, refused.json()["error"]["code"].as_str()), (3, Some("over-budget")));
    let hold = held.json()["hold"].as_str().unwrap().to_owned();
    let settled = run(&address, &format!("settle {hold} --cost 0.2 -f json"));
    assert_eq!((settled.code, settled.json()["cost"].as_str()), (0, Some("0.2")), "{settled:?}");
    let shown = run(&address, "show -f json").json();
    assert_eq!(shown["budgets"][0]["settled"], "0.2");
    let doctor = run(&address, "doctor");
    assert!(doctor.stdout.contains("PostgreSQL") && !doctor.stdout.contains(PASSWORD), "{doctor:?}");
}

#[test]
fn an_unreachable_server_is_a_ledger_failure_that_shows_no_password() {
    // Nothing listens on port 1.
    let ran = run("postgres://me:s3cret@127.0.0.1:1/db?connect_timeout=1", "show -f json");
    assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (5, Some("ledger-unavailable")), "{ran:?}");
    assert!(!format!("{ran:?}").contains("s3cret"));
}
