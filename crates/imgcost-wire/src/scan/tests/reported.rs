//! What responses of several dialects report, read whole.

use imgcost_core::Quality;

use crate::scan::response;

#[test]
fn both_spellings_of_the_output_details() {
    for name in ["output_tokens_details", "output_token_details"] {
        let text = format!(
            r#"{{"input_tokens":25,"output_tokens":1502,"{name}":{{"text_tokens":446,"image_tokens":1056}}}}"#
        );
        let usage = response(&text).unwrap().usage;
        assert_eq!((usage.text_output, usage.image_output), (Some(446), Some(1056)), "{name}");
    }
}

#[test]
fn an_images_response_echoes_quality_and_size() {
    let text = r#"{"created":1,"quality":"low","size":"1024x1024","data":[{"b64_json":"x"},{"b64_json":"y"}],
        "usage":{"input_tokens":29,"output_tokens":544,"input_tokens_details":{"text_tokens":29,"image_tokens":0}}}"#;
    let read = response(text).unwrap();
    assert_eq!(read.usage.images, Some(2));
    assert_eq!(read.quality, Some(Quality::Low));
    assert_eq!(read.size.unwrap().to_string(), "1024x1024");
    assert_eq!(read.usage.text_input, Some(29));
}

#[test]
fn of_a_stream_the_completed_event_counts() {
    let text = "event: image_generation.partial_image\ndata: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"a\"}\n\n\
        event: image_generation.completed\ndata: {\"type\":\"image_generation.completed\",\"usage\":{\"input_tokens\":16,\"output_tokens\":1256}}\n\ndata: [DONE]\n";
    let usage = response(text).unwrap().usage;
    assert_eq!((usage.output, usage.images), (Some(1256), Some(1)));
}

#[test]
fn of_several_completed_events_all_count() {
    let event = r#"data: {"type":"image_edit.completed","usage":{"input_tokens":16,"output_tokens":272}}"#;
    let usage = response(format!("{event}\n\n{event}\n")).unwrap().usage;
    assert_eq!((usage.input, usage.output, usage.images), (Some(32), Some(544), Some(2)));
}

#[test]
fn the_responses_api_reports_two_models() {
    let text = r#"{"type":"response.completed","response":{"model":"gpt-5","output":[{"type":"image_generation_call"}],
        "usage":{"input_tokens":1820,"output_tokens":210},"tool_usage":{"image_gen":{"input_tokens":46,"output_tokens":2459}}}}"#;
    let read = response(text).unwrap();
    assert_eq!(read.usage.responses_input, Some(1820));
    assert_eq!(read.usage.output, Some(2459));
    assert_eq!((read.model, read.responses_model.as_deref()), (None, Some("gpt-5")));
}

#[test]
fn the_outer_usage_of_a_responses_response_is_never_the_images() {
    for text in [
        r#"{"object":"response","usage":{"input_tokens":5,"output_tokens":6}}"#,
        r#"{"output":[{"type":"image_generation_call"}],"usage":{"input_tokens":5,"output_tokens":6}}"#,
        r#"{"response":{"usage":{"input_tokens":5,"output_tokens":6}}}"#,
    ] {
        let usage = response(text).unwrap().usage;
        assert!(!usage.has_tokens(), "{text}");
        assert_eq!((usage.responses_input, usage.responses_output), (Some(5), Some(6)), "{text}");
    }
}

#[test]
fn an_event_without_readable_counts_leaves_its_stream_uncounted() {
    let counted = r#"{"type":"image_edit.completed","usage":{"input_tokens":16,"output_tokens":272}}"#;
    let with = |other: &str| response(format!("data: {counted}\n\ndata: {other}\n")).unwrap();
    assert!(!with(counted).uncounted);
    for other in [
        r#"{"type":"image_edit.completed","usage":null}"#,
        r#"{"type":"image_edit.completed","usage":{"input_tokens":16,"output_tokens":-1}}"#,
        r#"{"type":"image_edit.completed","usage":{"output_tokens":272}}"#,
    ] {
        assert!(with(other).uncounted, "{other}");
    }
}

#[test]
fn what_is_no_response_is_said() {
    for text in [
        "",
        "hello",
        "{",
        "[]",
        "{}",
        r#"{"usage":{"input_tokens":-1}}"#,
        r#"{"usage":{"input_tokens":1.5}}"#,
        r#"{"usage":7}"#,
    ] {
        assert!(response(text).is_err(), "{text}");
    }
    let error = response(r#"{"error":{"message":"rejected","code":"moderation_blocked"}}"#).unwrap_err();
    assert!(error.to_string().contains("rejected"));
}
