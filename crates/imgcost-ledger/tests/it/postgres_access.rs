//! Who may come in and what is there: encryption, passwords, rights, versions, addresses.

use std::fmt::Debug;

use imgcost_ledger::{Error, Ledger, PostgresLedger, PostgresOptions, Window};

use crate::server::{ESCAPED, PASSWORD, Server, budget, new_hold, shared};

fn open(schema: &str, address: &str) -> Result<PostgresLedger, Error> {
    Server::options(schema).connect(address)
}

fn fact(ledger: &PostgresLedger, name: &str) -> String {
    let facts = ledger.inspect().unwrap().facts;
    facts.into_iter().find(|(fact, _)| fact == name).unwrap().1
}

/// That a password is in nothing that is shown.
fn keeps_quiet(shown: &impl Debug, words: &str) {
    let shown = format!("{shown:?} {words}");
    assert!(!shown.contains(PASSWORD) && !shown.contains(ESCAPED) && !shown.contains("s3cret"), "{shown}");
}

#[test]
fn sslmode_is_honoured() {
    let server = shared();
    let (ca, other) = (server.file("ca.pem"), server.file("other.pem"));
    let (ca, other) = (ca.display(), other.display());
    for (host, query, encrypted) in [
        ("localhost", "sslmode=disable".to_owned(), Some("false")),
        ("localhost", "sslmode=prefer".to_owned(), Some("true")),
        ("localhost", String::new(), Some("true")),
        ("localhost", "sslmode=require".to_owned(), Some("true")),
        ("localhost", format!("sslmode=require&sslrootcert={ca}"), Some("true")),
        ("localhost", format!("sslmode=verify-full&sslrootcert={ca}"), Some("true")),
        // The certificate is for localhost alone.
        ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={ca}"), Some("true")),
        ("127.0.0.1", format!("sslmode=verify-full&sslrootcert={ca}"), None),
        // Another authority's, or none of the system's.
        ("localhost", format!("sslmode=require&sslrootcert={other}"), None),
        ("localhost", format!("sslmode=verify-ca&sslrootcert={other}"), None),
        ("localhost", format!("sslmode=verify-full&sslrootcert={other}"), None),
        ("localhost", "sslmode=verify-full".to_owned(), None),
        ("localhost", "sslmode=verify-full&sslrootcert=/no/such/file".to_owned(), None),
    ] {
        match (open("access_tls", &server.tcp(ESCAPED, host, &query)), encrypted) {
            (Ok(ledger), Some(encrypted)) => {
                assert_eq!(fact(&ledger, "connection encrypted"), encrypted, "{host} {query}");
                keeps_quiet(&ledger, &format!("{:?}", ledger.inspect().unwrap()));
            }
            (Err(error), None) => {
                assert!(error.is_failure(), "{error}");
                keeps_quiet(&error, &error.to_string());
            }
            (Ok(_), None) => panic!("{host} {query} was accepted"),
            (Err(error), Some(_)) => panic!("{host} {query}: {error}"),
        }
    }
}

#[test]
fn a_wrong_password_is_told_and_not_shown() {
    let error = open("access_password", &shared().tcp("s3cret", "localhost", "")).unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error}");
    assert!(error.to_string().contains("password authentication failed"), "{error}");
    keeps_quiet(&error, &error.to_string());
    let error = open("access_password", "postgresql://u:s3cret@localhost:1/d").unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error}");
    keeps_quiet(&error, &error.to_string());
}

#[test]
fn a_newer_schema_is_refused_by_both_versions() {
    let server = shared();
    drop(server.ledger("access_newer"));
    server.sql("INSERT INTO access_newer.migration (version) VALUES (99)");
    let error = open("access_newer", &server.address()).unwrap_err();
    assert!(matches!(error, Error::Unfit { .. }), "{error}");
    assert!(error.to_string().contains("version 99") && error.to_string().contains("up to 3"), "{error}");
}

