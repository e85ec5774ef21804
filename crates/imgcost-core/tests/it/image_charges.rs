//! What an unusual answer is charged, and which ceilings are only assumed: small books made by
//! hand with figures worked out by hand.

use crate::small::*;
use crate::support::edited;
use imgcost_core::{CeilingBasis, Code, Endpoint, InputImage, Item, Request, Response, Terms};

const UNKNOWN: &str = "any_size = true\nsize_auto = true\ndefault_size = \"auto\"\nlimits_unknown = true";

/// Floor, ceiling and basis of what a response is charged; none of them where it is left open.
fn bill(terms: &Terms, images: Option<u64>, size: Option<&str>, quality: Option<&str>) -> String {
    let response = edited(Response::default(), |response| {
        response.usage.images = images;
        response.size = size.map(|size| size.parse().unwrap());
        response.quality = quality.map(|quality| quality.parse().unwrap());
    });
    let charge = terms.charge(&response).unwrap();
    if !charge.complete {
        assert!(charge.lines.iter().any(|line| line.amount.is_none()));
        return "open".to_owned();
    }
    let (floor, ceiling) = (charge.total.floor, charge.total.ceiling);
    let basis = if charge.total.basis == CeilingBasis::Assumed { " assumed" } else { "" };
    if floor == ceiling { format!("{floor}{basis}") } else { format!("{floor} to {ceiling}{basis}") }
}

