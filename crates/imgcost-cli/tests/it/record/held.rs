//! Text held to what the record has.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// How many differences a failure shows.
const SHOWN: usize = 20;
/// Between what is asked and what comes of it, in a file with a line for each.
const BECOMES: &str = " -> ";

/// The folder of the record: `tests/record` of the workspace, wherever this crate is in it.
pub(crate) fn home() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = own.ancestors().map(|folder| folder.join("tests/record"));
    folders.into_iter().find(|folder| folder.join("renamed.tsv").exists()).expect("tests/record is missing")
}

/// Something asked, and what came of it.
pub(crate) type Entry = (String, String);

/// A file of the record.
#[derive(Default)]
pub(crate) struct Held {
    /// What the record has, by today's names.
    pub(crate) known: Vec<Entry>,
    /// What holds now.
    pub(crate) now: Vec<Entry>,
    /// The same as the file is written; empty where nothing of it is left.
    pub(crate) text: String,
}

/// What a folder of the record has in a line for each request, outcomes by today's names.
pub(crate) fn known(folder: &str, today: impl Fn(&str) -> String) -> BTreeMap<String, Held> {
    let Ok(files) = fs::read_dir(home().join(folder)) else { return BTreeMap::new() };
    let read = |file: std::io::Result<fs::DirEntry>| {
        let file = file.unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        let entries = text.lines().map(|line| {
            let (asked, outcome) = line.split_once(BECOMES).unwrap();
            (asked.to_owned(), today(outcome))
        });
        let name = format!("{folder}/{}", file.file_name().to_str().unwrap());
        (name, Held { known: entries.collect(), ..Held::default() })
    };
    files.map(read).collect()
}

/// Fails where what holds now is not what the record has, or writes it there if `IMGCOST_UPDATE`
/// is set. Files are named from the folder of the record.
pub(crate) fn hold(files: &BTreeMap<String, Held>) {
    if env::var_os("IMGCOST_UPDATE").is_some() {
        write_to(&home(), files);
        return;
    }
    let differences: Vec<String> = files.iter().flat_map(|(name, file)| file.differences(name)).collect();
    if differences.is_empty() {
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("record");
    write_to(&folder, files);
    let mut text = format!("{} differences from tests/record\n", differences.len());
    differences.iter().take(SHOWN).for_each(|difference| text.push_str(difference));
    if differences.len() > SHOWN {
        writeln!(text, "\n… and {} more", differences.len() - SHOWN).unwrap();
    }
    panic!(
        "{text}\nAll of what holds now: {}\nIf it is meant, run with IMGCOST_UPDATE=1 and give the reason in \
         the commit; a name alone that has changed is a line in tests/record/renamed.tsv.",
        folder.display()
    );
}

fn write_to(folder: &Path, files: &BTreeMap<String, Held>) {
    for (name, file) in files {
        let path = folder.join(name);
        if file.text.is_empty() {
            let _ = fs::remove_file(path);
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &file.text).unwrap();
        }
    }
}

impl Held {
    /// What holds now, a line for each request.
    pub(crate) fn write(&mut self, entries: BTreeMap<String, String>) {
        for (asked, outcome) in &entries {
            writeln!(self.text, "{asked}{BECOMES}{outcome}").unwrap();
        }
        self.now = entries.into_iter().collect();
    }

    fn differences(&self, name: &str) -> Vec<String> {
        let (known, now) = (numbered(&self.known), numbered(&self.now));
        let keys: BTreeSet<_> = known.keys().chain(now.keys()).collect();
        let differs = keys.into_iter().filter(|key| known.get(key) != now.get(key));
        differs.map(|key| format!("\n{name}: {}\n{}", key.0, changed(known.get(key), now.get(key)))).collect()
    }
}

/// The lines of an outcome that are gone, then those that are new.
fn changed(was: Option<&&str>, is: Option<&&str>) -> String {
    let lines = |outcome: Option<&&'_ str>| -> Vec<String> {
        outcome.map_or_else(Vec::new, |text| text.lines().map(|line| line.trim().to_owned()).collect())
    };
    let (was, is) = (lines(was), lines(is));
    let gone = was.iter().filter(|line| !is.contains(line)).map(|line| format!("- {line}\n"));
    gone.chain(is.iter().filter(|line| !was.contains(line)).map(|line| format!("+ {line}\n"))).collect()
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
