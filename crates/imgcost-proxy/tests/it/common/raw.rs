//! Requests and responses byte by byte.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Sends bytes and reads what comes back until the connection is closed or nothing comes for a second.
pub(crate) async fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    read(&mut stream).await
}

/// What comes until the connection is closed or nothing comes for a second.
pub(crate) async fn read(stream: &mut TcpStream) -> String {
    let mut received = Vec::new();
    let mut buffer = [0; 8192];
    while let Ok(Ok(read)) = tokio::time::timeout(Duration::from_secs(1), stream.read(&mut buffer)).await {
        if read == 0 {
            break;
        }
        received.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8_lossy(&received).into_owned()
}

/// An upstream that answers every request with the same pieces, each after a pause.
pub(crate) struct Scripted {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    pub(crate) async fn start(pieces: Vec<(Duration, Vec<u8>)>) -> Scripted {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&received);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, pieces.clone(), Arc::clone(&all)));
            }
        });
        Scripted { url, received }
    }

    /// An upstream with one whole response.
    pub(crate) async fn whole(response: &str) -> Scripted {
        Scripted::start(vec![(Duration::ZERO, response.as_bytes().to_vec())]).await
    }

    /// The requests that came, heads and bodies.
    pub(crate) fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }
}

async fn answer(mut stream: TcpStream, pieces: Vec<(Duration, Vec<u8>)>, all: Arc<Mutex<Vec<String>>>) {
    let mut request = Vec::new();
    let mut buffer = [0; 8192];
    while !is_whole(&request) {
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => request.extend_from_slice(&buffer[..read]),
            _ => return,
        }
    }
    all.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
    for (pause, piece) in pieces {
        tokio::time::sleep(pause).await;
        if stream.write_all(&piece).await.is_err() {
            return;
        }
    }
}

/// Whether a request has ended: its length or its last chunk tells.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
    let body = request.len() - request.windows(4).position(|end| end == b"\r\n\r\n").unwrap() - 4;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    match length {
        Some(length) => body >= length,
        None if head.contains("transfer-encoding: chunked") => text.ends_with("\r\n0\r\n\r\n"),
        None => true,
    }
}
