//! The files of a price book, key by key.

use super::shape::{Field, Kind, Shape};
use super::shapes_family::FIELD;
use crate::book::{Event, OutcomeResult};
use crate::evidence::{Confidence, Evidence};
use crate::params::{Basis, DIALECTS, Endpoint, Fidelity, NativeApi, Tier};

pub(super) const fn must(name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field { name, kind, required: true, doc }
}

pub(super) const fn may(name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field { name, kind, required: false, doc }
}

pub(super) const EVIDENCE: Kind = Kind::Word(Evidence::NAMES);
pub(super) const EVIDENCE_DOC: &str = "how it is known";
pub(super) const SOURCE_DOC: &str = "the id of a source";
pub(super) const DISCOUNT: Field =
    may("discount", Kind::Discount, "off every built-in price of it, in a user's own book");
pub(super) const DISCOUNT_FROM: Field =
    may("discount_from", Kind::Day, "the first day of the discount; left out: of all days");
pub(super) const NOTE: Field = may("note", Kind::Text, "anything to know about it");

/// `sources.toml`.
pub(super) static SOURCES: Shape = Shape {
    doc: "Every source that is cited.",
    fields: &[
        must("schema", Kind::Only("imgcost.sources/1"), "the form of this file"),
        must("source", Kind::Tables(&SOURCE), "the sources"),
    ],
};

static SOURCE: Shape = Shape {
    doc: "A source.",
    fields: &[
        must("id", Kind::Id, "the name that rows cite"),
        must("title", Kind::Text, "what it is"),
        may("address", Kind::Text, "where it is: an address, or a package and its version"),
        must("read", Kind::Day, "the day it was read"),
        may("learned", Kind::Day, "the day it came into the book, where that is not the day it was read"),
        must(
            "kind",
            Kind::Word(&["vendor", "map", "third-party", "measurement"]),
            "who published it: the provider, a price map, somebody else, or a recorded response or bill",
        ),
        may("maps", Kind::List(&Kind::Id), "the published price maps that it is, or that it was read in"),
        NOTE,
    ],
};

/// `providers/*.toml`, and a user's own book.
pub(super) static PRICES: Shape = Shape {
    doc: "One provider: models, dated prices, outcomes.",
    fields: &[
        must("schema", Kind::Only("imgcost.prices/1"), "the form of this file"),
        must("provider", Kind::Id, "the provider's id"),
        may("aliases", Kind::List(&Kind::Id), "other names of the provider"),
        may("title", Kind::Text, "the provider's name in full"),
        may("checked", Kind::Day, "the day the file was last checked against its sources"),
        may("makes", Kind::List(&Kind::Text), "how the names of the models begin that it makes"),
        may(
            "native_api",
            Kind::Word(NativeApi::NAMES),
            "how the provider's own API, beside routes in the shape of OpenAI's, tells that a call makes an image; left out: it has none",
        ),
        may("hosts", Kind::List(&Kind::Host), "the hosts of its API; `*.` before one: any name below it"),
        may(
            "dialects",
            Kind::List(&Kind::Word(&DIALECTS)),
            "the dialects that the provider's API takes, the likeliest first; left out: OpenAI's",
        ),
        may("stated_bill", Kind::Flag, "whether its responses state the bill, which is then booked"),
        may("default_model", Kind::Model, "the model of a body that names none, where the provider says"),
        may("field", Kind::Tables(&FIELD), "what it accepts of single fields, whatever the model"),
        may("ratio", Kind::Table(&RATIO_BASE), "the unit of a gateway that bills by ratios"),
        may("outcome", Kind::Tables(&OUTCOME), "what calls that went wrong cost; the first match decides"),
        may("text_model", Kind::Tables(&TEXT_MODEL), "models that call the Responses API's image tool"),
        may("model", Kind::Tables(&MODEL), "image models"),
        may("source", Kind::Tables(&SOURCE), "sources, in a user's own book"),
        DISCOUNT,
        DISCOUNT_FROM,
        NOTE,
    ],
};

static RATIO_BASE: Shape = Shape {
    doc: "The unit of a gateway that bills by ratios.",
    fields: &[
        must("usd_per_million", Kind::Price, "what ratio 1 costs per million tokens"),
        must("quota_per_usd", Kind::Count, "billing units per dollar"),
        must("source", Kind::Id, SOURCE_DOC),
        must("evidence", EVIDENCE, EVIDENCE_DOC),
        NOTE,
    ],
};

