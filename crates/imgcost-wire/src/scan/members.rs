//! Which members of a response are kept while it passes: those that any dialect reads, by their
//! names, wherever they stand. Everything else is dropped with all it holds.

use crate::dialect::Dialect;
use crate::{reported, usage};

/// The names, sorted while the program is compiled.
pub(super) static KNOWN: [&str; count()] = sorted();

/// The member of this name, if it is read.
pub(super) fn known(name: &[u8]) -> Option<&'static str> {
    let at = KNOWN.binary_search_by(|known| known.as_bytes().cmp(name)).ok()?;
    KNOWN.get(at).copied()
}

/// The names that are read in a dialect, and after those of all dialects the ones they share.
#[expect(clippy::indexing_slicing, reason = "it is evaluated while compiling, or not at all")]
const fn list(at: usize) -> &'static [&'static str] {
    match at.checked_sub(Dialect::ALL.len()) {
        None => Dialect::ALL[at].members(),
        Some(0) => &reported::MEMBERS,
        Some(_) => &usage::MEMBERS,
    }
}

const LISTS: usize = Dialect::ALL.len() + 2;

const fn count() -> usize {
    let (mut count, mut at) = (0, 0);
    while at < LISTS {
        count += list(at).len();
        at += 1;
    }
    count
}

#[expect(clippy::indexing_slicing, reason = "it is evaluated while compiling, or not at all")]
const fn sorted() -> [&'static str; count()] {
    let mut names = [""; count()];
    let (mut filled, mut at) = (0, 0);
    while at < LISTS {
        let mut next = 0;
        while next < list(at).len() {
            let name = list(at)[next];
            let mut place = filled;
            while place > 0 && is_before(name.as_bytes(), names[place - 1].as_bytes()) {
                names[place] = names[place - 1];
                place -= 1;
            }
            names[place] = name;
            filled += 1;
            next += 1;
        }
        at += 1;
    }
    names
}

const fn is_before(mut one: &[u8], mut other: &[u8]) -> bool {
    loop {
        match (one, other) {
            (_, []) => return false,
            ([], _) => return true,
            ([first, rest @ ..], [second, others @ ..]) => {
                if *first != *second {
                    return *first < *second;
                }
                (one, other) = (rest, others);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::responses::may_be_another;
    use crate::tree::Tree;

    #[test]
    fn a_document_is_of_another_dialect_only_by_its_marks() {
        for name in KNOWN {
            for value in
                ["1", "{}", "[]", "[{}]", "[\"a\"]", "\"response\"", "\"succeeded\"", "{\"sample\":1}"]
            {
                for text in
                    [format!("{{\"{name}\":{value}}}"), format!("{{\"usage\":{{\"{name}\":{value}}}}}")]
                {
                    let document: Tree<'_> = serde_json::from_str(&text).unwrap();
                    let asked = Dialect::ALL.into_iter().any(|dialect| dialect.is_response(&document));
                    assert!(!asked || may_be_another(&document), "{text}");
                }
            }
        }
    }
}
