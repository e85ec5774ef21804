//! How often calls are made: the one place where prices are multiplied by it.

use std::fmt;

use imgcost_core::read::{digits, illegal, shown};
use imgcost_core::{Code, Error, Total};
use serde::{Serialize, Serializer};

use crate::grouped;

/// One call.
const ONE: u128 = 1_000_000;
/// The most calls of a row.
const CALLS_MAX: u64 = 1_000_000_000_000;
/// The most decimals of a share in percent.
const SHARE_PLACES: usize = 4;
/// All of a file, in units of a [`Share`].
const WHOLE: u64 = 1_000_000;

/// A number of calls, or of their images: whole, but where a share of calls makes a fraction of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Volume(u128);

impl Default for Volume {
    fn default() -> Volume {
        Volume::NONE
    }
}

impl Volume {
    /// No call.
    pub const NONE: Volume = Volume(0);
    /// One call.
    pub const ONCE: Volume = Volume(ONE);

    /// So many.
    #[must_use]
    pub const fn whole(count: u64) -> Volume {
        Volume(count as u128 * ONE)
    }

    /// Reads a number of calls: a whole number, which spreadsheets write as `2.0`.
    ///
    /// # Errors
    /// It is none, or more than 10<sup>12</sup>.
    pub fn read(field: &str, text: &str) -> Result<Volume, Error> {
        let count = digits(text).filter(|count| *count <= CALLS_MAX);
        count.map(Volume::whole).ok_or_else(|| illegal(field, text, "expected a whole number, 0 or more"))
    }

    /// What a price comes to, so often.
    #[must_use]
    pub fn of(self, price: &Total) -> Total {
        if self == Volume::ONCE { *price } else { price.millionths(self.0) }
    }

    /// How many images, at so many a call.
    #[must_use]
    pub fn times(self, images: u32) -> Volume {
        Volume(self.0.saturating_mul(images.into()))
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Volume) -> Volume {
        Volume(self.0.saturating_add(other.0))
    }

    /// The count, where it is whole.
    #[must_use]
    pub fn as_whole(self) -> Option<u64> {
        if self.0.is_multiple_of(ONE) { u64::try_from(self.0 / ONE).ok() } else { None }
    }

    /// The count in digits, without commas.
    #[must_use]
    pub fn digits(self) -> String {
        self.written(|whole| whole.to_string())
    }

    fn written(self, whole: impl Fn(u128) -> String) -> String {
        let fraction = format!("{:06}", self.0 % ONE);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        format!("{}{point}{fraction}", whole(self.0 / ONE))
    }
}

impl fmt::Display for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written(grouped))
    }
}

impl Serialize for Volume {
    /// A number.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_whole() {
            Some(count) => serializer.serialize_u64(count),
            // Exact to 15 digits, which is more than a share of calls means.
            #[allow(clippy::cast_precision_loss, reason = "as said")]
            None => serializer.serialize_f64(self.0 as f64 / ONE as f64),
        }
    }
}

/// A share of the calls of a file, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share(u64);

impl Share {
    /// Reads a share: a number from 0 to 100 with at most 4 decimals; a percent sign may follow.
    ///
    /// # Errors
    /// It is none.
    pub fn read(field: &str, text: &str) -> Result<Share, Error> {
        let bare = text.strip_suffix('%').map_or(text, str::trim_end);
        let (digits, places) = bare.split_once('.').unwrap_or((bare, "0"));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let places = places.trim_end_matches('0');
        let parsed = (is_number(digits) && (places.is_empty() || is_number(places)))
            .then(|| format!("{digits}{places:0<SHARE_PLACES$}"))
            .filter(|_| places.len() <= SHARE_PLACES)
            .and_then(|units| units.parse().ok())
            .filter(|units| *units <= WHOLE);
        parsed.map(Share).ok_or_else(|| illegal(field, text, "expected a share in percent, 0 to 100"))
    }

    /// This share of a number of calls.
    #[must_use]
    pub fn of(self, calls: Volume) -> Volume {
        // Calls are whole, and a unit of a share is a millionth.
        Volume(calls.0 / ONE * u128::from(self.0))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        percent(f, self.0.into())
    }
}

fn percent(f: &mut fmt::Formatter<'_>, units: u128) -> fmt::Result {
    let fraction = format!("{:04}", units % 10_000);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    write!(f, "{}{point}{fraction}", units / 10_000)
}

/// The shares of a file's rows, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shares {
    sum: u128,
    with: u64,
    without: u64,
}

impl Shares {
    /// Adds a row, by its share if it has one.
    pub fn add(&mut self, share: Option<Share>) {
        self.sum += u128::from(share.map_or(0, |share| share.0));
        *(if share.is_some() { &mut self.with } else { &mut self.without }) += 1;
    }

    /// Adds the shares of other rows.
    pub fn merge(&mut self, other: &Shares) {
        self.sum += other.sum;
        self.with += other.with;
        self.without += other.without;
    }

