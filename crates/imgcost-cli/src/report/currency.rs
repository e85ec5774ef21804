//! A total in another currency: exact in documents, rounded for people, with its rate and day.

use imgcost_analysis::currency::{Converted, Exchange};
use imgcost_core::{Date, Ratio, Usd};
use serde::Serialize;

use super::{Bounds, Column, DASH, Value};

/// The decimals that people see of an amount of 1 or more.
const PLACES: usize = 2;
/// The digits that people see of a smaller one, zeros before them not counted.
const DIGITS: usize = 4;
/// The most decimals.
const PLACES_MAX: usize = 9;

/// A total in another currency, as documents show it; null where the total is not known, or
/// where the product is beyond exact decimals.
#[derive(Debug, Serialize)]
pub(crate) struct ConvertedTotal<'x> {
    currency: &'x str,
    rate: Ratio,
    date: Date,
    #[serde(flatten)]
    total: Bounds<Converted>,
}

/// A total, converted once.
pub(crate) fn converted(exchange: &Exchange, total: impl Into<Bounds<Usd>>) -> ConvertedTotal<'_> {
    let total = total.into().map(|usd| exchange.convert(usd));
    let Exchange { currency, rate, date, .. } = exchange;
    ConvertedTotal { currency, rate: *rate, date: *date, total }
}

impl ConvertedTotal<'_> {
    /// The amount for people, with the rate and its day.
    pub(crate) fn words(&self) -> String {
        let ConvertedTotal { currency, rate, date, total: Bounds { floor, expected, ceiling } } = self;
        let range = match (floor, ceiling) {
            (Some(floor), Some(ceiling)) => {
                format!(
                    "{} to {}",
                    bound(*floor, Converted::rounded_down),
                    bound(*ceiling, Converted::rounded_up)
                )
            }
            (Some(floor), None) => format!("at least {}", bound(*floor, Converted::rounded_down)),
            _ => DASH.to_owned(),
        };
        let amount = match expected {
            Some(expected) if floor == ceiling => expected.rounded(places(*expected)),
            Some(expected) => format!("{} ({range})", expected.rounded(places(*expected))),
            None => range,
        };
        format!("in {currency}: {amount}, at 1 USD = {rate} {currency} on {date}")
    }

    /// The columns that are added to a table where a currency is asked for, for programs only.
    /// `currency` is the dollars' own.
    pub(crate) fn columns() -> [Column; 4] {
        [
            Column::text("converted_currency").data_only(),
            Column::number("fx_rate").data_only(),
            Column::text("fx_date").data_only(),
            Column::estimate("converted").data_only(),
        ]
    }

    /// The cells of a row below [`Self::columns`].
    pub(crate) fn cells(&self) -> [Value<'static>; 4] {
        [
            self.currency.to_owned().into(),
            Value::number(self.rate.to_string()),
            self.date.into(),
            Value::Converted(self.total),
        ]
    }
}

/// A bound as people read it: rounded to its own side, so that it still is one.
fn bound(amount: Converted, round: impl Fn(Converted, u32) -> String) -> String {
    round(amount, places(amount))
}

/// How many decimals people see of an amount.
fn places(amount: Converted) -> u32 {
    let exact = amount.to_string();
    let places = match exact.split_once('.') {
        Some(("0", fraction)) => {
            let zeros = fraction.len() - fraction.trim_start_matches('0').len();
            (zeros + DIGITS).min(fraction.len()).clamp(PLACES, PLACES_MAX)
        }
        _ => PLACES,
    };
    u32::try_from(places).unwrap_or(9)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn small_amounts_keep_four_digits() {
        let euro = Exchange::new("EUR", "0.92@2026-11-20").unwrap();
        for (usd, shown) in [
            ("1000", "920.00"),
            ("1.5", "1.38"),
            ("0.21072", "0.1939"),
            ("0.005", "0.0046"),
            ("0.00123456", "0.001136"),
            ("0.5", "0.46"),
            ("0", "0.00"),
        ] {
            let amount = euro.convert(usd.parse().unwrap()).unwrap();
            assert_eq!(amount.rounded(places(amount)), shown, "{usd}");
        }
    }

    #[test]
    fn bounds_stay_bounds() {
        let euro = Exchange::new("EUR", "0.333333@2026-11-20").unwrap();
        let usd = |text: &str| Some(text.parse().unwrap());
        let words = converted(&euro, [usd("10.02"), usd("10.02"), usd("10.03")]).words();
        assert!(words.starts_with("in EUR: 3.34 (3.33 to 3.35), at"), "{words}");
        let words = converted(&euro, [usd("0.010002"), None, usd("0.010001")]).words();
        assert!(words.starts_with("in EUR: 0.003333 to 0.003334, at"), "{words}");
    }

    #[test]
    fn what_is_not_known_stays_unknown() {
        let yen = Exchange::new("JPY", "150@2026-11-20").unwrap();
        let one = Some("1".parse().unwrap());
        assert!(converted(&yen, [one, None, None]).words().contains("at least 150.00,"));
        assert!(converted(&yen, [None; 3]).words().contains("—"));
        let two = Some("2".parse().unwrap());
        assert!(converted(&yen, [one, None, two]).words().contains("150.00 to 300.00"));
    }
}
