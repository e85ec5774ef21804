//! The files of a price book, key by key.

use super::shape::{Field, Kind, Shape};
use crate::book::{Event, FieldCost, OutcomeResult};
use crate::evidence::{Confidence, Evidence};
use crate::params::{Basis, DIALECTS, Endpoint, Fidelity, NativeApi, Param, Tier};

const fn must(name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field { name, kind, required: true, doc }
}

const fn may(name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field { name, kind, required: false, doc }
}

const EVIDENCE: Kind = Kind::Word(Evidence::NAMES);
const EVIDENCE_DOC: &str = "how it is known";
const SOURCE_DOC: &str = "the id of a source";
const NOTE: Field = may("note", Kind::Text, "anything to know about it");

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

/// `families.toml`.
pub(super) static FAMILIES: Shape = Shape {
    doc: "Model families: limits, defaults and token rules.",
    fields: &[
        must("schema", Kind::Only("imgcost.families/1"), "the form of this file"),
        must("family", Kind::Tables(&FAMILY), "the families"),
    ],
};

static FAMILY: Shape = Shape {
    doc: "What belongs to a model wherever it is offered.",
    fields: &[
        must("id", Kind::Id, "the name that models cite"),
        must("title", Kind::Text, "its name in full"),
        must("limits", Kind::Table(&LIMITS), "what the API accepts"),
        may("rules", Kind::Table(&RULES), "how tokens are counted"),
        may("auto_seen", Kind::Table(&AUTO_SEEN), "what recorded calls took that left quality or size open"),
    ],
};

static AUTO_SEEN: Shape = Shape {
    doc: "What recorded calls took that left quality or size to the model: a note, no bound.",
    fields: &[
        must("calls", Kind::Count, "how many calls"),
        must("least", Kind::Count, "the fewest tokens of an image"),
        must("greatest", Kind::Count, "the most"),
    ],
};

static LIMITS: Shape = Shape {
    doc: "What the API accepts, and what leaving a parameter out means.",
    fields: &[
        must("source", Kind::Id, SOURCE_DOC),
        must("evidence", EVIDENCE, EVIDENCE_DOC),
        must("endpoints", Kind::List(&Kind::Word(Endpoint::NAMES)), "where the model answers"),
        must(
            "qualities",
            Kind::List(&Kind::Id),
            "explicit qualities, cheapest first; none: the parameter is refused",
        ),
        may("quality_auto", Kind::Flag, "whether quality auto is accepted"),
        may("default_quality", Kind::Id, "what an omitted quality means"),
        may("sizes", Kind::List(&Kind::Pixels), "the accepted sizes ..."),
        may("free_size", Kind::Table(&FREE_SIZE), "... or the rule they keep ..."),
        may("any_size", Kind::Flag, "... or true: no source says which are taken ..."),
        may("max_pixels", Kind::Count, "with any_size: the largest area in pixels, where that is known"),
        may("size_class", Kind::Tables(&SIZE_CLASS), "... or classes of sizes, smallest first"),
        may("size_auto", Kind::Flag, "whether size auto is accepted"),
        must("default_size", Kind::Size, "what an omitted size means"),
        may("default_size_edits", Kind::Size, "what it means with an input image; left out: the same"),
        may("n_max", Kind::Count, "the most images of one call; left out: not known"),
        may("partial_images_max", Kind::Count, "the most partial images; 0: none"),
        may("input_images_max", Kind::Count, "the most input images; 0: none; left out: not known"),
        may(
            "input_fidelities",
            Kind::List(&Kind::Word(Fidelity::NAMES)),
            "accepted fidelities; none: refused",
        ),
        may("mask", Kind::Flag, "whether a mask is taken"),
        may("mask_evidence", EVIDENCE, "how it is known that a mask adds no tokens; left out: assumed"),
        may("backgrounds", Kind::List(&Kind::Id), "accepted backgrounds; none: refused"),
        may("output_formats", Kind::List(&Kind::Id), "accepted output formats; none: refused"),
        may("prompt_max_chars", Kind::Count, "the longest prompt in Unicode characters"),
        may("field", Kind::Tables(&FIELD), "what is accepted of further fields, and of two together"),
        may("limits_unknown", Kind::Flag, "no source says what is accepted: what is left out is not refused"),
        NOTE,
    ],
};

