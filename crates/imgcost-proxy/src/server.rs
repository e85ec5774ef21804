//! Connections of clients.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::proxy::Proxy;

/// How many requests one connection of HTTP/2 may have open.
const STREAMS: u32 = 200;
/// How long to wait where the machine has no room for one more connection.
const BREATH: Duration = Duration::from_millis(50);
/// The smallest buffer of a connection that hyper takes.
const LEAST_HEAD: usize = 8 << 10;

/// A proxy that listens.
pub struct Server {
    listener: TcpListener,
    proxy: Arc<Proxy>,
}

impl Server {
    /// Listens on an address; port 0 takes a free one.
    ///
    /// # Errors
    /// The address is taken, or not this machine's.
    pub async fn bind(address: SocketAddr, proxy: Arc<Proxy>) -> io::Result<Server> {
        Ok(Server { listener: TcpListener::bind(address).await?, proxy })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves clients until told to stop; then open calls have the time of `timeouts.drain` to end, and
    /// what was booked is written. It says whether all calls ended in time.
    pub async fn run(self, stop: impl Future<Output = ()>) -> bool {
        let Server { listener, proxy } = self;
        let connections = Arc::new(Semaphore::new(proxy.limits.connections));
        let graceful = GracefulShutdown::new();
        let builder = builder(&proxy);
        tokio::pin!(stop);
        loop {
            let next = async {
                // Who can't be served waits to be accepted.
                let permit = Arc::clone(&connections).acquire_owned().await;
                (listener.accept().await, permit)
            };
            let (accepted, permit) = tokio::select! {
                next = next => next,
                () = &mut stop => break,
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(target: "imgcost", %error, "no connection can be accepted");
                    tokio::time::sleep(BREATH).await;
                    continue;
                }
            };
            // Without it, only small pieces are slower.
            let _ = stream.set_nodelay(true);
            let connection = serve(&builder, stream, &proxy, &graceful);
            tokio::spawn(async move {
                connection.await;
                drop(permit);
            });
        }
        drop(listener);
        let drained = tokio::time::timeout(proxy.timeouts.drain(), graceful.shutdown()).await.is_ok();
        proxy.drain().await;
        drained
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

/// One connection, to its end.
fn serve(
    builder: &Builder<TokioExecutor>,
    stream: TcpStream,
    proxy: &Arc<Proxy>,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + Send + 'static {
    let proxy = Arc::clone(proxy);
    let service = service_fn(move |request| {
        let proxy = Arc::clone(&proxy);
        async move { Ok::<_, Infallible>(proxy.answer(request).await) }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    let connection = graceful.watch(connection);
    async move {
        if let Err(error) = connection.await {
            tracing::debug!(target: "imgcost", error, "a connection broke off");
        }
    }
}
