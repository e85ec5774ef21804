//! Texts of others inside HTML and XML.

use crate::plain;

/// A text that is only text there, between tags and in quoted attributes alike: markup is
/// escaped, and what is no character of XML or would act on a reader is replaced.
pub(super) fn escaped(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup() {
        assert_eq!(
            escaped("<b a=\"1\" c='2'>&\u{7}\u{FFFF}"),
            "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;?\u{FFFD}"
        );
        assert_eq!(escaped("tëxt 図 $1"), "tëxt 図 $1");
    }
}
