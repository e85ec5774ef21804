//! What the APIs refuse of a body, and what of it has no known price.

use crate::support::{BOOK, TODAY};
use imgcost_core::{CeilingBasis, Code, Date, Error, InputImage, Prompt, Quote, Request};
use imgcost_wire::{Dialect, Measure, ParsedBody};
use serde_json::{Value, json};

struct OneToken;

impl Measure for OneToken {
    fn prompt(&self, _: &str) -> Prompt {
        Prompt::of_tokens(1)
    }

    fn image(&self, _: &str) -> InputImage {
        "1024x1024".parse().map_or(InputImage::Unsized, InputImage::Sized)
    }
}

/// The request of a body for the Images API of a provider: `body` over a plain one.
fn request(provider: &str, model: &str, more: &Value) -> Request {
    let mut body = json!({"model": model, "prompt": "a red apple", "size": "1024x1024"});
    let members = body.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    let day = if model.starts_with("dall-e") { Date::constant(2026, 4, 1) } else { TODAY };
    let base = Request::new(provider, "", day);
    ParsedBody::of_any(&Dialect::OPENAI, &body, &base, &OneToken).unwrap().request
}

fn refused(provider: &str, model: &str, more: &Value) -> Error {
    let request = request(provider, model, more);
    BOOK.quote(&request).err().unwrap_or_else(|| panic!("{provider} {model} {more} is quoted"))
}

