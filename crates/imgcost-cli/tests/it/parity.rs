//! The table of tests/parity, by the command: the same answers as the library's. It writes those of
//! comparisons.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Map, Value, json};

use crate::common::{Ran, finish, program};

#[test]
fn the_command_answers_as_the_table_of_parity() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/parity/cases.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut written = String::new();
    let mut differ = Vec::new();
    for line in text.lines() {
        let mut case: Map<String, Value> = serde_json::from_str(line).unwrap();
        let (answer, own) = if let Some(asked) = case.get("quote") {
            (quoted(&run_in(folder.path(), &words(&["quote"], asked))), false)
        } else if let Some(asked) = case.get("charge") {
            let response = &case["response"];
            let body = response.as_str().map_or_else(|| response.to_string(), str::to_owned);
            fs::write(folder.path().join("response"), body).unwrap();
            (charged(&run_in(folder.path(), &words(&["usage", "response"], asked))), false)
        } else {
            (compared(&run_in(folder.path(), &words(&["compare"], &case["compare"]))), true)
        };
        if case.get("answer") != Some(&answer) {
            differ.push(format!("{}: {:?}\n  command {answer}", case["id"], case.get("answer")));
            if own {
                case.insert("answer".to_owned(), answer);
            }
        }
        writeln!(written, "{}", Value::Object(case)).unwrap();
    }
    if env::var_os("IMGCOST_UPDATE").is_some() {
        fs::write(path, written).unwrap();
    } else {
        assert!(differ.is_empty(), "{} answers differ:\n{}", differ.len(), differ.join("\n"));
    }
}

fn run_in(folder: &Path, words: &[String]) -> Ran {
    finish(program().current_dir(folder).args(words), b"")
}

/// A request as flags.
fn words(command: &[&str], asked: &Value) -> Vec<String> {
    let mut words: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
    for (name, value) in asked.as_object().unwrap() {
        let flag = format!("--{}", name.replace('_', "-"));
        match value {
            Value::Bool(_) if name == "mask" => words.extend(["--mask".to_owned(), "1024x1024".to_owned()]),
            Value::Bool(_) => words.push(flag),
            Value::Array(images) if name == "images" => {
                words.extend(images.iter().flat_map(|size| ["--image".to_owned(), text(size)]));
            }
            Value::Array(values) => {
                words.push(flag);
                words.push(values.iter().map(text).collect::<Vec<_>>().join(","));
            }
            value => words.push(format!("{flag}={}", text(value))),
        }
    }
    words.push("--json".to_owned());
    words
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn three(estimate: &Value) -> Value {
    if estimate.is_null() {
        return Value::Null;
    }
    json!([estimate["floor"], estimate["expected"], estimate["ceiling"]])
}

fn or_error(ran: &Ran, answer: fn(&Value) -> Value) -> Value {
    let document = ran.json();
    match document.get("error") {
        Some(error) => json!({ "error": error["field"] }),
        None => answer(&document),
    }
}

fn quoted(ran: &Ran) -> Value {
    or_error(ran, |document| {
        let lines: Vec<Value> = list(&document["lines"])
            .map(|line| json!([line["item"], three(&line["quantity"]), three(&line["amount"])]))
            .collect();
        let mut notes: Vec<&str> =
            list(&document["notes"]).filter_map(|note| note["code"].as_str()).collect();
        notes.sort_unstable();
        json!({ "total": three(&document["total"]), "lines": lines, "notes": notes })
    })
}

fn charged(ran: &Ran) -> Value {
    or_error(ran, |document| {
        let lines: Vec<Value> = list(&document["lines"])
            .map(|line| json!([line["item"], line["quantity"], three(&line["amount"])]))
            .collect();
        json!({
            "provider": document["provider"],
            "model": document["model"],
            "as_of": document["as_of"],
            "settles": document["settles"],
            "total": three(&document["total"]),
            "lines": lines,
        })
    })
}

fn compared(ran: &Ran) -> Value {
    or_error(ran, |document| {
        let cells = list(&document["cells"]).map(|cell| {
            let request = &cell["request"];
            let names = ["model", "provider", "quality", "size", "n", "tier", "as_of"];
            let mut row: Vec<Value> = names.iter().map(|name| request[*name].clone()).collect();
            row.extend([cell["state"].clone(), three(&cell["per_image"])]);
            Value::Array(row)
        });
        json!({ "cells": cells.collect::<Vec<_>>() })
    })
}
