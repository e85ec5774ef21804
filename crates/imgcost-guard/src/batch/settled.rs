//! A batch's hold and its output files as one settlement.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, Read as _};

use imgcost_core::{Book, Code, Error, Event, Outcome, OutcomeResult, Terms, printable};
use imgcost_ledger::{Hold, NanoUsd};
use imgcost_wire::{ApiFailure, Tree, response_of_tree};
use serde::Serialize;

use super::Kept;
use crate::settlement::{self, Bill};

/// The most bytes of a line: responses carry their images.
const LINE_MAX: u64 = 64 << 20;
/// So many notes are kept.
const NOTES_MAX: usize = 8;
/// The codes of the Batch API for a request that it did not run, by the API's description of a
/// batch's output (`BatchRequestOutput`, its `error.code`); by its FAQ (help.openai.com, "Batch API
/// FAQ") only completed work is charged. Its third code, `request_timeout`, may have been billed.
const NOT_RUN: [&str; 2] = ["batch_expired", "batch_cancelled"];

/// What became of a batch's requests, read from its output file and its error file.
pub struct BatchSettlement<'b> {
    book: &'b Book,
    /// A hold for each kind of request, as if it were for that alone, and its terms.
    kinds: Vec<(Hold, String, Terms)>,
    lines: Vec<Line>,
    /// The place of each `custom_id`.
    places: HashMap<String, usize>,
    notes: BTreeMap<String, u64>,
    was_read: bool,
}

/// One request.
struct Line {
    kind: usize,
    ceiling: NanoUsd,
    /// What each response cost, by its id: one that is read twice counts once.
    billed: BTreeMap<String, NanoUsd>,
    /// What counts for a request without a bill: its ceiling, or nothing.
    otherwise: Option<NanoUsd>,
}

/// How many requests of a batch ended in which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// Settled by their responses.
    pub settled: u64,
    /// Free: they were not run, or failed and are free by the provider's rules.
    pub free: u64,
    /// Counted at their ceilings: what they cost is not known.
    pub presumed: u64,
    /// Counted at their ceilings too: no file has a line of them.
    pub missing: u64,
}

/// What a batch cost.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchBill {
    /// The sum of all requests.
    pub cost: NanoUsd,
    /// What the ledger keeps of it, as JSON.
    pub usage: String,
    /// How the requests ended.
    pub counts: Counts,
    /// What else to know of them.
    pub notes: Vec<String>,
}

/// What one line of an output file says of its request.
enum Said {
    Bill {
        id: String,
        cost: NanoUsd,
    },
    Free,
    /// Its ceiling counts, for this reason.
    Presumed(String),
}

impl<'b> BatchSettlement<'b> {
    /// The settlement of a batch's hold, before any output is read.
    ///
    /// # Errors
    /// What the hold keeps of the batch can't be read.
    pub fn of(book: &'b Book, hold: &Hold) -> Result<BatchSettlement<'b>, serde_json::Error> {
        let kept: Kept<'_> = serde_json::from_str(&hold.terms)?;
        let kinds = kept.kinds.iter().map(|kind| {
            let mut one = hold.clone();
            (one.request, one.terms) = (serde_json::to_string(&kind.request)?, String::new());
            Ok((one, kind.request.provider.clone(), kind.terms.clone()))
        });
        let kinds = kinds.collect::<Result<Vec<_>, serde_json::Error>>()?;
        let (mut lines, mut places) = (Vec::new(), HashMap::new());
        for group in kept.lines {
            for id in group.ids {
                places.insert(id, lines.len());
                let (kind, ceiling) = (group.kind, group.ceiling);
                lines.push(Line { kind, ceiling, billed: BTreeMap::new(), otherwise: None });
            }
        }
        Ok(BatchSettlement { book, kinds, lines, places, notes: BTreeMap::new(), was_read: false })
    }

    /// Reads an output file or an error file of the batch, by its name in messages. Their order does
    /// not matter.
    ///
    /// # Errors
    /// It can't be read, or a line is none of this batch.
    pub fn read(&mut self, name: &str, mut input: impl BufRead) -> Result<(), Error> {
        let mut bytes = Vec::new();
        for number in 1_u64.. {
            bytes.clear();
            let wrong = |message: String| {
                Error::new(Code::BadInput, format!("{name}:{number}: {message}")).field("file")
            };
            let read = input.by_ref().take(LINE_MAX + 1).read_until(b'\n', &mut bytes);
            if read.map_err(|error| imgcost_analysis::input::unreadable("file", name, &error))? == 0 {
                break;
            }
            if u64::try_from(bytes.len()).is_ok_and(|length| length > LINE_MAX) {
                return Err(wrong("the line has more than 64 MiB".to_owned()));
            }
            let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes).trim_ascii();
            if !text.is_empty() {
                self.line(text).map_err(wrong)?;
            }
        }
        Ok(())
    }

    fn line(&mut self, bytes: &[u8]) -> Result<(), String> {
        let line: Tree<'_> = serde_json::from_slice(bytes)
            .map_err(|error| format!("not JSON, at column {}", error.column()))?;
        if line.has_twice() {
            return Err("a key is given twice".to_owned());
        }
        let Some(id) = line.get("custom_id").and_then(Tree::as_str) else {
            return Err("not a line of a batch's output: it has no custom_id".to_owned());
        };
        let place = *self
            .places
            .get(id)
            .ok_or_else(|| format!("the hold has no request with the custom_id {}", printable(id)))?;
        self.was_read = true;
        let said = self.said(&line, place);
        let Some(request) = self.lines.get_mut(place) else { return Ok(()) };
        match said {
            Said::Bill { id, cost } => {
                let known = request.billed.entry(id).or_default();
                *known = cost.max(*known);
            }
            Said::Free => request.otherwise = request.otherwise.max(Some(NanoUsd::ZERO)),
            Said::Presumed(why) => {
                request.otherwise = Some(request.ceiling);
                self.note(format!("{why}: counted at the ceiling"));
            }
        }
        Ok(())
    }

