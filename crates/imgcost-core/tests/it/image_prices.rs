//! Every way of pricing an image, in small books made by hand with figures worked out by hand.

use crate::small::*;
use crate::support::edited;
use imgcost_core::{
    Book, CeilingBasis, Code, Date, Endpoint, File, InputImage, Item, Pixels, Prompt, Quality, Size, Terms,
    Unit, Usd,
};
use proptest::prelude::*;

#[test]
fn a_flat_price_holds_for_any_size() {
    let book = book(&flat_family(), "[[model.image]]\nusd = \"0.04\"");
    for size in [None, Some("auto"), Some("1024x1024"), Some("17x65535"), Some("4K")] {
        let request = ask(size, None, 3);
        let quote = book.quote(&request).unwrap();
        assert_eq!(total(&quote), "0.12 0.12 0.12", "{size:?}");
        assert!(quote.is_complete() && codes(&quote).is_empty(), "{:?}", codes(&quote));
        assert_eq!(charged(&quote.terms(), 3, None, None), "0.12");
        assert_eq!(charged(&quote.terms(), 2, Some("640x480"), Some("high")), "0.08");
    }
}

#[test]
fn each_further_megapixel_begun_costs_more() {
    let row = "[[model.image]]\nusd = \"0.03\"\nfurther_megapixel = \"0.015\"";
    let book = book(&flat_family(), row);
    // 1,000,000 is one megapixel; 1,048,576 are two begun; 4,194,304 are five.
    for (size, one) in [("1000x1000", "0.03"), ("1024x1024", "0.045"), ("2048x2048", "0.09"), ("1x1", "0.03")]
    {
        assert_eq!(cost(&book, &ask(Some(size), None, 1)), format!("{one} {one} {one}"), "{size}");
        let request = ask(Some(size), None, 1);
        let terms = book.quote(&request).unwrap().terms();
        assert_eq!(charged(&terms, 1, None, None), one, "{size} not echoed");
    }
    let request = ask(Some("1024x1024"), None, 2);
    assert_eq!(cost(&book, &request), "0.09 0.09 0.09");
    // The response's own size decides what was made.
    let terms = book.quote(&request).unwrap().terms();
    assert_eq!(charged(&terms, 2, Some("1000x1000"), None), "0.06");
    assert_eq!(charged(&terms, 1, Some("2048x2048"), None), "0.09");
}

#[test]
fn a_megapixel_may_have_1048576_pixels() {
    let row = "[[model.image]]\nusd = \"0.03\"\nfurther_megapixel = \"0.015\"\nmegapixel = 1048576";
    let book = book(&flat_family(), row);
    assert_eq!(cost(&book, &ask(Some("1024x1024"), None, 1)), "0.03 0.03 0.03");
    assert_eq!(cost(&book, &ask(Some("1025x1024"), None, 1)), "0.045 0.045 0.045");
    assert_eq!(cost(&book, &ask(Some("2048x2048"), None, 1)), "0.075 0.075 0.075");
}

#[test]
fn megapixels_of_an_unknown_size_are_unpriced_unless_the_sizes_are_bounded() {
    let row = "[[model.image]]\nusd = \"0.03\"\nfurther_megapixel = \"0.015\"";
    let open = book(&flat_family(), row);
    let request = ask(None, None, 1);
    let quote = open.quote(&request).unwrap();
    assert_eq!(total(&quote), "- - -");
    assert_eq!(quote.unpriced().collect::<Vec<_>>(), [Item::Image]);
    // The response says how large the image is; one that does not leaves the price open.
    assert_eq!(charged(&quote.terms(), 1, Some("2048x2048"), None), "0.09");
    assert!(!charge(&quote.terms(), 1, None, None).2);
    // Classes go up to 17,000,000 pixels: 17 megapixels, 0.03 + 16 * 0.015.
    let bounded = book(&family("[]", CLASSES, ""), row);
    let request = ask(Some("auto"), None, 1);
    let quote = bounded.quote(&request).unwrap();
    assert_eq!(total(&quote), "0.03 - 0.27");
    assert!(codes(&quote).contains(&"auto"));
    assert_eq!(charged(&quote.terms(), 1, None, None), "0.03 to 0.27");
    assert_eq!(charged(&quote.terms(), 1, Some("1024x1024"), None), "0.045");
}

