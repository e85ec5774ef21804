//! The rules with their codes. A code is never given to another rule, and never goes away.

use std::fmt;

use serde::{Serialize, Serializer};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Not looked for.
    Off,
    /// Found, and let pass by an exception: of findings only, a policy does not set it.
    Excepted,
    /// Said; changes nothing of how a check ends.
    Warning,
    /// A check with one does not pass.
    Error,
}

impl Level {
    /// The names that a policy sets, weakest first.
    pub const NAMES: [&'static str; 3] = ["off", "warning", "error"];

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Excepted => "excepted",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }

    /// The level of a name that a policy sets.
    #[must_use]
    pub fn named(name: &str) -> Option<Level> {
        [Level::Off, Level::Warning, Level::Error].into_iter().find(|level| level.as_str() == name)
    }
}

/// What a finding is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingScope {
    /// A row: an exception can except it.
    Row,
    /// All rows together.
    File,
    /// The policy itself.
    Policy,
}

macro_rules! rules {
    ($($variant:ident = $code:literal, $name:literal, $level:ident, $scope:ident, $doc:literal;)+) => {
        /// A rule: a stable code, a stable name, and how much a finding weighs by default.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule { $(#[doc = $doc] $variant,)+ }

        impl Rule {
            /// Every rule, in order of the codes.
            pub const ALL: &'static [Rule] = &[$(Rule::$variant),+];

            /// The stable code, such as `IC001`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Rule::$variant => $code),+ }
            }

            /// The stable name, such as `max-per-call`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Rule::$variant => $name),+ }
            }

            /// What it checks, in a sentence.
            #[must_use]
            pub const fn summary(self) -> &'static str {
                match self { $(Rule::$variant => $doc),+ }
            }

            /// How much a finding weighs where the policy does not say.
            #[must_use]
            pub const fn default_level(self) -> Level {
                match self { $(Rule::$variant => Level::$level),+ }
            }

            /// What its findings are of.
            #[must_use]
            pub const fn scope(self) -> FindingScope {
                match self { $(Rule::$variant => FindingScope::$scope),+ }
            }
        }
    };
}

rules! {
    MaxPerCall = "IC001", "max-per-call", Error, Row, "A call may cost more than `max_per_call`.";
    MaxPerImage = "IC002", "max-per-image", Error, Row, "An image may cost more than `max_per_image`.";
    MaxPerFile = "IC003", "max-per-file", Error, File, "All rows together may cost more than `max_per_file`.";
    ModelNotAllowed = "IC004", "model-not-allowed", Error, Row, "The model is none of `allowed_models`.";
    ModelDenied = "IC005", "model-denied", Error, Row, "The model is one of `denied_models`.";
    ProviderNotAllowed = "IC006", "provider-not-allowed", Error, Row, "The provider is none of `allowed_providers`.";
    QualityNotAllowed = "IC007", "quality-not-allowed", Error, Row, "The quality is none of `allowed_qualities`.";
    MaxPixels = "IC008", "max-pixels", Error, Row, "The image may have more pixels than `max_pixels`.";
    MaxN = "IC009", "max-n", Error, Row, "A call asks for more images than `max_n`.";
    Auto = "IC010", "auto", Error, Row, "Quality or size is left to the model (`forbid_auto`).";
    Retired = "IC011", "retired", Warning, Row, "The model was shut down: the call will fail (an error with `forbid_retired`).";
    RetiresSoon = "IC012", "retires-soon", Warning, Row, "The model will be shut down within `warn_before_days`.";
    BatchRequired = "IC013", "batch-required", Error, Row, "The call does not go through the Batch API (`require_batch`).";
    Unverified = "IC014", "unverified", Warning, Row, "The quote rests on a guess or a second-hand price (`warn_unverified`).";
    Unpriced = "IC015", "unpriced", Error, Row, "Something in the call has no known price.";
    PricesOld = "IC016", "prices-old", Warning, Row, "The provider's prices were last checked more than `max_price_age_days` before.";
    RowError = "IC017", "row-error", Error, Row, "The row can't be read, or the API would refuse it.";
    PromptMissing = "IC018", "prompt-missing", Error, Row, "A rule on money can't be judged without the prompt.";
    ExceptionUnused = "IC019", "exception-unused", Warning, Policy, "An exception matches no finding.";
    ExceptionExpired = "IC020", "exception-expired", Warning, Policy, "An exception's last day is over: it no longer counts.";
    MatchesNothing = "IC021", "matches-nothing", Warning, Policy, "A name in the policy is none of the price book's.";
    NotProven = "IC022", "not-proven", Error, Row, "The ceiling is assumed, not proven (`require_proven`).";
    NoRules = "IC023", "no-rules", Warning, Policy, "The policy sets no rule.";
    NoRows = "IC024", "no-rows", Warning, File, "The file has no rows: nothing was checked.";
}

