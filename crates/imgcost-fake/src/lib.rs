#![doc = include_str!("../README.md")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test had better fail loudly"
)]

mod behaviour;
mod chat;
mod errors;
mod handler;
mod image;
mod images;
mod received;
mod reply;
mod responses;
mod usage;
mod wire;

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

pub use behaviour::Behaviour;
pub use received::{Call, FilePart};

/// A running API. It stops when it is dropped, with all its connections.
pub struct Fake {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the API and its owner have in common.
struct Shared {
    calls: Mutex<Vec<Call>>,
    script: Mutex<VecDeque<Behaviour>>,
    image_bytes: AtomicU64,
}

/// How long an image is unless said otherwise, in bytes of base64: shorter than a real one,
/// and longer than a chunk.
const IMAGE_BYTES: u64 = 48 * 1024;

impl Fake {
    /// Starts on a free port. It is async only so that tests which call it have a runtime.
    ///
    /// # Panics
    /// There is no loopback port or no thread to be had.
    pub async fn start() -> Fake {
        Fake::start_at(0).expect("a loopback port and a thread")
    }

    /// Starts on a port; 0 takes a free one.
    ///
    /// The API has a thread and a runtime of its own: it answers even while the test blocks.
    ///
    /// # Errors
    /// The port is taken, or there is no thread to be had.
    pub fn start_at(port: u16) -> io::Result<Fake> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            calls: Mutex::default(),
            script: Mutex::default(),
            image_bytes: AtomicU64::new(IMAGE_BYTES),
        });
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let service = handler::service(Arc::clone(&shared));
        let thread = std::thread::Builder::new().name("fake-api".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = wire::serve(listener, service) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Fake { address, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// The base URL that a client takes, `/v1` included.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The address of an endpoint, such as `/images/generations`.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url())
    }

    /// Everything that was received so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.shared.calls).clone()
    }

    /// How many calls were received so far.
    pub fn count(&self) -> usize {
        lock(&self.shared.calls).len()
    }

    /// Sets what the next calls without an `x-fake` header meet, one entry a call. After the
    /// last, calls are answered in order.
    pub fn script(&self, behaviours: &[Behaviour]) {
        lock(&self.shared.script).extend(behaviours);
    }

    /// Sets the length of an image in bytes of base64; a call's `x-fake-image-bytes` header
    /// goes before it. Images are made while they are sent, and of any length.
    pub fn set_image_bytes(&self, bytes: u64) {
        self.shared.image_bytes.store(bytes, Ordering::Relaxed);
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may be gone already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A test that panicked while it held the lock has left whole entries behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
