#![doc = include_str!("../README.md")]

mod backend;
mod body;
pub mod config;
mod connect;
mod error;
mod files;
mod forward;
mod front;
mod headers;
mod keys;
mod ledger;
mod life;
mod live;
pub mod mcp;
mod model;
mod pages;
mod placeholder;
mod proxy;
mod refusal;
mod relay;
mod relayed;
mod routes;
pub mod run;
mod server;
mod setup;
mod telemetry;
mod upstream;

pub use error::SetupError;
pub use keys::generate as generate_key;
pub use live::Live;
pub use proxy::Proxy;
pub use server::Server;
