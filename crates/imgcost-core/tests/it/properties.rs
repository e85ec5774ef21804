//! What holds for every request, legal or not, at every provider.

use crate::support::{BOOK, TODAY};
use imgcost_core::{
    CeilingBasis, Date, Endpoint, Fidelity, InputImage, Item, Pixels, Prompt, Quality, Ratio, Request,
    Response, Size, Tier, Usage, Usd,
};
use proptest::prelude::*;

fn models() -> Vec<(String, String)> {
    let pairs = |provider: &imgcost_core::Provider| {
        let id = provider.id.clone();
        provider.models.iter().map(move |model| (id.clone(), model.id.clone())).collect::<Vec<_>>()
    };
    BOOK.providers().flat_map(pairs).collect()
}

fn pixels() -> impl Strategy<Value = Pixels> {
    let edge =
        prop_oneof![1_u32..=65_535, (1_u32..=240).prop_map(|k| k * 16), Just(1024), Just(1536), Just(512)];
    (edge.clone(), edge).prop_map(|(w, h)| Pixels::new(w, h).unwrap())
}

fn size() -> impl Strategy<Value = Option<Size>> {
    prop_oneof![
        Just(None),
        Just(Some(Size::Auto)),
        pixels().prop_map(|size| Some(Size::Exact(size))),
        prop::sample::select(vec![
            "1024x1024",
            "1536x1024",
            "1024x1536",
            "1792x1024",
            "2048x2048",
            "1024x704"
        ])
        .prop_map(|size| Some(size.parse().unwrap())),
    ]
}

fn quality() -> impl Strategy<Value = Option<Quality>> {
    let names = vec!["auto", "low", "medium", "high", "xhigh", "max", "standard", "hd", "ultra"];
    prop_oneof![Just(None), prop::sample::select(names).prop_map(|name| name.parse().ok())]
}

fn image() -> impl Strategy<Value = InputImage> {
    prop_oneof![pixels().prop_map(InputImage::Sized), Just(InputImage::Unsized)]
}

fn day() -> impl Strategy<Value = Date> {
    (2020_i16..2030, 1_i8..=12, 1_i8..=28).prop_map(|(y, m, d)| Date::constant(y, m, d))
}

prop_compose! {
    fn any_request()(
        (provider, model) in prop::sample::select(models()),
        as_of in prop_oneof![Just(TODAY), day()],
        endpoint in prop::sample::select(Endpoint::ALL.to_vec()),
        quality in quality(),
        size in size(),
        n in prop_oneof![1_u32..=10, any::<u32>()],
        prompt in prop::option::of(prop_oneof![0_u64..5000, any::<u64>()]),
        images in prop::collection::vec(image(), 0..17),
        responses_model in prop::option::of(prop::sample::select(vec!["gpt-5", "gpt-4o", "no-such-model"])),
        flags in (any::<bool>(), any::<bool>(), any::<bool>()),
        partials in prop::option::of(0_u32..5),
        fidelity in prop::option::of(prop::sample::select(Fidelity::ALL.to_vec())),
        group in prop::option::of("[0-9]{1,3}(\\.[0-9]{1,3})?"),
        compression in prop::option::of(0_u32..120),
    ) -> Request {
        let (mask, stream, batch) = flags;
        let mut request = Request::new(provider, model, as_of);
        request.endpoint = endpoint;
        request.quality = quality;
        request.size = size;
        request.n = n;
        request.prompt = prompt.map(Prompt::of_tokens);
        request.images = images;
        request.mask = mask;
        request.stream = stream;
        request.tier = if batch { Tier::Batch } else { Tier::Standard };
        request.partial_images = partials;
        request.input_fidelity = fidelity;
        request.group_ratio = group.map(|ratio| ratio.parse::<Ratio>().unwrap());
        request.output_compression = compression;
        if endpoint == Endpoint::Responses {
            request.responses_model = responses_model.map(str::to_owned);
        }
        request
    }
}

