//! Pages as Markdown.

use crate::plain;

use super::{Align, Page, Part, Sheet};

/// A page as Markdown text.
pub(super) fn page(page: &Page) -> String {
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
    text.push_str(line);
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

/// One row of a table; a `|` or a line break in a cell would end it.
pub(crate) fn row<'c>(text: &mut String, cells: impl Iterator<Item = &'c str>) {
    text.push('|');
    for cell in cells {
        text.push(' ');
        for c in cell.trim().chars() {
            match c {
                '|' => text.push_str("\\|"),
                '\n' | '\r' => text.push(' '),
                c => text.push(plain::shown(c)),
            }
        }
        text.push_str(" |");
    }
    text.push('\n');
}
