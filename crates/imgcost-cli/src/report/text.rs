//! Reports for terminals and pipes.

use unicode_width::UnicodeWidthStr;

use super::table::{Grid, Head, Kind, Table};
use super::{Block, Report};
use crate::terminal::{self, Style};

/// A line of prose is not wider than this, however wide the terminal is.
const PROSE_MAX: usize = 120;
/// The narrowest that a page is made.
const WIDTH_MIN: usize = 40;
/// A name or word may be broken down to this width, that of a day, where there is no room at all.
const WORD_MIN: usize = 10;

/// How a piece of text is styled: not at all in a file.
type Paint = fn(Style, &str) -> String;

/// How wide a page may be: `COLUMNS`, or else the terminal. No limit in a pipe, where a line that
/// is broken is of no use to the program that reads it.
pub(crate) fn width() -> Option<usize> {
    let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
    let terminal = || {
        terminal_size::terminal_size_of(std::io::stdout())
            .map(|(terminal_size::Width(columns), _)| usize::from(columns))
    };
    asked.filter(|columns| *columns > 0).or_else(terminal).map(|columns| columns.max(WIDTH_MIN))
}

/// A report as text.
pub(super) fn report(report: &Report<'_>, width: Option<usize>) -> String {
    written(report, width, |_, text| text.to_owned())
}

/// A report for standard output: as wide as the terminal, styled there, without notes where none
/// are wanted.
pub(super) fn on_stdout(report: &Report<'_>) -> String {
    written(report, width(), terminal::on_stdout)
}

fn written(report: &Report<'_>, width: Option<usize>, paint: Paint) -> String {
    let mut text = String::new();
    let prose = width.map_or(usize::MAX, |width| width.min(PROSE_MAX));
    for block in &report.blocks {
        let start = text.len();
        let style = match block {
            Block::Heading(line) => {
                wrapped(&mut text, line, "", "  ", prose);
                Some(if line.starts_with("warning:") { Style::Warning } else { Style::Heading })
            }
            Block::Note(_) if terminal::is_quiet() => None,
            Block::Note(note) => {
                wrapped(&mut text, &note.message, " note: ", "       ", prose);
                Some(Style::Note)
            }
            Block::Table(table) => {
                if !table.only.is_for_files() {
                    self::table(&mut text, table, width, paint);
                }
                None
            }
            Block::Line(line) => {
                wrapped(&mut text, line, " ", "   ", prose);
                None
            }
            Block::Total(line) => {
                wrapped(&mut text, line, " ", "   ", prose);
                Some(Style::Total)
            }
            Block::Item(line) => {
                wrapped(&mut text, line, "   ", "     ", prose);
                None
            }
            Block::Gap => {
                text.push('\n');
                None
            }
        };
        if let Some(style) = style {
            let painted = paint(style, &text.split_off(start));
            text.push_str(&painted);
        }
    }
    text
}

