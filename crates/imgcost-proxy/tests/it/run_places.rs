//! Where the clients of a `run` are led to, and whose money they spend.

use imgcost_fake::Fake;
use imgcost_ledger::{Budget, Cap, Ledger, SqliteLedger, Window};

use crate::common::{Scripted, holds};
use crate::run::{calling, program_of, run, text};

#[tokio::test]
async fn hosts_without_a_proxy_are_kept_under_both_of_their_names() {
    let fake = Fake::start().await;
    for (set, lower, upper) in [
        (&[][..], "127.0.0.1", "127.0.0.1"),
        (&[("NO_PROXY", "a.example")], "a.example,127.0.0.1", "a.example,127.0.0.1"),
        (
            &[("NO_PROXY", "a.example"), ("no_proxy", "b.example")],
            "b.example,127.0.0.1",
            "a.example,127.0.0.1",
        ),
        (&[("no_proxy", "*")], "*", "*"),
        (&[("no_proxy", "127.0.0.1, a.example")], "127.0.0.1, a.example", "127.0.0.1, a.example"),
    ] {
        let mut command = run(&fake, &["--cap", "1", "-q"]);
        command.env_remove("NO_PROXY").env_remove("no_proxy").envs(set.iter().copied());
        let output = command.args(["sh", "-c", "echo \"$no_proxy;$NO_PROXY\""]).output().unwrap();
        assert_eq!(text(&output.stdout), format!("{lower};{upper}\n"), "{set:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_azures_clients_never_reach_openai() {
    let (fake, azure) =
        (Fake::start().await, Scripted::whole("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await);
    let endpoint = azure.url.replace("/v1", "/");
    let deployment = ["--cap", "1", "--deployment", "images-eu=gpt-image-1.5"];
    // Node's client for Azure takes OPENAI_BASE_URL for its address, where that is set.
    let mut command = program_of(&fake, &deployment, "deployment");
    command.env_remove("OPENAI_BASE_URL").env("AZURE_OPENAI_ENDPOINT", &endpoint);
    let output = command.output().unwrap();
    assert!(text(&output.stdout).contains("deployment 404"), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("\n gpt-image-1.5  1 call"), "{}", text(&output.stderr));
    let received = azure.received();
    assert!(
        received[0].starts_with("POST /openai/deployments/images-eu/images/generations "),
        "{received:?}"
    );
    // Where the user's own environment says where OpenAI's clients go, all of their calls do.
    let mut command = program_of(&fake, &deployment, "deployment");
    command.env("AZURE_OPENAI_ENDPOINT", &endpoint).output().unwrap();
    assert_eq!((azure.received().len(), fake.count()), (1, 1));
}

#[tokio::test]
async fn a_wrong_address_is_named_with_its_variable() {
    let fake = Fake::start().await;
    let mut command = run(&fake, &["--cap", "1"]);
    let output = command.arg("true").env("GOOGLE_GEMINI_BASE_URL", "localhost/v1beta").output().unwrap();
    let error = text(&output.stderr);
    assert!(error.starts_with("imgcost: GOOGLE_GEMINI_BASE_URL: upstream localhost/v1beta: "), "{error}");
    assert_eq!(output.status.code(), Some(2));
    let output = run(&fake, &["--cap", "1", "-p", "nobody"]).arg("true").output().unwrap();
    assert!(text(&output.stderr).contains("no provider 'nobody'"), "{}", text(&output.stderr));
}

#[tokio::test]
async fn a_dry_run_spends_nothing_of_its_ledger() {
    let fake = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("budget.db");
    let ledger = SqliteLedger::open(&file).unwrap();
    let budget = Budget::new("team".parse().unwrap(), Window::Day, Cap::usd("0.013").unwrap());
    ledger.set_budget(&budget, "test").unwrap();
    let code = |options: &[&str], calls: &str| {
        // A budget has a ledger, and the environment may name it.
        let mut command = program_of(&fake, &[&["--budget", "team/bob"], options].concat(), calls);
        command.env("IMGCOST_LEDGER", &file).output().unwrap().status.code()
    };
    assert_eq!(code(&["--dry-run"], "low low"), Some(0));
    assert_eq!(code(&["--dry-run"], "low low low"), Some(3), "the budget counts all the same");
    assert_eq!((holds(&ledger).len(), fake.count()), (0, 0));
    assert_eq!(code(&[], "low"), Some(0));
    assert_eq!(code(&["--dry-run"], "low low"), Some(3), "of what is left");
    ledger.pause(&"team".parse().unwrap(), "enough", "test").unwrap();
    assert_eq!(code(&["--dry-run"], "low"), Some(3), "a pause too");
    assert_eq!((holds(&ledger).len(), fake.count()), (1, 1));
    let of_memory = calling(&fake, &["--cap", "1", "--dry-run"], "low text text");
    assert!(
        text(&of_memory.stderr).ends_with("\n 2 calls not answered in a dry run: /v1/chat/completions\n"),
        "{}",
        text(&of_memory.stderr)
    );
}
