//! What a reader of a quote should know, as data; words are made when asked for.

use jiff::civil::Date;

use super::Quote;
use super::line::Line;
use super::lines::may_send_partials;
use crate::book::{ImageOutputRule, ImagePrice, Row, Sizes, TextInputRule};
use crate::evidence::{Confidence, Evidence};
use crate::money::Usd;
use crate::params::{Basis, Endpoint, Item, Quality, Size, Tier, Unit};
use crate::request::{InputImage, Request};

/// After this many days without a check, prices are called old.
const OLD_AFTER_DAYS: i64 = 60;
/// A shutdown within this many days is announced.
const RETIRES_WITHIN_DAYS: i64 = 60;

/// A note: a stable code and a sentence.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Note {
    /// The stable code, such as `model-retired`.
    pub code: &'static str,
    /// The sentence.
    pub message: String,
}

/// What a note is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoteKind<'b> {
    /// No prompt was given: the total covers the images only.
    PromptNotGiven,
    /// The model stopped answering on this day.
    ModelRetired(Date),
    /// The model will stop answering soon, on this day.
    ModelRetiresSoon(Date),
    /// Quality or size is left to the model.
    Auto,
    /// No formula is known for this item.
    RuleUnverified(Item),
    /// The model adds a random number of text tokens.
    TextOutputVaries,
    /// Fewer partial images than asked for may come.
    PartialImagesVary,
    /// Where `square` ends for high fidelity is not published.
    FidelityShape,
    /// A mask is taken to cost nothing, which was measured on gpt-image-1 only.
    MaskAssumedFree,
    /// An input image's size is not known.
    ImageSizeUnknown,
    /// The published table contradicts the token price, for this reason.
    ListPriceDiffers(&'b ImagePrice),
    /// A price stands in the user's own book, for this reason.
    PriceOverridden(&'b Row),
    /// The first day of a price is a guess.
    PriceFromAssumed(Date),
    /// A price was read at a third party.
    PriceSecondHand,
    /// The prices were last checked on this day.
    PricesOld(Date),
    /// Several images from a model that is billed by the call.
    CallsUncertain,
    /// The mainline model of the Responses API has no price.
    ResponsesModelUnpriced,
    /// The Responses API's own tokens are known from few calls.
    ResponsesVaries,
    /// An item has no price.
    Unpriced(Item),
    /// The gateway's owner may have set other ratios.
    GatewayDefaults,
    /// What the model accepts is not known, or how many images: that was not checked.
    LimitsUnknown,
    /// The size asked for is priced as this class of sizes.
    SizeClass(&'b str),
    /// The model counts prompts with a tokenizer of its own.
    OwnTokenizer,
    /// Whether several images count their input images once or each is not known.
    InputsUncertain,
    /// A field of the body that is in no table of the API.
    UnknownField(&'b str),
    /// What brings context that can't be counted.
    UnseenContext(&'b str),
    /// The tier has no price.
    TierUnpriced(Tier),
}

impl NoteKind<'_> {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            NoteKind::PromptNotGiven => "prompt-not-given",
            NoteKind::ModelRetired(_) => "model-retired",
            NoteKind::ModelRetiresSoon(_) => "model-retires-soon",
            NoteKind::Auto => "auto",
            NoteKind::RuleUnverified(_) => "rule-unverified",
            NoteKind::TextOutputVaries => "text-output-varies",
            NoteKind::PartialImagesVary => "partial-images-vary",
            NoteKind::FidelityShape => "fidelity-shape",
            NoteKind::MaskAssumedFree => "mask-assumed-free",
            NoteKind::ImageSizeUnknown => "image-size-unknown",
            NoteKind::ListPriceDiffers(_) => "list-price-differs",
            NoteKind::PriceOverridden(_) => "price-overridden",
            NoteKind::PriceFromAssumed(_) => "price-from-assumed",
            NoteKind::PriceSecondHand => "price-second-hand",
            NoteKind::PricesOld(_) => "prices-old",
            NoteKind::CallsUncertain => "calls-uncertain",
            NoteKind::ResponsesModelUnpriced => "responses-model-unpriced",
            NoteKind::ResponsesVaries => "responses-varies",
            NoteKind::Unpriced(_) => "unpriced",
            NoteKind::GatewayDefaults => "gateway-defaults",
            NoteKind::LimitsUnknown => "limits-unknown",
            NoteKind::SizeClass(_) => "size-class",
            NoteKind::OwnTokenizer => "own-tokenizer",
            NoteKind::InputsUncertain => "inputs-uncertain",
            NoteKind::UnknownField(_) => "unknown-field",
            NoteKind::UnseenContext(_) => "unseen-context",
            NoteKind::TierUnpriced(_) => "tier-unpriced",
        }
    }
}

fn of_model<'b>(quote: &Quote<'b>, mut note: impl FnMut(NoteKind<'b>)) {
    let (model, as_of) = (quote.offer.model, quote.offer.as_of);
    if let Some(retired) = model.retired {
        if retired <= as_of {
            note(NoteKind::ModelRetired(retired));
        } else if days_between(as_of, retired) <= RETIRES_WITHIN_DAYS {
            note(NoteKind::ModelRetiresSoon(retired));
        }
    }
    for line in
        quote.lines.iter().filter(|line| line.evidence == Evidence::Assumed && line.item == Item::ImageOutput)
    {
        note(NoteKind::RuleUnverified(line.item));
    }
}

/// What the family's limits make of the request.
fn of_limits<'b>(quote: &Quote<'b>, mut note: impl FnMut(NoteKind<'b>)) {
    let family = quote.offer.family;
    let limits = &family.limits.rule;
    if limits.unknown || (limits.n_max.is_none() && quote.request.n > 1) {
        note(NoteKind::LimitsUnknown);
    }
    if let (Size::Exact(size), Sizes::Classes(_)) = (quote.chosen.size, &limits.sizes)
        && let Some(class) = limits.size_class(size).filter(|class| class.square != size)
    {
        note(NoteKind::SizeClass(&class.name));
    }
    let text = quote.lines.iter().find(|line| line.item == Item::TextInput);
    let own = matches!(family.text_input.as_ref().map(|rule| &rule.rule), Some(TextInputRule::OwnTokenizer));
    if own && text.is_some_and(|line| !line.quantity.is_exact()) {
        note(NoteKind::OwnTokenizer);
    }
}

fn of_request<'b>(quote: &Quote<'b>, mut note: impl FnMut(NoteKind<'b>)) {
    let (request, family) = (quote.request, quote.offer.family);
    if request.prompt.is_none() && is_text_priced(quote) {
        note(NoteKind::PromptNotGiven);
    }
    // Where one quality is known, prices per image may have a row beside it.
    let by_image = quote.offer.model.basis == Basis::PerImage;
    let choices = family.limits.rule.qualities.len() + usize::from(by_image);
    let open_quality = quote.is_quality_open() && choices > 1;
    let is_open = |line: &Line<'_>| {
        line.quantity.expected.is_none() || line.price.is_some_and(|price| price.amount.expected.is_none())
    };
    if (open_quality || quote.chosen.size == Size::Auto) && quote.lines.iter().any(is_open) {
        note(NoteKind::Auto);
    }
    if family.text_output.is_some() && matches!(quote.offer.model.basis, Basis::Tokens | Basis::Ratio) {
        note(NoteKind::TextOutputVaries);
    }
    if may_send_partials(request) && family.partial_image.is_some() {
        note(NoteKind::PartialImagesVary);
    }
    let inputs = quote.lines.iter().find(|line| line.item == Item::ImageInput);
    let by_size = inputs.is_none_or(|line| line.price.is_none() || !line.quantity.is_exact());
    if by_size && request.images.contains(&InputImage::Unsized) {
        note(NoteKind::ImageSizeUnknown);
    } else if request.input_fidelity.is_some() && inputs.is_some_and(|line| !line.quantity.is_exact()) {
        note(NoteKind::FidelityShape);
    }
    if request.n > 1 && inputs.is_some_and(|line| line.unit == Unit::Megapixel) {
        note(NoteKind::InputsUncertain);
    }
    if request.mask && family.image_input.is_some() && family.limits.rule.mask_evidence == Evidence::Assumed {
        note(NoteKind::MaskAssumedFree);
    }
    if quote.offer.model.basis == Basis::PerCall && request.n > 1 {
        note(NoteKind::CallsUncertain);
    }
    if request.endpoint == Endpoint::Responses {
        note(NoteKind::ResponsesVaries);
    }
    request.unseen_context.iter().for_each(|what| note(NoteKind::UnseenContext(what)));
    request.unknown_fields.iter().for_each(|field| note(NoteKind::UnknownField(field)));
    if !request.tier.is_usual() && quote.offer.rates(request.tier).next().is_none() {
        note(NoteKind::TierUnpriced(request.tier));
    }
}

