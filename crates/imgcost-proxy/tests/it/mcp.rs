//! `imgcost-proxy mcp`, spoken to as an agent's client does: a message a line.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use imgcost_ledger::{Ledger, SqliteLedger};
use serde_json::{Value, json};

/// A server and the client's end of it.
struct Session {
    server: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    said: u64,
}

fn program(options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_imgcost-proxy"));
    command.arg("mcp").args(options).env_remove("IMGCOST_LEDGER");
    command
}

impl Session {
    fn start(options: &[&str]) -> Session {
        let mut server = program(options).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (server.stdin.take().unwrap(), server.stdout.take().unwrap());
        let mut session = Session { server, input, output: BufReader::new(output), said: 0 };
        let hello = json!({"protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "tests", "version": "1"}});
        let greeting = session.ask("initialize", hello);
        assert_eq!(greeting["result"]["serverInfo"]["name"], "imgcost");
        session.say(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string());
        session
    }

    fn say(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
        self.input.flush().unwrap();
    }

    fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.said += 1;
        self.say(&json!({"jsonrpc": "2.0", "id": self.said, "method": method, "params": params}).to_string());
        let answer = self.hear();
        assert_eq!(answer["id"], self.said);
        answer
    }

    /// A tool's document, and whether it is an error.
    fn tool(&mut self, name: &str, arguments: Value) -> (Value, bool) {
        let answer = self.ask("tools/call", json!({"name": name, "arguments": arguments}));
        let result = &answer["result"];
        assert!(!result["content"][0]["text"].as_str().unwrap().is_empty(), "{answer}");
        (result["structuredContent"].clone(), result["isError"].as_bool().unwrap())
    }

    fn done(&mut self, name: &str, arguments: Value) -> Value {
        let (document, is_error) = self.tool(name, arguments);
        assert!(!is_error, "{document}");
        document
    }

    fn refused(&mut self, name: &str, arguments: Value) -> Value {
        let (document, is_error) = self.tool(name, arguments);
        assert!(is_error && document["schema"] == "imgcost.error/1", "{document}");
        document["error"].clone()
    }

    /// Ends as its client does, by closing the server's input.
    fn end(self) {
        let Session { mut server, input, output, .. } = self;
        drop((input, output));
        assert!(server.wait().unwrap().success());
    }
}

fn call() -> Value {
    json!({"model": "gpt-image-2", "quality": "high", "size": "1536x1024", "n": 4, "prompt": "a fox",
        "as_of": "2026-11-21"})
}

fn low() -> Value {
    json!({"model": "gpt-image-2", "quality": "low", "size": "1024x1024", "prompt": "a fox"})
}

/// What [`low`] costs by the usage that it has: 2 tokens of prompt are billed as 8.
fn response() -> Value {
    json!({"usage": {"input_tokens": 8, "output_tokens": 196,
        "input_tokens_details": {"text_tokens": 8, "image_tokens": 0}}})
}

fn with(mut call: Value, name: &str, value: Value) -> Value {
    call[name] = value;
    call
}

#[test]
fn an_agent_finds_tools_with_schemas_and_asks_what_calls_cost() {
    let mut session = Session::start(&[]);
    let listed = session.ask("tools/list", json!({}));
    let tools = listed["result"]["tools"].as_array().unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["quote", "compare", "usage", "budget_status", "hold", "settle", "release"]);
    for tool in tools {
        assert!(tool["description"].as_str().unwrap().len() > 20);
        assert_eq!(
            (&tool["inputSchema"]["type"], &tool["outputSchema"]["type"]),
            (&json!("object"), &json!("object"))
        );
    }
    // Every parameter of the library is one of the tool's.
    let properties = tools[0]["inputSchema"]["properties"].as_object().unwrap();
    assert!(imgcost_core::Param::NAMES.iter().all(|name| properties.contains_key(*name)));

    let quote = session.done("quote", call());
    assert_eq!(
        (&quote["schema"], &quote["total"]["ceiling"]),
        (&json!("imgcost.quote/1"), &json!("0.65872"))
    );
    let compared = session.done(
        "compare",
        json!({"model": ["gpt-image-2", "gpt-image-2.5-flare"], "quality": "high", "size": "1536x1024",
            "as_of": "2026-11-21", "sort": "per-image"}),
    );
    let least = &compared["cells"][0];
    assert_eq!(
        (&least["request"]["model"], &least["cheapest"]),
        (&json!("gpt-image-2.5-flare"), &json!(true))
    );
    let shown = session.done("compare", json!({"limit": 3}));
    assert_eq!(shown["cells"].as_array().unwrap().len(), 3);
    assert!(shown["summary"]["combinations"].as_u64().unwrap() > 3);
    let usage = session.done("usage", json!({"model": "gpt-image-2", "response": response()}));
    assert_eq!(usage["total"]["expected"], "0.00592");
    // The body as text, as it came.
    let text = session.done("usage", json!({"model": "gpt-image-2", "response": response().to_string()}));
    assert_eq!(text["total"], usage["total"]);
    session.end();
}