#[test]
fn a_role_without_rights_is_told_what_to_run() {
    let server = shared();
    server.sql("CREATE ROLE guest LOGIN; CREATE ROLE clerk LOGIN");
    let error = open("access_rights", &server.address_of("guest")).unwrap_err();
    assert!(matches!(error, Error::Unfit { .. }), "{error}");
    assert!(error.to_string().contains("schema_sql"), "{error}");
    // What is printed for an administrator works, and so do the rights that it names.
    let sql = PostgresOptions::new().schema("access_rights").schema_sql().unwrap();
    server.sql(&sql);
    let error = open("access_rights", &server.address_of("guest")).unwrap_err();
    assert!(matches!(error, Error::Unfit { .. }), "{error}");
    let rights: String = sql.lines().filter_map(|line| line.strip_prefix("--   ")).collect();
    assert!(rights.starts_with("GRANT USAGE"), "{rights}");
    server.sql(&rights.replace("ledger_role", "clerk"));
    let ledger = open("access_rights", &server.address_of("clerk")).unwrap();
    ledger.set_budget(&budget("a", Window::Day, 100), "test").unwrap();
    let held = ledger.hold(&new_hold("a/b", 90)).unwrap();
    ledger.settle(&held.hold.id, held.hold.ceiling, None, "test").unwrap();
    assert!(ledger.remove_budget(&"a".parse().unwrap(), Window::Day, "test").unwrap().is_some());
    ledger.inspect().unwrap();
}

#[test]
fn several_that_start_at_once_make_one_schema() {
    let server = shared();
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| open("access_at_once", &server.address()).unwrap());
        }
    });
    assert_eq!(server.sql("SELECT string_agg(version::text, ',') FROM access_at_once.migration"), "1,2,3");
}

#[test]
fn a_role_that_asks_for_less_durability_gets_it_all_the_same() {
    let server = shared();
    server.sql(
        "CREATE ROLE hasty SUPERUSER LOGIN;
        ALTER ROLE hasty SET synchronous_commit = off;
        ALTER ROLE hasty SET default_transaction_isolation = 'repeatable read'",
    );
    let ledger = open("access_hasty", &server.address_of("hasty")).unwrap();
    assert_eq!(fact(&ledger, "synchronous_commit"), "on (the server's own: off)");
    ledger.set_budget(&budget("a", Window::Day, 100), "test").unwrap();
    ledger.hold(&new_hold("a", 90)).unwrap();
    let found = ledger.inspect().unwrap();
    assert_eq!(found.kind, "postgresql");
    // The test's own server is hasty in this.
    assert_eq!(found.problems.len(), 1, "{:?}", found.problems);
    assert!(found.problems[0].starts_with("fsync is off"), "{:?}", found.problems);
}

#[test]
fn a_step_at_another_isolation_level_fails() {
    drop(shared().ledger("access_isolation"));
    let step = "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT access_isolation.lock_v1('{a}')";
    let output = shared().psql(step);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("read committed"));
}

#[test]
fn the_journal_can_only_be_added_to() {
    let ledger = shared().ledger("access_journal");
    ledger.set_budget(&budget("a", Window::Day, 100), "test").unwrap();
    for change in ["UPDATE access_journal.journal SET by = 'x'", "DELETE FROM access_journal.journal"] {
        assert!(!shared().psql(change).status.success());
    }
    assert!(!shared().psql("TRUNCATE access_journal.journal").status.success());
    assert_eq!(shared().sql("SELECT count(*) FROM access_journal.journal"), "1");
    shared().sql("ALTER TABLE access_journal.journal DISABLE TRIGGER append_only");
    let problems = ledger.inspect().unwrap().problems;
    assert!(problems.iter().any(|problem| problem.contains("append-only")), "{problems:?}");
}

