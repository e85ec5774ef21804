//! One request through the proxy.

use std::net::SocketAddr;
use std::sync::Arc;

use http::header::{CONTENT_TYPE, HOST};
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode, Version};
use http_body::Body;
use hyper::body::Incoming;
use imgcost_core::{Book, Date};
use imgcost_guard::{Error, Guard};
use imgcost_ledger::{Ledger, Scope};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tower_service::Service;

use crate::body::{RequestBody, ResponseBody, collected};
use crate::config::{Config, Limits, Timeouts};
use crate::front::{Front, without_port};
use crate::headers;
use crate::keys::{Holder, Keys};
use crate::life::Life;
use crate::pages::{self, Page, Readiness};
use crate::refusal::{Refusal, json_response};
use crate::relay::Relay;
use crate::routes::{self, Candidate, Routes};
use crate::setup::Listen;
use crate::telemetry::{Exchange, Telemetry};
use crate::upstream::{Upstream, is_loopback};

/// What memory is counted in.
const KIB: usize = 1 << 10;

/// What stays when another configuration is read.
#[derive(Clone)]
pub(crate) struct Lasting {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) life: Arc<Life>,
    pub(crate) listen: Listen,
    /// What it was started with.
    pub(crate) config: Arc<Config>,
}

/// A capping reverse proxy: all it knows, but for what it listens on.
pub struct Proxy {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) life: Arc<Life>,
    pub(crate) lasting: Lasting,
    /// Who makes a page that asks the ledger for much.
    pub(crate) asks_ledger: Mutex<()>,
    readiness: Readiness,
    /// What may be asked at the address of those who run it, if it has one.
    admin: Option<Front>,
    has_pages: bool,
    listens_on_loopback: bool,
    pub(crate) limits: Limits,
    pub(crate) timeouts: Timeouts,
    routes: Routes,
    keys: Keys,
    scope: Scope,
    front: Front,
    is_dry_run: bool,
    /// Room for the bodies that are kept until their calls are admitted, in KiB.
    room: Arc<Semaphore>,
}

impl Proxy {
    pub(crate) fn of_parts(
        config: &Config,
        upstreams: Vec<Upstream>,
        keys: Keys,
        scope: Scope,
        lasting: Lasting,
    ) -> Self {
        let spends_for_all = keys.is_empty() && upstreams.iter().any(Upstream::has_key);
        let room = (config.limits.memory / KIB).clamp(1, Semaphore::MAX_PERMITS);
        Proxy {
            ledger: Arc::clone(&lasting.ledger),
            telemetry: Arc::clone(&lasting.telemetry),
            life: Arc::clone(&lasting.life),
            lasting,
            asks_ledger: Mutex::const_new(()),
            readiness: Readiness::default(),
            admin: config
                .admin
                .map(|address| Front::new(&Config { listen: address, ..config.clone() }, false)),
            has_pages: config.pages,
            listens_on_loopback: config.listen.ip().is_loopback(),
            limits: config.limits.clone(),
            timeouts: config.timeouts.clone(),
            routes: Routes::new(upstreams),
            keys,
            scope,
            front: Front::new(config, spends_for_all),
            is_dry_run: config.dry_run,
            room: Arc::new(Semaphore::new(room)),
        }
    }

    /// Tells those who run it something on stderr.
    pub fn tell(&self, message: &str) {
        self.telemetry.log.tell(message);
    }

    /// Where those who run it are answered, if not where clients are.
    pub(crate) fn admin_address(&self) -> Option<SocketAddr> {
        self.lasting.config.admin.filter(|_| self.has_pages)
    }

    /// Waits until what happened is booked.
    pub(crate) async fn drain(&self) {
        for upstream in self.routes.all() {
            upstream.guard.drain_async().await;
        }
    }

    /// When the prices were last checked, and the digest of the book.
    pub(crate) fn book(&self) -> (Date, String) {
        let books = || self.routes.all().map(|upstream| upstream.guard.book());
        let checked = books().map(Book::checked).min().unwrap_or(Date::ZERO);
        (checked, books().next().map(|book| book.digest().to_owned()).unwrap_or_default())
    }

