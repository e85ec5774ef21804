//! How much there may be of everything, and how long it may take.

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// A number that nothing works without: 0 is refused with its place.
fn some<'de, D: Deserializer<'de>>(value: D) -> Result<usize, D::Error> {
    NonZeroUsize::deserialize(value).map(NonZeroUsize::get)
}

/// The same of seconds.
fn some_time<'de, D: Deserializer<'de>>(value: D) -> Result<u64, D::Error> {
    NonZeroU64::deserialize(value).map(NonZeroU64::get)
}

/// How much there may be of everything. What goes over is refused, and told.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The most bytes of the body of a call that may be an image call; it is kept in memory until the
    /// call is admitted.
    #[serde(deserialize_with = "some")]
    pub body: usize,
    /// The most bytes of any other body, such as the upload of a file.
    pub upload: u64,
    /// The most bytes of bodies that are kept in memory at a time, of all calls together.
    #[serde(deserialize_with = "some")]
    pub memory: usize,
    /// The most connections of clients at a time. More wait to be accepted.
    #[serde(deserialize_with = "some")]
    pub connections: usize,
    /// The most bytes of a request's head.
    #[serde(deserialize_with = "some")]
    pub head: usize,
    /// The most headers of a request.
    #[serde(deserialize_with = "some")]
    pub headers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            body: 64 << 20,
            upload: 512 << 20,
            memory: 512 << 20,
            connections: 1024,
            head: 64 << 10,
            headers: 100,
        }
    }
}

/// How long everything may take, in seconds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// Until a client has sent the head of a request.
    #[serde(deserialize_with = "some_time")]
    pub head: u64,
    /// Between two pieces of a request's body.
    #[serde(deserialize_with = "some_time")]
    pub request: u64,
    /// Until an upstream is connected to.
    #[serde(deserialize_with = "some_time")]
    pub connect: u64,
    /// From the request to the head of its response. Images take minutes.
    #[serde(deserialize_with = "some_time")]
    pub response: u64,
    /// Between two pieces of a response's body.
    #[serde(deserialize_with = "some_time")]
    pub idle: u64,
    /// How long the response of a call is read to its end for the books after its client went away.
    pub abandoned: u64,
    /// How long open calls may take to end when the proxy is told to stop.
    pub drain: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts { head: 15, request: 60, connect: 10, response: 900, idle: 300, abandoned: 300, drain: 60 }
    }
}

impl Timeouts {
    pub(crate) const fn head(&self) -> Duration {
        Duration::from_secs(self.head)
    }

    pub(crate) const fn request(&self) -> Duration {
        Duration::from_secs(self.request)
    }

    pub(crate) const fn connect(&self) -> Duration {
        Duration::from_secs(self.connect)
    }

    pub(crate) const fn response(&self) -> Duration {
        Duration::from_secs(self.response)
    }

    pub(crate) const fn idle(&self) -> Duration {
        Duration::from_secs(self.idle)
    }

    pub(crate) const fn abandoned(&self) -> Duration {
        Duration::from_secs(self.abandoned)
    }

    pub(crate) const fn drain(&self) -> Duration {
        Duration::from_secs(self.drain)
    }
}