static FIELD: Shape = Shape {
    doc: "A field of a request and what is accepted of it; without values the field is refused.",
    fields: &[
        must("name", Kind::Id, "the field, by the API's name"),
        may("allowed", Kind::List(&Kind::Text), "the accepted values; none: any"),
        may("refused", Kind::List(&Kind::Text), "values that are refused"),
        may("least", Kind::Count, "the least of a count"),
        may("most", Kind::Count, "the most of a count"),
        may(
            "with",
            Kind::Map(&Kind::Word(Param::NAMES), &Kind::Text),
            "it holds only where these parameters have these values ...",
        ),
        may(
            "unless",
            Kind::Map(&Kind::Word(Param::NAMES), &Kind::Text),
            "... and not where these have these",
        ),
        may("cost", Kind::Word(FieldCost::NAMES), "what giving it means for the price; left out: free"),
        may("source", Kind::Id, SOURCE_DOC),
        may("evidence", EVIDENCE, EVIDENCE_DOC),
        NOTE,
    ],
};

static SIZE_CLASS: Shape = Shape {
    doc: "A class of sizes that the provider names and bills alike.",
    fields: &[
        must("name", Kind::Text, "the provider's name of it"),
        must("square", Kind::Pixels, "its square"),
        must("max_pixels", Kind::Count, "the largest area that belongs to it"),
        may("max_edge", Kind::Count, "the longest edge that belongs to it; left out: any"),
    ],
};

static FREE_SIZE: Shape = Shape {
    doc: "A rule that legal sizes keep.",
    fields: &[
        must("multiple_of", Kind::Count, "both edges are multiples of it"),
        must("max_edge", Kind::Count, "the longest edge in pixels"),
        must("max_ratio", Kind::Count, "the longer edge over the shorter one"),
        must("min_pixels", Kind::Count, "the smallest area"),
        must("max_pixels", Kind::Count, "the largest area"),
    ],
};

static RULES: Shape = Shape {
    doc: "Token rules; their kinds are explained in docs/token-rules.md.",
    fields: &[
        may("image_output", Kind::Choice(IMAGE_OUTPUT), "tokens of an image"),
        may("partial_image", Kind::Choice(PARTIAL_IMAGE), "tokens of a partial image"),
        may("image_input", Kind::Choice(IMAGE_INPUT), "tokens of an input image"),
        may("text_input", Kind::Choice(TEXT_INPUT), "tokens of the prompt"),
        may("text_output", Kind::Choice(&[("per-image", &TEXT_OUTPUT)]), "text tokens added to the output"),
        may("responses", Kind::Choice(&[("mainline", &RESPONSES)]), "tokens of the Responses API's model"),
    ],
};

macro_rules! rule {
    ($doc:literal, $kind:literal, [$($field:expr),* $(,)?]) => {
        Shape {
            doc: $doc,
            fields: &[
                must("kind", Kind::Only($kind), "the kind of rule"),
                must("source", Kind::Id, SOURCE_DOC),
                must("evidence", EVIDENCE, EVIDENCE_DOC),
                NOTE,
                $($field),*
            ],
        }
    };
}

static IMAGE_OUTPUT: &[(&str, &Shape)] = &[
    ("row-grid", &ROW_GRID),
    ("area-grid", &AREA_GRID),
    ("scaled", &SCALED),
    ("by-size-class", &BY_SIZE_CLASS),
];
static PARTIAL_IMAGE: &[(&str, &Shape)] = &[("flat", &FLAT), ("area-scaled", &AREA_SCALED)];
static IMAGE_INPUT: &[(&str, &Shape)] = &[("tiles", &TILES), ("patches", &PATCHES), ("flat", &FLAT_INPUT)];
static TEXT_INPUT: &[(&str, &Shape)] = &[("overhead", &OVERHEAD), ("own-tokenizer", &OWN_TOKENIZER)];