    /// Why it should get no calls, if there is a reason.
    pub(crate) async fn is_not_ready(&self) -> Option<&'static str> {
        if self.life.is_stopping() {
            return Some("stopping");
        }
        let answers = self.readiness.ledger_answers(&self.ledger).await;
        (!answers).then_some("the ledger does not answer")
    }

    /// What of a configuration counts only once the proxy is started again.
    pub(crate) fn needs_restart(&self, next: &Config) -> Vec<&'static str> {
        let now = &self.lasting.config;
        let changed = [
            ("listen", now.listen != next.listen),
            ("admin", now.admin != next.admin),
            ("ledger", (&now.ledger, &now.ledger_env) != (&next.ledger, &next.ledger_env)),
            ("log", now.log != next.log),
            ("limits.connections", now.limits.connections != next.limits.connections),
        ];
        changed.into_iter().filter_map(|(name, is_changed)| is_changed.then_some(name)).collect()
    }

    /// The response to a request at the address of those who run the proxy.
    pub(crate) async fn answer_admin(&self, request: Request<Incoming>) -> Response<ResponseBody> {
        let Some(front) = &self.admin else { return pages::nothing().into_response() };
        if let Err(refusal) = front.check(&request) {
            return refusal.into_response();
        }
        match Page::of(&request) {
            Some(page) => page.response(self).await,
            None => pages::nothing().into_response(),
        }
    }

    /// The response to a client's request, whatever it is.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<ResponseBody> {
        if let Some(page) = self.page_of(&request) {
            return match self.may_see(page, &request) {
                Ok(()) => page.response(self).await,
                Err(refusal) => refusal.into_response(),
            };
        }
        let exchange = Exchange::begin(&self.telemetry, &request, self.life.open_request());
        let mut response = self.pass(request, &exchange).await.unwrap_or_else(|refusal| {
            exchange.refused(&refusal);
            refusal.into_response()
        });
        exchange.answered();
        if let Ok(id) = HeaderValue::try_from(exchange.id()) {
            response.headers_mut().insert(headers::OWN_REQUEST_ID, id);
        }
        response
    }

    /// The page of the proxy's own that a client asks for. One that an upstream's path takes is the
    /// upstream's; one without a path leaves these to the proxy.
    fn page_of<B>(&self, request: &Request<B>) -> Option<Page> {
        let page = Page::of(request)
            .filter(|page| self.has_pages && !(page.is_private() && self.admin.is_some()))?;
        let path = request.uri().path();
        let is_taken = |upstream: &Upstream| !upstream.prefix.is_empty() && upstream.rest(path).is_some();
        (!self.routes.all().any(is_taken)).then_some(page)
    }

    /// Refuses clients what only those who run the proxy may see, unless all are on this machine: by the
    /// address that it listens on, and by the name that it is called by, which another server's would be.
    fn may_see<B>(&self, page: Page, request: &Request<B>) -> Result<(), Refusal> {
        self.front.check(request)?;
        let is_here = self.listens_on_loopback && is_loopback(without_port(host(request)));
        if page.is_private() && !is_here { Err(pages::not_here()) } else { Ok(()) }
    }

    async fn pass(
        &self,
        request: Request<Incoming>,
        exchange: &Arc<Exchange>,
    ) -> Result<Response<ResponseBody>, Refusal> {
        self.front.check(&request)?;
        if self.life.is_stopping() {
            let why = "the proxy is about to end and takes no new calls; try again";
            return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", why));
        }
        let (mut parts, body) = request.into_parts();
        let holder = self.holder(&parts)?;
        if let Some(holder) = holder {
            exchange.set_key(&holder.name);
        }
        let scope = headers::scope(&parts.headers, holder.map_or(&self.scope, |holder| &holder.scope))?;
        exchange.set_scope(scope.clone());
        let spend = headers::spend(&parts.headers, scope, exchange.id())?;
        let candidates = self.routes.of(&parts, holder.is_some())?;
        let is_watched = candidates.iter().any(|candidate| candidate.is_watched);
        let _room = if is_watched { Some(self.room_for(&body).await?) } else { None };
        let most = self.limits.upload.max(u64::try_from(self.limits.body).unwrap_or(u64::MAX));
        let body = RequestBody::incoming(body, most, self.timeouts.request(), exchange);
        let (Candidate { upstream, address, .. }, body) =
            routes::chosen(candidates, &parts, body, self.limits.body).await?;
        exchange.set_upstream(&upstream.named);
        let asked = std::mem::replace(&mut parts.uri, address);
        if headers::is_dry_run(&parts.headers) {
            exchange.set_quoted();
            return quoted(&upstream.guard, &parts, body).await;
        }
        let takes_trailers = headers::takes_trailers(&parts.headers);
        parts.version = Version::HTTP_11;
        headers::to_upstream(&mut parts.headers);
        upstream.authorise(&mut parts.headers, &asked);
        parts.extensions.insert(spend);
        parts.extensions.insert(Arc::clone(exchange));
        let relay = Relay {
            is_dry_run: self.is_dry_run,
            takes_trailers,
            idle: self.timeouts.idle(),
            patience: self.timeouts.abandoned(),
            exchange: Arc::clone(exchange),
            life: Arc::clone(&self.life),
        };
        let mut service = upstream.service.clone();
        let response =
            async move { relay.response(service.call(Request::from_parts(parts, body)).await).await };
        if !is_watched {
            return response.await;
        }
        let (life, exchange) = (Arc::clone(&self.life), Arc::clone(exchange));
        let response = async move {
            let response = tokio::select! {
                response = response => response,
                () = life.is_cut() => Err(interrupted()),
            };
            // Its client may not be there any more to get it.
            response.inspect_err(|refusal| exchange.refused(refusal))
        };
        // A client that goes away ends this future, and not the call: what it costs is known at its end.
        let response = tokio::spawn(response).await;
        response.unwrap_or_else(|_| Err(interrupted()))
    }

    /// Whose key a request has; none if no key is needed.
    fn holder(&self, parts: &Parts) -> Result<Option<&Holder>, Refusal> {
        if self.keys.is_empty() {
            return Ok(None);
        }
        match self.keys.holder(&parts.headers, &parts.uri) {
            Some(holder) => Ok(Some(holder)),
            None => Err(Refusal::new(
                StatusCode::UNAUTHORIZED,
                "invalid_api_key",
                "this proxy takes keys of its own: give the one you were handed as the client's API key",
            )),
        }
    }

    /// Waits until there is memory for a body.
    async fn room_for(&self, body: &Incoming) -> Result<OwnedSemaphorePermit, Refusal> {
        let length = body.size_hint().exact().and_then(|length| usize::try_from(length).ok());
        let kept = length.unwrap_or(usize::MAX).min(self.limits.body).min(self.limits.memory);
        let permits = u32::try_from(kept / KIB).unwrap_or(u32::MAX).max(1);
        let room = Arc::clone(&self.room).acquire_many_owned(permits);
        let busy = || {
            let why = "too many large requests at a time; try again later";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy", why)
        };
        tokio::time::timeout(self.timeouts.request(), room).await.map_err(|_| busy())?.map_err(|_| busy())
    }
}

/// What a call would cost, which is not made.
async fn quoted(guard: &Guard, parts: &Parts, body: RequestBody) -> Result<Response<ResponseBody>, Refusal> {
    let bytes = collected(body, usize::MAX).await?;
    let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let read =
        guard.read(&parts.uri.to_string(), content_type, &bytes).map_err(|error| Refusal::denied(&error))?;
    let Some(request) = read else {
        return Err(Refusal::bad_request(
            "it is no image call: nothing is held for it, and nothing is quoted",
        ));
    };
    let quote = guard.book().quote(&request).map_err(|error| Refusal::denied(&Error::NotQuotable(error)))?;
    let mut response = json_response(StatusCode::OK, &quote.document());
    response.headers_mut().insert(headers::DRY_RUN, HeaderValue::from_static("1"));
    Ok(response)
}

fn interrupted() -> Refusal {
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "interrupted", "the proxy was interrupted")
}

/// The host that a request is for.
fn host<B>(request: &Request<B>) -> &str {
    let in_header = || request.headers().get(HOST).and_then(|host| host.to_str().ok());
    request.uri().authority().map(|host| host.as_str()).or_else(in_header).unwrap_or_default()
}
