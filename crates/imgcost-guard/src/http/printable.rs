//! Names from a request, as they may be shown.

/// The most letters of a name that are shown.
const LONGEST: usize = 128;

/// A name without control characters, which a terminal would obey, and not too long.
pub(super) fn printable(name: &str) -> String {
    name.chars().take(LONGEST).map(|c| if c.is_control() { '?' } else { c }).collect()
}
