//! JSON bodies, as they pass through a scanner.

use imgcost_core::{Quality, Response};

use super::whole::read;
use crate::{End, Scan, Scanner};

/// Scans a body at once and byte by byte, which must find the same.
pub(crate) fn scan(body: &str) -> Scan {
    let mut scanner = Scanner::new();
    scanner.feed(body.as_bytes());
    let whole = scanner.finish();
    let mut scanner = Scanner::new();
    for byte in body.as_bytes() {
        scanner.feed(std::slice::from_ref(byte));
    }
    assert_eq!(scanner.finish(), whole, "byte by byte: {body}");
    whole
}

/// The response of a scan and of the reader of whole texts, which must agree.
fn response(body: &str) -> Response {
    let scan = scan(body);
    assert_eq!(scan.end, End::Complete);
    assert_eq!(scan.response, read(body).ok(), "{body}");
    scan.response.unwrap()
}

#[test]
fn an_images_response_with_all_it_echoes() {
    let image = "iVBORw0KGgo".repeat(50_000);
    let body = format!(
        r#"{{"created":1,"background":"opaque","data":[{{"b64_json":"{image}"}},{{"b64_json":"{image}"}}],
        "output_format":"png","quality":"high","size":"1024x1536","usage":{{"input_tokens":58,
        "input_tokens_details":{{"image_tokens":0,"text_tokens":58}},"output_tokens":14048,
        "output_tokens_details":{{"image_tokens":14048,"text_tokens":0}},"total_tokens":14106}}}}"#
    );
    let response = response(&body);
    assert_eq!(
        (response.usage.input, response.usage.output, response.usage.images),
        (Some(58), Some(14_048), Some(2))
    );
    assert_eq!((response.usage.text_input, response.usage.image_output), (Some(58), Some(14_048)));
    assert_eq!(response.quality, Some(Quality::High));
    assert_eq!(response.size.unwrap().to_string(), "1024x1536");
}

#[test]
fn a_response_of_the_responses_api_reports_two_models() {
    let response = response(
        r#"{"id":"resp_1","model":"gpt-5.5","output":[{"type":"reasoning","summary":[]},
        {"id":"ig_1","type":"image_generation_call","result":"iVBORw0KGgo","quality":"low"}],
        "usage":{"input_tokens":1820,"output_tokens":210},
        "tool_usage":{"image_gen":{"input_tokens":46,"output_tokens":2459,
        "output_tokens_details":{"image_tokens":2459}},"web_search":{"num_requests":0}}}"#,
    );
    assert_eq!(response.responses_model.as_deref(), Some("gpt-5.5"));
    assert_eq!((response.usage.responses_input, response.usage.output), (Some(1820), Some(2459)));
    assert_eq!(response.usage.images, Some(1));
    assert_eq!(response.quality, None);
}

#[test]
fn a_usage_that_is_not_the_responses_is_not_taken() {
    let response = response(
        r#"{"metadata":{"usage":{"input_tokens":1,"output_tokens":2}},
        "data":[{"revised_prompt":"a sign: \"usage\":{\"output_tokens\":3}} \\","usage":{"output_tokens":4},
        "url":"https://example.com/a.png"}],"created":5,
        "usage":{"input_tokens":6,"output_tokens":7,"deeper":{"output_tokens":8}},"user":"usage"}"#,
    );
    assert_eq!((response.usage.input, response.usage.output), (Some(6), Some(7)));
}

