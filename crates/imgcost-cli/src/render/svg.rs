//! A result as an image: a bar for each row, by the first column that has bars.

use std::fmt::Write;

use super::cells::bars;
use super::markup::escaped;
use super::table::columns;
use super::workbook::{Kind, TypedRow, TypedTable, Value, Workbook};
use crate::plain;

/// The image's width, in its own units, which are pixels where nothing scales it.
const WIDTH: usize = 640;
/// The space around.
const MARGIN: usize = 16;
/// A row: a line of text with a bar below it.
const ROW: usize = 38;
/// How many bars are drawn.
const MOST: usize = 100;
/// How many columns of a terminal a line may take: 90 letters of 6.5 are 585 wide.
const LINE: usize = 90;
/// What a digit takes, as a generous guess: the reader's font is not known here.
const DIGIT: usize = 8;

const STYLE: &str = "\
:root { --paper: #fff; --ink: #1a1d21; --soft: #59636e; --track: #e6ebf1; --bar: #3b7dd8; --mark: #0b6e3f; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14171a; --ink: #e6e9ec; --soft: #9aa5b1; --track: #2a3138; --bar: #5b9bf0; --mark: #6fd69d; }
}
text { font: 12px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; fill: var(--ink); }
.head { font-size: 15px; font-weight: 600; }
.soft { fill: var(--soft); }
.none { fill: var(--soft); font-style: italic; }
.value { font-variant-numeric: tabular-nums; }
.marked, .mark { font-weight: 600; }
.mark { fill: var(--mark); }
.paper { fill: var(--paper); }
.track { fill: var(--track); }
.bar { fill: var(--bar); }
.best { fill: var(--mark); }
";

/// The image; none where no column of the first table has bars.
pub(super) fn document(book: &Workbook) -> Option<String> {
    let table = book.tables.first()?;
    let (measure, column) = table.columns.iter().enumerate().find(|(_, column)| column.bar)?;
    let mut body = String::new();
    let mut y = MARGIN;
    for line in wrapped(&plain::line(book.title.as_str()), 70) {
        y += 18;
        text(&mut body, MARGIN, y, "head", &line);
    }
    let (above, below) = book.above_and_below();
    lines(&mut body, &mut y, above);
    y += 20;
    text(&mut body, MARGIN, y, "soft", &cut(&plain::line(column.name.as_str())));
    y += 6;
    let values: Vec<String> = table.rows.iter().map(|row| row.cell(measure).shown()).collect();
    let longest = values.iter().take(MOST).map(|value| columns(value)).max().unwrap_or(0);
    // Beside the longest bar there is room for the longest number; a bar keeps a tenth.
    let room = WIDTH.saturating_sub(2 * MARGIN + 8 + longest * DIGIT).max(WIDTH / 10);
    let named = named(table, measure);
    for ((row, value), bar) in table.rows.iter().zip(&values).zip(bars(table, measure)).take(MOST) {
        draw(&mut body, table, row, &Bar { y, room, label: label(table, &named, row), value, length: bar });
        y += ROW;
    }
    if let Some(left) = table.rows.len().checked_sub(MOST).filter(|left| *left > 0) {
        y += 16;
        text(&mut body, MARGIN, y, "none", &format!("and {left} more, which are not drawn"));
    }
    if !below.is_empty() {
        y += 10;
        lines(&mut body, &mut y, below);
    }
    let height = y + MARGIN;
    let described = format!("{} of {} rows, as bars with their exact values.", column.name, table.rows.len());
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} \
         {height}\" role=\"figure\" aria-labelledby=\"title desc\" xml:lang=\"en\">\n<title id=\"title\">{}</title>\n\
         <desc id=\"desc\">{}</desc>\n<style>\n{STYLE}</style>\n<rect class=\"paper\" width=\"{WIDTH}\" \
         height=\"{height}\"/>\n{body}</svg>\n",
        escaped(&book.title),
        escaped(&described)
    ))
}

/// Where a row's bar goes, and how long it is.
struct Bar<'v> {
    y: usize,
    room: usize,
    label: String,
    value: &'v str,
    length: Option<u16>,
}

