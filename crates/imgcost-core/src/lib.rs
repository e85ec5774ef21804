#![doc = include_str!("../README.md")]

mod body;
mod book;
mod charge;
mod error;
mod estimate;
mod evidence;
mod limits;
mod money;
mod nearest;
mod params;
mod quote;
mod request;
pub mod rules;
mod share;
mod signed;
mod total;
mod twice;
mod usage;

pub use body::{Measure, ParsedBody};
pub use book::*;
pub use charge::{Charge, ChargeLine};
pub use error::{Code, Error};
pub use estimate::{CeilingBasis, Estimate};
pub use evidence::{Confidence, Evidence};
pub use jiff::civil::Date;
pub use money::{MAX_TOKENS, ParseDecimalError, Ratio, Usd, UsdPerMillion};
pub use nearest::name as nearest_name;
pub use params::{
    Basis, Endpoint, Fidelity, Item, NativeApi, ParseSizeError, Pixels, Quality, Size, Tier, Unit,
    UnknownName,
};
pub use quote::*;
pub use request::{InputImage, Prompt, Request};
pub use share::PerMille;
pub use signed::{ParseSignedUsdError, SignedUsd};
pub use total::Total;
pub use usage::{Response, ServedTier, Usage};
