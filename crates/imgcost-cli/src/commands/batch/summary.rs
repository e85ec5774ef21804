//! Where results come together: written in order, added up, compared with the cap.

use std::io::{self, ErrorKind, Write};

use imgcost_analysis::currency::Exchange;
use imgcost_analysis::jobs::Met;
use imgcost_analysis::{RowSum, Volume};
use imgcost_core::Usd;

use super::chunk::Chunk;
use super::groups::{GROUPS_MAX, Groupings};
use super::priced;
use super::progress::Progress;
use super::said::Said;
use super::write::Writer;
use crate::commands::sums::{self, counted};
use crate::failure::{End, Failure, say};
use crate::report::{self, Format, Report, Sink, Table, has_room_for, money, report_bytes};
use crate::terminal::{self, Style};
use crate::volume::Per;

/// The most lines that the Batch API takes in a file.
const BATCH_LINES_MAX: u64 = 50_000;

/// What has come of the rows so far.
pub(super) struct Summary {
    /// Standard output first, then the files.
    outputs: Vec<(Format, Sink)>,
    /// Whether the reader of standard output went away.
    is_gone: bool,
    /// The rows of outputs that are written at the end.
    kept: Vec<report::Row<'static>>,
    cap: Option<Usd>,
    require_proven: bool,
    sums: RowSum,
    groups: Groupings,
    /// Whether a row was written.
    has_rows: bool,
    met: Met,
    said: Said,
    /// The name of the file, for its errors.
    pub(super) file: String,
    /// What the total is for.
    pub(super) per: Option<Per>,
    batch_lines: u64,
    progress: Progress,
}

impl Summary {
    /// Nothing yet.
    pub(super) fn new(
        outputs: Vec<(Format, Sink)>,
        (cap, require_proven): (Option<Usd>, bool),
        groups: Groupings,
        progress: Progress,
    ) -> Summary {
        let (is_gone, kept, sums, batch_lines) = (false, Vec::new(), RowSum::default(), 0);
        let (met, said, file, per) = (Met::default(), Said::default(), String::new(), None);
        Summary {
            outputs,
            is_gone,
            kept,
            cap,
            require_proven,
            sums,
            groups,
            has_rows: false,
            met,
            said,
            file,
            per,
            batch_lines,
            progress,
        }
    }

    /// Takes what came of a chunk.
    ///
    /// # Errors
    /// An output can't be written, or has no room for so many rows.
    pub(super) fn take(&mut self, chunk: &mut Chunk, passed: (u64, Option<u64>)) -> Result<(), Failure> {
        if let Some(failure) = chunk.failure.take() {
            return Err(failure);
        }
        self.sums.merge(&chunk.sums);
        self.groups.merge(&chunk.groups);
        self.met.merge(&chunk.met);
        self.said.merge(&mut chunk.said);
        self.batch_lines += chunk.batch_lines;
        self.kept.append(&mut chunk.kept);
        for (format, _) in &self.outputs {
            has_room_for(*format, self.kept.len())?;
        }
        for (at, bytes) in chunk.out.iter().enumerate() {
            // The rows of a document have commas between them.
            let first =
                !self.has_rows && self.outputs.get(at).is_some_and(|(format, _)| *format == Format::Json);
            self.write(at, if first { bytes.strip_prefix(b",").unwrap_or(bytes) } else { bytes })?;
        }
        self.has_rows |= chunk.out.iter().any(|bytes| !bytes.is_empty());
        self.progress.show(self.sums.rows, passed);
        Ok(())
    }

