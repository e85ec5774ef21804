//! One call: its quote against its response.

use imgcost_core::{
    Charge, Estimate, Item, NoteKind, Quote, RangeDocument, Response, SignedUsd, Terms, Usd, UsdPerMillion,
};
use serde::{Serialize, Serializer};

/// How a count or a sum compares with its quote. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Verdict {
    /// The quote left nothing open, and was right.
    Exact,
    /// The expected value, within a range.
    Expected,
    /// Between floor and ceiling.
    Within,
    /// Less than the floor.
    Below,
    /// More than the ceiling.
    Above,
    /// Not reported, or not quoted.
    Unknown,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Verdict; 6] = [
        Verdict::Exact,
        Verdict::Expected,
        Verdict::Within,
        Verdict::Below,
        Verdict::Above,
        Verdict::Unknown,
    ];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Exact => "exact",
            Verdict::Expected => "expected",
            Verdict::Within => "within",
            Verdict::Below => "below",
            Verdict::Above => "above",
            Verdict::Unknown => "unknown",
        }
    }

    /// Whether it lies outside its range.
    #[must_use]
    pub const fn is_outside(self) -> bool {
        matches!(self, Verdict::Below | Verdict::Above)
    }

    /// How a value compares with a range.
    ///
    /// ```
    /// use imgcost_core::Estimate;
    /// use imgcost_analysis::accuracy::Verdict;
    /// assert_eq!(Verdict::of(&Estimate::exact(196_u64), 196), Verdict::Exact);
    /// assert_eq!(Verdict::of(&Estimate::exact(196_u64), 208), Verdict::Above);
    /// ```
    pub fn of<T: Copy + Ord>(range: &Estimate<T>, actual: T) -> Verdict {
        if actual < range.floor {
            Verdict::Below
        } else if actual > range.ceiling {
            Verdict::Above
        } else if range.is_exact() {
            Verdict::Exact
        } else if range.expected == Some(actual) {
            Verdict::Expected
        } else {
            Verdict::Within
        }
    }
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Subject {
    /// The tokens of an item.
    Tokens(Item),
    /// The money of the whole call.
    Total,
}

impl Subject {
    /// The items that usage reports, and the total.
    pub const ALL: [Subject; 5] = [
        Subject::Tokens(Item::TextInput),
        Subject::Tokens(Item::ImageInput),
        Subject::Tokens(Item::TextOutput),
        Subject::Tokens(Item::ImageOutput),
        Subject::Total,
    ];

    /// The item's name, or `total`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Subject::Tokens(item) => item.as_str(),
            Subject::Total => "total",
        }
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Where the money comes from that a quote is compared with.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Billed<'b> {
    /// The reported usage at the quote's own rates. Shows tokens that the rules did not
    /// foresee; a wrong rate is on both sides and does not show.
    AtQuotedRates,
    /// The reported usage at rates that were kept when the call was made.
    At(&'b Terms),
    /// What the usage was charged at already.
    Charged(&'b Charge),
    /// What the provider states that the call cost, in USD.
    Amount(Usd),
}

/// One item of a call, or its total, compared with its quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What was compared.
    pub subject: Subject,
    /// How the two compare.
    pub verdict: Verdict,
    /// The quoted tokens; none for the total, or where nothing was quoted.
    pub quoted: Option<Estimate<u64>>,
    /// The reported tokens; none for the total, or where none were reported.
    pub actual: Option<u64>,
    /// What was paid for it, in USD, where that is known.
    pub paid: Option<Usd>,
    /// USD more than expected, or above the ceiling where nothing was expected; none where the
    /// money can't be compared.
    pub over: Option<Usd>,
    /// USD less than expected, or below the floor where nothing was expected.
    pub under: Option<Usd>,
}

impl Finding {
    /// A verdict without counts and without money.
    #[must_use]
    pub const fn new(subject: Subject, verdict: Verdict) -> Finding {
        Finding { subject, verdict, quoted: None, actual: None, paid: None, over: None, under: None }
    }
}

