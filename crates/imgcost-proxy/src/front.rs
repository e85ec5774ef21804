//! Requests that no proxy may pass on, whatever is behind it.

use std::net::{IpAddr, SocketAddr};

use http::header::{HOST, ORIGIN, UPGRADE};
use http::{HeaderMap, HeaderName, Method, Request, StatusCode};

use crate::config::Config;
use crate::refusal::Refusal;
use crate::upstream::is_loopback;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What clients may call the proxy, and whether web pages must be kept out.
pub(crate) struct Front {
    listen: SocketAddr,
    hosts: Vec<String>,
    /// Whether the proxy adds a key of its own to anybody's request.
    spends_for_all: bool,
}

impl Front {
    pub(crate) fn new(config: &Config, spends_for_all: bool) -> Self {
        Front { listen: config.listen, hosts: config.hosts.clone(), spends_for_all }
    }

    /// Refuses what is meant for another server, or is not plain HTTP.
    pub(crate) fn check<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        let headers = request.headers();
        if request.method() == Method::CONNECT {
            let why = "the proxy opens no tunnels: give its address as the client's base URL";
            return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "no-tunnel", why));
        }
        self.check_host(request)?;
        if headers.contains_key(UPGRADE) {
            let why = "the proxy passes on no other protocol than HTTP, such as WebSocket";
            return Err(Refusal::new(StatusCode::NOT_IMPLEMENTED, "no-upgrade", why));
        }
        if has_dots(request.uri().path()) {
            return Err(Refusal::bad_request("the path has a part that leads upwards"));
        }
        if self.spends_for_all && is_of_a_page(headers) {
            let why = "a web page can't spend: give clients keys of their own (imgcost-proxy key)";
            return Err(Refusal::new(StatusCode::FORBIDDEN, "no-pages", why));
        }
        Ok(())
    }

    /// Refuses a request for another host: one that is to be passed on there, and one of a page whose
    /// name was made to lead here.
    fn check_host<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        let mut hosts = request.headers().get_all(HOST).iter();
        let in_header = hosts.next().map(|host| host.to_str().unwrap_or_default());
        let in_address = request.uri().authority().map(|authority| authority.as_str());
        let differ =
            matches!((in_header, in_address), (Some(one), Some(other)) if !one.eq_ignore_ascii_case(other));
        let Some(host) = in_address.or(in_header).filter(|_| hosts.next().is_none() && !differ) else {
            return Err(Refusal::bad_request("the request must name one host"));
        };
        if self.is_own(without_port(host)) {
            return Ok(());
        }
        Err(Refusal::new(
            StatusCode::MISDIRECTED_REQUEST,
            "other-host",
            "the proxy passes requests on to its upstreams only, and is called by its own name: hosts in its \
             configuration adds one",
        ))
    }

    fn is_own(&self, host: &str) -> bool {
        let named = || self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host));
        let address: Option<IpAddr> = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
        let is_listened = match address {
            // What is listened on everywhere has addresses that only its network knows.
            Some(address) => address == self.listen.ip() || self.listen.ip().is_unspecified(),
            None => false,
        };
        is_listened || is_loopback(host) || named()
    }
}

/// A host without its port.
pub(crate) fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// Whether a part of a path is `..` or `.`, however it is written.
fn has_dots(path: &str) -> bool {
    // Most have nothing that could be one.
    if !path.bytes().any(|byte| b".%".contains(&byte)) {
        return false;
    }
    let path = path
        .to_ascii_lowercase()
        .replace("%2e", ".")
        .replace("%2f", "/")
        .replace("%5c", "/")
        .replace('\\', "/");
    path.split('/').any(|part| matches!(part, "." | ".."))
}

/// Whether a browser sends a request for a page.
fn is_of_a_page(headers: &HeaderMap) -> bool {
    let is_cross_site = headers.get(FETCH_SITE).is_some_and(|site| site != "none");
    headers.contains_key(ORIGIN) || is_cross_site
}
