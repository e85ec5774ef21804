//! What identifies a quote: the same call on the same day by the same book has the same id.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::Quote;
use crate::book::TextInputRule;
use crate::field_rules;
use crate::params::{Endpoint, Param};

/// Raised when the code of a rule kind changes what it counts.
pub const RULES_VERSION: &str = "rules/1";

impl Quote<'_> {
    /// The quote's id: `q_` and 32 hex digits of a hash over the request as it was
    /// understood (token counts, never prompt text), the rules' version and the book's digest.
    #[must_use]
    pub fn id(&self) -> String {
        let request = self.request;
        let mut text = String::with_capacity(256);
        let mut part = |name: &str, value: &dyn std::fmt::Display| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name}={value}");
        };
        part("rules", &RULES_VERSION);
        part("book", &self.offer.book.digest());
        for param in Param::ALL.iter().filter(|param| param.changes_the_price()) {
            if let Some(value) = self.param(*param) {
                part(param.as_str(), &value);
            }
        }
        let own = matches!(
            self.offer.family.text_input.as_ref().map(|rule| &rule.rule),
            Some(TextInputRule::OwnTokenizer)
        );
        if let Some(bytes) = request.prompt.and_then(|prompt| prompt.most_bytes()).filter(|_| own) {
            part("prompt_bytes", &bytes);
        }
        if request.endpoint == Endpoint::Responses {
            part("most_images", &request.most_images());
        }
        for rule in field_rules::unpriced(request, &self.offer) {
            if let Some(value) = rule.given(request) {
                part(&rule.field, &value);
            }
        }
        for field in &request.unknown_fields {
            part("unknown_field", field);
        }
        for context in &request.unseen_context {
            part("unseen_context", context);
        }
        let hash = Sha256::digest(text.as_bytes());
        let mut id = String::from("q_");
        let digits = hash.iter().take(16).flat_map(|byte| [byte >> 4, byte & 15]);
        id.extend(digits.filter_map(|digit| char::from_digit(digit.into(), 16)));
        id
    }
}
