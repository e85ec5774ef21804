#![doc = include_str!("../README.md")]

mod backend;
mod body;
pub mod config;
mod error;
mod files;
mod forward;
mod front;
mod headers;
mod keys;
mod ledger;
mod model;
mod placeholder;
mod proxy;
mod refusal;
mod relayed;
pub mod run;
mod server;
mod setup;
mod upstream;

pub use error::SetupError;
pub use keys::generate as generate_key;
pub use proxy::Proxy;
pub use server::Server;
