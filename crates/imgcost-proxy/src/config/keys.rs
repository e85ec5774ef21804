//! Keys of the proxy's own.

use serde::Deserialize;

/// A key of the proxy's own, of which only the digest is known here. `imgcost-proxy key` makes one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// What logs and the status page call it.
    pub name: String,
    /// The SHA-256 of the key, in hexadecimal digits.
    pub sha256: String,
    /// Whose money calls with it spend.
    pub scope: String,
}