/// Compares a quote with the response of its call: every item that either of the two has, then
/// the total.
///
/// A count that the response reports and the quote has no line for is compared with none, where
/// the quote counts tokens at all. Tokens of a prompt that nobody gave were not quoted: they are
/// unknown, and so is the total.
#[must_use]
pub fn compare(quote: &Quote<'_>, response: &Response, billed: &Billed<'_>) -> Comparison {
    let terms = quote.terms();
    let mut findings = Vec::new();
    for item in [Item::TextInput, Item::ImageInput, Item::TextOutput, Item::ImageOutput] {
        let (quoted, actual) = (quoted(quote, response, item), reported(quote, response, item));
        if quoted.is_some() || actual.is_some() {
            findings.push(tokens(item, quoted, actual, rate(&terms, item)));
        }
    }
    let total = total(quote, response, &terms, billed);
    findings.push(total);
    // Without an expected value, over and under are distances from the range.
    let difference = (quote.total().expected.is_some()).then_some(total.over.zip(total.under)).flatten();
    let difference = difference.map(|(over, under)| SignedUsd::between(under, over));
    let lacks_prompt = quote.note_kinds().contains(&NoteKind::PromptNotGiven);
    Comparison { findings, difference, lacks_prompt }
}

/// A quote compared with what came of its call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    findings: Vec<Finding>,
    difference: Option<SignedUsd>,
    lacks_prompt: bool,
}

impl Serialize for Comparison {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Members {
            items: Vec<ItemMembers>,
            total: Verdict,
            difference: Option<SignedUsd>,
        }
        #[derive(Serialize)]
        struct ItemMembers {
            item: Item,
            quoted: Option<RangeDocument<u64>>,
            actual: Option<u64>,
            verdict: Verdict,
        }
        let item = |(item, finding): (Item, &Finding)| {
            let Finding { actual, verdict, .. } = *finding;
            ItemMembers { item, quoted: finding.quoted.map(Into::into), actual, verdict }
        };
        let items = self.items().map(item).collect();
        Members { items, total: self.total(), difference: self.difference }.serialize(serializer)
    }
}

impl Comparison {
    /// The findings of the items, then that of the total.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Every item that the quote or the response has, with its finding.
    pub fn items(&self) -> impl Iterator<Item = (Item, &Finding)> {
        self.findings.iter().filter_map(|finding| match finding.subject {
            Subject::Tokens(item) => Some((item, finding)),
            Subject::Total => None,
        })
    }

    /// The finding of an item.
    #[must_use]
    pub fn item(&self, item: Item) -> Option<&Finding> {
        self.items().find(|(known, _)| *known == item).map(|(_, finding)| finding)
    }

    /// How the money of the whole call compares.
    #[must_use]
    pub fn total(&self) -> Verdict {
        self.findings.last().map_or(Verdict::Unknown, |total| total.verdict)
    }

    /// What was paid less what was expected; none where either is not known.
    #[must_use]
    pub fn difference(&self) -> Option<SignedUsd> {
        self.difference
    }

    /// Whether the total can't be compared because no prompt was given.
    #[must_use]
    pub fn lacks_prompt(&self) -> bool {
        self.lacks_prompt
    }

    /// Whether anything lies outside its quote.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        self.findings.iter().any(|finding| finding.verdict.is_outside())
    }
}

/// The quoted tokens; none of what a quote that counts tokens has no line for.
fn quoted(quote: &Quote<'_>, response: &Response, item: Item) -> Option<Estimate<u64>> {
    let counts_tokens = quote.tokens(Item::ImageOutput).is_some();
    let is_reported = match item {
        Item::TextOutput => response.usage.text_output.is_some(),
        Item::ImageInput => response.usage.image_input.is_some_and(|tokens| tokens > 0),
        _ => false,
    };
    quote.tokens(item).or_else(|| (counts_tokens && is_reported).then_some(Estimate::exact(0)))
}

