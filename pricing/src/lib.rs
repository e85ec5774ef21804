#![doc = include_str!("../README.md")]

/// A data file: its name below `pricing/`, and its text.
pub type File = (&'static str, &'static str);

macro_rules! files {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("../", $name)))),*] };
}

/// The price book: sources, families, and one file per seller.
pub const BOOK: &[File] = files![
    "sources.toml",
    "families.toml",
    "providers/aihubmix.toml",
    "providers/azure-openai.toml",
    "providers/new-api.toml",
    "providers/openai.toml",
];

/// Recorded usage of real calls.
pub const MEASURED: &[File] = files![
    "measured/azure-openai.toml",
    "measured/gpt-image-1.5.toml",
    "measured/gpt-image-1.toml",
    "measured/gpt-image-2.5.toml",
    "measured/gpt-image-2.toml",
    "measured/relays-and-fixtures.toml",
];

/// The version of the data, which is the version of this crate.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
