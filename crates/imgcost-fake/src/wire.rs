//! Connections that can be cut, and bodies that are made while they are sent.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use super::reply::{Pace, Piece, Reply};

/// Serves connections until it is dropped.
pub(super) async fn serve(listener: std::net::TcpListener, service: Router) -> io::Result<()> {
    let listener = Cuttable(TcpListener::from_std(listener)?);
    axum::serve(listener, service.into_make_service_with_connect_info::<Cut>()).await
}

/// Cuts one connection: nothing more is sent on it, and the peer sees a reset.
#[derive(Debug, Clone, Default)]
pub(super) struct Cut(Arc<AtomicBool>);

impl Cut {
    pub(super) fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Connected<IncomingStream<'_, Cuttable>> for Cut {
    fn connect_info(stream: IncomingStream<'_, Cuttable>) -> Cut {
        stream.remote_addr().clone()
    }
}

/// A listener whose connections can be cut. In the place of an address each has its [`Cut`].
pub(super) struct Cuttable(TcpListener);

impl Listener for Cuttable {
    type Io = Connection;
    type Addr = Cut;

    async fn accept(&mut self) -> (Connection, Cut) {
        let (stream, _) = Listener::accept(&mut self.0).await;
        let cut = Cut::default();
        (Connection { stream, cut: cut.clone() }, cut)
    }

    fn local_addr(&self) -> io::Result<Cut> {
        Ok(Cut::default())
    }
}

/// A connection that can be cut.
pub(super) struct Connection {
    stream: TcpStream,
    cut: Cut,
}

impl Connection {
    /// An error once the connection was cut.
    fn check(&self) -> io::Result<()> {
        if !self.cut.0.load(Ordering::Relaxed) {
            return Ok(());
        }
        // What was not sent is thrown away when the stream is dropped.
        self.stream.set_zero_linger()?;
        Err(io::ErrorKind::ConnectionReset.into())
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// What images are filled with.
static FILLER: [u8; 16 * 1024] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut filler = [0; 16 * 1024];
    let mut at = 0;
    while at < filler.len() {
        filler[at] = alphabet[at % alphabet.len()];
        at += 1;
    }
    filler
};

/// How long a connection stays open after the last byte before it breaks.
const LAST_PAUSE: Duration = Duration::from_millis(20);

/// A body that is being sent.
struct Sending {
    pieces: VecDeque<Piece>,
    /// After how many bytes the connection breaks.
    left: Option<u64>,
    /// The longest chunk, and the pause before each.
    chunk: usize,
    pause: Option<Duration>,
}

/// The body of a reply, which takes no more memory than a chunk.
pub(super) fn body(reply: Reply) -> Body {
    let length = reply.length();
    let (chunk, pause) = match reply.pace {
        Pace::AtOnce | Pace::Half => (FILLER.len(), None),
        Pace::Parts(parts, pause) => {
            (usize::try_from(length.div_ceil(parts)).unwrap_or(1).max(1), Some(pause))
        }
    };
    let stalls = reply.pace == Pace::Half;
    let left = (reply.torn || stalls).then_some(length / 2);
    let sending = Sending { pieces: reply.pieces.into(), left, chunk, pause };
    Body::from_stream(futures_util::stream::unfold(sending, move |mut sending| async move {
        let chunk = sending.next()?;
        if chunk.is_err() && stalls {
            std::future::pending().await
        }
        // Before a break, what was sent so far gets time to leave.
        let pause = if chunk.is_err() { Some(LAST_PAUSE) } else { sending.pause };
        if let Some(pause) = pause {
            tokio::time::sleep(pause).await;
        }
        Some((chunk, sending))
    }))
}

impl Sending {
    /// The next chunk; an error breaks the connection.
    fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.left == Some(0) {
            return Some(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let most =
            self.left.map_or(self.chunk, |left| self.chunk.min(usize::try_from(left).unwrap_or(usize::MAX)));
        let chunk = self.take(most)?;
        if let Some(left) = &mut self.left {
            *left -= chunk.len() as u64;
        }
        Some(Ok(chunk))
    }

    /// Up to so many bytes of the first piece that is not empty.
    fn take(&mut self, most: usize) -> Option<Bytes> {
        loop {
            match self.pieces.pop_front()? {
                piece if piece.len() == 0 => {}
                Piece::Text(mut text) => {
                    let rest = text.split_off(text.floor_char_boundary(most).max(1).min(text.len()));
                    self.pieces.push_front(Piece::Text(rest));
                    return Some(Bytes::from(text));
                }
                Piece::Filler(length) => {
                    let now = most.min(FILLER.len()).min(usize::try_from(length).unwrap_or(usize::MAX));
                    self.pieces.push_front(Piece::Filler(length - now as u64));
                    return Some(Bytes::from_static(&FILLER).slice(..now));
                }
            }
        }
    }
}
