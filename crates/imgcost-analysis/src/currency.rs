//! Amounts in another currency, at a rate and day that the user gives.
//!
//! Everything is worked out in US dollars; only a total is converted, once, and the rate and its
//! day are beside it. No rate is built in and none is looked up.

use std::fmt;
use std::str::FromStr;

use imgcost_core::{Code, Date, Error, Ratio, Usd};
use serde::Serialize;

/// A currency with what a US dollar is worth in it on a day.
///
/// ```
/// use imgcost_analysis::currency::Exchange;
/// let yen = Exchange::new("JPY", "149.8@2026-11-20")?;
/// let converted = yen.convert("0.99328".parse()?).ok_or("too large")?;
/// assert_eq!(converted.to_string(), "148.793344");
/// assert_eq!(yen.to_string(), "1 USD = 149.8 JPY on 2026-11-20");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Exchange {
    /// The currency: three capital letters, as of ISO 4217.
    pub currency: String,
    /// What one US dollar is worth in it; above zero.
    pub rate: Ratio,
    /// The day of the rate.
    pub date: Date,
}

impl Exchange {
    /// Reads a currency's code and `RATE@YYYY-MM-DD`.
    ///
    /// # Errors
    /// The code is not three letters, is USD, or the rate is not a decimal above zero with a day.
    pub fn new(currency: &str, fx: &str) -> Result<Exchange, Error> {
        let letters = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_alphabetic());
        let currency = currency.to_ascii_uppercase();
        if !letters || currency == "USD" {
            let message = if letters { "amounts are in USD already" } else { "not a currency's code" };
            return Err(Error::new(Code::BadInput, format!("currency: {message}"))
                .field("currency")
                .allowed(["three letters, such as JPY or EUR"]));
        }
        let bad = |why: &str| {
            Error::new(Code::BadInput, format!("fx: {why}"))
                .field("fx")
                .allowed(["RATE@YYYY-MM-DD: what 1 USD is worth, and the day, such as 149.8@2026-11-20"])
        };
        let (rate, date) = fx.split_once('@').ok_or_else(|| bad("the day of the rate is missing"))?;
        let rate = Ratio::from_str(rate.trim()).map_err(|error| bad(&error.to_string()))?;
        if Usd::from_nanos(1).checked_scale(rate).is_none_or(|scaled| scaled == Usd::ZERO) {
            return Err(bad("the rate is zero"));
        }
        let date = Date::from_str(date.trim()).map_err(|_| bad("the day is not YYYY-MM-DD"))?;
        Ok(Exchange { currency, rate, date })
    }

    /// An amount in the currency, exact: multiplied, not rounded. None where that is beyond exact
    /// decimals.
    #[must_use]
    pub fn convert(&self, usd: Usd) -> Option<Converted> {
        usd.checked_scale(self.rate).map(Converted)
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1 USD = {} {} on {}", self.rate, self.currency, self.date)
    }
}

/// An amount in another currency. It can't be added up: sums are made in US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Converted(Usd);

impl Converted {
    /// To so many decimal places, half away from zero.
    #[must_use]
    pub fn rounded(self, places: u32) -> String {
        self.0.rounded(places)
    }

    /// To so many decimal places, up to 9, never below the amount: for what is claimed of at most.
    #[must_use]
    pub fn rounded_up(self, places: u32) -> String {
        self.to_a_side(places, Usd::rounded_up_to)
    }

    /// To so many decimal places, up to 9, never above the amount: for what is claimed of at least.
    #[must_use]
    pub fn rounded_down(self, places: u32) -> String {
        self.to_a_side(places, Usd::rounded_down_to)
    }

    /// Exact where it can't be rounded.
    fn to_a_side(self, places: u32, round: impl Fn(Usd, u32) -> Option<Usd>) -> String {
        let rounded = 10_u32.checked_pow(places).and_then(|units| round(self.0, units));
        rounded.map_or_else(|| self.to_string(), |amount| amount.rounded(places))
    }
}

impl fmt::Display for Converted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
