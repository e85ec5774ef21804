//! The Model Context Protocol: prices and budgets as tools of an agent, which asks before it draws.
//!
//! `imgcost mcp` speaks it over stdin and stdout. What a tool answers are the documents that the command
//! writes as JSON, so that whoever knows one knows the other.

mod failure;
mod money;
mod schema;
mod tools;

use std::path::PathBuf;
use std::sync::Arc;

use imgcost::{Estimator, Request};
use imgcost_ledger::{Budget, Cap, Ledger, Scope};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};
use serde_json::{Map, Value as Json};

use crate::config::Per;
use crate::error::SetupError;
use crate::{files, ledger};

use failure::Failure;
use tools::Tool;

/// The most bytes of a file of prices.
const FILE_BYTES: u64 = 16 << 20;
/// The most bytes of a message.
const MESSAGE_BYTES: usize = 64 << 20;
/// Who acts, as the ledger's journal names it.
const BY: &str = "imgcost-mcp";

const INSTRUCTIONS: &str = "Ask quote or compare before an image-generation API call is made: they give its cost in USD \
    as floor, expected value and ceiling. With a budget, hold sets the ceiling aside and refuses a call that does not \
    fit, which must then not be made; settle books what the call did cost by its response, release gives the money back \
    if it was not made.";

/// What the server is started with.
#[derive(Debug, Clone, Default)]
pub struct Mcp {
    /// Where budgets are: a file, `memory`, or `postgres://…`.
    pub ledger: Option<String>,
    /// Whose money holds spend.
    pub budget: Option<String>,
    /// The most that the scope may spend, in USD, if it has no budget yet.
    pub cap: Option<String>,
    /// The period of that budget.
    pub per: Per,
    /// The provider of calls that name none.
    pub provider: Option<String>,
    /// Prices of your own, over the built-in ones.
    pub prices: Option<PathBuf>,
}

/// The server.
#[derive(Clone)]
struct Server {
    shared: Arc<Shared>,
}

/// What its tools work with.
struct Shared {
    estimator: Estimator,
    provider: Option<String>,
    budget: Scope,
    ledger: Option<Arc<dyn Ledger>>,
}

impl Mcp {
    /// Serves one client on stdin and stdout until it ends.
    ///
    /// # Errors
    /// What is wrong with the options, the ledger or the client's first words.
    pub async fn serve(self) -> Result<(), SetupError> {
        let server = tokio::task::spawn_blocking(move || self.server());
        let server = server.await.map_err(|error| SetupError::new(error.to_string()))??;
        let (input, output) = (tokio::io::stdin(), tokio::io::stdout());
        let transport = rmcp::transport::async_rw::AsyncRwTransport::new_server(input, output)
            .with_max_line_length(MESSAGE_BYTES);
        let serving = server.serve(transport).await;
        let serving = serving.map_err(|error| SetupError::new(format!("no client: {error}")))?;
        serving.waiting().await.map_err(|error| SetupError::new(error.to_string()))?;
        Ok(())
    }

    fn server(self) -> Result<Server, SetupError> {
        let mut estimator = Estimator::new();
        if let Some(path) = &self.prices {
            let text = files::text(path, FILE_BYTES)?;
            estimator = estimator
                .with_prices(&text)
                .map_err(|error| SetupError::new(format!("{}: {error}", path.display())))?;
        }
        if let Some(provider) = &self.provider {
            estimator.book().provider(provider).map_err(|error| SetupError::new(error.to_string()))?;
        }
        if self.ledger.is_none() && (self.budget.is_some() || self.cap.is_some()) {
            return Err(SetupError::new(
                "--budget and --cap are of a ledger: name that too, with --ledger LEDGER",
            ));
        }
        let budget = self.budget.as_deref().unwrap_or("app");
        let budget: Scope =
            budget.parse().map_err(|error| SetupError::new(format!("budget {budget}: {error}")))?;
        let ledger =
            self.ledger.as_deref().map(|place| ledger::open(place, self.cap.is_some())).transpose()?;
        if let (Some(ledger), Some(usd)) = (&ledger, &self.cap) {
            ledger.ensure_budget(&Budget::new(budget.clone(), self.per.into(), Cap::usd(usd)?), BY)?;
        }
        let shared = Shared { estimator, provider: self.provider, budget, ledger };
        Ok(Server { shared: Arc::new(shared) })
    }
}

impl Shared {
    /// The call that arguments describe, at the server's provider where they name none.
    fn request(&self, arguments: &Map<String, Json>) -> Result<Request, Failure> {
        let mut request = Request::new("");
        if let Some(provider) = &self.provider {
            request = request.provider(provider);
        }
        for (name, value) in arguments {
            request.set_json(name, value)?;
        }
        Ok(request)
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("imgcost", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(Tool::ALL.into_iter().map(Tool::described).collect()))
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = Tool::named(&call.name) else {
            return Err(ErrorData::invalid_params(format!("there is no tool '{}'", call.name), None));
        };
        let shared = Arc::clone(&self.shared);
        // A ledger may let it wait.
        let done =
            tokio::task::spawn_blocking(move || tool.call(&shared, call.arguments.unwrap_or_default()));
        let done = done.await.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        let (words, document, is_error) = match done {
            Ok((words, document)) => (words, document, false),
            Err(failure) => (failure.to_string(), failure.document(), true),
        };
        let mut result = CallToolResult::success(vec![ContentBlock::text(words)]);
        result.structured_content = Some(document);
        result.is_error = Some(is_error);
        Ok(result.into())
    }
}
