//! The proxy's own pages: `/`, `/healthz`, `/readyz` and `/metrics`.
//!
//! Where clients come from this machine only, they are at the address that clients call; else at an
//! address of their own (`admin`), and clients see nothing but whether the proxy is alive and ready.

mod escape;
mod ready;
mod status;

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Method, Request, Response, StatusCode};

use crate::body::{ResponseBody, whole};
use crate::proxy::Proxy;
use crate::refusal::Refusal;
use crate::telemetry::Gauges;

pub(crate) use ready::Readiness;

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A page that no upstream has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    Status,
    Health,
    Ready,
    Metrics,
}

impl Page {
    /// The page that a request is for, if it is for one.
    pub(crate) fn of<B>(request: &Request<B>) -> Option<Page> {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return None;
        }
        match request.uri().path() {
            "/" => Some(Page::Status),
            "/healthz" => Some(Page::Health),
            "/readyz" => Some(Page::Ready),
            "/metrics" => Some(Page::Metrics),
            _ => None,
        }
    }

    /// Whether it shows money, models and paths.
    pub(crate) fn is_private(self) -> bool {
        matches!(self, Page::Status | Page::Metrics)
    }

    pub(crate) async fn response(self, proxy: &Proxy) -> Response<ResponseBody> {
        match self {
            Page::Status => page(StatusCode::OK, HTML, status::page(proxy).await),
            Page::Health => page(StatusCode::OK, TEXT, "ok\n".to_owned()),
            Page::Metrics => page(StatusCode::OK, METRICS, proxy.telemetry.metrics(&gauges(proxy))),
            Page::Ready => match proxy.is_not_ready().await {
                None => page(StatusCode::OK, TEXT, "ready\n".to_owned()),
                Some(why) => page(StatusCode::SERVICE_UNAVAILABLE, TEXT, format!("not ready: {why}\n")),
            },
        }
    }
}

/// What is refused to clients that other machines may be.
pub(crate) fn not_here() -> Refusal {
    let why = "this page is for those who run the proxy: admin = \"127.0.0.1:4142\" in its configuration \
               serves it there";
    Refusal::new(StatusCode::FORBIDDEN, "admin-only", why)
}

/// There are only these pages.
pub(crate) fn nothing() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "no-page", "here are /, /healthz, /readyz and /metrics")
}

fn gauges(proxy: &Proxy) -> Gauges {
    let (book_checked, book) = proxy.book();
    let checked = book_checked.to_zoned(jiff::tz::TimeZone::UTC);
    Gauges {
        open_requests: proxy.life.requests(),
        open_connections: proxy.life.connections(),
        is_stopping: proxy.life.is_stopping(),
        book_checked: checked.map(|day| day.timestamp().as_second()).unwrap_or_default(),
        book,
    }
}

fn page(status: StatusCode, content_type: &'static str, text: String) -> Response<ResponseBody> {
    let mut response = Response::new(whole(text));
    *response.status_mut() = status;
    let headers = [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'",
        ),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
