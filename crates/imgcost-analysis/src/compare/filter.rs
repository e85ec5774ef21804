//! Which cells to keep.

use imgcost_core::{Code, Date, Error, Usd, printable};

use super::axes::Axis;
use super::cell::{Cell, State};
use super::sort::{Key, Value};
use crate::selector::{Pattern, entries};

/// A condition such as `per_image<0.05` or `model=gpt-image-2*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    key: Key,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    /// One of some names, or none of them.
    Names { patterns: Vec<Pattern>, is: bool },
    /// A number at a side of another.
    Number(Operator, Value<'static>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Is,
    IsNot,
    Below,
    AtMost,
    Above,
    AtLeast,
}

/// The longer of two that begin alike comes first.
const OPERATORS: [(&str, Operator); 6] = [
    ("!=", Operator::IsNot),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("=", Operator::Is),
    ("<", Operator::Below),
    (">", Operator::Above),
];

impl Filter {
    /// Reads a condition: a key, an operator, a value. Words take `=` and `!=`, with stars and
    /// with several names between commas; numbers and days take `<`, `<=`, `>`, `>=` too.
    ///
    /// ```
    /// use imgcost_analysis::compare::Filter;
    /// for text in ["per_image<0.05", "model=gpt-image-2*", "quality != low", "tokens<=2000", "state=priced"] {
    ///     assert!(Filter::read(text).is_ok());
    /// }
    /// let error = Filter::read("per_imgae<0.05").unwrap_err();
    /// assert_eq!(error.nearest_value(), Some("per_image"));
    /// ```
    ///
    /// # Errors
    /// There is no such key or operator, or the value does not fit them: the error names the
    /// key, what is allowed and the nearest.
    pub fn read(text: &str) -> Result<Filter, Error> {
        let at = text.find(['!', '<', '>', '=']).ok_or_else(|| no_operator(text))?;
        let (key, rest) = text.split_at(at);
        let key = Key::named("where", key.trim())?;
        let (sign, operator) = OPERATORS
            .into_iter()
            .find(|(sign, _)| rest.starts_with(sign))
            .ok_or_else(|| no_operator(text))?;
        let value = rest.strip_prefix(sign).unwrap_or_default().trim();
        let test = match key {
            Key::Model | Key::Provider | Key::Quality | Key::Size | Key::Tier | Key::State => {
                words(key, operator, value)?
            }
            Key::PerImage | Key::PerCall | Key::PerMegapixel => Test::Number(operator, usd(key, value)?),
            Key::Count | Key::Tokens | Key::Pixels => Test::Number(operator, count(key, value)?),
            Key::Day => Test::Number(operator, day(value)?),
        };
        Ok(Filter { key, test })
    }

    /// That an image costs at most this much.
    #[must_use]
    pub fn at_most(per_image: Usd) -> Filter {
        Filter { key: Key::PerImage, test: Test::Number(Operator::AtMost, Value::Usd(per_image)) }
    }

    /// Whether a cell is kept. What is not known fulfils no condition on a number.
    #[must_use]
    pub fn keeps(&self, cell: &Cell<'_>) -> bool {
        match &self.test {
            Test::Names { patterns, is } => {
                let name = match self.key {
                    Key::Provider => cell.provider().to_owned(),
                    Key::Quality => cell.label(Axis::Quality),
                    Key::Size => cell.label(Axis::Size),
                    Key::Tier => cell.tier().to_string(),
                    Key::State => cell.state().name().to_owned(),
                    _ => cell.model().to_owned(),
                };
                patterns.iter().any(|pattern| pattern.fits(&name)) == *is
            }
            Test::Number(operator, wanted) => self.key.of(cell).is_some_and(|value| match operator {
                Operator::Is => value == *wanted,
                Operator::IsNot => value != *wanted,
                Operator::Below => value < *wanted,
                Operator::AtMost => value <= *wanted,
                Operator::Above => value > *wanted,
                Operator::AtLeast => value >= *wanted,
            }),
        }
    }
}

fn bad(message: String) -> Error {
    Error::new(Code::BadInput, message).field("where")
}

fn no_operator(text: &str) -> Error {
    bad(format!(
        "where = {}: expected a key, an operator and a value, such as per_image<0.05",
        printable(text)
    ))
    .allowed(OPERATORS.map(|(sign, _)| sign))
}

fn words(key: Key, operator: Operator, value: &str) -> Result<Test, Error> {
    let is = match operator {
        Operator::Is => true,
        Operator::IsNot => false,
        _ => {
            let message = format!("where: {} is a word, and takes = and != only", key.name());
            let error = bad(message).allowed(["=", "!="]);
            return Err(if key == Key::Size { error.nearest("pixels") } else { error });
        }
    };
    let names = entries("where", value)?;
    for name in names.iter().filter(|_| key == Key::State) {
        if Pattern::new(name).is_name() && !State::NAMES.contains(name) {
            let message = format!("where: there is no state '{}'", printable(name));
            return Err(bad(message).allowed(State::NAMES).nearest_name(name));
        }
    }
    Ok(Test::Names { patterns: names.into_iter().map(Pattern::new).collect(), is })
}

fn usd(key: Key, value: &str) -> Result<Value<'static>, Error> {
    let amount = value.strip_prefix('$').unwrap_or(value).parse::<Usd>();
    amount.map(Value::Usd).map_err(|_| {
        bad(format!(
            "where: {} = {}: expected an amount in US dollars such as 0.05",
            key.name(),
            printable(value)
        ))
    })
}

fn count(key: Key, value: &str) -> Result<Value<'static>, Error> {
    let plain = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let count = plain.then(|| value.parse::<u64>().ok()).flatten();
    count
        .map(Value::Count)
        .ok_or_else(|| bad(format!("where: {} = {}: expected a whole number", key.name(), printable(value))))
}

fn day(value: &str) -> Result<Value<'static>, Error> {
    let plain = value.len() == 10 && value.is_ascii();
    let day = plain.then(|| value.parse::<Date>().ok()).flatten();
    day.map(Value::Day).ok_or_else(|| {
        bad(format!("where: as_of = {}: expected a date such as 2026-11-21", printable(value)))
    })
}