impl Rule {
    /// The key of a policy that sets it.
    pub(super) const fn key(self) -> Option<&'static str> {
        Some(match self {
            Rule::MaxPerCall => "max_per_call",
            Rule::MaxPerImage => "max_per_image",
            Rule::MaxPerFile => "max_per_file",
            Rule::ModelNotAllowed => "allowed_models",
            Rule::ModelDenied => "denied_models",
            Rule::ProviderNotAllowed => "allowed_providers",
            Rule::QualityNotAllowed => "allowed_qualities",
            Rule::MaxPixels => "max_pixels",
            Rule::MaxN => "max_n",
            Rule::Auto => "forbid_auto",
            Rule::Retired => "forbid_retired",
            Rule::RetiresSoon => "warn_before_days",
            Rule::BatchRequired => "require_batch",
            Rule::Unverified => "warn_unverified",
            Rule::PricesOld => "max_price_age_days",
            Rule::NotProven => "require_proven",
            Rule::Unpriced
            | Rule::RowError
            | Rule::PromptMissing
            | Rule::ExceptionUnused
            | Rule::ExceptionExpired
            | Rule::MatchesNothing
            | Rule::NoRules
            | Rule::NoRows => return None,
        })
    }

    /// The rule of a code or name; `_` counts as `-`.
    #[must_use]
    pub fn named(text: &str) -> Option<Rule> {
        let name = text.replace('_', "-");
        Rule::ALL.iter().copied().find(|rule| rule.code() == text || rule.name() == name)
    }
}

impl fmt::Display for Rule {
    /// The name, such as `max-per-call`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes and names as they were given out. A rule may be added at the end; no line here may
    /// ever change: policies and suppressions of others name them.
    const GIVEN: &str = "IC001 max-per-call, IC002 max-per-image, IC003 max-per-file, \
        IC004 model-not-allowed, IC005 model-denied, IC006 provider-not-allowed, \
        IC007 quality-not-allowed, IC008 max-pixels, IC009 max-n, IC010 auto, IC011 retired, \
        IC012 retires-soon, IC013 batch-required, IC014 unverified, IC015 unpriced, \
        IC016 prices-old, IC017 row-error, IC018 prompt-missing, IC019 exception-unused, \
        IC020 exception-expired, IC021 matches-nothing, IC022 not-proven, IC023 no-rules, \
        IC024 no-rows";

    #[test]
    fn codes_are_unique_and_stay() {
        let all: Vec<String> = Rule::ALL.iter().map(|rule| format!("{} {rule}", rule.code())).collect();
        assert_eq!(all.join(", "), GIVEN);
        for rule in Rule::ALL {
            assert_eq!(Rule::ALL.iter().filter(|other| other.code() == rule.code()).count(), 1);
            assert_eq!(Rule::named(rule.code()), Some(*rule));
            assert_eq!(Rule::named(rule.name()), Some(*rule), "names are unique too");
        }
    }

    #[test]
    fn every_code_is_documented_with_its_level() {
        let docs = include_str!("../../../../docs/check.md");
        for rule in Rule::ALL {
            let row = format!("| {} | `{}` | {} |", rule.code(), rule.name(), rule.default_level().as_str());
            assert!(docs.contains(&row), "docs/check.md has no row {row}");
        }
    }
}
