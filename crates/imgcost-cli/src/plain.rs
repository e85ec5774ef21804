//! Texts of others on a terminal: without what would move its cursor or turn its line around.

use imgcost_core::read::is_active;

/// One character, or what is shown for it.
pub(crate) fn shown(c: char) -> char {
    if is_active(c) { '?' } else { c }
}

/// A text of which every character is shown.
pub(crate) fn line(text: impl Into<String>) -> String {
    let text = text.into();
    if text.contains(is_active) { text.chars().map(shown).collect() } else { text }
}

/// The same for a text that may have several lines.
pub(crate) fn lines(text: &str) -> String {
    text.chars().map(|c| if c == '\n' { c } else { shown(c) }).collect()
}

/// A word as a POSIX shell takes it for one.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        for (word, text) in [
            ("fal-ai/flux/dev", "fal-ai/flux/dev"),
            ("my prices.toml", "'my prices.toml'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("$(x)", "'$(x)'"),
        ] {
            assert_eq!(quoted(word), text);
        }
    }

    #[test]
    fn only_what_is_shown_is_left() {
        assert_eq!(line("a\u{1b}[2J\u{9b}b\u{202e}c\u{2066}\r\nd"), "a?[2J?b?c???d");
        assert_eq!(line("tëxt 図 $1"), "tëxt 図 $1");
        assert_eq!(lines("a\nb\u{7}"), "a\nb?");
    }
}