static OUTCOME: Shape = Shape {
    doc: "What a call that went wrong costs.",
    fields: &[
        must("event", Kind::Word(Event::NAMES), "how far the call got"),
        may("status", Kind::List(&Kind::Text), "HTTP statuses: \"429\", or \"5xx\" for a class; none: any"),
        may("error_type", Kind::Text, "the error body's type"),
        may("error_code", Kind::Text, "the error body's code"),
        must("result", Kind::Word(OutcomeResult::NAMES), "what it costs"),
        must("evidence", EVIDENCE, EVIDENCE_DOC),
        may("source", Kind::Id, SOURCE_DOC),
        NOTE,
    ],
};

static MODEL: Shape = Shape {
    doc: "A model as this provider offers it.",
    fields: &[
        must("id", Kind::Model, "the name that requests use"),
        may("aliases", Kind::List(&Kind::Model), "other names for the same terms"),
        may("family", Kind::Id, "the id of its family"),
        may("basis", Kind::Word(Basis::NAMES), "how it is billed"),
        may(
            "rounds_up_per_usd",
            Kind::Count,
            "the units of a dollar that the bill of a whole call is rounded up to: 100 for cents",
        ),
        may("released", Kind::Day, "the first day it was offered"),
        may("retired", Kind::Day, "the day it stopped answering"),
        may("replacement", Kind::Model, "what the provider recommends in its place"),
        may("lifecycle_source", Kind::Id, "the id of the source of these days"),
        may("rates", Kind::Tables(&RATES), "token prices in USD per million"),
        may("table", Kind::Tables(&TABLE), "prices per image in USD"),
        may("image", Kind::Tables(&IMAGE), "prices per image in USD, one a row"),
        may("call", Kind::Tables(&CALL), "prices per call in USD"),
        may("ratio", Kind::Tables(&RATIO), "gateway ratios"),
        may("fixed", Kind::Tables(&FIXED), "gateway fixed prices in USD"),
        DISCOUNT,
        DISCOUNT_FROM,
        NOTE,
    ],
};

macro_rules! row {
    ($doc:literal, [$($field:expr),* $(,)?]) => {
        Shape {
            doc: $doc,
            fields: &[
                $($field,)*
                must("from", Kind::Day, "the first day it holds"),
                may("to", Kind::Day, "the day another price replaced it; never a shutdown"),
                may("from_assumed", Kind::Flag, "the source names no first day"),
                may("source", Kind::Id, SOURCE_DOC),
                may("evidence", EVIDENCE, EVIDENCE_DOC),
                may("confidence", Kind::Word(Confidence::NAMES), "how sure the source is; left out: high"),
                may("checked", Kind::Day, "the day it was last checked"),
                may("reason", Kind::Text, "why it replaces the built-in price, in a user's own book"),
                NOTE,
            ],
        }
    };
}

const FAR_DOC: &str =
    "why a price is a thousand times the built-in one or more, or a thousandth or less, in a user's own";

