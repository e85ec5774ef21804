//! What the built-in book says of providers whose pages leave something open, in figures worked
//! out by hand.

use crate::support::{BOOK, edited, request};
use imgcost_core::{
    CeilingBasis, Endpoint, Evidence, InputImage, Item, Prompt, Request, Response, Tier, Usage,
};

/// `floor expected ceiling` of a quote, and whether its ceiling is assumed.
fn total(request: &Request) -> String {
    let quote = BOOK.quote(request).unwrap();
    let word = |usd: Option<imgcost_core::Usd>| usd.map_or_else(|| "-".to_owned(), |usd| usd.to_string());
    let total = quote.total();
    let basis = if total.basis == CeilingBasis::Assumed { " assumed" } else { "" };
    format!("{} {} {}{basis}", word(total.floor), word(total.expected), word(total.ceiling))
}

fn edit(words: &str, images: &[&str]) -> Request {
    let images = images.iter().map(|size| InputImage::Sized(size.parse().unwrap())).collect();
    edited(request(words), |request| {
        request.endpoint = Endpoint::Edits;
        request.images = images;
    })
}

#[test]
fn a_route_that_bills_calls_books_every_image_that_came() {
    let request = request("laozhang/gpt-image-2.5-flare-vip - - 4");
    let quote = BOOK.quote(&request).unwrap();
    assert_eq!(total(&request), "0.03 - 0.12 assumed");
    let response = edited(Response::default(), |response| response.usage.images = Some(4));
    let charge = quote.terms().charge(&response).unwrap();
    assert_eq!((charge.total.ceiling.to_string().as_str(), charge.total.expected), ("0.12", None));
}

#[test]
fn an_edit_of_flux_2_may_be_as_large_as_its_input() {
    // 0.03 and 0.015 a megapixel: from one to four of them, and four of the input.
    assert_eq!(total(&edit("bfl/flux-2-pro", &["2048x2048"])), "0.09 - 0.135 assumed");
    assert_eq!(total(&edit("bfl/flux-2-pro - auto", &["2048x2048"])), "0.09 - 0.135 assumed");
    assert_eq!(total(&edit("bfl/flux-2-pro - 2048x2048", &["2048x2048"])), "0.135 0.135 0.135 assumed");
    assert_eq!(total(&request("bfl/flux-2-pro")), "0.03 0.03 0.03 assumed");
    let open = edit("bfl/flux-2-pro", &["2048x2048"]);
    let note = BOOK.quote(&open).unwrap().notes().into_iter().find(|note| note.code == "auto").unwrap();
    assert!(note.message.starts_with("an edit takes its size from the input"), "{}", note.message);
    let error = BOOK.quote(&request("bfl/flux-2-max - 4096x4096")).unwrap_err();
    assert_eq!(error.nearest_value(), Some("2048x2048"));
}

#[test]
fn an_edit_at_fal_has_no_price_unless_its_size_is_said() {
    let model = "fal/openai/gpt-image-2.5/flare/edit";
    for words in ["", " - auto", " auto auto"] {
        let request = edit(&format!("{model}{words}"), &["1024x1024"]);
        let quote = BOOK.quote(&request).unwrap();
        assert_eq!(quote.unpriced().collect::<Vec<_>>(), [Item::Image], "{words}");
        assert!(quote.note_codes().any(|code| code == "limits-unknown"), "{words}");
        let note = quote.notes().into_iter().find(|note| note.code == "unpriced").unwrap();
        assert!(note.message.ends_with("that the call may have: say which"), "{}", note.message);
    }
    let sized = format!("{model} high 1024x1024");
    // The price is read at a third party, so that the ceiling is assumed.
    assert_eq!(total(&edit(&sized, &["1024x1024"])), "0.05268 0.05268 0.05268 assumed");
    assert_eq!(total(&edit(&sized, &["1024x1024", "64x64"])), "0.05268 0.05268 0.05268 assumed");
    assert_eq!(total(&edit(&format!("{model} auto 1024x1024"), &["1x1"])), "- - -");
    assert!(BOOK.quote(&edit("fal/fal-ai/flux/dev", &["1x1"])).is_err());
    assert!(BOOK.quote(&request("fal/fal-ai/flux-lora-depth")).is_err());
}

#[test]
fn a_larger_image_of_flux_3_than_was_asked_for_is_charged_as_such() {
    let request = request("bfl/flux-3-image - 768x768");
    let terms = BOOK.quote(&request).unwrap().terms();
    let response = |size: &str| {
        edited(Response::default(), |response| {
            response.usage.images = Some(1);
            response.size = Some(size.parse().unwrap());
        })
    };
    assert_eq!(terms.charge(&response("2048x2048")).unwrap().total.ceiling.to_string(), "0.1");
    assert_eq!(terms.charge(&response("4096x4096")).unwrap().total.ceiling.to_string(), "0.607");
    assert!(!terms.charge(&response("6000x6000")).unwrap().complete);
}