#[test]
fn input_images_by_the_megapixel_come_on_top() {
    let row = "[[model.image]]\nusd = \"0.03\"\nfurther_megapixel = \"0.015\"\ninput_megapixel = \"0.01\"";
    let book = book(&flat_family(), row);
    let mut request = ask(Some("1000x1000"), None, 1);
    request.endpoint = Endpoint::Edits;
    let sized = |size: &str| InputImage::Sized(size.parse().unwrap());
    // One begun and five begun.
    request.images = vec![sized("100x100"), sized("2048x2048")];
    let quote = book.quote(&request).unwrap();
    assert_eq!(total(&quote), "0.09 0.09 0.09");
    let line = quote.lines().iter().find(|line| line.item == Item::ImageInput).unwrap();
    assert_eq!((line.unit, line.quantity.expected, line.quantity.ceiling), (Unit::Megapixel, Some(6), 6));
    assert_eq!(charged(&quote.terms(), 1, None, None), "0.09");
    // Several images: once or each is not known.
    let many = edited(request.clone(), |request| request.n = 2);
    let quote = book.quote(&many).unwrap();
    assert_eq!(total(&quote), "0.12 - 0.18");
    assert_eq!(quote.total().basis, CeilingBasis::Assumed);
    assert!(codes(&quote).contains(&"inputs-uncertain"));
    assert_eq!(charged(&quote.terms(), 2, None, None), "0.12 to 0.18");
    // An image of unknown size has no greatest price.
    let mut open = request.clone();
    open.images.push(InputImage::Unsized);
    let quote = book.quote(&open).unwrap();
    assert_eq!(total(&quote), "0.03 - -");
    assert_eq!(quote.unpriced().collect::<Vec<_>>(), [Item::ImageInput]);
    assert!(codes(&quote).contains(&"image-size-unknown"));
    assert!(!charge(&quote.terms(), 1, None, None).2);
}

#[test]
fn a_size_is_priced_as_the_smallest_class_that_holds_it() {
    let book = book(&family("[]", CLASSES, ""), BY_CLASS);
    for (size, usd, class) in [
        ("1024x1024", "0.02", None),
        ("1344x768", "0.02", Some("1K")),
        ("1100x1000", "0.02", Some("1K")),
        ("1101x1000", "0.05", Some("2K")),
        ("1536x1024", "0.05", Some("2K")),
        ("2048x2048", "0.05", None),
        ("4096x4096", "0.1", None),
        ("2k", "0.05", None),
    ] {
        let request = ask(Some(size), None, 2);
        let quote = book.quote(&request).unwrap();
        let twice = usd.parse::<Usd>().unwrap().checked_mul(2).unwrap().to_string();
        assert_eq!(total(&quote), format!("{twice} {twice} {twice}"), "{size}");
        let note = quote.notes().into_iter().find(|note| note.code == "size-class").map(|note| note.message);
        let words =
            class.map(|class| format!("the provider takes size classes: {size} is priced as {class}"));
        assert_eq!(note, words);
        assert_eq!(charged(&quote.terms(), 2, None, None), twice, "{size}");
        // What the response says that it brought is what was made.
        assert_eq!(charged(&quote.terms(), 2, Some("1x1"), None), "0.04");
    }
    let error = book.quote(&ask(Some("4096x4200"), None, 1)).unwrap_err();
    assert_eq!((error.code(), error.nearest_value()), (Code::IllegalValue, Some("4096x4096")));
    assert!(error.allowed_values().iter().any(|value| value.starts_with("2K (2048x2048")), "{error}");
    // Left out: the default square. Left to the model: any class.
    assert_eq!(cost(&book, &ask(None, None, 1)), "0.02 0.02 0.02");
    assert_eq!(cost(&book, &ask(Some("auto"), None, 1)), "0.02 - 0.1");
    let request = ask(Some("auto"), None, 1);
    let terms = book.quote(&request).unwrap().terms();
    assert_eq!(charged(&terms, 1, Some("1536x1024"), None), "0.05");
    assert_eq!(charged(&terms, 1, None, None), "0.02 to 0.1");
}

