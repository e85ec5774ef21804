//! Where a JSON text ends, found across chunks.

/// Looks for the quote that closes a text, at the speed of a byte search.
///
/// A quote closes the text unless an odd number of backslashes stands before it. Backslashes
/// are looked at only where a quote follows, so that texts full of escapes cost no more than
/// others; a run of them at the end of a chunk is carried over to the next.
#[derive(Debug, Default)]
pub(super) struct Closing {
    /// Whether the chunk before ended in an odd number of backslashes.
    odd: bool,
}

impl Closing {
    /// The offset of the closing quote, or nothing if the text goes on after these bytes.
    pub(super) fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        for quote in memchr::memchr_iter(b'"', bytes) {
            if !self.is_escaped(bytes.get(..quote).unwrap_or_default()) {
                self.odd = false;
                return Some(quote);
            }
        }
        self.odd = self.is_escaped(bytes);
        None
    }

    /// Whether the byte that follows these is escaped.
    fn is_escaped(&self, bytes: &[u8]) -> bool {
        let run = bytes.iter().rev().take_while(|byte| **byte == b'\\').count();
        let carried = self.odd && run == bytes.len();
        (run % 2 == 1) != carried
    }
}

/// Whether a byte may stand around a document.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The closing quote's offset in a text that comes in two chunks, for every border.
    fn ends(text: &str) -> Vec<Option<usize>> {
        let at = |border: usize| {
            let (first, second) = text.as_bytes().split_at(border);
            let mut closing = Closing::default();
            closing.find(first).or_else(|| closing.find(second).map(|end| border + end))
        };
        (0..=text.len()).map(at).collect()
    }

    #[test]
    fn a_quote_after_an_odd_run_of_backslashes_is_part_of_the_text() {
        for (text, end) in [
            ("abc\"", Some(3)),
            ("\"", Some(0)),
            (r#"\""#, None),
            (r#"\"""#, Some(2)),
            (r#"\\""#, Some(2)),
            (r#"\\\""#, None),
            (r#"a\\\\\"\\"x"#, Some(9)),
            (r#"\"\"\"\"""#, Some(8)),
            (r#"\/\/\/""#, Some(6)),
            ("", None),
        ] {
            assert!(ends(text).iter().all(|found| *found == end), "{text}: {:?}", ends(text));
        }
    }
}