/// How many columns of a terminal a text takes.
pub(crate) fn columns(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

fn table(text: &mut String, table: &Table<'_>, width: Option<usize>, paint: Paint) {
    let Grid { mut heads, rows, total, below } = Grid::of(table);
    if table.headless {
        heads.iter_mut().for_each(|head| head.label.clear());
    }
    let layout = Layout::new(heads, rows.iter().chain(&total).chain(&below), width);
    if let (true, Some(width)) = (table.splits, width) {
        for part in layout.parts(width) {
            part.head(text);
            rows.iter().for_each(|cells| part.row(text, cells));
        }
        return;
    }
    if !table.headless {
        layout.head(text);
    }
    rows.iter().for_each(|cells| layout.row(text, cells));
    if let Some(cells) = &total {
        let start = text.len();
        layout.row(text, cells);
        let line = text.split_off(start);
        text.push_str(&paint(Style::Total, &line));
    }
    below.iter().for_each(|cells| layout.row(text, cells));
    layout.foot(text);
}

/// Where the columns of a table are.
pub(crate) struct Layout {
    shown: Vec<Place>,
    dropped: Vec<Head>,
    /// The spaces between two columns.
    space: usize,
    /// The width that cells are broken to fit into; in a pipe they are not.
    within: Option<usize>,
    /// Whether a name pushes what is behind it and is never broken: its width was not known.
    whole_names: bool,
}

#[derive(Clone)]
struct Place {
    head: Head,
    /// Which cell of a row.
    at: usize,
    /// The width that breaks nothing.
    natural: usize,
    /// The width below which a word, a number or a name would break.
    least: usize,
    width: usize,
}

impl Layout {
    /// Fits columns into a width: first words are wrapped, then columns that are shown if there
    /// is room are left out, and names are the last to be broken.
    pub(super) fn new<'r>(
        heads: Vec<Head>,
        rows: impl Iterator<Item = &'r Vec<String>> + Clone,
        width: Option<usize>,
    ) -> Layout {
        let place = |(at, head): (usize, Head)| {
            let cells = rows.clone().filter_map(|row| row.get(at));
            let widest = cells.clone().map(|cell| columns(cell)).max().unwrap_or(0);
            let longest = |text: &str| text.split(' ').map(columns).max().unwrap_or(0);
            let least = match head.kind {
                Kind::Text => cells.map(|cell| longest(cell)).max().unwrap_or(0),
                _ => widest,
            };
            let natural = widest.max(columns(&head.label));
            Place { at, natural, least: least.max(longest(&head.label)), width: natural, head }
        };
        let shown: Vec<Place> = heads.into_iter().enumerate().map(place).collect();
        let mut layout = Layout { shown, dropped: Vec::new(), space: 2, within: width, whole_names: false };
        let Some(width) = width else { return layout };
        if layout.total(|place| place.natural) > width {
            layout.space = 1;
        }
        while layout.total(|place| place.least) > width {
            let order = |place: &Place| place.head.show.order();
            let last = layout.shown.iter().enumerate().filter_map(|(at, place)| Some((order(place)?, at)));
            let Some((_, at)) = last.max() else { break };
            let dropped = layout.shown.remove(at);
            layout.dropped.push(dropped.head);
        }
        layout.shrink(width, |place| place.least);
        // Nothing more to leave out: words and names are broken.
        layout.shrink(width, |place| match place.head.kind {
            Kind::Text => place.least.min(WORD_MIN),
            _ => place.least,
        });
        layout.shrink(width, |place| match place.head.kind {
            Kind::Text | Kind::Name => place.least.min(WORD_MIN),
            _ => place.least,
        });
        layout
    }

    /// The same, its names never broken.
    pub(super) fn with_whole_names(self) -> Layout {
        Layout { whole_names: true, ..self }
    }

    /// The table as several, each with the names in front and as many of the other columns as fit.
    fn parts(mut self, width: usize) -> Vec<Layout> {
        self.shown.iter_mut().for_each(|place| place.width = place.natural);
        for space in [2, 1] {
            self.space = space;
            if self.total(|place| place.natural) <= width {
                return vec![self];
            }
        }
        let (names, others): (Vec<_>, Vec<_>) =
            self.shown.into_iter().partition(|place| place.head.kind == Kind::Name);
        let mut parts: Vec<Layout> = Vec::new();
        for place in others {
            let fits = |part: &&mut Layout| part.total(|place| place.natural) + place.natural + 2 <= width;
            match parts.last_mut().filter(fits) {
                Some(part) => part.shown.push(place),
                None => {
                    let shown = names.iter().cloned().chain([place]).collect();
                    parts.push(Layout {
                        shown,
                        dropped: Vec::new(),
                        space: 2,
                        within: self.within,
                        whole_names: false,
                    });
                }
            }
        }
        parts
    }

    /// The width of a line.
    fn total(&self, width: impl Fn(&Place) -> usize) -> usize {
        let columns: usize = self.shown.iter().map(width).sum();
        columns + self.space * self.shown.len().saturating_sub(1) + 1
    }

    /// Takes from the widest column that may become narrower, until all fit.
    fn shrink(&mut self, width: usize, least: impl Fn(&Place) -> usize) {
        while self.total(|place| place.width) > width {
            let narrower = self.shown.iter_mut().filter(|place| place.width > least(place));
            let Some(widest) = narrower.max_by_key(|place| place.width) else { return };
            widest.width -= 1;
        }
    }

    pub(super) fn head(&self, text: &mut String) {
        self.line(text, |place| place.head.label.as_str());
    }

    pub(super) fn row(&self, text: &mut String, cells: &[String]) {
        self.line(text, |place| cells.get(place.at).map_or("", String::as_str));
    }

    /// What there was no room for.
    pub(super) fn foot(&self, text: &mut String) {
        if !self.dropped.is_empty() {
            let names: Vec<&str> = self.dropped.iter().map(|head| head.label.as_str()).collect();
            let names = names.join(", ");
            let line = format!("left out, as it is too wide: {names}; --format csv has everything");
            wrapped(text, &line, " ", "   ", self.within.unwrap_or(usize::MAX));
        }
    }

    fn limit(&self, place: &Place) -> usize {
        let is_whole = self.whole_names && place.head.kind == Kind::Name;
        if self.within.is_some() && !is_whole { place.width } else { usize::MAX }
    }

    fn line<'c>(&'c self, text: &mut String, cell: impl Fn(&'c Place) -> &'c str) {
        if self.shown.iter().all(|place| columns(cell(place)) <= self.limit(place)) {
            return self.words(text, |_, place| cell(place));
        }
        let cells: Vec<Vec<String>> =
            self.shown.iter().map(|place| lines(cell(place), self.limit(place))).collect();
        for line in 0..cells.iter().map(Vec::len).max().unwrap_or(1) {
            self.words(text, |at, _| {
                cells.get(at).and_then(|lines| lines.get(line)).map_or("", String::as_str)
            });
        }
    }

    /// A line with a piece of each cell.
    fn words<'c>(&'c self, text: &mut String, piece: impl Fn(usize, &'c Place) -> &'c str) {
        let start = text.len();
        for (at, place) in self.shown.iter().enumerate() {
            let words = piece(at, place);
            let pad = std::iter::repeat_n(' ', place.width.saturating_sub(columns(words)));
            text.push_str(if at == 0 { " " } else { "  ".get(..self.space).unwrap_or(" ") });
            match place.head.kind.is_number() {
                true => {
                    text.extend(pad);
                    text.push_str(words);
                }
                false => {
                    text.push_str(words);
                    text.extend(pad);
                }
            }
        }
        text.truncate(start + text.get(start..).map_or(0, |line| line.trim_end().len()));
        text.push('\n');
    }
}

/// A cell in lines of a width, broken between words where that is enough.
fn lines(text: &str, width: usize) -> Vec<String> {
    if columns(text) <= width {
        return vec![text.to_owned()];
    }
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let length = columns(word);
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        if used > 0 {
            push(&mut lines, ' ');
            used += 1;
        }
        for c in word.chars() {
            let length = columns(c.encode_utf8(&mut [0; 4]));
            if used > 0 && used + length > width {
                lines.push(String::new());
                used = 0;
            }
            push(&mut lines, c);
            used += length;
        }
    }
    lines
}

fn push(lines: &mut [String], c: char) {
    if let Some(line) = lines.last_mut() {
        line.push(c);
    }
}

/// Adds text that is broken between words where it is too wide.
fn wrapped(text: &mut String, words: &str, first: &str, rest: &str, width: usize) {
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