#[test]
fn grok_imagine_is_sold_by_quality_class_and_source_image() {
    let of = |rest: &str| total(&request(&format!("xai/grok-imagine-image-2.0 {rest}")));
    assert_eq!(of("low 1024x1024"), "0.04 0.04 0.04");
    assert_eq!(of("medium 1024x1024"), "0.06 0.06 0.06");
    assert_eq!(of("low 2048x2048"), "0.06 0.06 0.06");
    assert_eq!(of("medium 2048x2048"), "0.08 0.08 0.08 assumed");
    // Left out, they are medium and 1K; a class and a quality without a price have none.
    assert_eq!(of("- -"), "0.06 0.06 0.06");
    assert_eq!(of("low 1536x1536"), "- - -");
    assert_eq!(of("high 1024x1024"), "- - -");

    // 0.05 and two source images, as a response stated on 2026-08-12: 0.07.
    let mut edit = request("xai/grok-imagine-image-quality");
    edit.endpoint = Endpoint::Edits;
    edit.images = vec![InputImage::Unsized; 2];
    edit.as_of = "2026-08-12".parse().unwrap();
    assert_eq!(total(&edit), "0.07 0.07 0.07");
    let terms = BOOK.quote(&edit).unwrap().terms();
    let one = Response::from(edited(Usage::default(), |usage| usage.images = Some(1)));
    assert_eq!(terms.charge(&one).unwrap().total.ceiling.to_string(), "0.07");
    // Whether two images count their sources once or each is not known.
    edit.n = 2;
    assert_eq!(total(&edit), "0.12 - 0.14 assumed");
}

#[test]
fn a_name_of_grok_imagine_that_another_model_serves_has_its_price() {
    let mut quality = request("xai/grok-imagine-image-quality - 2048x2048");
    assert_eq!(total(&quality), "0.06 0.06 0.06 assumed");
    quality.as_of = "2026-11-01".parse().unwrap();
    assert_eq!(total(&quality), "0.07 0.07 0.07");
    assert_eq!(total(&request("xai/grok-imagine-image-pro")), "0.04 0.04 0.04");
}

#[test]
fn nova_canvas_is_sold_by_its_longer_side() {
    let of = |rest: &str| total(&request(&format!("aws-bedrock/amazon.nova-canvas-v1:0 {rest}")));
    assert_eq!(of("- 1024x1024"), "0.04 0.04 0.04 assumed");
    // Fewer pixels than the square, and a longer side.
    assert_eq!(of("- 1008x1040"), "0.06 0.06 0.06 assumed");
    assert_eq!(of("- 2048x2048"), "0.06 0.06 0.06 assumed");
    assert_eq!(of("premium 1024x1024"), "- - -");
    let terms = BOOK.quote(&request("aws-bedrock/amazon.nova-canvas-v1:0 - 1008x1040")).unwrap().terms();
    let one = Response::from(edited(Usage::default(), |usage| usage.images = Some(1)));
    assert_eq!(terms.charge(&one).unwrap().total.ceiling.to_string(), "0.06");
}

#[test]
fn what_no_page_says_is_assumed() {
    let unsourced = "litellm-1-109-1-unsourced";
    let mut providers = Vec::new();
    for provider in BOOK.providers() {
        let mut models = 0;
        for model in &provider.models {
            let mut rows = model.rows().filter(|row| row.source == unsourced).peekable();
            models += usize::from(rows.peek().is_some());
            assert!(rows.all(|row| row.evidence == Evidence::Assumed), "{}/{}", provider.id, model.id);
        }
        if models > 0 {
            providers.push(format!("{} {models} of {}", provider.id, provider.models.len()));
        }
    }
    assert_eq!(providers, ["aws-bedrock 23 of 24", "fal 14 of 25", "stability 4 of 9"]);
}

#[test]
fn text_beside_the_image_is_expected_as_it_was_measured() {
    // 1120 * 60 / 1M, 390 * 3 / 1M expected, and at most 32768 * 3 / 1M of text.
    let flash = "0.0672 0.06837 0.165504 assumed";
    assert_eq!(total(&request("google-gemini-api/gemini-3.1-flash-image - 1K")), flash);
    // 1120 * 120 / 1M, 254 * 12 / 1M expected, 32768 * 12 / 1M at most.
    let pro = "0.1344 0.137448 0.527616 assumed";
    assert_eq!(total(&request("google-gemini-api/gemini-3-pro-image - 1K")), pro);
    // More text is expected at 4K, which was measured apart.
    let large = "0.24 0.2496 0.633216 assumed";
    assert_eq!(total(&request("google-gemini-api/gemini-3-pro-image - 4K")), large);
}