/// Whether the prompt has a price of its own at this offer.
fn is_text_priced(quote: &Quote<'_>) -> bool {
    let by_rate = quote.offer.token_rate(quote.request.tier, Item::TextInput).is_some();
    quote.offer.family.text_input.is_some() && (by_rate || quote.offer.model.basis == Basis::Ratio)
}

fn of_prices<'b>(quote: &Quote<'b>, mut note: impl FnMut(NoteKind<'b>)) {
    let offer = &quote.offer;
    if offer.model.images.iter().any(|price| price.differs.is_some())
        && let Some((price, usd)) = quote.list_price().filter(|(price, _)| price.differs.is_some())
        && list_price_differs(quote, usd)
    {
        note(NoteKind::ListPriceDiffers(price));
    }
    let mut last: Option<&Row> = None;
    let mut responses_unpriced = false;
    for line in &quote.lines {
        match &line.price {
            // Lines of one card share its row: said once.
            Some(price) if last.is_none_or(|last| !std::ptr::eq(last, price.row)) => {
                last = Some(price.row);
                of_row(offer.as_of, price.row, &mut note);
            }
            Some(_) => {}
            None if line.item != Item::ResponsesModel => note(NoteKind::Unpriced(line.item)),
            None if !responses_unpriced => {
                note(NoteKind::ResponsesModelUnpriced);
                responses_unpriced = true;
            }
            None => {}
        }
    }
    if offer.model.basis == Basis::Ratio && last.is_some() {
        note(NoteKind::GatewayDefaults);
    }
    if days_between(offer.provider.checked, offer.as_of) > OLD_AFTER_DAYS {
        note(NoteKind::PricesOld(offer.provider.checked));
    }
}

