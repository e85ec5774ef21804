//! The command line.

use std::env;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use imgcost_proxy::SetupError;
use imgcost_proxy::config::{Budget, Config, LogFormat, Per, Upstream};
use imgcost_proxy::mcp::Mcp;
use imgcost_proxy::run::Run;

/// Caps the calls of image-generation APIs that pass through it, for programs in any language
#[derive(Debug, Parser)]
#[command(name = "imgcost-proxy", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Proxy(Box<ProxyArgs>),
    Run(Box<RunArgs>),
    Mcp(Box<McpArgs>),
    /// Make a key of the proxy's own for a client, and the digest that the configuration takes
    Key,
    /// List the options of a command, for completions: name, letter, whether it takes a value, help
    #[command(hide = true)]
    Options {
        /// run, proxy or mcp
        command: String,
    },
    /// Write the manual page of a command
    #[command(hide = true)]
    Man {
        /// run, proxy or mcp
        command: String,
    },
}

/// Serve a capping reverse proxy
///
/// Clients only change their base URL. A call is quoted and its ceiling is held in the ledger before
/// it goes out; what its response reports is booked. A call that does not fit gets status 402.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  imgcost proxy --ledger budget.db --budget team/alice --upstream https://api.openai.com/v1
  OPENAI_BASE_URL=http://127.0.0.1:4141/v1 python make_images.py
  imgcost proxy --config proxy.toml

SIGHUP reads the configuration again; what is wrong with it is told, and changes nothing. ^C and SIGTERM let
open calls end; told twice, it ends at once.

Exit codes: 0 told to stop, 1 can't listen, 2 wrong usage or configuration, 4 stopped with calls open")]
pub(crate) struct ProxyArgs {
    /// Read the configuration from a TOML file; the other options go before it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Keep budgets in a ledger: a file, memory, or postgres://…
    #[arg(long, value_name = "LEDGER", env = "IMGCOST_LEDGER", hide_env_values = true)]
    ledger: Option<String>,
    /// Spend the money of a scope [default: app]
    #[arg(long, value_name = "SCOPE")]
    budget: Option<String>,
    /// Give the scope a budget if it has none
    #[arg(long, value_name = "USD")]
    cap: Option<String>,
    /// Begin the budget of --cap again every …
    #[arg(long, value_enum, default_value = "total", requires = "cap")]
    per: Per,
    /// Pass calls on to an API; its path is the path here too. May be given several times
    #[arg(long = "upstream", value_name = "URL")]
    upstreams: Vec<String>,
    /// Take the prices of a provider, where the host of the upstream does not tell
    #[arg(short, long, value_name = "PROVIDER")]
    provider: Option<String>,
    /// Send the API's key that an environment variable holds, in place of the client's own
    #[arg(long, value_name = "VARIABLE")]
    key_env: Option<String>,
    /// Listen on an address and port [default: 127.0.0.1:4141]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Serve the status page and the metrics at an address of their own
    #[arg(long, value_name = "ADDRESS:PORT")]
    admin: Option<SocketAddr>,
    /// Log requests and warnings to stderr, as lines of this format [default: text]
    #[arg(long, value_enum, value_name = "FORMAT")]
    log: Option<LogFormat>,
    /// Let every call pass, and only tell what would be denied
    #[arg(long)]
    observe: bool,
    /// Let nothing out: answer image calls with placeholders
    #[arg(long)]
    dry_run: bool,
}

impl ProxyArgs {
    /// The configuration that the file and the flags make together.
    pub(crate) fn config(&self) -> Result<Config, SetupError> {
        let mut config = self.config.as_deref().map(Config::read).transpose()?.unwrap_or_default();
        if let Some(ledger) = self.ledger.clone() {
            (config.ledger, config.ledger_env) = (Some(ledger), None);
        }
        if let Some(budget) = self.budget.clone() {
            config.budget = budget;
        }
        if let Some(usd) = self.cap.clone() {
            config.budgets.push(Budget { scope: config.budget.clone(), usd, per: self.per });
        }
        if let Some(listen) = self.listen {
            config.listen = listen;
        }
        config.admin = self.admin.or(config.admin);
        config.log = self.log.unwrap_or(config.log);
        config.guard.observe |= self.observe;
        config.dry_run |= self.dry_run;
        for url in self.upstreams.clone() {
            let (provider, key_env) = (self.provider.clone(), self.key_env.clone());
            config.upstreams.push(Upstream { url, provider, key_env, ..Upstream::default() });
        }
        Ok(config)
    }
}

