//! Connections to upstreams: straight, or through the proxy that the environment names for them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::body::BoxError;
use crate::upstream::is_loopback;

/// Connects to upstreams. Those behind TLS are reached through a tunnel where `HTTPS_PROXY` or `ALL_PROXY`
/// names a proxy and `NO_PROXY` does not name them, as their own clients would reach them.
#[derive(Clone)]
pub(crate) struct Connect {
    http: HttpConnector,
    proxies: Arc<Matcher>,
    patience: Duration,
}

impl Connect {
    pub(crate) fn new(patience: Duration) -> Self {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(patience));
        Connect { http, proxies: Arc::new(Matcher::from_env()), patience }
    }

    /// The proxy in front of an upstream.
    fn proxy(&self, to: &Uri) -> Option<Intercept> {
        let is_far = to.scheme() == Some(&Scheme::HTTPS) && !to.host().is_some_and(is_loopback);
        self.proxies.intercept(to).filter(|_| is_far)
    }
}

impl Service<Uri> for Connect {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<TcpStream>, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.http.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let Some(proxy) = self.proxy(&to) else {
            let stream = self.http.call(to);
            return Box::pin(async move { Ok(stream.await?) });
        };
        if proxy.uri().scheme() != Some(&Scheme::HTTP) {
            return Box::pin(async {
                Err("the environment's proxy for it is not at an http:// address".into())
            });
        }
        let mut tunnel = Tunnel::new(proxy.uri().clone(), self.http.clone());
        if let Some(key) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(key.clone());
        }
        let opened = tokio::time::timeout(self.patience, tunnel.call(to));
        Box::pin(async move {
            match opened.await {
                Ok(stream) => stream.map_err(|error| format!("the environment's proxy: {error}").into()),
                Err(_) => Err("the environment's proxy does not answer".into()),
            }
        })
    }
}
