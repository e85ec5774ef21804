//! What was told before, so that it is not told with every call.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The most things that are remembered. Whatever comes after them is told every time: a notice
/// too many is better than silence.
const MOST: usize = 1024;

/// Remembers what was told.
#[derive(Debug, Default)]
pub(crate) struct Told(Mutex<BTreeSet<String>>);

impl Told {
    /// Whether this was not told before; from now on it was.
    pub(crate) fn is_news(&self, what: &str) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.contains(what) {
            return false;
        }
        if told.len() < MOST {
            told.insert(what.to_owned());
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_news_once_until_too_much_was_told() {
        let told = Told::default();
        for index in 0..MOST {
            assert!(told.is_news(&index.to_string()) && !told.is_news(&index.to_string()));
        }
        assert!(told.is_news("more") && told.is_news("more"));
        assert!(!told.is_news("0"));
    }
}