#[test]
fn what_is_wrong_is_told_with_what_is_right_and_ends_nothing() {
    let mut session = Session::start(&[]);
    let wrong = session.refused("quote", json!({"model": "gpt-image-2", "qualty": "high"}));
    assert_eq!((&wrong["field"], &wrong["nearest"]), (&json!("qualty"), &json!("quality")));
    let wrong = session.refused("quote", json!({"model": "gpt-image-2", "quality": "hihg"}));
    assert_eq!((&wrong["field"], &wrong["nearest"]), (&json!("quality"), &json!("high")));
    let wrong = session.refused("compare", json!({"limit": 0}));
    assert_eq!(wrong["field"], "limit");
    let wrong = session.refused("usage", json!({"model": "gpt-image-2", "response": 7}));
    assert_eq!(wrong["field"], "response");
    let wrong = session.refused("usage", json!({"model": "gpt-image-2", "response": "no json"}));
    assert!(wrong["message"].as_str().unwrap().len() > 10);
    for tool in ["budget_status", "hold", "settle", "release"] {
        let wrong = session.refused(tool, json!({}));
        assert_eq!(wrong["code"], "no-ledger");
        assert!(wrong["message"].as_str().unwrap().contains("imgcost mcp --ledger"));
    }
    let wrong = session.ask("tools/call", json!({"name": "draw", "arguments": {}}));
    assert!(wrong["error"]["message"].as_str().unwrap().contains("'draw'"));
    // A line that is no message is passed over.
    session.say("this is no message");
    assert_eq!(session.done("quote", call())["schema"], "imgcost.quote/1");
    session.end();
}

fn ledger(folder: &Path) -> String {
    folder.join("budget.db").to_str().unwrap().to_owned()
}

#[test]
fn a_hold_keeps_to_the_cap_and_is_booked_by_its_response() {
    let folder = tempfile::tempdir().unwrap();
    let place = ledger(folder.path());
    let mut session = Session::start(&["--ledger", &place, "--budget", "agents/alice", "--cap", "0.012"]);
    let first = session.done("hold", with(low(), "tags", json!({"order": "17"})));
    assert_eq!((&first["ceiling"], &first["scope"]), (&json!("0.00592"), &json!("agents/alice")));
    let second = session.done("hold", with(low(), "scope", json!("agents/alice/drafts")));
    assert_eq!(second["left"], "0.00016");
    let refused = session.refused("hold", low());
    assert_eq!((&refused["code"], &refused["left"]), (&json!("over-budget"), &json!("0.00016")));

    let settled = session.done("settle", json!({"hold": first["hold"], "response": response()}));
    assert_eq!((&settled["state"], &settled["cost"]), (&json!("settled"), &json!("0.00592")));
    let again = session.done("settle", json!({"hold": first["hold"], "response": response()}));
    assert_eq!((&again["repeated"], &again["cost"]), (&json!(true), &json!("0.00592")));
    let released = session.done("release", json!({"hold": second["hold"]}));
    assert_eq!(
        (&released["state"], &released["reason"]),
        (&json!("released"), &json!("the call was not made"))
    );
    let third = session.done("hold", with(low(), "key", json!("job-3")));
    assert_eq!(session.done("hold", with(low(), "key", json!("job-3")))["hold"], third["hold"]);
    // It does not say what it cost.
    let presumed = session.done("settle", json!({"hold": third["hold"], "response": {"data": []}}));
    assert_eq!(presumed["state"], "presumed");
    let status = session.done("budget_status", json!({}));
    assert_eq!(status["budgets"][0]["left"], "0.00016", "{status}");
    session.end();
    let books = SqliteLedger::open(&place).unwrap();
    let status = books.status(None).unwrap();
    assert_eq!(status[0].sums.used().to_string(), "0.01184");
}

#[test]
fn an_agent_spends_no_money_but_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let place = ledger(folder.path());
    let mut bob = Session::start(&["--ledger", &place, "--budget", "agents/bob", "--cap", "1"]);
    let mut alice = Session::start(&["--ledger", &place, "--budget", "agents/alice", "--cap", "1"]);
    let hold = bob.done("hold", low());
    let wrong = alice.refused("hold", with(low(), "scope", json!("agents/bob")));
    assert_eq!(wrong["field"], "scope");
    assert_eq!(alice.refused("release", json!({"hold": hold["hold"]}))["code"], "no-hold");
    assert_eq!(alice.refused("release", json!({"hold": "no id"}))["field"], "hold");
    // Without a prompt its tokens are not known.
    let wrong = alice.refused("hold", json!({"model": "gpt-image-2"}));
    assert!(wrong["message"].as_str().unwrap().contains("prompt_tokens"), "{wrong}");
    bob.end();
    alice.end();
}

/// As many as fit, of any number of servers.
#[test]
fn servers_share_a_budget() {
    let folder = tempfile::tempdir().unwrap();
    let place = ledger(folder.path());
    let options = ["--ledger", &place, "--budget", "agents", "--cap", "0.03"];
    let mut sessions: Vec<_> = (0..3).map(|_| Session::start(&options)).collect();
    let held: usize = std::thread::scope(|scope| {
        let hold = |session: &mut Session| (0..4).filter(|_| !session.tool("hold", low()).1).count();
        let all: Vec<_> = sessions.iter_mut().map(|session| scope.spawn(move || hold(session))).collect();
        all.into_iter().map(|one| one.join().unwrap()).sum()
    });
    // 5 x $0.00592 fit, 6 do not.
    assert_eq!(held, 5);
    sessions.into_iter().for_each(Session::end);
}

#[test]
fn what_it_can_t_start_with_is_named() {
    let failing = |options: &[&str]| {
        let output: Output = program(options).stdin(Stdio::null()).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(failing(&["--budget", "app"]).contains("--ledger"));
    assert!(failing(&["--provider", "opnai"]).contains("openai"));
    assert!(failing(&["--prices", "no-such-file.toml"]).contains("no-such-file.toml"));
    assert!(failing(&["--ledger", "no-such-ledger.db"]).contains("imgcost budget set"));
}