/// Requests that some model takes: most of the above are refused, and prove little.
fn legal_request() -> impl Strategy<Value = Request> {
    any_request().prop_map(|mut request| {
        let offer = BOOK.offer(&request.provider, &request.model, TODAY).unwrap();
        let limits = &offer.family.limits.rule;
        request.as_of = TODAY;
        if !limits.endpoints.contains(&request.endpoint) {
            request.endpoint = limits.endpoints[0];
        }
        let accepted =
            |q: &Quality| limits.qualities.contains(q) || (limits.quality_auto && *q == Quality::Auto);
        if request.quality.as_ref().is_some_and(|q| !accepted(q)) {
            request.quality = limits.qualities.last().cloned();
        }
        if let Some(Size::Exact(size)) = request.size {
            request.size = limits.sizes.nearest(size).map(Size::Exact);
        } else if request.size == Some(Size::Auto) && !limits.size_auto {
            request.size = None;
        }
        request.n = if request.endpoint == Endpoint::Responses {
            1
        } else {
            1 + request.n % limits.n_max.unwrap_or(10)
        };
        request.prompt = request.prompt.map(|prompt| Prompt::of_tokens(prompt.tokens % 900));
        request.partial_images =
            request.partial_images.map(|partials| partials.min(limits.partial_images_max));
        request.stream &= limits.partial_images_max > 0 && request.tier == Tier::Standard;
        for rule in offer.provider.fields.iter() {
            match rule.field.as_str() {
                "size" if request.size == Some(Size::Auto) => request.size = None,
                "n" if request.stream => request.n = 1,
                _ => {}
            }
        }
        if request.endpoint != Endpoint::Responses {
            request.responses_model = None;
        }
        let wants_images = matches!(request.endpoint, Endpoint::Edits | Endpoint::Variations);
        let most = if request.endpoint == Endpoint::Variations {
            1
        } else {
            limits.input_images_max.unwrap_or(16) as usize
        };
        if wants_images && request.images.is_empty() {
            request.images = vec![InputImage::Unsized];
        }
        if request.endpoint == Endpoint::Generations {
            request.images.clear();
        }
        request.images.truncate(most);
        request.mask &= limits.mask && !request.images.is_empty();
        if request.images.is_empty()
            || !request.input_fidelity.is_some_and(|f| limits.input_fidelities.contains(&f))
        {
            request.input_fidelity = None;
        }
        request.output_compression = None;
        if offer.model.basis != imgcost_core::Basis::Ratio {
            request.group_ratio = None;
        }
        if offer.rates(Tier::Batch).next().is_none() {
            request.tier = Tier::Standard;
        }
        request
    })
}

