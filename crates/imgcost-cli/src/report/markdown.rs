//! Reports as Markdown.

use super::table::{Grid, Head, Table};
use super::{Block, Report};
use crate::plain;

/// A report as Markdown text.
pub(super) fn report(report: &Report<'_>) -> String {
    let mut text = String::new();
    let mut before: Option<&Block<'_>> = None;
    for block in &report.blocks {
        let same_list = matches!(
            (before, block),
            (Some(Block::Note(_) | Block::Item(_) | Block::Line(_)), Block::Note(_) | Block::Item(_))
        );
        if matches!(block, Block::Gap) || matches!(block, Block::Table(table) if table.only.is_for_files()) {
            continue;
        }
        if before.is_some() && !same_list {
            text.push('\n');
        }
        match block {
            Block::Heading(line) => push_line(&mut text, "**", line, "**"),
            Block::Table(table) => self::table(&mut text, table),
            Block::Line(line) => push_line(&mut text, "", line, ""),
            Block::Total(line) => push_line(&mut text, "**", line, "**"),
            Block::Item(line) => push_line(&mut text, "- ", line, ""),
            Block::Note(note) => push_line(&mut text, "- note: ", &note.message, ""),
            Block::Gap => {}
        }
        before = Some(block);
    }
    text
}

fn push_line(text: &mut String, before: &str, line: &str, after: &str) {
    text.push_str(before);
    // At the start of a line these would make a list, a heading, a rule or a quotation.
    if matches!(before, "" | "- ") && line.starts_with(['-', '+', '=', '#', '>']) {
        text.push('\\');
    }
    push_text(text, line);
    text.push_str(after);
    text.push('\n');
}

fn table(text: &mut String, table: &Table<'_>) {
    let Grid { heads, rows, total, below } = Grid::of(table);
    head(text, &heads);
    for cells in rows.iter().chain(&total).chain(&below) {
        row(text, cells.iter().map(String::as_str));
    }
}

/// Adds the names of the columns and the line below them.
pub(super) fn head(text: &mut String, heads: &[Head]) {
    row(text, heads.iter().map(|head| head.label.as_str()));
    row(text, heads.iter().map(|head| if head.kind.is_number() { "---:" } else { "---" }));
}

/// One row of a table. Its cells are text; a `|` or a line break in one would end it.
pub(super) fn row<'c>(text: &mut String, cells: impl Iterator<Item = &'c str>) {
    text.push('|');
    for cell in cells {
        text.push(' ');
        push_text(text, cell.trim());
        text.push_str(" |");
    }
    text.push('\n');
}

/// Adds a text of which nothing is taken for Markdown or HTML, or mentions a user, wherever
/// it is pasted: ids, messages and file names are of others. What can be no markup where it is
/// is left alone, so that a table reads well as it is: a `_` inside a word, a `<` before a space.
fn push_text(text: &mut String, plain: &str) {
    let mut before = '\0';
    let mut rest = plain.chars().peekable();
    while let Some(c) = rest.next() {
        let after = rest.peek().copied().unwrap_or('\0');
        let inside_word = before.is_alphanumeric() && after.is_alphanumeric();
        let alone = before == ' ' && after == ' ';
        match c {
            '\\' => text.push_str("&#92;"),
            '`' => text.push_str("&#96;"),
            '<' if after.is_ascii_alphabetic() || matches!(after, '/' | '!' | '?') => text.push_str("&lt;"),
            '&' if after.is_ascii_alphanumeric() || after == '#' => text.push_str("&amp;"),
            '@' if !before.is_alphanumeric() && after.is_alphanumeric() => text.push_str("&#64;"),
            '#' if after.is_ascii_digit() => text.push_str("\\#"),
            '_' if !inside_word && !alone => text.push_str("\\_"),
            '*' | '~' if !alone => {
                text.push('\\');
                text.push(c);
            }
            '[' | '|' => {
                text.push('\\');
                text.push(c);
            }
            '\n' | '\r' => text.push(' '),
            c => text.push(plain::shown(c)),
        }
        before = c;
    }
}
