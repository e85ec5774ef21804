//! The tables of the five documents that the project began from, as far as they hold. Where
//! they slip, docs/token-rules.md says how; here stand the right figures.

use crate::support::{BOOK, edited, request};
use imgcost_core::{Endpoint, Fidelity, InputImage, Item, Prompt, Response, Usage};

fn image_tokens(words: &str) -> u64 {
    let request = request(words);
    let range = BOOK.quote(&request).unwrap().tokens(Item::ImageOutput).unwrap();
    assert!(range.is_exact(), "{words}");
    range.floor
}

fn expected_usd(words: &str) -> String {
    let request = request(words);
    BOOK.quote(&request).unwrap().total().expected.unwrap().to_string()
}

#[test]
fn qualities_take_272_1056_and_4160_tokens() {
    for (quality, tokens) in [("low", 272), ("medium", 1056), ("high", 4160)] {
        assert_eq!(image_tokens(&format!("azure-openai/gpt-image-1 {quality} 1024x1024")), tokens);
    }
}

#[test]
fn a_landscape_low_takes_400_tokens() {
    assert_eq!(image_tokens("azure-openai/gpt-image-1 low 1536x1024"), 400);
}

#[test]
fn n_multiplies_input_and_output() {
    // The article's 584 for n = 2 is the total of 544 output and 40 input tokens.
    for (n, text, image) in [(1, 20, 272), (2, 40, 544), (10, 200, 2720)] {
        let mut request = request(&format!("azure-openai/gpt-image-1 low 1024x1024 {n}"));
        request.prompt = Some(Prompt::of_tokens(14));
        let quote = BOOK.quote(&request).unwrap();
        assert_eq!(quote.tokens(Item::TextInput).unwrap().expected, Some(text));
        assert_eq!(quote.tokens(Item::ImageOutput).unwrap().expected, Some(image));
    }
}

#[test]
fn each_delivered_partial_adds_100_tokens() {
    // Three were asked for and two delivered: 472 is within, 572 the ceiling.
    for (partials, billed) in [(1, 372), (2, 472), (3, 472)] {
        let mut request = request("azure-openai/gpt-image-1 low 1024x1024");
        request.stream = true;
        request.partial_images = Some(partials);
        let range = BOOK.quote(&request).unwrap().tokens(Item::ImageOutput).unwrap();
        let asked = u64::from(partials);
        assert_eq!(
            (range.floor, range.expected, range.ceiling),
            (272, Some(272 + 100 * asked), 272 + 100 * asked)
        );
        assert!(range.contains(billed));
    }
}

#[test]
fn a_stream_that_asked_for_no_partials_may_bill_372() {
    let mut request = request("azure-openai/gpt-image-1 low 1024x1024");
    request.stream = true;
    let range = BOOK.quote(&request).unwrap().tokens(Item::ImageOutput).unwrap();
    assert_eq!((range.floor, range.expected, range.ceiling), (272, Some(272), 372));
}

#[test]
fn edits_of_two_squares_take_444_at_low_and_8708_image_tokens_at_high_fidelity() {
    let mut request = request("azure-openai/gpt-image-1 low 1024x1024");
    request.endpoint = Endpoint::Edits;
    request.images = vec![InputImage::Sized("1024x1024".parse().unwrap()); 2];
    request.prompt = Some(Prompt::of_tokens(18));
    for (fidelity, text, image) in [(Fidelity::Low, 56, 388), (Fidelity::High, 56, 8708)] {
        request.input_fidelity = Some(fidelity);
        let quote = BOOK.quote(&request).unwrap();
        assert_eq!(quote.tokens(Item::TextInput).unwrap().expected, Some(text));
        let images = quote.tokens(Item::ImageInput).unwrap();
        assert!(images.is_exact());
        assert_eq!(images.floor, image);
    }
}

#[test]
fn the_sample_usage_of_150_and_6240_tokens_is_a_portrait_high() {
    let usage = edited(Usage::default(), |usage| {
        usage.input = Some(150);
        usage.text_input = Some(150);
        usage.image_input = Some(0);
        usage.output = Some(6240);
    });
    let sample = Response::from(usage);
    assert_eq!(image_tokens("gpt-image-1 high 1024x1536"), 6240);
    let request = request("gpt-image-1 high 1024x1536");
    let charge = BOOK.quote(&request).unwrap().terms().charge(&sample).unwrap();
    assert_eq!(charge.total.ceiling.to_string(), "0.25035");
    assert!(charge.total.is_exact() && charge.complete && charge.settles);
}

#[test]
fn output_is_billed_at_40_dollars_a_million_not_at_10() {
    assert_eq!(expected_usd("azure-openai/gpt-image-1 high 1024x1024"), "0.1664");
}

#[test]
fn aihubmix_bills_the_table_and_five_dollars_a_million_text_tokens() {
    assert_eq!(expected_usd("aihubmix/gpt-image-1 high 1536x1024"), "0.25");
    let mut request = request("aihubmix/gpt-image-1 low 1024x1024 4");
    request.prompt = Some(Prompt::of_tokens(94));
    let quote = BOOK.quote(&request).unwrap();
    assert_eq!(quote.total().expected.unwrap().to_string(), "0.046");
}

#[test]
fn reverse_models_cost_a_flat_price_a_call() {
    for (model, usd) in [("gpt-4o-image", "0.005"), ("gpt-4o-image-vip", "0.009")] {
        let mut request = request(&format!("aihubmix/{model}"));
        request.endpoint = Endpoint::Chat;
        request.prompt = Some(Prompt::of_tokens(200));
        assert_eq!(BOOK.quote(&request).unwrap().total().expected.unwrap().to_string(), usd);
    }
}

#[test]
fn mini_is_quoted_by_tokens_with_the_published_price_beside() {
    let request = request("gpt-image-1-mini high 1024x1024");
    let quote = BOOK.quote(&request).unwrap();
    assert_eq!(quote.total().expected.unwrap().to_string(), "0.03328");
    assert_eq!(quote.per_image_list_price().unwrap().to_string(), "0.036");
    assert!(quote.note_codes().any(|code| code == "list-price-differs"));
}