#[test]
fn no_hold_can_be_taken_away() {
    let ledger = shared().ledger("access_hold");
    ledger.set_budget(&budget("a", Window::Day, 100), "test").unwrap();
    ledger.hold(&new_hold("a", 90)).unwrap();
    assert!(!shared().psql("DELETE FROM access_hold.hold").status.success());
    assert!(!shared().psql("TRUNCATE access_hold.hold").status.success());
    let problems = |ledger: &PostgresLedger| ledger.inspect().unwrap().problems;
    assert!(!problems(&ledger).iter().any(|problem| problem.contains("every hold")));
    shared().sql("ALTER TABLE access_hold.hold DISABLE TRIGGER kept");
    assert!(problems(&ledger).iter().any(|problem| problem.contains("every hold")));
}

#[test]
fn names_and_addresses_that_are_none_are_bad_input() {
    for schema in ["", "9a", "a b", "A", "a\"b", &"a".repeat(64)] {
        assert!(matches!(open(schema, &shared().address()), Err(Error::BadInput { .. })), "{schema}");
    }
    for address in [
        "nothing",
        "mysql://h/d",
        "postgresql://h/d?sslmode=maybe",
        "host=h dbname=d",
        "postgresql://h/d?nonsense=1",
    ] {
        let error = open("access_bad", address).unwrap_err();
        assert!(matches!(error, Error::BadInput { .. }), "{error}");
    }
}

#[test]
fn a_schema_of_the_version_before_is_migrated_and_its_programs_are_told_so() {
    let server = shared();
    server.sql("CREATE ROLE teller LOGIN");
    let old = ["tables", "steps"].map(|name| {
        let path = format!("{}/src/postgres/{name}.sql", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap().replace("imgcost.", "access_old.")
    });
    server.sql(&format!(
        "CREATE SCHEMA access_old; {} {}
        INSERT INTO access_old.migration (version) VALUES (1), (2);
        GRANT USAGE ON SCHEMA access_old TO teller;
        GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA access_old TO teller;
        GRANT UPDATE ON access_old.scope, access_old.counter, access_old.hold, access_old.budget TO teller;
        GRANT DELETE ON access_old.budget TO teller;
        SELECT access_old.budget_v1(NULL, 's_1', 'test', false, 'a', 0::smallint, 100, true, '80,100');",
        old[0], old[1]
    ));
    let hold = |number: u32, name: &str| {
        format!(
            "SELECT outcome FROM access_old.hold_v1(NULL, 'h_{number:032}', NULL, '{name}', 30, true, 'q', 'b', '{{}}', '{{}}', 60000000, 'test', NULL)"
        )
    };
    for number in 1..=3 {
        assert_eq!(server.sql(&hold(number, "a/b")), "held");
    }
    server.sql(
        "SELECT access_old.change_v1(NULL, 'h_00000000000000000000000000000001', 'settled', 20, NULL, NULL, 'test');
        SELECT access_old.change_v1(NULL, 'h_00000000000000000000000000000002', 'presumed', NULL, NULL, 'lost', 'test')",
    );
    let ledger = server.ledger("access_old");
    assert_eq!(fact(&ledger, "schema version"), "3");
    let sums = ledger.status(None).unwrap()[0].sums;
    assert_eq!((sums.settled.nano(), sums.presumed.nano(), sums.held.nano()), (20, 30, 30));
    // The rest of the cap can be held, by a role that was let in before, and no more.
    let clerk = open("access_old", &server.address_of("teller")).unwrap();
    clerk.hold(&new_hold("a/b", 20)).unwrap();
    assert!(matches!(clerk.hold(&new_hold("a/b", 1)), Err(Error::Refused(_))));
    clerk.pause(&"a".parse().unwrap(), "closed", "test").unwrap();
    clerk.resume(&"a".parse().unwrap(), "test").unwrap().unwrap();
    clerk.set_budget(&budget("a", Window::Week, 200), "test").unwrap();
    // A program of the version before, with the schema open.
    let refused = server.psql(&hold(4, "a/b"));
    assert!(!refused.status.success());
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(words.contains("this program is too old for it: use the newer one"), "{words}");
    crate::support::audit_by_script(&[server.address().as_str(), "access_old"]);
    let audit = imgcost_ledger::audit(&ledger).unwrap();
    assert_eq!((audit.problems, audit.holds), (vec![], 4));
}
