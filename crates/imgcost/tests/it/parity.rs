//! The table of tests/parity, by this library: it writes the answers that the command, Python, Node and
//! browsers are compared with.

use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs};

use imgcost::{Charged, Error, Estimator, Quote, Request};
use serde_json::{Map, Value as Json, json};

#[test]
fn the_table_of_parity_has_the_answers_of_the_library() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/parity/cases.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    let mut written = String::new();
    let mut differ = Vec::new();
    for line in text.lines() {
        let mut case: Map<String, Json> = serde_json::from_str(line).unwrap();
        let answer = if let Some(asked) = case.get("quote") {
            quoted(asked)
        } else if let Some(asked) = case.get("charge") {
            charged(asked, &case["response"])
        } else {
            // The command answers these.
            writeln!(written, "{line}").unwrap();
            continue;
        };
        if case.get("answer") != Some(&answer) {
            differ.push(format!("{}: {:?}\n  now {answer}", case["id"], case.get("answer")));
            case.insert("answer".to_owned(), answer);
        }
        writeln!(written, "{}", Json::Object(case)).unwrap();
    }
    if env::var_os("IMGCOST_UPDATE").is_some() {
        fs::write(path, written).unwrap();
    } else {
        assert!(differ.is_empty(), "{} answers differ:\n{}", differ.len(), differ.join("\n"));
    }
}

/// A request, its parameters by their names.
fn request(asked: &Json) -> Result<Request, Error> {
    let mut request = Request::new("");
    for (name, value) in asked.as_object().unwrap() {
        request.set_json(name, value)?;
    }
    Ok(request)
}

fn quoted(asked: &Json) -> Json {
    match request(asked).and_then(|request| imgcost::quote(&request)) {
        Ok(quote) => of_quote(&quote),
        Err(error) => of_error(&error),
    }
}

fn of_quote(quote: &Quote) -> Json {
    let document = serde_json::to_value(quote).unwrap();
    let lines: Vec<Json> = list(&document["lines"])
        .map(|line| json!([line["item"], three(&line["quantity"]), three(&line["amount"])]))
        .collect();
    let mut notes: Vec<&str> = quote.notes().iter().map(|note| note.code).collect();
    notes.sort_unstable();
    json!({ "total": three(&document["total"]), "lines": lines, "notes": notes })
}

fn charged(asked: &Json, response: &Json) -> Json {
    let body = response.as_str().map_or_else(|| response.to_string(), str::to_owned);
    match request(asked).and_then(|request| Estimator::new().charge(body, request)) {
        Ok(charged) => of_charge(&charged),
        Err(error) => of_error(&error),
    }
}

fn of_charge(charged: &Charged) -> Json {
    let lines = serde_json::to_value(&charged.lines).unwrap();
    let lines: Vec<Json> =
        list(&lines).map(|line| json!([line["item"], line["quantity"], three(&line["amount"])])).collect();
    let [floor, expected, ceiling] = charged.known_total().amounts();
    json!({
        "provider": charged.provider,
        "model": charged.model,
        "as_of": charged.day.to_string(),
        "settles": charged.settles,
        "total": [floor, expected, ceiling],
        "lines": lines,
    })
}

fn list(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

/// Floor, expected and ceiling of a document's estimate.
fn three(estimate: &Json) -> Json {
    if estimate.is_null() {
        return Json::Null;
    }
    json!([estimate["floor"], estimate["expected"], estimate["ceiling"]])
}

/// What is wrong with a request: the kind is of the library, the field of the API.
fn of_error(error: &Error) -> Json {
    json!({ "error": error.field() })
}
