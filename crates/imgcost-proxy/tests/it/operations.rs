//! The program as those who run it see it: its log, signals, reloads and its end.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use imgcost_fake::Fake;
use imgcost_ledger::{SqliteLedger, State};
use serde_json::Value;
use tempfile::TempDir;

use crate::common::{LOW, holds};

const SECRET: &str = "sk-very-secret";

/// `imgcost-proxy proxy --config`, with a folder of its own and what it wrote to stderr.
struct Served {
    child: Child,
    folder: TempDir,
    address: SocketAddr,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Served {
    fn start(config: &str, more: &[&str]) -> Served {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("proxy.toml"), config).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_imgcost-proxy"))
            .args(["proxy", "--listen", "127.0.0.1:0", "--config"])
            .arg(folder.path().join("proxy.toml"))
            .args(more)
            .env_remove("IMGCOST_LEDGER")
            .env("UPSTREAM_KEY", SECRET)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (stderr, all) = (child.stderr.take().unwrap(), Arc::clone(&lines));
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                all.lock().unwrap().push(line);
            }
        });
        let mut served = Served { child, folder, address: ([127, 0, 0, 1], 0).into(), lines };
        served.address = served.address_in("listening on http://");
        served
    }

    fn address_in(&self, before: &str) -> SocketAddr {
        let line = self.line(before);
        let rest = line.split_once(before).unwrap().1;
        rest.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
    }

    /// The first line with this in it, once it is there.
    fn line(&self, what: &str) -> String {
        for _ in 0..400 {
            if let Some(line) = self.lines.lock().unwrap().iter().find(|line| line.contains(what)) {
                return line.clone();
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        panic!("no line has {what}: {:#?}", self.lines.lock().unwrap());
    }

    fn rewrite(&self, config: &str) {
        std::fs::write(self.folder.path().join("proxy.toml"), config).unwrap();
        self.signal("-HUP");
    }

    fn signal(&self, signal: &str) {
        let told = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn ledger(&self) -> PathBuf {
        self.folder.path().join("budget.db")
    }

    fn states(&self) -> Vec<State> {
        holds(&SqliteLedger::open(self.ledger()).unwrap()).iter().map(|hold| hold.state).collect()
    }

    /// Waits until it has ended.
    async fn code(&mut self) -> Option<i32> {
        for _ in 0..400 {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("it does not end: {:#?}", self.lines.lock().unwrap());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn config(fake: &Fake, more: &str) -> String {
    format!(
        "ledger = \"budget.db\"\nbudget = \"team\"\n{more}\n[[budgets]]\nscope = \"team\"\nusd = \"1\"\n\
         [[upstream]]\nurl = \"{}\"\nprovider = \"openai\"\nkey_env = \"UPSTREAM_KEY\"\n",
        fake.url()
    )
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn images(client: &reqwest::Client, served: &Served, body: &str) -> reqwest::RequestBuilder {
    let post = client.post(served.at("/v1/images/generations"));
    post.header("content-type", "application/json").body(body.to_owned())
}

#[tokio::test]
async fn a_scope_without_a_budget_is_told_at_the_start() {
    let fake = Fake::start().await;
    let served = Served::start(&config(&fake, "").replace("budget = \"team\"", "budget = \"other\""), &[]);
    let line = served.line("no budget covers");
    assert!(line.ends_with("until one does: imgcost budget set other USD"), "{line}");
    let covered = Served::start(&config(&fake, "").replace("budget = \"team\"", "budget = \"team/a\""), &[]);
    assert!(!covered.lines.lock().unwrap().iter().any(|line| line.contains("no budget")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_has_a_line_for_each_request_and_no_secret() {
    let fake = Fake::start().await;
    let key = "imgcost-client-secret";
    let digest = "e35f1bdc0a4a0ddca4e49b2bb3e6aebd25a1d5b5bd6b1b8b4c8a4c1e84f8f4a0";
    let keys = format!("[[key]]\nname = \"bob\"\nsha256 = \"{digest}\"\nscope = \"team/bob\"\n");
    let served = Served::start(&(config(&fake, "log = \"json\"") + &keys), &["--admin", "127.0.0.1:0"]);
    let admin = served.address_in("metrics on http://");
    // A key that is not in the configuration, in every place, and secrets in all that a request has.
    let client = client();
    let prompt = LOW.replace("a fox", "prompt-very-secret");
    for at in ["authorization", "api-key", "x-goog-api-key", "cookie", "x-secret"] {
        let path = served.at("/v1/images/generations?key=query-very-secret&code=query-very-secret");
        client.post(path).header(at, key).body(prompt.clone()).send().await.unwrap();
    }
    served.rewrite(&config(&fake, "log = \"json\""));
    served.line("read again");
    for body in [
        prompt.clone(),
        prompt.replace("\"low\"", "\"value-very-secret\""),
        prompt.replace("gpt-image-2", "model-unknown"),
        format!("{{{prompt}"),
        prompt.replace("quality", "some_field").replace("\"low\"", "\"value-very-secret\""),
    ] {
        let call = images(&client, &served, &body).header("authorization", "Bearer client-very-secret");
        call.header("cookie", "cookie-very-secret").send().await.unwrap().bytes().await.unwrap();
    }
    let get = |address: SocketAddr, path: &str| client.get(format!("http://{address}{path}")).send();
    get(served.address, "/v1/models?key=query-very-secret").await.unwrap().bytes().await.unwrap();
    served.line("/v1/models");
    let pages = [
        get(admin, "/metrics").await.unwrap().text().await.unwrap(),
        get(admin, "/").await.unwrap().text().await.unwrap(),
    ];
    assert!(pages[0].contains("imgcost_proxy_requests_total{") && pages[1].contains("Budgets"));
    let lines = served.lines.lock().unwrap().clone();
    let all = format!("{}{}", lines.join("\n"), pages.concat());
    assert!(!all.contains("very-secret") && !all.contains("client-secret"), "{all}");
    let lines: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let requests: Vec<&Value> = lines.iter().filter(|line| line["kind"] == "request").collect();
    assert_eq!(requests.len(), 11);
    assert!(requests.iter().take(5).all(|line| line["status"] == 401 && line["code"] == "invalid_api_key"));
    let call = requests[5];
    assert_eq!(call["path"], "/v1/images/generations");
    assert_eq!((&call["outcome"], &call["state"]), (&"passed".into(), &"settled".into()));
    assert_eq!((&call["model"], &call["scope"]), (&"gpt-image-2".into(), &"team".into()));
    assert_eq!(call["settled"], "0.00593");
    assert!(
        call["quote"].as_str().unwrap().starts_with("q_") && call["hold"].as_str().unwrap().starts_with("h_")
    );
    assert!(call["ms"].as_f64().unwrap() >= call["added_ms"].as_f64().unwrap());
    // An address of its own for those who run it: clients do not see their pages.
    assert_eq!(get(served.address, "/metrics").await.unwrap().status(), 404);
    assert_eq!(get(served.address, "/healthz").await.unwrap().status(), 200);
    assert_eq!(get(admin, "/v1/models").await.unwrap().status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_configuration_counts_from_the_next_request_on() {
    let (fake, other) = (Fake::start().await, Fake::start().await);
    let served = Served::start(&config(&fake, ""), &[]);
    let client = client();
    // Slow to answer, so that it is open meanwhile.
    let open = tokio::spawn(images(&client, &served, LOW).header("x-fake", "slow").send());
    while fake.count() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    served.rewrite("budget = 7");
    served.line("stays as it was");
    images(&client, &served, LOW).send().await.unwrap();
    assert_eq!((fake.count(), other.count()), (2, 0));
    let next = config(&other, "[limits]\nconnections = 9\n").replace("usd = \"1\"", "usd = \"0.01\"");
    served.rewrite(&next);
    let told = served.line("read again");
    assert!(told.contains("limits.connections") && !told.contains("ledger"), "{told}");
    assert_eq!(open.await.unwrap().unwrap().status(), 200);
    // The caps are the ledger's.
    for _ in 0..3 {
        assert_eq!(images(&client, &served, LOW).send().await.unwrap().status(), 200);
    }
    assert_eq!((fake.count(), other.count()), (2, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cut_off_at_the_end_is_presumed() {
    let fake = Fake::start().await;
    let mut served = Served::start(&config(&fake, "[timeouts]\ndrain = 1\n"), &[]);
    let client = client();
    let hanging = images(&client, &served, LOW).header("x-fake", "hang").send();
    let stalled = images(&client, &served, LOW).header("x-fake", "stalled").send();
    let calls = [tokio::spawn(hanging), tokio::spawn(stalled)];
    while fake.count() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    served.signal("-TERM");
    served.line("stopping: 2 requests still open");
    let ready = client.get(served.at("/readyz")).send().await.unwrap();
    assert_eq!(
        (ready.status().as_u16(), ready.text().await.unwrap()),
        (503, "not ready: stopping\n".to_owned())
    );
    let refused = images(&client, &served, LOW).send().await.unwrap();
    assert_eq!(refused.status(), 503);
    assert_eq!(served.code().await, Some(4));
    served.line("cut off 2 requests");
    assert_eq!(served.states(), [State::Presumed, State::Presumed]);
    drop(calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn told_twice_it_ends_at_once() {
    let fake = Fake::start().await;
    let mut served = Served::start(&config(&fake, ""), &[]);
    let call = tokio::spawn(images(&client(), &served, LOW).header("x-fake", "hang").send());
    while fake.count() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    served.signal("-INT");
    served.line("stopping: 1 request still open, which may take 60 s");
    served.signal("-INT");
    assert_eq!(served.code().await, Some(4));
    assert_eq!(served.states(), [State::Presumed]);
    drop(call);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_open_calls_it_ends_with_0() {
    let fake = Fake::start().await;
    let mut served = Served::start(&config(&fake, ""), &["--log", "off"]);
    images(&client(), &served, LOW).send().await.unwrap().bytes().await.unwrap();
    served.signal("-TERM");
    assert_eq!(served.code().await, Some(0));
    assert_eq!(served.states(), [State::Settled]);
    assert_eq!(served.lines.lock().unwrap().len(), 1, "only where it listens");
}
