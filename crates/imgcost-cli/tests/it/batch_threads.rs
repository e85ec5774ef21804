//! Batches in several threads: the same bytes, in the same order, whatever happens.

use std::fmt::Write as _;

use crate::common::{file, folder, run, run_with, words};

/// Numbers that only look random.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }

    /// Mostly one of the first three: those are good.
    fn one<'c>(&mut self, choices: &[&'c str]) -> &'c str {
        let among = if self.roll(20) == 0 { choices.len() } else { 3 };
        choices[self.roll(among)]
    }
}

const MODELS: &[&str] =
    &["gpt-image-2", "gpt-image-1", "gpt-image-1.5", "gpt-image-2.6-flare", "gpt-image-9", ""];
const QUALITIES: &[&str] = &["low", "medium", "high", "auto", "best", ""];
const SIZES: &[&str] = &["1024x1024", "1536x1024", "auto", "1000x1000", "big", ""];
const COUNTS: &[&str] = &["1", "2", "10", "11", "-1", ""];
const TEAMS: &[&str] = &["red", "blue", "\"a,\"\"b\"", "\"two\nlines\"", ""];

fn csv(rows: usize) -> String {
    let mut dice = Dice(4);
    let mut text = String::from("id,model,quality,size,n,prompt_tokens,tag:team\n");
    for row in 0..rows {
        match dice.roll(200) {
            0 => writeln!(text, "{row},gpt-image-2").unwrap(),
            1 => writeln!(text, "{row},\"gpt-image-2").unwrap(),
            2 => text.push('\n'),
            _ => {
                let (model, quality) = (dice.one(MODELS), dice.one(QUALITIES));
                let (size, count, team) = (dice.one(SIZES), dice.one(COUNTS), dice.one(TEAMS));
                writeln!(text, "{row},{model},{quality},{size},{count},{},{team}", dice.roll(500)).unwrap();
            }
        }
    }
    text
}

fn json(rows: usize) -> String {
    let mut dice = Dice(5);
    let mut text = String::new();
    for row in 0..rows {
        let (model, quality, size) =
            (dice.one(&MODELS[..5]), dice.one(&QUALITIES[..5]), dice.one(&SIZES[..5]));
        match dice.roll(50) {
            0 => text.push_str("not json\n"),
            1 => writeln!(text, "{{\"id\":\"r{row}\",\"modle\":\"{model}\"}}").unwrap(),
            2 => writeln!(text, "{{\"custom_id\":\"r{row}\",\"method\":\"POST\",\"url\":\"/v1/images/generations\",\"body\":{{\"model\":\"{model}\",\"prompt\":\"x y z\",\"quality\":\"{quality}\",\"size\":\"{size}\"}}}}").unwrap(),
            3 => writeln!(text, "{{\"model\":\"gpt-image-2\",\"prompt\":\"{}\"}}", "word ".repeat(dice.roll(9_000))).unwrap(),
            _ => writeln!(
                text,
                "{{\"id\":\"r{row}\",\"model\":\"{model}\",\"quality\":\"{quality}\",\"size\":\"{size}\",\"n\":{},\"tags\":{{\"team\":\"t{}\"}}}}",
                dice.roll(12),
                dice.roll(40)
            )
            .unwrap(),
        }
    }
    text
}

/// Whether so many threads write what one does.
fn same(path: &str, format: &str, threads: &[&str]) {
    let ran = |threads: &str| {
        let totals = "--summary --by model,tag:team --by quality";
        let line = format!("-f {format} {totals} --threads {threads}");
        let mut arguments = vec!["batch", path];
        arguments.extend(words(&line));
        run(&arguments)
    };
    let one = ran("1");
    assert_eq!(one.code, 4, "{}", one.stderr);
    for threads in threads {
        let more = ran(threads);
        assert_eq!((one.code, &one.stderr), (more.code, &more.stderr), "{path} {format} {threads}");
        assert!(one.stdout == more.stdout, "{path} {format} {threads}: the output differs");
    }
}

#[test]
fn threads_change_no_byte_of_100_000_rows() {
    let folder = folder("threads-many");
    same(&file(&folder, "rows.csv", csv(100_000)), "csv", &["3"]);
}

#[test]
fn threads_change_no_byte_in_any_format() {
    let folder = folder("threads");
    let csv = file(&folder, "rows.csv", csv(6_000));
    let json = file(&folder, "rows.jsonl", json(4_000));
    for (path, format) in [(&csv, "csv"), (&csv, "table"), (&json, "json"), (&json, "tsv"), (&json, "md")] {
        same(path, format, &["2", "7"]);
    }
    same(&json, "csv", &["0"]);
}

#[test]
fn threads_are_a_whole_number() {
    for threads in ["-1", "x", "1.5", "257", ""] {
        let ran = run_with(&["batch", "-", "-f", "json", &format!("--threads={threads}")], b"{}\n");
        assert_eq!(ran.code, 2, "{threads}: {ran:?}");
        assert_eq!(ran.json()["error"]["field"], "threads", "{threads}");
    }
    assert_eq!(run_with(&words("batch - --threads 256"), b"{\"model\":\"gpt-image-2\"}\n").code, 0);
}
