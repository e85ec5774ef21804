//! Connections of clients.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::live::Live;
use crate::proxy::Proxy;

/// How many requests one connection of HTTP/2 may have open.
const STREAMS: u32 = 200;
/// How long to wait where the machine has no room for one more connection.
const BREATH: Duration = Duration::from_millis(50);
/// The smallest buffer of a connection that hyper takes.
const LEAST_HEAD: usize = 8 << 10;

/// How long what is booked at the very end may take.
const LAST: Duration = Duration::from_secs(10);
/// How many connections those who run the proxy may have.
const ADMIN_CONNECTIONS: usize = 64;

/// A proxy that listens.
pub struct Server {
    listener: TcpListener,
    admin: Option<TcpListener>,
    live: Live,
}

/// Who is answered at an address.
#[derive(Clone, Copy)]
enum Door {
    Clients,
    Admin,
}

impl Server {
    /// Listens on an address; port 0 takes a free one. A proxy with an address for those who run it
    /// listens there too.
    ///
    /// # Errors
    /// The address is taken, or not this machine's.
    pub async fn bind(address: SocketAddr, proxy: Arc<Proxy>) -> io::Result<Server> {
        let listener = TcpListener::bind(address).await?;
        let admin = match proxy.admin_address() {
            Some(address) => {
                let listener = TcpListener::bind(address).await;
                Some(
                    listener
                        .map_err(|error| io::Error::new(error.kind(), format!("admin {address}: {error}")))?,
                )
            }
            None => None,
        };
        Ok(Server { listener, admin, live: Live::new(proxy) })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Where its pages are, if they have an address of their own.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().and_then(|admin| admin.local_addr().ok())
    }

    /// What serves, to be given another configuration.
    #[must_use]
    pub fn live(&self) -> Live {
        self.live.clone()
    }

    /// Serves clients until told to stop; then open calls have the time of `timeouts.drain` to end, and
    /// what was booked is written. It says whether all calls ended in time.
    pub async fn run(self, stop: impl Future<Output = ()>) -> bool {
        self.run_until(stop, std::future::pending()).await == 0
    }

    /// [`Server::run`], which may be told to end at once. It says how many requests were cut off: what
    /// nobody knows the end of is presumed.
    pub async fn run_until(self, stop: impl Future<Output = ()>, at_once: impl Future<Output = ()>) -> u64 {
        let Server { listener, admin, live } = self;
        let first = live.proxy();
        let (life, log) = (Arc::clone(&first.life), &first.telemetry.log);
        let graceful = GracefulShutdown::new();
        let admin = admin.map(|listener| {
            let (room, live) = (room(ADMIN_CONNECTIONS), live.clone());
            tokio::spawn(
                async move { Accepting { listener, room, live, door: Door::Admin }.accept(None).await },
            )
        });
        let room = room(first.limits.connections);
        let clients = Accepting { listener, room, live: live.clone(), door: Door::Clients };
        tokio::select! {
            () = clients.accept(Some(&graceful)) => {}
            () = stop => {}
        }
        life.stop();
        let drain = live.proxy().timeouts.drain();
        if life.requests() > 0 {
            log.tell(&format!(
                "stopping: {} still open, which may take {} s; told again, it ends at once",
                requests(life.requests()),
                drain.as_secs()
            ));
        }
        let ended = async {
            graceful.shutdown().await;
            life.all_ended().await;
        };
        tokio::select! {
            () = ended => {}
            // Who asks meanwhile is told that it ends.
            () = clients.accept(None) => {}
            () = tokio::time::sleep(drain) => {}
            () = at_once => {}
        }
        let open = life.requests();
        if open > 0 {
            log.tell(&format!("cut off {}: a call whose cost nobody knows is presumed", requests(open)));
        }
        drop(clients);
        life.cut();
        // Past that, what is not booked stays held, and counts at its ceiling.
        let booked = async {
            life.all_ended().await;
            live.proxy().drain().await;
        };
        let _ = tokio::time::timeout(LAST, booked).await;
        if let Some(admin) = admin {
            admin.abort();
        }
        log.flush();
        open
    }
}

fn requests(number: u64) -> String {
    if number == 1 { "1 request".to_owned() } else { format!("{number} requests") }
}

fn room(connections: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(connections))
}

/// An address where connections are accepted.
struct Accepting {
    listener: TcpListener,
    room: Arc<Semaphore>,
    live: Live,
    door: Door,
}

impl Accepting {
    /// Accepts connections and serves them, until it is dropped.
    async fn accept(&self, graceful: Option<&GracefulShutdown>) {
        loop {
            // Who can't be served waits to be accepted.
            let permit = Arc::clone(&self.room).acquire_owned().await;
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    self.live.proxy().telemetry.log.tell(&format!("no connection can be accepted: {error}"));
                    tokio::time::sleep(BREATH).await;
                    continue;
                }
            };
            // Without it, only small pieces are slower.
            let _ = stream.set_nodelay(true);
            let proxy = self.live.proxy();
            let open = matches!(self.door, Door::Clients).then(|| proxy.life.open_connection());
            let connection = serve(&builder(&proxy), stream, &self.live, self.door);
            // A client that breaks it off is no news.
            let connection: Pin<Box<dyn Future<Output = ()> + Send>> = match graceful {
                Some(graceful) => {
                    let connection = graceful.watch(connection);
                    Box::pin(async move { drop(connection.await) })
                }
                None => Box::pin(async move { drop(connection.await) }),
            };
            let life = Arc::clone(&proxy.life);
            tokio::spawn(async move {
                tokio::select! {
                    () = connection => {}
                    () = life.is_cut() => {}
                }
                drop((open, permit));
            });
        }
    }
}

fn builder(proxy: &Proxy) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    let head = proxy.limits.head.max(LEAST_HEAD);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(proxy.timeouts.head())
        .max_buf_size(head)
        .max_headers(proxy.limits.headers);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(proxy.timeouts.request())
        .keep_alive_timeout(proxy.timeouts.head())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(head).unwrap_or(u32::MAX));
    builder
}

/// One connection.
fn serve(
    builder: &Builder<TokioExecutor>,
    stream: TcpStream,
    live: &Live,
    door: Door,
) -> impl GracefulConnection<Error = Box<dyn std::error::Error + Send + Sync>> + Send + 'static {
    let live = live.clone();
    let service = service_fn(move |request| {
        let proxy = live.proxy();
        async move {
            Ok::<_, Infallible>(match door {
                Door::Clients => proxy.answer(request).await,
                Door::Admin => proxy.answer_admin(request).await,
            })
        }
    });
    builder.serve_connection(TokioIo::new(stream), service).into_owned()
}
