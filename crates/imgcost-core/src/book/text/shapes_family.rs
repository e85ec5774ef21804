//! The file of model families, key by key.

use super::shape::{Kind, Shape};
use super::shapes::{EVIDENCE, EVIDENCE_DOC, NOTE, SOURCE_DOC, may, must};
use crate::book::FieldCost;
use crate::params::{Endpoint, Fidelity, Param};

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

pub(super) static FIELD: Shape = Shape {
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