proptest! {
    #[test]
    fn any_request_is_quoted_or_refused_with_a_field(request in any_request()) {
        match BOOK.quote(&request) {
            Ok(quote) => {
                let json = serde_json::to_string(&quote.document()).unwrap();
                prop_assert!(json.contains("imgcost.quote/1"));
            }
            Err(error) => {
                prop_assert!(error.field_name().is_some() || error.code() == imgcost_core::Code::TooLarge, "{error}");
                prop_assert!(!error.message().is_empty());
            }
        }
    }

    #[test]
    fn a_legal_request_is_quoted_and_its_lines_add_up(request in legal_request()) {
        let quote = BOOK.quote(&request);
        prop_assert!(quote.is_ok(), "{request:?}: {}", quote.err().unwrap());
        let quote = quote.unwrap();
        let total = quote.total();
        let mut sum = (Usd::ZERO, Some(Usd::ZERO), Usd::ZERO);
        for line in quote.lines() {
            prop_assert!(line.quantity.floor <= line.quantity.ceiling);
            if let Some(expected) = line.quantity.expected {
                prop_assert!(line.quantity.contains(expected));
            }
            let Some(price) = &line.price else { continue };
            let amount = price.amount;
            prop_assert!(amount.floor <= amount.ceiling);
            prop_assert!(amount.expected.is_none_or(|expected| amount.contains(expected)));
            sum.0 = sum.0.checked_add(amount.floor).unwrap();
            sum.1 = sum.1.zip(amount.expected).and_then(|(a, b)| a.checked_add(b));
            sum.2 = sum.2.checked_add(amount.ceiling).unwrap();
        }
        if quote.is_complete() {
            prop_assert_eq!(total.floor, Some(sum.0));
            prop_assert_eq!(total.expected, sum.1);
            prop_assert_eq!(total.ceiling, Some(sum.2));
            // A price of zero would mean that something unknown was taken for free.
            prop_assert!(sum.2 > Usd::ZERO || request.group_ratio.is_some());
        } else {
            prop_assert_eq!(total.ceiling, None);
            prop_assert_eq!(total.expected, None);
        }
        if quote.lines().iter().any(|line| line.quantity.basis == CeilingBasis::Assumed && line.price.is_some()) {
            prop_assert_eq!(total.basis, CeilingBasis::Assumed);
        }
        prop_assert_eq!(quote.id(), BOOK.quote(&request).unwrap().id());
    }

    #[test]
    fn more_images_never_cost_less(request in legal_request()) {
        let mut one = request.clone();
        one.n = 1;
        let (one, many) = (BOOK.quote(&one).unwrap(), BOOK.quote(&request).unwrap());
        if let (Some(one), Some(many)) = (one.total().ceiling, many.total().ceiling) {
            prop_assert!(one <= many);
        }
    }

    #[test]
    fn what_is_left_open_covers_every_choice(request in legal_request()) {
        let mut open = request.clone();
        open.quality = None;
        open.size = None;
        let (open, chosen) = (BOOK.quote(&open).unwrap(), BOOK.quote(&request).unwrap());
        let limits = &open.offer().family.limits.rule;
        let is_open = limits.default_quality == Some(Quality::Auto) && limits.default_size == Size::Auto;
        if let (true, Some(open), Some(chosen)) = (is_open, open.total().ceiling, chosen.total().ceiling) {
            prop_assert!(chosen <= open, "{chosen} > {open}");
        }
    }

    #[test]
    fn usage_at_the_ends_of_a_quote_is_charged_at_the_ends(request in legal_request()) {
        let quote = BOOK.quote(&request).unwrap();
        if !quote.is_complete() || request.endpoint == Endpoint::Responses || request.prompt.is_none() {
            return Ok(());
        }
        let count = |item| quote.tokens(item).map_or(0, |range| range.ceiling);
        let mut usage = Usage::default();
        usage.text_input = Some(count(Item::TextInput));
        usage.image_input = Some(count(Item::ImageInput));
        usage.text_output = Some(count(Item::TextOutput));
        usage.image_output = Some(count(Item::ImageOutput));
        usage.images = Some(request.n.into());
        let charge = quote.terms().charge(&Response::from(usage));
        prop_assert!(charge.is_some(), "{request:?} {usage:?}");
        let charge = charge.unwrap();
        prop_assert!(charge.complete && charge.settles);
        let ceiling = quote.total().ceiling.unwrap();
        prop_assert!(charge.total.ceiling <= ceiling, "{} > {ceiling} for {request:?}", charge.total.ceiling);
        prop_assert!(charge.total.ceiling >= quote.total().floor.unwrap());
        // The same usage without its split is never charged less.
        let mut blind = Usage::default();
        blind.input = usage.text_input.zip(usage.image_input).map(|(a, b)| a + b);
        blind.output = usage.text_output.zip(usage.image_output).map(|(a, b)| a + b);
        blind.images = usage.images;
        let blind = quote.terms().charge(&Response::from(blind)).unwrap();
        prop_assert!(blind.total.ceiling >= charge.total.floor);
        prop_assert!(blind.total.floor <= charge.total.ceiling);
    }
}

#[test]
fn patches_never_pass_their_cap() {
    let rule = imgcost_core::rules::patches::Patches::new(32, 1536, 1024, 2);
    for width in (1..=4096).step_by(37).chain([1, 2, 31, 32, 33, 65_535]) {
        for height in (1..=4096).step_by(41).chain([1, 2, 31, 32, 33, 65_535]) {
            let tokens = rule.tokens(Pixels::new(width, height).unwrap()).unwrap();
            assert!(
                (1..=1536).contains(&tokens.ceiling) && tokens.floor >= 1,
                "{width}x{height}: {tokens:?}"
            );
        }
    }
}