fn quoted<T>(provider: &str, model: &str, more: &Value, take: impl FnOnce(&Quote<'_>) -> T) -> T {
    let request = request(provider, model, more);
    take(&BOOK.quote(&request).unwrap_or_else(|error| panic!("{provider} {model} {more}: {error}")))
}

#[test]
fn values_of_moderation_style_and_response_format_are_checked_by_model() {
    for (model, more) in [
        ("dall-e-3", json!({"style": "vivid"})),
        ("dall-e-3", json!({"style": "natural", "response_format": "b64_json"})),
        ("dall-e-2", json!({"response_format": "url"})),
        ("gpt-image-2", json!({"moderation": "low"})),
        ("gpt-image-1", json!({"moderation": "auto"})),
    ] {
        assert!(quoted("openai", model, &more, |quote| quote.total().ceiling.is_some()), "{model} {more}");
    }
    for (model, more, message, nearest) in [
        ("dall-e-3", json!({"style": "vivd"}), "style 'vivd' is not one of dall-e-3's", Some("vivid")),
        (
            "dall-e-3",
            json!({"response_format": "base64"}),
            "response_format 'base64' is not one of dall-e-3's",
            None,
        ),
        ("dall-e-2", json!({"style": "vivid"}), "dall-e-2 does not take style", None),
        ("gpt-image-2", json!({"style": "vivid"}), "gpt-image-2 does not take style", None),
        ("gpt-image-2", json!({"moderation": "off"}), "moderation 'off' is not one of gpt-image-2's", None),
        (
            "gpt-image-2",
            json!({"response_format": "url"}),
            "gpt-image-2 does not take response_format at openai",
            None,
        ),
    ] {
        let error = refused("openai", model, &more);
        assert_eq!((error.message(), error.nearest_value()), (message, nearest), "{model} {more}");
    }
    // Elsewhere a relay may convert it.
    quoted("new-api", "gpt-image-2", &json!({"response_format": "url"}), |_| ());
}

#[test]
fn providers_have_rules_of_their_own() {
    let image = json!("aGVsbG8=");
    let error = refused("aihubmix", "gpt-image-1", &json!({"size": "auto"}));
    assert_eq!(error.message(), "aihubmix does not take size = auto: leave it out");
    quoted("aihubmix", "gpt-image-1", &json!({"size": null}), |_| ());
    quoted("aihubmix", "gpt-image-1", &json!({"moderation": "low"}), |_| ());
    let error = refused("aihubmix", "gpt-image-1", &json!({"image": image, "moderation": "low"}));
    assert_eq!(error.message(), "gpt-image-1 does not take moderation with endpoint = edits");
    assert_eq!(error.code(), Code::IllegalCombination);
    quoted("openai", "gpt-image-1", &json!({"image": image, "moderation": "low"}), |_| ());
    let both = json!({"stream": true, "n": 2});
    let error = refused("azure-openai", "gpt-image-1", &both);
    assert_eq!(error.message(), "gpt-image-1 takes n = 1 with stream = true (got 2)");
    quoted("openai", "gpt-image-1", &both, |_| ());
    quoted("azure-openai", "gpt-image-1", &json!({"n": 2}), |_| ());
    assert_eq!(BOOK.provider("new-api").unwrap().default_model.as_deref(), Some("dall-e-2"));
}

#[test]
fn what_2_6_adds_is_checked_and_never_proven() {
    let model = "gpt-image-2.6-flare";
    for (more, message) in [
        (json!({"complexity": "extreme"}), "complexity 'extreme' is not one of gpt-image-2.6-flare's"),
        (json!({"frame_count": 4}), "frame_count needs output_format = gif"),
        (
            json!({"output_format": "gif", "frame_count": 17}),
            "gpt-image-2.6-flare takes frame_count = 2 to 16 (got 17)",
        ),
        (
            json!({"output_format": "gif", "stream": true}),
            "gpt-image-2.6-flare does not take stream with output_format = gif",
        ),
        (
            json!({"output_format": "gif", "image": "aGk=", "mask": "aGk="}),
            "gpt-image-2.6-flare does not take mask with output_format = gif",
        ),
        (
            json!({"output_format": "svg", "n": 2}),
            "gpt-image-2.6-flare takes n = 1 with output_format = svg (got 2)",
        ),
        (json!({"output_format": "bmp"}), "output_format 'bmp' is not one of gpt-image-2.6-flare's"),
    ] {
        assert_eq!(refused("openai", model, &more).message(), message, "{more}");
    }
    for (more, noted) in [
        (json!({"complexity": "low"}), true),
        (json!({"output_format": "gif"}), true),
        (json!({"output_format": "gif", "frame_count": 9, "frame_duration_ms": 200}), true),
        (json!({}), false),
    ] {
        let (basis, has_note) = quoted("openai", model, &more, |quote| {
            (quote.total().basis, quote.note_codes().any(|code| code == "field-unpriced"))
        });
        assert_eq!((basis, has_note), (CeilingBasis::Assumed, noted), "{more}");
    }
    for more in [
        json!({"output_format": "svg"}),
        json!({"output_format": "svg", "svg": {"model": "gpt-6.1-sol"}}),
        json!({"image": "aGk=", "markup": "aGk="}),
    ] {
        let total = quoted("openai", model, &more, |quote| *quote.total());
        assert_eq!((total.expected, total.ceiling), (None, None), "{more}");
    }
    // A model without a rule for the field may bill it.
    let more = json!({"complexity": "high"});
    let basis = |more: &Value| quoted("openai", "gpt-image-2", more, |quote| quote.total().basis);
    assert_eq!(basis(&json!({"quality": "low"})), CeilingBasis::Proven);
    assert_eq!(basis(&json!({"quality": "low", "complexity": "high"})), CeilingBasis::Assumed);
    let codes = |quote: &Quote<'_>| quote.note_codes().any(|code| code == "unknown-field");
    assert!(quoted("openai", "gpt-image-2", &more, codes));
}

#[test]
fn a_field_that_may_be_billed_is_in_the_quote_s_id() {
    let id = |more: &Value| quoted("openai", "gpt-image-2.6-flare", more, |quote| quote.id());
    let plain = id(&json!({}));
    assert_eq!(id(&json!({"moderation": "low"})), plain);
    assert_ne!(id(&json!({"complexity": "low"})), plain);
    assert_ne!(id(&json!({"complexity": "low"})), id(&json!({"complexity": "high"})));
}

/// A PNG of this size and kind of colours, with no image in it, and so many bytes of nothing.
fn png(width: u32, height: u32, colours: u8, padding: usize) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend(width.to_be_bytes());
    png.extend(height.to_be_bytes());
    png.extend([8, colours, 0, 0, 0, 0, 0, 0, 0]);
    png.extend(b"\0\0\0\0IDAT\0\0\0\0");
    png.extend(std::iter::repeat_n(0, padding));
    png
}

/// The quote of a form for edits with these files.
fn form(model: &str, files: &[(&str, &[u8])]) -> Result<(), Error> {
    let mut body = Vec::new();
    let mut part = |name: &str, more: &str, content: &[u8]| {
        let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n");
        body.extend([head.as_bytes(), content, b"\r\n"].concat());
    };
    part("model", "", model.as_bytes());
    part("prompt", "", b"a red apple");
    for (name, content) in files {
        part(name, "; filename=\"a\"", content);
    }
    body.extend(b"--b--\r\n");
    let read = imgcost_wire::Body::read(Some("multipart/form-data; boundary=b"), &body, &OneToken).unwrap();
    let base = Request::new("openai", "", Date::constant(2026, 5, 1));
    let mut request =
        ParsedBody::of_any(&Dialect::OPENAI, &read.fields.into(), &base, &OneToken).unwrap().request;
    read.files.add_to(&mut request);
    BOOK.quote(&request).map(|_| ())
}