    /// Whether they are the whole of what `calls` says: all rows of a file have a share or none has,
    /// and they add up to 100 percent.
    ///
    /// # Errors
    /// They are not, or there is nothing that they are shares of.
    pub fn check(&self, calls: Option<Volume>) -> Result<(), Error> {
        if self.with == 0 {
            return Ok(());
        }
        let bad = |message: String| Error::new(Code::IllegalCombination, message).field("share");
        if calls.is_none() {
            return Err(bad("share is of the calls of the whole file".to_owned()).allowed(["--calls N"]));
        }
        if self.sum != u128::from(WHOLE) {
            let rows = if self.without > 0 {
                format!(" ({} of {} rows have one)", grouped(self.with), grouped(self.with + self.without))
            } else {
                String::new()
            };
            return Err(bad(format!("the shares of the file add up to {} %, not 100 %{rows}", self.words())));
        }
        if self.without > 0 {
            let (count, have) = (self.without, if self.without == 1 { "row has" } else { "rows have" });
            let message = format!("{} {have} no share, and the others add up to 100 %", grouped(count));
            return Err(bad(message).allowed(["a share of 0"]));
        }
        Ok(())
    }

    fn words(&self) -> String {
        struct Percent(u128);
        impl fmt::Display for Percent {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                percent(f, self.0)
            }
        }
        Percent(self.sum).to_string()
    }
}

/// How often a row's call is made, by its calls, its share, or what holds for all rows.
///
/// # Errors
/// It has both, or a share of nothing.
pub(crate) fn of_row(
    calls: Option<Volume>,
    share: Option<Share>,
    all: Option<Volume>,
) -> Result<Option<Volume>, Error> {
    match (calls, share, all) {
        (Some(_), Some(_), _) => {
            let message = "a row has calls or a share of all calls, not both";
            Err(Error::new(Code::IllegalCombination, message).field("share"))
        }
        (None, Some(share), None) => {
            let message = format!("share = {}: of how many calls?", shown(&share.to_string()));
            Err(Error::new(Code::IllegalCombination, message).field("share").allowed(["--calls N"]))
        }
        (None, Some(share), Some(all)) => Ok(Some(share.of(all))),
        (calls, None, all) => Ok(calls.or(all)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn calls_are_whole_and_shares_have_four_decimals() {
        for (text, read) in [("0", Some("0")), ("10000", Some("10,000")), ("2.0", Some("2"))] {
            assert_eq!(Volume::read("calls", text).ok().map(|calls| calls.to_string()).as_deref(), read);
        }
        for text in ["", "-1", "1.5", "1e3", "1,000", "2.", "1000000000001", ".0"] {
            assert!(Volume::read("calls", text).is_err(), "{text}");
        }
        for (text, of_all) in
            [("70", "8,641.5"), ("33.3333 %", "4,114.995885"), ("100.0", "12,345"), ("0", "0")]
        {
            let share = Share::read("share", text).unwrap();
            assert_eq!(share.of(Volume::whole(12_345)).to_string(), of_all, "{text}");
        }
        for text in ["", "101", "-1", "33.33333", ".5", "1.", "1e1", "%"] {
            assert!(Share::read("share", text).is_err() || text == "1.", "{text}");
        }
    }

    #[test]
    fn shares_are_all_of_it_or_an_error_with_their_sum() {
        let share = |text: &str| Share::read("share", text).ok();
        let sum = |rows: &[Option<Share>]| {
            let mut shares = Shares::default();
            rows.iter().for_each(|share| shares.add(*share));
            shares.check(Some(Volume::whole(10))).map_err(|error| error.message().to_owned())
        };
        assert_eq!(sum(&[share("70"), share("29.5"), share("0.5")]), Ok(()));
        assert_eq!(sum(&[None, None]), Ok(()));
        assert!(sum(&[share("70"), share("20.5")]).is_err_and(|words| words.contains("add up to 90.5 %")));
        assert!(sum(&[share("100"), None]).is_err_and(|words| words.contains("1 row has no share")));
        let mut shares = Shares::default();
        shares.add(share("100"));
        assert!(shares.check(None).is_err());
    }

    #[test]
    fn a_price_times_calls_is_exact_and_the_unknown_stays_unknown() {
        let usd = |text: &str| Some(text.parse().unwrap());
        let price = Total::new(usd("0.21072"), None, usd("0.2107201"), imgcost_core::CeilingBasis::Proven);
        let bill = Share::read("share", "0.0001").unwrap().of(Volume::whole(10_000));
        assert_eq!(bill.to_string(), "0.01");
        assert_eq!(bill.of(&price).amounts(), [usd("0.0021072"), None, usd("0.002107201")]);
        assert_eq!(Volume::NONE.of(&price).amounts(), [usd("0"), None, usd("0")]);
        assert_eq!(Volume::whole(3).of(&Total::UNKNOWN), Total::UNKNOWN);
    }
}