    /// Writes to an output, as long as it has a reader.
    pub(super) fn write(&mut self, at: usize, bytes: &[u8]) -> Result<(), Failure> {
        let Some((_, sink)) = self.outputs.get_mut(at) else { return Ok(()) };
        if at == 0 && self.is_gone {
            return Ok(());
        }
        match sink.write(bytes) {
            Err(Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => {
                self.is_gone = true;
                Ok(())
            }
            other => other,
        }
    }

    /// Whether more rows would change nothing: the reader is gone, there is no file, and the limits
    /// are broken already.
    pub(super) fn is_done(&self) -> bool {
        let is_over = |cap| self.sums.ceiling().is_none_or(|ceiling| ceiling > cap);
        self.is_gone
            && self.outputs.len() == 1
            && self.cap.is_none_or(is_over)
            && !(self.require_proven && self.is_proven())
    }

    /// What the rows come to, in a line.
    fn words(&self, exchange: Option<&Exchange>) -> String {
        let rows = counted(self.sums.rows, "row");
        if self.sums.rows == 0 {
            return rows;
        }
        if sums::is_once_each(&self.sums) && self.per.is_none() {
            return format!("{rows}: {}", sums::words(&self.sums, exchange));
        }
        let calls = self.sums.calls;
        let per = self.per.map_or_else(String::new, |per| format!(" a {}", per.as_str()));
        let bill = sums::bill_words(&self.sums, exchange);
        format!("{rows}, {calls} call{}{per}: {bill}", if calls == Volume::ONCE { "" } else { "s" })
    }

    fn is_proven(&self) -> bool {
        self.sums.total().is_proven()
    }

    /// What the rows so far were found to have.
    pub(super) fn met(&self) -> &Met {
        &self.met
    }

    /// Takes the line of progress away.
    pub(super) fn quiet(&mut self) {
        self.progress.end();
    }

    /// Tells what the rows come to, and how the program ends. What was found out of them counts,
    /// whether or not the reader is gone.
    ///
    /// # Errors
    /// An output can't be written.
    pub(super) fn end(
        mut self,
        all_rows: bool,
        writers: &mut [Writer],
        summary: bool,
        exchange: Option<&Exchange>,
    ) -> Result<End, Failure> {
        let words = self.words(exchange);
        for (at, writer) in writers.iter_mut().enumerate() {
            let Some((format, _)) = self.outputs.get(at) else { continue };
            let format = *format;
            let bytes = if format.is_json() {
                let sums = sums::document(&self.sums, self.per, exchange);
                writer.end(sums, &self.groups)?
            } else {
                report_bytes(format, &self.below(format, writer, summary, &words))?
            };
            self.write(at, &bytes)?;
        }
        std::mem::take(&mut self.outputs).into_iter().try_for_each(|(_, sink)| sink.place())?;
        let stdout = writers.first();
        if stdout.is_some_and(Writer::is_for_people) {
            self.said.errors(&self.file).for_each(|line| say(&line));
        }
        if !(summary && all_rows && stdout.is_some_and(Writer::is_for_people)) {
            let stopped = if all_rows { "" } else { "the reader of the output went away after " };
            say(&terminal::on_stderr(Style::Total, &format!("imgcost: {stopped}{words}")));
        }
        if !stdout.is_some_and(|writer| writer.shows_groups(summary)) {
            let mut groups = Report::default();
            self.groups.report(&mut groups);
            // A failure here has no place to be reported.
            let _ = io::stderr().lock().write_all(&report_bytes(Format::Table, &groups)?);
        }
        self.notes();
        let complete = if self.sums.is_complete() { End::Done } else { End::Incomplete };
        let ended = complete.and(self.cap.map_or(End::Done, |cap| self.within(cap)));
        if self.require_proven && !self.is_proven() {
            say("imgcost: not proven: a row has an assumed ceiling, or none");
            return Ok(ended.and(End::Over));
        }
        Ok(ended)
    }

    /// What an output has below its rows, and where it keeps them, the rows as well.
    fn below(&self, format: Format, writer: &Writer, summary: bool, words: &str) -> Report<'static> {
        let mut report = Report::default();
        if summary {
            report.total(format!("total: {words}"));
            // The one table of csv is that of the groups, where there are any.
            if !format.is_separated() || self.groups.is_empty() {
                report.table(sums::table(&self.sums, self.per));
            }
            self.groups.report(&mut report);
        } else if writer.is_kept() {
            report.heading(format!("imgcost batch: {words}"));
            let table = writer.table();
            let total = (self.sums.rows > 0).then(|| priced::total(&table, &self.sums));
            report.table(Table { rows: self.kept.clone(), total, ..table });
            self.groups.report(&mut report);
        }
        if !format.is_separated() {
            self.said.notes().for_each(|note| report.note(note));
        }
        report
    }

    fn notes(&self) {
        if self.groups.is_cut() {
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

    fn within(&self, cap: Usd) -> End {
        let Some(ceiling) = self.sums.ceiling() else {
            say(&format!(
                "imgcost: over the cap of {}: the rows have no known ceiling, as one has no price or no prompt",
                money(cap)
            ));
            return End::Over;
        };
        let Some(excess) = ceiling.checked_sub(cap).filter(|excess| *excess > Usd::ZERO) else {
            return End::Done;
        };
        let dearest = self.groups.dearest();
        let dearest = dearest.map(|(name, ceiling)| format!("; dearest is {name}, up to {}", money(ceiling)));
        // What a row in error would cost is not known: it is not in the ceiling.
        let rows = if self.sums.is_complete() { "the rows" } else { "the rows not in error" };
        say(&format!(
            "imgcost: over the cap of {}: {rows} may cost up to {}, {} more{}",
            money(cap),
            money(ceiling),
            money(excess),
            dearest.unwrap_or_default()
        ));
        End::Over
    }
}
