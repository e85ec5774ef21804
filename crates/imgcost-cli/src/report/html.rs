//! A report as one web page, with nothing from elsewhere: tables that sort where scripts may run,
//! and that read as tables where they may not.

use std::collections::BTreeSet;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use sha2::{Digest, Sha256};

use super::table::{Grid, Head, Only, Table};
use super::text::columns;
use super::value::Value;
use super::{Block, Report};
use crate::plain;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("sort.js");
/// How many columns of a terminal a text takes that stays on one line.
const SHORT: usize = 28;

/// A report as a page.
pub(super) fn report(report: &Report<'_>) -> String {
    let mut lengths = BTreeSet::new();
    let mut body = String::new();
    let mut title = None;
    let mut in_list = false;
    let mut tables = 0;
    for block in &report.blocks {
        let line = match block {
            Block::Line(line) | Block::Item(line) | Block::Total(line) => Some(line.as_str()),
            Block::Note(note) => Some(note.message.as_str()),
            Block::Heading(_) | Block::Table(_) | Block::Gap => None,
        };
        if in_list != line.is_some() {
            body.push_str(if in_list { "</ul>\n" } else { "<ul>\n" });
            in_list = line.is_some();
        }
        match (block, line) {
            (_, Some(line)) => drop(writeln!(body, "<li>{}</li>", linked(line))),
            (Block::Heading(text), None) => {
                let level = if title.is_none() { 1 } else { 2 };
                let _ = writeln!(body, "<h{level}>{}</h{level}>", escaped(text));
                title.get_or_insert(text.as_str());
            }
            (Block::Table(table), None) if table.only != Only::Data => {
                section(&mut body, table, tables, &mut lengths);
                tables += 1;
            }
            _ => {}
        }
    }
    if in_list {
        body.push_str("</ul>\n");
    }
    let style = format!("{STYLE}{}", widths(&lengths));
    // Only these two texts may act; a text of others that slipped in as markup would not.
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        hash(&style),
        hash(SCRIPT)
    );
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n{body}</main>\n\
         <script>{SCRIPT}</script>\n</body>\n</html>\n",
        escaped(title.unwrap_or("imgcost"))
    )
}

/// A hash source of a Content-Security-Policy.
pub(super) fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// The class of a bar's length: styles on elements would need a looser policy.
fn widths(lengths: &BTreeSet<u16>) -> String {
    let mut rules = String::new();
    for length in lengths {
        let _ = writeln!(rules, ".b{length} {{ width: {}.{}%; }}", length / 10, length % 10);
    }
    rules
}

