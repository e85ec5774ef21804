//! The client that talks to upstreams: HTTP/1.1 and HTTP/2, TLS with the system's roots.

use std::error::Error as StdError;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};

use crate::body::RequestBody;
use crate::config::Timeouts;
use crate::connect::Connect;
use crate::error::SetupError;
use crate::telemetry::Exchange;

/// How long an open connection is kept for the next call.
const KEPT_OPEN: Duration = Duration::from_secs(60);

/// How many bytes of a response may wait in memory until its client takes them.
const BUFFERED: u32 = 256 << 10;

/// Sends requests to where their addresses say, and waits so long for a response to begin.
pub(crate) struct Forward {
    client: Client<HttpsConnector<Connect>, RequestBody>,
    patience: Duration,
}

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ForwardError {
    /// The upstream can't be reached, or broke the connection off.
    #[error("the upstream gave no response: {}", causes(.0))]
    Client(#[source] Error),
    /// It took too long.
    #[error("the upstream gave no response in {} s", .0.as_secs())]
    Late(Duration),
    /// Nothing goes out, and there is no placeholder.
    #[error(
        "this is a dry run, which lets nothing out: only calls for images by OpenAI's Images and Responses APIs and \
         Gemini's generateContent are answered, with placeholders of at most 64 MB together"
    )]
    DryRun,
}

/// An error with what caused it, and that in turn.
fn causes(error: &Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(": ");
        text.push_str(&error.to_string());
        next = error.source();
    }
    text
}

impl Forward {
    pub(crate) fn new(timeouts: &Timeouts) -> Result<Self, SetupError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| SetupError::new(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(Connect::new(timeouts.connect()));
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(KEPT_OPEN)
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .http1_max_buf_size(usize::try_from(BUFFERED).unwrap_or(usize::MAX))
            .http2_initial_stream_window_size(BUFFERED)
            .build(connector);
        Ok(Forward { client, patience: timeouts.response() })
    }

    /// Sends a request, and waits until its response begins.
    pub(crate) fn send(
        &self,
        mut request: Request<RequestBody>,
    ) -> impl Future<Output = Result<Response<Incoming>, ForwardError>> + Send + 'static {
        let exchange = request.extensions_mut().remove::<Arc<Exchange>>();
        let sent = Instant::now();
        if let Some(exchange) = &exchange {
            exchange.sent();
        }
        let (response, patience) = (self.client.request(request), self.patience);
        async move {
            let response = match tokio::time::timeout(patience, response).await {
                Ok(response) => response.map_err(ForwardError::Client),
                Err(_) => Err(ForwardError::Late(patience)),
            };
            if let Some(exchange) = &exchange {
                exchange.waited_for_upstream(sent.elapsed());
            }
            response
        }
    }

    /// Whether an error says that the request did not leave: no address, no connection, no TLS.
    pub(crate) fn was_not_sent(error: &(dyn StdError + 'static)) -> bool {
        match error.downcast_ref() {
            Some(ForwardError::Client(error)) => error.is_connect(),
            Some(ForwardError::DryRun) => true,
            _ => false,
        }
    }
}