    fn said(&mut self, line: &Tree<'_>, place: usize) -> Said {
        let nothing = || Said::Presumed("the line has neither a response nor an error".to_owned());
        let Some(request) = self.lines.get(place) else { return nothing() };
        let Some((hold, provider, terms)) = self.kinds.get(request.kind) else { return nothing() };
        let Some(response) = line.get("response").filter(|response| response.is_object()) else {
            let code = line.get("error").and_then(|error| error.get("code")).and_then(Tree::as_str);
            let Some(code) = code else { return nothing() };
            let event = if NOT_RUN.contains(&code) { Event::NotSent } else { Event::NoResponse };
            return self.failed(provider, &Outcome::new(event, None, None, Some(code)));
        };
        let status = response.get("status_code").and_then(Tree::as_u64).and_then(|code| code.try_into().ok());
        let body = response.get("body").unwrap_or(&Tree::Null);
        let is_success = status.is_some_and(|status: u16| (200..300).contains(&status));
        let read = if is_success { response_of_tree(body).ok() } else { None };
        let Some(read) = read else {
            let ApiFailure { error_type, error_code, .. } = ApiFailure::of(body).unwrap_or_default();
            let names = (error_type.as_deref(), error_code.as_deref());
            return self.failed(provider, &Outcome::new(Event::Response, status, names.0, names.1));
        };
        match settlement::bill_at(self.book, hold, terms, &read, request.ceiling) {
            Bill::Cost { cost, notes, .. } => {
                let ids = [line.get("id"), response.get("request_id")];
                let id = ids.into_iter().flatten().find_map(Tree::as_str).unwrap_or_default().to_owned();
                notes.into_iter().for_each(|note| self.note(note));
                Said::Bill { id, cost }
            }
            Bill::Open { why } => Said::Presumed(why),
        }
    }

    /// What a request that failed costs by its provider's rules.
    fn failed(&self, provider: &str, outcome: &Outcome<'_>) -> Said {
        let provider = self.book.provider(provider).ok();
        match provider.and_then(|provider| provider.outcome(outcome)).map(|rule| rule.result) {
            Some(OutcomeResult::Free) => Said::Free,
            _ => Said::Presumed(format!("{}, which may have been billed", words(outcome))),
        }
    }

    fn note(&mut self, note: String) {
        if self.notes.len() < NOTES_MAX || self.notes.contains_key(&note) {
            *self.notes.entry(note).or_default() += 1;
        }
    }

    /// The sum of all requests. One that no file has a line of counts at its ceiling.
    ///
    /// # Errors
    /// Nothing was read, or the sum is more than a ledger can book.
    pub fn end(self) -> Result<BatchBill, Error> {
        if !self.was_read {
            let message = "there is no line of the batch's requests; an output file has one for each";
            return Err(Error::new(Code::BadInput, message).field("file"));
        }
        let (mut counts, mut cost) = (Counts::default(), Some(NanoUsd::ZERO));
        for line in &self.lines {
            let billed = line.billed.values().try_fold(NanoUsd::ZERO, |sum, more| sum.checked_add(*more));
            let (count, amount) = match (line.billed.is_empty(), line.otherwise) {
                (false, _) => (&mut counts.settled, billed.map(|sum| sum.max(line.otherwise.unwrap_or(sum)))),
                (true, None) => (&mut counts.missing, Some(line.ceiling)),
                (true, Some(NanoUsd::ZERO)) => (&mut counts.free, Some(NanoUsd::ZERO)),
                (true, presumed) => (&mut counts.presumed, presumed),
            };
            *count += 1;
            cost = cost.zip(amount).and_then(|(sum, more)| sum.checked_add(more));
        }
        let cost = cost.ok_or_else(|| {
            Error::new(Code::TooLarge, "the sum is more than a ledger can book").field("file")
        })?;
        let mut notes = vec![counts.words()];
        notes.extend(self.notes.into_iter().map(|(note, count)| match count {
            1 => note,
            _ => format!("{note} ({count} lines)"),
        }));
        let usage = serde_json::to_string(&counts).unwrap_or_default();
        Ok(BatchBill { cost, usage, counts, notes })
    }
}

impl Counts {
    /// Whether the cost of every request is known.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.presumed == 0 && self.missing == 0
    }

    fn words(&self) -> String {
        let Counts { settled, free, presumed, missing } = self;
        let mut words = format!("{settled} settled by their responses");
        for (count, what) in
            [(free, "free"), (presumed, "counted at their ceilings"), (missing, "missing, at their ceilings")]
        {
            if *count > 0 {
                words.push_str(&format!(", {count} {what}"));
            }
        }
        words
    }
}

/// How a request failed, without words of the provider.
fn words(outcome: &Outcome<'_>) -> String {
    let name = outcome.error_code.or(outcome.error_type).map(printable);
    let name = name.map_or_else(String::new, |name| format!(" {name}"));
    match outcome.status {
        Some(status) => format!("answered {status}{name}"),
        None => format!("failed{name}"),
    }
}
