#![doc = include_str!("../README.md")]

mod body;
mod book;
mod charge;
mod error;
mod evidence;
mod limits;
mod money;
mod names;
mod nearest;
mod quote;
mod range;
mod request;
pub mod rules;
mod twice;
mod usage;

pub use body::{Measure, ReadBody};
pub use book::*;
pub use charge::{Charge, ChargeLine};
pub use error::{Code, Error};
pub use evidence::{Confidence, Evidence};
pub use jiff::civil::Date;
pub use money::{BadDecimal, MAX_TOKENS, Ratio, Usd, UsdPerMillion};
pub use names::{
    BadSize, Basis, Endpoint, Fidelity, Item, NativeApi, Pixels, Quality, Size, Tier, Unit, UnknownName,
};
pub use nearest::name as nearest_name;
pub use quote::*;
pub use range::{CeilingBasis, Range};
pub use request::{InputImage, Prompt, Request};
pub use usage::{Answer, ServedTier, Usage};