fn draw(body: &mut String, table: &TypedTable, row: &TypedRow, bar: &Bar<'_>) {
    let label = bar.label.as_str();
    let shown = cut(label);
    let mark = if table.mark.is_empty() { "marked" } else { table.mark };
    let word =
        if row.marked { format!(" <tspan class=\"mark\">{}</tspan>", escaped(mark)) } else { String::new() };
    body.push_str("<g>");
    if shown != label {
        let _ = write!(body, "<title>{}</title>", escaped(label));
    }
    let class = if row.marked { " class=\"marked\"" } else { "" };
    let _ =
        writeln!(body, "<text x=\"{MARGIN}\" y=\"{}\"{class}>{}{word}</text>", bar.y + 16, escaped(&shown));
    let top = bar.y + 22;
    let value = bar.y + 31;
    match bar.length {
        Some(length) => {
            // In tenths of a pixel.
            let tenths = bar.room * usize::from(length) / 100;
            let best = if row.marked { "best" } else { "bar" };
            let _ = writeln!(
                body,
                "<rect class=\"track\" x=\"{MARGIN}\" y=\"{top}\" width=\"{}\" height=\"10\" rx=\"2\"/>",
                bar.room
            );
            let _ = writeln!(
                body,
                "<rect class=\"{best}\" x=\"{MARGIN}\" y=\"{top}\" width=\"{}.{}\" height=\"10\" rx=\"2\"/>",
                tenths / 10,
                tenths % 10
            );
            text(body, MARGIN + bar.room + 8, value, "value", bar.value);
        }
        None => {
            text(body, MARGIN, value, "none", if bar.value.is_empty() { "nothing known" } else { bar.value })
        }
    }
    body.push_str("</g>\n");
}

fn text(body: &mut String, x: usize, y: usize, class: &str, text: &str) {
    let _ = writeln!(body, "<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{}</text>", escaped(text));
}

fn lines(body: &mut String, y: &mut usize, lines: &[String]) {
    for line in lines.iter().flat_map(|line| wrapped(&plain::line(line.as_str()), LINE)) {
        *y += 16;
        text(body, MARGIN, *y, "soft", &line);
    }
}

/// The columns that a row is called by: those before the measure in which rows differ, else all
/// words.
fn named(table: &TypedTable, measure: usize) -> Vec<usize> {
    let differs = |at: &usize| {
        let mut cells = table.rows.iter().map(|row| row.cell(*at));
        cells.next().is_some_and(|first| cells.any(|cell| cell != first))
    };
    let names = |kind: Kind| matches!(kind, Kind::Text | Kind::Count | Kind::Day);
    let of_kind = |wanted: &dyn Fn(Kind) -> bool| -> Vec<usize> {
        let columns = table.columns.iter().enumerate();
        columns.filter(|(_, column)| wanted(column.kind)).map(|(at, _)| at).collect()
    };
    let before: Vec<usize> = of_kind(&names).into_iter().filter(|at| *at < measure).filter(differs).collect();
    if before.is_empty() { of_kind(&|kind| kind == Kind::Text) } else { before }
}

/// What a row is called.
fn label(table: &TypedTable, named: &[usize], row: &TypedRow) -> String {
    let words = named.iter().filter_map(|at| {
        let (column, cell) = (table.columns.get(*at)?, row.cell(*at));
        match cell {
            Value::Empty | Value::Unknown(_) => None,
            // A number says nothing without its name.
            Value::Count(_) => Some(format!("{} {}", plain::line(column.name.as_str()), cell.shown())),
            cell => Some(cell.shown()),
        }
    });
    words.collect::<Vec<_>>().join(" \u{b7} ")
}

/// A text that fits on a line, with a mark where its end is missing.
fn cut(text: &str) -> String {
    if columns(text) <= LINE {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += columns(c.encode_utf8(&mut [0; 4]));
        if used >= LINE {
            break;
        }
        short.push(c);
    }
    short.push('\u{2026}');
    short
}