fn of_row<'b>(as_of: Date, row: &'b Row, mut note: impl FnMut(NoteKind<'b>)) {
    if row.reason.is_some() {
        note(NoteKind::PriceOverridden(row));
    }
    if row.from_assumed && row.checked.is_some_and(|checked| as_of < checked) {
        note(NoteKind::PriceFromAssumed(row.from));
    }
    if row.confidence == Confidence::Medium {
        note(NoteKind::PriceSecondHand);
    }
}

fn list_price_differs(quote: &Quote<'_>, listed: Usd) -> bool {
    let images = quote.lines.iter().find(|line| line.item == Item::ImageOutput);
    let expected = images.and_then(|line| line.price?.amount.expected);
    match (
        expected,
        listed.checked_mul(quote.request.n.into()),
        listed.last_place().checked_mul(quote.request.n.into()),
    ) {
        (Some(expected), Some(listed), Some(slack)) => listed.distance(expected) > slack,
        _ => false,
    }
}

/// Days from one day to another, negative if the second is earlier.
fn days_between(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours() / 24
}

impl<'b> Quote<'b> {
    /// What a reader should know, as data.
    #[must_use]
    pub fn note_kinds(&self) -> Vec<NoteKind<'b>> {
        let mut notes = Vec::new();
        // Rows of one book say the same thing of themselves: once is enough.
        let mut note = |note| {
            if !notes.contains(&note) {
                notes.push(note);
            }
        };
        of_model(self, &mut note);
        of_limits(self, &mut note);
        of_request(self, &mut note);
        of_prices(self, &mut note);
        notes
    }

    /// What a reader should know, in words.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        let words = |kind: NoteKind<'_>| Note { code: kind.code(), message: self.words(kind) };
        self.note_kinds().into_iter().map(words).collect()
    }

    /// The codes of the notes, for narrow outputs.
    pub fn note_codes(&self) -> impl Iterator<Item = &'static str> {
        self.note_kinds().into_iter().map(|kind| kind.code())
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
                format!("a price stands in your own book: {}", row.reason.as_deref().unwrap_or_default())
            }
            NoteKind::PriceFromAssumed(day) => {
                format!("that the price held since {day} is assumed: its source names no first day")
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

    /// Whether the quality is left to the model: said so, or left out without a known default.
    fn is_quality_open(&self) -> bool {
        self.chosen.quality.is_none_or(|quality| *quality == Quality::Auto)
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
        format!("{what} left to the model: no expected value, only the cheapest and dearest choice{seen}")
    }

    fn unpriced_words(&self, item: Item) -> String {
        let (provider, model) = (&self.offer.provider.id, self.offer.model);
        // The book says why a model stands in it without a single price.
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
