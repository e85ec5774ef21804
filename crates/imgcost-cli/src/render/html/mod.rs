//! A result as one web page, with nothing from elsewhere: a table that sorts where scripts may
//! run, and that reads as a table where they may not.

use std::collections::BTreeSet;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::cells::{Total, bars};
use super::markup::escaped;
use super::table::columns;
use super::workbook::{TypedColumn, TypedTable, Value, Workbook};

const STYLE: &str = include_str!("../../report/page.css");
const SCRIPT: &str = include_str!("../../report/sort.js");
/// How many columns of a terminal a text takes that stays on one line.
const SHORT: usize = 28;

/// A result as a page.
pub(super) fn document(book: &Workbook) -> String {
    let mut lengths = BTreeSet::new();
    let mut body = format!("<h1>{}</h1>\n", escaped(&book.title));
    let (above, below) = book.above_and_below();
    list(&mut body, above);
    if !below.is_empty() {
        let _ = writeln!(body, "<p><a href=\"#notes\">{} more notes</a></p>", below.len());
    }
    for (index, table) in book.tables.iter().enumerate() {
        section(&mut body, table, index, &mut lengths);
    }
    if !below.is_empty() {
        body.push_str("<h2 id=\"notes\">Notes</h2>\n");
        list(&mut body, below);
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
        escaped(&book.title)
    )
}

fn list(html: &mut String, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    html.push_str("<ul>\n");
    for line in lines {
        let _ = writeln!(html, "<li>{}</li>", linked(line));
    }
    html.push_str("</ul>\n");
}

