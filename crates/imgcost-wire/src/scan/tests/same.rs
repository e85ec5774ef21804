//! The scanner finds what the reader of whole texts finds, in any chunking.

use super::whole::read;
use crate::scan::members::KNOWN;
use crate::{End, Scan, Scanner};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Names that look like those that are read.
const OTHERS: [&str; 4] = ["b64_json", "metadata", "Usage", ""];

/// Names that are read somewhere in a response, and others that look like them.
fn name() -> impl Strategy<Value = &'static str> {
    prop_oneof![9 => prop::sample::select(&KNOWN[..]), 1 => prop::sample::select(&OTHERS[..])]
}

/// A small source of choices, so that a failing case shrinks by its seed.
struct Choices(u64);

impl Choices {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

fn text() -> impl Strategy<Value = String> {
    let known = ["low", "high", "1024x1024", "auto", "gpt-image-2", "image_generation_call", "error"];
    let events = [
        "image_generation.completed",
        "image_edit.completed",
        "response.completed",
        "response.output_item.done",
        "response",
        "in_progress",
    ];
    prop_oneof![
        prop::sample::select([known.as_slice(), events.as_slice()].concat()).prop_map(str::to_owned),
        any::<String>().prop_map(|text| text.chars().take(80).collect()),
        r#"[\\"{}\[\]:,a/]{0,20}"#,
        Just(r#"","usage":{"output_tokens":3},"x":""#.to_owned()),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => (0_u64..20_000).prop_map(Value::from),
        2 => text().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => prop::num::f64::NORMAL.prop_map(Value::from),
        // An image, and anything else that is long, stands where it is not read.
        1 => (r#"[A-Za-z0-9+/"\\]{0,40}"#, 1_usize..200).prop_map(|(part, times)| json!({"b64_json": part.repeat(times)})),
    ]
}

/// Any document over the names, mostly nonsense.
fn anything() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(6, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..6).prop_map(object),
        ]
    })
}

fn object(members: Vec<(&'static str, Value)>) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

fn usage() -> impl Strategy<Value = Value> {
    const INPUT: [&str; 2] = ["input_tokens_details", "input_token_details"];
    const OUTPUT: [&str; 2] = ["output_tokens_details", "output_token_details"];
    let count = || prop::option::of(0_u64..20_000).prop_map(Value::from);
    let split = move |names: &'static [&'static str]| {
        let split =
            (count(), count()).prop_map(|(text, image)| json!({"text_tokens": text, "image_tokens": image}));
        (prop::sample::select(names), split)
    };
    (count(), count(), split(&INPUT), split(&OUTPUT)).prop_map(|(input, output, of_input, of_output)| {
        object(vec![("input_tokens", input), of_input, ("output_tokens", output), of_output])
    })
}

/// A document that could be a response, with one or another part of it gone wrong.
fn response() -> impl Strategy<Value = Value> {
    let part = |plausible: BoxedStrategy<Value>| prop_oneof![9 => plausible, 1 => anything()].boxed();
    let images = || prop::collection::vec(scalar(), 0..4).prop_map(Value::from).boxed();
    let calls = prop::collection::vec(text().prop_map(|text| json!({"type": text, "result": "x"})), 0..4);
    let member = prop_oneof![
        (Just("usage"), part(usage().boxed())),
        (Just("data"), part(images())),
        (Just("output"), part(calls.prop_map(Value::from).boxed())),
        (Just("tool_usage"), part(usage().prop_map(|usage| json!({"image_gen": usage})).boxed())),
        (Just("choices"), part(images())),
        (
            prop::sample::select(["model", "quality", "size", "type"].as_slice()),
            part(text().prop_map(Value::from).boxed())
        ),
        (name(), anything()),
    ];
    let plain = prop::collection::vec(member, 0..7).prop_map(object);
    (plain, any::<bool>()).prop_map(|(response, wrapped)| {
        if wrapped { json!({"type": "response.completed", "response": response}) } else { response }
    })
}

/// Writes JSON as no two writers do: with or without spaces, escapes and repeated names.
fn write(value: &Value, lines: bool, choices: &mut Choices, out: &mut String) {
    let space = |choices: &mut Choices, out: &mut String| {
        while choices.one_in(6) {
            out.push_str([" ", "\t", if lines { "\r\n" } else { " " }][choices.below(3)]);
        }
    };
    let text = |text: &str, choices: &mut Choices, out: &mut String| {
        out.push('"');
        for c in text.chars() {
            match c {
                '"' | '\\' | '/' if !choices.one_in(4) => out.extend(['\\', c]),
                _ if c >= ' ' && !"\"\\".contains(c) && !choices.one_in(20) => out.push(c),
                _ => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        out.push_str(&format!("\\u{unit:04x}"));
                    }
                }
            }
        }
        out.push('"');
    };
    space(choices, out);
    match value {
        Value::Object(members) => {
            out.push('{');
            let mut first = true;
            for (name, value) in members {
                let times = if choices.one_in(20) { 2 } else { 1 };
                for _ in 0..times {
                    if !std::mem::take(&mut first) {
                        out.push(',');
                    }
                    space(choices, out);
                    text(name, choices, out);
                    space(choices, out);
                    out.push(':');
                    write(value, lines, choices, out);
                }
            }
            out.push('}');
        }
        Value::Array(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(element, lines, choices, out);
            }
            space(choices, out);
            out.push(']');
        }
        Value::String(string) => text(string, choices, out),
        scalar => out.push_str(&scalar.to_string()),
    }
    space(choices, out);
}

