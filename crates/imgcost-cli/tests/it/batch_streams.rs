//! Batches as streams: readers that go away, full disks, progress, and memory that does not grow.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};

use crate::common::{program, run_with, words};

const GOOD: &str =
    "{\"model\":\"gpt-image-2\",\"quality\":\"high\",\"size\":\"1024x1024\",\"prompt_tokens\":5}\n";

/// How `imgcost batch` ends, and what it prints, when its reader goes away after one line.
fn reader_gone(options: &str, rows: &str) -> (i32, String) {
    let mut child = program()
        .args(words(&format!("batch - -f jsonl {options}")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let rows = rows.as_bytes().to_vec();
    let writer = std::thread::spawn(move || drop(input.write_all(&rows)));
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut String::new()).unwrap();
    drop(output);
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_reader_that_goes_away_hides_nothing_of_what_was_found() {
    for threads in ["", "--threads 2"] {
        let good = GOOD.repeat(8_000);
        let (code, stderr) = reader_gone(threads, &good);
        assert_eq!(code, 0, "{stderr}");
        assert!(stderr.contains("the reader of the output went away after "), "{stderr}");
        // The first row is in error.
        assert_eq!(reader_gone(threads, &format!("{{oops\n{good}")).0, 4);
        // A cap is for all rows, read or not: the last one breaks it.
        let (code, stderr) = reader_gone(&format!("{threads} --cap 1700"), &GOOD.repeat(8_200));
        assert_eq!(code, 3, "{stderr}");
        assert!(stderr.contains("over the cap of $1,700.00"), "{stderr}");
        let (code, stderr) = reader_gone(&format!("{threads} --cap 1000000"), &format!("{good}oops\n"));
        assert_eq!(code, 4, "{stderr}");
        assert!(stderr.contains("8,001 rows") && !stderr.contains("went away"), "{stderr}");
        // Over the cap at once: the rest of the rows changes nothing.
        assert_eq!(reader_gone(&format!("{threads} --cap 0.1"), &good).0, 3);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure() {
    for threads in ["1", "2"] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut child = program()
            .args(words(&format!("batch - -f csv --threads {threads}")))
            .stdin(Stdio::piped())
            .stdout(full)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(GOOD.repeat(5_000).as_bytes());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(5));
        assert!(String::from_utf8_lossy(&output.stderr).contains("can't write the output"));
    }
}

#[test]
fn progress_is_a_line_that_goes_away() {
    let rows = GOOD.repeat(3_000);
    let ran = run_with(&words("batch - -f csv --progress"), rows.as_bytes());
    let (shown, rest) = ran.stderr.rsplit_once("\r\u{1b}[K").unwrap();
    assert!(shown.contains(" rows, ") && shown.contains(" rows/s"), "{shown:?}");
    assert_eq!(rest.lines().count(), 1);
    assert!(rest.starts_with("imgcost: 3,000 rows: $"), "{rest:?}");
    // Nobody looks at a pipe.
    for quiet in ["", "--no-progress"] {
        let ran = run_with(&words(&format!("batch - -f csv {quiet}")), rows.as_bytes());
        assert!(!ran.stderr.contains('\r'), "{quiet}: {:?}", ran.stderr);
    }
}

/// The most memory that a process has held, in KiB.
#[cfg(target_os = "linux")]
fn peak(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_rows() {
    for threads in ["1", "3"] {
        let mut child = program()
            .args(words(&format!(
                "batch - --input-format csv -f csv --summary --by model,tag:run --threads {threads}"
            )))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut output = child.stdout.take().unwrap();
        let reader = std::thread::spawn(move || std::io::copy(&mut output.by_ref(), &mut std::io::sink()));
        input.write_all(b"model,quality,size,prompt_tokens,tag:run\n").unwrap();
        let mut row = 0_u64;
        let mut write = |rows: u64| {
            let mut text = String::new();
            for _ in 0..rows {
                row += 1;
                text.push_str(&format!("gpt-image-2,high,1024x1024,{},r{}\n", row % 500, row % 20_000));
            }
            input.write_all(text.as_bytes()).unwrap();
        };
        write(20_000);
        let before = peak(&child);
        for _ in 0..6 {
            write(20_000);
        }
        let after = peak(&child);
        drop(input);
        assert!(child.wait().unwrap().success());
        reader.join().unwrap().unwrap();
        // Seven times the rows; 6 MB is room for what the allocator and the kernel round up.
        assert!(after < before + 6_000, "{threads} threads: {before} KiB, then {after} KiB");
    }
}
