//! How far a batch is: one line on stderr, rewritten in place and gone at the end.
//!
//! For one line a library of progress bars brings more than it saves.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::args::BatchArgs;
use crate::report::grouped;

/// What takes no longer shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the line is rewritten.
const EVERY: Duration = Duration::from_millis(200);
/// Back to the start of the line, and the rest of it emptied.
const CLEAR: &str = "\r\u{1b}[K";

/// The line on stderr.
pub(super) struct Progress {
    is_on: bool,
    begin: Instant,
    /// When it is written next.
    due: Duration,
    is_there: bool,
}

impl Progress {
    /// A line that is shown where stderr is a terminal and stdout is not: rows on a
    /// terminal show themselves how far it is.
    pub(super) fn new(args: &BatchArgs) -> Progress {
        let watched = io::stderr().is_terminal() && !io::stdout().is_terminal();
        Progress {
            is_on: args.progress || (watched && !args.no_progress),
            begin: Instant::now(),
            due: if args.progress { Duration::ZERO } else { PATIENCE },
            is_there: false,
        }
    }

    /// Shows how many rows are done, and of the input how much of how much.
    pub(super) fn show(&mut self, rows: u64, passed: (u64, Option<u64>)) {
        if !self.is_on {
            return;
        }
        let time = self.begin.elapsed();
        if time < self.due {
            return;
        }
        self.due = time + EVERY;
        self.is_there = true;
        // A failure here has no place to be reported.
        let _ = write!(io::stderr().lock(), "{CLEAR}imgcost: {}", line(rows, time, passed));
    }

    /// Takes the line away.
    pub(super) fn end(&mut self) {
        if std::mem::take(&mut self.is_there) {
            let _ = write!(io::stderr().lock(), "{CLEAR}");
        }
        self.is_on = false;
    }
}

fn line(rows: u64, time: Duration, (passed, all): (u64, Option<u64>)) -> String {
    let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = rows.saturating_mul(1000) / milliseconds;
    let mut text = format!("{} rows, {} rows/s", grouped(rows), grouped(rate));
    if let Some(all) = all.filter(|all| *all > 0) {
        let percent = u128::from(passed.min(all)) * 100 / u128::from(all);
        text.push_str(&format!(", {percent} %"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_has_rows_rate_and_share() {
        let second = Duration::from_secs(2);
        assert_eq!(line(1_234_567, second, (50, Some(200))), "1,234,567 rows, 617,283 rows/s, 25 %");
        assert_eq!(line(999, second, (50, None)), "999 rows, 499 rows/s");
        assert_eq!(line(0, Duration::ZERO, (9, Some(0))), "0 rows, 0 rows/s");
    }
}
