//! Files of OpenAI's Batch API: one hold for all requests of a file, settled by the batch's output.
//!
//! [`Guard::hold_batch`](crate::Guard::hold_batch) and
//! [`settle_batch`](crate::Guard::settle_batch) do all of it. Without a guard, [`BatchHold`] adds up the
//! ceilings of a file's lines, and [`BatchSettlement`] what became of them. A line with an error or
//! without a ceiling refuses the whole file.

mod guarded;
mod held;
mod settled;

use std::borrow::Cow;
use std::collections::BTreeMap;

use imgcost_ledger::{Hold, NanoUsd};
use serde::{Deserialize, Serialize};

pub use held::{BatchError, BatchHold};
pub use settled::{BatchBill, BatchSettlement, Counts};

use crate::settlement;

/// What the quote of a batch file begins with.
const QUOTE: &str = "batch_";

/// Whether a hold is one of a batch file, and how many requests it has.
#[must_use]
pub fn requests_of(hold: &Hold) -> Option<u64> {
    hold.quote.starts_with(QUOTE).then_some(hold.calls)
}

/// What the ledger keeps of a batch file in place of the request: it is told in the journal too.
#[derive(Serialize)]
struct Summary<'s> {
    provider: &'s str,
    requests: usize,
}

/// What the ledger keeps in place of the terms: what its lines are settled by.
#[derive(Serialize, Deserialize)]
struct Kept<'k> {
    kinds: Cow<'k, [Kind]>,
    lines: Vec<Lines>,
}

/// What the requests of many lines have in common.
#[derive(Clone, Serialize, Deserialize)]
struct Kind {
    request: settlement::Held,
    terms: imgcost_core::Terms,
}

/// Lines of one kind with the same ceiling, by their `custom_id`.
#[derive(Serialize, Deserialize)]
struct Lines {
    kind: usize,
    ceiling: NanoUsd,
    ids: Vec<String>,
}

/// The `custom_id`s of lines, by their kind and ceiling.
type Grouped = BTreeMap<(usize, NanoUsd), Vec<String>>;