#[test]
fn openrouter_passes_googles_rates_on() {
    // Input, output, of it images, and the bill that the response stated.
    let recorded = [
        ("google/gemini-3.1-flash-lite-image", "2026-08-12", [5, 1_537, 1_120], "0.03422675"),
        ("google/gemini-3.1-flash-lite-image", "2026-08-12", [1_125, 1_120, 1_120], "0.03388125"),
        ("google/gemini-2.5-flash-image", "2026-06-08", [4, 1_301, 1_290], "0.0387287"),
        ("google/gemini-2.5-flash-image", "2026-04-02", [4, 1_290, 1_290], "0.0387012"),
    ];
    for (model, day, [input, output, image], bill) in recorded {
        let mut request = request(&format!("openrouter/{model} - 1K"));
        request.as_of = day.parse().unwrap();
        let usage = edited(Usage::default(), |usage| {
            usage.input = Some(input);
            usage.output = Some(output);
            usage.image_output = Some(image);
            usage.text_output = Some(output - image);
        });
        let terms = BOOK.quote(&request).unwrap().terms();
        let charge = terms.charge(&Response::from(usage)).unwrap();
        assert_eq!((charge.by_rates.floor.to_string(), charge.settles), (bill.to_owned(), true), "{model}");
        assert!(charge.by_rates.is_exact(), "{model}");
    }
}

#[test]
fn googles_tiers_have_rates_of_their_own() {
    let at = |tier: Tier| {
        let mut request = request("google-vertex-ai/gemini-3-pro-image - 1K");
        request.tier = tier;
        let quote = BOOK.quote(&request).unwrap();
        quote
            .lines()
            .iter()
            .find(|line| line.item == Item::ImageOutput)?
            .price
            .map(|price| price.amount.floor)
    };
    let amounts =
        [Tier::Standard, Tier::Batch, Tier::Flex, Tier::Priority].map(|tier| at(tier).unwrap().to_string());
    assert_eq!(amounts, ["0.1344", "0.0672", "0.0672", "0.24192"]);
}

#[test]
fn fal_rounds_a_call_for_gpt_image_1_up_to_the_cent() {
    let mut call = request("fal/fal-ai/gpt-image-1 low 1024x1024");
    call.prompt = Some(Prompt::of_tokens(10));
    assert_eq!(total(&call), "0.02 0.02 0.02 assumed");
    call.n = 10;
    // 0.11 and 160 tokens at $2/1M.
    assert_eq!(total(&call), "0.12 0.12 0.12 assumed");
    let high = request("fal/fal-ai/gpt-image-1 high 1024x1536");
    assert_eq!(total(&high), "0.25 0.25 0.25 assumed");
    // The prompt that the response does not report begins another cent.
    let one = Response::from(edited(Usage::default(), |usage| usage.images = Some(1)));
    let charge = BOOK.quote(&high).unwrap().terms().charge(&one).unwrap();
    assert_eq!([charge.total.floor, charge.total.ceiling].map(|usd| usd.to_string()), ["0.25", "0.26"]);
}

#[test]
fn what_auto_costs_is_said_where_it_has_a_price() {
    assert_eq!(total(&request("replicate/openai/gpt-image-2")), "0.128 0.128 0.128 assumed");
    assert_eq!(total(&request("replicate/openai/gpt-image-2 low 2048x2048")), "0.012 0.012 0.012 assumed");
    assert_eq!(total(&request("replicate/leonardoai/phoenix-1.0")), "0.018 - 0.075 assumed");
}

#[test]
fn classes_of_flux_3_and_qwen_image_3_pro() {
    let flux = |size: &str| total(&request(&format!("bfl/flux-3-image - {size}")));
    assert_eq!(
        ["768x768", "1K", "1536x1536", "2K", "4K"].map(flux),
        [
            "0.041 0.041 0.041 assumed",
            "0.048 0.048 0.048",
            "0.07 0.07 0.07 assumed",
            "0.1 0.1 0.1 assumed",
            "0.607 0.607 0.607 assumed",
        ]
    );
    let qwen = "alibaba-dashscope/qwen-image-3.0-pro";
    assert_eq!(total(&request(qwen)), "0.04 - 0.075 assumed");
    assert_eq!(total(&edit(&format!("{qwen} - 2K"), &["1024x1024", "64x64"])), "0.081 0.081 0.081 assumed");
}