#[test]
fn the_row_that_says_most_wins() {
    let rows = "[[model.image]]\nusd = \"1\"\n[[model.image]]\nusd = \"2\"\nquality = \"high\"\n\
                [[model.image]]\nusd = \"3\"\nclass = \"2K\"\n[[model.image]]\nusd = \"4\"\nclass = \"2K\"\nquality = \"high\"\n\
                [[model.image]]\nusd = \"5\"\nsize = \"2048x2048\"\n[[model.table]]\n[model.table.prices]\nhigh = { 2048x2048 = \"6\" }";
    let book = book(
        &family("[\"low\", \"high\"]\nquality_auto = true\ndefault_quality = \"auto\"", CLASSES, ""),
        rows,
    );
    for (size, quality, usd) in [
        ("1024x1024", "low", "1"),
        ("1024x1024", "high", "2"),
        ("1536x1024", "low", "3"),
        ("1536x1024", "high", "4"),
        ("2048x2048", "low", "5"),
        ("2048x2048", "high", "6"),
    ] {
        let request = ask(Some(size), Some(quality), 1);
        let quote = book.quote(&request).unwrap();
        assert_eq!(total(&quote), format!("{usd} {usd} {usd}"), "{size} {quality}");
        assert_eq!(charged(&quote.terms(), 1, Some(size), Some(quality)), usd);
        assert_eq!(charged(&quote.terms(), 1, None, None), usd);
    }
    assert_eq!(cost(&book, &ask(Some("2048x2048"), None, 1)), "5 - 6");
    assert_eq!(cost(&book, &ask(Some("auto"), Some("low"), 1)), "1 - 5");
    assert_eq!(cost(&book, &ask(Some("auto"), None, 1)), "1 - 6");
    let request = ask(Some("auto"), None, 1);
    let terms = book.quote(&request).unwrap().terms();
    assert_eq!(charged(&terms, 1, Some("1536x1024"), Some("high")), "4");
    assert_eq!(charged(&terms, 1, Some("1536x1024"), None), "3 to 4");
    assert_eq!(charged(&terms, 1, None, Some("low")), "1 to 5");
}

#[test]
fn a_users_own_row_stands_over_more_special_ones() {
    let book = book(&family("[]", CLASSES, ""), BY_CLASS);
    let own = "schema = \"imgcost.prices/1\"\nprovider = \"p\"\n[[model]]\nid = \"m\"\n[[model.image]]\nusd = \"0.01\"\n\
               from = \"2026-01-01\"\nreason = \"a contract\"\n";
    let mine = book.with_own(File::new("own.toml", own), Date::constant(2026, 11, 21)).unwrap();
    let request = ask(Some("2048x2048"), None, 1);
    let quote = mine.quote(&request).unwrap();
    assert_eq!(total(&quote), "0.01 0.01 0.01");
    assert!(codes(&quote).contains(&"price-overridden"));
    assert_eq!(charged(&quote.terms(), 1, None, None), "0.01");
}

#[test]
fn a_day_before_the_first_price_and_a_shutdown_are_told_of_these_rows_too() {
    let book = book(&flat_family(), "retired = \"2026-11-01\"\n[[model.image]]\nusd = \"0.04\"");
    let early = edited(ask(None, None, 1), |request| request.as_of = Date::constant(2025, 12, 31));
    assert_eq!(book.quote(&early).unwrap_err().code(), Code::BeforeFirstPrice);
    let request = ask(None, None, 1);
    assert!(codes(&book.quote(&request).unwrap()).contains(&"model-retired"));
}

fn token_book() -> Book {
    read(&family("[]", CLASSES, TOKENS), &provider("tokens", RATES))
        .unwrap_or_else(|found| panic!("{found:?}"))
}

#[test]
fn tokens_by_size_class_are_counted_by_hand() {
    let book = token_book();
    let tokens = |size: &str, item: Item| {
        let mut request = ask(Some(size), None, 2);
        request.endpoint = Endpoint::Edits;
        request.images = vec![InputImage::Unsized, InputImage::Sized("9x9".parse().unwrap())];
        let quote = book.quote(&request).unwrap();
        assert!(!codes(&quote).contains(&"image-size-unknown"));
        let range = quote.tokens(item).unwrap();
        (range.floor, range.expected, range.ceiling, range.basis)
    };
    let proven = CeilingBasis::Proven;
    assert_eq!(tokens("1024x1024", Item::ImageOutput), (2240, Some(2240), 2240, proven));
    assert_eq!(tokens("1536x1024", Item::ImageOutput), (3350, None, 3384, proven));
    assert_eq!(tokens("4096x4096", Item::ImageOutput), (3980, Some(4000), 4040, proven));
    assert_eq!(tokens("auto", Item::ImageOutput), (2240, None, 4040, proven));
    assert_eq!(tokens("1024x1024", Item::ImageInput), (2240, Some(2240), 2240, proven));
    let request = ask(Some("1344x768"), None, 1);
    let quote = book.quote(&request).unwrap();
    // 1120 * 120 / 1M, and at most 32768 * 12 / 1M of text.
    assert_eq!(total(&quote), "0.1344 0.1344 0.527616");
    assert_eq!(quote.per_image_list_price().unwrap().to_string(), "0.134");
    let other = ask(Some("2K"), None, 1);
    assert_eq!(book.quote(&other).unwrap().per_image_list_price(), None);
}

