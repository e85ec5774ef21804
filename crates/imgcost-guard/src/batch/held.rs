//! A batch's input file as one hold.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Read;

use imgcost_analysis::jobs::{JobFile, JobRow, RowResolver};
use imgcost_core::{Code, Error, Quote};
use imgcost_ledger::{MAX_DETAILS, NanoUsd, NewHold, Scope, SignedDuration};
use sha2::{Digest, Sha256};

use super::{Grouped, Kept, Kind, Lines, QUOTE, Summary};
use crate::booking::{self, Amount, HoldError};
use crate::error::code_of;

/// After which time the hold of a batch shows as expired: a batch has a day, and its output may be
/// fetched later.
const EXPIRES_IN: SignedDuration = SignedDuration::from_hours(48);

/// Why a batch file can't be held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// A line is no request that the API would take, or has no price.
    #[error("line {line}: {error}")]
    Line {
        /// Which one.
        line: u64,
        /// What is wrong with it.
        error: Error,
    },
    /// A line has no ceiling.
    #[error("line {line}: {why}")]
    NoCeiling {
        /// Which one.
        line: u64,
        /// What it lacks.
        why: HoldError,
    },
    /// The file as a whole can't be held.
    #[error("{0}")]
    File(Error),
}

impl BatchError {
    /// The stable name of the kind.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            BatchError::Line { error, .. } | BatchError::File(error) => error.code().as_str(),
            BatchError::NoCeiling { why, .. } => code_of(*why),
        }
    }
}

/// A batch's input file, to be held.
///
/// ```
/// use imgcost_analysis::jobs::{Defaults, Format, JobFile, NoFiles, Outside, RowResolver};
/// use imgcost_core::{Date, Request};
/// use imgcost_guard::batch::BatchHold;
/// # use imgcost_ledger::{Budget, Cap, Ledger, MemoryLedger, Window};
/// # let ledger = MemoryLedger::new();
/// # ledger.set_budget(&Budget::new("team".parse()?, Window::Total, Cap::Unlimited), "me")?;
/// let input = r#"{"custom_id":"a","method":"POST","url":"/v1/images/generations",
///     "body":{"model":"gpt-image-2","quality":"low","size":"1024x1024","prompt":"a red apple"}}"#.replace('\n', "");
/// let today = Date::constant(2026, 11, 21);
/// let outside = Outside::new(today, Box::new(NoFiles));
/// let mut file = JobFile::new("input.jsonl", input.as_bytes(), Some(Format::BatchApi), outside)?;
/// let defaults = Defaults::new(Request::new("openai", "", today), "name one in the body");
/// let batch = BatchHold::read(&mut file, &mut RowResolver::new(imgcost_pricing::book(), defaults))?;
/// let hold = ledger.hold(&batch.new_hold("team".parse()?, "me")?)?.hold;
/// assert_eq!((hold.calls, hold.ceiling), (1, batch.ceiling()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct BatchHold {
    kinds: Vec<Kind>,
    /// The place of a kind, by its JSON.
    known: HashMap<String, usize>,
    lines: Grouped,
    /// The line of each `custom_id`.
    ids: HashMap<String, u64>,
    ceiling: NanoUsd,
    expected: Option<NanoUsd>,
    first_assumed: Option<u64>,
    provider: String,
    book: String,
    hash: Sha256,
}

impl BatchHold {
    /// Reads a file that was opened as [`Format::BatchApi`](imgcost_analysis::jobs::Format::BatchApi),
    /// and quotes each of its lines.
    ///
    /// # Errors
    /// The first line that can't be held, or what is wrong with the file as a whole.
    pub fn read<R: Read>(
        file: &mut JobFile<R>,
        resolver: &mut RowResolver<'_>,
    ) -> Result<BatchHold, BatchError> {
        let mut batch = BatchHold::empty();
        let defaults = resolver.defaults().clone();
        let mut row = JobRow::new(&defaults);
        while file.next(&defaults, &mut row).map_err(BatchError::File)? {
            let line = row.line;
            let wrong = |error| BatchError::Line { line, error };
            let offer = resolver.prepare(&mut row).map_err(wrong)?;
            let quote = offer.quote(&row.request).map_err(wrong)?;
            batch.add(line, &row.id, &quote, false)?;
        }
        batch.whole()
    }

