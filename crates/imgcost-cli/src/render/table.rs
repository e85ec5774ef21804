//! Pages for terminals. The only user of comfy-table.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, TableStyle, Width};

use crate::plain;
use crate::terminal::{self, Style};

use super::{Align, Page, Part, Sheet};

/// The width where the output is no terminal.
const PLAIN_WIDTH: u16 = 80;

/// How wide a page may be: the terminal, up to a readable width, else 80 columns.
pub(crate) fn width() -> u16 {
    // Of stdout, which is where pages go.
    let terminal = terminal_size::terminal_size_of(std::io::stdout());
    terminal.map_or(PLAIN_WIDTH, |(terminal_size::Width(columns), _)| columns.clamp(40, 120))
}

/// A page as text.
pub(crate) fn page(page: &Page, width: u16) -> String {
    let mut text = String::new();
    for part in &page.parts {
        let start = text.len();
        let style = match part {
            Part::Heading(line) if line.starts_with("warning:") => Some(Style::Warning),
            Part::Heading(_) => Some(Style::Heading),
            Part::Note(_) if terminal::is_quiet() => continue,
            Part::Note(_) => Some(Style::Note),
            _ => None,
        };
        match part {
            Part::Heading(line) => wrapped(&mut text, line, "", "  ", width),
            Part::Table(sheet) => table(&mut text, sheet, width),
            Part::Line(line) => wrapped(&mut text, line, " ", "   ", width),
            Part::Item(line) => wrapped(&mut text, line, "   ", "     ", width),
            Part::Note(line) => wrapped(&mut text, line, " note: ", "       ", width),
            Part::Gap => text.push('\n'),
        }
        if let Some(style) = style {
            let painted = terminal::on_stdout(style, &text.split_off(start));
            text.push_str(&painted);
        }
    }
    text
}

fn table(text: &mut String, sheet: &Sheet, width: u16) {
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(sheet.columns.iter().map(|(name, _)| name));
    for row in &sheet.rows {
        table.add_row(row.iter().map(plain::line));
    }
    let natural: usize =
        table.column_max_content_widths().iter().map(|column| usize::from(*column) + 2).sum();
    let padding = if natural > usize::from(width) { (1, 0) } else { (1, 1) };
    // Lines are broken between words. Where that is too wide still, names are broken; numbers and
    // headings are the last to be.
    let fits = |most: &usize| least_with(sheet, *most) <= usize::from(width);
    let most = [NAME_MOST, TEXT_LEAST].into_iter().find(fits).filter(|_| natural > usize::from(width));
    for (index, (column, (_, align))) in table.column_iter_mut().zip(&sheet.columns).enumerate() {
        column.set_padding(padding);
        if let Some(most) = most {
            let least = u16::try_from(least_of(sheet, index, most)).unwrap_or(u16::MAX);
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
        }
        column.set_cell_alignment(match align {
            Align::Left => CellAlignment::Left,
            Align::Right => CellAlignment::Right,
        });
    }
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

/// Names up to this length stay whole where there is room.
const NAME_MOST: usize = 24;
/// A text column may be broken down to this width.
const TEXT_LEAST: usize = 11;

/// The least width of a table, with text down to so many characters a line.
fn least_with(sheet: &Sheet, most: usize) -> usize {
    (0..sheet.columns.len()).map(|index| least_of(sheet, index, most)).sum()
}

/// The least width of one column, with the space before it: its longest word, of text up to so
/// many characters, and its heading.
fn least_of(sheet: &Sheet, index: usize, most: usize) -> usize {
    let Some((name, align)) = sheet.columns.get(index) else { return 0 };
    let words = sheet.rows.iter().filter_map(|row| row.get(index)).flat_map(|cell| cell.split(' '));
    let longest = words.map(columns).max().unwrap_or(0);
    let longest = if matches!(align, Align::Left) { longest.min(most) } else { longest };
    longest.max(columns(name)) + 1
}

/// How many columns of a terminal a text takes.
pub(crate) fn columns(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    let mut table = Table::new();
    table.add_row([text]);
    table.column_max_content_widths().first().copied().map_or(0, usize::from)
}

/// Adds text that is broken between words where it is too wide.
fn wrapped(text: &mut String, words: &str, first: &str, rest: &str, width: u16) {
    let width = usize::from(width);
    let mut line = first.to_owned();
    let mut used = columns(first);
    let mut fresh = true;
    for word in words.split_whitespace() {
        let length = columns(word);
        if !fresh && used + 1 + length > width {
            text.push_str(line.trim_end());
            text.push('\n');
            line = rest.to_owned();
            used = columns(rest);
            fresh = true;
        }
        if !fresh {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
        fresh = false;
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_hang_below_their_first_word() {
        let mut text = String::new();
        wrapped(&mut text, "one two three four", " note: ", "       ", 16);
        assert_eq!(text, " note: one two\n       three\n       four\n");
    }

    #[test]
    fn columns_are_those_of_a_terminal() {
        for (text, expected) in [("", 0), ("abc", 3), ("tëxt", 4), ("図案", 4), ("a図", 3)] {
            assert_eq!(columns(text), expected, "{text}");
        }
    }
}
