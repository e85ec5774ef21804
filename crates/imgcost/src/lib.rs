#![doc = include_str!("../README.md")]

mod charge;
mod charged;
#[cfg(feature = "analysis")]
mod compare;
mod error;
mod estimator;
mod prices;
mod provider;
mod quote;
mod request;
mod today;

pub use charged::Charged;
#[cfg(feature = "analysis")]
pub use compare::Comparison;
#[cfg(all(feature = "analysis", feature = "prices"))]
pub use compare::compare;
pub use error::Error;
pub use estimator::Estimator;
pub use quote::{Quote, QuoteLine};
pub use request::Request;
pub use today::today;

pub use imgcost_core::{
    Book, CeilingBasis, Charge, ChargeLine, Date, Endpoint, Error as Problem, Estimate, Evidence, Fidelity,
    InputImage, Item, Note, Param, Pixels, Quality, Rate, Ratio, Size, Tier, Total, Unit, Usd, UsdPerMillion,
    Value,
};

#[cfg(feature = "toml")]
pub use imgcost_core::{BookErrors, File};

#[cfg(feature = "analysis")]
pub use imgcost_analysis as analysis;
#[cfg(feature = "guard")]
pub use imgcost_guard as guard;
#[cfg(feature = "ledger")]
pub use imgcost_ledger as ledger;

/// Quotes a call by the built-in price book.
///
/// ```
/// use imgcost::{Quality, Request};
/// let request = Request::new("dall-e-3").quality(Quality::Hd).size("1024x1024").on("2026-01-31".parse()?);
/// assert_eq!(imgcost::quote(&request)?.total().to_string(), "0.08");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`Estimator::quote`].
#[cfg(feature = "prices")]
pub fn quote(request: &Request) -> Result<Quote, Error> {
    Estimator::new().quote(request)
}