/// A text in lines that fit.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(cut(word)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::cells::tests::nasty;
    use roxmltree::{Document, Node};

    fn texts(svg: &str, tag: &str, class: &str) -> Vec<String> {
        let parsed = Document::parse(svg).unwrap();
        let found = |node: &Node<'_, '_>| node.has_tag_name(tag) && node.attribute("class") == Some(class);
        let all = |node: Node<'_, '_>| {
            node.descendants().filter(Node::is_text).filter_map(|part| part.text()).collect::<String>()
        };
        parsed.descendants().filter(found).map(all).collect()
    }

    #[test]
    fn it_is_xml_and_texts_of_others_are_texts() {
        let svg = document(&nasty()).unwrap();
        let parsed = Document::parse(&svg).unwrap();
        assert!(!parsed.descendants().any(|node| node.has_tag_name("script")));
        assert_eq!(texts(&svg, "text", "head"), ["A <script>alert(1)</script> & \"title\""]);
        assert!(svg.contains("&lt;/td&gt;&lt;script&gt;"));
        let ids =
            ["title", "desc"].map(|id| parsed.descendants().any(|node| node.attribute("id") == Some(id)));
        assert_eq!(ids, [true, true]);
    }

    #[test]
    fn values_are_exact_and_unknown_ones_are_words_without_a_bar() {
        let svg = document(&nasty()).unwrap();
        assert_eq!(texts(&svg, "text", "value"), ["$0.1", "$0.05", "$0.000000001"]);
        assert_eq!(texts(&svg, "text", "none"), ["unpriced <b>"]);
        assert_eq!(svg.matches("class=\"track\"").count(), 3);
        assert_eq!(texts(&svg, "tspan", "mark"), ["cheapest"]);
        assert_eq!(svg.matches("class=\"best\"").count(), 1);
    }

    #[test]
    fn bars_are_as_long_as_their_share() {
        let svg = document(&nasty()).unwrap();
        let parsed = Document::parse(&svg).unwrap();
        let width = |class: &str| -> f64 {
            let bar = parsed.descendants().find(|node| node.attribute("class") == Some(class)).unwrap();
            bar.attribute("width").unwrap().parse().unwrap()
        };
        assert_eq!(width("bar"), width("track"));
        assert_eq!(width("best") * 2.0, width("track"));
    }

    #[test]
    fn a_label_that_is_cut_is_there_in_full_and_rows_left_out_are_counted() {
        let mut book = nasty();
        let table = &mut book.tables[0];
        let long = format!("図{}", "word ".repeat(60));
        table.rows[0].cells[0] = Value::Text(long.clone());
        table.rows = table.rows.iter().cycle().take(130).cloned().collect();
        let svg = document(&book).unwrap();
        let parsed = Document::parse(&svg).unwrap();
        assert_eq!(parsed.descendants().filter(|node| node.has_tag_name("g")).count(), MOST);
        let title = parsed.descendants().filter(|node| node.has_tag_name("title")).nth(1).unwrap();
        assert_eq!(title.text(), Some(long.as_str()));
        assert!(parsed.descendants().any(|node| node.text().is_some_and(|text| text.ends_with('\u{2026}'))));
        assert!(texts(&svg, "text", "none").contains(&"and 30 more, which are not drawn".to_owned()));
    }

    #[test]
    fn a_row_is_called_by_what_tells_it_from_the_others() {
        let mut table = nasty().tables.remove(0);
        let of = |table: &TypedTable, measure| label(table, &named(table, measure), &table.rows[0]);
        assert_eq!(of(&table, 1), "=1+1");
        assert_eq!(of(&table, 5), "=1+1 \u{b7} tokens 7,024");
        for row in &mut table.rows {
            row.cells[0] = Value::Text("same".to_owned());
        }
        assert_eq!(of(&table, 5), "tokens 7,024");
        assert_eq!(of(&table, 1), "same", "where nothing differs, all words");
    }

    #[test]
    fn what_has_no_bars_is_no_image() {
        assert!(document(&Workbook::default()).is_none());
    }
}