/// The reported tokens of an item, also where a sum can be of this item only.
fn reported(quote: &Quote<'_>, response: &Response, item: Item) -> Option<u64> {
    let usage = &response.usage;
    let only_text = quote.request().images.is_empty() && usage.image_input.unwrap_or(0) == 0;
    let no_text = quote.tokens(Item::TextOutput).is_none_or(|range| range.ceiling == 0);
    let only_images = no_text && usage.text_output.unwrap_or(0) == 0;
    match item {
        Item::TextInput => usage.text_input.or(usage.input.filter(|_| only_text)),
        Item::ImageInput => usage.image_input.filter(|tokens| *tokens > 0 || !only_text),
        Item::TextOutput => usage.text_output,
        Item::ImageOutput => usage.image_output.or(usage.output.filter(|_| only_images)),
        _ => None,
    }
}

fn rate(terms: &Terms, item: Item) -> Option<UsdPerMillion> {
    match item {
        Item::TextInput => terms.text_input,
        Item::ImageInput => terms.image_input,
        Item::TextOutput => terms.text_output,
        Item::ImageOutput => terms.image_output,
        _ => None,
    }
}

fn tokens(
    item: Item,
    quoted: Option<Estimate<u64>>,
    actual: Option<u64>,
    rate: Option<UsdPerMillion>,
) -> Finding {
    let subject = Subject::Tokens(item);
    let (Some(range), Some(count)) = (quoted, actual) else {
        let verdict = Verdict::Unknown;
        return Finding { subject, verdict, quoted, actual, paid: None, over: None, under: None };
    };
    let (over, under) = beyond(&range, count, u64::saturating_sub);
    let at_rate = |tokens: u64| rate.and_then(|rate| rate.checked_mul(tokens));
    let verdict = Verdict::of(&range, count);
    let (paid, over, under) = (at_rate(count), at_rate(over), at_rate(under));
    Finding { subject, verdict, quoted, actual, paid, over, under }
}

/// How far a value is over and under what was expected; over the ceiling and under the floor
/// where nothing was. One of the two is none at all.
fn beyond<T: Copy + Ord, D>(range: &Estimate<T>, actual: T, less: impl Fn(T, T) -> D) -> (D, D) {
    let (low, high) = (range.expected.unwrap_or(range.floor), range.expected.unwrap_or(range.ceiling));
    (less(actual.max(high), high), less(low, actual.min(low)))
}

fn total(quote: &Quote<'_>, response: &Response, terms: &Terms, billed: &Billed<'_>) -> Finding {
    let nothing = Finding {
        subject: Subject::Total,
        verdict: Verdict::Unknown,
        quoted: None,
        actual: None,
        paid: None,
        over: None,
        under: None,
    };
    let paid = match billed {
        Billed::AtQuotedRates => terms.charge(response).as_ref().and_then(settled),
        Billed::At(terms) => terms.charge(response).as_ref().and_then(settled),
        Billed::Charged(charge) => settled(charge),
        Billed::Amount(usd) => Some(Estimate::exact(*usd)),
    };
    let Some(paid) = paid else { return nothing };
    let finding = Finding { paid: paid.expected, ..nothing };
    // Without the prompt a quote covers the images only, and a bill covers all.
    let is_part = quote.note_kinds().contains(&NoteKind::PromptNotGiven);
    let total = quote.total();
    let (Some(floor), Some(ceiling), false) = (total.floor, total.ceiling, is_part) else { return finding };
    let range = Estimate::new(floor, total.expected, ceiling, total.basis);
    let Some(exact) = paid.expected else {
        // The usage does not say which of two rates applies: all of what it may have cost
        // counts.
        let verdict = if paid.floor < floor {
            Verdict::Below
        } else if paid.ceiling > ceiling {
            Verdict::Above
        } else {
            Verdict::Within
        };
        return Finding { verdict, ..finding };
    };
    let (over, under) = beyond(&range, exact, |more, less| more.checked_sub(less));
    Finding { verdict: Verdict::of(&range, exact), over, under, ..finding }
}

/// What a usage cost, where all of it has a price and is counted.
fn settled(charge: &Charge) -> Option<Estimate<Usd>> {
    (charge.complete && charge.settles).then_some(charge.total)
}
