//! A cell, and the one way in which each kind of value is written: for people, rounded to the
//! column's decimals, and for programs, exact.

use std::borrow::Cow;
use std::fmt;

use imgcost_analysis::Volume;
use imgcost_analysis::currency::Converted;
use imgcost_core::{Date, Estimate, PerMille, SignedUsd, Size, Total, Usd};
use imgcost_ledger::NanoUsd;
use rust_decimal::Decimal;

use super::figure::{Bounds, DASH, Part, changed, converted, dollars, figure, in_groups, range, rounded};
use super::grouped;
use crate::plain;

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// Nothing belongs here.
    Empty,
    /// Words.
    Text(Cow<'a, str>),
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Count(u64),
    /// A number without a unit, or a rate.
    Number(Decimal),
    /// US dollars.
    Usd(Usd),
    /// A difference in US dollars, with its sign.
    Difference(SignedUsd),
    /// A difference of counts, with its sign.
    Change(i64),
    /// A difference in thousandths of what it is compared with.
    PerMille(PerMille),
    /// A day.
    Date(Date),
    /// The size of an image.
    Size(Size),
    /// US dollars of which only bounds may be known.
    Estimate(Bounds<Usd>),
    /// The same in another currency.
    Converted(Bounds<Converted>),
    /// A count of which only bounds may be known.
    Tokens(Bounds<u64>),
    /// US dollars that are not all of it, with the reason: something has no price.
    Open(Bounds<Usd>, Cow<'a, str>),
    /// The best of all, such as the cheapest.
    Best(Box<Value<'a>>),
    /// Not known, with the reason in a word or two: unpriced, not offered. Without a reason, a dash.
    Unknown(Cow<'a, str>),
}

impl<'a> Value<'a> {
    /// Words.
    pub(crate) fn text(text: impl Into<Cow<'a, str>>) -> Value<'a> {
        Value::Text(text.into())
    }

    /// What is written as it displays: ids, scopes, moments.
    pub(crate) fn of(value: impl fmt::Display) -> Value<'a> {
        Value::Text(Cow::Owned(value.to_string()))
    }

    /// A value that is unknown for a reason that other cells tell.
    pub(crate) const fn missing() -> Value<'a> {
        Value::Unknown(Cow::Borrowed(""))
    }

    /// The same with the mark of the best of all.
    pub(crate) fn best(self) -> Value<'a> {
        Value::Best(Box::new(self))
    }

    /// The same, with words of its own.
    pub(crate) fn into_owned(self) -> Value<'static> {
        match self {
            Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Value::Unknown(reason) => Value::Unknown(Cow::Owned(reason.into_owned())),
            Value::Open(bounds, text) => Value::Open(bounds, Cow::Owned(text.into_owned())),
            Value::Best(value) => Value::Best(Box::new(value.into_owned())),
            Value::Empty => Value::Empty,
            Value::Flag(flag) => Value::Flag(flag),
            Value::Count(count) => Value::Count(count),
            Value::Number(number) => Value::Number(number),
            Value::Usd(usd) => Value::Usd(usd),
            Value::Difference(difference) => Value::Difference(difference),
            Value::Change(change) => Value::Change(change),
            Value::PerMille(share) => Value::PerMille(share),
            Value::Date(day) => Value::Date(day),
            Value::Size(size) => Value::Size(size),
            Value::Estimate(bounds) => Value::Estimate(bounds),
            Value::Converted(bounds) => Value::Converted(bounds),
            Value::Tokens(bounds) => Value::Tokens(bounds),
        }
    }

    /// A value, or a dash where there is none.
    pub(crate) fn known(value: Option<impl Into<Value<'a>>>) -> Value<'a> {
        value.map_or(Value::missing(), Into::into)
    }

    /// A number that is written in digits, such as a rate of the price book; words where it is
    /// none.
    pub(crate) fn number(text: impl Into<Cow<'a, str>>) -> Value<'a> {
        let text = text.into();
        Decimal::from_str_exact(&text).map_or_else(|_| Value::Text(text), Value::Number)
    }

    /// Words with a semicolon between them.
    pub(crate) fn list<S: AsRef<str>>(words: &'a [S]) -> Value<'a> {
        match words {
            [] => Value::Empty,
            [one] => Value::text(one.as_ref()),
            several => Value::text(several.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(";")),
        }
    }

    /// The decimals that the value needs, if it is an amount.
    pub(crate) fn places(&self) -> Option<u32> {
        match self {
            Value::Best(value) => value.places(),
            Value::Usd(usd) => Some(usd.places()),
            Value::Difference(difference) => Some(difference.size().places()),
            Value::Estimate(bounds) | Value::Open(bounds, _) => {
                bounds.parts().into_iter().flatten().map(Usd::places).max()
            }
            _ => None,
        }
    }

    /// Whether floor and ceiling of an estimate differ, or one of them is unknown.
    pub(super) fn has_range(&self) -> bool {
        match self {
            Value::Best(value) => value.has_range(),
            Value::Estimate(bounds) | Value::Open(bounds, _) => bounds.floor.is_some() && !bounds.is_exact(),
            Value::Converted(bounds) => bounds.floor.is_some() && !bounds.is_exact(),
            Value::Tokens(bounds) => bounds.floor.is_some() && !bounds.is_exact(),
            _ => false,
        }
    }

    /// Whether it is compared by its ceiling, as no value is expected.
    pub(super) fn is_ceiling(&self) -> bool {
        match self {
            Value::Estimate(bounds) | Value::Open(bounds, _) => {
                bounds.expected.is_none() && bounds.ceiling.is_some()
            }
            _ => false,
        }
    }

    /// The number without its unit, exact; of an estimate, what it is compared by.
    pub(super) fn exact(&self) -> Option<String> {
        match self {
            Value::Count(count) => Some(count.to_string()),
            Value::Number(number) => Some(number.normalize().to_string()),
            Value::Usd(usd) => Some(usd.to_string()),
            Value::Difference(difference) => Some(difference.to_string()),
            Value::Change(change) => Some(change.to_string()),
            Value::PerMille(share) => Some(share.tenths_of_percent().to_string()),
            Value::Best(value) => value.exact(),
            Value::Estimate(bounds) | Value::Open(bounds, _) => bounds.figure().map(|usd| usd.to_string()),
            Value::Converted(bounds) => bounds.figure().map(|amount| amount.to_string()),
            Value::Tokens(bounds) => bounds.figure().map(|count| count.to_string()),
            Value::Empty | Value::Text(_) | Value::Flag(_) | Value::Date(_) => None,
            Value::Size(_) | Value::Unknown(_) => None,
        }
    }

    /// One part of an estimate as a value of its own. What is no estimate is all of its parts.
    pub(super) fn part(&self, part: Part) -> Value<'a> {
        let one = |amount| Bounds::from([Some(amount); 3]);
        match self {
            _ if part == Part::Whole => self.clone(),
            Value::Best(value) => value.part(part),
            Value::Estimate(bounds) | Value::Open(bounds, _) => {
                bounds.part(part).map_or(Value::Empty, Value::Usd)
            }
            Value::Tokens(bounds) => bounds.part(part).map_or(Value::Empty, Value::Count),
            Value::Converted(bounds) => {
                bounds.part(part).map_or(Value::Empty, |amount| Value::Converted(one(amount)))
            }
            other => other.clone(),
        }
    }

    /// The cell for people where it is no amount.
    pub(crate) fn words(&self) -> String {
        self.shown(0)
    }

    /// The cell for people, on one line, amounts to so many decimals.
    pub(crate) fn shown(&self, places: u32) -> String {
        match self {
            Value::Empty => String::new(),
            Value::Text(text) => plain::line(text.as_ref()),
            Value::Best(value) => format!("*{}", value.shown(places)),
            Value::Unknown(reason) | Value::Open(_, reason) if reason.is_empty() => DASH.to_owned(),
            Value::Unknown(reason) | Value::Open(_, reason) => plain::line(reason.as_ref()),
            Value::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
            Value::Count(count) => grouped(*count),
            Value::Number(number) => in_groups(number.normalize().to_string()),
            Value::Usd(usd) => rounded(*usd, places),
            Value::Difference(difference) => difference.rounded(places),
            Value::Change(change) => changed(*change),
            Value::PerMille(share) => format!("{share:+}"),
            Value::Date(day) => day.to_string(),
            Value::Size(size) => size.to_string(),
            Value::Estimate(bounds) => figure(bounds, |usd, side| dollars(usd, places, side)),
            Value::Converted(bounds) => figure(bounds, |amount, side| converted(amount, places, side)),
            Value::Tokens(bounds) => figure(bounds, |count, _| grouped(count)),
        }
    }

    /// An estimate from its floor to its ceiling; nothing where they are equal.
    pub(super) fn range(&self, places: u32) -> String {
        match self {
            Value::Best(value) => value.range(places),
            Value::Estimate(bounds) | Value::Open(bounds, _) => {
                range(bounds, |usd, side| dollars(usd, places, side))
            }
            Value::Converted(bounds) => range(bounds, |amount, side| converted(amount, places, side)),
            Value::Tokens(bounds) => range(bounds, |count, _| grouped(count)),
            Value::Unknown(_) => DASH.to_owned(),
            _ => String::new(),
        }
    }
}

macro_rules! values {
    ($($of:ty: $value:expr,)+) => {
        $(impl<'a> From<$of> for Value<'a> {
            fn from(value: $of) -> Value<'a> {
                $value(value)
            }
        })+
    };
}

values! {
    u64: Value::Count,
    u32: |count: u32| Value::Count(count.into()),
    bool: Value::Flag,
    Volume: |count: Volume| count.as_whole().map_or_else(|| Value::number(count.digits()), Value::Count),
    Usd: Value::Usd,
    NanoUsd: |amount: NanoUsd| Value::Usd(amount.usd()),
    Date: Value::Date,
    Size: Value::Size,
    PerMille: Value::PerMille,
    SignedUsd: Value::Difference,
    Bounds<Usd>: Value::Estimate,
    &Total: |total: &Total| Value::Estimate(total.into()),
    Estimate<Usd>: |estimate: Estimate<Usd>| Value::Estimate(estimate.into()),
    Estimate<u64>: |estimate: Estimate<u64>| Value::Tokens(estimate.into()),
    &'a str: |text| Value::Text(Cow::Borrowed(text)),
    &'a String: |text: &'a String| Value::Text(Cow::Borrowed(text)),
    String: |text| Value::Text(Cow::Owned(text)),
    usize: |count: usize| Value::Count(u64::try_from(count).unwrap_or(u64::MAX)),
    Cow<'a, str>: Value::Text,
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Empty, Into::into)
    }
}
