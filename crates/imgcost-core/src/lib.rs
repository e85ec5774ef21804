#![doc = include_str!("../README.md")]

mod book;
mod charge;
mod charge_tokens;
mod complete;
mod day;
mod error;
mod estimate;
mod evidence;
mod field_rules;
mod from_text;
mod limits;
mod money;
mod nearest;
mod params;
mod quote;
mod request;
pub mod rules;
mod served;
mod share;
mod signed;
mod total;
mod usage;

pub use book::{
    AutoSeen, Availability, Book, CallPrice, CallingTokens, DatedRow, Event, Family, FidelityTokens,
    FieldCost, FieldRule, FieldRules, FixedPrice, FreeSize, ImageInputRule, ImageOutputRule, ImagePrice,
    Limits, MinMax, Model, Offer, Outcome, OutcomeResult, OutcomeRule, Overhead, PartialRule, PriceRow,
    Provider, RateCard, RatioBase, RatioCard, ResponsesRule, SizeClass, Sizes, Source, SourceLocation,
    Sourced, TextInputRule, TextModel, TextOutputRule, TokenSpan, printable, without_date,
};
#[cfg(feature = "toml")]
pub use book::{BookErrors, File, Problem, pack_book, schemas};
pub use charge::{Charge, ChargeLine};
pub use complete::{DEFAULT_PROVIDER, OfferDefaults};
pub use day::utc_day;
pub use error::{Code, Error};
pub use estimate::{CeilingBasis, Estimate};
pub use evidence::{Confidence, Evidence};
pub use jiff::civil::Date;
pub use money::{MAX_TOKENS, ParseDecimalError, Ratio, Usd, UsdPerMillion};
pub use nearest::name as nearest_name;
pub use params::{
    Basis, DIALECTS, Endpoint, Fidelity, Item, Kind, NativeApi, Param, ParseSizeError, Pixels, Quality, Size,
    Tier, Unit, UnknownName, Value, read,
};
pub use quote::{
    Alternative, BookDocument, ImageTerms, InputTerms, LineDocument, LinePart, Note, NoteKind, Price, Quote,
    QuoteDocument, QuoteLine, RULES_VERSION, RangeDocument, Rate, RequestDocument, Terms, TokensDocument,
    TotalDocument,
};
pub use request::{InputImage, Prompt, Request};
pub use served::Served;
pub use share::PerMille;
pub use signed::{ParseSignedUsdError, SignedUsd};
pub use total::Total;
pub use usage::{Response, ServedTier, Usage};
