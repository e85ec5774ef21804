#![doc = include_str!("../README.md")]

/// A data file: its name below `pricing/`, and its text.
pub type File = (&'static str, &'static str);

macro_rules! files {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("../", $name)))),*] };
}

/// The price book: sources, families, and one file per provider.
pub const BOOK: &[File] = files![
    "sources.toml",
    "sources-providers.toml",
    "families.toml",
    "families-google.toml",
    "families-providers.toml",
    "providers/aihubmix.toml",
    "providers/alibaba-dashscope.toml",
    "providers/apimart.toml",
    "providers/apiyi.toml",
    "providers/aws-bedrock.toml",
    "providers/azure-foundry.toml",
    "providers/azure-openai.toml",
    "providers/bfl.toml",
    "providers/fal.toml",
    "providers/google-gemini-api.toml",
    "providers/google-vertex-ai.toml",
    "providers/laozhang.toml",
    "providers/new-api.toml",
    "providers/openai.toml",
    "providers/openrouter.toml",
    "providers/piapi.toml",
    "providers/replicate.toml",
    "providers/stability.toml",
    "providers/tencent.toml",
    "providers/wavespeed.toml",
    "providers/xai.toml",
];

/// Recorded usage of real calls.
pub const MEASURED: &[File] = files![
    "measured/azure-openai.toml",
    "measured/gpt-image-1.5.toml",
    "measured/gpt-image-1.toml",
    "measured/gpt-image-2.5.toml",
    "measured/gpt-image-2.toml",
    "measured/relays-and-fixtures.toml",
    "measured/responses.toml",
];

/// The version of the data, which is the version of this crate.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
