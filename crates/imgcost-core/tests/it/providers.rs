//! What the built-in book says of providers whose pages leave something open, in figures worked
//! out by hand.

use crate::support::{BOOK, edited, request};
use imgcost_core::{CeilingBasis, Endpoint, Evidence, InputImage, Item, Request, Response, Usage};

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
    assert_eq!(total(&edit(&sized, &["1024x1024"])), "0.05268 0.05268 0.05268");
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
    assert!(!terms.charge(&response("4096x4096")).unwrap().complete);
}

#[test]
fn grok_imagine_has_a_default_and_takes_other_qualities() {
    let model = "xai/grok-imagine-image-2.0";
    assert_eq!(total(&request(&format!("{model} - 1024x1024"))), "0.06 0.06 0.06 assumed");
    assert_eq!(total(&request(&format!("{model} low 1024x1024"))), "0.04 0.04 0.04");
    assert_eq!(total(&request(&format!("{model} high 1024x1024"))), "0.06 0.06 0.06 assumed");
}

#[test]
fn nova_canvas_has_the_one_size_that_has_a_price() {
    assert_eq!(total(&request("aws-bedrock/amazon.nova-canvas-v1:0 - 1024x1024")), "0.06 0.06 0.06 assumed");
    let other = request("aws-bedrock/amazon.nova-canvas-v1:0 - 2048x2048");
    assert_eq!(total(&other), "- - -");
    let note = BOOK.quote(&other).unwrap().notes().into_iter().find(|note| note.code == "unpriced").unwrap();
    assert!(note.message.ends_with("no price for image of amazon.nova-canvas-v1:0"), "{}", note.message);
    assert_eq!(total(&request("aws-bedrock/amazon.nova-canvas-v1:0")), "- - -");
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
    assert_eq!(providers, ["aws-bedrock 24 of 24", "fal 14 of 25", "stability 4 of 4"]);
}

#[test]
fn a_usual_count_of_text_that_nobody_knows_leaves_no_expected_total() {
    // 1120 * 60 / 1M, and at most 32768 * 3 / 1M of text.
    assert_eq!(total(&request("google-gemini-api/gemini-3.1-flash-image - 1K")), "0.0672 - 0.165504 assumed");
    // 1120 * 120 / 1M, 800 * 12 / 1M expected, 32768 * 12 / 1M at most.
    let pro = "0.1344 0.144 0.527616 assumed";
    assert_eq!(total(&request("google-gemini-api/gemini-3-pro-image - 1K")), pro);
}

#[test]
fn a_provider_without_a_rate_for_images_is_quoted_as_at_least_the_rest() {
    let mut request = request("openrouter/google/gemini-3-pro-image - 1K");
    request.prompt = Some(imgcost_core::Prompt::of_tokens(1_000));
    let quote = BOOK.quote(&request).unwrap();
    // 1000 * 2 / 1M; text of the output may be none.
    assert_eq!(total(&request), "0.002 - - assumed");
    assert_eq!(quote.unpriced().collect::<Vec<_>>(), [Item::ImageOutput]);
    // Output that the response does not split may be all images.
    let usage = edited(Usage::default(), |usage| {
        usage.input = Some(1_000);
        usage.output = Some(1_120);
    });
    let charge = quote.terms().charge(&Response::from(usage)).unwrap();
    assert_eq!((charge.complete, charge.total.floor.to_string().as_str()), (false, "0.002"));
}
