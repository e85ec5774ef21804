//! docs/reference.md lists every schema id and every code, and no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The sources of the crates below this one's, and of this one.
fn sources() -> Vec<(PathBuf, String)> {
    fn add(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                add(&path, files);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(repository().join("crates")).unwrap() {
        let folder = entry.unwrap().path().join("src");
        if folder.is_dir() {
            add(&folder, &mut files);
        }
    }
    assert!(files.len() > 100, "{}", files.len());
    files
}

/// The texts in quotation marks of some lines.
fn quoted(text: &str, is_wanted: impl Fn(&str) -> bool) -> impl Iterator<Item = &str> {
    text.lines().filter(move |line| is_wanted(line)).filter_map(|line| {
        let at = line.find("=> \"").map(|at| at + 4).or_else(|| line.find("code: \"").map(|at| at + 7))?;
        line[at..].split('"').next()
    })
}

/// The codes that notes and findings are made with, also on the line below.
fn constructed(text: &str) -> impl Iterator<Item = &str> {
    let made = ["Note::new(", "Finding::new("].into_iter().flat_map(|new| text.split(new).skip(1));
    made.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
}

/// The names in backticks in the first column of the tables below a heading.
fn listed(heading: &str) -> BTreeSet<String> {
    let document = fs::read_to_string(repository().join("docs/reference.md")).unwrap();
    let (_, section) = document.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let cells = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let names: BTreeSet<String> =
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect();
    assert!(names.len() > 5, "{names:?}");
    names
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

fn same(found: BTreeSet<String>, listed: &BTreeSet<String>) {
    let missing: Vec<_> = found.difference(listed).collect();
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "not in the document: {missing:?}; not in the code: {gone:?}"
    );
}

#[test]
fn every_schema_id_is_listed() {
    let mut found = BTreeSet::new();
    for (_, text) in sources() {
        for part in text.split("\"imgcost.").skip(1) {
            let id = part.split('"').next().unwrap();
            if let Some(name) = id.strip_suffix("/1").filter(|name| is_code(name)) {
                found.insert(format!("imgcost.{name}/1"));
            }
        }
    }
    // The files that people write are listed below the table.
    for file in ["prices", "families", "sources", "measured", "policy"] {
        assert!(found.remove(&format!("imgcost.{file}/1")), "{file}");
    }
    same(found, &listed("Schemas"));
}

#[test]
fn every_code_of_a_note_is_listed() {
    let mut found = BTreeSet::new();
    for (_, text) in sources() {
        let codes = quoted(&text, |line| {
            (line.contains("NoteKind::") && line.contains("=> \"")) || line.contains(" code: \"")
        });
        found.extend(codes.chain(constructed(&text)).filter(|code| is_code(code)).map(str::to_owned));
    }
    found.insert("model-defaulted".to_owned());
    same(found, &listed("Notes"));
}

#[test]
fn every_code_of_an_error_is_listed() {
    let mut found = BTreeSet::new();
    for (path, text) in sources() {
        let name = path.file_name().unwrap().to_str().unwrap();
        if !matches!(name, "error.rs" | "refusal.rs") {
            continue;
        }
        let is_arm = |line: &str| {
            ["Code::", "Error::", "Refusal::", "HoldError::"].iter().any(|kind| line.contains(kind))
        };
        found.extend(quoted(&text, is_arm).filter(|code| is_code(code)).map(str::to_owned));
    }
    same(found, &listed("Errors"));
}
