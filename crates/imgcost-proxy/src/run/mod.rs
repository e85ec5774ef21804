//! One command behind a private proxy: `imgcost run --cap 5 -- python make_images.py`.

mod child;
mod places;
mod signals;
mod summary;
mod tally;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use imgcost_ledger::{Budget, Cap, Ledger, MemoryLedger, Scope, Window};
use tokio::sync::oneshot;

use crate::config::{Config, LogFormat};
use crate::error::SetupError;
use crate::proxy::Proxy;
use crate::server::Server;
use crate::{keys, ledger};

use child::Child;
use places::Place;
use signals::Signals;
use summary::Summary;
use tally::Tally;

/// The output can't be written.
const UNWRITTEN: u8 = 5;
/// How long calls that are open when the command has ended may take, in seconds.
const DRAIN: u64 = 60;
/// Signals in so short a time after the command's end are those that ended it.
const SAME: Duration = Duration::from_millis(200);
/// The scope of a run whose ledger ends with it.
const SCOPE: &str = "run";

/// A command to run behind a private proxy.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// The command and its arguments.
    pub command: Vec<OsString>,
    /// The most that its calls may cost, in USD.
    pub cap: Option<String>,
    /// Where the ledger is; in memory, and gone at the end, where nothing is said.
    pub ledger: Option<String>,
    /// Whose money of that ledger is spent.
    pub budget: Option<String>,
    /// A policy file of `imgcost check`.
    pub policy: Option<PathBuf>,
    /// Prices of your own, over the built-in ones.
    pub prices: Option<PathBuf>,
    /// Whose prices count where `OPENAI_BASE_URL` leads.
    pub provider: Option<String>,
    /// Deployments of Azure's, and the models that they stand for.
    pub deployments: BTreeMap<String, String>,
    /// Lets everything pass, and only tells what would have been denied.
    pub observe: bool,
    /// Lets nothing out, and answers image calls with placeholders.
    pub dry_run: bool,
    /// Whether the summary is JSON.
    pub json: bool,
    /// Where the summary is written as JSON too.
    pub out: Option<PathBuf>,
    /// Whether there is none on stderr.
    pub quiet: bool,
}

/// Writes to stderr, which may be closed.
fn tell(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

impl Run {
    /// Runs the command to its end, writes the summary to stderr, and says with which code to exit: the
    /// command's if that is not 0, else 3 if a call was refused, 4 if nobody knows what one cost or none
    /// passed through, 5 if the ledger failed.
    ///
    /// # Errors
    /// The command is not started: what is wrong with the options or the machine.
    pub async fn run(self) -> Result<u8, SetupError> {
        if self.cap.is_none() && self.budget.is_none() && !self.observe && !self.dry_run {
            return Err(SetupError::new(
                "how much may it spend? --cap USD, or --ledger LEDGER --budget SCOPE; --observe and --dry-run only tell",
            ));
        }
        if self.budget.is_some() && self.ledger.is_none() {
            return Err(SetupError::new(
                "--budget names a scope of a ledger: name that too, with --ledger LEDGER; --cap USD needs none",
            ));
        }
        let (ledger, scope) = self.money()?;
        let secret = keys::random(16)?;
        let places = Place::all(&secret);
        places.iter().try_for_each(Place::check)?;
        let config = self.config(&scope, &places);
        let tally = Arc::new(Tally::default());
        let events = Arc::clone(&tally);
        let proxy = Arc::new(Proxy::over(&config, Arc::clone(&ledger), move |event| events.take(event))?);
        let wrong = |error: std::io::Error| SetupError::new(format!("no loopback port: {error}"));
        let server = Server::bind(config.listen, Arc::clone(&proxy)).await.map_err(wrong)?;
        let address = server.address().map_err(wrong)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let (cut, at_once) = oneshot::channel::<()>();
        // Each is dropped when it is time.
        let until = |dropped: oneshot::Receiver<()>| async move { drop(dropped.await) };
        let mut served = tokio::spawn(server.run_until(until(stopped), until(at_once)));
        let mut signals = Signals::listen();
        let code = match Child::start(&self.command, &places, address) {
            Ok(child) => child.wait(&mut signals).await,
            Err(code) => return Ok(code),
        };
        drop(stop);
        let told_again = async {
            tokio::time::sleep(SAME).await;
            signals.end().await;
        };
        tokio::select! {
            _ = &mut served => {}
            () = told_again => {
                drop(cut);
                // What was cut off is presumed.
                let _ = served.await;
            }
        }
        let summary = Summary::of(&tally, &proxy, &*ledger, &scope, &self);
        if !self.quiet {
            tell(&if self.json { summary.json() } else { summary.text() });
        }
        let is_written = self.write(&summary);
        Ok(match code {
            0 if !is_written => UNWRITTEN,
            0 => summary.code(),
            code => code,
        })
    }

    /// Writes the summary to its file, if it is wanted in one, and says whether that is there.
    fn write(&self, summary: &Summary) -> bool {
        let Some(file) = &self.out else { return true };
        let written = std::fs::write(file, summary.json());
        if let Err(error) = &written {
            tell(&format!("imgcost: {}: {error}\n", file.display()));
        }
        written.is_ok()
    }

    /// The ledger, and the scope whose money is spent. A cap is that of this run alone, whatever else its
    /// scope has.
    fn money(&self) -> Result<(Arc<dyn Ledger>, Scope), SetupError> {
        let named =
            |scope: &str| scope.parse().map_err(|error| SetupError::new(format!("budget {scope}: {error}")));
        let (ledger, scope): (Arc<dyn Ledger>, Scope) = match &self.ledger {
            None => (Arc::new(MemoryLedger::new()), named(SCOPE)?),
            Some(place) => {
                let above = self.budget.as_deref().unwrap_or("app");
                let own = match self.cap {
                    Some(_) => format!("{above}/{SCOPE}-{}", keys::random(6)?),
                    None => above.to_owned(),
                };
                let scope = named(&own)?;
                let ledger = ledger::open(place, false)?;
                let ledger = if self.dry_run { ledger::rehearsal(&*ledger, Some(&scope))? } else { ledger };
                (ledger, scope)
            }
        };
        let cap = match &self.cap {
            Some(usd) => Some(Cap::usd(usd)?),
            None if self.ledger.is_none() => Some(Cap::Unlimited),
            None => None,
        };
        if let Some(cap) = cap {
            ledger.set_budget(&Budget::new(scope.clone(), Window::Total, cap), "imgcost-run")?;
        }
        Ok((ledger, scope))
    }

    fn config(&self, scope: &Scope, places: &[Place]) -> Config {
        let mut config = Config {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            budget: scope.to_string(),
            upstreams: places.iter().map(|place| place.upstream(self)).collect(),
            policy: self.policy.clone(),
            prices: self.prices.clone(),
            dry_run: self.dry_run,
            // It is the command's alone, and the summary is all there is to see of it.
            pages: false,
            log: LogFormat::Off,
            ..Config::default()
        };
        config.guard.observe = self.observe;
        config.timeouts.drain = DRAIN;
        config
    }
}