    /// Before any line is added.
    pub(super) fn empty() -> BatchHold {
        BatchHold { expected: Some(NanoUsd::ZERO), ..BatchHold::default() }
    }

    /// After the last line is added.
    pub(super) fn whole(self) -> Result<BatchHold, BatchError> {
        if self.ids.is_empty() {
            let message = "the file has no requests";
            return Err(BatchError::File(Error::new(Code::BadInput, message).field("file")));
        }
        Ok(self)
    }

    /// Adds a line. The ceilings of prices that are too old are assumed.
    pub(super) fn add(
        &mut self,
        line: u64,
        id: &str,
        quote: &Quote<'_>,
        is_old: bool,
    ) -> Result<(), BatchError> {
        let no_ceiling = |why| BatchError::NoCeiling { line, why };
        let held = booking::Held::of(quote, Amount::Ceiling).map_err(no_ceiling)?;
        self.ceiling = self.ceiling.checked_add(held.amount).ok_or(no_ceiling(HoldError::TooLarge))?;
        self.expected = self.expected.zip(held.expected).and_then(|(sum, more)| sum.checked_add(more));
        if held.is_assumed || is_old {
            self.first_assumed.get_or_insert(line);
        }
        if let Some(earlier) = self.ids.insert(id.to_owned(), line) {
            let message = format!("the custom_id is that of line {earlier}: each has one of its own");
            let error = Error::new(Code::BadInput, message).field("custom_id");
            return Err(BatchError::Line { line, error });
        }
        let kind = self.kind(quote);
        self.lines.entry((kind, held.amount)).or_default().push(id.to_owned());
        // Each part has its length before it, so that two files never give the same bytes.
        for part in [id, &quote.id()] {
            self.hash.update(part.len().to_le_bytes());
            self.hash.update(part);
        }
        let offer = quote.offer();
        if self.book.is_empty() {
            offer.book.digest().clone_into(&mut self.book);
            self.provider.clone_from(&offer.provider.id);
        }
        Ok(())
    }

    /// The place of what the line has in common with others.
    fn kind(&mut self, quote: &Quote<'_>) -> usize {
        // Documents of plain data are read as they are written.
        let request = serde_json::from_str(&booking::summary(quote)).unwrap_or_default();
        let kind = Kind { request, terms: quote.terms() };
        let json = serde_json::to_string(&kind).unwrap_or_default();
        let next = self.kinds.len();
        let place = *self.known.entry(json).or_insert(next);
        if place == next {
            self.kinds.push(kind);
        }
        place
    }

    /// What all requests may cost at most.
    #[must_use]
    pub fn ceiling(&self) -> NanoUsd {
        self.ceiling
    }

    /// How many requests there are.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.ids.len()
    }

    /// The first line whose ceiling is assumed and not proven.
    #[must_use]
    pub fn first_assumed(&self) -> Option<u64> {
        self.first_assumed
    }

    /// The wish to hold it. The same file with the same prices has the same quote.
    ///
    /// # Errors
    /// There are more requests than the ledger keeps of one hold.
    pub fn new_hold(&self, scope: Scope, by: &str) -> Result<NewHold, BatchError> {
        let lines = self.lines.iter().map(|((kind, ceiling), ids)| Lines {
            kind: *kind,
            ceiling: *ceiling,
            ids: ids.clone(),
        });
        let kept = Kept { kinds: Cow::Borrowed(&self.kinds), lines: lines.collect() };
        let terms = serde_json::to_string(&kept).unwrap_or_default();
        if terms.len() > MAX_DETAILS {
            let message = format!(
                "the file's {} requests take more than a hold keeps, 1 MiB: split it, and hold each part",
                self.requests()
            );
            return Err(BatchError::File(Error::new(Code::TooLarge, message).field("file")));
        }
        let summary = Summary { provider: &self.provider, requests: self.requests() };
        let mut quote = QUOTE.to_owned();
        for byte in self.hash.clone().finalize().iter().take(16) {
            // Writing to a String cannot fail.
            let _ = write!(quote, "{byte:02x}");
        }
        Ok(NewHold::new(scope, self.ceiling, by)
            .assumed(self.first_assumed.is_some())
            .quote(quote, self.book.as_str())
            .details(serde_json::to_string(&summary).unwrap_or_default(), terms)
            .expected(self.expected)
            .calls(u64::try_from(self.requests()).unwrap_or(u64::MAX))
            .expires_in(EXPIRES_IN))
    }
}
