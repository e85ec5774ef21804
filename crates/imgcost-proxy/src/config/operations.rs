//! What those who run the proxy see of it.

use serde::Deserialize;

/// What the log looks like: a line for each request that has ended, and for each event that somebody
/// should look at. What the proxy tells of itself is always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines to read.
    #[default]
    Text,
    /// An object a line.
    Json,
    /// None of them.
    Off,
}