/// A hash source of a Content-Security-Policy.
fn hash(text: &str) -> String {
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

fn section(html: &mut String, table: &TypedTable, index: usize, lengths: &mut BTreeSet<u16>) {
    let _ = writeln!(
        html,
        "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-labelledby=\"t{index}\">\n\
         <table>\n<caption id=\"t{index}\">{}</caption>\n<thead>\n<tr>",
        escaped(&table.name)
    );
    for column in &table.columns {
        let class = if column.kind.is_number() { " class=\"num\"" } else { "" };
        let _ = writeln!(html, "<th scope=\"col\"{class}>{}</th>", escaped(&column.name));
    }
    html.push_str("</tr>\n</thead>\n<tbody>\n");
    let lengths_of = |(index, column): (usize, &TypedColumn)| {
        if column.bar { bars(table, index) } else { Vec::new() }
    };
    let bars: Vec<Vec<Option<u16>>> = table.columns.iter().enumerate().map(lengths_of).collect();
    for (line, row) in table.rows.iter().enumerate() {
        html.push_str(if row.marked { "<tr class=\"marked\">\n" } else { "<tr>\n" });
        for (at, (column, bars)) in table.columns.iter().zip(&bars).enumerate() {
            let bar = bars.get(line).copied().flatten();
            lengths.extend(bar);
            let mark = (row.marked && at == 0).then_some(table.mark);
            cell(html, column, row.cell(at), Place { first: at == 0, bar, mark });
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody>\n");
    foot(html, table);
    html.push_str("</table>\n</div>\n");
}

/// What a cell has beside its value.
struct Place {
    first: bool,
    bar: Option<u16>,
    mark: Option<&'static str>,
}

fn cell(html: &mut String, column: &TypedColumn, value: &Value, place: Place) {
    let mut classes = Vec::new();
    if column.kind.is_number() {
        classes.push("num");
    }
    match value {
        Value::Empty => classes.extend(["none", "empty"]),
        Value::Unknown(_) => classes.push("none"),
        // Names and days are not broken at their hyphens.
        Value::Text(text) => classes.push(if columns(text) <= SHORT { "short" } else { "long" }),
        Value::Day(_) => classes.push("short"),
        _ => {}
    }
    let tag = if place.first { "th scope=\"row\"" } else { "td" };
    let _ = write!(html, "<{tag}");
    if !classes.is_empty() {
        let _ = write!(html, " class=\"{}\"", classes.join(" "));
    }
    if !place.first {
        let _ = write!(html, " data-head=\"{}\"", escaped(&column.name));
    }
    // What to sort by, where that is not what is read.
    let shown = value.shown();
    match value.exact() {
        Some(exact) => drop(write!(html, " data-v=\"{exact}\"")),
        None if place.mark.is_some() => drop(write!(html, " data-v=\"{}\"", escaped(&shown))),
        None => {}
    }
    let _ = write!(html, "><span>{}", linked(&shown));
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

fn foot(html: &mut String, table: &TypedTable) {
    let totals: Vec<Option<Total>> = (0..table.columns.len()).map(|at| Total::of(table, at)).collect();
    if totals.iter().all(Option::is_none) {
        return;
    }
    html.push_str("<tfoot>\n<tr>\n");
    for (at, (column, total)) in table.columns.iter().zip(&totals).enumerate() {
        let words = total.as_ref().map(|total| broken(&total.words()));
        match (at, words) {
            (0, None) => html.push_str("<th scope=\"row\">total</th>\n"),
            (0, Some(words)) => drop(writeln!(html, "<th scope=\"row\">total {words}</th>")),
            (_, None) => html.push_str("<td class=\"empty\"></td>\n"),
            (_, Some(words)) => {
                let head = escaped(&column.name);
                let _ = writeln!(html, "<td class=\"num\" data-head=\"{head}\"><span>{words}</span></td>");
            }
        }
    }
    html.push_str("</tr>\n</tfoot>\n");
}

/// A total in a narrow column: the sum on one line, what it lacks on the next ones.
fn broken(words: &str) -> String {
    escaped(words).replacen("at least ", "at least<br>", 1).replace(", ", ",<br>")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::cells::tests::nasty;

    fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
        let start = text.find(from).unwrap() + from.len();
        let end = text[start..].find(to).unwrap() + start;
        &text[start..end]
    }

    #[test]
    fn texts_of_others_stay_texts() {
        let html = document(&nasty());
        assert_eq!(html.matches("<script").count(), 1, "ours only");
        assert_eq!(html.matches("</script").count(), 1);
        assert!(html.contains("&lt;/td&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"));
        assert!(
            html.contains("<title>A &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;title&quot;</title>")
        );
        assert!(!html.contains(|c: char| c.is_control() && c != '\n'));
        assert!(!html.contains('\u{202e}'));
    }

    #[test]
    fn only_web_addresses_are_links() {
        let html = document(&nasty());
        assert_eq!(html.matches("<a href=").count(), 1);
        assert!(html.contains("<a href=\"https://example.com/?a=1&amp;b=&quot;2&quot;\""));
        assert!(html.contains("<span>javascript:alert(1)</span>"));
    }

    #[test]
    fn the_policy_allows_the_style_and_the_script_that_are_there() {
        let html = document(&nasty());
        let policy = between(&html, "Content-Security-Policy\" content=\"", "\"");
        for (kind, text) in [
            ("style-src", between(&html, "<style>", "</style>")),
            ("script-src", between(&html, "<script>", "</script>")),
        ] {
            assert!(policy.contains(&format!("{kind} '{}'", hash(text))), "{kind}: {policy}");
        }
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
        assert!(!html.contains(" style=") && !html.contains(" onclick="));
    }

    #[test]
    fn nothing_is_fetched_from_elsewhere() {
        let html = document(&nasty());
        for what in ["src=", "@import", "url(", "<link", "fetch("] {
            assert!(!html.contains(what), "{what}");
        }
    }

    #[test]
    fn numbers_carry_their_exact_value_and_a_bar() {
        let html = document(&nasty());
        let cell = "<td class=\"num\" data-head=\"expected\" data-v=\"0.05\"><span>$0.05\
                    <span class=\"track\" aria-hidden=\"true\"><span class=\"bar b500\">";
        assert!(html.contains(cell), "{html}");
        assert!(html.contains(".b500 { width: 50.0%; }"));
        assert!(html.contains("data-v=\"7024\"><span>7,024</span>"));
        assert!(html.contains("data-v=\"-0.005\"><span>-0.5%</span>"));
    }

    #[test]
    fn many_notes_stand_below_the_tables() {
        let mut book = nasty();
        book.lines = (0..9).map(|line| format!("line {line}")).collect();
        let html = document(&book);
        let place = |text: &str| html.find(text).unwrap();
        assert!(place("<li>line 3</li>") < place("5 more notes"));
        assert!(place("5 more notes") < place("<table>") && place("<table>") < place("<li>line 4</li>"));
        book.lines.truncate(5);
        assert!(!document(&book).contains("more notes"));
    }

    #[test]
    fn the_marked_row_says_so_in_a_word_and_unknown_cells_say_why() {
        let html = document(&nasty());
        assert_eq!(html.matches("<span class=\"mark\">cheapest</span>").count(), 1);
        assert!(
            html.contains(
                "<td class=\"num none\" data-head=\"expected\"><span>unpriced &lt;b&gt;</span></td>"
            )
        );
        assert!(html.contains("<span>at least<br>$0.150000001,<br>1 unpriced &lt;b&gt;</span>"));
    }
}
