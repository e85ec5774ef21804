use imgcost::{Error, Quality, Request};
use imgcost_core::{Request as Counts, Size};

use crate::DAY;

const COUNTED: &str = r#"{"usage":{"input_tokens":9,"output_tokens":1056,"input_tokens_details":{"text_tokens":9,"image_tokens":0}}}"#;

fn quote(model: &str) -> imgcost::Quote {
    let request = Request::new(model).quality(Quality::Medium).size("1024x1024").prompt_tokens(3);
    imgcost::quote(&request.on(DAY)).unwrap()
}

#[test]
fn charges_are_the_cores() {
    for model in ["gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "gpt-image-2"] {
        let mut counts = Counts::new("openai", model, DAY);
        counts.quality = Some(Quality::Medium);
        counts.size = Some("1024x1024".parse::<Size>().unwrap());
        let core = imgcost_pricing::book().quote(&counts).unwrap().terms();
        let core = core.charge(&imgcost_wire::response(COUNTED).unwrap()).unwrap();
        assert_eq!(quote(model).charge(COUNTED).unwrap(), core, "{model}");
        assert!(core.settles && core.complete);
    }
}

#[test]
fn bytes_text_and_events_are_charged_alike() {
    let quote = quote("gpt-image-2");
    let plain = quote.charge(COUNTED).unwrap();
    assert_eq!(quote.charge(COUNTED.as_bytes()).unwrap().total, plain.total);
    let event = COUNTED.replacen('{', r#"{"type":"image_generation.completed","#, 1);
    assert_eq!(quote.charge(format!("data: {event}\n\n")).unwrap().total, plain.total);
}

#[test]
fn a_response_of_another_model_is_charged_as_that() {
    let named = COUNTED.replacen('{', r#"{"model":"gpt-image-2","#, 1);
    let other = quote("gpt-image-1.5").charge(named).unwrap();
    assert_eq!(other.total, quote("gpt-image-2").charge(COUNTED).unwrap().total);
    assert_ne!(other.total, quote("gpt-image-1.5").charge(COUNTED).unwrap().total);
}

#[test]
fn a_tier_without_a_price_is_no_zero() {
    let named = COUNTED.replacen('{', r#"{"service_tier":"scale","#, 1);
    assert!(!quote("gpt-image-2").charge(named).unwrap().complete);
}

#[test]
fn what_is_no_response_is_an_error_of_its_own() {
    for body in [&b"hello"[..], b"", b"{}", b"\xff", br#"{"error":{"message":"rejected"}}"#] {
        assert!(matches!(quote("gpt-image-2").charge(body), Err(Error::Response(_))), "{body:?}");
    }
}
