//! What a run came to, without its prose: exit code, codes, and the amounts of machine formats.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::common::Ran;

/// How many values of one name are kept in full.
const KEPT: usize = 24;

/// Members of JSON documents whose words are kept: stable names, never sentences.
const NAMES: &[&str] = &["rule", "ruleId", "state", "availability", "result", "status"];

/// Values by the name that they have in the output.
#[derive(Default)]
struct Found(BTreeMap<String, Vec<String>>);

/// What a run and the files that it wrote came to, a line for each name.
pub(crate) fn of(ran: &Ran, folder: &Path, written: &[&str]) -> String {
    let mut text = format!("  exit {}\n", ran.code);
    Found::of_text(&ran.stdout).write("", &mut text);
    for name in written {
        let path = folder.join(name);
        match name.rsplit_once('.') {
            _ if !path.exists() => writeln!(text, "  {name}: not written").unwrap(),
            Some((_, "xlsx")) => workbook(&path).write(name, &mut text),
            Some((_, "html")) => page(&fs::read_to_string(path).unwrap()).write(name, &mut text),
            _ => Found::of_text(&fs::read_to_string(path).unwrap()).write(name, &mut text),
        }
    }
    text
}

impl Found {
    fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.entry(name.to_owned()).or_default().push(value.into());
    }

    /// JSON, JSON lines, or values separated by commas or tabs; nothing of any other text.
    fn of_text(text: &str) -> Found {
        let mut found = Found::default();
        if let Ok(document) = serde_json::from_str::<Value>(text) {
            found.document("", &document);
            return found;
        }
        let lines: Result<Vec<Value>, _> = text.lines().map(serde_json::from_str).collect();
        if let Ok(lines) = lines {
            lines.iter().for_each(|line| found.document("", line));
            return found;
        }
        let head = text.lines().next().unwrap_or_default();
        for separator in [b',', b'\t'] {
            // The head of a table of values: names, none of them with a space in it.
            if head.contains(char::from(separator)) && !head.contains(' ') {
                found.columns(text, separator);
            }
        }
        found
    }

    fn document(&mut self, name: &str, value: &Value) {
        match value {
            Value::Object(members) if members.contains_key("floor") && members.contains_key("ceiling") => {
                let parts = ["floor", "expected", "ceiling"].map(|part| plain(members.get(part)));
                let amounts = if parts.iter().all(|part| *part == parts[0]) {
                    parts[0].clone()
                } else {
                    parts.join("/")
                };
                self.add(name, amounts);
            }
            Value::Object(members) => {
                if let Some(Value::String(code)) = members.get("code") {
                    let field = members.get("field").and_then(Value::as_str);
                    self.add("code", field.map_or_else(|| code.clone(), |field| format!("{code} {field}")));
                }
                let others = members.iter().filter(|(name, _)| *name != "code");
                others.for_each(|(name, value)| self.document(name, value));
            }
            Value::Array(items) => items.iter().for_each(|item| self.document(name, item)),
            Value::String(text) if is_amount(text) || NAMES.contains(&name) => self.add(name, text),
            _ => {}
        }
    }

    fn columns(&mut self, text: &str, separator: u8) {
        let mut reader =
            csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text.as_bytes());
        let head = reader.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        for (at, name) in head.iter().enumerate() {
            let cells: Vec<&str> = rows.iter().filter_map(|row| row.get(at)).collect();
            let mut filled = cells.iter().filter(|cell| !cell.is_empty()).peekable();
            let is_of_codes = name.contains("notes") || name.contains("code");
            if filled.peek().is_some() && (is_of_codes || filled.all(|cell| is_amount(cell))) {
                cells.iter().for_each(|cell| self.add(name, if cell.is_empty() { "-" } else { cell }));
            }
        }
    }

    fn write(&self, file: &str, text: &mut String) {
        let file = if file.is_empty() { String::new() } else { format!("{file}: ") };
        for (name, values) in &self.0 {
            writeln!(text, "  {file}{name}: {}", listed(values)).unwrap();
        }
    }
}

/// Values in a row, those that follow on themselves once with their count; of very many the first,
/// and the sum of all.
fn listed(values: &[String]) -> String {
    let mut runs: Vec<(&str, usize)> = Vec::new();
    for value in values {
        match runs.last_mut() {
            Some((last, times)) if *last == value => *times += 1,
            _ => runs.push((value, 1)),
        }
    }
    let shown: Vec<String> = (runs.iter().take(KEPT))
        .map(|&(value, times)| if times == 1 { value.to_owned() } else { format!("{value} ({times} times)") })
        .collect();
    let mut text = shown.join(", ");
    if runs.len() > KEPT {
        let numbers = values
            .iter()
            .flat_map(|value| value.split(['/', ' ']))
            .filter_map(|part| part.parse::<Decimal>().ok());
        write!(text, ", … {} values, sum {}", values.len(), numbers.sum::<Decimal>().normalize()).unwrap();
    }
    text
}

fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn is_amount(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit()) && digits.parse::<Decimal>().is_ok()
}

/// The amounts of a page: what its cells have for a script to sort by.
fn page(html: &str) -> Found {
    let mut found = Found::default();
    for cell in html.split("<td").skip(1) {
        let tag = cell.split('>').next().unwrap();
        let of = |name: &str| Some(tag.split_once(&format!("{name}=\""))?.1.split('"').next().unwrap());
        if let (Some(head), Some(value)) = (of("data-head"), of("data-v")) {
            found.add(head, value);
        }
    }
    found
}

/// The numbers of a workbook, by sheet and by the head of their column.
fn workbook(path: &Path) -> Found {
    let mut archive = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    let mut part = |name: &str| archive.by_name(name).ok().map(|part| std::io::read_to_string(part).unwrap());
    let words = part("xl/sharedStrings.xml").unwrap();
    let words = roxmltree::Document::parse(&words).unwrap();
    let words: Vec<&str> =
        words.descendants().filter(named("t")).map(|word| word.text().unwrap_or_default()).collect();
    let mut found = Found::default();
    for number in 1.. {
        let Some(sheet) = part(&format!("xl/worksheets/sheet{number}.xml")) else { break };
        let sheet = roxmltree::Document::parse(&sheet).unwrap();
        let mut heads = BTreeMap::new();
        for cell in sheet.descendants().filter(named("c")) {
            let at = cell.attribute("r").unwrap();
            let (column, row) = at.split_at(at.find(|c: char| c.is_ascii_digit()).unwrap());
            let Some(value) = cell.children().find(named("v")).and_then(|value| value.text()) else {
                continue;
            };
            match cell.attribute("t") {
                Some("s") if row == "1" => {
                    heads.insert(column, words[value.parse::<usize>().unwrap()]);
                }
                None => {
                    found.add(&format!("sheet {number}, {}", heads.get(column).unwrap_or(&column)), value)
                }
                Some(_) => {}
            }
        }
    }
    found
}

fn named(name: &'static str) -> impl Fn(&roxmltree::Node<'_, '_>) -> bool {
    move |node| node.tag_name().name() == name
}
