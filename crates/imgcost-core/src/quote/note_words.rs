//! The sentences of a quote's notes.

use serde::Serialize;

use super::Quote;
use super::notes::{NoteKind, OLD_AFTER_DAYS};
use crate::book::{AutoSeen, FieldCost, ImageOutputRule, printable};
use crate::params::{Endpoint, Item, Size};
use crate::request::Request;

/// A note: a stable code and a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Note {
    /// The stable code, such as `model-retired`.
    pub code: &'static str,
    /// The sentence.
    pub message: String,
}

impl Note {
    /// A note of this code and sentence.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Note {
        Note { code, message: message.into() }
    }
}

impl Quote<'_> {
    /// What a reader should know, in words.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        let words = |kind: NoteKind<'_>| Note { code: kind.code(), message: self.words(kind) };
        self.note_kinds().into_iter().map(words).collect()
    }

    fn words(&self, kind: NoteKind<'_>) -> String {
        let model = &self.offer.model.id;
        match kind {
            NoteKind::PromptNotGiven if self.request.endpoint == Endpoint::Responses => {
                "no prompt given: its tokens are not in the total".to_owned()
            }
            NoteKind::PromptNotGiven => "no prompt given: the total covers the images only".to_owned(),
            NoteKind::ModelRetired(day) => {
                format!("{model} was shut down on {day}{}", self.replacement_words())
            }
            NoteKind::ModelRetiresSoon(day) => {
                format!("{model} will be shut down on {day}{}", self.replacement_words())
            }
            NoteKind::Auto => self.auto_words(),
            NoteKind::RuleUnverified(item) => {
                format!("no formula is known for {model}'s {item} tokens: the range is a guess, unverified")
            }
            NoteKind::TextOutputVaries if self.writes_rarely() => {
                format!("{model} may write text or thoughts beside the image, billed as text output")
            }
            NoteKind::TextOutputVaries => {
                format!("{model} adds text tokens to its output, a different number each call")
            }
            NoteKind::PartialImagesVary => {
                let asked = self.request.partial_images;
                match asked {
                    Some(_) => "fewer partial images than asked for may come, and only those are billed".to_owned(),
                    None => "a stream may bill one partial image even where none was asked for".to_owned(),
                }
            }
            NoteKind::FidelityShape => {
                "high fidelity adds less for a square image, and where square ends is not published".to_owned()
            }
            NoteKind::MaskAssumedFree => format!("the mask is taken to add no image tokens, which was not measured on {model}"),
            NoteKind::ImageSizeUnknown => "an input image's size is not known: its tokens are a range".to_owned(),
            NoteKind::ListPriceDiffers(price) => {
                let reason = price.differs.as_deref().unwrap_or_default();
                format!("the published price per image differs from the token price: {reason}")
            }
            NoteKind::PriceOverridden(row) => {
                format!("price taken from your own price book: {}", row.reason.as_deref().unwrap_or_default())
            }
            NoteKind::PriceFromAssumed(day) => {
                format!("assumes the price was already in effect on {day}: its source names no first day")
            }
            NoteKind::PriceSecondHand => "a price was read at a third party, or sources differ".to_owned(),
            NoteKind::PricesOld(day) => {
                format!("{}'s prices were last checked on {day}, more than {OLD_AFTER_DAYS} days before", self.offer.provider.id)
            }
            NoteKind::CallsUncertain => "whether a call for several images counts as one or as several is not known".to_owned(),
            NoteKind::ResponsesModelUnpriced => self.responses_words(),
            NoteKind::ResponsesVaries => {
                let most = self.request.most_images();
                let images = match self.request.max_tool_calls {
                    Some(_) => format!("max_tool_calls allows {most} images"),
                    None => format!(
                        "the call may make any number of images: the ceiling is for {most}, max_tool_calls limits it"
                    ),
                };
                format!("{images}; the calling model's tokens and the rewritten prompt are estimated from few recorded calls")
            }
            NoteKind::Unpriced(item) => self.unpriced_words(item),
            NoteKind::LimitsUnknown if !self.offer.family.limits.rule.unknown => {
                format!("how many images {model} makes in a call is not in the price book: n was not checked")
            }
            NoteKind::LimitsUnknown => {
                format!("what {model} accepts is not in the price book: the request was not checked")
            }
            NoteKind::SizeClass(class) => {
                format!("the provider takes size classes: {} is priced as {class}", self.chosen.size)
            }
            NoteKind::OwnTokenizer => {
                format!("{model} counts prompts with a tokenizer of its own: their tokens are a guess, up to one a byte")
            }
            NoteKind::RoundedUp(units) => {
                let unit = if units == 100 { "cent".to_owned() } else { format!("1/{units} of a dollar") };
                format!("the whole call is billed rounded up to the {unit}: the image's amount has the difference")
            }
            NoteKind::InputsUncertain => {
                "whether the input images of a call for several images count once or for each is not known".to_owned()
            }
            NoteKind::UnknownField(field) if self.total.ceiling.is_none() => {
                format!("{field} is not a known field of this API, and may be what decides the price: there is no ceiling")
            }
            NoteKind::UnknownField(field) => {
                format!("{field} is not a known field of this API: what it costs is not in the total, and the ceiling is assumed")
            }
            NoteKind::UnseenContext(what) => {
                format!("{what} brings context that can't be counted: there is no ceiling")
            }
            NoteKind::FieldUnpriced(rule) => {
                let given = rule.given(self.request).unwrap_or_default();
                let ceiling = match rule.cost {
                    FieldCost::Open => "there is no ceiling",
                    FieldCost::Assumed | FieldCost::Free => "the ceiling is assumed",
                };
                let why = rule.note.as_deref().map(|note| format!(" {note}")).unwrap_or_default();
                format!("what {} = {} costs is not known: {ceiling}.{why}", rule.field, printable(&given))
            }
            NoteKind::TierUnpriced(tier) => format!("no price is known at tier {tier}"),
            NoteKind::GatewayDefaults => {
                "the gateway's default ratios: its owner may have set others, and bills are rounded to its unit".to_owned()
            }
        }
    }

    /// Whether text in the output is not expected, only possible.
    fn writes_rarely(&self) -> bool {
        self.offer
            .family
            .text_output
            .as_ref()
            .is_some_and(|rule| rule.rule.expected.is_none_or(|usual| usual == 0))
    }

    /// Whether size or quality is left to the model.
    fn is_open(&self) -> bool {
        let has_qualities = !self.offer.family.limits.rule.qualities.is_empty();
        self.chosen.size == Size::Auto || (has_qualities && self.is_quality_open())
    }

    fn auto_words(&self) -> String {
        let open_quality = self.is_quality_open() && !self.offer.family.limits.rule.qualities.is_empty();
        let what = match (open_quality, self.chosen.size == Size::Auto) {
            (true, true) => "quality and size are",
            (true, false) => "quality is",
            _ => "size is",
        };
        let seen = match self.offer.family.image_output.as_ref().map(|rule| &rule.rule) {
            Some(ImageOutputRule::AreaGrid { auto_seen_max: Some(tokens), .. })
                if self.chosen.size == Size::Auto =>
            {
                format!(" ({tokens} tokens an image are the most seen)")
            }
            _ => String::new(),
        };
        let of_input = self.offer.family.limits.rule.default_size_edits == Some(Size::Auto);
        if of_input && !open_quality && !self.request.images.is_empty() {
            return "an edit takes its size from the input: no expected value, only the cheapest and dearest choice"
                .to_owned();
        }
        let calls = match self.offer.family.auto_seen {
            Some(AutoSeen { calls, least, greatest }) => {
                let s = if calls == 1 { "" } else { "s" };
                format!("; {calls} recorded call{s} without one took {least} to {greatest} tokens an image")
            }
            None => String::new(),
        };
        format!(
            "{what} left to the model: no expected value, only the cheapest and dearest choice{seen}{calls}"
        )
    }

    fn unpriced_words(&self, item: Item) -> String {
        let (provider, model) = (&self.offer.provider.id, self.offer.model);
        // The book has a reason where it lists a model without a single price.
        match model.note.as_deref().filter(|_| model.first_price.is_none()) {
            Some(why) => format!("{provider} has no price for {}: {why}", model.id),
            // What is left open may be what no row is for.
            None if item == Item::Image && self.is_open() && self.offer.image_prices().next().is_some() => {
                format!(
                    "{provider} does not name a price of {} for every size and quality that the call may have: say which",
                    model.id
                )
            }
            None if self.total.floor.is_none() => {
                format!("{provider} names no price for {item} of {}", model.id)
            }
            None => format!(
                "{provider} names no price for {item} of {}: the total is at least what is shown",
                model.id
            ),
        }
    }

    fn responses_words(&self) -> String {
        match &self.request.responses_model {
            Some(id) => format!("no price is known for the calling model '{}'", crate::book::printable(id)),
            None => "the calling model is not named: its tokens are not in the total".to_owned(),
        }
    }

    /// What the same call costs at the model that the provider recommends instead.
    fn replacement_words(&self) -> String {
        let Some(name) = self.offer.model.replacement.as_deref() else {
            return "; the price is its last".to_owned();
        };
        let request = Request { model: name.to_owned(), ..self.request.clone() };
        let offer = self.offer.book.offer(&self.offer.provider.id, name, self.offer.as_of);
        let Ok(offer) = offer else { return format!("; its replacement is {name}") };
        match offer.quote(&request) {
            Err(error) => format!("; its replacement {name} refuses this request: {}", error.message()),
            Ok(quote) => match (quote.total.expected, quote.total.floor, quote.total.ceiling) {
                (Some(expected), _, _) => {
                    format!("; its replacement {name} costs ${expected} for this request")
                }
                (None, Some(floor), Some(ceiling)) => {
                    format!("; its replacement {name} costs ${floor} to ${ceiling} for this request")
                }
                _ => format!("; its replacement is {name}"),
            },
        }
    }
}
