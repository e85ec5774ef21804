//! Streams of server-sent events, as they pass through a scanner.

use imgcost_core::Response;

use super::json::scan;
use super::whole::read;
use crate::{End, Scanner};

const PARTIAL: &str = r#"{"type":"image_generation.partial_image","b64_json":"iVBORw0KGgo","size":"1024x1024","quality":"high","partial_image_index":0}"#;
const COMPLETED: &str = r#"{"type":"image_generation.completed","b64_json":"iVBORw0KGgo","size":"1024x1024","quality":"high","usage":{"input_tokens":16,"input_tokens_details":{"text_tokens":16,"image_tokens":0},"output_tokens":7124,"total_tokens":7140}}"#;

/// The response of a complete stream, which the reader of whole texts must find as well.
fn response(body: &str) -> Response {
    let scan = scan(body);
    assert_eq!(scan.end, End::Complete, "{body}");
    assert_eq!(scan.response, read(body).ok(), "{body}");
    scan.response.unwrap()
}

fn event(document: &str) -> String {
    format!("event: some\ndata: {document}\n\n")
}

#[test]
fn of_a_stream_the_completed_event_counts() {
    let stream = format!("{}{}{}", event(PARTIAL), event(PARTIAL), event(COMPLETED));
    for stream in
        [stream.clone(), stream.replace('\n', "\r\n"), format!("\u{feff}\n{stream}data: [DONE]\n\n")]
    {
        let response = response(&stream);
        assert_eq!((response.usage.output, response.usage.images), (Some(7124), Some(1)));
        assert_eq!(response.size.unwrap().to_string(), "1024x1024");
    }
}

#[test]
fn of_several_completed_events_the_counts_add_up() {
    let response = response(&format!("{}{}", event(COMPLETED), event(COMPLETED)));
    assert_eq!(
        (response.usage.input, response.usage.output, response.usage.images),
        (Some(32), Some(14_248), Some(2))
    );
}

#[test]
fn carriage_returns_alone_end_lines_too() {
    let stream = format!("{}{}", event(PARTIAL), event(COMPLETED)).replace('\n', "\r");
    assert_eq!(scan(&stream).response.unwrap().usage.output, Some(7124));
}

#[test]
fn comments_names_ids_and_missing_spaces_do_not_matter() {
    let stream =
        format!(": keep-alive\n\nid: 7\nevent: x\nretry: 3\ndata:{COMPLETED}\n: end\n\ndatax: {{}}\n");
    assert_eq!(response(&stream).usage.output, Some(7124));
}

#[test]
fn a_last_line_may_lack_its_end() {
    assert_eq!(response(&format!("data: {COMPLETED}")).usage.output, Some(7124));
}

#[test]
fn an_event_may_go_on_over_several_lines() {
    let value: serde_json::Value = serde_json::from_str(COMPLETED).unwrap();
    let lines = serde_json::to_string_pretty(&value).unwrap().replace('\n', "\ndata: ");
    let stream = format!("event: x\ndata: {lines}\n\n");
    for stream in [stream.clone(), stream.replace('\n', "\r\n"), stream.replace('\n', "\r")] {
        let scan = scan(&stream);
        assert_eq!(scan.end, End::Complete);
        assert_eq!(scan.response, read(COMPLETED).ok());
    }
}

#[test]
fn a_line_within_a_document_is_not_counted_again() {
    let scan = scan("data: {\"usage\":\ndata: {\"output_tokens\":5}\ndata: }\n\n");
    assert_eq!((scan.response.unwrap().usage.output, scan.end), (Some(5), End::Complete));
}

#[test]
fn lines_that_do_not_belong_together_are_read_one_by_one() {
    for broken in ["{\"x\":", "{\"x\":\"", "{\"x\":}", "{]", "[", "x", "{\"x\":1} 2", "\"", ""] {
        for end in ["\n", "\n\n"] {
            let stream = format!("data: {broken}{end}data: {COMPLETED}\n\n");
            assert_eq!(response(&stream).usage.output, Some(7124), "{stream}");
        }
    }
}

