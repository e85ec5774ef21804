//! A proxy with a fake API behind it, and what to call it with.

mod choices;
mod process;
mod raw;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use imgcost_fake::Fake;
use imgcost_ledger::{Filter, Hold, Ledger, MemoryLedger, NanoUsd, Record, State};
use imgcost_proxy::config::{Budget, Config, LogFormat, Per, Upstream};
use imgcost_proxy::{Proxy, Server};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) use choices::Choices;
pub(crate) use process::{Process, resident};
pub(crate) use raw::{Scripted, exchange, read};

/// A call of $0.00592.
pub(crate) const LOW: &str = r#"{"model":"gpt-image-2","prompt":"a fox","quality":"low","size":"1024x1024"}"#;
/// What it costs.
pub(crate) const LOW_USD: &str = "0.00592";

/// A proxy that runs until it is dropped.
pub(crate) struct Rig {
    pub(crate) ledger: Arc<MemoryLedger>,
    pub(crate) address: SocketAddr,
    pub(crate) client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<bool>>,
}

/// A configuration with one upstream, whose prices are OpenAI's, and a budget for all calls.
pub(crate) fn config(upstream: &str, usd: &str) -> Config {
    let upstream =
        Upstream { url: upstream.to_owned(), provider: Some("openai".to_owned()), ..Upstream::default() };
    Config {
        listen: ([127, 0, 0, 1], 0).into(),
        log: LogFormat::Off,
        budget: "team/alice".to_owned(),
        budgets: vec![Budget { scope: "team".to_owned(), usd: usd.to_owned(), per: Per::Total }],
        upstreams: vec![upstream],
        ..Config::default()
    }
}

impl Rig {
    pub(crate) async fn start(config: Config) -> Rig {
        let ledger = Arc::new(MemoryLedger::new());
        let proxy = Proxy::over(&config, ledger.clone(), |_| {}).unwrap();
        let server = Server::bind(config.listen, Arc::new(proxy)).await.unwrap();
        let address = server.address().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Rig { ledger, address, client, stop: Some(stop), server: Some(server) }
    }

    /// Before a fake API, with a budget.
    pub(crate) async fn before(fake: &Fake, usd: &str) -> Rig {
        Rig::start(config(&fake.url(), usd)).await
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A call for images.
    pub(crate) fn images(&self, body: &str) -> reqwest::RequestBuilder {
        self.client
            .post(self.at("/v1/images/generations"))
            .header("content-type", "application/json")
            .body(body.to_owned())
    }

    pub(crate) fn holds(&self) -> Vec<Hold> {
        holds(&*self.ledger)
    }

    /// What counts for all calls, in nano-dollars.
    pub(crate) fn used(&self) -> NanoUsd {
        let status = self.ledger.status(None).unwrap();
        status.iter().find(|status| status.budget.scope.as_str() == "team").unwrap().sums.used()
    }

    /// Waits until no call is open, and says what became of them.
    pub(crate) async fn ended(&self) -> Vec<State> {
        for _ in 0..400 {
            let states: Vec<_> = self.holds().iter().map(|hold| hold.state).collect();
            if !states.is_empty() && !states.contains(&State::Held) {
                return states;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("calls stay open: {:?}", self.holds());
    }

    /// Tells the server to stop, and waits until it did: whether all calls ended in time.
    pub(crate) async fn stop(&mut self) -> bool {
        drop(self.stop.take());
        self.server.take().unwrap().await.unwrap()
    }
}

/// All holds of a ledger.
pub(crate) fn holds(ledger: &dyn Ledger) -> Vec<Hold> {
    let mut holds = Vec::new();
    ledger
        .read(&Filter::default().holds(), &mut |record| {
            if let Record::Hold(hold) = record {
                holds.push(hold);
            }
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    holds
}
