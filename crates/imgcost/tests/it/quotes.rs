use imgcost::{Endpoint, Estimator, InputImage, Quality, Request, Size, Tier};
use imgcost_core::{Prompt, Request as Counts};

use crate::DAY;

#[test]
fn the_five_lines_of_the_readme() {
    let request = Request::new("gpt-image-2").quality(Quality::High).size("1536x1024").prompt("a red apple");
    let quote = imgcost::quote(&request.on(DAY)).unwrap();
    assert_eq!(quote.total().to_string(), "0.164685");
    assert_eq!((quote.provider(), quote.model(), quote.day()), ("openai", "gpt-image-2", DAY));
}

#[test]
fn a_range_is_written_as_one() {
    let quote = imgcost::quote(&Request::new("gpt-image-2").size("1024x1024").on(DAY)).unwrap();
    let total = quote.total();
    let (floor, ceiling) = (total.floor.unwrap(), total.ceiling.unwrap());
    assert!(floor < ceiling);
    assert_eq!(total.to_string(), format!("{floor} to {ceiling}"));
}

/// Every model of every provider, in three qualities and sizes: as the core quotes it, or refused
/// as the core refuses it.
#[test]
fn quotes_are_the_cores() {
    let book = imgcost_pricing::book();
    let (mut equal, mut refused) = (0, 0);
    for provider in book.providers() {
        for model in &provider.models {
            let family = book.family(&model.family).unwrap();
            let endpoints = &family.limits.rule.endpoints;
            for endpoint in endpoints {
                for size in [None, Some("1024x1024"), Some("1536x1024")] {
                    for quality in [None, Some(Quality::High), Some(Quality::Low)] {
                        let mut counts = Counts::new(&*provider.id, &*model.id, DAY);
                        counts.endpoint = *endpoint;
                        counts.quality.clone_from(&quality);
                        counts.size = size.map(|size| size.parse::<Size>().unwrap());
                        counts.n = 2;
                        counts.prompt = Some(Prompt::of_tokens(40));
                        let mut request = Request::new(&model.id).provider(&provider.id).on(DAY).n(2);
                        request = request.endpoint(*endpoint).prompt_tokens(40);
                        if let Some(size) = size {
                            request = request.size(size);
                        }
                        if let Some(quality) = &quality {
                            request = request.quality(quality.clone());
                        }
                        if *endpoint == Endpoint::Edits {
                            let image = InputImage::Sized("512x512".parse().unwrap());
                            counts.images.push(image);
                            request = request.image(image);
                        }
                        match (book.quote(&counts), imgcost::quote(&request)) {
                            (Ok(core), Ok(quote)) => {
                                assert_eq!(
                                    (core.id(), *core.total()),
                                    (quote.id().to_owned(), quote.total())
                                );
                                let document = serde_json::to_value(core.document()).unwrap();
                                assert_eq!(document, serde_json::to_value(&quote).unwrap());
                                equal += 1;
                            }
                            (Err(core), Err(error)) => {
                                assert_eq!(core.to_string(), error.to_string());
                                refused += 1;
                            }
                            (core, quote) => panic!("{request:?}: {core:?} and {quote:?}"),
                        }
                    }
                }
            }
        }
    }
    assert!(equal > 300 && refused > 100, "{equal} equal, {refused} refused");
}

#[test]
fn the_provider_is_openai_then_the_maker_then_the_only_one() {
    let provider = |model: &str| imgcost::quote(&Request::new(model).on(DAY)).unwrap().provider().to_owned();
    assert_eq!(provider("gpt-image-2"), "openai");
    assert_eq!(provider("gemini-3-pro-image"), "google-gemini-api");
    assert_eq!(provider("flux-2-pro"), "bfl");
    assert_eq!(provider("gpt-4o-image"), "aihubmix");
}

#[test]
fn an_input_image_makes_an_edit() {
    let image = InputImage::Sized("1024x1024".parse().unwrap());
    let request = Request::new("gpt-image-2").size("1024x1024").quality(Quality::Low).image(image).on(DAY);
    let quote = serde_json::to_value(imgcost::quote(&request).unwrap()).unwrap();
    assert_eq!(quote["request"]["endpoint"], "edits");
}

#[test]
fn without_a_day_it_is_today() {
    let today = imgcost::today().unwrap();
    let day = imgcost::quote(&Request::new("gpt-image-2")).unwrap().day();
    // Midnight may lie between the two.
    assert!(today <= day && day <= imgcost::today().unwrap());
}

#[test]
fn sizes_are_text_or_sizes() {
    let by =
        |request: Request| imgcost::quote(&request.quality(Quality::Low).on(DAY)).unwrap().id().to_owned();
    let size: Size = "1024x1024".parse().unwrap();
    let request = || Request::new("gpt-image-2");
    assert_eq!(by(request().size("1K")), by(request().size(size)));
}

#[test]
fn a_quote_goes_anywhere() {
    fn anywhere<T: Send + Sync + Clone + 'static>(_: &T) {}
    let estimator = Estimator::with_book(imgcost_pricing::book().clone());
    let quote = estimator.quote(&Request::new("gpt-image-2").tier(Tier::Batch).on(DAY)).unwrap();
    drop(estimator);
    anywhere(&quote);
    assert!(quote.is_complete() && !quote.lines().is_empty() && !quote.notes().is_empty());
}
