//! Whole processes against the project's bars: `scripts/bench process`.
//!
//! - the first command against an empty Rust program (bar: 1.8x), and with a prompt (bar: 5 ms
//!   more);
//! - `imgcost batch`, rows a second on one core (bar: 500,000 with CSV out and totals), and in
//!   two threads;
//! - its memory over 10,000,000 rows from a pipe (bar: none more than after the first million).
//!
//! It measures `imgcost` of the profile `dist`, which the script builds first.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const STARTS: usize = 400;
const ROWS: usize = 1_000_000;

fn main() {
    let imgcost = dist_binary();
    let empty = Path::new(env!("CARGO_BIN_EXE_empty"));
    let quote = ["--quality", "high", "--size", "1536x1024", "-n", "4", "--as-of", "2026-11-21"];
    let prompt = "a red apple on a wooden table, studio light, 85 mm";
    let with_prompt: Vec<&str> = quote.iter().copied().chain(["--prompt", prompt]).collect();
    // In turns, so that whatever else the machine does falls on all alike.
    let mut times: [Vec<Duration>; 3] = Default::default();
    for _ in 0..STARTS {
        for (index, (program, arguments)) in
            [(empty, &[][..]), (imgcost.as_path(), &quote[..]), (imgcost.as_path(), &with_prompt[..])]
                .iter()
                .enumerate()
        {
            times[index].push(run(Command::new(program).args(*arguments)));
        }
    }
    let [empty, plain, prompted] = times.map(median);
    let ratio = plain.as_secs_f64() / empty.as_secs_f64();
    println!("start    empty program {empty:.0?}, first command {plain:.0?}: {ratio:.2}x (bar 1.8x)");
    println!("start    with a prompt {prompted:.0?}: {:.2?} more (bar 5 ms)", prompted.saturating_sub(plain));
    println!("size     {:.2} MB (bar 8 MB)", std::fs::metadata(&imgcost).unwrap().len() as f64 / 1e6);
    for (name, input) in [("csv", csv_rows()), ("jsonl", json_rows())] {
        for options in ["-f csv", "-f csv --by model,quality --by size", "-f json"] {
            let one = batch(&imgcost, name, &input, options);
            println!("batch    {name} in, {options}: {one:.0} rows/s");
            let two = batch(&imgcost, name, &input, &format!("{options} --threads 2"));
            println!("batch    the same in two threads: {two:.0} rows/s, {:.2}x", two / one);
        }
    }
    memory(&imgcost);
}

fn dist_binary() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let path = own.ancestors().nth(3).unwrap().join("dist/imgcost");
    assert!(path.exists(), "{} does not exist: run scripts/bench process", path.display());
    path
}

fn run(command: &mut Command) -> Duration {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let begin = Instant::now();
    let status = command.status().unwrap();
    let time = begin.elapsed();
    assert!(status.success(), "{command:?}");
    time
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

const CHOICES: [(&str, &str, &str); 4] = [
    ("gpt-image-2", "high", "1536x1024"),
    ("gpt-image-1", "medium", "1024x1024"),
    ("gpt-image-2.5-flare", "max", "2048x2048"),
    ("gpt-image-2", "low", "1024x1792"),
];

fn csv_rows() -> String {
    let mut text = String::from("id,model,quality,size,n,prompt_tokens\n");
    for row in 0..ROWS {
        let (model, quality, size) = CHOICES[row % CHOICES.len()];
        writeln!(text, "r{row},{model},{quality},{size},{},{}", 1 + row % 10, row % 500).unwrap();
    }
    text
}

fn json_rows() -> String {
    let mut text = String::new();
    for row in 0..ROWS {
        let (model, quality, size) = CHOICES[row % CHOICES.len()];
        let (n, tokens) = (1 + row % 10, row % 500);
        writeln!(
            text,
            r#"{{"id":"r{row}","model":"{model}","quality":"{quality}","size":"{size}","n":{n},"prompt_tokens":{tokens}}}"#
        )
        .unwrap();
    }
    text
}

/// The rows a second of the best of three runs.
fn batch(imgcost: &Path, name: &str, input: &str, options: &str) -> f64 {
    let file = std::env::temp_dir().join(format!("imgcost-bench-{}.{name}", std::process::id()));
    std::fs::write(&file, input).unwrap();
    let best = (0..3)
        .map(|_| {
            let mut command = Command::new(imgcost);
            run(command.arg("batch").arg(&file).args(options.split(' ')).args(["--as-of", "2026-11-21"]))
        })
        .min()
        .unwrap();
    std::fs::remove_file(&file).unwrap();
    ROWS as f64 / best.as_secs_f64()
}

/// Ten million rows through a pipe: what the process held at most after the first and after the
/// last million.
fn memory(imgcost: &Path) {
    let rows = csv_rows();
    let (header, rows) = rows.split_once('\n').unwrap();
    for threads in ["1", "2"] {
        let line = format!("batch - --input-format csv -f csv --by model,quality --threads {threads}");
        let mut child = Command::new(imgcost)
            .args(line.split(' '))
            .args(["--as-of", "2026-11-21"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let begin = Instant::now();
        writeln!(input, "{header}").unwrap();
        input.write_all(rows.as_bytes()).unwrap();
        let first = peak(child.id());
        for _ in 1..10 {
            input.write_all(rows.as_bytes()).unwrap();
        }
        let last = peak(child.id());
        drop(input);
        assert!(child.wait().unwrap().success());
        let rate = 10.0 * ROWS as f64 / begin.elapsed().as_secs_f64();
        println!(
            "memory   10,000,000 rows, {threads} thread(s): {first} KiB after the first million, {last} after the last, {rate:.0} rows/s"
        );
    }
}

/// The most memory that a process has held, in KiB; 0 where that can't be told.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
