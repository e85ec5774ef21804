//! What a reader of a quote should know, as data. The sentences are made when asked for, in
//! `note_words`.

use jiff::civil::Date;

use super::Quote;
use super::line::QuoteLine;
use super::lines::may_send_partials;
use crate::book::{DatedRow, FieldRule, ImageInputRule, ImagePrice, Sizes, TextInputRule};
use crate::evidence::{Confidence, Evidence};
use crate::field_rules;
use crate::money::Usd;
use crate::params::{Basis, Endpoint, Item, Quality, Size, Tier};
use crate::request::InputImage;

/// After this many days without a check, prices are called old.
pub(super) const OLD_AFTER_DAYS: i64 = 60;
/// A shutdown within this many days is announced.
const RETIRES_WITHIN_DAYS: i64 = 60;

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
    /// A price comes from the user's own book, for this reason.
    PriceOverridden(&'b DatedRow),
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
    /// The bill of the whole call is rounded up to a part of a dollar, so many of which make one.
    RoundedUp(u32),
    /// Whether several images count their input images once or each is not known.
    InputsUncertain,
    /// A field of the body that is in no table of the API.
    UnknownField(&'b str),
    /// What brings context that can't be counted.
    UnseenContext(&'b str),
    /// A field whose price is not known, by its rule.
    FieldUnpriced(&'b FieldRule),
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
            NoteKind::RoundedUp(_) => "rounded-up",
            NoteKind::InputsUncertain => "inputs-uncertain",
            NoteKind::UnknownField(_) => "unknown-field",
            NoteKind::UnseenContext(_) => "unseen-context",
            NoteKind::FieldUnpriced(_) => "field-unpriced",
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
    let is_open = |line: &QuoteLine<'_>| {
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
    let any_size =
        matches!(family.image_input.as_ref().map(|rule| rule.rule), Some(ImageInputRule::Flat { .. }));
    if by_size && !any_size && request.images.contains(&InputImage::Unsized) {
        note(NoteKind::ImageSizeUnknown);
    } else if request.input_fidelity.is_some() && inputs.is_some_and(|line| !line.quantity.is_exact()) {
        note(NoteKind::FidelityShape);
    }
    if request.n > 1 && quote.priced_inputs().is_some() {
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
    field_rules::unpriced(request, &quote.offer).for_each(|rule| note(NoteKind::FieldUnpriced(rule)));
    request.unseen_context.iter().for_each(|what| note(NoteKind::UnseenContext(what)));
    let others = field_rules::without_rule(request, &quote.offer);
    request
        .unknown_fields
        .iter()
        .map(String::as_str)
        .chain(others)
        .for_each(|field| note(NoteKind::UnknownField(field)));
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
    let mut last: Option<&DatedRow> = None;
    let mut responses_unpriced = false;
    for line in &quote.lines {
        match &line.price {
            // Lines of one card share its row: one note is enough.
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
    if let Some(units) = offer.model.rounds_up_per_usd {
        note(NoteKind::RoundedUp(units));
    }
    if offer.model.basis == Basis::Ratio && last.is_some() {
        note(NoteKind::GatewayDefaults);
    }
    if days_between(offer.provider.checked, offer.as_of) > OLD_AFTER_DAYS {
        note(NoteKind::PricesOld(offer.provider.checked));
    }
}

fn of_row<'b>(as_of: Date, row: &'b DatedRow, mut note: impl FnMut(NoteKind<'b>)) {
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
        // Rows of one book have the same notes: once is enough.
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

    /// The codes of the notes, for narrow outputs.
    pub fn note_codes(&self) -> impl Iterator<Item = &'static str> {
        self.note_kinds().into_iter().map(|kind| kind.code())
    }

    /// Whether the quality is left to the model: by `auto`, or left out without a known default.
    pub(super) fn is_quality_open(&self) -> bool {
        self.chosen.quality.is_none_or(|quality| *quality == Quality::Auto)
    }
}