#[test]
fn a_prompt_of_another_tokenizer_is_bounded_by_its_bytes() {
    let book = token_book();
    let text = |prompt: Prompt| {
        let request = edited(ask(Some("1K"), None, 1), |request| request.prompt = Some(prompt));
        let quote = book.quote(&request).unwrap();
        let range = quote.tokens(Item::TextInput).unwrap();
        (
            range.floor,
            range.expected,
            range.ceiling,
            range.basis,
            codes(&quote).contains(&"own-tokenizer"),
            quote.id(),
        )
    };
    let given = text(Prompt::of_tokens(100));
    assert_eq!(
        (given.0, given.1, given.2, given.3, given.4),
        (100, Some(100), 100, CeilingBasis::Proven, false)
    );
    let counted = text(Prompt::new(100, Some(300), Some(310)));
    assert_eq!(
        (counted.0, counted.1, counted.2, counted.3, counted.4),
        (0, Some(100), 310, CeilingBasis::Assumed, true)
    );
    let characters = text(Prompt::new(100, Some(300), None));
    assert_eq!(characters.2, 1200);
    // Other totals, other ids.
    assert!(given.5 != counted.5 && counted.5 != characters.5);
    assert_eq!(text(Prompt::new(0, Some(0), Some(0))).2, 0);
}

#[test]
fn limits_that_are_not_known_refuse_nothing_and_say_so() {
    let limits = "any_size = true\nsize_auto = true\ndefault_size = \"auto\"\nlimits_unknown = true";
    let unknown = book(&family("[]", limits, ""), "[[model.image]]\nusd = \"0.04\"");
    let mut request = ask(Some("12345x6"), Some("ultra"), 5000);
    request.endpoint = Endpoint::Edits;
    request.images = vec![InputImage::Unsized; 40];
    request.mask = true;
    request.stream = true;
    request.partial_images = Some(9);
    request.background = Some("plaid".into());
    request.output_format = Some("bmp".into());
    request.output_compression = Some(3);
    let quote = unknown.quote(&request).unwrap();
    assert_eq!(total(&quote), "200 200 200");
    let note = quote.notes().into_iter().find(|note| note.code == "limits-unknown").unwrap();
    assert_eq!(note.message, "what m accepts is not in the price book: the request was not checked");
    // A quality left to a model without known ones is any.
    assert_eq!(cost(&unknown, &ask(None, Some("auto"), 1)), "0.04 0.04 0.04");
    let none = edited(ask(None, None, 1), |request| request.n = 0);
    let error = unknown.quote(&none).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.nearest_value()),
        ("m takes n = 1 or more (got 0)", Some("1"))
    );
    // Without the flag only what is left out as a number is open.
    let known = book(
        &family("[]", "any_size = true\nsize_auto = true\ndefault_size = \"auto\"", ""),
        "[[model.image]]\nusd = \"0.04\"",
    );
    assert_eq!(cost(&known, &ask(None, None, 5000)), "200 200 200");
    assert_eq!(known.quote(&ask(None, Some("ultra"), 1)).unwrap_err().field_name(), Some("quality"));
}

#[test]
fn a_quality_without_a_known_default_is_open() {
    let rows =
        "[[model.image]]\nusd = \"1\"\nquality = \"low\"\n[[model.image]]\nusd = \"2\"\nquality = \"high\"";
    let book = book(&family("[\"low\", \"high\"]", ANY, ""), rows);
    let request = ask(None, None, 1);
    let quote = book.quote(&request).unwrap();
    assert_eq!(total(&quote), "1 - 2");
    assert!(codes(&quote).contains(&"auto"));
    assert_eq!(charged(&quote.terms(), 1, None, Some("low")), "1");
}

#[test]
fn a_default_quality_without_a_name_may_be_the_row_without_one() {
    let rows = "[[model.image]]\nusd = \"0.06\"\n[[model.image]]\nusd = \"0.04\"\nquality = \"low\"";
    let auto = book(&family("[\"low\"]\nquality_auto = true\ndefault_quality = \"auto\"", ANY, ""), rows);
    assert_eq!(cost(&auto, &ask(Some("1024x1024"), None, 1)), "0.04 - 0.06");
    let book = book(&family("[\"low\"]", ANY, ""), rows);
    let request = ask(Some("1024x1024"), None, 2);
    let quote = book.quote(&request).unwrap();
    assert_eq!(total(&quote), "0.08 - 0.12");
    assert!(codes(&quote).contains(&"auto"));
    assert_eq!(charged(&quote.terms(), 2, None, None), "0.08 to 0.12");
    // Said, it is one row, and what stands behind it never comes into the bill.
    let request = ask(Some("1024x1024"), Some("low"), 2);
    let quote = book.quote(&request).unwrap();
    assert_eq!(total(&quote), "0.08 0.08 0.08");
    assert_eq!(charged(&quote.terms(), 2, None, None), "0.08");
}

