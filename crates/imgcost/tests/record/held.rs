//! Text held to what the record has.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// How many differences a failure shows.
const SHOWN: usize = 20;

/// The folder of the record: `tests/record` of the workspace, wherever this crate is in it.
pub(crate) fn home() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = own.ancestors().map(|folder| folder.join("tests/record"));
    folders.into_iter().find(|folder| folder.join("renamed.tsv").exists()).expect("tests/record is missing")
}

/// Something asked, and what came of it.
pub(crate) type Entry = (String, String);

/// The files of one part of the record.
pub(crate) struct Part {
    /// What the record has, by today's names.
    pub(crate) known: BTreeMap<String, Vec<Entry>>,
    /// What holds now, and the text of each file.
    pub(crate) now: BTreeMap<String, (Vec<Entry>, String)>,
}

impl Part {
    /// Fails where what holds now is not what the record has, or writes it there if
    /// `IMGCOST_UPDATE` is set.
    pub(crate) fn hold(&self) {
        if env::var_os("IMGCOST_UPDATE").is_some() {
            self.write(&home());
            return;
        }
        let differences = self.differences();
        if differences.is_empty() {
            return;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("record");
        self.write(&folder);
        let mut text = format!("{} differences from tests/record", differences.len());
        for difference in differences.iter().take(SHOWN) {
            text.push_str(difference);
        }
        if differences.len() > SHOWN {
            write!(text, "\n… and {} more", differences.len() - SHOWN).unwrap();
        }
        panic!(
            "{text}\n\nAll of what holds now: {}\nIf it is meant, run with IMGCOST_UPDATE=1 and give the reason in \
             the commit; a name alone that has changed is a line in tests/record/renamed.tsv.",
            folder.display()
        );
    }

    fn write(&self, folder: &Path) {
        for name in self.known.keys().filter(|name| !self.now.contains_key(*name)) {
            let _ = fs::remove_file(folder.join(name));
        }
        for (name, (_, text)) in &self.now {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    fn differences(&self) -> Vec<String> {
        let mut all = Vec::new();
        let names = self.known.keys().chain(self.now.keys().filter(|name| !self.known.contains_key(*name)));
        for name in names {
            let known = numbered(self.known.get(name).map_or(&[], Vec::as_slice));
            let now = numbered(self.now.get(name).map_or(&[], |(entries, _)| entries.as_slice()));
            let mut keys: Vec<_> =
                known.keys().chain(now.keys().filter(|key| !known.contains_key(*key))).collect();
            keys.sort();
            for key in keys {
                let (was, is) = (known.get(key), now.get(key));
                if was != is {
                    let asked = &key.0;
                    all.push(format!("\n{name}: {asked}\n- {}\n+ {}", shown(was), shown(is)));
                }
            }
        }
        all
    }
}

/// Entries by what was asked; what is asked again and again is numbered.
fn numbered(entries: &[Entry]) -> BTreeMap<(&str, usize), &str> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    let mut result = BTreeMap::new();
    for (asked, outcome) in entries {
        let time = times.entry(asked).or_default();
        result.insert((asked.as_str(), *time), outcome.as_str());
        *time += 1;
    }
    result
}

fn shown(outcome: Option<&&str>) -> String {
    outcome.map_or_else(|| "(nothing)".to_owned(), |outcome| outcome.trim().replace('\n', "\n  "))
}
