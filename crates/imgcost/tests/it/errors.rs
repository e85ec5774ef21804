use imgcost::{Error, Request};

use crate::DAY;

fn error(request: Request) -> Error {
    imgcost::quote(&request.on(DAY)).unwrap_err()
}

#[test]
fn a_model_that_nobody_has_names_the_nearest() {
    let error = error(Request::new("gpt-imgae-2"));
    assert!(matches!(error, Error::UnknownModel(_)), "{error:?}");
    assert_eq!((error.field(), error.nearest()), (Some("model"), Some("gpt-image-2")));
    assert!(error.allowed().contains(&"gpt-image-2".to_owned()));
}

#[test]
fn no_model_is_an_error() {
    assert!(matches!(error(Request::new("")), Error::UnknownModel(_)));
}

#[test]
fn a_provider_is_known_and_offers_the_model() {
    let unknown = error(Request::new("gpt-image-2").provider("opneai"));
    assert!(matches!(unknown, Error::UnknownProvider(_)), "{unknown:?}");
    assert_eq!(unknown.nearest(), Some("openai"));
    let elsewhere = error(Request::new("gemini-3-pro-image").provider("openai"));
    assert!(matches!(elsewhere, Error::NotOffered(_)), "{elsewhere:?}");
    assert!(elsewhere.allowed().contains(&"google-gemini-api".to_owned()));
}

#[test]
fn a_size_is_read_when_it_is_quoted() {
    for size in ["big", "1000x1000", "0x0", ""] {
        let error = error(Request::new("gpt-image-1.5").size(size));
        assert!(matches!(error, Error::IllegalValue(_)), "{size}: {error:?}");
        assert_eq!(error.field(), Some("size"), "{size}");
    }
}

#[test]
fn a_count_of_images_is_within_the_models() {
    let error = error(Request::new("gpt-image-2").n(11));
    assert!(matches!(error, Error::IllegalValue(_)), "{error:?}");
    assert_eq!((error.field(), error.nearest()), (Some("n"), Some("10")));
}

#[test]
fn a_day_before_the_first_price_has_none() {
    let request = Request::new("gpt-image-2").on("2020-01-01".parse().unwrap());
    assert!(matches!(imgcost::quote(&request), Err(Error::NoPrice(_))));
}

#[cfg(feature = "toml")]
#[test]
fn an_own_book_that_is_wrong_says_where() {
    let error =
        imgcost::Estimator::new().with_prices("schema = \"imgcost.prices/1\"\nprice = 1\n").unwrap_err();
    assert!(matches!(error, Error::Prices(_)), "{error:?}");
    assert!(error.to_string().contains("prices:2"), "{error}");
}
