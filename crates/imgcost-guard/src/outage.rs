//! Calls that are made while the ledger can't answer: up to an amount an hour, each in a journal on
//! the disk before it is made, and booked when the ledger is back.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use imgcost_ledger::{HoldId, NanoUsd, NewHold, Timestamp};
use serde::{Deserialize, Serialize};

/// Why a late call was made, as the ledger's journal has it.
const REASON: &str = "the ledger could not answer, and the guard's policy allows calls up to an amount";

/// What to do with a call while the ledger can't answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Outage {
    /// It is not made.
    #[default]
    Deny,
    /// It is made as long as the ceilings of such calls add up to no more than this in a clock hour,
    /// by all guards of this program with that journal. Each is written to the journal, a file that no
    /// other program writes, before it is made, and booked once the ledger answers, past a cap if need be. What a
    /// program left in its journal when it ended is booked as presumed by the next one.
    Allow {
        /// The most that calls of an hour may cost.
        per_hour: NanoUsd,
        /// The journal's file.
        journal: PathBuf,
    },
}

/// The journals of this program. A guard that is built while another has the same one shares it: the
/// calls in it are no earlier program's.
static OPEN: Mutex<BTreeMap<PathBuf, Weak<Allowance>>> = Mutex::new(BTreeMap::new());

/// How much was admitted, and where that is written down.
pub(crate) struct Allowance {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    per_hour: NanoUsd,
    file: Option<File>,
    /// The hour since 1970, and what was admitted in it.
    hour: i64,
    admitted: NanoUsd,
    /// Calls in the journal that are not booked.
    open: BTreeSet<HoldId>,
    /// Whether an earlier program's calls may be in it that could not be read.
    is_unreadable: bool,
}

/// A call that is open in a journal, and when it was made.
type Left = (NewHold, Timestamp);

/// A line of the journal.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Call(Box<Call>),
    Booked(String),
}

/// A call that was made.
#[derive(Serialize, Deserialize)]
struct Call {
    id: String,
    made_at: Timestamp,
    scope: String,
    key: Option<String>,
    ceiling: NanoUsd,
    assumed: bool,
    expected: Option<NanoUsd>,
    quote: String,
    book: String,
    request: String,
    terms: String,
    tags: BTreeMap<String, String>,
    request_id: Option<String>,
}

impl Allowance {
    /// The allowance of a policy, and the calls that an earlier program left open in its journal. With
    /// a journal that can't be read nothing is admitted, and it stays as it is. The last guard that is
    /// built says how much there is.
    pub(crate) fn open(outage: &Outage, by: &str) -> Option<(Arc<Allowance>, Vec<Left>)> {
        let Outage::Allow { per_hour, journal } = outage else { return None };
        let path = std::path::absolute(journal).unwrap_or_else(|_| journal.clone());
        let mut all = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, allowance| allowance.strong_count() > 0);
        if let Some(shared) = all.get(&path).and_then(Weak::upgrade) {
            shared.state.lock().unwrap_or_else(PoisonError::into_inner).per_hour = *per_hour;
            return Some((shared, Vec::new()));
        }
        let (left, is_unreadable) = match read(&path, by) {
            Ok(left) => (left, false),
            Err(error) => (Vec::new(), error.kind() != io::ErrorKind::NotFound),
        };
        let open = left.iter().map(|(new, _)| new.id.clone()).collect();
        let state = Mutex::new(State { per_hour: *per_hour, open, is_unreadable, ..State::default() });
        let allowance = Arc::new(Allowance { path: path.clone(), state });
        all.insert(path, Arc::downgrade(&allowance));
        Some((allowance, left))
    }

    /// Admits a call if the hour has room for it, and writes it down.
    pub(crate) fn admit(&self, new: &NewHold, now: Timestamp) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.is_unreadable {
            return false;
        }
        let hour = now.as_second().div_euclid(3600);
        let admitted = if state.hour == hour { state.admitted } else { NanoUsd::ZERO };
        let Some(sum) = admitted.checked_add(new.ceiling).filter(|sum| *sum <= state.per_hour) else {
            return false;
        };
        if self.write(&mut state, &Line::Call(Box::new(Call::of(new, now)))).is_err() {
            return false;
        }
        (state.hour, state.admitted) = (hour, sum);
        state.open.insert(new.id.clone());
        true
    }

    /// Writes down that a call is in the ledger, once. When all are, the journal is empty again; should
    /// that fail, the next program finds each in the ledger already.
    pub(crate) fn booked(&self, id: &HoldId) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.open.remove(id) {
            return;
        }
        if !state.open.is_empty() {
            let _ = self.write(&mut state, &Line::Booked(id.as_str().to_owned()));
        } else if let Ok(file) = self.file(&mut state) {
            let _ = file.set_len(0);
        }
    }

    fn file<'s>(&self, state: &'s mut State) -> io::Result<&'s mut File> {
        let file = match state.file.take() {
            Some(file) => file,
            None => OpenOptions::new().create(true).append(true).open(&self.path)?,
        };
        Ok(state.file.insert(file))
    }

    fn write(&self, state: &mut State, line: &Line) -> io::Result<()> {
        // What broke off before it must not be part of this line.
        let text = format!("\n{}\n", serde_json::to_string(line)?);
        let file = self.file(state)?;
        file.write_all(text.as_bytes())?;
        file.sync_data()
    }
}

/// The calls in a journal that are not booked; a line that broke off was of a call that was not made.
fn read(path: &Path, by: &str) -> io::Result<Vec<Left>> {
    let mut calls: BTreeMap<String, Left> = BTreeMap::new();
    for line in BufReader::new(File::open(path)?).split(b'\n') {
        let line = line?;
        match serde_json::from_slice(&line) {
            Ok(Line::Call(call)) => {
                if let Some(made) = call.made(by) {
                    calls.insert(call.id, made);
                }
            }
            Ok(Line::Booked(id)) => {
                calls.remove(&id);
            }
            Err(_) => {}
        }
    }
    Ok(calls.into_values().collect())
}

impl Call {
    fn of(new: &NewHold, made_at: Timestamp) -> Call {
        Call {
            id: new.id.as_str().to_owned(),
            made_at,
            scope: new.scope.as_str().to_owned(),
            key: new.key.clone(),
            ceiling: new.ceiling,
            assumed: new.assumed,
            expected: new.expected,
            quote: new.quote.clone(),
            book: new.book.clone(),
            request: new.request.clone(),
            terms: new.terms.clone(),
            tags: new.tags.clone(),
            request_id: new.request_id.clone(),
        }
    }

    fn made(&self, by: &str) -> Option<Left> {
        let mut new = NewHold::new(self.scope.parse().ok()?, self.ceiling, by)
            .id(self.id.parse().ok()?)
            .key(self.key.as_deref())
            .assumed(self.assumed)
            .expected(self.expected)
            .quote(self.quote.clone(), self.book.clone())
            .details(self.request.clone(), self.terms.clone())
            .request_id(self.request_id.as_deref());
        new.tags.clone_from(&self.tags);
        Some((late(new), self.made_at))
    }
}

/// A hold that is booked whatever the caps are.
pub(crate) fn late(new: NewHold) -> NewHold {
    new.override_reason(REASON)
}