static ROW_GRID: Shape = rule!(
    "A grid with a separator per row.",
    "row-grid",
    [must("base", Kind::Map(&Kind::Text, &Kind::Count), "cells along the short side, by quality"),]
);
static AREA_GRID: Shape = rule!(
    "A grid scaled by area.",
    "area-grid",
    [
        must("base", Kind::Map(&Kind::Text, &Kind::Count), "cells along the long side, by quality"),
        must("area_offset", Kind::Count, "added to the area in pixels"),
        must("area_divisor", Kind::Count, "divides the product"),
        may("auto_seen_max", Kind::Count, "the most tokens that an image of size auto was seen to take"),
    ]
);
static SCALED: Shape = rule!(
    "No formula: between multiples of another family's counts.",
    "scaled",
    [
        must("of", Kind::Id, "the other family, which has an area grid"),
        must("floor", Kind::Map(&Kind::Text, &Kind::Ratio), "the least multiple, by quality"),
        must("ceiling", Kind::Map(&Kind::Text, &Kind::Ratio), "the greatest multiple, by quality"),
    ]
);
static BY_SIZE_CLASS: Shape = rule!(
    "The same for every size of a class.",
    "by-size-class",
    [must("tokens", Kind::Map(&Kind::Text, &Kind::Span), "tokens of one image, by the name of its class"),]
);
static FLAT_INPUT: Shape = rule!(
    "The same for every input image.",
    "flat",
    [must("tokens", Kind::Span, "tokens of one input image"),]
);
static OWN_TOKENIZER: Shape =
    rule!("Counted by a tokenizer of the model's own, not by o200k_base.", "own-tokenizer", []);
static FLAT: Shape =
    rule!("The same for every size.", "flat", [must("tokens", Kind::Count, "tokens of one partial image"),]);
static AREA_SCALED: Shape = rule!(
    "Grows with the area.",
    "area-scaled",
    [
        must("tokens", Kind::Count, "published tokens of one partial image"),
        must("area_offset", Kind::Count, "added to the area in pixels"),
        must("area_divisor", Kind::Count, "divides the product"),
    ]
);
static TILES: Shape = rule!(
    "Square tiles after fitting.",
    "tiles",
    [
        must("fit", Kind::Count, "edge of the square the image is fitted into"),
        must("short_side", Kind::Count, "the short side is brought down to this"),
        must("tile", Kind::Count, "edge of a tile"),
        must("base", Kind::Count, "tokens of every image"),
        must("per_tile", Kind::Count, "tokens of every tile"),
        may("fidelity_high", Kind::Table(&FIDELITY_HIGH), "what high fidelity adds"),
    ]
);
static FIDELITY_HIGH: Shape = Shape {
    doc: "Tokens that high input fidelity adds for one image.",
    fields: &[
        must("square", Kind::Count, "for a square image"),
        must("other", Kind::Count, "for a portrait or landscape one"),
        must("square_ratio", Kind::Ratio, "up to this ratio an image is expected to count as square"),
        must("clear_ratio", Kind::Ratio, "beyond this ratio it surely does not"),
    ],
};
static PATCHES: Shape = rule!(
    "Square patches, scaled down to a budget.",
    "patches",
    [
        must("patch", Kind::Count, "edge of a patch"),
        must("max_patches", Kind::Count, "the most patches of one image"),
        must("upscale_below", Kind::Count, "smaller images are enlarged towards this edge"),
        must("upscale_max", Kind::Count, "by at most this factor"),
    ]
);
static OVERHEAD: Shape = rule!(
    "Tokens added to the prompt.",
    "overhead",
    [
        must("per_call", Kind::Count, "on every call"),
        may("per_image", Kind::Count, "for each input image ..."),
        may("per_image_by_tiles", Kind::List(&Kind::Count), "... or by its count of tiles"),
        may("per_image_ceiling", Kind::Count, "the most that one input image may add"),
    ]
);
static TEXT_OUTPUT: Shape = rule!(
    "Text tokens of each image.",
    "per-image",
    [
        must("floor", Kind::Count, "at least"),
        may("expected", Kind::Count, "probably; left out: the usual count is not known"),
        may(
            "expected_by",
            Kind::Map(&Kind::Text, &Kind::Count),
            "probably, at a quality or in a size class that was measured apart"
        ),
        must("ceiling", Kind::Count, "at most"),
    ]
);
static RESPONSES: Shape = rule!(
    "Tokens of the model that calls the image tool.",
    "mainline",
    [
        must(
            "context_expected",
            Kind::Count,
            "its input tokens beside the prompt and its own output, probably"
        ),
        must("context_ceiling", Kind::Count, "the same at most, without the view of the images made"),
        must("view_ceiling", Kind::Count, "its input tokens for the view of each image made, at most"),
        must("input_image_ceiling", Kind::Count, "its input tokens for each input image, at most"),
        must("output_expected", Kind::Count, "its output tokens, probably"),
        must("output_ceiling", Kind::Count, "its output tokens, at most"),
        must("revised_prompt_ceiling", Kind::Count, "the most tokens of the rewritten prompt"),
    ]
);

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
