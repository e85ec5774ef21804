//! Names that have changed since the record was made.

use std::collections::BTreeMap;
use std::fs;

use super::held::home;

/// Old names with their new ones, from `renamed.tsv`.
pub(crate) struct Renamed(BTreeMap<String, String>);

impl Renamed {
    /// Reads the table.
    pub(crate) fn read() -> Renamed {
        Renamed::of(&fs::read_to_string(home().join("renamed.tsv")).unwrap())
    }

    fn of(text: &str) -> Renamed {
        let rows = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let pairs = rows.map(|row| {
            let (old, new) = row.split_once('\t').unwrap_or_else(|| panic!("renamed.tsv: no tab in '{row}'"));
            (old.to_owned(), new.to_owned())
        });
        Renamed(pairs.collect())
    }

    fn name<'a>(&'a self, old: &'a str) -> &'a str {
        self.0.get(old).map_or(old, String::as_str)
    }

    /// A recorded outcome by today's names: every whole word that has a new one.
    pub(crate) fn outcome(&self, text: &str) -> String {
        let mut result = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let word = rest.find(|c: char| !is_of_a_name(c)).unwrap_or(rest.len());
            result.push_str(self.name(&rest[..word]));
            rest = &rest[word..];
            let between = rest.find(is_of_a_name).unwrap_or(rest.len());
            result.push_str(&rest[..between]);
            rest = &rest[between..];
        }
        result
    }

    /// A recorded command line by today's names: its flags and its subcommand, not their values.
    pub(crate) fn command(&self, line: &str) -> String {
        let mut is_first = true;
        let mut result = Vec::new();
        for word in line.split(' ') {
            let is_variable = is_first && word.contains('=') && !word.starts_with('-');
            let is_name = word.starts_with('-') || (is_first && !is_variable);
            result.push(if is_name { self.name(word) } else { word });
            is_first &= is_variable;
        }
        result.join(" ")
    }
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

#[test]
fn a_new_name_takes_the_place_of_whole_words_only() {
    let renamed =
        Renamed::of("# old\tnew\nmodel-retired\tretired\n--request\t--body\ndrift\tusage --accuracy\n");
    assert_eq!(
        renamed.outcome("0.1 proven; auto, model-retired, model-retired-x"),
        "0.1 proven; auto, retired, model-retired-x"
    );
    assert_eq!(renamed.command("A=1 drift --request drift"), "A=1 usage --accuracy --body drift");
}
