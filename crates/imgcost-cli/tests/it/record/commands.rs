//! Command lines, run as a user runs them.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::held::{Entry, Held, hold, home};
use super::outcome;
use super::renamed::Renamed;
use crate::common::{Ran, finish, folder, now, program};

/// When the first of them is run: on the day of the record, in the morning.
const START: &str = "2026-11-30T09:00:00Z";
/// What begins a command line.
const PROMPT: char = '$';
/// What begins a group of them: it has a folder of its own, with the files of the record.
const GROUP: &str = "# ";
/// Where the files of command lines are.
const FOLDER: &str = "commands";

/// A group: its title, and command lines with what the record has of each.
struct Group {
    title: String,
    entries: Vec<Entry>,
}

#[test]
fn commands_end_as_the_record_has_it() {
    let renamed = Renamed::read();
    let files = fs::read_dir(home().join(FOLDER)).unwrap();
    let paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    // Each file in a thread of its own: most of the time goes to starting the program.
    let files = std::thread::scope(|scope| {
        let running: Vec<_> = paths.iter().map(|path| scope.spawn(|| run(path, &renamed))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    hold(&files);
}

/// Runs the command lines of a file; its name, and what came of it.
fn run(path: &Path, renamed: &Renamed) -> (String, Held) {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let mut file = Held::default();
    for (number, group) in groups(&fs::read_to_string(path).unwrap(), renamed).into_iter().enumerate() {
        let mut place = Place::new(&format!("record-{name}-{number}"));
        file.text.push_str(if number == 0 { "" } else { "\n" });
        writeln!(file.text, "{GROUP}{}", group.title).unwrap();
        for (line, was) in group.entries {
            let is = place.run(&line);
            write!(file.text, "{}\n{is}", format!("{PROMPT} {line}").trim_end()).unwrap();
            let asked = format!("{}: {line}", group.title);
            file.now.push((asked.clone(), in_order(&is)));
            file.known.push((asked, in_order(&was)));
        }
    }
    (format!("{FOLDER}/{name}.txt"), file)
}

/// The lines of an outcome in an order that no new name changes.
fn in_order(outcome: &str) -> String {
    let mut lines: Vec<&str> = outcome.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// Reads a file of the record, by today's names.
fn groups(text: &str, renamed: &Renamed) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(title) = line.strip_prefix(GROUP) {
            groups.push(Group { title: title.to_owned(), entries: Vec::new() });
            continue;
        }
        let group = groups.last_mut().expect("a file of the record begins with a group");
        if let Some(command) = line.strip_prefix(PROMPT) {
            group.entries.push((renamed.command(command.trim()), String::new()));
        } else {
            let outcome = &mut group.entries.last_mut().expect("an outcome follows its command").1;
            outcome.push_str(&renamed.outcome(line));
            outcome.push('\n');
        }
    }
    groups
}

/// Where a group of commands is run.
struct Place {
    folder: PathBuf,
    /// The hold that was made last.
    hold: String,
}

impl Place {
    fn new(name: &str) -> Place {
        let folder = folder(name);
        for file in fs::read_dir(home().join("files")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), folder.join(file.file_name())).unwrap();
        }
        Place { folder, hold: "h_00000000000000000000000000000000".to_owned() }
    }

    /// Runs a line: variables of the environment, the command's words, and `< FILE` for its input.
    /// `{hold}` is the hold that was made last.
    fn run(&mut self, line: &str) -> String {
        let line = line.replace("{hold}", &self.hold);
        let (line, stdin) = match line.split_once(" < ") {
            Some((line, file)) => (line.to_owned(), fs::read(self.folder.join(file)).unwrap()),
            None => (line, Vec::new()),
        };
        let words = words(&line);
        let is_variable =
            |word: &&String| word.contains('=') && word.starts_with(|c: char| c.is_ascii_uppercase());
        let variables: Vec<&String> = words.iter().take_while(is_variable).collect();
        let mut command = program();
        command.current_dir(&self.folder).env_remove("IMGCOST_AS_OF").env("IMGCOST_NOW", now(START));
        command.env("IMGCOST_LEDGER", self.folder.join("ledger.db")).env("IMGCOST_BY", "tester");
        command.envs(variables.iter().map(|word| word.split_once('=').unwrap()));
        let ran = finish(command.args(&words[variables.len()..]), &stdin);
        self.remember(&ran);
        let files: Vec<&str> = words
            .windows(2)
            .filter(|pair| matches!(pair[0].as_str(), "-o" | "--sarif") && pair[1] != "-")
            .map(|pair| pair[1].as_str())
            .collect();
        outcome::of(&ran, &self.folder, &files)
    }

    fn remember(&mut self, ran: &Ran) {
        let document: Option<serde_json::Value> = serde_json::from_str(&ran.stdout).ok();
        if let Some(hold) = document.as_ref().and_then(|document| document["hold"].as_str()) {
            hold.clone_into(&mut self.hold);
        }
    }
}

/// Splits a line into words; single and double quotes keep spaces.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match quote {
            Some(mark) if c == mark => quote = None,
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c == ' ' => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