#[test]
fn names_may_be_escaped_and_repeated() {
    let response =
        response(r#"{"data":[{}],"usage":{"output_tokens":1},"us\u0061ge":{"output\u005ftokens":2}}"#);
    assert_eq!(response.usage.output, Some(2));
}

#[test]
fn thousands_of_images_are_counted_in_little_memory() {
    let image = r#"{"b64_json":"aGVsbG8=","revised_prompt":"a fox"}"#;
    let body = format!(r#"{{"data":[{}],"usage":{{"output_tokens":1}}}}"#, vec![image; 9_000].join(","));
    assert_eq!(response(&body).usage.images, Some(9_000));
}

#[test]
fn of_more_images_than_fit_it_is_said() {
    let mut scanner = Scanner::new();
    scanner.feed(br#"{"data":[0"#);
    for _ in 0..1_000_000 {
        scanner.feed(b",0");
    }
    assert!(scanner.buffered() <= Scanner::MOST_BUFFERED);
    scanner.feed(br#"],"usage":{"output_tokens":1}}"#);
    assert!(scanner.is_complete());
    let scan = scanner.finish();
    assert_eq!((scan.response, scan.end), (None, End::TooLarge));
}

#[test]
fn a_body_of_two_hundred_megabytes_takes_no_memory() {
    let chunk = vec![b'A'; 64 * 1024];
    let mut scanner = Scanner::new();
    scanner.feed(br#"{"data":[{"b64_json":""#);
    for _ in 0..3_200 {
        scanner.feed(&chunk);
        assert!(scanner.buffered() < 4_096);
    }
    scanner.feed(br#""}],"usage":{"output_tokens":7024}}"#);
    assert_eq!(scanner.finish().response.unwrap().usage.output, Some(7024));
}

#[test]
fn a_document_is_complete_at_its_last_byte_and_not_before() {
    let body = r#" {"data":[{}],"usage":{"output_tokens":1}}"#;
    let mut scanner = Scanner::new();
    for byte in body.as_bytes() {
        assert!(!scanner.is_complete());
        scanner.feed(&[*byte]);
    }
    assert!(scanner.is_complete());
    scanner.feed(b"\r\n ");
    assert!(scanner.is_complete());
    scanner.feed(b"x");
    assert!(!scanner.is_complete());
}

#[test]
fn a_body_that_stops_early_is_cut_off_wherever_it_stops() {
    let body = r#"{"data":[{"b64_json":"iVBO\/Rw0"}],"usage":{"output_tokens":17}}"#;
    for length in 1..body.len() {
        let scan = scan(&body[..length]);
        assert_eq!((scan.response, scan.end), (None, End::CutOff), "{}", &body[..length]);
    }
}

#[test]
fn an_error_shows_its_names() {
    let body = r#"{"error":{"message":"Your request was rejected","type":"image_generation_user_error",
        "param":null,"code":"moderation_blocked"}}"#;
    let scan = scan(body);
    let failure = scan.failure.unwrap();
    assert_eq!(failure.error_type.as_deref(), Some("image_generation_user_error"));
    assert_eq!(failure.error_code.as_deref(), Some("moderation_blocked"));
    assert_eq!((scan.response, scan.end), (None, End::Complete));
    assert!(scan.problem.unwrap().to_string().contains("rejected"));
}

#[test]
fn an_empty_body_says_so() {
    for body in ["", " \r\n\t", "\u{feff}", "\u{feff}\n"] {
        assert_eq!(scan(body).end, End::Empty, "{body:?}");
    }
}

#[test]
fn a_byte_order_mark_and_spaces_around_do_not_matter() {
    for body in ["\u{feff}{\"output_tokens\":1}", "\u{feff}\u{feff} \n{\"output_tokens\":1}\u{b}\n"] {
        assert_eq!(response(body).usage.output, Some(1), "{body:?}");
    }
}

#[test]
fn what_is_no_json_response_is_not_readable() {
    for body in [
        "<html><body>502 Bad Gateway</body></html>",
        "7",
        "\"usage\"",
        r#"{"usage":{"output_tokens":1}}}"#,
        r#"{"usage":{"output_tokens":1}} {}"#,
        r#"{"usage":{"output_tokens":1},}"#,
        r#"{,"usage":{"output_tokens":1}}"#,
        r#"{"usage" {"output_tokens":1}}"#,
        r#"{"usage":{"output_tokens":1]}"#,
        r#"{"data":[1,],"usage":{"output_tokens":1}}"#,
        r#"{"data":[}],"usage":{"output_tokens":1}}"#,
        "\u{feff}\u{fe}{}",
    ] {
        let scan = scan(body);
        assert_eq!((scan.response, scan.end), (None, End::Unreadable), "{body}");
    }
}

#[test]
fn counts_that_are_none_are_refused_with_the_readers_words() {
    for body in [
        r#"{"usage":{"output_tokens":-1}}"#,
        r#"{"usage":{"output_tokens":1.5}}"#,
        r#"{"usage":7}"#,
        r#"{"usage":[{"output_tokens":1}]}"#,
        r#"{}"#,
        "[]",
        "[7]",
    ] {
        let scan = scan(body);
        assert_eq!((scan.response, scan.end), (None, End::Complete), "{body}");
        assert_eq!(scan.problem, read(body).err(), "{body}");
    }
    assert!(scan(r#"{"usage":{"output_tokens":01}}"#).problem.unwrap().to_string().contains("not JSON"));
}

#[test]
fn depth_is_bounded() {
    let nested =
        |depth: usize| format!(r#"{{"x":{}{},"output_tokens":1}}"#, "[".repeat(depth), "]".repeat(depth));
    assert_eq!(response(&nested(126)).usage.output, Some(1));
    assert_eq!(scan(&nested(128)).end, End::Unreadable);
    assert_eq!(scan(&"{\"response\":".repeat(100_000)).end, End::Unreadable);
}

#[test]
fn texts_too_long_to_be_names_count_as_empty() {
    let scan = scan(&format!(r#"{{"model":"{}","quality":"low","output_tokens":1}}"#, "m".repeat(1025)));
    let response = scan.response.unwrap();
    assert_eq!((response.model.as_deref(), response.quality), (Some(""), Some(Quality::Low)));
}