fn section(html: &mut String, table: &Table<'_>, index: usize, lengths: &mut BTreeSet<u16>) {
    let Grid { heads, rows, total, below } = Grid::of(table);
    let _ = writeln!(
        html,
        "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-labelledby=\"t{index}\">\n\
         <table>\n<caption id=\"t{index}\">{}</caption>\n<thead>\n<tr>",
        escaped(table.name)
    );
    for head in &heads {
        let class = if head.kind.is_number() { " class=\"num\"" } else { "" };
        let _ = writeln!(html, "<th scope=\"col\"{class}>{}</th>", escaped(&head.label));
    }
    html.push_str("</tr>\n</thead>\n<tbody>\n");
    let bars: Vec<Vec<Option<u16>>> = heads.iter().map(|head| bars(table, head)).collect();
    for (line, (row, shown)) in table.rows.iter().zip(&rows).enumerate() {
        html.push_str(if row.marked { "<tr class=\"marked\">\n" } else { "<tr>\n" });
        for (at, ((head, text), bars)) in heads.iter().zip(shown).zip(&bars).enumerate() {
            let bar = bars.get(line).copied().flatten();
            lengths.extend(bar);
            let mark = (row.marked && at == 0).then_some(table.mark);
            let value = row.cells.get(head.from).unwrap_or(&Value::Empty);
            // The star is for where there is no room for a word.
            let text = if row.marked { text.trim_start_matches('*') } else { text };
            cell(html, head, value, text, &Place { first: at == 0, bar, mark });
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody>\n");
    if total.is_some() {
        html.push_str("<tfoot>\n");
    }
    for cells in total.iter().chain(&below) {
        html.push_str("<tr>\n");
        for (at, (head, text)) in heads.iter().zip(cells).enumerate() {
            let (label, text) = (escaped(&head.label), escaped(text));
            let _ = match at {
                0 => writeln!(html, "<th scope=\"row\">{text}</th>"),
                _ if text.is_empty() => writeln!(html, "<td class=\"empty\"></td>"),
                _ => {
                    let class = if head.kind.is_number() { "num" } else { "short" };
                    writeln!(html, "<td class=\"{class}\" data-head=\"{label}\"><span>{text}</span></td>")
                }
            };
        }
        html.push_str("</tr>\n");
    }
    if total.is_some() {
        html.push_str("</tfoot>\n");
    }
    html.push_str("</table>\n</div>\n");
}

/// What a cell has beside its value.
struct Place {
    first: bool,
    bar: Option<u16>,
    mark: Option<&'static str>,
}

fn cell(html: &mut String, head: &Head, value: &Value<'_>, shown: &str, place: &Place) {
    let mut classes = Vec::new();
    if head.kind.is_number() {
        classes.push("num");
    }
    match value {
        Value::Empty => classes.extend(["none", "empty"]),
        Value::Unknown(_) => classes.push("none"),
        // A floor alone is nothing to sort by.
        Value::Open(..) | Value::Estimate(_) | Value::Converted(_) | Value::Tokens(_)
            if value.exact().is_none() =>
        {
            classes.push("none");
        }
        // Names and days are not broken at their hyphens.
        Value::Text(_) => classes.push(if columns(shown) <= SHORT { "short" } else { "long" }),
        Value::Date(_) => classes.push("short"),
        _ => {}
    }
    let tag = if place.first { "th scope=\"row\"" } else { "td" };
    let _ = write!(html, "<{tag}");
    if !classes.is_empty() {
        let _ = write!(html, " class=\"{}\"", classes.join(" "));
    }
    if !place.first {
        let _ = write!(html, " data-head=\"{}\"", escaped(&head.label));
    }
    // What to sort by, where that is not what is read.
    match value.exact() {
        Some(exact) => drop(write!(html, " data-v=\"{exact}\"")),
        None if place.mark.is_some() => drop(write!(html, " data-v=\"{}\"", escaped(shown))),
        None => {}
    }
    let _ = write!(html, "><span>{}", linked(shown));
    if let Some(mark) = place.mark {
        let mark = if mark.is_empty() { "marked" } else { mark };
        let _ = write!(html, " <span class=\"mark\">{}</span>", escaped(mark));
    }
    if let Some(bar) = place.bar {
        let _ = write!(
            html,
            "<span class=\"track\" aria-hidden=\"true\"><span class=\"bar b{bar}\"></span></span>"
        );
    }
    html.push_str(if place.first { "</span></th>\n" } else { "</span></td>\n" });
}

/// How long the bars of a column are, in thousandths of the longest; none where the cell has no
/// number. What is more than nothing has a bar that can be seen.
fn bars(table: &Table<'_>, head: &Head) -> Vec<Option<u16>> {
    if head.is_range || !table.columns.get(head.from).is_some_and(|column| column.bar) {
        return Vec::new();
    }
    let cell = |row: &super::Row<'_>| row.cells.get(head.from).and_then(Value::exact);
    let number = |row| cell(row).and_then(|text| Decimal::from_str_exact(&text).ok());
    let numbers: Vec<Option<Decimal>> = table.rows.iter().map(number).collect();
    let largest = numbers.iter().flatten().max().copied().filter(|largest| *largest > Decimal::ZERO);
    let length = |number: Decimal| match largest {
        Some(largest) if number > Decimal::ZERO => {
            let share = number.checked_div(largest).unwrap_or_default();
            (share * Decimal::ONE_THOUSAND).round().to_u16().unwrap_or(0).max(1)
        }
        _ => 0,
    };
    numbers.into_iter().map(|number| number.map(length)).collect()
}

/// A text; one that is a web address, and nothing else, as a link.
fn linked(text: &str) -> String {
    let safe = escaped(text);
    let web = text.starts_with("https://") || text.starts_with("http://");
    if web && !text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        format!("<a href=\"{safe}\" rel=\"noopener noreferrer\">{safe}</a>")
    } else {
        safe
    }
}

/// A text that is only text, between tags and in quoted attributes alike: markup is escaped, and
/// what is no character of HTML or would act on a reader is replaced.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\u{FFFE}' | '\u{FFFF}' => safe.push('\u{FFFD}'),
            c => safe.push(plain::shown(c)),
        }
    }
    safe
}
