//! Pages as Markdown.

use crate::plain;

use super::{Align, Page, Part, Sheet};

/// A page as Markdown text.
pub(crate) fn page(page: &Page) -> String {
    let mut text = String::new();
    let mut before: Option<&Part> = None;
    for part in &page.parts {
        let same_list = matches!(
            (before, part),
            (Some(Part::Note(_) | Part::Item(_) | Part::Line(_)), Part::Note(_) | Part::Item(_))
        );
        if before.is_some() && !same_list && !matches!(part, Part::Gap) {
            text.push('\n');
        }
        match part {
            Part::Heading(line) => push_line(&mut text, "**", line, "**"),
            Part::Table(sheet) => table(&mut text, sheet),
            Part::Line(line) => push_line(&mut text, "", line, ""),
            Part::Item(line) => push_line(&mut text, "- ", line, ""),
            Part::Note(line) => push_line(&mut text, "- note: ", line, ""),
            Part::Gap => continue,
        }
        before = Some(part);
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

fn table(text: &mut String, sheet: &Sheet) {
    row(text, sheet.columns.iter().map(|(name, _)| name.as_str()));
    row(
        text,
        sheet.columns.iter().map(|(_, align)| match align {
            Align::Left => "---",
            Align::Right => "---:",
        }),
    );
    for cells in &sheet.rows {
        row(text, cells.iter().map(String::as_str));
    }
}

/// One row of a table. Its cells are text; a `|` or a line break in one would end it.
pub(crate) fn row<'c>(text: &mut String, cells: impl Iterator<Item = &'c str>) {
    text.push('|');
    for cell in cells {
        text.push(' ');
        push_text(text, cell.trim());
        text.push_str(" |");
    }
    text.push('\n');
}

/// Adds a text of which nothing is taken for Markdown or HTML, or calls somebody by name, wherever
/// it is pasted: ids, messages and file names are of others. What can be no markup where it stands
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

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> String {
        let mut written = String::new();
        push_text(&mut written, text);
        written
    }

    #[test]
    fn nothing_of_a_text_is_markup() {
        assert_eq!(cell("`<b>*_[x](y)@me\\&amp;"), "&#96;&lt;b>\\*\\_\\[x](y)&#64;me&#92;&amp;amp;");
        assert_eq!(cell("_a_ *b* ~~c~~ ![d](e) #12"), "\\_a\\_ \\*b\\* \\~\\~c\\~\\~ !\\[d](e) \\#12");
        assert_eq!(cell("</td><!-- @me"), "&lt;/td>&lt;!-- &#64;me");
        assert_eq!(cell("a|b\nc"), "a\\|b c");
        // Even what another tool would have undone.
        assert_eq!(cell("&lt;b&gt;&#64;me"), "&amp;lt;b&amp;gt;&amp;\\#64;me");
    }

    #[test]
    fn what_can_be_no_markup_is_left_alone() {
        for text in
            ["a-1.5", "prompt_tokens", "2 * 3 < 4 & 5 > 1", "at 149.8@2026-11-20", "a & b", "–", "n = 1"]
        {
            assert_eq!(cell(text), text);
        }
    }

    #[test]
    fn a_line_begins_nothing() {
        let mut shown = Page::default();
        shown.line("# x");
        shown.line("- y");
        shown.item("> z");
        shown.line("---");
        assert_eq!(page(&shown), "\\# x\n\n\\- y\n- \\> z\n\n\\---\n");
    }
}