#[test]
fn terms_survive_being_stored() {
    let book = book(&family("[]", CLASSES, ""), BY_CLASS);
    let request = ask(Some("auto"), None, 1);
    let terms = book.quote(&request).unwrap().terms();
    let stored = serde_json::to_string(&terms).unwrap();
    assert_eq!(serde_json::from_str::<Terms>(&stored).unwrap(), terms);
}

fn pixels() -> impl Strategy<Value = Pixels> {
    (1_u32..=8192, 1_u32..=8192).prop_map(|(width, height)| Pixels::new(width, height).unwrap())
}

proptest! {
    #[test]
    fn a_megapixel_price_rises_with_the_area_and_jumps_at_whole_megapixels(
        a in pixels(), b in pixels(), megapixel in prop::sample::select(vec![1_000_000_u64, 1 << 20]),
    ) {
        let row = format!("[[model.image]]\nusd = \"0.03\"\nfurther_megapixel = \"0.015\"\nmegapixel = {megapixel}");
        let book = book(&flat_family(), &row);
        let price = |size: Pixels| {
            let request = edited(ask(None, None, 1), |request| request.size = Some(Size::Exact(size)));
            book.quote(&request).unwrap().total().expected.unwrap()
        };
        let (low, high) = if a.area() <= b.area() { (a, b) } else { (b, a) };
        prop_assert!(price(low) <= price(high));
        // Equal exactly where the same number of megapixels is begun.
        prop_assert_eq!(price(low) == price(high), low.area().div_ceil(megapixel) == high.area().div_ceil(megapixel));
    }

    #[test]
    fn classes_cover_every_size_up_to_the_largest_and_never_fall(a in pixels(), b in pixels()) {
        let book = book(&family("[]", CLASSES, ""), BY_CLASS);
        let offer = book.offer("p", "m", Date::constant(2026, 11, 21)).unwrap();
        let limits = &offer.family.limits.rule;
        let (low, high) = if a.area() <= b.area() { (a, b) } else { (b, a) };
        prop_assert_eq!(limits.size_class(low).is_some(), low.area() <= 17_000_000);
        prop_assert_eq!(limits.sizes.accepts(low), limits.size_class(low).is_some());
        prop_assert!(limits.sizes.nearest(high).is_some_and(|near| limits.sizes.accepts(near)));
        if let (Some(of_low), Some(of_high)) = (limits.size_class(low), limits.size_class(high)) {
            prop_assert!(of_low.max_pixels <= of_high.max_pixels);
            let plain = Quality::Standard;
            let usd = |size| offer.image_price(&plain, size).unwrap().usd;
            prop_assert!(usd(low) <= usd(high));
        }
    }

    #[test]
    fn a_response_as_asked_for_costs_what_was_quoted(
        size in pixels(), n in 1_u32..10, echoes in any::<bool>(), rows in 0_usize..3, inputs in 0_usize..3,
    ) {
        let rows = [
            "[[model.image]]\nusd = \"0.04\"".to_owned(),
            "[[model.image]]\nusd = \"0.03\"\nfurther_megapixel = \"0.015\"\ninput_megapixel = \"0.01\"".to_owned(),
            format!("{BY_CLASS}\n[[model.image]]\nusd = \"0.33\"\nsize = \"1024x1024\""),
        ][rows].clone();
        let book = book(&family("[]", CLASSES, ""), &rows);
        let mut request = edited(ask(None, None, n), |request| request.size = Some(Size::Exact(size)));
        if inputs > 0 {
            request.endpoint = Endpoint::Edits;
            request.images = vec![InputImage::Sized(size); inputs];
        }
        if let Ok(quote) = book.quote(&request) {
            let text = size.to_string();
            let (floor, ceiling, complete) =
                charge(&quote.terms(), n.into(), echoes.then_some(text.as_str()), None);
            let total = quote.total();
            prop_assert!(complete);
            prop_assert_eq!(Some(floor), total.floor.map(|usd| usd.to_string()));
            prop_assert_eq!(Some(ceiling), total.ceiling.map(|usd| usd.to_string()));
        } else {
            prop_assert!(size.area() > 17_000_000);
        }
    }
}