#[test]
fn a_call_for_several_images_is_charged_as_one_or_as_many_as_came() {
    let calls = read(&flat_family(), &provider("per-call", "[[model.call]]\nusd = \"0.03\"")).unwrap();
    let request = ask(None, None, 4);
    let quote = calls.quote(&request).unwrap();
    assert_eq!(total(&quote), "0.03 - 0.12");
    let terms = quote.terms();
    assert_eq!(bill(&terms, Some(4), None, None), "0.03 to 0.12 assumed");
    assert_eq!(bill(&terms, Some(2), None, None), "0.03 to 0.06 assumed");
    assert_eq!(bill(&terms, Some(1), None, None), "0.03");
    // The call was made, whatever came of it.
    assert_eq!(bill(&terms, Some(0), None, None), "0.03");
    // Images that nobody counted may be as many as were asked for.
    assert_eq!(bill(&terms, None, None, None), "0.03 to 0.12 assumed");
    let one = ask(None, None, 1);
    assert_eq!(bill(&calls.quote(&one).unwrap().terms(), None, None, None), "0.03");
    // A price for the call as a whole is for the call, and so are the terms of before.
    let whole = Terms::per_call("0.5".parse().unwrap());
    assert_eq!(bill(&whole, Some(4), None, None), "0.5");
    let older: Terms =
        serde_json::from_str(r#"{"basis":"per-call","call":"0.03","has_images":false}"#).unwrap();
    assert_eq!(bill(&older, Some(4), None, None), "0.03");
    let stored = serde_json::to_string(&terms).unwrap();
    assert_eq!(serde_json::from_str::<Terms>(&stored).unwrap(), terms);
}

#[test]
fn a_size_left_open_is_unpriced_where_one_size_alone_has_a_row() {
    let book = book(&flat_family(), "[[model.image]]\nusd = \"0.04\"\nsize = \"1024x1024\"");
    let request = ask(None, None, 2);
    let quote = book.quote(&request).unwrap();
    assert_eq!(total(&quote), "- - -");
    assert_eq!(quote.unpriced().collect::<Vec<_>>(), [Item::Image]);
    // The response may say that it is the size with a price; silence may mean any other.
    assert_eq!(bill(&quote.terms(), Some(2), Some("1024x1024"), None), "0.08");
    assert_eq!(bill(&quote.terms(), Some(2), None, None), "open");
    assert_eq!(bill(&quote.terms(), Some(2), Some("640x480"), None), "open");
    assert_eq!(cost(&book, &ask(Some("1024x1024"), None, 2)), "0.08 0.08 0.08");
    assert_eq!(cost(&book, &ask(Some("640x480"), None, 2)), "- - -");
}

#[test]
fn a_quality_left_open_is_unpriced_where_a_legal_one_has_no_row() {
    let low = "[[model.image]]\nusd = \"0.04\"\nquality = \"low\"";
    let both = format!("{low}\n[[model.image]]\nusd = \"0.2\"\nquality = \"high\"");
    let qualities = "[\"low\", \"high\"]\nquality_auto = true\ndefault_quality = \"auto\"";
    let half = book(&family(qualities, ANY, ""), low);
    let request = ask(Some("1024x1024"), Some("auto"), 1);
    let quote = half.quote(&request).unwrap();
    assert_eq!(total(&quote), "- - -");
    assert_eq!(bill(&quote.terms(), Some(1), None, Some("low")), "0.04");
    assert_eq!(bill(&quote.terms(), Some(1), None, Some("auto")), "open");
    // All that are listed have a row: they are all there are ...
    let whole = book(&family(qualities, ANY, ""), &both);
    assert_eq!(cost(&whole, &request), "0.04 - 0.2");
    // ... unless nobody says so.
    let open = book(&family(qualities, UNKNOWN, ""), &both);
    assert_eq!(cost(&open, &request), "- - -");
    assert_eq!(cost(&open, &ask(None, Some("high"), 1)), "0.2 0.2 0.2");
}

#[test]
fn a_response_of_another_image_is_charged_as_that_image_or_left_open() {
    let qualities = "[\"low\", \"high\"]\ndefault_quality = \"low\"";
    let rows = "[[model.image]]\nusd = \"0.04\"\nquality = \"low\"\nsize = \"1024x1024\"\n\
                [[model.image]]\nusd = \"0.2\"\nquality = \"high\"\nsize = \"1024x1024\"";
    let book = book(&family(qualities, ANY, ""), rows);
    let request = ask(Some("1024x1024"), Some("low"), 2);
    let terms = book.quote(&request).unwrap().terms();
    assert_eq!(bill(&terms, Some(2), None, None), "0.08");
    assert_eq!(bill(&terms, Some(2), Some("1024x1024"), Some("low")), "0.08");
    assert_eq!(bill(&terms, Some(2), None, Some("high")), "0.4");
    assert_eq!(bill(&terms, Some(2), Some("2048x2048"), None), "open");
    assert_eq!(bill(&terms, Some(2), None, Some("max")), "open");
    // What was asked for is still said where the response says that it left it open.
    assert_eq!(bill(&terms, Some(2), None, Some("auto")), "0.08");
}

#[test]
fn a_row_before_the_one_asked_for_decides_where_the_response_is_of_it() {
    let rows = "[[model.image]]\nusd = \"0.01\"\n[[model.image]]\nusd = \"0.3\"\nquality = \"high\"";
    let book = book(&family("[\"low\", \"high\"]\ndefault_quality = \"low\"", ANY, ""), rows);
    let request = ask(None, Some("low"), 1);
    let terms = book.quote(&request).unwrap().terms();
    assert_eq!(bill(&terms, Some(1), None, None), "0.01");
    assert_eq!(bill(&terms, Some(1), None, Some("high")), "0.3");
    let request = ask(None, Some("high"), 1);
    let terms = book.quote(&request).unwrap().terms();
    assert_eq!(terms.images.len(), 1);
    assert_eq!(bill(&terms, Some(1), None, None), "0.3");
    assert_eq!(bill(&terms, Some(1), None, Some("low")), "open");
}

#[test]
fn a_larger_class_than_was_asked_for_is_charged_as_such() {
    let by_class = book(&family("[]", CLASSES, ""), BY_CLASS);
    let request = ask(Some("1024x1024"), None, 1);
    let terms = by_class.quote(&request).unwrap().terms();
    assert_eq!(bill(&terms, Some(1), None, None), "0.02");
    assert_eq!(bill(&terms, Some(1), Some("2048x2048"), None), "0.05");
    assert_eq!(bill(&terms, Some(1), Some("9000x9000"), None), "open");
}

/// The basis of the ceiling of a quote and of what it is settled at.
fn bases(book: &imgcost_core::Book, request: &Request) -> (CeilingBasis, bool) {
    let quote = book.quote(request).unwrap();
    (quote.total().basis, bill(&quote.terms(), Some(1), None, None).ends_with(" assumed"))
}

#[test]
fn a_price_for_any_image_of_unknown_limits_is_an_assumed_ceiling() {
    let (proven, assumed) = ((CeilingBasis::Proven, false), (CeilingBasis::Assumed, true));
    let plain = "[[model.image]]\nusd = \"0.04\"";
    let sized = "[[model.image]]\nusd = \"0.04\"\nsize = \"1024x1024\"";
    let request = ask(Some("1024x1024"), None, 1);
    assert_eq!(bases(&book(&flat_family(), plain), &request), proven);
    assert_eq!(bases(&book(&family("[]", UNKNOWN, ""), plain), &request), assumed);
    assert_eq!(bases(&book(&family("[]", UNKNOWN, ""), sized), &request), proven);
    let guessed = plain.replace("[[model.image]]", "[[model.image]]\nnote = \"x\"");
    let guessed = provider("per-image", &guessed)
        .replace("evidence = \"published\"\nnote", "evidence = \"assumed\"\nnote");
    assert_eq!(bases(&read(&flat_family(), &guessed).unwrap(), &request), assumed);
    // What a second input image costs is not said where nothing is said of the limits.
    let mut edit = edited(request.clone(), |request| request.endpoint = Endpoint::Edits);
    edit.images = vec![InputImage::Unsized];
    let unknown = book(&family("[]", UNKNOWN, ""), sized);
    assert_eq!(bases(&unknown, &edit), proven);
    edit.images.push(InputImage::Unsized);
    assert_eq!(bases(&unknown, &edit), assumed);
    assert_eq!(bases(&book(&flat_family(), sized), &edit), proven);
}

#[test]
fn a_guess_about_rounding_is_an_assumed_ceiling() {
    let row = "[[model.image]]\nusd = \"0.03\"\nfurther_megapixel = \"0.015\"\ninput_megapixel = \"0.01\"";
    let guess = format!("{row}\nrounding_assumed = true");
    let request = ask(Some("1024x1024"), None, 1);
    assert_eq!(bases(&book(&flat_family(), row), &request), (CeilingBasis::Proven, false));
    let guess = book(&flat_family(), &guess);
    assert_eq!(bases(&guess, &request), (CeilingBasis::Assumed, true));
    let edit = edited(request, |request| {
        request.endpoint = Endpoint::Edits;
        request.images = vec![InputImage::Sized("1024x1024".parse().unwrap())];
    });
    let quote = guess.quote(&edit).unwrap();
    assert!(quote.lines().iter().all(|line| line.price.unwrap().amount.basis == CeilingBasis::Assumed));
    let slip = "[[model.image]]\nusd = \"1\"\nrounding_assumed = true";
    let found = problems(&flat_family(), "per-image", slip);
    assert!(found.iter().any(|found| found.contains("'rounding_assumed' goes with")), "{found:?}");
}

#[test]
fn input_images_count_once_for_each_image_that_came_at_most() {
    let row = "[[model.image]]\nusd = \"0.03\"\ninput_megapixel = \"0.01\"";
    let book = book(&flat_family(), row);
    let mut request = ask(Some("1000x1000"), None, 3);
    request.endpoint = Endpoint::Edits;
    request.images = vec![InputImage::Sized("2000x1000".parse().unwrap())];
    let quote = book.quote(&request).unwrap();
    // Two megapixels, once or three times.
    assert_eq!(total(&quote), "0.11 - 0.15");
    let terms = quote.terms();
    assert_eq!(bill(&terms, Some(3), None, None), "0.11 to 0.15 assumed");
    assert_eq!(bill(&terms, Some(2), None, None), "0.08 to 0.1 assumed");
    assert_eq!(bill(&terms, Some(1), None, None), "0.05");
    assert_eq!(bill(&terms, Some(4), None, None), "0.14 to 0.2 assumed");
}

#[test]
fn an_omitted_size_of_an_edit_may_be_that_of_the_input() {
    let limits = "any_size = true\nmax_pixels = 4194304\nsize_auto = false\ndefault_size = \"1024x1024\"\n\
                  default_size_edits = \"auto\"\ninput_images_max = 8";
    let row = "[[model.image]]\nusd = \"0.03\"\nfurther_megapixel = \"0.015\"\ninput_megapixel = \"0.015\"\nmegapixel = 1048576";
    let book = book(&family("[]", limits, ""), row);
    assert_eq!(cost(&book, &ask(None, None, 1)), "0.03 0.03 0.03");
    let edit = |size| {
        let mut request = ask(size, None, 1);
        request.endpoint = Endpoint::Edits;
        request.images = vec![InputImage::Sized("2048x2048".parse().unwrap())];
        request
    };
    // From one megapixel to four, and four of the input: 0.03 + 0.06 to 0.075 + 0.06.
    assert_eq!(cost(&book, &edit(None)), "0.09 - 0.135");
    assert_eq!(cost(&book, &edit(Some("auto"))), "0.09 - 0.135");
    assert_eq!(cost(&book, &edit(Some("2048x2048"))), "0.135 0.135 0.135");
    let request = edit(None);
    let terms = book.quote(&request).unwrap().terms();
    assert_eq!(bill(&terms, Some(1), Some("2048x2048"), None), "0.135");
    // Without an input image there is no size to take.
    assert_eq!(book.quote(&ask(Some("auto"), None, 1)).unwrap_err().field_name(), Some("size"));
    let error = book.quote(&ask(Some("4096x4096"), None, 1)).unwrap_err();
    assert_eq!((error.code(), error.nearest_value()), (Code::IllegalValue, Some("2048x2048")));
    assert_eq!(error.allowed_values(), ["WIDTHxHEIGHT up to 4194304 pixels in all"]);
    for (limits, words) in [
        (limits.replace("any_size = true\n", ""), "'max_pixels' goes with 'any_size'"),
        (
            limits.replace("_edits = \"auto\"", "_edits = \"4096x4096\""),
            "'default_size_edits' is not an accepted",
        ),
    ] {
        let found = problems(&family("[]", &limits, ""), "per-image", "");
        assert!(found.iter().any(|found| found.contains(words)), "{words}: {found:?}");
    }
}

#[test]
fn a_quality_that_the_book_does_not_know_is_taken_where_it_knows_no_limits() {
    let rows = "[[model.image]]\nusd = \"0.06\"\n[[model.image]]\nusd = \"0.04\"\nquality = \"low\"";
    let qualities = "[\"low\", \"default\"]\ndefault_quality = \"default\"";
    let unknown = book(&family(qualities, UNKNOWN, ""), rows);
    assert_eq!(cost(&unknown, &ask(None, None, 1)), "0.06 0.06 0.06");
    let request = ask(None, Some("ultra"), 1);
    assert_eq!(cost(&unknown, &request), "0.06 0.06 0.06");
    assert_eq!(bases(&unknown, &request), (CeilingBasis::Assumed, true));
    let known = book(&family(qualities, ANY, ""), rows);
    assert_eq!(known.quote(&request).unwrap_err().field_name(), Some("quality"));
}

#[test]
fn text_of_an_unknown_usual_count_leaves_no_expected_total() {
    let rules = TOKENS.replace("expected = 0\n", "");
    let book = read(&family("[]", CLASSES, &rules), &provider("tokens", RATES)).unwrap();
    let request = ask(Some("1024x1024"), None, 1);
    let quote = book.quote(&request).unwrap();
    // 1120 * 120 / 1M, and at most 32768 * 12 / 1M of text.
    assert_eq!(total(&quote), "0.1344 - 0.527616");
    let text = quote.tokens(Item::TextOutput).unwrap();
    assert_eq!((text.floor, text.expected, text.ceiling), (0, None, 32768));
    assert!(codes(&quote).contains(&"text-output-varies"));
}

#[test]
fn how_many_images_a_call_may_have_is_said_to_be_unknown_where_it_is() {
    let limits = ANY.replace("n_max = 10\n", "");
    let open = book(&family("[]", &limits, ""), "[[model.image]]\nusd = \"0.04\"");
    let note = |n| {
        let request = ask(None, None, n);
        let quote = open.quote(&request).unwrap();
        quote.notes().into_iter().find(|note| note.code == "limits-unknown").map(|note| note.message)
    };
    let words = "how many images m makes in a call is not in the price book: n was not checked";
    assert_eq!((note(1), note(2).as_deref()), (None, Some(words)));
    assert!(codes(&book(&flat_family(), "").quote(&ask(None, None, 2)).unwrap()).contains(&"unpriced"));
    let request = ask(None, None, 2);
    assert!(!codes(&book(&flat_family(), "").quote(&request).unwrap()).contains(&"limits-unknown"));
}

const PARTIALS: &str = "limits_unknown = true\ninput_images_max = 0\nsize_auto = true\ndefault_size = \"1024x1024\"\n\
                        [[family.limits.size_class]]\nname = \"1K\"\nsquare = \"1024x1024\"\nmax_pixels = 1100000";
const IMAGE_TOKENS: &str = "[family.rules.image_output]\nkind = \"by-size-class\"\nsource = \"page\"\n\
                              evidence = \"published\"\ntokens = { 1K = 1120 }";

#[test]
fn partial_images_that_no_rule_counts_are_a_line_without_a_price() {
    let rates = "[[model.rates]]\nimage_output = \"120\"";
    let book = read(&family("[]", PARTIALS, IMAGE_TOKENS), &provider("tokens", rates)).unwrap();
    let mut request = edited(ask(None, None, 2), |request| request.stream = true);
    // 2240 * 120 / 1M.
    assert_eq!(cost(&book, &request), "0.2688 0.2688 0.2688");
    request.partial_images = Some(3);
    let quote = book.quote(&request).unwrap();
    assert_eq!(total(&quote), "0.2688 - -");
    assert_eq!(quote.unpriced().collect::<Vec<_>>(), [Item::PartialImages]);
    assert_eq!(quote.lines().last().unwrap().quantity.expected, Some(6));
}

#[test]
fn input_images_that_no_rule_counts_are_a_slip_of_the_book() {
    let rates = "[[model.rates]]\nimage_output = \"120\"";
    let taken = PARTIALS.replace("input_images_max = 0\n", "");
    let found = read(&family("[]", &taken, IMAGE_TOKENS), &provider("tokens", rates)).unwrap_err();
    assert!(found[0].contains("no image_input rule counts them"), "{found:?}");
    let made = family("[]", &taken, IMAGE_TOKENS).replace("\"generations\", \"edits\"", "\"generations\"");
    assert!(read(&made, &provider("tokens", rates)).is_ok());
}
