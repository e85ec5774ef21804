//! Where results come together: written in order, added up, held against the cap.

use std::io::{self, ErrorKind, StdoutLock, Write};

use imgcost_analysis::RowSum;
use imgcost_analysis::currency::Exchange;
use imgcost_core::Usd;

use super::progress::Progress;
use super::sums;
use super::tables::Tables;
use super::totals::GROUPS_MAX;
use super::work::Work;
use super::write::Writer;
use crate::failure::{End, Failure, say};

/// The most lines that the Batch API takes in a file.
const BATCH_LINES_MAX: u64 = 50_000;

/// What has come of the rows so far.
pub(super) struct Tally {
    out: StdoutLock<'static>,
    /// Whether the reader of the output went away.
    is_gone: bool,
    cap: Option<Usd>,
    sums: RowSum,
    tables: Tables,
    batch_lines: u64,
    progress: Progress,
}

impl Tally {
    /// Nothing yet.
    pub(super) fn new(cap: Option<Usd>, tables: Tables, progress: Progress) -> Tally {
        let out = io::stdout().lock();
        Tally { out, is_gone: false, cap, sums: RowSum::default(), tables, batch_lines: 0, progress }
    }

    /// Takes what came of a piece.
    ///
    /// # Errors
    /// The output can't be written.
    pub(super) fn take(&mut self, work: &mut Work, passed: (u64, Option<u64>)) -> Result<(), Failure> {
        if let Some(failure) = work.failure.take() {
            return Err(failure);
        }
        self.sums.merge(&work.sums);
        self.tables.merge(&work.groups);
        self.batch_lines += work.batch_lines;
        self.write(&work.out)?;
        self.progress.show(self.sums.rows, passed);
        Ok(())
    }

    /// Writes, as long as somebody reads.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if self.is_gone {
            return Ok(());
        }
        match self.out.write_all(bytes).and_then(|()| self.out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.is_gone = true;
                Ok(())
            }
            other => Ok(other?),
        }
    }

    /// Whether more rows would change nothing: nobody reads on, and the cap has its response.
    pub(super) fn is_done(&self) -> bool {
        self.is_gone && self.cap.is_none_or(|cap| self.sums.ceiling().is_none_or(|ceiling| ceiling > cap))
    }

    /// Takes the line of progress away.
    pub(super) fn quiet(&mut self) {
        self.progress.end();
    }

    /// Says what the rows come to, and how the program ends. What was found out of them counts,
    /// whether or not somebody reads on.
    ///
    /// # Errors
    /// The output can't be written.
    pub(super) fn end(
        mut self,
        all_rows: bool,
        writer: &mut Writer,
        summary: bool,
        exchange: Option<&Exchange>,
    ) -> Result<End, Failure> {
        if summary {
            let mut out = Vec::new();
            writer.summary(&mut out, &self.sums, exchange, &self.tables)?;
            self.write(&out)?;
        }
        let stopped = if all_rows { "" } else { "the reader of the output went away after " };
        say(&format!("imgcost: {stopped}{}", sums::words(&self.sums, exchange)));
        let are_shown = summary && writer.shows_groups();
        if !are_shown {
            // There is nobody to tell if that fails.
            let _ = io::stderr().lock().write_all(self.tables.text().as_bytes());
        }
        self.notes();
        let complete = if self.sums.is_complete() { End::Done } else { End::Incomplete };
        Ok(complete.and(self.cap.map_or(End::Done, |cap| self.hold_against(cap))))
    }

    fn notes(&self) {
        if self.tables.is_cut() {
            say(&format!(
                "imgcost: more than {GROUPS_MAX} groups, or names longer than there is room for: (other) has the rest, and all rows are in the sums"
            ));
        }
        if self.batch_lines > BATCH_LINES_MAX {
            say(&format!(
                "imgcost: {} lines of the Batch API: it takes {BATCH_LINES_MAX} in a file",
                self.batch_lines
            ));
        }
    }

    fn hold_against(&self, cap: Usd) -> End {
        let Some(ceiling) = self.sums.ceiling() else {
            say(&format!(
                "imgcost: over the cap of ${cap}: the rows have no known ceiling, as one has no price or no prompt"
            ));
            return End::Over;
        };
        let Some(excess) = ceiling.checked_sub(cap).filter(|excess| *excess > Usd::ZERO) else {
            return End::Done;
        };
        let dearest = self.tables.dearest().and_then(|(name, sums)| {
            let ceiling = sums::document(sums, None).total.ceiling?;
            Some(format!("; dearest is {name}, up to ${ceiling}"))
        });
        // What a row in error would cost is not known: it is not in the ceiling.
        let rows = if self.sums.is_complete() { "the rows" } else { "the rows not in error" };
        say(&format!(
            "imgcost: over the cap of ${cap}: {rows} may cost up to ${ceiling}, ${excess} more{}",
            dearest.unwrap_or_default()
        ));
        End::Over
    }
}