/// Scans a body in chunks, watching what it holds.
fn scan(body: &[u8], choices: &mut Choices) -> Scan {
    let longest = [1, 2, 7, 40, 5_000][choices.below(5)];
    let mut scanner = Scanner::new();
    let mut rest = body;
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(rest.len().min(1 + choices.below(longest)));
        scanner.feed(chunk);
        assert!(scanner.buffered() <= Scanner::MOST_BUFFERED);
        rest = after;
    }
    scanner.finish()
}

fn whole(body: &[u8]) -> Scan {
    let mut scanner = Scanner::new();
    scanner.feed(body);
    scanner.finish()
}

/// Takes a few bytes out of a text or puts others in.
fn damage(text: &str, choices: &mut Choices) -> String {
    let mut text: Vec<char> = text.chars().collect();
    for _ in 0..=choices.below(3) {
        let at = choices.below(text.len() + 1);
        if choices.one_in(2) {
            text.splice(at..text.len().min(at + 1 + choices.below(3)), []);
        } else {
            text.insert(at, ['{', '}', '[', ']', '"', '\\', ',', ':', '1', ' ', '\n'][choices.below(11)]);
        }
    }
    text.into_iter().collect()
}

fn seed() -> impl Strategy<Value = Choices> {
    (1_u64..).prop_map(Choices)
}

impl std::fmt::Debug for Choices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn of_a_document(value in prop_oneof![3 => response(), 1 => anything()], mut choices in seed()) {
        let mut text = if choices.one_in(5) { "\u{feff}".to_owned() } else { String::new() };
        write(&value, true, &mut choices, &mut text);
        let scan = scan(text.as_bytes(), &mut choices);
        prop_assert_eq!(&scan.response, &read(&text).ok(), "{}", text);
        prop_assert_eq!(scan.end == End::Complete, value.is_object() || value.is_array(), "{}", text);
        prop_assert_eq!(scan, whole(text.as_bytes()), "{}", text);
    }

    #[test]
    fn of_a_damaged_document(value in response(), mut choices in seed()) {
        let mut text = String::new();
        write(&value, true, &mut choices, &mut text);
        let text = damage(&text, &mut choices);
        let scan = scan(text.as_bytes(), &mut choices);
        if let Ok(response) = read(&text) {
            prop_assert_eq!(scan.response.as_ref(), Some(&response), "{}", text);
        }
        prop_assert_eq!(scan, whole(text.as_bytes()), "{}", text);
    }

    #[test]
    fn of_a_stream(values in prop::collection::vec(response(), 0..5), mut choices in seed()) {
        let end = if choices.one_in(2) { "\r\n" } else { "\n" };
        let mut text = String::new();
        for value in &values {
            let mut document = String::new();
            write(value, false, &mut choices, &mut document);
            for line in ["event: x", ": data: {}", "data: [DONE]", "data: {\"x\":", "data: {\"x", "data:", ""] {
                if choices.one_in(8) {
                    text.extend([line, end]);
                }
            }
            text.extend(["data:", if choices.one_in(2) { " " } else { "" }, &document, end]);
            if !choices.one_in(4) {
                text.push_str(end);
            }
        }
        let sound = scan(text.as_bytes(), &mut choices);
        prop_assert_eq!(&sound.response, &read(&text).ok(), "{}", text);
        prop_assert_eq!(sound, whole(text.as_bytes()), "{}", text);
        // A broken event may still count here, if what is broken of it is not read.
        let damaged = damage(&text, &mut choices);
        let scan = scan(damaged.as_bytes(), &mut choices);
        prop_assert_eq!(scan, whole(damaged.as_bytes()), "{}", damaged);
    }

    #[test]
    fn of_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400), mut choices in seed()) {
        prop_assert_eq!(scan(&bytes, &mut choices), whole(&bytes));
    }

    #[test]
    fn of_any_structure(text in r#"(data:)?([{}\[\]":,\\ \n\r01a]|"usage"|"data"|data:|null){0,200}"#, mut choices in seed()) {
        let scan = scan(text.as_bytes(), &mut choices);
        if let Ok(response) = read(&text) {
            prop_assert_eq!(scan.response.as_ref(), Some(&response), "{}", text);
        }
        prop_assert_eq!(scan, whole(text.as_bytes()), "{}", text);
    }
}