#[test]
fn a_stream_is_complete_once_it_said_so() {
    for (stream, complete) in [
        (event(PARTIAL), false),
        (event(COMPLETED), true),
        (format!("{}data: {{", event(COMPLETED)), false),
        ("data: [DONE]\n".to_owned(), true),
        ("data: [DONE".to_owned(), false),
        (event(r#"{"type":"response.image_generation_call.completed","item_id":"ig_1"}"#), false),
        (event(r#"{"type":"error","code":"server_error","message":"x"}"#), true),
        (event(r#"{"data":[{}],"usage":{"output_tokens":1}}"#), true),
        (event(r#"{"choices":[{"delta":{"content":"x"}}]}"#), false),
    ] {
        let mut scanner = Scanner::new();
        scanner.feed(stream.as_bytes());
        assert_eq!(scanner.is_complete(), complete, "{stream}");
    }
}

#[test]
fn a_stream_cut_off_before_its_completed_event_reports_nothing() {
    let start = event(PARTIAL);
    let stream = format!("{start}data: {COMPLETED}");
    for length in start.len()..stream.len() {
        let scan = scan(&stream[..length]);
        assert_eq!((scan.response, scan.end), (None, End::CutOff), "{}", &stream[..length]);
    }
    assert_eq!(scan(&stream).end, End::Complete);
}

#[test]
fn a_stream_cut_off_after_one_of_two_images_says_both() {
    let stream = format!("{}{}", event(COMPLETED), event(COMPLETED));
    let scan = scan(&stream[..stream.len() - 20]);
    assert_eq!(scan.end, End::CutOff);
    assert_eq!(scan.response.unwrap().usage.images, Some(1));
}

#[test]
fn errors_in_a_stream_show_their_names() {
    let failure = scan(&format!(
        "{}{}",
        event(PARTIAL),
        event(
            r#"{"type":"error","error":{"type":"image_generation_user_error","code":"moderation_blocked"}}"#
        )
    ))
    .failure
    .unwrap();
    assert_eq!(failure.error_type.as_deref(), Some("image_generation_user_error"));
    assert_eq!(failure.error_code.as_deref(), Some("moderation_blocked"));
    let failed = r#"{"type":"response.failed","response":{"error":{"code":"server_error","message":"x"}}}"#;
    let scan = scan(&event(failed));
    assert_eq!(scan.end, End::Complete);
    assert_eq!(scan.failure.unwrap().error_code.as_deref(), Some("server_error"));
}

#[test]
fn a_stream_of_the_responses_api() {
    let answered = r#""model":"gpt-5","output":[{"type":"image_generation_call","result":"iVBORw0KGgo"}]"#;
    let stream = [
        event(r#"{"type":"response.created","response":{"model":"gpt-5","output":[],"usage":null}}"#),
        event(r#"{"type":"response.image_generation_call.partial_image","partial_image_b64":"iVBORw0KGgo"}"#),
        event(&format!(
            r#"{{"type":"response.completed","response":{{{answered},"usage":{{"input_tokens":1820,"output_tokens":210}},
            "tool_usage":{{"image_gen":{{"input_tokens":46,"output_tokens":2459}}}}}}}}"#
        ).replace('\n', "")),
    ];
    let response = response(&stream.concat());
    assert_eq!((response.usage.responses_output, response.usage.output), (Some(210), Some(2459)));
    assert_eq!((response.responses_model.as_deref(), response.usage.images), (Some("gpt-5"), Some(1)));
}

#[test]
fn an_image_of_a_hundred_megabytes_takes_no_memory() {
    let chunk = vec![b'A'; 64 * 1024];
    let mut scanner = Scanner::new();
    scanner.feed(br#"data: {"type":"image_generation.partial_image","b64_json":""#);
    for _ in 0..1_600 {
        scanner.feed(&chunk);
        assert!(scanner.buffered() < 4_096);
    }
    scanner.feed(b"\"}\n\n");
    scanner.feed(event(COMPLETED).as_bytes());
    assert!(scanner.is_complete());
    assert_eq!(scanner.finish().response.unwrap().usage.output, Some(7124));
}

#[test]
fn lines_that_never_close_take_little_memory() {
    let mut scanner = Scanner::new();
    for _ in 0..200 {
        scanner.feed(b"data: {\"output\":[");
        for _ in 0..2_000 {
            scanner.feed(br#"{"type":"image_generation_call"},"#);
        }
        scanner.feed(b"0\n");
        assert!(scanner.buffered() <= Scanner::MOST_BUFFERED);
    }
    scanner.feed(b"\n");
    scanner.feed(event(COMPLETED).as_bytes());
    let scan = scanner.finish();
    assert_eq!((scan.response.unwrap().usage.output, scan.end), (Some(7124), End::TooLarge));
}

#[test]
fn what_is_no_stream_is_not_readable() {
    for body in ["hello\nworld\n", "event: x\n\n", "<html>\n\n</html>"] {
        assert_eq!(scan(body).end, End::Unreadable, "{body}");
    }
    for body in [": waiting\n\n", "data: x\n\n"] {
        assert_eq!(scan(body).end, End::CutOff, "{body}");
    }
}

#[test]
fn a_word_that_keeps_the_connection_open_counts_for_nothing() {
    let completed = event(COMPLETED);
    for word in ["ping", "keep-alive", "Heartbeat", " PING "] {
        for stream in [
            format!("data: {word}\n\n{completed}"),
            format!("{completed}data:{word}\n\n"),
            format!("{}event: x\ndata: {word}\n\n{completed}data: [DONE]\n\n", event(PARTIAL)),
        ] {
            let scan = scan(&stream);
            assert_eq!(scan.end, End::Complete, "{stream}");
            assert!(!scan.response.unwrap().uncounted, "{stream}");
        }
    }
    // Anything else may have been an event that counts.
    for word in ["pinged", "error", "\"ping\"", "keep-alive, but long"] {
        let scan = scan(&format!("data: {word}\n\n{completed}"));
        assert!(scan.response.unwrap().uncounted, "{word}");
    }
}