static TEXT_MODEL: Shape = row!(
    "A model that calls the Responses API's image tool.",
    [
        must("id", Kind::Id, "its name"),
        may("tier", Kind::Word(Tier::NAMES), "left out: standard"),
        must("input", Kind::Price, "USD per million input tokens"),
        must("output", Kind::Price, "USD per million output tokens"),
        may("input_cached", Kind::Price, "USD per million cached input tokens"),
        may("context_expected", Kind::Count, "input tokens beside the prompt and its own output, measured"),
        may("output_expected", Kind::Count, "output tokens, measured"),
        may("view", Kind::Count, "input tokens for the view of each image made, measured"),
        may("input_image", Kind::Count, "input tokens for each input image, measured"),
        may("input_image_tile", Kind::Count, "input tokens for each 512-px tile of an input image, measured"),
        may("differs", Kind::Text, FAR_DOC),
    ]
);
static RATES: Shape = row!(
    "Token prices for a span of days, USD per million.",
    [
        may("tier", Kind::Word(Tier::NAMES), "left out: standard"),
        may("text_input", Kind::Price, "prompt tokens"),
        may("text_input_cached", Kind::Price, "cached prompt tokens"),
        may("image_input", Kind::Price, "input image tokens"),
        may("image_input_cached", Kind::Price, "cached input image tokens"),
        may("image_output", Kind::Price, "image tokens"),
        may("text_output", Kind::Price, "text tokens in the output"),
        may("differs", Kind::Text, FAR_DOC),
    ]
);
static TABLE: Shape = row!(
    "Prices per image for a span of days, USD.",
    [
        must(
            "prices",
            Kind::Map(&Kind::Text, &Kind::Map(&Kind::Pixels, &Kind::Price)),
            "by quality, then by size"
        ),
        may("differs", Kind::Text, "why the prices differ from tokens times rate"),
    ]
);
static IMAGE: Shape = row!(
    "A price per image for a span of days, USD. What it leaves open it holds for.",
    [
        must("usd", Kind::Price, "the price of one image, or of its first megapixel"),
        may("quality", Kind::Id, "the quality that it is for"),
        may("size", Kind::Pixels, "the exact size that it is for ..."),
        may("class", Kind::Text, "... or the name of a size class of the family"),
        may("further_megapixel", Kind::Price, "the price of each further megapixel begun"),
        may("input_megapixel", Kind::Price, "the price of each megapixel begun of each input image ..."),
        may("input_image", Kind::Price, "... or of each input image, whatever its size"),
        may("megapixel", Kind::Count, "the pixels of a megapixel; left out: 1000000"),
        may("rounding_assumed", Kind::Flag, "that a megapixel begun is paid in full is a guess"),
        may(
            "differs",
            Kind::Text,
            "why the price differs from tokens times rate, or is far off the built-in one, in a user's own",
        ),
    ]
);
static CALL: Shape = row!(
    "The price of a call for a span of days, USD.",
    [must("usd", Kind::Price, "the price of one call"), may("differs", Kind::Text, FAR_DOC),]
);
static RATIO: Shape = row!(
    "Gateway ratios for a span of days.",
    [
        must("model", Kind::Ratio, "multiplies the price of ratio 1"),
        must("completion", Kind::Ratio, "multiplies output tokens on top"),
        must("image", Kind::Ratio, "multiplies input image tokens on top"),
    ]
);
static FIXED: Shape = row!(
    "A gateway's fixed price for a span of days, USD.",
    [
        must("usd", Kind::Price, "the price of one image before ratios"),
        may(
            "size_ratio",
            Kind::Map(&Kind::Pixels, &Kind::Ratio),
            "by size; a size that is not listed counts as 1"
        ),
        may(
            "quality_ratio",
            Kind::Map(&Kind::QualityAt, &Kind::Ratio),
            "by quality, or quality@size; not listed counts as 1"
        ),
    ]
);

/// `measured/*.toml`.
pub(super) static MEASURED: Shape = Shape {
    doc: "Recorded usage of real calls: figures only.",
    fields: &[
        must("schema", Kind::Only("imgcost.measured/1"), "the form of this file"),
        must("call", Kind::Tables(&MEASURED_CALL), "the calls"),
        NOTE,
    ],
};

static MEASURED_CALL: Shape = Shape {
    doc: "A recorded call.",
    fields: &[
        must("id", Kind::Id, "the name of the record"),
        must("provider", Kind::Id, "who answered"),
        may("model", Kind::Model, "the model asked for"),
        must("endpoint", Kind::Word(Endpoint::NAMES), "where the call went"),
        may("date", Kind::Text, "the day, month or year of the call"),
        may("quality", Kind::Id, "as asked for"),
        may("size", Kind::Size, "as asked for"),
        may("returned_quality", Kind::Id, "as the response echoes it"),
        may("returned_size", Kind::Size, "as the response echoes it"),
        may("n", Kind::Count, "how many images"),
        may("stream", Kind::Flag, "whether the response was streamed"),
        may("partial_images", Kind::Count, "partial images asked for"),
        may("input_fidelity", Kind::Word(Fidelity::NAMES), "as asked for"),
        may("images", Kind::List(&Kind::Pixels), "sizes of the input images"),
        may("unsized_images", Kind::Count, "input images of unknown size"),
        may("mask", Kind::Flag, "whether a mask went along"),
        may("prompt_tokens", Kind::Count, "o200k_base tokens of the prompt"),
        may("responses_model", Kind::Id, "the model that called the image tool of the Responses API"),
        must("usage", Kind::Map(&Kind::Text, &Kind::Count), "the token counts that were reported"),
        may("billed", Kind::Price, "what it cost, where the provider stated that and bills by no tokens"),
        must(
            "grade",
            Kind::Word(&["real", "probable", "illustrative"]),
            "how sure the record is of a real call",
        ),
        may("expect", Kind::Word(&["outside"]), "the rules are known to miss it; the note says why"),
        must("source", Kind::Id, SOURCE_DOC),
        NOTE,
    ],
};
