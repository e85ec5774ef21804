//! What the proxy is to do: from flags, or from a TOML file.

mod guarding;
mod keys;
mod limits;
mod operations;
mod upstreams;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use imgcost_ledger::Window;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer};

pub use guarding::{Guarding, Outage};
pub use keys::Key;
pub use limits::{Limits, Timeouts};
pub use operations::LogFormat;
pub use upstreams::{Credential, Upstream};

use crate::error::SetupError;

/// The address that is listened on where nothing is said.
pub const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 4141);

/// What the proxy is to do. A file has these names; all of its paths are relative to its own folder.
///
/// ```
/// use imgcost_proxy::config::Config;
/// let config = Config::parse("proxy.toml", r#"
///     ledger = "budget.db"
///     budget = "team/alice"
///
///     [[upstream]]
///     url = "https://api.openai.com/v1"
/// "#)?;
/// assert_eq!(config.upstreams.len(), 1);
/// # Ok::<(), imgcost_proxy::SetupError>(())
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen: an address and a port, loopback where nothing is said.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// Where the pages for those who run the proxy are, `/` and `/metrics` above all: an address and a
    /// port of their own. Without it they are at `listen`, if that is on the loopback.
    #[serde(default)]
    pub admin: Option<SocketAddr>,
    /// Whether it has pages of its own at all: `/`, `/healthz`, `/readyz` and `/metrics`.
    #[serde(default = "yes")]
    pub pages: bool,
    /// What its log looks like, on stderr.
    #[serde(default)]
    pub log: LogFormat,
    /// Names by which clients call the proxy, beside those of the loopback and the listened address:
    /// a request with another `Host` is refused.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Where the ledger is: a file, `memory`, or `postgres://…`.
    #[serde(default)]
    pub ledger: Option<String>,
    /// The environment variable with the ledger's address, for one with a password.
    #[serde(default)]
    pub ledger_env: Option<String>,
    /// Whose money calls spend that no key says otherwise of.
    #[serde(default = "budget")]
    pub budget: String,
    /// Budgets that are made if they are not there.
    #[serde(default, rename = "budgets")]
    pub budgets: Vec<Budget>,
    /// The APIs behind the proxy.
    #[serde(default, rename = "upstream")]
    pub upstreams: Vec<Upstream>,
    /// Keys of the proxy's own; with any, every client needs one.
    #[serde(default, rename = "key")]
    pub keys: Vec<Key>,
    /// A policy file of `imgcost check` that decides about calls too.
    #[serde(default)]
    pub policy: Option<PathBuf>,
    /// Prices of your own, over the built-in ones.
    #[serde(default)]
    pub prices: Option<PathBuf>,
    /// Lets nothing out: image calls are answered with placeholders, at the quote's ceiling.
    #[serde(default)]
    pub dry_run: bool,
    /// What the guard admits, and for how much.
    #[serde(default)]
    pub guard: Guarding,
    /// How much there may be of everything.
    #[serde(default)]
    pub limits: Limits,
    /// How long everything may take.
    #[serde(default)]
    pub timeouts: Timeouts,
}

/// A budget that is made if it is not there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Whose: a scope such as `team/alice`, or `team/*` for every scope right below `team`.
    pub scope: String,
    /// How much, in USD: in quotes, since a number of TOML may not be exactly what was written.
    #[serde(deserialize_with = "in_quotes")]
    pub usd: String,
    /// For each hour, day, week or month; for all time where nothing is said.
    #[serde(default)]
    pub per: Per,
}

/// How often a budget begins again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// Never.
    #[default]
    Total,
    /// Every hour.
    Hour,
    /// Every day, in UTC.
    Day,
    /// Every ISO week.
    Week,
    /// Every month.
    Month,
}

impl From<Per> for Window {
    fn from(per: Per) -> Self {
        match per {
            Per::Total => Window::Total,
            Per::Hour => Window::Hour,
            Per::Day => Window::Day,
            Per::Week => Window::Week,
            Per::Month => Window::Month,
        }
    }
}

fn in_quotes<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    struct Text;
    impl Visitor<'_> for Text {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an amount in quotes, such as \"2.50\"")
        }

        fn visit_str<E>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }
    }
    value.deserialize_str(Text)
}

fn listen() -> SocketAddr {
    LISTEN
}

fn yes() -> bool {
    true
}

fn budget() -> String {
    "app".to_owned()
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: LISTEN,
            admin: None,
            pages: true,
            log: LogFormat::default(),
            hosts: Vec::new(),
            ledger: None,
            ledger_env: None,
            budget: budget(),
            budgets: Vec::new(),
            upstreams: Vec::new(),
            keys: Vec::new(),
            policy: None,
            prices: None,
            dry_run: false,
            guard: Guarding::default(),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
        }
    }
}

/// The largest file that is read as a configuration.
const MOST_BYTES: u64 = 1 << 20;

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// It can't be read, or something in it is wrong, with its line.
    pub fn read(path: &Path) -> Result<Config, SetupError> {
        let name = path.display().to_string();
        let text = crate::files::text(path, MOST_BYTES)?;
        let mut config = Config::parse(&name, &text)?;
        config.set_folder(path.parent().unwrap_or(Path::new("")));
        Ok(config)
    }

    /// Reads a text, whose errors name it.
    ///
    /// # Errors
    /// Something in it is wrong, with its line.
    pub fn parse(name: &str, text: &str) -> Result<Config, SetupError> {
        toml::from_str(text).map_err(|error| {
            let line =
                error.span().map(|span| 1 + text.get(..span.start).unwrap_or(text).matches('\n').count());
            let place = line.map_or_else(|| name.to_owned(), |line| format!("{name}:{line}"));
            SetupError::new(format!("{place}: {}", error.message()))
        })
    }

    /// Takes relative paths from a folder on.
    fn set_folder(&mut self, folder: &Path) {
        let from = |path: &mut PathBuf| *path = folder.join(&*path);
        self.policy.iter_mut().for_each(from);
        self.prices.iter_mut().for_each(from);
        self.guard.outage.iter_mut().for_each(|outage| from(&mut outage.journal));
        self.upstreams.iter_mut().filter_map(|upstream| upstream.key_file.as_mut()).for_each(from);
        let is_file = |ledger: &&mut String| ledger.as_str() != "memory" && !ledger.contains("://");
        if let Some(ledger) = self.ledger.as_mut().filter(is_file) {
            *ledger = folder.join(&*ledger).display().to_string();
        }
    }
}
