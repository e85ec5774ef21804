//! Pages.

use super::*;
use crate::report::html::{hash, report};

fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let start = text.find(from).unwrap() + from.len();
    let end = text[start..].find(to).unwrap() + start;
    &text[start..end]
}

#[test]
fn texts_of_others_stay_texts() {
    let html = report(&nasty());
    assert_eq!(html.matches("<script").count(), 1, "ours only");
    assert_eq!(html.matches("</script").count(), 1);
    assert!(html.contains("&lt;/td&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"));
    assert!(html.contains("<title>A &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;title&quot;</title>"));
    assert!(!html.contains(|c: char| c.is_control() && c != '\n'));
    assert!(!html.contains('\u{202e}'));
}

#[test]
fn only_web_addresses_are_links() {
    let html = report(&nasty());
    assert_eq!(html.matches("<a href=").count(), 1);
    assert!(html.contains("<a href=\"https://example.com/?a=1&amp;b=&quot;2&quot;\""));
    assert!(html.contains("<span>javascript:alert(1)</span>"));
}

#[test]
fn the_policy_allows_the_style_and_the_script_that_are_there() {
    let html = report(&nasty());
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
    let html = report(&nasty());
    for what in ["src=", "@import", "url(", "<link", "fetch("] {
        assert!(!html.contains(what), "{what}");
    }
}

#[test]
fn numbers_carry_their_exact_value_and_a_bar_and_ceilings_their_sign() {
    let html = report(&nasty());
    let cell = "<td class=\"num\" data-head=\"expected\" data-v=\"0.05\"><span>0.0500000\
                <span class=\"track\" aria-hidden=\"true\"><span class=\"bar b500\">";
    assert!(html.contains(cell), "{html}");
    assert!(html.contains(".b500 { width: 50.0%; }"));
    assert!(html.contains("data-v=\"7024\"><span>7,024</span>"));
    assert!(html.contains("data-v=\"-5\"><span>-0.5%</span>"));
    assert!(html.contains("data-v=\"0.0000123\"><span>≤ 0.0000123"));
}

#[test]
fn the_marked_row_has_a_word_for_it_and_unknown_cells_have_a_reason() {
    let html = report(&nasty());
    assert_eq!(html.matches("<span class=\"mark\">cheapest</span>").count(), 1);
    assert!(
        html.contains("<td class=\"num none\" data-head=\"expected\"><span>unpriced &lt;b&gt;</span></td>")
    );
    assert!(html.contains("<tfoot>") && html.contains("<span>0.1500000</span>"));
}