/// Run a command whose image calls may cost so much
///
/// Its clients find their APIs at a private proxy on this machine: OPENAI_BASE_URL,
/// AZURE_OPENAI_ENDPOINT, GOOGLE_GEMINI_BASE_URL and GOOGLE_VERTEX_BASE_URL are set for it. A call that
/// does not fit gets status 402; all others pass as they are. At the end the summary says what was spent.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  imgcost run --cap 5 -- python make_images.py
  imgcost run --observe -- node render.mjs
  imgcost run --ledger budget.db --budget team/alice --cap 2 -- make images

The command gets the signals, and has its input and output; once it has ended, ^C waits no longer for calls
that are open.

Exit codes: that of the command if it is not 0; else 3 if a call was refused, 4 if nobody knows
what one cost or no call passed through, 5 if the ledger or --out failed; 126 or 127 if the
command can't be run, 2 if run itself can't: wrong usage, no ledger")]
pub(crate) struct RunArgs {
    /// Spend so much at most, in this run
    #[arg(long, value_name = "USD")]
    cap: Option<String>,
    /// Keep the budget in a ledger: a file or postgres://…; with --budget IMGCOST_LEDGER may name it. In memory
    /// without it
    #[arg(long, value_name = "LEDGER")]
    ledger: Option<String>,
    /// Spend the money of a scope of that ledger
    #[arg(long, value_name = "SCOPE")]
    budget: Option<String>,
    /// Refuse what a policy file of imgcost check forbids
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Put prices of your own over the built-in ones
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Let every call pass, and only tell what would be refused
    #[arg(long)]
    observe: bool,
    /// Let nothing out: answer image calls with placeholders of their size, at their ceilings
    #[arg(long)]
    dry_run: bool,
    /// Take the prices of a provider where OPENAI_BASE_URL leads, if its host does not tell
    #[arg(short, long, value_name = "PROVIDER")]
    provider: Option<String>,
    /// Take a deployment of Azure's for a model; may be given several times
    #[arg(long = "deployment", value_name = "NAME=MODEL", value_parser = deployment)]
    deployments: Vec<(String, String)>,
    /// Write the summary as table or json, to stderr
    #[arg(short, long, value_enum, default_value = "table")]
    format: Format,
    /// The same as --format json
    #[arg(long)]
    json: bool,
    /// Write the summary to a file too, as JSON
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write no summary
    #[arg(short, long)]
    quiet: bool,
    /// The command and its arguments; options come before it
    #[arg(trailing_var_arg = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// What the summary of a run looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
}

fn deployment(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(name, model)| !name.is_empty() && !model.is_empty());
    let (name, model) = parts.ok_or("it is NAME=MODEL, such as images-eu=gpt-image-2")?;
    Ok((name.to_owned(), model.to_owned()))
}

impl RunArgs {
    pub(crate) fn run(self) -> Run {
        // Alone, a cap needs no ledger.
        let of_environment = || self.budget.is_some().then(|| env::var("IMGCOST_LEDGER").ok())?;
        Run {
            ledger: self.ledger.or_else(of_environment),
            command: self.command,
            cap: self.cap,
            budget: self.budget,
            policy: self.policy,
            prices: self.prices,
            provider: self.provider,
            deployments: self.deployments.into_iter().collect(),
            observe: self.observe,
            dry_run: self.dry_run,
            json: self.json || self.format == Format::Json,
            out: self.out,
            quiet: self.quiet,
        }
    }
}

/// Serve prices and budgets to an agent, by the Model Context Protocol
///
/// An agent's client starts it and speaks to it over stdin and stdout. Its tools are quote, compare and usage,
/// and with a ledger budget_status, hold, settle and release: the agent asks what a call costs before it
/// makes it, and a call that does not fit is refused. It needs no network and no API key.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  imgcost mcp
  imgcost mcp --ledger budget.db --budget agents/alice --cap 5 --per day

What a client's settings need is in docs/mcp.md.

Exit codes: 0 the client has ended, 2 wrong usage, prices or ledger")]
pub(crate) struct McpArgs {
    /// Keep budgets in a ledger: a file, memory, or postgres://…
    #[arg(long, value_name = "LEDGER", env = "IMGCOST_LEDGER", hide_env_values = true)]
    ledger: Option<String>,
    /// Spend the money of a scope and of those below it [default: app]
    #[arg(long, value_name = "SCOPE")]
    budget: Option<String>,
    /// Give the scope a budget if it has none
    #[arg(long, value_name = "USD")]
    cap: Option<String>,
    /// Begin the budget of --cap again every …
    #[arg(long, value_enum, default_value = "total", requires = "cap")]
    per: Per,
    /// Take the prices of a provider where a call names none
    #[arg(short, long, value_name = "PROVIDER")]
    provider: Option<String>,
    /// Put prices of your own over the built-in ones
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
}

impl McpArgs {
    pub(crate) fn mcp(self) -> Mcp {
        let McpArgs { ledger, budget, cap, per, provider, prices } = self;
        Mcp { ledger, budget, cap, per, provider, prices }
    }
}