/// Base64 of bytes.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, at| bits << 8 | u32::from(three.get(at).copied().unwrap_or(0)));
        for at in 0..=three.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * at)) as usize & 63]));
        }
        text.extend(std::iter::repeat_n('=', 3 - three.len()));
    }
    text
}

#[test]
fn images_in_a_body_are_checked_by_what_their_bytes_show() {
    let data = |bytes: &[u8]| format!("data:image/png;base64,{}", base64(bytes));
    let (square, oblong) = (data(&png(512, 512, 6, 0)), data(&png(512, 256, 6, 0)));
    let (plain, small) = (data(&png(512, 512, 2, 0)), data(&png(256, 256, 6, 0)));
    let large = data(&png(512, 512, 6, 4 << 20));
    let sized = |images: &str, mask: Option<&str>| {
        let mut body = json!({"model": "dall-e-2", "prompt": "a fox", "image": images});
        if let Some(mask) = mask {
            body["mask"] = json!({"image_url": mask});
        }
        let base = Request::new("openai", "", Date::constant(2026, 5, 1));
        let read = ParsedBody::of_any(&Dialect::OPENAI, &body, &base, &OneToken).unwrap();
        BOOK.quote(&read.request).map(|_| ()).map_err(|error| error.message().to_owned())
    };
    assert_eq!(sized(&square, None), Ok(()));
    assert_eq!(sized(&plain, Some(&square)), Ok(()));
    // An address shows nothing.
    assert_eq!(sized("https://example.com/a.png", None), Ok(()));
    for (image, mask, why) in [
        (&oblong, None, "image.shape 'oblong' is not one of dall-e-2's"),
        (&plain, None, "image.alpha 'false' is not one of dall-e-2's"),
        (&large, None, "dall-e-2 takes image.bytes = 1 to 4194303 with endpoint = edits (got 4194349)"),
        (&square, Some(&small), "mask.size '256x256' is not one of dall-e-2's"),
    ] {
        assert_eq!(sized(image, mask.map(String::as_str)), Err(why.to_owned()));
    }
}

#[test]
fn files_are_checked_by_what_their_bytes_show() {
    const RGB: u8 = 2;
    const RGBA: u8 = 6;
    let (square, oblong) = (png(512, 512, RGBA, 0), png(512, 256, RGBA, 0));
    let plain = png(512, 512, RGB, 0);
    let large = png(512, 512, RGBA, 4 << 20);
    let jpeg = b"\xff\xd8\xff\xc0\0\x11\x08\x02\0\x02\0\x03\x01\"\0\x02\x11\x01\x03\x11\x01";
    for (files, message) in [
        (vec![("image", &square[..])], None),
        (vec![("image", &plain), ("mask", &square)], None),
        (vec![("image", &oblong)], Some("image.shape 'oblong' is not one of dall-e-2's")),
        (vec![("image", &plain)], Some("image.alpha 'false' is not one of dall-e-2's")),
        (
            vec![("image", &large)],
            Some("dall-e-2 takes image.bytes = 1 to 4194303 with endpoint = edits (got 4194349)"),
        ),
        (vec![("image", &jpeg[..])], Some("image.format 'jpeg' is not one of dall-e-2's")),
        (
            vec![("image", &square), ("mask", &png(256, 256, RGBA, 0))],
            Some("mask.size '256x256' is not one of dall-e-2's"),
        ),
        (
            vec![("image", &square), ("mask", &large)],
            Some("dall-e-2 takes mask.bytes = 1 to 4194303 (got 4194349)"),
        ),
    ] {
        let error = form("dall-e-2", &files).err();
        assert_eq!(error.as_ref().map(Error::message), message);
    }
    assert_eq!(form("gpt-image-2", &[("image", &large), ("image[]", jpeg), ("image[]", &oblong)]), Ok(()));
    let error = form("gpt-image-2", &[("image", &square), ("mask", &plain)]).unwrap_err();
    assert_eq!(error.message(), "mask.alpha 'false' is not one of gpt-image-2's");
    let huge = png(512, 512, RGBA, 50 << 20);
    let error = form("gpt-image-2", &[("image[]", &oblong), ("image[]", &huge)]).unwrap_err();
    assert_eq!(error.message(), "gpt-image-2 takes image.bytes = 1 to 52428799 (got 52428845)");
}
